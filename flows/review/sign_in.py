"""Sign-in and sign-out: out to the person's own authority and back, or as an invented person where that is allowed."""

from __future__ import annotations

import logging
import secrets
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from itsdangerous import BadSignature, URLSafeSerializer

from config import identity
from flows.review import auth, gate, page, roles, turns
from flows.review.page import Review
from flows.review.people import DEMO_PEOPLE, demo_person, does
from flows.review.providers import NotAccepted, Provider, Silent
from tasks.model import digest
from tasks.store import sessions
from tasks.store.sessions import Session

router = APIRouter(route_class=turns.Turned)
log = logging.getLogger("lofteskoll.sign_in")
UNDER_WAY = "lofteskoll-inloggning"
_LONGEST_TRIP_SECONDS = 600
Key = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")]
To = Annotated[str, Query(max_length=500)]


class SignInFailed(Exception):
    """The person could not be signed in; the page says why and what to do."""

    def __init__(self, status: int, heading: str, *lines: str) -> None:
        self.status, self.heading, self.lines = status, heading, lines
        super().__init__(heading)


@dataclass(frozen=True, slots=True)
class Trip:
    """What the browser carries, signed, while the person is at the provider; `at` is seconds since 1970."""

    provider: str
    state: str
    nonce: str
    verifier: str
    to: str
    at: int


def providers(review: Review) -> dict[str, Provider]:
    """Return the providers that people can sign in at, by id."""
    return {
        key: Provider(settings, review.now, roles.wanted_claims(review.config, settings))
        for key, settings in identity.providers(review.config).items()
    }


@router.get("/logga-in")
def choose(request: Request, till: To = "/") -> Response:
    """Show where to sign in, and what is missing where nobody can."""
    review: Review = request.app.state.review
    demo = auth.demo_allowed(request, review)
    if not request.state.token:
        auth.begin(request)
    known: dict[str, Provider] = request.app.state.providers
    return review.page(
        "sign_in.html",
        csrf=auth.csrf_of(request),
        people=[(p, does(p)) for p in DEMO_PEOPLE] if demo else [],
        providers=sorted((p.settings for p in known.values()), key=lambda s: (s.party != "police", s.name)),
        missing=[] if known or demo else identity.missing(review.config),
        ended=request.state.ended,
        way=urlencode({"till": own_path(till)}),
        to=own_path(till),
    )


@router.post("/logga-in")
def sign_in(request: Request) -> Response:
    """Sign an invented person in, where the demo mode allows it."""
    review: Review = request.app.state.review
    person = demo_person(auth.field_text(request.state.form, "person")) if auth.demo_allowed(request, review) else None
    if person is None:
        raise auth.Forbidden("Den personen kan inte logga in här.")
    everywhere = dict.fromkeys(review.config.municipalities, person.roles)
    _begin(request, person.id, person.name, person.party, everywhere)
    return RedirectResponse(own_path(auth.field_text(request.state.form, "till")), 303)


# A GET, since our own policy forbids a form to lead to another site; it changes nothing here.
@router.get("/logga-in/{provider}")
async def go(request: Request, provider: Key, till: To = "/") -> Response:
    """Send the person to their own authority to sign in."""
    review: Review = request.app.state.review
    chosen = _provider(request, provider)
    trip = Trip(
        provider,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        to=own_path(till),
        at=page.seconds(review.now()),
    )
    try:
        there = await chosen.way_in(
            back=_back(request, provider), state=trip.state, nonce=trip.nonce, verifier=trip.verifier
        )
    except Silent as trouble:
        raise _silent(chosen, trouble) from None
    _set_trip(request, str(_signer(review).dumps(asdict(trip))), _LONGEST_TRIP_SECONDS)
    return RedirectResponse(there, 303)


@router.get("/logga-in/{provider}/svar")
async def come_back(request: Request, provider: Key) -> Response:
    """Sign in the person whom the provider vouches for, or say plainly why not."""
    review: Review = request.app.state.review
    chosen = _provider(request, provider)
    trip = _trip(request)
    # Used once, whatever it leads to.
    _set_trip(request, "", 0)
    try:
        claims = await _claims(request, chosen, trip)
    except Silent as trouble:
        raise _silent(chosen, trouble) from None
    except NotAccepted as refused:
        raise _not_accepted(chosen, refused.reason) from None
    may_do = roles.at_sign_in(review.config, chosen.settings, claims)
    key, name = roles.person_key(chosen.settings, claims), roles.called(review.config, chosen.settings, claims)
    if not may_do:
        log.warning("no role: provider=%s person=%s", provider, key)
        return review.page(
            "no_role.html",
            status=403,
            name=name,
            email=roles.readable(claims.get("email")),
            subject=claims["sub"],
            provider=chosen.settings,
            way_out=await chosen.way_out(_base(request) + "/logga-in"),
        )
    known = {"issuer": chosen.settings.issuer, "subject": claims["sub"]}
    await run_in_threadpool(_begin, request, key, name, chosen.settings.party, may_do, provider, known)
    return RedirectResponse(trip.to if trip else "/", 303)


@router.post("/logga-ut")
def sign_out(request: Request) -> Response:
    """End the session here, at once."""
    review: Review = request.app.state.review
    session: Session | None = request.state.session
    with review.store.writing() as db:
        sessions.end(db, digest(request.state.token), review.now())
    auth.leave(request)
    where = urlencode({"hos": session.provider}) if session and session.provider else ""
    if session:
        log.info("signed out: person=%s", session.person)
    return RedirectResponse(f"/utloggad?{where}" if where else "/logga-in", 303)


