"""Who is asking, and may they: the session behind each request, the roles, and whether a change is from our page."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import anyio.to_thread
from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from fastapi import BackgroundTasks, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from config.identity import is_loopback
from config.schema import Person, Role
from flows.review import gate, reach, turns
from flows.review.page import Review
from tasks.model import digest
from tasks.store import Store, sessions
from tasks.store.sessions import Session

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=8)
# A session's last use is noted at most this often: reading a page writes nothing.
NOTED_EVERY = timedelta(minutes=1)
# Lax, because the way back from the identity provider and a link in a mail both come from another site, and must
# find the person signed in. Changes ask for the second cookie too, which no other site can make a browser send.
READING, CHANGING = "lofteskoll", "lofteskoll-andra"
_LONGEST_TOKEN = 100
# So many look who is asking at once, with one connection each. A limiter for each event loop, as anyio keeps its own:
# it would never wake somebody who waits in another loop, as each thread of a test has one.
_LOOKING = 3
_LIMIT: RunVar[CapacityLimiter] = RunVar("who is asking")


class SignInNeeded(Exception):
    """Nobody is signed in, or the session is over."""


class Forbidden(Exception):
    """The person may not do this; the message is shown."""


class StaleForm(Exception):
    """A form of ours from before the present sign-in; what it says is shown and can be sent again."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by one signed-in person; `review` holds only what this person may see."""

    request: Request
    review: Review
    person: Person
    csrf: str
    form: FormData

    @property
    def now(self) -> datetime:
        """The moment of the request, UTC."""
        return self.review.now()

    def text(self, field: str) -> str:
        """Return one form field as text; empty when it is missing."""
        return field_text(self.form, field)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page that knows who is looking."""
        return self.review.page(template, status=status, person=self.person, csrf=self.csrf, **values)

    def go(self, path: str, **query: str) -> Response:
        """Return a redirect after a change, so that reloading doesn't repeat it."""
        return RedirectResponse(path + (f"?{urlencode(query)}" if query else ""), 303)


async def guard(request: Request, after: BackgroundTasks) -> None:
    """Find the session of every request, and refuse every change that didn't come from our own page."""
    review: Review = request.app.state.review
    state = request.state
    state.form, state.token, state.session, state.ended, state.about = FormData(), _token(request), None, False, None
    # An application-wide dependency meets every route, so none can be added without it.
    changing = is_change(request)
    if changing:
        state.form = await request.form(max_files=1, max_fields=200)
    if state.token:
        # Not behind the handlers: it is short, and each request would queue up twice.
        look = turns.in_turn(_look, first=True)
        await anyio.to_thread.run_sync(look, request, review, limiter=_limit())
    if state.session and review.now() - state.session.seen_at >= NOTED_EVERY:
        after.add_task(_note_seen, review.store, digest(state.token), review.now())
    if changing:
        _refuse_from_elsewhere(request)


def _limit() -> CapacityLimiter:
    """Return what lets few look at once, made at the first request that this event loop answers."""
    found = _LIMIT.get(None)
    if found is None:
        found = CapacityLimiter(_LOOKING)
        _LIMIT.set(found)
    return found


def may(*roles: Role) -> Callable[[Request], Awaitable[Visit]]:
    """Return a dependency that lets in people with one of these roles; anyone signed in when there are none."""
    wanted = frozenset(roles)

    async def visit(request: Request) -> Visit:
        review: Review = request.app.state.review
        session: Session | None = request.state.session
        if session is None:
            raise SignInNeeded
        config, held = reach.within(
            review.config, session.roles, request.state.about, wanted, changing=is_change(request)
        )
        if not held or (wanted and not held & wanted):
            raise Forbidden(f"{session.name} har inte rätt att se eller göra det här.")
        person = Person.model_construct(
            id=session.person, name=session.name, party=session.party, roles=held, demo=not session.provider
        )
        return Visit(request, replace(review, config=config), person, csrf_of(request), request.state.form)

    return visit


Anyone = Annotated[Visit, Depends(may())]
Answering = Annotated[Visit, Depends(may("reporter", "reviewer", "approver"))]
# Whoever speaks for a party on what was done.
Reporting = Annotated[Visit, Depends(may("reporter", "approver"))]
Reading = Annotated[Visit, Depends(may("reviewer", "approver", "ops"))]
Editing = Annotated[Visit, Depends(may("reviewer", "approver"))]
Approving = Annotated[Visit, Depends(may("approver"))]
Settling = Annotated[Visit, Depends(may("approver", "ops"))]


