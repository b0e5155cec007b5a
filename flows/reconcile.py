"""Flow: hold the records against the promises."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

import config as configuration
from flows import artifacts
from flows.fan_out import spread
from tasks.failing import done, only_done
from tasks.reconcile import Reconciled, reconcile_promises, unchanged_promises


@flow(name="reconcile", flow_run_name="stäm av", validate_parameters=True)
def reconcile(promises: list[str] | None = None, now: datetime | None = None) -> list[Reconciled]:
    """Reconcile all promises, or the named ones, as far as there is anything new to them.

    One that another run is at is left to that run. Trouble, once all the others are done, where some could not be
    reconciled.

    Args:
        promises: Löftenas namn, till exempel ["strangnas-2021"]. Tomt: alla löften.
        now: Klockan som körningen utgår från. Lämna tomt.
    """
    moment = now or datetime.now(UTC)
    chosen = promises or list(configuration.load().promises)
    same = unchanged_promises(chosen, moment)
    settled = {one.promise for one in same}
    found = spread(reconcile_promises, "stäm av", [slug for slug in chosen if slug not in settled], now=moment)
    by_promise = {one.promise: one for one in (*same, *done(found))}
    made = [by_promise[slug] for slug in chosen if slug in by_promise]
    artifacts.of_reconcile(made)
    only_done(found, "stämma av")
    return made
