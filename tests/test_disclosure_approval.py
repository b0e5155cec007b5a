"""At approval the protected numbers are held once more against all that was released, be it that very moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tasks import decide
from tasks.model import Refused
from tasks.store import Store
from tests.year import KOMMUN, POLICE, Year, a_year, protect_visits, visits

pytestmark = pytest.mark.slow


@pytest.fixture
def year(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """T1 is out with two visits hidden; T2's draft tells nine for both, T1's correction tells five: not both may go."""
    with a_year(tmp_path, store, monkeypatch) as made:
        protect_visits(made)
        early, late = visits("P1", "2021-04-10", 2), visits("P2", "2021-06-10", 7)
        made.logs([], [early])
        made.run("2021-T1")
        made.approve("2021-T1", made.due("2021-T1"))
        made.logs([], [early, late])
        made.run("2021-T2")
        made.logs([], [early, visits("P3", "2021-04-20", 3), late])
        made.run("2021-T1", made.due("2021-T2") + timedelta(days=1))
        assert made.outcome("2021-T1", "c3").held == 5
        assert made.outcome("2021-T2", "c3").held_total == 9
        yield made


def test_the_second_is_refused_with_a_reason_and_can_be_made_anew(year: Year) -> None:
    """T2 goes first; T1's correction is refused, and says nothing of the five when it is made again."""
    now = year.due("2021-T2") + timedelta(days=2)
    year.approve("2021-T2", now)
    with pytest.raises(Refused, match=r"Hembesök.*röjs ett skyddat antal"):
        year.approve("2021-T1", now)
    year.draft("2021-T1", now)
    assert year.outcome("2021-T1", "c3").hidden == ("held", "held_total")
    assert year.approve("2021-T1", now) == ["first", "closed"]


def test_of_two_approved_at_the_same_moment_one_is_refused(year: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first one's commit and sees what it told."""
    now = year.due("2021-T2") + timedelta(days=2)
    close = decide._close

    def slowly(*arguments: object) -> None:
        close(*arguments)
        time.sleep(0.5)

    for key in ("2021-T1", "2021-T2"):
        year.approve(key, now, POLICE)
    monkeypatch.setattr(decide, "_close", slowly)

    def approve(key: str) -> str:
        try:
            return year.approve(key, now, KOMMUN)[0]
        except Refused as refused:
            return str(refused)

    with ThreadPoolExecutor(2) as pool:
        ended = sorted(pool.map(approve, ("2021-T1", "2021-T2")))
    assert ended[1] == "closed"
    assert "röjs ett skyddat antal" in ended[0]
