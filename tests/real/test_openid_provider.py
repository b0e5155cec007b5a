"""Sign-in against two real identity providers: the whole way out and back, and every way in which it must fail."""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from shutil import which
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx2
import pytest
from playwright.sync_api import Page, expect, sync_playwright

import config
from config import Config
from config.schema import IdentityProvider, Person
from flows.review import auth
from flows.review.app import create_app, server
from flows.review.sign_in import UNDER_WAY
from tasks.store import Store, history
from tests.conftest import absent
from tests.real.openid_provider import CLIENT, SECRET, installed, provider
from tests.reviewing import PERIOD, PROMISE, stock, token
from tests.visitors import OTHER, OWN, two_municipalities

pytestmark = pytest.mark.slow

SHOTS = Path(__file__).parents[1] / "browser" / "shots"
POLICE = {
    "per": {"name": "Per Prov", "email": "per@polisen.example.se", "groups": ["polisen-godkannare"]},
    "rut": {"name": "Rut Prov", "email": "rut@polisen.example.se", "groups": ["polisen-rapportor"]},
    # Says of itself that it is of the municipality, by every means that a claim has.
    "ulf": {
        "name": "Ulf Prov",
        "email": "kim@kommunen.example.se",
        "email_verified": True,
        "groups": ["kommun-godkannare"],
        "party": "municipality",
    },
    "tor": {"name": "Tor Prov", "email": "tor@polisen.example.se", "groups": []},
    "okand": {"name": "Okänd <b>Prov</b>", "email": "okand@polisen.example.se"},
}
TOWN = {
    "kim": {"name": "Kim Prov", "email": "Kim@kommunen.example.se", "email_verified": True},
    "eva": {
        "name": "Eva Prov",
        "email": "eva@kommunen.example.se",
        "email_verified": True,
        "groups": ["kommun-granskare"],
    },
    "bo": {"name": "Bo Prov", "email": "kim@kommunen.example.se", "email_verified": False},
}


@dataclass
class Installation:
    """The application on loopback, with the police's and the town's providers beside it."""

    base: str
    issuers: dict[str, str]
    store: Store
    draft_id: int
    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the real moment, moved by what a test wants."""
        return datetime.now(UTC) + self.offset


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the provider's package lies."""
    return installed()


@pytest.fixture(scope="module")
def running(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Everything that sign-in needs, started once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('openid') / 'test.db'}")
    store.migrate()
    with ExitStack() as stack:
        police = stack.enter_context(provider(folder, ours=base, key="polisen", people=POLICE, in_id_token=False))
        town = stack.enter_context(provider(folder, ours=base, key="kommunen", people=TOWN, in_id_token=True))
        chosen = decisions(police, town)
        made = Installation(base, {"polisen": police, "kommunen": town}, store, stock(chosen, store))
        app = create_app(chosen, store, demo=False, secret="test", now=made.now)
        ours = server(app, port)
        thread = threading.Thread(target=ours.run, daemon=True)
        thread.start()
        while not ours.started:
            time.sleep(0.02)
        yield made
        ours.should_exit = True
        thread.join(10)
    store.close()


@pytest.fixture
def home(running: Installation) -> Iterator[Installation]:
    """The same, with the clock right again after each test."""
    yield running
    running.offset = timedelta()


def decisions(police: str, town: str) -> Config:
    """Return two municipalities: one police, a town each, roles by group and by the list of people."""
    both = two_municipalities(config.load())
    base = {"client_id": CLIENT, "client_secret": SECRET, "role_claim": "groups"}
    scopes = ["openid", "profile", "email", "groups"]
    of_police = {"polisen-godkannare": ["reviewer", "approver"], "polisen-rapportor": ["reporter"]}
    of_town = {"kommun-godkannare": ["reviewer", "approver"], "kommun-granskare": ["reviewer"]}
    blocks = (
        _block(base, id="polisen", party="police", name="Polisen", issuer=police, roles=of_police, scopes=scopes),
        _block(base, id="kommunen", party="municipality", name="Kommunen", issuer=town, roles=of_town, scopes=scopes),
        # Nobody listens there.
        _block(base, id="borta", party="municipality", name="Myndigheten", issuer="http://127.0.0.1:9"),
    )
    kim = Person(id="kim", name="Kim Listad", party="municipality", roles=["approver"], email="kim@kommunen.example.se")
    tor = Person(id="tor", name="Tor Listad", party="police", roles=["ops"], subject="tor")
    own = both.municipalities[OWN].model_copy(update={"identity_providers": blocks, "people": (kim,)})
    other = both.municipalities[OTHER].model_copy(
        update={"identity_providers": (blocks[0].model_copy(update={"roles": {}}),), "people": (tor,)}
    )
    return replace(both, municipalities={OWN: own, OTHER: other})


