"""The police's open API over published notices: a rolling window of 500, national, context and never proof."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pydantic import Field

from config.schema import Decision, Source
from tasks.dates import EARLIEST, LATEST, MONTHS
from tasks.http import Http, payloads
from tasks.jsontext import document, is_lines, lines, raw
from tasks.model import Dated, Parsed, Payload, Quarantined, Record, Unreadable
from tasks.options import problems, read
from tasks.periods import STOCKHOLM
from tasks.plaintext import address, from_html, one_line

_FIELDS = frozenset({"id", "datetime", "name", "summary", "url", "type", "location"})
# 2026-04-29 8:05:11 +02:00: not ISO, the hour may be one digit.
_PUBLISHED = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d{1,2}):(\d\d):(\d\d) ([+-])(\d\d):(\d\d)", re.ASCII)
# "29 april 13.37, Trafikolycka, personskada, Nacka"; a colon up to 2023-11-09, no year, types with commas.
_NAME = re.compile(r"(\d{1,2}) ([a-zåäö]+) (\d{1,2})[.:](\d\d),(.*)", re.ASCII)
_URL_YEAR = re.compile(r"/handelser/(\d{4})/", re.ASCII)


class Options(Decision):
    """What a config may say about this source."""

    # Relative addresses of notices are joined to this.
    site: str = "https://polisen.se"
    # The API always answers with 500 (29,293 of 29,293 good answers, 2023-2026); all 24 short ones were thinned
    # and held 256 at most. 0 turns the check off.
    least: int = Field(400, ge=0)
    # The middle notice of a good answer is 2 to 4 days older than the newest; in a thinned one 50 days or more.
    middle_within_days: int = Field(14, ge=1)


def fetch(source: Source, http: Http, folder: Path, now: datetime) -> tuple[Payload, ...]:
    """Return the feed as served, or recorded answers from files."""
    return payloads(source, http, folder, now, {"Accept": "application/json"})


def check(source: Source) -> list[str]:
    """Return what is wrong with the source's options, in Swedish."""
    return problems(Options, source.options)


def parse(source: Source, payload: Payload) -> Parsed:
    """Return one record a notice; an answer that is visibly not the whole list is marked thinned."""
    options = read(Options, source.options, source.name)
    rows, is_list = _rows(source, payload)
    records, quarantined = [], []
    unknown: Counter[str] = Counter()
    for number, row in rows:
        try:
            records.append(_record(source, options, row))
            unknown.update(row.keys() - _FIELDS)
        except ValueError as error:
            quarantined.append(Quarantined(number, str(error), raw(row)))
    if quarantined and not records:
        first = quarantined[0].reason
        raise Unreadable(f"{source.name}: ingen av {len(quarantined)} notiser går att läsa ({first}). Kontrollera url.")
    thinned = _thinned(options, records) if is_list and records else ""
    return Parsed(tuple(records), tuple(quarantined), tuple(_remarks(source, unknown, records)), thinned)


def _remarks(source: Source, unknown: Counter[str], records: list[Record]) -> list[str]:
    remarks = [f"{source.name}: okänt fält {one_line(k, 60)!r} (notiser: {n})." for k, n in sorted(unknown.items())]
    undated = [r.external_id for r in records if r.when is None]
    if undated:
        remarks.append(
            f"{source.name}: namnet saknar läsbar händelsetid (notiser: {len(undated)}, först {undated[0]})."
        )
    return remarks


def _rows(source: Source, payload: Payload) -> tuple[Iterable[tuple[int, Any]], bool]:
    """Return numbered raw notices, and whether they came as the API's list (else one a line, in an archive file)."""
    if payload.name and is_lines(source.name, payload.body):
        return lines(source.name, payload.body), False
    data = document(source.name, payload.body)
    if not isinstance(data, list):
        raise Unreadable(f"{source.name}: JSON kom, men ingen lista. Hämta på nytt senare eller kontrollera url.")
    return enumerate(data, start=1), True


def _record(source: Source, options: Options, row: Any) -> Record:
    """Return one notice as a record; ValueError with a Swedish reason if it can't be one."""
    if not isinstance(row, dict):
        raise ValueError("raden är inget JSON-objekt")
    key = row.get("id")
    if isinstance(key, bool) or not isinstance(key, int) or not 0 < key < 10**15:
        raise ValueError("id saknas eller är inget heltal")
    published = _published(row.get("datetime"))
    title = one_line(row.get("name"))
    if not title:
        raise ValueError("name saknas")
    location: Any = row.get("location")
    if not isinstance(location, dict):
        location = {}
    area = one_line(location.get("name"))
    path = one_line(row.get("url"), 2000)
    occurred, place = _occurred(title, path, published)
    return Record(
        source=source.id,
        external_id=str(key),
        title=title,
        text=from_html(row.get("summary")),
        # One thinned answer of 2024-12-18 lost the last slash of 541 addresses: no new content.
        url=address(path.rstrip("/") + "/", options.site) if path else "",
        published_at=published,
        when=Dated.day(occurred.date()) if occurred else None,
        place=place or area,
        party=source.party,
        fields={
            "type": one_line(row.get("type")),
            "occurred_at": occurred.isoformat() if occurred else "",
            "location": area,
            "gps": _centre(location.get("gps")),
        },
    )


def _centre(value: Any) -> str:
    """Return the centre of the notice's area: one has been written both 58.345364 and 58.345364000000004."""
    text = one_line(value, 60)
    try:
        return ",".join(f"{float(part):.6f}" for part in text.split(","))
    except ValueError:
        return text


def _published(value: Any) -> datetime:
    match = _PUBLISHED.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError("datetime saknas eller har fel form")
    year, month, day, hour, minute, second = (int(g) for g in match.groups()[:6])
    offset = timedelta(hours=int(match[8]), minutes=int(match[9])) * (-1 if match[7] == "-" else 1)
    if not EARLIEST.year <= year <= LATEST.year:
        raise ValueError(f"datetime har det orimliga året {match[1]}")
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset)).astimezone(UTC)
    except ValueError:
        raise ValueError("datetime är ingen tid som finns") from None


def _occurred(name: str, path: str, published: datetime) -> tuple[datetime | None, str]:
    """Return when a notice says it happened (local time) and where; None when the name has no readable day."""
    match = _NAME.fullmatch(name.lower())
    place = name.rsplit(",", 1)[-1].strip() if name.count(",") >= 2 else ""
    if not match:
        return None, place
    year = _URL_YEAR.search(path)
    # The name has no year; the address has, but it isn't rewritten when the day is corrected over New Year.
    years = [int(year[1])] if year else []
    for candidate in [*years, published.year, published.year - 1, published.year + 1]:
        try:
            day = date(candidate, MONTHS.get(match[2], 0), int(match[1]))
            moment = datetime(day.year, day.month, day.day, int(match[3]), int(match[4]), tzinfo=STOCKHOLM)
        except ValueError:
            continue
        if abs(moment - published) <= timedelta(days=183):
            return moment, place
    return None, place


def _thinned(options: Options, records: list[Record]) -> str:
    """Return why the list can't be the whole one, or "": absence from such a list means nothing at all."""
    if len(records) < options.least:
        return f"Listan har bara {len(records)} notiser, normalt 500."
    if not options.least:
        return ""
    times = sorted((r.published_at for r in records if r.published_at), reverse=True)
    reach = times[0] - times[len(times) // 2]
    if reach > timedelta(days=options.middle_within_days):
        return f"Hälften av notiserna är mer än {reach.days} dagar äldre än den nyaste; de flesta nya saknas."
    return ""
