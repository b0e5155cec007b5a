"""The verb of the people: report, edit, approve, reject, judge, undo; settle, stop, correct, drop and retract.

One function is one transaction.

Every function is given who acts and when; it takes no clock of its own. Refused carries the sentence that the
person sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from config import Config
from config.schema import Person
from tasks import disclosure, rendering, wording
from tasks.judging import judge as judge
from tasks.judging import undo as undo
from tasks.model import (
    Approval,
    Block,
    Draft,
    Publication,
    Refused,
)
from tasks.ordering import order as order
from tasks.reporting import report as report
from tasks.reporting import withdraw as withdraw
from tasks.settling import correct as correct
from tasks.settling import drop as drop
from tasks.settling import retract as retract
from tasks.settling import settle as settle
from tasks.settling import stop as stop
from tasks.store import Db, Store, drafts, history, publications


class Outdated(Refused):
    """Somebody else changed the draft first; `current` is what it says now, nothing of the person's text is lost."""

    def __init__(self, message: str, current: Draft) -> None:
        super().__init__(message)
        self.current = current


@dataclass(frozen=True, slots=True)
class Approved:
    """How an approval ended: `first` waits for the other party, `closed` filled the outbox, `repeated` did nothing."""

    outcome: Literal["first", "closed", "repeated"]


def edit(
    store: Store,
    config: Config,
    draft_id: int,
    *,
    seen_revision: int,
    texts: Mapping[tuple[str, str], str | None],
    person: Person,
    at: datetime,
) -> Draft:
    """Save edited texts, keyed by (template, part); None gives a block its generated text back.

    Everything that will leave the house is rendered anew and both approvals fall. Raises Refused with every remark
    on the texts, Outdated when the draft moved on since `seen_revision`.
    """
    _may(person, "reviewer", "approver")
    with store.reading() as db:
        draft = _existing(db, draft_id)
        if _stands_already(draft, texts):
            # Sent a second time, when the answer to the first was lost.
            return draft
        _refuse_moved(db, draft, seen_revision)
        unknown = texts.keys() - {(b.template, b.part) for b in draft.blocks}
        if unknown:
            raise Refused(f"Utkastet har ingen text som heter {', '.join(sorted('/'.join(k) for k in unknown))}.")
        _refuse_unfit(config, draft, texts)
        blocks = [_edited(b, texts) for b in draft.blocks]
        if blocks == list(draft.blocks):
            return draft
        edition = rendering.compose(db, config, draft, blocks)
    # The slow part, while nobody waits for a lock: it depends on nothing but the edition.
    made = rendering.outputs(edition)
    with store.writing() as db:
        # The same revision has the same texts and figures; another period may have been closed or taken back.
        draft = _open_draft(db, draft_id, seen_revision, lock=True)
        if (now := rendering.compose(db, config, draft, blocks)) != edition:
            made = rendering.outputs(now)
        if drafts.revise(
            db, draft.id, seen_revision=seen_revision, followup_id=None, blocks=blocks, rendered=made, at=at
        ) is None:  # fmt: skip
            raise _outdated(db, draft_id)
        changed = sorted(f"{b.template}/{b.part}" for b, old in zip(blocks, draft.blocks, strict=True) if b != old)
        _note(db, draft, person, at, "edited", revision=seen_revision + 1, blocks=changed)
        saved = drafts.draft(db, draft_id)
        if saved is None:
            raise Refused("Utkastet finns inte längre.")
        return saved


def approve(
    store: Store,
    config: Config,
    draft_id: int,
    *,
    seen_sha256: str,
    person: Person,
    at: datetime,
    accept_gaps: bool = False,
) -> Approved:
    """Approve exactly the bytes with that hash for the person's party; the second party's word fills the outbox.

    A repeated approval by the same party is a no-op with the same answer (double click, two tabs, a retried
    request). Raises Refused when the draft has conflicts, open gaps that were not accepted, no evidence at all, or
    numbers that would give away a protected one beside what was released since; Outdated when the draft is no longer
    the one that was seen.
    """
    _may(person, "approver")
    with store.writing() as db:
        released = drafts.released(db, _existing(db, draft_id).promise, lock=True)
        draft = _existing(db, draft_id, lock=True)
        already = drafts.approved_parties(db, draft.id, draft.revision, draft.sha256)
        if draft.sha256 == seen_sha256 and person.party in already:
            return Approved("repeated")
        if draft.sha256 != seen_sha256 or draft.state != "open":
            raise _outdated(db, draft_id)
        _refuse_unready(config, draft, accept_gaps)
        if unfit := disclosure.problems(config.promises[draft.promise], draft.followup, released):
            raise Refused("\n".join([*unfit, "Gör om utkastet och granska det igen."]))
        if any(w.who == person.id for w in drafts.words(db, draft.id, draft.revision)):
            raise Refused("Du har redan godkänt det här utkastet. Den andra parten måste godkänna med ett eget namn.")
        drafts.add_approval(
            db,
            Approval(draft.id, draft.revision, draft.sha256, person.party, person.id, at, "approved"),
        )
        _note(db, draft, person, at, "approved", sha256=draft.sha256, accept_gaps=accept_gaps)
        if already | {person.party} != {"police", "municipality"}:
            return Approved("first")
        _close(db, config, draft, at)
        return Approved("closed")


