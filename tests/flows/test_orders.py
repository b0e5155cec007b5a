"""Orders as real flow runs: what a rehearsal says and a rerun does, and that only the rerun changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flows import orders as carried
from tasks import decide
from tasks.store import Store, drafts, orders, publications
from tasks.store.orders import Order
from tests.year import KOMMUN, Year, row

PERIOD = "2021-T1"
NOW = datetime(2021, 5, 17, 7, tzinfo=UTC)
TWO = [row(f"K{n}", "c5", "genomförd", f"2021-04-{n}0", "Mariefred", "Vandring.", police="ja") for n in (1, 2)]
THIRD = row("K3", "c5", "genomförd", "2021-04-25", "Härad", "Vandring.", police="ja")


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Year:
    """Strängnäs 2021 as the flows find it: by the environment."""
    made = Year(tmp_path / "config", sqlite_store)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOFTESKOLL_CONFIG", str(made.folder))
    monkeypatch.setenv("LOFTESKOLL_DATABASE", sqlite_store.url)
    return made


def carry_out(
    year: Year, kind: orders.Kind, *, at: datetime = NOW, as_of: date | None = None, channels: Sequence[str] = ()
) -> Order:
    """Order, have it done, and return how it went."""
    key, _ = decide.order(
        year.store,
        year.config,
        promise=year.promise_slug,
        period_id=PERIOD,
        kind=kind,
        person=KOMMUN,
        at=at,
        as_of=as_of,
        channels=channels,
    )
    assert carried.carry_out_next(NOW)
    assert not carried.carry_out_next(NOW), "there was only one"
    with year.store.reading() as db:
        done = orders.order(db, key)
    assert done is not None
    return done


def revisions(year: Year) -> list[tuple[int, int]]:
    """Edition and revision of each draft."""
    with year.store.reading() as db:
        return [(h.edition, h.revision) for h in drafts.headings(db, year.promise_slug)]


def test_a_rehearsal_says_what_a_rerun_then_does(year: Year) -> None:
    """From no draft over a changed one to a correction; the words of the rehearsal are those of the rerun."""
    year.logs(TWO, [])
    rehearsed = carry_out(year, "rehearsal")
    assert rehearsed.state == "done" and not revisions(year)
    assert rehearsed.result.splitlines()[:2] == [
        "2 händelser till, 0 siffror ändras, 0 kanaler berörs.",
        "Ett utkast skulle skrivas.",
    ]
    assert carry_out(year, "rerun").result.startswith("2 händelser till, 0 siffror ändrades, 0 kanaler berördes.")
    assert revisions(year) == [(1, 1)]

    year.logs([*TWO, THIRD], [])
    for kind, verb in (("rehearsal", "ändras, 0 kanaler berörs"), ("rerun", "ändrades, 0 kanaler berördes")):
        said = carry_out(year, kind).result.splitlines()  # both are kinds
        assert said[0] == f"1 händelse till, 1 siffra {verb}."
        assert said[1] == "Trygghetsvandringar: 2 trygghetsvandringar → 3 trygghetsvandringar."
        assert "ny version" in said[2]
    assert revisions(year) == [(1, 2)]
    assert carry_out(year, "rerun").result.startswith("0 händelser till, 0 siffror ändrades")

    year.approve(PERIOD, NOW)
    year.logs([TWO[0], TWO[1].replace("genomförd", "inställd"), THIRD], [])
    said = carry_out(year, "rehearsal").result.splitlines()
    channels = len(year.config.channels_of(year.config.promises[year.promise_slug]))
    assert said[0].endswith(f"2 siffror ändras, {channels} kanaler berörs.")
    assert any("förslag till rättelse skulle skrivas, utgåva 2" in line for line in said)
    assert len(revisions(year)) == 1


def test_how_it_was_known_on_a_day_is_told_and_touches_nothing(year: Year) -> None:
    """Later news is not in it; drafts and approvals are as they were."""
    year.logs(TWO, [])
    year.collect(NOW)
    year.draft(PERIOD, NOW)
    year.logs([*TWO, THIRD], [])
    later = datetime(2021, 6, 1, 7, tzinfo=UTC)
    year.collect(later)
    before = revisions(year)
    told = carry_out(year, "snapshot", at=later, as_of=date(2021, 5, 20))
    assert told.state == "done" and told.as_of == date(2021, 5, 20)
    assert told.result.startswith("Så här såg det ut den 20 maj 2021.")
    assert "Trygghetsvandringar: på väg, 2 trygghetsvandringar." in told.result
    assert "3 trygghetsvandringar" in carry_out(year, "snapshot", at=later, as_of=date(2021, 6, 1)).result
    assert revisions(year) == before


def test_only_the_chosen_channels_are_sent(year: Year) -> None:
    """One site is handed over; the rest of the outbox waits as before; a second sending finds nothing to do there."""
    year.logs(TWO, [])
    year.collect(NOW)
    year.draft(PERIOD, NOW)
    year.approve(PERIOD, NOW)
    sent = carry_out(year, "sending", channels=["strangnas.se"])
    assert sent.state == "done" and sent.result.startswith("Kommunens webbplats: "), sent.result
    with year.store.reading() as db:
        states = {p.channel: p.state for p in publications.listed(db, year.promise_slug)}
    assert states.pop("strangnas.se") == "handed_over" and set(states.values()) == {"pending"}


def test_trouble_is_told_and_the_next_order_is_done(year: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what the error said, which may be anything: where to look."""

    def broken(*_: object) -> None:
        raise RuntimeError("hemlig text")

    with monkeypatch.context() as patched:
        patched.setattr(carried, "rehearse", broken)
        failed = carry_out(year, "rehearsal")
    assert failed.state == "failed"
    assert failed.result == "Körningen avbröts av ett fel (RuntimeError). Se flödenas logg."
    assert carry_out(year, "rehearsal").state == "done"
