"""Alarms: what needs a person is said once, to those it concerns, and again when it is graver or solved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

import config as configuration
from config.schema import Channel, Notify, Source
from flows.checks import check
from tasks import alarms, channels, notify, watch
from tasks.alarms import Alarm
from tasks.model import Fetch, Publication, PublicationState, Receipt, Refused, Unavailable, Uncertain
from tasks.store import Store, publications, runs
from tasks.store import alarms as kept
from tests.year import a_year, walk

NOW = datetime(2021, 9, 1, 6, tzinfo=UTC)
TROUBLE = Alarm("source/polisen-handelser", "Källan svarar inte.", "Kontrollera adressen.", NOW)
DAY = timedelta(days=1)


def source(**values: object) -> Source:
    """A feed that may be silent for four days."""
    known = {"id": "s", "kind": "police_events", "name": "Källan", "url": "https://x.invalid", "silent_after_hours": 96}
    return Source.model_validate({**known, **values})


def test_the_same_trouble_is_one_alarm_until_it_is_solved(store: Store) -> None:
    """Raised again it changes nothing; solved and raised anew it is another one."""
    for _ in range(2):
        with store.writing() as db:
            kept.keep(db, [TROUBLE], NOW)
    with store.writing() as db:
        [one] = kept.raised(db)
        assert (one.alarm, one.is_solved, one.is_told("Drift")) == (TROUBLE, False, False)
        kept.mark_told(db, one, "Drift")
        [one] = kept.raised(db)
        assert one.is_told("Drift") and not one.is_told("Polisen")
        kept.keep(db, [], NOW + DAY)
        [one] = kept.raised(db)
        assert one.is_solved and not one.is_told("Drift") and one.is_told("Polisen")
        kept.mark_told(db, one, "Drift")
        assert kept.raised(db) == []
        kept.keep(db, [TROUBLE], NOW + 2 * DAY)
        assert [(one.is_solved, one.is_told("Drift")) for one in kept.raised(db)] == [(False, False)]


def test_a_graver_alarm_is_told_anew_and_an_untold_one_that_passed_never(store: Store) -> None:
    """Escalation speaks once more; what nobody heard of needs no all-clear."""
    with store.writing() as db:
        kept.keep(db, [TROUBLE], NOW)
        [one] = kept.raised(db)
        kept.mark_told(db, one, "Drift")
        kept.keep(db, [replace(TROUBLE, level=2), replace(TROUBLE, key="disk")], NOW)
        assert {one.alarm.key for one in kept.raised(db) if not one.is_told("Drift")} == {TROUBLE.key, "disk"}
        kept.keep(db, [replace(TROUBLE, level=2)], NOW)
        assert {one.alarm.key for one in kept.raised(db)} == {TROUBLE.key}


def test_what_is_published_is_kept_apart(store: Store) -> None:
    """The hourly look never solves what only the daily reading back can know."""
    broken = replace(TROUBLE, key=f"{alarms.PARITY}7")
    with store.writing() as db:
        kept.keep_parity(db, [broken], NOW)
        kept.keep(db, [TROUBLE], NOW)
        assert {a.key for a in kept.open_ones(db)} == {broken.key, TROUBLE.key}
        kept.keep_parity(db, [], NOW)
        assert {a.key for a in kept.open_ones(db)} == {TROUBLE.key}


@pytest.mark.parametrize(
    ("hours", "outcome", "keeps", "raised"),
    [
        (95, "unavailable", "window", False),
        (97, "unavailable", "window", True),
        (97, "thinned", "window", True),
        (97, "ok", "window", True),
        (97, "unchanged", "all", False),
        (11, "unreadable", "all", False),
        (13, "unreadable", "all", True),
    ],
)
def test_a_source_is_silent_after_its_own_time(hours: int, outcome: str, keeps: str, raised: bool) -> None:
    """Four days for the police's window; half a day of trouble for a log that holds everything."""
    good = NOW - timedelta(hours=hours)
    newest = Fetch("s", good if outcome in ("ok", "unchanged") else NOW, outcome)
    found = alarms.of_sources([source(keeps=keeps)], {"s": (good, newest)}, NOW)
    assert [a.since for a in found] == ([good] if raised else [])


