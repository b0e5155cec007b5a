"""Texts as the editor shows them: tokens as links to their figures, and word diffs between two versions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from tasks.model import Figure

_TOKEN = re.compile(r"\{([^{}\s]+)\}")
_WORDS = re.compile(r"\s+|[^\s]+")
# A sentence ends where the next one begins with a capital, a quotation or a figure.
_BETWEEN = re.compile(r"(?<=[.!?:])\s+(?=[A-ZÅÄÖ{”\"])")
# Two long texts of different words would keep the comparison busy for seconds.
_LONGEST_DIFF = 4000
# Words and spaces that are left on each side of a difference in a long text.
_AROUND = 24


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; `token` is set where it is a figure, `opens` where that figure rests on something."""

    text: str
    token: str = ""
    opens: bool = False
    # What the figure said before newer data moved it; empty when it says the same.
    before: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in pieces."""

    pieces: tuple[Piece, ...]

    @property
    def moved(self) -> tuple[Piece, ...]:
        """The figures in it that newer data moved, each once."""
        return tuple(dict.fromkeys(p for p in self.pieces if p.before))


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of a comparison: the same in both, only in the old, or only in the new."""

    kind: Literal["same", "old", "new"]
    text: str


def filled(text: str, figures: Mapping[str, Figure], before: Mapping[str, str]) -> list[list[Sentence]]:
    """Return a text as paragraphs of sentences, each known token as its figure's text.

    `before` holds what the figures that newer data moved said until then, by token.
    """
    found = (p.strip() for p in re.split(r"\n\s*\n", text))
    return [[Sentence(_pieces(s, figures, before)) for s in _sentences(p)] for p in found if p]


def plain(text: str, figures: Mapping[str, Figure]) -> str:
    """Return a text with each known token as its figure's text."""
    return _TOKEN.sub(lambda match: figures[match[1]].text if match[1] in figures else match[0], text)


def tokens_in(text: str) -> set[str]:
    """Return the tokens that a text uses."""
    return set(_TOKEN.findall(text))


def compare(old: str, new: str) -> list[Change]:
    """Return a word diff of two texts; very long ones are shown whole, old then new."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if before == after:
        return [Change("same", new)]
    if max(len(before), len(after)) > _LONGEST_DIFF:
        return [Change("old", old), Change("new", new)]
    return list(_changes(before, after))


def shortened(changes: Sequence[Change]) -> list[Change]:
    """Return a comparison with only a few words around each difference left of what is the same."""
    last = len(changes) - 1
    return [
        Change("same", _middle_out(c.text, keep_start=i > 0, keep_end=i < last)) if c.kind == "same" else c
        for i, c in enumerate(changes)
    ]


def _middle_out(text: str, *, keep_start: bool, keep_end: bool) -> str:
    words = _WORDS.findall(text)
    if len(words) <= 3 * _AROUND:
        return text
    start = "".join(words[:_AROUND]) if keep_start else ""
    end = "".join(words[-_AROUND:]) if keep_end else ""
    return f"{start} … {end}"


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """Yield the stretches; words that are exchanged one after the other are one stretch, read as a phrase."""
    old = new = ""
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for number, (kind, a, b, c, d) in enumerate(steps, 1):
        was, now = "".join(before[a:b]), "".join(after[c:d])
        if kind != "equal" or ((old or new) and not was.strip() and number < len(steps)):
            old, new = old + was, new + now
            continue
        yield from _change(old, new)
        old = new = ""
        yield Change("same", was)
    yield from _change(old, new)


def _change(old: str, new: str) -> Iterator[Change]:
    if old:
        yield Change("old", old)
    if new:
        yield Change("new", new)


def _sentences(paragraph: str) -> Iterator[str]:
    """Yield the sentences, the space between two of them with the first, so that nothing is lost."""
    start = 0
    for between in _BETWEEN.finditer(paragraph):
        yield paragraph[start : between.end()]
        start = between.end()
    yield paragraph[start:]


def _pieces(sentence: str, figures: Mapping[str, Figure], before: Mapping[str, str]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    at = 0
    for match in _TOKEN.finditer(sentence):
        figure = figures.get(match[1])
        if figure is None:
            continue
        found.append(Piece(sentence[at : match.start()]))
        opens = figure.value is not None or bool(figure.evidence)
        found.append(Piece(figure.text, match[1], opens, before.get(match[1], "")))
        at = match.end()
    return tuple(p for p in [*found, Piece(sentence[at:])] if p.text)
