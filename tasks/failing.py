"""When one of many fails: it is said in its place, and the others go on."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tasks.model import Trouble, Unavailable

_What = TypeVar("_What")
_Made = TypeVar("_Made")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failed:
    """A piece of work that could not be done, and the kind of error; the text of an error may hold anything."""

    subject: str
    error: str


def each(wanted: Iterable[_What], work: Callable[[_What], _Made]) -> list[_Made | Failed]:
    """Return what `work` makes of each in turn, Failed for one that it raises on.

    Raises Unavailable at once: a database that is gone fails all alike.
    """
    made: list[_Made | Failed] = []
    for one in wanted:
        try:
            made.append(work(one))
        except Unavailable:
            raise
        except Exception as error:
            subject = one if isinstance(one, str) else "/".join(map(str, one)) if isinstance(one, tuple) else str(one)
            # Where, and what kind of error, but never its text: it may quote a record.
            frames = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s: %s\n%s", subject, type(error).__name__, frames)
            made.append(Failed(subject, str(error) if isinstance(error, Trouble) else type(error).__name__))
    return made


def done(made: Sequence[_Made | Failed]) -> list[_Made]:
    """Return what was made where nothing failed."""
    return [one for one in made if not isinstance(one, Failed)]


def only_done(made: Sequence[_Made | Failed], what: str) -> list[_Made]:
    """Return what was made where nothing failed; Trouble naming all that did, once the others are done."""
    failed = [one for one in made if isinstance(one, Failed)]
    if failed:
        said = ", ".join(f"{one.subject} ({one.error})" for one in failed[:20])
        more = f" och {len(failed) - 20} till" if len(failed) > 20 else ""
        others = "De andra är klara." if len(made) > len(failed) else "Ingen blev klar."
        raise Trouble(f"{len(failed)} av {len(made)} gick inte att {what}: {said}{more}. {others} Loggen säger var.")
    return done(made)
