"""A promise year in a folder of its own: what each party writes in its log, and the verbs called by hand.

The verbs' inner functions are called directly, without Prefect; the clock is whatever the test says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy

import config as configuration
from config.schema import Person
from tasks import decide
from tasks.collect import ask, keep
from tasks.draft import Drafted, follow_up, make
from tasks.matching import Matches, match
from tasks.model import Draft, Fetch, Outcome, Publication
from tasks.periods import at_local, period
from tasks.publish import advance, due
from tasks.store import Store, drafts, matches, publications, records

SAMPLE = configuration.SHIPPED / "samples" / "strangnas-2021" / "municipalities" / "strangnas.toml"
HEADER = (
    "id;löfte;status;datum;till;plats;beskrivning;antal;"
    "polisen deltog;kommunen deltog;på skola;rapporterad;flyttad till"
)
POLICE = Person(id="p1", name="Påhittad Polis", party="police", roles=frozenset({"reviewer", "approver"}), demo=True)
KOMMUN = Person(
    id="k1", name="Påhittad Kommun", party="municipality", roles=frozenset({"reviewer", "approver", "ops"}), demo=True
)


def row(
    key: str,
    commitment: str,
    state: str,
    day: str = "",
    place: str = "",
    text: str = "",
    *,
    to: str = "",
    count: str = "",
    police: str = "",
    municipality: str = "",
    school: str = "",
    reported: str = "",
    moved_to: str = "",
) -> str:
    """One line of a party's log."""
    cells = [key, commitment, state, day, to, place, text, count, police, municipality, school, reported, moved_to]
    return ";".join(cells)


class Year:
    """Strängnäs 2021 with logs that the test writes."""

    promise_slug = "strangnas-2021"

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store
        (folder / "municipalities").mkdir(parents=True)
        (folder / "sources.toml").touch()
        (folder / "municipalities" / "strangnas.toml").write_text(f'based_on = "{SAMPLE}"\n', encoding="utf-8")
        (folder / "nyheter.xml").write_text('<rss version="2.0"><channel><title>N</title></channel></rss>')
        (folder / "kalender.ics").write_text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n")
        # An empty log is not a failure here: a party may have nothing yet.
        self.logs([], [])

    def logs(self, municipality: list[str], police: list[str]) -> None:
        """Write both parties' logs anew."""
        for name, rows in (("kommunen.csv", municipality), ("polisen.csv", police)):
            (self.folder / name).write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")

    @property
    def config(self) -> configuration.Config:
        """The folder, loaded."""
        return configuration.load(self.folder, self.store.url)

    def due(self, key: str) -> datetime:
        """Nine in the morning of the day on which a period's follow-up is due."""
        return at_local(period(self.config.promises[self.promise_slug], key).due, 9)

    def collect(self, now: datetime, *sources: str) -> dict[str, Fetch]:
        """Collect all sources, or the named ones."""
        found = {}
        for source in self.config.all_sources():
            if not sources or source.id in sources:
                answer = ask(self.config, self.store, source, now)
                with self.store.writing() as db:
                    found[source.id] = keep(db, answer)
        return found

    def matched(self, now: datetime) -> Matches:
        """What the records known at a moment amount to."""
        promise = self.config.promises[self.promise_slug]
        with self.store.reading() as db:
            known = records.known(db, [s.id for s in self.config.sources_of(promise)], now)
            answers, kept = matches.answers(db, promise.slug, now), matches.kept(db, promise.slug)
        return match(promise, self.config.municipality_of(promise), known, answers, kept)

    def draft(self, key: str, now: datetime) -> Drafted:
        """Bring a period's draft up to date."""
        promise = self.config.promises[self.promise_slug]
        with self.store.writing() as db:
            followup = follow_up(db, self.config, promise, period(promise, key), now)
            return make(db, self.config, promise, followup, now)

    def run(self, key: str, now: datetime | None = None) -> Drafted:
        """Collect and draft a period on its due date, or at another moment."""
        moment = now or self.due(key)
        self.collect(moment)
        return self.draft(key, moment)

    def current(self, key: str) -> Draft:
        """The newest edition of a period."""
        with self.store.reading() as db:
            found = drafts.latest(db, self.promise_slug, key)
        assert found is not None
        return found

    def outcome(self, key: str, commitment: str) -> Outcome:
        """How a commitment stands in the newest edition."""
        return self.current(key).followup.outcome(commitment)

    def approve(self, key: str, now: datetime, *people: Person, accept_gaps: bool = True) -> list[str]:
        """Let people (else both parties) approve what is there now; return how each approval ended."""
        return [
            decide.approve(
                self.store,
                self.config,
                self.current(key).id,
                seen_sha256=self.current(key).sha256,
                person=person,
                at=now,
                accept_gaps=accept_gaps,
            ).outcome
            for person in people or (POLICE, KOMMUN)
        ]

    def publish(self, now: datetime) -> dict[str, Publication]:
        """Move the outbox forward and return it by channel, the newest edition of each."""
        with self.store.writing() as db:
            keys = due(db, self.config, now, self.promise_slug)
        for key in keys:
            advance(self.store, self.config, key, now)
        return self.outbox()

    def outbox(self, key: str | None = None) -> dict[str, Publication]:
        """The outbox by channel, the newest row of each."""
        with self.store.reading() as db:
            return {p.channel: p for p in publications.listed(db, self.promise_slug, key)}

    def page(self, key: str) -> str:
        """The rendered page of the municipality's site."""
        found = self.current(key)
        with self.store.reading() as db:
            outputs = drafts.rendered(db, found.id, found.revision, "strangnas.se")
        return next(o.body for o in outputs if o.name.endswith("index.html")).decode()

    def everything(self, key: str) -> str:
        """All text that would leave the house, on every channel."""
        found = self.current(key)
        with self.store.reading() as db:
            made = drafts.rendered(db, found.id, found.revision)
        # Every picture's words stand in its drawing and in its alternative text.
        return "\n".join(o.body.decode() for o in made if o.media_type != "image/png")


