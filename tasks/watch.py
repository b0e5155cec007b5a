"""Watch: look back at all of it. What needs a person becomes an alarm; what is public is held against the approved."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

import config as configuration
from config import Config
from config.schema import Channel, Notify, Party
from tasks import alarms, channels, journal, notify
from tasks.alarms import Alarm
from tasks.model import Publication, Refused, Unavailable, Uncertain
from tasks.periods import local_date, periods
from tasks.store import Db, Store, drafts, matches, publications, records, runs
from tasks.store import alarms as kept
from tasks.wording.letters import letter

Tell = Callable[[Notify, str, str], bool]
# An edition that waits or was stopped leaves the one before it public.
_NOT_OUT = ("pending", "preparing", "prepared", "stopped")
_PARTIES: tuple[Party, Party] = ("police", "municipality")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found: alarms that stand, and how many people were told of."""

    standing: tuple[Alarm, ...]
    told: int


def look(store: Store, config: Config, now: datetime, free_bytes: int, tell: Tell = notify.tell) -> Looked:
    """Bring the alarms up to date and tell people of the new, graver and solved ones, each once.

    Somebody who didn't get it is told at the next look, whoever else did.
    """
    with store.reading() as db:
        found = [*facts(db, config, now), *alarms.of_disk(free_bytes, now)]
    with store.writing() as db:
        kept.keep(db, found, now)
        raised = kept.raised(db)
    told = 0
    for one in raised:
        waiting = [who for who in recipients(config, one.alarm) if not one.is_told(who.name)]
        title, body = alarms.text(one.alarm, solved=one.is_solved, address=config.address)
        taken = [who for who in waiting if tell(who, title, body)]
        if waiting:
            outcome = "solved" if one.is_solved else "raised"
            journal.note("alarm", alarm=one.alarm.key, outcome=outcome if taken else f"{outcome}-untold")
        if taken:
            told += 1
            with store.writing() as db:
                for who in taken:
                    kept.mark_told(db, one, who.name)
    return Looked(tuple(found), told)


def facts(db: Db, config: Config, now: datetime) -> list[Alarm]:
    """Return what needs a person now, as the database shows it."""
    found = alarms.of_sources(config.all_sources(), records.standing(db), now)
    fresh = records.quarantined_since(db, now - timedelta(days=1))
    found += alarms.of_quarantine(config.all_sources(), fresh, now)
    newest = runs.newest(db)
    dead = [(r.stage, r.subject, "", r.started_at) for r in newest if r.was_interrupted(now)]
    failed = [(r.stage, r.subject, r.message, r.ended_at) for r in newest if r.outcome == "failed" and r.ended_at]
    found += alarms.of_runs([*failed, *dead])
    for municipality in config.municipalities.values():
        found += alarms.of_keys(municipality, local_date(now))
    for promise in config.promises.values():
        every = periods(promise)
        for period in every:
            if period.end < local_date(now):
                draft = drafts.latest(db, promise.slug, period.id)
                said = drafts.approved_parties(db, draft.id, draft.revision, draft.sha256) if draft else set()
                # A correction that nobody has approved yet is no late follow-up: the first edition stands.
                late = draft is None or (draft.state == "open" and draft.edition == 1)
                stage = "reminder" if alarms.reminder_due(period, now) else "ready" if draft else ""
                if late and stage:
                    place = config.municipality_of(promise)
                    said_so = letter(config.templates, promise, place, period, local_date(now), stage)
                    found += alarms.of_draft(promise, period, [p for p in _PARTIES if p not in said], now, said_so)
        found += alarms.of_questions(promise, matches.waiting(db, promise.slug), now)
        mine = {c.id: c for c in config.channels_of(promise)}
        rows = publications.listed(db, promise.slug)
        names = {p.id: p.name for p in every}
        found += alarms.of_publications(promise, mine, rows, names)
        found += alarms.of_waiting(promise, mine, _since(db, promise.slug, rows), names, now)
    return found


