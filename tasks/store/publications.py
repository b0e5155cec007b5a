"""The outbox: one row per promise, period, edition and channel; its states move by conditional updates only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, insert, not_, or_, select, update

from tasks.model import Publication, PublicationState, Retraction
from tasks.store import Db
from tasks.store.tables import publications, retractions

# Longer than any channel's own timeouts together; a worker that is silent for so long is dead.
LEASE = timedelta(minutes=10)
# No worker that is alive has a clock that is so far ahead of another's.
_FURTHEST = timedelta(days=7)
# A page has one key for all its editions, a post one of its own.
_IS_PAGE = publications.c.key == publications.c.promise + "/" + publications.c.period
# Preparing may have left a hidden draft behind, also when it failed: what comes next must know.
_IS_UNTOUCHED = and_(publications.c.state == "pending", publications.c.attempt == 0)
# While an earlier edition is in one of these, a later one would meet its half-made page in the same place.
_UNDER_WAY = ("pending", "preparing", "prepared", "sending", "uncertain", "retracting")
_HELD = ("preparing", "sending")
# Something of these may be outside, if only a hidden draft or a page with other figures.
_OUTSIDE = ("prepared", "published", "handed_over", "uncertain", "refused")


def enqueue(db: Db, rows: Sequence[Publication], at: datetime) -> None:
    """Insert an edition's rows as pending; called in the commit of its last approval."""
    db.execute(
        insert(publications),
        [
            {
                "promise": p.promise,
                "period": p.period,
                "edition": p.edition,
                "channel": p.channel,
                "key": p.key,
                "state": "pending",
                "draft_id": p.draft_id,
                "revision": p.revision,
                "updated_at": at,
            }
            for p in rows
        ],
    )


def listed(db: Db, promise: str | None = None, period: str | None = None) -> list[Publication]:
    """Return the outbox (of one promise, of one period where given) in the order of approval."""
    query = select(publications)
    if promise is not None:
        query = query.where(publications.c.promise == promise)
    if period is not None:
        query = query.where(publications.c.period == period)
    return [_publication(r) for r in db.execute(query.order_by(publications.c.id))]


def publication(db: Db, key: int) -> Publication | None:
    """Return one row with the ids of the editions before it in its channel, or None."""
    row = db.execute(select(publications).where(publications.c.id == key)).first()
    if row is None:
        return None
    before = db.execute(
        select(publications.c.remote_id, publications.c.state)
        .where(
            publications.c.promise == row.promise,
            publications.c.period == row.period,
            publications.c.channel == row.channel,
            publications.c.edition < row.edition,
            publications.c.remote_id.is_not(None),
        )
        .order_by(publications.c.edition.desc())
    ).all()
    public = next((b.remote_id for b in before if b.state == "published"), None)
    return replace(_publication(row), replaces=public, earlier=tuple(b.remote_id for b in before))


def claim(db: Db, row: Publication, now: datetime) -> Publication | None:
    """Take a pending row for preparing, or a prepared one for sending; None when another worker has it.

    The old state is part of the update's condition, so of two workers one gets the row. The caller must commit
    before it calls the channel: after a crash the row then says `sending`, never `pending`. Editions of one page go
    one after the other: a slow worker with the first would else write it over the second.
    """
    if _is_in_the_way(db, row):
        return None
    result = db.execute(
        update(publications)
        .where(
            publications.c.id == row.id,
            publications.c.state == row.state,
            publications.c.attempt == row.attempt,
            publications.c.state.in_(["pending", "prepared"]),
            or_(publications.c.not_before.is_(None), publications.c.not_before <= now),
        )
        .values(
            state="preparing" if row.state == "pending" else "sending",
            attempt=row.attempt + (row.state == "pending"),
            lease_until=now + LEASE,
            updated_at=now,
        )
    )
    return publication(db, row.id) if result.rowcount else None


