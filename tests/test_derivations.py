"""What was derived stands until something that it was derived from is another: then, and only then, it is done anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import config as configuration
from config import Config
from tasks import gathering
from tasks.gathering import gathered, matched, standing
from tasks.model import Parsed, Payload, Record
from tasks.purge import purge
from tasks.reconcile import reconcile, unchanged_promises
from tasks.store import Store, derivations, matches, records, runs
from tests.year import Year, walk

NOW = datetime.fromisoformat("2021-09-01T07:00:00+00:00")
HOUR = timedelta(hours=1)
SLUG = "strangnas-2021"
FEED, OWN = "polisen-handelser", "kommunens-rapporter"


class Country:
    """The sample year, reconciled once."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.store, self.year = store, Year(folder, store)
        (folder / "sources.toml").write_bytes((configuration.SHIPPED / "sources.toml").read_bytes())
        self.year.logs([walk(f"K{n}", f"2021-05-{n}") for n in (11, 12)], [walk("P11", "2021-05-11")])
        self.year.collect(NOW - HOUR, OWN, "polisens-rapporter")
        self.say(FEED, "1", "Trygghetsvandring i Mariefred", NOW - HOUR)
        self.say(FEED, "2", "Trygghetsvandring i Kiruna", NOW - HOUR)
        self.reconcile(NOW)

    @property
    def config(self) -> Config:
        """The decisions as they are now."""
        return configuration.load(self.year.folder, self.store.url)

    def say(self, source: str, key: str, title: str, at: datetime, **other: object) -> None:
        """Have a source say one thing at a moment."""
        said = replace(Record(source, key, title, "Polisen och kommunen gick.", published_at=at), **other)
        with self.store.writing() as db:
            records.save_parsed(db, Payload(source, at, "u", "application/json", title.encode()), Parsed((said,)))

    def answer(self, record: str, at: datetime) -> int:
        """Have a person say yes about a record."""
        with self.store.writing() as db:
            return matches.add_judgement(
                db,
                promise=SLUG,
                question="evidence",
                left=record,
                right="c5",
                verdict="yes",
                corrected={},
                who="k1",
                party="municipality",
                at=at,
                seen_sha256="",
            )

    def reconcile(self, at: datetime) -> None:
        """Derive it all anew."""
        with self.store.writing() as db:
            reconcile(db, self.config, self.config.promises[SLUG], at)

    def stands(self, at: datetime) -> bool:
        """Tell whether nothing need be derived anew at a moment."""
        with self.store.reading() as db:
            return bool(standing(db, self.config, [self.config.promises[SLUG]], at))


@pytest.fixture
def country(tmp_path: Path, store: Store) -> Iterator[Country]:
    """One municipality's year on either database."""
    yield Country(tmp_path / "config", store)


def withdrawn(country: Country) -> None:
    """An answer is taken back."""
    number = country.answer(f"{FEED}/1", NOW)
    country.reconcile(NOW)
    with country.store.writing() as db:
        matches.undo_judgement(db, number, who="k1", party="municipality", at=NOW + HOUR)


def decided_otherwise(country: Country) -> None:
    """The promise gets another target."""
    shipped = (configuration.SHIPPED / "promises" / f"{SLUG}.toml").read_text(encoding="utf-8")
    (country.year.folder / "promises").mkdir()
    (country.year.folder / "promises" / f"{SLUG}.toml").write_text(shipped.replace("target = 4", "target = 5"))


def answered_about_changes(country: Country) -> None:
    """A notice from elsewhere that somebody answered about says something else."""
    country.answer(f"{FEED}/2", NOW)
    country.reconcile(NOW)
    country.say(FEED, "2", "Trygghetsvandring i Gällivare", NOW + HOUR)


def dated_ahead(country: Country) -> None:
    """A notice's own date comes, with nothing new stored."""
    country.say(FEED, "9", "Vandring i Mariefred", NOW, published_at=NOW + HOUR)
    country.reconcile(NOW)
    assert country.stands(NOW + timedelta(minutes=59))


def put_in_place(country: Country) -> None:
    """Readings are put in place without a word on what they rest on."""
    with country.store.writing() as db:
        matches.replace_derived(db, SLUG, [], [])


