"""What a run of a period changed, or a rehearsal would change, in words: for ops in the review, and on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from config import Config
from config.schema import Promise
from flows.overview import PUBLICATION_STATES
from tasks.draft import Drafted
from tasks.model import Fetch, FollowUp, Publication
from tasks.periods import swedish_date
from tasks.store.orders import Kind

# The figures of one commitment that say the same number in several ways.
_NUMBERS = {
    "result": "antal",
    "held": "antal",
    "held_total": "antal",
    "planned": "planerade",
    "cancelled": "inställda",
    "used": "använt",
}
_SILENT = {
    "thinned": "svarade ofullständigt",
    "empty": "svarade utan en enda uppgift",
    "unavailable": "gick inte att nå",
    "refused": "nekade oss",
    "unreadable": "svarade så att det inte gick att läsa",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """What a run changes or would change in a draft: numbers and statuses, as (heading, before, now)."""

    numbers: tuple[tuple[str, str, str], ...]
    statuses: tuple[tuple[str, str, str], ...]


def in_words(config: Config, promise: Promise, kind: Kind, fetches: Sequence[Fetch], made: Drafted) -> str:
    """Return what a run changed, or a rehearsal would change, one sentence a line, the numbers first."""
    rehearsed, found = kind == "rehearsal", moved(promise, made)
    channels = len(config.channels_of(promise)) if made.outcome == "correction" else 0
    more, numbers = sum(f.new for f in fetches), len(found.numbers)
    verb = "ändras" if rehearsed else "ändrades"
    lines = [
        f"{more} {'händelse' if more == 1 else 'händelser'} till, "
        f"{numbers} {'siffra' if numbers == 1 else 'siffror'} {verb}, "
        f"{channels} {'kanal' if channels == 1 else 'kanaler'} {'berörs' if rehearsed else 'berördes'}."
    ]
    lines += [f"{what}: {old or '–'} → {new or '–'}." for what, old, new in (*found.numbers, *found.statuses)]
    lines.append(_DRAFT[made.outcome][rehearsed].format(edition=made.edition))
    lines += [f"{config.source(f.source).name} {_SILENT[f.outcome]}." for f in fetches if f.outcome in _SILENT]
    return "\n".join(lines)


def standing_in_words(promise: Promise, day: date, followup: FollowUp | None) -> str:
    """Return how a period stood as it was known on a day, one commitment a line."""
    if followup is None:
        return "En annan körning höll på med perioden, så inget gjordes. Försök igen om en stund."
    said = {f.token: f.text for f in followup.figures}
    lines = [f"Så här såg det ut den {swedish_date(day)}. Läget är sparat; utkast och publicerat är orörda."]
    for outcome in followup.outcomes:
        own = outcome.commitment
        lines.append(f"{promise.commitment(own).heading}: {said[f'{own}.status']}, {said[f'{own}.result']}.")
    return "\n".join(lines)


def sent_in_words(config: Config, promise: Promise, rows: Sequence[Publication]) -> str:
    """Return what came of a sending, one channel a line."""
    names = {c.id: c.name for c in config.channels_of(promise)}
    if not rows:
        return (
            "Inget kunde sändas i de kanalerna nu. Det kan vara sänt redan, vänta på godkännande eller på att sidorna "
            "är uppe; inlägg går ut på arbetsdagar klockan 8–16."
        )
    return "\n".join(
        f"{names.get(r.channel, r.channel)}: {PUBLICATION_STATES[r.state]}. {r.message}".strip() for r in rows
    )


# Outcome → what was done, and what would be.
_DRAFT = {
    "new": ("Ett utkast är skrivet.", "Ett utkast skulle skrivas."),
    "revised": (
        "Utkastet har en ny version. Tidigare godkännanden gäller inte längre; ändrade texter är kvar.",
        "Utkastet skulle få en ny version. Tidigare godkännanden skulle inte gälla längre; ändrade texter blir kvar.",
    ),
    "unchanged": ("Utkastet är oförändrat.", "Utkastet skulle inte ändras."),
    "correction": (
        "Ett förslag till rättelse är skrivet, utgåva {edition}. Det publicerade ändras först när båda har godkänt.",
        "Ett förslag till rättelse skulle skrivas, utgåva {edition}. Det publicerade ändras först när båda godkänt.",
    ),
    "frozen": ("Läget är sparat som det var känt då.", "Läget skulle sparas som det var känt då."),
    "busy": ("En annan körning höll redan på med perioden, så inget gjordes.", "En annan körning håller på."),
}


def moved(promise: Promise, made: Drafted) -> Moved:
    """Return which numbers and statuses of the draft moved, each number once however many ways it is said."""
    headings = {c.id: c.heading for c in promise.commitments}
    numbers: dict[tuple[str, str], tuple[str, str, str]] = {}
    statuses = []
    order = {name: i for i, name in enumerate(_NUMBERS)}
    for token, old, new in sorted(made.changes, key=lambda c: order.get(c[0].partition(".")[2], len(order))):
        own, _, name = token.partition(".")
        if own in headings and name in _NUMBERS:
            about = headings[own] if name in ("result", "held") else f"{headings[own]}, {_SAID.get(name, name)}"
            numbers.setdefault((own, _NUMBERS[name]), (about, old, new))
        elif own in headings and name == "status":
            statuses.append((f"{headings[own]}, läge", old, new))
    return Moved(tuple(numbers.values()), tuple(statuses))


_SAID = {"held_total": "sedan undertecknandet", "planned": "planerade", "cancelled": "inställda", "used": "använt"}
