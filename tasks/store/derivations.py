"""What a promise's readings and pairs were derived from: while that stands, they need no deriving anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, update

from tasks.store import Db
from tasks.store.tables import derivations, judgements, kept_pairs, kept_readings, records

# So many ids are asked about in one statement.
_CHUNK = 1000
# Per source: versions seen by a moment, and how many of those dated later than they were seen were known by then.
Counts = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Derivation:
    """One promise's: `inputs` is a hash of all that it drew on but the shared sources, which were so long as `shared`.

    The numbers are those of the records that could concern the promise and of what they came to.
    """

    promise: str
    at: datetime
    inputs: str
    shared: Counts
    records: int
    readings: int
    activities: int
    questions: int


def noted(db: Db, promises: Iterable[str]) -> dict[str, Derivation]:
    """Return the derivations of these promises that still stand, by promise."""
    found = db.execute(select(derivations).where(derivations.c.promise.in_(list(promises))))
    return {row.promise: _derivation(row) for row in found}


def note(db: Db, made: Derivation) -> None:
    """Note what a promise's readings and pairs were derived from, in place of what was noted before."""
    forget(db, made.promise)
    values: dict[str, Any] = {name: getattr(made, name) for name in Derivation.__slots__}
    db.execute(insert(derivations).values(**values | {"shared": {k: list(v) for k, v in made.shared.items()}}))


def forget(db: Db, promise: str) -> None:
    """Have a promise derived anew next time."""
    db.execute(delete(derivations).where(derivations.c.promise == promise))


def looked_through(db: Db, promises: Iterable[str], at: datetime, shared: Counts) -> None:
    """Note that nothing in the shared sources, as they were at a moment, is news to these promises."""
    values = {"at": at, "shared": {k: list(v) for k, v in shared.items()}}
    db.execute(update(derivations).where(derivations.c.promise.in_(list(promises))).values(**values))


def counts(db: Db, sources: Iterable[str], as_of: datetime) -> dict[str, tuple[int, int]]:
    """Return for each source how many versions were seen by a moment, and how many of those dated ahead were known.

    Versions are only ever added: the same numbers at a later moment are the same known records.
    """
    wanted, c = list(sources), records.c
    seen = (c.source.in_(wanted), c.seen_at <= as_of)
    # An index holds those few alone: see `records` in tables.py.
    ahead = (*seen, c.published_at > c.seen_at, c.published_at <= as_of)
    every, due = (
        dict(db.execute(select(c.source, func.count()).where(*which).group_by(c.source)).tuples().all())
        for which in (seen, ahead)
    )
    return {source: (every.get(source, 0), due.get(source, 0)) for source in wanted}


def answered(db: Db, promises: Iterable[str], as_of: datetime) -> dict[str, tuple[int, int]]:
    """Return for each promise how many answers, taken back ones too, there were at a moment, and the last one's id."""
    wanted, c = list(promises), judgements.c
    found = db.execute(
        select(c.promise, func.count(), func.max(c.id)).where(c.promise.in_(wanted), c.at <= as_of).group_by(c.promise)
    )
    every = {promise: (number, last) for promise, number, last in found}
    return {promise: every.get(promise, (0, 0)) for promise in wanted}


def news(db: Db, sources: Iterable[str], since: datetime, as_of: datetime) -> list[str]:
    """Return the record id of every version that came after one moment and not after another; an id for each."""
    c = records.c
    return list(
        db.execute(
            select(c.id).where(c.source.in_(list(sources)), c.seen_at > since, c.seen_at <= as_of).order_by(c.id)
        ).scalars()
    )


def words(db: Db, ids: Iterable[str], as_of: datetime) -> Iterator[tuple[str, bool]]:
    """Yield of every version of these records: its words and address, and whether it says its commitment itself."""
    c = records.c
    addressed = c.fields["commitment"].as_string().is_not(None)
    for some in _chunks(ids):
        query = select(c.place, c.url, c.title, c.text, addressed).where(c.id.in_(some), c.seen_at <= as_of)
        for row in db.execute(query):
            yield f"{row[0]}\n{row[1]}\n{row[2]}\n{row[3]}", row[4]


def touched(db: Db, promises: Iterable[str], ids: Iterable[str]) -> set[str]:
    """Return those of the promises in which somebody answered, or something was kept, about one of these records."""
    wanted, found = list(promises), set()
    for some in _chunks(ids):
        for table, sides in (
            (judgements, (judgements.c.left, judgements.c.right)),
            (kept_readings, (kept_readings.c.record_id,)),
            (kept_pairs, (kept_pairs.c.left, kept_pairs.c.right)),
        ):
            about: ColumnElement[bool] = or_(*(side.in_(some) for side in sides))
            found |= set(db.execute(select(table.c.promise).where(table.c.promise.in_(wanted), about)).scalars())
    return found


def _derivation(row: Row[Any]) -> Derivation:
    shared = {source: (seen, ahead) for source, (seen, ahead) in row.shared.items()}
    numbers = (row.records, row.readings, row.activities, row.questions)
    return Derivation(row.promise, row.at, row.inputs, shared, *numbers)


def _chunks(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    every = sorted(set(ids))
    return (every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK))
