"""Several records of one activity → that activity: its state, day, place, number, history, and where they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.model import Activity, Band, Dated, Reading, Record, State

_LATE = datetime(9999, 1, 1, tzinfo=UTC)
_FINE = ("day", "week", "month", "period", "year")


@dataclass(frozen=True, slots=True)
class Occasion:
    """One occasion that a record tells of; a record that dates each of several has one for each."""

    reading: Reading
    record: Record
    dates: tuple[Dated, ...]
    places: tuple[str, ...]
    count: int
    # 0 for the only or first one.
    number: int = 0

    @property
    def when(self) -> Dated | None:
        """The occasion's day: of a moved one the last, which is the day it was moved to."""
        return self.dates[-1] if self.dates else None

    @property
    def told_at(self) -> datetime:
        """When it was told: published, else seen."""
        return self.record.published_at or self.record.seen_at or _LATE


def occasions(reading: Reading, record: Record) -> list[Occasion]:
    """Return the occasions of one reading: as many as it dates one by one, else one with its number."""
    days = sorted({d for d in reading.dates if d.precision == "day"}, key=lambda d: d.start)
    count = reading.count if reading.count is not None else 1
    if reading.state in ("held", "planned") and count > 1 and len(days) == count:
        places = reading.places if len(reading.places) == count else ()
        return [
            Occasion(reading, record, (d,), (places[i],) if places else reading.places, 1, i)
            for i, d in enumerate(days)
        ]
    return [Occasion(reading, record, reading.dates, reading.places, count)]


def agreement(one: Occasion, two: Occasion) -> float:
    """Return how well two occasions' days agree; higher is better, for choosing among a record's own."""
    if not one.dates or not two.dates:
        return -1000.0
    gaps = [
        max(a.start.toordinal(), b.start.toordinal()) - min(a.end.toordinal(), b.end.toordinal())
        for a in one.dates
        for b in two.dates
    ]
    shared_place = bool({p.casefold() for p in one.places} & {p.casefold() for p in two.places})
    return -float(max(min(gaps), 0)) + 0.5 * shared_place


def compatible(left: Sequence[Occasion], right: Sequence[Occasion]) -> bool:
    """Tell whether two groups may be one activity: no two known days apart, unless one of them was moved."""
    if any(o.reading.state in ("moved", "cancelled") for o in (*left, *right)):
        return True
    one = {d.start for o in left for d in o.dates if d.precision == "day"}
    two = {d.start for o in right for d in o.dates if d.precision == "day"}
    return not one or not two or bool(one & two)


def merge(group: Sequence[Occasion]) -> Activity:
    """Return the activity that a cluster of occasions (oldest first) tells of; its id is the earliest record's."""
    told = sorted(group, key=lambda o: (o.told_at, o.record.id, o.number))
    counted = [o for o in told if o.reading.band == "sure"] or told
    decisive = _decisive(counted)
    conditions, disputed = _conditions(counted)
    reasons = list(dict.fromkeys(r for o in (decisive, *told) for r in o.reading.reasons))
    reasons += [f"uppgifterna säger olika om {_SPOKEN[key]}" for key in disputed]
    disagree = list(_disagreements(counted, decisive))
    band: Band = "unsure" if disputed or disagree else decisive.reading.band
    first = told[0]
    return Activity(
        id=first.record.id if not first.number else f"{first.record.id}#{first.number + 1}",
        commitment=first.reading.commitment,
        state=decisive.reading.state,
        when=_when(counted, decisive),
        place=", ".join(_places(counted, decisive)),
        band=band,
        count=max(o.count for o in counted if o.reading.state == decisive.reading.state),
        record_ids=tuple(dict.fromkeys(o.record.id for o in told)),
        sources=tuple(dict.fromkeys(o.record.source for o in told)),
        conditions=conditions,
        history=_history(told, decisive),
        reasons=(*reasons, *disagree),
    )


