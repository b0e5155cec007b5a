"""Rapportera med fil: a log from Excel, shown row by row with its verdict before anything of it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from fastapi import APIRouter, HTTPException, Response
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from config.schema import Promise, Source
from flows.review import turns
from flows.review.auth import Reporting, Visit
from flows.review.desks import Desk, open_desks
from tasks import decide, sources, submission
from tasks.dates import dated
from tasks.model import Payload, Record, Refused, Unreadable, digest
from tasks.periods import local_date, period, periods, span_name, swedish_date
from tasks.screening import in_words
from tasks.store import Db, records
from tasks.submission import Checked, Submission

router = APIRouter(prefix="/rapportera-fil", route_class=turns.Turned)
# A year of one party's activities is some tens of rows.
_MOST_ROWS = 300
_ROWS = TypeAdapter(list[Submission])
Verdict = Literal["new", "changed", "known", "stopped", "wrong"]
# Word and tone of each verdict.
_VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    "new": ("sparas", "ok"),
    "changed": ("ändrar", "way"),
    "known": ("redan sparad", "gap"),
    "stopped": ("stoppas", "act"),
    "wrong": ("kan inte sparas", "act"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file: what it is about, what would become of it, and why."""

    what: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    # As it would be sent, personal data already masked; None where it can't be.
    sent: Submission | None = None


@router.get("/{promise}")
def choose(visit: Reporting, promise: str) -> Response:
    """Show how a file should look, and where to choose it."""
    return _page(visit, _promise(visit, promise))


@router.post("/{promise}")
def preview(visit: Reporting, promise: str) -> Response:
    """Show what would become of each row; nothing is kept."""
    found = _promise(visit, promise)
    upload = visit.form.get("fil")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return _page(visit, found, problem="Välj en fil först.", status=422)
    desks = open_desks(visit, found)
    try:
        rows, remarks = read(visit, found, desks, upload.file.read())
    except Unreadable as trouble:
        return _page(visit, found, problem=str(trouble), status=422)
    if len(rows) > _MOST_ROWS:
        return _page(visit, found, problem=f"Filen har fler än {_MOST_ROWS} rader. Dela upp den.", status=422)
    ready = [r.sent for r in rows if r.sent and r.verdict != "known"]
    return _page(visit, found, rows=rows, remarks=remarks, ready=_ROWS.dump_json(ready).decode(), count=len(ready))


@router.post("/{promise}/spara")
def keep(visit: Reporting, promise: str) -> Response:
    """Keep the rows that were shown as ready; each is checked and screened again, as if sent by itself."""
    found = _promise(visit, promise)
    try:
        sent = _ROWS.validate_json(visit.text("rader").encode("utf-8", "replace"))[:_MOST_ROWS]
    except ValidationError:
        return _page(visit, found, problem="Raderna gick inte att läsa. Välj filen igen.", status=422)
    problems, kept = [], 0
    for row in sent:
        try:
            made = decide.report(
                visit.review.store,
                visit.review.config,
                promise=found.slug,
                submission=row,
                person=visit.person,
                at=visit.now,
            )
            kept += made.outcome in ("saved", "corrected")
            if made.outcome == "quarantined":
                problems.append(f"{_what(found, row)}: fritexten får inte sparas.")
        except Refused as refused:
            problems.append(f"{_what(found, row)}: {' '.join(str(refused).splitlines())}")
    if problems:
        lines = [f"Sparade rader: {kept}. De här sparades inte:", *problems]
        return _page(visit, found, problem="\n".join(lines), status=422)
    return visit.go("/rapportera", klart="filen-sparad" if kept else "rapport-igen")


def read(visit: Visit, promise: Promise, desks: Sequence[Desk], body: bytes) -> tuple[list[Row], tuple[str, ...]]:
    """Return the rows of an uploaded log with what would become of each, and remarks on the whole file.

    Raises Unreadable when it is no log at all.
    """
    own = desks[0].source
    log = Source(id=own.id, kind="activity_log", name="Filen", url="upload:", party=own.party)
    parsed = sources.kind(log.kind).parse(log, Payload(log.id, visit.now, log.url, "", body, "filen"))
    by_id = {d.commitment.id: d for d in desks}
    # What couldn't be read may hold anything: the reason is shown, the row itself isn't.
    unread = [Row(f"Rad {q.row}", "wrong", (f"{q.reason}.",)) for q in parsed.quarantined]
    with visit.review.store.reading() as db:
        rows = [_row(db, visit, by_id.get(str(r.fields.get("commitment"))), promise, r) for r in parsed.records]
    return [*rows, *unread], parsed.warnings


