"""What a later edition changes against the one before it, as sentences that citizens read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any

from config.schema import Promise
from tasks import wording
from tasks.model import Block, FollowUp, Outcome
from tasks.wording.news import WORDS

# What the words for a status and for a result stand for.
_BEHIND: Mapping[str, Callable[[Outcome], Any]] = {
    "status": attrgetter("status"),
    "result": lambda o: (
        *(o.held, o.held_is_floor, o.held_total, o.total_is_floor, o.target, o.used, o.hidden),
        o.status == "kan inte redovisas",
    ),
}
# The figures whose words are a template's: with the same facts behind them they say the same.
_WORDED = (
    *("held", "held_total", "target", "reason", "result", "goal", "used", "places", "months"),
    *("activities", "not_counted", "gaps"),
)


def changes(
    templates: Mapping[str, str],
    promise: Promise,
    before: FollowUp,
    old_blocks: Sequence[Block],
    now: FollowUp,
    blocks: Sequence[Block],
) -> tuple[tuple[str, str], ...]:
    """Return (commitment's heading, sentence) for each moved figure and each rewritten text of an edition.

    A text that says the same with other figures is told by its figures alone.
    """
    found = [(c.heading, s) for c in promise.commitments for s in _figures(templates, c.id, before, now)]
    texts = {(b.template, b.part): wording.fill(b.text, before.figures) for b in old_blocks}
    headings = {c.id: c.heading for c in promise.commitments}
    told = {heading for heading, _ in found}
    for block in blocks:
        heading = headings.get(block.part) or WORDS.say(templates, "changed_elsewhere")
        if heading not in told and texts.get((block.template, block.part)) != wording.fill(block.text, now.figures):
            found.append((heading, WORDS.say(templates, "changed_text")))
            told.add(heading)
    return tuple(found)


def _figures(templates: Mapping[str, str], commitment: str, before: FollowUp, now: FollowUp) -> list[str]:
    old, new = ({f.token: f.text for f in follow.figures} for follow in (before, now))
    said = []
    for name in ("status", "result"):
        was, is_now = old.get(f"{commitment}.{name}"), new.get(f"{commitment}.{name}")
        if was is None or is_now is None or was == is_now:
            continue
        # A word that staff changed in between is no news.
        if _BEHIND[name](before.outcome(commitment)) != _BEHIND[name](now.outcome(commitment)):
            said.append(WORDS.say(templates, f"changed_{name}", before=was, now=is_now))
    return said


def moved(before: FollowUp | None, now: FollowUp) -> tuple[tuple[str, str, str], ...]:
    """Return (token, before, now) of each figure that says something else than it did."""
    if before is None:
        return ()
    old = {f.token: f.text for f in before.figures}
    new = {f.token: f.text for f in now.figures}
    tokens = sorted(old.keys() | new.keys())
    return tuple((t, old.get(t, ""), new.get(t, "")) for t in tokens if old.get(t) != new.get(t))


def in_fact(
    found: Sequence[tuple[str, str, str]], before: FollowUp, now: FollowUp, promise: Promise
) -> list[tuple[str, str, str]]:
    """Return the moved figures without what is only worded anew: no published page is wrong for that."""
    facts = {o.commitment: _facts(o) for o in before.outcomes}
    status = {o.commitment: o.status for o in before.outcomes}
    same = {
        f"{o.commitment}.{name}"
        for o in now.outcomes
        if facts.get(o.commitment) == _facts(o)
        for name in _WORDED
        # Of the duty to follow up the reason tells what no figure does: which period was late.
        if name != "reason" or promise.commitment(o.commitment).measure != "duty"
    }
    same |= {f"{o.commitment}.status" for o in now.outcomes if status.get(o.commitment) == o.status}
    if status == {o.commitment: o.status for o in now.outcomes}:
        same.add("summary")
    if before.next_due == now.next_due:
        same.add("next_due")
    return [change for change in found if change[0] not in same]


def _facts(outcome: Outcome) -> Outcome:
    """Return an outcome without the templates' words; why an activity isn't counted follows from the activity."""
    left_out = tuple(replace(a, reasons=a.reasons[1:]) for a in outcome.not_counted)
    return replace(outcome, reason="", not_counted=left_out)
