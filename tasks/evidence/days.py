"""When an activity was, by what one text says: its own days, and whether a sentence looks ahead or back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tasks.evidence import cues, datewords, swedish
from tasks.evidence.calendar_sv import DAYS, MONTHS, Lean
from tasks.evidence.datewords import Mention, Role
from tasks.evidence.states import Verdict
from tasks.evidence.swedish import Sentence
from tasks.model import Dated, Precision, Record

_LOCAL = ZoneInfo("Europe/Stockholm")
# A part of the day without a date is the day the text was published, where it says nothing else.
_SAME_DAY = re.compile(r"(?<!\w)(?:under\sförmiddagen|i\s(?:för|efter)middags|i\smorse)(?!\w)")
_LABEL = re.compile(r"^\W*(?:(?:mötes)?(?:datum|dag|tid)|när|planera[dt]|genomför[dt]|utför[dt])\W{0,2}:")
_MINUTES = re.compile(r"protokoll|anteckning")
# "Den fjärde sker i januari", beside a report of the first three.
_COMING = re.compile(
    r"(?<!\w)(?:sker|blir|hålls|inleds|planeras|väntar|nästa(?:\s\w+){0,2}|ska(?:\s\w+){1,3})\s(?:den\s)?$"
)
_BARE_WEEKDAY = re.compile(rf"^\W*({'|'.join(DAYS)})(?!\w)")
# "På tisdagen", "onsdagskvällen": of which week, the text may have said before.
_ON_WEEKDAY = re.compile(rf"^({'|'.join(DAYS)})(?:en|s?(?:kväll|eftermiddag|morgon)(?:en)?)$", re.IGNORECASE)
# A report over a whole year comes out in the first half of the next one.
_ANNUAL = re.compile(
    r"(?<!\w)(?:verksamhetsberättelse|års(?:bokslut|rapport|redovisning|berättelse))(?:en|n|et)?(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Text:
    """A record's text, split once for all commitments."""

    record: Record
    sentences: tuple[Sentence, ...]
    published: date | None
    # How exactly the publication is known; `published` is the last day of the month or year.
    precision: Precision = "day"


def open_record(record: Record) -> Text:
    """Return the record as sentences, with its publication as a local day."""
    published = record.published_at.astimezone(_LOCAL).date() if record.published_at else None
    precision: Precision = record.fields.get("published_precision", "day")
    return Text(record, swedish.sentences(record.title, record.text), published, precision)


def ahead(text: Text, sentence: Sentence) -> bool | None:
    """Tell whether the sentence's day lies after the publication; None when either is not known."""
    own = sides(text, sentence)
    if own:
        return max(own)
    said = cues.cues(sentence)
    if said.done or said.past or said.result:
        return None
    # A sentence without a day or a past tense looks ahead when every day around it does.
    others = [side for s in text.sentences[:12] for side in sides(text, s)]
    return True if others and all(others) else None


def sides(text: Text, sentence: Sentence) -> list[bool]:
    """Return for each of the sentence's own days whether it lies after the publication."""
    published = text.published
    if published is None:
        return []
    found = [m for m in _mentions(text, sentence, "near") if m.when and m.role == "activity"]
    days = [m.when for m in found if m.when and not _either_side(m, published)]
    if text.precision != "day":
        # Within the month (or year) of which no more is known, nobody can tell.
        same = "%Y-%m" if text.precision == "month" else "%Y"
        days = [d for d in days if d.end.strftime(same) != published.strftime(same)]
    # A week or month that is under way lies on neither side.
    days = [d for d in days if not d.start <= published < d.end]
    return [d.end > published for d in days if d.precision in ("day", "week", "month")]


def is_bygone(text: Text, sentence: Sentence) -> bool:
    """Tell whether every date of the sentence lies more than a year before the publication."""
    if text.published is None or text.precision == "year":
        return False
    days = [m.when for m in _mentions(text, sentence, "near") if m.role == "activity"]
    return bool(days) and all(d is not None and (text.published - d.end).days > 365 for d in days)


def _either_side(mention: Mention, published: date) -> bool:
    """Tell whether a month or day without a year may as well be of the year before as of the coming one."""
    when = mention.when
    if when is None or when.precision not in ("day", "month") or not datewords.lacks_year(mention):
        return False
    away = min(abs((when.start - published).days), abs((when.end - published).days))
    return away > (60 if when.precision == "month" else 120)


