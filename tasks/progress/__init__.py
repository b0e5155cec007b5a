"""Activities and coverage become figures and an honest status per commitment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from config.schema import Commitment, Promise
from tasks.model import Activity, Coverage, Gap, Outcome, Period, Reading
from tasks.progress.counting import Situation, Tally, tally
from tasks.progress.reasons import duty_reason, reason
from tasks.progress.status import Amount, Facts, Heard, Time, decide

# An earlier period's follow-up: its period id, whether it was delivered everywhere, and what was late or missing.
Delivery = tuple[str, bool, str]


def outcomes(
    promise: Promise,
    period: Period,
    periods: Sequence[Period],
    activities: Sequence[Activity],
    nil_reports: Sequence[Reading],
    coverage: Mapping[str, Coverage],
    duty: Sequence[Delivery],
    questions: Mapping[str, int],
    as_of: date,
    templates: Mapping[str, str],
) -> tuple[Outcome, ...]:
    """Return how each commitment stands at the end of the period, before disclosure rules.

    `periods` are all of the promise, in order. A nil report counts when its source is one of the commitment's
    `evidence_from` and such reports cover every day of the period. A source missing from `coverage` was never heard.
    `templates` word the reasons; Refused names the one that can't be said.
    """
    so_far = tuple(p for p in periods if p.end <= period.end)
    situation = Situation(promise, period, so_far, as_of, templates)
    return tuple(
        _duty(c, duty, situation)
        if c.measure == "duty"
        else _outcome(c, situation, activities, nil_reports, coverage, questions.get(c.id, 0))
        for c in promise.commitments
    )


def _outcome(
    commitment: Commitment,
    situation: Situation,
    activities: Sequence[Activity],
    nil_reports: Sequence[Reading],
    coverage: Mapping[str, Coverage],
    questions: int,
) -> Outcome:
    period = situation.period
    found = tally(commitment, situation, activities)
    found.unclear = found.unclear or questions > 0
    gaps = _gaps(commitment, coverage, situation.promise.signed, situation.last)
    nil = {p.id: _nil(commitment, nil_reports, p) for p in situation.periods}
    # What was reported and doesn't count is no zero, but it is a report.
    heard = {p.id: nil[p.id] or (found.total > 0 and found.spoken_of(p)) for p in situation.periods}
    gap_now = any(g.end >= period.start for g in gaps)
    held, total = found.held(period), found.total
    zero_now = nil[period.id] and not gap_now and not found.unclear
    zero_ever = all(nil.values()) and not gaps and not found.unclear
    outcome = Outcome(
        commitment=commitment.id,
        status=decide(_facts(commitment, situation, found, gaps, heard)),
        reason="",
        held=held if held or zero_now else None,
        held_total=total if total or zero_ever else None,
        target=commitment.target,
        measurable=commitment.target is not None or commitment.measure == "once",
        planned=found.planned,
        cancelled=found.cancelled,
        activities=tuple(found.counted),
        not_counted=tuple(found.left_out),
        gaps=gaps,
        questions=questions,
        held_is_floor=held > 0 and (gap_now or found.unclear),
        total_is_floor=total > 0 and (bool(gaps) or found.unclear or not all(heard.values())),
        used=_used(held, zero_now) if commitment.measure == "ongoing" else None,
    )
    silent = tuple(p for p in situation.periods if not heard[p.id])
    deadline = _deadline(commitment, situation)
    return replace(outcome, reason=reason(situation.templates, commitment, outcome, period, silent, deadline))


def _facts(
    commitment: Commitment, situation: Situation, found: Tally, gaps: tuple[Gap, ...], heard: Mapping[str, bool]
) -> Facts:
    time = _time(commitment, situation)
    unused = [p for p in situation.periods if not found.held(p)]
    unclear = found.unclear
    if commitment.measure == "ongoing":
        # A way of working that is known to have been used in a period is known, whatever else went unheard.
        gaps = tuple(g for g in gaps if any(g.start <= p.end and g.end >= p.start for p in unused))
        unclear = unclear and bool(unused)
    return Facts(
        measure="ongoing" if commitment.measure == "ongoing" else "counted",
        amount=_amount(commitment, found.total, time, always=not unused),
        called_off=_called_off(commitment, found),
        gap=bool(gaps),
        unclear=unclear,
        heard=_heard(heard, situation.period),
        now=found.held(situation.period) > 0,
        time=time,
    )


def _amount(commitment: Commitment, total: int, time: Time, *, always: bool) -> Amount:
    if not total:
        return "none"
    if commitment.measure == "ongoing":
        return "enough" if always and time == "over" else "some"
    goal = commitment.target or (1 if commitment.measure == "once" else None)
    if goal is None:
        return "enough" if time == "over" else "some"
    return "enough" if total >= goal else "some"


def _called_off(commitment: Commitment, found: Tally) -> bool:
    single = commitment.measure == "once" or commitment.target == 1
    return single and not found.total and found.cancelled > 0 and found.planned == 0


def _heard(heard: Mapping[str, bool], period: Period) -> Heard:
    if not heard[period.id]:
        return "no"
    return "all" if all(heard.values()) else "now"


def _used(held: int, zero: bool) -> bool | None:
    return True if held else False if zero else None


def _deadline(commitment: Commitment, situation: Situation) -> date:
    return commitment.deadline or situation.promise.ends


def _time(commitment: Commitment, situation: Situation) -> Time:
    def passed(day: date) -> bool:
        return day <= situation.period.end and day < situation.as_of

    if passed(situation.promise.ends):
        return "over"
    return "late" if passed(_deadline(commitment, situation)) else "running"


def _gaps(commitment: Commitment, coverage: Mapping[str, Coverage], start: date, end: date) -> tuple[Gap, ...]:
    """Return the holes within the days in the commitment's own evidence sources; the others' silence is no hole."""
    found = []
    for source in commitment.evidence_from:
        heard = coverage.get(source)
        if heard is None or heard.last_good is None:
            found.append(Gap(source, start, end, "källan har inte svarat än"))
            continue
        for gap in heard.gaps:
            if gap.start <= end and gap.end >= start:
                found.append(replace(gap, start=max(gap.start, start), end=min(gap.end, end)))
    return tuple(sorted(found, key=lambda g: (g.start, g.end, g.source)))


def _nil(commitment: Commitment, nil_reports: Sequence[Reading], period: Period) -> bool:
    """Return whether the responsible party's nil reports together cover every day of the period."""
    mine = [r for r in nil_reports if r.commitment == commitment.id and r.state == "nil_report" and r.band == "sure"]
    spans = [d for r in mine if r.record_id.split("/", 1)[0] in commitment.evidence_from for d in r.dates]
    day = period.start
    while day <= period.end:
        ends = [d.end for d in spans if d.start <= day <= d.end]
        if not ends:
            return False
        day = max(ends) + timedelta(days=1)
    return True


def _duty(commitment: Commitment, duty: Sequence[Delivery], situation: Situation) -> Outcome:
    """Return the follow-up duty's own record: deliveries out of the earlier periods that have fallen due."""
    names = {p.id: p.name for p in situation.periods if p.id != situation.period.id and p.due <= situation.as_of}
    due = [(names[key], delivered, note) for key, delivered, note in duty if key in names]
    done = sum(delivered for _, delivered, _ in due)
    return Outcome(
        commitment=commitment.id,
        status="på väg" if done == len(due) else "försenat",
        reason=duty_reason(situation.templates, due),
        held=done,
        held_total=done,
        target=len(due),
        measurable=True,
    )
