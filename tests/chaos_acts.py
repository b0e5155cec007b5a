"""What people do in a chaos run, each as a process of its own that may die."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from config import Config
from config.schema import Person
from tasks import decide
from tasks.model import Draft
from tasks.periods import STOCKHOLM, at_local, in_publishing_hours, next_working_day
from tasks.store import Store
from tests.year import KOMMUN


def correct(config: Config, draft_id: int, now: datetime, store: Store) -> None:
    """Begin a correction."""
    decide.correct(store, config, draft_id, person=KOMMUN, at=now)


def approve(config: Config, draft: Draft, now: datetime, person: Person, store: Store) -> None:
    """Approve what was seen for the person's party."""
    decide.approve(store, config, draft.id, seen_sha256=draft.sha256, person=person, at=now, accept_gaps=True)


def retract(config: Config, draft: Draft, now: datetime, store: Store) -> None:
    """Take an edition back."""
    decide.retract(store, config, draft.id, reason="withdrawn", person=KOMMUN, at=now)


def settle(config: Config, key: int, url: str | None, now: datetime, store: Store) -> None:
    """Say what is so."""
    decide.settle(store, config, key, url=url, person=KOMMUN, at=now)


def working(moment: datetime) -> datetime:
    """Return the moment, or eight o'clock on the next working day."""
    if in_publishing_hours(moment):
        return moment
    day = moment.astimezone(STOCKHOLM).date()
    early = at_local(day, 8) > moment
    return at_local(next_working_day(day if early else day + timedelta(days=1)), 8)


def patient(config: Config) -> Config:
    """Return the config with time to wait for every answer, for when nothing is meant to fail."""
    place = config.municipalities["strangnas"]
    waiting = tuple(c.model_copy(update={"timeout_seconds": 20.0}) for c in place.channels)
    changed = {
        **config.municipalities,
        "strangnas": place.model_copy(update={"channels": waiting}),
    }
    return replace(config, municipalities=changed)
