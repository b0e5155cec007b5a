"""Parts of a Swedish date → days: what "den 12 och 14 maj", "v. 40" or "i tisdags" means, given what is known."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from tasks.model import Dated, Precision

Lean = Literal["past", "future", "near"]
Parts = dict[str, str]
_NAMES = "januari februari mars april maj juni juli augusti september oktober november december"
MONTHS = tuple(_NAMES.split())
_SHORT = {m[:3]: i for i, m in enumerate(MONTHS, 1)}
DAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
_SPELLED = (
    "första andra tredje fjärde femte sjätte sjunde åttonde nionde tionde elfte tolfte trettonde fjortonde femtonde "
    "sextonde sjuttonde artonde nittonde tjugonde tjugoförsta tjugoandra tjugotredje tjugofjärde tjugofemte "
    "tjugosjätte tjugosjunde tjugoåttonde tjugonionde trettionde trettioförsta"
)
ORDINALS = {w: i for i, w in enumerate(_SPELLED.split(), 1)}
# The months of a quarter, a third and a half of a year, and which of them is meant.
_SHARES = {"kvartalet": 3, "tertialet": 4, "halvåret": 6}
ORDINAL_SHARES = ("första", "andra", "tredje", "fjärde")
# First and last month of the season; a winter belongs to the year it ends in.
_SEASONS = {"vår": (1, 6), "sommar": (6, 8), "höst": (8, 12), "vint": (12, 2)}


@dataclass(frozen=True, slots=True)
class Known:
    """What helps to place a date that lacks a year."""

    published: date | None
    year: int | None
    lean: Lean
    # How exactly the publication is known; `published` is the last day of the month or year.
    precision: Precision = "day"

    def nearest(self, options: list[date]) -> date | None:
        """Return the option closest to the publication, on the side that the tense asks for if there is one."""
        if self.published is None:
            return None
        published = self.published
        if self.lean != "near":
            options = [d for d in options if (d <= published) == (self.lean == "past") or d == published] or options
        return min(options, key=lambda d: (abs((d - published).days), d), default=None)

    def around(self) -> list[int]:
        """Return the years to try: the known one, else those around the publication."""
        if self.year is not None:
            return [self.year]
        return [self.published.year + y for y in (-1, 0, 1)] if self.published else []

    def pick(self, options: list[date]) -> date | None:
        """Return the one option of a known year, else the nearest."""
        return next(iter(options), None) if self.year is not None else self.nearest(options)


def month_number(name: str) -> int:
    """Return 1-12 for a month's name or its abbreviation."""
    return _SHORT[name.lower()[:3]]


def _day_number(word: str) -> int:
    return ORDINALS.get(word.lower()) or int(re.sub(r"\D", "", word))


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def day_of(day: int, month: int, known: Known, weekday: str | None = None) -> Dated | None:
    """Return one day, its year taken from what is known; None where the calendar lacks it or no year can be told."""
    options = [d for y in known.around() if (d := _valid(y, month, day))]
    if weekday and known.year is None:
        options = [d for d in options if d.weekday() == DAYS.index(weekday.lower())] or options
    best = known.pick(options)
    return Dated.day(best) if best else None


def days_of(parts: Parts, known: Known) -> Iterator[Dated | None]:
    """Yield the days of a list such as "12 och 27 april"."""
    month = month_number(parts["month"])
    first = day_of(_day_number(parts["day"]), month, known, parts.get("weekday"))
    yield first
    for number in re.findall(r"\d+", parts.get("more") or ""):
        # The days of one list share a year.
        yield day_of(int(number), month, Known(known.published, first.start.year, known.lean) if first else known)


def span_of(parts: Parts, known: Known) -> Dated | None:
    """Return the stretch of "10-16 maj" or "15 februari-5 mars"."""
    month = month_number(parts["month"])
    first_month = month_number(parts["month1"]) if parts.get("month1") else month
    end = day_of(int(parts["d2"]), month, known)
    start = _valid(end.end.year - (first_month > month), first_month, _day_number(parts["day"])) if end else None
    if end is None or start is None or start > end.end:
        return None
    return Dated(start, end.end, "period" if start < end.end else "day")


def weeks_of(parts: Parts, known: Known) -> Dated | None:
    """Return the ISO week or weeks."""
    first, last = int(parts["week"]), int(parts.get("week2") or parts["week"])
    options = []
    for year in known.around():
        if 1 <= first <= date(year, 12, 28).isocalendar().week:
            options.append(date.fromisocalendar(year, first, 1))
    start = known.pick(options)
    if start is None or not first <= last <= 53:
        return None
    return Dated(start, start + timedelta(days=7 * (last - first) + 6), "week" if first == last else "period")


def month_of(month: int, known: Known) -> Dated | None:
    """Return the month, its year taken from what is known."""
    published = known.published
    if known.year is None and published and published.month == month:
        year = published.year
    else:
        best = known.pick([date(y, month, 15) for y in known.around()])
        if best is None:
            return None
        year = best.year
    return Dated(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), "month")


def months_of(parts: Parts, known: Known) -> Dated | None:
    """Return the stretch of "januari-april"."""
    last = month_of(month_number(parts["month"]), known)
    number = month_number(parts["month1"])
    if last is None:
        return None
    year = last.end.year - (number > last.end.month)
    return Dated(date(year, number, 1), last.end, "period")


