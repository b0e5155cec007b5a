"""The review application's main walk: read, edit, approve, send back."""

from __future__ import annotations

import pytest
from reviewing import SCRIPT, House, house

import config
from tasks.store import Store, drafts, publications


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """An application with one open draft."""
    return house(config.load(), sqlite_store)


def test_board_and_draft_open(home: House) -> None:
    """The police's approver sees the draft first, and opens it."""
    police = home.signed_in("demo-polis")
    board = police.get("/")
    assert board.status_code == 200
    assert f"/utkast/{home.draft_id}" in board.text
    assert "Läs och godkänn uppföljningen 11 mars–30 april 2021" in board.text
    draft = police.get(f"/utkast/{home.draft_id}")
    assert draft.status_code == 200, draft.text
    assert "trygghetsvandringar" in draft.text
    assert police.get(f"/utkast/{home.draft_id}/siffra/c5.held").status_code == 200


def test_both_approve_and_the_outbox_fills(home: House) -> None:
    """The second approval closes the edition and queues every channel."""
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    assert home.approve(police).headers["location"].endswith("klart=godkant")
    assert home.approve(town).headers["location"].endswith("klart=klart")
    with home.store.reading() as db:
        sent = publications.listed(db)
    assert len(sent) == len(home.config.channels_of(home.config.promises["strangnas-2021"]))
    assert town.get("/publiceringar").status_code == 200
    assert SCRIPT not in town.get("/publiceringar").text
    with home.store.reading() as db:
        assert len(drafts.words(db, home.draft_id)) == 2
