"""Dates in running Swedish text: which days a text names, how exactly, and what each of them is the date of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from tasks.evidence import calendar_sv, swedish
from tasks.evidence.calendar_sv import DAYS, MONTHS, ORDINALS, Known, Lean
from tasks.model import Dated, Precision

Role = Literal["activity", "other", "until", "since"]

YEARS = range(1990, 2101)

_FULL = "|".join(MONTHS)
_MONTH = rf"(?P<month>{_FULL}|jan|febr|feb|mar|apr|jun|jul|aug|sept|sep|okt|nov|dec)\b\.?"
_YEAR = r"(?:[\s,]{1,2}(?:år\s)?(?P<year>\d{4})\b)?"
_WEEKDAYS = rf"(?P<weekday>{'|'.join(DAYS)})"
_WEEKDAY = rf"(?:{_WEEKDAYS}(?:en)?s?\s+)?"
_DAY = r"(?P<day>\d{1,2}(?::?e|:a)?|" + "|".join(sorted(ORDINALS, key=len, reverse=True)) + r")"
_MORE = r"(?P<more>(?:\s?(?:,|och|samt|&)\s?(?:den\s)?\d{1,2}){0,6})"
_TO = r"(?:\s?[-–—]\s?|\s(?:till(?:\soch\smed)?|t\.?\s?o\.?\s?m\.?)\s(?:den\s)?)"
_TERM = "våren|sommaren|hösten|vintern"
_NTH = calendar_sv.ORDINAL_SHARES
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
        ("months", rf"\b{_MONTH.replace('month', 'month1')}(?:{_TO}|\soch\s)(?:sista\s)?{_MONTH}{_YEAR}"),
        ("month", rf"(?<!\d\s)(?<![\d.])\b{_MONTH}(?:\smånad)?\s(?:år\s)?(?P<year>\d{{4}})\b"),
        ("month", rf"\b(?:i|under|från|från och med|till|hela|mitten av|slutet av|början av)\s{_MONTH}(?!\s?\d)"),
        # "Utskick: maj", "(mars, maj samt december)": the name of a month alone.
        ("month", rf"(?:[(:,]\s?|\soch\s|\ssamt\s)(?P<month>{_FULL})(?=\s?[,.;)]|\soch\s|\ssamt\s|$)"),
        ("season", r"\b(?P<season>vår|sommar|höst|vint)(?:er|ern|en|terminen|termin|vintern)?s?\s(?P<year>\d{4})\b"),
        ("since", r"\bi\s(?P<season>vår|somr|höst|vintr)as\b"),
        ("weekday", rf"\bi\s{_WEEKDAYS}s\b"),
        ("night", rf"\bnatten\s(?:mot|till)\s{_WEEKDAYS}(?:en)?\b(?!\s+(?:den\s)?\d)"),
        ("next", rf"\bpå\s{_WEEKDAYS}\b(?!\s+(?:den\s)?\d)"),
        (
            "lately",
            rf"\b{_WEEKDAYS}(?:ens|en|skväll(?:en)?|seftermiddag(?:en)?|smorgon(?:en)?)\b(?!\s+(?:den\s)?\d)",
        ),
        ("terms", rf"\bunder\s(?P<rel>{_TERM})\soch\s(?P<rel2>{_TERM})\b(?!\s\d{{4}})"),
        (
            "termly",
            r"\b(?:under|i|på)\s(?P<rel>våren|sommaren|hösten|vintern|vår|somras|sommar|höst|vinter)\b(?!\s\d{4})",
        ),
        (
            "thisyear",
            r"\b(?:(?:under\s(?:hela\s)?)?(?P<rel5>året\ssom\s(?:gick|gått))|under\s(?:hela\s)?(?P<rel>året|fjolåret)|i\s(?P<rel2>år)|(?P<rel3>årets)"
            r"|sedan\s(?P<rel4>årets\sbörjan|årsskiftet))\b",
        ),
        (
            "relative",
            r"\b(?P<rel>gårdagens|dagens|kvällens|i\s?morse|i\sförmiddags|i\seftermiddags|i\s?går|i\s?dag|i\s?kväll|i\s?förrgår|i\s?morgon|i\s?övermorgon)\b",
        ),
        (
            "relweek",
            r"\b(?P<rel>helgen|helgens|förra\sveckans?|nästa\svecka|(?<!gång\s)(?<!gånger\s)i\sveckan|denna\svecka|den\shär\sveckan)\b",
        ),
        ("share", rf"\b(?P<nth>{'|'.join(_NTH)})\s(?P<share>kvartalet|tertialet|halvåret)\b{_YEAR}"),
        ("relmonth", r"\b(?P<rel>förra\smånaden|nästa\smånad)\b"),
        ("relyear", r"\b(?P<rel>i\sfjol|fjolårets|förra\sårets?|föregående\sårs?|nästa\sår)\b"),
        ("year", r"(?<![\d/.,:-])(?P<year>(?:19|20)\d\d)(?![\d/]|[.,:]\d|\s?[-–]\s?\d)"),
    )
)
# Words shortly before a date that say it is not the activity's own; "protokoll från vandringen den 3 maj" is.
_OTHER = re.compile(
    r"(?:senast|sista\s\w+|publicera\w*|uppdater\w*|underteckna\w*|signera\w*|skriv(?:en|et|s)|ändra\w*"
    r"|granska\w*|svar(?:a|et)?|lämna\w*|anslag(?:et|en|s)?|justera\w*|tas\sned|tas\sner)\W{0,3}(?:\w+\W+){0,3}$"
    r"|(?:anmäl\w*|besluta\w*|nämnd\w*|styrelse\w*|press\w*|fullmäktige\w*|protokoll\w*)"
    r"\W{0,3}(?:(?!från\W|till\W|av\W|efter\W)\w+\W+){0,3}$",
    re.IGNORECASE,
)
_SINCE = re.compile(r"(?<!\w)(?:alltsedan|sedan)\W{0,3}(?:i\s)?(?:den\s)?$", re.IGNORECASE)
_UNTIL = re.compile(r"(?:till\soch\smed|t\.?\s?o\.?\s?m\.?|fram\still|tom)\W+(?:den\s)?$", re.IGNORECASE)
_YEARLESS = re.compile(rf"^(?!.*\d{{4}}).*(?:{_FULL}|\d/\d)", re.IGNORECASE)
_LATER = re.compile(
    rf"(?<!\w)(?P<n>{'|'.join(swedish.NUMBERS)}|\d{{1,2}})\s(?P<unit>dag(?:ar)?|veck(?:a|or))\ssenare(?!\w)",
    re.IGNORECASE,
)
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


def find(
    text: str, published: date | None = None, year: int | None = None, lean: Lean = "near", precision: Precision = "day"
) -> list[Mention]:
    """Return the dates that `text` names, in order, never one that the calendar lacks.

    `published` resolves relative days and, leaning to the side of `lean`, days without a year; it is the last day of
    its month or year when `precision` says so, and a relative day is then no more exact. `year` is one that a heading
    gives. What can't be known stays None. Years outside 1990-2100 are not believed.
    """
    return list(_find(text, published, year, lean, precision))


@lru_cache(maxsize=4096)
def _find(text: str, published: date | None, year: int | None, lean: Lean, precision: Precision) -> tuple[Mention, ...]:
    taken = bytearray(len(text))
    mentions: list[Mention] = []
    for name, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(taken[match.start() : match.end()]):
                continue
            found = list(_resolve(name, match, Known(published, _own_year(match) or year, lean, precision)))
            role = _role(text, match.start())
            mentions.extend(Mention(match.start(), match.end(), match[0].strip(), when, role) for when in found)
            if found:
                taken[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    mentions.sort(key=lambda m: (m.start, m.when.start if m.when else date.min))
    return tuple(_in_order(mentions + _counted_on(text, mentions)))


def _in_order(mentions: list[Mention]) -> list[Mention]:
    """Return the mentions with days that lack a year kept in a list's order: "21 april, 12 maj och 6 oktober"."""
    found: list[Mention] = []
    last: date | None = None
    for m in sorted(mentions, key=lambda m: m.start):
        when = m.when
        if when and when.precision == "day" and _YEARLESS.search(m.text):
            if last and when.start < last:
                later = calendar_sv.day_of(when.start.day, when.start.month, Known(None, last.year, "near"))
                when = later if later and later.start >= last else when
            last = when.start
        found.append(replace(m, when=when))
    return found


