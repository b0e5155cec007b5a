"""Översikt: what needs you first, then every period and how far it has come, then how the sources are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import quote

from fastapi import APIRouter, Response

from config import Config
from config.schema import Channel, Person, Promise, Source
from flows.review import desks, page, questions
from flows.review.auth import Anyone, Visit
from flows.review.page import PUBLICATION_STATES
from flows.review.standing import Standing, standings, why
from tasks.model import Coverage, Draft, Fetch, Period, Publication
from tasks.periods import local_date, periods, swedish_date
from tasks.store import Db, alarms, drafts, publications, records

router = APIRouter()
_TONES = {"published": "ok", "uncertain": "act", "refused": "act", "stopped": "act", "handed_over": "act"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One stage of one period: a word, its tone (ok, wait, act, none) and where it leads."""

    stage: str
    word: str
    tone: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One period of one promise."""

    promise: Promise
    period: Period
    left: str
    draft: Draft | None
    stands: tuple[Standing, ...]
    sent: tuple[Publication, ...]
    steps: tuple[Cell, ...]
    channels: tuple[Cell, ...]
    # Why there is no draft yet; empty when there is one.
    waits: str

    @property
    def red(self) -> bool:
        """Whether any stage needs somebody."""
        return any(c.tone == "act" for c in (*self.steps, *self.channels))


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for the person who is looking."""

    text: str
    link: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How one source is, in plain words."""

    source: Source
    tone: str
    text: str


@router.get("/")
def board(visit: Anyone, klart: str = "") -> Response:
    """Show the board."""
    review, today = visit.review, local_date(visit.now)
    with review.store.reading() as db:
        asked = {p.slug: len(questions.open_questions(db, p).questions) for p in review.config.promises.values()}
        lines = [
            line(db, review.config, promise, period, today, asked[promise.slug])
            for promise in review.config.promises.values()
            for period in reversed(periods(promise))
            if period.start <= today
        ]
        heard = records.standing(db)
        health = [source_health(source, heard.get(source.id), visit.now) for source in review.config.all_sources()]
        unreported = reports_needed(db, visit)
        raised = alarms.open_ones(db) if "ops" in visit.person.roles else []
    return visit.page(
        "board.html",
        active="board",
        message=page.done(klart),
        groups=[(p, sorted((x for x in lines if x.promise == p), key=_turn)) for p in review.config.promises.values()],
        needs=[
            *unreported,
            *(need for x in lines for need in needs_of(visit, x)),
            *questions_needed(visit.person, sum(asked.values())),
        ],
        alarms=[a for a in raised if a.municipality in ("", *review.config.municipalities)],
        health=health,
        is_ops="ops" in visit.person.roles,
        may_answer=bool(visit.person.roles & {"reporter", "reviewer", "approver"}),
        may_read=bool(visit.person.roles & {"reviewer", "approver", "ops"}),
    )


def line(db: Db, config: Config, promise: Promise, period: Period, today: date, asked: int) -> Line:
    """Return how far a period has come; `asked` is how many questions about the promise are open at this moment."""
    draft = drafts.latest(db, promise.slug, period.id)
    municipality = config.municipality_of(promise)
    stands = tuple(standings(db, municipality, draft, drafts.words(db, draft.id))) if draft else ()
    sent = tuple(
        p for p in publications.listed(db, promise.slug, period.id) if draft is not None and p.edition == draft.edition
    )
    left = _left(draft, sent, period, today)
    if draft is None:
        waits = (
            f"Utkastet skrivs efter {swedish_date(period.end)}." if today <= period.end else "Utkastet är inte skrivet."
        )
        return Line(promise, period, left, None, (), (), (), (), waits)
    steps = [_fetched(promise, draft), _matched(draft, asked), _drafted(draft)]
    steps += [_approved(draft, s) for s in stands]
    shown = tuple(_published(channel, sent) for channel in config.channels_of(promise))
    return Line(promise, period, left, draft, stands, sent, tuple(steps), shown, "")


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
            found.append(Need(text, "/rapportera", page.days_left(period.due, local_date(visit.now))))
        for record, desk in plans:
            what = f"Berätta hur det gick: {desk.commitment.unit[0]} {page.dated(record.when)}"
            found.append(Need(what, f"{desk.path}/{quote(record.external_id, safe='')}", "dagen har passerat"))
    return found


def source_health(source: Source, heard: tuple[datetime | None, Fetch] | None, now: datetime) -> Health:
    """Return how a source is: when it last answered in full (first in `heard`), and what is wrong when it doesn't."""
    if source.url.startswith("form:"):
        return Health(source, "ok", "Ett formulär. Det finns inget att hämta.")
    if heard is None:
        return Health(source, "none", "Har inte hämtats ännu.")
    good, newest = heard
    trouble = "" if newest.good else newest.message
    if good is None:
        return Health(source, "act", f"Har aldrig svarat. {trouble}".strip())
    if trouble:
        return Health(source, "act", f"Svarade senast {page.moment(good)}. {trouble}")
    silent = source.keeps == "window" and now - good > timedelta(hours=source.silent_after_hours)
    said = f"Svarade senast {page.moment(good)}."
    return Health(source, "act", f"{said} Det är för länge sedan.") if silent else Health(source, "ok", said)


