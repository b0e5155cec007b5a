"""Handlers take turns: one at a time works, who waits for the database keeps nobody waiting, and no turn is lost."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from inspect import getmembers, ismodule

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

import config
from flows.review import app, turns
from tasks.store import Store
from tasks.store.tables import contents
from tests.reviewing import House, house

pytestmark = pytest.mark.slow
# Long enough for a thread to get in between, if it could.
_MOMENT = 0.02


def test_only_one_works_at_a_time_and_a_broken_one_gives_its_turn_back() -> None:
    """Four at once never meet, though each sleeps in between; one that raises is followed by the next."""
    inside: list[int] = []

    @turns.in_turn
    def work(number: int) -> int:
        assert turns.is_mine() and not inside
        inside.append(number)
        time.sleep(_MOMENT)
        inside.remove(number)
        if number == 1:
            raise ValueError("broken")
        return number

    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(work, number) for number in range(4)]
    assert [r.exception() is None for r in runs] == [True, False, True, True]
    assert not turns.is_mine()


def test_every_screen_takes_turns() -> None:
    """No router of the application has routes of another kind."""
    routers = [m.router for _, m in getmembers(app, ismodule) if hasattr(m, "router")]
    assert len(routers) > 10
    for route in (route for router in routers for route in router.routes):
        assert isinstance(route, turns.Turned), route


def test_who_waits_for_the_write_lock_keeps_no_reader_waiting(sqlite_store: Store) -> None:
    """A flow writes; somebody saves and waits for it; the others read on, and the text is saved in the end."""
    home: House = house(config.load(), sqlite_store)
    saver, reader = home.signed_in("demo-kommun"), home.signed_in("demo-polis")
    other = sqlite3.connect(sqlite_store.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    done: list[int] = []

    def save() -> None:
        done.append(home.save(saver, "sida:c5", "Vi gick {c5.held} av {c5.target} vandringar.").status_code)

    waiting = threading.Thread(target=save)
    waiting.start()
    try:
        time.sleep(0.5)
        assert not done
        assert reader.get("/").status_code == 200 and not done
    finally:
        other.execute("ROLLBACK")
        other.close()
        waiting.join(timeout=20)
    assert done == [303]


def test_postgresql_is_waited_for_without_the_turn(postgresql_store: Store) -> None:
    """While one handler waits for a lock another one works; the first goes on with the turn when it has it."""
    postgresql_store.wait_in(turns.given_away)
    order: list[str] = []

    @turns.in_turn
    def ask() -> None:
        with postgresql_store.reading() as db:
            db.execute(text("SELECT pg_advisory_xact_lock(7)"))
        assert turns.is_mine()
        order.append("asked")

    @turns.in_turn
    def work() -> None:
        order.append("worked")

    asking = threading.Thread(target=ask)
    with Store(postgresql_store.url).writing() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(7)"))
        asking.start()
        time.sleep(0.2)
        work()
    asking.join(timeout=20)
    assert order == ["worked", "asked"] and not turns.is_mine()


def test_two_who_keep_the_same_bytes_do_not_wait_for_each_other_for_ever(postgresql_store: Store) -> None:
    """One waits for the turn and has the row, one waits for the row and has the turn: the turn is given away."""
    postgresql_store.wait_in(turns.given_away)
    kept: list[str] = []
    begun = threading.Event()

    @turns.in_turn
    def keep(name: str, pause: float) -> None:
        with postgresql_store.writing() as db:
            db.execute(insert(contents).on_conflict_do_nothing(), [{"sha256": s * 64, "body": b""} for s in "ab"])
            begun.set()
            db.execute(text("SELECT pg_advisory_xact_lock(7), pg_sleep(:pause)"), {"pause": pause})
        kept.append(name)

    threads = [threading.Thread(target=keep, args=args, daemon=True) for args in (("first", 0.3), ("second", 0))]
    threads[0].start()
    assert begun.wait(10)
    threads[1].start()
    for thread in threads:
        thread.join(10)
    assert kept == ["first", "second"]


def test_who_is_let_in_first_passes_those_who_wait() -> None:
    """Who is asking is looked up before the pages that are waiting are made."""
    order: list[str] = []
    at_it = threading.Event()

    def note(name: str) -> None:
        at_it.set()
        time.sleep(10 * _MOMENT)
        order.append(name)

    def begin(name: str, *, first: bool = False) -> threading.Thread:
        thread = threading.Thread(target=turns.in_turn(note, first=first), args=(name,))
        thread.start()
        time.sleep(_MOMENT)
        return thread

    threads = [begin("at work")]
    assert at_it.wait(10)
    threads += [begin("page"), begin("look", first=True)]
    for thread in threads:
        thread.join(10)
    assert order == ["at work", "look", "page"]
