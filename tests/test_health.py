"""/healthz: 200 while the flows are at work, 503 when they are not, and nothing told to a stranger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import config as configuration
from flows.review import health
from flows.review.app import create_app
from tasks.model import Publication
from tasks.store import Store, publications, runs
from tests.reviewing import NOW, PERIOD, PROMISE, House, house

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


@pytest.fixture
def home(store: Store) -> House:
    """The application a moment after a source was asked."""
    made = house(configuration.load(), store)
    collected(made, NOW)
    return made


def collected(home: House, at: datetime) -> None:
    """Ask a source at a moment."""
    with runs.only_one(home.store, "collect", "polisen-handelser", lambda: at):
        pass


def check(home: House, at: datetime = NOW) -> tuple[int, tuple[str, ...]]:
    """What a monitor that isn't signed in gets: the status, and what is wrong."""
    home.clock.moment = at
    answer = home.client().get("/healthz")
    assert answer.json()["healthy"] is (answer.status_code == 200)
    return answer.status_code, tuple(answer.json()["wrong"])


def test_it_is_well_until_the_collecting_stops(home: House) -> None:
    """Hourly runs: after three hours of silence the flows are dead, whatever Prefect says; a run makes it well."""
    assert check(home) == (200, ())
    assert check(home, NOW + 3 * HOUR) == (200, ())
    assert check(home, NOW + 3 * HOUR + timedelta(seconds=1)) == (503, ("collect",))
    collected(home, NOW + 4 * HOUR)
    assert check(home, NOW + 4 * HOUR) == (200, ())
    answer = home.client().get("/healthz").json()
    assert answer["collected_seconds_ago"] == 0 and answer["heard_seconds_ago"] > 0


def test_a_new_installation_is_not_well_yet(store: Store) -> None:
    """Nothing was ever collected."""
    assert check(house(configuration.load(), store)) == (503, ("collect",))


# NOW is a Monday at ten, Swedish time.
@pytest.mark.parametrize(
    ("since", "now", "state", "channel", "well"),
    [
        (NOW, NOW + HOUR, "pending", "polisen.se", True),
        (NOW, NOW + 3 * HOUR, "pending", "polisen.se", False),
        (NOW, NOW + 3 * HOUR, "published", "polisen.se", True),
        # A person's turn, or a page's: no machine is late.
        (NOW, NOW + 3 * HOUR, "refused", "polisen.se", True),
        (NOW, NOW + 3 * HOUR, "pending", "kommunen-delning", True),
        # Friday at four in the afternoon until Monday at nine, then ten.
        (datetime(2021, 5, 7, 14, tzinfo=UTC), datetime(2021, 5, 10, 7, tzinfo=UTC), "pending", "polisen.se", True),
        (datetime(2021, 5, 7, 14, tzinfo=UTC), datetime(2021, 5, 10, 8, tzinfo=UTC), "pending", "polisen.se", False),
    ],
)
def test_a_page_that_stands_still_for_two_working_hours_is_told(
    home: House, since: datetime, now: datetime, state: str, channel: str, well: bool
) -> None:
    """Nights, weekends and what waits for a person are no standstill."""
    collected(home, now)
    row = Publication(0, PROMISE, PERIOD, 1, channel, f"{PROMISE}/{PERIOD}", "pending", home.draft_id, 1)
    with home.store.writing() as db:
        publications.enqueue(db, [row], since)
        [found] = publications.listed(db)
        if state != "pending":
            publications.move(db, found.id, from_states=["pending"], to=state, now=since)
    assert check(home, now) == ((200, ()) if well else (503, ("outbox",)))


def test_an_old_layout_and_a_lost_database_are_told(home: House, tmp_path: Path) -> None:
    """After an upgrade that forgot to migrate, and while the database is away."""
    home.store.migrate_down("0005")
    assert check(home) == (503, ("layout",))
    lost = Store("postgresql://lofteskoll:hemligt@127.0.0.1:1/x")
    app = create_app(configuration.load(), lost, demo=False, secret="test", now=home.clock)
    gone = House(app, home.config, lost, home.clock, 0)
    assert check(gone) == (503, ("database",))
    said = gone.client().get("/healthz").text
    assert "hemligt" not in said and "127.0.0.1" not in said


def test_a_stranger_learns_no_name(home: House) -> None:
    """Numbers only: no municipality, channel, person or address."""
    assert set(home.client().get("/healthz").json()) == {"healthy", *health.Health.__dataclass_fields__}
