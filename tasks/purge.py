"""Purge: take away free text and traces of people whose time is over; what was counted, said and published stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from config import Config
from config.schema import Promise
from tasks import evidence
from tasks.matching import match
from tasks.model import PairScore, Record
from tasks.store import Db, Store, history, matches, records, retention


@dataclass(frozen=True, slots=True)
class Purged:
    """What was purged, or would be: numbers of rows; `texts` and `payloads` by source id."""

    texts: Mapping[str, int]
    payloads: Mapping[str, int]
    quarantine: int
    sessions: int
    alarms: int
    # Texts whose time is over but that somebody is asked about; they stay until the answer is there.
    waiting: int

    @property
    def nothing(self) -> bool:
        """Whether nothing was old enough."""
        return not any((*self.texts.values(), *self.payloads.values(), self.quarantine, self.sessions, self.alarms))


def purge(store: Store, config: Config, now: datetime, *, dry_run: bool = False) -> Purged:
    """Purge what is older than each class is kept, in one transaction, and return what that was.

    A record's readings and pairs are kept before its text goes, for every promise that draws on its source: the next
    reconciliation gives the same figures. `dry_run` changes nothing.
    """
    with store.reading() if dry_run else store.writing() as db:
        old = {
            s.id: retention.texts(db, s.id, now - timedelta(days=s.keep_text_days))
            for s in config.all_sources()
            if s.keep_text_days
        }
        asked = _asked(db, config, [key for key, found in old.items() if found], now)
        ready = {key: [r for r in found if r.id not in asked] for key, found in old.items()}
        limits = {s.id: now - timedelta(days=s.keep_text_days) for s in config.all_sources() if s.keep_text_days}
        kept = config.retention
        made = Purged(
            texts={key: len(found) for key, found in ready.items()},
            payloads={key: retention.payload_bodies(db, key, t, purge=not dry_run) for key, t in limits.items()},
            quarantine=retention.quarantined(db, now - timedelta(days=kept.quarantine_days), purge=not dry_run),
            sessions=retention.sessions_over(db, now - timedelta(days=kept.session_days), purge=not dry_run),
            alarms=retention.alarms_solved(db, now - timedelta(days=kept.alarm_days), purge=not dry_run),
            waiting=sum(map(len, old.values())) - sum(map(len, ready.values())),
        )
        if not dry_run:
            _purge_texts(db, config, ready, now)
            if not made.nothing:
                _note(db, made, now)
    return made


def _purge_texts(db: Db, config: Config, ready: Mapping[str, Sequence[Record]], now: datetime) -> None:
    for promise in config.promises.values():
        mine = [r for s in config.sources_of(promise) for r in ready.get(s.id, ())]
        if mine:
            _keep(db, config, promise, mine, now)
    for found in ready.values():
        retention.purge_texts(db, found, now)


def _keep(db: Db, config: Config, promise: Promise, going: Sequence[Record], now: datetime) -> None:
    """Keep what the records that are going say to a promise, as the rules read it now."""
    municipality = config.municipality_of(promise)
    known = records.known(db, [s.id for s in config.sources_of(promise)], now)
    found = match(promise, municipality, known, matches.answers(db, promise.slug, now), matches.kept(db, promise.slug))
    purged = {r.id for r in going} | {r.id for r in known if r.purged_at}
    matches.keep(db, promise.slug, evidence.read(going, promise, municipality), _around(found.pairs, purged))


def _around(pairs: Sequence[PairScore], purged: set[str]) -> list[PairScore]:
    """Return all pairs of the commitments that a purged record is paired in: each may be another one's rival."""
    touched = {p.commitment for p in pairs if {p.left, p.right} & purged}
    return [p for p in pairs if p.commitment in touched]


def _asked(db: Db, config: Config, sources: Sequence[str], now: datetime) -> set[str]:
    """Return the records that a person is asked about in any promise that draws on these sources."""
    found: set[str] = set()
    for promise in config.promises.values():
        mine = [s.id for s in config.sources_of(promise)]
        if not set(mine) & set(sources):
            continue
        known, answers = records.known(db, mine, now), matches.answers(db, promise.slug, now)
        made = match(promise, config.municipality_of(promise), known, answers, matches.kept(db, promise.slug))
        found |= {side for q in made.questions for side in (q.left, q.right)}
    return found


def _note(db: Db, made: Purged, now: datetime) -> None:
    history.note(
        db,
        at=now,
        who="lofteskoll",
        action="purged",
        texts={k: n for k, n in made.texts.items() if n},
        payloads={k: n for k, n in made.payloads.items() if n},
        quarantine=made.quarantine,
        sessions=made.sessions,
        alarms=made.alarms,
    )
