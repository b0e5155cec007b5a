"""The house on a September morning: one follow-up sent, one to approve, reports, questions, orders and an alarm.

Everything is made by the application's own functions from invented reports; the clock stands at the 9th of September.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from config.schema import Party, Person
from flows.review.app import create_app
from flows.review.people import demo_person
from tasks import decide
from tasks.alarms import Alarm
from tasks.model import Dated, PairScore, Parsed, Payload, PublicationState, Record, digest
from tasks.periods import at_local
from tasks.reconcile import reconcile
from tasks.reporting import Reported
from tasks.store import Store, alarms, matches, orders, publications, records
from tasks.submission import Submission
from tests.reviewing import Clock, House
from tests.year import FormYear

PROMISE = "strangnas-2021"
MORNING = datetime(2021, 9, 9, 6, 30, tzinfo=UTC)
_SENT: tuple[PublicationState, ...] = ("published", "uncertain", "handed_over")
_SAID = "3 händelser till, 1 siffra ändras, 0 kanaler berörs.\nTrygghetsvandringar: 3 → 4 trygghetsvandringar."
NEWS = (
    Record(
        "strangnas-nyheter",
        "rond-1",
        "Trygghetsrond i Mariefred",
        text="Kommunen och polisen gick en trygghetsrond den 6 juni med boende i området. Mörka gångvägar togs upp.",
        url="https://www.strangnas.se/nyheter/trygghetsrond",
        published_at=datetime(2021, 6, 7, 8, tzinfo=UTC),
        when=Dated.day(date(2021, 6, 6)),
        place="Mariefred",
        party="municipality",
    ),
    Record(
        "strangnas-nyheter",
        "vandring-1",
        "Trygghetsvandring i Stallarholmen den 9 juni",
        text="Kommunen och polisen gick en trygghetsvandring den 9 juni. Tjugo boende gick med längs ån.",
        published_at=datetime(2021, 6, 10, 8, tzinfo=UTC),
        when=Dated.day(date(2021, 6, 9)),
        place="Stallarholmen",
        party="municipality",
    ),
    Record(
        "strangnas-nyheter",
        "vandring-2",
        "Trygghetsvandring i Stallarholmen den 10 juni",
        text="Kommunen och polisen gick en trygghetsvandring den 10 juni. Tolv boende gick med längs ån.",
        published_at=datetime(2021, 6, 11, 8, tzinfo=UTC),
        when=Dated.day(date(2021, 6, 10)),
        place="Stallarholmen",
        party="municipality",
    ),
)


class Autumn:
    """One house with its year; `home` is the application."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.year = FormYear(folder, store)
        self.store, self.config = store, self.year.config
        self.clock = Clock()
        self._spring()
        self._summer()
        self._september()
        app = create_app(self.config, store, demo=True, secret="test", now=self.clock)
        self.clock.moment = MORNING
        self.home = House(app, self.config, store, self.clock, self.year.current("2021-T2").id)

    def say(
        self, party: Party, day: str, at: date, commitment: str = "c5", state: str = "held", **more: Any
    ) -> Reported:
        """Report something on a day, as a party's reporter."""
        own = {"form": digest(f"{party} {day} {commitment} {state}")[:32], "date": day, "place": "Mariefred"}
        fields: dict[str, Any] = {**own, "conditions": {"police_took_part": "ja"}, **more}
        sent = Submission(commitment, state, **fields)
        return decide.report(
            self.store, self.config, promise=PROMISE, submission=sent, person=reporter(party), at=at_local(at, 9)
        )

    def answer(self, party: Party, commitment: str, period: str, state: str, at: date) -> None:
        """Answer for a whole period."""
        sent = Submission(commitment, state, period=period)
        decide.report(
            self.store, self.config, promise=PROMISE, submission=sent, person=reporter(party), at=at_local(at, 9)
        )

    def _spring(self) -> None:
        """Two walks and a meeting; approved by both, on its way out with trouble on one channel."""
        self.say("municipality", "2021-04-14", date(2021, 4, 15), place="Åkers styckebruk", text="Tretton boende kom.")
        self.say("police", "2021-04-14", date(2021, 4, 16), place="Åkers styckebruk", text="Mörka gångvägar.")
        self.say("municipality", "2021-04-20", date(2021, 4, 21))
        self.say("municipality", "2021-04-07", date(2021, 4, 8), "c1", place="", conditions={}, count="3")
        self.answer("police", "c3", "2021-T1", "held", date(2021, 5, 3))
        self.answer("municipality", "c4", "2021-T1", "nil_report", date(2021, 5, 3))
        self.year.run("2021-T1")
        now = self.year.due("2021-T1")
        self.year.approve("2021-T1", now, person("demo-polis"), person("demo-kommun"))
        with self.store.writing() as db:
            for row, state in zip(
                publications.listed(db, PROMISE), ("published", "uncertain", "handed_over"), strict=False
            ):
                url = "https://polisen.se/uppfoljning" if state == "published" else None
                publications.move(db, row.id, from_states=["pending"], to=state, now=now, url=url)

    def _summer(self) -> None:
        """Reports of every state, news that raise questions, a draft, an edited text."""
        self.say("municipality", "2021-05-12", date(2021, 5, 14), place="Härad", text="Två klasser var med.")
        self.say("police", "2021-06-12", date(2021, 6, 14), "c7", place="Strängnäs", conditions={})
        self.say("municipality", "2021-08-28", date(2021, 8, 2), state="planned", place="Länna", conditions={})
        self.say("municipality", "2021-08-19", date(2021, 8, 20), state="cancelled", place="Aspö", conditions={})
        wrong = self.say("municipality", "2021-05-21", date(2021, 5, 22), text="Dubblett.")
        decide.withdraw(
            self.store,
            self.config,
            promise=PROMISE,
            report=wrong.record_id.split("/", 1)[1],
            reason="dubblett",
            seen_version=1,
            person=reporter("municipality"),
            at=at_local(date(2021, 5, 24), 9),
        )
        now = at_local(date(2021, 9, 1), 9)
        with self.store.writing() as db:
            payload = Payload("strangnas-nyheter", now, "", "text/plain", b"news")
            records.save_parsed(db, payload, Parsed(NEWS))
        self.year.run("2021-T2", now)

    def _september(self) -> None:
        """Readings, a pair to tell apart, an answer, what was run by hand, and an alarm."""
        promise = self.config.promises[PROMISE]
        with self.store.writing() as db:
            reconcile(db, self.config, promise, MORNING)
            readings, pairs = matches.derived(db, PROMISE)
            one, two = (f"strangnas-nyheter/vandring-{n}" for n in (1, 2))
            doubtful = PairScore(
                one, two, "c5", 0.71, "unsure", reasons=("dagarna ligger nära varandra", "samma plats")
            )
            kept = [p for p in pairs if {p.left, p.right} != {one, two}]
            matches.replace_derived(db, PROMISE, readings, [*kept, doubtful])
            since = MORNING - timedelta(days=3)
            alarms.keep(
                db,
                [
                    Alarm(
                        "source/strangnas-nyheter",
                        "Nyheter från Strängnäs kommun har inte svarat i sin helhet i 3 dygn. Den går inte att nå.",
                        "Kontrollera adressen och att källan är uppe, och kör hämtningen igen.",
                        since,
                    )
                ],
                MORNING,
            )
        key, _ = decide.order(
            self.store,
            self.config,
            promise=PROMISE,
            period_id="2021-T2",
            kind="rehearsal",
            person=person("demo-drift"),
            at=MORNING - timedelta(hours=1),
        )
        with self.store.writing() as db:
            orders.take(db, MORNING - timedelta(hours=1))
            said = (
                "3 händelser till, 1 siffra ändras, 0 kanaler berörs.\nTrygghetsvandringar: 3 → 4 trygghetsvandringar."
            )
            orders.end(db, key, "done", said, MORNING - timedelta(minutes=59))


def person(key: str) -> Person:
    """Return one of the invented people."""
    found = demo_person(key)
    assert found is not None
    return found


def reporter(party: Party) -> Person:
    """Return a party's invented reporter."""
    return person("demo-polis-rapport" if party == "police" else "demo-kommun-rapport")
