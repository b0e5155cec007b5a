"""The outside of a chaos run: a process of its own with X, Facebook, Optimizely and a shelf of files on loopback.

The networks' own guards against repeated text are switched off: they would hide from a reader what we send twice.
"""

from __future__ import annotations

import json
import mimetypes
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests

from tests import facebook_server, x_server
from tests.chaos_mastodon import ForgetfulProxy
from tests.facebook_server import OurFacebookServer
from tests.misbehaving import Answer, Misbehaving, Request
from tests.optimizely_server import BIN, OurOptimizelyServer
from tests.x_server import OurXServer

PAGE, TOKEN, PLACE = facebook_server.PAGE, facebook_server.TOKEN, 1234
# What each server is told to do wrong: passing troubles, and those after which a person must act.
_PASSING = (
    "500",
    "500-after",
    "timeout",
    "timeout-after",
    "reset",
    "reset-after",
    "truncated",
    "garbage",
    "no-id",
    "slow",
)
FAULTS: Mapping[str, tuple[str, ...]] = {
    "x": (*_PASSING, "429", "503", "html-500"),
    "mastodon": (*_PASSING, "429", "503"),
    "facebook": (*_PASSING, "fb4", "fb1", "fb2", "fb80001"),
    "optimizely": (*_PASSING, "429"),
}  # fmt: skip
LASTING: Mapping[str, tuple[str, ...]] = {
    "x": ("401", "402", "403"),
    "facebook": ("fb190-463", "fb200", "fb368"),
    "mastodon": ("401", "403"),
    "optimizely": ("403", "400", "expired"),
}
READ_FAULTS: Mapping[str, tuple[str, ...]] = {
    "x": ("500", "timeout", "reset", "truncated", "garbage", "429"),
    "facebook": ("500", "timeout", "reset", "truncated", "garbage", "fb4"),
    "mastodon": ("500", "timeout", "reset", "truncated", "garbage", "429"),
    "optimizely": ("500", "timeout", "reset", "truncated", "429"),
    "shelf": ("500", "timeout", "reset", "truncated", "503"),
}


class _Steered(Misbehaving):
    """A server that can be told to behave again, and whose clock is the run's."""

    settings = (*Misbehaving.settings, "now")
    now = 0.0

    def clock(self) -> float:
        """Return what time it is in the run."""
        return self.now or super().clock()

    def control(self, request: Request) -> Answer:
        """Answer a call of the one who runs the tests."""
        if request.where.endswith("/calm"):
            left = sum(map(bool, (*self.faults, *self.read_faults)))
            self.faults.clear()
            self.read_faults.clear()
            return Answer(200, {"left": left})
        if request.where.endswith("/remove"):
            with self.lock:
                self.remove(json.loads(request.body)["what"])
            return Answer(200, {})
        return super().control(request)

    def remove(self, what: str) -> None:
        """Take something away as a person would by hand."""
        raise NotImplementedError

    def moment(self) -> datetime | None:
        """Return what time it is in the run."""
        return datetime.fromtimestamp(self.now, UTC) if self.now else None


class _X(_Steered, OurXServer):
    settings = (*_Steered.settings, "posts_per_window", "lag_seconds")
    # How old a post is before look-ups show it.
    lag_seconds = 0

    def visible(self) -> list[str]:
        """Forget: a guard that usually refuses repeated text is no promise."""
        return []

    def indexed(self, post: x_server.Post) -> bool:
        """Return whether a post is old enough to be shown."""
        return self.now - post.created_at.timestamp() >= self.lag_seconds

    def add(self, text: str, created_at: datetime | None = None, *, retweet: bool = False) -> x_server.Post:
        """Store a post at the run's own time."""
        return super().add(text, created_at or self.moment(), retweet=retweet)

    def remove(self, what: str) -> None:
        """Delete a post by its number."""
        self.posts = [post for post in self.posts if post.id != what]


class _Facebook(_Steered, OurFacebookServer):
    def visible(self) -> list[str]:
        """Forget, as X does."""
        return []

    def remove(self, what: str) -> None:
        """Delete a post by its number."""
        self.posts = [post for post in self.posts if post.id != what]


class _Mastodon(_Steered, ForgetfulProxy):
    """The Mastodon that isn't ours behind a proxy of ours."""


