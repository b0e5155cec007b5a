"""Dates in running Swedish text: which days a text names, how exactly, and what each of them is the date of."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from tasks.model import Dated

Role = Literal["activity", "other", "until"]
Lean = Literal["past", "future", "near"]
Parts = dict[str, str]

_NAMES = "januari februari mars april maj juni juli augusti september oktober november december"
MONTHS = tuple(_NAMES.split())
_SHORT = {m[:3]: i for i, m in enumerate(MONTHS, 1)}
_DAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
_ORDINALS = (
    "första andra tredje fjärde femte sjätte sjunde åttonde nionde tionde elfte tolfte trettonde fjortonde femtonde "
    "sextonde sjuttonde artonde nittonde tjugonde tjugoförsta tjugoandra tjugotredje tjugofjärde tjugofemte "
    "tjugosjätte tjugosjunde tjugoåttonde tjugonionde trettionde trettioförsta"
)
_ORDINAL = {w: i for i, w in enumerate(_ORDINALS.split(), 1)}
# First and last month of the season; a winter belongs to the year it ends in.
_SEASONS = {"vår": (1, 6), "sommar": (6, 8), "höst": (8, 12), "vint": (12, 2)}
YEARS = range(1990, 2101)

_FULL = "|".join(MONTHS)
_MONTH = rf"(?P<month>{_FULL}|jan|febr|feb|mar|apr|jun|jul|aug|sept|sep|okt|nov|dec)\b\.?"
_YEAR = r"(?:[\s,]{1,2}(?:år\s)?(?P<year>\d{4})\b)?"
_WEEKDAY = rf"(?:(?P<weekday>{'|'.join(_DAYS)})(?:en)?s?\s+)?"
_DAY = r"(?P<day>\d{1,2}(?::?e|:a)?|" + "|".join(sorted(_ORDINAL, key=len, reverse=True)) + r")"
_MORE = r"(?P<more>(?:\s?(?:,|och|samt|&)\s?(?:den\s)?\d{1,2}){0,6})"
_TO = r"(?:\s?[-–—]\s?|\s(?:till|t\.o\.m\.)\s(?:den\s)?)"
_PATTERNS = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("number", r"(?<![\d-])(?P<year>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?![\d-])"),
        ("week", r"(?<![\d-])(?P<year>\d{4})-?[wv](?P<week>\d{1,2})\b"),
        (
            "span",
            rf"(?<![\d/.:]){_DAY}\s*(?:{_MONTH.replace('month', 'month1')})?{_TO}(?P<d2>\d{{1,2}})\s+{_MONTH}{_YEAR}",
        ),
        ("day", rf"{_WEEKDAY}(?:den\s)?(?<![\d/.:,-]){_DAY}{_MORE}\s+(?:dagen\s(?:i|av)\s)?{_MONTH}{_YEAR}"),
        ("number", r"(?<![\d/.,:-])(?P<d>\d{1,2})/(?P<m>\d{1,2})(?:[-/\s](?P<year>\d{4}|\d{2})(?![\d:./-]))?(?![\d/])"),
        ("week", rf"\b(?:vecka|veckan|veckorna|v\.?)\s?(?P<week>\d{{1,2}})(?:{_TO}(?P<week2>\d{{1,2}}))?\b{_YEAR}"),
        ("month", rf"(?<!\d\s)(?<![\d.])\b{_MONTH}(?:\smånad)?\s(?:år\s)?(?P<year>\d{{4}})\b"),
        ("month", rf"\b(?:i|under|från|från och med|till|hela|mitten av|slutet av|början av)\s{_MONTH}(?!\s?\d)"),
        ("season", r"\b(?P<season>vår|sommar|höst|vint)(?:er|ern|en|terminen|termin|vintern)?s?\s(?P<year>\d{4})\b"),
        ("since", r"\bi\s(?P<season>vår|somr|höst|vintr)as\b"),
        ("weekday", rf"\bi\s(?P<weekday>{'|'.join(_DAYS)})s\b"),
        ("next", rf"\bpå\s(?P<weekday>{'|'.join(_DAYS)})\b(?!\s+(?:den\s)?\d)"),
        (
            "lately",
            rf"\b(?P<weekday>{'|'.join(_DAYS)})(?:ens|en|skväll(?:en)?|seftermiddag(?:en)?|smorgon(?:en)?)\b(?!\s+(?:den\s)?\d)",
        ),
        (
            "termly",
            r"\b(?:under|i|på)\s(?P<rel>våren|sommaren|hösten|vintern|vår|somras|sommar|höst|vinter)\b(?!\s\d{4})",
        ),
        ("thisyear", r"\b(?:under\s(?:hela\s)?(?P<rel>året|fjolåret)|i\s(?P<rel2>år)|(?P<rel3>årets))\b"),
        ("relative", r"\b(?P<rel>i\s?går|i\s?dag|i\s?kväll|i\s?förrgår|i\s?morgon|i\s?övermorgon)\b"),
        ("relweek", r"\b(?P<rel>förra\sveckan|nästa\svecka|i\sveckan|denna\svecka|den\shär\sveckan)\b"),
        ("relmonth", r"\b(?P<rel>förra\smånaden|nästa\smånad)\b"),
        ("relyear", r"\b(?P<rel>i\sfjol|förra\såret|föregående\sår|nästa\sår)\b"),
        ("year", r"(?<![\d/.,:-])(?P<year>(?:19|20)\d\d)(?![\d/:]|[.,]\d|\s?[-–]\s?\d)"),
    )
)
# Words shortly before a date that say it is not the activity's own.
_OTHER = re.compile(
    r"(?:anmäl\w*|senast|sista\s\w+|publicera\w*|uppdatera\w*|underteckna\w*|signera\w*|skriv(?:en|et|s)|ändra\w*"
    r"|granska\w*|svar(?:a|et)?|lämna\w*|besluta\w*|nämnd\w*|styrelse\w*|press\w*|fullmäktige\w*|protokoll\w*"
    r")\W{0,3}(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"(?:till\soch\smed|t\.?\s?o\.?\s?m\.?|fram\still|tom)\W+(?:den\s)?$", re.IGNORECASE)
# A year that closes a list of days: "12 april, 27 april och 29 augusti 2017".
_CLOSING_YEAR = re.compile(rf"(?:[\s,.]|och|samt|den|\d{{1,2}}(?!\d)|{_FULL}){{1,24}}?(?<!\d)((?:19|20)\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Mention:
    """One date as it stands in a text; `when` is None where its year (or the day itself) can't be known."""

    start: int
    end: int
    text: str
    when: Dated | None
    role: Role = "activity"


