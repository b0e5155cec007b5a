"""Which of several that fit is the one: a source tells of an occasion once, so all pairs are chosen together."""

from __future__ import annotations

import numpy as np

from tasks.linkage.table import Bools
from tasks.linkage.words import Floats, Ints

# By how much the best choice with a pair must outweigh the best without it; else a person chooses.
MARGIN = 0.5
_ROUNDS = 12


def settle(one: Ints, two: Ints, weight: Floats, able: Bools) -> tuple[Bools, Bools]:
    """Return which pairs are joined, and which are out because what they would take is taken.

    `one` and `two` are what each pair takes; of the able pairs those are joined that nothing rivals.
    """
    both = np.stack([one, two])
    several = np.bincount(both.ravel())[both] > 1
    contested = np.flatnonzero(several.any(axis=0))
    advantage = weight.copy()
    advantage[contested] = _advantage(both[:, contested], weight[contested])
    joined = able & (advantage >= MARGIN)
    # In a ring of rivals two could claim the same.
    joined &= (np.bincount(both[:, joined].ravel(), minlength=int(both.max(initial=0)) + 1)[both] < 2).all(axis=0)
    taken = np.zeros(int(both.max(initial=0)) + 1, dtype=np.bool_)
    taken[both[:, joined]] = True
    out: Bools = taken[both].any(axis=0) & ~joined
    return joined, out


def _advantage(ends: Ints, weight: Floats) -> Floats:
    """Return by how much the best choice of pairs with each pair outweighs the best choice without it.

    Max-product belief propagation for matchings: each pair tells either end what it is worth to it, which is its
    weight less what the other end could get elsewhere. Exact where rivals form no ring.
    """
    _, ends = np.unique(ends, return_inverse=True)
    order = np.argsort(ends, axis=None, kind="stable")
    groups = ends.ravel()[order]
    first = np.flatnonzero(np.diff(groups, prepend=-1))
    told = np.stack([weight, weight])
    for _ in range(_ROUNDS):
        # Halfway towards the new word: two that overtake each other would else never agree.
        told = (told + weight - _elsewhere(told, order, groups, first)[::-1]) / 2
    found: Floats = weight - _elsewhere(told, order, groups, first).sum(axis=0)
    return found


def _elsewhere(told: Floats, order: Ints, groups: Ints, first: Ints) -> Floats:
    """Return for each pair what either of its ends is told by its best other pair; 0 where there is none.

    In `order` all that an end is told stands together: its group, of which `first` is the first.
    """
    words = told.ravel()[order]
    best = words == np.maximum.reduceat(words, first)[groups]
    lone = best & (np.add.reduceat(best, first, dtype=np.int64) == 1)[groups]
    others = np.maximum.reduceat(np.where(lone, 0.0, words), first)[groups]
    found = np.empty(told.size)
    found[order] = np.where(lone, others, np.maximum.reduceat(words, first)[groups])
    return np.maximum(found, 0.0).reshape(told.shape)
