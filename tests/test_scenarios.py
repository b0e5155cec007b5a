"""The acceptance scenarios of the product brief, one test each, by number."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.schema import Notify
from tasks import archive, decide, watch
from tasks.draft import draft_period
from tasks.model import Refused
from tasks.periods import at_local, period
from tasks.store import Store, drafts, history, records, runs
from tasks.submission import Submission
from tests.year import KOMMUN, POLICE, FormYear, Year, a_year, protect_visits, row, stored_text, visits, walk

pytestmark = pytest.mark.slow


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """Strängnäs 2021 with logs that the test writes."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as made:
        yield made


def test_01_the_same_walk_from_both_parties_is_one(year: Year) -> None:
    """One event, two sources, counted once, and the reason for the merge is kept."""
    year.logs(
        [row("K1", "c5", "genomförd", "14/10 2021", "Åker", "trygghetsvandring Åker 14/10", police="ja")],
        [row("P1", "c5", "genomförd", "2021-10-14", "Åkers styckebruk", "Trygghetsvandring kl. 17.30", police="ja")],
    )
    year.run("2021-T3")
    assert year.outcome("2021-T3", "c5").held == 1
    (activity,) = year.outcome("2021-T3", "c5").activities
    assert set(activity.record_ids) == {"kommunens-rapporter/K1", "polisens-rapporter/P1"}
    assert activity.reasons


def test_02_two_walks_the_same_day_stay_two_and_an_undone_merge_splits(year: Year) -> None:
    """Two districts are never merged; undoing a wrong answer splits the activity again."""
    year.logs([walk("K1", "2021-10-14", "Mariefred"), walk("K2", "2021-10-14", "Strängnäs")], [])
    now = year.due("2021-T3")
    year.run("2021-T3")
    assert year.outcome("2021-T3", "c5").held == 2
    records_apart = ("kommunens-rapporter/K1", "kommunens-rapporter/K2")
    key = decide.judge(
        year.store,
        promise=year.promise_slug,
        question="same",
        left=records_apart[0],
        right=records_apart[1],
        verdict="yes",
        corrected={},
        seen_sha256="0" * 64,
        person=POLICE,
        at=now,
    )
    later = now + timedelta(hours=1)
    assert year.draft("2021-T3", later).changes
    assert year.outcome("2021-T3", "c5").held == 1
    decide.undo(year.store, key, person=KOMMUN, at=later)
    year.draft("2021-T3", later + timedelta(hours=1))
    assert year.outcome("2021-T3", "c5").held == 2


def test_03_cancelled_is_not_counted_and_moved_counts_where_it_was_held(year: Year) -> None:
    """The moved walk is one activity: T2 says that it moved, T3 counts it; the cancelled one is shown."""
    planned = row("K1", "c5", "planerad", "2021-08-28", "Stallarholmen", "Trygghetsvandring", reported="2021-08-02")
    moved = row(
        "K2", "c5", "flyttad", "2021-08-28", "Stallarholmen", "Flyttas", reported="2021-08-27", moved_to="2021-09-04"
    )
    held = walk("K3", "2021-09-04", "Stallarholmen", reported="2021-10-01")
    cancelled = row("K4", "c5", "inställd", "2021-11-09", "Härad", "Ställdes in", reported="2021-11-09")
    year.logs([planned, moved, held, cancelled], [])
    year.run("2021-T2")
    assert "flyttad till 4 september 2021" in year.page("2021-T2")
    year.run("2021-T3")
    outcome = year.outcome("2021-T3", "c5")
    assert (outcome.held, outcome.cancelled) == (1, 1)
    assert set(outcome.activities[0].record_ids) == {f"kommunens-rapporter/K{n}" for n in (1, 2, 3)}


