"""One at a time: handlers take turns at Python, and whoever waits long for the database loses the turn meanwhile.

The interpreter runs one thread at a time however many there are, and every switch between them costs: eight handlers
that render at once take a quarter longer together than one after the other, and each waits for all of them. Who waits
for a flow that writes, though, must not keep the others waiting; and who comes back from there goes first, since the
locks that it may hold keep others waiting in their turn.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from fastapi.routing import APIRoute

_P = ParamSpec("_P")
_R = TypeVar("_R")

# A plain question is answered within a millisecond: to queue up again after each would cost more than it gives.
_PATIENCE_SECONDS = 0.02


class _Turn:
    """What one thread has at a time; a queue of those who wait for it, each with a condition of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Condition] = deque()
        self._holder: int | None = None
        self._away_since: float | None = None

    def take(self, *, first: bool = False) -> None:
        """Wait for the turn, at the head of the queue when `first`."""
        with self._lock:
            me = threading.Condition(self._lock)
            if first:
                self._waiting.appendleft(me)
            else:
                self._waiting.append(me)
            while self._waiting[0] is not me or not self._is_free():
                # Only who is next looks whether the holder has been away for too long; nobody tells.
                me.wait(_PATIENCE_SECONDS if self._waiting[0] is me else None)
            self._waiting.popleft()
            self._holder, self._away_since = threading.get_ident(), None
            self._call_next()

    def give(self) -> None:
        """Let the next one have it."""
        with self._lock:
            self._holder = self._away_since = None
            self._call_next()

    def is_mine(self) -> bool:
        """Tell whether this thread has it."""
        return self._holder == threading.get_ident()

    def leave(self) -> None:
        """Keep it, but let it be taken after a while."""
        with self._lock:
            self._away_since = monotonic()

    def come_back(self) -> None:
        """Go on with it, or wait for it when it was taken."""
        with self._lock:
            if self.is_mine():
                self._away_since = None
                return
        self.take(first=True)

    def _is_free(self) -> bool:
        if self._holder is None:
            return True
        return self._away_since is not None and monotonic() - self._away_since >= _PATIENCE_SECONDS

    def _call_next(self) -> None:
        if self._waiting:
            self._waiting[0].notify()


# One for the process, as the interpreter's own lock is.
_TURN = _Turn()


class Turned(APIRoute):
    """A route whose handler waits for its turn; one that is a coroutine runs between the others anyway."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **about: Any) -> None:
        super().__init__(path, endpoint if iscoroutinefunction(endpoint) else in_turn(endpoint), **about)


def in_turn(work: Callable[_P, _R], *, first: bool = False) -> Callable[_P, _R]:
    """Return a function that does the work when its turn has come, before all who wait when `first`."""

    @wraps(work)
    def waiting(*given: _P.args, **named: _P.kwargs) -> _R:
        _TURN.take(first=first)
        try:
            return work(*given, **named)
        finally:
            _TURN.give()

    return waiting


def is_mine() -> bool:
    """Tell whether this thread has the turn."""
    return _TURN.is_mine()


@contextmanager
def given_away() -> Iterator[None]:
    """Let others have the turn when this takes long, as a database may; whoever has none gives none."""
    if not _TURN.is_mine():
        yield
        return
    _TURN.leave()
    try:
        yield
    finally:
        _TURN.come_back()
