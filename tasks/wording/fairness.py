"""Saklighet: claims of effect and of change, praise and blame, which a public follow-up can't hold, and a way out.

A sentence is read as a row of words in which the words of a class stand under its name (`BAD` for crime and
unrest, `DID` for what the parties do …), so that one rule covers all inflections and compounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from tasks.evidence.swedish import Sentence, inflects, sentences
from tasks.wording import fairness_rules as rules

Kind = Literal["effect", "change", "praise", "blame"]
_WHY: dict[Kind, tuple[str, str]] = {
    "effect": (
        "påstår en verkan som uppföljningen inte mäter",
        "Beskriv vad som har gjorts, utan att säga vad det ledde till",
    ),
    "change": (
        "påstår att brott, oordning eller trygghet har förändrats",
        "Beskriv vad som har gjorts, eller hänvisa till en mätning med källa någon annanstans",
    ),
    "praise": ("är beröm", "Skriv vad som har gjorts och låt läsaren bedöma"),
    "blame": ("lägger skuld på någon", "Skriv vad som inte har gjorts och varför, utan att värdera"),
}
# A shorter root is no part of a compound: "rån" stands in "från".
_SHORTEST_IN_COMPOUND = 4
_BORDER = re.compile(r"[,;:–—()]")


@dataclass(frozen=True, slots=True)
class Claim:
    """Words that can't stand in a follow-up, and what kind of claim they make."""

    kind: Kind
    words: str


def claims(text: str) -> tuple[Claim, ...]:
    """Return every claim of effect, change, praise or blame in a text, at most one of each kind a clause."""
    found = [c for s in sentences("", text)[1:] for words, row in _clauses(s) for c in _in_clause(words, row)]
    return tuple(dict.fromkeys(found))


def unfair_claims(text: str) -> list[str]:
    """Return a Swedish remark for each claim, with a neutral way to say it."""
    return [f"”{c.words}” {why}. {mend}." for c in claims(text) for why, mend in [_WHY[c.kind]]]


def _in_clause(words: list[str], row: str) -> list[Claim]:
    open_question = any(pattern.search(row) for pattern in _UNKNOWN)
    found = []
    for kind, patterns in _PATTERNS.items():
        match = next((m for p in patterns if (m := p.search(row))), None)
        if match and not (open_question and kind in ("effect", "change")):
            first = row[: match.start()].count(" ")
            last = first + match[0].strip().count(" ") + 1
            found.append(Claim(kind, " ".join(words[first:last]).replace(" ,", ",")))
    return found


def _clauses(sentence: Sentence) -> list[tuple[list[str], str]]:
    """Return the words of each clause as written, and as the row that the rules read.

    Only "men" parts what is claimed from what is not known; a comma does not, but no rule reads across one.
    """
    clauses: list[tuple[list[str], list[str]]] = [([], [])]
    end = 0
    for word in sentence.words:
        if clauses[-1][0] and _BORDER.search(sentence.text[end : word.start]):
            clauses[-1][0].append(",")
            clauses[-1][1].append(",")
        if word.fold == "men":
            clauses.append(([], []))
        clauses[-1][0].append(word.text)
        clauses[-1][1].append(_named(word.fold))
        end = word.end
    return [(words, " ".join(row) + " ") for words, row in clauses]


@lru_cache(maxsize=20_000)
def _named(fold: str) -> str:
    """Return the name of a word's class, or the word itself."""
    if any(word in fold for word in rules.NOT):
        return fold
    return next((name for name, roots in rules.CLASSES.items() if any(_is(fold, r) for r in roots.split())), fold)


def _is(fold: str, root: str) -> bool:
    if len(root) < _SHORTEST_IN_COMPOUND:
        return fold.startswith(root) and inflects(fold, root)
    at = fold.rfind(root)
    # Two letters before a root make another word of it (invandring).
    return (at == 0 or at > 2) and inflects(fold[at:], root)


def _patterns(lines: str) -> tuple[re.Pattern[str], ...]:
    """Return the rules of a kind as patterns over a row of words."""
    return tuple(re.compile(rf"(?<!\S)(?:{_pattern(line)})(?!\S)") for line in lines.strip().splitlines())


def _pattern(line: str) -> str:
    for name, group in rules.GROUPS.items():
        line = line.replace(name, group)
    # An alternative list may have one ending for all: (fantastisk|suverän)*.
    line = re.sub(r"(?<=[a-zåäö)])\*", r"\\S*", line.replace(" )*", " )\0")).replace("\0", "*")
    line = re.sub(r"~(\d) ", r"(?:(?!, )\\S+ ){0,\1}", line)
    return re.sub(r"\((?!\?)", "(?:", line)


_PATTERNS: dict[Kind, tuple[re.Pattern[str], ...]] = {
    "effect": _patterns(rules.EFFECT),
    "change": _patterns(rules.CHANGE),
    "praise": _patterns(rules.PRAISE),
    "blame": _patterns(rules.BLAME),
}
_UNKNOWN = _patterns(rules.UNKNOWN)
