"""Figures + template texts → blocks with number tokens; edits, their rules, and the one substitution."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from config.schema import Municipality, Promise
from tasks.model import Block, Coverage, Entry, Figure, FollowUp, Outcome, Period, Refused
from tasks.periods import swedish_date
from tasks.progress.reasons import actor
from tasks.templating import Sheet
from tasks.wording import editing, language, news
from tasks.wording.editing import check_edit, fill
from tasks.wording.figures import WORDS as RESULTS
from tasks.wording.figures import figures, has

__all__ = ["advice", "blocks", "check_edit", "entry", "figures", "fill", "followup", "merge", "place_names"]


def followup(
    promise: Promise,
    period: Period,
    periods: Sequence[Period],
    outcomes: Sequence[Outcome],
    coverage: Sequence[Coverage],
    as_of: datetime,
    rules_version: str,
    templates: Mapping[str, str],
) -> FollowUp:
    """Return the period's frozen follow-up from disclosed outcomes, as known at `as_of` (aware)."""
    later = [p.due for p in periods if p.start > period.end]
    next_due = min(later, default=None)
    assumed = [*promise.assumptions, *(a for c in promise.commitments for a in c.assumptions)]
    return FollowUp(
        promise=promise.slug,
        period=period.id,
        period_name=period.name,
        start=period.start,
        end=period.end,
        due=period.due,
        next_due=next_due,
        as_of=as_of,
        outcomes=tuple(outcomes),
        figures=figures(promise, period, outcomes, next_due, templates),
        coverage=tuple(sorted(coverage, key=lambda c: c.source)),
        assumptions=tuple(
            RESULTS.say(templates, "assumption", text=a.text, day=swedish_date(a.decided)) for a in assumed
        ),
        rules_version=rules_version,
    )


def entry(templates: Mapping[str, str], promise: Promise, followup: FollowUp, edition: int) -> Entry:
    """Return the follow-up's entry in a site's feed."""
    summary = next(f.text for f in followup.figures if f.token == "summary")  # noqa: S105 - a number token
    return Entry(
        period=followup.period,
        title=news.WORDS.say(templates, "entry_title", promise=promise.title, period=followup.period_name),
        edition=edition,
        updated=followup.as_of,
        summary=news.WORDS.say(templates, "entry_text", parts=len(followup.outcomes), summary=summary),
    )


def blocks(
    templates: Mapping[str, str],
    followup: FollowUp,
    promise: Promise,
    municipality: Municipality,
    template_names: Sequence[str],
) -> tuple[Block, ...]:
    """Return each template's blocks with their tokens unfilled.

    A block named `commitment` is written once per commitment, with its id as part; any other once under its own
    name. Refused names file, line and mend when a template is broken or writes a figure that is no token.
    """
    made: list[Block] = []
    for name in dict.fromkeys(template_names):
        sheet = Sheet(templates, f"{name}.j2")
        if not sheet.parts:
            raise Refused(f"Mallen {sheet.file} har inga block. Skriv texten i {{% block namn %}} … {{% endblock %}}.")
        for part in sheet.parts:
            keys = [c.id for c in promise.commitments] if part == "commitment" else [""]
            for key in keys:
                text = _tidy(sheet.render_part(part, _variables(templates, followup, promise, municipality, key)))
                _refuse_unfit(sheet.file, key or part, text, followup.figures, promise, place_names(municipality))
                made.append(Block(name, key or part, len(made), text))
    return tuple(made)


def place_names(municipality: Municipality) -> tuple[str, ...]:
    """Return every name of the municipality's places."""
    return tuple(name for place in municipality.places for name in (place.name, *place.aliases))


def advice(text: str, figures: Sequence[Figure], promise: Promise | None = None, part: str = "") -> tuple[str, ...]:
    """Return what is hard to read in a block's text, figures filled in, in Swedish; it may be saved all the same.

    What the promise says of the commitment `part` stands beside the text, and may explain a short form in it.
    """
    known = {f"{{{f.token}}}": f.text for f in figures}
    own = [c for c in promise.commitments if c.id == part] if promise else []
    beside = " ".join(s for c in own for s in (c.heading, c.plain, c.text, c.counts))
    return language.advice(re.sub(r"\{[^{}]*\}", lambda match: known.get(match[0], match[0]), text), beside)


def merge(old_blocks: Sequence[Block], new_blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the new blocks with the edits of the old ones.

    An edit stays where the generated text is unchanged; else it stays in conflict, for a person to settle. An edit
    whose block is gone is kept in conflict too, with nothing generated.
    """
    new = {(b.template, b.part): b for b in new_blocks}
    gone = [b for b in old_blocks if b.edited is not None and (b.template, b.part) not in new]
    edited = {(b.template, b.part): b for b in old_blocks if b.edited is not None}
    kept = [_merged(edited.get((b.template, b.part)), b) for b in new_blocks]
    return (*kept, *(_merged(b, replace(b, generated="", edited=None, conflict=False)) for b in gone))


def _merged(old: Block | None, new: Block) -> Block:
    if old is None or old.edited is None or old.edited == new.generated:
        return new
    return replace(new, edited=old.edited, conflict=old.conflict or old.generated != new.generated)


def _variables(
    templates: Mapping[str, str], followup: FollowUp, promise: Promise, municipality: Municipality, key: str
) -> dict[str, Any]:
    known = {f.token for f in followup.figures}

    def token(name: str) -> str:
        for candidate in (f"{key}.{name}", name):
            if candidate in known:
                return f"{{{candidate}}}"
        raise Refused(f"det finns ingen siffra som heter {name!r}. Kända: {', '.join(sorted(_own(known, key)))}.")

    # A template has no business with accounts and their secrets, nor with people.
    place = municipality.model_copy(update={"channels": (), "people": (), "sources": ()})
    variables: dict[str, Any] = {"followup": followup, "promise": promise, "municipality": place, "token": token}
    if key:
        commitment, outcome = promise.commitment(key), followup.outcome(key)
        variables |= {"commitment": commitment, "outcome": outcome, "actor": actor(templates, commitment)}
        variables["has"] = partial(has, outcome, followup)
    return variables


def _own(known: set[str], key: str) -> list[str]:
    own = [t.removeprefix(f"{key}.") for t in known if key and t.startswith(f"{key}.")]
    return own or [t for t in known if not t.partition(".")[2] or t.startswith("period.")]


def _tidy(text: str) -> str:
    """Return the text with each paragraph on one line: how a template is broken into lines is not the reader's."""
    paragraphs: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            paragraphs[-1].append(line.strip())
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join(" ".join(lines) for lines in paragraphs if lines)


def _refuse_unfit(
    file: str, part: str, text: str, known: Sequence[Figure], promise: Promise, places: Sequence[str]
) -> None:
    remarks = editing.check_edit(text, known, promise, part, places) if text else []
    if remarks:
        raise Refused(f"Mallen {file}, block {part}: {' '.join(remarks)}")
