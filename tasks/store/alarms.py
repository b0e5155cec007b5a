"""Alarms as they were raised, told and solved: the same trouble is one row until it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, or_, select, update

from tasks.alarms import PARITY, Alarm
from tasks.store import Db
from tasks.store.tables import alarms


def keep(db: Db, found: Sequence[Alarm], now: datetime) -> None:
    """Make the open rows those of `found`: new ones are raised, known ones brought up to date, the others are solved.

    What was published is read back once a day only: its alarms are left to `keep_parity`.
    """
    _keep(db, found, now, ~alarms.c.key.startswith(PARITY))


def keep_parity(db: Db, found: Sequence[Alarm], now: datetime) -> None:
    """Make the open rows about published pages and posts those of `found`."""
    _keep(db, found, now, alarms.c.key.startswith(PARITY))


def _keep(db: Db, found: Sequence[Alarm], now: datetime, kind: ColumnElement[bool]) -> None:
    there = {row.key: row for row in db.execute(select(alarms).where(alarms.c.solved_at.is_(None), kind))}
    for alarm in {a.key: a for a in found}.values():
        values: dict[str, Any] = {
            "level": alarm.level,
            "what": alarm.what,
            "mend": alarm.mend,
            "municipality": alarm.municipality,
            "party": alarm.party,
        }
        if alarm.key in there:
            db.execute(update(alarms).where(alarms.c.id == there[alarm.key].id).values(**values))
        else:
            db.execute(insert(alarms).values(key=alarm.key, since=alarm.since, **values))
    over = [row.id for key, row in there.items() if key not in {a.key for a in found}]
    if over:
        db.execute(update(alarms).where(alarms.c.id.in_(over)).values(solved_at=now))


def open_ones(db: Db) -> list[Alarm]:
    """Return the alarms that stand, the gravest and oldest first."""
    query = select(alarms).where(alarms.c.solved_at.is_(None)).order_by(alarms.c.level.desc(), alarms.c.since)
    return [_alarm(row) for row in db.execute(query)]


def untold(db: Db) -> list[tuple[int, Alarm, bool]]:
    """Return what people have not been told: (row, alarm, whether it is solved), oldest first.

    What was solved before anybody was told of it is not spoken of.
    """
    query = (
        select(alarms)
        .where(
            or_(
                (alarms.c.solved_at.is_(None))
                & or_(alarms.c.told_level.is_(None), alarms.c.told_level < alarms.c.level),
                alarms.c.solved_at.is_not(None) & alarms.c.told_level.is_not(None) & ~alarms.c.solved_told,
            )
        )
        .order_by(alarms.c.id)
    )
    return [(row.id, _alarm(row), row.solved_at is not None) for row in db.execute(query)]


def mark_told(db: Db, key: int, alarm: Alarm, *, solved: bool) -> None:
    """Remember that people were told of an alarm at its level, or that it is solved."""
    values: dict[str, Any] = {"solved_told": True} if solved else {"told_level": alarm.level}
    db.execute(update(alarms).where(alarms.c.id == key).values(**values))


def _alarm(row: Row[Any]) -> Alarm:
    return Alarm(row.key, row.what, row.mend, row.since, row.level, row.municipality, row.party)
