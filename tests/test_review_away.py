"""Somebody at work in the review when the database is locked: a sentence in Swedish, and no text is lost."""

from __future__ import annotations

import sqlite3
from html import unescape

import pytest

import config
from tasks import store as store_module
from tasks.store import Store
from tests.reviewing import House, house, token

pytestmark = pytest.mark.slow
WORDS = "Vi har gått {c5.held} av {c5.target} trygghetsvandringar, och alla var välkomna."


@pytest.fixture
def home(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> House:
    """An application with one open draft that doesn't wait long."""
    monkeypatch.setattr(store_module, "_BUSY_MS", 50)
    return house(config.load(), Store(sqlite_store.url))


def lock(home: House) -> sqlite3.Connection:
    """Another program that writes and does not stop."""
    other = sqlite3.connect(home.store.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_text_that_could_not_be_saved_comes_back_and_is_saved_by_a_click(home: House) -> None:
    """What was typed stands in the answer, and its own form sends it again; the driver's words are nowhere."""
    visitor = home.signed_in("demo-kommun")
    other = lock(home)
    answer = home.save(visitor, "sida:c5", WORDS)
    assert answer.status_code == 503
    assert "Det gick inte att spara nu" in answer.text and WORDS in unescape(answer.text)
    assert "Skicka igen" in answer.text and 'lang="sv"' in answer.text
    assert "sqlite" not in answer.text.casefold() and "locked" not in answer.text
    assert home.block("sida:c5").edited is None
    other.close()
    again = home.save(visitor, "sida:c5", WORDS)
    assert again.status_code == 303
    assert home.block("sida:c5").edited == WORDS


def test_an_approval_that_could_not_be_kept_can_be_sent_again(home: House) -> None:
    """Nothing is approved by halves: the same form counts when the database is back, once."""
    visitor = home.signed_in("demo-polis")
    other = lock(home)
    assert home.approve(visitor).status_code == 503
    other.close()
    assert home.approve(visitor).status_code == 303
    assert home.approve(visitor).status_code == 303


def test_a_text_sent_twice_because_the_answer_was_lost_is_saved_once(home: House) -> None:
    """The second time it says what stands there already: that is no collision with somebody else."""
    visitor = home.signed_in("demo-kommun")
    revision = str(home.draft().revision)
    assert home.save(visitor, "sida:c5", WORDS).status_code == 303
    saved = home.draft()
    fields = {"text:sida:c5": WORDS, "seen:sida:c5": "0" * 16, "vid": "sida:c5", "revision": revision}
    again = home.post(visitor, f"/utkast/{home.draft_id}/text", **fields)
    assert again.status_code == 303
    assert home.draft() == saved


def test_a_page_that_cannot_be_read_says_so(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading needs no lock; where the database is gone altogether there is still a page."""
    visitor = home.signed_in("demo-polis")
    assert token(visitor.get("/"))
    monkeypatch.setattr(home.app.state.review.store, "engine", Store("postgresql://a:hemligt@127.0.0.1:1/x").engine)
    answer = visitor.get("/")
    assert answer.status_code == 503
    assert "når inte sina uppgifter" in answer.text
    assert "127.0.0.1" not in answer.text and "hemligt" not in answer.text
