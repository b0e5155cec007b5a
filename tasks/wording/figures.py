"""Outcomes → the figures that texts may show: one token each, with its value, its Swedish text and its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from config.schema import Commitment, Promise
from tasks.model import Activity, Dated, Figure, FollowUp, Outcome, Period
from tasks.periods import span_name, swedish_date
from tasks.phrases import Phrases
from tasks.progress.counting import inside
from tasks.progress.reasons import count, enumeration, gap_text, goal, unit
from tasks.wording import statuses

_TOTAL = {"total": "minst 4", "unit": "vandringar"}
WORDS = Phrases(
    "resultat.j2",
    {
        "absent": {},
        "not_shown": {},
        "held_only": {"held": "minst 3", "unit": "vandringar"},
        "total_first": _TOTAL,
        "total_only": _TOTAL,
        "total_and_held": {"held": "minst 3", "total": "minst 4"},
        "ready": {},
        "not_ready": {},
        "was_used": {},
        "was_not_used": {},
        "yes": {},
        "no": {},
        "ever_used": {},
        "never_used": {},
        "told": {"done": 1, "due": 2},
        "first_told": {},
        "promised": {"number": 4, "unit": "vandringar"},
        "how_often": {},
        "no_target": {},
        "no_number": {},
        "several": {"count": 2},
        "no_place": {},
        "no_month": {},
        "no_activities": {},
        "nothing": {},
        "no_more": {},
        "assumption": {"text": "En vandring räknas en gång.", "day": "3 mars 2021"},
        "head_part": {},
        "head_total": {},
        "head_target": {},
    },
)
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
        _text("next_due", swedish_date(next_due) if next_due else WORDS.say(templates, "no_more")),
        Figure("commitments", len(outcomes), str(len(outcomes))),
        _text("summary", statuses.summary(templates, outcomes)),
    ]
    own = [f for o in outcomes for f in _of(promise.commitment(o.commitment), promise, period, o, templates)]
    return (*general, *own)


def has(outcome: Outcome, period: Period | FollowUp, name: str) -> bool:
    """Return whether a figure that may have nothing to name has something."""
    now = in_period(outcome, period)
    named = {
        "places": bool(_places(now)),
        "months": bool(_months(now)),
        "activities": bool(now),
        "not_counted": bool(outcome.not_counted),
        "gaps": bool(outcome.gaps),
    }
    return named.get(name, True)


def in_period(outcome: Outcome, period: Period | FollowUp) -> tuple[Activity, ...]:
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


def activity_text(templates: Mapping[str, str], activity: Activity) -> str:
    """Return an activity as people name it: 14 oktober 2021, Strängnäs."""
    several = WORDS.say(templates, "several", count=activity.count) if activity.count > 1 else ""
    return ", ".join(filter(None, (when_text(activity.when), activity.place, several)))


def target_text(templates: Mapping[str, str], commitment: Commitment) -> str:
    """Return what was promised, as the headline table says it."""
    if commitment.measure == "duty":
        return WORDS.say(templates, "how_often")
    if commitment.target is None:
        return WORDS.say(templates, "no_target")
    if commitment.measure == "once":
        return WORDS.say(templates, "promised", number=commitment.target, unit=unit(commitment, commitment.target))
    return goal(templates, commitment)


def used_text(templates: Mapping[str, str], used: bool | None) -> str:
    """Return whether a way of working was used: ja, nej, or that it is not known."""
    return WORDS.say(templates, {True: "yes", False: "no", None: "absent"}[used])


def _of(
    commitment: Commitment, promise: Promise, period: Period, outcome: Outcome, templates: Mapping[str, str]
) -> list[Figure]:
    now = in_period(outcome, period)
    evidence_now, evidence_all = _evidence(now), _evidence(outcome.activities)
    say = partial(WORDS.say, templates)
    unknown = "not_shown" if _is_hidden(commitment, outcome) else "absent"

    def text(key: str, said: str, evidence: tuple[str, ...] = ()) -> Figure:
        return _text(f"{commitment.id}.{key}", said, evidence)

    def number(key: str, value: int | None, floor: bool, instead: str, evidence: tuple[str, ...] = ()) -> Figure:
        said = say("not_shown" if key in outcome.hidden else instead)
        if value is not None:
            said = count(templates, value, floor=floor)
        return Figure(f"{commitment.id}.{key}", value, said, evidence)

    left_out = [f"{activity_text(templates, a)} ({a.reasons[0]})" for a in outcome.not_counted]
    used = say(unknown) if outcome.used is None else used_text(templates, outcome.used)
    activities = "; ".join(activity_text(templates, a) for a in now)
    return [
        number("held", outcome.held, outcome.held_is_floor, unknown, evidence_now),
        number("held_total", outcome.held_total, outcome.total_is_floor, unknown, evidence_all),
        number("target", outcome.target, False, "no_number"),
        text("unit", unit(commitment, outcome.held)),
        text("unit_total", unit(commitment, outcome.held_total)),
        text("status", statuses.word(templates, outcome.status)),
        text("reason", outcome.reason, evidence_all),
        text("result", _result(commitment, promise, period, outcome, templates), evidence_all),
        text("goal", target_text(templates, commitment)),
        text("used", used, evidence_now),
        text("places", _places(now) or say("no_place"), evidence_now),
        text("months", _months(now) or say("no_month"), evidence_now),
        text("activities", activities or say("no_activities"), evidence_now),
        text("not_counted", "; ".join(left_out) or say("nothing"), _evidence(outcome.not_counted)),
        Figure(f"{commitment.id}.planned", outcome.planned, str(outcome.planned)),
        Figure(f"{commitment.id}.cancelled", outcome.cancelled, str(outcome.cancelled)),
        text("gaps", gap_text(outcome.gaps) or say("nothing")),
    ]


def _is_hidden(commitment: Commitment, outcome: Outcome) -> bool:
    return outcome.status == "kan inte redovisas" or commitment.disclosure == "yes_no"


def _text(token: str, text: str, evidence: tuple[str, ...] = ()) -> Figure:
    # A brace from a record would look like a token once it stands in a text.
    return Figure(token, None, text.replace("{", "(").replace("}", ")"), evidence)


def _evidence(activities: Sequence[Activity]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for a in activities for key in (a.record_ids or (a.id,))))


def _result(
    commitment: Commitment, promise: Promise, period: Period, outcome: Outcome, templates: Mapping[str, str]
) -> str:
    """Return the result as the headline table says it."""
    say = partial(WORDS.say, templates)
    if outcome.status == "kan inte redovisas" and outcome.held is None:
        return say("not_shown")
    if commitment.measure == "duty":
        return say("told", done=outcome.held_total, due=outcome.target) if outcome.target else say("first_told")
    if commitment.disclosure == "yes_no":
        return say({True: "was_used", False: "was_not_used", None: "absent"}[outcome.used])
    if commitment.measure == "once" and outcome.held_total is not None:
        return say("ready" if outcome.held_total else "not_ready")
    return _counted(commitment, outcome, templates, first=period.start <= promise.signed)


def _counted(commitment: Commitment, outcome: Outcome, templates: Mapping[str, str], *, first: bool) -> str:
    say = partial(WORDS.say, templates)
    held = "" if outcome.held is None else count(templates, outcome.held, floor=outcome.held_is_floor)
    if outcome.held_total is None:
        period_alone = held and outcome.hidden
        return say("held_only", held=held, unit=unit(commitment, outcome.held)) if period_alone else say("absent")
    total = count(templates, outcome.held_total, floor=outcome.total_is_floor)
    if held and not first:
        return say("total_and_held", total=total, held=held)
    return say("total_first" if first else "total_only", total=total, unit=unit(commitment, outcome.held_total))


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
