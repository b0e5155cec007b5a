"""A database that is locked, full or restarted: said in our words, nothing kept by halves, and it goes on."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from tasks import collect
from tasks import store as store_module
from tasks.model import Fetch, Unavailable, Uncertain
from tasks.store import Db, Store, records
from tasks.store.away import DatabaseAway, MaybeKept, in_our_words
from tests.year import Year

NOW = datetime(2021, 9, 1, 6, tzinfo=UTC)


def noted(db: Db) -> None:
    """Keep something."""
    records.add_fetch(db, Fetch("s", NOW, "ok", message="x" * 20_000))


def kept(store: Store) -> int:
    """How much was kept."""
    with store.reading() as db:
        return len(records.fetch_log(db, "s"))


def test_a_locked_sqlite_is_said_and_goes_on(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program writes for longer than we wait: nothing is kept, and nothing of the driver's words is shown."""
    monkeypatch.setattr(store_module, "_BUSY_MS", 50)
    store = Store(sqlite_store.url)
    other = sqlite3.connect(store.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with (
        pytest.raises(DatabaseAway, match=r"upptagen av .*\. Inget är sparat") as caught,
        store.writing(),
    ):
        pass
    assert "BEGIN" not in str(caught.value)
    assert isinstance(caught.value, Unavailable)
    other.close()
    with store.writing() as db:
        noted(db)
    assert kept(store) == 1


def test_a_full_disk_under_sqlite_is_said_and_goes_on(sqlite_store: Store) -> None:
    """What finds no room is not kept by halves."""
    with pytest.raises(DatabaseAway, match="disken är full"), sqlite_store.writing() as db:
        db.execute(text(f"PRAGMA max_page_count={db.execute(text('PRAGMA page_count')).scalar_one()}"))
        for _ in range(50):
            noted(db)
    assert kept(sqlite_store) == 0
    with sqlite_store.writing() as db:
        noted(db)
    assert kept(sqlite_store) == 1


@pytest.mark.slow
def test_a_postgresql_that_lets_go_is_said_and_goes_on(postgresql_store: Store) -> None:
    """A restart breaks every connection: nothing is kept, and the next one is new."""
    with pytest.raises(DatabaseAway, match="Inget är sparat") as caught, postgresql_store.writing() as db:
        noted(db)
        end(postgresql_store, db)
        noted(db)
    assert "INSERT" not in str(caught.value)
    with postgresql_store.writing() as db:
        noted(db)
    assert kept(postgresql_store) == 1


@pytest.mark.slow
def test_a_commit_without_an_answer_is_no_safe_no(postgresql_store: Store) -> None:
    """Whether it was kept nobody knows, so it isn't said that nothing is."""
    with pytest.raises(MaybeKept, match="okänt om det hann bli sparat") as caught, postgresql_store.writing() as db:
        noted(db)
        end(postgresql_store, db)
    assert isinstance(caught.value, Uncertain)


@pytest.mark.slow
def test_a_connection_that_ended_while_nobody_used_it_is_made_anew(postgresql_store: Store) -> None:
    """After a restart of the server the next page is a page, however many connections lay ready."""
    with postgresql_store.reading() as one, postgresql_store.reading() as another:
        ids = [db.execute(text("SELECT pg_backend_pid()")).scalar_one() for db in (one, another)]
    with Store(postgresql_store.url).reading() as other:
        for pid in ids:
            other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))
    with postgresql_store.writing() as one, postgresql_store.writing() as another:
        noted(one)
        assert another.execute(text("SELECT pg_backend_pid()")).scalar_one() not in ids
    assert kept(postgresql_store) == 1


def end(store: Store, db: Db) -> None:
    """Let the server end a connection as it does when it is restarted."""
    pid = db.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with Store(store.url).reading() as other:
        other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))


@pytest.mark.parametrize("url", ["sqlite_store", pytest.param("postgresql_store", marks=pytest.mark.slow)])
def test_our_own_mistakes_are_not_taken_for_a_database_that_is_away(request: pytest.FixtureRequest, url: str) -> None:
    """A table that doesn't exist is no lock."""
    store: Store = request.getfixturevalue(url)
    with pytest.raises(DBAPIError), store.reading() as db:
        db.execute(text("SELECT * FROM nowhere"))


def test_an_error_without_a_code_is_left_as_it_is() -> None:
    """The sqlite3 module's own errors have none."""
    assert in_our_words(OperationalError("", {}, sqlite3.OperationalError("okänt")), "x") is None


def test_our_databases_trouble_is_none_of_a_sources(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave to call is counted in our database; a source isn't noted as silent because that was locked."""
    year = Year(tmp_path / "config", sqlite_store)
    [source, *_] = year.config.all_sources()

    def away(*_given: object) -> None:
        raise DatabaseAway("låst")

    monkeypatch.setattr(collect.sources.kind(source.kind), "fetch", away)
    with pytest.raises(DatabaseAway):
        collect.ask(year.config, year.store, source, NOW)
