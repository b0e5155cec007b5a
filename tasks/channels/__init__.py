"""The shelf of channels: one module per kind, and the file name is the registration.

A module whose name begins with an underscore belongs to the shelf and is no kind.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol, cast

from config.schema import Channel
from tasks.channels._measure import Measure
from tasks.model import Output, Publication, Receipt, Refused


class Kind(Protocol):
    """What every channel module offers; `outputs` are the stored approved bytes, `folder` the working directory."""

    @property
    def ABSENCE_IS_PROOF(self) -> bool:  # a module constant, hence its case
        """Whether one look in vain shows that nothing went out; else a second one does, or a person decides."""

    def check(self, channel: Channel) -> list[str]:
        """Return what is wrong with the channel's configuration, in Swedish; nothing is sent."""

    def fits(self, channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
        """Return what would make the channel refuse these outputs later, in Swedish."""

    def prepare(self, channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
        """Make the hidden draft where the channel has such a phase; raises Refused, Unavailable, Uncertain."""

    def publish(self, channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
        """Send the outputs once; raises Refused, Unavailable, Uncertain."""

    def find(
        self, channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path
    ) -> Receipt | None:
        """Read the public object back; None when it isn't there, Unavailable when nobody answers."""

    def retract(self, channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
        """Take the public object away, or put `outputs` (a notice, for a site) in its place; safe to repeat.

        Receipt("retracted") when it is gone or never was there, Receipt("by_hand", message=what to do) where the
        channel can't; raises Refused, Unavailable, Uncertain.
        """


@cache
def kinds() -> tuple[str, ...]:
    """Return the names of all channel kinds, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_")))


def kind(name: str) -> Kind:
    """Return the module of that kind; raises Refused, naming the known kinds, when there is none."""
    if name not in kinds():
        raise Refused(f"Kanalsorten {name!r} finns inte. Använd någon av: {', '.join(kinds())}.")
    return cast(Kind, importlib.import_module(f"{__name__}.{name}"))


def measure(channel: Channel, text: str) -> Measure:
    """Return how long a post is, by the kind's own `measure(channel, text)` where it has one; else in characters."""
    own: Callable[[Channel, str], Measure] | None = getattr(kind(channel.kind), "measure", None)
    return own(channel, text) if own else Measure(len(text))


def clock(channel: Channel) -> datetime | None:
    """Return what time it is at the channel, by the kind's own `clock(channel)`; None where the kind has none.

    Two looks a while apart are held against it, since our own clock may jump. Raises Unavailable.
    """
    own: Callable[[Channel], datetime | None] | None = getattr(kind(channel.kind), "clock", None)
    return own(channel) if own else None