def _turn(row: Line) -> tuple[int, int]:
    """Return what sorts periods by whose turn it is: open drafts by due day, then the running one, then the done."""
    if row.draft is None:
        return (1, -row.period.end.toordinal())
    return (0, row.period.due.toordinal()) if row.draft.state == "open" else (2, -row.period.end.toordinal())


def _left(draft: Draft | None, sent: Sequence[Publication], period: Period, today: date) -> str:
    """Return how long there is to the due date, or how far the publishing of a closed edition has come."""
    if draft is None or draft.state == "open":
        return page.days_left(period.due, today)
    published = sum(p.state == "published" for p in sent)
    if published == len(sent):
        return "publicerat"
    return "delvis publicerat" if published else "väntar på publicering"


def _need_of(sent: Publication, channel: Channel, name: str) -> list[Need]:
    link = f"/publiceringar#p{sent.id}"
    if sent.state == "uncertain":
        return [Need(f"Titta efter om {name} ligger ute: {channel.name}", link)]
    if sent.state == "refused":
        return [Need(f"{channel.name} nekade {name}", link)]
    if sent.state == "handed_over" and channel.role == "post":
        return [Need(f"Dela {name} och klistra in länken: {channel.name}", link)]
    return []


def _fetched(promise: Promise, draft: Draft) -> Cell:
    wanted = {s for c in promise.commitments for s in c.evidence_from}
    heard: list[Coverage] = [c for c in draft.followup.coverage if c.source in wanted]
    holes = sum(1 for c in heard if c.gaps)
    if not holes:
        return Cell("Hämtat", "hela perioden", "ok")
    return Cell("Hämtat", "luckor i 1 källa" if holes == 1 else f"luckor i {holes} källor", "act")


def _matched(draft: Draft, asked: int) -> Cell:
    count = sum(o.questions for o in draft.followup.outcomes)
    if not count:
        return Cell("Avstämt", "klart", "ok")
    if not asked and draft.state == "open":
        return Cell("Avstämt", "besvarat, räknas när utkastet skrivs om", "wait")
    return Cell("Avstämt", "1 fråga" if count == 1 else f"{count} frågor", "act", "/fragor")


def _drafted(draft: Draft) -> Cell:
    edition = "" if draft.edition == 1 else f", utgåva {draft.edition}"
    if draft.state == "closed":
        return Cell("Utkast", f"färdigt{edition}", "ok", f"/utkast/{draft.id}")
    if any(b.conflict for b in draft.blocks):
        return Cell("Utkast", f"text att se över{edition}", "act", f"/utkast/{draft.id}")
    return Cell("Utkast", f"öppet, version {draft.revision}{edition}", "wait", f"/utkast/{draft.id}")


def _approved(draft: Draft, stands: Standing) -> Cell:
    stage, link = f"Godkänt av {stands.name.lower()}", f"/utkast/{draft.id}#godkann"
    if stands.word is None:
        return Cell(stage, "gäller inte längre", "act", link) if stands.fallen else Cell(stage, "väntar", "wait", link)
    if stands.word.verdict == "rejected":
        return Cell(stage, "skickat tillbaka", "act", link)
    return Cell(stage, swedish_date(local_date(stands.word.at)), "ok", link)


def _published(channel: Channel, sent: Sequence[Publication]) -> Cell:
    row = next((p for p in sent if p.channel == channel.id), None)
    if row is None:
        return Cell(channel.name, "–", "none")
    return Cell(channel.name, PUBLICATION_STATES[row.state], _TONES.get(row.state, "wait"), f"/publiceringar#p{row.id}")
