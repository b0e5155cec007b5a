"""Pair scoring against Splink (DuckDB) and recordlinkage: the same records, the same pairs, the known truth.

Two views, both printed, and in both each side does the same work inside the clock:

- *from records*, as somebody meets it who holds records as objects of Python and wants pairs to use. We read the texts,
  sort days and places into columns, find and weigh the pairs, choose among rivals and say why. Splink makes its columns
  of like objects (by Arrow, the fastest way), DuckDB splits the words, the model is loaded, and a frame comes back.
- *from columns*: what is done for each record is done before. Ours is `weigh`, Splink's is `predict` alone.

Splink uses both cores. Its model is trained before the clock starts (told apart), its pairs are judged at the threshold
that turned out best, and choosing each other's best is not in its time; we choose inside the clock, without threshold.
Pairs that others have settled we pass over without comparing their words; they count as decided, for both.

F1 is over pairs across the two sources, which is what the truth tells of: ours of what is joined without asking, and
*ranked*: by the judge of the peers' pairs. All take turns, so that load from elsewhere meets them alike; a ratio is the
median over the rounds, by the clock and in processor time.
"""

from __future__ import annotations

import cProfile
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tasks import linkage
from tasks.linkage.blocking import NEIGHBOURHOOD
from tasks.linkage.table import Table
from tasks.linkage.weighing import Answers, weigh
from tests import evaluate_linkage
from tests.bench_evidence import exponent
from tests.bench_judge import Watch, judge
from tests.evaluate_linkage import Task

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
# The middle one is as large as the evaluation's; a promise has some hundred records; in the last a peer's fixed
# costs vanish.
SIZES = (400, 4_000, 16_000)
SEED = 20211231
GOAL = 5.0
_NAMES = ("splink", "recordlinkage")
_VIEWS = {
    "": "från poster till par",
    "_processor": "… i processortid",
    "_columns": "från färdiga kolumner",
    "_columns_processor": "… i processortid",
    "_trained": "från poster, med träning",
}
# Seconds by the clock and of the processors, by step; "all" is the whole.
Steps = dict[str, tuple[float, float]]


def run(sizes: Sequence[int] = SIZES, repeats: int = 3) -> dict[str, Any]:
    """Print and return pairs a second and F1 of the three, on tasks made of so many events."""
    _ready()
    print(f"linkage: {os.cpu_count()} kärnor, belastning {os.getloadavg()[0]:.1f} vid start")
    rows = [_measure(size, repeats) for size in sizes]
    power = exponent([(r["pairs"], r["ours_seconds"]) for r in rows])
    print(f"\nvår tid växer med paren med exponent {power:.3f}; belastning {os.getloadavg()[0]:.1f} vid slutet")
    worst = {key: min(r[key] for r in rows) for key in rows[0] if key.startswith("times_")}
    wide = _wide(min(sizes[-1], 4_000), repeats)
    return {
        "tasks": rows,
        **worst,
        "times_splink_any_place": wide,
        "exponent": round(power, 3),
        "goals": {
            "times_splink": worst["times_splink"] >= GOAL,
            "times_splink_columns": worst["times_splink_columns"] >= GOAL,
            "f1": all(r["ours_f1"] >= r["splink_f1"] for r in rows),
            "f1_ranked": all(r["ours_f1_ranked"] >= r["splink_f1"] for r in rows),
        },
    }


def over_seeds(seeds: Sequence[int], size: int = 4_000) -> dict[str, Any]:
    """Print and return F1 on other draws of the events than the one that rules were looked at with."""
    _ready()
    rows = []
    print(f"F1 på {size} händelser; vi: hopfört utan att fråga, och rangordnat som Splink")
    for seed in seeds:
        task = evaluate_linkage.build(size, seed)
        with _peer("splink", task, same_place=True) as splink:
            splink.round()
            found = splink.result()
        rows.append({"seed": seed, **_right(task), "splink_f1": round(found["f1"], 4)})
        print(f"  frö {seed:>9}: " + "  ".join(f"{k} {v:.4f}" for k, v in rows[-1].items() if k != "seed"), flush=True)
    means = {key: round(statistics.mean(r[key] for r in rows), 4) for key in rows[0] if key != "seed"}
    print(f"  i medel: {means}")
    return {"size": size, "seeds": rows, **means}


