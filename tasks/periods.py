"""Reporting periods: which local days they cover, what they are called, when their follow-up is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from config.schema import Promise
from tasks.model import Period, Refused

STOCKHOLM = ZoneInfo("Europe/Stockholm")
# Public posts go out when somebody is at work to answer for them.
PUBLISHING_HOURS = (time(8), time(16))
_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)


def periods(promise: Promise) -> tuple[Period, ...]:
    """Return the promise's reporting periods in order, clipped to its signing and its end."""
    if promise.periods == "tertial":
        return tuple(_tertials(promise))
    return tuple(_from_signing(promise))


def period(promise: Promise, key: str) -> Period:
    """Return the period with that id; Refused names the promise's periods if there is none."""
    known = periods(promise)
    for candidate in known:
        if candidate.id == key:
            return candidate
    names = ", ".join(p.id for p in known)
    raise Refused(f"Perioden {key!r} finns inte i {promise.slug}. Välj en av: {names}.")


def next_due(promise: Promise, current: Period) -> date | None:
    """Return the day on which the follow-up after `current` is due; None after the last period."""
    later = [p for p in periods(promise) if p.start > current.end]
    return later[0].due if later else None


def closed(promise: Promise, today: date) -> tuple[Period, ...]:
    """Return the periods that lie wholly before `today`."""
    return tuple(p for p in periods(promise) if p.end < today)


def local_date(moment: datetime) -> date:
    """Return the calendar day of an aware moment in Sweden."""
    return moment.astimezone(STOCKHOLM).date()


def at_local(day: date, hour: int) -> datetime:
    """Return the UTC moment of a full hour of a Swedish day; ask for hours that every day has (not 02)."""
    return datetime.combine(day, time(hour), STOCKHOLM).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the last second of a Swedish day, in UTC."""
    return datetime.combine(day, time(23, 59, 59), STOCKHOLM).astimezone(UTC)


def is_working_day(day: date) -> bool:
    """Return whether a Swedish office is open: Monday to Friday and no public holiday."""
    return day.weekday() < 5 and day not in _public_holidays(day.year)


def next_working_day(day: date) -> date:
    """Return `day`, or the first working day after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def in_publishing_hours(moment: datetime) -> bool:
    """Return whether posts may go out: working days 08–16 in Sweden."""
    local = moment.astimezone(STOCKHOLM)
    start, end = PUBLISHING_HOURS
    return is_working_day(local.date()) and start <= local.time() < end


def swedish_date(day: date) -> str:
    """Return a day as people write it: 11 mars 2021."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment(when: datetime) -> str:
    """Return a moment in Swedish local time: 17 maj 2021 kl. 09.05; only the day where a source gave no time."""
    local = when.astimezone(STOCKHOLM)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return swedish_date(local.date())
    return f"{swedish_date(local.date())} kl. {local:%H.%M}"


def days_left(due: date, today: date) -> str:
    """Return how long there is to a due date, in words."""
    left = (due - today).days
    if left == 0:
        return "ska vara klart i dag"
    if left == 1:
        return "1 dag kvar"
    if left > 1:
        return f"{left} dagar kvar"
    if left >= -60:
        return f"{-left} {'dag' if left == -1 else 'dagar'} försenat"
    return "försenat"


def month_name(month: int) -> str:
    """Return a month's Swedish name, 1 for januari."""
    return _MONTHS[month - 1]


def span_name(start: date, end: date) -> str:
    """Return a stretch of days as people write it, without repeating what is the same."""
    if start == end:
        return swedish_date(start)
    if start.year != end.year:
        return f"{swedish_date(start)}–{swedish_date(end)}"
    if start.month != end.month:
        return f"{start.day} {_MONTHS[start.month - 1]}–{swedish_date(end)}"
    return f"{start.day}–{swedish_date(end)}"


@lru_cache(maxsize=64)
def _public_holidays(year: int) -> frozenset[date]:
    # de_facto: the eves on which no office is open (midsommarafton, julafton, nyårsafton). The library counts every
    # Sunday as a Swedish holiday unless told otherwise; weekends are ours to judge.
    return frozenset(
        holidays.country_holidays("SE", years=year, categories=("public", "de_facto"), include_sundays=False)
    )


def _tertials(promise: Promise) -> list[Period]:
    found = []
    for year in range(promise.signed.year, promise.ends.year + 1):
        for number in (1, 2, 3):
            start = date(year, 4 * number - 3, 1)
            end = _day_before_month(year, 4 * number + 1)
            clipped = _clip(promise, start, end)
            if clipped:
                found.append(_period(promise, f"{year}-T{number}", *clipped))
    return found


def _from_signing(promise: Promise) -> list[Period]:
    found = []
    number, start = 1, promise.signed
    while start <= promise.ends:
        following = _add_months(promise.signed, 4 * number)
        clipped = _clip(promise, start, following - timedelta(days=1))
        if clipped:
            found.append(_period(promise, f"{promise.signed.year}-P{number}", *clipped))
        number, start = number + 1, following
    return found


def _clip(promise: Promise, start: date, end: date) -> tuple[date, date] | None:
    first, last = max(start, promise.signed), min(end, promise.ends)
    return (first, last) if first <= last else None


def _period(promise: Promise, key: str, start: date, end: date) -> Period:
    due = next_working_day(end + timedelta(days=promise.due_days))
    return Period(id=key, name=span_name(start, end), start=start, end=end, due=due)


def _day_before_month(year: int, month: int) -> date:
    return _add_months(date(year, 1, 1), month - 1) - timedelta(days=1)


def _add_months(day: date, months: int) -> date:
    """Return the same day of a later month; the last day where the month is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = (first_of_next - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
