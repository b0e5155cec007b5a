"""Work pools: the flows and their schedules are registered, and a worker on another machine finds each flow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.__main__ import SCHEDULES
from flows.zombies import NAME


def run(folder: Path, api: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder that has nothing of ours, against a Prefect server."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("LOFTESKOLL_")}
    env |= {"PREFECT_API_URL": api, "PREFECT_HOME": str(folder / "prefect")}
    whole = [sys.executable, "-m", *command]
    return subprocess.run(whole, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_pool_gets_every_flow_with_its_schedule(server: str, tmp_path: Path) -> None:
    """Without the pool it is told how to make one; with it every row of the table waits for a worker."""
    missing = run(tmp_path, server, "flows", "deploy", "--pool", "landet")
    assert missing.returncode == 1 and "prefect work-pool create landet" in missing.stderr, missing.stderr
    made = run(tmp_path, server, "prefect", "work-pool", "create", "landet", "--type", "process")
    assert made.returncode == 0, made.stderr
    done = run(tmp_path, server, "flows", "deploy", "--pool", "landet")
    assert done.returncode == 0, done.stderr
    with temporary_settings({PREFECT_API_URL: server}), get_client(sync_client=True) as client:
        every = client.read_deployments()
        again = run(tmp_path, server, "flows", "deploy", "--pool", "landet")
        zombies = client.read_automations_by_name(NAME)
    assert again.returncode == 0 and len(zombies) == 1 and zombies[0].enabled, again.stderr
    # Every row of the table, and the one that people start.
    assert {d.name for d in every} == {"lofteskoll"} and len(every) == len(SCHEDULES) + 1
    assert {d.work_pool_name for d in every} == {"landet"}
    crons = {s.schedule.cron for d in every for s in d.schedules}
    assert crons == {row.cron for row in SCHEDULES}
    # What a worker does with the entrypoint: import it, from wherever it stands.
    flows = {load_flow_from_entrypoint(d.entrypoint).name for d in every if d.entrypoint}
    assert flows == {s.flow for s in SCHEDULES} | {"run"}
    # What ops see when they start one: each parameter with its help, in Swedish, and its default.
    for deployment in every:
        shown = deployment.parameter_openapi_schema["properties"]
        assert all(p.get("description") for p in shown.values()), deployment.entrypoint
        assert all("default" in p for name, p in shown.items() if name not in ("promise", "period"))
    [by_hand] = [d for d in every if not d.schedules]
    assert set(by_hand.parameter_openapi_schema["properties"]) == {"promise", "period", "as_of", "dry_run"}
    assert by_hand.parameter_openapi_schema["properties"]["dry_run"]["type"] == "boolean"
