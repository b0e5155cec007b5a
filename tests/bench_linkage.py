"""Pair scoring against Splink (DuckDB) and recordlinkage: the same records, the same pairs, the known truth."""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from tasks import linkage
from tasks.linkage.blocking import NEIGHBOURHOOD
from tests import evaluate_linkage
from tests.bench_evidence import exponent
from tests.evaluate_linkage import Task

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
# The middle one is as large as the evaluation's; a promise has some hundred records; in the last a peer's fixed
# costs vanish.
SIZES = (400, 4_000, 16_000)
SEED = 20211231
GOAL = 5.0
_NAMES = ("ours", "splink", "recordlinkage")


def run(sizes: Sequence[int] = SIZES, repeats: int = 3) -> dict[str, Any]:
    """Print and return pairs a second and F1 of the three, on tasks made of so many events."""
    if not PEERS.exists():
        sys.exit("the peers are not installed: `make bench` installs them")
    print(f"linkage: {os.cpu_count()} kärnor, belastning {os.getloadavg()[0]:.1f} vid start")
    rows = [_measure(size, repeats) for size in sizes]
    power = exponent([(r["pairs"], r["ours"]["seconds"]) for r in rows])
    print(f"\nvår tid växer med paren med exponent {power:.3f}")
    worst = {
        f"{key}_{over}": round(min(r[key][over] for r in rows), 3)
        for over, key in ((o, k) for k in ("times", "times_predict", "times_trained") for o in rows[0][k])
    }
    wide = _wide(min(sizes[-1], 4_000), repeats)
    return {
        "tasks": [_brief(r) for r in rows],
        **worst,
        "times_splink_any_place": round(wide, 2),
        "exponent": round(power, 3),
        "goals": {
            "times_splink": worst["times_splink"] >= GOAL,
            "f1": all(r["ours"]["f1"] >= r["splink"]["f1"] for r in rows),
        },
    }


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    rates = {f"{n}_pairs_per_s": round(row["pairs"] / row[n]["seconds"]) for n in _NAMES}
    times = {f"times_{n}": round(row["times"][n], 2) for n in _NAMES[1:]}
    return {"pairs": row["pairs"], **rates, **times, **{f"{n}_f1": round(row[n]["f1"], 4) for n in _NAMES}}


def _measure(size: int, repeats: int) -> dict[str, Any]:
    """Compare the three on the pairs of one place that lie near in time."""
    task = evaluate_linkage.build(size, SEED)
    columns = as_columns(task)
    pairs = candidates(columns, same_place=True)
    found: dict[str, Any] = {"pairs": pairs, "ours": _ours(task, pairs, repeats)}
    print(f"\n{len(task.records)} poster, {len(task.truth)} sanna par, {pairs} par (samma ort, nära dagar)")
    print(f"  {'':<22} {'par':>8} {'s':>7} {'par/s':>9} {'F1':>7} {'prec.':>7} {'täckn.':>7}")
    for name in _NAMES:
        r = found[name] if name == "ours" else found.setdefault(name, _peer(name, task, columns, repeats))
        shares = f"{r['f1']:>7.4f} {r['precision']:>7.4f} {r['recall']:>7.4f}"
        title, rate = f"{name} {r.get('version', '')}", r["pairs"] / r["seconds"]
        print(f"  {title:<22} {r['pairs']:>8} {r['seconds']:>7.3f} {rate:>9.0f} {shares}")
    ours, peers = found["ours"]["seconds"], {n: found[n] for n in _NAMES[1:]}
    found["times"] = {n: p["seconds"] / ours for n, p in peers.items()}
    found["times_predict"] = {"splink": found["splink"]["predict"] / ours}
    found["times_trained"] = {"splink": (found["splink"]["seconds"] + found["splink"]["training"]) / ours}
    print(
        f"  {found['times']['splink']:.2f}× Splink från poster till par med färdig modell"
        f" ({found['times_predict']['splink']:.2f}× bara predict, {found['times_trained']['splink']:.2f}× med träning),"
        f" {found['times']['recordlinkage']:.2f}× recordlinkage"
    )
    return found


def _wide(size: int, repeats: int) -> float:
    """Print and return how many times Splink's speed is ours where any two records near in time are to be told apart.

    We pass over pairs at different places without scoring them; Splink is told no more than which days.
    """
    task = evaluate_linkage.build(size, SEED)
    columns = as_columns(task)
    pairs = candidates(columns, same_place=False)
    ours = _ours(task, pairs, repeats)
    splink = _peer("splink", task, columns, 1, same_place=False)
    times: float = splink["seconds"] / ours["seconds"]
    print(f"\n{pairs} par (nära dagar, vilken ort som helst): vi {ours['seconds']:.2f} s, F1 {ours['f1']:.4f};")
    print(f"  Splink {splink['seconds']:.2f} s, F1 {splink['f1']:.4f}, {splink['pairs']} par: {times:.1f}×")
    return times


def as_columns(task: Task) -> pd.DataFrame:
    """Return what a reading and its record say as plain columns: all that the peers get, and all that we use."""
    rows = []
    for record, reading in zip(task.records, task.readings, strict=True):
        kind, _, text = record.text.partition(". ")
        rows.append(
            {
                "id": record.id,
                "source": record.source,
                "place": ", ".join(reading.places),
                "first": min(d.start.toordinal() for d in reading.dates),
                "last": max(d.end.toordinal() for d in reading.dates),
                "kind": kind,
                "text": text.casefold(),
            }
        )
    return pd.DataFrame(rows)


def candidates(columns: pd.DataFrame, same_place: bool) -> int:
    """Return how many pairs have days no further apart than the neighbourhood, at one place or at any two."""
    number = 0
    groups = columns.groupby("place") if same_place else [("", columns)]
    for _, group in groups:
        rows = group.sort_values("first", kind="stable")
        last = rows["first"].to_numpy().searchsorted(rows["last"].to_numpy() + NEIGHBOURHOOD, side="right")
        number += int(last.sum()) - len(rows) * (len(rows) + 1) // 2
    return number


def _ours(task: Task, pairs: int, repeats: int) -> dict[str, Any]:
    best, found = float("inf"), []
    for _ in range(repeats):
        began = perf_counter()
        found = linkage.score(task.records, task.readings)
        best = min(best, perf_counter() - began)
    joined = {(p.left, p.right) for p in found if p.band == "sure"}
    right = len(joined & task.truth)
    precision, recall = right / max(1, len(joined)), right / max(1, len(task.truth))
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"pairs": pairs, "seconds": best, "f1": f1, "precision": precision, "recall": recall}


def _peer(name: str, task: Task, columns: pd.DataFrame, repeats: int, same_place: bool = True) -> dict[str, Any]:
    """Let a peer do the task in its own environment."""
    given = {"near": NEIGHBOURHOOD, "same_place": same_place, "truth": sorted(task.truth)}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump({**given, "records": columns.to_dict("list")}, file)
        file.flush()
        script = Path(__file__).with_name("bench_peers.py")
        done = subprocess.run(
            [PEERS, script, name, file.name, str(repeats)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.exit(f"{name}: {done.stderr.strip()[-2000:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def profile(size: int, top: int = 14) -> None:
    """Print where our own time goes on the task of so many events."""
    task = evaluate_linkage.build(size, SEED)
    watch = cProfile.Profile()
    watch.runcall(linkage.score, task.records, task.readings)
    pstats.Stats(watch).sort_stats("tottime").print_stats(top)
