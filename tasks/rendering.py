"""A draft → every byte that will leave the house, with what the channels would not accept said at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from config import Config
from config.schema import Channel, Promise
from tasks import channels, composing, correcting, pages, wording
from tasks.model import Block, Draft, Edition, Entry, FollowUp, Output, Publication, Refused, Retraction
from tasks.pages import notices, soundness
from tasks.periods import period as period_of
from tasks.store import Db, drafts, publications


@dataclass(frozen=True, slots=True)
class _Told:
    """An edition that both parties have approved; `retraction` where it was taken back later."""

    heading: drafts.Heading
    followup: FollowUp
    retraction: Retraction | None


def render(db: Db, config: Config, draft: Draft, blocks: Sequence[Block]) -> tuple[Output, ...]:
    """Return the outputs of a draft with these blocks; Refused names what a channel would not accept."""
    return outputs(compose(db, config, draft, blocks))


def compose(db: Db, config: Config, draft: Draft, blocks: Sequence[Block]) -> Edition:
    """Return all that a draft with these blocks is rendered from, as the database says now."""
    promise = config.promises[draft.promise]
    closed = _closed(db, draft.promise)
    return composing.compose(
        promise=promise,
        municipality=config.municipality_of(promise),
        channels=config.channels_of(promise),
        templates=config.templates,
        followup=draft.followup,
        edition=draft.edition,
        blocks=blocks,
        earlier=_entries(config, promise, draft.period, closed),
        changes=_changes(db, config, promise, draft, blocks),
        previous=_previous(draft, closed),
        before=_before(draft, closed),
    )


def outputs(edition: Edition) -> tuple[Output, ...]:
    """Return an edition's outputs, the same for equal editions; Refused names what a channel would not accept."""
    made = composing.outputs(edition)
    problems = [
        f"{channel.name}: {problem}"
        for channel in edition.channels
        for problem in channels.kind(channel.kind).fits(channel, tuple(o for o in made if o.channel == channel.id))
    ]
    problems += [
        f"{output.channel}: sidan kan inte godkännas: {problem}. Rätta mallen {template}."
        for output in made
        for name, template in (("index.html", pages.PAGE), (pages.STANDING_FILE, pages.STANDING))
        if output.name.endswith(f"/{name}")
        for problem in soundness.problems(output.body)
    ]
    if problems:
        raise Refused("\n".join(problems))
    return made


def _changes(
    db: Db, config: Config, promise: Promise, draft: Draft, blocks: Sequence[Block]
) -> tuple[tuple[str, str], ...]:
    before = drafts.edition(db, draft.promise, draft.period, draft.edition - 1) if draft.edition > 1 else None
    # What was taken back is not said again in the sentence that tells what changed.
    if before is None or publications.retraction(db, draft.promise, draft.period, before.edition):
        return ()
    return correcting.changes(config.templates, promise, before.followup, before.blocks, draft.followup, blocks)


def _closed(db: Db, promise: str) -> list[_Told]:
    """Return the closed editions of a promise, by period and edition."""
    taken_back = publications.retracted(db, promise)
    found = []
    for heading, followup in drafts.closed(db, promise):
        retraction = taken_back.get(heading.period)
        covers = retraction is not None and retraction.edition >= heading.edition
        found.append(_Told(heading, followup, retraction if covers else None))
    return found


def _previous(draft: Draft, closed: Sequence[_Told]) -> list[tuple[int, str]]:
    """Return the earlier editions with their approved hashes; none that was taken back, for a hash proves a guess."""
    return [
        (t.heading.edition, t.heading.sha256)
        for t in closed
        if t.heading.period == draft.period and t.heading.edition < draft.edition and t.retraction is None
    ]


def _before(draft: Draft, closed: Sequence[_Told]) -> list[FollowUp]:
    """Return the follow-ups of earlier periods that stand in the open: the newest closed edition, if not taken back."""
    newest = {t.heading.period: t for t in closed if t.heading.period < draft.period}
    return [t.followup for t in newest.values() if t.retraction is None]


def notice(db: Db, config: Config, row: Publication, channel: Channel) -> tuple[Output, ...]:
    """Return what takes a retracted publication's place on a site; a post has nothing in its place."""
    retraction = publications.retraction(db, row.promise, row.period, row.edition)
    if retraction is None:
        raise Refused(f"{row.promise} {row.period}, utgåva {row.edition}, är inte återkallad.")
    if channel.role == "post":
        return ()
    promise = config.promises[row.promise]
    return notices.notice(
        promise,
        config.municipality_of(promise),
        config.channels_of(promise),
        channel,
        period_of(promise, row.period),
        retraction,
        config.templates,
        _entries(config, promise, row.period, _closed(db, row.promise)),
    )


def _entries(config: Config, promise: Promise, period: str, closed: Sequence[_Told]) -> list[Entry]:
    """Return the feed entries of the closed editions before a period, the newest edition of each, oldest first."""
    newest = {t.heading.period: t for t in closed if t.heading.period < period}
    return [
        wording.entry(config.templates, promise, told.followup, told.heading.edition)
        if told.retraction is None
        else notices.entry(config.templates, promise, period_of(promise, key), told.retraction)
        for key, told in sorted(newest.items())
    ]
