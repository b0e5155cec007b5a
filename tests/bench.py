"""How fast evidence and linkage are against their peers, the review under fifty reviewers, storing, the whole country.

`python -m tests.bench evidence | linkage | review | storing | country | soak`
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from tests import bench_evidence, bench_review


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one bench and print its report, the last line one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("what", choices=("evidence", "linkage", "review", "storing", "country", "soak"))
    parser.add_argument("--sizes", type=int, nargs="+", default=list(bench_evidence.SIZES), help="records, for growth")
    parser.add_argument("--events", type=int, default=0, help="so many of the real events (0: the default)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each comparison; the median counts")
    parser.add_argument("--seeds", type=int, nargs="+", help="linkage: F1 on these draws of the events, nothing else")
    parser.add_argument("--growth", action="store_true", help="linkage: growth over --sizes and memory, nothing else")
    parser.add_argument("--seconds", type=float, default=60, help="review: how long they click")
    parser.add_argument("--reviewers", type=int, default=50, help="review: how many at once")
    parser.add_argument("--think", type=float, default=bench_review.THINK_SECONDS, help="review: mean think time, s")
    parser.add_argument("--databases", nargs="+", choices=bench_review.DATABASES, default=bench_review.DATABASES)
    parser.add_argument("--promises", type=int, default=290, help="country: how many")
    parser.add_argument("--records", type=int, default=0, help="country, storing: how many (0: the default)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="country: processes that share the work")
    parser.add_argument("--polls", type=int, default=10_000, help="soak: how many")
    parser.add_argument("--profile", action="store_true", help="print where our own time goes, and nothing else")
    chosen = parser.parse_args(arguments)
    if chosen.what == "review":
        found = bench_review.run(chosen.reviewers, chosen.seconds, chosen.think, chosen.databases)
        print(json.dumps(found, ensure_ascii=False))
    elif chosen.what in ("storing", "country", "soak"):
        print(json.dumps(_growth(chosen)))
    elif chosen.what == "linkage":
        _linkage(chosen)
    elif chosen.profile:
        bench_evidence.profile(chosen.events)
    else:
        print(json.dumps(bench_evidence.run(chosen.sizes, chosen.repeats, chosen.events)))
    return 0


def _linkage(chosen: argparse.Namespace) -> None:
    """Run the bench of linkage, or the part of it that is wanted."""
    from tests import bench_linkage, bench_linkage_growth

    sizes = (chosen.events,) if chosen.events else bench_linkage.SIZES
    if chosen.profile:
        bench_linkage.profile(sizes[-1])
    elif chosen.seeds:
        print(json.dumps(bench_linkage.over_seeds(chosen.seeds, chosen.events or bench_linkage.SIZES[1])))
    elif chosen.growth:
        print(json.dumps(bench_linkage_growth.run(chosen.sizes)))
    else:
        print(json.dumps(bench_linkage.run(sizes, chosen.repeats)))


def _growth(chosen: argparse.Namespace) -> dict[str, Any]:
    """Run one of the benches of growth, and return what it says."""
    from tests import bench_country, bench_soak, bench_storing

    if chosen.what == "storing":
        return bench_storing.run(chosen.records or bench_storing.RECORDS, chosen.repeats)
    if chosen.what == "soak":
        return bench_soak.run(chosen.polls)
    records = chosen.records or bench_country.RECORDS
    return bench_country.run(chosen.promises, records, chosen.databases, chosen.workers)


if __name__ == "__main__":
    sys.exit(main())
