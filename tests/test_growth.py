"""Many promises: what one takes of the shared sources, one that fails among others, and the country in small."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import config
from tasks import gathering, reconcile
from tasks.failing import Failed, each, only_done
from tasks.locality import Locality
from tasks.matching import match
from tasks.model import Parsed, Payload, Record, Trouble, Unavailable
from tasks.store import Store, matches, records, runs
from tests import bench_country, bench_storing
from tests.year import Year

NOW = datetime(2021, 9, 1, 7, tzinfo=UTC)
CONFIG = config.load()
TOWN = CONFIG.municipalities["strangnas"]
FEED = CONFIG.sources[0].id


def told(number: int, title: str, text: str = "", **other: object) -> Record:
    """A notice of the shared feed."""
    published = datetime(2021, 5, 3, 8, tzinfo=UTC)
    return replace(Record(FEED, str(number), title, text, published_at=published, party="police"), **other)


def store_them(store: Store, *batch: Record, at: datetime = NOW) -> None:
    """Have the feed say these."""
    with store.writing() as db:
        records.save_parsed(db, Payload(FEED, at, "u", "application/json", b"x"), Parsed(batch))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Vandring i Mariefred i går", True),
        ("Strängnäspolisen gick en vandring", True),
        ("Åkers\nstyckebruks torg", True),
        ("M&auml;lby och Str&auml;ngn&auml;s", True),
        ("Str\xadängnäs", True),
        ("Stra\u0308ngna\u0308s", True),
        ("https://tidningen.example.se/strangnas/nytt", True),
        ("Trafikkontroll i Kiruna", False),
        ("Mariefredsgatan i Kiruna", False),
        ("Omåkersten", False),
    ],
)
def test_a_text_is_taken_up_by_whom_it_may_be_about(text: str, named: bool) -> None:
    """However a name is written; a name inside another word is none."""
    assert bool(Locality([TOWN]).towns(text)) is named


def test_the_shared_feed_gives_the_same_as_if_all_of_it_were_read(sqlite_store: Store) -> None:
    """Notices from elsewhere change nothing, so they are not taken up; one that says its commitment is."""
    store_them(
        sqlite_store,
        told(1, "Trygghetsvandring i Mariefred", "Polisen och kommunen gick en trygghetsvandring i Mariefred."),
        told(2, "Trygghetsvandring i Kiruna", "Polisen gick en trygghetsvandring i Kiruna den 3 maj."),
        told(3, "Trygghetsvandring", "Polisen gick en trygghetsvandring."),
        told(4, "Kontroll", "Mopedbilar kontrollerades.", fields={"commitment": "c7", "state": "held"}),
    )
    promise = CONFIG.promises["strangnas-2021"]
    with sqlite_store.reading() as db:
        taken, found = gathering.gathered(db, CONFIG, promise, NOW)
        every = records.known(db, [FEED], NOW)
    assert [r.external_id for r in taken] == ["1", "4"]
    assert found == match(promise, TOWN, every, [])


def test_what_somebody_answered_about_is_taken_up(sqlite_store: Store) -> None:
    """No answer is lost because the record doesn't name the municipality."""
    store_them(sqlite_store, told(1, "Trafikkontroll", "En kontroll."), told(2, "Annat", "Något annat."))
    with sqlite_store.writing() as db:
        matches.add_judgement(
            db,
            promise="strangnas-2021",
            question="evidence",
            left=f"{FEED}/1",
            right="c7",
            verdict="yes",
            corrected={},
            who="k1",
            party="municipality",
            at=NOW,
            seen_sha256="",
        )
        taken, found = gathering.gathered(db, CONFIG, CONFIG.promises["strangnas-2021"], NOW)
    assert [r.external_id for r in taken] == ["1"]
    assert [(r.record_id, r.commitment) for r in found.readings] == [(f"{FEED}/1", "c7")]


