"""How a status is said: its word beside the icon, and in the sentence that counts them, worded by status.j2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.model import Outcome, Status
from tasks.phrases import Phrases
from tasks.progress.reasons import enumeration

# Each status has a word, an icon and a colour; the page's style knows these names. In the order that a reader wants to
# know how many there are of each.
LOOKS: Mapping[Status, str] = {
    "uppfyllt": "done",
    "på väg": "going",
    "delvis": "partly",
    "ej uppfyllt": "not",
    "försenat": "late",
    "inställt": "off",
    "ej påbörjat": "idle",
    "uppgift saknas": "unknown",
    "kan inte redovisas": "hidden",
}
WORDS = Phrases(
    "status.j2",
    {look: {} for look in LOOKS.values()} | {f"{look}_counted": {"number": 2} for look in LOOKS.values()},
)


def word(templates: Mapping[str, str], status: Status) -> str:
    """Return what a status is called."""
    return WORDS.say(templates, LOOKS[status])


def summary(templates: Mapping[str, str], outcomes: Sequence[Outcome]) -> str:
    """Return how many of the commitments have each status: 3 uppfyllda och 1 försenat."""
    parts = []
    for status, look in LOOKS.items():
        number = sum(o.status == status for o in outcomes)
        if number:
            parts.append(f"{number} {WORDS.say(templates, f'{look}_counted', number=number)}")
    return enumeration(parts)
