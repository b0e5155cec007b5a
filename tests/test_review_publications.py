"""Publiceringar: stop, settle, correct and retract, each by those who may."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

import config as configuration
from flows.resolving import resolve
from flows.review import comparing
from tasks.model import Publication
from tasks.store import Store, drafts, publications
from tests.reviewing import NOW, PERIOD, PROMISE, House, house

pytestmark = pytest.mark.slow


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """An application over an invented draft."""
    return house(configuration.load(None, sqlite_store.url), sqlite_store)


@pytest.fixture
def people(home: House) -> tuple[TestClient, TestClient]:
    """Both parties' approvers, who have approved the draft."""
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.approve(police)
    home.approve(town)
    return police, town


def rows(home: House) -> dict[str, Publication]:
    """The outbox by channel."""
    with home.store.reading() as db:
        return {p.channel: p for p in publications.listed(db)}


def test_what_waits_can_be_stopped_and_let_go_again(home: House, people: tuple[TestClient, TestClient]) -> None:
    """Only by the party whose channel it is; what is sent can't be stopped."""
    police, town = people
    key = rows(home)["strangnas.se"].id
    assert home.post(police, f"/publiceringar/{key}/stoppa").status_code == 422
    assert home.post(town, f"/publiceringar/{key}/stoppa").status_code == 303
    assert rows(home)["strangnas.se"].state == "stopped"
    assert home.post(town, f"/publiceringar/{key}/stoppa").status_code == 422
    assert "Släpp fram igen" in town.get("/publiceringar").text
    assert home.post(town, f"/publiceringar/{key}/utred", svar="nej").status_code == 303
    assert rows(home)["strangnas.se"].state == "pending"


def test_what_a_later_edition_replaced_asks_nobody_and_cannot_be_let_go(
    home: House, people: tuple[TestClient, TestClient], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the screen nor `lofteskoll resolve` offers it; an old tab is told why."""
    _, town = people
    row = rows(home)["strangnas.se"]
    home.post(town, f"/publiceringar/{row.id}/stoppa")
    config = configuration.load(None, home.store.url)
    assert resolve(config, None, None, "", NOW) == 1
    with home.store.writing() as db:
        publications.enqueue(db, [replace(row, edition=2)], NOW)
    assert "Släpp fram igen" not in town.get("/publiceringar").text
    answer = home.post(town, f"/publiceringar/{row.id}/utred", svar="nej")
    assert answer.status_code == 422 and "senare utgåva har tagit dess plats" in answer.text
    capsys.readouterr()
    assert resolve(config, None, None, "", NOW) == 0 and "Inget väntar" in capsys.readouterr().out


def test_a_correction_begins_from_the_published_texts(home: House, people: tuple[TestClient, TestClient]) -> None:
    """It opens a draft of the next edition; a second one is refused, and the screen leads to the first."""
    _, town = people
    answer = home.post(town, f"/publiceringar/utgava/{home.draft_id}/ratta")
    assert answer.status_code == 303 and answer.headers["location"].startswith("/utkast/")
    with home.store.reading() as db:
        begun = drafts.latest(db, PROMISE, PERIOD)
    assert begun is not None and (begun.edition, begun.state) == (2, "open")
    assert [b.text for b in begun.blocks] == [b.text for b in home.draft().blocks]
    assert home.post(town, f"/publiceringar/utgava/{home.draft_id}/ratta").status_code == 422
    assert f"/utkast/{begun.id}" in town.get("/publiceringar").text
    assert "påbörjade en rättelse" in town.get(f"/historik/{PROMISE}/{PERIOD}").text


def test_a_retraction_needs_a_reason_and_a_yes(home: House, people: tuple[TestClient, TestClient]) -> None:
    """What waits is stopped, what is out is to be taken away, and the log says who and why."""
    police, _ = people
    sent = rows(home)["polisen.se"].id
    with home.store.writing() as db:
        publications.move(db, sent, from_states=["pending"], to="published", now=home.clock())
    path = f"/publiceringar/utgava/{home.draft_id}/aterkalla"
    assert home.post(police, path).status_code == 422
    assert home.post(police, path, skal="error").status_code == 422
    assert home.post(police, path, skal="annat", sakert="ja").status_code == 422
    assert home.post(police, path, skal="secrecy", sakert="ja").status_code == 303
    states = {channel: row.state for channel, row in rows(home).items()}
    assert states.pop("polisen.se") == "retracting" and set(states.values()) == {"stopped"}
    page = police.get("/publiceringar").text
    assert "är återkallad" in page and "Återkalla uppföljningen" not in page
    assert "återkallade utgåva 1" in police.get(f"/historik/{PROMISE}/{PERIOD}").text
    key = rows(home)["strangnas.se"].id
    town = home.signed_in("demo-kommun")
    assert home.post(town, f"/publiceringar/{key}/utred", svar="nej").status_code == 422


def test_an_open_draft_can_not_be_retracted(home: House) -> None:
    """It is returned instead; nothing of it has left the house."""
    path = f"/publiceringar/utgava/{home.draft_id}/aterkalla"
    answer = home.post(home.signed_in("demo-polis"), path, skal="error", sakert="ja")
    assert answer.status_code == 422


def test_what_was_taken_away_by_hand_is_confirmed(home: House, people: tuple[TestClient, TestClient]) -> None:
    """A person's word ends it; a link to it is no answer."""
    _, town = people
    row = rows(home)["kommunen-delning"]
    with home.store.writing() as db:
        publications.move(db, row.id, from_states=["pending"], to="by_hand", now=home.clock())
    assert "Bekräfta att det är borttaget" in town.get("/publiceringar").text
    path = f"/publiceringar/{row.id}/utred"
    assert home.post(town, path, svar="ja", lank="https://exempel.se/1").status_code == 422
    assert home.post(town, path, svar="borta").status_code == 303
    assert rows(home)["kommunen-delning"].state == "retracted"


def test_what_was_taken_back_for_secrecy_is_in_no_view(home: House, people: tuple[TestClient, TestClient]) -> None:
    """Not the draft, a figure, a preview or a comparison; a retraction for another reason leaves them readable."""
    police, town = people
    home.post(town, f"/publiceringar/utgava/{home.draft_id}/ratta")
    pages = (f"/utkast/{home.draft_id}", f"/utkast/{home.draft_id}/siffra/c5.held")
    assert all(police.get(page).status_code == 200 for page in pages)
    with home.store.reading() as db:
        correction = drafts.latest(db, PROMISE, PERIOD)
        assert correction is not None and comparing.edition_before(db, correction) is not None
    path = f"/publiceringar/utgava/{home.draft_id}/aterkalla"
    assert home.post(police, path, skal="secrecy", sakert="ja").status_code == 303
    for page in pages:
        answer = police.get(page)
        assert answer.status_code == 422 and "sekretess" in answer.text and "trygghetsvandringar" not in answer.text
    with home.store.reading() as db:
        assert comparing.edition_before(db, correction) is None
