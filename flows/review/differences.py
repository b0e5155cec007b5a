"""Jämför: a draft's texts word by word against the last period, the last edition or an earlier version."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from flows.review import comparing, turns
from flows.review.auth import Reading
from flows.review.sharing import DraftId, opened

router = APIRouter(prefix="/utkast", route_class=turns.Turned)


@router.get("/{draft_id}/jamfor")
def show(
    visit: Reading, draft_id: DraftId, version: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0, med: str = ""
) -> Response:
    """Show what differs: against `version` of the same draft where given, else against the edition or period before."""
    with opened(visit, draft_id) as (db, draft):
        promise = visit.review.config.promises[draft.promise]
        edition = comparing.edition_before(db, draft)
        period = comparing.period_before(db, promise, draft)
        if version:
            files = comparing.since(db, draft, version, visit.review.config.channels_of(promise))
            compared: dict[str, list[comparing.Compared]] = {}
        else:
            files = []
            before = period if med == "period" or edition is None else edition
            compared = comparing.by_template(comparing.texts_between(promise, before, draft)) if before else {}
    return visit.page(
        "differences.html",
        active="board",
        draft=draft,
        version=version,
        edition=edition,
        period=period,
        against_edition=not version and edition is not None and med != "period",
        files=files,
        compared=compared,
    )