def _block(base: dict[str, str], **more: object) -> IdentityProvider:
    return IdentityProvider.model_validate({**base, **more})


def client() -> httpx2.Client:
    """Return a browser without a face: it keeps cookies and follows redirects."""
    return httpx2.Client(follow_redirects=True, timeout=20)


def at_the_provider(visitor: httpx2.Client, page: httpx2.Response, login: str) -> httpx2.Response:
    """Fill in the provider's own pages, as the person would, until they lead away from it."""
    while form := re.search(r'<form[^>]* action="([^"]*/interaction/[^"]+)"', page.text):
        prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
        assert prompt, page.text
        fields = (
            {"prompt": prompt[1], "login": login, "password": "x"} if prompt[1] == "login" else {"prompt": prompt[1]}
        )
        page = visitor.post(form[1], data=fields)
    return page


def sign_in(home: Installation, key: str, login: str, to: str = "/") -> tuple[httpx2.Client, httpx2.Response]:
    """Sign somebody in and return the browser with the page it ends on."""
    visitor = client()
    page = visitor.get(f"{home.base}/logga-in/{key}?{urlencode({'till': to})}")
    return visitor, at_the_provider(visitor, page, login)


def way_back(home: Installation, key: str, login: str, visitor: httpx2.Client, **changed: str) -> str:
    """Return the address that the provider sends the person back to, without going there.

    `changed` replaces parameters of the way in, as somebody between would.
    """
    start = visitor.get(f"{home.base}/logga-in/{key}", follow_redirects=False)
    page = visitor.get(with_query(start.headers["location"], **changed))
    visitor.follow_redirects = False
    while True:
        if page.is_redirect:
            there = str(page.url.join(page.headers["location"]))
            if there.startswith(home.base):
                visitor.follow_redirects = True
                return there
            page = visitor.get(there)
            continue
        page = at_the_provider(visitor, page, login)


def with_query(url: str, **changed: str | None) -> str:
    """Return an address with some of its parameters changed, or left out where None."""
    parts = urlsplit(url)
    query = {k: v[0] for k, v in parse_qs(parts.query).items()} | changed
    return urlunsplit(parts._replace(query=urlencode({k: v for k, v in query.items() if v is not None})))


def test_a_police_approver_signs_in_and_approves(home: Installation) -> None:
    """The page asked for is the one reached; the approval bears the person's name and the police's."""
    visitor, page = sign_in(home, "polisen", "per", f"/utkast/{home.draft_id}")
    assert str(page.url) == f"{home.base}/utkast/{home.draft_id}"
    assert "Per Prov" in page.text
    sha256 = re.search(r'name="sha256" value="(\w+)"', page.text)
    assert sha256
    fields = {"csrf": token(page), "sha256": sha256[1], "revision": "1", "lucka": "ja"}
    there = f"{home.base}/utkast/{home.draft_id}/godkann"
    done = visitor.post(there, data=fields, headers={"origin": home.base})
    assert "Du har godkänt" in done.text
    with home.store.reading() as db:
        [event] = [e for e in history.events(db, PROMISE) if e.action == "approved"]
    assert event.party == "police" and event.who.startswith("police-")
    log = visitor.get(f"{home.base}/historik/{PROMISE}/{PERIOD}").text
    assert "Per Prov" in log and event.who not in log


