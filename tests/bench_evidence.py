"""Evidence against seven plain searches a record, its growth from 10 k to 1 M records, and its memory."""

from __future__ import annotations

import cProfile
import json
import math
import os
import pstats
import re
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from time import process_time
from typing import Any

from config.schema import Promise
from tasks import evidence
from tasks.evidence import swedish
from tasks.model import Reading, Record
from tests import bench_corpus as corpus

# What someone would search for who has only `re`: one pattern a commitment.
PATTERNS = (
    r"brottsförebyggande råd|\bbrå\b|\best\b|effektiv samordning|samverkansmöte|lägesbild",
    r"narkotikasök|narkotikahund|sökhund|hundsök|drogsök|knarkhund|polishund|sök med hund",
    r"linköpingsmodellen|hembesök|orossamtal|åk(?:er|te|t) hem till",
    r"föräldra(?:träff|möte|kväll)|föreläsning|temakväll|informationsmöte|träff för (?:föräldrar|vårdnadshavare)",
    r"trygghetsvandring|trygghetsvandra|områdesvandring|trygghetsrond|trygghetspromenad",
    r"informationskampanj|kampanj|broschyr|folder|flygblad|utskick|informationsbrev",
    r"mopedbil|moppebil|epa-?traktor|a-traktor|\bepa\b|mopedinsats|epa-kontroll|motorburen ungdom",
)
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
GOALS = {"ratio": 0.2, "exponent": 1.1, "peak_mb": 1500}


def searches(records: Sequence[Record]) -> int:
    """Return how many hits seven compiled searches a record have, in a plain loop."""
    patterns = [re.compile(p, re.IGNORECASE) for p in PATTERNS]
    hits = 0
    for record in records:
        text = f"{record.title}\n{record.text}"
        for pattern in patterns:
            if pattern.search(text):
                hits += 1
    return hits


def run(sizes: Sequence[int] = SIZES, repeats: int = 3, limit: int = 0) -> dict[str, Any]:
    """Print and return the ratios and the growth; each figure comes from a process of its own.

    `limit` takes only so many of the real events (0: all).
    """
    print(f"evidence: {os.cpu_count()} kärnor, belastning {os.getloadavg()[0]:.1f} vid start")
    ratios = [child("ratio", limit) for _ in range(repeats)]
    result: dict[str, Any] = {"records": ratios[0]["records"], **_ratios(ratios)}
    for name in ("towns", "one"):
        rows = [child(name, size) for size in sizes]
        result |= _growth(name, rows)
    result["largest"] = max(sizes)
    result["peak_mb"] = max(result["towns_peak_mb"], result["one_peak_mb"])
    result["exponent"] = max(result["towns_exponent"], result["one_exponent"])
    result["goals"] = {k: result[k] <= v for k, v in GOALS.items()}
    return result


