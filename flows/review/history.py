"""Historik: who did what when, in sentences; the log itself can only grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fastapi import APIRouter, HTTPException, Response

from config import Config
from flows.review import page
from flows.review.auth import Reading
from flows.review.people import name_of
from tasks import periods
from tasks.model import PublicationState, Refused
from tasks.store import drafts, history
from tasks.store.history import Event

router = APIRouter(prefix="/historik")
_VERDICTS: Mapping[str, str] = {"yes": "ja", "no": "nej", "unsure": "osäker"}


@router.get("/{promise}/{period}")
def show(visit: Reading, promise: str, period: str) -> Response:
    """Show a period's log, newest first."""
    config = visit.review.config
    found = config.promises.get(promise)
    if found is None:
        raise HTTPException(404)
    try:
        span = periods.period(found, period)
    except Refused:
        raise HTTPException(404) from None
    with visit.review.store.reading() as db:
        events = history.events(db, promise, period)
        comments = [
            (h, w)
            for h in drafts.headings(db, promise)
            if h.period == period
            for w in drafts.words(db, h.id)
            if w.comment
        ]
    return visit.page(
        "history.html",
        active="board",
        promise=found,
        period=span,
        events=[(e, who(config, e), sentence(e)) for e in events],
        comments=comments,
    )


def who(config: Config, event: Event) -> str:
    """Return the name of who acted."""
    return name_of(config, event.who)


def sentence(event: Event) -> str:
    """Return what happened, in words."""
    detail: Mapping[str, Any] = event.detail
    hashed = page.short(str(detail["sha256"])) if detail.get("sha256") else ""
    made = {
        "edited": f"ändrade {_count(detail.get('blocks'), 'text', 'texter')} (version {detail.get('revision')})",
        "approved": f"godkände kontrollsumman {hashed}" + (" med luckor" if detail.get("accept_gaps") else ""),
        "rejected": f"skickade tillbaka kontrollsumman {hashed}",
        "closed": f"stängde utgåva {detail.get('edition')} och köade "
        + _count(detail.get("channels"), "kanal", "kanaler"),
        "settled": f"redde ut publiceringen {detail.get('publication')}: {_settled(detail)}",
        "shared": f"fick se utkastet, version {detail.get('revision')} (delning för synpunkter)",
        "draft_new": "skrev utkastet",
        "draft_revised": "uppdaterade utkastet med nyare uppgifter; tidigare godkännanden gäller inte längre",
        "draft_correction": f"föreslog en rättelse, utgåva {detail.get('edition')}",
        "judged": f"svarade {_VERDICTS.get(str(detail.get('verdict')), '')} på en fråga",
        "undid": "ångrade ett svar",
    }
    if event.action in page.PUBLICATION_STATES:
        return f"{detail.get('channel')}: {page.PUBLICATION_STATES[cast(PublicationState, event.action)]}"
    return made.get(event.action, event.action)


def _count(items: object, one: str, many: str) -> str:
    number = len(items) if isinstance(items, list) else 0
    return f"1 {one}" if number == 1 else f"{number} {many}"


def _settled(detail: Mapping[str, Any]) -> str:
    return f"ligger ute, {detail.get('url')}" if detail.get("state") == "published" else "skickas igen"
