"""Purge: texts go, what they said stays, and nothing that was counted moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

import config as configuration
from config import Config
from config.schema import Retention
from tasks import linkage
from tasks.alarms import Alarm
from tasks.collect import ask, keep
from tasks.draft import follow_up
from tasks.matching import Matches, match
from tasks.model import Fetch, FollowUp, Parsed, Payload, Quarantined, Record
from tasks.periods import at_local, period
from tasks.purge import Purged, purge
from tasks.reconcile import reconcile
from tasks.store import Store, alarms, matches, records, sessions
from tasks.store.retention import PURGED_TITLE
from tasks.store.tables import payloads
from tests.year import SAMPLE, stored_text

PROMISE = "strangnas-2021"
WHEN = at_local(date(2022, 1, 17), 9)
LATER = WHEN + timedelta(days=40)


def config_of(store: Store, days: int | None = 30, *only: str) -> Config:
    """The sample year's decisions, with texts of its sources (or only some) kept for so many days."""
    loaded = configuration.load(SAMPLE.parents[1], store.url)
    place = loaded.municipalities["strangnas"]
    sources = tuple(
        s.model_copy(update={"keep_text_days": days}) if not only or s.id in only else s for s in place.sources
    )
    shorter = place.model_copy(update={"sources": sources})
    return replace(loaded, municipalities={"strangnas": shorter}, sources=())


def collect(store: Store, config: Config, now: datetime) -> list[Fetch]:
    """Fetch the sample's files."""
    found = []
    for source in config.all_sources():
        answer = ask(config, store, source, now)
        with store.writing() as db:
            found.append(keep(db, answer))
    return found


def matched(store: Store, config: Config, now: datetime) -> Matches:
    """What the records known at a moment amount to."""
    promise = config.promises[PROMISE]
    with store.reading() as db:
        known = records.known(db, [s.id for s in config.sources_of(promise)], now)
        answers, kept = matches.answers(db, PROMISE, now), matches.kept(db, PROMISE)
    return match(promise, config.municipality_of(promise), known, answers, kept)


def followed_up(store: Store, config: Config, key: str, now: datetime) -> FollowUp:
    """A period's follow-up as known at a moment."""
    promise = config.promises[PROMISE]
    with store.reading() as db:
        return follow_up(db, config, promise, period(promise, key), now)


def known(store: Store, config: Config) -> list[Record]:
    """Every record, newest versions."""
    with store.reading() as db:
        return records.known(db, [s.id for s in config.all_sources()], LATER)


def test_a_rerun_gives_the_same_figures_before_and_after(store: Store) -> None:
    """Every reading, pair, activity and figure of the sample year, for every period, on both databases."""
    config = config_of(store)
    collect(store, config, WHEN)
    before = matched(store, config, LATER)
    figures = {k: followed_up(store, config, k, LATER) for k in ("2021-T1", "2021-T2", "2021-T3")}
    made = purge(store, config, LATER)
    assert sum(made.texts.values()) > 20
    gone = [r for r in known(store, config) if r.purged_at]
    assert {(r.title, r.text) for r in gone} == {(PURGED_TITLE, "")}
    after = matched(store, config, LATER)
    assert after.readings == before.readings
    assert after.activities == before.activities
    assert sorted(map(str, after.pairs)) == sorted(map(str, before.pairs))
    assert after.questions == before.questions
    assert {k: followed_up(store, config, k, LATER) for k in figures} == figures
    with store.writing() as db:
        reconcile(db, config, config.promises[PROMISE], LATER)
        assert len(matches.derived(db, PROMISE)[0]) == len(before.readings)


def test_the_text_is_nowhere_and_does_not_come_back(sqlite_store: Store) -> None:
    """Not in records, payloads or what was kept; the same file fetched again changes nothing."""
    config = config_of(sqlite_store)
    collect(sqlite_store, config, WHEN)
    with sqlite_store.reading() as db:
        sure = [r for r in records.known(db, ["kommunens-rapporter"], LATER) if len(r.text) > 20]
    waiting = {side for q in matched(sqlite_store, config, LATER).questions for side in (q.left, q.right)}
    texts = [r.text for r in sure if r.id not in waiting]
    assert texts and all(t in stored_text(sqlite_store) for t in texts)
    purge(sqlite_store, config, LATER)
    assert not [t for t in texts if t in stored_text(sqlite_store)]
    assert not sum(f.new + f.changed for f in collect(sqlite_store, config, LATER))
    assert not [t for r, t in zip(sure, texts, strict=False) if t in stored_text(sqlite_store) and r.id not in waiting]


def test_hash_days_place_and_counted_fields_stay(sqlite_store: Store) -> None:
    """What a person's answer was bound to is still the same content."""
    config = config_of(sqlite_store)
    collect(sqlite_store, config, WHEN)
    before = {r.id: r for r in known(sqlite_store, config)}
    purge(sqlite_store, config, LATER)
    for record in known(sqlite_store, config):
        was = before[record.id]
        assert record.content_sha256 == was.content_sha256
        assert linkage.seen(record) == linkage.seen(was)
        assert (record.when, record.place, record.party, record.url) == (was.when, was.place, was.party, was.url)
        assert record.fields.get("count") == was.fields.get("count")


