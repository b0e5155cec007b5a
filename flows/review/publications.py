"""Publiceringar: every publication with its state, receipt and link; what a machine can't settle, people do.

Corrections and retractions begin here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, get_args

from fastapi import APIRouter, Path, Response

from config import Config
from config.schema import Channel, Party, Promise
from flows.review import page, turns
from flows.review.auth import Approving, Editing, Reading, Settling, Visit
from tasks import decide, settling
from tasks.model import Publication, Refused, Retraction, RetractionReason
from tasks.periods import periods
from tasks.store import Db, drafts, publications
from tasks.store.drafts import Heading
from tasks.wording import news

router = APIRouter(prefix="/publiceringar", route_class=turns.Turned)
Key = Annotated[int, Path(ge=1, le=2**31 - 1)]


@dataclass(frozen=True, slots=True)
class Sent:
    """One publication with its channel; None when the config has it no more."""

    row: Publication
    channel: Channel | None
    # The person may say what became of it: their own party's channel, or ops.
    mine: bool
    # Stopped for good: nothing is left to do about it.
    over: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A period's publications, and what can be done about its newest closed edition."""

    promise: Promise
    period: str
    name: str
    sent: Sequence[Sent]
    draft_id: int
    edition: int
    correction: Heading | None
    # The parties that have said that the correction isn't needed.
    unwanted: frozenset[Party]
    retraction: Retraction | None


@router.get("")
def show(visit: Reading, klart: str = "") -> Response:
    """Show the outbox."""
    return _page(visit, message=page.done(klart))


@router.post("/{key}/utred")
def settle(visit: Settling, key: Key) -> Response:
    """Keep a person's word on where a publication is."""
    is_out = visit.text("svar") == "ja"
    url = visit.text("lank").strip()
    if is_out and not url:
        return _page(visit, status=422, problem="Klistra in länken till det som ligger ute.", at=key)
    if not is_out and visit.text("svar") not in ("nej", "borta"):
        return _page(visit, status=422, problem="Välj om den ligger ute eller inte.", at=key)
    review = visit.review
    done = "utlagd" if is_out else "borta" if visit.text("svar") == "borta" else "igen"
    return _do(
        visit,
        lambda: decide.settle(
            review.store, review.config, key, url=url if is_out else None, person=visit.person, at=visit.now
        ),
        done,
        at=key,
        typed=url,
    )


@router.post("/{key}/stoppa")
def stop(visit: Settling, key: Key) -> Response:
    """Stop what waits to be sent."""
    review = visit.review
    return _do(
        visit,
        lambda: decide.stop(review.store, review.config, key, person=visit.person, at=visit.now),
        "stoppad",
        at=key,
    )


@router.post("/utgava/{key}/ratta")
def correct(visit: Editing, key: Key) -> Response:
    """Begin a correction of a published edition and open its draft."""
    review = visit.review
    try:
        made = decide.correct(review.store, review.config, key, person=visit.person, at=visit.now)
    except Refused as error:
        return _page(visit, status=422, problem=str(error))
    return visit.go(f"/utkast/{made}", klart="rattelse")


@router.post("/rattelse/{key}/kasta")
def drop(visit: Approving, key: Key) -> Response:
    """Keep a party's word that a proposed correction isn't needed; the second one throws it away."""
    review = visit.review
    try:
        gone = decide.drop(
            review.store, key, seen_sha256=visit.text("kontrollsumma"), person=visit.person, at=visit.now
        )
    except Refused as error:
        return _page(visit, status=422, problem=str(error))
    return visit.go("/publiceringar", klart="kastad" if gone else "kastas")


@router.post("/utgava/{key}/aterkalla")
def retract(visit: Settling, key: Key) -> Response:
    """Take a published edition back, when the person has said why and that they mean it."""
    reason = visit.text("skal")
    if reason not in get_args(RetractionReason):
        return _page(visit, status=422, problem="Välj varför uppföljningen ska återkallas.")
    if visit.text("sakert") != "ja":
        return _page(visit, status=422, problem="Kryssa i att uppföljningen ska tas bort överallt.")
    return _do(
        visit,
        lambda: decide.retract(
            visit.review.store,
            visit.review.config,
            key,
            reason=reason,  # type: ignore[arg-type]  # one of the four, tested above
            person=visit.person,
            at=visit.now,
        ),
        "aterkallad",
    )


def _do(visit: Visit, act: Callable[[], object], done: str, *, at: int = 0, typed: str = "") -> Response:
    try:
        act()
    except Refused as error:
        return _page(visit, status=422, problem=str(error), at=at, typed=typed)
    return visit.go("/publiceringar", klart=done)


def _page(
    visit: Visit, *, status: int = 200, message: str = "", problem: str = "", at: int = 0, typed: str = ""
) -> Response:
    with visit.review.store.reading() as db:
        groups = _groups(db, visit.review.config, visit)
    return visit.page(
        "publications.html",
        status=status,
        active="publications",
        message=message,
        problems=problem.splitlines(),
        groups=groups,
        at=at,
        typed=typed,
        reasons=news.reasons(visit.review.config.templates),
        may_settle=bool(visit.person.roles & {"approver", "ops"}),
        may_drop="approver" in visit.person.roles,
        may_correct=bool(visit.person.roles & {"reviewer", "approver"}),
    )


def _groups(db: Db, config: Config, visit: Visit) -> list[Group]:
    found = []
    for promise in config.promises.values():
        channels = {c.id: c for c in config.municipality_of(promise).channels}
        rows = publications.listed(db, promise.slug)
        headings = drafts.headings(db, promise.slug)
        for period in reversed(periods(promise)):
            sent = [_sent(db, r, channels.get(r.channel), visit) for r in rows if r.period == period.id]
            editions = [h for h in headings if h.period == period.id]
            closed = [h for h in editions if h.state == "closed"]
            if sent and closed:
                newest = closed[-1]
                begun = next((h for h in editions if h.state == "open"), None)
                draft = drafts.draft(db, begun.id) if begun else None
                unwanted = settling.unwanted_by(db, draft) if draft else frozenset()
                taken = publications.retraction(db, promise.slug, period.id, newest.edition)
                found.append(
                    Group(promise, period.id, period.name, sent, newest.id, newest.edition, begun, unwanted, taken)
                )
    return found


def _sent(db: Db, row: Publication, channel: Channel | None, visit: Visit) -> Sent:
    own = channel is None or channel.party == visit.person.party or "ops" in visit.person.roles
    return Sent(row, channel, own and bool(visit.person.roles & {"approver", "ops"}), publications.is_over(db, row))
