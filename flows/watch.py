"""Flow: look back at all of it, once a day."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

import config as configuration
from tasks.draft import Drafted, draft_period, missing_drafts


@flow(name="watch", flow_run_name="se efter", validate_parameters=True)
def watch(now: datetime | None = None) -> list[Drafted]:
    """Start the draft of every closed period that a schedule missed (a machine that slept, a failed run)."""
    moment = now or datetime.now(UTC)
    promises = list(configuration.load().promises)
    return [draft_period(slug, key, moment) for slug, key in missing_drafts(promises, moment)]