def test_a_changed_record_is_read_anew(sqlite_store: Store) -> None:
    """What its source says afterwards is a new version with a text of its own."""
    config = config_of(sqlite_store)
    collect(sqlite_store, config, WHEN)
    purge(sqlite_store, config, LATER)
    old = next(r for r in known(sqlite_store, config) if r.purged_at and r.fields.get("state") == "held")
    fields = {**old.fields, "state": "cancelled"}
    changed = replace(old, text="Ställdes in.", fields=fields, purged_at=None, purged_sha256="")
    with sqlite_store.writing() as db:
        payload = Payload(old.source, LATER, "file:x", "text/csv", b"x")
        assert records.save_parsed(db, payload, Parsed((changed,))) == (0, 1)
    found = [r for r in matched(sqlite_store, config, LATER).readings if r.record_id == old.id]
    assert {(r.record_version, r.state) for r in found} == {(old.version + 1, "cancelled")}


def test_a_second_purge_finds_nothing_and_changes_nothing(sqlite_store: Store) -> None:
    """Run daily, it takes each text once."""
    config = config_of(sqlite_store)
    collect(sqlite_store, config, WHEN)
    assert not purge(sqlite_store, config, LATER).nothing
    before = stored_text(sqlite_store)
    assert purge(sqlite_store, config, LATER).nothing
    assert stored_text(sqlite_store) == before


def test_one_source_at_a_time_gives_the_same_figures(sqlite_store: Store) -> None:
    """A walk reported by both parties stays one when only one party's text is gone, and when the other's goes too."""
    config = config_of(sqlite_store, 30, "polisens-rapporter")
    collect(sqlite_store, config, WHEN)
    before = matched(sqlite_store, config, LATER)
    for only in (("polisens-rapporter",), ("polisens-rapporter", "strangnas-nyheter"), ()):
        purge(sqlite_store, config_of(sqlite_store, 30, *only), LATER)
        assert matched(sqlite_store, config, LATER).activities == before.activities, only


def test_a_dry_run_says_what_would_go_and_takes_nothing(sqlite_store: Store) -> None:
    """The same numbers as the purge itself, and the same database afterwards."""
    config = config_of(sqlite_store)
    collect(sqlite_store, config, WHEN)
    before = stored_text(sqlite_store)
    said = purge(sqlite_store, config, LATER, dry_run=True)
    assert stored_text(sqlite_store) == before
    assert purge(sqlite_store, config, LATER) == said


def test_what_somebody_is_asked_about_waits(sqlite_store: Store) -> None:
    """A person can't answer about a text that is gone; it goes when the answer is there."""
    config = config_of(sqlite_store)
    collect(sqlite_store, config, WHEN)
    walk = next(
        r for r in known(sqlite_store, config) if (r.fields.get("commitment"), r.fields.get("state")) == ("c5", "held")
    )
    again = replace(walk, external_id="K-99", text="En runda till i höstmörkret.")
    with sqlite_store.writing() as db:
        records.save_parsed(db, Payload(walk.source, WHEN, "file:x", "text/csv", b"x"), Parsed((again,)))
    asked = {side for q in matched(sqlite_store, config, LATER).questions for side in (q.left, q.right)}
    there = {r.id for r in known(sqlite_store, config)}
    made = purge(sqlite_store, config, LATER)
    assert made.waiting == len(asked & there) > 0
    assert not [r.id for r in known(sqlite_store, config) if r.id in asked and r.purged_at]


def test_each_class_has_its_own_time(sqlite_store: Store) -> None:
    """Unreadable rows, sessions and alarms go when their days are over and not before; nothing else does."""
    config = replace(config_of(sqlite_store, None), retention=Retention(quarantine_days=10, alarm_days=20))
    payload = Payload("s", WHEN, "file:s", "text/csv", b"hemligt", "s.csv")
    session = sessions.Session("p", "P", "police", "", {}, "0" * 64, WHEN, WHEN, WHEN + timedelta(hours=8))
    with sqlite_store.writing() as db:
        records.save_payload(db, payload)
        records.save_parsed(db, payload, Parsed((), (Quarantined(1, "oläslig", "Anna Andersson"),)))
        sessions.begin(db, "0" * 64, session)
        alarms.keep(db, [Alarm("k", "hände", "gör", WHEN, 1)], WHEN)
        alarms.keep(db, [], WHEN)
    nothing = Purged({}, {}, 0, 0, 0, 0)
    assert purge(sqlite_store, config, WHEN + timedelta(days=7)) == nothing
    assert purge(sqlite_store, config, WHEN + timedelta(days=11)) == replace(nothing, quarantine=1, sessions=1)
    assert purge(sqlite_store, config, WHEN + timedelta(days=21)) == replace(nothing, alarms=1)
    assert "Anna Andersson" not in stored_text(sqlite_store)
    with sqlite_store.reading() as db:
        assert db.execute(select(payloads.c.body)).scalar() == b"hemligt"


@pytest.mark.parametrize("days", [0, -1])
def test_no_class_is_purged_at_once(days: int) -> None:
    """A time of no days is a slip of the pen."""
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Retention(quarantine_days=days)
