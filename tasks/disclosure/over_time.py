"""Small numbers over time: which numbers of a protected series may be told beside everything told before.

A protected series is one count per period and nothing finer: place, month and day are gone before it comes here. A
count below the threshold, zero included, is never told. What is told comes in pieces: the count of one period, or one
count of several periods together. A total is the sum of pieces that leave out no period.

1. A piece is at least the threshold.
2. Periods once told together are never told apart, whatever becomes of their counts, nor in a total that splits them.
3. Of the numbers told of one group over time, the first less every later decrease is at least the threshold.

This is what is promised. Give somebody every piece of every edition, on all channels; let them know that counts are
whole and not negative, and even between which editions each count stood still. Then every count that was ever small
may still, for all they can work out, have been the threshold or more. Proof: by 1 and 2 a small count stands in no
equation but its own group's. Give it the first number less what the others need for their decreases, and lay every
change of the number on a period that changed: no count falls below zero, and by 3 this one stays large enough.

Hiding tells something too: the first period that is hidden is small, or it would not be. Nothing else is told of it:
what is shown depends on pieces alone, so every value below the threshold stays as possible as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise, takewhile
from typing import NamedTuple

from tasks.model import Activity, FollowUp, Outcome, Period, Piece

# What was told, and as known when.
Fact = tuple[datetime, Piece]


class Telling(NamedTuple):
    """What may be told: the pieces, and whether they leave out no period, so that their sum may be told too."""

    pieces: tuple[Piece, ...]
    whole: bool


def counts(activities: Iterable[Activity], so_far: Sequence[Period]) -> dict[str, int]:
    """Return the count of each period, oldest first; what reaches over a border belongs to the period it ends in."""
    found = {p.id: 0 for p in so_far}
    for activity in activities:
        for period in so_far:
            if activity.when and period.start <= activity.when.end <= period.end:
                found[period.id] += activity.count
    return found


def facts(commitment: str, released: Iterable[FollowUp], order: Sequence[str]) -> tuple[Fact, ...]:
    """Return every piece that released follow-ups told of a commitment, oldest knowledge first.

    `order` holds the ids of all the promise's periods.
    """
    found: list[Fact] = []
    for followup in sorted(released, key=lambda f: (f.as_of, f.period)):
        scope = _upto(followup.period, order)
        for outcome in (o for o in followup.outcomes if o.commitment == commitment):
            found += [(followup.as_of, p) for p in outcome.pieces or _unpieced(outcome, scope, found)]
    return tuple(found)


def tell(scope: Sequence[str], known: Mapping[str, int], told: Sequence[Fact], at: datetime, threshold: int) -> Telling:
    """Return what may be told at the end of the last period of `scope`, with the fewest numbers hidden.

    `known` holds the counts as known at that moment, for the periods of `scope` of which anything is known. Small
    counts wait until they can be told together with each other, else with the present period.
    """
    now, groups = scope[-1], _groups(told)
    bound = {p for group in groups for p in group}
    small = {p for p, n in known.items() if p not in bound and n < threshold and n not in _alone(told, p)}
    attempts = [small]
    # A period that was told alone covers nothing: subtract it and the cover is gone.
    if now in known and now not in bound and not _alone(told, now):
        attempts.append(small | {now})
    if any(0 < len(group & set(scope)) < len(group) for group in map(set, groups)):
        attempts = []
    for together in attempts:
        pieces = _pieces(scope, known, groups, together)
        if sound(pieces, told, at, threshold):
            return Telling(pieces, True)
    own = tuple(Piece((p,), known[p]) for p in (now,) if p in known)
    return Telling(own if sound(own, told, at, threshold) else (), False)


def sound(pieces: Iterable[Piece], told: Sequence[Fact], at: datetime, threshold: int) -> bool:
    """Return whether the pieces, as known at a moment, may be told beside what was told."""
    return all(_sound(p, told, at, threshold) for p in pieces)


def _sound(piece: Piece, told: Sequence[Fact], at: datetime, threshold: int) -> bool:
    groups = _groups(told)
    if piece.periods not in groups:
        if any(not set(group).isdisjoint(piece.periods) for group in groups):
            return False
        if len(piece.periods) == 1:
            # What is out can't be taken back: told before the series was protected, or under another threshold.
            return piece.number >= threshold or piece.number in _alone(told, piece.periods[0])
        if any(len(p.periods) == 1 and p.periods[0] in piece.periods and when >= at for when, p in told):
            return False
    same = [(when, p.number) for when, p in told if p.periods == piece.periods]
    numbers = [n for _, n in sorted([*same, (at, piece.number)])]
    return numbers[0] - sum(max(0, a - b) for a, b in pairwise(numbers)) >= threshold


def _pieces(
    scope: Sequence[str], known: Mapping[str, int], groups: Iterable[tuple[str, ...]], together: set[str]
) -> tuple[Piece, ...]:
    """Return the pieces of a total: the groups of old, the new one, and every other known period alone."""
    parts = [g for g in groups if g[0] in scope]
    parts.append(tuple(p for p in scope if p in together))
    taken = {p for part in parts for p in part}
    parts += [(p,) for p in known if p not in taken]
    pieces = [Piece(part, sum(known.get(p, 0) for p in part)) for part in parts if part]
    return tuple(sorted(pieces, key=lambda piece: scope.index(piece.periods[0])))


def _groups(told: Iterable[Fact]) -> list[tuple[str, ...]]:
    return sorted({p.periods for _, p in told if len(p.periods) > 1})


def _alone(told: Iterable[Fact], period: str) -> set[int]:
    """Return the numbers that were told of a period alone."""
    return {p.number for _, p in told if p.periods == (period,)}


def _upto(period: str, order: Sequence[str]) -> list[str]:
    """Return the periods up to one; all, where it is no longer among the promise's."""
    return [*takewhile(lambda p: p != period, order), period]


def _unpieced(outcome: Outcome, scope: Sequence[str], told: Sequence[Fact]) -> list[Piece]:
    """Return what an outcome told before its series was protected: its number, and what its total says of the rest."""
    alone = {p: n for _, piece in told for p, n in [(piece.periods[0], piece.number)] if len(piece.periods) == 1}
    pieces = []
    if outcome.held is not None:
        pieces.append(Piece((scope[-1],), outcome.held))
        alone[scope[-1]] = outcome.held
    rest = tuple(p for p in scope if p not in alone)
    if outcome.held_total is not None and rest:
        pieces.append(Piece(rest, outcome.held_total - sum(alone.get(p, 0) for p in scope)))
    return pieces