def hold(db: Db, row: Publication, now: datetime) -> bool:
    """Keep others from a row that is being taken back for as long as a lease lasts; False when one is at its page.

    A slow worker would else put the notice over the edition that came after.
    """
    if any(other.state in _HELD for other in _other_editions(db, row)):
        return False
    result = db.execute(
        update(publications)
        .where(
            publications.c.id == row.id,
            publications.c.state == "retracting",
            or_(publications.c.not_before.is_(None), publications.c.not_before <= now),
        )
        .values(not_before=now + LEASE)
    )
    return bool(result.rowcount)


def _is_in_the_way(db: Db, row: Publication) -> bool:
    return any(
        other.state in _HELD or (other.edition < row.edition and other.state in _UNDER_WAY)
        for other in _other_editions(db, row)
    )


def _other_editions(db: Db, row: Publication) -> list[Row[Any]]:
    """Return edition and state of the same page's other editions; a post has none."""
    same = (publications.c.channel == row.channel, publications.c.key == row.key)
    # Locked, so that two workers with one edition each don't both find the way free.
    query = select(publications.c.edition, publications.c.state).where(*same).order_by(publications.c.id)
    return [other for other in db.execute(query.with_for_update()) if other.edition != row.edition]


def overtake(db: Db, now: datetime, only: int | None = None) -> int:
    """Stop what a later approved edition has made needless before it went out; return how many rows.

    `only` is the one row that is looked at, where not all are: a worker that holds it waits for no other's rows.
    A page that has been begun goes out first and is then replaced: its hidden draft stands where the next one will.
    """
    later = publications.alias()
    is_overtaken = (
        select(later.c.id)
        .where(
            later.c.promise == publications.c.promise,
            later.c.period == publications.c.period,
            later.c.channel == publications.c.channel,
            later.c.edition > publications.c.edition,
        )
        .exists()
    )
    unsent_post = and_(not_(_IS_PAGE), publications.c.state.in_(["pending", "prepared"]))
    which = [or_(_IS_UNTOUCHED, unsent_post, publications.c.state == "refused"), is_overtaken]
    if only is not None:
        which.append(publications.c.id == only)
    result = db.execute(
        update(publications)
        .where(*which)
        .values(state="stopped", not_before=None, message="Ersatt av en senare utgåva.", updated_at=now)
    )
    return int(result.rowcount)


def expire(db: Db, now: datetime) -> int:
    """Turn rows whose worker fell silent round; return how many.

    Sending becomes `uncertain`, never `pending`. Preparing makes nothing that anybody can see, so it starts anew. What
    was written more than a week from now was written before a clock was set back: it waits no longer.
    """
    found = 0
    before_set_back = publications.c.updated_at > now + _FURTHEST
    for state, to, message in (
        ("sending", "uncertain", "Sändningen avbröts; det är okänt om den gick fram."),
        ("preparing", "pending", "Förberedelsen avbröts; den görs om."),
    ):
        result = db.execute(
            update(publications)
            .where(publications.c.state == state, or_(publications.c.lease_until < now, before_set_back))
            .values(state=to, lease_until=None, message=message, updated_at=now)
        )
        found += int(result.rowcount)
    waiting = publications.c.state.in_([*_UNDER_WAY, "handed_over", "retracting"])
    db.execute(update(publications).where(waiting, before_set_back).values(not_before=None, updated_at=now))
    return found


def move(
    db: Db,
    key: int,
    *,
    from_states: Sequence[PublicationState],
    to: PublicationState,
    now: datetime,
    attempt: int | None = None,
    remote_id: str | None = None,
    url: str | None = None,
    message: str = "",
    not_before: datetime | None = None,
    lookups: int | None = None,
    next_attempt: bool = False,
) -> bool:
    """Move a row to a state if it still is in one of `from_states` (and at `attempt`); False when it is not.

    The attempt guards a slow sender: when its lease ran out and the row was settled meanwhile, its late word does
    not overwrite what was found.
    """
    conditions = [publications.c.id == key, publications.c.state.in_(list(from_states))]
    if attempt is not None:
        conditions.append(publications.c.attempt == attempt)
    values: dict[str, Any] = {
        "state": to,
        "lease_until": None,
        "message": message,
        "not_before": not_before,
        "updated_at": now,
    }
    if lookups is not None:
        values["lookups"] = lookups
    if next_attempt:
        values["attempt"] = publications.c.attempt + 1
    if remote_id is not None:
        values["remote_id"] = remote_id
    if url is not None:
        values["url"] = url
    return bool(db.execute(update(publications).where(*conditions).values(**values)).rowcount)


