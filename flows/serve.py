"""Every flow with its schedule: served from here (`python -m flows.serve`), or handed to a work pool."""

from __future__ import annotations

import tempfile
import threading
from typing import Any

from prefect import serve
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import DeploymentApplyError, RunnerDeployment
from prefect.types.entrypoint import EntrypointType

from flows.__main__ import SCHEDULES
from flows.collect import collect
from flows.draft import draft
from flows.orders import attend
from flows.publish import publish
from flows.reconcile import reconcile
from flows.run import run
from flows.watch import alarm, renew, watch
from flows.zombies import watch_over
from tasks.model import Refused

# A backlog after days of sleep must not start everything at once.
LIMIT = 4
_FLOWS: dict[str, Any] = {f.name: f for f in (collect, reconcile, draft, renew, publish, watch, alarm)}


def deployments(pool: str | None = None) -> list[RunnerDeployment]:
    """Return one deployment per row of the schedule table, and one that people start; for a pool where one is named."""
    shared: dict[str, Any] = {
        "concurrency_limit": 1,
        "work_pool_name": pool,
        # By module: a worker on another machine has the package installed, in a folder of its own.
        "entrypoint_type": EntrypointType.MODULE_PATH if pool else EntrypointType.FILE_PATH,
    }
    made = [
        _FLOWS[row.flow].to_deployment(
            "lofteskoll", schedule=CronSchedule(cron=row.cron, timezone=row.timezone), description=row.why, **shared
        )
        for row in SCHEDULES
    ]
    by_hand = "en period från källor till utkast, när någon ber om det; även som känt då, eller bara på prov"
    return [*made, run.to_deployment("lofteskoll", description=by_hand, **shared)]


def deploy(pool: str) -> list[str]:
    """Register every flow and its schedule with a work pool and return their names; Refused without such a pool."""
    made = deployments(pool)
    try:
        for deployment in made:
            deployment.apply(work_pool_name=pool)
    except DeploymentApplyError:
        mend = f"Skapa den med: prefect work-pool create {pool} --type process"
        raise Refused(f"Arbetspoolen {pool} finns inte på Prefect-servern. {mend}") from None
    watch_over()
    return [f"{d.flow_name}/{d.name}" for d in made]


def main() -> None:
    """Serve until stopped: what the timetable says, and what ops ask for meanwhile."""
    stop = threading.Event()
    threading.Thread(target=attend, args=(stop,), daemon=True).start()
    try:
        watch_over()
        with tempfile.TemporaryDirectory(prefix="lofteskoll-") as own:
            # Prefect's runner works in /tmp/runner_storage, which belongs to whoever came first on the machine.
            tempfile.tempdir = own
            serve(*deployments(), limit=LIMIT)
    finally:
        stop.set()


if __name__ == "__main__":
    main()
