"""What a revision rendered, read one file at a time or without the bytes: for those who only look."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select

from tasks.model import Output
from tasks.store import Db
from tasks.store.tables import outputs


@dataclass(frozen=True, slots=True)
class Filed:
    """A rendered output without its bytes (`size` of them); `text` is what a plain text says, else empty."""

    channel: str
    name: str
    media_type: str
    size: int
    sha256: str
    text: str


def one(db: Db, draft_id: int, revision: int, channel: str, name: str) -> Output | None:
    """Return one stored file of a revision, or None."""
    at = (outputs.c.draft_id == draft_id, outputs.c.revision == revision)
    r = db.execute(select(outputs).where(*at, outputs.c.channel == channel, outputs.c.name == name)).first()
    return None if r is None else Output(r.channel, r.name, r.media_type, r.body)


def filed(db: Db, draft_id: int, revision: int) -> list[Filed]:
    """Return what one revision rendered, by channel and name, the texts of its posts and nothing else with it."""
    is_text = outputs.c.media_type.startswith("text/plain")
    query = select(
        outputs.c.channel,
        outputs.c.name,
        outputs.c.media_type,
        outputs.c.sha256,
        func.length(outputs.c.body).label("size"),
        case((is_text, outputs.c.body), else_=None).label("text"),
    ).where(outputs.c.draft_id == draft_id, outputs.c.revision == revision)
    found = db.execute(query.order_by(outputs.c.channel, outputs.c.name))
    return [
        Filed(r.channel, r.name, r.media_type, r.size, r.sha256, (r.text or b"").decode("utf-8", "replace"))
        for r in found
    ]
