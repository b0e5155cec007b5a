"""Pairs of records: the same whatever their order and the size of batches, bounded in time, whatever the texts hold."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import process_time

import numpy as np
import pytest

import config
from tasks import linkage
from tasks.linkage import blocking, rivals, table, words
from tasks.model import Dated, Judgement, PairScore, Reading, Record, Verdict

PROMISE = config.load().promises["strangnas-2021"]
FIRST = date(2021, 3, 1)
SAID = (
    "vandring",
    "lampor",
    "polisen",
    "kommunen",
    "skolan",
    "torget",
    "hamnen",
    "parken",
    "mörkt",
    "buskar",
    "rapport",
)


def told(
    number: int, source: str, text: str, day: Dated | None, place: str | None = "Mariefred"
) -> tuple[Record, Reading]:
    """Return a record and its reading as one held occasion."""
    record = Record(source, str(number), "Trygghetsvandring", text, published_at=datetime(2021, 12, 1, tzinfo=UTC))
    days, places = (day,) if day else (), (place,) if place else ()
    return record, Reading(record.id, 0, "c5", "held", "sure", 0.9, days, places, 1)


def crowd(size: int, seed: int = 1) -> list[tuple[Record, Reading]]:
    """Return so many records by three sources, of random words, days, vagueness and places, some of them copies."""
    chance = random.Random(seed)
    found: list[tuple[Record, Reading]] = []
    for i in range(size):
        start = FIRST + timedelta(days=chance.randrange(40))
        vague = Dated(start, start + timedelta(days=6), "week")
        day = chance.choice([Dated.day(start), Dated.day(start), vague, None])
        text = " ".join(chance.choices(SAID, k=chance.randrange(1, 9)))
        place = chance.choice(["Mariefred", "Åker", "Härad", None])
        found.append(told(i, chance.choice(["a", "b", "c"]), text, day, place))
        if found and chance.random() < 0.1:
            record, reading = chance.choice(found)
            again = replace(record, external_id=f"copy-{i}")
            found.append((again, replace(reading, record_id=again.id)))
    return found


def scored(both: Sequence[tuple[Record, Reading]]) -> list[PairScore]:
    """Return the pairs, in one order."""
    return sorted(linkage.score([r for r, _ in both], [r for _, r in both]))


def test_neither_order_nor_batches_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever order the records come in and how many are read and compared at a time, the pairs are the same."""
    both = crowd(300)
    found = scored(both)
    assert len(found) > 100
    assert scored(random.Random(2).sample(both, len(both))) == found
    monkeypatch.setattr(blocking, "BATCH", 7)
    monkeypatch.setattr(table, "BATCH", 3)
    assert scored(both) == found


@pytest.mark.slow
@pytest.mark.parametrize("alike", [True, False], ids=["copies", "in-other-words"])
def test_a_thousand_reports_of_one_walk_are_bounded(alike: bool) -> None:
    """A thousand reports of one day and place, copied or each in words of its own, take seconds of processor time."""
    chance = random.Random(3)
    texts = [" ".join(SAID if alike else chance.choices(SAID, k=9)) for _ in range(1000)]
    both = [told(i, "a" if alike else f"s{i % 5}", text, Dated.day(FIRST)) for i, text in enumerate(texts)]
    records, readings = {r.id: r for r, _ in both}, [reading for _, reading in both]
    began = process_time()
    pairs = scored(both)
    found = linkage.activities(PROMISE, records, readings, pairs, [])
    asked = linkage.questions(PROMISE, records, readings, pairs, [])
    assert process_time() - began < 15
    assert len(pairs) == 999 if alike else len(pairs) > 100_000
    assert len(found) == 1 if alike else 1 < len(found) < 1000
    assert len(asked) == 0 if alike else len(asked) == len(found) - 1


