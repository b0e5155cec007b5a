"""The way out and back within the process, behind the public address: cookies, redirects and odd answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import config
from flows.review.app import create_app
from tasks.store import Store, sessions
from tests.fake_provider import GOOD, SETTINGS, FakeProvider, signed

pytestmark = pytest.mark.slow

PUBLIC = "https://lofteskollen.example.se"
TRIP = "__Host-lofteskoll-inloggning"
ODD = st.one_of(st.sampled_from(("", "\x00", "å" * 50, "x" * 3000, "a b", "%", "\ud800")), st.text(max_size=30))


@dataclass
class House:
    """The application behind its public address, with the police's provider in the same process."""

    client: TestClient
    police: FakeProvider
    store: Store

    def go(self, to: str = "/") -> dict[str, str]:
        """Set out and return what the provider was given."""
        out = self.client.get(f"/logga-in/polisen?{urlencode({'till': to})}")
        assert out.status_code == 303, out.text
        return {k: v[0] for k, v in parse_qs(urlsplit(out.headers["location"]).query).items()}

    def come_back(self, given: dict[str, str], **claims: Any) -> Response:
        """Return with a good answer for this trip, some claims changed."""
        said = {"nonce": given["nonce"], "groups": ["chefer"], "name": "Anna", "email": "anna@example.se"}
        self.police.id_token = signed({**GOOD, **said, **claims})
        return self.client.get(f"/logga-in/polisen/svar?{urlencode({'code': 'c', 'state': given['state']})}")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The house with a role for one group."""
    loaded, store = config.load(), Store(f"sqlite:///{Path(tmp_path_factory.mktemp('in')) / 'test.db'}")
    store.migrate()
    roles = {"chefer": frozenset({"approver"})}
    block = SETTINGS.model_copy(update={"role_claim": "groups", "roles": roles})
    town = loaded.municipalities["strangnas"].model_copy(update={"identity_providers": (block,)})
    chosen = replace(loaded, municipalities={"strangnas": town}, address=PUBLIC)
    police = FakeProvider()
    app = create_app(chosen, store, demo=False, secret="test", now=police.clock)
    app.state.providers["polisen"] = police.provider(block)
    yield House(client_of(app), police, store)
    store.close()


@pytest.fixture(autouse=True)
def nobody(house: House) -> None:
    """Every test begins with an empty browser."""
    house.client.cookies.clear()


def client_of(app: Any) -> TestClient:
    """Return a browser at the public address."""
    return TestClient(
        app, base_url=PUBLIC, client=("127.0.0.1", 1), follow_redirects=False, raise_server_exceptions=False
    )


def test_out_and_back_over_https(house: House) -> None:
    """The way back is the public one, cookies are for https and this host only, and the page asked for is reached."""
    given = house.go("/publiceringar?klart=x")
    assert given["redirect_uri"] == f"{PUBLIC}/logga-in/polisen/svar"
    trip = house.client.cookies[TRIP]
    back = house.come_back(given)
    assert (back.status_code, back.headers["location"]) == (303, "/publiceringar?klart=x")
    set_now = back.headers.get_list("set-cookie")
    assert len(set_now) == 3 and all("Secure" in c and "HttpOnly" in c and c.startswith("__Host-") for c in set_now)
    assert TRIP not in house.client.cookies and trip
    assert house.client.get("/").status_code == 200


def test_the_trip_holds_no_way_to_be_changed(house: House) -> None:
    """A cookie that we didn't sign, or signed for another provider, is no trip."""
    given = house.go()
    good = house.client.cookies[TRIP]
    for forged in ("", "x", good[:-2] + "AA", good + "x", "a.b"):
        house.client.cookies.clear()
        house.client.cookies.set(TRIP, forged)
        assert "”no_trip”" in house.come_back(given).text, forged


@pytest.mark.parametrize(
    "to", ["//exempel.se", "https://exempel.se/", "/\\exempel.se", "/logga-ut", "/utloggad", "x", "/\r\n/x"]
)
def test_the_way_back_stays_with_us(house: House, to: str) -> None:
    """Whatever a link to sign-in asks for, it ends on a page of ours."""
    assert house.come_back(house.go(to)).headers["location"] == "/"


def test_signing_out_leads_to_the_providers_own_way_out(house: House) -> None:
    """The page offers it as a link: our policy lets no form lead to another site."""
    house.come_back(house.go())
    page = house.client.get("/")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    out = house.client.post("/logga-ut", data={"csrf": csrf}, headers={"origin": PUBLIC})
    assert out.headers["location"] == "/utloggad?hos=polisen"
    shown = house.client.get(out.headers["location"]).text
    assert f"post_logout_redirect_uri={quote(PUBLIC, safe='')}%2Flogga-in" in shown
    assert house.client.get("/").status_code == 303


def test_a_provider_without_a_way_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says to close the browser; an unknown provider's name leads nowhere."""
    known = house.client.app.state.providers["polisen"]
    monkeypatch.setattr(known, "_about", None)
    monkeypatch.delitem(house.police.about, "end_session_endpoint")
    assert "Stäng webbläsaren" in house.client.get("/utloggad?hos=polisen").text
    assert "Stäng webbläsaren" not in house.client.get("/utloggad?hos=finns-inte").text
    monkeypatch.setattr(known, "_about", None)


def test_without_a_role_nobody_is_kept(house: House) -> None:
    """Somebody whom nobody gave a role leaves no session and no name behind."""
    before = len(_known(house.store))
    answer = house.come_back(house.go(), groups=[], sub="p-99")
    assert answer.status_code == 403 and "Du har inget uppdrag här" in answer.text
    assert len(_known(house.store)) == before
    assert house.client.get("/").status_code == 303


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "x" * 5000},
        {"sub": "å\x00"},
        {"name": {"a": 1}, "email": 7},
        {"sub": "\ud83d"},
        {"name": "\x00\ud83d", "email": "a@b"},
        {"name": "\ud83d", "email": "\ud83d@\x00", "groups": []},
        {"groups": [None, {"a": 1}, "chefer"]},
        {"groups": {"chefer": 1}},
    ],
)
def test_odd_claims_are_no_error(house: House, claims: dict[str, Any]) -> None:
    """A person is signed in or told why not, whatever the provider writes."""
    answer = house.come_back(house.go(), **claims)
    assert answer.status_code in (303, 400, 403), answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(st.sampled_from(("code", "state", "iss", "error", "till", "hos")), ODD, max_size=5))
def test_any_answer_has_a_page(house: House, fields: dict[str, str]) -> None:
    """Odd ways back are refused in Swedish, never with an error; nobody is signed in by them."""
    house.go()
    query = urlencode(fields, errors="surrogatepass")
    for path in ("/logga-in/polisen/svar", "/logga-in/polisen", "/utloggad", "/logga-in"):
        answer = house.client.get(f"{path}?{query}")
        assert answer.status_code < 500 and "traceback" not in answer.text.casefold(), (path, fields)
    assert house.client.get("/").status_code == 303


def _known(store: Store) -> dict[str, str]:
    with store.reading() as db:
        return sessions.names(db)
