"""How everything stands: each period and how far it has come, each source, each alarm. One truth for all who look.

The board, `lofteskoll status` and what a run leaves in Prefect are all made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from config import Config
from config.schema import Channel, Promise, Source
from flows.review.asked import open_questions
from flows.review.standing import Standing, standings
from tasks.alarms import Alarm
from tasks.model import Approval, Coverage, Draft, Fetch, Period, Publication, PublicationState
from tasks.periods import days_left, local_date, moment, periods, swedish_date
from tasks.store import Db, alarms, drafts, publications, records

PUBLICATION_STATES: Mapping[PublicationState, str] = {
    "pending": "väntar på att skickas",
    "preparing": "förbereds",
    "prepared": "förberedd",
    "sending": "skickas nu",
    "published": "publicerad",
    "handed_over": "överlämnad",
    "uncertain": "okänt om den gick fram",
    "refused": "nekad",
    "stopped": "stoppad",
    "retracting": "tas tillbaka",
    "retracted": "återkallad",
    "by_hand": "ska tas bort för hand",
}
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
class _Kept:
    """What lines are told from: the newest editions and the outbox by promise and period, both parties' words."""

    newest: Mapping[tuple[str, str], Draft]
    said: Mapping[int, Sequence[Approval]]
    sent: Mapping[tuple[str, str], Sequence[Publication]]


@dataclass(frozen=True, slots=True)
class Health:
    """How one source is, in plain words."""

    source: Source
    tone: str
    said: str
    # Why the newest attempt failed; it may quote what a source sent.
    trouble: str = ""

    @property
    def text(self) -> str:
        """All of it, for those who are signed in."""
        return f"{self.said} {self.trouble}".strip()


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at one moment: the periods that have begun, the newest of each promise first."""

    lines: tuple[Line, ...]
    health: tuple[Health, ...]
    alarms: tuple[Alarm, ...]
    # How many questions about each promise are open.
    asked: Mapping[str, int]


def overview(db: Db, config: Config, now: datetime, only: str | None = None) -> Overview:
    """Return how every promise (or one of them), source and alarm of the config stands."""
    today = local_date(now)
    promises = [p for p in config.promises.values() if only in (None, p.slug)]
    asked = {p.slug: len(open_questions(db, p).questions) for p in promises}
    kept = _kept(db, promises)
    heard = records.standing(db)
    raised = alarms.open_ones(db)
    return Overview(
        tuple(
            _line(db, config, kept, promise, period, today, asked[promise.slug])
            for promise in promises
            for period in reversed(periods(promise))
            if period.start <= today
        ),
        tuple(source_health(source, heard.get(source.id), now) for source in config.all_sources()),
        tuple(a for a in raised if a.municipality in ("", *config.municipalities)),
        asked,
    )


def line(db: Db, config: Config, promise: Promise, period: Period, today: date, asked: int) -> Line:
    """Return how far a period has come; `asked` is how many questions about the promise are open at this moment."""
    return _line(db, config, _kept(db, [promise]), promise, period, today, asked)


def _kept(db: Db, promises: Sequence[Promise]) -> _Kept:
    """Read what the periods of some promises are told from, in as many questions for one as for a whole country."""
    newest = drafts.newest(db, [p.slug for p in promises])
    sent: dict[tuple[str, str], list[Publication]] = {}
    for row in publications.listed(db, promises[0].slug if len(promises) == 1 else None):
        sent.setdefault((row.promise, row.period), []).append(row)
    return _Kept(newest, drafts.words_on(db, [d.id for d in newest.values()]), sent)


def _line(db: Db, config: Config, kept: _Kept, promise: Promise, period: Period, today: date, asked: int) -> Line:
    key = (promise.slug, period.id)
    draft = kept.newest.get(key)
    sent = tuple(p for p in kept.sent.get(key, ()) if draft is not None and p.edition == draft.edition)
    left = _left(draft, sent, period, today)
    if draft is None:
        waits = (
            f"Utkastet skrivs efter {swedish_date(period.end)}." if today <= period.end else "Utkastet är inte skrivet."
        )
        return Line(promise, period, left, None, (), (), (), (), waits)
    stands = standings(db, config.municipality_of(promise), draft, kept.said.get(draft.id, ()))
    steps = [_fetched(promise, draft), _matched(draft, asked), _drafted(draft)]
    steps += [_approved(draft, s) for s in stands]
    shown = tuple(_published(channel, sent) for channel in config.channels_of(promise))
    return Line(promise, period, left, draft, tuple(stands), sent, tuple(steps), shown, "")


def source_health(source: Source, heard: tuple[datetime | None, Fetch] | None, now: datetime) -> Health:
    """Return how a source is: when it last answered in full (first in `heard`), and what is wrong when it doesn't."""
    if source.url.startswith("form:"):
        return Health(source, "ok", "Ett formulär. Det finns inget att hämta.")
    if heard is None:
        return Health(source, "none", "Har inte hämtats ännu.")
    good, newest = heard
    trouble = "" if newest.good else newest.message
    if good is None:
        return Health(source, "act", "Har aldrig svarat.", trouble)
    if trouble:
        return Health(source, "act", f"Svarade senast {moment(good)}.", trouble)
    silent = source.keeps == "window" and now - good > timedelta(hours=source.silent_after_hours)
    said = f"Svarade senast {moment(good)}."
    return Health(source, "act", f"{said} Det är för länge sedan.") if silent else Health(source, "ok", said)


def _left(draft: Draft | None, sent: Sequence[Publication], period: Period, today: date) -> str:
    """Return how long there is to the due date, or how far the publishing of a closed edition has come."""
    if draft is None or draft.state == "open":
        return days_left(period.due, today)
    published = sum(p.state == "published" for p in sent)
    if published == len(sent):
        return "publicerat"
    return "delvis publicerat" if published else "väntar på publicering"


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
