"""One period from its sources to its draft: for real, as known then, or as a rehearsal."""

from __future__ import annotations

from datetime import UTC, date, datetime

from prefect import flow

import config as configuration
from config import Config
from flows import artifacts, show, told
from flows.collect import collect
from flows.draft import draft
from flows.reconcile import reconcile
from tasks.collect import ask, keep
from tasks.draft import Drafted, follow_up, make
from tasks.model import Fetch
from tasks.periods import end_of_day
from tasks.periods import period as period_of
from tasks.reconcile import reconcile as reconcile_in
from tasks.store import Store


def run_period(config: Config, promise: str, key: str, *, as_of: date | None, dry_run: bool) -> int:
    """Collect, reconcile and draft one period; print what was done and return the exit code."""
    show.promise(config, promise, key)
    if dry_run:
        fetches, result = rehearse(promise, key)
        show.fetches(config, fetches)
        print(told.in_words(config, config.promises[promise], "rehearsal", fetches, result))
        print("Ingenting har sparats.")
        return 0
    if as_of is not None:
        # Nothing new can have been known then: the sources are not asked.
        show.drafted(draft(promise, key, as_of=end_of_day(as_of)))
        return 0
    wanted = [s.id for s in config.sources_of(config.promises[promise])]
    show.fetches(config, collect(wanted))
    show.reconciled(reconcile([promise]))
    show.drafted(draft(promise, key))
    return 0


@flow(name="run", flow_run_name="kör {promise} {period}", validate_parameters=True)
def run(promise: str, period: str, as_of: date | None = None, dry_run: bool = False) -> list[Drafted]:
    """Collect, reconcile and draft one period. Running it again is always safe; nothing is published.

    Args:
        promise: Löftets namn, till exempel strangnas-2021.
        period: Periodens id, till exempel 2021-T1.
        as_of: Som det var känt den dagen, till exempel 2021-05-17. Fryser läget, rör inte ett utkast som finns.
        dry_run: Säg bara vad som skulle ändras; svaret ligger bland körningens artefakter. Ingenting sparas.
    """
    config = configuration.load()
    show.promise(config, promise, period)
    if dry_run:
        return [rehearse(promise, period)[1]]
    if as_of is not None:
        return draft(promise, period, as_of=end_of_day(as_of))
    collect([s.id for s in config.sources_of(config.promises[promise])])
    reconcile([promise])
    return draft(promise, period)


@flow(name="rehearse", flow_run_name="prova {promise} {key}", validate_parameters=True)
def rehearse(promise: str, key: str, now: datetime | None = None) -> tuple[list[Fetch], Drafted]:
    """Do everything that a run does inside one transaction, and take it all back."""
    moment = now or datetime.now(UTC)
    config = configuration.load()
    chosen = config.promises[promise]
    store = Store(config.database)
    answers = [ask(config, store, source, moment) for source in config.sources_of(chosen)]
    with store.rehearsing() as db:
        fetches = [keep(db, answer) for answer in answers]
        reconcile_in(db, config, chosen, moment)
        followup = follow_up(db, config, chosen, period_of(chosen, key), moment)
        made = make(db, config, chosen, followup, moment)
    artifacts.of_rehearsal(promise, key, told.in_words(config, chosen, "rehearsal", fetches, made))
    return fetches, made
