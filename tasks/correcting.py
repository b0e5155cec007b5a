"""What a later edition changes against the one before it, as sentences that citizens read."""

from __future__ import annotations

from collections.abc import Sequence

from config.schema import Promise
from tasks import wording
from tasks.model import Block, FollowUp

_MOVED = (("status", "läget var ”{}” och är nu ”{}”"), ("result", "resultatet var ”{}” och är nu ”{}”"))


def changes(
    promise: Promise, before: FollowUp, old_blocks: Sequence[Block], now: FollowUp, blocks: Sequence[Block]
) -> tuple[tuple[str, str], ...]:
    """Return (commitment's heading, sentence) for each moved figure and each rewritten text of an edition.

    A text that says the same with other figures is told by its figures alone.
    """
    found = [(c.heading, s) for c in promise.commitments for s in _figures(c.id, before, now)]
    texts = {(b.template, b.part): wording.fill(b.text, before.figures) for b in old_blocks}
    headings = {c.id: c.heading for c in promise.commitments}
    told = {heading for heading, _ in found}
    for block in blocks:
        heading = headings.get(block.part, "Texten")
        if heading not in told and texts.get((block.template, block.part)) != wording.fill(block.text, now.figures):
            found.append((heading, "texten är ändrad"))
            told.add(heading)
    return tuple(found)


def _figures(commitment: str, before: FollowUp, now: FollowUp) -> list[str]:
    old, new = ({f.token: f.text for f in follow.figures} for follow in (before, now))
    said = []
    for name, sentence in _MOVED:
        was, is_now = old.get(f"{commitment}.{name}"), new.get(f"{commitment}.{name}")
        # A word that staff changed in between is no news.
        if name == "status" and before.outcome(commitment).status == now.outcome(commitment).status:
            continue
        if was is not None and is_now is not None and was != is_now:
            said.append(sentence.format(was, is_now))
    return said
