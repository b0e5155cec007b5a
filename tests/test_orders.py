"""Orders: ops ask for a run in the review application; one at a time, taken once, told in words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest

import config
from config.schema import Person
from flows.review import operations
from tasks import decide
from tasks.model import Fetch, Refused
from tasks.store import Store, matches, orders, records
from tasks.store.orders import Order
from tests.reviewing import NOW, PERIOD, PROMISE, House, house

CONFIG = config.load()
OPS = Person(id="demo-drift", name="Demo Drift", party="municipality", roles=frozenset({"ops"}), demo=True)
PATH = f"/drift/{PROMISE}/{PERIOD}"


def ask(
    store: Store,
    kind: orders.Kind = "rehearsal",
    *,
    period: str = PERIOD,
    at: datetime = NOW,
    as_of: date | None = None,
    channels: Sequence[str] = (),
) -> tuple[int, bool]:
    """Order something as ops."""
    return decide.order(
        store,
        CONFIG,
        promise=PROMISE,
        period_id=period,
        kind=kind,
        person=OPS,
        at=at,
        as_of=as_of,
        channels=channels,
    )


def take(store: Store, at: datetime = NOW) -> Order | None:
    """Take the next order as a worker would."""
    with store.writing() as db:
        return orders.take(db, at)


def end(store: Store, key: int, result: str) -> None:
    """Say as the worker that an order is done."""
    with store.writing() as db:
        orders.end(db, key, "done", result, NOW)


def test_one_order_at_a_time_for_a_period(store: Store) -> None:
    """A double click is one order, taken by one worker; when it is done the next can be asked for."""
    first = ask(store)
    assert first[1] and ask(store, "rerun") == (first[0], False)
    assert ask(store, period="2021-T2", at=datetime(2021, 9, 2, 8, tzinfo=UTC))[1], "another period is not in the way"
    taken = take(store)
    assert taken and taken.id == first[0] and ask(store) == (first[0], False)
    end(store, first[0], "Klart.")
    assert ask(store)[1]
    with store.reading() as db:
        assert [(o.state, o.result) for o in orders.latest(db, PROMISE, PERIOD, 5)] == [
            ("waiting", ""),
            ("done", "Klart."),
        ]


def test_of_many_workers_one_takes_an_order(store: Store) -> None:
    """Four workers look at once."""
    ask(store)
    found: list[Order | None] = []
    start = Barrier(4)

    def work() -> None:
        start.wait()
        found.append(take(store))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(o is not None for o in found) == 1


def test_an_order_whose_worker_died_is_done_by_the_next(sqlite_store: Store) -> None:
    """After the lease it is taken again: running a period twice does no harm."""
    key, _ = ask(sqlite_store)
    assert take(sqlite_store) and take(sqlite_store) is None
    again = take(sqlite_store, NOW + orders.LEASE + timedelta(seconds=1))
    assert again and again.id == key


def test_who_may_order_what(sqlite_store: Store) -> None:
    """Only ops; only what exists; a period that isn't over is tried out, never drafted."""
    editor = OPS.model_copy(update={"roles": frozenset({"approver"})})
    with pytest.raises(Refused, match="inte rätt"):
        decide.order(sqlite_store, CONFIG, promise=PROMISE, period_id=PERIOD, kind="rerun", person=editor, at=NOW)
    with pytest.raises(Refused, match="Löftet finns inte"):
        decide.order(sqlite_store, CONFIG, promise="inget", period_id=PERIOD, kind="rerun", person=OPS, at=NOW)
    with pytest.raises(Refused, match="Perioden pågår"):
        ask(sqlite_store, "rerun", period="2021-T2")
    assert ask(sqlite_store, "rehearsal", period="2021-T2")[1]


def test_a_snapshot_needs_a_day_that_was_and_a_sending_its_channels(sqlite_store: Store) -> None:
    """Neither before the promise nor after today; only channels that the promise has, and at least one."""
    for day in (None, date(2021, 3, 10), date(2021, 5, 11)):
        with pytest.raises(Refused, match="Skriv en dag från och med 11 mars 2021"):
            ask(sqlite_store, "snapshot", as_of=day)
    for channels in ((), ("ingen",), ("strangnas.se", "ingen")):
        with pytest.raises(Refused, match="Välj minst en kanal"):
            ask(sqlite_store, "sending", channels=channels)
    key, _ = ask(sqlite_store, "snapshot", as_of=date(2021, 5, 10))
    taken = take(sqlite_store)
    assert taken and (taken.id, taken.as_of, taken.channels) == (key, date(2021, 5, 10), ())
    end(sqlite_store, key, "Klart.")
    ask(sqlite_store, "sending", channels=["strangnas.se"])
    again = take(sqlite_store)
    assert again and again.channels == ("strangnas.se",)


