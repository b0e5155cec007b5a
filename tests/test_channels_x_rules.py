"""The X channel before and around the call: keys that never leak, X's own count of a text, and the config."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.channels import x
from tasks.model import Receipt, Refused, Trouble
from tests import x_server
from tests.test_channels_x import LINK, account, post, publish, row
from tests.x_server import KEYS, Fault, OurXServer

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[OurXServer]:
    """Run our stand-in for X."""
    with OurXServer() as running:
        yield running


def test_missing_keys_are_refused_by_name() -> None:
    """Prepare and publish name the missing keys and the mend, before anything is sent."""
    channel = account(secrets={**KEYS, "access_token": "  ", "consumer_secret": ""})
    for step in (x.prepare, x.publish):
        with pytest.raises(Refused, match=r"consumer_secret, access_token\. Sätt miljövariablerna"):
            step(channel, row(), post(), Path())
    with pytest.raises(Refused, match="bindestreck"):
        x.prepare(account(secrets={**KEYS, "access_token": "hemlig"}), row(), post(), Path())
    assert x.prepare(account(), row(), post(), Path()) == Receipt("prepared")
    assert x.check(account(secrets={})) == []


@pytest.mark.parametrize("fault", [None, "401", "403", "429", "500", "timeout", "reset", "garbage", "truncated"])
def test_no_key_in_messages_reprs_or_logs(
    server: OurXServer, caplog: pytest.LogCaptureFixture, fault: Fault | None
) -> None:
    """Neither a message, a traceback, a repr nor any log at its most talkative holds a key or a signature."""
    said = repr(account(server.url))
    server.faults.extend([fault] if fault else [])
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="urllib3"):
        try:
            said += repr(publish(server))
        except Trouble as trouble:
            said += "".join(traceback.format_exception(trouble)) + repr(trouble)
    said += caplog.text
    assert "Starting new HTTP connection" in said
    for secret in (*KEYS.values(), "oauth_signature"):
        assert secret not in said


def test_answer_that_quotes_a_key_is_masked(server: OurXServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even words from the other side are cleaned of our keys."""
    answer = x_server._problem(403, "Forbidden", f"no {KEYS['consumer_secret']} here")
    monkeypatch.setitem(x_server._ANSWERS, "403", answer)
    server.faults.append("403")
    with pytest.raises(Refused, match=r"no \*\*\* here") as caught:
        publish(server)
    assert KEYS["consumer_secret"] not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("å" * 257 + f" {LINK}", "281 tecken i X räkning och får vara 280: korta den med 1"),
        ("Läs mer på vår webbplats", "länk"),
        ("Läs mer: http://127.0.0.1:8000/uppfoljning-2021-T1/", "länk"),
        (f"a\ufffe {LINK}", "tecken som X inte tar emot"),
        (f"$ABC $DEF {LINK}", "aktiesymbol"),
        ("", "tom"),
    ],
)
def test_fits_names_what_x_wouldnt_take(text: str, words: str) -> None:
    """Too long by X's count, forbidden signs, no link or nothing at all is told at draft time, and refused later."""
    assert words in " ".join(x.fits(account(), post(text)))
    with pytest.raises(Refused, match="Inlägget"):
        x.publish(account(), row(), post(text), Path())


def test_fits_counts_as_x_does() -> None:
    """280 is taken: an address weighs 23 however long, å one, an emoji two."""
    assert x.fits(account(), post("å" * 256 + f" {LINK}")) == []
    assert x.fits(account(), post("å" * 253 + f" 🙂 {LINK}")) == []
    assert x.fits(account(), post("å" * 254 + f" 🙂 {LINK}"))


@pytest.mark.parametrize(
    ("base", "good"),
    [
        (None, True),
        ("https://api.twitter.com/", True),
        ("http://127.0.0.1:8123", True),
        ("http://[::1]:8123", True),
        ("https://x.exempelby.invalid", True),
        ("http://x.exempelby.invalid", False),
        ("https://api.x.com", False),
        ("https://api.twitter.com/2", False),
        ("https://user@api.twitter.com", False),
        ("ftp://api.twitter.com", False),
        ("api.twitter.com", False),
        ("http://[::1", False),
        ("https://a:99999", False),
    ],
)
def test_base_url_is_checked(base: str | None, good: bool) -> None:
    """Keys never travel in the clear, the signature fits the host, and what isn't an address is told."""
    assert (x.check(account(base)) == []) is good
    if not good:
        with pytest.raises(Refused):
            x.publish(account(base), row(), post(), Path())


def test_check_names_misspelt_keys_and_role() -> None:
    """A key that X doesn't have, or a page's role, is told."""
    problems = " ".join(x.check(account(secrets={"consumer_ke": "x"}, role="site")))
    assert "secrets.consumer_ke" in problems and "role" in problems