def _ratios(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    first = rows[0]
    print(f"\nsju löften × {first['records']} händelser, processortid, median av {len(rows)} nya processer")
    peer = statistics.median(r["searches"] for r in rows)
    print(f"  {'sju sökningar per post':<46} {peer:7.2f} s   {first['hits']} träffar")
    found: dict[str, float] = {"searches_s": round(peer, 3)}
    for name, label in _VARIANTS.items():
        seconds = statistics.median(r[name] for r in rows)
        ratio = statistics.median(r[name] / r["searches"] for r in rows)
        worst = max(r[name] / r["searches"] for r in rows)
        print(f"  {label:<46} {seconds:7.2f} s   {ratio:.3f}×  (sämst {worst:.3f})   {first[name + '_n']} läsningar")
        found |= {f"{name}_s": round(seconds, 3), f"{name}_ratio": round(ratio, 4)}
    # The goal is held against the dearest way to read them.
    found["ratio"] = max(found[f"{name}_ratio"] for name in _VARIANTS)
    return found


_VARIANTS = {
    "events": "händelserna som de är (sammanhang)",
    "texts": "samma texter utan källans fält, löftets tid",
    "anywhere": "samma texter, alla kommuner och all tid",
}
_LABELS = {
    "towns": f"{corpus.MUNICIPALITIES} kommuner med ett löfte var, posterna fördelade",
    "one": "ett löfte, alla poster i ett anrop",
}


def _growth(name: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    print(
        f"\n{_LABELS[name]}\n  {'poster':>9} {'s':>8} {'µs/post':>8} {'topp MB':>8} {'varav före':>10} {'läsningar':>9}"
    )
    for r in rows:
        each = r["seconds"] / r["records"] * 1e6
        print(
            f"  {r['records']:>9} {r['seconds']:>8.2f} {each:>8.1f} {r['peak_mb']:>8.0f} {r['before_mb']:>10.0f}"
            f" {r['readings']:>9}"
        )
    power = exponent([(r["records"], r["seconds"]) for r in rows])
    print(f"  tiden växer med exponent {power:.3f}")
    return {
        f"{name}_exponent": round(power, 3),
        f"{name}_peak_mb": round(max(r["peak_mb"] for r in rows)),
        f"{name}_us_per_record": round(rows[-1]["seconds"] / rows[-1]["records"] * 1e6, 2),
    }


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of log time over log size, least squares; 0 for a single size."""
    if len(points) < 2:
        return 0.0
    slope, _ = statistics.linear_regression([math.log(x) for x, _ in points], [math.log(y) for _, y in points])
    return slope


def child(name: str, size: int) -> dict[str, Any]:
    """Measure one thing in a process of its own, on two cores, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench_evidence", name, str(size)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"bench {name} {size}: {done.stderr.strip()[-2000:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _ratio(size: int) -> dict[str, Any]:
    records = corpus.events(size)
    promise, here = corpus.promise()
    texts = [corpus.free(r) for r in records]
    said: dict[str, Any] = {"records": len(records)}
    # Each way first in a cold process would take three processes more; the caches of stems are emptied instead.
    said["events"], said["events_n"] = _timed(lambda: evidence.read(records, promise, here))
    said["searches"], said["hits"] = _timed(lambda: searches(records))
    said["texts"], said["texts_n"] = _timed(lambda: evidence.read(texts, _over(promise), here))
    said["anywhere"], said["anywhere_n"] = _timed(lambda: evidence.read(texts, promise, None, period_filter=False))
    return said


def _over(promise: Promise) -> Promise:
    """Return the promise over the years of the recorded events, so that none is passed over for its day."""
    return promise.model_copy(update={"signed": date(2022, 1, 1), "ends": date(2027, 12, 31)})


def _timed(work: Callable[[], int | list[Reading]]) -> tuple[float, int]:
    swedish.stem.cache_clear()
    began = process_time()
    found = work()
    seconds = process_time() - began
    return seconds, found if isinstance(found, int) else len(found)


def _towns(size: int) -> dict[str, Any]:
    """Read every municipality's share for its own promise, one after the other, as a reconciliation does."""
    base, (promise, _), towns = corpus.events(size), corpus.promise(), corpus.towns()
    promise = _over(promise)
    before, seconds, readings = _peak(), 0.0, 0
    for i, town in enumerate(towns):
        share = list(corpus.multiplied(base, size, town, i, len(towns)))
        its = promise.model_copy(update={"slug": f"lofte-{i}", "municipality": town.slug})
        began = process_time()
        readings += len(evidence.read(share, its, town))
        seconds += process_time() - began
    return _said(size, seconds, before, readings)


def _one(size: int) -> dict[str, Any]:
    """Read all records for one promise at once: the national feed, or an archive taken in."""
    base, (promise, _), town = corpus.events(size), corpus.promise(), corpus.towns(1)[0]
    records = list(corpus.multiplied(base, size, town, 0, 1))
    before = _peak()
    began = process_time()
    readings = evidence.read(records, _over(promise), town)
    return _said(size, process_time() - began, before, len(readings))


def _said(size: int, seconds: float, before: float, readings: int) -> dict[str, Any]:
    return {"records": size, "seconds": seconds, "before_mb": before, "peak_mb": _peak(), "readings": readings}


def _peak() -> float:
    """Return the most memory this process has held so far, in megabytes (Linux counts it in kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def profile(size: int, top: int = 14) -> None:
    """Print where the time goes when the events are read as free texts without filters."""
    promise, _ = corpus.promise()
    texts = [corpus.free(r) for r in corpus.events(size)]
    watch = cProfile.Profile()
    watch.runcall(evidence.read, texts, promise, None, False)
    pstats.Stats(watch).sort_stats("tottime").print_stats(top)


_WORK: dict[str, Callable[[int], dict[str, Any]]] = {"ratio": _ratio, "towns": _towns, "one": _one}

if __name__ == "__main__":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    print(json.dumps(_WORK[sys.argv[1]](int(sys.argv[2]))))