class FormYear(Year):
    """Strängnäs 2021 as it is shipped: both parties report in the form, and nothing is fetched from outside."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store

    @property
    def config(self) -> configuration.Config:
        """The shipped folder."""
        return configuration.load(None, self.store.url)

    def run(self, key: str, now: datetime | None = None) -> Drafted:
        """Hear both forms and draft a period on its due date, or at another moment."""
        moment = now or self.due(key)
        self.collect(moment, "kommunens-rapporter", "polisens-rapporter")
        return self.draft(key, moment)


def stored_text(store: Store) -> str:
    """Every value of every row in a database, bytes as the text they are."""
    with store.reading() as db:
        tables = set(sqlalchemy.inspect(db).get_table_names()) - {"alembic_version"}
        rows = [row for t in sorted(tables) for row in db.execute(sqlalchemy.text(f'SELECT * FROM "{t}"'))]
    return "\n".join(v.decode(errors="replace") if isinstance(v, bytes) else str(v) for row in rows for v in row)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """Serve a folder on a free loopback port."""
    folder.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def a_year(folder: Path, store: Store, patch: pytest.MonkeyPatch) -> Iterator[Year]:
    """A year whose published pages can be read back."""
    with served(folder / "published") as port:
        patch.setenv("LOFTESKOLL_PUBLISHED", str(folder / "published"))
        patch.setenv("LOFTESKOLL_SITE_PORT", str(port))
        yield Year(folder / "config", store)


def walk(key: str, day: date | str, place: str = "Mariefred", **values: str) -> str:
    """A safety walk that the municipality reports as held with the police."""
    return row(key, "c5", "genomförd", str(day), place, "Trygghetsvandring genomförd.", police="ja", **values)


def protect_visits(year: Year) -> None:
    """Let the promise count c3, the visits at home, and protect the number."""
    shipped = (configuration.SHIPPED / "promises" / "strangnas-2021.toml").read_text(encoding="utf-8")
    counted = shipped.replace('measure = "ongoing"\nunit = ["hembesök"', 'measure = "count"\nunit = ["hembesök"')
    (year.folder / "promises").mkdir()
    (year.folder / "promises" / "strangnas-2021.toml").write_text(
        counted.replace('disclosure = "yes_no"', 'disclosure = "protected"'), encoding="utf-8"
    )


def visits(key: str, day: str, number: int) -> str:
    """So many visits at home that the police report."""
    return row(key, "c3", "genomförd", day, "Strängnäs", "Hembesök", count=str(number))
