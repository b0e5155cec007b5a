"""The people's verb, where they answer: judge and undo. One function is one transaction; decide.py has the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from config.schema import Person
from tasks.model import Refused, Verdict
from tasks.store import Store, history, matches, records


def judge(
    store: Store,
    *,
    promise: str,
    question: Literal["evidence", "same"],
    left: str,
    right: str,
    verdict: Verdict,
    corrected: Mapping[str, Any],
    seen_sha256: str,
    person: Person,
    at: datetime,
) -> int:
    """Keep a person's answer and return its id; it outlives every rerun and can be undone.

    The same answer again is the same answer (a double click, a retried request). Raises Refused where somebody has
    answered otherwise; only who was unsure may be overruled without being undone.
    """
    _may_answer(person)
    with store.writing() as db:
        # Two people who answer at once: the second one waits here, and finds the first one's answer below.
        records.hold(db, f"{promise}|{question}|{left}|{right}")
        about = (question, left, right)
        standing = next((j for j in matches.answers(db, promise) if (j.question, j.left, j.right) == about), None)
        if standing and standing.seen_sha256 == seen_sha256:
            if (standing.verdict, dict(standing.corrected)) == (verdict, dict(corrected)):
                return standing.id
            if standing.verdict != "unsure":
                raise Refused("Någon annan har redan svarat på frågan. Ångra det svaret först, om det är fel.")
        key = matches.add_judgement(
            db,
            promise=promise,
            question=question,
            left=left,
            right=right,
            verdict=verdict,
            corrected=corrected,
            who=person.id,
            party=person.party,
            at=at,
            seen_sha256=seen_sha256,
        )
        # Which fields were put right, never to what: the log is read by both parties.
        history.note(
            db,
            at=at,
            who=person.id,
            party=person.party,
            action="judged",
            promise=promise,
            judgement=key,
            verdict=verdict,
            corrected=sorted(corrected),
        )
    return key


def undo(store: Store, judgement_id: int, *, person: Person, at: datetime) -> None:
    """Undo one answer; the row stays and a new one says so."""
    _may_answer(person)
    with store.writing() as db:
        promise = matches.undo_judgement(db, judgement_id, who=person.id, party=person.party, at=at)
        history.note(
            db, at=at, who=person.id, party=person.party, action="undid", promise=promise, judgement=judgement_id
        )


def _may_answer(person: Person) -> None:
    if not person.roles & {"reporter", "reviewer", "approver"}:
        raise Refused(f"{person.name} har inte rätt att svara på frågor.")
