"""A proposed correction that neither party wants is given up: logged, not proposed again, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import config as configuration
from tasks import decide
from tasks.decide import Outdated
from tasks.model import Refused
from tasks.store import Store, drafts, history, publications
from tests.reviewing import PERIOD, PROMISE, House, house
from tests.year import KOMMUN, POLICE, Year, a_year, walk

pytestmark = pytest.mark.slow

FIRST, LATE = walk("K1", "2021-06-10"), walk("K2", "2021-07-01")


@pytest.fixture
def year(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """A published second period, and a correction that late evidence proposed."""
    with a_year(tmp_path, store, monkeypatch) as made:
        made.logs([FIRST], [])
        made.run("2021-T2")
        made.approve("2021-T2", made.due("2021-T2"))
        made.logs([FIRST, LATE], [])
        made.run("2021-T2", made.due("2021-T2") + timedelta(days=1))
        yield made


def drop(year: Year, *people: object) -> list[bool]:
    """Let people say that the correction that they see isn't needed."""
    draft, at = year.current("2021-T2"), year.due("2021-T2") + timedelta(days=2)
    return [decide.drop(year.store, draft.id, seen_sha256=draft.sha256, person=p, at=at) for p in people]


def test_both_parties_words_throw_it_away(year: Year) -> None:
    """One party's word, said twice, changes nothing; both make the published edition the newest again, on record."""
    proposed = year.current("2021-T2")
    assert proposed.edition == 2 and drop(year, KOMMUN, KOMMUN) == [False, False]
    assert year.current("2021-T2").id == proposed.id
    assert drop(year, POLICE) == [True]
    assert (year.current("2021-T2").edition, year.current("2021-T2").state) == (1, "closed")
    with year.store.reading() as db:
        told = history.events(db, year.promise_slug, actions=["correction_unwanted", "correction_dropped"])
        kept = drafts.draft(db, proposed.id)
        assert [r.edition for r in publications.listed(db)] == [1] * 5
    assert [(e.who, e.action) for e in told] == [
        ("p1", "correction_dropped"), ("p1", "correction_unwanted"), ("k1", "correction_unwanted"),
    ]  # fmt: skip
    assert kept and (kept.state, kept.blocks) == ("dropped", proposed.blocks)
    at = year.due("2021-T2") + timedelta(days=2)
    with pytest.raises(Outdated, match="kastat"):
        decide.approve(
            year.store, year.config, kept.id, seen_sha256=kept.sha256, person=KOMMUN, at=at, accept_gaps=True
        )


def test_the_same_figures_are_not_proposed_again_but_others_are(year: Year) -> None:
    """The morning after brings no new proposal; a third walk does, as edition 2, and no old word counts for it."""
    drop(year, KOMMUN, POLICE)
    later = year.due("2021-T2") + timedelta(days=3)
    assert year.run("2021-T2", later).outcome == "unchanged"
    year.logs([FIRST, LATE, walk("K3", "2021-08-01", "Härad")], [])
    again = year.run("2021-T2", later + timedelta(days=1))
    assert (again.outcome, again.edition) == ("correction", 2)
    assert drop(year, POLICE) == [False]
    year.approve("2021-T2", later + timedelta(days=1))
    assert (year.current("2021-T2").edition, year.current("2021-T2").state) == (2, "closed")


def test_a_person_may_take_it_up_again(year: Year) -> None:
    """Beginning a correction by hand starts from the published texts, whatever was given up before."""
    drop(year, KOMMUN, POLICE)
    published, at = year.current("2021-T2"), year.due("2021-T2") + timedelta(days=3)
    decide.correct(year.store, year.config, published.id, person=KOMMUN, at=at)
    begun = year.current("2021-T2")
    assert (begun.edition, begun.state, begun.blocks) == (2, "open", published.blocks)


def test_only_a_proposed_correction_as_it_was_seen(year: Year) -> None:
    """Not what is published, not a first draft, not a version that nobody has read."""
    draft, at = year.current("2021-T2"), year.due("2021-T2")
    with pytest.raises(Refused, match="ändrats"):
        decide.drop(year.store, draft.id, seen_sha256="0" * 64, person=KOMMUN, at=at)
    year.run("2021-T1")
    first = year.current("2021-T1")
    for key in (first.id, 999):
        with pytest.raises(Refused, match="föreslagen rättelse"):
            decide.drop(year.store, key, seen_sha256=first.sha256, person=KOMMUN, at=at)
    year.approve("2021-T2", at + timedelta(days=1))
    with pytest.raises(Refused, match="föreslagen rättelse"):
        decide.drop(year.store, draft.id, seen_sha256=draft.sha256, person=KOMMUN, at=at)


def test_the_screen_asks_both(sqlite_store: Store) -> None:
    """Under Publiceringar: one says it isn't needed, the other sees that and agrees; the history tells both."""
    home: House = house(configuration.load(None, sqlite_store.url), sqlite_store)
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.approve(police)
    home.approve(town)
    home.post(town, f"/publiceringar/utgava/{home.draft_id}/ratta")
    with home.store.reading() as db:
        begun = drafts.latest(db, PROMISE, PERIOD)
    assert begun is not None

    def say(person: TestClient) -> str:
        """Press the button on the screen."""
        assert "Rättelsen behövs inte" in person.get("/publiceringar").text
        where = f"/publiceringar/rattelse/{begun.id}/kasta"
        answer = home.post(person, where, kontrollsumma=begun.sha256)
        return str(person.get(answer.headers["location"]).text)

    assert "den andra parten säger detsamma" in say(town)
    assert "Ni har sagt att rättelsen inte behövs" in town.get("/publiceringar").text
    assert "Rättelsen är kastad" in say(police)
    assert "En rättelse är påbörjad" not in town.get("/publiceringar").text
    assert "kastade rättelsen" in town.get(f"/historik/{PROMISE}/{PERIOD}").text
    assert "Kastad" in town.get(f"/utkast/{begun.id}").text
    assert home.post(town, f"/publiceringar/rattelse/{begun.id}/kasta", kontrollsumma=begun.sha256).status_code == 422
