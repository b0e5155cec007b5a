"""Who did what when: append-only, the database itself refuses to change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from tasks.model import Party
from tasks.store import Db
from tasks.store.tables import history


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log."""

    at: datetime
    who: str
    party: Party | None
    action: str
    promise: str
    period: str
    detail: Mapping[str, Any]


def note(
    db: Db,
    *,
    at: datetime,
    who: str,
    action: str,
    party: Party | None = None,
    promise: str = "",
    period: str = "",
    **detail: object,
) -> None:
    """Append one line; `detail` holds ids, states and hashes, never free text of reports."""
    db.execute(
        insert(history).values(
            at=at, who=who, party=party, action=action, promise=promise, period=period, detail=detail
        )
    )


def events(db: Db, promise: str, period: str | None = None) -> list[Event]:
    """Return a promise's log (of one period where given), newest first."""
    query = select(history).where(history.c.promise == promise)
    if period is not None:
        query = query.where(history.c.period == period)
    found = db.execute(query.order_by(history.c.id.desc()))
    return [Event(r.at, r.who, r.party, r.action, r.promise, r.period, r.detail) for r in found]
