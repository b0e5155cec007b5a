"""Serve every flow with its schedule: `python -m flows.serve` beside a Prefect server."""

from __future__ import annotations

import threading
from typing import Any

from prefect import serve
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment

from flows.__main__ import SCHEDULES
from flows.collect import collect
from flows.draft import draft
from flows.orders import attend
from flows.publish import publish
from flows.reconcile import reconcile
from flows.watch import alarm, watch

# A backlog after days of sleep must not start everything at once.
LIMIT = 4
_FLOWS: dict[str, Any] = {f.name: f for f in (collect, reconcile, draft, publish, watch, alarm)}


def deployments() -> list[RunnerDeployment]:
    """Return one deployment per row of the schedule table."""
    return [
        _FLOWS[row.flow].to_deployment(
            "lofteskoll",
            description=row.why,
            schedule=CronSchedule(cron=row.cron, timezone=row.timezone),
            concurrency_limit=1,
        )
        for row in SCHEDULES
    ]


def main() -> None:
    """Serve until stopped: what the timetable says, and what ops ask for meanwhile."""
    stop = threading.Event()
    threading.Thread(target=attend, args=(stop,), daemon=True).start()
    try:
        serve(*deployments(), limit=LIMIT)
    finally:
        stop.set()


if __name__ == "__main__":
    main()
