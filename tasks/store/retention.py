"""What is too old to be kept: free text, bytes of payloads, unreadable rows, sessions and alarms that are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from tasks.model import Record
from tasks.store import Db
from tasks.store.records import as_record
from tasks.store.tables import alarms, payloads, quarantine, records, sessions

# What stands where a title stood.
PURGED_TITLE = "(texten är gallrad)"
# What is counted stays; a source's own wording (`original` and whatever else) goes.
COUNTED = frozenset(
    {
        "commitment",
        "state",
        "count",
        "police_took_part",
        "municipality_took_part",
        "at_school",
        "participants",
        "moved_to",
        "type",
        "occurred_at",
    }
)


def texts(db: Db, source: str, before: datetime) -> list[Record]:
    """Return every version of a source's records that was first seen before a moment and still has its text."""
    old = (records.c.source == source, records.c.seen_at < before, records.c.purged_at.is_(None))
    return [as_record(r) for r in db.execute(select(records).where(*old).order_by(records.c.id, records.c.version))]


def purge_texts(db: Db, found: Sequence[Record], at: datetime) -> None:
    """Take the free text of these versions away; hash, days, place, address and counted fields stay."""
    for record in found:
        db.execute(
            update(records)
            .where(records.c.id == record.id, records.c.version == record.version)
            .values(
                title=PURGED_TITLE,
                text="",
                fields={k: v for k, v in record.fields.items() if k in COUNTED},
                purged_at=at,
            )
        )


def payload_bodies(db: Db, source: str, before: datetime, *, purge: bool) -> int:
    """Return how many of a source's answers last came before a moment and have their bytes; `purge` empties them."""
    old = (payloads.c.source == source, payloads.c.last_seen_at < before, payloads.c.body.is_not(None))
    if purge:
        return int(db.execute(update(payloads).where(*old).values(body=None)).rowcount)
    return int(db.execute(select(func.count()).select_from(payloads).where(*old)).scalar_one())


def quarantined(db: Db, before: datetime, *, purge: bool) -> int:
    """Return how many unreadable rows were put aside before a moment; `purge` deletes them."""
    return _rows(db, quarantine, quarantine.c.at < before, purge=purge)


def sessions_over(db: Db, before: datetime, *, purge: bool) -> int:
    """Return how many sessions were over before a moment; `purge` deletes them."""
    return _rows(db, sessions, sessions.c.ends_at < before, purge=purge)


def alarms_solved(db: Db, before: datetime, *, purge: bool) -> int:
    """Return how many alarms were solved before a moment; `purge` deletes them."""
    return _rows(db, alarms, alarms.c.solved_at < before, purge=purge)


def _rows(db: Db, table: Table, old: ColumnElement[bool], *, purge: bool) -> int:
    if purge:
        return int(db.execute(delete(table).where(old)).rowcount)
    return int(db.execute(select(func.count()).select_from(table).where(old)).scalar_one())
