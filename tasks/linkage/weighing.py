"""A table's pairs of rows weighed by day, place and words: which are surely one occasion, which a person must judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from tasks.linkage import blocking, rivals
from tasks.linkage.table import ALL_TIME, Bools, Table
from tasks.linkage.words import Floats, Ints

# A pair's weight is the logarithm of the odds that it is one occasion. So likely, it is joined, or asked about:
SURE, UNSURE = 0.95, 0.6
_SURE, _UNSURE = (float(np.log(p / (1 - p))) for p in (SURE, UNSURE))
# What wholly alike words add to the weight, and what is taken from it first: words alone may always be alike a little.
WORDS, STRANGE = 17.0, 2.5
# Beside the others that a source tells of there (by chance one falls on these days), so many a day it may yet tell of.
UNSEEN = 0.004
# Days that are off, and times of day that are, take from the weight.
NEXT_DAY, SOME_DAYS, OTHER_HOUR = 4.0, 6.0, 3.0
# How alike words must be for joining without asking: where a day is vague, and where a place is not quite the same.
VAGUE, ELSEWHERE = 0.3, 0.6
# Two reports by one teller are two rounds, or one told twice: only a copy is surely the latter.
COPY = 0.97
# What a person's yes weighs, against any rival.
_ANSWERED = 1000.0
_YEAR = 365
# What may speak against joining, most telling first; "" where the day or the place already says it.
DOUBTS = (
    "",
    "samma källa berättar två gånger",
    "olika klockslag",
    "olika antal",
    "",
    "orden är olika",
    "mycket händer där och orden är olika",
)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a table's rows (a < b) with what they weigh, column by column."""

    a: Ints
    b: Ints
    gap: Ints  # days between the two; 0 or less where they meet
    days: Ints  # how many the vaguer of the two leaves open
    place: Ints  # 2 the same, 1 some in common, 0 none named
    like: Floats  # how alike the words are
    weight: Floats

    def columns(self) -> list[npt.NDArray[Any]]:
        """Return the columns in the order of their names."""
        return [getattr(self, f.name) for f in fields(self)]

    def where(self, which: npt.NDArray[Any]) -> Self:
        """Return those pairs only."""
        return type(self)(*(column[which] for column in self.columns()))


@dataclass(frozen=True, slots=True)
class Weighed(Pairs):
    """Pairs that are surely one occasion, or that a person is to judge."""

    sure: Bools
    doubt: Ints  # which of the doubts; 0 for none


@dataclass(frozen=True, slots=True)
class Answers:
    """The pairs that people called the same, and those that they called different: a · number of rows + b."""

    yes: Ints
    no: Ints


P = TypeVar("P", bound=Pairs)
# Two columns of a table's entries: pairs that are yet to be weighed.
Met = tuple[Ints, Ints]


def weigh(table: Table, answers: Answers) -> Weighed:
    """Return a table's pairs that may be one occasion, each once."""
    met = [(one, two, _across(table, one, two)) for one, two in blocking.candidates(table)]
    # What two sources tell of one day comes first: what that settles, no other pair need be read for.
    first = _weighty(table, [(one[w], two[w]) for one, two, w in met])
    chosen, taken = _chosen(table, first, answers)
    rest = _weighty(table, [_open(table, one[~w], two[~w], taken) for one, two, w in met])
    doubt = _doubt(table, rest)
    return _together([chosen, Weighed(*[*rest.columns(), doubt == 0, doubt])])


def _across(table: Table, one: Ints, two: Ints) -> Bools:
    """Tell which are two sources' entries that share a day."""
    meet = (table.start[one] <= table.end[two]) & (table.start[two] <= table.end[one])
    across: Bools = meet & (table.source[table.row[one]] != table.source[table.row[two]])
    return across


def _weighty(table: Table, parts: Sequence[Met]) -> Pairs:
    """Return the pairs that weigh enough to be joined or asked about, each once."""
    pairs = _together([_weigh(table, one, two) for one, two in parts])
    # The same two may have met at several places and days: their best meeting counts.
    key = pairs.a * len(table.source) + pairs.b
    order = np.lexsort((-pairs.weight, key))
    return pairs.where(order[np.diff(key[order], prepend=-1) > 0])


