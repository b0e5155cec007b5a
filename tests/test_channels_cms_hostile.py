"""Whatever a CMS answers, its channel ends in a receipt, in nothing, or in one of the three kinds of trouble."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from config.schema import Channel
from tasks.channels import _optimizely, _readback, _wire, optimizely, wordpress
from tasks.http import Response
from tasks.model import Output, Receipt, Trouble
from tasks.pages.article import article_of
from tests.test_channels_wordpress import notice, outputs, page, png, row

pytestmark = pytest.mark.slow

PERIOD = "2021-T1"
MADE = outputs(page(PERIOD, image="mal.png"), Output("x", "u/mal.png", "image/png", png()))
HELD = row(PERIOD, remote_id="7")
_ARTICLE = article_of(MADE[0].body)
assert _ARTICLE
TITLE, BODY = _ARTICLE.title, _ARTICLE.body

# Answers in which each CMS finds what it looks for; single parts of them are then replaced by anything.
POST = {
    "id": 7, "slug": "uppfoljning-2021-t1", "status": "draft", "link": "https://www.exempelby.se/?p=7", "parent": 0,
    "title": {"raw": TITLE}, "content": {"raw": BODY}, "source_url": "https://x/mal.png", "alt_text": "Stapel: 2 av 4 ",
    "permalink_template": "https://www.exempelby.se/%postname%/", "code": "rest_x", "message": "Nej",
    "capabilities": {"publish_posts": True, "edit_published_posts": True, "upload_files": True},
}  # fmt: skip
PAGE = {
    "contentLink": {"workId": 3, "guidValue": _optimizely.guid_of(HELD)}, "name": TITLE, "status": "CheckedOut",
    "parentLink": {"id": 5}, "routeSegment": "x", "saved": "2021-05-17T08:00:00Z", "mainBody": {"value": BODY},
    "url": "/globalassets/mal.png", "access_token": "t", "error": {"message": "x"}, "category": {"value": []},
}  # fmt: skip
plain = st.none() | st.booleans() | st.integers(-1, 300) | st.sampled_from([TITLE, BODY, "", "x"]) | st.text(max_size=8)
anything = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*POST, *PAGE, "raw", "id"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def answers(good: dict[str, Any]) -> st.SearchStrategy[list[tuple[int, bytes, dict[str, str]]]]:
    """Return what a server may answer, call by call: near the truth, or far from it."""
    changed = st.dictionaries(st.sampled_from(sorted(good)), anything, max_size=2).map(lambda d: {**good, **d})
    listed = st.lists(changed | anything, max_size=2)
    body = (changed | listed | anything).map(lambda v: json.dumps(v).encode()) | st.binary(max_size=20)
    status = st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 410, 429, 500, 503])
    headers = st.dictionaries(st.sampled_from(["Retry-After", "Date", "Location"]), st.text(max_size=8), max_size=2)
    return st.lists(st.tuples(status, body, headers), min_size=1, max_size=12)


class Scripted:
    """Takes the place of the product's HTTP: answers by the script, then breaks off."""

    def __init__(self, script: list[tuple[int, bytes, dict[str, str]]]) -> None:
        self.script = list(script)

    def __call__(self, *_: object) -> Scripted:
        """Be made anew for each call."""
        return self

    def request(self, method: str, url: str, **_: object) -> Response:
        """Answer."""
        if not self.script:
            raise requests.ReadTimeout("slut")
        status, body, headers = self.script.pop(0)
        return Response(status, headers, body, url)


def channel(kind: str, **values: object) -> Channel:
    """Return a channel whose server nobody runs."""
    known = {"id": "exempelby.se", "kind": kind, "name": "E", "party": "police", "role": "site", "template": "sida"}
    known |= {"address": "https://www.exempelby.se/uppfoljning-{period}/", "base_url": "https://www.exempelby.se"}
    return Channel.model_validate({**known, **values})


WORDPRESS = channel("wordpress", secrets={"username": "u", "application_password": "hemligt-lösen"})
OPTIMIZELY = channel(
    "optimizely",
    secrets={"client_id": "k", "client_secret": "hemligt-lösen"},
    options={"content_type": "T", "parent": 5, "image_type": "I", "image_parent": 5},
)


def ends_well(
    kind: ModuleType, made: Channel, script: list[tuple[int, bytes, dict[str, str]]], seen: bytes | None
) -> None:
    """Call every step with that script; whatever comes out is a receipt or a trouble that shows no secret."""
    steps: list[Callable[..., Receipt | None]] = [kind.prepare, kind.publish, kind.find, kind.retract]
    for step in steps:
        given_outputs = notice(PERIOD) if step is kind.retract else MADE
        with patch.object(_wire, "Http", Scripted(script)), patch.object(_readback, "read", lambda url, seconds: seen):
            try:
                receipt = step(made, HELD, given_outputs, Path())
            except Trouble as trouble:
                assert str(trouble) and "hemligt" not in repr(trouble)
            else:
                assert receipt is None or isinstance(receipt, Receipt)


pages = st.none() | st.binary(max_size=60) | st.sampled_from([MADE[0].body, BODY.encode(), notice(PERIOD)[0].body])


@settings(max_examples=150, deadline=None)
@given(answers(POST), pages)
def test_wordpress_ends_well(script: list[tuple[int, bytes, dict[str, str]]], seen: bytes | None) -> None:
    """Any answers, in any order, to any step."""
    ends_well(wordpress, WORDPRESS, script, seen)


@settings(max_examples=150, deadline=None)
@given(answers(PAGE), pages)
def test_optimizely_ends_well(script: list[tuple[int, bytes, dict[str, str]]], seen: bytes | None) -> None:
    """Any answers, in any order, to any step."""
    ends_well(optimizely, OPTIMIZELY, script, seen)


def test_the_script_reaches_the_end() -> None:
    """The answers near the truth really lead through all the steps: otherwise the two tests above would try little."""
    good = [(200, json.dumps(answer).encode(), dict[str, str]()) for answer in (PAGE, PAGE, PAGE, PAGE, PAGE, PAGE)]
    with patch.object(_wire, "Http", Scripted(good)), patch.object(_readback, "read", lambda url, seconds: None):
        assert optimizely.prepare(OPTIMIZELY, HELD, MADE, Path()).state == "prepared"
    rows = [(200, json.dumps(answer).encode(), dict[str, str]()) for answer in (POST, [POST], [POST], [POST], POST)]
    with patch.object(_wire, "Http", Scripted(rows)), suppress(Trouble):
        assert wordpress.prepare(WORDPRESS, HELD, MADE, Path()).state == "prepared"
