"""Where records come from: one module a kind, and the file name is its registration."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from config.schema import Source
from tasks.http import Http
from tasks.model import Parsed, Payload, Refused


class Kind(Protocol):
    """What every module here offers."""

    def fetch(self, source: Source, http: Http, folder: Path, now: datetime) -> tuple[Payload, ...]:
        """Return what the source holds now, byte for byte; `folder` is the config's, `now` is aware UTC.

        Raises Refused or Unavailable.
        """
        ...

    def parse(self, source: Source, payload: Payload) -> Parsed:
        """Return the records of a payload, computed from its bytes alone; raises only Unreadable."""
        ...

    def check(self, source: Source) -> list[str]:
        """Return what is wrong with the source's own options, in Swedish; empty when nothing is."""
        ...


@cache
def kinds() -> tuple[str, ...]:
    """Return the names of all source kinds, in order."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__)))


def kind(name: str) -> Kind:
    """Return the kind with that name; Refused names the known ones if there is none."""
    if name not in kinds():
        raise Refused(f"Källslaget {name!r} finns inte. Rätta kind till ett av: {', '.join(kinds())}.")
    return cast(Kind, importlib.import_module(f"{__name__}.{name}"))


def is_staff_written(name: str) -> bool:
    """Tell whether staff write in such a source for each other: its free text is screened before it is stored.

    What an authority has published stays as it came; none of it is shown to the other party or the public.
    """
    return getattr(kind(name), "STAFF_WRITTEN", False)
