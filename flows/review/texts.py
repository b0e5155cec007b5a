"""Texts as the editor shows them: tokens as links to their figures, and word diffs between two versions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from tasks.model import Figure

_TOKEN = re.compile(r"\{([^{}\s]+)\}")
_WORDS = re.compile(r"\s+|[^\s]+")
# Two long texts of different words would keep the comparison busy for seconds.
_LONGEST_DIFF = 4000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; `token` is set where it is a figure, `opens` where that figure rests on something."""

    text: str
    token: str = ""
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of a comparison: the same in both, only in the old, or only in the new."""

    kind: Literal["same", "old", "new"]
    text: str


def filled(text: str, figures: Mapping[str, Figure]) -> list[list[Piece]]:
    """Return a text as paragraphs of pieces, each known token as the figure's text."""
    return [_pieces(paragraph, figures) for paragraph in re.split(r"\n\s*\n", text.strip()) if paragraph.strip()]


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


def _changes(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    found: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Change("same", "".join(before[a:b])))
            continue
        if a < b:
            found.append(Change("old", "".join(before[a:b])))
        if c < d:
            found.append(Change("new", "".join(after[c:d])))
    return found


def _pieces(paragraph: str, figures: Mapping[str, Figure]) -> list[Piece]:
    found: list[Piece] = []
    at = 0
    for match in _TOKEN.finditer(paragraph):
        figure = figures.get(match[1])
        if figure is None:
            continue
        found.append(Piece(paragraph[at : match.start()]))
        found.append(Piece(figure.text, match[1], figure.value is not None or bool(figure.evidence)))
        at = match.end()
    return [p for p in [*found, Piece(paragraph[at:])] if p.text]