def _weigh(table: Table, one: Ints, two: Ints) -> Pairs:
    """Return what the entries' rows in pairs weigh, as far as it is worth asking about."""
    here, there = table.row[one], table.row[two]
    a, b = np.minimum(here, there), np.maximum(here, there)
    gap = np.maximum(table.start[one], table.start[two]) - np.minimum(table.end[one], table.end[two])
    days = np.maximum(table.end[one] - table.start[one], table.end[two] - table.start[two]) + 1
    here, there = table.places[a], table.places[b]
    place = np.where((here > 0) & (there > 0), 1 + (here == there), 0)
    like = table.texts.alike(a, b)
    # How many others one expects by chance in these days.
    rate = np.where(
        place > 0, np.maximum(table.here[a], table.here[b]), np.maximum(table.anywhere[a], table.anywhere[b])
    )
    weight = WORDS * like - STRANGE - np.log((rate + UNSEEN) * np.minimum(days, _YEAR))
    weight -= np.select([gap > 1, gap == 1], [SOME_DAYS, NEXT_DAY], 0.0)
    weight -= OTHER_HOUR * _other_hour(table, a, b)
    # Two forms name the commitment, the day and the place themselves; how they word it says little.
    stated = table.form[a] & table.form[b] & (gap <= 0) & (days == 1) & (place == 2)
    weight = np.where(stated, np.maximum(weight, _SURE), weight)
    return Pairs(a, b, gap, days, place, like, weight).where(weight >= _UNSURE)


def _other_hour(table: Table, a: Ints, b: Ints) -> Bools:
    one, two = table.clock[a], table.clock[b]
    other: Bools = (one >= 0) & (two >= 0) & (np.abs(one - two) > 60)
    return other


def _doubt(table: Table, pairs: Pairs) -> Ints:
    """Return what speaks against joining without asking, as its number among the doubts."""
    a, b = pairs.a, pairs.b
    twice = (table.source[a] == table.source[b]) & table.held[a] & table.held[b]
    copy = (pairs.like >= COPY) & ((pairs.days == 1) | (table.original[a] == table.original[b]))
    copy &= ~(table.form[a] & table.form[b])
    needed = np.where(pairs.place < 2, ELSEWHERE, np.where(pairs.days > 1, VAGUE, 0.0))
    doubts = (
        twice & ~copy,
        _other_hour(table, a, b),
        table.count[a] != table.count[b],
        (pairs.gap > 0) | (pairs.days > ALL_TIME),
        pairs.like < needed,
        pairs.weight < _SURE,
    )
    return np.select(doubts, range(1, len(doubts) + 1), 0)


def _chosen(table: Table, pairs: Pairs, answers: Answers) -> tuple[Weighed, Bools]:
    """Return the pairs across sources that are not settled by others, and the reports by which they are."""
    doubt = _doubt(table, pairs)
    key = pairs.a * len(table.source) + pairs.b
    yes, no = np.isin(key, answers.yes), np.isin(key, answers.no)
    weight, able, seeking = np.where(yes, _ANSWERED, pairs.weight), (doubt == 0) | yes, ~no
    one, two = _slots(table, pairs)
    joined, out = np.zeros((2, len(doubt)), dtype=np.bool_)
    joined[seeking], out[seeking] = rivals.settle(one[seeking], two[seeking], weight[seeking], able[seeking])
    taken = np.zeros(len(table.source) * table.sources + 2 * len(one), dtype=np.bool_)
    taken[one[joined]] = taken[two[joined]] = True
    # An answered pair is scored as if nobody had answered: if that changes, the person is told.
    sure = (joined | no) & (doubt == 0)
    return Weighed(*[*pairs.columns(), sure, doubt]).where(~out), taken


def _slots(table: Table, pairs: Pairs) -> tuple[Ints, Ints]:
    """Return what a pair takes of either row: its one report by the other's source; plans take nothing from others."""
    own = len(table.source) * table.sources + np.arange(2 * len(pairs.a)).reshape(2, -1)
    here, there = np.stack([pairs.a, pairs.b]), np.stack([pairs.b, pairs.a])
    one, two = np.where(table.held[there], here * table.sources + table.source[there], own)
    return one, two


def _open(table: Table, one: Ints, two: Ints, taken: Bools) -> Met:
    """Return those of the pairs that are not settled by the reports that are taken."""
    a, b = table.row[one], table.row[two]
    source, held, sources = table.source, table.held, table.sources
    left, right = source[a], source[b]
    open = ~((held[b] & taken[a * sources + right]) | (held[a] & taken[b * sources + left]))
    # Two reports by one teller, each of which another confirms, are two.
    same = np.flatnonzero(left == right)
    a, b = a[same], b[same]
    open[same] = a != b
    both = np.flatnonzero(held[a] & held[b])
    by = taken[: len(source) * sources].reshape(-1, sources)
    open[same[both]] &= ~(by[a[both]] & by[b[both]]).any(axis=1)
    return one[open], two[open]


def _together(parts: Sequence[P]) -> P:
    columns = zip(*(p.columns() for p in parts), strict=True)
    return type(parts[0])(*(np.concatenate(column) for column in columns))
