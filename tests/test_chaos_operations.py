"""A working day with faults on both databases, and the proof that the judge sees what is lost, twice or stuck."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Hashable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tasks.store import Store, runs
from tests.chaos_operations import SCENES
from tests.chaos_operations_judge import differences, standing
from tests.conftest import absent
from tests.posting import ROOT

NOW = datetime(2021, 5, 3, 6, tzinfo=UTC)


class Silent:
    """A world outside in which nobody was told anything."""

    def __init__(self, *told: str) -> None:
        self._told = list(told)

    def told(self) -> list[str]:
        """Return what people were told."""
        return self._told


def played(*arguments: str) -> tuple[dict[str, Any], str]:
    """Play scenes in a process of its own and return the last line and all that it said."""
    command = [sys.executable, "-m", "tests.chaos", "--scope", "operations", "--seed", "kort", *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stdout, ran.stderr
    said = ran.stdout.splitlines()
    figures: dict[str, Any] = json.loads(said[-1])
    return figures, "\n".join(said[:-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "scene"), [("sqlite", "locked"), ("sqlite", "killed"), ("cluster", "restart-crash")]
)
def test_after_a_day_of_faults_nothing_is_lost_twice_or_stuck(database: str, scene: str) -> None:
    """A locked file, a power cut, a database that crashed: what is left is what a quiet day leaves."""
    if database == "cluster" and not (shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))):
        absent("PostgreSQL is not installed")
    figures, said = played("--scene", scene, *(["--database", database] if database == "cluster" else []))
    assert not any(figures[k] for k in ("lost", "twice", "wrong_state", "stuck")), said
    assert figures["scenes"] == 1 and figures["faults"] >= 5, figures


def test_the_judge_sees_what_is_lost_twice_and_otherwise() -> None:
    """Each kind by its name."""
    wanted: dict[str, Counter[Hashable]] = {"records": Counter([("a", 1), ("b", 1)])}
    kinds = {
        "lost": Counter([("a", 1)]),
        "twice": Counter([("a", 1), ("b", 1), ("b", 1)]),
        "wrong_state": Counter([("a", 1), ("b", 2)]),
    }
    for kind, found in kinds.items():
        assert [one.kind for one in differences(wanted, {"records": found})] == [kind]
    assert differences(wanted, wanted) == []


def test_the_judge_sees_a_run_that_is_stuck_and_an_alarm_told_twice(sqlite_store: Store, tmp_path: Path) -> None:
    """At rest nothing runs, and nobody hears the same thing twice."""
    with runs.only_one(sqlite_store, "draft", "p/2021-T1", lambda: NOW):
        found = standing(sqlite_store, tmp_path, Silent("Källan svarar inte.", "Källan svarar inte."))
    assert [one.kind for one in found] == ["stuck", "twice"]
    assert standing(sqlite_store, tmp_path, Silent()) == []
    # Whoever was killed while telling may tell once more, and no oftener.
    for times in (2, 3):
        told = Silent(*["Källan svarar inte."] * times)
        assert bool(standing(sqlite_store, tmp_path, told, cut_short=1)) == (times == 3)


def test_every_scene_says_what_it_is() -> None:
    """An operator reads the list: a name to choose by and a sentence, each once."""
    assert len({s.name for s in SCENES}) == len({s.title for s in SCENES}) == len(SCENES)
    assert all(s.title and s.where in ("any", "sqlite", "cluster") for s in SCENES)
