"""Many promises as real flow runs: in chunks, shared by processes, the same as in plain functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

import config
from flows.draft import draft
from flows.reconcile import reconcile
from tasks.collect import collect_sources
from tasks.draft import draft_periods, missing_drafts
from tasks.store import Store, drafts
from tests import country

NOW = datetime(2022, 1, 31, 7, tzinfo=UTC)


def told(store: Store) -> list[tuple[str, str, str]]:
    """Promise, period and hash of every draft's follow-up."""
    with store.reading() as db:
        every = [(h.promise, h.period, drafts.latest(db, h.promise, h.period)) for h in drafts.headings(db)]
        return sorted((slug, key, made.followup.sha256) for slug, key, made in every if made)


@contextmanager
def sharing(how: str) -> Iterator[str]:
    """Give what engine.toml says of who shares the work: two processes beside the flow's own, or a cluster's two."""
    if how == "processes":
        yield "processes = 2"
        return
    distributed = import_module("distributed")
    with distributed.LocalCluster(2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as cluster:
        yield f'dask = "{cluster.scheduler_address}"'


@pytest.mark.parametrize("how", ["processes", "dask"])
def test_two_processes_make_what_plain_functions_do(
    shared: Path, tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Two promises shared by two processes: named in Prefect, the same follow-ups, and nothing left to do."""
    folder = tmp_path / "land"
    country.build(folder, 2, 200)
    monkeypatch.setenv("LOFTESKOLL_CONFIG", str(folder))
    monkeypatch.setenv("LOFTESKOLL_DATABASE", sqlite_store.url)
    with sharing(how) as who:
        (folder / "engine.toml").write_text(f"{who}\nfrom_promises = 2\nchunk = 1\n", encoding="utf-8")
        slugs, sources = ["kommun-0-2021", "kommun-1-2021"], [s.id for s in config.load().all_sources()]
        collect_sources.fn(sources, NOW)
        found = reconcile(now=NOW)
        assert [one.promise for one in found] == slugs
        assert all(one.readings >= 16 for one in found)
        with get_client(sync_client=True) as client:
            assert {f"stäm av {slug}" for slug in slugs} <= {run.name for run in client.read_task_runs(limit=200)}
        assert reconcile(now=NOW) == found
        assert len(draft(now=NOW)) == 6
    assert missing_drafts.fn(slugs, NOW) == []

    alone = Store(f"sqlite:///{tmp_path / 'alone.db'}")
    alone.migrate()
    monkeypatch.setenv("LOFTESKOLL_DATABASE", alone.url)
    collect_sources.fn(sources, NOW)
    draft_periods.fn(missing_drafts.fn(slugs, NOW), NOW)
    assert told(alone) == told(sqlite_store)
