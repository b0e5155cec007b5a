"""Who may see and do what: every route, every role, both parties, and everything that isn't our own page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

import config
from flows.review.app import create_app
from flows.review.people import DEMO_BANNER
from tasks.store import Store, drafts
from tests.reviewing import POLICE_WORDS, SCRIPT, House, house, token

pytestmark = pytest.mark.slow

ROLES = ("demo-polis", "demo-kommun", "demo-polis-rapport", "demo-kommun-rapport", "demo-drift")
APPROVERS, REPORTERS, OPS = set(ROLES[:2]), set(ROLES[2:4]), {ROLES[4]}
# Method, path, who gets in. What a form then says is another matter: an empty one may be refused, never a 403.
ROUTES = (
    ("GET", "/", APPROVERS | REPORTERS | OPS),
    ("GET", "/utkast/{draft_id}", APPROVERS | OPS),
    ("GET", "/utkast/{draft_id}/siffra/{token}", APPROVERS | OPS),
    ("GET", "/utkast/{draft_id}/fil/{revision}/{channel}/{name}", APPROVERS | OPS),
    ("POST", "/utkast/{draft_id}/text", APPROVERS),
    ("POST", "/utkast/{draft_id}/godkann", APPROVERS),
    ("POST", "/utkast/{draft_id}/tillbaka", APPROVERS),
    ("GET", "/fragor", APPROVERS | REPORTERS),
    ("POST", "/fragor/svar", APPROVERS | REPORTERS),
    ("POST", "/fragor/angra", APPROVERS | REPORTERS),
    ("GET", "/rapportera", APPROVERS | REPORTERS),
    ("GET", "/rapportera/{promise}/{commitment}", APPROVERS | REPORTERS),
    ("POST", "/rapportera/{promise}/{commitment}", APPROVERS | REPORTERS),
    ("GET", "/rapportera/{promise}/{commitment}/{key}", APPROVERS | REPORTERS),
    ("POST", "/rapportera/{promise}/{commitment}/period", APPROVERS | REPORTERS),
    ("POST", "/rapportera/{promise}/{commitment}/{key}/aterta", APPROVERS | REPORTERS),
    ("GET", "/rapportera-fil/{promise}", APPROVERS | REPORTERS),
    ("POST", "/rapportera-fil/{promise}", APPROVERS | REPORTERS),
    ("POST", "/rapportera-fil/{promise}/spara", APPROVERS | REPORTERS),
    ("GET", "/publiceringar", APPROVERS | OPS),
    ("POST", "/publiceringar/{key}/utred", APPROVERS | OPS),
    ("GET", "/historik/{promise}/{period}", APPROVERS | OPS),
)
OPEN = {("GET", "/logga-in"), ("POST", "/logga-in"), ("POST", "/logga-ut")}


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """An application with one open draft."""
    return house(config.load(), sqlite_store)


def test_the_table_names_every_route(home: House) -> None:
    """A new route can't be forgotten: the application's routes are the table's."""
    assert {(m, p) for m, p, _ in ROUTES} | OPEN == set(_routes(home))


def test_every_route_for_everyone(home: House) -> None:
    """Signed out is sent to sign in; the wrong role gets 403; the right one gets an answer, never a 500."""
    visitors = {name: home.signed_in(name) for name in ROLES}
    for method, pattern, allowed in ROUTES:
        path = _filled(home, pattern)
        nobody = home.client()
        outside = nobody.request(
            method, path, data={"csrf": token(nobody.get("/logga-in"))} if method == "POST" else {}
        )
        assert outside.status_code == (303 if method == "GET" else 401), (method, path, "nobody")
        assert method == "POST" or outside.headers["location"].startswith("/logga-in?till="), path
        for name, visitor in visitors.items():
            fields = {"csrf": token(visitor.get("/"))} if method == "POST" else {}
            status = visitor.request(method, path, data=fields).status_code
            assert (status == 403) == (name not in allowed), (method, path, name, status)
            assert status < 500, (method, path, name, status)
    assert home.draft().revision == 1, "no empty form changes anything"


@pytest.mark.parametrize("path", [p for m, p, _ in ROUTES if m == "POST"])
def test_a_change_needs_the_token(home: House, path: str) -> None:
    """A form without our token, or with somebody else's, is refused."""
    visitor, other = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    there = _filled(home, path)
    assert visitor.post(there, data={}).status_code == 403
    assert visitor.post(there, data={"csrf": token(other.get("/"))}).status_code == 403


