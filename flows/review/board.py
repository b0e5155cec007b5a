"""Översikt: what needs you first, then every period and how far it has come, then how the sources are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Response

from config.schema import Channel, Person, Promise
from flows.overview import Line, overview
from flows.review import desks, page, turns
from flows.review.auth import Anyone, Visit
from flows.review.standing import why
from tasks.model import Publication
from tasks.periods import days_left, local_date
from tasks.store import Db

router = APIRouter(route_class=turns.Turned)


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for the person who is looking."""

    text: str
    link: str
    when: str = ""


@router.get("/")
def board(visit: Anyone, klart: str = "") -> Response:
    """Show the board."""
    review = visit.review
    with review.store.reading() as db:
        seen = overview(db, review.config, visit.now)
        unreported = reports_needed(db, visit)
    return visit.page(
        "board.html",
        active="board",
        message=page.done(klart),
        groups=[(p, _of(p, seen.lines)) for p in review.config.promises.values()],
        needs=[
            *unreported,
            *(need for x in seen.lines for need in needs_of(visit, x)),
            *questions_needed(visit.person, sum(seen.asked.values())),
        ],
        alarms=seen.alarms if "ops" in visit.person.roles else (),
        health=seen.health,
        is_ops="ops" in visit.person.roles,
        may_answer=bool(visit.person.roles & {"reporter", "reviewer", "approver"}),
        may_read=bool(visit.person.roles & {"reviewer", "approver", "ops"}),
    )


def needs_of(visit: Visit, row: Line) -> list[Need]:
    """Return what one period asks of one person."""
    person, config = visit.person, visit.review.config
    found: list[Need] = []
    name = row.period.name
    is_open = row.draft is not None and row.draft.state == "open"
    mine = next((s for s in row.stands if s.party == person.party), None)
    has_approved = mine is not None and mine.word is not None and mine.word.verdict == "approved"
    if row.draft and is_open and "approver" in person.roles and not has_approved:
        # Whoever approved is told that it no longer counts, and why.
        fell = f" igen. {why(mine, visit.review.name_of)}" if mine and mine.fallen else ""
        found.append(Need(f"Läs och godkänn uppföljningen {name}{fell}", f"/utkast/{row.draft.id}", row.left))
    if person.roles & {"approver", "ops"}:
        channels = {c.id: c for c in config.channels_of(row.promise)}
        for sent in row.sent:
            channel = channels.get(sent.channel)
            if channel and (channel.party == person.party or "ops" in person.roles):
                found += _need_of(sent, channel, name)
    return found


def questions_needed(person: Person, asked: int) -> list[Need]:
    """Return that questions are open, for those who answer them."""
    if not asked or not person.roles & {"reporter", "reviewer", "approver"}:
        return []
    return [Need("Svara på 1 fråga" if asked == 1 else f"Svara på {asked} frågor", "/fragor")]


def reports_needed(db: Db, visit: Visit) -> list[Need]:
    """Return what the person's party hasn't said yet of the newest period that is over, for those who report."""
    found: list[Need] = []
    if "reporter" not in visit.person.roles:
        return found
    for promise in visit.review.config.promises.values():
        silence, plans = desks.waiting(db, visit, promise)
        if silence:
            period, count = silence
            text = (
                f"Rapportera för {period.name}: besked saknas om {count} {'del' if count == 1 else 'delar'} av löftet"
            )
            found.append(Need(text, "/rapportera", days_left(period.due, local_date(visit.now))))
        for record, desk in plans:
            what = f"Berätta hur det gick: {desk.commitment.unit[0]} {page.dated(record.when)}"
            found.append(Need(what, f"{desk.path}/{quote(record.external_id, safe='')}", "dagen har passerat"))
    return found


def _of(promise: Promise, lines: Sequence[Line]) -> list[Line]:
    """Return a promise's periods, those whose turn it is first."""
    return sorted((x for x in lines if x.promise == promise), key=_turn)


def _turn(row: Line) -> tuple[int, int]:
    """Return what sorts periods by whose turn it is: open drafts by due day, then the running one, then the done."""
    if row.draft is None:
        return (1, -row.period.end.toordinal())
    return (0, row.period.due.toordinal()) if row.draft.state == "open" else (2, -row.period.end.toordinal())


def _need_of(sent: Publication, channel: Channel, name: str) -> list[Need]:
    link = f"/publiceringar#p{sent.id}"
    if sent.state == "uncertain":
        return [Need(f"Titta efter om {name} ligger ute: {channel.name}", link)]
    if sent.state == "refused":
        return [Need(f"{channel.name} nekade {name}", link)]
    if sent.state == "handed_over" and channel.role == "post":
        return [Need(f"Dela {name} och klistra in länken: {channel.name}", link)]
    return []
