"""Opening a draft: whoever is shown one is noted, since showing it to the other authority is an act of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import HTTPException, Path

from flows.review.auth import Visit
from tasks.model import Draft, Refused
from tasks.store import Db, drafts, history, publications

DraftId = Annotated[int, Path(ge=1, le=2**31 - 1)]


def existing(db: Db, draft_id: int) -> Draft:
    """Return a draft; a missing one is a missing page."""
    draft = drafts.draft(db, draft_id)
    if draft is None:
        raise HTTPException(404)
    if publications.is_secret(db, draft.promise, draft.period, draft.edition):
        raise Refused(
            f"Utgåva {draft.edition} är återkallad av sekretesskäl och visas inte här. Handlingen finns kvar; "
            "den som behöver läsa den frågar den som ansvarar för arkivet."
        )
    return draft


@contextmanager
def opened(visit: Visit, draft_id: int) -> Iterator[tuple[Db, Draft]]:
    """Give a draft that the person is about to be shown, and note once that it was (delning för synpunkter).

    Showing an open draft to the other authority for any other reason would make it a public document. One that both
    have approved is such a document anyway.
    """
    with visit.review.store.reading() as db:
        draft = existing(db, draft_id)
        is_noted = draft.state != "open" or history.was_shared(db, draft, visit.person.id)
        yield db, draft
    if not is_noted:
        with visit.review.store.writing() as db:
            history.note_shared(db, draft, who=visit.person.id, party=visit.person.party, at=visit.now)