def test_an_alarm_quotes_nothing_that_a_source_sent() -> None:
    """A fetch's message may hold anything; the alarm says it in words of its own."""
    newest = Fetch("s", NOW, "unreadable", message="rad 3: Anna Påhittad, 16 år")
    [found] = alarms.of_sources([source()], {"s": (NOW - 9 * DAY, newest)}, NOW)
    assert "Anna" not in found.what + found.mend and "går inte att läsa" in found.what


def test_a_key_that_expires_is_spoken_of_in_time() -> None:
    """Two weeks ahead, to the party whose account it is."""
    config = configuration.load()
    place = config.municipalities["strangnas"]
    ends = date(2021, 9, 20)
    channel = place.channels[0].model_copy(update={"keys_expire": ends})
    there = place.model_copy(update={"channels": (channel,)})
    assert alarms.of_keys(there, ends - 15 * DAY) == []
    [found] = alarms.of_keys(there, ends - 14 * DAY)
    assert found.party == channel.party and "20 september 2021" in found.what


def test_only_those_concerned_are_told(tmp_path: Path) -> None:
    """Those who run it hear everything; a party's people only what is theirs."""
    config = configuration.load(None, f"sqlite:///{tmp_path}/x.db")
    people = [Notify(name=n, url=SecretStr("json://x"), party=p) for n, p in (("p", "police"), ("k", "municipality"))]
    place = config.municipalities["strangnas"].model_copy(update={"notify": (*people, Notify(name="utan adress"))})
    here = replace(
        config, municipalities={"strangnas": place}, notify=(Notify(name="Drift", url=SecretStr("json://x")),)
    )
    told = {
        party: [n.name for n in watch.recipients(here, replace(TROUBLE, municipality="strangnas", party=party))]
        for party in ("police", "municipality", None)
    }
    assert told == {"police": ["Drift", "p"], "municipality": ["Drift", "k"], None: ["Drift", "p", "k"]}
    assert [n.name for n in watch.recipients(here, TROUBLE)] == ["Drift"]


def test_an_alarm_nobody_took_is_told_next_time(store: Store) -> None:
    """A mail server that is down loses nothing; when it is up, each hears once."""
    config = configuration.load(None, store.url)
    here = replace(config, notify=(Notify(name="Drift", url=SecretStr("json://x")),))
    answers = iter([False, True])
    heard: list[str] = []

    def tell(_who: Notify, title: str, _body: str) -> bool:
        taken = next(answers)
        heard.append(title)
        return taken

    full = replace(here, promises={})
    for _ in range(3):
        watch.look(store, full, NOW, 0, tell)
    assert len(heard) == 2 and "disken" in heard[0]


def test_who_did_not_get_it_is_told_next_time_whoever_else_did(store: Store) -> None:
    """One takes it, one's server is down: the next look tells the second alone, and each hears once that it is over."""
    people = (Notify(name="Drift", url=SecretStr("json://x")), Notify(name="Polisen", url=SecretStr("json://y")))
    here = replace(configuration.load(None, store.url), notify=people, promises={})
    heard: list[tuple[str, bool]] = []
    is_down = True

    def tell(who: Notify, title: str, _body: str) -> bool:
        if who.name == "Polisen" and is_down:
            return False
        heard.append((who.name, title.startswith("Löst: ")))
        return True

    watch.look(store, here, NOW, 0, tell)
    assert heard == [("Drift", False)]
    is_down = False
    for _ in range(2):
        watch.look(store, here, NOW, 0, tell)
    assert heard == [("Drift", False), ("Polisen", False)]
    for _ in range(2):
        watch.look(store, here, NOW + DAY, 10**12, tell)
    assert heard[2:] == [("Drift", True), ("Polisen", True)]


