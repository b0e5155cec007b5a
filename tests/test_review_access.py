"""Who may see and do what: every route × every role × both parties × the other municipality."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from starlette.routing import Mount

import config
from config.schema import Party, Role
from flows.review.app import create_app
from tasks import decide
from tasks.model import Publication
from tasks.store import Store, matches, publications
from tests.reviewing import NEWS, PERIOD, PROMISE, House, house, token
from tests.visitors import OTHER, OTHER_PROMISE, OWN, two_municipalities, visitor
from tests.year import KOMMUN

pytestmark = pytest.mark.slow

PARTIES: tuple[Party, Party] = ("police", "municipality")
ROLES: tuple[Role, ...] = ("reporter", "reviewer", "approver", "ops")
EVERYONE, READERS, EDITORS = set(ROLES), {"reviewer", "approver", "ops"}, {"reviewer", "approver"}
ANSWERERS, REPORTERS = {"reporter", "reviewer", "approver"}, {"reporter", "approver"}
# Method, path, which roles get in. What a form then says is another matter: an empty one is refused, never with 403.
ROUTES: tuple[tuple[str, str, set[str]], ...] = (
    ("GET", "/", EVERYONE),
    ("GET", "/utkast/{draft_id}", READERS),
    ("GET", "/utkast/{draft_id}/jamfor", READERS),
    ("GET", "/utkast/{draft_id}/siffra/{token}", READERS),
    ("GET", "/utkast/{draft_id}/fil/{revision}/{channel}/{name}", READERS),
    ("POST", "/utkast/{draft_id}/text", EDITORS),
    ("POST", "/utkast/{draft_id}/godkann", {"approver"}),
    ("POST", "/utkast/{draft_id}/tillbaka", EDITORS),
    ("GET", "/drift/{promise}/{period}", {"ops"}),
    ("POST", "/drift/{promise}/{period}", {"ops"}),
    ("GET", "/fragor", ANSWERERS),
    ("POST", "/fragor/svar", ANSWERERS),
    ("POST", "/fragor/angra", ANSWERERS),
    ("GET", "/rapportera", REPORTERS),
    ("GET", "/rapportera/{promise}/{commitment}", REPORTERS),
    ("POST", "/rapportera/{promise}/{commitment}", REPORTERS),
    ("GET", "/rapportera/{promise}/{commitment}/{key}", REPORTERS),
    ("POST", "/rapportera/{promise}/{commitment}/period", REPORTERS),
    ("POST", "/rapportera/{promise}/{commitment}/{key}/aterta", REPORTERS),
    ("GET", "/rapportera-fil/{promise}", REPORTERS),
    ("POST", "/rapportera-fil/{promise}", REPORTERS),
    ("POST", "/rapportera-fil/{promise}/spara", REPORTERS),
    ("GET", "/publiceringar", READERS),
    ("POST", "/publiceringar/{key}/utred", {"approver", "ops"}),
    ("POST", "/publiceringar/{key}/stoppa", {"approver", "ops"}),
    ("POST", "/publiceringar/utgava/{key}/ratta", EDITORS),
    ("POST", "/publiceringar/rattelse/{key}/kasta", {"approver"}),
    ("POST", "/publiceringar/utgava/{key}/aterkalla", {"approver", "ops"}),
    ("GET", "/historik/{promise}/{period}", READERS),
)
# Lists show what the person may see of each municipality; everything else is about one thing of one municipality.
LISTS = {"/", "/fragor", "/rapportera", "/publiceringar"}
OPEN = {
    ("GET", "/logga-in"),
    ("POST", "/logga-in"),
    ("GET", "/logga-in/{provider}"),
    ("GET", "/logga-in/{provider}/svar"),
    ("POST", "/logga-ut"),
    ("GET", "/utloggad"),
    ("GET", "/healthz"),
}
FIELDS = {"/fragor/svar": {"promise": PROMISE}, "/fragor/angra": {"svar": "1"}}


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> tuple[Path, House]:
    """A database of two municipalities; the first has an open draft, an answer and a publication that waits."""
    file = tmp_path_factory.mktemp("access") / "stocked.db"
    store = Store(f"sqlite:///{shutil.copy(migrated_file, file)}")
    made = house(two_municipalities(config.load()), store)
    with store.writing() as db:
        row = Publication(0, PROMISE, PERIOD, 1, "polisen.se", f"{PROMISE}/{PERIOD}", "pending", made.draft_id, 1)
        publications.enqueue(db, [row], made.clock())
    decide.judge(
        store,
        promise=PROMISE,
        question="evidence",
        left=NEWS,
        right="c6",
        verdict="no",
        corrected={},
        seen_sha256="",
        person=KOMMUN,
        at=made.clock(),
    )
    store.close()
    return file, made


@pytest.fixture
def home(stocked: tuple[Path, House], tmp_path: Path) -> Iterator[House]:
    """The application over a copy of it."""
    file, made = stocked
    store = Store(f"sqlite:///{shutil.copy(file, tmp_path / 'test.db')}")
    app = create_app(made.config, store, demo=True, secret="test", now=made.clock)
    yield replace(made, app=app, store=store)
    store.close()


def test_the_table_names_every_route(home: House) -> None:
    """A new route can't be forgotten: the application's routes are the table's, and nothing hides beside them."""
    assert {(m, p) for m, p, _ in ROUTES} | OPEN == set(_routes(home))
    assert [r.path for r in home.app.routes if isinstance(r, Mount)] == ["/static"]