def reject(store: Store, draft_id: int, *, seen_sha256: str, person: Person, at: datetime, comment: str) -> None:
    """Return a draft with a comment: it becomes a new revision, so that an earlier approval no longer counts."""
    _may(person, "reviewer", "approver")
    if not comment.strip():
        raise Refused("Skriv vad som behöver ändras.")
    with store.writing() as db:
        draft = _existing(db, draft_id, lock=True)
        if draft.sha256 != seen_sha256 or draft.state != "open":
            raise _outdated(db, draft_id)
        if any(w.who == person.id or w.party == person.party for w in drafts.words(db, draft.id, draft.revision)):
            raise Refused("Din part har redan sagt sitt om den här versionen. Ändra texten för att öppna den igen.")
        drafts.add_approval(
            db,
            Approval(draft.id, draft.revision, draft.sha256, person.party, person.id, at, "rejected", comment.strip()),
        )
        drafts.revise(
            db,
            draft.id,
            seen_revision=draft.revision,
            followup_id=None,
            blocks=draft.blocks,
            rendered=drafts.rendered(db, draft.id, draft.revision),
            at=at,
        )
        _note(db, draft, person, at, "rejected", sha256=draft.sha256)


def _close(db: Db, config: Config, draft: Draft, at: datetime) -> None:
    """Close the edition and fill the outbox, in the approval's own commit."""
    if not drafts.close(db, draft.id, draft.revision):
        raise _outdated(db, draft.id)
    rows = [
        Publication(
            id=0,
            promise=draft.promise,
            period=draft.period,
            edition=draft.edition,
            channel=channel.id,
            # A page is one per period and updated in place; a post is one per edition.
            key=f"{draft.promise}/{draft.period}" + ("" if channel.role == "site" else f"/{draft.edition}"),
            state="pending",
            draft_id=draft.id,
            revision=draft.revision,
        )
        for channel in config.channels_of(config.promises[draft.promise])
    ]
    publications.enqueue(db, rows, at)
    history.note(
        db,
        at=at,
        who="lofteskoll",
        action="closed",
        promise=draft.promise,
        period=draft.period,
        edition=draft.edition,
        sha256=draft.sha256,
        channels=[r.channel for r in rows],
    )


def _refuse_unready(config: Config, draft: Draft, accept_gaps: bool) -> None:
    if any(b.conflict for b in draft.blocks):
        raise Refused("En text behöver ses över: uppgifterna under den har ändrats sedan den skrevs.")
    promise = config.promises[draft.promise]
    followed = [o for o in draft.followup.outcomes if promise.commitment(o.commitment).measure != "duty"]
    if not any(c.last_good for c in draft.followup.coverage):
        raise Refused("Ingen källa har svarat ännu. Ett utkast utan underlag kan inte godkännas.")
    if any(o.gaps for o in followed) and not accept_gaps:
        raise Refused("Underlaget har luckor. Kryssa i ”publicera med lucka” om det ska publiceras ändå.")


def _refuse_unfit(config: Config, draft: Draft, texts: Mapping[tuple[str, str], str | None]) -> None:
    promise = config.promises[draft.promise]
    places = wording.place_names(config.municipality_of(promise))
    remarks = [
        remark
        for (_, part), text in texts.items()
        if text is not None
        for remark in wording.check_edit(text, draft.followup.figures, promise, part, places)
    ]
    if remarks:
        raise Refused("\n".join(remarks))


def _stands_already(draft: Draft, texts: Mapping[tuple[str, str], str | None]) -> bool:
    known = {(b.template, b.part) for b in draft.blocks}
    return bool(texts) and texts.keys() <= known and [_edited(b, texts) for b in draft.blocks] == list(draft.blocks)


def _edited(block: Block, texts: Mapping[tuple[str, str], str | None]) -> Block:
    key = (block.template, block.part)
    if key not in texts:
        return block
    text = texts[key]
    normal = None if text is None else text.replace("\r\n", "\n").strip()
    return replace(block, edited=None if normal == block.generated else normal, conflict=False)


def _may(person: Person, *roles: str) -> None:
    if not person.roles & set(roles):
        raise Refused(f"{person.name} har inte rätt att göra det här.")


def _existing(db: Db, draft_id: int, *, lock: bool = False) -> Draft:
    draft = drafts.draft(db, draft_id, lock=lock)
    if draft is None:
        raise Refused(f"Utkastet {draft_id} finns inte.")
    return draft


def _open_draft(db: Db, draft_id: int, seen_revision: int, *, lock: bool = False) -> Draft:
    draft = _existing(db, draft_id, lock=lock)
    _refuse_moved(db, draft, seen_revision)
    return draft


def _refuse_moved(db: Db, draft: Draft, seen_revision: int) -> None:
    if draft.revision != seen_revision or draft.state != "open":
        raise _outdated(db, draft.id)


def _outdated(db: Db, draft_id: int) -> Outdated:
    current = _existing(db, draft_id)
    if current.state == "dropped":
        return Outdated("Båda parter har kastat den här rättelsen. Påbörja den igen under Publiceringar.", current)
    if current.state == "closed":
        return Outdated("Utkastet är redan godkänt av båda och kan inte ändras. En ändring blir en rättelse.", current)
    return Outdated("Utkastet har ändrats sedan du öppnade det. Läs den nya versionen och försök igen.", current)


def _note(db: Db, draft: Draft, person: Person, at: datetime, action: str, **detail: object) -> None:
    history.note(
        db,
        at=at,
        who=person.id,
        party=person.party,
        action=action,
        promise=draft.promise,
        period=draft.period,
        edition=draft.edition,
        **detail,
    )
