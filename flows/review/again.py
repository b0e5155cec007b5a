"""A form that can't be taken now: what was written is shown, and can be sent again.

The session may have ended, or the database be away.
"""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from flows.review import auth, editor
from flows.review.page import Review
from tasks.store.away import DatabaseAway

_AWAY = "Databasen svarar inte just nu. Inget är sparat. Det brukar gå över av sig självt; kontakta annars driften."


def sign_in_needed(request: Request, _error: Exception) -> Response:
    """Lead to sign-in and back; what was sent in a form is handed back instead, to be sent when signed in again."""
    if not auth.is_change(request):
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/logga-in?{urlencode({'till': path})}", 303)
    return _page(request, 401, "")


def stale_form(request: Request, _error: Exception) -> Response:
    """Show what an older page sent, to be sent by a click under the present sign-in."""
    return _page(request, 409, request.state.session.name)


def database_away(request: Request, error: Exception) -> Response:
    """Hand back what a form sent while the database could not keep it; a page that was only read says why it isn't."""
    # The error's own words are for those who run the machine: they name its database.
    why = _AWAY if isinstance(error, DatabaseAway) else str(error)
    if auth.is_change(request):
        return _page(request, 503, "", why)
    review: Review = request.app.state.review
    heading = "Löfteskollen når inte sina uppgifter"
    return review.page("error.html", status=503, heading=heading, lines=why.splitlines(), way="/")


def _page(request: Request, status: int, name: str, away: str = "") -> Response:
    review: Review = request.app.state.review
    sent = [(k, v) for k, v in request.state.form.multi_items() if k != "csrf"]
    fields = [(k, v) for k, v in sent if isinstance(v, str)]
    seen = dict(fields)
    written = [(k, v) for k, v in fields if _is_written(k, v, seen)]
    return review.page(
        "again.html",
        status=status,
        csrf=auth.csrf_of(request),
        name=name,
        away=away,
        there=request.url.path,
        written=written,
        rest=[f for f in fields if f not in written],
        had_file=len(fields) < len(sent),
    )


def _is_written(key: str, value: str, sent: dict[str, str]) -> bool:
    """Tell whether a field holds what somebody wrote, rather than a text that the page was filled with."""
    if not value.strip() or not key.startswith(("text:", "kommentar")):
        return False
    filled_with = sent.get(f"seen:{key.removeprefix('text:')}")
    return filled_with is None or editor.fingerprint(value) != filled_with
