"""What is new in a draft: since one read it, since newer data came, since the last edition and the last period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.schema import Channel, Promise
from flows.review import editor, previews, texts
from flows.review.texts import Change
from tasks.channels._post import ALT
from tasks.model import Draft, FollowUp, Status
from tasks.periods import periods
from tasks.store import Db, drafts, history, outputs, publications
from tasks.store.outputs import Filed

# The figures that a correction is about; the others only repeat them in words.
_NAMED = ("status", "result", "planned", "cancelled", "not_counted", "gaps")
# What gives an edition its figures, and what people said of them.
_SNAPSHOTS = ("draft_new", "draft_correction", "draft_revised")


@dataclass(frozen=True, slots=True)
class Correction:
    """A disclosed figure, or a status, that differs from the edition or the period before."""

    heading: str
    token: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """How a commitment stood in the period before: its status, and its result in words."""

    status: Status
    result: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What differs in the same words from an earlier version, by channel."""

    names: tuple[str, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One text of a template against what it said before."""

    template: str
    heading: str
    changes: tuple[Change, ...]

    @property
    def differs(self) -> bool:
        """Whether any word is new or gone."""
        return any(c.kind != "same" for c in self.changes)


def period_before(db: Db, promise: Promise, draft: Draft) -> Draft | None:
    """Return the newest edition of the period before; None for the first one."""
    earlier = [p for p in periods(promise) if p.end < draft.followup.start]
    return _shown(db, drafts.latest(db, promise.slug, earlier[-1].id)) if earlier else None


def edition_before(db: Db, draft: Draft) -> Draft | None:
    """Return the edition that a correction corrects; None for a first one."""
    if draft.edition == 1:
        return None
    return _shown(db, drafts.edition(db, draft.promise, draft.period, draft.edition - 1))


def _shown(db: Db, draft: Draft | None) -> Draft | None:
    """Return a draft that may be compared with: what was taken back for secrecy is not told by what differs from it."""
    hidden = draft is None or publications.is_secret(db, draft.promise, draft.period, draft.edition)
    return None if hidden else draft


def standings(before: Draft | None) -> dict[str, Earlier]:
    """Return how each commitment stood in an earlier draft."""
    if before is None:
        return {}
    figures = _said(before.followup)
    return {
        o.commitment: Earlier(o.status, figures.get(f"{o.commitment}.result", "")) for o in before.followup.outcomes
    }


def news(promise: Promise, before: Draft | None, draft: Draft) -> list[Correction]:
    """Return the commitments that have another status than in the period before."""
    old = standings(before)
    return [
        Correction(
            promise.commitment(o.commitment).heading, f"{o.commitment}.status", old[o.commitment].status, o.status
        )
        for o in draft.followup.outcomes
        if o.commitment in old and old[o.commitment].status != o.status
    ]


def corrections(promise: Promise, before: Draft | None, draft: Draft) -> list[Correction]:
    """Return the figures that a correction changes against the edition before; empty for a first edition."""
    if before is None:
        return []
    old = _said(before.followup)
    headings = {c.id: c.heading for c in promise.commitments}
    return [
        Correction(headings[own], f.token, old[f.token], f.text)
        for f in draft.followup.figures
        for own, _, name in [f.token.partition(".")]
        if own in headings and name in _NAMED and f.token in old and old[f.token] != f.text
    ]


def moved(db: Db, draft: Draft) -> dict[str, str]:
    """Return what the figures that newer data moved said before, by token.

    Before means: when somebody last approved this edition, else in the snapshot that the present one replaced.
    """
    log = history.events(db, draft.promise, draft.period, (*_SNAPSHOTS, "approved"))
    now, shown, known = "", "", ""
    for event in reversed(log):
        if event.detail.get("edition") != draft.edition:
            continue
        if event.action == "approved":
            known = now
        elif event.detail.get("snapshot") != now:
            shown, now = now, str(event.detail.get("snapshot"))
    sha256 = known or shown
    before = drafts.snapshot(db, draft.promise, draft.period, sha256) if sha256 and sha256 != now else None
    if before is None:
        return {}
    old = _said(before)
    return {f.token: old[f.token] for f in draft.followup.figures if old.get(f.token, f.text) != f.text}


def texts_between(promise: Promise, before: Draft, draft: Draft) -> list[Compared]:
    """Return every text of a draft, its figures filled in, against the same text of an earlier draft."""
    old, new = _texts(before), _texts(draft)
    return [
        Compared(template, editor.heading(promise, part), tuple(texts.compare(old.get(key, ""), new.get(key, ""))))
        for key in dict.fromkeys([*new, *old])
        for template, _, part in [key.partition(":")]
    ]


def by_template(compared: Sequence[Compared]) -> dict[str, list[Compared]]:
    """Return compared texts by the template that wrote them, in their order."""
    found: dict[str, list[Compared]] = {}
    for one in compared:
        found.setdefault(one.template, []).append(one)
    return found


def since(db: Db, draft: Draft, revision: int, channels: Sequence[Channel]) -> list[Rendered]:
    """Return how the outgoing texts differ from those of an earlier revision, each difference once, shortened."""
    if not 0 < revision < draft.revision:
        return []
    before = {(f.channel, f.name): f.sha256 for f in outputs.filed(db, draft.id, revision)}
    known = {c.id: c.name for c in channels}
    found: dict[tuple[Change, ...], list[str]] = {}
    for file in outputs.filed(db, draft.id, draft.revision):
        if before.get((file.channel, file.name), file.sha256) == file.sha256 or not _is_text(file):
            continue
        old, new = (outputs.one(db, draft.id, r, file.channel, file.name) for r in (revision, draft.revision))
        if old and new:
            changes = texts.shortened(previews.difference(old, new))
            found.setdefault(tuple(changes), []).append(_label(file, known))
    return [Rendered(tuple(names), changes) for changes, names in found.items()]


def _is_text(output: Filed) -> bool:
    # The piece that a CMS takes says what the page says.
    return output.media_type.startswith("text/") and not output.name.endswith("fragment.html")


def _label(output: Filed, channels: Mapping[str, str]) -> str:
    channel = channels.get(output.channel, output.channel)
    return f"{channel}, bildens alt-text" if output.name.endswith(ALT) else channel


def _texts(draft: Draft) -> dict[str, str]:
    figures = {f.token: f for f in draft.followup.figures}
    return {editor.key(b): texts.plain(b.text, figures) for b in draft.blocks}


def _said(followup: FollowUp) -> dict[str, str]:
    return {f.token: f.text for f in followup.figures}
