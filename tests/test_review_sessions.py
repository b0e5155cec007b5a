"""Sessions, cookies and forms: what a browser carries, how long it is worth something, and what is never lost."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from html import unescape

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import event

import config
from config.schema import Role
from flows.review import auth
from flows.review.app import create_app
from flows.review.people import DEMO_BANNER
from tasks.model import digest
from tasks.store import Store, sessions
from tests.reviewing import House, house, token
from tests.visitors import OWN, visitor

pytestmark = pytest.mark.slow

PUBLIC = "https://lofteskollen.example.se"
OURS = {"origin": "http://127.0.0.1"}


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """An application with one open draft."""
    return house(config.load(), sqlite_store)


@pytest.fixture
def public(home: House) -> House:
    """The same behind its public address."""
    there = replace(home.config, address=PUBLIC)
    app = create_app(there, home.store, demo=False, secret="test", now=home.clock)
    return replace(home, app=app, config=there)


def test_cookies_are_out_of_reach(home: House) -> None:
    """Scripts can't read them, other sites can't use the one that changes ask for, and they hold no readable word."""
    client = home.client()
    fields = {"csrf": token(client.get("/logga-in")), "person": "demo-polis"}
    cookies = client.post("/logga-in", data=fields).headers.get_list("set-cookie")
    assert len(cookies) == 2 and all("HttpOnly" in c and "Path=/" in c for c in cookies)
    assert sorted(re.findall(r"SameSite=(\w+)", " ".join(cookies))) == ["Lax", "Strict"]
    assert not any("Domain" in c or "demo" in c for c in cookies)


def test_the_database_holds_no_token(home: House) -> None:
    """Whoever reads the database can't act as anybody: it holds a hash."""
    client = home.signed_in("demo-polis")
    held = client.cookies[auth.READING]
    with home.store.reading() as db:
        assert sessions.find(db, digest(held)) is not None
        assert sessions.find(db, held) is None
        everything = str(db.exec_driver_sql("SELECT * FROM sessions").all())
    assert held not in everything


def test_a_session_ends(home: House) -> None:
    """Half an hour of silence ends a session, and so do eight hours of work."""
    client = home.signed_in("demo-polis")
    home.clock.forward(minutes=29)
    assert client.get("/").status_code == 200
    home.clock.forward(minutes=31)
    assert client.get("/").status_code == 303
    busy = home.signed_in("demo-polis")
    for _ in range(24):
        home.clock.forward(minutes=20)
        assert busy.get("/").status_code == 200
    home.clock.forward(minutes=1)
    assert busy.get("/").status_code == 303


def test_the_page_says_that_the_session_ended(home: House) -> None:
    """Whoever is sent to sign in because of the time is told so, and comes back to the same page."""
    client = home.signed_in("demo-polis")
    assert "gått ut" not in client.get("/logga-in").text
    home.clock.forward(minutes=31)
    there = client.get(f"/utkast/{home.draft_id}?vid=godkann").headers["location"]
    page = client.get(there)
    assert "Din inloggning har gått ut" in page.text
    fields = {"csrf": token(page), "person": "demo-polis", "till": _field(page, "till")}
    assert client.post("/logga-in", data=fields).headers["location"] == f"/utkast/{home.draft_id}?vid=godkann"


