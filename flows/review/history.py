"""Historik: who did what when, in sentences; the log itself can only grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fastapi import APIRouter, HTTPException, Response

from config.schema import Promise
from flows.overview import PUBLICATION_STATES
from flows.review import page, turns
from flows.review.auth import Reading
from tasks import periods, submission
from tasks.model import PublicationState, Refused, RetractionReason
from tasks.store import drafts, history, publications
from tasks.store.history import Event
from tasks.wording import news

router = APIRouter(prefix="/historik", route_class=turns.Turned)
_VERDICTS: Mapping[str, str] = {"yes": "ja", "no": "nej", "unsure": "osäker"}
_FIELDS: Mapping[str, str] = {"state": "läge", "date": "datum", "place": "ort", "count": "antal"}


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
    channels = {c.id: c.name for c in config.municipality_of(found).channels}
    reasons = news.reasons(config.templates)
    with visit.review.store.reading() as db:
        # Answers belong to the promise, not to one period; they are part of each period's story.
        events = [e for e in history.events(db, promise) if e.period in (period, "")]
        comments = [
            (h, w)
            for h in drafts.headings(db, promise)
            # A comment may quote what was taken back for secrecy.
            if h.period == period and not publications.is_secret(db, promise, period, h.edition)
            for w in drafts.words(db, h.id)
            if w.comment
        ]
    return visit.page(
        "history.html",
        active="board",
        promise=found,
        period=span,
        events=[(e, visit.review.name_of(e.who), sentence(e, channels, found, reasons)) for e in events],
        comments=comments,
    )


def sentence(
    event: Event, channels: Mapping[str, str], promise: Promise, reasons: Mapping[RetractionReason, str]
) -> str:
    """Return what happened, in words; `channels` holds the channels' names by id, `reasons` a retraction's words."""
    detail: Mapping[str, Any] = event.detail
    about = _about(detail, promise)
    hashed = page.short(str(detail["sha256"])) if detail.get("sha256") else ""
    made = {
        "edited": f"ändrade {_count(detail.get('blocks'), 'text', 'texter')} (version {detail.get('revision')})",
        "approved": f"godkände kontrollsumman {hashed}" + (" med luckor" if detail.get("accept_gaps") else ""),
        "rejected": f"skickade tillbaka kontrollsumman {hashed}",
        "closed": f"stängde utgåva {detail.get('edition')} och köade "
        + _count(detail.get("channels"), "kanal", "kanaler"),
        "settled": f"redde ut publiceringen {detail.get('publication')}: {_settled(detail)}",
        "stopped_by_hand": f"stoppade {channels.get(str(detail.get('channel')), '')}",
        "correction_begun": f"påbörjade en rättelse, utgåva {detail.get('edition')}",
        "correction_unwanted": f"sade att rättelsen, utgåva {detail.get('edition')}, inte behövs",
        "correction_dropped": f"kastade rättelsen, utgåva {detail.get('edition')}, som båda parter ville",
        "retraction": f"återkallade utgåva {detail.get('edition')}: "
        + reasons.get(cast(RetractionReason, detail.get("reason")), ""),
        "archived": "skrev arkivpaketet för perioden",
        "disclosed": "tog fram underlaget för ett utlämnande av allmän handling",
        "shared": f"fick se utkastet, version {detail.get('revision')} (delning för synpunkter)",
        "draft_new": "skrev utkastet",
        "draft_revised": "uppdaterade utkastet med nyare uppgifter; tidigare godkännanden gäller inte längre",
        "draft_correction": f"föreslog en rättelse, utgåva {detail.get('edition')}",
        "judged": f"svarade {_VERDICTS.get(str(detail.get('verdict')), '')} på en fråga{_put_right(detail)}",
        "undid": "ångrade ett svar",
        "reported": f"rapporterade {about}",
        "corrected": f"ändrade en rapport om {about}",
        "withdrew": f"återtog en rapport om {about}{_because(detail)}",
        "ordered": _ORDERED.get(str(detail.get("kind")), "bad om en körning"),
        "quarantined": "skickade en rapport som stoppades, eftersom fritexten pekade ut någon; inget sparades",
    }
    if event.action in PUBLICATION_STATES:
        state = PUBLICATION_STATES[cast(PublicationState, event.action)]
        channel = str(detail.get("channel", ""))
        return f"{channels.get(channel, channel)}: {state}"
    return made.get(event.action, event.action)


_ORDERED = {
    "rehearsal": "bad om en provkörning",
    "rerun": "bad om en omkörning",
    "snapshot": "bad om läget som det var känt en viss dag",
    "sending": "bad om publicering i valda kanaler",
}


def _count(items: object, one: str, many: str) -> str:
    number = len(items) if isinstance(items, list) else 0
    return f"1 {one}" if number == 1 else f"{number} {many}"


def _about(detail: Mapping[str, Any], promise: Promise) -> str:
    """Return which commitment a report is about; what is protected is only said to be one."""
    key = str(detail.get("commitment") or "")
    heading = next((c.heading for c in promise.commitments if c.id == key), key)
    return f"”{heading}”" if heading else "en skyddad del av löftet"


def _put_right(detail: Mapping[str, Any]) -> str:
    names = [_FIELDS[f] for f in detail.get("corrected") or () if f in _FIELDS]
    return f" och rättade {', '.join(names)}" if names else ""


def _because(detail: Mapping[str, Any]) -> str:
    why = submission.WITHDRAWN_BECAUSE.get(str(detail.get("reason")), "")
    return f" ({why})" if why else ""


def _settled(detail: Mapping[str, Any]) -> str:
    if detail.get("state") == "retracted":
        return "borttagen för hand"
    return f"ligger ute, {detail.get('url')}" if detail.get("state") == "published" else "skickas igen"
