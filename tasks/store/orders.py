"""What people asked the flows to do with a period: taken by one worker, told in words when it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, and_, insert, or_, select, update

from tasks.store import Db
from tasks.store.tables import orders

Kind = Literal["rehearsal", "rerun", "snapshot", "sending"]
State = Literal["waiting", "running", "done", "failed"]
Ended = Literal["done", "failed"]
# Longer than any run of a period takes; one that is silent for so long lost its worker, and the next one takes it.
LEASE = timedelta(minutes=15)
_OPEN = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class Order:
    """One thing asked for, and how far it has come; `result` is one sentence a line."""

    id: int
    promise: str
    period: str
    kind: Kind
    state: State
    who: str
    at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    result: str
    # The day that a snapshot is of; the channels to send in.
    as_of: date | None = None
    channels: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in _OPEN


def add(
    db: Db,
    *,
    promise: str,
    period: str,
    kind: Kind,
    who: str,
    at: datetime,
    as_of: date | None = None,
    channels: Sequence[str] = (),
) -> tuple[int, bool]:
    """Add an order and return its id and that it is new; the one that is open for the period already, if any."""
    mine = (orders.c.promise == promise, orders.c.period == period, orders.c.state.in_(_OPEN))
    there = db.execute(select(orders.c.id).where(*mine)).scalar()
    if there is not None:
        return int(there), False
    added = db.execute(
        insert(orders)
        .values(
            promise=promise,
            period=period,
            kind=kind,
            state="waiting",
            who=who,
            at=at,
            as_of=as_of,
            channels=list(channels) or None,
        )
        .returning(orders.c.id)
    )
    return int(added.scalar_one()), True


def take(db: Db, now: datetime) -> Order | None:
    """Return the oldest order that nobody is at and mark it as begun; None when there is none."""
    # One that was begun after now was begun before a clock was set back.
    is_dead = ~orders.c.began_at.between(now - LEASE, now + LEASE)
    free = or_(orders.c.state == "waiting", and_(orders.c.state == "running", is_dead))
    for key in db.execute(select(orders.c.id).where(free).order_by(orders.c.id)).scalars().all():
        # That nobody holds it is part of the update's own condition: of two workers one gets it.
        taken = db.execute(
            update(orders).where(orders.c.id == key, free).values(state="running", began_at=now).returning(orders)
        ).first()
        if taken is not None:
            return _order(taken)
    return None


def end(db: Db, key: int, state: Ended, result: str, now: datetime) -> None:
    """Say how an order went; a late word on one that was ended meanwhile is not heard."""
    mine = (orders.c.id == key, orders.c.state == "running")
    db.execute(update(orders).where(*mine).values(state=state, result=result, ended_at=now))


def order(db: Db, key: int) -> Order | None:
    """Return one order."""
    row = db.execute(select(orders).where(orders.c.id == key)).first()
    return _order(row) if row else None


def latest(db: Db, promise: str, period: str, last: int) -> list[Order]:
    """Return the `last` so many orders of a period, newest first."""
    mine = (orders.c.promise == promise, orders.c.period == period)
    return [_order(r) for r in db.execute(select(orders).where(*mine).order_by(orders.c.id.desc()).limit(last))]


def _order(row: Row[Any]) -> Order:
    return Order(
        row.id,
        row.promise,
        row.period,
        row.kind,
        row.state,
        row.who,
        row.at,
        row.began_at,
        row.ended_at,
        row.result,
        row.as_of,
        tuple(row.channels or ()),
    )
