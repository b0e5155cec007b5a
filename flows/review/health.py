"""/healthz for a dead-man's check from outside: is the database there, are the flows at work? No names, no secrets.

Neither Prefect nor the alarms can say that they are dead themselves; whoever asks here from another machine can.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from config import Config
from flows.review import page, turns
from tasks.model import Publication
from tasks.periods import in_publishing_hours
from tasks.store import Db, Store, publications, records, runs

router = APIRouter(route_class=turns.Turned)
# The schedule asks the sources every hour: three missed in a row are no accident.
COLLECT_SECONDS = 3 * 3600
# Every quarter of a working hour the outbox is looked through; so much working time without a move is a standstill.
OUTBOX_WORKING_TIME = timedelta(hours=2)
_QUARTER = timedelta(minutes=15)
_FOR_A_MACHINE = ("pending", "preparing", "prepared", "sending", "retracting")


@dataclass(frozen=True, slots=True)
class Health:
    """What a check from outside sees; `wrong` names what makes it unhealthy, and is empty when all is well."""

    wrong: tuple[str, ...] = ()
    # Since a run last asked a source, and since a source last answered in full; None: never.
    collected_seconds_ago: int | None = None
    heard_seconds_ago: int | None = None
    # Pages that a machine should put up or take away, and for how long the oldest has stood still.
    outbox_waiting: int = 0
    outbox_oldest_seconds: int = 0


@router.get("/healthz")
def healthz(request: Request) -> JSONResponse:
    """Answer 200 when all is well, else 503."""
    review: page.Review = request.app.state.review
    try:
        found = look(review.store, review.config, review.now())
    except Exception as error:
        # Whatever it is, the answer is the same; its text may hold an address.
        logging.getLogger(__name__).warning("The database does not answer: %s", type(error).__name__)
        found = Health(wrong=("database",))
    said = {"healthy": not found.wrong, **asdict(found)}
    return JSONResponse(said, 503 if found.wrong else 200)


def look(store: Store, config: Config, now: datetime) -> Health:
    """Return how the installation is, from its own database."""
    if not store.is_current():
        return Health(wrong=("layout",))
    with store.reading() as db:
        asked = [r.ended_at for r in runs.newest(db) if r.stage == "collect" and r.outcome == "done" and r.ended_at]
        heard = [good for good, _ in records.standing(db).values() if good]
        waiting = _waiting(db, config, now)
    found = Health(
        collected_seconds_ago=_seconds(now - max(asked)) if asked else None,
        heard_seconds_ago=_seconds(now - max(heard)) if heard else None,
        outbox_waiting=len(waiting),
        outbox_oldest_seconds=max((_seconds(now - _since(row)) for row in waiting), default=0),
    )
    late = found.collected_seconds_ago is None or found.collected_seconds_ago > COLLECT_SECONDS
    stands_still = any(_stands_still(row, now) for row in waiting)
    return replace(found, wrong=(*(["collect"] if late else []), *(["outbox"] if stands_still else [])))


def _waiting(db: Db, config: Config, now: datetime) -> list[Publication]:
    """Return the pages that a machine should move: posts may wait for them, and what is uncertain for a person."""
    pages = {
        (promise.slug, channel.id)
        for promise in config.promises.values()
        for channel in config.channels_of(promise)
        if channel.role == "site"
    }
    rows = [row for row in publications.listed(db) if (row.promise, row.channel) in pages]
    # A later edition waits its turn behind an earlier one of the same page.
    uncertain = {(row.promise, row.period, row.channel) for row in rows if row.state == "uncertain"}
    return [
        row
        for row in rows
        if row.state in _FOR_A_MACHINE
        and (row.promise, row.period, row.channel) not in uncertain
        and _since(row) <= now
    ]


def _since(row: Publication) -> datetime:
    """Return since when a row could have been moved."""
    assert row.updated_at is not None  # noqa: S101 - every stored row has it
    return max(row.updated_at, row.not_before or row.updated_at)


def _stands_still(row: Publication, now: datetime) -> bool:
    passed, moment = timedelta(), _since(row)
    while moment < now and passed < OUTBOX_WORKING_TIME:
        passed += _QUARTER if in_publishing_hours(moment) else timedelta()
        moment += _QUARTER
    return passed >= OUTBOX_WORKING_TIME


def _seconds(age: timedelta) -> int:
    return int(age.total_seconds())