def begin(request: Request) -> str:
    """Give the browser a new token, so that one planted or seen before sign-in is worth nothing; return its hash."""
    request.state.token = secrets.token_urlsafe(32)
    secure = request.state.secure
    reading, changing = cookie_name(request, READING), cookie_name(request, CHANGING)
    request.state.cookies += [
        gate.cookie(reading, request.state.token, same_site="Lax", secure=secure),
        gate.cookie(changing, _derived(request.state.token, CHANGING), same_site="Strict", secure=secure),
    ]
    return digest(request.state.token)


def leave(request: Request) -> None:
    """Take the token back from the browser."""
    for name, same_site in ((READING, "Lax"), (CHANGING, "Strict")):
        request.state.cookies.append(
            gate.cookie(cookie_name(request, name), "", same_site=same_site, secure=request.state.secure, seconds=0)
        )


def csrf_of(request: Request) -> str:
    """Return what a form of ours must carry: it follows from the token, which no other site can read."""
    return _derived(request.state.token, "csrf")


def cookie_name(request: Request, name: str) -> str:
    """Return a cookie's full name: over https the browser itself guarantees that only this host has set it."""
    return f"__Host-{name}" if request.state.secure else name


def demo_allowed(request: Request, review: Review) -> bool:
    """Tell whether invented people may act: asked for, and the request stays on this machine all the way."""
    client = request.client.host if request.client else ""
    forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
    on_this_machine = is_loopback(client) and gate.is_loopback_host(request.headers.get("host", ""))
    return review.demo and on_this_machine and not forwarded


def field_text(form: Mapping[str, Any], field: str) -> str:
    """Return one form field as text without the one character that PostgreSQL can't keep."""
    value = form.get(field)
    return value.replace("\x00", "") if isinstance(value, str) else ""


def is_change(request: Request) -> bool:
    """Tell whether a request may change something."""
    return request.method not in ("GET", "HEAD", "OPTIONS")


def is_from_own_origin(request: Request) -> bool:
    """Tell whether the browser says that the request comes from a page of ours."""
    origin = request.headers.get("origin", "")
    scheme = "https" if request.state.secure else "http"
    return origin.lower() == f"{scheme}://{request.headers.get('host', '')}".lower()


def _look(request: Request, review: Review) -> None:
    """Find the session that goes with the token, and what the request is about."""
    with review.store.asking() as db:
        found = sessions.find(db, digest(request.state.token))
        if found is None:
            return
        if not _is_running(request, review, found):
            request.state.ended = True
            return
        request.state.session = found
        request.state.about = reach.about(db, request)


def _is_running(request: Request, review: Review, session: Session) -> bool:
    now = review.now()
    in_time = session.began_at <= now <= session.ends_at and now - session.seen_at <= IDLE
    return (
        session.ended_at is None
        and in_time
        # Somebody was taken off the list, or a group lost its role, and we were started anew.
        and session.rules_sha256 == request.app.state.rules
        and (session.provider != "" or demo_allowed(request, review))
    )


def _note_seen(store: Store, token_sha256: str, at: datetime) -> None:
    with store.writing() as db:
        sessions.note_seen(db, token_sha256, at)


def _refuse_from_elsewhere(request: Request) -> None:
    foreign = Forbidden("Formuläret kom inte från den här sidan. Ladda om sidan och försök igen.")
    origin = request.headers.get("origin")
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise foreign
    if origin not in (None, "null") and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise foreign
    strict = request.cookies.get(cookie_name(request, CHANGING), "")
    token = request.state.token
    if (
        token
        and _same(strict, _derived(token, CHANGING))
        and _same(field_text(request.state.form, "csrf"), csrf_of(request))
    ):
        return
    # A page of ours that was open while the person signed in anew, or while the session ended: nothing is lost.
    if is_from_own_origin(request):
        raise StaleForm if request.state.session else SignInNeeded
    raise foreign


def _token(request: Request) -> str:
    token = request.cookies.get(cookie_name(request, READING), "")
    return token if len(token) <= _LONGEST_TOKEN and token.isascii() else ""


def _derived(token: str, purpose: str) -> str:
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