def test_04_a_plan_is_never_held_and_asks_for_confirmation_when_its_day_has_passed(year: Year) -> None:
    """Planned on the 1st of May; unconfirmed when the period is over."""
    year.logs([row("K1", "c5", "planerad", "2021-05-20", "Mariefred", "Trygghetsvandring", reported="2021-04-20")], [])
    year.run("2021-T1", at_local(date(2021, 5, 1), 9))
    assert not year.outcome("2021-T1", "c5").held
    year.run("2021-T2")
    outcome = year.outcome("2021-T2", "c5")
    assert not outcome.held
    assert any("bekräftad" in reason for a in outcome.not_counted for reason in a.reasons)


def test_05_a_parent_meeting_without_the_police_is_not_counted(year: Year) -> None:
    """It is listed with the condition that failed."""
    year.logs([row("K1", "c4", "genomförd", "2021-10-06", "Mariefred", "Föräldraträff", police="nej", school="ja")], [])
    year.run("2021-T3")
    outcome = year.outcome("2021-T3", "c4")
    assert not outcome.held
    assert any("polis" in reason.casefold() for a in outcome.not_counted for reason in a.reasons)


def test_06_late_evidence_becomes_a_correction_proposal(year: Year) -> None:
    """The published page stays as it is; both must approve the new edition."""
    two = [walk("K1", "2021-04-10", "Mariefred"), walk("K2", "2021-04-20", "Strängnäs")]
    year.logs(two, [])
    year.run("2021-T1")
    now = year.due("2021-T1")
    year.approve("2021-T1", now)
    year.publish(now)
    published = (year.folder.parent / "published/strangnas.se/uppfoljning-2021-T1/index.html").read_bytes()
    year.logs([*two, walk("K3", "2021-04-25", "Härad", reported="2021-06-10")], [])
    later = at_local(date(2021, 6, 14), 9)
    made = year.run("2021-T1", later)
    assert (made.outcome, made.edition) == ("correction", 2)
    assert ("c5.held", "2", "3") in made.changes
    assert (year.folder.parent / "published/strangnas.se/uppfoljning-2021-T1/index.html").read_bytes() == published
    assert year.approve("2021-T1", later) == ["first", "closed"]
    assert year.publish(later)["strangnas.se"].state == "published"
    assert (year.folder.parent / "published/strangnas.se/uppfoljning-2021-T1/index.html").read_bytes() != published


def test_07_an_edit_at_the_source_is_logged_and_moves_a_figure_only_if_it_counts(year: Year) -> None:
    """A changed word is a new version; a changed state proposes a correction."""
    year.logs([walk("K1", "2021-04-10")], [])
    year.run("2021-T1")
    now = year.due("2021-T1")
    year.approve("2021-T1", now)
    year.logs([walk("K1", "2021-04-10").replace("genomförd.", "genomförd i regn.")], [])
    assert year.run("2021-T1", now + timedelta(days=1)).outcome == "unchanged"
    with year.store.reading() as db:
        assert len(records.versions(db, "kommunens-rapporter/K1")) == 2
    year.logs([row("K1", "c5", "inställd", "2021-04-10", "Mariefred", "Ställdes in")], [])
    assert year.run("2021-T1", now + timedelta(days=2)).outcome == "correction"


def test_08_a_source_that_was_down_is_a_gap_with_dates_and_needs_both_to_accept_it(year: Year) -> None:
    """Never zero; publishing takes an explicit word."""
    year.logs([walk("K1", "2021-06-10")], [])
    year.collect(at_local(date(2021, 8, 20), 9))
    now = year.due("2021-T2")
    (year.folder / "kommunen.csv").unlink()
    assert year.collect(now)["kommunens-rapporter"].outcome == "unavailable"
    year.draft("2021-T2", now)
    outcome = year.outcome("2021-T2", "c5")
    assert [(g.start, g.end) for g in outcome.gaps] == [(date(2021, 8, 21), date(2021, 8, 31))]
    assert "21–31 augusti" in year.page("2021-T2")
    with pytest.raises(Refused, match="luckor"):
        year.approve("2021-T2", now, POLICE, accept_gaps=False)
    assert year.approve("2021-T2", now) == ["first", "closed"]


