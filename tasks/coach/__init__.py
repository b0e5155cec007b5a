"""The measurability coach: what a commitment must say to be followed up, what it lacks, and a wording that has it all.

Nothing is invented: what the text leaves open is a gap in brackets, for the parties to fill in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from config.schema import Commitment, Promise
from tasks.coach import parts
from tasks.coach.parts import NEEDS, Need
from tasks.coach.plaintext import Pledge, pledges
from tasks.phrases import Phrases

__all__ = ["NAMES", "NEEDS", "WORDS", "Advice", "Need", "common", "of_promise", "of_text", "verdict", "why"]

# What each need is called.
NAMES: dict[Need, str] = {
    "actor": "vem",
    "verb": "vad som ska göras",
    "unit": "vad som räknas",
    "number": "antal",
    "place": "plats eller målgrupp",
    "deadline": "när",
    "confirms": "vem som bekräftar",
}
WORDS = Phrases("rad.j2", {**{f"lacks_{need}": {} for need in NEEDS}, "vague_verb": {"verb": "Verka"}})
_GAPS: dict[Need, str] = {
    "actor": "[Vem]",
    "unit": "[vad som räknas]",
    "number": "minst [antal]",
    "place": "[var eller för vilka]",
    "deadline": "senast den [datum]",
}
_PARTY = {"police": "Polisen", "municipality": "Kommunen", "both": "Polisen och kommunen"}
# What one does with what is counted; anything else is carried out.
_DO = (
    ("möten", "hålla"),
    ("träffar", "ordna"),
    ("besök", "göra"),
    ("kontroller", "göra"),
    ("sök", "göra"),
    ("områden", "starta"),
)


@dataclass(frozen=True, slots=True)
class Advice:
    """What one commitment says and lacks, and a better wording; empty where it needs none.

    `vague` is the verb of one whose verb says too little.
    """

    key: str
    heading: str
    found: dict[Need, str]
    missing: tuple[Need, ...]
    vague: str
    suggestion: str


# A promise stands unchanged for a year, and its last page is rendered at every saved text.
@lru_cache(maxsize=8)
def of_promise(promise: Promise) -> tuple[Advice, ...]:
    """Return the advice on each commitment of a configured promise, judged by the promise's own words.

    Who confirms is taken from the sources that the municipality has named for the commitment.
    """
    return tuple(_of_commitment(c) for c in promise.commitments)


def of_text(text: str) -> tuple[Advice, ...]:
    """Return the advice on each commitment that a plain text holds; empty when it holds none."""
    told = parts.tells_who_confirms(text)
    return tuple(_of_pledge(pledge, number, told=told) for number, pledge in enumerate(pledges(text), 1))


def why(templates: Mapping[str, str], advice: Advice) -> tuple[str, ...]:
    """Return why it matters that a commitment lacks what it lacks, one sentence for each, worded by rad.j2."""
    return tuple(
        WORDS.say(templates, "vague_verb", verb=_capital(advice.vague))
        if need == "verb" and advice.vague
        else WORDS.say(templates, f"lacks_{need}")
        for need in advice.missing
    )


def verdict(advice: Advice) -> str:
    """Return in a word or two whether a commitment can be followed up."""
    if not advice.missing:
        return "går att följa upp"
    return "nästan" if len(advice.missing) == 1 else "går inte att följa upp"


def common(every: Sequence[Advice]) -> tuple[tuple[Need, int], ...]:
    """Return what is missing, in how many commitments, the most common first."""
    counts = Counter(need for advice in every for need in advice.missing)
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], NEEDS.index(pair[0]))))


def _of_pledge(pledge: Pledge, number: int, *, told: bool) -> Advice:
    said = parts.found(f"{pledge.who}: {pledge.text}" if pledge.who else pledge.text)
    if told:
        said.setdefault("confirms", "uppföljningen")
    return _advice(str(number), _short(pledge.text), pledge.text, said, _suggestion(said))


def _of_commitment(commitment: Commitment) -> Advice:
    said = parts.found(commitment.text)
    if commitment.measure == "duty":
        # To tell how it goes is its own activity, and its readers are the ones who see whether it was done.
        said = {**said, "unit": commitment.unit[1], "confirms": "läsarna"}
    if commitment.evidence_from:
        said["confirms"] = _PARTY[commitment.party]
    return _advice(commitment.id, commitment.heading, commitment.text, said, _wording(commitment, said))


def _advice(key: str, heading: str, text: str, said: dict[Need, str], suggestion: str) -> Advice:
    missing = tuple(need for need in NEEDS if need not in said)
    vague = parts.vague_verb(text) if "verb" in missing else ""
    return Advice(key, heading, said, missing, vague, suggestion if missing else "")


def _wording(commitment: Commitment, said: dict[Need, str]) -> str:
    who = _PARTY[commitment.party]
    if commitment.disclosure == "yes_no":
        # A number of these would point people out, so what is promised is that it is told whether it was done.
        return (
            f"{who} ska varje period berätta om arbetssättet har använts, ja eller nej, senast den [datum]. "
            f"{who} bekräftar uppgiften."
        )
    given = {**said, "actor": who, "unit": said.get("unit") or commitment.unit[1], "confirms": who}
    return _suggestion(given, detail=commitment.disclosure == "public")


def _suggestion(said: dict[Need, str], *, detail: bool = True) -> str:
    """Return a measurable wording with the text's own parts and a gap for each that it lacks."""
    unit = said.get("unit") or _GAPS["unit"]
    do = next((verb for end, verb in _DO if unit.endswith(end)), "genomföra")
    number = said.get("number") or _GAPS["number"]
    who = _capital(said.get("actor") or _GAPS["actor"])
    how_many = f"{unit} {number}" if " " in number and not number.startswith(("minst", "högst")) else f"{number} {unit}"
    when = said.get("deadline") or _GAPS["deadline"]
    where = said.get("place") or _GAPS["place"]
    one = [how_many, where] if when == number else [how_many, where, when]
    confirms = said.get("confirms", "") if said.get("confirms") in _PARTY.values() else "[Vem som bekräftar]"
    what = "dag och plats för varje tillfälle" if detail else "varje tillfälle"
    return f"{who} ska {do} {' '.join(one)}. {confirms} skriver upp {what}."


def _short(text: str) -> str:
    words = text.split()
    return " ".join(words[:8]) + (" …" if len(words) > 8 else "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
