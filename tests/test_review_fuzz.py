"""Whatever is sent, the review application answers with a page of its own, never with a 500."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import config
from tasks.store import Store
from tests.reviewing import House, house, token

pytestmark = pytest.mark.slow

_TRICKY = ("", "0", "-1", "1", "9" * 30, "\x00", "ja", "nej", "sida:c5", "../..", "{c5.held}", "c5.held", "å" * 400)
ODD = st.one_of(st.sampled_from(_TRICKY), st.text(max_size=40))
PATHS = (
    "/utkast/{}",
    "/utkast/1/siffra/{}",
    "/utkast/{}/fil/{}/{}/{}",
    "/historik/{}/{}",
    "/drift/{}/{}",
    "/drift/strangnas-2021/2021-T1?begaran={}",
    "/rapportera/{}/{}",
    "/rapportera/strangnas-2021/c5/{}",
    "/logga-in?till={}",
    "/{}",
)
FORMS = (
    "/utkast/1/text",
    "/utkast/1/godkann",
    "/utkast/1/tillbaka",
    "/drift/strangnas-2021/2021-T1",
    "/fragor/svar",
    "/fragor/angra",
    "/publiceringar/1/utred",
    "/rapportera/strangnas-2021/c5",
    "/rapportera/strangnas-2021/c3/period",
    "/rapportera/strangnas-2021/c5/k1/aterta",
    "/rapportera-fil/strangnas-2021",
    "/rapportera-fil/strangnas-2021/spara",
    "/logga-in",
)
FIELDS = (
    *("revision", "sha256", "lucka", "kommentar", "text:sida:c5", "seen:sida:c5", "vid", "behall", "aterstall"),
    *("promise", "fraga", "left", "right", "seen", "svar", "lank", "person", "till"),
    *(
        "lage",
        "nummer",
        "andrar",
        "version",
        "datum",
        "slutdatum",
        "nytt-datum",
        "plats",
        "platsen",
        "antal",
        "deltagare",
    ),
    *("text:fritext", "villkor:police_took_part", "utan", "sedd", "period", "fil", "rader", "skal"),
    *("vad", "rattat:state", "rattat:date", "rattat:place", "rattat:count"),
)
QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One application for all examples."""
    store = Store(f"sqlite:///{Path(tmp_path_factory.mktemp('fuzz')) / 'test.db'}")
    store.migrate()
    yield house(config.load(), store)
    store.close()


@pytest.fixture(scope="module")
def visitor(home: House) -> TestClient:
    """A signed-in approver."""
    return home.signed_in("demo-kommun")


@QUICK
@given(pattern=st.sampled_from(PATHS), parts=st.lists(ODD, min_size=4, max_size=4))
def test_any_address_has_an_answer(visitor: TestClient, pattern: str, parts: list[str]) -> None:
    """Odd addresses are missing pages, not errors."""
    safe = [quote(p.encode("utf-8", "surrogatepass"), safe="") for p in parts]
    assert visitor.get(pattern.format(*safe)).status_code < 500


@QUICK
@given(path=st.sampled_from(FORMS), fields=st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=6))
def test_any_form_has_an_answer(visitor: TestClient, path: str, fields: dict[str, str]) -> None:
    """Odd forms are refused, not errors."""
    body = urlencode({"csrf": token(visitor.get("/fragor")), **fields}, errors="surrogatepass")
    answer = visitor.post(path, content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code < 500, (path, fields)


@QUICK
@given(
    path=st.sampled_from(FORMS),
    body=st.binary(max_size=200),
    kind=st.sampled_from(
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain"]
    ),
)
def test_any_body_has_an_answer(visitor: TestClient, path: str, body: bytes, kind: str) -> None:
    """Bytes that are no form at all are refused for want of our token."""
    answer = visitor.post(path, content=body, headers={"content-type": kind})
    assert answer.status_code in (400, 403), (path, body, kind)
