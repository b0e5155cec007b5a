"""Copies: taken while others write, whole, refused when they are not, and put back without losing what stood there."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.model import Refused
from tasks.store import Store, history
from tasks.store import backup as copies

pytestmark = pytest.mark.slow
NOW = datetime(2021, 9, 1, 6, tzinfo=UTC)


def lines(url: str) -> int:
    """How many lines the log of a database holds."""
    store = Store(url)
    with store.reading() as db:
        return len(history.events(db, "p"))


def write(store: Store, count: int) -> None:
    """Append lines to the log, each in a transaction of its own."""
    for _ in range(count):
        with store.writing() as db:
            history.note(db, at=NOW, who="a", action="x", promise="p")


def test_a_copy_taken_while_others_write_is_whole(sqlite_store: Store, tmp_path: Path) -> None:
    """It holds one moment of the database: no fewer lines than before it began, no more than after it ended."""
    write(sqlite_store, 20)
    writer = threading.Thread(target=write, args=(sqlite_store, 60))
    writer.start()
    made = copies.backup(sqlite_store.url, tmp_path / "kopia" / "1.db")
    writer.join()
    assert 20 <= made.rows["history"] <= 80
    assert lines(f"sqlite:///{made.file}") == made.rows["history"]
    assert [p.name for p in made.file.parent.iterdir()] == ["1.db"]


def test_a_restored_database_is_the_copy_and_the_old_one_is_kept(sqlite_store: Store, tmp_path: Path) -> None:
    """What came after the copy is not in the database any more, but in the file that was moved aside."""
    write(sqlite_store, 3)
    copy = copies.backup(sqlite_store.url, tmp_path / "1.db").file
    write(sqlite_store, 4)
    made, moved = copies.restore(sqlite_store.url, copy)
    assert moved is not None
    assert (lines(sqlite_store.url), lines(f"sqlite:///{moved}"), made.rows["history"]) == (3, 7, 3)
    write(sqlite_store, 1)
    _, second = copies.restore(sqlite_store.url, copy)
    assert second not in (None, moved)


def test_what_is_no_sound_copy_changes_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    """A damaged file, another database, no file: refused with the reason, and the database stands as it was."""
    write(sqlite_store, 5)
    whole = copies.backup(sqlite_store.url, tmp_path / "hel.db").file
    damaged, foreign, text = tmp_path / "skadad.db", tmp_path / "annan.db", tmp_path / "text.db"
    body = bytearray(whole.read_bytes())
    body[4096:12288] = b"\xff" * 8192
    damaged.write_bytes(body)
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE records (id)")
    text.write_text("ingen databas", encoding="utf-8")
    for file in (damaged, foreign, text, tmp_path / "finns-inte.db"):
        with pytest.raises(Refused):
            copies.restore(sqlite_store.url, file)
    assert lines(sqlite_store.url) == 5


def test_a_copy_never_overwrites_and_postgresql_is_told_its_own_way(sqlite_store: Store, tmp_path: Path) -> None:
    """The target's name is the person's to choose; pg_dump is named."""
    copies.backup(sqlite_store.url, tmp_path / "1.db")
    with pytest.raises(Refused, match="finns redan"):
        copies.backup(sqlite_store.url, tmp_path / "1.db")
    with pytest.raises(Refused, match="pg_dump"):
        copies.backup("postgresql://x@127.0.0.1/y", tmp_path / "2.db")
