"""What the sources said: payloads, records with their versions, unreadable rows, and every attempt to fetch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, column, delete, func, insert, or_, select, table, update

from tasks.model import Dated, Fetch, Parsed, Payload, Quarantined, Record
from tasks.store import Db
from tasks.store.tables import fetches, payloads, quarantine, records

# SQLite binds at most 32,766 values a statement; a record is 17.
_CHUNK = 1000
# What a new row says, in columns without types: its values are written as the types would, the batch's own moment once.
_NEW = table("records", *(column(c.name) for c in records.c if c is not records.c.purged_at))


def is_latest_payload(db: Db, payload: Payload) -> bool:
    """Return whether the last answer of this source under this name had the same bytes."""
    latest = db.execute(
        select(payloads.c.sha256)
        .where(payloads.c.source == payload.source, payloads.c.name == payload.name)
        .order_by(payloads.c.last_seen_at.desc(), payloads.c.id.desc())
        .limit(1)
    ).scalar()
    return latest == payload.sha256


def save_payload(db: Db, payload: Payload, *, bytes_too: bool = True) -> None:
    """Keep a payload; bytes that were seen before are only marked as seen again.

    Without `bytes_too` its hash tells that it came, and what it said is not kept, nor what an earlier version kept.
    """
    seen = db.execute(
        update(payloads)
        .where(payloads.c.source == payload.source, payloads.c.sha256 == payload.sha256)
        .values(last_seen_at=payload.fetched_at, name=payload.name, **({} if bytes_too else {"body": None}))
    )
    if not seen.rowcount:
        db.execute(
            insert(payloads).values(
                source=payload.source,
                sha256=payload.sha256,
                fetched_at=payload.fetched_at,
                last_seen_at=payload.fetched_at,
                url=payload.url,
                name=payload.name,
                media_type=payload.media_type,
                body=payload.body if bytes_too else None,
            )
        )


def save_parsed(db: Db, payload: Payload, parsed: Parsed) -> tuple[int, int]:
    """Store what a payload held; return how many records were new and how many had new content."""
    new = changed = 0
    for batch in _chunks(parsed.records):
        added, altered = _save_batch(db, batch, payload.fetched_at)
        new, changed = new + added, changed + altered
    _save_quarantined(db, payload, parsed.quarantined)
    return new, changed


def known(db: Db, sources: Iterable[str], as_of: datetime) -> list[Record]:
    """Return the records of these sources as they were known at a moment, ordered by id.

    A record that its source dates later than that moment was not known yet, even if a file held it already.
    """
    found = _known(db, records.c.source.in_(list(sources)), as_of, tuple(records.c))
    return sorted((as_record(row) for row in found), key=lambda r: r.id)


def known_texts(db: Db, sources: Iterable[str], as_of: datetime) -> Iterator[tuple[str, str, bool]]:
    """Yield of each record that `known` would return, in any order: its id, its words and address, and whether it says
    itself which commitment it is about.
    """
    c = records.c
    addressed = c.fields["commitment"].as_string().is_not(None)
    for row in _known(db, c.source.in_(list(sources)), as_of, (c.id, c.place, c.url, c.title, c.text, addressed)):
        yield row[0], f"{row[1]}\n{row[2]}\n{row[3]}\n{row[4]}", row[5]


def known_ones(db: Db, ids: Iterable[str], as_of: datetime) -> list[Record]:
    """Return those of these records that were known at a moment, as they were then, ordered by id."""
    wanted = sorted(set(ids))
    chunks = (wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK))
    return [r for some in chunks for r in sorted(_ones(db, some, as_of), key=lambda r: r.id)]


def _ones(db: Db, ids: Sequence[str], as_of: datetime) -> list[Record]:
    return [as_record(row) for row in _known(db, records.c.id.in_(ids), as_of, tuple(records.c))]


def _known(
    db: Db, wanted: ColumnElement[bool], as_of: datetime, columns: tuple[ColumnElement[Any], ...]
) -> Iterator[Row[Any]]:
    """Yield these columns (the id among them) of the version of each record that counted at a moment.

    Mostly that is the latest one; only for a record whose latest came later an earlier one is looked for.
    """
    then = and_(records.c.seen_at <= as_of, or_(records.c.published_at.is_(None), records.c.published_at <= as_of))
    later: list[str] = []
    query = select(*columns, then.label("then")).where(wanted, records.c.latest)
    for row in db.execute(query, execution_options={"yield_per": _CHUNK}):
        if row[-1]:
            yield row
        else:
            later.append(row.id)
    for start in range(0, len(later), _CHUNK):
        counted = (
            select(records.c.id, func.max(records.c.version).label("version"))
            .where(records.c.id.in_(later[start : start + _CHUNK]), then)
            .group_by(records.c.id)
            .subquery()
        )
        same = and_(records.c.id == counted.c.id, records.c.version == counted.c.version)
        yield from db.execute(select(*columns).join(counted, same))


def versions(db: Db, record_id: str) -> list[Record]:
    """Return every version of one record, oldest first."""
    found = db.execute(select(records).where(records.c.id == record_id).order_by(records.c.version))
    return [as_record(row) for row in found]


def versions_of(db: Db, ids: Iterable[str]) -> dict[str, list[Record]]:
    """Return every version of these records by id, oldest first; an unknown id is left out."""
    wanted = sorted(set(ids))
    found: dict[str, list[Record]] = {}
    for start in range(0, len(wanted), _CHUNK):
        some = records.c.id.in_(wanted[start : start + _CHUNK])
        for row in db.execute(select(records).where(some).order_by(records.c.id, records.c.version)):
            found.setdefault(row.id, []).append(as_record(row))
    return found


def hold(db: Db, record_id: str) -> None:
    """Make others who would write the same record wait until this transaction ends.

    Two requests of one double click would otherwise both find no record and both write version 1. SQLite has one
    writer at a time anyway.
    """
    if db.dialect.name == "postgresql":
        db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(record_id, 0))))


def add_fetch(db: Db, fetch: Fetch) -> None:
    """Note one attempt to fetch a source, good or not."""
    db.execute(
        insert(fetches).values(
            source=fetch.source,
            at=fetch.at,
            outcome=fetch.outcome,
            records=fetch.records,
            new=fetch.new,
            changed=fetch.changed,
            quarantined=fetch.quarantined,
            message=fetch.message,
        )
    )


def fetch_log(db: Db, source: str, until: datetime | None = None, last: int | None = None) -> list[Fetch]:
    """Return the attempts to fetch a source up to a moment, oldest first; only the `last` so many where given."""
    query = select(fetches).where(fetches.c.source == source)
    if until is not None:
        query = query.where(fetches.c.at <= until)
    query = query.order_by(fetches.c.at.desc(), fetches.c.id.desc())
    if last is not None:
        query = query.limit(last)
    rows = list(db.execute(query))
    return [
        Fetch(r.source, r.at, r.outcome, r.records, r.new, r.changed, r.quarantined, r.message) for r in reversed(rows)
    ]


def standing(db: Db) -> dict[str, tuple[datetime | None, Fetch]]:
    """Return when each source last answered in full (None: never), and its newest attempt, by source id."""
    good = case((fetches.c.outcome.in_(("ok", "unchanged")), fetches.c.at))
    last = (
        select(func.max(good).label("good"), func.max(fetches.c.id).label("id")).group_by(fetches.c.source).subquery()
    )
    found = db.execute(select(last.c.good, fetches).join(last, last.c.id == fetches.c.id))
    return {
        r.source: (
            r.good,
            Fetch(r.source, r.at, r.outcome, r.records, r.new, r.changed, r.quarantined, r.message),
        )
        for r in found
    }


def quarantined_since(db: Db, moment: datetime) -> dict[str, int]:
    """Return how many rows of each source went to quarantine after a moment and still lie there."""
    found = db.execute(
        select(quarantine.c.source, func.count().label("rows"))
        .where(quarantine.c.at > moment)
        .group_by(quarantine.c.source)
    )
    return {row.source: row.rows for row in found}


def quarantined(db: Db, source: str) -> list[Quarantined]:
    """Return the rows of a source's last answer that could not be read, by row number."""
    newest = select(func.max(payloads.c.last_seen_at)).where(payloads.c.source == source).scalar_subquery()
    last = select(payloads.c.sha256).where(payloads.c.source == source, payloads.c.last_seen_at == newest)
    found = db.execute(
        select(quarantine)
        .where(quarantine.c.source == source, quarantine.c.payload_sha256.in_(last))
        .order_by(quarantine.c.row)
    )
    return [Quarantined(r.row, r.reason, r.raw) for r in found]


