"""Utkast: read it, edit its texts, see it as each channel will show it, approve it or send it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter, Response

from config import Config
from flows.review import comparing, editor, page, previews, standing, texts, turns
from flows.review.auth import Approving, Editing, Reading, Visit
from flows.review.editor import Form
from flows.review.sharing import DraftId, existing, opened
from tasks import decide, rendering, wording
from tasks.model import Block, Draft, Figure, Refused
from tasks.periods import days_left, local_date, span_name
from tasks.store import drafts, outputs

router = APIRouter(prefix="/utkast", route_class=turns.Turned)


@router.get("/{draft_id}")
def show(visit: Reading, draft_id: DraftId, klart: str = "", vid: str = "") -> Response:
    """Show a draft; `klart` is what was just done, `vid` the place on the page where it was done."""
    return _page(visit, draft_id, message=page.done(klart), at=vid)


@router.post("/{draft_id}/text")
def edit(visit: Editing, draft_id: DraftId) -> Response:
    """Save the texts that the person changed; whatever can't be saved comes back in the form."""
    with visit.review.store.reading() as db:
        draft = existing(db, draft_id)
    place = next((k for f in ("vid", "behall", "aterstall", "prova") if (k := visit.text(f))), "")
    typed = {b: visit.text(editor.field(b)) for b in draft.blocks if editor.field(b) in visit.form}
    # Only what this person changed is sent: the rest may have been changed by somebody else meanwhile.
    changed = {b: t for b, t in typed.items() if not _is_seen(visit, editor.key(b), t)}
    if visit.text("prova"):
        return _try(visit, draft, {b: editor.plain(t) for b, t in changed.items()}, place)
    wanted: dict[tuple[str, str], str | None] = {(b.template, b.part): editor.plain(t) for b, t in changed.items()}
    wanted.update({(b.template, b.part): None for b in draft.blocks if visit.text("aterstall") == editor.key(b)})
    # Keeping one's text as it is settles a conflict, so an unchanged text is sent too.
    wanted.update(
        {(b.template, b.part): editor.plain(t) for b, t in typed.items() if visit.text("behall") == editor.key(b)}
    )
    kept = {editor.key(b): t for b, t in changed.items()}
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
        now_there = {editor.key(b): b.text for b in error.current.blocks}
        late = {
            k: editor.Late(tuple(texts.compare(now_there[k], editor.plain(t))), _is_seen(visit, k, now_there[k]))
            for k, t in kept.items()
            if k in now_there
        }
        return _page(visit, draft_id, status=409, problem=str(error), form=Form(kept, {}, late), at=place)
    except Refused as error:
        remarks = _remarks(visit.review.config, draft, changed)
        shown_there = {r for lines in remarks.values() for r in lines}
        others = [x for x in str(error).splitlines() if x not in shown_there]
        problem = "\n".join(["Texten är inte sparad. Det du skrev står kvar nedan.", *others])
        return _page(visit, draft_id, status=422, problem=problem, form=Form(kept, remarks), at=place)
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


def figures_of(draft: Draft, commitment: str) -> list[Figure]:
    """Return the figures of one commitment."""
    return [f for f in draft.followup.figures if f.token.split(".")[0] == commitment]


def _try(visit: Visit, draft: Draft, changed: Mapping[Block, str], place: str) -> Response:
    """Show what unsaved texts would become, on the page and on each channel; nothing is stored."""
    config = visit.review.config
    remarks = _remarks(config, draft, changed)
    fit = {b: t for b, t in changed.items() if not remarks[editor.key(b)]}
    blocks = [replace(b, edited=fit.get(b, b.edited)) for b in draft.blocks]
    problem, posts = "", list[previews.Post]()
    try:
        with visit.review.store.reading() as db:
            made = previews.filed(rendering.render(db, config, draft, blocks))
        posts = [
            p for shown in previews.of(config.channels_of(config.promises[draft.promise]), made) for p in shown.posts
        ]
    except Refused as error:
        problem = str(error)
    figures = {f.token: f for f in draft.followup.figures}
    trials = {
        editor.key(b): editor.Trial(
            texts.filled(t, figures, {}), tuple(p for p in posts if p.channel.template == b.template)
        )
        for b, t in fit.items()
    }
    typed = {editor.key(b): t for b, t in changed.items()}
    return _page(visit, draft.id, problem=problem, form=Form(typed, remarks, {}, trials), at=place)


def _is_seen(visit: Visit, key: str, text: str) -> bool:
    """Tell whether a text is the one that its form was filled with."""
    return editor.fingerprint(text) == visit.text(f"seen:{key}")


def _remarks(config: Config, draft: Draft, changed: Mapping[Block, str]) -> dict[str, tuple[str, ...]]:
    """Return why each text can't be saved, by block key."""
    promise = config.promises[draft.promise]
    places = wording.place_names(config.municipality_of(promise))
    return {
        editor.key(b): tuple(wording.check_edit(editor.plain(t), draft.followup.figures, promise, b.part, places))
        for b, t in changed.items()
    }


def _page(
    visit: Visit,
    draft_id: int,
    *,
    status: int = 200,
    message: str = "",
    problem: str = "",
    form: Form | None = None,
    since: int = 0,
    comment: str = "",
    at: str = "",
) -> Response:
    config = visit.review.config
    with opened(visit, draft_id) as (db, draft):
        promise = config.promises[draft.promise]
        municipality, channels = config.municipality_of(promise), config.channels_of(promise)
        said = drafts.words(db, draft.id)
        shown = previews.of(channels, outputs.filed(db, draft.id, draft.revision))
        differences = comparing.since(db, draft, since, channels)
        before = comparing.period_before(db, promise, draft)
        corrected = comparing.edition_before(db, draft)
        moved = comparing.moved(db, draft)
        standings = standing.standings(db, municipality, draft, said)
    mine = next(s for s in standings if s.party == visit.person.party)
    return visit.page(
        "draft.html",
        status=status,
        active="board",
        message=message,
        at=at if at in {"godkann", *(editor.key(b) for b in draft.blocks)} else "",
        problems=problem.splitlines(),
        before=before,
        earlier=comparing.standings(before),
        news=comparing.news(promise, before, draft),
        corrections=comparing.corrections(promise, corrected, draft),
        rewritten=[c for c in comparing.texts_between(promise, corrected, draft) if c.differs] if corrected else [],
        moved=moved,
        draft=draft,
        followup=draft.followup,
        promise=promise,
        municipality=municipality,
        period_left=days_left(draft.followup.due, local_date(visit.now)),
        outcomes=[
            (promise.commitment(o.commitment), o, figures_of(draft, o.commitment)) for o in draft.followup.outcomes
        ],
        templates=editor.editors(draft, promise, [c.template for c in channels], moved, form or Form()),
        previews=shown,
        differences=differences,
        standing=[(s, standing.why(s, visit.review.name_of)) for s in standings],
        mine=mine,
        rejections=[w for w in said if w.verdict == "rejected"],
        gaps=_gaps(config, draft),
        comment=comment,
        may_edit=bool(visit.person.roles & {"reviewer", "approver"}) and draft.state == "open",
        may_approve="approver" in visit.person.roles and draft.state == "open",
    )


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


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
