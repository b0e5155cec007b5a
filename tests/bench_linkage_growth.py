"""How linkage grows from 10 k to 1 M records over 290 municipalities with a promise each, and the memory it takes."""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import process_time
from typing import Any

from config.schema import Municipality
from tasks import linkage
from tasks.model import Reading, Record
from tests import bench_corpus as corpus
from tests.bench_evidence import GOALS, exponent
from tests.evaluate_linkage import retold


def run(sizes: Sequence[int]) -> dict[str, Any]:
    """Print and return time, exponent and memory over so many records; each size in a process of its own."""
    print(f"linkage: {os.cpu_count()} kärnor, belastning {os.getloadavg()[0]:.1f} vid start")
    print(f"{corpus.MUNICIPALITIES} kommuner med ett löfte var; varje händelse berättas av två källor\n")
    print(f"  {'poster':>9} {'s':>8} {'µs/post':>8} {'topp MB':>8} {'par':>9} {'hopförda':>9}")
    rows = []
    for size in sizes:
        row = _child(size)
        each = row["seconds"] / row["records"] * 1e6
        told = f"{row['peak_mb']:>8.0f} {row['pairs']:>9} {row['sure']:>9}"
        print(f"  {row['records']:>9} {row['seconds']:>8.2f} {each:>8.1f} {told}", flush=True)
        rows.append(row)
    power = round(exponent([(r["records"], r["seconds"]) for r in rows]), 3)
    peak = round(max(r["peak_mb"] for r in rows))
    print(f"  processortiden växer med exponent {power:.3f}")
    goals = {"exponent": power <= GOALS["exponent"], "peak_mb": peak <= GOALS["peak_mb"]}
    return {"largest": max(sizes), "exponent": power, "peak_mb": peak, "goals": goals}


def _child(size: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench_linkage_growth", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"linkage growth {size}: {done.stderr.strip()[-2000:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def measure(size: int) -> dict[str, Any]:
    """Link every municipality's share for its own promise, one after the other, as a reconciliation does."""
    # An event without a day or a place of its own cannot be told on another day, elsewhere.
    base = [r for r in corpus.events() if r.when and r.place]
    towns, chance = corpus.towns(), random.Random(20211231)
    seconds, number, pairs, sure = 0.0, 0, 0, 0
    for i, town in enumerate(towns):
        records = list(_told_twice(base, size // 2, town, i, len(towns), chance))
        readings = [_reading(r) for r in records]
        began = process_time()
        found = linkage.score(records, readings)
        seconds += process_time() - began
        number += len(records)
        pairs += len(found)
        sure += sum(p.band == "sure" for p in found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"records": number, "seconds": seconds, "peak_mb": peak, "pairs": pairs, "sure": sure}


def _told_twice(
    base: Sequence[Record], size: int, town: Municipality, number: int, towns_in_all: int, chance: random.Random
) -> Iterator[Record]:
    """Yield a town's share of the events, each as one source tells it and as another does, in fewer words."""
    for record in corpus.multiplied(base, size, town, number, towns_in_all):
        yield record
        yield replace(record, source="andra", text=retold(record.text, chance))


def _reading(record: Record) -> Reading:
    assert record.when
    return Reading(record.id, 0, "c5", "held", "sure", 0.9, (record.when,), (record.place,), 1)


if __name__ == "__main__":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    print(json.dumps(measure(int(sys.argv[1]))))
