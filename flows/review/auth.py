"""Sign-in, sessions, roles and the two parties: who is asking, and may they."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import FormData

from config.schema import Person
from flows.review import gate, page
from flows.review.page import Review
from flows.review.people import DEMO_PEOPLE, demo_person, does

router = APIRouter()
Role = Literal["reporter", "reviewer", "approver", "ops"]
IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 8 * 60 * 60
# Lax, so that a link in a mail opens the page; changes ask for the second cookie, which no other site can send.
READING, CHANGING = "lofteskoll", "lofteskoll-andra"


class SignInNeeded(Exception):
    """Nobody is signed in, or the session is over."""


class Forbidden(Exception):
    """The person may not do this; the message is shown."""


@dataclass(frozen=True, slots=True)
class Session:
    """What the signed cookie holds; `person` is empty before sign-in; times are seconds since 1970."""

    person: str
    csrf: str
    started: int
    seen: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by one signed-in person."""

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


async def guard(request: Request) -> None:
    """Read the session of every request, and refuse every change that didn't come from our own page."""
    review: Review = request.app.state.review
    session = _session(request, review)
    request.state.session = session
    request.state.form = FormData()
    if request.method in ("GET", "HEAD", "OPTIONS"):
        if session:
            _keep(request, review, session)
        return
    request.state.form = await request.form(max_files=1, max_fields=200)
    if session is None or not _is_from_own_page(request, review, session):
        if session is None and request.cookies.get(READING):
            raise SignInNeeded
        raise Forbidden("Formuläret kom inte från den här sidan. Ladda om sidan och försök igen.")
    _keep(request, review, session)


def may(*roles: Role) -> Callable[[Request], Awaitable[Visit]]:
    """Return a dependency that lets in people with one of these roles; anyone signed in when there are none."""

    async def visit(request: Request) -> Visit:
        review: Review = request.app.state.review
        session: Session | None = request.state.session
        person = _person(request, review, session)
        if session is None or person is None:
            raise SignInNeeded
        if roles and not person.roles & set(roles):
            raise Forbidden(f"{person.name} har inte rätt att se eller göra det här.")
        return Visit(request, review, person, session.csrf, request.state.form)

    return visit


Anyone = Annotated[Visit, Depends(may())]
Answering = Annotated[Visit, Depends(may("reporter", "reviewer", "approver"))]
# Whoever speaks for a party on what was done.
Reporting = Annotated[Visit, Depends(may("reporter", "approver"))]
Reading = Annotated[Visit, Depends(may("reviewer", "approver", "ops"))]
Editing = Annotated[Visit, Depends(may("reviewer", "approver"))]
Approving = Annotated[Visit, Depends(may("approver"))]
Settling = Annotated[Visit, Depends(may("approver", "ops"))]


@router.get("/logga-in")
def sign_in_page(request: Request, till: Annotated[str, Query(max_length=500)] = "/") -> Response:
    """Show who can sign in, or say that sign-in isn't set up."""
    review: Review = request.app.state.review
    session: Session | None = request.state.session
    if session is None:
        session = _begin(request, review, "")
    return review.page(
        "sign_in.html",
        csrf=session.csrf,
        people=[(p, does(p)) for p in DEMO_PEOPLE] if demo_allowed(request, review) else [],
        to=_own_path(till),
    )


@router.post("/logga-in")
def sign_in(request: Request) -> Response:
    """Sign an invented person in, where the demo mode allows it."""
    review: Review = request.app.state.review
    form: FormData = request.state.form
    person = demo_person(field_text(form, "person")) if demo_allowed(request, review) else None
    if person is None:
        raise Forbidden("Den personen kan inte logga in här.")
    # A new session: what somebody planted before sign-in is worth nothing after it.
    _begin(request, review, person.id)
    return RedirectResponse(_own_path(field_text(form, "till")), 303)


@router.post("/logga-ut")
def sign_out(request: Request) -> Response:
    """End the session."""
    secure = not gate.is_loopback_host(request.headers["host"])
    request.state.cookies[:] = [
        gate.cookie(READING, "", same_site="Lax", secure=secure, seconds=0),
        gate.cookie(CHANGING, "", same_site="Strict", secure=secure, seconds=0),
    ]
    return RedirectResponse("/logga-in", 303)


def demo_allowed(request: Request, review: Review) -> bool:
    """Tell whether invented people may act: asked for, and the request stays on this machine all the way."""
    client = request.client.host if request.client else ""
    forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
    on_this_machine = gate.is_loopback_address(client) and gate.is_loopback_host(request.headers.get("host", ""))
    return review.demo and on_this_machine and not forwarded


def field_text(form: Mapping[str, Any], field: str) -> str:
    """Return one form field as text without the one character that PostgreSQL can't keep."""
    value = form.get(field)
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _person(request: Request, review: Review, session: Session | None) -> Person | None:
    return demo_person(session.person) if session and demo_allowed(request, review) else None


def _session(request: Request, review: Review) -> Session | None:
    try:
        found = Session(**_signer(review).loads(request.cookies.get(READING, "")))
    except (BadSignature, TypeError):
        return None
    age, silence = page.seconds(review.now()) - found.started, page.seconds(review.now()) - found.seen
    return found if 0 <= age <= LONGEST_SECONDS and silence <= IDLE_SECONDS else None


def _begin(request: Request, review: Review, person: str) -> Session:
    now = page.seconds(review.now())
    session = Session(person, secrets.token_urlsafe(24), now, now)
    request.state.session = session
    _keep(request, review, session)
    return session


def _keep(request: Request, review: Review, session: Session) -> None:
    """Have the answer renew the idle time; the absolute one stays."""
    signer = _signer(review)
    secure = not gate.is_loopback_host(request.headers["host"])
    seen = signer.dumps(asdict(replace(session, seen=page.seconds(review.now()))))
    request.state.cookies[:] = [
        gate.cookie(READING, str(seen), same_site="Lax", secure=secure),
        gate.cookie(CHANGING, str(signer.dumps(session.csrf)), same_site="Strict", secure=secure),
    ]


def _is_from_own_page(request: Request, review: Review, session: Session) -> bool:
    origin = request.headers.get("origin")
    if origin not in (None, "null") and urlsplit(origin).netloc != request.headers.get("host"):
        return False
    try:
        strict = str(_signer(review).loads(request.cookies.get(CHANGING, "")))
    except BadSignature:
        return False
    token = field_text(request.state.form, "csrf")
    return secrets.compare_digest(strict, session.csrf) and secrets.compare_digest(
        token.encode(), session.csrf.encode()
    )


def _signer(review: Review) -> URLSafeSerializer:
    return URLSafeSerializer(review.secret, salt="lofteskoll-session")


def _own_path(path: str) -> str:
    """Return a path of ours to go to; anything else becomes the start page."""
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if safe and not path.startswith("/logga-") else "/"