def test_a_municipal_reviewer_reads_and_edits_but_does_not_approve(home: Installation) -> None:
    """Her group gives one role; the claims lie in the ID token this time."""
    visitor, page = sign_in(home, "kommunen", "eva")
    assert "Eva Prov" in page.text
    draft = visitor.get(f"{home.base}/utkast/{home.draft_id}")
    assert draft.status_code == 200 and "text:sida:c5" in draft.text
    there = f"{home.base}/utkast/{home.draft_id}/godkann"
    assert visitor.post(there, data={"csrf": token(draft)}).status_code == 403


def test_somebody_on_the_list_needs_no_group(home: Installation) -> None:
    """The municipality's own list names an address; one that the provider hasn't verified is nobody's."""
    _, page = sign_in(home, "kommunen", "kim")
    assert "Kim Listad" in page.text and page.status_code == 200
    _, page = sign_in(home, "kommunen", "bo")
    assert page.status_code == 403 and "Du har inget uppdrag här" in page.text


def test_the_police_never_act_as_the_municipality(home: Installation) -> None:
    """A claim of party, the other side's group and the other side's verified address change nothing."""
    visitor, page = sign_in(home, "polisen", "ulf")
    assert page.status_code == 403 and "Du har inget uppdrag här" in page.text
    assert "Du är inloggad hos Polisen" in page.text
    assert visitor.get(f"{home.base}/").url.path == "/logga-in"


def test_somebody_unknown_is_told_what_to_do(home: Installation) -> None:
    """Name, address and id stand there to be sent to whoever gives out roles, as text; nobody is signed in."""
    visitor, page = sign_in(home, "polisen", "okand")
    assert page.status_code == 403
    assert "Be den som ansvarar för medborgarlöftet" in page.text
    assert "Okänd &lt;b&gt;Prov&lt;/b&gt;" in page.text and "okand@polisen.example.se" in page.text
    assert re.search(r"<code>okand</code>", page.text)
    assert visitor.get(f"{home.base}/").url.path == "/logga-in"


def test_a_role_in_one_municipality_is_none_in_another(home: Installation) -> None:
    """The same police serve both; this person is listed in the other one only."""
    visitor, page = sign_in(home, "polisen", "tor")
    assert "Tor Listad" in page.text and "Löftet i Testhamn" in page.text
    assert "Strängnäs" not in page.text
    assert visitor.get(f"{home.base}/utkast/{home.draft_id}").status_code == 404
    assert visitor.get(f"{home.base}/historik/{PROMISE}/{PERIOD}").status_code == 404


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"state": "x"}, "state"),
        ({"state": None}, "state"),
        ({"iss": "https://id.annan.example.se"}, "iss"),
        ({"iss": None}, "iss"),
        ({"code": "x"}, "code"),
        ({"code": None}, "no_code"),
    ],
)
def test_a_tampered_answer_is_refused(home: Installation, changed: dict[str, str | None], reason: str) -> None:
    """State, issuer and code must be those of this very trip; the page says so in Swedish and nobody is signed in."""
    visitor = client()
    back = visitor.get(with_query(way_back(home, "polisen", "rut", visitor), **changed))
    assert back.status_code == 400
    assert "Inloggningen gick inte att bekräfta" in back.text and f"”{reason}”" in back.text
    assert visitor.get(f"{home.base}/").url.path == "/logga-in"


@pytest.mark.parametrize(
    ("changed", "reason"), [({"nonce": "x"}, "id_token_nonce"), ({"code_challenge": "x" * 43}, "code")]
)
def test_a_tampered_way_in_is_refused(home: Installation, changed: dict[str, str], reason: str) -> None:
    """An ID token for another nonce, and a code for another verifier, are of no use."""
    visitor = client()
    back = visitor.get(way_back(home, "polisen", "rut", visitor, **changed))
    assert back.status_code == 400 and f"”{reason}”" in back.text


def test_an_answer_for_the_other_provider_is_refused(home: Installation) -> None:
    """What the town's provider answered doesn't sign anybody in as police."""
    visitor = client()
    back = way_back(home, "kommunen", "eva", visitor).replace("/kommunen/", "/polisen/")
    assert visitor.get(back).status_code == 400
    assert visitor.get(f"{home.base}/").url.path == "/logga-in"


