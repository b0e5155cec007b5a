"""What a text is about: a commitment's words found in its sentences, and the records worth looking at at all."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from ahocorasick_rs import BytesAhoCorasick, Implementation

from config.schema import Commitment, Signals
from tasks.evidence import swedish
from tasks.evidence.swedish import LIMIT, Sentence, Term, Word
from tasks.model import Record

# What makes a text's letters differ from what a reader sees: markup, entities, invisible signs, our own separator.
_MARKED = re.compile("[<&\xad\u200b-\u200d\u2060\ufeff]")
_DIRTY = re.compile("[<&\x00\xad\u200b-\u200d\u2060\ufeff]")


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
    """Return for each commitment the rows whose text can be about it: all words looked for in one pass."""
    signals = [words_of(c.signals) for c in commitments]
    index = _Index.of(records, tuple(signals))
    result = []
    for words in signals:
        paired = index.having(words.activity) | index.having(words.nearly_activity)
        if words.about:
            paired &= index.having(words.about) | index.having(words.nearly_about)
        paired |= index.having(words.neighbours)
        if words.context:
            paired &= index.having(words.context)
        result.append(sorted(paired | index.having(words.named)))
    return result


@dataclass(frozen=True, slots=True)
class _Index:
    """Many records' texts in lower case, and the rows in which the longest piece of each term stands."""

    # UTF-8: half the size of wide characters, and looked through faster.
    texts: Sequence[bytes]
    rows: Mapping[bytes, set[int]]

    @classmethod
    def of(cls, records: Sequence[Record], signals: tuple[Words, ...]) -> _Index:
        pieces = [f"{r.title}\n{r.text}"[: LIMIT * 4] for r in records]
        joined = "\0".join(pieces)
        if joined.count("\0") >= len(pieces) or _MARKED.search(joined):
            joined = "\0".join(swedish.clean(p) if _DIRTY.search(p) else p for p in pieces)
        blob = swedish.compose(joined).lower().replace("–", "-").encode("utf-8", "replace")
        texts = blob.split(b"\0")
        ends = list(accumulate(len(text) + 1 for text in texts))
        wanted, automaton = _automaton(signals)
        found: dict[bytes, set[int]] = {piece: set() for piece in wanted}
        for number, start, _ in automaton.find_matches_as_indexes(blob, overlapping=True):
            piece = wanted[number]
            if not _is_short(piece) or _stands(piece, blob, start):
                found[piece].add(bisect_right(ends, start))
        return cls(texts, found)

    def having(self, terms: tuple[Term, ...]) -> set[int]:
        """Return the rows in which all pieces of any of the terms stand."""
        found: set[int] = set()
        for longest, *others in _pieces(terms):
            rows = self.rows[longest]
            found |= {row for row in rows if _holds(self.texts[row], others)} if others else rows
        return found


def _holds(text: bytes, pieces: Iterable[bytes]) -> bool:
    for piece in pieces:
        at = text.find(piece)
        if _is_short(piece):
            while at >= 0 and not _stands(piece, text, at):
                at = text.find(piece, at + 1)
        if at < 0:
            return False
    return True


def _stands(piece: bytes, text: bytes, at: int) -> bool:
    """Tell whether a short piece found there is a word, or the first of one: it is never looked for inside others."""
    before = text[max(0, at - 4) : at].decode("utf-8", "ignore")[-1:]
    return not before.isalnum() and swedish.inflects(text[at : at + 60].decode("utf-8", "ignore"), piece.decode())


@lru_cache(maxsize=512)
def _automaton(signals: tuple[Words, ...]) -> tuple[list[bytes], BytesAhoCorasick]:
    """Return the longest piece of each of the signals' terms, and what finds them all in one pass."""
    fields = [f for f in Words.__slots__ if f != "not_this"]
    terms = [getattr(words, f) for words in signals for f in fields]
    wanted = sorted({pieces[0] for some in terms for pieces in _pieces(some)})
    return wanted, BytesAhoCorasick(wanted, implementation=Implementation.DFA)


@lru_cache(maxsize=4096)
def _is_short(piece: bytes) -> bool:
    return len(piece.decode()) < swedish.COMPOUND


@lru_cache(maxsize=4096)
def _pieces(terms: tuple[Term, ...]) -> tuple[tuple[bytes, ...], ...]:
    """Return what must stand in a text for each term, longest piece first, without what another term finds as well."""
    wanted = {tuple(p.encode() for p in sorted(t.literals, key=len, reverse=True)) for t in terms if t.literal}
    return tuple(one for one in wanted if not any(_finds(other, one) for other in wanted - {one}))


def _finds(one: tuple[bytes, ...], other: tuple[bytes, ...]) -> bool:
    """Tell whether every text that holds the pieces of `other` holds those of `one`; short ones are whole words."""
    return all(any(p == q or (p in q and not _is_short(p)) for q in other) for p in one)


def topic(sentences: Sequence[Sentence], words: Words) -> Topic | None:
    """Return how the text is about the commitment, or None."""
    named: list[tuple[Sentence, Word]] = []
    activity: dict[int, Word] = {}
    about: dict[int, Word] = {}
    near: dict[int, Word] = {}
    nearly: dict[int, Word] = {}
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
        elif word is None and (almost := swedish.first(words.nearly_activity, masked)):
            nearly[s.number] = almost
        if word:
            near[s.number] = word
    # Something like it may be told of in one sentence, and whom it was with in the next; a title is too far off.
    body = about.keys() - {0}
    near |= {n: word for n, word in nearly.items() if n in about or (n and {n - 1, n + 1} & body)}
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
