"""What a party can report, what it has said for each period, and its own reports: read for the reporting pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from config.schema import Commitment, Municipality, Promise, Source
from flows.review.auth import Visit
from tasks import dates, submission
from tasks.model import Period, Record, Refused
from tasks.periods import local_date, periods
from tasks.reporting import report_source
from tasks.store import Db, history, records
from tasks.submission import Submission

# What is done with a report, as the log calls it.
_STEPS = ("reported", "corrected", "withdrew")


@dataclass(frozen=True, slots=True)
class Desk:
    """One commitment that the person's party reports."""

    promise: Promise
    municipality: Municipality
    source: Source
    commitment: Commitment

    @property
    def path(self) -> str:
        """Where it is reported."""
        return f"/rapportera/{self.promise.slug}/{self.commitment.id}"

    @property
    def per_period(self) -> bool:
        """Whether it is answered with yes or no for a period."""
        return submission.by_period(self.commitment)

    @property
    def may_say_nothing(self) -> bool:
        """Whether the party's word that there is nothing to report counts."""
        return submission.may_say_nothing(self.commitment, self.source)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a party has said for a period that is over: used, nothing, or nothing yet."""

    period: Period
    state: str
    # The answer for the whole period, which can be taken back; None where single reports say it.
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One report of the person's own party, with who sent it last."""

    record: Record
    desk: Desk
    who: str
    at: datetime | None
    # It was planned for a day that has passed, and nobody has said how it went.
    unconfirmed: bool

    @property
    def key(self) -> str:
        """The report's id within its form."""
        return self.record.external_id

    @property
    def state(self) -> str:
        """What it says: held, planned, moved, cancelled or withdrawn."""
        return str(self.record.fields.get("state", "none"))

    @property
    def moved_to(self) -> date | None:
        """The day that its activity was moved to."""
        return _moved_to(self.record)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done with a report: sent, changed or taken back."""

    action: str
    who: str
    at: datetime


def open_desks(visit: Visit, promise: Promise) -> list[Desk]:
    """Return what the person's party reports of a promise; Refused where it has no form."""
    config = visit.review.config
    source = report_source(config, promise, visit.person)
    municipality = config.municipality_of(promise)
    return [
        Desk(promise, municipality, source, c) for c in promise.commitments if submission.reports(c, visit.person.party)
    ]


def reported(db: Db, visit: Visit, promise: Promise, desks: Sequence[Desk]) -> list[tuple[Record, Desk]]:
    """Return the party's own reports of a promise, each with what it is about."""
    by_commitment = {d.commitment.id: d for d in desks}
    found = []
    for record in records.known(db, {d.source.id for d in desks}, visit.now):
        desk = by_commitment.get(str(record.fields.get("commitment")))
        if desk and record.when and record.when.start <= promise.ends and record.when.end >= promise.signed:
            found.append((record, desk))
    return found


def with_senders(db: Db, visit: Visit, promise: Promise, own: Sequence[tuple[Record, Desk]]) -> list[Told]:
    """Return the reports that have a form of their own, with who sent each last."""
    senders: dict[str, tuple[str, datetime]] = {}
    # Newest first: the first one seen for a report is the latest.
    for event in history.events(db, promise.slug):
        if event.action in _STEPS and event.party == visit.person.party:
            senders.setdefault(str(event.detail.get("report")), (event.who, event.at))
    late = {r.id for r, _ in unconfirmed(own, local_date(visit.now))}
    found = []
    for record, desk in own:
        if not answers_a_period(record, desk):
            who, at = senders.get(record.external_id, ("", None))
            found.append(Told(record, desk, who, at, record.id in late))
    return found


def answers(visit: Visit, desk: Desk, own: Sequence[tuple[Record, Desk]]) -> list[Answer]:
    """Return what was said for each period that is over, where the commitment can be answered for a whole one."""
    if not (desk.per_period or desk.may_say_nothing):
        return []
    mine = [r for r, d in own if d == desk]
    found = []
    for period in submission.ended(desk.promise, local_date(visit.now)):
        within = [r for r in mine if r.when and r.when.start <= period.end and r.when.end >= period.start]
        said = {r.fields.get("state"): r for r in within}
        state = next((s for s in ("held", "nil_report") if s in said), "")
        whole = said.get(state)
        found.append(Answer(period, state, whole if whole and answers_a_period(whole, desk) else None))
    return found


def steps(db: Db, visit: Visit, promise: Promise, key: str) -> list[Step]:
    """Return what was done with one report of the person's own party, newest first."""
    return [
        Step(e.action, e.who, e.at)
        for e in history.events(db, promise.slug)
        if e.action in _STEPS and e.party == visit.person.party and e.detail.get("report") == key
    ]


def as_filled_in(desk: Desk, versions: Sequence[Record]) -> Submission:
    """Return the form of a report as it stands; of one taken back, as it was before."""
    last = next((v for v in reversed(versions) if v.fields.get("state") != "withdrawn"), versions[-1])
    return replace(submission.filled(last, desk.municipality), seen_version=versions[-1].version)


def unconfirmed(own: Sequence[tuple[Record, Desk]], today: date) -> list[tuple[Record, Desk]]:
    """Return the reports of plans whose day has passed without a word of how it went, oldest day first."""
    held = {(d.commitment.id, r.when.start) for r, d in own if r.fields.get("state") == "held" and r.when}
    late = [
        (day, record, desk)
        for record, desk in own
        if record.fields.get("state") in ("planned", "moved")
        and (day := _moved_to(record) or (record.when.end if record.when else None))
        and day < today
        and (desk.commitment.id, day) not in held
    ]
    return [(record, desk) for _, record, desk in sorted(late, key=lambda x: (x[0], x[1].id))]


def waiting(db: Db, visit: Visit, promise: Promise) -> tuple[tuple[Period, int] | None, list[tuple[Record, Desk]]]:
    """Return what the party has yet to say: the newest period that is over with of how much, and its passed plans."""
    try:
        desks = open_desks(visit, promise)
    except Refused:
        return None, []
    own = reported(db, visit, promise, desks)
    plans = unconfirmed([(r, d) for r, d in own if not answers_a_period(r, d)], local_date(visit.now))
    newest = [found[0] for desk in desks if (found := answers(visit, desk, own))]
    silent = sum(not a.state for a in newest)
    return ((newest[0].period, silent) if silent else None), plans


def answers_a_period(record: Record, desk: Desk) -> bool:
    """Tell whether a report is an answer for a whole period, which has buttons instead of a form."""
    whole = {submission.whole_period_id(desk.promise, desk.commitment, p) for p in periods(desk.promise)}
    return desk.per_period or record.external_id in whole


def _moved_to(record: Record) -> date | None:
    return dates.day(str(record.fields.get("moved_to", "")))
