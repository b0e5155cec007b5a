"""The review application: where the two parties read, question, edit and approve; plain pages, no script."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import anyio.to_thread
import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from config import Config
from flows.review import (
    again,
    auth,
    board,
    differences,
    drafts,
    figures,
    gate,
    health,
    history,
    operations,
    page,
    previews,
    publications,
    questions,
    reports,
    roles,
    sign_in,
    turns,
    uploads,
)
from tasks import periods, rendering
from tasks.model import Refused, Trouble, Unavailable
from tasks.store import Store
from tasks.store import drafts as drafts_kept
from tasks.store.away import MaybeKept

# Few work at a time (turns.py), the others wait for the database: with two of its fifteen connections each at most,
# and those who look who is asking (auth.py) with one.
_THREADS = 6
# So that a small page gets in between while a large one is made: a save takes 30 ms, and asks were answered after it.
_TURN_SECONDS = 0.001
# So many drafts are rendered before the first visitor comes, the newest ones; each takes a quarter of a second.
_REHEARSED = 12
# Longer than a reader's pause, and than the 60 s after which a proxy in front lets go: who closes first must not be
# us, or a form that is sent at that very moment is lost on the way.
_KEEP_ALIVE_SECONDS = 75


def create_app(config: Config, store: Store, *, demo: bool, secret: str, now: Callable[[], datetime]) -> FastAPI:
    """Return the review application over a migrated database.

    `demo` offers invented people to requests from this machine; `secret` signs what a browser carries while
    somebody signs in elsewhere; `now` gives aware moments.
    """
    store.wait_in(turns.given_away)
    app = FastAPI(
        title="Löfteskollen",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_ready,
        # On the whole application, so that no route can be added without it.
        dependencies=[Depends(auth.guard)],
    )
    app.state.review = page.Review(config, store, demo, secret, now)
    app.state.rules, app.state.providers = roles.rules(config), sign_in.providers(app.state.review)
    app.add_middleware(gate.Gate, address=config.address)
    app.mount("/static", page.assets(), name="static")
    working = (board, operations, drafts, differences, figures, previews, questions, reports, uploads)
    for screen in (sign_in, *working, publications, history, health):
        app.include_router(screen.router)
    _add_error_pages(app)
    return app


@asynccontextmanager
async def _ready(app: FastAPI) -> AsyncIterator[None]:
    """Have at hand what the first visitors would wait for, and let few threads at it."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    sys.setswitchinterval(_TURN_SECONDS)
    review: page.Review = app.state.review
    for name in review.templates.list_templates():
        review.templates.get_template(name)
    for promise in review.config.promises.values():
        periods.periods(promise)
    with suppress(Trouble):
        _rehearse(review)
    # What is here now stays: a collection that looked through all of it stopped everybody for a tenth of a second.
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def _rehearse(review: page.Review) -> None:
    """Render the drafts that are being worked on once, for nothing.

    The first save would compile every template and draw every picture, for a second or two. With nothing to save it
    is the newest draft that is rendered, for the templates.
    """
    with review.store.reading() as db:
        known = [h for h in drafts_kept.headings(db) if h.promise in review.config.promises]
        being_read = [h for h in known if h.state == "open"] or known
        for heading in sorted(being_read, key=lambda h: h.id)[-_REHEARSED:]:
            draft = drafts_kept.draft(db, heading.id)
            if draft:
                rendering.render(db, review.config, draft, draft.blocks)


def server(app: FastAPI, port: int) -> uvicorn.Server:
    """Return what serves the application from one process on loopback; port 0 takes a free one."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        )
    )


def _add_error_pages(app: FastAPI) -> None:
    app.add_exception_handler(auth.SignInNeeded, again.sign_in_needed)
    app.add_exception_handler(auth.StaleForm, again.stale_form)
    app.add_exception_handler(sign_in.SignInFailed, _not_signed_in)
    app.add_exception_handler(auth.Forbidden, _forbidden)
    app.add_exception_handler(gate.TooLarge, _too_large)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Unavailable, again.database_away)
    app.add_exception_handler(MaybeKept, again.database_away)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _by_status)
    app.add_exception_handler(Exception, _broken)


def _not_signed_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, sign_in.SignInFailed)  # noqa: S101 - the only one it is registered for
    return _page(request, error.status, error.heading, "\n".join(error.lines), way="/logga-in")


def _forbidden(request: Request, error: Exception) -> Response:
    return _page(request, 403, "Det här får du inte göra", str(error))


def _too_large(request: Request, _error: Exception) -> Response:
    return _page(request, 413, "För mycket text", "Formuläret är större än vad som kan sparas.")


def _refused(request: Request, error: Exception) -> Response:
    return _page(request, 422, "Det gick inte", str(error))


def _unreadable(request: Request, error: Exception) -> Response:
    in_address = isinstance(error, RequestValidationError) and any(e["loc"][0] == "path" for e in error.errors())
    if in_address:
        return _by_status(request, HTTPException(404))
    return _page(request, 400, "Det gick inte att läsa", "Adressen eller formuläret är ofullständigt.")


def _by_status(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return _page(request, 404, "Sidan finns inte", "Kontrollera adressen, eller gå till översikten.")
    if status == 405:
        return _page(request, 405, "Så kan sidan inte användas", "Gå till översikten och försök därifrån.")
    return _page(request, status, "Det gick inte", "Adressen eller formuläret gick inte att läsa.")


def _broken(request: Request, _error: Exception) -> Response:
    answer = _page(request, 500, "Något gick fel hos oss", "Inget har ändrats. Försök igen, eller kontakta driften.")
    # This handler stands outside the gate.
    answer.headers.update(gate.HEADERS)
    return answer


def _page(request: Request, status: int, heading: str, text: str, **values: Any) -> Response:
    review: page.Review = request.app.state.review
    shown = {"way": "/", **values}
    return review.page("error.html", status=status, heading=heading, lines=text.splitlines(), **shown)
