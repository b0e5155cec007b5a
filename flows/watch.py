"""Flows: look back at all of it once a day; every hour, bring open drafts up to date and say what needs a person."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

import config as configuration
from flows import artifacts
from flows.fan_out import spread
from tasks.draft import Drafted, draft_periods, missing_drafts, written_drafts
from tasks.failing import done, only_done
from tasks.watch import Looked, compare_published, raise_alarms


@flow(name="watch", flow_run_name="se efter", validate_parameters=True)
def watch(now: datetime | None = None) -> list[Drafted]:
    """Draft what a schedule missed, propose corrections where late evidence moves a figure, and read the public back.

    A schedule is missed by a machine that slept or a run that failed. Nothing due ends well. Trouble, once all the rest
    is done, where some could not be drafted.

    Args:
        now: Klockan som körningen utgår från. Lämna tomt.
    """
    moment = now or datetime.now(UTC)
    promises = list(configuration.load().promises)
    due = [*missing_drafts(promises, moment), *written_drafts(promises, "closed")]
    made = spread(draft_periods, "skriv utkast", due, as_of=moment)
    compare_published(moment)
    raise_alarms(moment)
    artifacts.of_drafts(done(made), moment)
    artifacts.of_overview(moment)
    return [one for one in only_done(made, "skriva") if one.outcome in ("new", "correction")]


@flow(name="renew", flow_run_name="för in nya uppgifter", validate_parameters=True)
def renew(now: datetime | None = None) -> list[Drafted]:
    """Bring every open draft up to date: a moved figure makes a new version and voids the approvals of the old one.

    Trouble, once all the others are done, where some could not be.

    Args:
        now: Klockan som körningen utgår från. Lämna tomt.
    """
    moment = now or datetime.now(UTC)
    promises = list(configuration.load().promises)
    made = spread(draft_periods, "skriv utkast", written_drafts(promises, "open"), as_of=moment)
    artifacts.of_drafts([one for one in done(made) if one.outcome != "unchanged"], moment)
    return only_done(made, "skriva")


@flow(name="alarm", flow_run_name="säg till", validate_parameters=True)
def alarm(now: datetime | None = None) -> Looked:
    """Bring the alarms up to date and tell the people they concern, each once, and again when it is solved.

    Args:
        now: Klockan som körningen utgår från. Lämna tomt.
    """
    moment = now or datetime.now(UTC)
    found = raise_alarms(moment)
    artifacts.of_overview(moment)
    return found