def _ready() -> None:
    if not PEERS.exists():
        sys.exit("the peers are not installed: `make bench` installs them")


def _measure(size: int, repeats: int) -> dict[str, Any]:
    """Compare the three on the pairs of one place that lie near in time."""
    task = evaluate_linkage.build(size, SEED)
    pairs = candidates(as_columns(task), same_place=True)
    rounds: dict[str, list[Steps]] = {name: [] for name in ("ours", *_NAMES)}
    with ExitStack() as stack:
        peers = {name: stack.enter_context(_peer(name, task, same_place=True)) for name in _NAMES}
        for _ in range(repeats):
            rounds["ours"].append(_ours(task))
            for name, peer in peers.items():
                rounds[name].append(peer.round())
        training = peers["splink"].once["training"][0]
        said = {name: peer.result() for name, peer in peers.items()}
    ours, splink = rounds["ours"], rounds["splink"]
    found: dict[str, Any] = {"pairs": pairs, "ours_seconds": round(_seconds(ours), 4), **_right(task)}
    for name in rounds:
        found[f"{name}_pairs_per_s"] = round(pairs / _seconds(rounds[name]))
    found |= {f"{name}_f1": round(said[name]["f1"], 4) for name in _NAMES}
    found |= {
        "times_splink": _times(splink, ours, "all", "all"),
        "times_splink_processor": _times(splink, ours, "all", "all", kind=1),
        "times_splink_columns": _times(splink, ours, "predict", "weigh"),
        "times_splink_columns_processor": _times(splink, ours, "predict", "weigh", kind=1),
        "times_splink_trained": round((_seconds(splink) + training) / _seconds(ours), 2),
        "times_recordlinkage": _times(rounds["recordlinkage"], ours, "all", "all"),
    }
    _show(task, found, rounds, said)
    return found


def _show(task: Task, found: dict[str, Any], rounds: dict[str, list[Steps]], said: dict[str, Any]) -> None:
    print(f"\n{len(task.records)} poster, {len(task.truth)} sanna par, {found['pairs']} par (samma ort, nära dagar)")
    for name, all_rounds in rounds.items():
        title = f"{name} {said[name]['version']}" if name in said else name
        if name in said and said[name]["pairs"] != found["pairs"]:
            sys.exit(f"{name}: {said[name]['pairs']} pairs, not {found['pairs']}")
        steps = ", ".join(
            f"{step} {min(r[step][0] for r in all_rounds) * 1000:.0f} ms" for step in all_rounds[0] if step != "all"
        )
        rate, f1 = found[f"{name}_pairs_per_s"], found[f"{name}_f1"]
        print(f"  {title:<20} {_seconds(all_rounds):>7.3f} s {rate:>8} par/s  F1 {f1:.4f}  ({steps})")
    print(f"  vi, rangordnade som de andras: F1 {found['ours_f1_ranked']:.4f}")
    print("  × Splink: " + ", ".join(f"{found[f'times_splink{k}']:.2f} {v}" for k, v in _VIEWS.items()))
    print(f"  × recordlinkage: {found['times_recordlinkage']:.2f}", flush=True)


def _seconds(rounds: Sequence[Steps]) -> float:
    return min(r["all"][0] for r in rounds)


def _times(theirs: Sequence[Steps], ours: Sequence[Steps], their_step: str, our_step: str, kind: int = 0) -> float:
    """Return how many times ours is as fast: the median over the rounds, by the clock (0) or in processor time (1)."""
    ratios = [t[their_step][kind] / o[our_step][kind] for t, o in zip(theirs, ours, strict=True)]
    return round(statistics.median(ratios), 2)


