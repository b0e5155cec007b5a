"""Whatever is sent, the review application answers with a page of its own, never with a 500."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx2
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import config
from tasks.model import Publication
from tasks.store import Store, publications
from tests.reviewing import PERIOD, PROMISE, House, house, token
from tests.test_review_access import OPEN, ROUTES
from tests.year import HEADER

pytestmark = pytest.mark.slow

_TRICKY = ("", "0", "-1", "1", "9" * 30, "\x00", "ja", "nej", "sida:c5", "../..", "{c5.held}", "c5.held", "å" * 400)
ODD = st.one_of(st.sampled_from(_TRICKY), st.text(max_size=40))
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
QUERY = ("till", "version", "begaran", "svar", "klart", "vid", "code", "state", "error", "nasta")
REAL = {
    "draft_id": "1",
    "token": "c5.held",
    "revision": "1",
    "channel": "polisen.se",
    "name": "uppfoljning-2021-T1/index.html",
    "key": "1",
    "promise": PROMISE,
    "period": PERIOD,
    "commitment": "c5",
    "provider": "kommun",
}
# The table that says who may do what; test_review_access holds it to be every route that the application has.
EVERY = sorted({(method, path) for method, path, _ in ROUTES} | OPEN)
PEOPLE = ("demo-kommun", "demo-polis-rapport", "demo-drift", "")
KINDS = (
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain", ""),
    *("application/x-www-form-urlencoded; charset=utf-16", "multipart/form-data; boundary=x; charset=latin-1"),
    *('multipart/form-data; boundary=""', f"multipart/form-data; boundary={'å' * 9}", "application/json", "\x00"),
)
FILES = st.tuples(
    st.one_of(
        st.sampled_from(["rapport.csv", "rapport.xlsx", "", "../../x", "å\x00.csv", "a" * 300]), st.text(max_size=9)
    ),
    st.one_of(
        st.binary(max_size=200),
        st.sampled_from(
            [HEADER.encode(), f"{HEADER}\r\n1;c5;held".encode("utf-16"), b"PK\x03\x04", b"\xd0\xcf\x11\xe0"]
        ),
    ),
    st.sampled_from(["text/csv", "application/zip", "", "text/csv; charset=utf-16"]),
)
HEADERS = st.dictionaries(
    st.sampled_from(["accept", "if-none-match", "range", "cookie", "referer", "x-forwarded-for", "content-encoding"]),
    st.sampled_from(["", "*/*", "bytes=0-", "lofteskoll=1; lofteskoll=2", "gzip", "\xff", '"x"', "a" * 2000]),
    max_size=2,
)
QUICK = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Visitor:
    """Somebody with a browser, and the token of that browser's forms."""

    client: TestClient
    csrf: str


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One application for all examples, with a publication to resolve."""
    store = Store(f"sqlite:///{Path(tmp_path_factory.mktemp('fuzz')) / 'test.db'}")
    store.migrate()
    made = house(config.load(), store)
    with store.writing() as db:
        row = Publication(0, PROMISE, PERIOD, 1, "polisen.se", f"{PROMISE}/{PERIOD}", "pending", made.draft_id, 1)
        publications.enqueue(db, [row], made.clock())
    yield made
    store.close()


@pytest.fixture(scope="module")
def visitors(home: House) -> dict[str, Visitor]:
    """One signed-in visitor of each kind, and one who isn't."""
    clients = {who: home.signed_in(who) if who else home.client() for who in PEOPLE}
    return {
        who: Visitor(c, token(c.get("/rapportera" if "rapport" in who else "/" if who else "/logga-in")))
        for who, c in clients.items()
    }


@pytest.mark.parametrize(("method", "pattern"), EVERY)
@QUICK
@given(data=st.data())
def test_any_request_has_an_answer(
    visitors: dict[str, Visitor], method: str, pattern: str, data: st.DataObject
) -> None:
    """Every route, with real and odd addresses, fields, files, encodings and headers: pages of ours, never a 500."""
    who = data.draw(st.sampled_from(PEOPLE), label="who")
    if "logga" in pattern and method == "POST":
        # It would end or change the session that the other examples use.
        client = visitors[""].client
        client.cookies.clear()
        visitor = Visitor(client, token(client.get("/logga-in")))
    else:
        visitor = visitors[who]
    path = _address(pattern, data)
    headers = data.draw(HEADERS, label="headers")
    try:
        answer = _send(visitor, method, path, headers, data)
    except (httpx2.InvalidURL, httpx2.LocalProtocolError, UnicodeEncodeError, ValueError):
        event("no client could send it")
        return
    event(f"{answer.status_code}")
    # An outside check is told by a 503 that no source has been heard yet.
    assert answer.status_code < 500 or (path, answer.status_code) == ("/healthz", 503), (who, method, path)


def _address(pattern: str, data: st.DataObject) -> str:
    path = pattern
    for name, real in REAL.items():
        if f"{{{name}}}" in path:
            value = data.draw(st.one_of(st.just(real), ODD), label=name)
            path = path.replace(f"{{{name}}}", quote(value.encode("utf-8", "surrogatepass"), safe=""))
    if path == "/healthz":
        return path
    query = data.draw(st.dictionaries(st.sampled_from(QUERY), ODD, max_size=2), label="query")
    return f"{path}?{urlencode(query, errors='surrogatepass')}" if query else path


def _send(visitor: Visitor, method: str, path: str, headers: dict[str, str], data: st.DataObject) -> Response:
    send = visitor.client.request
    if method == "GET":
        return send(
            data.draw(st.sampled_from(["GET", "HEAD", "PUT", "OPTIONS"]), label="method"), path, headers=headers
        )
    form = data.draw(st.dictionaries(st.sampled_from(FIELDS), ODD, max_size=6), label="form")
    shape = data.draw(st.sampled_from(["form", "latin", "multipart", "file", "bytes"]), label="shape")
    form = {"csrf": visitor.csrf, **form}
    if shape == "bytes":
        kind = data.draw(st.sampled_from(KINDS), label="kind")
        return send(method, path, content=data.draw(st.binary(max_size=200)), headers={**headers, "content-type": kind})
    if shape in ("multipart", "file"):
        files = {"fil": data.draw(FILES, label="file")} if shape == "file" else {k: (None, v) for k, v in form.items()}
        return send(method, path, data=form if shape == "file" else None, files=files, headers=headers)
    encoding = "latin-1" if shape == "latin" else "utf-8"
    body = urlencode(
        {k: v.encode(encoding, "replace" if shape == "latin" else "surrogatepass") for k, v in form.items()}
    )
    return send(method, path, content=body, headers={**headers, "content-type": "application/x-www-form-urlencoded"})


@QUICK
@given(
    path=st.sampled_from([p for m, p in EVERY if m == "POST"]),
    body=st.binary(max_size=200),
    kind=st.sampled_from(KINDS),
)
def test_bytes_that_are_no_form_are_refused(visitors: dict[str, Visitor], path: str, body: bytes, kind: str) -> None:
    """Whatever they are, our token is not in them."""
    for name, real in REAL.items():
        path = path.replace(f"{{{name}}}", real)
    try:
        answer = visitors["demo-kommun"].client.post(path, content=body, headers={"content-type": kind})
    except (UnicodeEncodeError, httpx2.LocalProtocolError):
        return
    assert answer.status_code in (400, 403), (path, body, kind)