def test_reading_writes_nothing(home: House) -> None:
    """A session is looked up once a request, and its use is noted at most once a minute."""
    client = home.signed_in("demo-polis")
    statements = list[str]()
    event.listen(home.store.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    for _ in range(5):
        client.get("/finns-inte-alls")
        client.get("/publiceringar")
    assert sum("FROM sessions" in s for s in statements) == 5
    assert not any(s.startswith(("UPDATE", "INSERT", "DELETE", "BEGIN IMMEDIATE")) for s in statements)
    home.clock.forward(minutes=2)
    for _ in range(5):
        client.get("/publiceringar")
    assert sum(s.startswith("UPDATE sessions") for s in statements) == 1


def test_sign_in_makes_a_new_token(home: House) -> None:
    """What somebody planted in the browser before sign-in is worth nothing after it."""
    client = home.client()
    client.get("/logga-in")
    planted = client.cookies[auth.READING]
    fields = {"csrf": token(client.get("/logga-in")), "person": "demo-polis"}
    client.post("/logga-in", data=fields)
    assert client.cookies[auth.READING] != planted
    thief = home.client()
    thief.cookies.set(auth.READING, planted)
    assert thief.get("/").status_code == 303


def test_signing_in_again_ends_the_session_before(home: House) -> None:
    """One browser has one session: the older one doesn't stay open behind it."""
    client = home.signed_in("demo-polis")
    before = client.cookies[auth.READING]
    page = client.get("/logga-in")
    client.post("/logga-in", data={"csrf": token(page), "person": "demo-kommun"})
    assert "Demo Kommun" in client.get("/").text
    old = home.client()
    old.cookies.set(auth.READING, before)
    assert old.get("/").status_code == 303


def test_signing_out_ends_it_everywhere(home: House) -> None:
    """After signing out nothing is open, also for whoever kept a copy of the cookies."""
    client = home.signed_in("demo-polis")
    copy = home.client()
    copy.cookies.update(client.cookies)
    assert home.post(client, "/logga-ut").headers["location"] == "/logga-in"
    assert auth.READING not in client.cookies
    assert client.get("/").status_code == 303
    assert copy.get("/").status_code == 303


def test_ops_can_end_a_session(home: House) -> None:
    """A session that was taken back is over at the next click."""
    client = home.signed_in("demo-polis")
    with home.store.writing() as db:
        assert sessions.end_all(db, home.clock(), "demo-polis") == 1
    assert client.get("/").status_code == 303


def test_other_decisions_end_sessions(home: House) -> None:
    """Who was taken off the list, or whose group lost its role, is out when the application starts anew."""
    client = visitor(home, "police", {OWN: frozenset[Role]({"ops"})})
    assert client.get("/").status_code == 200
    same = create_app(home.config, home.store, demo=True, secret="anew", now=home.clock)
    people = (*home.config.municipalities[OWN].people, config.schema.Person(id="x", name="X", party="police", roles=[]))
    town = home.config.municipalities[OWN].model_copy(update={"people": people})
    changed = replace(home.config, municipalities={OWN: town})
    other = create_app(changed, home.store, demo=True, secret="anew", now=home.clock)
    for app, status in ((same, 200), (other, 303)):
        again = replace(home, app=app).client()
        again.cookies.update(client.cookies)
        assert again.get("/").status_code == status


def test_a_forged_cookie_is_nobody(home: House) -> None:
    """A token that we never gave is no session, however long or odd."""
    for forged in ("x", "x" * 5000, "a b", "%00", "0" * 64):
        answer = home.client().get("/", headers={"cookie": f"{auth.READING}={forged}"})
        assert answer.status_code == 303, forged


def test_a_text_typed_in_an_ended_session_can_be_sent_again(home: House) -> None:
    """The session ended while somebody wrote: signed in anew in another tab, two clicks save the same text."""
    client = home.signed_in("demo-polis")
    draft = client.get(f"/utkast/{home.draft_id}")
    seen = re.search(r'name="seen:sida:c5" value="(\w+)"', draft.text)
    assert seen
    typed = "Vi gick {c5.held} <b> vandringar."
    fields = {"csrf": token(draft), "revision": "1", "text:sida:c5": typed, "seen:sida:c5": seen[1], "vid": "sida:c5"}
    home.clock.forward(minutes=31)
    ended = client.post(f"/utkast/{home.draft_id}/text", data=fields, headers=OURS)
    assert ended.status_code == 401
    assert "inget är borta" in ended.text and unescape(_written(ended)) == typed
    # Not signed in yet: the same page again, nothing saved.
    assert client.post(f"/utkast/{home.draft_id}/text", data=_all(ended), headers=OURS).status_code == 401
    page = client.get("/logga-in")
    client.post("/logga-in", data={"csrf": token(page), "person": "demo-polis"})
    stale = client.post(f"/utkast/{home.draft_id}/text", data=_all(ended), headers=OURS)
    assert stale.status_code == 409
    assert "Du är nu inloggad som Demo Polis" in stale.text and unescape(_written(stale)) == typed
    assert home.draft().revision == 1
    saved = client.post(f"/utkast/{home.draft_id}/text", data=_all(stale), headers=OURS)
    assert saved.status_code == 303 and "klart=sparat" in saved.headers["location"]
    assert home.block("sida:c5").text == typed


def test_another_site_can_not_put_words_on_that_page(home: House) -> None:
    """What is shown to be sent again came from a page of ours, as the browser itself says."""
    client = home.signed_in("demo-polis")
    fields = {"csrf": "x", "kommentar": "Skicka detta"}
    there = f"/utkast/{home.draft_id}/tillbaka"
    for headers in ({}, {"origin": "https://exempel.se"}, {"origin": "null"}, {**OURS, "sec-fetch-site": "cross-site"}):
        answer = client.post(there, data=fields, headers=headers)
        assert answer.status_code == 403 and "Skicka detta" not in answer.text, headers


def test_a_change_needs_the_strict_cookie_and_our_own_origin(home: House) -> None:
    """The Lax cookie alone can't change anything, and neither can a page of another origin."""
    client = home.signed_in("demo-polis")
    fields = {"csrf": token(client.get("/"))}
    for headers in (
        {"origin": "https://exempel.se"},
        {"origin": "http://127.0.0.1:4200"},
        {"sec-fetch-site": "same-site"},
    ):
        assert client.post("/fragor/svar", data=fields, headers=headers).status_code == 403, headers
    lax = client.cookies[auth.READING]
    bare = home.client()
    bare.cookies.set(auth.READING, lax)
    assert bare.get("/").status_code == 200
    assert bare.post("/fragor/svar", data=fields).status_code == 403


@pytest.mark.parametrize(
    ("address", "headers"),
    [("192.0.2.7", {}), ("127.0.0.1", {"x-forwarded-for": "192.0.2.7"}), ("testclient", {})],
)
def test_demo_people_stay_on_this_machine(home: House, address: str, headers: dict[str, str]) -> None:
    """Invented people are neither offered nor let in from elsewhere, also through a proxy here."""
    client = home.client(address)
    page = client.get("/logga-in", headers=headers)
    assert "demo-polis" not in page.text
    assert client.post("/logga-in", data={"csrf": token(home.client().get("/logga-in"))}).status_code == 403
    inside = home.signed_in("demo-polis")
    client.cookies.update(inside.cookies)
    assert client.get("/", headers=headers).status_code == 303


def test_without_demo_the_page_says_what_is_missing(home: House) -> None:
    """Where nothing is set up, the sign-in page names each party's missing block, and nobody gets in."""
    app = create_app(home.config, home.store, demo=False, secret="test", now=home.clock)
    client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1), follow_redirects=False)
    page = client.get("/logga-in")
    assert "Inloggningen är inte inställd" in page.text
    assert page.text.count("issuer och client_id är tomma i municipalities/strangnas.toml") == 2
    assert DEMO_BANNER not in page.text
    client.cookies.update(home.signed_in("demo-polis").cookies)
    assert client.get("/").status_code == 303


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


