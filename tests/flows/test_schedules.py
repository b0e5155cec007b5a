"""Schedules: a served deployment really gets its runs, and the table means what it says."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.server.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.__main__ import SCHEDULES
from flows.serve import deployments
from tasks.periods import in_publishing_hours


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
    """One deployment per row, each with its schedule, none with a pile of runs at once; one more for people."""
    *served, by_hand = deployments()
    assert [d.flow_name for d in served] == [s.flow for s in SCHEDULES]
    assert all(d.schedules and d.concurrency_limit == 1 for d in served)
    assert (by_hand.flow_name, by_hand.schedules) == ("run", [])


def test_publishing_is_asked_for_in_working_hours_only() -> None:
    """Every quarter of an hour from eight to a quarter to four, Monday to Friday, in winter and in summer time."""
    stockholm = ZoneInfo("Europe/Stockholm")
    for start in (datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 7, 11, tzinfo=UTC)):
        found = [d.astimezone(stockholm) for d in next_runs("publish", 5 * 32, start)]
        assert {(d.weekday(), d.hour, d.minute) for d in found} == {
            (day, hour, minute) for day in range(5) for hour in range(8, 16) for minute in (0, 15, 30, 45)
        }


@pytest.mark.parametrize("day", ["2026-06-06", "2026-06-19", "2026-12-24", "2026-04-06", "2026-11-28"])
def test_a_holiday_sends_no_post(day: str) -> None:
    """National day, the eves on which offices are closed, Easter Monday, a Saturday: what is asked for rests."""
    assert not in_publishing_hours(datetime.fromisoformat(f"{day}T10:00+00:00"))


def test_the_daily_look_has_one_time_on_the_days_the_clock_is_moved() -> None:
    """Half past six, once a day, across both changes."""
    stockholm = ZoneInfo("Europe/Stockholm")
    for start in (datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)):
        found = [d.astimezone(stockholm) for d in next_runs("watch", 5, start)]
        assert {f"{d:%H:%M}" for d in found} == {"06:30"} and len({d.date() for d in found}) == 5


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
