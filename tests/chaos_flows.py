"""Rounds of a chaos run whose workers are real flow runs, against a Prefect server of the run's own."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import requests
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from sqlalchemy.engine import Engine

import config as configuration
from tasks.store import Store
from tests.chaos_workers import fill_disk
from tests.posting import free_port, process

_IDLE = ("SCHEDULER", "LATE_RUNS", "PAUSE_EXPIRATIONS", "CANCELLATION_CLEANUP", "FOREMAN", "REPOSSESSOR")
_QUIET = {PREFECT_LOGGING_TO_API_ENABLED: False, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}


@contextmanager
def prefect_server(work: Path, count: Counter[str]) -> Iterator[str]:
    """Run a Prefect server with a home of its own; gives its API's address, and counts the runs that it has seen."""
    port = free_port()
    settings = {
        **configuration.prefect_environment(work / "prefect"),
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{work / 'prefect.db'}",
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        # What looks for schedules and stale runs has nothing to find here.
        **{f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _IDLE},
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    before = dict(os.environ)
    os.environ |= settings
    try:
        with process(*command, url=f"http://127.0.0.1:{port}", ready="/api/health", seconds=120):
            yield settings["PREFECT_API_URL"]
            count.update(_runs(settings["PREFECT_API_URL"]))
    finally:
        os.environ.clear()
        os.environ |= before


def flowing(
    folder: Path, database: str, api: str, moments: list[datetime], *, full_disk: bool
) -> Callable[[Store], None]:
    """Return the work of the flow `publish` at each moment, in a process that reads its surroundings like any other."""

    def run(_store: Store) -> None:
        from flows.publish import publish

        os.environ |= {"LOFTESKOLL_CONFIG": str(folder), "LOFTESKOLL_DATABASE": database}
        if full_disk:
            fill_disk(Engine)
        # What fails by the dozen shall not fill a terminal.
        logging.disable(logging.CRITICAL)
        with temporary_settings({PREFECT_API_URL: api, **_QUIET}):
            for now in moments:
                publish(now=now)

    return run


def _runs(api: str) -> Mapping[str, int]:
    """Return how many runs of the flow `publish` the server knows, by the state they are in."""
    found: dict[str, int] = {}
    for state in ("COMPLETED", "FAILED", "CRASHED", "RUNNING", "PENDING"):
        asked = {"flows": {"name": {"any_": ["publish"]}}, "flow_runs": {"state": {"type": {"any_": [state]}}}}
        count = requests.post(f"{api}/flow_runs/count", json=asked, timeout=30).json()
        found |= {state: int(count)} if count else {}
    return found
