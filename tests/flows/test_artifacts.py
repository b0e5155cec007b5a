"""What a run leaves in Prefect: what came, what changed, what is covered, the board; and its journal beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import Artifact

from flows import artifacts
from flows.collect import collect
from flows.draft import draft
from flows.overview import overview
from flows.reconcile import reconcile
from flows.run import rehearse
from flows.watch import alarm
from tasks.store import Store
from tests.year import Year, walk

NOW = datetime(2021, 5, 17, 7, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
PERIOD = "2021-T1"


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Year:
    """Strängnäs 2021 as the flows find it: by the environment."""
    made = Year(tmp_path / "config", sqlite_store)
    monkeypatch.chdir(tmp_path)
    for name, value in (("CONFIG", str(made.folder)), ("DATABASE", sqlite_store.url), ("LOG", str(tmp_path / "log"))):
        monkeypatch.setenv(f"LOFTESKOLL_{name}", value)
    monkeypatch.setenv("LOFTESKOLL_ADDRESS", "https://loftet.example.se")
    made.logs([walk("K1", "2021-04-10")], [])
    return made


def left(key: str) -> Artifact:
    """The newest artifact under a key."""
    with get_client(sync_client=True) as client:
        answer = client.request("GET", "/artifacts/{key}/latest", path_params={"key": key})
    return Artifact.model_validate(answer.json())


def test_a_run_leaves_what_it_did(year: Year, tmp_path: Path) -> None:
    """Tables of answers and reconciliation, a page for the draft with coverage and a link, the board's own words."""
    rehearse(year.promise_slug, PERIOD, NOW)
    assert "Ett utkast skulle skrivas." in str(left("prov-strangnas-2021-2021-t1").data)
    collect(now=NOW)
    [log] = [r for r in json.loads(str(left("hamtat").data)) if r["källa"].startswith("Kommunens aktivitetslogg")]
    assert (log["svar"], log["nya"]) == ("hämtad", 1)
    reconcile(now=NOW)
    assert json.loads(str(left("avstamt").data))[0]["aktiviteter"] == 1
    [made] = draft(year.promise_slug, PERIOD, now=NOW)
    page = str(left("utkast-strangnas-2021-2021-t1").data)
    assert f"https://loftet.example.se/utkast/{made.draft_id}" in page
    assert "## Täckning" in page and "| Kommunens aktivitetslogg (exempel) | 17 maj 2021 kl. 09.00 | inga |" in page

    year.logs([walk("K1", "2021-04-10"), walk("K2", "2021-04-11", "Härad")], [])
    collect(now=LATER)
    draft(year.promise_slug, PERIOD, now=LATER)
    changed = str(left("utkast-strangnas-2021-2021-t1").data)
    assert "- Trygghetsvandringar: 1 trygghetsvandring → 2 trygghetsvandringar" in changed

    alarm(now=LATER)
    shown = str(left("laget").data)
    with year.store.reading() as db:
        truth = overview(db, year.config, LATER)
    [row] = [x for x in truth.lines if x.period.id == PERIOD]
    assert all(f"{c.stage}: {c.word}" in shown for c in (*row.steps, *row.channels))

    lines = [json.loads(x) for file in (tmp_path / "log").iterdir() for x in file.read_text("utf-8").splitlines()]
    with get_client(sync_client=True) as client:
        known = {str(run.id) for run in client.read_flow_runs(limit=200)}
    assert {line["run"] for line in lines} <= known
    assert {"collect", "reconcile", "draft"} <= {line.get("stage") for line in lines}


def test_what_is_shown_stops_nothing(year: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    """An artifact that can't be kept is a warning in the log; the run ends well."""

    def broken(**_: object) -> None:
        raise RuntimeError("artifacts are away")

    monkeypatch.setattr(artifacts, "create_table_artifact", broken)
    assert collect(now=NOW)
