"""What the benches work on: the real police events as records, multiplied with changed days and places."""

from __future__ import annotations

import gzip
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import config
from config.schema import Municipality, Place, Promise
from tasks.evidence.calendar_sv import MONTHS
from tasks.model import Dated, Payload, Record
from tasks.sources import police_events

EVENTS = Path(__file__).parents[1].parent / "shared" / "data" / "police-events"
MUNICIPALITIES = 290
_NIGHT = re.compile(r"^\d{1,2} \w+")
_SYLLABLES = ("Al", "Berg", "Dal", "Ek", "Fors", "Gran", "Holm", "Kvarn", "Lind", "Mo", "Näs", "Orm", "Sand", "Vik")
_ENDS = ("by", "hult", "stad", "torp", "vik", "ås", "näs", "lunda")


def events(most: int = 0) -> list[Record]:
    """Return the recorded police events as the product reads them, or so many of them."""
    if not EVENTS.is_dir():
        sys.exit("the shared police events are not here")
    lines: list[bytes] = []
    for path in sorted(EVENTS.glob("events-20*.ndjson.gz")):
        lines.extend(gzip.decompress(path.read_bytes()).splitlines())
    # Oldest first would give a small size other texts than a large one.
    random.Random(20211231).shuffle(lines)
    body = b"\n".join(lines[: most or None])
    source = next(s for s in config.load().sources if s.kind == "police_events")
    payload = Payload(source.id, datetime.now(UTC), "events", "application/x-ndjson", body, "events.ndjson")
    return list(police_events.parse(source, payload).records)


def free(record: Record) -> Record:
    """Return the record as a text of no known kind, so that nothing lets it be passed over as context."""
    return replace(record, source="texter", fields={}, when=None)


def promise() -> tuple[Promise, Municipality]:
    """Return the seven commitments and their municipality."""
    known = config.load()
    chosen = known.promises["strangnas-2021"]
    return chosen, known.municipality_of(chosen)


def towns(number: int = MUNICIPALITIES) -> list[Municipality]:
    """Return invented municipalities, each with ten districts of its own."""
    _, pattern = promise()
    names = [a + b.lower() + c for c in _ENDS for b in _SYLLABLES for a in _SYLLABLES if a != b]
    own = 10
    return [
        pattern.model_copy(
            update={
                "slug": f"kommun-{i}",
                "short": f"{names[i]}en",
                "code": f"{1000 + i}",
                "places": tuple(
                    Place(name=names[(i * own + k + number) % len(names)] + "ö"[: k % 2]) for k in range(own)
                ),
            }
        )
        for i in range(number)
    ]


def multiplied(
    base: Sequence[Record], size: int, town: Municipality, number: int, towns_in_all: int
) -> Iterator[Record]:
    """Yield a town's share of `size` records: every record is told on another day and at one of the town's places."""
    for copy in range(number, size, towns_in_all):
        record = base[copy % len(base)]
        place = town.places[copy // towns_in_all % len(town.places)].name
        yield moved(record, copy, timedelta(days=copy // len(base) * 11 + number % 7), place)


def moved(record: Record, number: int, later: timedelta, place: str) -> Record:
    """Return the record as number `number`, some days later and elsewhere, in name, text and every date."""
    day = record.when.start + later if record.when else None
    title, text = record.title, record.text
    if day:
        title = _NIGHT.sub(f"{day.day} {MONTHS[day.month - 1]}", title)
    if record.place:
        title, text = title.replace(record.place, place), text.replace(record.place, place)
    return replace(
        record,
        source="texter",
        external_id=str(number),
        title=title,
        text=text,
        published_at=record.published_at + later if record.published_at else None,
        when=Dated.day(day) if day else None,
        place=place,
        fields={},
    )