def test_a_record_is_read_as_it_was_known_then(store: Store) -> None:
    """A later version doesn't count before it came, on either way of asking."""
    store_them(store, told(1, "Vandring i Mariefred"), told(2, "Bara nu i Mariefred"))
    store_them(store, told(1, "Vandring i Kiruna"), at=NOW + timedelta(days=2))
    store_them(store, told(3, "Senare"), at=NOW + timedelta(days=2))
    with store.reading() as db:
        assert [r.title for r in records.known(db, [FEED], NOW)] == ["Vandring i Mariefred", "Bara nu i Mariefred"]
        assert {key: words.split("\n")[2] for key, words, _ in records.known_texts(db, [FEED], NOW)} == {
            f"{FEED}/1": "Vandring i Mariefred",
            f"{FEED}/2": "Bara nu i Mariefred",
        }
        later = NOW + timedelta(days=3)
        assert [r.title for r in records.known_ones(db, [f"{FEED}/3", f"{FEED}/1"], later)] == [
            "Vandring i Kiruna",
            "Senare",
        ]


def test_what_was_seen_ahead_of_the_clock_is_known_once_it_is_seen_again(store: Store) -> None:
    """A clock that was a day ahead and is set back: the record isn't hidden until that day comes."""
    store_them(store, told(1, "Vandring i Mariefred"), told(2, "Annat"), at=NOW + timedelta(days=1))
    store_them(store, told(1, "Vandring i Mariefred"))
    with store.reading() as db:
        assert [r.external_id for r in records.known(db, [FEED], NOW)] == ["1"]


def test_one_that_fails_stops_no_other() -> None:
    """It is said in its place by its kind alone; a database that is gone stops all."""

    def work(number: int) -> int:
        if number == 2:
            raise KeyError("Anna Andersson")
        return number * 10

    made = each([1, 2, 3], work)
    assert made == [10, Failed("2", "KeyError"), 30]
    with pytest.raises(Trouble, match=r"^1 av 3 gick inte att stämma av: 2 \(KeyError\)\. De andra är klara"):
        only_done(made, "stämma av")

    def gone(number: int) -> int:
        raise Unavailable("Databasen svarar inte.")

    with pytest.raises(Unavailable):
        each([1], gone)


def test_a_promise_that_fails_is_a_failed_run(
    tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is reconciled; the failed run, by its kind only, is what the alarm is about."""
    year = Year(tmp_path / "config", sqlite_store)
    monkeypatch.setenv("LOFTESKOLL_CONFIG", str(year.folder))
    monkeypatch.setenv("LOFTESKOLL_DATABASE", sqlite_store.url)
    whole = reconcile.gathered
    asked: list[str] = []

    def broken(*given: object) -> object:
        asked.append("")
        if len(asked) == 1:
            raise ValueError("text ur en uppgift")
        return whole(*given)

    monkeypatch.setattr(reconcile, "gathered", broken)
    first, second = reconcile.reconcile_promises.fn(["strangnas-2021", "strangnas-2021"], NOW)
    assert first == Failed("strangnas-2021", "ValueError")
    assert isinstance(second, reconcile.Reconciled)


def test_the_failed_run_is_noted(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its kind alone."""
    year = Year(tmp_path / "config", sqlite_store)
    monkeypatch.setenv("LOFTESKOLL_CONFIG", str(year.folder))
    monkeypatch.setenv("LOFTESKOLL_DATABASE", sqlite_store.url)

    def broken(*_given: object) -> object:
        raise ValueError("text ur en uppgift")

    monkeypatch.setattr(reconcile, "gathered", broken)
    reconcile.reconcile_promises.fn(["strangnas-2021"], NOW)
    with sqlite_store.reading() as db:
        assert [(r.stage, r.outcome, r.message) for r in runs.newest(db)] == [("reconcile", "failed", "ValueError")]


@pytest.mark.slow
def test_the_country_in_small(shared: Path, tmp_path: Path) -> None:
    """Two municipalities from recordings to six drafts, in plain functions, with the figures of each stage."""
    found = bench_country.measure(tmp_path, 2, 1000, "sqlite", 1, "plain")
    assert found["drafts"] == 6
    assert found["records"] == 1000 + 2 * 16 + 4
    assert found["readings"] >= 2 * 16
    assert set(found["stages"]) == {"collect", "reconcile", "draft", "quiet", "hour"}


@pytest.mark.slow
def test_a_poll_without_news_costs_little(shared: Path) -> None:
    """Of our own processor time: 50 ms is the goal, and a machine with much else to do gets some more."""
    assert bench_storing.poll(3)["poll_ms"] < 150
