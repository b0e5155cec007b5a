"""Frågor: what only a person can say, answered with yes, no or unsure, by button or key; answers can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fastapi import APIRouter, Response

from config import Config
from config.schema import Commitment, Municipality, Promise
from flows.review import gate, page, turns
from flows.review.answers import Answered, Given, answered, taken_back
from flows.review.asked import Open, open_questions
from flows.review.auth import Answering, Visit
from flows.review.figures import shown_record
from flows.review.sides import Side, beside, is_marked
from tasks import corrections, decide, submission
from tasks.model import Judgement, Question, Refused, Verdict
from tasks.periods import local_date, moment
from tasks.store import matches

router = APIRouter(prefix="/fragor", route_class=turns.Turned)
_VERDICTS: Mapping[str, Verdict] = {"ja": "yes", "nej": "no", "osaker": "unsure"}
# A question with what it is about weighs ten kilobytes; the next ones come when these are answered.
_AT_ONCE = 5
# The only page with a script of ours: it lets one key press one of the page's own buttons.
_CONTENT_POLICY = f"{gate.CONTENT_POLICY}; script-src 'self'"


@dataclass(frozen=True, slots=True)
class Asked:
    """One open question with what the person needs to see to answer it."""

    promise: Promise
    municipality: Municipality
    question: Question
    commitment: Commitment | None
    sides: tuple[Side, ...]
    marked: bool
    # What a yes may put right, and what was typed there when it could not be kept.
    correctable: tuple[str, ...]
    states: Mapping[str, str]
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells the question from all others, the version of its records included."""
        return _key(self.question)


@router.get("")
def show(visit: Answering, klart: str = "", svar: str = "") -> Response:
    """Show what is open and what was answered."""
    return _page(visit, message=page.done(klart), just=svar)


@router.post("/svar")
def answer(visit: Answering) -> Response:
    """Keep an answer to a question that is open and unchanged since it was shown."""
    said = visit.text("svar")
    promise = visit.review.config.promises.get(visit.text("promise"))
    if promise is None or said not in (*_VERDICTS, "ja-men"):
        return _page(visit, status=422, problem="Välj ja, nej eller osäker.")
    with visit.review.store.reading() as db:
        now = open_questions(db, promise)
    wanted = tuple(visit.text(f) for f in ("fraga", "left", "right", "seen"))
    every = (*now.questions, *now.waiting)
    at = next((i for i, q in enumerate(every) if _key(q) == wanted), None)
    if at is None:
        return _repeated(visit, promise, wanted, _VERDICTS.get(said, "yes"))
    found = every[at]
    typed = {f: visit.text(f"rattat:{f}") for f in corrections.FIELDS} if said == "ja-men" else {}
    try:
        key = decide.judge(
            visit.review.store,
            promise=promise.slug,
            question=found.question,
            left=found.left,
            right=found.right,
            verdict=_VERDICTS.get(said, "yes"),
            corrected=_corrected(visit, promise, found, now, typed) if said == "ja-men" else {},
            seen_sha256=found.seen_sha256,
            person=visit.person,
            at=visit.now,
        )
    except Refused as refused:
        return _page(visit, status=422, wrong=(wanted, typed, tuple(str(refused).splitlines())))
    return visit.go(f"/fragor?svar={key}{_next(at, len(now.questions))}")


@router.post("/angra")
def undo(visit: Answering) -> Response:
    """Undo one answer; undoing it twice is undoing it once."""
    key = visit.text("svar")
    if not key.isdecimal() or len(key) > 9:
        return _page(visit, status=422, problem="Svaret finns inte.")
    with visit.review.store.reading() as db:
        gone = {j.id for p in visit.review.config.promises for j, _, _ in matches.taken_back(db, p)}
    if int(key) not in gone:
        decide.undo(visit.review.store, int(key), person=visit.person, at=visit.now)
    return visit.go("/fragor", klart="angrat")


def _next(at: int, count: int) -> str:
    """Return where to go on: the question that took the answered one's place, or the last one that is left."""
    left = count - 1
    return f"#fraga-{min(at + 1, left)}" if at < count and left else ""


def _corrected(
    visit: Visit, promise: Promise, question: Question, now: Open, typed: Mapping[str, str]
) -> dict[str, object]:
    if question.question != "evidence":
        raise Refused("Här kan du bara svara ja, nej eller osäker.")
    municipality = visit.review.config.municipality_of(promise)
    read = now.readings[question.left, question.right]
    commitment, today = promise.commitment(question.right), local_date(visit.now)
    return corrections.check(typed, promise, commitment, municipality, (read.state, read.dates), today)