def test_a_code_works_once(home: Installation) -> None:
    """Back in the history, and also with the first trip's cookie, the same answer doesn't work again."""
    visitor = client()
    back = way_back(home, "polisen", "rut", visitor)
    trip = visitor.cookies[UNDER_WAY]
    assert visitor.get(back).status_code == 200
    again = visitor.get(back)
    assert again.status_code == 400 and "”no_trip”" in again.text
    thief = client()
    thief.cookies.set(UNDER_WAY, trip, domain="127.0.0.1")
    stolen = thief.get(back)
    assert stolen.status_code == 400 and "”code”" in stolen.text


def test_an_answer_belongs_to_the_browser_that_asked(home: Installation) -> None:
    """Somebody else's link back signs nobody in (login CSRF)."""
    back = way_back(home, "polisen", "rut", client())
    other = client().get(back)
    assert other.status_code == 400 and "”no_trip”" in other.text


def test_a_trip_that_took_too_long_is_refused(home: Installation) -> None:
    """Ten minutes are enough to sign in."""
    visitor = client()
    back = way_back(home, "polisen", "rut", visitor)
    home.offset = timedelta(minutes=11)
    late = visitor.get(back)
    assert late.status_code == 400 and "”too_late”" in late.text


def test_an_expired_token_is_refused(home: Installation) -> None:
    """The provider's token is an hour old by our clock."""
    home.offset = timedelta(hours=2)
    visitor = client()
    late = visitor.get(way_back(home, "polisen", "rut", visitor))
    assert late.status_code == 400 and "”id_token_exp”" in late.text


def test_giving_up_at_the_provider_is_no_error(home: Installation) -> None:
    """Cancel leads back to a page that says so."""
    visitor = client()
    page = visitor.get(f"{home.base}/logga-in/polisen")
    away = re.search(r'href="([^"]+/abort)"', page.text)
    assert away
    back = visitor.get(away[1])
    assert back.status_code == 403 and "Inloggningen avbröts" in back.text


def test_a_provider_that_is_down_gets_a_plain_page(home: Installation) -> None:
    """Swedish, with what to do, and quick for the next one too; an unknown provider is a missing page."""
    for _ in range(2):
        page = client().get(f"{home.base}/logga-in/borta")
        assert page.status_code == 503
        assert "Inloggningen hos Myndigheten svarar inte" in page.text and 'lang="sv"' in page.text
    assert client().get(f"{home.base}/logga-in/finns-inte").status_code == 404


def test_signing_out_here_and_there(home: Installation) -> None:
    """The session is over at once; the provider's own ends on its page and leads back; then it asks again who it is."""
    visitor, page = sign_in(home, "polisen", "rut")
    old = visitor.cookies[auth.READING]
    out = visitor.post(f"{home.base}/logga-ut", data={"csrf": token(page)}, headers={"origin": home.base})
    assert "Du är utloggad" in out.text
    kept = client()
    kept.cookies.set(auth.READING, old, domain="127.0.0.1")
    assert kept.get(f"{home.base}/").url.path == "/logga-in"
    # Still known there: no form is shown, the provider sends straight back.
    assert visitor.get(f"{home.base}/logga-in/polisen").url.path == "/"
    page = visitor.get(f"{home.base}/")
    out = visitor.post(f"{home.base}/logga-ut", data={"csrf": token(page)}, headers={"origin": home.base})
    away = re.search(r'href="(http[^"]+/session/end[^"]*)"', out.text)
    assert away
    asks = visitor.get(unescape(away[1]))
    xsrf = re.search(r'name="xsrf" value="(\w+)"', asks.text)
    assert xsrf
    there = f"{home.issuers['polisen']}/session/end/confirm"
    back = visitor.post(there, data={"xsrf": xsrf[1], "logout": "yes"})
    assert str(back.url).split("?")[0] == f"{home.base}/logga-in"
    assert "/interaction/" in visitor.get(f"{home.base}/logga-in/polisen").url.path


