"""What a database's driver says when the database can't serve now, in our words; anything else is a fault of ours."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError

from tasks.model import Trouble, Unavailable, Uncertain

# SQLite's primary codes, and what has happened then.
_SQLITE = {
    sqlite3.SQLITE_BUSY: "är upptagen av ett annat program",
    sqlite3.SQLITE_LOCKED: "är upptagen av ett annat program",
    sqlite3.SQLITE_FULL: "får inte plats; disken är full",
    sqlite3.SQLITE_IOERR: "går inte att läsa eller skriva",
    sqlite3.SQLITE_CANTOPEN: "går inte att öppna",
    sqlite3.SQLITE_READONLY: "går inte att skriva i",
}
# PostgreSQL's classes of SQLSTATE: connection, transaction called off (deadlock), resources, operator, system.
_POSTGRESQL = {
    "08": "svarar inte",
    "40": "är upptagen av ett annat program",
    "53": "har inte plats; disken eller förbindelserna är slut",
    "57": "startas om",
    "58": "går inte att läsa eller skriva",
}


class DatabaseAway(Unavailable):
    """The database can't serve now; nothing of what was tried is kept, and trying again is safe."""


class MaybeKept(Uncertain):
    """The connection broke while the changes were being kept: they are there in full, or not at all."""


def in_our_words(error: DBAPIError, name: str, *, committing: bool = False) -> Trouble | None:
    """Return the trouble that the driver's error amounts to; None when the database did answer, but not as we meant.

    `name` is the database's address without its password. A broken connection while `committing` says nothing about
    whether the changes were kept.
    """
    orig = error.orig
    lost = error.connection_invalidated or (not isinstance(orig, sqlite3.Error) and _is_silent(orig))
    if committing and lost:
        return MaybeKept(
            "Förbindelsen till databasen bröts just när det skulle sparas, så det är okänt om det hann bli sparat. "
            "Försök igen: det som redan är sparat sparas inte en gång till."
        )
    if isinstance(orig, sqlite3.Error):
        # Errors of the sqlite3 module itself have no code.
        what = _SQLITE.get((getattr(orig, "sqlite_errorcode", None) or 0) & 0xFF)
    else:
        what = _POSTGRESQL.get(str(getattr(orig, "sqlstate", None) or "")[:2]) or ("svarar inte" if lost else None)
    if what is None:
        return None
    return DatabaseAway(f"Databasen {name} {what}. Inget är sparat. Försök igen om en stund.")


def _is_silent(orig: BaseException | None) -> bool:
    """Whether the driver heard nothing from the server: no connection, or one that broke."""
    return type(orig).__name__ == "OperationalError" and getattr(orig, "sqlstate", None) is None