def add_retraction(db: Db, retraction: Retraction) -> None:
    """Append a person's word that a period's editions must go; the table's unique key refuses a second one."""
    db.execute(
        insert(retractions).values(
            promise=retraction.promise,
            period=retraction.period,
            edition=retraction.edition,
            reason=retraction.reason,
            who=retraction.who,
            party=retraction.party,
            at=retraction.at,
        )
    )


def retraction(db: Db, promise: str, period: str, edition: int) -> Retraction | None:
    """Return the newest retraction that covers an edition, or None."""
    row = db.execute(
        select(retractions)
        .where(retractions.c.promise == promise, retractions.c.period == period, retractions.c.edition >= edition)
        .order_by(retractions.c.edition.desc())
        .limit(1)
    ).first()
    return None if row is None else _retraction(row)


def retracted(db: Db, promise: str) -> dict[str, Retraction]:
    """Return the newest retraction of each period of a promise; it covers its own edition and those before."""
    rows = db.execute(select(retractions).where(retractions.c.promise == promise).order_by(retractions.c.edition))
    return {row.period: _retraction(row) for row in rows}


def is_over(db: Db, row: Publication) -> bool:
    """Return whether a stopped row can't be let go again: a later edition has its place, or its own was taken back."""
    later = select(publications.c.id).where(
        publications.c.promise == row.promise,
        publications.c.period == row.period,
        publications.c.channel == row.channel,
        publications.c.edition > row.edition,
    )
    if row.state != "stopped":
        return False
    return retraction(db, row.promise, row.period, row.edition) is not None or db.execute(later).first() is not None


def is_secret(db: Db, promise: str, period: str, edition: int) -> bool:
    """Return whether an edition was taken back because it may not be given out: then no view repeats it."""
    found = retraction(db, promise, period, edition)
    return found is not None and found.reason == "secrecy"


def sweep(db: Db, now: datetime) -> int:
    """Turn every row of a retracted edition round: unsent ones stop, what may be out is taken back; return how many.

    A sender that was under way when the retraction came records what it did, and is met by the next sweep.
    """
    covered = (
        select(retractions.c.id)
        .where(
            retractions.c.promise == publications.c.promise,
            retractions.c.period == publications.c.period,
            retractions.c.edition >= publications.c.edition,
        )
        .exists()
    )
    found = 0
    begun_page = and_(_IS_PAGE, publications.c.state == "pending", publications.c.attempt > 0)
    # Stopped, but its hidden draft lies there still.
    left = and_(publications.c.state == "stopped", publications.c.remote_id.is_not(None))
    for which, to in (
        (or_(publications.c.state.in_(_OUTSIDE), begun_page, left), "retracting"),
        (publications.c.state == "pending", "stopped"),
    ):
        result = db.execute(
            update(publications).where(which, covered).values(state=to, not_before=None, message="", updated_at=now)
        )
        found += int(result.rowcount)
    return found


def _publication(row: Row[Any]) -> Publication:
    return Publication(
        id=row.id,
        promise=row.promise,
        period=row.period,
        edition=row.edition,
        channel=row.channel,
        key=row.key,
        state=row.state,
        draft_id=row.draft_id,
        revision=row.revision,
        attempt=row.attempt,
        lookups=row.lookups,
        remote_id=row.remote_id,
        url=row.url,
        message=row.message,
        not_before=row.not_before,
        updated_at=row.updated_at,
    )


def _retraction(row: Row[Any]) -> Retraction:
    return Retraction(row.promise, row.period, row.edition, row.reason, row.who, row.party, row.at)
