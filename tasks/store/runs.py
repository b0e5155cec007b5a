"""One run at a time: each piece of work has one row, and only one worker holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from tasks.store import Db, Store
from tasks.store.tables import runs

# Longer than any one piece of work takes; a worker that is silent for so long is dead, and the next one takes over.
LEASE = timedelta(minutes=15)
# No clock of ours is that much ahead of another: a lease beyond it was taken before a clock was set back, and would
# stop the work for as long as the clock had been wrong. Two at one piece of work do no harm, only twice the work.
_FURTHEST = 2 * LEASE
Stage = Literal["collect", "reconcile", "draft", "watch"]


@dataclass(frozen=True, slots=True)
class Run:
    """The newest run of one piece of work."""

    stage: Stage
    subject: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Literal["running", "done", "failed"]
    message: str
    lease_until: datetime | None = None

    def was_interrupted(self, now: datetime) -> bool:
        """Whether its worker is dead: it neither ended nor may still be at it."""
        return self.outcome == "running" and (self.lease_until is None or not _is_held(self.lease_until, now))


@contextmanager
def only_one(store: Store, stage: Stage, subject: str, clock: Callable[[], datetime]) -> Iterator[bool]:
    """Give True to the one worker that may do this piece of work now, False to any other that comes meanwhile.

    The outcome is kept when the block ends; an exception is kept by its kind only, since its text may hold anything.
    """
    number = _begin(store, stage, subject, clock())
    if number is None:
        yield False
        return
    try:
        yield True
    except BaseException as error:
        _end(store, stage, subject, number, clock(), "failed", type(error).__name__)
        raise
    _end(store, stage, subject, number, clock(), "done", "")


def newest(db: Db) -> list[Run]:
    """Return the newest run of every piece of work, by stage and subject."""
    found = db.execute(select(runs).order_by(runs.c.stage, runs.c.subject))
    return [Run(r.stage, r.subject, r.started_at, r.ended_at, r.outcome, r.message, r.lease_until) for r in found]


def _is_held(lease_until: datetime, now: datetime) -> bool:
    return now <= lease_until <= now + _FURTHEST


def _begin(store: Store, stage: Stage, subject: str, now: datetime) -> int | None:
    """Take the piece of work and return the run's number; None when another worker holds it."""
    mine = (runs.c.stage == stage, runs.c.subject == subject)
    values = {"started_at": now, "lease_until": now + LEASE, "ended_at": None, "outcome": "running", "message": ""}
    try:
        with store.writing() as db:
            # That nobody holds it is part of the update's own condition: of two workers one gets it.
            taken = db.execute(
                update(runs)
                .where(*mine, or_(runs.c.lease_until.is_(None), ~runs.c.lease_until.between(now, now + _FURTHEST)))
                .values(number=runs.c.number + 1, **values)
                .returning(runs.c.number)
            ).scalar()
            if taken is None and db.execute(select(runs.c.number).where(*mine)).first() is None:
                db.execute(insert(runs).values(stage=stage, subject=subject, number=1, **values))
                taken = 1
            return taken
    except IntegrityError:
        # Two first runs at once: the other one's row was there first.
        return None


def _end(store: Store, stage: Stage, subject: str, number: int, now: datetime, outcome: str, message: str) -> None:
    with store.writing() as db:
        db.execute(
            update(runs)
            .where(runs.c.stage == stage, runs.c.subject == subject, runs.c.number == number)
            .values(lease_until=None, ended_at=now, outcome=outcome, message=message)
        )
