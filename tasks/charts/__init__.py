"""Figures → charts: drawing, alternative text and table say the same, and nothing that is not disclosed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from config.schema import Commitment, Promise
from tasks.charts import drawing
from tasks.charts.drawing import WIDTH
from tasks.model import Activity, FollowUp, Outcome, Period
from tasks.periods import month_name, swedish_date
from tasks.phrases import Phrases
from tasks.progress.reasons import enumeration
from tasks.wording.figures import in_period, when_text

WORDS = Phrases(
    "diagram.j2",
    {
        "goals_title": {},
        "goals_words": {"parts": "Vandringar: 3 av 4"},
        "goals_head_done": {},
        "goals_head_promised": {},
        "of_target": {"done": "minst 3", "target": 4},
        "at_least": {"number": 3},
        "unknown": {},
        "not_shown": {},
        "months_title": {},
        "months_words": {"parts": "Norrbyn: 2 i mars"},
        "in_month": {"number": 2, "month": "mars"},
        "without_month": {"number": 2},
        "without_place": {},
        "months_head_place": {},
        "time_title": {},
        "time_words": {"start": "1 januari 2021", "end": "30 april 2021", "parts": "Vandringar: 3 mars 2021"},
        "time_head_days": {},
        "head_promise": {},
    },
)
# More steps than this are told by the length of the bar alone.
_STEPS = 12
_GAP = 5


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: `name` is its file name without ending; `head` and `rows` are the same figures as a table."""

    name: str
    title: str
    alt: str
    svg: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def charts(promise: Promise, followup: FollowUp, templates: Mapping[str, str]) -> tuple[Chart, ...]:
    """Return the charts that the disclosed figures are enough for, worded by diagram.j2; none with nothing to draw."""
    made = (kind(promise, followup, templates) for kind in (progress, months, timeline))
    return tuple(chart for chart in made if chart is not None)


def progress(promise: Promise, followup: FollowUp, templates: Mapping[str, str]) -> Chart | None:
    """Return how much of each promised number is done since the signing; None when no number was promised."""
    rows = [(promise.commitment(o.commitment), o) for o in followup.outcomes if o.target and o.measurable]
    rows = [(c, o) for c, o in rows if c.measure in ("count", "once")]
    if not rows:
        return None
    say = partial(WORDS.say, templates)
    shapes: list[str] = []
    for number, (commitment, outcome) in enumerate(rows):
        shapes += _bar(14 + 62 * number, commitment.heading, outcome, _of_target(outcome, say))
    said = [f"{c.heading}: {_of_target(o, say)}" for c, o in rows]
    alt = say("goals_words", parts=". ".join(said))
    return Chart(
        "mal",
        say("goals_title"),
        alt,
        drawing.svg(62 * len(rows) + 6, shapes, alt),
        (say("head_promise"), say("goals_head_done"), say("goals_head_promised")),
        tuple((c.heading, _done(o, say), str(o.target)) for c, o in rows),
    )


def months(promise: Promise, followup: FollowUp, templates: Mapping[str, str]) -> Chart | None:
    """Return the period's counted activities by district and month; None when there are none to show."""
    period = _period(followup)
    every = [a for o in _public(promise, followup) for a in in_period(o, period)]
    known = [a for a in every if a.when and a.when.start.month == a.when.end.month]
    if not known:
        return None
    say = partial(WORDS.say, templates)
    elsewhere = say("without_place")
    columns = _months(period.start, period.end)
    places = sorted({a.place or elsewhere for a in known}, key=lambda p: (p == elsewhere, p))
    counts = {
        (place, month): sum(a.count for a in known if (a.place or elsewhere) == place and _month(a) == month)
        for place in places
        for month in columns
    }
    said = [
        f"{place}: "
        + enumeration(
            [say("in_month", number=counts[place, m], month=month_name(m[1])) for m in columns if counts[place, m]]
        )
        for place in places
    ]
    undated = sum(a.count for a in every) - sum(counts.values())
    rest = " " + say("without_month", number=undated) if undated else ""
    alt = say("months_words", parts=". ".join(said)) + rest
    return Chart(
        "manader",
        say("months_title"),
        alt,
        drawing.svg(34 + 44 * len(places), _grid(places, columns, counts), alt),
        (say("months_head_place"), *(month_name(m[1]).capitalize() for m in columns)),
        tuple((p, *(str(counts[p, m]) if counts[p, m] else "–" for m in columns)) for p in places),
    )


def timeline(promise: Promise, followup: FollowUp, templates: Mapping[str, str]) -> Chart | None:
    """Return each public promise's counted activities on the promise's own time; None when there are none."""
    rows = [(promise.commitment(o.commitment), [a for a in o.activities if a.when]) for o in _public(promise, followup)]
    rows = [(c, found) for c, found in rows if found]
    if not rows:
        return None
    say = partial(WORDS.say, templates)
    shapes = _axis(promise, followup, len(rows))
    for number, (commitment, found) in enumerate(rows):
        y = 26 + 56 * number
        shapes += [drawing.text(0, y, commitment.heading, "halo"), drawing.line(0, y + 18, WIDTH, y + 18)]
        shapes += [s for a in found for s in _dot(promise, a, y + 18)]
    said = [f"{c.heading}: {enumeration([when_text(a.when) for a in found])}" for c, found in rows]
    span = {"start": swedish_date(promise.signed), "end": swedish_date(followup.end)}
    alt = say("time_words", **span, parts=". ".join(said))
    return Chart(
        "tidslinje",
        say("time_title"),
        alt,
        drawing.svg(56 * len(rows) + 44, shapes, alt),
        (say("head_promise"), say("time_head_days")),
        tuple((c.heading, enumeration([when_text(a.when) for a in found])) for c, found in rows),
    )


