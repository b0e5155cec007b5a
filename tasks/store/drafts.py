"""Frozen follow-ups, the drafts made of them, their rendered outputs and both parties' words on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, Select, delete, insert, select, update

from tasks.model import Approval, Block, Draft, FollowUp, Output, Party, combined_sha256
from tasks.store import Db, outputs
from tasks.store.outputs import rendered as rendered
from tasks.store.tables import approvals, draft_blocks, drafts, dropped_drafts, followups

_FOLLOWUP = TypeAdapter(FollowUp)
# A follow-up is frozen, and its hash is over all of it: the same hash is the same follow-up, in any database. Each is
# read from its JSON once; a page may name three of them, and that took half of its time. The board of a whole country
# names 870, at some 54 kB each.
_READ: dict[str, FollowUp] = {}
_MOST_READ = 1000
_IS_DROPPED = select(dropped_drafts.c.draft_id).where(dropped_drafts.c.draft_id == drafts.c.id).exists()


@dataclass(frozen=True, slots=True)
class Heading:
    """A draft without its texts: what lists need."""

    id: int
    promise: str
    period: str
    edition: int
    revision: int
    state: str
    sha256: str
    updated_at: datetime


def freeze(db: Db, followup: FollowUp) -> tuple[int, FollowUp]:
    """Store a follow-up as known at its moment and return it with its id; a stored one is returned unchanged."""
    at_moment = (
        followups.c.promise == followup.promise,
        followups.c.period == followup.period,
        followups.c.as_of == followup.as_of,
    )
    row = db.execute(select(followups.c.id, followups.c.body).where(*at_moment)).first()
    if row is not None:
        return row.id, _FOLLOWUP.validate_python(row.body)
    result = db.execute(
        insert(followups)
        .values(
            promise=followup.promise,
            period=followup.period,
            as_of=followup.as_of,
            sha256=followup.sha256,
            figures_sha256=followup.figures_sha256,
            body=_FOLLOWUP.dump_python(followup, mode="json"),
        )
        .returning(followups.c.id)
    )
    return int(result.scalar_one()), followup


def frozen(db: Db, promise: str, period: str, as_of: datetime) -> FollowUp | None:
    """Return the follow-up that was frozen for that moment, if any."""
    body = db.execute(
        select(followups.c.body).where(
            followups.c.promise == promise, followups.c.period == period, followups.c.as_of == as_of
        )
    ).scalar()
    return None if body is None else _FOLLOWUP.validate_python(body)


def snapshot(db: Db, promise: str, period: str, sha256: str) -> FollowUp | None:
    """Return the frozen follow-up with that hash, if any."""
    at_hash = (followups.c.promise == promise, followups.c.period == period, followups.c.sha256 == sha256)
    row = db.execute(select(followups.c.id).where(*at_hash)).first()
    return None if row is None else _decoded(db, row.id, sha256)


def headings(db: Db, promise: str | None = None) -> list[Heading]:
    """Return all drafts (of one promise where given) by promise, period and edition, those given up left out."""
    query = _known().where(~_IS_DROPPED).order_by(drafts.c.promise, drafts.c.period, drafts.c.edition)
    if promise is not None:
        query = query.where(drafts.c.promise == promise)
    return [_heading(r) for r in db.execute(query)]


def closed(db: Db, promise: str) -> list[tuple[Heading, FollowUp]]:
    """Return the closed editions of a promise with what each told, by period and edition."""
    query = _known().where(drafts.c.promise == promise, drafts.c.state == "closed", ~_IS_DROPPED)
    rows = db.execute(query.order_by(drafts.c.period, drafts.c.edition)).all()
    return [(_heading(r), _decoded(db, r.followup_id, r.followup_sha256)) for r in rows]


def draft(db: Db, draft_id: int, *, lock: bool = False) -> Draft | None:
    """Return one draft with its texts, or None; `lock` holds it against other writers until the commit."""
    if lock:
        _hold(db, drafts.c.id == draft_id)
    return _draft(db, db.execute(_known().where(drafts.c.id == draft_id)).first())


def edition(db: Db, promise: str, period: str, number: int) -> Draft | None:
    """Return one edition of a period, or None; one that was given up says so in its state."""
    query = _known().where(drafts.c.promise == promise, drafts.c.period == period, drafts.c.edition == number)
    return _draft(db, db.execute(query).first())


def released(db: Db, promise: str, *, lock: bool = False) -> list[FollowUp]:
    """Return the follow-ups of all editions of a promise that were ever closed, those taken back later too.

    `lock` holds all the promise's drafts until the commit, always in one order: of two editions that are closed at
    once, the second sees the first.
    """
    query = select(drafts.c.state, drafts.c.followup_id).where(drafts.c.promise == promise).order_by(drafts.c.id)
    rows = db.execute(query.with_for_update() if lock else query).all()
    closed = {r.followup_id for r in rows if r.state == "closed"}
    kept = select(followups.c.id, followups.c.sha256).where(followups.c.id.in_(closed)).order_by(followups.c.id)
    return [_decoded(db, r.id, r.sha256) for r in db.execute(kept).all()]


def latest(db: Db, promise: str, period: str, *, lock: bool = False) -> Draft | None:
    """Return a period's newest edition, or None; `lock` holds it against other writers until the commit."""
    of_period = (drafts.c.promise == promise, drafts.c.period == period)
    if lock:
        _hold(db, *of_period)
    query = _known().where(*of_period, ~_IS_DROPPED).order_by(drafts.c.edition.desc()).limit(1)
    return _draft(db, db.execute(query).first())


