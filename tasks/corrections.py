"""Yes, but …: which state, day, place and number a person's yes may put right, and what can't be right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from config.schema import Commitment, Municipality, Promise
from tasks import submission
from tasks.model import Dated, Refused, State
from tasks.periods import span_name

FIELDS = ("state", "date", "place", "count")


def open_to(commitment: Commitment) -> tuple[str, ...]:
    """Return what a yes may correct for a commitment: what its disclosure class doesn't let in isn't asked for."""
    shown = submission.fields(commitment)
    several = len(submission.states(commitment)) > 1
    return tuple(f for f in FIELDS if (several if f == "state" else f in shown))


def check(
    typed: Mapping[str, str],
    promise: Promise,
    commitment: Commitment,
    municipality: Municipality,
    said: tuple[State, Sequence[Dated]],
    today: date,
) -> dict[str, Any]:
    """Return the corrections as a judgement keeps them (state, date as ISO text, place, count).

    `said` is the state and the days that the record itself gives. Raises Refused, one line for each thing to mend.
    """
    given = {name: text for name in FIELDS if (text := typed.get(name, "").strip())}
    if not given:
        raise Refused("Rätta minst en uppgift, eller svara bara ja.")
    if foreign := given.keys() - set(open_to(commitment)):
        raise Refused(f"{commitment.heading}: {' och '.join(sorted(_NAMES[f] for f in foreign))} kan inte rättas här.")
    problems = [
        *_wrong_state(given, commitment),
        *_wrong_day(given, promise, said, today),
        *_wrong_place(given, municipality),
        *_wrong_count(given),
    ]
    if problems:
        raise Refused("\n".join(problems))
    day, place = submission.day_of(given.get("date", ""), promise), _district(given.get("place", ""), municipality)
    return {
        **({"state": given["state"]} if "state" in given else {}),
        **({"date": day.isoformat()} if day else {}),
        **({"place": place} if place else {}),
        **({"count": int(given["count"])} if "count" in given else {}),
    }


_NAMES = {"state": "läge", "date": "datum", "place": "ort", "count": "antal"}


def _wrong_state(given: Mapping[str, str], commitment: Commitment) -> list[str]:
    allowed = submission.states(commitment)
    if given.get("state", next(iter(allowed))) in allowed:
        return []
    return [f"Läge: välj {', '.join(allowed.values())}."]


def _wrong_day(
    given: Mapping[str, str], promise: Promise, said: tuple[State, Sequence[Dated]], today: date
) -> list[str]:
    day, days = submission.day_of(given.get("date", ""), promise), said[1]
    if "date" in given and day is None:
        return [f"Datum: skriv en dag som finns, till exempel {promise.signed}."]
    if day and not promise.signed <= day <= promise.ends:
        return [f"Datum: löftet gäller {span_name(promise.signed, promise.ends)}."]
    # As a plain yes takes it: what only mentions an activity tells of one that was held.
    own: State = "held" if said[0] in ("background", "none") else said[0]
    first = day or min((d.start for d in days), default=None)
    if given.get("state", own) == "held" and first and first > today:
        return ["Datum: det som är genomfört kan inte ligga i framtiden. Rätta datumet, eller välj planerad."]
    return []


def _wrong_place(given: Mapping[str, str], municipality: Municipality) -> list[str]:
    if "place" not in given or _district(given["place"], municipality):
        return []
    return [f"Ort: {given['place'][:60]} är ingen ort i {municipality.short}. Välj en i listan."]


def _wrong_count(given: Mapping[str, str]) -> list[str]:
    if re.fullmatch(r"[1-9]\d{0,2}", given.get("count", "1"), re.ASCII):
        return []
    return ["Antal: skriv ett heltal från 1 till 999."]


def _district(name: str, municipality: Municipality) -> str:
    """Return a district's own name for any name that it goes by; empty when there is none."""
    wanted = name.casefold()
    return next(
        (p.name for p in municipality.places if wanted in (n.casefold() for n in (p.name, *p.aliases))),
        "",
    )
