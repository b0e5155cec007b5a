"""What a text is about: a commitment's words found in its sentences, and the records worth looking at at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from config.schema import Commitment, Signals
from tasks import swedish
from tasks.model import Record
from tasks.swedish import LIMIT, Sentence, Term, Word


@dataclass(frozen=True, slots=True)
class Words:
    """A commitment's signals, ready to be matched."""

    named: tuple[Term, ...]
    activity: tuple[Term, ...]
    about: tuple[Term, ...]
    context: tuple[Term, ...]
    neighbours: tuple[Term, ...]
    not_this: tuple[Term, ...]


@lru_cache(maxsize=4096)
def words_of(signals: Signals) -> Words:
    """Return the commitment's signals as terms."""
    return Words(*(tuple(swedish.term(t) for t in getattr(signals, f)) for f in Signals.model_fields))


@dataclass(frozen=True, slots=True)
class Topic:
    """How a text comes to be about a commitment."""

    # named: its own name · paired: two words in one sentence · near: in neighbouring ones · neighbour: only alike.
    strength: Literal["named", "paired", "near", "neighbour"]
    # Sentences that speak of it (0 is the title), each with the word that says so.
    anchors: tuple[tuple[Sentence, Word], ...]
    about: str = ""


def candidates(records: Sequence[Record], commitments: Sequence[Commitment]) -> list[list[int]]:
    """Return for each commitment the rows whose text can be about it: a few fast passes over one long string."""
    if not records:
        return [[] for _ in commitments]
    pieces = [f"{r.title}\n{r.text}"[: LIMIT * 2] for r in records]
    pieces = [swedish.clean(p) if "<" in p or "&" in p or "\u00ad" in p else p for p in pieces]
    blob = swedish.compose("\0".join(pieces)).casefold()
    starts = np.flatnonzero(np.frombuffer(blob.encode("utf-32-le"), dtype=np.uint32) == 0)
    hits: dict[str, frozenset[int]] = {}

    def rows(terms: Iterable[Term]) -> frozenset[int]:
        found: frozenset[int] = frozenset()
        for literal in {t.literal for t in terms}:
            if literal not in hits:
                hits[literal] = _rows_with(blob, literal, starts)
            found |= hits[literal]
        return found

    result = []
    for commitment in commitments:
        words = words_of(commitment.signals)
        paired = rows(words.activity) & rows(words.about) if words.about else rows(words.activity)
        if words.context:
            paired &= rows(words.context)
        partner = rows((*words.activity, *words.about))
        near = rows(words.neighbours) & partner if words.about else rows(words.neighbours)
        result.append(sorted(rows(words.named) | paired | near))
    return result


def _rows_with(blob: str, literal: str, starts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> frozenset[int]:
    found: list[int] = []
    at = blob.find(literal)
    while at >= 0:
        found.append(at)
        # On to the next record: one hit is enough.
        row = int(np.searchsorted(starts, at))
        at = blob.find(literal, int(starts[row])) if row < len(starts) else -1
    return frozenset(np.searchsorted(starts, np.array(found, dtype=np.int64)).tolist()) if found else frozenset()


def topic(sentences: Sequence[Sentence], words: Words) -> Topic | None:
    """Return how the text is about the commitment, or None."""
    named: list[tuple[Sentence, Word]] = []
    activity: dict[int, Word] = {}
    about: dict[int, Word] = {}
    near: dict[int, Word] = {}
    for s in sentences:
        if not s.words:
            continue
        masked = swedish.without(s, words.not_this)
        if word := swedish.first(words.named, masked):
            named.append((s, word))
        if word := swedish.first(words.activity, masked):
            activity[s.number] = word
        # One word can't be both: the other must stand beside it.
        if word := swedish.first(words.about, swedish.without(masked, words.activity)):
            about[s.number] = word
        if word := swedish.first(words.neighbours, swedish.without(masked, words.about)):
            near[s.number] = word
    paired = [
        (s, activity[s.number]) for s in sentences if s.number in activity and (not words.about or s.number in about)
    ]
    if paired or named:
        if not named and not _has_context(sentences, words):
            return None
        anchors = tuple(sorted({id(a[0]): a for a in (*paired, *named)}.values(), key=lambda a: a[0].number))
        first_about = about.get(anchors[0][0].number)
        return Topic("named" if named else "paired", anchors, first_about.text if first_about and not named else "")
    return _weaker(sentences, words, activity, about, near)


def _weaker(
    sentences: Sequence[Sentence],
    words: Words,
    activity: dict[int, Word],
    about: dict[int, Word],
    near: dict[int, Word],
) -> Topic | None:
    beside = [
        (s, activity[s.number])
        for s in sentences
        if s.number in activity and any(n == 0 or abs(n - s.number) <= 1 or s.number == 0 for n in about)
    ]
    if beside and _has_context(sentences, words):
        return Topic("near", tuple(beside), next(iter(about.values())).text)
    alike = [
        (s, near[s.number])
        for s in sentences
        if s.number in near and (not words.about or s.number in activity or s.number in about)
    ]
    return Topic("neighbour", tuple(alike)) if alike and _has_context(sentences, words) else None


def _has_context(sentences: Sequence[Sentence], words: Words) -> bool:
    return not words.context or any(swedish.first(words.context, s) for s in sentences)
