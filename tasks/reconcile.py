"""Reconcile: hold what the sources said against what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

import config as configuration
from config import Config
from config.schema import Promise
from tasks.matching import match
from tasks.store import Db, Store, matches, records, runs


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reconciliation found, in numbers."""

    promise: str
    records: int
    readings: int
    activities: int
    questions: int


def reconcile(db: Db, config: Config, promise: Promise, now: datetime) -> Reconciled:
    """Derive a promise's readings and pair scores anew, store them, and return the numbers."""
    known = records.known(db, [s.id for s in config.sources_of(promise)], now)
    kept = matches.kept(db, promise.slug)
    found = match(promise, config.municipality_of(promise), known, matches.answers(db, promise.slug, now), kept)
    matches.replace_derived(db, promise.slug, found.readings, found.pairs)
    return Reconciled(promise.slug, len(known), len(found.readings), len(found.activities), len(found.questions))


@task(cache_policy=NO_CACHE, task_run_name="stäm av {promise_slug}")
def reconcile_promise(promise_slug: str, now: datetime) -> Reconciled | None:
    """Reconcile one promise; None when another run is at it."""
    config = configuration.load()
    store = Store(config.database)
    with runs.only_one(store, "reconcile", promise_slug, lambda: datetime.now(UTC)) as mine:
        if not mine:
            return None
        with store.writing() as db:
            return reconcile(db, config, config.promises[promise_slug], now)
