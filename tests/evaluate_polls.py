"""Polling the police feed, replayed: which notices are lost at each interval, and where the silence alarm fires."""

from __future__ import annotations

import csv
import gzip
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import config
from tasks.coverage import coverage
from tasks.model import Fetch

# The stretch without holes in the recording: between the source's own outages of October 2023 and May 2025.
START, END = datetime.fromisoformat("2023-10-27T00:00:00Z"), datetime.fromisoformat("2025-05-10T00:00:00Z")
INTERVALS = {"30 min": 0.5, "1 h": 1.0, "6 h": 6.0, "24 h": 24.0, "4 d": 96.0, "7 d": 168.0}


def polls(folder: Path) -> dict[str, float]:
    """Print and return the share of notices lost per polling interval; list the lost ids beside the number."""
    commits = sorted(_time(row["commit_time_utc"]) for row in _rows(folder / "snapshot-index.csv.gz"))
    seen = [_present(row, commits) for row in _rows(folder / "event-sightings.csv.gz")]
    inside = [(key, first, gone) for key, first, gone in seen if first >= START and gone <= END]
    shares = {}
    for name, hours in INTERVALS.items():
        step = timedelta(hours=hours)
        lost = [key for key, first, gone in inside if not _met(first, gone, step)]
        shares[name] = round(len(lost) / len(inside), 5)
        shown = ", ".join(lost[:100]) + (" …" if len(lost) > 100 else "")
        print(f"  var {name:>6}: {len(lost):>5} av {len(inside)} förlorade ({shares[name]:.2%})  {shown}")
    for name, silent in (
        ("hela inspelningen", commits),
        ("var 7 d", [START + timedelta(days=7 * i) for i in range(80)]),
    ):
        gaps = _alarms(silent)
        print(f"  larm om tystnad över 4 dygn, {name}: {len(gaps)}" + (f", först {gaps[0]}" if gaps else ""))
    return shares


def _met(first: datetime, gone: datetime, step: timedelta) -> bool:
    """Tell whether a poll at START + n · step falls while the notice is in the feed."""
    number = -((START - first) // step)
    return START + number * step < gone


def _present(row: dict[str, str], commits: list[datetime]) -> tuple[str, datetime, datetime]:
    """Return id, first moment and the moment it is gone: the recording has a row only when the answer changed."""
    last = _time(row["last_seen_utc"])
    after = bisect_right(commits, last)
    return row["id"], _time(row["first_seen_utc"]), commits[after] if after < len(commits) else last


def _alarms(moments: list[datetime]) -> list[str]:
    """Return the stretches in which the police source counts as silent, as the product's own coverage finds them."""
    source = next(s for s in config.load().sources if s.kind == "police_events")
    log = [Fetch(source.id, moment, "ok", records=500) for moment in moments]
    found = coverage(source, log, moments[0].date(), moments[-1].date(), moments[-1])
    return [f"{g.start}–{g.end}" for g in found.gaps]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