def _repeated(visit: Visit, promise: Promise, wanted: tuple[str, ...], verdict: Verdict) -> Response:
    """Answer a question that is open no more: the person's own answer again is fine, anything else is told."""
    with visit.review.store.reading() as db:
        standing = matches.answers(db, promise.slug)
    found = next((j for j in standing if (j.question, j.left, j.right, j.seen_sha256) == wanted), None)
    if found and (found.who, found.verdict) == (visit.person.id, verdict):
        return visit.go("/fragor", svar=str(found.id))
    return _page(visit, status=409, problem=_already(visit, found))


def _already(visit: Visit, found: Judgement | None) -> str:
    if found is None:
        return "Frågan ställs inte längre: uppgifterna har ändrats, eller så är den besvarad på annat sätt."
    who = "Du" if found.who == visit.person.id else visit.review.name_of(found.who)
    return f"Frågan är redan besvarad: {who} svarade {page.VERDICTS[found.verdict]} {moment(found.at)}."


def _page(
    visit: Visit,
    *,
    status: int = 200,
    message: str = "",
    problem: str = "",
    just: str = "",
    wrong: tuple[tuple[str, ...], Mapping[str, str], tuple[str, ...]] | None = None,
) -> Response:
    asked: list[tuple[Promise, Question, Open]] = []
    waiting: list[tuple[Promise, Question, Open]] = []
    given: list[Answered] = []
    undone: list[Given] = []
    with visit.review.store.reading() as db:
        for promise in visit.review.config.promises.values():
            now = open_questions(db, promise)
            asked += [(promise, q, now) for q in now.questions]
            waiting += [(promise, q, now) for q in now.waiting]
            given += answered(db, visit, promise)
            undone += taken_back(db, visit, promise)
    shown = [_asked(visit, *a) for a in asked[:_AT_ONCE]]
    unsure = [_asked(visit, *a) for a in waiting[: max(_AT_ONCE - len(shown), 1)]]
    if wrong:
        shown, unsure = ([_with_problems(a, *wrong) for a in some] for some in (shown, unsure))
    response = visit.page(
        "questions.html",
        status=status,
        active="questions",
        message=message,
        problems=problem.splitlines(),
        asked=shown,
        waiting=unsure,
        open_count=len(asked),
        waiting_count=len(waiting),
        just=next((g for g in given if str(g.judgement.id) == just), None),
        answered=sorted(given, key=lambda a: a.judgement.id, reverse=True),
        undone=sorted(undone, key=lambda u: u.undone_at, reverse=True),
    )
    response.headers["content-security-policy"] = _CONTENT_POLICY
    return response


def _key(question: Question) -> tuple[str, str, str, str]:
    return (question.question, question.left, question.right, question.seen_sha256)


def _with_problems(asked: Asked, wanted: tuple[str, ...], typed: Mapping[str, str], problems: tuple[str, ...]) -> Asked:
    return replace(asked, typed=typed, problems=problems) if asked.key == wanted else asked


def _asked(visit: Visit, promise: Promise, question: Question, now: Open) -> Asked:
    config: Config = visit.review.config
    commitment = next((c for c in promise.commitments if c.id == question.right), None)
    secret = commitment is not None and commitment.disclosure != "public"
    keys = [question.left] if question.question == "evidence" else [question.left, question.right]
    shown = [shown_record(config, now.records[k], visit.now, visit.person, secret) for k in keys if k in now.records]
    # A sentence may quote a title; what may not be read is asked about without it.
    if any(s.hidden for s in shown):
        what = commitment.heading if commitment else "löftet"
        sentence = (
            f"Gäller den här uppgiften {what.lower()}?"
            if question.question == "evidence"
            else "Handlar de här två uppgifterna om samma aktivitet?"
        )
        question = replace(question, sentence=sentence, reasons=())
    sides = beside(shown)
    return Asked(
        promise=promise,
        municipality=config.municipality_of(promise),
        question=question,
        commitment=commitment,
        sides=sides,
        marked=is_marked(sides),
        correctable=corrections.open_to(commitment) if commitment else (),
        states=submission.states(commitment) if commitment else {},
    )