CHANGES: dict[str, Callable[[Country], object]] = {
    "its own source says more": lambda c: c.say(OWN, "K99", "Vandring", NOW + HOUR),
    "a notice names it": lambda c: c.say(FEED, "3", "Kontroll i Mariefred", NOW + HOUR),
    "a notice names it no longer": lambda c: c.say(FEED, "1", "Trygghetsvandring i Kiruna", NOW + HOUR),
    "a notice says itself what it is about": lambda c: c.say(
        FEED, "3", "Kontroll", NOW + HOUR, fields={"commitment": "c7", "state": "held"}
    ),
    "a notice that somebody answered about changes": answered_about_changes,
    "a notice came late, with an earlier moment": lambda c: c.say(FEED, "3", "Kontroll i Mariefred", NOW),
    "a notice dated ahead is due": dated_ahead,
    "somebody answers": lambda c: c.answer(f"{FEED}/1", NOW + HOUR),
    "an answer is taken back": withdrawn,
    "the promise is decided otherwise": decided_otherwise,
    "something else was put in place": put_in_place,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_has_it_derived_anew(country: Country, change: Callable[[Country], object]) -> None:
    """It stands an hour later, until that happens; derived anew it stands again."""
    assert country.stands(NOW + HOUR)
    change(country)
    assert not country.stands(NOW + HOUR)
    country.reconcile(NOW + HOUR)
    assert country.stands(NOW + HOUR)


def test_a_purged_text_has_it_derived_anew(country: Country) -> None:
    """The same versions are there, with other words in them."""
    later = NOW + timedelta(days=4000)
    country.reconcile(later)
    assert country.stands(later)
    assert sum(purge(country.store, country.config, later).texts.values())
    assert not country.stands(later)


def test_other_rules_have_it_derived_anew(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not anybody gave them another version."""
    monkeypatch.setattr(gathering, "_rules", lambda: "others")
    assert not country.stands(NOW + HOUR)


def test_before_it_was_derived_it_says_nothing(country: Country) -> None:
    """What came later may be in it."""
    assert not country.stands(NOW - HOUR)


def test_a_notice_from_elsewhere_changes_nothing(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at once: the next hour begins after it."""
    monkeypatch.setenv("LOFTESKOLL_CONFIG", str(country.year.folder))
    monkeypatch.setenv("LOFTESKOLL_DATABASE", country.store.url)
    country.say(FEED, "3", "Kontroll i Kiruna", NOW + HOUR)
    later = NOW + 2 * HOUR
    (found,) = unchanged_promises.fn([SLUG], later)
    with country.store.reading() as db:
        made = derivations.noted(db, [SLUG])[SLUG]
        known, anew = gathered(db, country.config, country.config.promises[SLUG], later)
    assert (made.at, made.shared) == (later, {FEED: (3, 0)})
    assert (found.records, found.readings, found.activities) == (len(known), len(anew.readings), len(anew.activities))
    country.say(FEED, "4", "Kontroll i Mariefred", later + HOUR)
    assert unchanged_promises.fn([SLUG], later + HOUR) == []


def test_one_whose_run_died_is_run_again(country: Country, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after its last commit it left everything right but its own end: else it would be called dead for ever."""
    monkeypatch.setenv("LOFTESKOLL_CONFIG", str(country.year.folder))
    monkeypatch.setenv("LOFTESKOLL_DATABASE", country.store.url)
    assert runs._begin(country.store, "reconcile", SLUG, NOW) == 1
    assert unchanged_promises.fn([SLUG], NOW + HOUR) == []
    with runs.only_one(country.store, "reconcile", SLUG, lambda: NOW + HOUR):
        pass
    assert len(unchanged_promises.fn([SLUG], NOW + HOUR)) == 1


def test_what_is_taken_up_is_what_would_be_derived(country: Country) -> None:
    """Readings, pairs, activities and questions alike, with answers that the rules would not give."""
    country.answer(f"{FEED}/2", NOW)
    country.reconcile(NOW)
    promise, later = country.config.promises[SLUG], NOW + HOUR
    with country.store.reading() as db:
        known = standing(db, country.config, [promise], later)[SLUG]
        taken = matched(db, country.config, promise, later, known)
        assert taken == gathered(db, country.config, promise, later)[1]
    assert taken.readings and taken.pairs and taken.activities


def test_what_another_run_put_in_place_meanwhile_is_not_taken_up(country: Country) -> None:
    """It may rest on what came after the moment: then all is derived as it was known at the moment."""
    promise = country.config.promises[SLUG]
    with country.store.reading() as db:
        known = standing(db, country.config, [promise], NOW)[SLUG]
        before = gathered(db, country.config, promise, NOW)[1]
    country.say(OWN, "K99", "Trygghetsvandring i Mariefred", NOW + HOUR)
    country.reconcile(NOW + HOUR)
    with country.store.reading() as db:
        assert matched(db, country.config, promise, NOW, known) == before
