"""Flow: hold the records against the promises."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

import config as configuration
from flows import show
from tasks.reconcile import Reconciled, reconcile_promise


@flow(name="reconcile", flow_run_name="stäm av", validate_parameters=True)
def reconcile(promises: list[str] | None = None, now: datetime | None = None) -> list[Reconciled]:
    """Reconcile all promises, or the named ones; one that another run is at is left to that run."""
    moment = now or datetime.now(UTC)
    chosen = promises or list(configuration.load().promises)
    found = [reconcile_promise(promise, moment) for promise in show.progress("Stämmer av", chosen)]
    return [made for made in found if made is not None]
