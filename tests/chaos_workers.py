"""The workers of a chaos run: forked from one parent that has everything loaded, and killed at points of our choosing.

A worker counts its own steps (`tick`): each transaction's begin, commit and end, each call's sending, waiting and
answer, each file. It dies by its own SIGKILL at the chosen step; the parent kills others at any moment.
"""

from __future__ import annotations

import http.client
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args

import requests
from sqlalchemy import event

from config import Config
from tasks import publish
from tasks.channels import _folder, x
from tasks.model import Publication, PublicationState
from tasks.store import Db, Store, drafts, publications

# Longer than a worker ever needs; one that is still there hangs, which is an error.
_LONGEST = 60.0


@dataclass(frozen=True)
class Fate:
    """What happens to a worker: it dies at its n-th step, or when X has its post, or at a time; or its disk is full."""

    step: int = 0
    posted: bool = False
    seconds: float = 0.0
    full_disk: bool = False


@dataclass
class Ended:
    """How a worker ended: the step at which it died ("" when it lived), and what it said when it crashed."""

    died: str = ""
    crashed: str = ""


class Worker:
    """A forked process that does one thing."""

    def __init__(self, what: Callable[[Store], None], url: str, fate: Fate, broken: str = "") -> None:
        self._reader, writer = os.pipe()
        self._ends = time.monotonic() + (fate.seconds or _LONGEST)
        self._timed = bool(fate.seconds)
        self.pid = os.fork()
        if self.pid == 0:
            _child(what, url, fate, broken, writer)
        os.close(writer)

    def wait(self) -> Ended:
        """Wait for the end, or bring it about when its time is up."""
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > self._ends:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                os.close(self._reader)
                return Ended(died="anywhere" if self._timed else "hanging")
            time.sleep(0.003)
        with os.fdopen(self._reader) as told:
            kind, _, said = told.read().partition(":")
        return Ended(died=said if kind == "died" else "", crashed=said if kind == "crashed" else "")


def _child(what: Callable[[Store], None], url: str, fate: Fate, broken: str, writer: int) -> None:
    """Do the work and end without a word to the parent's open files."""
    code = 1
    try:
        _watch(fate, writer)
        BROKEN[broken]()
        store = Store(url)
        if fate.full_disk:
            fill_disk(store.engine)
        what(store)
        code = 0
    except BaseException as error:  # a crash is an ending like any other here
        where = traceback.extract_tb(error.__traceback__)[-1]
        os.write(writer, f"crashed:{type(error).__name__} {error} ({where.name}:{where.lineno})"[:900].encode())
    finally:
        os._exit(code)


def publishing(config: Config, moments: list[datetime]) -> Callable[[Store], None]:
    """Return the work of `publish`: at each moment look through the outbox and move every row on."""

    def run(store: Store) -> None:
        for now in moments:
            with store.writing() as db:
                keys = publish.due(db, config, now)
            for key in keys:
                publish.advance(store, config, key, now)

    return run


def _watch(fate: Fate, writer: int) -> None:
    """Count the steps from here on, and die at the chosen one."""
    left = fate.step

    def tick(name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0 or (fate.posted and name == "posted"):
            os.write(writer, f"died:{name}".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    writing, send, place = Store.writing, requests.Session.send, _folder.place
    answer = http.client.HTTPConnection.getresponse

    @contextmanager
    def watched_writing(self: Store) -> Iterator[Db]:
        tick("begin")
        with writing(self) as db:
            yield db
            tick("commit")
        tick("committed")

    def watched_send(self: requests.Session, request: Any, **options: Any) -> Any:
        tick("send")
        found = send(self, request, **options)
        tick("posted" if str(request.path_url).endswith("/2/tweets") else "answered")
        return found

    def watched_answer(self: http.client.HTTPConnection) -> http.client.HTTPResponse:
        tick("sent")
        return answer(self)

    def watched_place(*given: Any) -> bool:
        tick("file")
        found = place(*given)
        tick("placed")
        return found

    vars_of: Any = (Store, requests.Session, http.client.HTTPConnection, _folder)
    for owner, name, new in zip(
        vars_of,
        ("writing", "send", "getresponse", "place"),
        (watched_writing, watched_send, watched_answer, watched_place),
        strict=True,
    ):
        setattr(owner, name, new)


def fill_disk(engine: Any) -> None:
    """Let SQLite find no room beyond the pages that it has, on one engine or on all that this process will make."""

    @event.listens_for(engine, "connect")
    def _full(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={pages}")
        cursor.close()


def _no_claim() -> None:
    """Break a rule: nobody takes a row before working on it, every word about it counts, X is not looked at first."""
    x._before = lambda *_: None
    move, send = publications.move, publish._publish

    def claim(db: Db, row: Publication, now: datetime) -> Publication | None:
        return replace(row, state="preparing" if row.state == "pending" else "sending")

    def slow(*given: Any) -> Any:
        # Time for the other worker to read the row as it was.
        time.sleep(0.5)
        return send(*given)

    def moved(db: Db, key: int, **told: Any) -> bool:
        return move(db, key, **{**told, "from_states": get_args(PublicationState), "attempt": None})

    publications.claim = claim
    publications.move = moved
    publish._publish = slow


def _expired_is_pending() -> None:
    """Break a rule: what was being sent when a worker died is sent again without a look, neither ours nor X's own."""
    x._before = lambda *_: None
    expire = publications.expire

    def broken(db: Db, now: datetime) -> int:
        found = expire(db, now)
        for row in publications.listed(db):
            if row.state == "uncertain" and "avbröts" in row.message:
                publications.move(db, row.id, from_states=["uncertain"], to="pending", now=now)
        return found

    publications.expire = broken


def _nobody_asked() -> None:
    """Break a rule: bytes leave the house without both parties' words."""

    def unapproved(db: Db, row: Publication) -> Any:
        made = drafts.rendered(db, row.draft_id, row.revision, row.channel)
        return tuple(replace(o, body=o.body.replace(b"l\xc3\xb6fte", b"l\xc3\xb6ftet")) for o in made)

    publish._approved_outputs = unapproved


BROKEN: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "claim": _no_claim,
    "expire": _expired_is_pending,
    "approval": _nobody_asked,
}