def test_two_recipients_of_one_name_are_a_problem_of_the_config() -> None:
    """Else who got it would be taken for who didn't."""
    config = configuration.load()
    here = replace(config, notify=(Notify(name="Drift"), Notify(name="Drift")))
    with pytest.raises(configuration.ConfigError, match="olika namn"):
        check(here)
    place = config.municipalities["strangnas"].model_copy(update={"notify": (Notify(name="Drift"),)})
    with pytest.raises(configuration.ConfigError, match=r"strangnas\.toml"):
        check(replace(config, notify=(Notify(name="Drift"),), municipalities={"strangnas": place}))
    check(replace(config, notify=(Notify(name="Drift"), Notify(name="Chef"))))


def test_an_address_that_is_none_is_told_without_its_text() -> None:
    """A slip in the address is a problem of the config; the address itself holds a key and is not repeated."""
    wrong = Notify(name="Drift", url=SecretStr("fel://hemligt"))
    assert "Drift" in notify.problem_of(wrong) and "hemligt" not in notify.problem_of(wrong)
    assert notify.problem_of(Notify(name="Drift")) == ""
    assert notify.problem_of(Notify(name="Drift", url=SecretStr("json://127.0.0.1"))) == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (Receipt("published"), ""),
        (None, "Den finns inte kvar."),
        (Refused("Godkänt: ”3 vandringar”. Nu: ”4 vandringar”."), "Nu: ”4 vandringar”"),
        (Uncertain("Inlägget har en annan text än den godkända."), "annan text"),
        (Unavailable("svarar inte"), ""),
    ],
)
def test_what_is_public_is_held_against_what_was_approved(
    answer: Receipt | Exception | None,
    raised: str,
    tmp_path: Path,
    sqlite_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Changed, moved or gone is an alarm with what differs; no answer says nothing; restored, the alarm ends."""

    def find(*_: object) -> Receipt | None:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with a_year(tmp_path, sqlite_store, monkeypatch) as year:
        year.logs([walk("K1", "2021-04-10")], [])
        year.run("2021-T1")
        year.approve("2021-T1", NOW)
        year.publish(NOW)
        site = year.outbox()["strangnas.se"]
        with year.store.writing() as db:
            for row in year.outbox().values():
                to = "published" if row.id == site.id else "stopped"
                publications.move(db, row.id, from_states=[row.state], to=to, now=NOW)
        real = channels.kind
        fake = SimpleNamespace(ABSENCE_IS_PROOF=True, find=find)
        monkeypatch.setattr(channels, "kind", lambda name: fake)
        found = watch.compare(year.store, year.config, NOW)
        assert [raised in a.what for a in found] == ([True] if raised else [])
        assert not raised or found[0].party == "municipality"
        monkeypatch.setattr(channels, "kind", real)
        watch.compare(year.store, year.config, NOW + DAY)
        with year.store.reading() as db:
            assert kept.open_ones(db) == []


@pytest.mark.parametrize(
    ("later", "looked"), [("stopped", 1), ("pending", 1), ("prepared", 1), ("uncertain", 2), ("published", 2)]
)
def test_an_edition_that_has_not_gone_out_leaves_the_one_before_it_watched(
    tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, later: PublicationState, looked: int
) -> None:
    """A correction that was stopped, or waits, doesn't end the watch over the page that is still public."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as year:
        year.logs([walk("K1", "2021-04-10")], [])
        year.run("2021-T1")
        year.approve("2021-T1", NOW)
        site = year.outbox()["strangnas.se"]
        with year.store.writing() as db:
            publications.enqueue(db, [replace(site, edition=2)], NOW)
            for row in publications.listed(db):
                to: PublicationState = later if row.edition == 2 else "published" if row.id == site.id else "stopped"
                publications.move(db, row.id, from_states=[row.state], to=to, now=NOW)
        editions: list[int] = []
        fake = SimpleNamespace(ABSENCE_IS_PROOF=True, find=lambda channel, row, *_: editions.append(row.edition))
        monkeypatch.setattr(channels, "kind", lambda name: fake)
        watch.compare(year.store, year.config, NOW)
        assert editions == ([looked] if later != "uncertain" else [])


def test_a_refused_publication_is_an_alarm_for_its_party() -> None:
    """What waits for a machine is none."""
    config = configuration.load()
    promise = config.promises["strangnas-2021"]
    known: dict[str, Channel] = {c.id: c for c in config.channels_of(promise)}
    base = Publication(
        7, promise.slug, "2021-T1", 1, "polisen.se", "k", "refused", 1, 1, updated_at=NOW, message="Nyckel: hemlig"
    )
    names = {"2021-T1": "januari–april 2021"}
    [found] = alarms.of_publications(promise, known, [base, replace(base, state="pending")], names)
    assert found.party == "police" and "hemlig" not in found.what + found.mend
    unknown = [replace(base, state="uncertain", lookups=n) for n in (1, 3, 4)]
    assert len(alarms.of_publications(promise, known, unknown, names)) == 1


def test_of_two_looks_at_once_one_tells(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule and a person, or two systems on one database: people hear of a trouble once."""
    told: list[str] = []
    monkeypatch.setattr(watch.configuration, "load", lambda: SimpleNamespace(database=sqlite_store.url))
    monkeypatch.setattr(watch, "look", lambda *given: told.append("look"))
    with sqlite_store.writing() as db:
        kept.keep(db, [TROUBLE], NOW)
    with runs.only_one(sqlite_store, "watch", "alarms", lambda: datetime.now(UTC)):
        meanwhile = watch.raise_alarms.fn(NOW)
    assert ([a.key for a in meanwhile.standing], meanwhile.told, told) == ([TROUBLE.key], 0, [])
    watch.raise_alarms.fn(NOW)
    assert told == ["look"]


def test_a_run_whose_worker_died_is_an_alarm_until_it_is_done_again(sqlite_store: Store) -> None:
    """Killed in the middle it could not say that it failed."""
    later = NOW + runs.LEASE + timedelta(minutes=1)
    config = configuration.load()
    with runs.only_one(sqlite_store, "draft", "p/2021-T1", lambda: NOW):
        with sqlite_store.reading() as db:
            assert not [a for a in watch.facts(db, config, NOW) if a.key.startswith("run/")]
            [found] = [a for a in watch.facts(db, config, later) if a.key.startswith("run/")]
        assert (found.what, found.since) == ("Körningen draft p/2021-T1 avbröts.", NOW)
    with sqlite_store.reading() as db:
        assert not [a for a in watch.facts(db, config, later) if a.key.startswith("run/")]


def test_what_never_gets_out_is_told_after_days(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that is never there: nothing is said while it may come, then once, until it is out."""
    with a_year(tmp_path, store, monkeypatch) as year:
        year.logs([walk("K1", "2021-04-10")], [])
        year.run("2021-T1")
        approved = datetime(2021, 5, 18, 9, tzinfo=UTC)
        year.approve("2021-T1", approved)

        def waiting(at: datetime) -> set[str]:
            with store.reading() as db:
                return {a.what for a in watch.facts(db, year.config, at) if a.key.startswith("waiting/")}

        assert waiting(approved + 6 * DAY) == set()
        late = waiting(approved + 7 * DAY)
        assert len(late) == len(year.outbox()) and all(what.endswith("har inte kommit ut.") for what in late)
        year.publish(approved + 7 * DAY)
        with store.reading() as db:
            out = [r.state for r in publications.listed(db)]
        assert "published" in out
        assert len(waiting(approved + 7 * DAY)) == sum(state in alarms.ON_THEIR_WAY for state in out)
        year.logs([walk("K1", "2021-04-10"), walk("K2", "2021-04-12")], [])
        assert year.run("2021-T1", approved + 8 * DAY).outcome == "correction"
        year.approve("2021-T1", approved + 8 * DAY)
        with store.reading() as db:
            rows = publications.listed(db)
            late = [a.key for a in watch.facts(db, year.config, approved + 20 * DAY) if a.key.startswith("waiting/")]
        assert late == [f"waiting/{r.id}" for r in rows if r.edition == 2], "what is replaced waits for nothing"
