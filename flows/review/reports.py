"""Rapportera: each party's staff say what was done, in a short form that asks only for what is needed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Response

from config.schema import Promise
from flows.review import desks, page, turns
from flows.review.auth import Reporting, Visit
from flows.review.desks import Answer, Desk, Told
from tasks import decide, submission
from tasks.model import Record, Refused, canonical, digest
from tasks.periods import local_date
from tasks.screening import in_words
from tasks.store import records
from tasks.submission import Checked, Submission

router = APIRouter(prefix="/rapportera", route_class=turns.Turned)
Key = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,150}$")]
# Where a remark on the form leads: what it begins with → the field's id.
_FIELD_OF: Mapping[str, str] = {
    "Läge": "lage-held",
    "Datum": "datum",
    "Slutdatum": "slutdatum",
    "Nytt datum": "nytt-datum",
    "Plats": "plats",
    "Antal": "antal",
    "Deltagare": "deltagare",
    "Länk": "lank",
    "Fritext": "fritext",
    **{f"{question} Svara ja, nej eller vet ej.": f"v-{key}-1" for key, question in submission.QUESTIONS.items()},
}
# More than a year of one party's reports.
_LONGEST_LIST = 200


@router.get("")
def show(visit: Reporting, klart: str = "", om: str = "") -> Response:
    """Show what the party can report and what it has reported; `om` is the commitment just reported on."""
    return _overview(visit, message=page.done(klart), just=om)


@router.get("/{promise}/{commitment}")
def fill_in(visit: Reporting, promise: str, commitment: str) -> Response:
    """Show an empty form."""
    desk = _desk(visit, promise, commitment)
    if desk.per_period:
        return visit.go(f"/rapportera#{desk.commitment.id}")
    return _form(visit, desk, Submission(commitment, "held", form=secrets.token_hex(16)))


@router.get("/{promise}/{commitment}/{key}")
def change(visit: Reporting, promise: str, commitment: str, key: Key) -> Response:
    """Show the form of a report that the party has sent, filled in as it stands."""
    desk = _desk(visit, promise, commitment)
    with visit.review.store.reading() as db:
        versions = records.versions(db, f"{desk.source.id}/{key}")
    if (
        not versions
        or versions[-1].fields.get("commitment") != commitment
        or desks.answers_a_period(versions[-1], desk)
    ):
        raise HTTPException(404)
    return _form(visit, desk, desks.as_filled_in(desk, versions), withdrawn=_is_withdrawn(versions[-1]))


@router.post("/{promise}/{commitment}")
def send(visit: Reporting, promise: str, commitment: str) -> Response:
    """Keep a report; one with personal data is shown first as it would be kept."""
    desk = _desk(visit, promise, commitment)
    sent = _submission(visit, commitment)
    if visit.text("utan") == "fritext":
        sent = replace(sent, text="", spot="")
    try:
        checked = submission.check(sent, desk.promise, desk.municipality, desk.source, local_date(visit.now))
        if checked.screened.severity == "mask" and visit.text("sedd") != _seen(checked):
            return _form(visit, desk, sent, checked=checked)
        return _report(visit, desk, sent, checked)
    except Refused as refused:
        return _form(visit, desk, sent, problems=str(refused).splitlines(), status=422)


@router.post("/{promise}/{commitment}/period")
def answer(visit: Reporting, promise: str, commitment: str) -> Response:
    """Keep an answer for a whole period: used, or nothing to report."""
    desk = _desk(visit, promise, commitment)
    state = {"ja": "held", "inget": "nil_report"}.get(visit.text("svar"), "")
    sent = Submission(commitment, state, period=visit.text("period"))
    try:
        made = decide.report(
            visit.review.store,
            visit.review.config,
            promise=desk.promise.slug,
            submission=sent,
            person=visit.person,
            at=visit.now,
        )
    except Refused as refused:
        return _overview(visit, problems=str(refused).splitlines(), status=422)
    return visit.go("/rapportera", klart="rapport-igen" if made.outcome == "repeated" else "period-rapporterad")


@router.post("/{promise}/{commitment}/{key}/aterta")
def take_back(visit: Reporting, promise: str, commitment: str, key: Key) -> Response:
    """Take a mistaken report back; its form is shown again where that is refused."""
    desk = _desk(visit, promise, commitment)
    with visit.review.store.reading() as db:
        versions = records.versions(db, f"{desk.source.id}/{key}")
    if not versions or versions[-1].fields.get("commitment") != commitment:
        raise HTTPException(404)
    whole_period = desks.answers_a_period(versions[-1], desk)
    try:
        decide.withdraw(
            visit.review.store,
            visit.review.config,
            promise=desk.promise.slug,
            report=key,
            reason=visit.text("skal"),
            seen_version=_number(visit.text("version")),
            person=visit.person,
            at=visit.now,
        )
    except Refused as refused:
        problems = str(refused).splitlines()
        if whole_period:
            return _overview(visit, problems=problems, status=422)
        return _form(visit, desk, desks.as_filled_in(desk, versions), problems=problems, status=422)
    return visit.go("/rapportera", klart="besked-angrat" if whole_period else "rapport-atertagen")


def _report(visit: Visit, desk: Desk, sent: Submission, checked: Checked) -> Response:
    made = decide.report(
        visit.review.store,
        visit.review.config,
        promise=desk.promise.slug,
        submission=sent,
        person=visit.person,
        at=visit.now,
    )
    if made.outcome == "quarantined":
        return _form(visit, desk, sent, checked=checked, status=422)
    done = {"saved": "rapporterat", "corrected": "rapport-andrad", "repeated": "rapport-igen"}
    return visit.go("/rapportera", klart=done[made.outcome], om=desk.commitment.id)


def _overview(
    visit: Visit, *, message: str = "", just: str = "", problems: list[str] | None = None, status: int = 200
) -> Response:
    groups: list[tuple[Promise, list[tuple[Desk, list[Answer]]]]] = []
    told: list[Told] = []
    closed = []
    for promise in visit.review.config.promises.values():
        try:
            open_desks = desks.open_desks(visit, promise)
        except Refused as refused:
            closed.append(str(refused))
            continue
        with visit.review.store.reading() as db:
            own = desks.reported(db, visit, promise, open_desks)
            told += desks.with_senders(db, visit, promise, own)
        groups.append((promise, [(desk, desks.answers(visit, desk, own)) for desk in open_desks]))
    return visit.page(
        "reports.html",
        status=status,
        active="reports",
        message=message,
        problems=problems or [],
        closed=list(dict.fromkeys(closed)),
        groups=groups,
        again=next((d for _, found in groups for d, _ in found if d.commitment.id == just), None),
        told=sorted(told, key=lambda t: t.at or t.record.seen_at or visit.now, reverse=True)[:_LONGEST_LIST],
    )


def _form(
    visit: Visit,
    desk: Desk,
    sent: Submission,
    *,
    checked: Checked | None = None,
    problems: list[str] | None = None,
    withdrawn: bool = False,
    status: int = 200,
) -> Response:
    done: list[desks.Step] = []
    if sent.corrects:
        with visit.review.store.reading() as db:
            done = desks.steps(db, visit, desk.promise, sent.corrects)
    return visit.page(
        "report.html",
        status=status,
        active="reports",
        desk=desk,
        sent=sent,
        fields=submission.fields(desk.commitment),
        states=submission.states(desk.commitment),
        conditions=[(c, submission.QUESTIONS[c]) for c in desk.commitment.conditions],
        checked=checked,
        seen=_seen(checked) if checked else "",
        hidden=in_words(checked.hidden) if checked else "",
        problems=[(line, _FIELD_OF.get(line.split(":")[0], "")) for line in problems or []],
        longest=submission.LONGEST_TEXT,
        withdrawn=withdrawn,
        done=done,
        because=submission.WITHDRAWN_BECAUSE,
    )


def _submission(visit: Visit, commitment: str) -> Submission:
    return Submission(
        commitment=commitment,
        state=visit.text("lage"),
        form=visit.text("nummer"),
        date=visit.text("datum"),
        end=visit.text("slutdatum"),
        moved_to=visit.text("nytt-datum"),
        place=visit.text("plats"),
        spot=visit.text("platsen"),
        count=visit.text("antal"),
        participants=visit.text("deltagare"),
        link=visit.text("lank"),
        # Named so that a text typed in an ended session is handed back.
        text=visit.text("text:fritext"),
        conditions={c: visit.text(f"villkor:{c}") for c in submission.QUESTIONS},
        corrects=visit.text("andrar"),
        seen_version=_number(visit.text("version")),
    )


def _desk(visit: Visit, promise: str, commitment: str) -> Desk:
    found = visit.review.config.promises.get(promise)
    open_desks = desks.open_desks(visit, found) if found else []
    desk = next((d for d in open_desks if d.commitment.id == commitment), None)
    if desk is None:
        raise HTTPException(404)
    return desk


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _is_withdrawn(record: Record) -> bool:
    return record.fields.get("state") == "withdrawn"


def _seen(checked: Checked) -> str:
    """Return what tells that a person has seen these words as they will be kept."""
    return digest(canonical([checked.claims.get("place", ""), checked.claims.get("text", "")]))
