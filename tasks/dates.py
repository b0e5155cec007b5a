"""Dates as Swedish people and systems write them in a field of their own: read exactly or not at all."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from tasks.model import Dated, Precision
from tasks.periods import STOCKHOLM

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("januari", "jan"),
            ("februari", "feb", "febr"),
            ("mars", "mar"),
            ("april", "apr"),
            ("maj",),
            ("juni", "jun"),
            ("juli", "jul"),
            ("augusti", "aug"),
            ("september", "sep", "sept"),
            ("oktober", "okt"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
# A typing slip (21-10-14, 0021, 20211) must not become a day; no promise is older than this.
EARLIEST, LATEST = date(1990, 1, 1), date(2099, 12, 31)
# Day numbers in a spreadsheet: what Excel counts from (its 1900 was given a 29 February).
_EXCEL_DAY_ZERO = date(1899, 12, 30)

_WEEKDAY = r"(?:(?:mån|tis|ons|tors|fre|lör|sön)(?:dag)?(?:en)?\.?,? )?(?:den )?"
_TIME = r"(?:[ t,]+(?:kl\.? ?|klockan )?\d{1,2}[:.]\d{2}.*)?"
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})" + _TIME)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SLASH = re.compile(_WEEKDAY + r"(\d{1,2}) ?[/.] ?(\d{1,2})(?: ?[-/.] ?| )(\d{4})" + _TIME)
_NAMED = re.compile(_WEEKDAY + r"(\d{1,2})(?::e)?\.? ([a-zåäö]+)\.?,? (\d{4})" + _TIME)
_DAYS_NAMED = re.compile(r"(?:den )?(\d{1,2}) ?(?:-|och|till) ?(\d{1,2}) ([a-zåäö]+)\.? (\d{4})")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_MONTH_NAMED = re.compile(r"([a-zåäö]+)\.? (\d{4})")
_WEEK = re.compile(r"(?:v\.? ?|vecka )(\d{1,2})(?:,? ?-? ?)(\d{4})|(\d{4})-?[wv](\d{1,2})")
_TERTIAL = re.compile(r"(\d{4})[- ]t([123])|tertial ([123]),? (\d{4})")
_YEAR = re.compile(r"\d{4}")
_SHORT_YEAR = re.compile(r"(\d\d)-?(\d\d)-?(\d\d)", re.ASCII)
_RANGE = re.compile(r"(.+?)(?: - |/| till | -- )(.+)")
_DASHES = re.compile("[\u2010-\u2015\u2212]")


def dated(text: str) -> Dated | None:
    """Return the days a field names, with how exactly it names them; None if it isn't a date with a year."""
    plain = " ".join(_DASHES.sub("-", text).lower().replace(" ", " ").split())
    for read in (_day, _days, _month, _week, _tertial, _year, _range):
        found = read(plain)
        if found:
            return found if found.start >= EARLIEST and found.end <= LATEST and found.start <= found.end else None
    return None


def day(text: str) -> date | None:
    """Return the one day a field names, else None."""
    found = dated(text)
    return found.start if found and found.precision == "day" and found.start == found.end else None


def day_within(text: str, first: date, last: date) -> date | None:
    """Return the one day a field names, else the only day between two (inclusive) that it may mean without its year.

    Within a promise of one year nobody writes the year: 14/10, 14 oktober, 211014.
    """
    if found := day(text):
        return found
    short = _SHORT_YEAR.fullmatch(_DASHES.sub("-", text.strip()))
    years = range(first.year, last.year + 1)
    said = [day("20" + "-".join(short.groups()))] if short else [day(f"{text} {year}") for year in years]
    meant = [d for d in said if d and first <= d <= last]
    return meant[0] if len(meant) == 1 else None


def excel_day(number: float) -> date | None:
    """Return the day behind a spreadsheet's day number, else None."""
    low, high = (EARLIEST - _EXCEL_DAY_ZERO).days, (LATEST - _EXCEL_DAY_ZERO).days
    return _EXCEL_DAY_ZERO + timedelta(days=int(number)) if low <= number <= high else None


def moment(text: str) -> datetime | None:
    """Return an ISO date and time in UTC; without offset it is Swedish time, a bare day is its midnight there."""
    if found := day(text.strip()) if len(text) <= 10 else None:
        return datetime.combine(found, time(), STOCKHOLM).astimezone(UTC)
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if not EARLIEST.year <= read.year <= LATEST.year or len(text) <= 10:
        return None  # "2021-W41" is ISO too, but no moment
    return (read if read.tzinfo else read.replace(tzinfo=STOCKHOLM)).astimezone(UTC)


def span(start: date, end: date) -> Dated:
    """Return the stretch from `start` to `end`, both inclusive: a day when they are the same, else a period."""
    return Dated(start, end, "day" if start == end else "period")


def _date(year: str, month: int, number: str) -> date | None:
    try:
        return date(int(year), month, int(number))
    except ValueError:
        return None  # 31 februari: no such day, and none is invented


def _one(found: date | None) -> Dated | None:
    return Dated.day(found) if found else None


def _day(text: str) -> Dated | None:
    if match := _ISO.fullmatch(text) or _PACKED.fullmatch(text):
        return _one(_date(match[1], int(match[2]), match[3]))
    if match := _SLASH.fullmatch(text):
        return _one(_date(match[3], int(match[2]), match[1]))
    if match := _NAMED.fullmatch(text):
        return _one(_date(match[3], MONTHS.get(match[2], 0), match[1]))
    return None


def _days(text: str) -> Dated | None:
    if not (match := _DAYS_NAMED.fullmatch(text)):
        return None
    month = MONTHS.get(match[3], 0)
    start, end = _date(match[4], month, match[1]), _date(match[4], month, match[2])
    return Dated(start, end, "period") if start and end else None


def _month(text: str) -> Dated | None:
    if match := _MONTH.fullmatch(text):
        return _months(match[1], int(match[2]), 1, "month")
    if match := _MONTH_NAMED.fullmatch(text):
        return _months(match[2], MONTHS.get(match[1], 0), 1, "month")
    return None


def _week(text: str) -> Dated | None:
    if not (match := _WEEK.fullmatch(text)):
        return None
    number, year = (match[1], match[2]) if match[1] else (match[4], match[3])
    try:
        monday = date.fromisocalendar(int(year), int(number), 1)
    except ValueError:
        return None
    return Dated(monday, monday + timedelta(days=6), "week")


def _tertial(text: str) -> Dated | None:
    if not (match := _TERTIAL.fullmatch(text)):
        return None
    number, year = (match[2], match[1]) if match[1] else (match[3], match[4])
    return _months(year, 4 * int(number) - 3, 4, "period")


def _year(text: str) -> Dated | None:
    return _months(text, 1, 12, "year") if _YEAR.fullmatch(text) else None


def _range(text: str) -> Dated | None:
    if not (match := _RANGE.fullmatch(text)):
        return None
    start, end = _day(match[1]) or _month(match[1]), _day(match[2]) or _month(match[2])
    return span(start.start, end.end) if start and end else None


def _months(year: str, first: int, count: int, precision: Precision) -> Dated | None:
    start = _date(year, first, "1")
    if start is None or start.year > LATEST.year:
        return None
    after = date(start.year + (first + count - 1) // 12, (first + count - 1) % 12 + 1, 1)
    return Dated(start, after - timedelta(days=1), precision)
