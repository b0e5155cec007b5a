"""Publiceringar: every publication with its state, receipt and link; what a machine can't settle, people do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Response

from config.schema import Channel, Promise
from flows.review import page
from flows.review.auth import Reading, Settling, Visit
from tasks import decide
from tasks.model import Publication, Refused
from tasks.periods import periods
from tasks.store import publications

router = APIRouter(prefix="/publiceringar")


@dataclass(frozen=True, slots=True)
class Sent:
    """One publication with its channel; None when the config has it no more."""

    row: Publication
    channel: Channel | None


@router.get("")
def show(visit: Reading, klart: str = "") -> Response:
    """Show the outbox."""
    return _page(visit, message=page.done(klart))


@router.post("/{key}/utred")
def settle(visit: Settling, key: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """Keep a person's word on where a publication is."""
    is_out = visit.text("svar") == "ja"
    url = visit.text("lank").strip()
    if is_out and not url:
        return _page(visit, status=422, problem="Klistra in länken till det som ligger ute.", at=key)
    if not is_out and visit.text("svar") != "nej":
        return _page(visit, status=422, problem="Välj om den ligger ute eller inte.", at=key)
    try:
        decide.settle(
            visit.review.store, visit.review.config, key, url=url if is_out else None, person=visit.person, at=visit.now
        )
    except Refused as error:
        return _page(visit, status=422, problem=str(error), at=key, typed=url)
    return visit.go("/publiceringar", klart="utlagd" if is_out else "igen")


def _page(
    visit: Visit, *, status: int = 200, message: str = "", problem: str = "", at: int = 0, typed: str = ""
) -> Response:
    config = visit.review.config
    groups: list[tuple[Promise, str, str, list[Sent]]] = []
    with visit.review.store.reading() as db:
        for promise in config.promises.values():
            channels = {c.id: c for c in config.municipality_of(promise).channels}
            rows = publications.listed(db, promise.slug)
            for period in reversed(periods(promise)):
                sent = [Sent(r, channels.get(r.channel)) for r in rows if r.period == period.id]
                if sent:
                    groups.append((promise, period.id, period.name, sent))
    return visit.page(
        "publications.html",
        status=status,
        active="publications",
        message=message,
        problems=problem.splitlines(),
        groups=groups,
        at=at,
        typed=typed,
        may_settle=bool(visit.person.roles & {"approver", "ops"}),
    )