def _save_batch(db: Db, batch: Sequence[Record], seen_at: datetime) -> tuple[int, int]:
    # The same id twice in one answer: the later one counts, as if it had come with the next answer.
    by_id = {r.id: r for r in batch}
    latest, ahead = {}, []
    there = select(records.c.id, records.c.version, records.c.content_sha256, records.c.seen_at > seen_at)
    for key, version, sha256, later in db.execute(there.where(records.c.id.in_(list(by_id)), records.c.latest)):
        latest[key] = (version, sha256)
        if later:
            ahead.append(key)
    rows, outdated = [], []
    write = _Writing(db, seen_at)
    for key, record in by_id.items():
        # Asked for once: it is worked out of all that the record says.
        sha256 = record.content_sha256
        before = latest.get(key)
        if before is None:
            rows.append(write.row(record, key, 1, sha256))
        elif before[1] != sha256:
            outdated.append(key)
            rows.append(write.row(record, key, before[0] + 1, sha256))
    # Seen in a time that is yet to come, before a clock was set back: till then nobody would know of it.
    if ahead:
        db.execute(update(records).where(records.c.id.in_(ahead), records.c.latest).values(seen_at=seen_at))
    if outdated:
        db.execute(update(records).where(records.c.id.in_(outdated), records.c.latest).values(latest=False))
    if rows:
        db.execute(insert(_NEW), rows)
    return len(rows) - len(outdated), len(outdated)


