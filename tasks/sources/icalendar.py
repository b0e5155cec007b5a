"""Calendars as iCalendar files; a series is unfolded a year each way, and a cancellation keeps its event's id."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import recurring_ical_events
from icalendar import Calendar
from icalendar.error import BrokenCalendarProperty
from pydantic import Field

from config.schema import Decision, Source
from tasks.claims import Remarks, called_off
from tasks.dates import EARLIEST, LATEST, span
from tasks.http import Http, payloads
from tasks.model import Dated, Parsed, Payload, Quarantined, Record, Unreadable, digest
from tasks.options import problems, read
from tasks.periods import STOCKHOLM
from tasks.plaintext import address, decode, from_html, one_line, tidy

# A rule outside this list can make the unfolding run for minutes without giving a single day.
_RULE_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST"})
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_MAX_OCCURRENCES = 2000
_LONGEST_EVENT = timedelta(days=3660)


class Options(Decision):
    """What a config may say about this source."""

    # How far a repeated event is unfolded, seen from the day of fetching.
    days_back: int = Field(366, ge=0, le=1500)
    days_ahead: int = Field(366, ge=0, le=1500)


class _Odd(ValueError):
    """An event that can't be read, with the reason in Swedish."""


def fetch(source: Source, http: Http, folder: Path, now: datetime) -> tuple[Payload, ...]:
    """Return the calendar as served, or calendars from files."""
    return payloads(source, http, folder, now, {"Accept": "text/calendar"})


def check(source: Source) -> list[str]:
    """Return what is wrong with the source's options, in Swedish."""
    return problems(Options, source.options)


def parse(source: Source, payload: Payload) -> Parsed:
    """Return one record an event or occurrence; an event that can't be read is put aside with its number."""
    options = read(Options, source.options, source.name)
    start = payload.fetched_at.astimezone(STOCKHOLM).date() - timedelta(days=options.days_back)
    stop = start + timedelta(days=options.days_back + options.days_ahead + 1)
    remarks = Remarks()
    records: dict[str, Record] = {}
    quarantined = []
    for number, series in _series(_events(source, payload)):
        try:
            for key, event in _occurrences(series, start, stop):
                records[key] = _record(source, key, event, remarks)
        except _Odd as error:
            quarantined.append(Quarantined(number, str(error), tidy(_raw(series), 2000)))
    return Parsed(tuple(records.values()), tuple(quarantined), remarks.sentences(source.name))


def _events(source: Source, payload: Payload) -> list[Any]:
    text = decode(payload.body).lstrip("\ufeff \r\n\t")
    if not text[:15].upper().startswith("BEGIN:VCALENDAR"):
        what = "en webbsida" if text.startswith("<") else "något annat"
        raise Unreadable(f"{source.name}: {what} kom i stället för en iCalendar-fil. Kontrollera url.")
    if not text.rstrip().upper().endswith("END:VCALENDAR"):
        raise Unreadable(f"{source.name}: kalendern är avbruten. Hämta på nytt senare.")
    try:
        found = [e for c in Calendar.from_ical(text, multiple=True) for e in c.walk("VEVENT")]
    except Exception as error:  # hostile text makes the library raise nearly anything
        raise Unreadable(f"{source.name}: kalendern är trasig. Kontrollera url.") from error
    return found


def _series(events: Iterable[Any]) -> list[tuple[int, list[Any]]]:
    """Return events that share a UID together (a series and its changed occurrences), numbered by their first."""
    groups: dict[str, list[Any]] = {}
    numbers: dict[str, int] = {}
    alike: defaultdict[str, int] = defaultdict(int)
    for number, event in enumerate(events, start=1):
        key = one_line(event.get("UID"))
        if not key:
            # Without a UID the title and the day are all there is; INSTÄLLT before the title must not matter.
            title, _ = called_off(one_line(event.get("SUMMARY")))
            same = f"{title}|{_raw_start(event)}"
            alike[same] += 1
            key = f"utan-uid-{digest(f'{same}|{alike[same]}')[:16]}"
            event["UID"] = key
        groups.setdefault(key, []).append(event)
        numbers.setdefault(key, number)
    return [(numbers[key], group) for key, group in groups.items()]


def _occurrences(series: list[Any], start: date, stop: date) -> list[tuple[str, Any]]:
    """Return (id, event): a single event always, a repeated one for each time in the window."""
    uid = one_line(series[0].get("UID"))
    for event in series:
        _span(event)
    if not any(e.get("RRULE") or e.get("RDATE") or e.get("RECURRENCE-ID") for e in series):
        newest = max(series, key=_sequence)
        return [(uid, newest)]
    for event in series:
        _check_rule(event)
    whole = Calendar()
    for event in series:
        whole.add_component(event)
    try:
        found = recurring_ical_events.of(whole).between(start, stop)
    except Exception as error:  # rules that contradict each other make the libraries raise nearly anything
        raise _Odd("upprepningen går inte att räkna ut; kontrollera RRULE") from error
    if len(found) > _MAX_OCCURRENCES:
        raise _Odd(f"händelsen upprepas mer än {_MAX_OCCURRENCES} gånger på två år")
    return [(f"{uid}/{_occurrence_key(event)}", event) for event in found]


