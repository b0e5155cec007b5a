"""Alarms as they were raised, told and solved: the same trouble is one row until it is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, or_, select, update

from tasks.alarms import PARITY, Alarm
from tasks.store import Db
from tasks.store.tables import alarm_tellings, alarms

# Whom everything was told to before it was known to whom.
_ALL = ""


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


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm of which somebody may still have to be told."""

    id: int
    alarm: Alarm
    is_solved: bool
    # Who was told what: the gravest level, and whether it is solved, by recipient.
    told: Mapping[str, tuple[int, bool]]

    def is_told(self, recipient: str) -> bool:
        """Return whether somebody knows how it is now; who never heard of what is solved needs no all-clear."""
        level, solved = self.told.get(recipient) or self.told.get(_ALL) or (0, True)
        return solved if self.is_solved else level >= self.alarm.level


def raised(db: Db) -> list[Raised]:
    """Return the alarms that stand, and the solved ones of which not all who heard know it; oldest first."""
    waits = select(alarm_tellings.c.alarm_id).where(~alarm_tellings.c.solved)
    query = select(alarms).where(or_(alarms.c.solved_at.is_(None), alarms.c.id.in_(waits))).order_by(alarms.c.id)
    rows = db.execute(query).all()
    told: defaultdict[int, dict[str, tuple[int, bool]]] = defaultdict(dict)
    for row in db.execute(select(alarm_tellings).where(alarm_tellings.c.alarm_id.in_([r.id for r in rows]))):
        told[row.alarm_id][row.recipient] = (row.level, row.solved)
    return [Raised(r.id, _alarm(r), r.solved_at is not None, told[r.id]) for r in rows]


def mark_told(db: Db, one: Raised, recipient: str) -> None:
    """Remember that somebody was told of an alarm at its level, or that it is solved."""
    values = {"level": one.alarm.level, "solved": one.is_solved}
    mine = (alarm_tellings.c.alarm_id == one.id, alarm_tellings.c.recipient.in_((recipient, _ALL)))
    db.execute(update(alarm_tellings).where(*mine).values(**values))
    if recipient not in one.told:
        db.execute(insert(alarm_tellings).values(alarm_id=one.id, recipient=recipient, **values))


def _alarm(row: Row[Any]) -> Alarm:
    return Alarm(row.key, row.what, row.mend, row.since, row.level, row.municipality, row.party)
