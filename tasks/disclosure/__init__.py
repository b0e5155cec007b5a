"""What may be shown of an outcome, by its commitment's disclosure class; small numbers over time in `over_time`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from config.schema import Commitment, Promise
from tasks.disclosure import over_time
from tasks.model import Activity, Dated, FollowUp, Outcome, Period
from tasks.periods import local_date, periods
from tasks.progress.counting import inside
from tasks.progress.reasons import WORDS, actor, not_known

# A follow-up without a moment is made after everything else.
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Setting:
    promise: Promise
    period: Period
    earlier: Sequence[Sequence[Outcome]]
    released: Sequence[FollowUp]
    at: datetime
    closed: bool
    templates: Mapping[str, str]


def disclose(
    promise: Promise,
    period: Period,
    outcomes: Sequence[Outcome],
    templates: Mapping[str, str],
    *,
    earlier: Sequence[Sequence[Outcome]] = (),
    released: Sequence[FollowUp] = (),
    as_of: datetime | None = None,
) -> tuple[Outcome, ...]:
    """Return the outcomes as they may be shown; what the class protects is gone, not only hidden in the texts.

    `earlier` are the outcomes of each earlier period as known now, oldest first, and `released` the follow-ups of every
    edition that was ever closed: a protected number is held against both. A period left out of `earlier` counts as
    reported, with zero where nothing is seen. `as_of` (aware) is the moment of the follow-up: before the period is
    over, only public outcomes are shown. `templates` word the reasons.
    """
    closed = as_of is None or local_date(as_of) > period.end
    setting = _Setting(promise, period, earlier, released, as_of or _LAST, closed, templates)
    return tuple(_disclosed(promise.commitment(o.commitment), o, setting) for o in outcomes)


def problems(promise: Promise, followup: FollowUp, released: Sequence[FollowUp]) -> list[str]:
    """Return what in a stored follow-up may not be told (any more), a Swedish sentence for each commitment.

    Since it was made, other editions may have been released, or a class made stricter.
    """
    # The very same follow-up told again tells nothing new.
    again = any((r.period, r.as_of) == (followup.period, followup.as_of) for r in released)
    order = [p.id for p in periods(promise)]
    found = []
    for outcome in followup.outcomes:
        commitment = promise.commitment(outcome.commitment)
        told = over_time.facts(commitment.id, released, order)
        if not _fits(commitment, outcome, followup.period):
            found.append(f"{commitment.heading}: utkastet visar mer än vad skyddet av uppgifterna tillåter.")
        elif not again and not over_time.sound(outcome.pieces, told, followup.as_of, commitment.threshold):
            found.append(f"{commitment.heading}: tillsammans med det som redan är publicerat röjs ett skyddat antal.")
    return found


def _disclosed(commitment: Commitment, outcome: Outcome, setting: _Setting) -> Outcome:
    if commitment.disclosure == "public":
        return _without_doubtful(outcome)
    if not setting.closed:
        return _hidden(outcome, WORDS.say(setting.templates, "not_over"))
    if commitment.disclosure == "yes_no":
        return _yes_no(commitment, outcome, setting.templates)
    if commitment.disclosure == "protected":
        return _protected(commitment, outcome, setting)
    return _count_only(outcome, setting)


def _without_doubtful(outcome: Outcome) -> Outcome:
    """Return the outcome without what nobody has confirmed: an unsure reading may be about something else."""
    return replace(outcome, not_counted=tuple(a for a in outcome.not_counted if a.band == "sure"))


def _yes_no(commitment: Commitment, outcome: Outcome, templates: Mapping[str, str]) -> Outcome:
    # Even a gap's reason or an open question would tell that there was something to ask about.
    if outcome.used is None:
        said = not_known(templates, outcome)
    else:
        told = {"actor": actor(templates, commitment), "unit": commitment.unit[1], "always": False}
        said = WORDS.say(templates, "used" if outcome.used else "not_used", **told)
    if outcome.used is not None and outcome.status == "uppgift saknas":
        said += " " + WORDS.say(templates, "gap_before")
    return replace(_bare(outcome), reason=said)


def _count_only(outcome: Outcome, setting: _Setting) -> Outcome:
    """Return the numbers with activities that tell neither place nor a day finer than the period."""
    period = setting.period
    now, before = _spans(setting)
    kept = [
        _anonymous(a, now if a.when and inside(a.when, period.start, period.end) else before)
        for a in outcome.activities
    ]
    # In an order that the days have no part in.
    kept.sort(key=lambda a: (a.when.start if a.when else date.min, a.count, a.id))
    shown = replace(outcome, activities=tuple(kept), not_counted=(), planned=0, cancelled=0, questions=0)
    if outcome.status != "inställt":
        return shown
    # What was called off was never held, and so is not told.
    if outcome.held_total == 0:
        return replace(shown, status="ej påbörjat", reason=WORDS.say(setting.templates, "nothing_yet"))
    return replace(shown, status="uppgift saknas", reason=not_known(setting.templates, outcome))


def _protected(commitment: Commitment, outcome: Outcome, setting: _Setting) -> Outcome:
    """Return the numbers that no small one can be worked out from, without rows of any kind."""
    period, every = setting.period, periods(setting.promise)
    so_far = [p for p in every if p.start <= period.start]
    known = _known(outcome, so_far, setting)
    told = over_time.facts(commitment.id, setting.released, [p.id for p in every])
    pieces, whole = over_time.tell([p.id for p in so_far], known, told, setting.at, commitment.threshold)
    # What reached over the border before it is in the period's piece and not in its number: both would tell of it.
    held = outcome.held if any((p.periods, p.number) == ((period.id,), outcome.held) for p in pieces) else None
    total = sum(p.number for p in pieces) if whole and pieces else None
    hidden: list[Literal["held", "held_total"]] = []
    if period.id in known and held is None:
        hidden.append("held")
    if not whole:
        hidden.append("held_total")
    shown = replace(
        _bare(outcome),
        held=held,
        held_total=total,
        held_is_floor=held is not None and outcome.held_is_floor,
        total_is_floor=total is not None and outcome.total_is_floor,
        activities=_lumps(outcome, held, total, setting),
        hidden=tuple(hidden),
        pieces=() if held is None and total is None else pieces,
    )
    return _said(shown, outcome, setting.templates)


def _known(outcome: Outcome, so_far: Sequence[Period], setting: _Setting) -> dict[str, int]:
    """Return the count of each period of which anything is known, be it that there was nothing."""
    said = [*zip(so_far[:-1], setting.earlier, strict=False), (so_far[-1], (outcome,))]
    silent = {p.id for p, found in said for o in found if o.commitment == outcome.commitment and o.held is None}
    return {p: n for p, n in over_time.counts(outcome.activities, so_far).items() if n or p not in silent}


def _said(shown: Outcome, outcome: Outcome, templates: Mapping[str, str]) -> Outcome:
    """Return a protected outcome with a status and a reason that rest on the shown numbers alone."""
    if shown.held_total is not None:
        rest = f" {WORDS.say(templates, 'hidden_period')}" if "held" in shown.hidden else ""
        return replace(shown, reason=f"{outcome.reason}{rest}".strip())
    if shown.held is not None:
        return replace(shown, status="kan inte redovisas", reason=WORDS.say(templates, "hidden_total"))
    if "held" in shown.hidden:
        return replace(_hidden(outcome, WORDS.say(templates, "hidden")), hidden=shown.hidden)
    return replace(shown, status="uppgift saknas", reason=not_known(templates, outcome))


def _lumps(outcome: Outcome, held: int | None, total: int | None, setting: _Setting) -> tuple[Activity, ...]:
    """Return one activity for each shown number: how many reports it came in is not told."""
    now, before = _spans(setting)
    parts: list[tuple[Sequence[Activity], Dated, int | None]]
    if held is None:
        parts = [(outcome.activities, replace(now, start=before.start), total)]
    else:
        mine = [a for a in outcome.activities if a.when and inside(a.when, now.start, now.end)]
        rest = [a for a in outcome.activities if a not in mine]
        parts = [(rest, before, total), (mine, now, held)]
    return tuple(_lump(several, when) for several, when, shown in parts if several and shown is not None)


def _lump(several: Sequence[Activity], when: Dated) -> Activity:
    ids = tuple(dict.fromkeys(key for a in several for key in (a.record_ids or (a.id,))))
    return _anonymous(replace(several[0], count=sum(a.count for a in several), record_ids=ids), when)


def _spans(setting: _Setting) -> tuple[Dated, Dated]:
    """Return the period, and the days from the signing up to it, as precise as they may be told."""
    period, signed = setting.period, setting.promise.signed
    now = Dated(period.start, period.end, "period")
    return now, Dated(signed, max(signed, period.start - timedelta(days=1)), "period")


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


def _fits(commitment: Commitment, outcome: Outcome, period: str) -> bool:
    """Return whether an outcome shows no more than its class lets through."""
    if commitment.disclosure == "public":
        return True
    if outcome.not_counted or outcome.planned or outcome.cancelled:
        return False
    if commitment.disclosure == "yes_no":
        return outcome.held is None and outcome.held_total is None and not outcome.activities
    if any(a.place or a.when is None or a.when.precision != "period" for a in outcome.activities):
        return False
    if commitment.disclosure == "count_only":
        return True
    alone = {p.number for p in outcome.pieces if p.periods == (period,)}
    total = {sum(p.number for p in outcome.pieces)} if outcome.pieces else set()
    return outcome.held in {None, *alone} and outcome.held_total in {None, *total}