def _counted_on(text: str, mentions: list[Mention]) -> list[Mention]:
    """Return the days that a text counts from one it has named: "den 3 maj, och två dagar senare"."""
    found = []
    for match in _LATER.finditer(text):
        before = [m.when for m in mentions if m.end <= match.start() and m.when and m.when.precision == "day"]
        number = swedish.number(match["n"])
        if before and number:
            step = timedelta(days=number * (7 if match["unit"].startswith("veck") else 1))
            found.append(Mention(match.start(), match.end(), match[0], Dated.day(before[-1].start + step)))
    return found


def lacks_year(mention: Mention) -> bool:
    """Tell whether the mention names a day or month without its year."""
    return bool(_YEARLESS.search(mention.text))


def years(text: str) -> list[int]:
    """Return the years that a text names outright, in order, each once; a range such as 2023-2026 gives none."""
    found = [int(m[0]) for m in re.finditer(r"(?<![\d–-])(?:19|20)\d\d(?!\d|\s?[-–]\s?(?:19|20)?\d\d\b)", text)]
    return list(dict.fromkeys(y for y in found if y in YEARS))


def _role(text: str, at: int) -> Role:
    before = re.split(r"[.;:!?]\s", text[max(0, at - 48) : at])[-1]
    if _UNTIL.search(before):
        return "until"
    if _SINCE.search(before):
        return "since"
    return "other" if _OTHER.search(before) else "activity"


