"""The review application: where the two parties read, question, edit and approve; plain pages, no script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from config import Config
from flows.review import (
    auth,
    board,
    drafts,
    figures,
    gate,
    history,
    page,
    previews,
    publications,
    questions,
    reports,
    uploads,
)
from tasks.model import Refused, Unavailable
from tasks.store import Store


def create_app(config: Config, store: Store, *, demo: bool, secret: str, now: Callable[[], datetime]) -> FastAPI:
    """Return the review application over a migrated database.

    `demo` offers invented people to requests from this machine; `secret` signs the sessions; `now` gives aware
    moments.
    """
    app = FastAPI(
        title="Löfteskollen",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        # On the whole application, so that no route can be added without it.
        dependencies=[Depends(auth.guard)],
    )
    app.state.review = page.Review(config, store, demo, secret, now)
    app.add_middleware(gate.Gate)
    app.mount("/static", StaticFiles(directory=page.HERE / "static"), name="static")
    for screen in (auth, board, drafts, figures, previews, questions, reports, uploads, publications, history):
        app.include_router(screen.router)
    _add_error_pages(app)
    return app


def server(app: FastAPI, port: int) -> uvicorn.Server:
    """Return what serves the application from one process on loopback; port 0 takes a free one."""
    return uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", server_header=False))


def _add_error_pages(app: FastAPI) -> None:
    app.add_exception_handler(auth.SignInNeeded, _sign_in_needed)
    app.add_exception_handler(auth.Forbidden, _forbidden)
    app.add_exception_handler(gate.TooLarge, _too_large)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _by_status)
    app.add_exception_handler(Exception, _broken)


def _sign_in_needed(request: Request, _error: Exception) -> Response:
    if request.method == "GET":
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/logga-in?{urlencode({'till': path})}", 303)
    # The session ended while somebody wrote: what they wrote is handed back, not lost.
    kept = [v for k, v in request.state.form.multi_items() if k.startswith(("text:", "kommentar")) and v]
    return _page(request, 401, "Du är inte inloggad", "Logga in igen och gör om det sista.", kept=kept)


def _forbidden(request: Request, error: Exception) -> Response:
    return _page(request, 403, "Det här får du inte göra", str(error))


def _too_large(request: Request, _error: Exception) -> Response:
    return _page(request, 413, "För mycket text", "Formuläret är större än vad som kan sparas.")


def _refused(request: Request, error: Exception) -> Response:
    return _page(request, 422, "Det gick inte", str(error))


def _unavailable(request: Request, error: Exception) -> Response:
    return _page(request, 503, "Löfteskollen når inte sina uppgifter", str(error))


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
    shown = {"kept": [], **values}
    return review.page("error.html", status=status, heading=heading, lines=text.splitlines(), **shown)