def newest(db: Db, promises: Collection[str]) -> dict[tuple[str, str], Draft]:
    """Return the newest edition of every period of some promises, by promise and period."""
    query = _known().where(drafts.c.promise.in_(promises), ~_IS_DROPPED).order_by(drafts.c.edition)
    rows = {(r.promise, r.period): r for r in db.execute(query)}
    return {(d.promise, d.period): d for d in _drafts(db, list(rows.values()))}


def add_draft(
    db: Db,
    *,
    promise: str,
    period: str,
    edition: int,
    followup_id: int,
    blocks: Sequence[Block],
    rendered: tuple[Output, ...],
    at: datetime,
) -> int:
    """Store a new edition's first revision and return its id; one that was given up is taken up anew under its own."""
    same = (drafts.c.promise == promise, drafts.c.period == period, drafts.c.edition == edition)
    given_up = db.execute(select(drafts.c.id, drafts.c.revision).where(*same, _IS_DROPPED)).first()
    if given_up is not None:
        db.execute(delete(dropped_drafts).where(dropped_drafts.c.draft_id == given_up.id))
        revise(
            db, given_up.id, seen_revision=given_up.revision, followup_id=followup_id, blocks=blocks,
            rendered=rendered, at=at,
        )  # fmt: skip
        return int(given_up.id)
    result = db.execute(
        insert(drafts)
        .values(
            promise=promise,
            period=period,
            edition=edition,
            revision=1,
            state="open",
            followup_id=followup_id,
            sha256=combined_sha256(rendered),
            updated_at=at,
        )
        .returning(drafts.c.id)
    )
    draft_id = int(result.scalar_one())
    _write_blocks(db, draft_id, blocks)
    outputs.keep(db, draft_id, 1, rendered)
    return draft_id


def revise(
    db: Db,
    draft_id: int,
    *,
    seen_revision: int,
    followup_id: int | None,
    blocks: Sequence[Block],
    rendered: tuple[Output, ...],
    at: datetime,
) -> int | None:
    """Store the next revision and return its number; None when somebody else was quicker.

    The revision that was seen is part of the update's own condition: of two editors who save at once, one wins and
    the other is told, whatever the order of their reads.
    """
    values: dict[str, Any] = {
        "revision": seen_revision + 1,
        "sha256": combined_sha256(rendered),
        "updated_at": at,
    }
    if followup_id is not None:
        values["followup_id"] = followup_id
    result = db.execute(
        update(drafts)
        .where(drafts.c.id == draft_id, drafts.c.revision == seen_revision, drafts.c.state == "open", ~_IS_DROPPED)
        .values(**values)
    )
    if not result.rowcount:
        return None
    db.execute(delete(draft_blocks).where(draft_blocks.c.draft_id == draft_id))
    _write_blocks(db, draft_id, blocks)
    outputs.keep(db, draft_id, seen_revision + 1, rendered)
    return seen_revision + 1


def close(db: Db, draft_id: int, revision: int) -> bool:
    """Close an edition for changes; False when it was changed or closed meanwhile."""
    result = db.execute(
        update(drafts)
        .where(drafts.c.id == draft_id, drafts.c.revision == revision, drafts.c.state == "open", ~_IS_DROPPED)
        .values(state="closed")
    )
    return bool(result.rowcount)


def drop(db: Db, draft_id: int, at: datetime) -> None:
    """Give an open draft up; all that it said and who said what about it is kept."""
    db.execute(insert(dropped_drafts).values(draft_id=draft_id, at=at))


