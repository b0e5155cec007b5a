"""What storing costs: records with versions, hashes and coverage, beside a plain upsert and sqlite-utils.

All three store the same rows on SQLite, in turn, in one run; the median of the ratios counts: other work meets all.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy.dialects.sqlite import insert

import config as configuration
from tasks import collect, sources
from tasks.model import Parsed, Payload, Record
from tasks.store import Store
from tasks.store.tables import records as table
from tests import bench_corpus as corpus

RECORDS = 30_000
PEERS = Path(__file__).parents[1] / ".venv-peers" / "bin" / "python"
NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
GOALS = {"upsert_ratio": 1.5, "again_ratio": 1.5, "sqlite_utils_ratio": 1.0, "poll_ms": 50.0}
_PEER = """
import json, sys, time
import sqlite_utils
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
found = []
for _ in range(2):
    db = sqlite_utils.Database(sys.argv[2])
    began = time.process_time()
    db["records"].upsert_all(rows, pk=("id", "version"), batch_size=1000)
    found.append(time.process_time() - began)
    db.close()
print(json.dumps(found))
"""


def run(size: int = RECORDS, repeats: int = 3) -> dict[str, Any]:
    """Print and return what storing new and known records costs beside the two others, and a poll without news."""
    print(f"lagring: {os.cpu_count()} kärnor, belastning {os.getloadavg()[0]:.1f} vid start, processortid")
    base = corpus.events(size)
    town = corpus.towns(1)[0]
    batch = list(corpus.multiplied(base, size, town, 0, 1)) if size > len(base) else base[:size]
    rounds = [_round(batch) for _ in range(repeats)]
    result: dict[str, Any] = {"records": len(batch)}
    for name, label in _LABELS.items():
        found = statistics.median(r[name] for r in rounds if name in r) if name in rounds[0] else None
        if found is not None:
            result[name + "_us"] = round(found / len(batch) * 1e6, 1)
            print(f"  {label:<58} {result[name + '_us']:7.1f} µs/post")
    result["upsert_ratio"] = _ratio(rounds, "ours", "upsert")
    result["again_ratio"] = _ratio(rounds, "ours_again", "upsert_again")
    if "sqlite_utils" in rounds[0]:
        result["sqlite_utils_ratio"] = _ratio(rounds, "ours", "sqlite_utils")
    else:
        print("  sqlite-utils är inte installerat (make peers): jämförelsen görs inte")
    result |= poll()
    result["goals"] = {k: result[k] <= v for k, v in GOALS.items() if k in result}
    return result


_LABELS = {
    "ours": "vi: versioner, hashar, täckning; alla nya",
    "upsert": "SQLAlchemy Core, insert … on conflict update, alla nya",
    "sqlite_utils": "sqlite-utils upsert_all, alla nya",
    "ours_again": "vi: samma poster igen",
    "upsert_again": "SQLAlchemy Core: samma poster igen",
    "sqlite_utils_again": "sqlite-utils: samma poster igen",
}


def _ratio(rounds: Sequence[dict[str, float]], one: str, other: str) -> float:
    found = round(statistics.median(r[one] / r[other] for r in rounds), 3)
    print(f"  {one} / {other}: {found:.3f}")
    return found


def _round(batch: Sequence[Record]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found: dict[str, float] = {}
        # A fresh object each time: nothing may be remembered of the records.
        for again, hours in (("", 0), ("_again", 1)):
            with closing(_store(folder / "ours.db")) as store:
                fresh = [replace(r) for r in batch]
                found["ours" + again] = _timed(lambda: _ours(store, fresh, hours))  # noqa: B023 - called at once
        rows = [_row(r) for r in batch]
        for again in ("", "_again"):
            with closing(_store(folder / "upsert.db")) as store:
                found["upsert" + again] = _timed(lambda: _upsert(store, rows))
        found |= _sqlite_utils(folder, rows)
        return found


def _row(record: Record) -> dict[str, Any]:
    """Return the row that all three keep, in Python's own values."""
    return {
        "id": record.id,
        "version": 1,
        "source": record.source,
        "external_id": record.external_id,
        "content_sha256": record.content_sha256,
        "seen_at": NOW,
        "published_at": record.published_at,
        "starts_on": record.when.start if record.when else None,
        "ends_on": record.when.end if record.when else None,
        "precision": record.when.precision if record.when else None,
        "title": record.title,
        "text": record.text,
        "url": record.url,
        "place": record.place,
        "party": record.party,
        "fields": dict(record.fields),
        "latest": True,
    }


def _store(path: Path) -> Store:
    store = Store(f"sqlite:///{path}", busy=True)
    store.migrate()
    return store


def _ours(store: Store, batch: Sequence[Record], hours: int) -> None:
    """The collect verb's own way: payload, versions, note of the fetch that coverage is made of."""
    at = NOW + timedelta(hours=hours)
    source = next(s for s in configuration.load().sources if s.kind == "police_events")
    payload = Payload(source.id, at, "events", "application/json", f"{hours}".encode(), "events")
    with store.writing() as db:
        collect.keep(db, collect.Answer(source, at, ((payload, Parsed(tuple(batch))),)))


def _upsert(store: Store, rows: Sequence[dict[str, Any]]) -> None:
    statement = insert(table)
    keys = ("id", "version")
    news = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=news)
    with store.writing() as db:
        for start in range(0, len(rows), 1000):
            db.execute(statement, list(rows[start : start + 1000]))


def _sqlite_utils(folder: Path, rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    if not PEERS.exists():
        return {}
    # It takes plain values: dates and moments as text, as SQLite keeps them anyway.
    with (folder / "rows.ndjson").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in rows)
    script = folder / "peer.py"
    script.write_text(_PEER, encoding="utf-8")
    command = [str(PEERS), str(script), str(folder / "rows.ndjson"), str(folder / "peer.db")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No module named" in done.stderr:
        return {}
    if done.returncode:
        sys.exit(f"bench storing: {done.stderr.strip()[-2000:]}")
    first, again = json.loads(done.stdout.splitlines()[-1])
    return {"sqlite_utils": first, "sqlite_utils_again": again}


def _timed(work: Callable[[], None]) -> float:
    began = process_time()
    work()
    return process_time() - began


def poll(times: int = 9) -> dict[str, float]:
    """Print and return what an hourly poll of a whole recorded answer takes when nothing is new: ms, all our own."""
    path = sorted((corpus.EVENTS / "raw").glob("*regular.json"))[0]
    source = next(s for s in configuration.load().sources if s.kind == "police_events")
    kind, body = sources.kind(source.kind), path.read_bytes()
    wall, cpu = [], []
    with tempfile.TemporaryDirectory() as name, closing(_store(Path(name) / "poll.db")) as store:
        for hour in range(times + 1):
            at = NOW + timedelta(hours=hour)
            began, used = perf_counter(), process_time()
            payload = Payload(source.id, at, source.url, "application/json", body, "events")
            answer = collect.Answer(source, at, ((payload, kind.parse(source, payload)),))
            with store.writing() as db:
                assert collect.keep(db, answer).new == (0 if hour else 500)
            wall.append(perf_counter() - began)
            cpu.append(process_time() - used)
    found = {"poll_ms": round(statistics.median(cpu[1:]) * 1000, 1)}
    found["poll_wall_ms"] = round(statistics.median(wall[1:]) * 1000, 1)
    print(f"  ett svar med 500 notiser utan nytt: {found['poll_ms']} ms (väggklocka {found['poll_wall_ms']} ms)")
    return found
