"""Utkast: read it, edit its texts, see it as each channel will show it, approve it or send it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Response

from config import Config
from flows.review import comparing, editor, page, previews, texts
from flows.review.auth import Approving, Editing, Reading, Visit
from tasks import decide, wording
from tasks.model import Approval, Draft, Figure, Refused
from tasks.periods import local_date, span_name
from tasks.store import Db, drafts, history

router = APIRouter(prefix="/utkast")
DraftId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/{draft_id}")
def show(visit: Reading, draft_id: DraftId, klart: str = "", vid: str = "") -> Response:
    """Show a draft; `klart` is what was just done, `vid` the place on the page where it was done."""
    return _page(visit, draft_id, message=page.done(klart), at=vid)


@router.post("/{draft_id}/text")
def edit(visit: Editing, draft_id: DraftId) -> Response:
    """Save the texts that the person changed; whatever can't be saved comes back in the form."""
    with visit.review.store.reading() as db:
        draft = existing(db, draft_id)
    place = next((k for f in ("vid", "behall", "aterstall") if (k := visit.text(f))), "")
    typed = {b: visit.text(editor.field(b)) for b in draft.blocks if editor.field(b) in visit.form}
    # Only what this person changed is sent: the rest may have been changed by somebody else meanwhile.
    changed = {b: t for b, t in typed.items() if editor.fingerprint(t) != visit.text(f"seen:{b.template}:{b.part}")}
    wanted: dict[tuple[str, str], str | None] = {(b.template, b.part): editor.plain(t) for b, t in changed.items()}
    wanted.update({(b.template, b.part): None for b in draft.blocks if visit.text("aterstall") == editor.key(b)})
    # Keeping one's text as it is settles a conflict, so an unchanged text is sent too.
    wanted.update(
        {(b.template, b.part): editor.plain(t) for b, t in typed.items() if visit.text("behall") == editor.key(b)}
    )
    try:
        saved = decide.edit(
            visit.review.store,
            visit.review.config,
            draft_id,
            seen_revision=_number(visit.text("revision")),
            texts=wanted,
            person=visit.person,
            at=visit.now,
        )
    except decide.Outdated as error:
        now_there = {editor.key(b): b for b in error.current.blocks}
        changes = {
            editor.key(b): tuple(texts.compare(now_there[editor.key(b)].text, editor.plain(t)))
            for b, t in changed.items()
            if editor.key(b) in now_there
        }
        kept = {editor.key(b): t for b, t in changed.items()}
        return _page(visit, draft_id, status=409, problem=str(error), typed=kept, changes=changes, at=place)
    except Refused as error:
        promise = visit.review.config.promises[draft.promise]
        remarks = {
            editor.key(b): tuple(wording.check_edit(editor.plain(t), draft.followup.figures, promise))
            for b, t in changed.items()
        }
        shown_there = {r for lines in remarks.values() for r in lines}
        others = [x for x in str(error).splitlines() if x not in shown_there]
        problem = "\n".join(["Texten är inte sparad. Det du skrev står kvar nedan.", *others])
        kept = {editor.key(b): t for b, t in changed.items()}
        return _page(visit, draft_id, status=422, problem=problem, typed=kept, remarks=remarks, at=place)
    done = "oandrat" if saved.revision == draft.revision else "sparat"
    return visit.go(f"/utkast/{draft_id}", klart=done, vid=place)


@router.post("/{draft_id}/godkann")
def approve(visit: Approving, draft_id: DraftId) -> Response:
    """Approve, for the person's own party, exactly what was shown."""
    try:
        result = decide.approve(
            visit.review.store,
            visit.review.config,
            draft_id,
            seen_sha256=visit.text("sha256"),
            person=visit.person,
            at=visit.now,
            accept_gaps=visit.text("lucka") == "ja",
        )
    except decide.Outdated as error:
        return _page(
            visit, draft_id, status=409, problem=str(error), since=_number(visit.text("revision")), at="godkann"
        )
    except Refused as error:
        return _page(visit, draft_id, status=422, problem=str(error), at="godkann")
    # A second click, another tab or a retried request gets the same answer as the first.
    with visit.review.store.reading() as db:
        is_closed = result.outcome == "closed" or existing(db, draft_id).state == "closed"
    return visit.go(f"/utkast/{draft_id}", klart="klart" if is_closed else "godkant", vid="godkann")


