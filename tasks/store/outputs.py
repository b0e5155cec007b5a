"""What a revision rendered: each file's bytes lie once under their hash, whatever revisions and channels name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from tasks.model import Output
from tasks.store import Db
from tasks.store.tables import contents, outputs

_STORED = outputs.join(contents)


@dataclass(frozen=True, slots=True)
class Filed:
    """A rendered output without its bytes (`size` of them); `text` is what a plain text says, else empty."""

    channel: str
    name: str
    media_type: str
    size: int
    sha256: str
    text: str


def keep(db: Db, draft_id: int, revision: int, made: Sequence[Output]) -> None:
    """Store what a revision rendered; bytes that some revision has already are named and not written again."""
    if not made:
        return
    hashed = [(o, o.sha256) for o in made]
    bodies = {sha256: o.body for o, sha256 in hashed}
    known = set(db.execute(select(contents.c.sha256).where(contents.c.sha256.in_(bodies))).scalars())
    # In one order, so that of two who write the same bytes neither waits for the other in turn.
    fresh = [{"sha256": key, "body": bodies[key]} for key in sorted(bodies.keys() - known)]
    if fresh:
        dialect = postgresql if db.dialect.name == "postgresql" else sqlite
        db.execute(dialect.insert(contents).on_conflict_do_nothing(), fresh)
    db.execute(
        insert(outputs),
        [
            {
                "draft_id": draft_id,
                "revision": revision,
                "channel": o.channel,
                "name": o.name,
                "media_type": o.media_type,
                "sha256": sha256,
            }
            for o, sha256 in hashed
        ],
    )


def rendered(db: Db, draft_id: int, revision: int, channel: str | None = None) -> tuple[Output, ...]:
    """Return the stored bytes of one revision, of one channel where given, by channel and name."""
    query = _bytes().where(outputs.c.draft_id == draft_id, outputs.c.revision == revision)
    if channel is not None:
        query = query.where(outputs.c.channel == channel)
    found = db.execute(query.order_by(outputs.c.channel, outputs.c.name))
    return tuple(Output(r.channel, r.name, r.media_type, r.body) for r in found)


def one(db: Db, draft_id: int, revision: int, channel: str, name: str) -> Output | None:
    """Return one stored file of a revision, or None."""
    at = (outputs.c.draft_id == draft_id, outputs.c.revision == revision)
    r = db.execute(_bytes().where(*at, outputs.c.channel == channel, outputs.c.name == name)).first()
    return None if r is None else Output(r.channel, r.name, r.media_type, r.body)


def filed(db: Db, draft_id: int, revision: int) -> list[Filed]:
    """Return what one revision rendered, by channel and name, the texts of its posts and nothing else with it."""
    is_text = outputs.c.media_type.startswith("text/plain")
    query = select(
        outputs,
        func.length(contents.c.body).label("size"),
        case((is_text, contents.c.body), else_=None).label("text"),
    ).select_from(_STORED)
    at = (outputs.c.draft_id == draft_id, outputs.c.revision == revision)
    found = db.execute(query.where(*at).order_by(outputs.c.channel, outputs.c.name))
    return [
        Filed(r.channel, r.name, r.media_type, r.size, r.sha256, (r.text or b"").decode("utf-8", "replace"))
        for r in found
    ]


def _bytes() -> Select[Any]:
    return select(outputs, contents.c.body).select_from(_STORED)
