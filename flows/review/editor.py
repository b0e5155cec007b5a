"""A draft's texts as forms: each block with its figures, what was typed, and what stands in its way."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.schema import Promise
from flows.review.previews import Post
from flows.review.texts import Change, Sentence, filled, tokens_in
from tasks import wording
from tasks.model import Block, Draft, Figure, digest

# The fixed parts of a page or post, as the templates name them.
_PARTS = {"lead": "Inledning", "post": "Inlägg", "text": "Inlägg", "method": "Så har vi räknat", "next": "Nästa gång"}


@dataclass(frozen=True, slots=True)
class Trial:
    """What an unsaved text would become: its words, and the posts that it would make."""

    paragraphs: list[list[Sentence]]
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class Late:
    """A text that came after somebody else's save: what is stored now against what the person wrote.

    `is_untouched` when the other one changed other texts and left this one as the person had found it.
    """

    changes: tuple[Change, ...]
    is_untouched: bool


@dataclass(frozen=True, slots=True)
class Form:
    """What a person wrote that the page has not saved, by block key, and what was said of it."""

    typed: Mapping[str, str] = dataclasses.field(default_factory=dict)
    remarks: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    late: Mapping[str, Late] = dataclasses.field(default_factory=dict)
    trials: Mapping[str, Trial] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Editor:
    """One block as its form shows it; `typed` is what the person wrote and the page has not saved."""

    block: Block
    heading: str
    paragraphs: list[list[Sentence]]
    figures: tuple[Figure, ...]
    typed: str
    # Why the text can't be saved.
    remarks: tuple[str, ...] = ()
    # What is hard to read in it; it may be saved all the same.
    advice: tuple[str, ...] = ()
    late: Late | None = None
    trial: Trial | None = None

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
    def moved(self) -> bool:
        """Whether newer data moved a figure in the text."""
        return any(s.moved for paragraph in self.paragraphs for s in paragraph)

    @property
    def open(self) -> bool:
        """Whether the form should stand open: something in it needs the person."""
        unsaved = self.typed != self.block.text
        return bool(self.remarks or self.late or self.block.conflict or self.trial or unsaved)


def editors(
    draft: Draft, promise: Promise, order: Sequence[str], before: Mapping[str, str], form: Form
) -> dict[str, list[Editor]]:
    """Return a draft's blocks by template in `order`, each as its form shows it.

    `before` holds what the figures that newer data moved said until then, by token.
    """
    figures = {f.token: f for f in draft.followup.figures}
    found: dict[str, list[Editor]] = {}
    for block in sorted(draft.blocks, key=lambda b: order.index(b.template) if b.template in order else len(order)):
        used, typed = tokens_in(block.text), form.typed.get(key(block), block.text)
        editor = Editor(
            block=block,
            heading=heading(promise, block.part),
            paragraphs=filled(block.text, figures, before),
            figures=tuple(f for t, f in figures.items() if t in used or t.startswith(f"{block.part}.")),
            typed=typed,
            remarks=form.remarks.get(key(block), ()),
            advice=wording.advice(typed, draft.followup.figures, promise, block.part),
            late=form.late.get(key(block)),
            trial=form.trials.get(key(block)),
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
