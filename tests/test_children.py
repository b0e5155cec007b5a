"""The processes under `lofteskoll up`: one that dies is started again, and a second installation is refused."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.children import Child
from flows.living import _refuse_taken
from tasks.model import Trouble

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    """A process that lives until it is ended."""
    made = Child("Provet", SLEEPS, tmp_path / "log" / "prov.log", pause=0.0)
    yield made
    made.stop()


def restarted(child: Child) -> bool:
    """Look until it is started again, for some seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if child.look():
            return True
        time.sleep(0.02)
    return False


def test_one_that_is_killed_is_started_again(child: Child, capsys: pytest.CaptureFixture[str]) -> None:
    """And it is said, with where to look."""
    before = child.pid
    assert not child.look()
    os.kill(before, signal.SIGKILL)
    assert restarted(child)
    assert child.pid != before and not child.look()
    assert "Provet dog (signal 9) och startas igen" in capsys.readouterr().err


def test_one_that_dies_at_its_start_is_not_started_without_end(tmp_path: Path) -> None:
    """It is tried again after a pause, not at every look."""
    made = Child("Provet", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "prov.log", pause=60)
    time.sleep(0.5)
    assert not any(made.look() for _ in range(50))
    made.stop()


def test_what_is_stopped_is_gone(child: Child) -> None:
    """By its pid, gently."""
    child.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_a_second_installation_on_the_same_ports_is_refused() -> None:
    """It would take the first one's Prefect server for its own, and stop its schedules when it ends."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Trouble, match=r"redan i gång .* --port"):
            _refuse_taken(taken.getsockname()[1], "--port")
