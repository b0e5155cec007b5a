"""Readings and their records as columns: what is compared when pairs are scored."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from tasks.linkage import words
from tasks.linkage.words import Floats, Ints, Texts
from tasks.model import Reading, Record

Bools = npt.NDArray[np.bool_]
# So much of a title and of a text is compared; what lies beyond is seldom about the occasion.
LENGTH = 400
# So many texts are read at a time: what fits a processor's cache takes half the time.
BATCH = 4000
# A record without a day may be about any: from no day to one that lies after Python's last.
ALL_TIME = 4_000_000
# A source is taken to have been heard for at least so many days.
HEARD = 180
# It begins with a digit, so that others are passed over quickly; what stands before and the hours are checked after.
_CLOCK = re.compile(r"\d\d?[.:][0-5]\d(?![\d/-]|\s?(?:kr|procent|%))")


@dataclass(frozen=True, slots=True)
class Table:
    """One commitment's readings: a row each, and an entry for each stretch of days at each place of a row."""

    source: Ints
    held: Bools
    form: Bools  # a form, which names commitment, day and place itself
    count: Ints
    clock: Ints  # the first time of day in minutes, -1 without one
    places: Ints  # which places in all; 0 for none
    texts: Texts
    original: Ints  # the first row that says the same; itself where none does
    here: Floats  # how many other occasions a day its source tells of at the same places
    anywhere: Floats  # the same, whatever the places
    # By entry:
    row: Ints
    spot: Ints  # one place, -1 for none
    start: Ints  # days as ordinals
    end: Ints

    @property
    def sources(self) -> int:
        """How many sources there are."""
        return int(self.source.max()) + 1

    @classmethod
    def of(cls, records: Sequence[Record], readings: Sequence[Reading]) -> Table:
        """Return the readings, each with its record at the same position, as a table."""
        texts, clock = _texts([_text(r) for r in records])
        source = _codes([r.source for r in records])
        held = np.array([r.state == "held" for r in readings], dtype=np.bool_)
        count = np.array([r.count or 1 for r in readings], dtype=np.int64)
        places, spots, first_spot = _places([r.places for r in readings])
        number, start, end = _days(readings)
        row = np.repeat(np.arange(len(readings)), number)
        prints = _prints(np.stack([source, places, count, held]), texts, row, start, end)
        original = _originals([r.record_id for r in readings], prints)
        begin = start[np.cumsum(number) - number]
        own = (original == np.arange(len(original))) & (begin > 0)
        # Each stretch at each place.
        many = (first_spot[1:] - first_spot[:-1])[places[row]]
        which = np.repeat(np.arange(len(row)), many)
        row = row[which]
        return cls(
            source=source,
            held=held,
            form=np.array([bool(r.fields and r.fields.get("commitment")) for r in records], dtype=np.bool_),
            count=count,
            clock=clock,
            places=places,
            texts=texts,
            original=original,
            here=_rate(source * (int(places.max()) + 1) + places, begin, own),
            anywhere=_rate(source, begin, own),
            row=row,
            spot=spots[first_spot[places[row]] + steps(many)],
            start=start[which],
            end=end[which],
        )


def steps(sizes: Ints) -> Ints:
    """Return 0, 1, 2, … as many as each size says, one after the other."""
    return np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _text(record: Record) -> str:
    """Return what is compared: title and text, or the text alone where the title is only its beginning."""
    if record.text.startswith(record.title):
        return record.text[:LENGTH]
    return f"{record.title[:LENGTH]} {record.text[:LENGTH]}"


def _texts(said: Sequence[str]) -> tuple[Texts, Ints]:
    """Return the texts ready to be compared, and the time of day that each names."""
    texts, clocks = [], []
    for i in range(0, len(said), BATCH):
        some = said[i : i + BATCH]
        letters, begins = words.letters(some)
        texts.append(words.read(letters, begins))
        clocks.append(_clocks(some, letters, begins))
    return words.together(texts), np.concatenate(clocks)


def _codes(values: Sequence[Hashable]) -> Ints:
    """Return a number for each value, the same for the same."""
    known = {v: i for i, v in enumerate(dict.fromkeys(values))}
    return np.fromiter(map(known.__getitem__, values), dtype=np.int64, count=len(values))


