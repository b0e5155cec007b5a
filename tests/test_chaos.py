"""A short storm on both databases, and the proof that the instrument sees what a broken rule does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import absent
from tests.posting import ROOT

pytestmark = pytest.mark.slow


def chaos(*arguments: str) -> tuple[dict[str, Any], str]:
    """Run the instrument and return its last line and all that it said."""
    # A process of its own: the workers are forked, and the tests' own process has threads.
    ran = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stdout, ran.stderr
    said = ran.stdout.splitlines()
    figures: dict[str, Any] = json.loads(said[-1])
    return figures, "\n".join(said[:-1])


@pytest.mark.parametrize("database", ["sqlite", "cluster"])
def test_nothing_is_twice_lost_or_unapproved_after_a_storm(database: str) -> None:
    """Killed workers, failing servers, clocks that jump: what readers see is what both parties approved, once."""
    if database == "cluster" and not (shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))):
        absent("PostgreSQL is not installed")
    how = ["--flows", "1"] if database == "sqlite" else ["--database", database]
    figures, said = chaos("--rounds", "3", "--seed", "kort", *how)
    wrong = {k: figures[k] for k in ("duplicates_visible", "lost", "unapproved", "wrong_state", "leftover")}
    assert not any(wrong.values()), said
    assert sum(figures["flow_runs"].values()) >= (database == "sqlite")
    assert figures["rounds"] == 3 and figures["published"] >= 4 and figures["kills"] + figures["faults"], figures


@pytest.mark.parametrize(("broken", "kind"), [("expire", "duplicates_visible"), ("approval", "unapproved")])
def test_a_broken_rule_is_noticed(broken: str, kind: str) -> None:
    """A dead sender's row that is sent again unseen shows twice; bytes that nobody approved are seen as such."""
    figures, said = chaos("--rounds", "1", "--seed", "trasig", "--broken", broken)
    assert figures[kind] >= 1 and "frö trasig/" in said