def _save_quarantined(db: Db, payload: Payload, rows: Sequence[Quarantined]) -> None:
    """Keep a payload's unreadable rows as they are now; a row that can be read by now leaves."""
    of_payload = (quarantine.c.source == payload.source, quarantine.c.payload_sha256 == payload.sha256)
    db.execute(delete(quarantine).where(*of_payload, quarantine.c.row.not_in([q.row for q in rows])))
    there = set(db.execute(select(quarantine.c.row).where(*of_payload)).scalars())
    fresh = [
        {
            "source": payload.source,
            "payload_sha256": payload.sha256,
            "row": q.row,
            "reason": q.reason,
            "raw": q.raw,
            "at": payload.fetched_at,
        }
        for q in rows
        if q.row not in there
    ]
    if fresh:
        db.execute(insert(quarantine), fresh)


class _Writing:
    """How a batch's records become rows: each value as its column's type writes it for this database."""

    def __init__(self, db: Db, seen_at: datetime) -> None:
        moment, self._day, self._fields = (
            c.type.dialect_impl(db.dialect).bind_processor(db.dialect) or _as_it_is
            for c in (records.c.seen_at, records.c.starts_on, records.c.fields)
        )
        self._moment, self._seen_at = moment, moment(seen_at)

    def row(self, record: Record, key: str, version: int, sha256: str) -> dict[str, Any]:
        """Return one version of a record as a row."""
        when, published = record.when, record.published_at
        return {
            "id": key,
            "version": version,
            "source": record.source,
            "external_id": record.external_id,
            "content_sha256": sha256,
            "seen_at": self._seen_at,
            "published_at": None if published is None else self._moment(published),
            "starts_on": self._day(when.start) if when else None,
            "ends_on": self._day(when.end) if when else None,
            "precision": when.precision if when else None,
            "title": record.title,
            "text": record.text,
            "url": record.url,
            "place": record.place,
            "party": record.party,
            "fields": self._fields(dict(record.fields)),
            "latest": True,
        }


def _as_it_is(value: Any) -> Any:
    return value


def as_record(row: Row[Any]) -> Record:
    """Return a row of the table as the record version that it keeps."""
    when = Dated(row.starts_on, row.ends_on, row.precision) if row.starts_on else None
    return Record(
        source=row.source,
        external_id=row.external_id,
        title=row.title,
        text=row.text,
        url=row.url,
        published_at=row.published_at,
        when=when,
        place=row.place,
        party=row.party,
        fields=row.fields,
        version=row.version,
        seen_at=row.seen_at,
        purged_at=row.purged_at,
        purged_sha256=row.content_sha256 if row.purged_at else "",
    )


def _chunks(items: Sequence[Record]) -> Iterator[Sequence[Record]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
