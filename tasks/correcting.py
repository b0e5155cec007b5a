"""What a later edition changes against the one before it, as sentences that citizens read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from config.schema import Promise
from tasks import wording
from tasks.model import Block, FollowUp
from tasks.wording.news import WORDS


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
        if name != "status" or before.outcome(commitment).status != now.outcome(commitment).status:
            said.append(WORDS.say(templates, f"changed_{name}", before=was, now=is_now))
    return said