def _wide(size: int, repeats: int) -> float:
    """Print and return how many times Splink's speed is ours where any two records near in time are to be told apart.

    We pass over pairs at different places without scoring them; Splink is told no more than which days.
    """
    task = evaluate_linkage.build(size, SEED)
    pairs = candidates(as_columns(task), same_place=False)
    with _peer("splink", task, same_place=False) as splink:
        ours, theirs = zip(*((_ours(task), splink.round()) for _ in range(repeats)), strict=True)
        found = splink.result()
    times = _times(theirs, ours, "all", "all")
    print(f"\n{pairs} par (nära dagar, vilken ort som helst): vi {_seconds(ours):.2f} s;")
    print(f"  Splink {_seconds(theirs):.2f} s, F1 {found['f1']:.4f}, {found['pairs']} par: {times:.1f}×")
    return times


def as_columns(task: Task) -> pd.DataFrame:
    """Return what a reading and its record say as plain columns: all that the peers get, and all that we use."""
    return pd.DataFrame(
        {
            "id": record.id,
            "source": record.source,
            "place": ", ".join(reading.places),
            "first": min(d.start.toordinal() for d in reading.dates),
            "last": max(d.end.toordinal() for d in reading.dates),
            "text": record.text,
        }
        for record, reading in zip(task.records, task.readings, strict=True)
    )


def candidates(columns: pd.DataFrame, same_place: bool) -> int:
    """Return how many pairs have days no further apart than the neighbourhood, at one place or at any two."""
    number = 0
    groups = columns.groupby("place") if same_place else [("", columns)]
    for _, group in groups:
        rows = group.sort_values("first", kind="stable")
        last = rows["first"].to_numpy().searchsorted(rows["last"].to_numpy() + NEIGHBOURHOOD, side="right")
        number += int(last.sum()) - len(rows) * (len(rows) + 1) // 2
    return number


def _ours(task: Task) -> Steps:
    """Do the task once from records, and once more step by step, as far as `weigh`."""
    watch, nobody = Watch(), np.array([], dtype=np.int64)
    with watch.step("all"):
        linkage.score(task.records, task.readings)
    with watch.step("columns"):
        table = Table.of(task.records, task.readings)
    with watch.step("weigh"):
        weigh(table, Answers(nobody, nobody))
    return watch.steps


def _right(task: Task) -> dict[str, float]:
    """Return our F1: of what is joined without asking, and ranked as the peers' pairs are."""
    source = {r.id: r.source for r in task.records}
    scored = linkage.score(task.records, task.readings)
    joined = {(p.left, p.right) for p in scored if p.band == "sure" and source[p.left] != source[p.right]}
    f1 = 2 * len(joined & task.truth) / (len(joined) + len(task.truth))
    frame = pd.DataFrame({"a": p.left, "b": p.right, "score": p.score + (p.band == "sure")} for p in scored)
    ranked = judge(frame, source, task.truth)
    return {"ours_f1": round(f1, 4), "ours_f1_ranked": round(ranked["f1"], 4)}


class _Peer:
    """A peer at work in its own environment: ready, and waiting for the next round."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self.name, self.process = name, process
        self.once: dict[str, tuple[float, float]] = self._said()

    def round(self) -> Steps:
        """Let it do the task once, and return what that took."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        steps: Steps = self._said()
        return {**steps, "all": (sum(s[0] for s in steps.values()), sum(s[1] for s in steps.values()))}

    def result(self) -> dict[str, Any]:
        """Return how right its pairs were; no more rounds after that."""
        assert self.process.stdin
        self.process.stdin.close()
        return self._said()

    def _said(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} broke off; it says above why")
        said: dict[str, Any] = json.loads(line)
        return said


@contextmanager
def _peer(name: str, task: Task, *, same_place: bool) -> Iterator[_Peer]:
    """Give a peer the task in its own environment, and end it afterwards."""
    given = {"near": NEIGHBOURHOOD, "same_place": same_place, "truth": sorted(task.truth)}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump({**given, "records": as_columns(task).to_dict("list")}, file)
        file.flush()
        command = [str(PEERS), "-m", "tests.bench_peers", name, file.name]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        with process:
            try:
                yield _Peer(name, process)
            finally:
                process.kill()


def profile(size: int, top: int = 14) -> None:
    """Print where our own time goes on the task of so many events."""
    task = evaluate_linkage.build(size, SEED)
    watch = cProfile.Profile()
    watch.runcall(linkage.score, task.records, task.readings)
    pstats.Stats(watch).sort_stats("tottime").print_stats(top)