@dataclass(frozen=True, slots=True)
class _Known:
    """What helps to place a date that lacks a year."""

    published: date | None
    year: int | None
    lean: Lean
    # The publication day itself is known, not only its month or year.
    exact: bool = True

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


def find(
    text: str, published: date | None = None, year: int | None = None, lean: Lean = "near", exact: bool = True
) -> list[Mention]:
    """Return the dates that `text` names, in order, never one that the calendar lacks.

    `published` resolves relative days (unless it is not `exact`: the last day of a month or year) and, leaning to the
    side of `lean`, days without a year; `year` is one that a heading gives. What can't be known stays None. Years
    outside 1990-2100 are not believed.
    """
    taken = bytearray(len(text))
    mentions: list[Mention] = []
    for name, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            found = list(_resolve(name, match, _Known(published, _own_year(match) or year, lean, exact)))
            role = _role(text, match.start())
            mentions.extend(Mention(match.start(), match.end(), match[0].strip(), when, role) for when in found)
            if found:
                taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    return sorted(mentions, key=lambda m: (m.start, m.when.start if m.when else date.min))


def years(text: str) -> list[int]:
    """Return the years that a text names outright, in order, each once; a range such as 2023-2026 gives none."""
    found = [int(m[0]) for m in re.finditer(r"(?<![\d–-])(?:19|20)\d\d(?!\d|\s?[-–]\s?(?:19|20)?\d\d\b)", text)]
    return list(dict.fromkeys(y for y in found if y in YEARS))


def _role(text: str, at: int) -> Role:
    before = re.split(r"[.;:!?]\s", text[max(0, at - 48) : at])[-1]
    if _UNTIL.search(before):
        return "until"
    return "other" if _OTHER.search(before) else "activity"


def _own_year(match: re.Match[str]) -> int | None:
    """Return the year in the date itself or at the end of its list: a year nobody means (0021) gives 0."""
    given = match.groupdict().get("year")
    if given:
        value = int(given) + (2000 if len(given) == 2 else 0)
        return value if value in YEARS else -1
    closing = _CLOSING_YEAR.match(match.string, match.end(), match.end() + 120)
    return int(closing[1]) if closing and "year" in match.groupdict() else None


def _resolve(name: str, match: re.Match[str], known: _Known) -> Iterator[Dated | None]:
    """Yield what one match means: nothing where it is no date at all, None where it is one that can't be placed."""
    parts = match.groupdict()
    if known.year == -1:
        # Better no date than another year's; a lone odd year is just a number.
        if name != "year":
            yield None
    elif name == "number":
        day, month = int(parts["d"]), int(parts["m"])
        if 1 <= month <= 12 and 1 <= day <= 31 and match[0] != "24/7":
            yield _day(day, month, known)
    elif name == "day":
        yield from _days(parts, known)
    elif name == "span":
        yield _span(parts, known)
    elif name == "week":
        yield _weeks(parts, known)
    elif name == "month":
        yield _month(_month_number(parts["month"]), known)
    elif name == "year":
        yield _year(int(parts["year"]))
    elif name == "season":
        yield _season(parts["season"], int(parts["year"]))
    else:
        yield _relative(name, parts, known, known.published) if known.published else None


def _month_number(name: str) -> int:
    return _SHORT[name.lower()[:3]]


