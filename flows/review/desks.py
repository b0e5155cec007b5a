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
from tasks.store import history, records


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


def told(visit: Visit, promise: Promise, desks: Sequence[Desk]) -> list[Told]:
    """Return the party's own reports of a promise."""
    by_commitment = {d.commitment.id: d for d in desks}
    if not desks:
        return []
    with visit.review.store.reading() as db:
        known = records.known(db, [desks[0].source.id], visit.now)
        events = history.events(db, promise.slug)
    # Newest first: the first one seen for a report is the latest.
    senders: dict[str, tuple[str, datetime]] = {}
    for event in events:
        if event.action in ("reported", "corrected") and event.party == visit.person.party:
            senders.setdefault(str(event.detail.get("report")), (event.who, event.at))
    found = []
    for record in known:
        desk = by_commitment.get(str(record.fields.get("commitment")))
        if desk and record.when and record.when.start <= promise.ends and record.when.end >= promise.signed:
            who, at = senders.get(record.external_id, ("", None))
            found.append(Told(record, desk, who, at))
    return found


def answers(visit: Visit, desk: Desk, mine: Sequence[Told]) -> list[Answer]:
    """Return what was said for each period that is over, where the commitment can be answered for a whole one."""
    if not (desk.per_period or desk.may_say_nothing):
        return []
    own = [t.record for t in mine if t.desk == desk]
    found = []
    for period in submission.ended(desk.promise, local_date(visit.now)):
        within = [r for r in own if r.when and r.when.start <= period.end and r.when.end >= period.start]
        said = {r.fields.get("state") for r in within}
        found.append(Answer(period, "held" if "held" in said else "nil_report" if "nil_report" in said else ""))
    return found


def missing(visit: Visit, promise: Promise) -> tuple[Period, int] | None:
    """Return the newest period that is over with how many commitments the party has said nothing of; None if none."""
    try:
        desks = open_desks(visit, promise)
    except Refused:
        return None
    mine = told(visit, promise, desks)
    newest = [found[0] for desk in desks if (found := answers(visit, desk, mine))]
    silent = sum(not a.state for a in newest)
    return (newest[0].period, silent) if silent else None


def answers_a_period(record: Record, desk: Desk) -> bool:
    """Tell whether a report is an answer for a whole period, which has buttons instead of a form."""
    return desk.per_period or record.fields.get("state") == "nil_report"