def _check_rule(event: Any) -> None:
    rules = event.get("RRULE") or []
    for rule in rules if isinstance(rules, list) else [rules]:
        try:
            parts = {str(k).upper(): [str(v).upper() for v in vs] for k, vs in rule.items()}
            interval = int((parts.get("INTERVAL") or ["1"])[0])
            days = [abs(int(d)) for d in parts.get("BYMONTHDAY", [])]
            months = [int(m) for m in parts.get("BYMONTH", [])] or [1]
            positions = [abs(int(p)) for p in parts.get("BYSETPOS", [])]
        except (AttributeError, ValueError, TypeError) as error:
            raise _Odd("upprepningen går inte att läsa; kontrollera RRULE") from error
        longest = max((calendar.monthrange(2024, m)[1] for m in months if 1 <= m <= 12), default=0)
        frequency = (parts.get("FREQ") or [""])[0]
        never = (days and min(days) > longest) or (
            positions and (frequency in ("DAILY", "WEEKLY") or min(positions) > 31)
        )
        if frequency not in _FREQUENCIES or parts.keys() - _RULE_PARTS or not 1 <= interval <= 1000 or never:
            raise _Odd("ovanlig upprepning; varje dag, vecka, månad eller år kan läsas")


def _record(source: Source, key: str, event: Any, remarks: Remarks) -> Record:
    title, prefixed = called_off(one_line(event.get("SUMMARY")))
    when, starts_at = _span(event)
    link = address(event.get("URL"))
    if event.get("URL") and not link:
        remarks.add("en länk är ingen webbadress och togs inte med.")
    fields: dict[str, Any] = {"starts_at": starts_at} if starts_at else {}
    if prefixed or one_line(event.get("STATUS")).upper() == "CANCELLED":
        fields["state"] = "cancelled"
    return Record(
        source=source.id,
        external_id=key,
        title=title or "Händelse utan rubrik",
        text=from_html(event.get("DESCRIPTION")),
        url=link,
        # Not DTSTAMP: many systems set it to the moment of export, and every fetch would look like a change.
        published_at=_moment(event, "CREATED") or _moment(event, "LAST-MODIFIED"),
        when=when,
        place=one_line(event.get("LOCATION")),
        party=source.party,
        fields=fields,
    )


def _span(event: Any) -> tuple[Dated, str]:
    """Return the local days of an event, and its clock time as ISO text ("" when it lasts whole days)."""
    start, end = _value(event, "DTSTART"), _value(event, "DTEND")
    if start is None:
        raise _Odd("DTSTART saknas eller är inget datum som finns")
    length = _value(event, "DURATION")
    timed = isinstance(start, datetime)
    try:
        if end is None and isinstance(length, timedelta):
            end = start + length
        first = _local(start)
        last = _local(end) if isinstance(end, date) else first
        # The end is the first moment after: midnight belongs to the day before.
        ends_at_midnight = isinstance(end, datetime) and _at(end).hour == _at(end).minute == 0
        if last > first and (not isinstance(end, datetime) or ends_at_midnight):
            last -= timedelta(days=1)
    except (OverflowError, ValueError, TypeError) as error:
        raise _Odd("händelsen har en tid som inte finns") from error
    if not EARLIEST <= first <= last <= LATEST or last - first > _LONGEST_EVENT:
        raise _Odd("händelsen har ett orimligt år eller slutar innan den börjar")
    return span(first, last), _at(start).isoformat(timespec="minutes") if timed else ""


def _value(event: Any, name: str) -> Any:
    """Return the Python value of a property, None when it is missing or broken."""
    try:
        return getattr(event.get(name), "dt", None)
    except BrokenCalendarProperty:
        return None


def _at(moment: datetime) -> datetime:
    """Return a moment in Swedish time; one without zone is Swedish already."""
    return moment.astimezone(STOCKHOLM) if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)


def _local(value: date) -> date:
    return _at(value).date() if isinstance(value, datetime) else value


def _moment(event: Any, name: str) -> datetime | None:
    value = _value(event, name)
    if not isinstance(value, datetime):
        return None
    try:
        found = _at(value).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return found if EARLIEST <= found.date() <= LATEST else None


def _occurrence_key(event: Any) -> str:
    """Return which time of a series this is by its original start, which stays when that one time is moved."""
    original = _value(event, "RECURRENCE-ID") or _value(event, "DTSTART")
    return _at(original).strftime("%Y%m%dT%H%M") if isinstance(original, datetime) else f"{original:%Y%m%d}"


def _sequence(event: Any) -> int:
    text = one_line(event.get("SEQUENCE"))
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _raw_start(event: Any) -> str:
    start = _value(event, "DTSTART")
    return start.isoformat() if isinstance(start, date) else one_line(event.get("DTSTART"))


def _raw(series: list[Any]) -> str:
    try:
        return "\n".join(str(e.to_ical().decode("utf-8", "replace")) for e in series[:3])
    except Exception:  # a broken property may refuse to be written back
        return one_line([e.get("SUMMARY") for e in series[:3]])