def test_a_change_needs_the_strict_cookie_and_our_own_origin(home: House) -> None:
    """The Lax cookie alone can't change anything, and neither can a page of another origin."""
    visitor = home.signed_in("demo-polis")
    fields = {"csrf": token(visitor.get("/"))}
    foreign = visitor.post("/fragor/svar", data=fields, headers={"origin": "https://exempel.se"})
    assert foreign.status_code == 403
    lax = visitor.cookies["lofteskoll"]
    bare = home.client()
    bare.cookies.set("lofteskoll", lax)
    assert bare.get("/").status_code == 200
    bare.cookies.delete("lofteskoll-andra")
    assert bare.post("/fragor/svar", data=fields, headers={"cookie": f"lofteskoll={lax}"}).status_code == 403


def test_cookies_and_headers(home: House) -> None:
    """Cookies are out of reach for scripts, and every answer carries the safety headers."""
    visitor = home.signed_in("demo-polis")
    answer = visitor.get("/")
    cookies = answer.headers.get_list("set-cookie")
    assert all("HttpOnly" in c for c in cookies)
    assert any("SameSite=Lax" in c for c in cookies) and any("SameSite=Strict" in c for c in cookies)
    for path in ("/", "/finns-inte", "/logga-in", f"/utkast/{home.draft_id}"):
        headers = visitor.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert "script-src" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_a_session_ends(home: House) -> None:
    """Half an hour of silence ends a session, and so do eight hours of work."""
    visitor = home.signed_in("demo-polis")
    home.clock.forward(minutes=29)
    assert visitor.get("/").status_code == 200
    home.clock.forward(minutes=31)
    assert visitor.get("/").status_code == 303
    busy = home.signed_in("demo-polis")
    for _ in range(24):
        home.clock.forward(minutes=20)
        assert busy.get("/").status_code == 200
    home.clock.forward(minutes=1)
    assert busy.get("/").status_code == 303


def test_a_text_typed_in_an_ended_session_is_handed_back(home: House) -> None:
    """What somebody wrote while the session ended is shown for copying, not lost."""
    visitor = home.signed_in("demo-polis")
    fields = {"csrf": token(visitor.get("/")), "text:sida:c5": "Min långa text <b>"}
    home.clock.forward(minutes=31)
    answer = visitor.post(f"/utkast/{home.draft_id}/text", data=fields)
    assert answer.status_code == 401
    assert "Min långa text &lt;b&gt;" in answer.text


def test_signing_out_ends_it(home: House) -> None:
    """After signing out nothing is open."""
    visitor = home.signed_in("demo-polis")
    assert home.post(visitor, "/logga-ut").status_code == 303
    assert visitor.get("/").status_code == 303


def test_a_forged_cookie_is_nobody(home: House) -> None:
    """A cookie that we didn't sign is no session."""
    visitor = home.client()
    visitor.cookies.set("lofteskoll", "eyJwZXJzb24iOiJkZW1vLXBvbGlzIn0.forged")
    assert visitor.get("/").status_code == 303


@pytest.mark.parametrize(
    ("address", "headers"),
    [("192.0.2.7", {}), ("127.0.0.1", {"x-forwarded-for": "192.0.2.7"}), ("testclient", {})],
)
def test_demo_people_stay_on_this_machine(home: House, address: str, headers: dict[str, str]) -> None:
    """Invented people are neither offered nor let in from elsewhere, also through a proxy here."""
    visitor = home.client(address)
    page = visitor.get("/logga-in", headers=headers)
    assert "demo-polis" not in page.text
    fields = {"csrf": token(home.client().get("/logga-in")), "person": "demo-polis"}
    assert visitor.post("/logga-in", data=fields, headers=headers).status_code == 403
    inside = home.signed_in("demo-polis")
    visitor.cookies.update(inside.cookies)
    assert visitor.get("/", headers=headers).status_code == 303


def test_without_demo_the_page_says_how(home: House) -> None:
    """Where nothing is set up, the sign-in page says so plainly, and nobody gets in."""
    app = create_app(home.config, home.store, demo=False, secret="test", now=home.clock)
    visitor = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1), follow_redirects=False)
    page = visitor.get("/logga-in")
    assert "Inloggningen är inte inställd" in page.text
    assert DEMO_BANNER not in page.text
    visitor.cookies.update(home.signed_in("demo-polis").cookies)
    assert visitor.get("/").status_code == 303


