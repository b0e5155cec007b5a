"""Flows: look back at all of it once a day, and say every hour what needs a person."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

import config as configuration
from tasks.draft import Drafted, draft_period, missing_drafts
from tasks.watch import Looked, compare_published, raise_alarms


@flow(name="watch", flow_run_name="se efter", validate_parameters=True)
def watch(now: datetime | None = None) -> list[Drafted]:
    """Start the draft of every closed period that a schedule missed, and hold what is public against what was approved.

    A schedule is missed by a machine that slept or a run that failed. Nothing due ends well.
    """
    moment = now or datetime.now(UTC)
    promises = list(configuration.load().promises)
    made = [draft_period(slug, key, moment) for slug, key in missing_drafts(promises, moment)]
    compare_published(moment)
    raise_alarms(moment)
    return made


@flow(name="alarm", flow_run_name="säg till", validate_parameters=True)
def alarm(now: datetime | None = None) -> Looked:
    """Bring the alarms up to date and tell the people they concern, each once, and again when it is solved."""
    return raise_alarms(now or datetime.now(UTC))
