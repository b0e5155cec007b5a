"""Reconcile: hold what the sources said against what was promised."""

from __future__ import annotations

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
from tasks.gathering import Named, gathered, inputs, named, shared_counts, standing
from tasks.matching import Matches
from tasks.store import Db, Store, derivations, matches, runs
from tasks.store.derivations import Counts, Derivation


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
    shared = shared_counts(db, config, now)
    return _keep(db, *_derive(db, config, promise, now, shared, named(db, config, [promise], now)))


def _derive(
    db: Db, config: Config, promise: Promise, now: datetime, shared: Counts, concerning: Named
) -> tuple[Matches, Derivation]:
    # What it is derived from is counted first: what is stored meanwhile makes it derive once more, never once less.
    drawn = inputs(db, config, [promise], now)[promise.slug]
    known, found = gathered(db, config, promise, now, concerning)
    numbers = (len(known), len(found.readings), len(found.activities), len(found.questions))
    return found, Derivation(promise.slug, now, drawn, shared, *numbers)


def _keep(db: Db, found: Matches, made: Derivation) -> Reconciled:
    matches.replace_derived(db, made.promise, found.readings, found.pairs, made)
    return _numbers(made)


def _numbers(made: Derivation) -> Reconciled:
    return Reconciled(made.promise, made.records, made.readings, made.activities, made.questions)


@task(cache_policy=NO_CACHE, task_run_name="sök löften med något nytt")
def unchanged_promises(promises: list[str], now: datetime) -> list[Reconciled]:
    """Return the numbers of those of the promises for which nothing new has come, changed, or been answered.

    Neither the rules nor the decisions about them are others either: to reconcile them would change nothing. One whose
    last run did not end well is not among them: only another run says that it is well now.
    """
    config = configuration.load()
    with closing(Store(config.database, busy=True)) as store:
        with store.reading() as db:
            shared = shared_counts(db, config, now)
            ill = {run.subject for run in runs.newest(db) if run.stage == "reconcile" and run.outcome != "done"}
            well = [config.promises[slug] for slug in promises if slug not in ill]
            found = standing(db, config, well, now)
        # Else the next hour would look through this hour's notices again.
        seen = [made.promise for made in found.values() if made.shared != shared]
        if seen:
            with store.writing() as db:
                derivations.looked_through(db, seen, now, shared)
    return [_numbers(made) for made in found.values()]


@task(cache_policy=NO_CACHE)
def reconcile_promises(wanted: list[str], now: datetime) -> list[Reconciled | Failed]:
    """Reconcile the wanted promises, each in a transaction of its own; one that another run is at is left out.

    What fails with one promise is said in its place and stops none of the others.
    """
    config = configuration.load()
    with closing(Store(config.database, busy=True)) as store:
        with store.reading() as db:
            # Counted before they are looked through, like the rest.
            shared = shared_counts(db, config, now)
            concerning = named(db, config, [config.promises[slug] for slug in wanted], now)
        made = each(wanted, lambda slug: _reconcile(store, config, config.promises[slug], now, shared, concerning))
    return [one for one in made if one is not None]


def _reconcile(
    store: Store, config: Config, promise: Promise, now: datetime, shared: Counts, concerning: Named
) -> Reconciled | None:
    with journal.at_work(store, "reconcile", promise.slug, promise=promise.slug) as mine:
        if not mine:
            return None
        # Read first, write afterwards: SQLite has one writer at a time, and matching takes most of the time.
        with store.reading() as db:
            found = _derive(db, config, promise, now, shared, concerning)
        with store.writing() as db:
            return _keep(db, *found)
