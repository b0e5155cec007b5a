"""A draft's blocks → everything that one edition is made of, and of that every byte that will leave the house."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from config.schema import Channel, Municipality, Promise
from tasks import pages, wording
from tasks.model import Block, Edition, Entry, FollowUp, Output


def compose(
    *,
    promise: Promise,
    municipality: Municipality,
    channels: Sequence[Channel],
    templates: Mapping[str, str],
    followup: FollowUp,
    edition: int,
    blocks: Sequence[Block],
    earlier: Sequence[Entry],
    changes: Sequence[tuple[str, str]] = (),
    previous: Sequence[tuple[int, str]] = (),
    before: Sequence[FollowUp] = (),
) -> Edition:
    """Return what an edition is made of, tokens filled in; Refused names an unknown token."""
    texts: dict[str, dict[str, str]] = {}
    for block in blocks:
        texts.setdefault(block.template, {})[block.part] = wording.fill(block.text, followup.figures)
    return Edition(
        promise=promise,
        municipality=municipality,
        followup=followup,
        edition=edition,
        channels=tuple(channels),
        texts=texts,
        templates=templates,
        earlier=tuple(earlier),
        changes=tuple(changes),
        previous=tuple(previous),
        before=tuple(before),
    )


def outputs(edition: Edition) -> tuple[Output, ...]:
    """Return the rendered outputs of all channels: of equal editions the same bytes."""
    return tuple(output for channel in edition.channels for output in pages.render(edition, channel))
