"""Measure that the outbox keeps its word: `python -m tests.chaos --rounds N --seed S [--database URL]`.

Real worker processes publish editions to servers that fail on command; they are killed at every step, two at a time,
with clocks that jump, a database that is restarted and a disk that is full. Then the system settles and is judged from
outside: what a reader sees, against what both parties approved. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, nullcontext
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from tests.chaos_chapter import Chapter
from tests.chaos_databases import databases
from tests.chaos_flows import prefect_server
from tests.chaos_mastodon import mastodon
from tests.chaos_promise import Tally, write_drafts
from tests.chaos_servers import outside
from tests.chaos_workers import BROKEN

_CHAPTER_ROUNDS = 12
_WRONG = ("duplicates_visible", "lost", "unapproved", "wrong_state", "leftover")


def run(chapters: Sequence[tuple[int, int, int]], seed: str, database: str | None, broken: str) -> Tally:
    """Run chapters (number, rounds, how many of them through flows) one after the other and return what was counted."""
    tally = Tally()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lofteskoll-chaos-")))
        made = stack.enter_context(databases(work, database))
        upstream = stack.enter_context(mastodon())
        with outside(work / "published", mastodon=upstream) as servers:
            ports = servers.ports
            made.prepare(partial(write_drafts, work / "config", servers))
        for number, rounds, flows in chapters:
            url = made.fresh()
            with (
                outside(work / f"published-{number}", ports, upstream) as servers,
                prefect_server(work, tally.flow_runs) if flows else nullcontext("") as api,
            ):
                config = work / "config" / "municipalities" / "strangnas.toml"
                text = config.read_text()
                config.write_text(text.replace(_root(text), f"{work}/published-{number}"))
                chapter = Chapter(f"{seed}/{number}", work / "config", made, url, servers, tally, broken)
                before = len(tally.violations)
                for count in range(rounds):
                    # What follows a violation is no news.
                    if len(tally.violations) == before:
                        chapter.round(count + 1, last=count == rounds - 1, api=api if count < flows else "")
                chapter.count_doubts()
                tally.numbers["published"] += sum(row.state in ("published", "retracted") for row in chapter.outbox())
            made.drop(url)
            print(f"kapitel {number}: {rounds} omgångar", file=sys.stderr, flush=True)
    return tally


def _root(text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith("folder = ")).split('"')[1].rpartition("/")[0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for, print the figures, and return 0 when nothing was wrong."""
    scope = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    scope.add_argument("--scope", choices=("publishing", "operations"), default="publishing")
    chosen, rest = scope.parse_known_args(arguments)
    if chosen.scope == "operations":
        from tests import chaos_operations

        return chaos_operations.main(rest)
    asked = _arguments(rest)
    began = time.monotonic()
    plan = [
        (n, _part(n, asked.rounds), min(_part(n, asked.rounds), _part(n, asked.flows)))
        for n in range(-(-asked.rounds // _CHAPTER_ROUNDS))
    ]
    if asked.chapter is not None:
        plan = [(asked.chapter, _CHAPTER_ROUNDS, _part(asked.chapter, asked.flows))]
    shares = [plan[job :: asked.jobs] for job in range(min(asked.jobs, len(plan)))]
    if len(shares) == 1:
        tallies = [run(plan, asked.seed, asked.database, asked.broken)]
    else:
        with ProcessPoolExecutor(len(shares), mp_context=get_context("fork")) as pool:
            tallies = list(
                pool.map(run, shares, *([v] * len(shares) for v in (asked.seed, asked.database, asked.broken)))
            )
    return _report(tallies, time.monotonic() - began)


def _part(chapter: int, whole: int) -> int:
    """Return how many of so many rounds fall into a chapter."""
    return max(0, min(_CHAPTER_ROUNDS, whole - chapter * _CHAPTER_ROUNDS))


def _report(tallies: Sequence[Tally], seconds: float) -> int:
    whole = Tally()
    for tally in tallies:
        whole.numbers += tally.numbers
        whole.deaths += tally.deaths
        whole.crashes += tally.crashes
        whole.flow_runs += tally.flow_runs
        whole.violations += tally.violations
    for what, number in whole.crashes.most_common(20):
        print(f"crashed {number}: {what}", file=sys.stderr)
    shown = {
        name: whole.numbers[name] for name in ("rounds", "kills", "faults", "published", *_WRONG, "uncertain_left")
    }
    # X is the one that gives no proof: of its uncertain attempts, how many no person was asked about.
    doubts, looked = whole.numbers["uncertain_x"], whole.numbers["uncertain_x_settled_by_look"]
    extra = {
        "settled_by_lookup": round(looked / doubts, 3) if doubts else None,
        "killed_at": dict(whole.deaths.most_common()),
        "flow_runs": dict(whole.flow_runs),
        **{k: v for k, v in sorted(whole.numbers.items()) if k not in shown},
        "seconds": round(seconds, 1),
    }
    print(json.dumps({**shown, **extra}, ensure_ascii=False))
    return 1 if whole.violations else 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument(
        "--scope", help="operations: faults of the whole installation (its own --help); else publishing"
    )
    parser.add_argument("--rounds", type=int, default=100, help="editions to take through the storm (100)")
    parser.add_argument("--seed", default="1", help="the same seed makes the same plans")
    parser.add_argument("--database", help="a PostgreSQL server's URL, or `cluster` for one of our own; else SQLite")
    parser.add_argument("--flows", type=int, default=0, help="so many of the rounds through real flow runs (0)")
    parser.add_argument("--chapter", type=int, help="run only this chapter, to see a violation again")
    parser.add_argument("--jobs", type=int, default=1, help="chapters at the same time")
    parser.add_argument("--broken", choices=sorted(BROKEN), default="", help="break a rule, to see that it is noticed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
