"""Which promise a stored thing belongs to: asked on every request that names one, so each answer is one column."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Table, select

from tasks.store import Db
from tasks.store.tables import drafts, judgements, publications

Thing = Literal["draft", "judgement", "publication"]
_TABLES: dict[Thing, Table] = {"draft": drafts, "judgement": judgements, "publication": publications}


def promise_of(db: Db, thing: Thing, key: int) -> str | None:
    """Return the slug of the promise that a draft, an answer or a publication belongs to; None if there is none."""
    table = _TABLES[thing]
    found: str | None = db.execute(select(table.c.promise).where(table.c.id == key)).scalar()
    return found
