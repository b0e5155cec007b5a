"""How well a source was heard: fetches → gaps. Silence is a gap with dates, never a zero."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from config.schema import Source
from tasks.model import Coverage, Fetch, Gap
from tasks.periods import local_date

_DAY = timedelta(days=1)


def coverage(source: Source, log: Sequence[Fetch], start: date, end: date, as_of: datetime) -> Coverage:
    """Return how a source was heard over local days `start`–`end` (inclusive), as known at `as_of`.

    `log` holds every attempt up to then, oldest first. A source that keeps everything is covered up to its last good
    answer; of a window source, what lies between two good answers is lost where they are too far apart.
    """
    good = [f.at for f in log if f.good and f.at <= as_of]
    last = good[-1] if good else None
    reason = _reason(log)
    if last is None:
        gaps = [Gap(source.id, start, end, reason)]
    elif source.keeps == "all":
        gaps = _until_now(source, last, start, end, reason)
    else:
        gaps = _holes(source, good, start, end, as_of, reason)
    return Coverage(source.id, source.name, last, tuple(gaps))


def _until_now(source: Source, last: datetime, start: date, end: date, reason: str) -> list[Gap]:
    """Return the days after the last good answer of a source that holds everything up to then."""
    first_unknown = max(start, local_date(last) + _DAY)
    return [Gap(source.id, first_unknown, end, reason)] if first_unknown <= end else []


def _holes(source: Source, good: Sequence[datetime], start: date, end: date, as_of: datetime, reason: str) -> list[Gap]:
    """Return the stretches in which a window source rolled on unheard."""
    reach = timedelta(hours=source.silent_after_hours)
    gaps = []
    # What a window shows reaches back as far as its silence limit; before the first answer everything is unknown.
    heard_until = start - _DAY
    for moment in [*good, None]:
        known_from = local_date(moment - reach) if moment else local_date(as_of) + _DAY
        first, last = max(start, heard_until + _DAY), min(end, known_from - _DAY)
        if first <= last and (moment is not None or as_of - good[-1] > reach):
            gaps.append(Gap(source.id, first, last, reason))
        if moment:
            heard_until = max(heard_until, local_date(moment))
    return gaps


def _reason(log: Sequence[Fetch]) -> str:
    """Return the newest trouble in the source's own words, or that nobody ever asked it."""
    bad = [f for f in log if not f.good]
    if bad:
        return bad[-1].message
    return "källan hämtades inte" if log else "källan har aldrig hämtats"
