"""A linkage task with known truth: real police events told again by a second source, worse."""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import config
from config.schema import Municipality, Place
from tasks import linkage
from tasks.evidence import calendar_sv, places
from tasks.model import Dated, Reading, Record

EVENTS = Path(__file__).parents[1].parent / "shared" / "data" / "police-events"
_NAME = re.compile(r"(\d{1,2}) (\w+) (\d{1,2})[.:](\d{2}), (.+), ([^,]*)$")
_YEAR = re.compile(r"/handelser/(\d{4})/")
# What the second source does to a record, and how often.
DROPPED_WORDS, SHUFFLED, VAGUE, ALIAS, ONLY_ONE = 0.25, 0.5, 0.3, 0.2, 0.25


@dataclass(frozen=True)
class Event:
    """A police event as an occasion: what, when, where."""

    id: str
    kind: str
    day: date
    place: str
    text: str


@dataclass(frozen=True)
class Task:
    """Records and readings of two sources, and the pairs that tell of the same event."""

    records: list[Record]
    readings: list[Reading]
    truth: set[tuple[str, str]]


def measure(size: int = 4000, seed: int = 20211231) -> dict[str, float]:
    """Print and return pair precision, recall and F1 of what is joined without asking."""
    task = build(size, seed)
    found = linkage.score(task.records, task.readings)
    joined = {(p.left, p.right) for p in found if p.band == "sure"}
    asked = {(p.left, p.right) for p in found if p.band == "unsure"}
    right = len(joined & task.truth)
    precision = right / len(joined) if joined else 0.0
    recall = right / len(task.truth)
    print(f"{len(task.records)} poster från två källor, {len(task.truth)} sanna par")
    print(f"  hopförda {len(joined)}, rätt {right}; frågor {len(asked)}, varav sanna {len(asked & task.truth)}")
    print(f"  varken hopförda eller frågade: {len(task.truth - joined - asked)}")
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"pairs": len(task.truth), "precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def build(size: int, seed: int) -> Task:
    """Return the task: each event told as it was, and most of them told again by the second source."""
    chance = random.Random(seed)
    events = chance.sample(list(_events()), size)
    municipality = _gazetteer(sorted({e.place for e in events}))
    task = Task([], [], set())
    for event in events:
        first, second = chance.random() >= ONLY_ONE / 2, chance.random() >= ONLY_ONE / 2
        if first:
            _add(task, "a", event, f"{event.kind}. {event.text}", Dated.day(event.day), event.place, municipality)
        if second:
            told = retold(event.text, chance)
            said = f"{event.place}bygden" if chance.random() < ALIAS else event.place
            _add(task, "b", event, f"{event.kind}. {told}", _vaguer(event.day, chance), said, municipality)
        if first and second:
            task.truth.add((f"a/{event.id}", f"b/{event.id}"))
    return task


def _add(task: Task, source: str, event: Event, text: str, when: Dated, place: str, municipality: Municipality) -> None:
    record = Record(
        source, event.id, text[:60], text, published_at=datetime.combine(event.day, datetime.min.time(), UTC)
    )
    known = places.find(place, municipality).districts
    task.records.append(record)
    task.readings.append(Reading(record.id, 0, "c5", "held", "sure", 0.9, (when,), known or (place,), 1))


def retold(text: str, chance: random.Random) -> str:
    """Return the text as another would tell it: words dropped, and often in another order."""
    words = [w for w in text.split() if chance.random() >= DROPPED_WORDS] or text.split()
    if chance.random() < SHUFFLED:
        chance.shuffle(words)
    return " ".join(words)


def _vaguer(day: date, chance: random.Random) -> Dated:
    if chance.random() >= VAGUE:
        return Dated.day(day)
    if chance.random() < 0.5:
        monday = day - timedelta(days=day.weekday())
        return Dated(monday, monday + timedelta(days=6), "week")
    found = calendar_sv.month_of(day.month, calendar_sv.Known(None, day.year, "near"))
    assert found is not None
    return found


def _gazetteer(names: Sequence[str]) -> Municipality:
    """Return an invented municipality with every place of the events, each with an alias."""
    real = config.load().municipalities["strangnas"]
    known = tuple(Place(name=n, aliases=(f"{n}bygden",)) for n in names)
    return real.model_copy(update={"short": "Ingenstans", "places": known})


def _events() -> Iterator[Event]:
    if not EVENTS.is_dir():
        sys.exit("the shared police events are not here")
    for path in sorted(EVENTS.glob("events-20*.ndjson.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                event = _event(json.loads(line))
                if event:
                    yield event


def _event(raw: dict[str, Any]) -> Event | None:
    """Return an event with a day and a place; none for summaries of a night and for desk notices."""
    name, url = _NAME.match(raw["name"]), _YEAR.search(raw["url"])
    if not name or not url or raw["type"].startswith(("Sammanfattning", "Övrigt")) or not name[6]:
        return None
    try:
        day = date(int(url[1]), calendar_sv.month_number(name[2]), int(name[1]))
    except (KeyError, ValueError):
        return None
    return Event(str(raw["id"]), raw["type"], day, name[6], raw["summary"])
