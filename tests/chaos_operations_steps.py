"""Processes that stop at a step of our choosing: there something is broken around them, or they are killed.

A step is a transaction's begin, its first statement, its commit and its end; a file's and a call's before and after.
The run's clock is shared: every process reads it where the product asks for the time.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

from prefect import Task
from sqlalchemy import text

from flows import artifacts
from tasks import store as store_module
from tasks.channels import _folder
from tasks.http import Http
from tasks.store import Db, Store

# Longer than anything here needs; what is still there hangs.
LONGEST = 90.0
# SQLite's patience where a lock shall outlast it; elsewhere two processes wait for each other as they always do.
HASTY_MS, PATIENT_MS = 700, 30_000
_PROCESSES = get_context("fork")
_NO_LIMIT = 1_073_741_823


class Shared:
    """What the run and its processes share: the time, the countdown to the step, whether the disk is full."""

    def __init__(self, now: datetime) -> None:
        self._now = _PROCESSES.Value("d", now.timestamp())
        self.armed = _PROCESSES.Value("i", 0)
        self.full = _PROCESSES.Value("i", 0)
        self.busy_ms = PATIENT_MS

    @property
    def now(self) -> datetime:
        """The run's time."""
        return datetime.fromtimestamp(self._now.value, UTC)

    @now.setter
    def now(self, moment: datetime) -> None:
        self._now.value = moment.timestamp()


@dataclass
class Ended:
    """How a process ended: whether it did its work, the steps it took, and what it said when it could not."""

    done: bool = False
    steps: tuple[str, ...] = ()
    crashed: str = ""
    killed: bool = False
    hung: bool = False


class Process:
    """A forked process that does one thing; it stops at its n-th step until told to go on."""

    def __init__(
        self, what: Callable[[], None], shared: Shared, *, stop_at: int = 0, ahead: timedelta = timedelta()
    ) -> None:
        self._says, says = os.pipe()
        goes, self._go = os.pipe()
        self._heard = ""
        with shared.armed.get_lock():
            shared.armed.value = stop_at
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._says)
            os.close(self._go)
            _child(what, shared, ahead, says, goes)
        os.close(says)
        os.close(goes)

    def reach(self, seconds: float = LONGEST) -> str:
        """Wait until it stands at its step and return the step's name; empty when it ended before."""
        return self._hear("at:", seconds)

    def go(self) -> None:
        """Let it go on."""
        os.write(self._go, b".")

    def kill(self) -> None:
        """End it as a power cut would."""
        if not self._reaped:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float = LONGEST) -> Ended:
        """Wait for its end, or end it when it takes too long."""
        said = self._hear("end:", seconds)
        hung = not said and not self.is_over()
        if hung:
            self.kill()
        if not self._reaped:
            os.waitpid(self.pid, 0)
        os.close(self._says)
        os.close(self._go)
        if hung:
            return Ended(hung=True)
        if not said:
            return Ended(killed=True)
        kind, _, rest = said.partition("|")
        if kind == "done":
            return Ended(done=True, steps=tuple(s for s in rest.split(",") if s))
        return Ended(crashed=rest)

    _reaped = False

    def is_over(self) -> bool:
        """Whether it has ended."""
        if not self._reaped:
            # A killed process closes its pipe a moment before it can be waited for.
            deadline = time.monotonic() + 2
            while not self._reaped and time.monotonic() < deadline:
                self._reaped = os.waitpid(self.pid, os.WNOHANG)[0] != 0
                time.sleep(0.005)
        return self._reaped

    def _hear(self, kind: str, seconds: float) -> str:
        deadline = time.monotonic() + seconds
        while True:
            for line in self._heard.split("\n")[:-1]:
                if line.startswith(kind):
                    return line.removeprefix(kind)
                if line.startswith("end:") and kind != "end:":
                    return ""
            ready, _, _ = select.select([self._says], [], [], max(0.0, deadline - time.monotonic()))
            more = os.read(self._says, 65536) if ready else b""
            if not more:
                return ""
            self._heard += more.decode()


def _child(what: Callable[[], None], shared: Shared, ahead: timedelta, says: int, goes: int) -> None:
    code = 1
    try:
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
        store_module._BUSY_MS = shared.busy_ms
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        steps = _watch(shared, says, goes)
        _set_clock(lambda: shared.now + ahead)
        _without_engine()
        what()
        os.write(says, f"end:done|{','.join(steps)}\n".encode())
        code = 0
    except BaseException as error:  # a crash is an ending like any other here
        where = traceback.extract_tb(error.__traceback__)[-1]
        told = " ".join(f"{type(error).__name__} {error} ({where.name}:{where.lineno})".split())
        os.write(says, f"end:crashed|{told[:900]}\n".encode())
    finally:
        os._exit(code)


def _watch(shared: Shared, says: int, goes: int) -> list[str]:
    """Count the steps from here on, and stop at the chosen one."""
    steps: list[str] = []

    def tick(name: str) -> None:
        steps.append(name)
        with shared.armed.get_lock():
            stop = shared.armed.value == 1
            shared.armed.value = max(0, shared.armed.value - 1)
        if stop:
            os.write(says, f"at:{name}\n".encode())
            os.read(goes, 1)

    writing, place, request = Store.writing, _folder.place, Http.request

    @contextmanager
    def watched_writing(self: Store) -> Iterator[Db]:
        tick("begin")
        with writing(self) as db:
            tick("begun")
            _limit(db, full=bool(shared.full.value))
            yield db
            tick("commit")
        tick("committed")

    def watched_place(*given: Any) -> bool:
        tick("file")
        found = place(*given)
        tick("placed")
        return found

    def watched_request(self: Http, *given: Any, **more: Any) -> Any:
        tick("ask")
        found = request(self, *given, **more)
        tick("asked")
        return found

    owners: Any = (Store, _folder, Http)
    watched = (watched_writing, watched_place, watched_request)
    for owner, name, new in zip(owners, ("writing", "place", "request"), watched, strict=True):
        setattr(owner, name, new)
    return steps


def _limit(db: Db, *, full: bool) -> None:
    """Let SQLite find no room beyond the pages that it has, or all the room again."""
    if db.dialect.name == "sqlite":
        pages = db.execute(text("PRAGMA page_count")).scalar_one() if full else _NO_LIMIT
        db.execute(text(f"PRAGMA max_page_count={pages}"))


def _set_clock(now: Callable[[], datetime]) -> None:
    """Put the run's clock wherever the product reads one."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return now().astimezone(tz)

    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("tasks", "flows") and getattr(module, "datetime", None) is datetime:
            module.datetime = Clock


def _without_engine() -> None:
    """Run a flow's body and its tasks as the functions they are: what a scene breaks here isn't Prefect."""

    def plain(self: Task[Any, Any], *given: Any, **more: Any) -> Any:
        return self.fn(*given, **more)

    Task.__call__ = plain
    # They stand in Prefect, beside the run that isn't there.
    for name in ("create_table_artifact", "create_markdown_artifact"):
        setattr(artifacts, name, lambda **_given: None)