def test_no_secret_in_the_log(home: Installation, caplog: pytest.LogCaptureFixture) -> None:
    """A whole sign-in and a refused one leave ids and reasons: no code, state, nonce, token, secret or claim."""
    caplog.set_level(logging.DEBUG, "lofteskoll")
    caplog.set_level(logging.DEBUG, "authlib")
    caplog.set_level(logging.INFO)
    visitor = client()
    start = visitor.get(f"{home.base}/logga-in/polisen", follow_redirects=False)
    begun = parse_qs(urlsplit(start.headers["location"]).query)
    visitor.cookies.clear()
    back = way_back(home, "polisen", "rut", visitor)
    trip = visitor.cookies[UNDER_WAY]
    caplog.clear()
    visitor.get(back)
    visitor.get(with_query(back, state="x"))
    ours = "\n".join(r.getMessage() for r in caplog.records if "/logga-in/" not in r.getMessage())
    assert "signed in: person=police-" in ours and "not accepted: provider=polisen reason=no_trip" in ours
    code = parse_qs(urlsplit(back).query)["code"][0]
    for secret in (
        code,
        trip,
        begun["state"][0],
        begun["nonce"][0],
        SECRET,
        visitor.cookies[auth.READING],
        "rut@",
        "Bearer",
    ):
        assert secret not in ours, secret


@pytest.fixture(scope="module")
def page(running: Installation) -> Iterator[Page]:
    """A page of the system's Chromium."""
    program = which("chromium")
    if program is None:
        absent("chromium is not installed")
    with sync_playwright() as playwright:
        switches = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=switches)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        # The provider's development pages ask for a font elsewhere.
        context.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.abort())
        yield context.new_page()
        browser.close()


def test_in_a_real_browser(home: Installation, page: Page) -> None:
    """Cookies, redirects and our policy as Chromium takes them: in, out of time with a text, in again, saved, out."""
    SHOTS.mkdir(exist_ok=True)
    page.goto(f"{home.base}/rapportera/{PROMISE}/c5")
    for width, name in ((390, "inloggning-telefon"), (1280, "inloggning")):
        page.set_viewport_size({"width": width, "height": 800})
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    _sign_in(page, "rut")
    page.wait_for_url(f"{home.base}/rapportera/{PROMISE}/c5")
    page.get_by_label("Datum", exact=True).fill("2021-04-21")
    page.get_by_label("Ort").select_option("Mariefred")
    page.get_by_role("group", name="Var polisen med?").get_by_label("Ja").check()
    page.get_by_label("Vad gjordes?").fill("En lång berättelse.")
    home.offset = timedelta(minutes=31)
    page.get_by_role("button", name="Skicka rapporten").click()
    expect(page.get_by_role("heading", name="Du är inte inloggad")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("En lång berättelse.")
    page.screenshot(path=SHOTS / "inloggning-slut.png", full_page=True)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Logga in igen").click()
    tab = opened.value
    # The provider still knows the browser: one click is enough.
    tab.get_by_role("link", name="Polisen").click()
    expect(tab.get_by_text("Rut Prov")).to_be_visible()
    tab.close()
    page.get_by_role("button", name="Skicka igen").click()
    expect(page.get_by_text("Du är nu inloggad som Rut Prov.")).to_be_visible()
    page.screenshot(path=SHOTS / "inloggning-igen.png", full_page=True)
    page.get_by_role("button", name="Skicka igen").click()
    expect(page.get_by_role("status")).to_contain_text("rapporten är sparad")
    page.get_by_role("button", name="Logga ut").click()
    expect(page.get_by_role("heading", name="Du är utloggad från Löfteskollen")).to_be_visible()
    page.screenshot(path=SHOTS / "utloggad.png", full_page=True)
    page.get_by_role("link", name="Logga ut hos Polisen").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{home.base}/logga-in**")
    page.goto(f"{home.base}/logga-in/polisen")
    _at_the_provider(page, "okand")
    expect(page.get_by_role("heading", name="Du har inget uppdrag här")).to_be_visible()
    page.screenshot(path=SHOTS / "inget-uppdrag.png", full_page=True)


def _sign_in(page: Page, login: str) -> None:
    page.get_by_role("link", name="Polisen").click()
    _at_the_provider(page, login)


def _at_the_provider(page: Page, login: str) -> None:
    page.get_by_placeholder("Enter any login").fill(login)
    page.get_by_placeholder("and password").fill("x")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
