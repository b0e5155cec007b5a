"""One run at a time: of many that start at once one works, the others hear that it is going on."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from tasks.store import Store, runs

NOW = datetime(2021, 9, 1, 6, tzinfo=UTC)


def test_of_many_runs_one_works(store: Store) -> None:
    """Eight threads begin the same piece of work at once; one does it, also when nobody ever did it before."""
    done: list[bool] = []
    start, finish = threading.Barrier(8), threading.Event()

    def work() -> None:
        start.wait()
        with runs.only_one(store, "draft", "p/2021-T2", lambda: NOW) as mine:
            done.append(mine)
            if mine:
                finish.wait(20)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while len(done) < 8 and thread.is_alive():
            thread.join(0.05)
    finish.set()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False] * 7 + [True]


def test_a_finished_run_lets_the_next_one_begin(store: Store) -> None:
    """And another piece of work is never in the way."""
    with (
        runs.only_one(store, "draft", "p/2021-T1", lambda: NOW) as first,
        runs.only_one(store, "draft", "p/2021-T2", lambda: NOW) as other,
        runs.only_one(store, "draft", "p/2021-T1", lambda: NOW) as meanwhile,
    ):
        assert (first, other, meanwhile) == (True, True, False)
    with runs.only_one(store, "draft", "p/2021-T1", lambda: NOW) as again:
        assert again


def test_a_dead_run_is_taken_over_and_its_late_word_is_not_heard(store: Store) -> None:
    """After the lease the next run goes on; the first one's end changes nothing of it."""
    later = NOW + runs.LEASE + timedelta(seconds=1)
    with runs.only_one(store, "collect", "s", lambda: NOW):
        with runs.only_one(store, "collect", "s", lambda: later) as second:
            assert second
            with store.reading() as db:
                assert runs.newest(db)[0].started_at == later
        with store.reading() as db:
            assert runs.newest(db)[0].outcome == "done"
    with store.reading() as db:
        assert (runs.newest(db)[0].ended_at, runs.newest(db)[0].outcome) == (later, "done")


def test_a_failed_run_is_kept_by_its_kind_only(store: Store) -> None:
    """An error's text may hold anything, so it is not stored."""
    with pytest.raises(ValueError, match="hemligt"), runs.only_one(store, "draft", "p/2021-T1", lambda: NOW):
        raise ValueError("hemligt")
    with store.reading() as db:
        [run] = runs.newest(db)
    assert (run.outcome, run.message) == ("failed", "ValueError")


def test_a_run_from_before_a_clock_was_set_back_stops_nobody(store: Store) -> None:
    """A machine whose clock was a month ahead died at its work: the next run doesn't wait for that month."""
    ahead = NOW + timedelta(days=30)
    with runs.only_one(store, "collect", "s", lambda: ahead):
        with store.reading() as db:
            assert runs.newest(db)[0].was_interrupted(NOW)
        with runs.only_one(store, "collect", "s", lambda: NOW) as mine:
            assert mine


def test_two_machines_whose_clocks_differ_a_little_still_wait_for_each_other(store: Store) -> None:
    """Ten minutes ahead is no clock that was set back."""
    with runs.only_one(store, "collect", "s", lambda: NOW + timedelta(minutes=10)):
        with store.reading() as db:
            assert not runs.newest(db)[0].was_interrupted(NOW)
        with runs.only_one(store, "collect", "s", lambda: NOW) as mine:
            assert not mine


def test_a_run_whose_worker_died_is_known_as_interrupted(store: Store) -> None:
    """Not while it may be at it, but from the end of its lease on."""
    with runs.only_one(store, "draft", "p/2021-T1", lambda: NOW), store.reading() as db:
        [run] = runs.newest(db)
        assert not run.was_interrupted(NOW + runs.LEASE)
        assert run.was_interrupted(NOW + runs.LEASE + timedelta(seconds=1))
