"""What is new in a draft: against the version one read, the edition before it, and the period before it."""

from __future__ import annotations

from dataclasses import dataclass

from config.schema import Promise
from flows.review import previews
from flows.review.texts import Change
from tasks.model import Draft, Status
from tasks.periods import periods
from tasks.store import Db, drafts

# The figures that a correction is about; the others only repeat them in words.
_NAMED = ("status", "result", "planned", "cancelled", "not_counted", "gaps")


@dataclass(frozen=True, slots=True)
class Correction:
    """A disclosed figure that differs from the edition before."""

    heading: str
    token: str
    old: str
    new: str


def last_period(db: Db, promise: Promise, draft: Draft) -> dict[str, Status]:
    """Return each commitment's status in the newest edition of the period before; empty for the first period."""
    earlier = [p for p in periods(promise) if p.end < draft.followup.start]
    found = drafts.latest(db, promise.slug, earlier[-1].id) if earlier else None
    return {o.commitment: o.status for o in found.followup.outcomes} if found else {}


def last_edition(db: Db, promise: Promise, draft: Draft) -> list[Correction]:
    """Return the figures that a correction changes; empty for a first edition."""
    before = next((h for h in drafts.headings(db, promise.slug) if _is_before(h, draft)), None)
    found = drafts.draft(db, before.id) if before else None
    if found is None:
        return []
    old = {f.token: f.text for f in found.followup.figures}
    headings = {c.id: c.heading for c in promise.commitments}
    return [
        Correction(headings[own], f.token, old[f.token], f.text)
        for f in draft.followup.figures
        for own, _, name in [f.token.partition(".")]
        if own in headings and name in _NAMED and f.token in old and old[f.token] != f.text
    ]


def since(db: Db, draft: Draft, revision: int) -> list[tuple[str, tuple[Change, ...]]]:
    """Return how the outgoing texts differ from those of an earlier revision; empty when there is none to show."""
    if not 0 < revision < draft.revision:
        return []
    before = {(o.channel, o.name): o for o in drafts.rendered(db, draft.id, revision)}
    found = []
    for output in drafts.rendered(db, draft.id, draft.revision):
        old = before.get((output.channel, output.name))
        if old and old.body != output.body and output.media_type.startswith("text/"):
            found.append((f"{output.channel}: {output.name}", tuple(previews.difference(old, output))))
    return found


def _is_before(heading: drafts.Heading, draft: Draft) -> bool:
    return heading.period == draft.period and heading.edition == draft.edition - 1
