"""The end of a promise: every part over all periods, what could not be followed up and why, and a better wording.

Only what this follow-up and the earlier public ones tell enters: nothing is counted anew that disclosure has hidden.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from config.schema import Commitment, Promise
from tasks import coach
from tasks.model import FollowUp, Outcome, Period, Piece
from tasks.periods import periods
from tasks.progress.counting import inside
from tasks.progress.reasons import count, enumeration
from tasks.wording.figures import WORDS, target_text, used_text


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole promise: `head` and `rows` of the table, and what people should know for the next one."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    # (heading, what was told) of the duty to tell, which is told in total only.
    duty: tuple[tuple[str, str], ...]
    # (why, headings) of the parts that could not be followed up, each reason once; (heading, wording) for the next one.
    not_followed: tuple[tuple[str, str], ...]
    suggestions: tuple[tuple[str, str], ...]


def whole(
    templates: Mapping[str, str], promise: Promise, followup: FollowUp, before: Sequence[FollowUp]
) -> Whole | None:
    """Return the whole promise after its last period, worded by resultat.j2; None before that.

    `before` are the follow-ups of the earlier periods that stand in the open.
    """
    every = periods(promise)
    if followup.period != every[-1].id:
        return None
    told = {f.period: {o.commitment: o for o in f.outcomes} for f in (*before, followup)}
    say = partial(WORDS.say, templates)
    rows, duty = [], []
    for outcome in followup.outcomes:
        commitment = promise.commitment(outcome.commitment)
        if commitment.measure == "duty":
            result = next(f.text for f in followup.figures if f.token == f"{commitment.id}.result")
            duty.append((commitment.heading, result))
            continue
        own = [told.get(p.id, {}).get(commitment.id) for p in every]
        cells = _cells(templates, commitment, outcome, every, own)
        total = _total(templates, commitment, outcome, own)
        rows.append((commitment.heading, *cells, total, target_text(templates, commitment)))
    advice = coach.of_promise(promise)
    return Whole(
        (say("head_part"), *(p.name for p in every), say("head_total"), say("head_target")),
        tuple(rows),
        tuple(duty),
        _not_followed(templates, advice, followup),
        tuple((a.heading, a.suggestion) for a in advice if a.missing),
    )


def _cells(
    templates: Mapping[str, str],
    commitment: Commitment,
    outcome: Outcome,
    every: Sequence[Period],
    told: Sequence[Outcome | None],
) -> tuple[str, ...]:
    """Return what each period's cell says, by what the class lets be told."""
    if commitment.disclosure == "yes_no":
        return tuple(used_text(templates, o.used if o else None) for o in told)
    if commitment.disclosure == "protected":
        return tuple(_as_told(templates, p, o) for p, o in zip(every, told, strict=True))
    if commitment.disclosure == "count_only":
        return tuple(
            WORDS.say(templates, "absent")
            if o is None or o.held is None
            else count(templates, o.held, floor=o.held_is_floor)
            for o in told
        )
    return tuple(_counted(templates, outcome, p, o) for p, o in zip(every, told, strict=True))


def _as_told(templates: Mapping[str, str], period: Period, told: Outcome | None) -> str:
    """Return a protected number as its own follow-up told it.

    The pieces of this follow-up say more than its page: a period's piece may be known where its number is hidden. A
    number from before the protection has no such piece, and is not told again.
    """
    if told is None or told.held is None or Piece((period.id,), told.held) not in told.pieces:
        return WORDS.say(templates, "not_shown")
    return count(templates, told.held, floor=told.held_is_floor)


def _counted(templates: Mapping[str, str], outcome: Outcome, period: Period, told: Outcome | None) -> str:
    """Return a public number as known now; zero only where it was told to be zero."""
    mine = [a for a in outcome.activities if a.when and inside(a.when, period.start, period.end)]
    if mine:
        return str(sum(a.count for a in mine))
    return "0" if told is not None and told.held == 0 else WORDS.say(templates, "absent")


def _total(
    templates: Mapping[str, str], commitment: Commitment, outcome: Outcome, told: Sequence[Outcome | None]
) -> str:
    if commitment.disclosure == "yes_no":
        used = [o.used if o else None for o in told]
        never = "never_used" if all(u is False for u in used) else "absent"
        return WORDS.say(templates, "ever_used" if True in used else never)
    if outcome.held_total is None:
        secret = commitment.disclosure == "protected" or outcome.hidden
        return WORDS.say(templates, "not_shown" if secret else "absent")
    return count(templates, outcome.held_total, floor=outcome.total_is_floor)


def _not_followed(
    templates: Mapping[str, str], advice: Sequence[coach.Advice], followup: FollowUp
) -> tuple[tuple[str, str], ...]:
    """Return each reason once, with the parts that it holds for."""
    found: dict[str, list[str]] = {}
    for one in advice:
        for why in _why(templates, one, followup.outcome(one.key)):
            found.setdefault(why, []).append(one.heading)
    return tuple((why, enumeration(headings)) for why, headings in found.items())


def _why(templates: Mapping[str, str], advice: coach.Advice, outcome: Outcome) -> tuple[str, ...]:
    """Return why a part could not be followed up: what was never reported, and what the wording leaves open."""
    missing = (outcome.reason,) if outcome.status == "uppgift saknas" else ()
    return (*missing, *(coach.why(templates, advice) if len(advice.missing) > 1 else ()))
