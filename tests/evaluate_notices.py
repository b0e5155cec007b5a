"""Place and time of real police notices, as parsed, held against what the notice says elsewhere.

Place: until 2026-01-20 10:40 the API's own location is the municipality; from then on the truth is the end of the
address (and one municipality must lie in one county throughout). A notice without a place belongs to its county.
Time: the address has year, day and clock. Where the name was corrected afterwards, and the address not, the name's
day and clock count, in the year that brings them nearest to the address.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import config
from config.schema import Source
from tasks.dates import MONTHS
from tasks.model import Payload, Record
from tasks.periods import STOCKHOLM
from tasks.sources import police_events

COUNTY_ONLY = datetime(2026, 1, 20, 9, 40, tzinfo=UTC)
# The digit after the hour tells one address from another that would be the same: "23-november-062.35-ran-sodertalje".
_ADDRESS = re.compile(r"/handelser/(\d{4})/([a-zåäö]+)/(\d{1,2})/\d\d?-[a-z]+-(\d\d)(?:(\d\d)|\d?\.(\d\d))-")
_NAME = re.compile(r"(\d\d?) ([a-zåäö]+) (\d\d)[:.](\d\d)")


def measure(folder: Path) -> dict[str, float]:
    """Print how place and time of the recorded notices are read and return the shares that are right."""
    source = config.load().source("polisen-handelser")
    places: Counter[str] = Counter()
    times: Counter[str] = Counter()
    counties: dict[str, set[str]] = {}
    wrong = []
    for raw, record in _notices(source, folder):
        place, time = _place(raw, record), _time(raw, record)
        places[place] += 1
        times[time] += 1
        if _is_new(record):
            counties.setdefault(record.place, set()).add(record.fields["location"])
        if "fel" in (place, time):
            wrong.append(f"{record.external_id} {raw['name']} | {raw['location']['name']} | {raw['url']}")
    torn = sorted(place for place, found in counties.items() if len(found) > 1)
    _print(places, times, wrong, torn)
    events = places.total()
    return {
        "place_accuracy": round(1 - places["fel"] / events, 6),
        "occurred_accuracy": round(1 - times["fel"] / events, 6),
        "parsed_events": events,
        "places_in_two_counties": len(torn),
    }


def _notices(source: Source, folder: Path) -> Iterator[tuple[Mapping[str, Any], Record]]:
    for path in sorted(folder.glob("events-2*.ndjson.gz")):
        body = path.read_bytes()
        payload = Payload(source.id, datetime.now(UTC), path.name, "", body, path.name)
        records = police_events.parse(source, payload).records
        lines = gzip.decompress(body).decode().splitlines()
        yield from ((json.loads(line), record) for line, record in zip(lines, records, strict=True))


def _is_new(record: Record) -> bool:
    return record.published_at is not None and record.published_at >= COUNTY_ONLY


def _place(raw: Mapping[str, Any], record: Record) -> str:
    """Return by what the place is known to be right, or "fel"."""
    location = str(raw["location"]["name"]).strip()
    if record.place == location:
        return "länet" if location.endswith(" län") else "location"
    slug = raw["url"].rstrip("/").rsplit("/", 1)[-1].rstrip("0123456789")
    if (_is_new(record) or location.endswith(" län")) and slug.endswith(f"-{_slug(record.place)}"):
        return "adressen"
    return "fel"


def _time(raw: Mapping[str, Any], record: Record) -> str:
    """Return by what the time is known to be right, or "fel"."""
    address, name = _ADDRESS.search(raw["url"].lower()), _NAME.match(raw["name"].lower())
    occurred = record.fields["occurred_at"]
    if not address or not name or not occurred:
        return "fel"
    said = datetime.fromisoformat(occurred)
    year, day, hour, minute = (int(address[n]) for n in (1, 3, 4, 5 if address[5] else 6))
    stated = datetime(year, MONTHS[address[2]], day, hour, minute, tzinfo=STOCKHOLM)
    if said.replace(tzinfo=None) == stated.replace(tzinfo=None):
        return "adressen"
    day_and_clock = (said.day, said.month, said.hour, said.minute)
    as_named = day_and_clock == (int(name[1]), MONTHS[name[2]], int(name[3]), int(name[4]))
    return "rättat namn" if as_named and abs(said - stated) < timedelta(days=183) else "fel"


def _slug(place: str) -> str:
    plain = unicodedata.normalize("NFKD", place.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _print(places: Counter[str], times: Counter[str], wrong: list[str], torn: list[str]) -> None:
    events = places.total()
    for what, found in (("plats", places), ("händelsetid", times)):
        right = ", ".join(f"{key} {number}" for key, number in found.most_common() if key != "fel")
        print(f"{what}: rätt {events - found['fel']} av {events} ({1 - found['fel'] / events:.5f}); enligt {right}")
    print(f"platser som ligger i två län: {', '.join(torn) or 'inga'}")
    for line in wrong[:20]:
        print(f"  fel: {line}")
