"""Flow: move the outbox forward."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow

from flows import artifacts
from tasks.model import Publication
from tasks.publish import advance_publication, list_due


@flow(name="publish", flow_run_name="publicera", validate_parameters=True)
def publish(
    promise: str | None = None,
    period: str | None = None,
    now: datetime | None = None,
    channels: list[str] | None = None,
) -> list[Publication]:
    """Send what is approved and due, and look for what is handed over or uncertain; sites before posts.

    Args:
        promise: Löftets namn, till exempel strangnas-2021. Tomt: alla löften.
        period: Periodens id, till exempel 2021-T1. Tomt: alla perioder.
        now: Klockan som körningen utgår från. Lämna tomt.
        channels: Bara de här kanalerna, till exempel ["strangnas.se"]. Tomt: alla kanaler.
    """
    moment = now or datetime.now(UTC)
    rows = [advance_publication(key, moment) for key in list_due(promise, period, moment, channels)]
    artifacts.of_publish(rows)
    return rows