def _bar(y: float, heading: str, outcome: Outcome, said: str) -> list[str]:
    target, done = outcome.target or 1, outcome.held_total
    shapes = [drawing.text(0, y + 2, heading), drawing.text(WIDTH, y + 2, said, "b", "end")]
    if done is None:
        return [*shapes, drawing.rect(1, y + 12, WIDTH - 2, 20, "unknown")]
    if target > _STEPS:
        share = min(1, done / target)
        return [
            *shapes,
            drawing.rect(1, y + 12, WIDTH - 2, 20, "none"),
            drawing.rect(1, y + 12, (WIDTH - 2) * share, 20, "full"),
        ]
    # A gap between the steps, none after the last: the bar ends where its number does.
    step = (WIDTH - 2 + _GAP) / target
    return shapes + [
        drawing.rect(1 + step * n, y + 12, step - _GAP, 20, "full" if n < done else "none") for n in range(target)
    ]


def _grid(
    places: Sequence[str], columns: Sequence[tuple[int, int]], counts: dict[tuple[str, tuple[int, int]], int]
) -> list[str]:
    left, step = 170, (WIDTH - 170) / len(columns)
    middle = {month: left + step * (n + 0.5) for n, month in enumerate(columns)}
    shapes = [drawing.text(middle[m], 18, month_name(m[1])[:3], "s", "middle") for m in columns]
    for number, place in enumerate(places):
        y = 52 + 44 * number
        shapes += [
            drawing.line(0, y - 20, WIDTH, y - 20),
            drawing.text(0, y + 7, place if len(place) < 23 else place[:21] + "…"),
        ]
        for month in columns:
            count = counts[place, month]
            # The number stands in the circle: neither size nor colour has to be judged.
            if count:
                shapes += [
                    drawing.circle(middle[month], y + 2, 17, "full"),
                    drawing.text(middle[month], y + 8, str(count), "b on", "middle"),
                ]
            else:
                shapes.append(drawing.circle(middle[month], y + 2, 2.5, "none"))
    return shapes


def _axis(promise: Promise, followup: FollowUp, rows: int) -> list[str]:
    bottom = 56 * rows + 6
    shapes = [drawing.line(0, bottom, WIDTH, bottom)]
    for year, month in _months(promise.signed, promise.ends):
        x = _x(promise, date(year, month, 1))
        if month in (1, 5, 9) and 110 < x < WIDTH - 110:
            label = drawing.text(x, bottom + 20, _short(date(year, month, 1)), "s", "middle")
            shapes += [drawing.line(x, 8, x, bottom), label]
    shapes += [
        drawing.text(0, bottom + 20, _short(promise.signed), "s"),
        drawing.text(WIDTH, bottom + 20, _short(promise.ends), "s", "end"),
    ]
    now = _x(promise, followup.end)
    return [*shapes, drawing.line(now, 8, now, bottom, "now")]


def _dot(promise: Promise, activity: Activity, y: float) -> list[str]:
    if activity.when is None:
        return []
    first, last = _x(promise, activity.when.start), _x(promise, activity.when.end)
    if last - first < 12:
        return [drawing.circle((first + last) / 2, y, 6, "full")]
    # What is known by month or week is a stretch, not a day.
    return [drawing.rect(first, y - 6, last - first, 12, "full", 6)]


def _x(promise: Promise, day: date) -> float:
    whole = max(1, (promise.ends - promise.signed).days)
    return 7 + (WIDTH - 14) * min(1.0, max(0.0, (day - promise.signed).days / whole))


def _public(promise: Promise, followup: FollowUp) -> list[Outcome]:
    return [o for o in followup.outcomes if _shows_days(promise.commitment(o.commitment))]


def _shows_days(commitment: Commitment) -> bool:
    return commitment.disclosure == "public" and commitment.measure in ("count", "once")


def _of_target(outcome: Outcome, say: Callable[..., str]) -> str:
    done = _done(outcome, say)
    return say("of_target", done=done, target=outcome.target) if outcome.held_total is not None else done


def _done(outcome: Outcome, say: Callable[..., str]) -> str:
    if outcome.held_total is None:
        return say("not_shown" if "held_total" in outcome.hidden else "unknown")
    return say("at_least", number=outcome.held_total) if outcome.total_is_floor else str(outcome.held_total)


def _month(activity: Activity) -> tuple[int, int]:
    when = activity.when
    return (when.start.year, when.start.month) if when else (0, 0)


def _months(start: date, end: date) -> list[tuple[int, int]]:
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return [(n // 12, n % 12 + 1) for n in range(first, last + 1)]


def _short(day: date) -> str:
    return f"{month_name(day.month)[:3]} {day.year}"


def _period(followup: FollowUp) -> Period:
    return Period(followup.period, followup.period_name, followup.start, followup.end, followup.due)
