"""Which of a commitment's activities count by the end of a period, which don't, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from config.schema import Commitment, Promise
from tasks.model import Activity, Dated, Period
from tasks.periods import span_name
from tasks.progress.reasons import WORDS

# Of what belongs to a later period nothing is told in this one; any other why is a block of the reasons' template.
_LATER = "later"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is the same for all commitments of a follow-up."""

    promise: Promise
    period: Period
    # The promise's periods up to and including this one.
    periods: tuple[Period, ...]
    as_of: date
    templates: Mapping[str, str]

    @property
    def last(self) -> date:
        """The last day that the follow-up can know of."""
        return min(self.period.end, self.as_of)


@dataclass(slots=True)
class Tally:
    """One commitment's activities, sorted into what counts since signing and what does not."""

    counted: list[Activity] = field(default_factory=list)
    # Seen in this period and not counted; why comes first in the reasons.
    left_out: list[Activity] = field(default_factory=list)
    # Reported for certain, in any period, but not as something that counts.
    reported: list[Dated] = field(default_factory=list)
    planned: int = 0
    cancelled: int = 0
    # A person's answer could still add to the number.
    unclear: bool = False

    @property
    def total(self) -> int:
        """How many have been held since signing."""
        return sum(a.count for a in self.counted)

    def held(self, period: Period) -> int:
        """Return how many were held wholly within the period."""
        return sum(a.count for a in self.counted if a.when and inside(a.when, period.start, period.end))

    def spoken_of(self, period: Period) -> bool:
        """Return whether anything was reported for the period, be it only what doesn't count."""
        return self.held(period) > 0 or any(inside(d, period.start, period.end) for d in self.reported)


def tally(commitment: Commitment, situation: Situation, activities: Sequence[Activity]) -> Tally:
    """Return the commitment's activities sorted into counted, left out, planned and cancelled."""
    found = Tally()
    for activity in sorted((a for a in activities if a.commitment == commitment.id), key=_order):
        _note_move(found, activity, situation)
        if activity.state == "held":
            _add_held(found, activity, commitment, situation)
        elif activity.state in ("planned", "moved"):
            _add_planned(found, activity, situation)
        elif activity.state == "cancelled":
            _add_cancelled(found, activity, situation)
    return found


def inside(when: Dated, start: date, end: date) -> bool:
    """Return whether the days lie wholly within: a week that reaches outside might have happened outside."""
    return start <= when.start and when.end <= end


def touches(when: Dated, start: date, end: date) -> bool:
    """Return whether any of the days lies within."""
    return when.start <= end and when.end >= start


def _add_held(found: Tally, activity: Activity, commitment: Commitment, situation: Situation) -> None:
    why, unclear = _why_not(activity, commitment, situation)
    found.unclear = found.unclear or unclear
    if not why:
        found.counted.append(activity)
    elif why != _LATER:
        _leave_out(found, activity, why, situation)


def _add_planned(found: Tally, activity: Activity, situation: Situation) -> None:
    when, ends = activity.when, situation.promise.ends
    if when is not None and when.end < situation.as_of:
        _leave_out(found, activity, "why_unheard", situation)
    elif (when.start if when else situation.as_of) <= ends:
        found.planned += activity.count


def _add_cancelled(found: Tally, activity: Activity, situation: Situation) -> None:
    if activity.band != "sure":
        return
    # One without a day comes last, and may be the one already seen with its day.
    if _in_sight(activity, situation.period) and (activity.when or not found.cancelled):
        found.cancelled += activity.count
        _leave_out(found, activity, "why_cancelled", situation)
    elif activity.when:
        found.reported.append(activity.when)


def _leave_out(found: Tally, activity: Activity, why: str, situation: Situation) -> None:
    if _in_sight(activity, situation.period):
        said = WORDS.say(situation.templates, why)
        found.left_out.append(replace(activity, reasons=(said, *activity.reasons)))
    if activity.when and activity.band == "sure" and activity.state in ("held", "cancelled"):
        found.reported.append(activity.when)


def _why_not(activity: Activity, commitment: Commitment, situation: Situation) -> tuple[str, bool]:
    """Return why a held activity is not counted ("" = it is), and whether a person could still change that."""
    return _why_not_by_day(activity.when, situation) or _why_not_by_content(activity, commitment)


def _why_not_by_day(when: Dated | None, situation: Situation) -> tuple[str, bool] | None:
    signed, end = situation.promise.signed, situation.period.end
    if when is None:
        return "why_no_day", True
    if when.start > end:
        return _LATER, False
    if when.end < signed:
        return "why_before", False
    if when.start > situation.as_of:
        return "why_not_yet", False
    if not inside(when, signed, end):
        return "why_vague_day", True
    return None


def _why_not_by_content(activity: Activity, commitment: Commitment) -> tuple[str, bool]:
    if activity.band == "no":
        return "why_other", False
    for condition in commitment.conditions:
        if condition not in activity.conditions:
            return f"why_{condition}_unknown", True
        if not activity.conditions[condition]:
            return f"why_{condition}", False
    if activity.band != "sure":
        return "why_waiting", True
    return "", False


def _note_move(found: Tally, activity: Activity, situation: Situation) -> None:
    """Keep word in this period of an activity that was moved out of it; it counts where it went."""
    period = situation.period
    if activity.when is not None and touches(activity.when, period.start, period.end):
        return
    if activity.state != "moved" and all(state != "moved" for state, _ in activity.history):
        return
    days = [d for _, d in activity.history if d is not None and touches(d, period.start, period.end)]
    if days:
        why = WORDS.say(situation.templates, "why_moved_away")
        if activity.when is not None:
            moved_to = span_name(activity.when.start, activity.when.end)
            why = WORDS.say(situation.templates, "why_moved", days=moved_to)
        found.left_out.append(replace(activity, when=days[0], reasons=(why, *activity.reasons)))


def _in_sight(activity: Activity, period: Period) -> bool:
    return activity.when is None or touches(activity.when, period.start, period.end)


def _order(activity: Activity) -> tuple[date, str]:
    return (activity.when.start if activity.when else date.max, activity.id)
