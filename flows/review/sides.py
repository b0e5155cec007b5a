"""Two records side by side: what each says of the same thing, and which words and facts differ."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from flows.review import page
from flows.review.figures import Shown
from tasks.model import State

_WORDS = re.compile(r"\S+\s*")
_BARE = re.compile(r"\W+")
# Of two texts written each by itself nearly every word differs: marking them all would say nothing.
_ALIKE = 0.4
_LONGEST = 900


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of a text; `differs` where the other text says something else."""

    text: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a record says of itself; empty text where it doesn't."""

    name: str
    text: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One record as it is shown beside the other."""

    shown: Shown
    title: tuple[Word, ...]
    text: tuple[Word, ...]
    facts: tuple[Fact, ...]


def beside(shown: Sequence[Shown]) -> tuple[Side, ...]:
    """Return one record as it is, or two with what differs between them marked in both."""
    facts = [_facts(s) for s in shown]
    names = list(dict.fromkeys(name for f in facts for name in f))
    titles = _marked([s.title for s in shown])
    texts = _marked([s.text[:_LONGEST] + (" …" if len(s.text) > _LONGEST else "") for s in shown])
    return tuple(
        Side(s, title, text, tuple(_fact(n, f, [o for o in facts if o is not f]) for n in names))
        for s, title, text, f in zip(shown, titles, texts, facts, strict=True)
    )


def is_marked(sides: Sequence[Side]) -> bool:
    """Tell whether anything differs that is marked."""
    return any(w.differs for s in sides for w in (*s.title, *s.text)) or any(f.differs for s in sides for f in s.facts)


def _facts(shown: Shown) -> Mapping[str, str]:
    fields = shown.record.fields
    state: State = fields.get("state", "none")
    return {
        **({"Läge": page.ACTIVITY_STATES.get(state, state)} if state != "none" else {}),
        "När": page.dated(shown.record.when),
        **({"Var": shown.place} if shown.place else {}),
        **dict(shown.claims),
        **({"Antal": str(fields["count"])} if fields.get("count") else {}),
        **({"Deltagare": str(fields["participants"])} if fields.get("participants") else {}),
    }


def _fact(name: str, own: Mapping[str, str], others: Sequence[Mapping[str, str]]) -> Fact:
    said = own.get(name, "")
    return Fact(name, said, bool(said) and any(o.get(name) and o[name] != said for o in others))


def _marked(texts: Sequence[str]) -> list[tuple[Word, ...]]:
    if len(texts) != 2 or not all(texts):
        return [(Word(t),) if t else () for t in texts]
    words = [_WORDS.findall(t) for t in texts]
    bare = [[_BARE.sub("", w).casefold() for w in side] for side in words]
    match = SequenceMatcher(None, bare[0], bare[1], autojunk=False)
    blocks = match.get_matching_blocks()
    same = sum(b.size for b in blocks)
    if same == len(words[0]) == len(words[1]) or same < _ALIKE * min(len(w) for w in words):
        return [(Word(t),) for t in texts]
    alike = (
        {i for b in blocks for i in range(b.a, b.a + b.size)},
        {i for b in blocks for i in range(b.b, b.b + b.size)},
    )
    return [
        tuple(_runs([(w, i not in known) for i, w in enumerate(side)]))
        for side, known in zip(words, alike, strict=True)
    ]


def _runs(words: Sequence[tuple[str, bool]]) -> list[Word]:
    """Join neighbouring words that are marked alike."""
    found: list[Word] = []
    for text, differs in words:
        if found and found[-1].differs == differs:
            found[-1] = Word(found[-1].text + text, differs)
        else:
            found.append(Word(text, differs))
    return found
