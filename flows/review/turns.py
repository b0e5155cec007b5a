"""One at a time: handlers take turns at Python, and give the turn away while they wait for a lock of the database.

The interpreter runs one thread at a time however many there are, and every switch between them costs: eight handlers
that render at once take a quarter longer together than one after the other, and each waits for all of them. Who waits
for a flow that writes, though, must not keep the others waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar

from fastapi.routing import APIRoute

_P = ParamSpec("_P")
_R = TypeVar("_R")

# One for the process, as the interpreter's own lock is.
_TURN = threading.Lock()
_MINE = threading.local()


class Turned(APIRoute):
    """A route whose handler waits for its turn; one that is a coroutine runs between the others anyway."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **about: Any) -> None:
        super().__init__(path, endpoint if iscoroutinefunction(endpoint) else in_turn(endpoint), **about)


def in_turn(work: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return a function that does the work when its turn has come."""

    @wraps(work)
    def waiting(*given: _P.args, **named: _P.kwargs) -> _R:
        with _TURN:
            _MINE.held = True
            try:
                return work(*given, **named)
            finally:
                _MINE.held = False

    return waiting


def is_mine() -> bool:
    """Tell whether this thread has the turn."""
    return getattr(_MINE, "held", False)


@contextmanager
def given_away() -> Iterator[None]:
    """Let others have the turn meanwhile, as while a database works; whoever has none gives none."""
    if not is_mine():
        yield
        return
    _MINE.held = False
    _TURN.release()
    try:
        yield
    finally:
        _TURN.acquire()
        _MINE.held = True
