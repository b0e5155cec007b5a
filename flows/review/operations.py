"""Drift: why a period is red, in plain words with the mend, and the one safe button: try it out, or run it again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.concurrency import run_in_threadpool

from config import Config
from config.schema import Promise
from flows.overview import PUBLICATION_STATES, Line, line, source_health
from flows.review import page, turns
from flows.review.asked import open_questions
from flows.review.auth import Visit, may
from tasks import dates, decide, periods
from tasks.model import Period, Refused
from tasks.periods import local_date, span_name
from tasks.store import Db, orders, records
from tasks.store.orders import Kind

router = APIRouter(prefix="/drift", route_class=turns.Turned)
Running = Annotated[Visit, Depends(may("ops"))]
OrderId = Annotated[int, Query(ge=1, le=2**31 - 1)]
# A rehearsal is often done before a person would have reloaded the page.
PATIENCE_SECONDS = 8.0
_LOOK_SECONDS = 0.4
_LISTED = 10
_KINDS: dict[str, Kind] = {"prova": "rehearsal", "kor-om": "rerun", "som-da": "snapshot", "sand": "sending"}


@dataclass(frozen=True, slots=True)
class Why:
    """One thing that is red: what it is, who can mend it and how, and where."""

    what: str
    mend: str
    link: str = ""


@router.get("/{promise}/{period}")
async def show(visit: Running, promise: str, period: str, begaran: OrderId | None = None) -> Response:
    """Show why a period is red and what was run; wait a little for the order `begaran`, so that its words are there."""
    chosen, span = _chosen(visit, promise, period)
    waited = 0.0
    while begaran and waited < PATIENCE_SECONDS and await run_in_threadpool(_is_open, visit, begaran):
        await asyncio.sleep(_LOOK_SECONDS)
        waited += _LOOK_SECONDS
    return await run_in_threadpool(_page, visit, chosen, span)


@router.post("/{promise}/{period}")
def order(visit: Running, promise: str, period: str) -> Response:
    """Ask the flows to try the period out, to run it again, to say how it was known on a day, or to send it."""
    chosen, span = _chosen(visit, promise, period)
    kind = _KINDS.get(visit.text("vad"))
    if kind is None:
        return _page(visit, chosen, span, problem="Välj vad som ska göras.", status=422)
    try:
        key, new = decide.order(
            visit.review.store,
            visit.review.config,
            promise=chosen.slug,
            period_id=span.id,
            kind=kind,
            person=visit.person,
            at=visit.now,
            as_of=_day(visit, chosen) if kind == "snapshot" else None,
            channels=[str(c) for c in visit.form.getlist("kanal")] if kind == "sending" else (),
        )
    except Refused as refused:
        return _page(visit, chosen, span, problem=str(refused), status=422)
    more = {} if new else {"klart": "pagar-redan"}
    return visit.go(f"/drift/{chosen.slug}/{span.id}", begaran=str(key), **more)


def reasons(db: Db, config: Config, row: Line, visit: Visit) -> Iterator[Why]:
    """Yield what is red in a period, the earliest stage first."""
    draft, today = row.draft, local_date(visit.now)
    yield from _of_sources(db, config, row.promise, visit)
    if draft is None:
        if row.period.end < today:
            yield Why("Perioden är slut men utkastet är inte skrivet.", "Kör om.")
        return
    gaps = {(g.source, g.start, g.end, g.reason) for o in draft.followup.outcomes for g in o.gaps}
    for source, start, end, reason in sorted(gaps, key=lambda g: (g[1], g[0])):
        yield Why(
            f"{visit.review.source_name(source)}: inget underlag {span_name(start, end)} ({reason}).",
            "Kör om när källan svarar igen. Annars avgör parterna om uppföljningen ska publiceras med lucka.",
        )
    if draft.state == "open" and any(o.questions for o in draft.followup.outcomes):
        asked = len(open_questions(db, row.promise).questions)
        if asked:
            what = "1 fråga är obesvarad." if asked == 1 else f"{asked} frågor är obesvarade."
            yield Why(what, "De som rapporterar och granskar svarar under Frågor. Kör sedan om, så räknas svaren.")
        else:
            yield Why("Frågorna har besvarats sedan utkastet skrevs.", "Kör om, så räknas svaren.")
    conflicts = sum(b.conflict for b in draft.blocks)
    if conflicts:
        yield Why(
            f"{'1 ändrad text' if conflicts == 1 else f'{conflicts} ändrade texter'} stämmer inte med nyare uppgifter.",
            "Den som granskar väljer text i utkastet.",
            f"/utkast/{draft.id}",
        )
    if draft.state == "open" and row.period.due < today:
        yield Why(f"Uppföljningen är inte godkänd. {row.left.capitalize()}.", "Påminn den part som inte har godkänt.")
    yield from _of_publications(config, row)


def _of_sources(db: Db, config: Config, promise: Promise, visit: Visit) -> Iterator[Why]:
    heard = records.standing(db)
    for source in config.sources_of(promise):
        health = source_health(source, heard.get(source.id), visit.now)
        if health.tone == "act":
            mend = "Kontrollera att källan är uppe och att adressen stämmer. Kör sedan om."
            yield Why(f"{source.name}: {health.text[0].lower()}{health.text[1:]}", mend)


def _of_publications(config: Config, row: Line) -> Iterator[Why]:
    names = {c.id: c.name for c in config.municipality_of(row.promise).channels}
    for sent in row.sent:
        mend = _MENDS.get(sent.state)
        if mend:
            what = f"{names.get(sent.channel, sent.channel)}: {PUBLICATION_STATES[sent.state]}. {sent.message}".strip()
            yield Why(what, mend, f"/publiceringar#p{sent.id}")


_MENDS = {
    "uncertain": "Titta efter i kanalen och säg under Publiceringar om den ligger ute.",
    "refused": "Läs skälet, rätta det och skicka igen under Publiceringar.",
    "stopped": "Släpp fram den under Publiceringar när den ska ut.",
    "by_hand": "Ta bort den för hand i kanalen och säg till under Publiceringar.",
}


def _chosen(visit: Visit, promise: str, period: str) -> tuple[Promise, Period]:
    found = visit.review.config.promises.get(promise)
    if found is None:
        raise HTTPException(404)
    try:
        return found, periods.period(found, period)
    except Refused:
        raise HTTPException(404) from None


def _day(visit: Visit, promise: Promise) -> date | None:
    return dates.day_within(visit.text("dag"), promise.signed, local_date(visit.now))


def _is_open(visit: Visit, key: int) -> bool:
    with visit.review.store.reading() as db:
        found = orders.order(db, key)
    return found is not None and found.open


def _page(visit: Visit, promise: Promise, span: Period, *, problem: str = "", status: int = 200) -> Response:
    config = visit.review.config
    with visit.review.store.reading() as db:
        asked = len(open_questions(db, promise).questions)
        row = line(db, config, promise, span, local_date(visit.now), asked)
        why = list(reasons(db, config, row, visit))
        ordered = orders.latest(db, promise.slug, span.id, _LISTED)
    return visit.page(
        "operations.html",
        status=status,
        active="board",
        message=page.done(visit.request.query_params.get("klart", "")),
        problems=problem.splitlines(),
        promise=promise,
        period=span,
        row=row,
        why=why,
        orders=ordered,
        now=visit.now,
        channels=config.channels_of(promise),
        day=visit.text("dag"),
    )
