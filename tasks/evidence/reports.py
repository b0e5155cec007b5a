"""What a party claims in structure (a form, an activity log): read as it stands, never interpreted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from config.schema import Commitment, Municipality, Promise
from tasks.evidence import datewords, places
from tasks.model import Dated, Reading, Record, State

_CONDITIONS = ("police_took_part", "municipality_took_part", "at_school")
_SAID: Mapping[State, str] = {
    "held": "rapporterad som genomförd",
    "planned": "rapporterad som planerad",
    "cancelled": "rapporterad som inställd",
    "moved": "rapporterad som flyttad",
    "nil_report": "rapporterat: inget att rapportera för perioden",
}


def read(record: Record, promise: Promise, municipality: Municipality | None, version: str) -> list[Reading]:
    """Return the reading of a structured claim; none when it was withdrawn or the promise lacks its commitment."""
    commitment = next((c for c in promise.commitments if c.id == str(record.fields["commitment"])), None)
    if commitment is None or commitment.measure == "duty" or record.fields.get("state") == "withdrawn":
        return []
    state: State = record.fields.get("state") or "none"
    when = dated(record.fields.get("date")) or record.when
    who = {"police": " av polisen", "municipality": " av kommunen", None: ""}[record.party]
    reasons = (
        [f"{_SAID[state]}{who}"] if state in _SAID else [f"rapporterad{who} utan att det framgår om den är genomförd"]
    )
    sure = state in _SAID
    moved_to = dated(record.fields.get("moved_to"))
    days = tuple(d for d in (when, moved_to) if d)
    if state != "nil_report" and when and not _within(days, promise):
        sure = False
        reasons.append("dagen ligger utanför löftets tid")
    if state == "held" and not days:
        sure = False
        reasons.append("ingen dag anges")
    return [
        Reading(
            record_id=record.id,
            record_version=record.version,
            commitment=commitment.id,
            state=state,
            band="sure" if sure else "unsure",
            score=1.0 if sure else 0.6,
            dates=days,
            places=_places(record, municipality),
            count=_count(record, commitment, state),
            conditions={k: bool(v) for k in _CONDITIONS if (v := _condition(record, k)) is not None},
            reasons=tuple(reasons),
            is_total=bool(record.fields.get("is_total", False)),
            rules_version=version,
        )
    ]


def dated(value: object) -> Dated | None:
    """Return a date field (a date, ISO text, or Swedish text with a year) as a Dated, None when it is none."""
    if isinstance(value, Dated):
        return value
    if isinstance(value, datetime):
        return Dated.day(value.date())
    if isinstance(value, date):
        return Dated.day(value)
    if isinstance(value, str):
        found = [m.when for m in datewords.find(value) if m.when]
        return found[0] if found else None
    return None


def _within(days: tuple[Dated, ...], promise: Promise) -> bool:
    return any(d.end >= promise.signed and d.start <= promise.ends for d in days)


def _places(record: Record, municipality: Municipality | None) -> tuple[str, ...]:
    said = str(record.fields.get("place") or record.place or "").strip()
    if not said:
        return ()
    known = places.find(said, municipality).districts if municipality else ()
    return known or (said,)


def _count(record: Record, commitment: Commitment, state: State) -> int | None:
    value: Any = record.fields.get("count")
    if isinstance(value, bool) or value in (None, ""):
        return None if state == "nil_report" or commitment.measure == "ongoing" else 1
    try:
        return max(0, int(value))
    except (TypeError, ValueError):
        return None


def _condition(record: Record, key: str) -> bool | None:
    nested = record.fields.get("conditions")
    value = record.fields.get(key, nested.get(key) if isinstance(nested, Mapping) else None)
    if isinstance(value, str):
        return {"ja": True, "nej": False, "true": True, "false": False}.get(value.strip().casefold())
    return value if isinstance(value, bool) else None
