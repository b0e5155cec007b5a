"""Schedules: a served deployment really gets its runs, and the table means what it says."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.server.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.__main__ import SCHEDULES
from flows.serve import deployments


def next_runs(flow: str, count: int, start: datetime) -> list[datetime]:
    """The next occurrences of a flow's schedule, as Prefect computes them."""
    row = next(s for s in SCHEDULES if s.flow == flow)
    return asyncio.run(CronSchedule(cron=row.cron, timezone=row.timezone).get_dates(count, start))


def test_a_served_deployment_gets_scheduled_runs(server: str) -> None:
    """With unpinned dependencies the server starts, looks healthy and never schedules anything."""
    with temporary_settings({PREFECT_API_URL: server}), get_client(sync_client=True) as client:
        collect = next(d for d in deployments() if d.flow_name == "collect")
        wanted = DeploymentFilter(id=DeploymentFilterId(any_=[collect.apply()]))
        deadline, runs = time.monotonic() + 60, []
        while not runs and time.monotonic() < deadline:
            runs = client.read_flow_runs(deployment_filter=wanted, limit=5)
            time.sleep(0.5)
    assert runs, "the scheduler made no run within a minute"
    assert {r.state_name for r in runs} == {"Scheduled"}


def test_every_flow_of_the_table_is_served() -> None:
    """One deployment per row, each with its schedule, none with a pile of runs at once."""
    served = deployments()
    assert [d.flow_name for d in served] == [s.flow for s in SCHEDULES]
    assert all(d.schedules and d.concurrency_limit == 1 for d in served)


def test_drafts_are_written_the_day_after_each_tertial() -> None:
    """At eight in the morning, Swedish time, in winter and in summer."""
    stockholm = ZoneInfo("Europe/Stockholm")
    found = [d.astimezone(stockholm) for d in next_runs("draft", 4, datetime(2026, 11, 22, tzinfo=UTC))]
    assert [d.strftime("%Y-%m-%d %H:%M") for d in found] == [
        "2027-01-01 08:00",
        "2027-05-01 08:00",
        "2027-09-01 08:00",
        "2028-01-01 08:00",
    ]


def test_collecting_leaves_no_hole_when_summer_time_ends() -> None:
    """Across the night of 25 October 2026 the hourly runs stay an hour apart."""
    found = next_runs("collect", 6, datetime(2026, 10, 24, 22, 30, tzinfo=UTC))
    assert {(b - a).total_seconds() for a, b in pairwise(found)} == {3600}