def test_behind_the_public_address_everything_is_for_https_only(public: House) -> None:
    """Cookies get the prefix by which the browser guards them, browsers are told to stay on https, others are out."""
    client = TestClient(public.app, base_url=PUBLIC, client=("127.0.0.1", 1), follow_redirects=False)
    page = client.get("/logga-in")
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    cookies = page.headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all(c.startswith("__Host-lofteskoll") and "Secure" in c and "Path=/" in c for c in cookies)
    assert client.get("/", headers={"host": "annan.example.se"}).status_code == 400
    inside = visitor(public, "police", {OWN: frozenset[Role]({"ops"})})
    named = {f"__Host-{k}": v for k, v in inside.cookies.items()}
    for cookies_sent, status in ((dict(inside.cookies), 303), (named, 200)):
        header = "; ".join(f"{k}={v}" for k, v in cookies_sent.items())
        assert client.get("/", headers={"cookie": header}).status_code == status
    assert "strict-transport-security" not in public.client().get("/logga-in").headers


def test_every_answer_carries_the_safety_headers(home: House) -> None:
    """Pages, errors, redirects, files and refusals alike."""
    client = home.signed_in("demo-polis")
    file = f"/utkast/{home.draft_id}/fil/1/polisen.se/2021-T1/index.html"
    paths = ("/", "/finns-inte", "/logga-in", f"/utkast/{home.draft_id}", "/static/review.css", file, "/utloggad")
    answers = [client.get(p) for p in paths] + [home.client().get("/"), client.post("/fragor/svar")]
    for answer in answers:
        headers = answer.headers
        assert headers["content-security-policy"].split("default-src ")[1].startswith("'none'"), answer.url
        assert "script-src" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"] or str(answer.url).endswith(file)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"] and "geolocation=()" in headers["permissions-policy"]
        assert headers["cache-control"] == "no-store" or "/static/" in str(answer.url)


@pytest.mark.parametrize(
    "to",
    [
        "//exempel.se",
        "https://exempel.se",
        "/\\exempel.se",
        "/logga-ut",
        "exempel.se",
        "/\t/exempel.se",
        "\\\\exempel.se",
    ],
)
def test_sign_in_leads_only_to_our_own_pages(home: House, to: str) -> None:
    """The page to return to is one of ours."""
    client = home.client()
    fields = {"csrf": token(client.get("/logga-in")), "person": "demo-polis", "till": to}
    assert client.post("/logga-in", data=fields).headers["location"] == "/"


def test_no_secret_and_no_text_in_the_log(home: House, caplog: pytest.LogCaptureFixture) -> None:
    """A whole visit, mistakes included, leaves ids in the log: no token, no form's words."""
    caplog.set_level(logging.DEBUG)
    client = home.signed_in("demo-polis")
    page = client.get(f"/utkast/{home.draft_id}")
    words, held = "Hemliga ord om Anna Provsson", list(client.cookies.values())
    home.post(client, f"/utkast/{home.draft_id}/tillbaka", kommentar=words)
    client.post(f"/utkast/{home.draft_id}/tillbaka", data={"csrf": "fel", "kommentar": words}, headers=OURS)
    home.post(client, "/logga-ut")
    logged = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "asyncio")))
    assert "signed in: person=demo-polis" in logged
    assert len(held) == 2
    for secret in (words, "Provsson", token(page), *held):
        assert secret not in logged


def _field(page: Response, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


def _written(page: Response) -> str:
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.S)
    assert found, page.text
    return found[1]


def _all(page: Response) -> dict[str, str]:
    """Every field of the form that offers to send it again."""
    form = page.text[page.text.index('<form method="post" action="/utkast') :]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S)
    return {unescape(k): unescape(v) for k, v in (*hidden, *areas)}