def _own_year(match: re.Match[str]) -> int | None:
    """Return the year in the date itself or at the end of its list: a year nobody means (0021) gives 0."""
    given = match.groupdict().get("year")
    if given:
        value = int(given) + (2000 if len(given) == 2 else 0)
        return value if value in YEARS else -1
    closing = _CLOSING_YEAR.match(match.string, match.end(), match.end() + 120)
    return int(closing[1]) if closing and "year" in match.groupdict() else None


def _resolve(name: str, match: re.Match[str], known: Known) -> Iterator[Dated | None]:
    """Yield what one match means: nothing where it is no date at all, None where it is one that can't be placed."""
    parts = match.groupdict()
    if known.year == -1:
        # Better no date than another year's; a lone odd year is just a number.
        if name != "year":
            yield None
    elif name == "number":
        day, month = int(parts["d"]), int(parts["m"])
        if 1 <= month <= 12 and 1 <= day <= 31 and match[0] != "24/7":
            yield calendar_sv.day_of(day, month, known)
    elif name == "day":
        yield from calendar_sv.days_of(parts, known)
    elif name == "span":
        yield calendar_sv.span_of(parts, known)
    elif name == "week":
        yield calendar_sv.weeks_of(parts, known)
    elif name == "months":
        yield calendar_sv.months_of(parts, known)
    elif name == "month":
        yield calendar_sv.month_of(calendar_sv.month_number(parts["month"]), known)
    elif name == "year":
        yield calendar_sv.year_of(int(parts["year"]))
    elif name == "share":
        yield calendar_sv.share_of(parts, known)
    elif name == "season":
        yield calendar_sv.season_of(parts["season"], int(parts["year"]))
    else:
        yield calendar_sv.relative_of(name, parts, known, known.published) if known.published else None