def test_09_a_window_that_rolled_on_is_a_gap_and_cancels_nothing(year: Year) -> None:
    """Absence from an answer never changes an activity; the hole is noted with its dates."""
    year.logs([walk("K1", "2021-06-10"), walk("K2", "2021-07-10", "Härad")], [])
    year.collect(year.due("2021-T2"))
    year.logs([walk("K2", "2021-07-10", "Härad")], [])
    later = year.due("2021-T2") + timedelta(hours=1)
    year.collect(later)
    year.draft("2021-T2", later)
    assert year.outcome("2021-T2", "c5").held == 2


def test_10_a_rerun_keeps_the_prose_and_voids_the_approvals(year: Year) -> None:
    """The edit stays, the token is filled anew, and both parties must approve again."""
    year.logs([walk("K1", "2021-06-10")], [])
    year.run("2021-T2")
    now = year.due("2021-T2")
    before = year.current("2021-T2")
    decide.edit(
        year.store,
        year.config,
        before.id,
        seen_revision=before.revision,
        texts={("sida", "c5"): "Vi har gått {c5.held} vandring tillsammans."},
        person=KOMMUN,
        at=now,
    )
    assert "Vi har gått 1 vandring tillsammans." in year.page("2021-T2")
    year.approve("2021-T2", now, POLICE)
    year.logs([walk("K1", "2021-06-10"), walk("K2", "2021-07-10", "Härad")], [])
    later = now + timedelta(hours=1)
    assert year.run("2021-T2", later).outcome == "revised"
    assert "Vi har gått 2 vandring tillsammans." in year.page("2021-T2")
    assert year.approve("2021-T2", later, KOMMUN) == ["first"]


def test_11_of_two_editors_the_second_is_told_and_loses_nothing(year: Year) -> None:
    """The second save is refused and names what is there now."""
    year.logs([walk("K1", "2021-06-10")], [])
    year.run("2021-T2")
    now, seen = year.due("2021-T2"), year.current("2021-T2")
    save = {"seen_revision": seen.revision, "at": now}
    decide.edit(year.store, year.config, seen.id, texts={("sida", "c5"): "Först: {c5.held}."}, person=POLICE, **save)
    with pytest.raises(decide.Outdated) as caught:
        decide.edit(
            year.store, year.config, seen.id, texts={("sida", "c5"): "Sedan: {c5.held}."}, person=KOMMUN, **save
        )
    now_there = {(b.template, b.part): b.text for b in caught.value.current.blocks}
    assert now_there[("sida", "c5")] == "Först: {c5.held}."


def test_12_approving_twice_is_one_approval(year: Year) -> None:
    """The second is a no-op with the same answer, also after the draft was closed."""
    year.logs([walk("K1", "2021-06-10")], [])
    year.run("2021-T2")
    now = year.due("2021-T2")
    assert year.approve("2021-T2", now, POLICE, POLICE) == ["first", "repeated"]
    assert year.approve("2021-T2", now, KOMMUN, KOMMUN) == ["closed", "repeated"]
    with year.store.reading() as db:
        log = [e.action for e in history.events(db, year.promise_slug, "2021-T2")]
    assert log.count("approved") == 2


def test_13_two_approvals_on_different_hashes_publish_nothing(year: Year) -> None:
    """Police approve A, the municipality edits to B and approves: the outbox stays empty."""
    year.logs([walk("K1", "2021-06-10")], [])
    year.run("2021-T2")
    now, seen = year.due("2021-T2"), year.current("2021-T2")
    year.approve("2021-T2", now, POLICE)
    decide.edit(
        year.store,
        year.config,
        seen.id,
        seen_revision=seen.revision,
        texts={("sida", "c5"): "Ändrad: {c5.held}."},
        person=KOMMUN,
        at=now,
    )
    assert year.approve("2021-T2", now, KOMMUN) == ["first"]
    assert not year.outbox()