def test_every_route_for_someone_signed_out(home: House) -> None:
    """Signed out, a page leads to sign-in and back, and a change is not done."""
    for method, pattern, _ in ROUTES:
        path, nobody = _filled(home, pattern), home.client()
        answer = _ask(nobody, method, path, csrf=token(nobody.get("/logga-in")))
        assert answer.status_code == (303 if method == "GET" else 401), (method, path)
        assert method == "POST" or answer.headers["location"].startswith("/logga-in?till="), path


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("role", ROLES)
def test_every_route_for_the_other_municipality(home: House, party: Party, role: Role) -> None:
    """With a role elsewhere, everything here is as good as missing, and no list tells of it."""
    stranger = visitor(home, party, {OTHER: frozenset({role})})
    csrf = token(stranger.get("/"))
    for method, pattern, allowed in ROUTES:
        answer = _ask(stranger, method, _filled(home, pattern), csrf=csrf)
        case = (method, pattern, answer.status_code)
        if pattern not in LISTS:
            assert answer.status_code == 404, case
            continue
        assert answer.status_code == (200 if role in allowed else 403), case
        assert "Strängnäs kommun" not in answer.text and PROMISE not in answer.text, case
        assert f"/utkast/{home.draft_id}" not in answer.text, case
    assert _state(home) == (1, "pending", 1)


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("role", ROLES)
def test_every_route_for_every_role(home: House, party: Party, role: Role) -> None:
    """The wrong role gets 403; the right one gets an answer, never a 500."""
    person = visitor(home, party, {OWN: frozenset({role})})
    csrf = token(person.get("/"))
    for method, pattern, allowed in ROUTES:
        status = _ask(person, method, _filled(home, pattern), csrf=csrf).status_code
        assert (status == 403) == (role not in allowed), (method, pattern, status)
        assert status < 500, (method, pattern, status)
    assert home.draft().revision == 1, "no empty form changes anything"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_elsewhere_gives_nothing_here(home: House, role: Role) -> None:
    """Every role in the other municipality adds nothing to the one role here, and lists stay apart."""
    person = visitor(home, "police", {OWN: frozenset({role}), OTHER: frozenset(ROLES)})
    csrf = token(person.get("/"))
    for method, pattern, allowed in ROUTES:
        status = _ask(person, method, _filled(home, pattern), csrf=csrf).status_code
        if pattern not in LISTS:
            assert (status == 403) == (role not in allowed), (method, pattern, status)
            continue
        shown = person.get(_filled(home, pattern)).text
        assert status == 200, (method, pattern, status)
        assert (PROMISE in shown or "Strängnäs" in shown) <= (role in allowed), pattern


def test_nobody_without_a_role(home: House) -> None:
    """A session whose roles are gone opens nothing."""
    person = visitor(home, "police", {})
    for method, pattern, _ in ROUTES:
        assert _ask(person, method, _filled(home, pattern), csrf="").status_code in (403, 404), (method, pattern)


def test_a_change_that_names_no_promise_needs_the_role_everywhere(home: House) -> None:
    """An empty form could mean any municipality, so that a role in one of them isn't enough."""
    here, everywhere = frozenset[Role]({"approver"}), frozenset[Role](ROLES)
    local = visitor(home, "police", {OWN: here})
    both = visitor(home, "police", {OWN: here, OTHER: everywhere})
    for path in ("/fragor/svar", "/fragor/angra"):
        assert local.post(path, data={"csrf": token(local.get("/"))}).status_code == 403
        assert both.post(path, data={"csrf": token(both.get("/"))}).status_code == 422


def test_the_other_municipalitys_own_page_works(home: House) -> None:
    """What is missing for strangers is there for the people of that municipality."""
    person = visitor(home, "municipality", {OTHER: frozenset(ROLES)})
    assert "Löftet i Testhamn" in person.get("/").text
    assert person.get(f"/historik/{OTHER_PROMISE}/{PERIOD}").status_code == 200


def test_a_change_needs_the_token(home: House) -> None:
    """A form without our token, or with somebody else's, is refused, whatever it would change."""
    own, other = (visitor(home, p, {OWN: frozenset(ROLES)}) for p in PARTIES)
    borrowed = token(other.get("/"))
    for path in (_filled(home, p) for m, p, _ in ROUTES if m == "POST"):
        assert own.post(path, data=FIELDS.get(path, {})).status_code == 403, path
        assert own.post(path, data={"csrf": borrowed, **FIELDS.get(path, {})}).status_code == 403, path
    assert _state(home) == (1, "pending", 1)


def _ask(client: TestClient, method: str, path: str, *, csrf: str) -> Response:
    return client.request(method, path, data={"csrf": csrf, **FIELDS.get(path, {})} if method == "POST" else {})


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
        "{promise}": PROMISE,
        "{period}": PERIOD,
        "{commitment}": "c5",
    }
    for name, value in values.items():
        pattern = pattern.replace(name, value)
    return pattern


def _state(home: House) -> tuple[int, str, int]:
    """The draft's revision, the publication's state and the number of answers that stand."""
    with home.store.reading() as db:
        row = publications.publication(db, 1)
        assert row is not None
        return home.draft().revision, row.state, len(matches.answers(db, PROMISE))
