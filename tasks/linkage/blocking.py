"""Which rows are compared at all: those whose places and days can agree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import numpy as np

from tasks.linkage.table import Table, steps
from tasks.linkage.words import Ints

# Records whose days lie further apart are never compared: a move says itself which day it moved from.
NEIGHBOURHOOD = 7
# About so many pairs are compared at a time: it bounds the memory, and fits a processor's cache.
BATCH = 1 << 16
# No row meets more that begin after it: in so thick a crowd nobody could tell them apart.
MOST = 1000
# Two spots lie further apart than any two days.
_APART = 10_000_000
Pairs = Iterator[tuple[Ints, Ints]]


def candidates(table: Table) -> Pairs:
    """Yield pairs of entries that may tell of one occasion, in batches; the same two rows may come more than once."""
    own = table.original[table.row] == table.row
    # Copies only meet their original: a thousand of them are a thousand pairs.
    copies = np.flatnonzero(table.original != np.arange(len(table.original)))
    entry = np.searchsorted(table.row, np.arange(len(table.original)))
    yield entry[table.original[copies]], entry[copies]
    # Without a day only a place brings two together, without a place only a day; without either nothing can.
    placed = np.flatnonzero(own & (table.spot >= 0))
    key = table.spot * _APART
    placed = placed[np.argsort((key + table.start)[placed], kind="stable")]
    last = np.searchsorted((key + table.start)[placed], (key + table.end)[placed] + NEIGHBOURHOOD, side="right")
    yield from _ranges(placed, np.arange(1, len(placed) + 1), last, placed)
    nowhere = np.flatnonzero(own & (table.spot < 0) & (table.start > 0))
    if len(nowhere):
        dated = np.flatnonzero(own & (table.start > 0))
        yield from _beginning(table, nowhere, dated, "left")
        yield from _beginning(table, dated[table.spot[dated] >= 0], nowhere, "right")


def _beginning(table: Table, some: Ints, others: Ints, side: Literal["left", "right"]) -> Pairs:
    """Yield each of `some` with the others that begin after it (on its day too: left) until it is long over."""
    others = others[np.argsort(table.start[others], kind="stable")]
    start = table.start[others]
    first = np.searchsorted(start, table.start[some], side=side)
    yield from _ranges(some, first, np.searchsorted(start, table.end[some] + NEIGHBOURHOOD, side="right"), others)


def _ranges(some: Ints, first: Ints, last: Ints, others: Ints) -> Pairs:
    """Yield each of `some` with all of `others[first:last]`."""
    sizes = np.clip(last - first, 0, MOST)
    cuts = np.searchsorted(np.cumsum(sizes), np.arange(0, int(sizes.sum()), BATCH), side="right").tolist()
    for i, k in pairwise([*cuts, len(some)]):
        yield np.repeat(some[i:k], sizes[i:k]), others[np.repeat(first[i:k], sizes[i:k]) + steps(sizes[i:k])]