@router.get("/utloggad")
async def signed_out(request: Request, hos: Annotated[str, Query(max_length=80)] = "") -> Response:
    """Say that the session is over, and lead to ending the provider's own, which may serve other systems too."""
    review: Review = request.app.state.review
    chosen: Provider | None = request.app.state.providers.get(hos)
    way_out = await chosen.way_out(_base(request) + "/logga-in") if chosen else ""
    return review.page("signed_out.html", provider=chosen.settings if chosen else None, way_out=way_out)


def own_path(path: str) -> str:
    """Return a path of ours to go to; anything else becomes the start page."""
    safe = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if safe and not path.startswith(("/logga-", "/utloggad")) else "/"


async def _claims(request: Request, chosen: Provider, trip: Trip | None) -> dict[str, Any]:
    """Return what the provider says of the person, for this browser's own trip and no other."""
    said = request.query_params
    if trip is None:
        raise NotAccepted("no_trip")
    if trip.provider != chosen.settings.id or not secrets.compare_digest(trip.state.encode(), _one(request, "state")):
        raise NotAccepted("state")
    if page.seconds(request.app.state.review.now()) - trip.at > _LONGEST_TRIP_SECONDS:
        raise NotAccepted("too_late")
    # Another provider's answer must not be taken to this one (mix-up): where the issuer is told, it is asked.
    if (issuer := said.get("iss")) != chosen.settings.issuer and (issuer or await chosen.answers_with_issuer()):
        raise NotAccepted("iss")
    if "error" in said:
        raise NotAccepted("access_denied" if said["error"] == "access_denied" else "error")
    if not said.get("code"):
        raise NotAccepted("no_code")
    back = _back(request, chosen.settings.id)
    return await chosen.who(code=said["code"], back=back, nonce=trip.nonce, verifier=trip.verifier)


def _begin(
    request: Request,
    person: str,
    name: str,
    party: Any,
    may_do: Any,
    provider: str = "",
    known: dict[str, str] | None = None,
) -> None:
    """Begin a session under a new token; the one that this browser had is over."""
    review: Review = request.app.state.review
    now, before = review.now(), digest(request.state.token)
    rules = request.app.state.rules
    session = Session(person, name, party, provider, may_do, rules, now, now, now + auth.LONGEST)
    with review.store.writing() as db:
        sessions.end(db, before, now)
        if known:
            sessions.know(db, person=person, party=party, name=name, at=now, **known)
        sessions.begin(db, auth.begin(request), session)
    review.names.clear()
    log.info("signed in: person=%s provider=%s", person, provider or "demo")


def _provider(request: Request, key: str) -> Provider:
    found: Provider | None = request.app.state.providers.get(key)
    if found is None:
        raise HTTPException(404)
    return found


def _base(request: Request) -> str:
    """Return where this application is: what the config says, else this machine as the person wrote it."""
    review: Review = request.app.state.review
    return review.config.address or f"http://{request.headers['host']}"


def _back(request: Request, provider: str) -> str:
    # One way back for each provider, so that one can't pass as another.
    return f"{_base(request)}/logga-in/{provider}/svar"


def _one(request: Request, name: str) -> bytes:
    return request.query_params.get(name, "").encode("utf-8", "surrogatepass")


def _trip(request: Request) -> Trip | None:
    signed = request.cookies.get(auth.cookie_name(request, UNDER_WAY), "")
    try:
        return Trip(**_signer(request.app.state.review).loads(signed))
    except (BadSignature, TypeError):
        return None


def _set_trip(request: Request, value: str, seconds: int) -> None:
    name, secure = auth.cookie_name(request, UNDER_WAY), request.state.secure
    # Lax: the provider sends the person back from another site.
    request.state.cookies.append(gate.cookie(name, value, same_site="Lax", secure=secure, seconds=seconds))


def _signer(review: Review) -> URLSafeSerializer:
    return URLSafeSerializer(review.secret, salt="lofteskoll-inloggning")


def _silent(chosen: Provider, trouble: Silent) -> SignInFailed:
    log.warning("provider silent: provider=%s reason=%s", chosen.settings.id, trouble.reason)
    name = chosen.settings.name
    return SignInFailed(
        503,
        f"Inloggningen hos {name} svarar inte",
        "Det beror inte på dig. Försök igen om en stund.",
        f"Dröjer det: hör av dig till den som sköter inloggningen hos {name}.",
    )


def _not_accepted(chosen: Provider, reason: str) -> SignInFailed:
    log.warning("not accepted: provider=%s reason=%s", chosen.settings.id, reason)
    if reason == "access_denied":
        return SignInFailed(
            403, "Inloggningen avbröts", f"Du är inte inloggad. {chosen.settings.name} skickade tillbaka dig hit."
        )
    return SignInFailed(
        400,
        "Inloggningen gick inte att bekräfta",
        "Du är inte inloggad. Det händer om sidan har legat öppen länge, om du har gått bakåt i webbläsaren eller "
        "om du loggade in i en annan flik samtidigt. Börja om från början.",
        f"Händer det igen: hör av dig till driften och säg orden ”{reason}”.",
    )
