"""A draft → every byte that will leave the house, with what the channels would not accept said at once."""

from __future__ import annotations

from collections.abc import Sequence

from config import Config
from config.schema import Channel, Promise
from tasks import channels, composing, correcting, pages, wording
from tasks.model import Block, Draft, Edition, Entry, FollowUp, Output, Publication, Refused
from tasks.pages import notices, soundness
from tasks.periods import period as period_of
from tasks.store import Db, drafts, publications


def render(db: Db, config: Config, draft: Draft, blocks: Sequence[Block]) -> tuple[Output, ...]:
    """Return the outputs of a draft with these blocks; Refused names what a channel would not accept."""
    return outputs(compose(db, config, draft, blocks))


def compose(db: Db, config: Config, draft: Draft, blocks: Sequence[Block]) -> Edition:
    """Return all that a draft with these blocks is rendered from, as the database says now."""
    promise = config.promises[draft.promise]
    return composing.compose(
        promise=promise,
        municipality=config.municipality_of(promise),
        channels=config.channels_of(promise),
        templates=config.templates,
        followup=draft.followup,
        edition=draft.edition,
        blocks=blocks,
        earlier=earlier_entries(db, config, draft.promise, draft.period),
        changes=_changes(db, config, promise, draft, blocks),
        previous=_previous(db, draft),
        before=_before(db, draft),
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


def _previous(db: Db, draft: Draft) -> list[tuple[int, str]]:
    """Return the earlier editions with their approved hashes; none that was taken back, for a hash proves a guess."""
    return [
        (h.edition, h.sha256)
        for h in drafts.headings(db, draft.promise)
        if (h.period, h.state) == (draft.period, "closed")
        and h.edition < draft.edition
        and not publications.retraction(db, h.promise, h.period, h.edition)
    ]


def _before(db: Db, draft: Draft) -> list[FollowUp]:
    """Return the follow-ups of earlier periods that stand in the open: the newest closed edition, if not taken back."""
    newest = {
        h.period: h for h in drafts.headings(db, draft.promise) if h.state == "closed" and h.period < draft.period
    }
    standing = [h for h in newest.values() if not publications.retraction(db, h.promise, h.period, h.edition)]
    return [found.followup for h in standing if (found := drafts.draft(db, h.id))]


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
        earlier_entries(db, config, row.promise, row.period),
    )


def earlier_entries(db: Db, config: Config, slug: str, period: str) -> list[Entry]:
    """Return the feed entries of the closed editions before a period, the newest edition of each, oldest first."""
    promise = config.promises[slug]
    newest: dict[str, Entry] = {}
    for heading in drafts.headings(db, slug):
        if heading.state != "closed" or heading.period >= period:
            continue
        retraction = publications.retraction(db, slug, heading.period, heading.edition)
        found = drafts.draft(db, heading.id)
        if retraction is not None:
            newest[heading.period] = notices.entry(
                config.templates, promise, period_of(promise, heading.period), retraction
            )
        elif found:
            newest[heading.period] = wording.entry(config.templates, promise, found.followup, found.edition)
    return [newest[key] for key in sorted(newest)]
