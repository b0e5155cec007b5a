"""The journal: a line of JSON for each thing that a run did, with the ids of the run and of what it was about.

Only ids, outcomes and numbers: never a text, an address or a key. A day is a file, so that many processes can write
without one that rotates. Prefect's own log stays beside it; what is written here is shown there too.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TypedDict, Unpack

from prefect.runtime import flow_run
from pythonjsonlogger.json import JsonFormatter

import config as configuration
from tasks.store import Store, runs
from tasks.store.runs import Stage

# Long enough to look into a tertial's publishing after it; the database keeps what people did for good.
KEPT_DAYS = 60
_PLAIN = re.compile(r"[\w.:/@+-]{1,300}")


class About(TypedDict, total=False):
    """What a line may hold beside its moment, its event and its run."""

    stage: str
    promise: str
    period: str
    source: str
    channel: str
    edition: int
    attempt: int
    alarm: str
    outcome: str
    # The kind of an error; its text may hold anything.
    error: str
    records: int
    new: int
    changed: int
    seconds: float


def note(event: str, **about: Unpack[About]) -> None:
    """Write one line; a value that is no id or number is left out, and trouble with the file stops no work."""
    said = {"event": event, "run": flow_run.id or "", **about}
    plain = {key: value for key, value in said.items() if not isinstance(value, str) or _PLAIN.fullmatch(value)}
    level = logging.WARNING if about.get("error") else logging.INFO
    words = " ".join(str(value) for key, value in plain.items() if key not in ("run", "seconds"))
    _journal().log(level, words, extra=plain)


@contextmanager
def at_work(
    store: Store, stage: Stage, subject: str, *, source: str = "", promise: str = "", period: str = ""
) -> Iterator[bool]:
    """Give True to the one run that may do a piece of work now, False to any other; note how it went, and how long."""
    began = time.monotonic()
    outcome = error = ""
    try:
        with runs.only_one(store, stage, subject, lambda: datetime.now(UTC)) as mine:
            yield mine
        outcome = "done" if mine else "busy"
    except BaseException as raised:
        outcome, error = "failed", type(raised).__name__
        raise
    finally:
        note(
            "work",
            stage=stage,
            source=source,
            promise=promise,
            period=period,
            outcome=outcome,
            error=error,
            seconds=round(time.monotonic() - began, 3),
        )


@cache
def _journal() -> logging.Logger:
    """Return the logger; it writes where LOFTESKOLL_LOG points, and nowhere without it."""
    journal = logging.getLogger("lofteskoll")
    journal.setLevel(logging.INFO)
    # Not on the terminal too: what is printed there is said in sentences.
    journal.propagate = False
    journal.addHandler(_Days())
    return journal


class _Days(logging.Handler):
    """Appends each line to the file of its day (UTC), in one write; the oldest files go when a new day begins."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter("%(levelname)s", rename_fields={"levelname": "level"}))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, if there is a folder to write in."""
        folder = configuration.environment("LOFTESKOLL_LOG")
        if not folder:
            return
        try:
            moment = datetime.fromtimestamp(record.created, UTC)
            file = Path(folder) / f"lofteskoll-{moment:%Y-%m-%d}.jsonl"
            if not file.exists():
                _begin(file)
            record.at = moment.isoformat(timespec="milliseconds")
            with file.open("a", encoding="utf-8") as lines:
                lines.write(f"{self.format(record)}\n")
        except OSError:
            self.handleError(record)


def _begin(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    for old in sorted(file.parent.glob("lofteskoll-*.jsonl"))[: -KEPT_DAYS + 1 or None]:
        old.unlink(missing_ok=True)