def test_of_three_that_may_be_one_two_questions_tell() -> None:
    """The third comes when one of them is a no; a yes to both is enough, and a pair of others is asked beside."""
    both = [told(i, "a", f"vandring {i}", Dated.day(FIRST)) for i in range(5)]
    records, readings = {r.id: r for r, _ in both}, [reading for _, reading in both]
    ids = sorted(records)
    weights = {(0, 1): 0.9, (0, 2): 0.8, (1, 2): 0.7, (3, 4): 0.6}
    pairs = [PairScore(ids[a], ids[b], "c5", w, "unsure", (), "") for (a, b), w in weights.items()]

    def asked(*answers: tuple[int, int, Verdict]) -> list[tuple[int, int]]:
        said = [
            Judgement(
                n, "p", "same", ids[a], ids[b], verdict, "kim", "police", datetime(2021, 12, 2, tzinfo=UTC),
                linkage.seen(records[ids[a]], records[ids[b]]),
            )
            for n, (a, b, verdict) in enumerate(answers)
        ]  # fmt: skip
        return [
            (ids.index(q.left), ids.index(q.right))
            for q in linkage.questions(PROMISE, records, readings, pairs, said)
        ]  # fmt: skip

    assert asked() == [(0, 1), (0, 2), (3, 4)]
    assert asked((0, 1, "no")) == [(0, 2), (1, 2), (3, 4)]
    assert asked((0, 1, "yes"), (0, 2, "yes")) == [(3, 4)]
    assert asked((0, 1, "unsure"))[0] == (0, 2)


def test_long_texts_take_no_longer_than_their_beginning() -> None:
    """A megabyte of text is compared by its beginning."""
    both = [told(i, source, "lampor saknas " * 80_000, Dated.day(FIRST)) for i, source in enumerate("ab")]
    began = process_time()
    (pair,) = scored(both)
    assert pair.band == "sure"
    assert process_time() - began < 2


@pytest.mark.parametrize(
    "text",
    ["", " \t\n", "\uffff\uffff", "lampor\uffffsaknas", "\ud800 lampor", "🚨 lampor 🚨", "\x00\x07", "漢字" * 300],
    ids=["empty", "blank", "breaks", "break", "surrogate", "emoji", "control", "han"],
)
def test_odd_texts_disturb_nobody(text: str) -> None:
    """What stands in one text changes nothing for the others, nor for where they begin."""
    plain = [told(i, source, "lampor saknas vid skolan", Dated.day(FIRST), "Åker") for i, source in enumerate("ab")]
    odd = told(9, "c", text, Dated.day(FIRST), "Härad")
    assert scored([odd, *plain]) == scored([*plain, odd]) == scored(plain)


def test_texts_are_alike_in_words_not_in_form() -> None:
    """Order, capitals, endings beyond the stem and the normal form of å make no difference; other words do."""
    said = [
        "Trygghetsvandring på Åvägen",
        "PA\u030a A\u030aVA\u0308GEN: trygghetsvandringen",
        "Trygghetsvandring på Ävägen",
        "",
    ]
    texts = words.read(*words.letters(said))
    alike = texts.alike(np.array([0, 0, 0, 3]), np.array([1, 2, 3, 3])).tolist()
    assert alike[0] == 1
    assert 0 < alike[1] < 1
    assert alike[2:] == [0, 0]


def test_the_best_choice_of_pairs_is_found_together() -> None:
    """Of rivals those are joined that weigh most together; where two choices weigh the same, a person chooses."""
    one, two = np.array([0, 0, 1]), np.array([5, 6, 5])
    able = np.ones(3, dtype=np.bool_)
    joined, out = rivals.settle(one, two, np.array([5.0, 4.0, 4.0]), able)
    assert joined.tolist() == [False, True, True]
    assert out.tolist() == [True, False, False]
    joined, out = rivals.settle(one[:2], two[:2], np.array([5.0, 5.0]), able[:2])
    assert not joined.any()
    assert not out.any()
