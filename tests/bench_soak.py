"""Thousands of recorded hourly polls through the collect verb in accelerated time: does anything grow but the records?

Every hundredth poll is a flow run. An answer is what the police's API served at that hour, as far as it was recorded:
the 500 newest notices.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import func, select

import config as configuration
from tasks.collect import collect_sources
from tasks.store import Store, records
from tasks.store.tables import records as table
from tests.bench_corpus import EVENTS

WINDOW, FLOW_EVERY, PARTS = 500, 100, 10
_SOURCE = "polisen-handelser"


def run(polls: int = 10_000) -> dict[str, Any]:
    """Print and return memory, database and time per part of the polls; the last parts should be like the first."""
    from prefect.testing.utilities import prefect_test_harness

    print(
        f"uthållighet: {polls} svar, {os.cpu_count()} kärnor, belastning {os.getloadavg()[0]:.1f} vid start", flush=True
    )
    flows = polls // FLOW_EVERY
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        _prepare(folder)
        store = Store(os.environ["LOFTESKOLL_DATABASE"])
        store.migrate()
        try:
            if flows:
                stack.enter_context(prefect_test_harness(server_startup_timeout=600))
            parts = [_part(folder, store, part) for part in _parts(polls)]
        finally:
            configuration.set_environment(
                {k: before.get(k, "") for k in ("LOFTESKOLL_CONFIG", "LOFTESKOLL_DATABASE")}, override=True
            )
    late = parts[len(parts) // 2 :]
    return {
        "polls": polls,
        "flow_runs": flows,
        "records": parts[-1]["records"],
        "ms_per_poll": [p["ms"] for p in parts],
        "rss_mb": [p["rss_mb"] for p in parts],
        "rss_growth_mb_late": round(late[-1]["rss_mb"] - late[0]["rss_mb"], 1),
        "kb_per_new_record": [p["kb_per_new"] for p in parts],
        "kb_per_poll": [p["kb_per_poll"] for p in parts],
    }


def _prepare(folder: Path) -> None:
    (folder / "sources.toml").write_text(
        f'[[source]]\nid = "{_SOURCE}"\nkind = "police_events"\nname = "Polisen"\nurl = "svar.json"\n', encoding="utf-8"
    )
    configuration.set_environment(
        {"LOFTESKOLL_CONFIG": str(folder), "LOFTESKOLL_DATABASE": f"sqlite:///{folder}/prov.db"}, override=True
    )


def _parts(polls: int) -> Iterator[list[tuple[int, datetime, bytes]]]:
    """Yield the polls in equal parts: number, moment and answer of each."""
    answers = _answers()
    size = max(1, polls // PARTS)
    for start in range(0, size * min(PARTS, polls), size):
        yield [(start + i, *next(answers)) for i in range(size)]


def _answers() -> Iterator[tuple[datetime, bytes]]:
    """Yield an hour and the newest notices of then, hour after hour through the recorded years, then anew, later."""
    events = []
    for path in sorted(EVENTS.glob("events-202[3-6].ndjson.gz")):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            events.append((_published(json.loads(line)["datetime"]), line))
    events.sort()
    seen, hour = WINDOW, events[WINDOW][0]
    while seen < len(events):
        while seen < len(events) and events[seen][0] <= hour:
            seen += 1
        yield hour, b"[" + b",".join(line for _, line in reversed(events[seen - WINDOW : seen])) + b"]"
        hour += timedelta(hours=1)


def _published(text: str) -> datetime:
    day, clock, offset = text.split()
    return datetime.fromisoformat(f"{day}T{clock.zfill(8)}{offset}").astimezone(UTC)


def _part(folder: Path, store: Store, polls: list[tuple[int, datetime, bytes]]) -> dict[str, Any]:
    from flows.collect import collect

    size, known, began = _used(store), _count(store), perf_counter()
    for number, at, body in polls:
        (folder / "svar.json").write_bytes(body)
        if number % FLOW_EVERY == FLOW_EVERY - 1:
            collect([_SOURCE], now=at)
        else:
            collect_sources.fn([_SOURCE], at)
    seconds, grown, new = perf_counter() - began, _used(store) - size, _count(store) - known
    with store.reading() as db:
        heard = records.fetch_log(db, _SOURCE)
    found = {
        "records": _count(store),
        "ms": round(seconds / len(polls) * 1000, 1),
        "rss_mb": _resident(),
        "kb_per_new": round(grown / max(1, new) / 1024, 2),
        "kb_per_poll": round(grown / len(polls) / 1024, 1),
    }
    print(
        f"  till svar {polls[-1][0] + 1:>6} ({polls[-1][1]:%Y-%m-%d}): {found['records']:>6} poster, {new:>5} nya,"
        f" {found['ms']:6.1f} ms/svar, {found['rss_mb']:6.1f} MB, {found['kb_per_new']:7.2f} kB/ny post,"
        f" {found['kb_per_poll']:6.1f} kB/svar, {len(heard)} försök noterade",
        flush=True,
    )
    return found


def _count(store: Store) -> int:
    with store.reading() as db:
        return int(db.execute(select(func.count()).select_from(table)).scalar_one())


def _used(store: Store) -> int:
    """Return the bytes in use in the SQLite file, free pages left out."""
    with store.reading() as db:
        pages, free, size = (
            int(db.exec_driver_sql(f"PRAGMA {what}").scalar_one())
            for what in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


def _resident() -> float:
    """Return the memory this process holds now, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1024**2, 1)
