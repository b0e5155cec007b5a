"""What the rules derived (readings, pair scores) and what people answered (judgements)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, delete, insert, select, tuple_

from tasks.model import Judgement, PairScore, Party, Reading, Refused, Verdict
from tasks.store import Db, derivations
from tasks.store.tables import judgements, kept_pairs, kept_readings, pair_scores, readings

_READING = TypeAdapter(Reading)
_PAIR = TypeAdapter(PairScore)


def replace_derived(
    db: Db,
    promise: str,
    found: Sequence[Reading],
    pairs: Sequence[PairScore],
    made: derivations.Derivation | None = None,
) -> None:
    """Put a promise's freshly derived readings and pair scores in the place of the old ones.

    `made` is what they were derived from; without it they are derived anew next time, whatever happens.
    """
    derivations.forget(db, promise)
    db.execute(delete(readings).where(readings.c.promise == promise))
    db.execute(delete(pair_scores).where(pair_scores.c.promise == promise))
    if found:
        db.execute(insert(readings), [_reading_row(promise, r) for r in found])
    if pairs:
        db.execute(insert(pair_scores), [_pair_row(promise, p) for p in pairs])
    if made is not None:
        derivations.note(db, made)


def derived(db: Db, promise: str) -> tuple[list[Reading], list[PairScore]]:
    """Return a promise's stored readings and pair scores."""
    bodies = db.execute(
        select(readings.c.body)
        .where(readings.c.promise == promise)
        .order_by(readings.c.record_id, readings.c.commitment)
    ).scalars()
    pairs = db.execute(
        select(pair_scores.c.body)
        .where(pair_scores.c.promise == promise)
        .order_by(pair_scores.c.commitment, pair_scores.c.left, pair_scores.c.right)
    ).scalars()
    return [_READING.validate_python(b) for b in bodies], [_PAIR.validate_python(p) for p in pairs]


def kept(db: Db, promise: str) -> tuple[list[Reading], list[PairScore]]:
    """Return what was derived from a promise's records before their texts were purged."""
    bodies = db.execute(select(kept_readings.c.body).where(kept_readings.c.promise == promise)).scalars()
    pairs = db.execute(select(kept_pairs.c.body).where(kept_pairs.c.promise == promise)).scalars()
    return [_READING.validate_python(b) for b in bodies], [_PAIR.validate_python(p) for p in pairs]


def keep(db: Db, promise: str, found: Sequence[Reading], pairs: Sequence[PairScore]) -> None:
    """Add to a promise's kept readings, and put `pairs` in place of its kept pairs; it is derived anew next time."""
    derivations.forget(db, promise)
    if found:
        columns = ("promise", "record_id", "record_version", "commitment", "body")
        rows = [_reading_row(promise, r) for r in found]
        db.execute(insert(kept_readings), [{c: row[c] for c in columns} for row in rows])
    db.execute(delete(kept_pairs).where(kept_pairs.c.promise == promise))
    if pairs:
        columns = ("promise", "commitment", "left", "right", "body")
        rows = [_pair_row(promise, p) for p in pairs]
        db.execute(insert(kept_pairs), [{c: row[c] for c in columns} for row in rows])


def pairs(db: Db, promise: str, commitment: str) -> list[PairScore]:
    """Return the stored pair scores of one commitment."""
    query = select(pair_scores.c.body).where(pair_scores.c.promise == promise, pair_scores.c.commitment == commitment)
    found = db.execute(query.order_by(pair_scores.c.left, pair_scores.c.right)).scalars()
    return [_PAIR.validate_python(p) for p in found]


def add_judgement(
    db: Db,
    *,
    promise: str,
    question: str,
    left: str,
    right: str,
    verdict: Verdict,
    corrected: Mapping[str, Any],
    who: str,
    party: Party,
    at: datetime,
    seen_sha256: str,
) -> int:
    """Append one answer and return its id."""
    result = db.execute(
        insert(judgements)
        .values(
            promise=promise,
            question=question,
            left=left,
            right=right,
            verdict=verdict,
            corrected=dict(corrected),
            who=who,
            party=party,
            at=at,
            seen_sha256=seen_sha256,
        )
        .returning(judgements.c.id)
    )
    return int(result.scalar_one())


