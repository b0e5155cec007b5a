"""How long a post is, for who previews it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A post's length as its channel counts it, the most the channel takes (None: no limit), and what else to know."""

    length: int
    limit: int | None = None
    # Plain Swedish sentences: how it is counted, what it costs.
    notes: tuple[str, ...] = ()
