"""Flow: ask every source once."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

import config as configuration
from flows import show
from tasks.collect import collect_source
from tasks.model import Fetch


@flow(name="collect", flow_run_name="hämta", validate_parameters=True)
def collect(sources: list[str] | None = None, now: datetime | None = None) -> list[Fetch]:
    """Collect all sources of the installation, or the named ones; a silent source never stops the others."""
    moment = now or datetime.now(UTC)
    chosen = sources or [s.id for s in configuration.load().all_sources()]
    return [collect_source(source, moment) for source in show.progress("Hämtar", chosen)]