def _row(db: Db, visit: Visit, desk: Desk | None, promise: Promise, record: Record) -> Row:
    if desk is None:
        named = record.fields.get("commitment")
        why = f"Din part rapporterar inte {named}." if named else "Raden säger inte vilken del av löftet den gäller."
        return Row((record.when and swedish_date(record.when.start)) or "Utan datum", "wrong", (why,))
    sent = _sent(desk, record)
    what = _what(promise, sent)
    try:
        checked = submission.check(sent, promise, desk.municipality, desk.source, local_date(visit.now))
    except Refused as refused:
        return Row(what, "wrong", tuple(str(refused).splitlines()))
    if checked.screened.severity == "quarantine":
        return Row(what, "stopped", (f"Fritexten innehåller {in_words(checked.hidden)} och får inte sparas.",))
    hidden = (f"Vi döljer: {in_words(checked.hidden)}.",) if checked.hidden else ()
    return _held_against_what_is_kept(db, desk, what, hidden, checked, _masked(sent, checked))


def _held_against_what_is_kept(
    db: Db, desk: Desk, what: str, hidden: tuple[str, ...], checked: Checked, sent: Submission
) -> Row:
    earlier = records.versions(db, f"{desk.source.id}/{checked.id}")
    if not earlier:
        return Row(what, "new", hidden, sent)
    before = _sent(desk, earlier[-1])
    if replace(before, form=sent.form) == sent:
        return Row(what, "known", hidden, sent)
    return Row(what, "changed", (f"Ändrar det som är sparat: {_what(desk.promise, before)}.", *hidden), sent)


def _sent(desk: Desk, record: Record) -> Submission:
    """Return a row as the form would send it; its number follows from the row's own id, so a file may come again."""
    full = submission.filled(record, desk.municipality)
    form = digest(f"{desk.source.id}|{record.external_id}")[:32]
    if desk.per_period or full.state == "nil_report":
        days = (record.when.start, record.when.end) if record.when else None
        whole = next((p for p in periods(desk.promise) if (p.start, p.end) == days), None)
        bare = Submission(full.commitment, full.state, form, whole.id if whole else "")
        return replace(bare, spot=full.spot, place=full.place, count=full.count, text=full.text, link=full.link)
    asked: dict[str, str] = {c: full.conditions[c] for c in desk.commitment.conditions}
    # "1" is what a campaign is anyway.
    count = "" if full.count == "1" and "count" not in submission.fields(desk.commitment) else full.count
    return replace(full, form=form, count=count, conditions=asked, corrects="", seen_version=0)


def _masked(sent: Submission, checked: Checked) -> Submission:
    """Return what is sent with its words as they would be kept: what is hidden goes no further than this page."""
    spot = str(checked.claims.get("place", "")).removeprefix(sent.place).removeprefix(", ")
    return replace(sent, text=str(checked.claims.get("text", "")), spot=spot)


def _what(promise: Promise, sent: Submission) -> str:
    """Return what a row is about, as people would say it."""
    heading = next((c.heading for c in promise.commitments if c.id == sent.commitment), sent.commitment)
    if sent.period:
        when = period(promise, sent.period).name
    else:
        days = [d.start for t in (sent.date, sent.end) if (d := dated(t))]
        when = span_name(days[0], days[-1]) if days else "utan datum"
    state = submission.STATES.get(sent.state, "inget att rapportera" if sent.state == "nil_report" else "")
    return ", ".join(p for p in (heading, when, sent.place, state) if p)


def _promise(visit: Visit, slug: str) -> Promise:
    """Return the promise; a wrong address is a missing page, a party without a form is told so."""
    found = visit.review.config.promises.get(slug)
    if found is None or not open_desks(visit, found):
        raise HTTPException(404)
    return found


def _page(
    visit: Visit,
    promise: Promise,
    *,
    rows: Sequence[Row] = (),
    remarks: Sequence[str] = (),
    ready: str = "",
    count: int = 0,
    problem: str = "",
    status: int = 200,
) -> Response:
    desks = open_desks(visit, promise)
    return visit.page(
        "upload.html",
        status=status,
        active="reports",
        promise=promise,
        commitments=[d.commitment for d in desks],
        rows=rows,
        remarks=remarks,
        ready=ready,
        count=count,
        problems=problem.splitlines(),
        verdicts_of_rows=_VERDICTS,
    )
