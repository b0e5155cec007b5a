"""What is kept of an answer: nothing readable is lost, and what could not be read is read again once it can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config.schema import Source
from tasks.collect import Answer, keep
from tasks.model import Parsed, Payload, Quarantined, Record
from tasks.store import Store, records

pytestmark = pytest.mark.slow

NOW = datetime(2021, 5, 17, 7, tzinfo=UTC)
SOURCE = Source(id="s", kind="activity_log", name="S", url="s.csv")


def answered(parsed: Parsed | None, hours: int = 0, body: bytes = b"1") -> Answer:
    """The source's answer, read or not, some hours later."""
    at = NOW + timedelta(hours=hours)
    payload = Payload("s", at, "file:s.csv", "text/csv", body, "s.csv")
    return Answer(SOURCE, at, ((payload, parsed),), "ok" if parsed else "unreadable")


def test_bytes_that_could_not_be_read_are_read_once_the_parser_can(sqlite_store: Store) -> None:
    """The same bytes again, and now they are understood: the record is new, not skipped as already seen."""
    with sqlite_store.writing() as db:
        assert keep(db, answered(None)).outcome == "unreadable"
        fetch = keep(db, answered(Parsed((Record("s", "1", "Vandring"),)), 1))
        assert fetch.new == 1
        assert [r.id for r in records.known(db, ["s"], NOW + timedelta(hours=2))] == ["s/1"]


def test_a_mended_row_leaves_the_quarantine(sqlite_store: Store) -> None:
    """Read again with a better parser, the row is a record; in a corrected file, the old file's row is history."""
    bad = Quarantined(4, "datumet finns inte", "a;b")
    with sqlite_store.writing() as db:
        keep(db, answered(Parsed((Record("s", "1", "En"),), (bad,))))
        assert records.quarantined(db, "s") == [bad]
        fetch = keep(db, answered(Parsed((Record("s", "1", "En"), Record("s", "2", "Två"))), 1))
        assert fetch.new == 1
        assert records.quarantined(db, "s") == []
        keep(db, answered(Parsed((Record("s", "1", "En"),), (bad,)), 2, b"2"))
        assert records.quarantined(db, "s") == [bad]
        keep(db, answered(Parsed((Record("s", "1", "En"),)), 3, b"3"))
        assert records.quarantined(db, "s") == []


def test_the_same_answer_again_is_nothing_new(sqlite_store: Store) -> None:
    """Unchanged bytes count as heard and change nothing."""
    parsed = Parsed((Record("s", "1", "En"),))
    with sqlite_store.writing() as db:
        assert keep(db, answered(parsed)).outcome == "ok"
        again = keep(db, answered(parsed, 1))
        assert (again.outcome, again.good, again.new, again.changed) == ("unchanged", True, 0, 0)
        assert len(records.versions(db, "s/1")) == 1


def test_what_was_collected_while_the_clock_was_ahead_is_known_once_it_is_right(sqlite_store: Store) -> None:
    """Else it would be as if nobody had reported, until the clock gets to where it had been."""
    parsed = Parsed((Record("s", "1", "Vandring"),))
    with sqlite_store.writing() as db:
        keep(db, answered(parsed, hours=30 * 24))
        assert records.known(db, ["s"], NOW) == []
        fetch = keep(db, answered(parsed))
        assert [r.id for r in records.known(db, ["s"], NOW)] == ["s/1"]
        assert (fetch.new, fetch.changed) == (0, 0)