@pytest.mark.parametrize(
    "host", ["exempel.se", "127.0.0.1.exempel.se", "192.0.2.7", "", "[::2]", "localhost.exempel.se:80"]
)
def test_a_foreign_host_is_refused(home: House, host: str) -> None:
    """A name that was made to point at this machine reaches nothing."""
    assert home.client().get("/logga-in", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:4300", "localhost:4300", "[::1]:4300", "LOCALHOST"])
def test_this_machine_is_let_in(home: House, host: str) -> None:
    """Every loopback name works, with or without a port."""
    assert home.client().get("/logga-in", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("to", ["//exempel.se", "https://exempel.se", "/\\exempel.se", "/logga-ut"])
def test_sign_in_leads_only_to_our_own_pages(home: House, to: str) -> None:
    """The page to return to is one of ours."""
    visitor = home.client()
    fields = {"csrf": token(visitor.get("/logga-in")), "person": "demo-polis", "till": to}
    assert visitor.post("/logga-in", data=fields).headers["location"] == "/"


@pytest.mark.parametrize("person", ["demo-polis", "demo-kommun", "demo-drift"])
def test_source_text_stays_text_and_free_text_at_home(home: House, person: str) -> None:
    """A script in a title is shown as written, and only the police read the police's own words."""
    visitor = home.signed_in(person)
    pages = [visitor.get(p) for p in (f"/utkast/{home.draft_id}/siffra/c5.not_counted", "/fragor", "/")]
    assert not any(SCRIPT in p.text for p in pages)
    assert "&lt;script&gt;" in pages[0].text
    assert not any("javascript:" in p.text for p in pages)
    walk = visitor.get(f"/utkast/{home.draft_id}/siffra/c5.held").text
    assert (POLICE_WORDS in walk) == (person == "demo-polis")


def test_every_page_says_that_it_is_a_demo(home: House) -> None:
    """The banner stands on every page, errors included."""
    visitor = home.signed_in("demo-polis")
    for path in ("/", f"/utkast/{home.draft_id}", "/fragor", "/publiceringar", "/finns-inte", "/logga-in"):
        assert "Inget här är godkänt av någon myndighet." in visitor.get(path).text, path


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/finns-inte", 404),
        ("/utkast/999", 404),
        ("/utkast/abc", 404),
        ("/utkast/99999999999999999999", 404),
        ("/utkast/1/siffra/c9.held", 404),
        ("/utkast/1/fil/1/polisen.se/..%2F..%2Fetc/passwd", 404),
        ("/historik/finns-inte/2021-T1", 404),
        ("/historik/strangnas-2021/2021-T9", 404),
        ("/fragor/svar", 405),
    ],
)
def test_errors_are_swedish_pages(home: House, path: str, status: int) -> None:
    """A wrong address gets a page in Swedish with a way back."""
    answer = home.signed_in("demo-polis").get(path)
    assert answer.status_code == status
    assert "Till översikten" in answer.text
    assert 'lang="sv"' in answer.text


def test_a_broken_page_shows_no_traceback(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What we didn't foresee becomes a plain page with the safety headers."""
    visitor = home.signed_in("demo-polis")

    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("hemlig detalj")

    monkeypatch.setattr(drafts, "draft", broken)
    answer = visitor.get(f"/utkast/{home.draft_id}")
    assert answer.status_code == 500
    assert "Något gick fel hos oss" in answer.text
    assert "hemlig" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_an_enormous_form_is_refused(home: House) -> None:
    """A body larger than any draft is not read to its end."""
    visitor = home.signed_in("demo-polis")
    fields = {"csrf": token(visitor.get("/")), "text:sida:c5": "x" * 1_100_000}
    assert visitor.post(f"/utkast/{home.draft_id}/text", data=fields).status_code == 413


def _routes(home: House) -> Iterator[tuple[str, str]]:
    for path, methods in home.app.openapi()["paths"].items():
        yield from ((method.upper(), path) for method in methods)


def _filled(home: House, pattern: str) -> str:
    values = {
        "{draft_id}": str(home.draft_id),
        "{token}": "c5.held",
        "{revision}": "1",
        "{channel}": "polisen.se",
        "{name}": "2021-T1/index.html",
        "{key}": "1",
        "{promise}": "strangnas-2021",
        "{period}": "2021-T1",
        "{commitment}": "c5",
    }
    for name, value in values.items():
        pattern = pattern.replace(name, value)
    return pattern
