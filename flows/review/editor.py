"""A draft's texts as forms: each block with its figures, what was typed, and what stands in its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.schema import Promise
from flows.review.texts import Change, Piece, filled, tokens_in
from tasks.model import Block, Draft, Figure, digest

# The fixed parts of a page or post, as the templates name them.
_PARTS = {"lead": "Inledning", "post": "Inlägg", "text": "Inlägg", "method": "Så har vi räknat", "next": "Nästa gång"}


@dataclass(frozen=True, slots=True)
class Editor:
    """One block as its form shows it; `typed` is what the person wrote and the page could not save."""

    block: Block
    heading: str
    paragraphs: list[list[Piece]]
    figures: tuple[Figure, ...]
    typed: str
    remarks: tuple[str, ...] = ()
    # What the text says now, against what the person wrote.
    changes: tuple[Change, ...] = ()

    @property
    def used(self) -> tuple[Figure, ...]:
        """The figures that the text shows now."""
        tokens = tokens_in(self.block.text)
        return tuple(f for f in self.figures if f.token in tokens)

    @property
    def key(self) -> str:
        """What names the block in a form."""
        return key(self.block)

    @property
    def field(self) -> str:
        """The name of the block's form field."""
        return field(self.block)

    @property
    def seen(self) -> str:
        """A fingerprint of the text that the form was filled with."""
        return fingerprint(self.block.text)

    @property
    def open(self) -> bool:
        """Whether the form should stand open: something in it needs the person."""
        return bool(self.remarks or self.changes or self.block.conflict or self.typed != self.block.text)


def editors(
    draft: Draft,
    promise: Promise,
    order: Sequence[str],
    typed: Mapping[str, str],
    remarks: Mapping[str, tuple[str, ...]],
    changes: Mapping[str, tuple[Change, ...]],
) -> dict[str, list[Editor]]:
    """Return a draft's blocks by template in `order`, each as its form shows it; the mappings are by block key."""
    figures = {f.token: f for f in draft.followup.figures}
    found: dict[str, list[Editor]] = {}
    for block in sorted(draft.blocks, key=lambda b: order.index(b.template) if b.template in order else len(order)):
        used = tokens_in(block.text)
        editor = Editor(
            block=block,
            heading=heading(promise, block.part),
            paragraphs=filled(block.text, figures),
            figures=tuple(f for t, f in figures.items() if t in used or t.startswith(f"{block.part}.")),
            typed=typed.get(key(block), block.text),
            remarks=remarks.get(key(block), ()),
            changes=changes.get(key(block), ()),
        )
        found.setdefault(block.template, []).append(editor)
    return found


def heading(promise: Promise, part: str) -> str:
    """Return what a block is about: a commitment's heading, or the name of a fixed part."""
    return next((c.heading for c in promise.commitments if c.id == part), _PARTS.get(part, part.capitalize()))


def key(block: Block) -> str:
    """Return what names a block in a form."""
    return f"{block.template}:{block.part}"


def field(block: Block) -> str:
    """Return the name of a block's text field."""
    return f"text:{key(block)}"


def plain(text: str) -> str:
    """Return a textarea's text with the line ends that we store."""
    return text.replace("\r\n", "\n").strip()


def fingerprint(text: str) -> str:
    """Return what tells two texts apart, line ends and outer space left aside."""
    return digest(plain(text))[:16]