def add_approval(db: Db, approval: Approval) -> None:
    """Append one party's word; the table's unique keys raise IntegrityError on a second one."""
    db.execute(
        insert(approvals).values(
            draft_id=approval.draft_id,
            revision=approval.revision,
            sha256=approval.sha256,
            party=approval.party,
            who=approval.who,
            at=approval.at,
            verdict=approval.verdict,
            comment=approval.comment,
        )
    )


def words(db: Db, draft_id: int, revision: int | None = None) -> list[Approval]:
    """Return the approvals and rejections of a draft (of one revision where given), oldest first."""
    query = select(approvals).where(approvals.c.draft_id == draft_id)
    if revision is not None:
        query = query.where(approvals.c.revision == revision)
    return [_approval(r) for r in db.execute(query.order_by(approvals.c.id))]


def words_on(db: Db, draft_ids: Collection[int]) -> dict[int, list[Approval]]:
    """Return the approvals and rejections of some drafts by draft, oldest first; nothing of one without any."""
    found: dict[int, list[Approval]] = {}
    query = select(approvals).where(approvals.c.draft_id.in_(draft_ids)).order_by(approvals.c.id)
    for row in db.execute(query):
        found.setdefault(row.draft_id, []).append(_approval(row))
    return found


def approved_parties(db: Db, draft_id: int, revision: int, sha256: str) -> frozenset[Party]:
    """Return the parties that approved exactly these bytes of this revision."""
    return frozenset(w.party for w in words(db, draft_id, revision) if w.verdict == "approved" and w.sha256 == sha256)


def _hold(db: Db, *which: ColumnElement[bool]) -> None:
    """Lock drafts until the commit.

    In a question of its own: PostgreSQL gives no row at all where a joined one isn't the same after the waiting.
    """
    db.execute(select(drafts.c.id).where(*which).order_by(drafts.c.id).with_for_update())


def _known() -> Select[Any]:
    """Return the question for drafts, each with its follow-up's hash: every page asks it, so it asks once."""
    sha256 = followups.c.sha256.label("followup_sha256")
    return select(drafts, sha256, _IS_DROPPED.label("is_dropped")).join(followups)


def _draft(db: Db, row: Row[Any] | None) -> Draft | None:
    return None if row is None else _drafts(db, [row])[0]


def _drafts(db: Db, rows: Sequence[Row[Any]]) -> list[Draft]:
    """Return drafts with their texts, read in one question."""
    blocks: dict[int, list[Block]] = {r.id: [] for r in rows}
    query = (
        select(draft_blocks)
        .where(draft_blocks.c.draft_id.in_(blocks))
        # As they were written: a rerun that writes the same blocks must find them equal.
        .order_by(draft_blocks.c.position, draft_blocks.c.template, draft_blocks.c.part)
    )
    for b in db.execute(query):
        blocks[b.draft_id].append(Block(b.template, b.part, b.position, b.generated, b.edited, b.conflict))
    return [
        Draft(
            id=row.id,
            promise=row.promise,
            period=row.period,
            edition=row.edition,
            revision=row.revision,
            state="dropped" if row.is_dropped else row.state,
            followup=_decoded(db, row.followup_id, row.followup_sha256),
            blocks=tuple(blocks[row.id]),
            sha256=row.sha256,
        )
        for row in rows
    ]


def _decoded(db: Db, key: int, sha256: str) -> FollowUp:
    found = _READ.get(sha256)
    if found is None:
        body = db.execute(select(followups.c.body).where(followups.c.id == key)).scalar_one()
        found = _FOLLOWUP.validate_python(body)
        if len(_READ) >= _MOST_READ:
            _READ.clear()
        _READ[sha256] = found
    return found


def _heading(row: Row[Any]) -> Heading:
    return Heading(row.id, row.promise, row.period, row.edition, row.revision, row.state, row.sha256, row.updated_at)


def _approval(row: Row[Any]) -> Approval:
    return Approval(row.draft_id, row.revision, row.sha256, row.party, row.who, row.at, row.verdict, row.comment)


def _write_blocks(db: Db, draft_id: int, blocks: Sequence[Block]) -> None:
    if blocks:
        db.execute(
            insert(draft_blocks),
            [
                {
                    "draft_id": draft_id,
                    "template": b.template,
                    "part": b.part,
                    "position": b.position,
                    "generated": b.generated,
                    "edited": b.edited,
                    "conflict": b.conflict,
                }
                for b in blocks
            ],
        )
