"""Reconcile: hold what the sources said against what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

import config as configuration
from config import Config
from config.schema import Promise
from tasks import journal
from tasks.failing import Failed, each
from tasks.gathering import Named, gathered, named
from tasks.matching import Matches
from tasks.model import Record
from tasks.store import Db, Store, matches


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reconciliation found, in numbers; `records` are those that can concern the promise."""

    promise: str
    records: int
    readings: int
    activities: int
    questions: int


def reconcile(db: Db, config: Config, promise: Promise, now: datetime) -> Reconciled:
    """Derive a promise's readings and pair scores anew, store them, and return the numbers."""
    return _keep(db, promise, *gathered(db, config, promise, now))


def _keep(db: Db, promise: Promise, known: Sequence[Record], found: Matches) -> Reconciled:
    matches.replace_derived(db, promise.slug, found.readings, found.pairs)
    return Reconciled(promise.slug, len(known), len(found.readings), len(found.activities), len(found.questions))


@task(cache_policy=NO_CACHE)
def reconcile_promises(wanted: list[str], now: datetime) -> list[Reconciled | Failed]:
    """Reconcile the wanted promises, each in a transaction of its own; one that another run is at is left out.

    What fails with one promise is said in its place and stops none of the others.
    """
    config = configuration.load()
    with closing(Store(config.database, busy=True)) as store:
        with store.reading() as db:
            concerning = named(db, config, [config.promises[slug] for slug in wanted], now)
        made = each(wanted, lambda slug: _reconcile(store, config, config.promises[slug], now, concerning))
    return [one for one in made if one is not None]


def _reconcile(store: Store, config: Config, promise: Promise, now: datetime, concerning: Named) -> Reconciled | None:
    with journal.at_work(store, "reconcile", promise.slug, promise=promise.slug) as mine:
        if not mine:
            return None
        # Read first, write afterwards: SQLite has one writer at a time, and matching takes most of the time.
        with store.reading() as db:
            known, found = gathered(db, config, promise, now, concerning)
        with store.writing() as db:
            return _keep(db, promise, known, found)
