"""Flow: ask every source once."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

import config as configuration
from flows import artifacts
from flows.fan_out import spread
from tasks.collect import collect_sources
from tasks.failing import done, only_done
from tasks.model import Fetch


@flow(name="collect", flow_run_name="hämta", validate_parameters=True)
def collect(sources: list[str] | None = None, now: datetime | None = None) -> list[Fetch]:
    """Collect all sources of the installation, or the named ones; a silent source never stops the others.

    Trouble, once all the others are done, where something else than silence kept one from being collected.

    Args:
        sources: Källornas id, till exempel ["polisen-handelser"]. Tomt: alla källor.
        now: Klockan som körningen utgår från. Lämna tomt.
    """
    moment = now or datetime.now(UTC)
    chosen = sources or [s.id for s in configuration.load().all_sources()]
    answers = spread(collect_sources, "hämta", chosen, now=moment)
    artifacts.of_collect(done(answers))
    return only_done(answers, "hämta")
