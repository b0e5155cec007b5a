"""Sessions in the database: found by the token's hash, ended once, forgotten in time; on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tasks.store import Store, sessions
from tasks.store.sessions import Session
from tasks.store.tables import sessions as table

NOW = datetime(2021, 5, 10, 8, 0, tzinfo=UTC)
IDLE = timedelta(minutes=30)
ROLES = {"strangnas": frozenset({"reviewer", "approver"})}
ANNA = Session("police-a", "Anna Prov", "police", "polisen", ROLES, "r", NOW, NOW, NOW + timedelta(hours=8))


def test_a_session_comes_back_as_it_was(store: Store) -> None:
    """Person, party and roles by municipality survive; a hash that nobody has finds nothing."""
    with store.writing() as db:
        sessions.begin(db, "a" * 64, ANNA)
    with store.reading() as db:
        assert sessions.find(db, "a" * 64) == ANNA
        assert sessions.find(db, "b" * 64) is None


def test_one_token_is_one_session(store: Store) -> None:
    """The database refuses a second session under the same token."""
    with store.writing() as db:
        sessions.begin(db, "a" * 64, ANNA)
    with pytest.raises(IntegrityError), store.writing() as db:
        sessions.begin(db, "a" * 64, replace(ANNA, person="police-b"))


def test_an_ended_session_stays_ended(store: Store) -> None:
    """Use notes the moment, but a session that was ended can't be brought back by a late request."""
    with store.writing() as db:
        sessions.begin(db, "a" * 64, ANNA)
        sessions.note_seen(db, "a" * 64, NOW + timedelta(minutes=5))
        sessions.end(db, "a" * 64, NOW + timedelta(minutes=6))
        sessions.end(db, "a" * 64, NOW + timedelta(minutes=7))
        sessions.note_seen(db, "a" * 64, NOW + timedelta(minutes=8))
        found = sessions.find(db, "a" * 64)
    assert found == replace(ANNA, seen_at=NOW + timedelta(minutes=5), ended_at=NOW + timedelta(minutes=6))


def test_all_of_a_persons_sessions_end_at_once(store: Store) -> None:
    """Taking back one person leaves the others; taking back everybody leaves nobody."""
    with store.writing() as db:
        for key in "ab":
            sessions.begin(db, key * 64, ANNA)
        sessions.begin(db, "c" * 64, replace(ANNA, person="municipality-b", party="municipality"))
        assert sessions.end_all(db, NOW, "police-a") == 2
        assert [s.person for s in sessions.running(db, NOW, IDLE)] == ["municipality-b"]
        assert sessions.end_all(db, NOW) == 1
        assert sessions.running(db, NOW, IDLE) == []


def test_only_what_runs_is_listed(store: Store) -> None:
    """A session that is idle too long, or past its end, isn't running; the last used one comes first."""
    with store.writing() as db:
        sessions.begin(db, "a" * 64, ANNA)
        sessions.begin(db, "b" * 64, replace(ANNA, person="police-b", seen_at=NOW + timedelta(minutes=20)))
        late = NOW + timedelta(minutes=29)
        assert [s.person for s in sessions.running(db, late, IDLE)] == ["police-b", "police-a"]
        assert [s.person for s in sessions.running(db, NOW + timedelta(minutes=31), IDLE)] == ["police-b"]
        assert sessions.running(db, NOW + timedelta(hours=9), timedelta(days=1)) == []


def test_old_sessions_are_forgotten(store: Store) -> None:
    """No register of who worked when grows: the next sign-in removes what was over a week ago."""
    later = NOW + timedelta(days=9)
    with store.writing() as db:
        sessions.begin(db, "a" * 64, ANNA)
        sessions.begin(db, "b" * 64, replace(ANNA, began_at=later, seen_at=later, ends_at=later + timedelta(hours=8)))
        assert db.execute(select(table.c.token_sha256)).scalars().all() == ["b" * 64]


def test_a_name_is_kept_for_the_history(store: Store) -> None:
    """The history shows what somebody was called at the last sign-in, however long ago."""
    with store.writing() as db:
        for name in ("Anna Prov", "Anna Test"):
            sessions.know(db, person="police-a", issuer="https://x", subject="1", party="police", name=name, at=NOW)
        assert sessions.names(db) == {"police-a": "Anna Test"}