def _decisive(told: Sequence[Occasion]) -> Occasion:
    """Return the occasion whose state holds: a report of it held, else the last word."""
    held = [o for o in told if o.reading.state == "held"]
    if held:
        return min(held, key=lambda o: (_FINE.index(o.when.precision) if o.when else 9, o.told_at))
    return max(told, key=lambda o: o.told_at)


def _when(told: Sequence[Occasion], decisive: Occasion) -> Dated | None:
    if decisive.when is not None:
        return decisive.when
    days = [o.when for o in told if o.when]
    return min(days, key=lambda d: _FINE.index(d.precision)) if days else None


def _places(told: Sequence[Occasion], decisive: Occasion) -> tuple[str, ...]:
    return decisive.places or next((o.places for o in told if o.places), ())


_SPOKEN = {
    "police_took_part": "om polisen var med",
    "municipality_took_part": "om kommunen var med",
    "at_school": "om det var på en skola",
}


def _conditions(told: Sequence[Occasion]) -> tuple[dict[str, bool], list[str]]:
    """Return the merged conditions and those on which two parties contradict each other."""
    found: dict[str, bool] = {}
    disputed = []
    for key in _SPOKEN:
        said = [(o.reading.conditions[key], o.record.party) for o in told if key in o.reading.conditions]
        if not said:
            continue
        found[key] = any(value for value, _ in said)
        yes, no = {p for v, p in said if v}, {p for v, p in said if not v}
        if yes and no and (len(yes | no) > 1 or None in yes | no):
            disputed.append(key)
        elif yes and no:
            found[key] = said[-1][0]  # one party corrected itself: its last word
    return found, disputed


def _disagreements(told: Sequence[Occasion], decisive: Occasion) -> list[str]:
    found = []
    if decisive.reading.state == "held":
        counts = {o.count for o in told if o.reading.state == "held"}
        if len(counts) > 1:
            found.append("uppgifterna anger olika antal: " + " och ".join(str(c) for c in sorted(counts)))
        later = [o for o in told if o.reading.state == "cancelled" and o.record.source != decisive.record.source]
        if any(_same_day(o, decisive) for o in later):
            found.append("en källa säger att den ställdes in, en annan att den genomfördes")
    return found


def _same_day(one: Occasion, two: Occasion) -> bool:
    return bool(one.when and two.when and one.when.start <= two.when.end and two.when.start <= one.when.end)


def _history(told: Sequence[Occasion], decisive: Occasion) -> tuple[tuple[State, Dated | None], ...]:
    """Return the earlier states with their days, oldest first, each once, without the one that holds now."""
    steps: list[tuple[State, Dated | None]] = []
    for o in told:
        if o.reading.state == "moved" and len(o.dates) > 1:
            # What was planned for the first day was moved to the last.
            steps += [("planned", o.dates[0]), ("moved", o.dates[-1])]
        else:
            steps.append((o.reading.state, o.when))
    now = (decisive.reading.state, decisive.when)
    return tuple(s for s in dict.fromkeys(steps) if s != now)


def hold_against(total: Reading, record: Record, parts: Sequence[Activity]) -> Activity:
    """Return a total as a note beside the activities, saying what it claims and what the single records show."""
    span = total.dates[-1] if total.dates else None
    inside = [
        a
        for a in parts
        if a.state == "held"
        and a.band == "sure"
        and (span is None or a.when is None or (a.when.start <= span.end and span.start <= a.when.end))
    ]
    shown = sum(a.count for a in inside)
    said = f"anger {total.count}" if total.count is not None else "anger inget antal"
    return Activity(
        id=record.id,
        commitment=total.commitment,
        state="background",
        when=span,
        place=", ".join(total.places),
        band=total.band,
        count=total.count if total.count is not None else 0,
        record_ids=(record.id,),
        sources=(record.source,),
        reasons=(f"en sammanställning: {said}, enskilda uppgifter visar {shown}", *total.reasons),
    )