@pytest.fixture
def home(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> House:
    """The application, where nobody waits for a worker that isn't there."""
    monkeypatch.setattr(operations, "PATIENCE_SECONDS", 0.0)
    return house(config.load(), sqlite_store)


@pytest.mark.slow
def test_ops_see_why_it_is_red_and_how_to_mend_it(home: House) -> None:
    """The gap with its days, the source that doesn't answer, each with what to do."""
    with home.store.writing() as db:
        records.add_fetch(db, Fetch("strangnas-nyheter", NOW, "unavailable", message="Nyheterna svarade inte."))
    visitor = home.signed_in("demo-drift")
    board = visitor.get("/").text
    assert f'href="{PATH}"' in board
    page = visitor.get(PATH).text
    assert "inget underlag 20–30 april 2021 (källan svarade inte)" in page
    assert "svarade senast 10 maj 2021 kl. 10.00. Nyheterna svarade inte." in page
    assert page.count("Kör sedan om.") == 1 and "Det är alltid säkert" in page


@pytest.mark.slow
def test_a_rehearsal_is_asked_for_and_told_in_words(home: House) -> None:
    """Asked for, waiting, done: the page says what would change; a second press meets the first."""
    visitor = home.signed_in("demo-drift")
    asked = home.post(visitor, PATH, vad="prova")
    assert asked.headers["location"] == f"{PATH}?begaran=1"
    page = visitor.get(asked.headers["location"]).text
    assert "Provkörning" in page and "väntar" in page and "Demo Drift" in page
    again = home.post(visitor, PATH, vad="kor-om")
    assert "redan begärd" in visitor.get(again.headers["location"]).text
    home.clock.forward(seconds=40)
    assert "Ingen har tagit emot begäran" in visitor.get(PATH).text
    assert take(home.store)
    end(home.store, 1, "3 händelser till, 1 siffra ändras, 0 kanaler berörs.")
    assert '<p class="result">3 händelser till, 1 siffra ändras, 0 kanaler berörs.</p>' in visitor.get(PATH).text
    assert home.post(visitor, PATH, vad="allt").status_code == 422
    assert "bad om en provkörning" in visitor.get(f"/historik/{PROMISE}/{PERIOD}").text


@pytest.mark.slow
def test_ops_ask_how_it_was_and_send_in_chosen_channels(home: House) -> None:
    """Each is a form of its own; a day that can't be is refused and stays in its field; the history tells it."""
    visitor = home.signed_in("demo-drift")
    assert "Publicera i valda kanaler" not in visitor.get(PATH).text, "nothing is approved"
    refused = home.post(visitor, PATH, vad="som-da", dag="31/12 2021")
    assert refused.status_code == 422 and "Skriv en dag" in refused.text and 'value="31/12 2021"' in refused.text
    asked = home.post(visitor, PATH, vad="som-da", dag="30/4")
    assert asked.status_code == 303 and "Som det var känt" in visitor.get(asked.headers["location"]).text
    taken = take(home.store)
    assert taken and taken.as_of == date(2021, 4, 30)
    end(home.store, taken.id, "Klart.")
    assert home.approve(home.signed_in("demo-polis")).status_code == 303
    assert home.approve(home.signed_in("demo-kommun")).status_code == 303
    page = visitor.get(PATH).text
    assert "Publicera i valda kanaler" in page and 'name="kanal" value="polisen.se"' in page
    assert home.post(visitor, PATH, vad="sand").status_code == 422
    assert home.post(visitor, PATH, vad="sand", kanal="polisen.se").status_code == 303
    sending = take(home.store)
    assert sending and sending.channels == ("polisen.se",)
    history = visitor.get(f"/historik/{PROMISE}/{PERIOD}").text
    assert "bad om läget som det var känt en viss dag" in history and "publicering i valda kanaler" in history


@pytest.mark.slow
def test_a_period_that_is_not_there_is_a_missing_page(home: House) -> None:
    """Neither a made-up promise nor a made-up period."""
    visitor = home.signed_in("demo-drift")
    for path in ("/drift/inget/2021-T1", f"/drift/{PROMISE}/2021-T9"):
        assert visitor.get(path).status_code == 404
        assert home.post(visitor, path, vad="prova").status_code == 404


@pytest.mark.slow
def test_the_page_waits_for_words_that_are_on_their_way(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that is done within moments is told in the answer itself."""
    home = house(config.load(), sqlite_store)
    visitor = home.signed_in("demo-drift")
    home.post(visitor, PATH, vad="prova")

    async def meanwhile(_seconds: float) -> None:
        if take(home.store):
            end(home.store, 1, "0 händelser till, 0 siffror ändras, 0 kanaler berörs.")

    monkeypatch.setattr(asyncio, "sleep", meanwhile)
    assert "0 händelser till" in visitor.get(f"{PATH}?begaran=1").text


@pytest.mark.slow
def test_the_board_counts_the_questions_that_are_open_now(home: House) -> None:
    """Who answers is told until the last one is answered; then the period says that a new draft would count it."""
    reporter = home.signed_in("demo-kommun-rapport")
    assert "Svara på 1 fråga" in reporter.get("/").text
    assert "Svara på 1 fråga" not in home.signed_in("demo-drift").get("/").text
    with home.store.writing() as db:
        matches.replace_derived(db, PROMISE, [], [])
    assert "Svara på" not in reporter.get("/").text