def share_of(parts: Parts, known: Known) -> Dated | None:
    """Return the months of "tredje kvartalet": of the year known, else the latest that has begun (or comes)."""
    length = _SHARES[parts["share"].lower()]
    last = length * (ORDINAL_SHARES.index(parts["nth"].lower()) + 1)
    if last > 12:
        return None
    options = [date(y, last - length + 1, 1) for y in known.around()]
    start = known.pick(options)
    return Dated(start, date(start.year, last, calendar.monthrange(start.year, last)[1]), "period") if start else None


def season_of(season: str, year: int) -> Dated:
    """Return the months of a season, by the stem of its name."""
    key = {"somr": "sommar", "vintr": "vint"}.get(season.lower(), season.lower())
    first, last = _SEASONS[key]
    return Dated(date(year - (first > last), first, 1), date(year, last, calendar.monthrange(year, last)[1]), "period")


def relative_of(name: str, parts: Parts, known: Known, published: date) -> Dated | None:
    """Return what a date relative to the publication day means."""
    word = re.sub(r"\s", "", next((v for k, v in parts.items() if k.startswith("rel") and v), "").lower())
    if name == "since":
        return _latest_season(parts["season"], published)
    if name == "terms":
        return _terms(parts, published)
    if name == "termly":
        return _termly(word, known.lean, published)
    if name == "thisyear" and word in ("åretsbörjan", "årsskiftet"):
        return Dated(date(published.year, 1, 1), published, "period")
    if name == "thisyear":
        # In January to March "under året" in the past tense sums up the year before.
        back = word == "fjolåret" or (word.startswith("året") and known.lean == "past" and published.month <= 3)
        return year_of(published.year - back)
    if name == "relyear":
        return year_of(published.year + (1 if word.startswith("nästa") else -1))
    if name == "relmonth":
        index = published.year * 12 + published.month - 1 + (-1 if word.startswith("förra") else 1)
        return month_of(index % 12 + 1, Known(None, index // 12, "near"))
    if known.precision == "month":
        return month_of(published.month, Known(None, published.year, "near"))
    return (
        _relative_day(name, word, parts, known.lean, published) if known.precision == "day" else year_of(published.year)
    )


def _relative_day(name: str, word: str, parts: Parts, lean: Lean, published: date) -> Dated | None:
    if name == "relative":
        days = {
            "gårdagens": -1,
            "dagens": 0,
            "kvällens": 0,
            "imorse": 0,
            "iförmiddags": 0,
            "ieftermiddags": 0,
            "igår": -1,
            "idag": 0,
            "ikväll": 0,
            "iförrgår": -2,
            "imorgon": 1,
            "iövermorgon": 2,
        }[word]
        return Dated.day(published + timedelta(days=days))
    if name == "relweek":
        monday = published - timedelta(days=published.weekday())
        if word.startswith("helg"):
            # On a Saturday or Sunday it is this one; before that the last, or the next when the tense looks ahead.
            saturday = monday + timedelta(days=5 if lean == "future" or published.weekday() >= 5 else -2)
            return Dated(saturday, saturday + timedelta(days=1), "period")
        monday += timedelta(days={"förraveckan": -7, "nästavecka": 7}.get(word.removesuffix("s"), 0))
        return Dated(monday, monday + timedelta(days=6), "week")
    back = (published.weekday() - DAYS.index(parts["weekday"].lower())) % 7
    if name == "night":
        morning = published - timedelta(days=back)
        return Dated(morning - timedelta(days=1), morning, "period")
    if name == "next" or (name == "lately" and lean == "future"):
        return Dated.day(published + timedelta(days=7 - back))
    # "I tisdags" is never today; "på tisdagen" may be.
    return Dated.day(published - timedelta(days=back if name == "lately" else back or 7))


def year_of(year: int) -> Dated:
    """Return the whole year."""
    return Dated(date(year, 1, 1), date(year, 12, 31), "year")


def _latest_season(season: str, published: date) -> Dated:
    """Return the season begun last; the spring is not yet spoken of when its year is new."""
    found = season_of(season, published.year)
    begun = found.start <= published and not (season == "vår" and published.month == 1)
    return found if begun else season_of(season, published.year - 1)


def _season(word: str) -> str:
    return next(k for k in ("vår", "sommar", "somr", "höst", "vint") if word.startswith(k))


def _terms(parts: Parts, published: date) -> Dated:
    """Return the stretch of "under hösten och vintern": the latest begun, no longer than to the publication."""
    second = _season(parts["rel2"].lower())
    # In December the winter that has begun is the next year's.
    last = next(f for y in (1, 0, -1) if (f := season_of(second, published.year + y)).start <= published)
    first = _latest_season(_season(parts["rel"].lower()), last.start)
    return Dated(first.start, min(last.end, published), "period")


def _termly(word: str, lean: Lean, published: date) -> Dated | None:
    """Return the season that "under hösten" means: the one begun, or the next one when the tense looks ahead."""
    key = _season(word)
    found = _latest_season(key, published)
    # "I sommar" looks ahead by itself, unlike "i somras" and "under sommaren".
    coming = lean == "future" or (lean == "near" and word in _SEASONS)
    if coming and found.end < published:
        return season_of(key, found.end.year + 1)
    return found
