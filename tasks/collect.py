"""Collect: fetch a source, read its answer, keep both. Every attempt is noted, good or not."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from prefect import task
from prefect.cache_policies import NO_CACHE

import config as configuration
from config import Config
from config.schema import Source
from tasks import journal, sources
from tasks.failing import Failed, each
from tasks.http import Http
from tasks.model import Fetch, Parsed, Payload, Refused, Unavailable, Unreadable
from tasks.screening import intake
from tasks.store import Db, Store, records
from tasks.store.away import DatabaseAway
from tasks.store.calls import CallGate


@dataclass(frozen=True, slots=True)
class Answer:
    """What one source answered: readable parts, and the trouble where there was some."""

    source: Source
    at: datetime
    parts: tuple[tuple[Payload, Parsed | None], ...]
    outcome: Literal["ok", "unavailable", "refused", "unreadable"] = "ok"
    message: str = ""


def ask(config: Config, store: Store, source: Source, now: datetime) -> Answer:
    """Return what a source answers now; trouble is part of the answer, never an exception."""
    kind = sources.kind(source.kind)
    try:
        payloads = kind.fetch(source, Http(CallGate(store, lambda: now)), config.folder, now)
    except DatabaseAway:
        # Leave to call is counted in our database: its trouble is none of the source's.
        raise
    except Unavailable as trouble:
        return Answer(source, now, (), "unavailable", str(trouble))
    except Refused as trouble:
        return Answer(source, now, (), "refused", str(trouble))
    parts: list[tuple[Payload, Parsed | None]] = []
    trouble_found = ""
    places = _places(config, source) if sources.is_staff_written(source.kind) else None
    for payload in payloads:
        try:
            parsed = kind.parse(source, payload)
            parts.append((payload, parsed if places is None else intake.screened(source.name, parsed, places)))
        except Unreadable as trouble:
            parts.append((payload, None))
            trouble_found = str(trouble)
    return Answer(source, now, tuple(parts), "unreadable" if trouble_found else "ok", trouble_found)


def _places(config: Config, source: Source) -> list[str]:
    """Return the names that are nobody's where a source is written: its municipality's places, of a shared one all."""
    every = config.municipalities.values()
    owners = [m for m in every if any(s.id == source.id for s in m.sources)] or every
    return [name for m in owners for place in m.places for name in (place.name, *place.aliases)]


def keep(db: Db, answer: Answer) -> Fetch:
    """Store an answer and return the note about it.

    Nothing that could be read is lost because something else could not: the payload is always kept, a thinned or
    short list adds and changes records but never counts as having heard the source in full.
    """
    fetch = Fetch(answer.source.id, answer.at, answer.outcome, message=answer.message)
    unchanged = bool(answer.parts) and all(p is not None for _, p in answer.parts)
    remarks = []
    # What was read in full last time needs no second reading; anything else may be understood better now.
    before = records.fetch_log(db, answer.source.id, last=1)
    read_before = (
        bool(before) and before[0].at <= answer.at and before[0].outcome != "unreadable" and not before[0].quarantined
    )
    for payload, parsed in answer.parts:
        same = records.is_latest_payload(db, payload)
        # What could not be read at all could not be screened either.
        unfit = parsed.hides if parsed else sources.is_staff_written(answer.source.kind)
        records.save_payload(db, payload, bytes_too=not unfit)
        if parsed is None:
            continue
        new, changed = (0, 0) if same and read_before else records.save_parsed(db, payload, parsed)
        fetch = replace(
            fetch,
            records=fetch.records + len(parsed.records),
            new=fetch.new + new,
            changed=fetch.changed + changed,
            quarantined=fetch.quarantined + len(parsed.quarantined),
        )
        unchanged = unchanged and same and not new and not changed
        remarks += [parsed.thinned] if parsed.thinned else []
        remarks += list(parsed.warnings)
    fetch = _judged(answer, fetch, unchanged, remarks)
    records.add_fetch(db, fetch)
    return fetch


def _judged(answer: Answer, fetch: Fetch, unchanged: bool, remarks: list[str]) -> Fetch:
    """Say what the attempt amounts to: a well-formed answer may still not be the whole one."""
    if answer.outcome != "ok":
        return fetch
    message = "; ".join(remarks)
    if any(parsed and parsed.thinned for _, parsed in answer.parts):
        return replace(fetch, outcome="thinned", message=message)
    if answer.parts and not fetch.records and not answer.source.zero_ok:
        return replace(fetch, outcome="empty", message=f"{answer.source.name} svarade utan en enda uppgift.")
    quiet = unchanged or not answer.parts
    return replace(fetch, outcome="unchanged" if quiet else "ok", message=message)


@task(cache_policy=NO_CACHE)
def collect_sources(wanted: list[str], now: datetime) -> list[Fetch | Failed]:
    """Collect the wanted sources and return the notes about them; a silent source is noted, not raised.

    What fails in another way with one source is said in its place and stops none of the others.
    """
    config = configuration.load()
    by_id = {source.id: source for source in config.all_sources()}
    with closing(Store(config.database, busy=True)) as store:
        return each(wanted, lambda key: _collect(store, config, by_id[key], now))


def _collect(store: Store, config: Config, source: Source, now: datetime) -> Fetch:
    with journal.at_work(store, "collect", source.id, source=source.id) as mine:
        if not mine:
            return Fetch(source.id, now, "unchanged", message="Hämtningen pågår redan.")
        answer = ask(config, store, source, now)
        with store.writing() as db:
            kept = keep(db, answer)
    journal.note(
        "answer", source=kept.source, outcome=kept.outcome, records=kept.records, new=kept.new, changed=kept.changed
    )
    return kept
