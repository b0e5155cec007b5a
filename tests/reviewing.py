"""A small house for the review tests: invented records, one frozen follow-up, one open draft, signed-in clients."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from html import unescape

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from config import Config
from flows.review.app import create_app
from tasks import periods, rendering, wording
from tasks.model import (
    Activity,
    Block,
    Coverage,
    Dated,
    Draft,
    Fetch,
    Gap,
    Outcome,
    Parsed,
    Payload,
    Reading,
    Record,
)
from tasks.store import Store, drafts, matches, records

PROMISE = "strangnas-2021"
PERIOD = "2021-T1"
NOW = datetime(2021, 5, 10, 8, 0, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script>"
POLICE_WORDS = "Polisens egna ord om vandringen"
WALK_POLICE, WALK_TOWN, NEWS = "polisens-rapporter/p1", "kommunens-rapporter/k1", "strangnas-nyheter/n1"


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        """Return the moment it was set to."""
        return self.moment

    def forward(self, **by: int) -> None:
        """Move on by so much."""
        self.moment += timedelta(**by)


@dataclass
class House:
    """The application with one open draft."""

    app: FastAPI
    config: Config
    store: Store
    clock: Clock
    draft_id: int

    def client(self, address: str = "127.0.0.1") -> TestClient:
        """Return a visitor who isn't signed in."""
        return TestClient(
            self.app,
            base_url="http://127.0.0.1",
            client=(address, 50000),
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    def signed_in(self, person: str) -> TestClient:
        """Return a visitor who is signed in as an invented person."""
        client = self.client()
        answer = client.post("/logga-in", data={"person": person, "csrf": token(client.get("/logga-in")), "till": "/"})
        assert answer.status_code == 303, answer.text
        return client

    def draft(self) -> Draft:
        """Return the draft as it is now."""
        with self.store.reading() as db:
            found = drafts.draft(db, self.draft_id)
        assert found is not None
        return found

    def block(self, key: str) -> Block:
        """Return the draft's block of that template and part (sida:c5)."""
        return next(b for b in self.draft().blocks if f"{b.template}:{b.part}" == key)

    def post(self, client: TestClient, path: str, **fields: str) -> Response:
        """Send a form with the page's own token."""
        return client.post(path, data={"csrf": token(client.get("/")), **fields})

    def approve(self, client: TestClient, **fields: str) -> Response:
        """Approve what the draft is now, gaps accepted."""
        now = self.draft()
        values = {"sha256": now.sha256, "revision": str(now.revision), "lucka": "ja", **fields}
        return self.post(client, f"/utkast/{self.draft_id}/godkann", **values)

    def save(self, client: TestClient, key: str, text: str, **fields: str) -> Response:
        """Save one block's text as its form would send it."""
        page = client.get(f"/utkast/{self.draft_id}").text
        seen = re.search(rf'name="seen:{re.escape(key)}" value="(\w+)"', page)
        values = {f"text:{key}": text, f"seen:{key}": seen[1] if seen else "", "vid": key}
        values["revision"] = str(self.draft().revision)
        return self.post(client, f"/utkast/{self.draft_id}/text", **{**values, **fields})


def token(page: Response) -> str:
    """Return the token of a page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text
    return unescape(found[1])


def house(config: Config, store: Store) -> House:
    """Return an application over a database with one open draft and one open question."""
    clock = Clock()
    draft_id = stock(config, store)
    return House(create_app(config, store, demo=True, secret="test", now=clock), config, store, clock, draft_id)


def stock(config: Config, store: Store) -> int:
    """Fill a database with invented records and one draft, and return the draft's id."""
    promise = config.promises[PROMISE]
    every = periods.periods(promise)
    outcomes = [outcome(c.id, c.target) for c in promise.commitments]
    heard = [Coverage(s, config.source(s).name, NOW) for s in ("kommunens-rapporter", "polisens-rapporter")]
    followup = wording.followup(promise, every[0], every, outcomes, heard, NOW, "test", config.templates)
    blocks = (
        Block("sida", "lead", 0, "Det här är uppföljningen för {period.name}."),
        Block("sida", "c5", 1, "Kommunen och polisen har gått {c5.held} av {c5.target} trygghetsvandringar."),
        Block("kort", "post", 2, "Vi har gått {c5.held} trygghetsvandringar. Läs mer på webbplatsen."),
    )
    with store.writing() as db:
        for source in config.all_sources():
            db_records = tuple(r for r in RECORDS if r.source == source.id)
            payload = Payload(source.id, NOW, source.url, "text/plain", source.id.encode())
            records.save_payload(db, payload)
            records.save_parsed(db, payload, Parsed(db_records))
            records.add_fetch(db, Fetch(source.id, NOW, "ok", records=len(db_records)))
        doubt = Reading(NEWS, 1, "c6", "held", "unsure", 0.6, question="Är detta kampanjen?", reasons=("nämner EPA",))
        matches.replace_derived(db, PROMISE, [doubt], [])
        followup_id, followup = drafts.freeze(db, followup)
        fresh = Draft(0, PROMISE, PERIOD, 1, 1, "open", followup, blocks, "")
        made = rendering.render(db, config, fresh, blocks)
        return drafts.add_draft(
            db,
            promise=PROMISE,
            period=PERIOD,
            edition=1,
            followup_id=followup_id,
            blocks=blocks,
            rendered=made,
            at=NOW,
        )


def outcome(commitment: str, target: int | None) -> Outcome:
    """Return an invented outcome: one walk counted, one not; the rest unknown, c4 with a gap."""
    gap = Gap("kommunens-rapporter", date(2021, 4, 20), date(2021, 4, 30), "källan svarade inte")
    empty = Outcome(commitment, "uppgift saknas", "Ingen har rapporterat.", None, None, target, target is not None)
    if commitment == "c4":
        return replace(empty, gaps=(gap,))
    if commitment != "c5":
        return empty
    walk = Activity(
        WALK_TOWN,
        "c5",
        "held",
        Dated.day(date(2021, 4, 14)),
        "Åkers styckebruk",
        "sure",
        record_ids=(WALK_TOWN, WALK_POLICE),
        conditions={"police_took_part": True},
        reasons=("samma dag och plats",),
    )
    other = Activity(
        NEWS,
        "c5",
        "held",
        Dated.day(date(2021, 4, 20)),
        "Mariefred",
        "sure",
        record_ids=(NEWS,),
        conditions={"police_took_part": False},
        reasons=("polisen var inte med",),
    )
    return replace(
        empty, status="på väg", reason="1 av 4.", held=1, held_total=1, activities=(walk,), not_counted=(other,)
    )


_DAY = Dated.day(date(2021, 4, 14))
RECORDS = (
    Record(
        "polisens-rapporter",
        "p1",
        "Vandring Åkers styckebruk",
        text=POLICE_WORDS,
        when=_DAY,
        place="Åkers styckebruk",
        party="police",
        fields={"commitment": "c5", "state": "held", "police_took_part": True},
    ),
    Record(
        "kommunens-rapporter",
        "k1",
        "Trygghetsvandring Åker",
        text="Kommunens egna ord",
        when=_DAY,
        place="Åkers styckebruk",
        party="municipality",
        fields={"commitment": "c5", "state": "held", "police_took_part": True},
    ),
    Record(
        "strangnas-nyheter",
        "n1",
        f"Kampanj {SCRIPT}",
        text="Brev till föräldrar om EPA-traktorer.",
        url="javascript:alert(1)",
        when=_DAY,
        party="municipality",
    ),
)
