"""Who did what when: append-only, the database itself refuses to change it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from tasks.model import Draft, Party
from tasks.store import Db, records
from tasks.store.tables import history

# A draft was made available to the other party, which the law has a name for: delning för synpunkter.
SHARED = "shared"


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


def events(db: Db, promise: str, period: str | None = None, actions: Collection[str] | None = None) -> list[Event]:
    """Return a promise's log, newest first; only one period's and only some kinds of action where given."""
    query = select(history).where(history.c.promise == promise)
    if period is not None:
        query = query.where(history.c.period == period)
    if actions is not None:
        query = query.where(history.c.action.in_(actions))
    found = db.execute(query.order_by(history.c.id.desc()))
    return [Event(r.at, r.who, r.party, r.action, r.promise, r.period, r.detail) for r in found]


def was_shared(db: Db, draft: Draft, who: str) -> bool:
    """Return whether it is noted that a person was shown this revision of a draft."""
    query = select(history.c.id).where(
        history.c.promise == draft.promise,
        history.c.period == draft.period,
        history.c.action == SHARED,
        history.c.who == who,
        history.c.detail["draft"].as_integer() == draft.id,
        history.c.detail["revision"].as_integer() == draft.revision,
    )
    return db.execute(query.limit(1)).first() is not None


def note_shared(db: Db, draft: Draft, *, who: str, party: Party, at: datetime) -> None:
    """Note that a person was shown this revision of a draft for comments (delning för synpunkter), once."""
    # Two tabs opened at once: the second waits here and then finds the first one's line.
    records.hold(db, f"shared/{draft.id}/{draft.revision}/{who}")
    if not was_shared(db, draft, who):
        note(
            db,
            at=at,
            who=who,
            action=SHARED,
            party=party,
            promise=draft.promise,
            period=draft.period,
            edition=draft.edition,
            draft=draft.id,
            revision=draft.revision,
        )
