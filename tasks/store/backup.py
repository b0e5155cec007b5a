"""Copies of a SQLite database: taken while it is in use, proven before they are trusted. PostgreSQL has pg_dump."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from tasks.model import Refused

_PAGES = 2_000


@dataclass(frozen=True, slots=True)
class Copy:
    """A proven copy: its file, its size in bytes, its layout and how many rows each table holds."""

    file: Path
    size: int
    layout: str
    rows: Mapping[str, int]


def backup(url: str, target: Path) -> Copy:
    """Copy a database to a new file while others read and write it, and prove the copy.

    Raises Refused when the database is no SQLite file, the target exists, or the copy is not sound.
    """
    source = _file(url)
    if not source.is_file():
        raise Refused(f"Databasen {source} finns inte.")
    if target.exists():
        raise Refused(f"{target} finns redan. Välj ett annat namn.")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with contextlib.closing(_open(source)) as old, contextlib.closing(sqlite3.connect(unfinished)) as new:
            old.backup(new, pages=_PAGES)
            # A copy is read by itself: no journal files beside it.
            new.execute("PRAGMA journal_mode=DELETE")
        found = prove(unfinished)
        unfinished.replace(target)
    except sqlite3.Error as error:
        raise Refused(f"Kopian av {source} gick inte att göra: {error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return Copy(target, found.size, found.layout, found.rows)


def restore(url: str, source: Path) -> tuple[Copy, Path | None]:
    """Put a proven copy in the database's place; return it and where the database that stood there was moved.

    Nothing may use the database meanwhile. Raises Refused when the copy is not sound.
    """
    target = _file(url)
    prove(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.restoring")
    try:
        with contextlib.closing(_open(source)) as old, contextlib.closing(sqlite3.connect(fresh)) as new:
            old.backup(new)
        found = prove(fresh)
        moved = _move_away(target)
        fresh.replace(target)
    except sqlite3.Error as error:
        raise Refused(f"{source} gick inte att återställa: {error}.") from error
    finally:
        fresh.unlink(missing_ok=True)
    return Copy(target, found.size, found.layout, found.rows), moved


def prove(file: Path) -> Copy:
    """Read a copy from end to end; raises Refused when it is no sound database of ours."""
    if not file.is_file():
        raise Refused(f"{file} finns inte.")
    try:
        with contextlib.closing(_open(file)) as db:
            [said] = db.execute("PRAGMA integrity_check").fetchone()
            broken = db.execute("PRAGMA foreign_key_check").fetchone()
            names = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
            # The names come from the database's own list, quoted as identifiers.
            rows = {n: db.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0] for n in names}  # noqa: S608 - our tables
            layout = (
                db.execute("SELECT version_num FROM alembic_version").fetchone() if "alembic_version" in names else None
            )
    except sqlite3.Error as error:
        raise Refused(f"{file} är ingen läsbar databas: {error}.") from error
    if said != "ok" or broken:
        raise Refused(f"{file} är skadad: {said if said != 'ok' else 'en rad hänvisar till något som inte finns'}.")
    if layout is None or "records" not in names:
        raise Refused(f"{file} är en databas, men inte en av Löfteskollens.")
    return Copy(file, file.stat().st_size, layout[0], {n: c for n, c in rows.items() if n != "alembic_version"})


def _file(url: str) -> Path:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise Refused(
            "Det här gäller SQLite. En PostgreSQL-databas kopieras med pg_dump och återställs med pg_restore."
        )
    return Path(parsed.database)


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file.resolve()}?mode=ro", uri=True, timeout=30)


def _move_away(target: Path) -> Path | None:
    """Move the database that stands there aside, journal included; return where it lies now."""
    if not target.exists():
        return None
    number = 1
    while (aside := target.with_name(f"{target.name}.fore-aterstallning-{number}")).exists():
        number += 1
    # Whatever the journal holds belongs to the old database, and would spoil the restored one.
    with contextlib.closing(sqlite3.connect(target)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for tail in ("-wal", "-shm"):
        target.with_name(target.name + tail).unlink(missing_ok=True)
    target.replace(aside)
    return aside
