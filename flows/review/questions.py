"""Frågor: what only a person can say, answered with yes, no or unsure; every answer can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter, Response

from config import Config
from config.schema import Commitment, Person, Promise
from flows.review import page, texts
from flows.review.auth import Answering, Visit
from flows.review.figures import Shown, shown_record
from tasks import decide, evidence, linkage
from tasks.model import Judgement, Question, Record, Verdict
from tasks.store import Db, matches, records

router = APIRouter(prefix="/fragor")
_VERDICTS: Mapping[str, Verdict] = {"ja": "yes", "nej": "no", "osaker": "unsure"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One open question with what the person needs to see to answer it."""

    promise: Promise
    question: Question
    commitment: Commitment | None
    sides: tuple[Shown, ...]
    # Where the words of two records differ, for a pair of which both may be read.
    changes: tuple[texts.Change, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer that stands, with what it was about."""

    judgement: Judgement
    what: str


@router.get("")
def show(visit: Answering, klart: str = "") -> Response:
    """Show what is open and what was answered."""
    return _page(visit, message=page.done(klart))


@router.post("/svar")
def answer(visit: Answering) -> Response:
    """Keep an answer to a question that is open and unchanged since it was shown."""
    config = visit.review.config
    promise = config.promises.get(visit.text("promise"))
    verdict = _VERDICTS.get(visit.text("svar"))
    if promise is None or verdict is None:
        return _page(visit, status=422, problem="Välj ja, nej eller osäker.")
    with visit.review.store.reading() as db:
        open_now = open_questions(db, promise)[0]
    wanted = tuple(visit.text(f) for f in ("fraga", "left", "right", "seen"))
    found = next((q for q in open_now if (q.question, q.left, q.right, q.seen_sha256) == wanted), None)
    if found is None:
        return _page(visit, status=409, problem="Frågan är redan besvarad, eller så har uppgifterna ändrats.")
    decide.judge(
        visit.review.store,
        promise=promise.slug,
        question=found.question,
        left=found.left,
        right=found.right,
        verdict=verdict,
        corrected={},
        seen_sha256=found.seen_sha256,
        person=visit.person,
        at=visit.now,
    )
    return visit.go("/fragor", klart="svarat")


@router.post("/angra")
def undo(visit: Answering) -> Response:
    """Undo one answer."""
    key = visit.text("svar")
    if not key.isdecimal() or len(key) > 9:
        return _page(visit, status=422, problem="Svaret finns inte.")
    decide.undo(visit.review.store, int(key), person=visit.person, at=visit.now)
    return visit.go("/fragor", klart="angrat")


def open_questions(db: Db, promise: Promise) -> tuple[list[Question], dict[str, Record]]:
    """Return a promise's open questions, the answers of this minute counted in, and the records they are about.

    Starts from the stored readings: reading every text again is the reconciliation's work.
    """
    readings = matches.derived(db, promise.slug)[0]
    about = {r.record_id for r in readings if r.band != "no"}
    # One by one: a live feed holds tens of thousands of records that nobody asks about.
    by_id = {key: versions[-1] for key in sorted(about) if (versions := records.versions(db, key))}
    judgements = matches.answers(db, promise.slug)
    said = {(j.left, j.right): j for j in judgements if j.question == "evidence"}
    judged = [
        evidence.judged(r, by_id[r.record_id], said[r.record_id, r.commitment])
        if (r.record_id, r.commitment) in said
        else r
        for r in readings
        if r.record_id in by_id
    ]
    pairs = linkage.score(list(by_id.values()), judged)
    return list(linkage.questions(promise, by_id, judged, pairs, judgements)), by_id


def _page(visit: Visit, *, status: int = 200, message: str = "", problem: str = "") -> Response:
    config = visit.review.config
    asked: list[Asked] = []
    answered: list[Answered] = []
    with visit.review.store.reading() as db:
        for promise in config.promises.values():
            questions, by_id = open_questions(db, promise)
            asked += [_asked(visit, config, promise, q, by_id) for q in questions]
            answers = matches.answers(db, promise.slug)
            answered += [Answered(j, _about(db, config, promise, j, visit.person)) for j in answers]
    return visit.page(
        "questions.html",
        status=status,
        active="questions",
        message=message,
        problems=problem.splitlines(),
        asked=asked,
        answered=sorted(answered, key=lambda a: a.judgement.id, reverse=True),
    )


def _asked(visit: Visit, config: Config, promise: Promise, question: Question, by_id: Mapping[str, Record]) -> Asked:
    commitment = next((c for c in promise.commitments if c.id == question.right), None)
    secret = commitment is not None and commitment.disclosure != "public"
    keys = [question.left] if question.question == "evidence" else [question.left, question.right]
    found = [by_id[k] for k in keys if k in by_id]
    sides = tuple(shown_record(config, [r], visit.now, visit.person, secret) for r in found)
    # A sentence may quote a title; what may not be read is asked about without it.
    if any(s.hidden for s in sides):
        what = commitment.heading if commitment else "löftet"
        sentence = (
            f"Gäller den här uppgiften {what.lower()}?"
            if question.question == "evidence"
            else "Handlar de här två uppgifterna om samma aktivitet?"
        )
        question = replace(question, sentence=sentence, reasons=())
    return Asked(promise, question, commitment, sides, _changes(sides))


def _changes(sides: Sequence[Shown]) -> tuple[texts.Change, ...]:
    if len(sides) != 2 or any(s.hidden for s in sides):
        return ()
    left, right = (f"{s.title}\n{s.text}".strip() for s in sides)
    return tuple(texts.compare(left, right))


def _about(db: Db, config: Config, promise: Promise, answer: Judgement, person: Person) -> str:
    """Return what an answer was about, in words this person may read."""
    keys = [answer.left] if answer.question == "evidence" else [answer.left, answer.right]
    names = []
    for key in keys:
        versions = records.versions(db, key)
        shown = shown_record(config, versions, answer.at, person, secret=False) if versions else None
        names.append(
            f"”{shown.title}”" if shown and shown.title else f"en uppgift från {shown.source}" if shown else key
        )
    if answer.question == "same":
        return f"Är {names[0]} och {names[1]} samma aktivitet?"
    heading = next((c.heading for c in promise.commitments if c.id == answer.right), answer.right)
    return f"Gäller {names[0]} {heading.lower()}?"
