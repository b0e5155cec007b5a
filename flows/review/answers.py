"""What was answered: who said what when, what they put right, and what was undone, in words a person may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from config.schema import Promise
from flows.review.auth import Visit
from flows.review.figures import shown_record
from tasks.model import Judgement, Record
from tasks.periods import swedish_date
from tasks.store import Db, matches, records
from tasks.submission import STATES


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer that stands, with what it was about and what it put right."""

    judgement: Judgement
    what: str
    corrected: str


@dataclass(frozen=True, slots=True)
class Given:
    """One answer that was undone, with who undid it and when."""

    judgement: Judgement
    what: str
    undone_by: str
    undone_at: datetime


def answered(db: Db, visit: Visit, promise: Promise) -> list[Answered]:
    """Return a promise's standing answers, oldest first."""
    found = matches.answers(db, promise.slug)
    about = _records(db, found)
    return [Answered(j, _what(visit, promise, j, about), _put_right(j, promise)) for j in found]


def taken_back(db: Db, visit: Visit, promise: Promise) -> list[Given]:
    """Return a promise's undone answers, the one undone last first."""
    found = matches.taken_back(db, promise.slug)
    about = _records(db, [j for j, _, _ in found])
    return [Given(j, _what(visit, promise, j, about), who, at) for j, who, at in found]


def _records(db: Db, found: Sequence[Judgement]) -> Mapping[str, list[Record]]:
    return records.versions_of(db, {key for j in found for key in _keys(j)})


def _keys(answer: Judgement) -> tuple[str, ...]:
    return (answer.left,) if answer.question == "evidence" else (answer.left, answer.right)


def _what(visit: Visit, promise: Promise, answer: Judgement, about: Mapping[str, list[Record]]) -> str:
    """Return what an answer was about; a title that this person may not read is not quoted."""
    config = visit.review.config
    commitment = next((c for c in promise.commitments if c.id == answer.right), None)
    secret = commitment is not None and commitment.disclosure != "public"
    names = []
    for key in _keys(answer):
        shown = shown_record(config, about[key], answer.at, visit.person, secret) if key in about else None
        names.append(
            f"”{shown.title}”" if shown and shown.title else f"en uppgift från {shown.source}" if shown else key
        )
    if answer.question == "same":
        return f"Är {names[0]} och {names[1]} samma aktivitet?"
    return f"Gäller {names[0]} {(commitment.heading if commitment else answer.right).lower()}?"


def _put_right(answer: Judgement, promise: Promise) -> str:
    """Return what a yes put right, in words: "inställd, 14 april 2021, Mariefred, 2 trygghetsvandringar"."""
    said = answer.corrected
    commitment = next((c for c in promise.commitments if c.id == answer.right), None)
    unit = commitment.unit[0 if said.get("count") == 1 else 1] if commitment else "st"
    parts = (
        STATES.get(str(said.get("state")), ""),
        swedish_date(date.fromisoformat(str(said["date"]))) if said.get("date") else "",
        str(said.get("place", "")),
        f"{said['count']} {unit}" if said.get("count") else "",
    )
    return ", ".join(p for p in parts if p)
