"""What a party can report, what it has said for each period, and its own reports: read for the reporting pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from config.schema import Commitment, Municipality, Promise, Source
from flows.review.auth import Visit
from tasks import submission
from tasks.model import Period, Record, Refused
from tasks.periods import local_date
from tasks.reporting import report_source
from tasks.store import Db, history, records


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


@dataclass(frozen=True, slots=True)
class Told:
    """One report of the person's own party, with who sent it last."""

    record: Record
    desk: Desk
    who: str
    at: datetime | None

    @property
    def key(self) -> str:
        """The report's id within its form."""
        return self.record.external_id


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
        if event.action in ("reported", "corrected") and event.party == visit.person.party:
            senders.setdefault(str(event.detail.get("report")), (event.who, event.at))
    return [
        Told(record, desk, *senders.get(record.external_id, ("", None)))
        for record, desk in own
        if not answers_a_period(record, desk)
    ]


def answers(visit: Visit, desk: Desk, own: Sequence[tuple[Record, Desk]]) -> list[Answer]:
    """Return what was said for each period that is over, where the commitment can be answered for a whole one."""
    if not (desk.per_period or desk.may_say_nothing):
        return []
    mine = [r for r, d in own if d == desk]
    found = []
    for period in submission.ended(desk.promise, local_date(visit.now)):
        within = [r for r in mine if r.when and r.when.start <= period.end and r.when.end >= period.start]
        said = {r.fields.get("state") for r in within}
        found.append(Answer(period, "held" if "held" in said else "nil_report" if "nil_report" in said else ""))
    return found


def missing(db: Db, visit: Visit, promise: Promise) -> tuple[Period, int] | None:
    """Return the newest period that is over with how many commitments the party has said nothing of; None if none."""
    try:
        desks = open_desks(visit, promise)
    except Refused:
        return None
    own = reported(db, visit, promise, desks)
    newest = [found[0] for desk in desks if (found := answers(visit, desk, own))]
    silent = sum(not a.state for a in newest)
    return (newest[0].period, silent) if silent else None


def answers_a_period(record: Record, desk: Desk) -> bool:
    """Tell whether a report is an answer for a whole period, which has buttons instead of a form."""
    return desk.per_period or record.fields.get("state") == "nil_report"