def _day_number(word: str) -> int:
    return _ORDINAL.get(word.lower()) or int(re.sub(r"\D", "", word))


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day(day: int, month: int, known: _Known, weekday: str | None = None) -> Dated | None:
    options = [d for y in known.around() if (d := _valid(y, month, day))]
    if weekday and known.year is None:
        options = [d for d in options if d.weekday() == _DAYS.index(weekday.lower())] or options
    best = known.pick(options)
    return Dated.day(best) if best else None


def _days(parts: Parts, known: _Known) -> Iterator[Dated | None]:
    month = _month_number(parts["month"])
    first = _day(_day_number(parts["day"]), month, known, parts.get("weekday"))
    yield first
    for number in re.findall(r"\d+", parts.get("more") or ""):
        # The days of one list share a year.
        yield _day(int(number), month, _Known(known.published, first.start.year, known.lean) if first else known)


def _span(parts: Parts, known: _Known) -> Dated | None:
    month = _month_number(parts["month"])
    first_month = _month_number(parts["month1"]) if parts.get("month1") else month
    end = _day(int(parts["d2"]), month, known)
    start = _valid(end.end.year - (first_month > month), first_month, _day_number(parts["day"])) if end else None
    if end is None or start is None or start > end.end:
        return None
    return Dated(start, end.end, "period" if start < end.end else "day")


def _weeks(parts: Parts, known: _Known) -> Dated | None:
    first, last = int(parts["week"]), int(parts.get("week2") or parts["week"])
    options = []
    for year in known.around():
        if 1 <= first <= date(year, 12, 28).isocalendar().week:
            options.append(date.fromisocalendar(year, first, 1))
    start = known.pick(options)
    if start is None or not first <= last <= 53:
        return None
    return Dated(start, start + timedelta(days=7 * (last - first) + 6), "week" if first == last else "period")


def _month(month: int, known: _Known) -> Dated | None:
    published = known.published
    if known.year is None and published and published.month == month:
        year = published.year
    else:
        best = known.pick([date(y, month, 15) for y in known.around()])
        if best is None:
            return None
        year = best.year
    return Dated(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), "month")


def _season(season: str, year: int) -> Dated:
    key = {"somr": "sommar", "vintr": "vint"}.get(season.lower(), season.lower())
    first, last = _SEASONS[key]
    return Dated(date(year - (first > last), first, 1), date(year, last, calendar.monthrange(year, last)[1]), "period")


def _relative(name: str, parts: Parts, known: _Known, published: date) -> Dated | None:
    """Return what a date relative to the publication day means."""
    word = re.sub(r"\s", "", next((v for k, v in parts.items() if k.startswith("rel") and v), "").lower())
    if name == "since":
        return _latest_season(parts["season"], published)
    if name == "termly":
        return _termly(word, known.lean, published)
    if name == "thisyear":
        # In January to March "under året" in the past tense sums up the year before.
        back = word == "fjolåret" or (word != "år" and known.lean == "past" and published.month <= 3)
        return _year(published.year - back)
    if name == "relyear":
        return _year(published.year + (1 if word.startswith("nästa") else -1))
    if name == "relmonth":
        index = published.year * 12 + published.month - 1 + (-1 if word.startswith("förra") else 1)
        return _month(index % 12 + 1, _Known(None, index // 12, "near"))
    return _relative_day(name, word, parts, known.lean, published) if known.exact else None


def _relative_day(name: str, word: str, parts: Parts, lean: Lean, published: date) -> Dated | None:
    if name == "relative":
        days = {"igår": -1, "idag": 0, "ikväll": 0, "iförrgår": -2, "imorgon": 1, "iövermorgon": 2}[word]
        return Dated.day(published + timedelta(days=days))
    if name == "relweek":
        monday = published - timedelta(days=published.weekday())
        monday += timedelta(days={"förraveckan": -7, "nästavecka": 7}.get(word, 0))
        return Dated(monday, monday + timedelta(days=6), "week")
    back = (published.weekday() - _DAYS.index(parts["weekday"].lower())) % 7
    if name == "next" or (name == "lately" and lean == "future"):
        return Dated.day(published + timedelta(days=7 - back))
    # "I tisdags" is never today; "på tisdagen" may be.
    return Dated.day(published - timedelta(days=back if name == "lately" else back or 7))


def _year(year: int) -> Dated:
    return Dated(date(year, 1, 1), date(year, 12, 31), "year")


def _latest_season(season: str, published: date) -> Dated:
    found = _season(season, published.year)
    return found if found.start <= published else _season(season, published.year - 1)


def _termly(word: str, lean: Lean, published: date) -> Dated | None:
    """Return the season that "under hösten" means: the one begun, or the next one when the tense looks ahead."""
    key = next(k for k in ("vår", "sommar", "somr", "höst", "vint") if word.startswith(k))
    found = _latest_season(key, published)
    if lean == "future" and found.end < published:
        return _season(key, found.end.year + 1)
    return found
