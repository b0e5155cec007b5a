"""The people's verb, its first half: report what was done. One report is one transaction; decide.py has the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from config import Config
from config.schema import Person, Promise, Source
from tasks import sources
from tasks.model import Fetch, Parsed, Payload, Record, Refused, Unreadable, canonical
from tasks.periods import local_date
from tasks.screening import Kind
from tasks.store import Db, Store, history, records
from tasks.submission import Checked, Submission, check, withdrawal


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a submission; `quarantined` means that nothing of it was kept."""

    outcome: Literal["saved", "corrected", "repeated", "quarantined", "withdrawn"]
    record_id: str
    # Kinds of personal data that were masked, or that stopped it.
    hidden: tuple[Kind, ...] = ()


def report_source(config: Config, promise: Promise, person: Person) -> Source:
    """Return the form source of the person's party; Refused says how that party reports instead."""
    own = [s for s in config.municipality_of(promise).sources if s.party == person.party]
    for source in own:
        if source.kind == "report":
            return source
    log = next((s for s in own if s.keeps == "all" and s.kind == "activity_log"), None)
    party = config.municipality_of(promise).party(person.party).short
    where = f" De hämtas i stället ur {log.name}." if log else ""
    raise Refused(f"{party} lämnar inte sina rapporter i formuläret här.{where}")


def report(
    store: Store, config: Config, *, promise: str, submission: Submission, person: Person, at: datetime
) -> Reported:
    """Keep what a party reports, personal data masked before anything is stored.

    The same form sent twice is one record; a correction is a new version of it. Raises Refused, one line for each
    thing to mend. What holds a personal number, or a young person who can be placed, is not kept at all.
    """
    found, source = _own_form(config, promise, person)
    checked = check(submission, found, config.municipality_of(found), source, local_date(at))
    with store.writing() as db:
        if checked.screened.severity == "quarantine":
            _note(db, found, checked, person, at, "quarantined")
            return Reported("quarantined", "", checked.hidden)
        return _keep(db, found, source, submission, checked, person, at)


def withdraw(
    store: Store,
    config: Config,
    *,
    promise: str,
    report: str,
    reason: str,
    seen_version: int,
    person: Person,
    at: datetime,
) -> Reported:
    """Take back a report of the person's own party that was a mistake: a new version that counts nothing.

    What was said before is kept. `reason` is a key of submission.WITHDRAWN_BECAUSE. Raises Refused when there is no
    such report or somebody changed it since `seen_version`; taking back twice is a no-op with the same answer.
    """
    found, source = _own_form(config, promise, person)
    with store.writing() as db:
        key = f"{source.id}/{report}"
        records.hold(db, key)
        earlier = records.versions(db, key)
        if not earlier:
            raise Refused("Rapporten som skulle återtas finns inte.")
        if earlier[-1].fields.get("state") == "withdrawn":
            return Reported("repeated", key)
        if earlier[-1].version != seen_version:
            raise Refused("Någon annan har ändrat rapporten sedan du öppnade den. Öppna den igen och se efter.")
        checked = withdrawal(earlier[-1], found, reason)
        _save(db, source, checked, at)
        _note(db, found, checked, person, at, "withdrew", version=len(earlier) + 1, reason=reason)
        return Reported("withdrawn", key)


def _own_form(config: Config, promise: str, person: Person) -> tuple[Promise, Source]:
    if not person.roles & {"reporter", "approver"}:
        raise Refused(f"{person.name} har inte rätt att rapportera.")
    found = config.promises.get(promise)
    if found is None:
        raise Refused("Löftet finns inte.")
    return found, report_source(config, found, person)


def _keep(
    db: Db, promise: Promise, source: Source, submission: Submission, checked: Checked, person: Person, at: datetime
) -> Reported:
    record = _as_payload(source, checked, at)[1].records[0]
    records.hold(db, record.id)
    earlier = records.versions(db, record.id)
    if _is_repeated(submission, earlier, record):
        return Reported("repeated", record.id, checked.hidden)
    _refuse_outdated(submission, earlier, record)
    if record.fields.get("state") == "nil_report":
        _refuse_nothing_beside_something(db, source, record, at)
    _save(db, source, checked, at)
    _note(db, promise, checked, person, at, "corrected" if earlier else "reported", version=len(earlier) + 1)
    return Reported("corrected" if earlier else "saved", record.id, checked.hidden)


def _as_payload(source: Source, checked: Checked, at: datetime) -> tuple[Payload, Parsed]:
    """Return the submission as its source delivers it, and what that source's kind reads in it."""
    payload = Payload(source.id, at, source.url, "application/json", canonical(dict(checked.claims)))
    try:
        return payload, sources.kind(source.kind).parse(source, payload)
    except Unreadable as trouble:
        raise Refused(str(trouble)) from trouble


def _save(db: Db, source: Source, checked: Checked, at: datetime) -> None:
    payload, parsed = _as_payload(source, checked, at)
    records.save_payload(db, payload)
    new, changed = records.save_parsed(db, payload, parsed)
    records.add_fetch(db, Fetch(source.id, at, "ok", records=1, new=new, changed=changed))


def _is_repeated(submission: Submission, earlier: list[Record], record: Record) -> bool:
    """Tell whether this was sent before: a double click, a retried request, a form sent again from the back button."""
    # An answer for a whole period may go from yes to no and back; a form of its own is sent once.
    known = earlier[-1:] if submission.seen_version or submission.period else earlier
    return any(v.content_sha256 == record.content_sha256 for v in known)


def _refuse_outdated(submission: Submission, earlier: list[Record], record: Record) -> None:
    if not submission.corrects:
        return
    if not earlier:
        raise Refused("Rapporten som skulle ändras finns inte.")
    if earlier[-1].fields.get("commitment") != record.fields.get("commitment"):
        raise Refused("Rapporten hör till en annan del av löftet.")
    if earlier[-1].version != submission.seen_version:
        raise Refused("Någon annan har ändrat rapporten sedan du öppnade den. Öppna den igen och gör om ändringen.")


def _refuse_nothing_beside_something(db: Db, source: Source, record: Record, at: datetime) -> None:
    told = [
        r
        for r in records.known(db, [source.id], at)
        if r.id != record.id
        and r.fields.get("commitment") == record.fields.get("commitment")
        and r.fields.get("state") == "held"
        and r.when
        and record.when
        and r.when.start <= record.when.end
        and r.when.end >= record.when.start
    ]
    if told:
        number = "en aktivitet" if len(told) == 1 else f"{len(told)} aktiviteter"
        raise Refused(f"Din part har redan rapporterat {number} som genomförd under perioden.")


def _note(
    db: Db, promise: Promise, checked: Checked, person: Person, at: datetime, action: str, **detail: object
) -> None:
    # Ids, kinds and numbers only: what was written stays out of the log.
    key = str(checked.claims["commitment"])
    history.note(
        db,
        at=at,
        who=person.id,
        party=person.party,
        action=action,
        promise=promise.slug,
        period=checked.period,
        # A protected commitment isn't named: the other party reads this log too.
        commitment=key if promise.commitment(key).disclosure == "public" else "",
        **({} if action == "quarantined" else {"report": checked.id}),
        hidden=list(checked.hidden),
        **detail,
    )