def of_activity(text: Text, verdict: Verdict, anchors: Sequence[Sentence]) -> tuple[Dated, ...]:
    """Return the activity's own days: from the sentence that told, then its fellows, then the title, then the rest."""
    lean: Lean = "past" if verdict.state == "held" else "future" if verdict.state == "planned" else "near"
    told = [verdict.sentence] if verdict.sentence else []
    body = [s for s in anchors if s.number]
    after = [s for s in text.sentences[1:] if body and s.number == body[-1].number + 1]
    before = [s for step in (1, 2) for s in text.sentences[1:] if body and s.number == body[0].number - step]
    rest = list(text.sentences[1:8]) if not body else []
    labelled = [s for s in text.sentences[1:12] if _LABEL.search(s.fold)]
    exact: list[Dated] = []
    coarse: list[Dated] = []
    for s in (*told, *body, text.sentences[0], *labelled, *after, *before, *rest):
        for m in _mentions(text, s, lean):
            # The day in the heading of minutes is the meeting's.
            minutes = s.number == 0 and s in anchors and _MINUTES.search(s.fold)
            if m.when is None or (m.role == "other" and not minutes) or m.when in exact or m.when in coarse:
                continue
            if lean == "past" and m.text.lower() in ("i dag", "idag") and not cues.cues(s).past:
                continue  # "I dag är hon tacksam"
            when = _stretched(m.when, m.role, text.published)
            if _on_the_other_side(when, lean, text) or (lean == "past" and _COMING.search(s.fold[: m.start])):
                continue
            (coarse if (when.end - when.start).days > 45 else exact).append(when)
        if exact:
            break
    own = text.record.when
    # A calendar says the day beside the text.
    found = tuple(exact) or ((own,) if own else tuple(coarse[:1]))
    return _narrowed(found, told or body, text) or _implied(text, verdict, told or body)


def _on_the_other_side(when: Dated, lean: Lean, text: Text) -> bool:
    """Tell whether the days lie after the publication of a report, or before that of a plan."""
    if text.published is None:
        return False
    if lean == "past":
        return when.start > text.published
    return lean == "future" and text.precision == "day" and when.end < text.published


def _stretched(when: Dated, role: Role, published: date | None) -> Dated:
    """Return the days a date stands for: "until" reaches from the year's start, "since" to the publication."""
    if role == "until":
        return Dated(date(when.end.year, 1, 1), when.end, "period")
    if role == "since" and published and when.start < published:
        return Dated(when.start, published, "period")
    return when


def _narrowed(found: tuple[Dated, ...], told: Sequence[Sentence], text: Text) -> tuple[Dated, ...]:
    """Return a known week as its day where the sentence that tells begins with one, or the text names just one in it.

    So "Tisdag: föräldramöte", and "EST vecka 39: avstämning 27/9".
    """
    if len(found) != 1 or found[0].precision != "week":
        return found
    week = found[0]
    if weekday := _BARE_WEEKDAY.search(told[0].fold) if told else None:
        return (Dated.day(week.start + timedelta(days=DAYS.index(weekday[1]))),)
    named = {m.when for s in text.sentences[1:12] for m in _mentions(text, s, "near") if m.role == "activity"}
    days = [d for d in named if d and d.precision == "day" and week.start <= d.start <= week.end]
    return tuple(days) if len(days) == 1 else found


def _implied(text: Text, verdict: Verdict, told: Sequence[Sentence]) -> tuple[Dated, ...]:
    """Return what the publication tells of a report that names no day: that same day, or an annual report's year."""
    published = text.published
    if published is None or verdict.state != "held":
        return ()
    if text.precision == "day" and any(_SAME_DAY.search(s.fold) for s in told):
        return (Dated.day(published),)
    if _ANNUAL.search(text.sentences[0].fold) and published.month <= 6:
        year = published.year - 1
        return (Dated(date(year, 1, 1), date(year, 12, 31), "year"),)
    return ()


def _mentions(text: Text, sentence: Sentence, lean: Lean) -> list[Mention]:
    year = None
    for place in (sentence, text.sentences[0]):
        named = datewords.years(place.text)
        year = year or (named[0] if len(named) == 1 else None)
    if year is None and text.published is None:
        anywhere = {y for s in text.sentences for y in datewords.years(s.text)}
        year = anywhere.pop() if len(anywhere) == 1 else None
    return _in_week(text, sentence, datewords.find(sentence.text, text.published, year, lean, text.precision))


def _in_week(text: Text, sentence: Sentence, found: list[Mention]) -> list[Mention]:
    """Return the mentions with a bare weekday laid in the week that the sentence before speaks of, if it does."""
    if sentence.number < 2 or not any(_ON_WEEKDAY.search(m.text) for m in found):
        return found
    before = text.sentences[sentence.number - 1].text
    weeks = [m.when for m in datewords.find(before, text.published) if m.when and m.when.precision == "week"]
    if len(weeks) != 1:
        return found
    return [
        replace(m, when=Dated.day(weeks[0].start + timedelta(days=DAYS.index(day[1].lower()))))
        if (day := _ON_WEEKDAY.search(m.text))
        else m
        for m in found
    ]


def spoken(when: Dated) -> str:
    """Return a date as Swedish people write it, as exact as it is."""
    if when.precision == "day":
        return f"{when.start.day} {MONTHS[when.start.month - 1]} {when.start.year}"
    if when.precision == "week":
        return f"vecka {when.start.isocalendar().week} {when.start.isocalendar().year}"
    if when.precision == "month":
        return f"{MONTHS[when.start.month - 1]} {when.start.year}"
    if when.precision == "year":
        return str(when.start.year)
    return f"{when.start.isoformat()}–{when.end.isoformat()}"