def _places(told: Sequence[tuple[str, ...]]) -> tuple[Ints, Ints, Ints]:
    """Return each row's set of places, the sets' spots one after the other, and where each set's begin."""
    sets: dict[frozenset[str], int] = {frozenset(): 0}
    known = {v: sets.setdefault(frozenset(p.casefold() for p in v), len(sets)) for v in dict.fromkeys(told)}
    names: dict[str, int] = {}
    spots = [[names.setdefault(p, len(names)) for p in s] for s in sets]
    spots[0] = [-1]
    places = np.fromiter(map(known.__getitem__, told), dtype=np.int64, count=len(told))
    first = np.cumsum([0, *map(len, spots)])
    return places, np.array([s for spot in spots for s in spot], dtype=np.int64), first


def _days(readings: Sequence[Reading]) -> tuple[Ints, Ints, Ints]:
    """Return how many stretches of days each row has, and their first and last days; all time where there are none."""
    number = np.fromiter(map(len, [r.dates for r in readings]), dtype=np.int64, count=len(readings))
    flat = [d for r in readings for d in r.dates]
    start = np.fromiter(map(date.toordinal, [d.start for d in flat]), dtype=np.int64, count=len(flat))
    end = np.fromiter(map(date.toordinal, [d.end for d in flat]), dtype=np.int64, count=len(flat))
    if len(flat) > np.count_nonzero(number):
        # In one order, so that copies' stretches stand beside each other.
        order = np.lexsort((end, start, np.repeat(np.arange(len(number)), number)))
        start, end = start[order], end[order]
    none = np.flatnonzero(number == 0)
    at = (np.cumsum(number) - number)[none]
    return np.maximum(number, 1), np.insert(start, at, 0), np.insert(end, at, ALL_TIME)


def _prints(columns: Ints, texts: Texts, row: Ints, start: Ints, end: Ints) -> words.Bits:
    """Return for each row bits that are the same where every column, the words and the days are."""
    prints = texts.print.copy()
    for column in columns:
        prints = words.scattered((prints ^ words.scattered(column)).view(np.int64))
    np.add.at(prints, row, words.scattered(start * ALL_TIME + end))
    return prints


def _originals(ids: Sequence[str], prints: words.Bits) -> Ints:
    """Return for each row the one that says the same and has the first id: itself where no other does."""
    _, first, which, size = np.unique(prints, return_index=True, return_inverse=True, return_counts=True)
    for row in np.flatnonzero(size[which] > 1).tolist():
        if ids[row] < ids[first[which[row]]]:
            first[which[row]] = row
    original: Ints = first[which]
    return original


def _rate(group: Ints, begin: Ints, own: npt.NDArray[np.bool_]) -> Floats:
    """Return for each row how many others a day its group tells of, copies and undated ones left out."""
    _, group = np.unique(group, return_inverse=True)
    size = int(group.max()) + 1
    low, high = np.full(size, ALL_TIME), np.zeros(size, dtype=np.int64)
    np.minimum.at(low, group[own], begin[own])
    np.maximum.at(high, group[own], begin[own])
    others = np.maximum(np.bincount(group[own], minlength=size) - 1, 0)
    rate: Floats = others / np.maximum(high - low + 1, HEARD)
    return rate[group]


def _clocks(texts: Sequence[str], letters: words.Letters, begins: Ints) -> Ints:
    """Return the first time of day that each text names, in minutes; -1 where it names none."""
    found = np.full(len(texts), -1, dtype=np.int64)
    digit = (letters >= ord("0")) & (letters <= ord("9"))
    dots = np.flatnonzero((letters == ord(".")) | (letters == ord(":")))
    dots = dots[(dots > 0) & (dots < len(letters) - 2)]
    dots = dots[digit[dots - 1] & digit[dots + 1] & digit[dots + 2]]
    for row in np.unique(np.searchsorted(begins, dots, side="right") - 1).tolist():
        found[row] = _clock(texts[row])
    return found


def _clock(text: str) -> int:
    for found in _CLOCK.finditer(text):
        hours = int(found[0][:-3])
        before = text[found.start() - 1 : found.start()]
        if hours < 24 and not before.isdecimal() and before not in ("/", "-"):
            return hours * 60 + int(found[0][-2:])
    return -1
