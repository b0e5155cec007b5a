"""What may be shown of an outcome, by its commitment's disclosure class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from config.schema import Commitment, Promise
from tasks.model import Activity, Dated, Outcome, Period
from tasks.progress.counting import inside
from tasks.progress.reasons import actor, gap_text

# Smaller numbers of a protected series could point at somebody. Our default; the data-protection officer decides.
THRESHOLD = 5
HIDDEN = "Uppgiften kan inte redovisas, eftersom den skulle kunna peka ut någon."


def disclose(
    promise: Promise, period: Period, outcomes: Sequence[Outcome], *, closed: bool = True
) -> tuple[Outcome, ...]:
    """Return the outcomes as they may be shown; what the class protects is gone, not only hidden in the texts.

    `closed` tells whether the period is over: what is protected by time is not shown before.
    """
    return tuple(_disclosed(promise.commitment(o.commitment), promise, period, o, closed) for o in outcomes)


def _disclosed(commitment: Commitment, promise: Promise, period: Period, outcome: Outcome, closed: bool) -> Outcome:
    if commitment.disclosure == "public":
        return _without_doubtful(outcome)
    if commitment.disclosure == "yes_no":
        return _yes_no(commitment, outcome)
    if not closed:
        return _hidden(outcome, "Uppgiften redovisas när perioden är slut.")
    if commitment.disclosure == "protected" and _pointing(outcome):
        return _hidden(outcome, HIDDEN)
    return _count_only(outcome, promise, period)


def _without_doubtful(outcome: Outcome) -> Outcome:
    """Return the outcome without what nobody has confirmed: an unsure reading may be about something else."""
    return replace(outcome, not_counted=tuple(a for a in outcome.not_counted if a.band == "sure"))


def _yes_no(commitment: Commitment, outcome: Outcome) -> Outcome:
    # Even a gap's reason or an open question would tell that there was something to ask about.
    said = {
        True: "Arbetssättet har använts under perioden.",
        False: f"{actor(commitment)} har rapporterat att arbetssättet inte har använts under perioden.",
        None: _not_known(outcome),
    }[outcome.used]
    if outcome.used is not None and outcome.status == "uppgift saknas":
        said += " Uppgift saknas för en tidigare period."
    return replace(_bare(outcome), reason=said)


def _not_known(outcome: Outcome) -> str:
    return f"Uppgift saknas {gap_text(outcome.gaps)}." if outcome.gaps else "Uppgift saknas för perioden."


def _count_only(outcome: Outcome, promise: Promise, period: Period) -> Outcome:
    """Return the numbers with activities that tell neither place nor a day finer than the period."""
    now = Dated(period.start, period.end, "period")
    before = Dated(promise.signed, max(promise.signed, period.start - timedelta(days=1)), "period")
    kept = tuple(
        _anonymous(a, now if a.when and inside(a.when, period.start, period.end) else before)
        for a in outcome.activities
    )
    return replace(outcome, activities=kept, not_counted=(), planned=0, cancelled=0, questions=0)


def _anonymous(activity: Activity, when: Dated) -> Activity:
    return Activity(
        id=activity.id,
        commitment=activity.commitment,
        state=activity.state,
        when=when,
        place="",
        band=activity.band,
        count=activity.count,
        record_ids=activity.record_ids,
    )


def _pointing(outcome: Outcome) -> bool:
    """Return whether the period's number, the total, or what lies between them is small enough to point at somebody."""
    held, total = outcome.held, outcome.held_total
    values = [held, total, None if held is None or total is None else total - held]
    # An unknown number stays unknown; zero is as telling as one. Nothing before the period tells nothing.
    return any(v is not None and v < THRESHOLD for v in values[:2]) or (values[2] or THRESHOLD) < THRESHOLD


def _hidden(outcome: Outcome, why: str) -> Outcome:
    return replace(_bare(outcome), status="kan inte redovisas", reason=why, used=None, gaps=())


def _bare(outcome: Outcome) -> Outcome:
    return replace(
        outcome,
        held=None,
        held_total=None,
        planned=0,
        cancelled=0,
        activities=(),
        not_counted=(),
        questions=0,
        held_is_floor=False,
        total_is_floor=False,
    )