class _Optimizely(_Steered, OurOptimizelyServer):
    def remove(self, what: str) -> None:
        """Throw the pages away whose text holds `what`."""
        for content in self.pages.values():
            if not content.file and any(what in str(v.values) for v in content.versions.values()):
                content.parent = BIN

    def control(self, request: Request) -> Answer:
        """Answer a call of whoever runs the tests; on `tidy` an editor empties the wastebasket and drops drafts."""
        if not request.where.endswith("/tidy"):
            return super().control(request)
        with self.lock:
            self.pages = {k: c for k, c in self.pages.items() if c.file or (c.parent != BIN and c.public)}
            for content in self.pages.values():
                content.draft = next((k for k, v in content.versions.items() if v is content.public), content.draft)
        return Answer(200, {})


class _Shelf(_Steered):
    """A plain web server over a folder."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root

    def refusal(self, fault: str) -> Answer:
        """Return a bare failure."""
        return Answer(int(fault), b"<html>Service error</html>", {"Content-Type": "text/html"})

    def respond(self, request: Request) -> Answer:
        """Answer with a file, or the folder's page."""
        target = self.root / request.where.lstrip("/")
        target = target / "index.html" if request.where.endswith("/") else target
        if not target.is_file():
            return Answer(404, b"<h1>Sidan finns inte</h1>", {"Content-Type": "text/html"})
        return Answer(200, target.read_bytes(), {"Content-Type": mimetypes.guess_type(target)[0] or "text/plain"})

    def remove(self, what: str) -> None:
        """Nothing: the folder is the test's own."""


class Outside:
    """The running servers as the run sees them: their addresses, what to do wrong, and what a reader sees."""

    def __init__(self, ports: Mapping[str, int], root: Path) -> None:
        self.ports = ports
        self.root = root
        self._calls = requests.Session()

    def url(self, name: str) -> str:
        """Return a server's address."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def tell(self, name: str, order: str, /, **told: Any) -> dict[str, Any]:
        """Give a server an order."""
        answer = self._calls.post(f"{self.url(name)}/_ours/{order}", json=told, timeout=10)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def state(self, name: str) -> Any:
        """Return what a reader sees."""
        return self._calls.get(f"{self.url(name)}/_ours/state", timeout=10).json()["visible"]

    def calm(self) -> int:
        """Let every server behave; return how many faults nobody met."""
        self.tell("x", "settings", lag_seconds=0)
        return sum(int(self.tell(name, "calm")["left"]) for name in self.ports)

    def clock(self, now: datetime) -> None:
        """Set the networks' clocks."""
        self.tell("x", "settings", now=now.timestamp(), reset_at=int(now.timestamp()) + 900)
        for name in self.ports.keys() & {"facebook", "mastodon"}:
            self.tell(name, "settings", now=now.timestamp())


@contextmanager
def outside(root: Path, ports: Mapping[str, int] | None = None, mastodon: str = "") -> Iterator[Outside]:
    """Run the servers in a process of their own, empty, on the same ports as last time where those are given.

    `mastodon` is the address of the Mastodon that isn't ours, where there is one.
    """
    processes = get_context("fork")
    ours, theirs = processes.Pipe()
    running = processes.Process(target=_serve, args=(theirs, root, dict(ports or {}), mastodon), daemon=True)
    running.start()
    theirs.close()
    try:
        yield Outside(ours.recv(), root)
    finally:
        running.kill()
        running.join()
        ours.close()


def _serve(pipe: Connection, root: Path, ports: dict[str, int], mastodon: str) -> None:
    # What killed clients leave behind is no news.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    parent = os.getppid()
    made: dict[str, Misbehaving] = {
        "x": _X(),
        "facebook": _Facebook(),
        "optimizely": _Optimizely(),
        "shelf": _Shelf(root),
        **({"mastodon": _Mastodon(mastodon)} if mastodon else {}),
    }
    for name, server in made.items():
        server.hang_seconds, server.slow_seconds = 0.6, 0.25
        server.start(ports.get(name, 0))
    pipe.send({name: int(server.url.rpartition(":")[2]) for name, server in made.items()})
    while os.getppid() == parent:
        time.sleep(0.5)
