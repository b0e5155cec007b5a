"""A year as it is shipped: both parties report in the application, and the follow-up counts it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from flows.review.app import create_app
from tasks.periods import at_local
from tasks.store import Store
from tests.reviewing import Clock, House
from tests.year import FormYear

pytestmark = pytest.mark.slow

C5 = "/rapportera/strangnas-2021/c5"


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store) -> FormYear:
    """An empty year."""
    return FormYear(tmp_path, sqlite_store)


def desk(year: FormYear, day: date) -> House:
    """The application on a day; no draft is open."""
    clock = Clock()
    clock.moment = at_local(day, 9)
    app = create_app(year.config, year.store, demo=True, secret="test", now=clock)
    return House(app, year.config, year.store, clock, 0)


def walked(home: House, person: str, day: str, place: str, police: str = "ja") -> None:
    """Report a safety walk."""
    visitor = home.signed_in(person)
    number = re.search(r'name="nummer" value="(\w+)"', visitor.get(C5).text)
    assert number
    fields = {"nummer": number[1], "lage": "held", "datum": day, "plats": place, "villkor:police_took_part": police}
    assert home.post(visitor, C5, **fields).headers["location"] == "/rapportera?klart=rapporterat&om=c5"


def test_both_parties_report_and_the_figure_counts_it(year: FormYear) -> None:
    """The same walk from both is one; one without the police isn't counted; a silent period is told from a nil."""
    home = desk(year, date(2021, 10, 20))
    walked(home, "demo-kommun-rapport", "2021-10-14", "Åkers styckebruk")
    walked(home, "demo-polis-rapport", "2021-10-14", "Åkers styckebruk")
    walked(home, "demo-kommun-rapport", "2021-09-21", "Mariefred")
    walked(home, "demo-kommun-rapport", "2021-10-05", "Härad", police="nej")
    year.run("2021-T3")
    outcome = year.outcome("2021-T3", "c5")
    assert (outcome.held, [len(a.record_ids) for a in outcome.activities]) == (2, [1, 2])
    assert [a.reasons[0] for a in outcome.not_counted] == ["polisen deltog inte"]
    figures = {f.token: f for f in year.current("2021-T3").followup.figures}
    assert figures["c5.held"].value == 2
    assert "Åkers styckebruk" in year.page("2021-T3")
    assert year.outcome("2021-T3", "c4").status == "uppgift saknas"


def test_nothing_to_report_is_a_zero_and_a_yes_is_a_yes(year: FormYear) -> None:
    """After the parties' own word a period has none; home visits are used, and nothing more is told."""
    home = desk(year, date(2021, 5, 3))
    town, police = home.signed_in("demo-kommun-rapport"), home.signed_in("demo-polis-rapport")
    home.post(town, f"{C5}/period", period="2021-T1", svar="inget")
    home.post(police, "/rapportera/strangnas-2021/c3/period", period="2021-T1", svar="ja")
    year.run("2021-T1")
    assert year.outcome("2021-T1", "c5").held == 0
    assert year.outcome("2021-T1", "c3").used is True
    assert "Arbetssättet har använts under perioden." in year.page("2021-T1")
