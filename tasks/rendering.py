"""A draft → every byte that will leave the house, with what the channels would not accept said at once."""

from __future__ import annotations

from collections.abc import Sequence

from config import Config
from tasks import channels, composing, wording
from tasks.model import Block, Draft, Entry, Output, Refused
from tasks.store import Db, drafts


def render(db: Db, config: Config, draft: Draft, blocks: Sequence[Block]) -> tuple[Output, ...]:
    """Return the outputs of a draft with these blocks; Refused names what a channel would not accept."""
    promise = config.promises[draft.promise]
    selected = config.channels_of(promise)
    made = composing.compose(
        promise=promise,
        municipality=config.municipality_of(promise),
        channels=selected,
        templates=config.templates,
        followup=draft.followup,
        edition=draft.edition,
        blocks=blocks,
        earlier=earlier_entries(db, config, draft.promise, draft.period),
    )
    problems = [
        f"{channel.name}: {problem}"
        for channel in selected
        for problem in channels.kind(channel.kind).fits(channel, tuple(o for o in made if o.channel == channel.id))
    ]
    if problems:
        raise Refused("\n".join(problems))
    return made


def earlier_entries(db: Db, config: Config, promise: str, period: str) -> list[Entry]:
    """Return the feed entries of the closed editions before a period, the newest edition of each, oldest first."""
    newest: dict[str, Entry] = {}
    for heading in drafts.headings(db, promise):
        if heading.state == "closed" and heading.period < period:
            found = drafts.draft(db, heading.id)
            if found:
                newest[heading.period] = wording.entry(config.promises[promise], found.followup, found.edition)
    return [newest[key] for key in sorted(newest)]