def test_14_a_post_that_may_have_gone_out_is_unknown_and_not_sent_again(
    year: Year, monkeypatch: pytest.MonkeyPatch
) -> None:
    """X accepted it and the answer was lost: unknown, then found by reading our own posts; one post in all."""
    from tests.x_server import KEYS, OurXServer

    year.logs([walk("K1", "2021-06-10")], [])
    with OurXServer() as x:
        monkeypatch.setenv("LOFTESKOLL_X_URL", x.url)
        for name, value in KEYS.items():
            monkeypatch.setenv(f"LOFTESKOLL_X_{name.upper()}", value)
        year.run("2021-T2")
        now = year.due("2021-T2")
        year.approve("2021-T2", now)
        # The picture and its alternative text go first; the answer about the post itself is lost.
        x.faults.extend(["", "", "500-after"])
        x.lag = True
        monkeypatch.setattr(x, "clock", now.timestamp)
        assert year.publish(now)["kommunen-x"].state == "uncertain"
        assert year.publish(now)["kommunen-x"].state == "uncertain"
        x.lag = False
        assert year.publish(now + timedelta(minutes=6))["kommunen-x"].state == "published"
        assert len(x.visible()) == 1


def test_15_only_the_missing_part_is_retried_and_posts_wait_for_both_pages(
    year: Year, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One site is up and the other isn't: no post goes out, and the page that is up is not sent again."""
    year.logs([walk("K1", "2021-06-10")], [])
    year.run("2021-T2")
    now = year.due("2021-T2")
    year.approve("2021-T2", now)
    blocked = year.folder.parent / "published" / "polisen.se"
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_text("not a folder")
    states = {c: p.state for c, p in year.publish(now).items()}
    assert states["strangnas.se"] == "published"
    assert states["polisen.se"] != "published"
    assert {states[c] for c in ("polisen-delning", "kommunen-delning", "kommunen-x")} == {"pending"}
    blocked.unlink()
    row_ = year.outbox()["polisen.se"]
    if row_.state == "refused":
        decide.settle(year.store, year.config, row_.id, url=None, person=KOMMUN, at=now)
    later = year.publish(now + timedelta(minutes=15))
    assert later["polisen.se"].state == "published"
    assert later["strangnas.se"].attempt == 1


def test_16_nobody_approves_in_time(year: Year) -> None:
    """Reminders at −7, −2, 0 and +1 days, each once; the last to both; nothing publishes itself; m1 turns late."""
    due_day = period(year.config.promises[year.promise_slug], "2021-T1").due
    told: list[tuple[int, str]] = []
    here = replace(year.config, notify=(Notify(name="Drift", url=SecretStr("json://127.0.0.1")),))
    start = at_local(due_day - timedelta(days=8), 9)
    year.logs([walk("K1", "2021-04-10")], [])
    year.run("2021-T1", start)
    for days in range(-8, 4):
        now = at_local(due_day + timedelta(days=days), 9)

        def tell(_who: Notify, title: str, _body: str, day: int = days) -> bool:
            told.append((day, title))
            return True

        for _ in range(2):
            watch.look(year.store, here, now, 10**12, tell)
        assert not year.publish(now)
    about = [(day, title) for day, title in told if "uppföljningen" in title]
    assert [day for day, _ in about] == [-7, -2, 0, 1]
    assert "ska vara klar om 7 dagar" in about[0][1] and "skulle ha varit klar" in about[-1][1]
    late = year.run("2021-T2", year.due("2021-T2"))
    assert late.outcome == "new"
    assert year.outcome("2021-T2", "m1").status == "försenat"


def test_17_personal_data_never_gets_further_than_the_form(
    tmp_path: Path, sqlite_store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Masked or stopped at intake: not in the database, a log, a draft or an output; reviewers see masked text."""
    year = FormYear(tmp_path, sqlite_store)
    secrets = ("Anna Lindkvist", "070-174 06 05", "060412-2384", "Pojke 16 år", "Provskolan", "ABC 123", "Storgatan 12")
    texts = (
        "Anna Lindkvist (070-174 06 05) vid Storgatan 12 pekade på ABC 123.",
        "Gäller 060412-2384.",
        "Pojke 16 år vid Provskolan.",
    )
    outcomes = []
    for number, text in enumerate(texts):
        sent = Submission(
            "c5",
            "held",
            form=f"{number:016x}",
            date=f"2021-04-{20 + number}",
            place="Mariefred",
            text=text,
            conditions={"police_took_part": "ja"},
        )
        reporter = KOMMUN.model_copy(update={"roles": frozenset({"reporter"})})
        made = decide.report(
            sqlite_store,
            year.config,
            promise=year.promise_slug,
            submission=sent,
            person=reporter,
            at=at_local(date(2021, 4, 28), 9),
        )
        outcomes.append(made.outcome)
    assert outcomes == ["saved", "quarantined", "quarantined"]
    year.run("2021-T1")
    assert year.outcome("2021-T1", "c5").held == 1
    with sqlite_store.reading() as db:
        (record,) = records.known(db, ["kommunens-rapporter"], year.due("2021-T1"))
    assert record.text == "[namn] ([telefonnummer]) vid [adress] pekade på [registreringsnummer]."
    everywhere = "\n".join([stored_text(sqlite_store), year.everything("2021-T1"), caplog.text])
    assert not [s for s in secrets if s in everywhere]


def test_18_a_hidden_number_can_not_be_had_by_subtraction(year: Year) -> None:
    """Two visits in T1 are hidden; nine by T2 are told, so T2's own seven are hidden too, on every channel."""
    protect_visits(year)
    early = visits("P1", "2021-04-10", 2)
    late = [visits("P2", "2021-06-10", 4), visits("P3", "2021-08-10", 3)]
    year.logs([], [early])
    year.run("2021-T1")
    now = year.due("2021-T1")
    assert year.outcome("2021-T1", "c3").hidden == ("held", "held_total")
    year.approve("2021-T1", now)
    year.logs([], [early, *late])
    year.run("2021-T2")
    outcome = year.outcome("2021-T2", "c3")
    assert (outcome.held, outcome.held_total, outcome.hidden) == (None, 9, ("held",))
    year.approve("2021-T2", year.due("2021-T2"))
    # Five visits in T1 after all. Told now, they would tell what T1 was, since T2 is known to be nine less that.
    year.logs([], [early, visits("P4", "2021-04-20", 3), *late])
    later = year.due("2021-T2") + timedelta(days=1)
    assert year.run("2021-T1", later).outcome == "unchanged"
    assert year.run("2021-T2", later).changes
    outcome = year.outcome("2021-T2", "c3")
    assert (outcome.held, outcome.held_total) == (None, 12)
    said = [year.outcome("2021-T2", "c3"), year.outcome("2021-T1", "c3")]
    assert not [o for o in said if o.held is not None]
    assert "7 hembesök" not in year.everything("2021-T2")


def test_19_a_planned_search_is_nowhere_and_the_school_never(year: Year) -> None:
    """Nothing about c2 before it is held and the period closed; never which school or which day."""
    secret = "Vasaskolan"
    planned = row("P1", "c2", "planerad", "2021-05-25", secret, f"Narkotikasök på {secret}", reported="2021-05-03")
    held = row("P2", "c2", "genomförd", "2021-06-03", secret, f"Sök på {secret}", school="ja", reported="2021-09-01")
    year.logs([], [planned, held])
    year.run("2021-T1")
    assert secret not in year.everything("2021-T1")
    assert "25 maj" not in year.everything("2021-T1")
    assert not year.outcome("2021-T1", "c2").planned
    year.run("2021-T2")
    everything = year.everything("2021-T2")
    assert year.outcome("2021-T2", "c2").held == 1
    assert not [w for w in (secret, "2021-06-03", "3 juni", "25 maj") if w in everything]


def test_20_a_retracted_publication_is_gone_everywhere(year: Year) -> None:
    """The pages become a notice, what machines can't reach is listed for people, and no rerun brings it back."""
    year.logs([walk("K1", "2021-04-10")], [])
    year.run("2021-T1")
    now = year.due("2021-T1")
    year.approve("2021-T1", now)
    year.publish(now)
    later = now + timedelta(hours=2)
    decide.retract(year.store, year.config, year.current("2021-T1").id, reason="error", person=POLICE, at=later)
    states = {c: p.state for c, p in year.publish(later).items()}
    assert (states["polisen.se"], states["strangnas.se"]) == ("retracted", "retracted")
    assert states["kommunen-delning"] == "by_hand"
    folder = year.folder.parent / "published/strangnas.se/uppfoljning-2021-T1"
    left = {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir()}
    assert "är återkallad" in left["index.html"] and "En uppgift var fel" in left["index.html"]
    assert not [name for name, text in left.items() if "Mariefred" in text]
    year.logs([walk("K1", "2021-04-10"), walk("K2", "2021-04-20", "Härad", reported="2021-06-01")], [])
    again = at_local(date(2021, 6, 14), 9)
    assert year.run("2021-T1", again).outcome == "retracted"
    assert {c: p.state for c, p in year.publish(again).items()} == states
    decide.correct(year.store, year.config, year.current("2021-T1").id, person=KOMMUN, at=again)
    assert year.run("2021-T1", again + timedelta(hours=1)).outcome == "revised"
    year.approve("2021-T1", again + timedelta(hours=1))
    assert year.publish(again + timedelta(hours=1))["strangnas.se"].state == "published"


def test_21_a_double_fire_makes_one_run(year: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs of the same period: the second says that it is already going on, ends well and writes nothing."""
    monkeypatch.setenv("LOFTESKOLL_CONFIG", str(year.folder))
    monkeypatch.setenv("LOFTESKOLL_DATABASE", year.store.url)
    now = year.due("2021-T1")
    year.collect(now)
    with runs.only_one(year.store, "draft", "strangnas-2021/2021-T1", lambda: datetime.now(UTC)):
        assert draft_period.fn("strangnas-2021", "2021-T1", now).outcome == "busy"
    with year.store.reading() as db:
        assert drafts.latest(db, "strangnas-2021", "2021-T1") is None
    assert draft_period.fn("strangnas-2021", "2021-T1", now).outcome == "new"
    assert draft_period.fn("strangnas-2021", "2021-T1", now).outcome == "unchanged"


def test_22_a_fresh_installation_claims_nothing(year: Year) -> None:
    """No source has answered: every status says that information is missing, and nothing can be approved."""
    now = year.due("2021-T1")
    year.draft("2021-T1", now)
    outcomes = [o for o in year.current("2021-T1").followup.outcomes if o.commitment != "m1"]
    assert {o.status for o in outcomes} == {"uppgift saknas"}
    assert not any(o.held for o in outcomes)
    assert "0 av 4" not in year.page("2021-T1")
    with pytest.raises(Refused, match="Ingen källa"):
        year.approve("2021-T1", now, POLICE)


def test_23_a_claim_of_effect_is_refused_with_another_wording(year: Year) -> None:
    """The sentence can't be saved; the remark says why and what to write."""
    year.logs([walk("K1", "2021-06-10")], [])
    year.run("2021-T2")
    seen = year.current("2021-T2")
    with pytest.raises(Refused) as caught:
        decide.edit(
            year.store,
            year.config,
            seen.id,
            seen_revision=seen.revision,
            texts={("sida", "c5"): "Tack vare insatserna har brotten minskat."},
            person=KOMMUN,
            at=year.due("2021-T2"),
        )
    assert "Beskriv vad som har gjorts" in str(caught.value)


def test_24_a_citizen_gets_everything_that_may_be_given(year: Year) -> None:
    """Released versions, decisions, source list, masked items flagged; nothing secret, no draft, nobody's free text."""
    protect_visits(year)
    secret = "Vasaskolan"
    planned = row("P1", "c2", "planerad", "2021-05-25", secret, f"Narkotikasök på {secret}", reported="2021-04-03")
    told = walk("K1", "2021-04-10").replace("Trygghetsvandring genomförd.", "Rundan gick förbi det röda huset.")
    year.logs([told], [planned, visits("P2", "2021-04-12", 2)])
    year.run("2021-T1")
    now = year.due("2021-T1")
    year.approve("2021-T1", now)
    year.publish(now)
    # A correction that nobody has approved is a draft.
    year.logs([told, walk("K2", "2021-04-20", "Härad", reported="2021-06-01")], [planned])
    assert year.run("2021-T1", now + timedelta(days=20)).outcome == "correction"
    with year.store.reading() as db:
        made = archive.bundle(db, year.config, year.config.promises[year.promise_slug], "2021-T1")
        closed = drafts.edition(db, year.promise_slug, "2021-T1", 1)
        assert closed is not None
        released = drafts.rendered(db, closed.id, closed.revision)
    assert {f"utgava-1/{o.channel}/{o.name}": o.body for o in released}.items() <= made.items()
    decided = json.loads(made["utgava-1/beslut.json"])
    assert [(d["part"], d["beslut"]) for d in decided["beslut"]] == [
        ("police", "approved"),
        ("municipality", "approved"),
    ]
    assert "closed" in [line["vad"] for line in json.loads(made["beslutslogg.json"])]
    assert "kommunens-rapporter" in [s["kalla"] for s in json.loads(made["kallor.json"])]
    flagged = " ".join(f"{m['vad']} {m['skal']}" for m in json.loads(made["maskat.json"]))
    assert "antalet under perioden" in flagged and "fri text" in flagged
    assert flagged.split()[0] in made["FÖLJEBREV.txt"].decode()
    everything = "\n".join(body.decode() for name, body in made.items() if not name.endswith(".png"))
    assert not [w for w in (secret, "25 maj", "röda huset", "kommunens-rapporter/K1", "utgava-2") if w in everything]


def test_25_the_year_ends_with_a_whole_report(year: Year) -> None:
    """The whole-year table, the duty's record, what could not be followed up, suggestions for the next promise."""
    year.logs(
        [walk("K1", "2021-04-21"), walk("K2", "2021-06-10"), walk("K3", "2021-09-04")],
        [row("P1", "c2", "genomförd", "2021-10-05", "Strängnäs", "Narkotikasök med hund på skola.")],
    )
    for key in ("2021-T1", "2021-T2", "2021-T3"):
        year.run(key)
        year.approve(key, year.due(key))
        year.publish(year.due(key))
    assert "Hela löftet" not in year.page("2021-T2")
    page = year.page("2021-T3")
    table, rest = page[page.index('id="hela"') :].split("</table>", 1)
    cells = [re.findall(r">([^<>]+)</t[dh]>", line) for line in table.splitlines()]
    rows = {row[0]: row[1:] for row in cells if row}
    assert rows["Trygghetsvandringar"] == ["1", "1", "1", "3", "minst 4"]
    assert rows["Narkotikasök med hund på skolor"][2] == "1"
    assert "Gemensam uppföljning var fjärde månad: " in rest
    lacking = rest[rest.index("Det som inte gick att följa upp") : rest.index("Förslag till nästa löfte")]
    assert "Narkotikasök med hund på skolor" in lacking and "Det står inte hur många" in lacking
    assert "minst [antal] narkotikasök på skolor" in rest
    # Which school, and the day, stay where they were.
    assert "oktober" not in table + rest


def test_every_scenario_has_its_test(shared: Path) -> None:
    """The brief's table and this file hold the same numbers."""
    brief = (shared / "product.md").read_text(encoding="utf-8")
    table = brief[brief.index("### 5.2") : brief.index("## 6.")]
    numbers = {int(line.split("|")[1]) for line in table.splitlines() if line.startswith("| ") and line[2].isdigit()}
    here = {int(name[5:7]) for name in globals() if name.startswith("test_") and name[5:7].isdigit()}
    assert here == numbers