def _since(db: Db, promise: str, rows: Sequence[Publication]) -> list[tuple[Publication, datetime]]:
    """Return what is on its way with when it was approved, or taken back; what a later edition replaced isn't."""
    taken_back = publications.retracted(db, promise)
    newest = {(row.period, row.channel): row.id for row in rows}
    found = []
    for row in rows:
        if row.state == "retracting":
            found.append((row, taken_back[row.period].at))
        elif row.state in alarms.ON_THEIR_WAY and row.id == newest[row.period, row.channel]:
            found.append((row, max(w.at for w in drafts.words(db, row.draft_id, row.revision))))
    return found


def recipients(config: Config, alarm: Alarm) -> list[Notify]:
    """Return who is told of an alarm: those who run the installation, and the municipality's people it concerns."""
    place = config.municipalities.get(alarm.municipality)
    own = place.notify if place else ()
    concerned = [n for n in own if n.party is None or alarm.party is None or n.party == alarm.party]
    return [n for n in (*config.notify, *concerned) if n.url.get_secret_value() and alarm.level >= n.from_level]


def compare(store: Store, config: Config, now: datetime) -> list[Alarm]:
    """Read back what is published, hold it against the approved bytes and return the differences as alarms.

    Of each channel the newest edition that went out is looked at. A channel that doesn't answer says nothing: its
    alarm, if it has one, stays as it is.
    """
    with store.reading() as db:
        rows = _published(db, config)
        before = {a.key: a for a in kept.open_ones(db)}
    found = []
    for row in rows:
        promise = config.promises[row.promise]
        channel = next((c for c in config.channels_of(promise) if c.id == row.channel), None)
        if channel is None:
            continue
        differs = _differences(store, channel, row)
        name = next(p.name for p in periods(promise) if p.id == row.period)
        if differs is None:
            found += [a for a in [before.get(f"{alarms.PARITY}{row.id}")] if a]
        elif differs:
            found.append(alarms.of_parity(promise, channel, row, name, differs, now))
    with store.writing() as db:
        kept.keep_parity(db, found, now)
    return found


def _published(db: Db, config: Config) -> list[Publication]:
    newest: dict[tuple[str, str, str], Publication] = {}
    for row in publications.listed(db):
        if row.promise in config.promises and row.state not in _NOT_OUT:
            newest[row.promise, row.period, row.channel] = row
    return [row for row in newest.values() if row.state == "published"]


def _differences(store: Store, channel: Channel, row: Publication) -> list[str] | None:
    """Return what differs; None when nobody can say now."""
    with store.reading() as db:
        outputs = drafts.rendered(db, row.draft_id, row.revision, row.channel)
    kind = channels.kind(channel.kind)
    try:
        receipt = kind.find(channel, row, outputs, Path())
    except Unavailable:
        return None
    except (Refused, Uncertain) as trouble:
        # Of something published, both say that another text stands there, with what it says now.
        return str(trouble).splitlines()
    if receipt is None:
        return ["Den finns inte kvar." if kind.ABSENCE_IS_PROOF else "Den hittas inte."]
    return []


@task(cache_policy=NO_CACHE, task_run_name="se efter vad som behöver någon")
def raise_alarms(now: datetime) -> Looked:
    """Bring the alarms up to date and tell people, each once; another run that is at it is left to it."""
    config = configuration.load()
    store = Store(config.database)
    with journal.at_work(store, "watch", "alarms") as mine:
        if mine:
            return look(store, config, now, shutil.disk_usage(_disk_of(config.database)).free)
    # Both would find the same trouble untold, and tell it.
    with store.reading() as db:
        return Looked(tuple(kept.open_ones(db)), 0)


@task(cache_policy=NO_CACHE, task_run_name="läs tillbaka det publicerade")
def compare_published(now: datetime) -> list[Alarm]:
    """Hold what is public against what was approved; another run that is at it is left to it."""
    config = configuration.load()
    store = Store(config.database)
    with journal.at_work(store, "watch", "parity") as mine:
        return compare(store, config, now) if mine else []


def _disk_of(database: str) -> Path:
    """Return a folder on the disk that fills up: the SQLite file's own, else where we run."""
    file = Path(database.removeprefix("sqlite:///")) if database.startswith("sqlite:///") else Path()
    return file.parent if file.parent.is_dir() else Path()
