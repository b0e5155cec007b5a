"""Records and readings → pairs of records that may tell of the same activity, with what speaks for and against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import repeat

import numpy as np

from tasks.linkage.table import ALL_TIME, Table
from tasks.linkage.weighing import DOUBTS, Answers, Weighed, weigh
from tasks.model import Judgement, PairScore, Reading, Record, Verdict

RULES_VERSION = "2026-11-22.2"
# What tells of an occasion; other states have nothing to be the same as.
OCCASIONS = ("held", "planned", "cancelled", "moved")
_DAYS = ("dag saknas", "dagarna ligger nära", "dagarna går ihop", "samma dag")
_PLACES = ("plats saknas", "delvis samma plats", "samma plats")


def occasion(reading: Reading) -> bool:
    """Tell whether a reading stands for an occasion of its own: not background, not a total over many."""
    return reading.state in OCCASIONS and reading.band != "no" and not reading.is_total


def score(
    records: Sequence[Record],
    readings: Sequence[Reading],
    judgements: Sequence[Judgement] = (),
    kept: Sequence[PairScore] = (),
) -> list[PairScore]:
    """Return the pairs of records that may tell of the same activity, in any order; the clear others are left out.

    What people answered, and which pairs were sure and are `kept` though a text is gone, decides who still seeks a
    partner; those pairs themselves are scored as if nobody had said anything.
    """
    by_id = {r.id: r for r in records}
    told = defaultdict[str, list[Reading]](list)
    for reading in readings:
        if occasion(reading) and reading.record_id in by_id:
            told[reading.commitment].append(reading)
    answers: dict[tuple[str, str], Verdict] = {(p.left, p.right): "yes" for p in kept if p.band == "sure"}
    # The latest answer to a question is the answer.
    answers |= {(j.left, j.right): j.verdict for j in sorted(judgements, key=_number) if j.question == "same"}
    found: list[PairScore] = []
    for commitment, rows in told.items():
        if len(rows) > 1:
            ours = [by_id[r.record_id] for r in rows]
            found += _told(commitment, rows, weigh(Table.of(ours, rows), _answers(rows, answers)))
    return found


def _number(judgement: Judgement) -> int:
    return judgement.id


def _answers(readings: Sequence[Reading], answers: Mapping[tuple[str, str], Verdict]) -> Answers:
    """Return the answers that are about two of these readings' records."""
    row = {r.record_id: i for i, r in enumerate(readings)} if answers else {}
    keys: dict[Verdict, list[int]] = {"yes": [], "no": [], "unsure": []}
    for both, verdict in answers.items():
        if all(one in row for one in both):
            first, second = sorted(row[one] for one in both)
            keys[verdict].append(first * len(readings) + second)
    return Answers(np.array(keys["yes"], dtype=np.int64), np.array(keys["no"], dtype=np.int64))


def _told(commitment: str, readings: Sequence[Reading], pairs: Weighed) -> list[PairScore]:
    ids = np.array([r.record_id for r in readings], dtype=object)
    one, two = ids[pairs.a], ids[pairs.b]
    turned = one > two
    columns = (
        np.where(turned, two, one).tolist(),
        np.where(turned, one, two).tolist(),
        repeat(commitment),
        (1 / (1 + np.exp(-pairs.weight))).round(3).tolist(),
        np.where(pairs.sure, "sure", "unsure").tolist(),
        _reasons(pairs),
        repeat(RULES_VERSION),
    )
    return list(map(PairScore._make, zip(*columns, strict=False)))


def _reasons(pairs: Weighed) -> list[tuple[str, ...]]:
    """Return in words what speaks for and against each pair, each different wording made once."""
    day = np.select([pairs.days > ALL_TIME, pairs.gap > 0, pairs.days > 1], [0, 1, 2], 3)
    rival = ~pairs.sure & (pairs.doubt == 0)
    key = np.zeros(len(day), dtype=np.int64)
    for column in (day, pairs.place, (pairs.like * 100).round().astype(np.int64), pairs.doubt, rival):
        key = key * 128 + column
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    said = [
        (
            _DAYS[day[i]],
            _PLACES[pairs.place[i]],
            f"orden liknar varandra till {round(pairs.like[i] * 100)} procent",
            DOUBTS[pairs.doubt[i]],
            "en annan uppgift passar nästan lika bra" if rival[i] else "",
        )
        for i in first.tolist()
    ]
    told = [tuple(part for part in parts if part) for parts in said]
    return [told[i] for i in which.tolist()]
