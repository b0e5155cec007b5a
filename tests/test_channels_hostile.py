"""Whatever a network answers, a channel ends in a receipt, in nothing, or in one of the three kinds of trouble."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from config.schema import Channel
from tasks import channels
from tasks.channels import _wire, mastodon
from tasks.model import Receipt, Trouble
from tests.posting import ALT, LINK, TEXT, picture, post, row

WORDS = ["1", "1_2", "at://x/y/z", TEXT, LINK, f'<p><a href="{LINK}">x</a></p>', "did:plc:x", "photo", "RecordNotFound"]
KEYS = [
    *("id", "data", "error", "code", "error_subcode", "is_published", "message", "permalink_url", "attachments"),
    *("target", "subattachments", "type", "paging", "cursors", "after", "next", "success", "content", "url"),
    *("media_attachments", "description", "did", "accessJwt", "blob", "value", "uri", "cid", "reply", "root", "text"),
    *("embed", "images", "alt", "entities", "urls", "expanded_url", "media_key", "media_keys", "meta", "result_count"),
    *("next_token", "deleted", "errors", "title", "detail"),
]
plain = st.none() | st.booleans() | st.integers(-1, 300) | st.sampled_from(WORDS) | st.text(max_size=8)
bodies = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=14,
)
statuses = st.sampled_from([200, 200, 200, 201, 202, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503])
headers = st.dictionaries(
    st.sampled_from(["X-App-Usage", "X-Business-Use-Case-Usage", "X-RateLimit-Reset", "RateLimit-Reset", "Date"]),
    st.sampled_from(
        ["", "snart", "-1", "9" * 40, "[]", '{"a": [1, {"call_count": 99}], "call_count": "x"}', "2030-01-01"]
    )
    | st.text(max_size=8),
    max_size=3,
)
# An answer in which each network finds what it looks for; single parts of it are then replaced by anything.
POST = {
    "id": "1",
    "is_published": True,
    "message": TEXT,
    "permalink_url": "https://www.facebook.com/1",
    "url": LINK,
    "attachments": {"data": [{"type": "photo", "target": {"id": "7"}}], "media_keys": ["3_1"]},
    "content": TEXT.replace("&", "&amp;").replace(LINK, f'<a href="{LINK}">{LINK}</a>'),
    "media_attachments": [{"description": ALT}],
    "text": TEXT,
    "entities": {"urls": [{"url": LINK, "expanded_url": LINK}]},
    "embed": {"images": [{"alt": ALT}]},
    "reply": {"root": {"uri": "at://x", "cid": "y"}},
    "deleted": True,
}
GOOD = {
    **POST,
    "did": "did:plc:x",
    "accessJwt": "x",
    "uri": "at://x/y/1",
    "cid": "y",
    "blob": {},
    "value": POST,
    "data": [POST],
    "meta": {"result_count": 1},
    "paging": {"cursors": {"after": "1"}},
}
replaced = st.dictionaries(st.sampled_from(KEYS), bodies, max_size=2)
inner = replaced.map(lambda changes: {"data": [POST | changes], "value": POST | changes})
nearly = st.one_of(replaced, inner, inner, st.just({"data": POST})).map(lambda changes: GOOD | changes)
absent = st.sampled_from(
    [
        (400, {}, {"error": "RecordNotFound"}),
        (400, {}, {"error": {"code": 100, "error_subcode": 33}}),
        (404, {}, {"error": "Record not found"}),
        (200, {}, {**GOOD, "data": [], "is_published": False}),
    ]
)
anything = st.tuples(st.just(200), headers, nearly) | absent | st.tuples(statuses, headers, bodies | nearly)
answers = st.lists(anything, min_size=1, max_size=6)

ACCOUNTS = {
    "facebook": {"options": {"page": "1"}, "secrets": {"page_token": "x"}},
    "mastodon": {"base_url": "https://mastodon.example", "secrets": {"access_token": "x"}},
    "bluesky": {"options": {"handle": "a.example"}, "secrets": {"app_password": "x"}},
    "x": {
        "secrets": {"consumer_key": "k", "consumer_secret": "s", "access_token": "1-t", "access_token_secret": "u"},
    },
}


def steps(kind: str) -> list[Callable[[], object]]:
    """Return every call that a channel makes, with and without a known id, an image, an earlier edition."""
    values = {"id": "konto", "kind": kind, "name": "Konto", "party": "police", "role": "post", "template": "kort"}
    channel, module = Channel.model_validate({**values, **ACCOUNTS[kind]}), channels.kind(kind)
    rows = (row(), row(remote_id="1", replaces="2"))
    outputs = post(TEXT, *picture())
    verbs = (module.prepare, module.publish, module.find, module.retract)
    return [lambda verb=verb, one=one: verb(channel, one, outputs, Path()) for verb in verbs for one in rows]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["facebook", "mastodon", "bluesky"])
@given(told=answers)
@settings(max_examples=300, deadline=None)
def test_no_answer_makes_a_channel_stumble(kind: str, told: list[tuple[int, dict[str, str], Any]]) -> None:
    """Any status, header and JSON: only receipts, None and expected trouble."""

    left = iter(range(100_000))

    def call(self: _wire.Line, method: str, path: str, *, visible: bool, **options: Any) -> _wire.Answer:
        status, said, body = told[next(left) % len(told)]
        rows = tuple(body) if isinstance(body, list) else None
        if path.endswith("/statuses") and isinstance(body, dict) and isinstance(body.get("data"), list):
            rows = tuple(body["data"])
        return _wire.Answer(status, said, body if isinstance(body, dict) else {}, rows)

    with patch.object(_wire.Line, "call", call), patch.object(mastodon, "_POLL_SECONDS", 0):
        run(steps(kind))


@pytest.mark.slow
@given(told=answers)
@settings(max_examples=200, deadline=None)
def test_no_answer_makes_x_stumble(told: list[tuple[int, dict[str, str], Any]]) -> None:
    """The same for X, tweepy's own stumbling included."""
    left = iter(range(100_000))

    def send(self: object, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        status, said, body = told[next(left) % len(told)]
        answer = requests.Response()
        answer.status_code, answer._content, answer.request = status, json.dumps(body).encode(), request
        answer.headers.update({name: value for name, value in said.items() if value.isascii() and value.isprintable()})
        answer.url = request.url or ""
        return answer

    with patch("requests.adapters.HTTPAdapter.send", send):
        run(steps("x"))


def run(calls: list[Callable[[], object]]) -> None:
    """Make each call; anything but a receipt, None or trouble is a fault of ours."""
    for one in calls:
        with suppress(Trouble):
            found = one()
            assert found is None or isinstance(found, Receipt)
            if isinstance(found, Receipt):
                assert found.url is None or found.url.startswith("http")
