"""Which municipalities a text can be about: every name of every one of them, looked for in a single pass."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ahocorasick_rs import AhoCorasick

from config.schema import Municipality
from tasks.evidence import swedish

# Where letters as written differ from those a reader sees: markup, entities, invisible signs.
_DIRTY = re.compile("[<&\xad\u200b-\u200d\u2060\ufeff]")


class Locality:
    """The names of some municipalities and their districts.

    It errs on one side: a municipality left out is surely not named in the text; one returned may still turn out, when
    the text is read as evidence, not to be meant.
    """

    def __init__(self, towns: Sequence[Municipality]) -> None:
        self._owners: dict[str, set[str]] = {}
        # The municipality's own name may go on: "Strängnäspolisen".
        self._open: set[str] = set()
        for town in towns:
            self._open.add(_piece(town.short))
            names = [town.short, *(n for place in town.places for n in (place.name, *place.aliases))]
            for piece in (*map(_piece, names), f"/{town.slug}/"):
                self._owners.setdefault(piece, set()).add(town.slug)
        self._pieces = list(self._owners)
        self._automaton = AhoCorasick(self._pieces)

    def towns(self, text: str) -> set[str]:
        """Return the slugs of the municipalities that `text` (words and address) can be about."""
        if _DIRTY.search(text):
            text = swedish.clean(text)
        text = swedish.compose(text).lower()
        found: set[str] = set()
        for number, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            piece = self._pieces[number]
            if piece[0] == "/" or _stands(text, start, end, open_ended=piece in self._open):
                found |= self._owners[piece]
        return found


def _piece(name: str) -> str:
    """Return the longest word of a name, in lower case: between its words any white space may stand."""
    return max(swedish.compose(name).lower().split(), key=len)


def _stands(text: str, start: int, end: int, *, open_ended: bool) -> bool:
    """Tell whether a name found there is a word, with or without a genitive s."""
    if start and text[start - 1].isalnum():
        return False
    return open_ended or not text[end : end + 2].removeprefix("s")[:1].isalnum()
