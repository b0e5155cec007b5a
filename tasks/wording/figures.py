"""Outcomes → the figures that texts may show: one token each, with its value, its Swedish text and its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from config.schema import Commitment, Promise
from tasks.model import Activity, Dated, Figure, Outcome, Period
from tasks.periods import span_name, swedish_date
from tasks.progress.counting import inside
from tasks.progress.reasons import enumeration, gap_text, goal, unit
from tasks.wording import statuses

UNKNOWN = "uppgift saknas"
HIDDEN = "kan inte redovisas"
# What is known less exactly than this has no month to name.
_ABOUT_A_MONTH = timedelta(days=31)


def figures(
    promise: Promise,
    period: Period,
    outcomes: Sequence[Outcome],
    next_due: date | None,
    templates: Mapping[str, str],
) -> tuple[Figure, ...]:
    """Return every figure of a follow-up; each commitment has the same tokens, whatever is known about it.

    `templates` word the statuses; Refused names the one that can't be said.
    """
    general = [
        _text("period.name", period.name),
        _text("period.start", swedish_date(period.start)),
        _text("period.end", swedish_date(period.end)),
        _text("next_due", swedish_date(next_due) if next_due else "ingen fler uppföljning är planerad"),
        Figure("commitments", len(outcomes), str(len(outcomes))),
        _text("summary", statuses.summary(templates, outcomes)),
    ]
    own = [
        figure
        for o in outcomes
        for figure in _of(promise.commitment(o.commitment), promise, period, o, statuses.word(templates, o.status))
    ]
    return (*general, *own)


def in_period(outcome: Outcome, period: Period) -> tuple[Activity, ...]:
    """Return the counted activities that lie wholly within the period."""
    return tuple(a for a in outcome.activities if a.when and inside(a.when, period.start, period.end))


def when_text(when: Dated | None) -> str:
    """Return a date as exactly as it is known: 14 oktober 2021, vecka 40 2021, oktober 2021."""
    if when is None:
        return "okänd dag"
    if when.precision == "week":
        year, week, _ = when.start.isocalendar()
        return f"vecka {week} {year}"
    if when.precision == "year":
        return f"under {when.start.year}"
    if when.precision == "month":
        return swedish_date(when.start).partition(" ")[2]
    return span_name(when.start, when.end)


def activity_text(activity: Activity) -> str:
    """Return an activity as people name it: 14 oktober 2021, Strängnäs."""
    several = f", {activity.count} tillfällen" if activity.count > 1 else ""
    return f"{when_text(activity.when)}{', ' if activity.place else ''}{activity.place}{several}"


def target_text(commitment: Commitment) -> str:
    """Return what was promised, as the headline table says it."""
    if commitment.measure == "duty":
        return "var fjärde månad"
    if commitment.target is None:
        return "inget antal angivet"
    if commitment.measure == "once":
        return f"{commitment.target} {unit(commitment, commitment.target)}"
    return goal(commitment)


def _of(commitment: Commitment, promise: Promise, period: Period, outcome: Outcome, status: str) -> list[Figure]:
    now = in_period(outcome, period)
    evidence_now, evidence_all = _evidence(now), _evidence(outcome.activities)
    unknown = HIDDEN if _is_hidden(commitment, outcome) else UNKNOWN
    absent = {key: HIDDEN if key in outcome.hidden else unknown for key in ("held", "held_total")}

    def name(key: str) -> str:
        return f"{commitment.id}.{key}"

    return [
        _number(name("held"), outcome.held, outcome.held_is_floor, absent["held"], evidence_now),
        _number(name("held_total"), outcome.held_total, outcome.total_is_floor, absent["held_total"], evidence_all),
        _number(name("target"), outcome.target, False, "inget antal", ()),
        _text(name("unit"), unit(commitment, outcome.held)),
        _text(name("unit_total"), unit(commitment, outcome.held_total)),
        _text(name("status"), status),
        _text(name("reason"), outcome.reason, evidence_all),
        _text(name("result"), _result(commitment, promise, period, outcome), evidence_all),
        _text(name("goal"), target_text(commitment)),
        _text(name("used"), {True: "ja", False: "nej", None: unknown}[outcome.used], evidence_now),
        _text(name("places"), _places(now) or "okänd plats", evidence_now),
        _text(name("months"), _months(now) or "okänd månad", evidence_now),
        _text(name("activities"), "; ".join(activity_text(a) for a in now) or "inga redovisade", evidence_now),
        _text(name("not_counted"), _not_counted(outcome) or "inga", _evidence(outcome.not_counted)),
        Figure(name("planned"), outcome.planned, str(outcome.planned)),
        Figure(name("cancelled"), outcome.cancelled, str(outcome.cancelled)),
        _text(name("gaps"), gap_text(outcome.gaps) or "inga"),
    ]


def _is_hidden(commitment: Commitment, outcome: Outcome) -> bool:
    return outcome.status == HIDDEN or commitment.disclosure == "yes_no"


def _text(token: str, text: str, evidence: tuple[str, ...] = ()) -> Figure:
    # A brace from a record would look like a token once it stands in a text.
    return Figure(token, None, text.replace("{", "(").replace("}", ")"), evidence)


def _number(token: str, value: int | None, floor: bool, unknown: str, evidence: tuple[str, ...]) -> Figure:
    if value is None:
        return Figure(token, None, unknown, evidence)
    return Figure(token, value, f"minst {value}" if floor else str(value), evidence)


def _evidence(activities: Sequence[Activity]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for a in activities for key in (a.record_ids or (a.id,))))


def _result(commitment: Commitment, promise: Promise, period: Period, outcome: Outcome) -> str:
    """Return the result as the headline table says it."""
    if outcome.status == HIDDEN and outcome.held is None:
        return HIDDEN
    if commitment.measure == "duty":
        return f"{outcome.held_total} av {outcome.target} redovisade" if outcome.target else "första uppföljningen"
    if commitment.disclosure == "yes_no":
        return {True: "använt: ja", False: "använt: nej", None: UNKNOWN}[outcome.used]
    if commitment.measure == "once" and outcome.held_total is not None:
        return "klart" if outcome.held_total else "inte klart"
    return _counted(commitment, outcome, first=period.start <= promise.signed)


def _counted(commitment: Commitment, outcome: Outcome, *, first: bool) -> str:
    held, total = outcome.held, outcome.held_total
    if total is None and held is not None and outcome.hidden:
        return f"{'minst ' if outcome.held_is_floor else ''}{held} {unit(commitment, held)} under perioden"
    if total is None:
        return UNKNOWN
    every = f"{'minst ' if outcome.total_is_floor else ''}{total}"
    if first:
        return f"{every} {unit(commitment, total)}"
    if held is None:
        return f"{every} {unit(commitment, total)} sammanlagt"
    return f"{every} sammanlagt, {'minst ' if outcome.held_is_floor else ''}{held} under perioden"


def _places(activities: Sequence[Activity]) -> str:
    # Two walks with one place named would read as two walks there.
    if not all(a.place for a in activities):
        return ""
    return enumeration(list(dict.fromkeys(a.place for a in activities)))


def _months(activities: Sequence[Activity]) -> str:
    days = [a.when for a in activities if a.when and a.when.end - a.when.start <= _ABOUT_A_MONTH]
    if len(days) < len(activities):
        return ""
    months = dict.fromkeys((d.year, d.month) for when in days for d in (when.start, when.end))
    return enumeration([swedish_date(date(year, month, 1)).split()[1] for year, month in sorted(months)])


def _not_counted(outcome: Outcome) -> str:
    return "; ".join(f"{activity_text(a)} ({a.reasons[0]})" for a in outcome.not_counted)
