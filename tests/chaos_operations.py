"""Measure that an installation goes on after faults: `python -m tests.chaos --scope operations [--rounds N]`.

Each scene lives a working day of an installation with real processes and breaks something in the middle of everything
that is done. Afterwards the schedule runs on, and what is left is held against a day to which nothing happened: nothing
lost, nothing twice, nothing stuck, and `status` tells the story. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.chaos_databases import databases
from tests.chaos_operations_house import Tally
from tests.chaos_operations_living import living, prefect_away
from tests.chaos_operations_run import Run, empty
from tests.chaos_operations_scenes import full_database, full_folder, killed, locked, restarted
from tests.chaos_operations_time import HANGS, TALKS_NONSENSE, asleep, jumped, summer_time_ends, two_systems

_WRONG = ("lost", "twice", "wrong_state", "stuck")


@dataclass(frozen=True)
class Scene:
    """One fault as an operator would tell it, what must hold afterwards, and where it can be played."""

    name: str
    title: str
    run: Callable[[Run], None]
    where: str = "any"  # any, sqlite or cluster
    # Starts a whole living system with Prefect: a minute or more.
    living: bool = False


SCENES = (
    Scene("restart-fast", "PostgreSQL startas om mitt i allt som görs", restarted("fast"), "cluster"),
    Scene("restart-crash", "PostgreSQL kraschar och kommer tillbaka mitt i allt", restarted("immediate"), "cluster"),
    Scene("locked", "en annan process håller SQLite låst; den som skriver får sin text tillbaka", locked, "sqlite"),
    Scene("full-database", "disken under SQLite är full", full_database, "sqlite"),
    Scene("full-folder", "disken där sidorna läggs är full", full_folder),
    Scene("killed", "kill -9 av varje flöde och av granskningen mitt i arbetet", killed),
    Scene("clock-ahead", "klockan går en månad före när flödet dör, och ställs sedan rätt", jumped(timedelta(days=30))),
    Scene("clock-behind", "klockan går ett dygn efter när flödet dör", jumped(-timedelta(days=1))),
    Scene("summer-time", "natten då en timme kommer två gånger, och allt startas dubbelt", summer_time_ends),
    Scene("asleep", "datorn sover en vecka över periodens slut, och allt som missades går på en gång", asleep),
    Scene("two-systems", "två system startade av misstag på samma databas", two_systems),
    Scene("source-hangs", "en källa hänger sig i tre veckor och kommer tillbaka", HANGS),
    Scene("source-nonsense", "en källa svarar med skräp i tre veckor och kommer tillbaka", TALKS_NONSENSE),
    Scene("living", "kill -9 av Prefects server, av flödena och av hela lofteskoll up", living, living=True),
    Scene(
        "prefect-away", "Prefects server borta i timmar medan klockan går (kräver faketime)", prefect_away, living=True
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for, print the figures, and return 0 when nothing was wrong."""
    asked = _arguments(arguments)
    # Each click of a person is no news.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if asked.list:
        for scene in SCENES:
            print(f"{scene.name:<18} {scene.title}{'' if scene.where == 'any' else f' ({scene.where})'}")
        return 0
    began, tally, played = time.monotonic(), Tally(), 0
    with tempfile.TemporaryDirectory(prefix="lofteskoll-chaos-") as name, databases(Path(name), asked.database) as made:
        made.prepare(empty)
        run = Run(Path(name), made, asked.seed, tally)
        # Prefect's folder, logs and pages with relative names belong to the run.
        os.environ["PREFECT_HOME"] = str(Path(name) / "prefect")
        with chdir(name):
            for number in range(asked.rounds):
                for scene in _chosen(asked):
                    run.begin(scene.name, number + 1)
                    start, before = time.monotonic(), len(tally.violations)
                    scene.run(run)
                    played += 1
                    verdict = "håller" if len(tally.violations) == before else "FEL"
                    print(f"{scene.name:<18} {verdict:<7} {time.monotonic() - start:6.1f} s  {scene.title}", flush=True)
    figures = {"scenes": played, **{k: tally.numbers[k] for k in ("faults", "kills", *_WRONG)}}
    told = {"broken_at": dict(tally.broken.most_common()), "seconds": round(time.monotonic() - began, 1)}
    print(json.dumps({**figures, **told}, ensure_ascii=False))
    return 1 if tally.violations else 0


def _chosen(asked: argparse.Namespace) -> list[Scene]:
    here = "sqlite" if asked.database is None else "cluster" if asked.database == "cluster" else "server"
    fitting = [s for s in SCENES if s.where in ("any", here)]
    if asked.scene:
        return [s for s in fitting if s.name in asked.scene]
    if not shutil.which("mount") or os.geteuid() != 0:
        fitting = [s for s in fitting if s.name != "full-folder"]
    return [s for s in fitting if not (asked.short and s.living)]


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos --scope operations", description=(__doc__ or "").partition("\n\n")[2]
    )
    parser.add_argument("--rounds", type=int, default=1, help="how many times each scene is played (1)")
    parser.add_argument("--seed", default="1", help="the same seed breaks the same things")
    parser.add_argument("--database", help="`cluster`: a PostgreSQL server of our own; a server's URL; else SQLite")
    parser.add_argument("--scene", action="append", help="only this scene; may be given several times")
    parser.add_argument("--short", action="store_true", help="without the scenes that start a living system")
    parser.add_argument("--list", action="store_true", help="print the scenes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