def undo_judgement(db: Db, judgement_id: int, *, who: str, party: Party, at: datetime) -> str:
    """Append a row that undoes one answer and return its promise; Refused if there is none or it is undone."""
    row = db.execute(select(judgements).where(judgements.c.id == judgement_id)).first()
    if row is None or row.verdict == "undo":
        raise Refused(f"Svaret {judgement_id} finns inte.")
    if db.execute(select(judgements.c.id).where(judgements.c.undoes == judgement_id)).first():
        raise Refused(f"Svaret {judgement_id} är redan ångrat.")
    db.execute(
        insert(judgements).values(
            promise=row.promise,
            question=row.question,
            left=row.left,
            right=row.right,
            verdict="undo",
            corrected={},
            who=who,
            party=party,
            at=at,
            seen_sha256=row.seen_sha256,
            undoes=judgement_id,
        )
    )
    return str(row.promise)


def answers(db: Db, promise: str, as_of: datetime | None = None) -> list[Judgement]:
    """Return the answers that stand at a moment, the newest per question, undone ones left out, oldest first."""
    query = select(judgements).where(judgements.c.promise == promise).order_by(judgements.c.id)
    if as_of is not None:
        query = query.where(judgements.c.at <= as_of)
    rows = list(db.execute(query))
    undone = {r.undoes for r in rows if r.undoes is not None}
    standing: dict[tuple[str, str, str], Judgement] = {}
    for row in rows:
        if row.verdict != "undo" and row.id not in undone:
            standing[(row.question, row.left, row.right)] = _judgement(row)
    return sorted(standing.values(), key=lambda j: j.id)


def waiting(db: Db, promise: str) -> bool:
    """Return whether a doubt of a promise, about one record or about two, has no answer yet."""
    undone = select(judgements.c.undoes).where(judgements.c.undoes.is_not(None))
    said = select(judgements.c.left, judgements.c.right).where(
        judgements.c.promise == promise, judgements.c.verdict != "undo", judgements.c.id.not_in(undone)
    )
    about_one = select(readings.c.record_id).where(
        readings.c.promise == promise,
        readings.c.band == "unsure",
        tuple_(readings.c.record_id, readings.c.commitment).not_in(said),
    )
    about_two = select(pair_scores.c.left).where(
        pair_scores.c.promise == promise,
        pair_scores.c.band == "unsure",
        tuple_(pair_scores.c.left, pair_scores.c.right).not_in(said),
    )
    return any(db.execute(query.limit(1)).first() is not None for query in (about_one, about_two))


def taken_back(db: Db, promise: str) -> list[tuple[Judgement, str, datetime]]:
    """Return the answers that were undone, each with who undid it and when, newest first."""
    rows = list(db.execute(select(judgements).where(judgements.c.promise == promise).order_by(judgements.c.id)))
    by_id = {r.id: r for r in rows}
    return [(_judgement(by_id[r.undoes]), r.who, r.at) for r in reversed(rows) if r.undoes is not None]


def _judgement(row: Row[Any]) -> Judgement:
    return Judgement(
        id=row.id,
        promise=row.promise,
        question=row.question,
        left=row.left,
        right=row.right,
        verdict=row.verdict,
        who=row.who,
        party=row.party,
        at=row.at,
        seen_sha256=row.seen_sha256,
        corrected=row.corrected,
    )


def _reading_row(promise: str, reading: Reading) -> dict[str, Any]:
    return {
        "promise": promise,
        "record_id": reading.record_id,
        "record_version": reading.record_version,
        "commitment": reading.commitment,
        "rules_version": reading.rules_version,
        "state": reading.state,
        "band": reading.band,
        "score": reading.score,
        "body": _READING.dump_python(reading, mode="json"),
    }


def _pair_row(promise: str, pair: PairScore) -> dict[str, Any]:
    return {
        "promise": promise,
        "commitment": pair.commitment,
        "left": pair.left,
        "right": pair.right,
        "rules_version": pair.rules_version,
        "band": pair.band,
        "score": pair.score,
        "body": pair._asdict(),
    }