@router.post("/{draft_id}/tillbaka")
def reject(visit: Editing, draft_id: DraftId) -> Response:
    """Send a draft back with a comment."""
    comment = visit.text("kommentar")
    try:
        decide.reject(
            visit.review.store,
            draft_id,
            seen_sha256=visit.text("sha256"),
            person=visit.person,
            at=visit.now,
            comment=comment,
        )
    except decide.Outdated as error:
        since = _number(visit.text("revision"))
        return _page(visit, draft_id, status=409, problem=str(error), since=since, comment=comment, at="godkann")
    except Refused as error:
        return _page(visit, draft_id, status=422, problem=str(error), comment=comment, at="godkann")
    return visit.go(f"/utkast/{draft_id}", klart="tillbaka", vid="godkann")


def existing(db: Db, draft_id: int) -> Draft:
    """Return a draft; a missing one is a missing page."""
    draft = drafts.draft(db, draft_id)
    if draft is None:
        raise HTTPException(404)
    return draft


def figures_of(draft: Draft, commitment: str) -> list[Figure]:
    """Return the figures of one commitment."""
    return [f for f in draft.followup.figures if f.token.split(".")[0] == commitment]


def _page(
    visit: Visit,
    draft_id: int,
    *,
    status: int = 200,
    message: str = "",
    problem: str = "",
    typed: Mapping[str, str] | None = None,
    remarks: Mapping[str, tuple[str, ...]] | None = None,
    changes: Mapping[str, tuple[texts.Change, ...]] | None = None,
    since: int = 0,
    comment: str = "",
    at: str = "",
) -> Response:
    config = visit.review.config
    with visit.review.store.reading() as db:
        draft = existing(db, draft_id)
        promise = config.promises[draft.promise]
        said = drafts.words(db, draft.id)
        shown = previews.of(config.channels_of(promise), drafts.rendered(db, draft.id, draft.revision))
        differences = comparing.since(db, draft, since)
        before, corrections = comparing.last_period(db, promise, draft), comparing.last_edition(db, promise, draft)
    _log_share(visit, draft)
    return visit.page(
        "draft.html",
        status=status,
        active="board",
        message=message,
        at=at if at in {"godkann", *(editor.key(b) for b in draft.blocks)} else "",
        problems=problem.splitlines(),
        before=before,
        corrections=corrections,
        draft=draft,
        followup=draft.followup,
        promise=promise,
        municipality=config.municipality_of(promise),
        period_left=page.days_left(draft.followup.due, local_date(visit.now)),
        outcomes=[
            (promise.commitment(o.commitment), o, figures_of(draft, o.commitment)) for o in draft.followup.outcomes
        ],
        templates=editor.editors(
            draft, promise, [c.template for c in config.channels_of(promise)], typed or {}, remarks or {}, changes or {}
        ),
        previews=shown,
        differences=differences,
        standing=_standing(config, draft, said),
        rejections=[w for w in said if w.verdict == "rejected"],
        gaps=_gaps(config, draft),
        comment=comment,
        may_edit=bool(visit.person.roles & {"reviewer", "approver"}) and draft.state == "open",
        may_approve="approver" in visit.person.roles and draft.state == "open",
    )


def _standing(config: Config, draft: Draft, said: Sequence[Approval]) -> list[dict[str, Any]]:
    """Return each party's word on the draft as it is now."""
    municipality = config.municipality_of(config.promises[draft.promise])
    now = {a.party: a for a in said if a.revision == draft.revision and a.sha256 == draft.sha256}
    return [{"party": p, "name": municipality.party(p).short, "word": now.get(p)} for p in ("police", "municipality")]


def _gaps(config: Config, draft: Draft) -> list[str]:
    """Return the holes that approval asks about, each with its commitments."""
    promise = config.promises[draft.promise]
    found: dict[tuple[str, str], list[str]] = {}
    for outcome in draft.followup.outcomes:
        for gap in outcome.gaps:
            name = next((c.name for c in draft.followup.coverage if c.source == gap.source), gap.source)
            key = (name, span_name(gap.start, gap.end))
            found.setdefault(key, []).append(promise.commitment(outcome.commitment).heading)
    return [f"{name}, {days}: {', '.join(dict.fromkeys(who))}" for (name, days), who in found.items()]


def _log_share(visit: Visit, draft: Draft) -> None:
    """Note, once per party and revision, that a draft was made available for comments (delning för synpunkter)."""
    with visit.review.store.reading() as db:
        there = any(
            e.action == "shared"
            and e.party == visit.person.party
            and (e.detail.get("draft"), e.detail.get("revision")) == (draft.id, draft.revision)
            for e in history.events(db, draft.promise, draft.period)
        )
    if there:
        return
    with visit.review.store.writing() as db:
        history.note(
            db,
            at=visit.now,
            who=visit.person.id,
            party=visit.person.party,
            action="shared",
            promise=draft.promise,
            period=draft.period,
            edition=draft.edition,
            draft=draft.id,
            revision=draft.revision,
        )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
