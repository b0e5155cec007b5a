"""Flow: write the follow-up of a period, or of every closed period that has none."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

import config as configuration
from flows import artifacts
from flows.fan_out import spread
from tasks.draft import Drafted, draft_period, draft_periods, missing_drafts
from tasks.failing import done, only_done


@flow(name="draft", flow_run_name="skriv utkast", validate_parameters=True)
def draft(
    promise: str | None = None,
    period: str | None = None,
    as_of: datetime | None = None,
    now: datetime | None = None,
) -> list[Drafted]:
    """Draft one period, or with no period every closed one that lacks a draft.

    Trouble, once all the others are done, where some could not be drafted.

    Args:
        promise: Löftets namn, till exempel strangnas-2021. Tomt: alla löften.
        period: Periodens id, till exempel 2021-T1. Tomt: alla avslutade perioder som saknar utkast.
        as_of: Frys läget som det var känt då, utan att röra ett utkast som finns. Tomt: nu.
        now: Klockan som körningen utgår från. Lämna tomt.
    """
    moment = now or datetime.now(UTC)
    config = configuration.load()
    if promise and period:
        made = [draft_period(promise, period, as_of or moment, freeze_only=as_of is not None)]
        artifacts.of_drafts(made, moment)
        return made
    chosen = [promise] if promise else list(config.promises)
    written = spread(draft_periods, "skriv utkast", missing_drafts(chosen, moment), as_of=moment)
    artifacts.of_drafts(done(written), moment)
    return only_done(written, "skriva")
