"""What a text is about: a commitment's words found in its sentences, and the records worth looking at at all."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from config.schema import Commitment, Signals
from tasks import swedish
from tasks.model import Record
from tasks.swedish import LIMIT, Sentence, Term, Word

# What makes a text's letters differ from what a reader sees: markup, entities, soft hyphens, our own separator.
_DIRTY = re.compile(r"[<&\x00\xad]")


@dataclass(frozen=True, slots=True)
class Words:
    """A commitment's signals, ready to be matched."""

    named: tuple[Term, ...]
    activity: tuple[Term, ...]
    about: tuple[Term, ...]
    context: tuple[Term, ...]
    neighbours: tuple[Term, ...]
    nearly_activity: tuple[Term, ...]
    nearly_about: tuple[Term, ...]
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
    index = _Index.of(records)
    result = []
    for commitment in commitments:
        words = words_of(commitment.signals)
        rows = index.having(words.named)
        if words.about:
            doing, about = (*words.activity, *words.nearly_activity), (*words.about, *words.nearly_about)
            first, second = sorted((doing, about), key=index.commonness)
            paired = index.among(index.having(first), second)
        else:
            paired = index.having(words.activity)
        paired |= index.having(words.neighbours)
        rows |= index.among(paired, words.context) if words.context else paired
        result.append(sorted(rows))
    return result


@dataclass(frozen=True, slots=True)
class _Index:
    """Many records' texts as one long lower-case string, so that a word is looked for in all of them at once."""

    texts: list[str]
    blob: str
    # Where each text ends in the blob.
    ends: list[int]

    @classmethod
    def of(cls, records: Sequence[Record]) -> _Index:
        pieces = [f"{r.title}\n{r.text}"[: LIMIT * 4] for r in records]
        pieces = [swedish.clean(p) if _DIRTY.search(p) else p for p in pieces]
        blob = swedish.compose("\0".join(pieces)).lower().replace("–", "-")
        texts = blob.split("\0")
        return cls(texts, blob, list(accumulate(len(t) + 1 for t in texts)))

    def having(self, terms: Iterable[Term]) -> set[int]:
        """Return the rows in which any term's literal stands."""
        found: set[int] = set()
        for literal in _shortest(terms):
            at = self.blob.find(literal)
            while at >= 0:
                row = bisect_right(self.ends, at)
                found.add(row)
                # On to the next text: one hit is enough.
                at = self.blob.find(literal, self.ends[row])
        return found

    def among(self, rows: Iterable[int], terms: Iterable[Term]) -> set[int]:
        """Return those of the rows in which any term's literal stands."""
        literals = _shortest(terms)
        return {row for row in rows if any(literal in self.texts[row] for literal in literals)}

    def commonness(self, terms: Iterable[Term]) -> int:
        """Return about how often the terms' literals stand in the texts, judged by the first of them."""
        return sum(self.blob.count(literal, 0, 100_000) for literal in _shortest(terms))


def _shortest(terms: Iterable[Term]) -> list[str]:
    """Return the terms' literals without those that hold another one."""
    literals = {t.literal for t in terms if t.literal}
    return [one for one in literals if not any(two != one and two in one for two in literals)]


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
        word = swedish.first(words.neighbours, masked)
        if word is None and s.number in activity:
            word = swedish.first(words.nearly_about, swedish.without(masked, words.activity))
        elif word is None and s.number in about:
            word = swedish.first(words.nearly_activity, masked)
        if word:
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
    alike = [(s, near[s.number]) for s in sentences if s.number in near]
    return Topic("neighbour", tuple(alike)) if alike and _has_context(sentences, words) else None


def _has_context(sentences: Sequence[Sentence], words: Words) -> bool:
    return not words.context or any(swedish.first(words.context, s) for s in sentences)
