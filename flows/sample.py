"""The sample year from source to published page, twice safe: real flow runs, no network, the same bytes each time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

import config as configuration
from config import Config
from config.schema import Person, Promise
from flows import show
from flows.checks import check
from flows.collect import collect
from flows.draft import draft
from flows.publish import publish
from flows.reconcile import reconcile
from tasks import decide
from tasks.draft import Drafted
from tasks.model import Period, Publication, Trouble
from tasks.periods import at_local, periods, swedish_date
from tasks.store import Store, drafts
from tasks.store import publications as outbox

SAMPLE = configuration.SHIPPED / "samples" / "strangnas-2021"
PROMISE = "strangnas-2021"


def sample(*, port: int, folder: str | None, database: str | None) -> int:
    """Run the sample year and print what was done; the last line is one JSON object. Return the exit code."""
    configuration.set_environment(
        {"LOFTESKOLL_CONFIG": folder or str(SAMPLE), "LOFTESKOLL_DATABASE": database or "sqlite:///var/sample.db"},
        override=True,
    )
    site = Path(configuration.environment("LOFTESKOLL_PUBLISHED", "published")).resolve()
    site.mkdir(parents=True, exist_ok=True)
    with _served(site, port) as address:
        configuration.set_environment({"LOFTESKOLL_SITE_PORT": address.rsplit(":", 1)[1]}, override=True)
        config = configuration.load()
        check(config)
        store = Store(config.database)
        store.migrate()
        promise = config.promises[PROMISE]
        before = _states(store)
        # Each flow run would wait a second for its heartbeat thread, which only a long run needs.
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            for current in periods(promise):
                _one_period(config, store, promise, current)
        print(f"\nSidorna lästes tillbaka från {address}/ och ligger i {site}.")
        for row in _rows(store):
            if row.state == "published":
                print(f"  {site / row.channel / f'uppfoljning-{row.period}' / 'index.html'}")
        print("Granska exemplet i webbläsaren: make up SAMPLE=1")
        if before == _states(store):
            print("Kört en gång till: ingenting publicerades på nytt och alla kontrollsummor är desamma.")
        print(json.dumps(_summary(store, promise), ensure_ascii=False, sort_keys=True))
        return 0 if _complete(store, promise, config) else 1


def _one_period(config: Config, store: Store, promise: Promise, current: Period) -> None:
    """Take one period from its sources to its pages, with its due date as the clock."""
    now = at_local(current.due, 9)
    show.console.rule(f"{current.id}: {current.name} (klockan står på {swedish_date(current.due)})", align="left")
    show.fetches(config, collect(None, now))
    show.reconciled(reconcile([promise.slug], now))
    made = draft(promise.slug, current.id, now=now)
    show.drafted(made)
    _approve(config, store, promise, made[0], now)
    publish(promise.slug, current.id, now)
    show.publications(config, [r for r in _rows(store) if r.period == current.id])


def _approve(config: Config, store: Store, promise: Promise, made: Drafted, now: datetime) -> None:
    """Let both demo identities approve what they see; nothing is left to approve the second time."""
    if made.outcome == "unchanged" or made.draft_id is None:
        return
    with store.reading() as db:
        seen = drafts.draft(db, made.draft_id)
    if seen is None or seen.state == "closed":
        return
    for person in _demo_people(config, promise):
        decide.approve(
            store, config, seen.id, seen_sha256=seen.sha256, person=person, at=now, accept_gaps=made.gaps > 0
        )
        party = config.municipality_of(promise).party(person.party)
        print(f"Godkänt av {person.name} (påhittad person) för {party.short}.")


def _demo_people(config: Config, promise: Promise) -> list[Person]:
    """Return one demo approver per party; Trouble where the folder has none."""
    people = [p for p in config.municipality_of(promise).people if p.demo and "approver" in p.roles]
    found = {p.party: p for p in reversed(people)}
    if len(found) != 2:
        raise Trouble("Exempelåret behöver en påhittad godkännare per part ([[person]] med demo = true).")
    return [found["police"], found["municipality"]]


def _summary(store: Store, promise: Promise) -> dict[str, Any]:
    summary: dict[str, Any] = {"promise": promise.slug, "periods": {}}
    for current in periods(promise):
        with store.reading() as db:
            latest = drafts.latest(db, promise.slug, current.id)
            rows = outbox.listed(db, promise.slug, current.id)
        if latest is None:
            continue
        summary["periods"][current.id] = {
            "channels": {r.channel: r.state for r in rows},
            "figures": {
                o.commitment: {"held": o.held, "total": o.held_total, "target": o.target, "status": o.status}
                for o in latest.followup.outcomes
            },
            "snapshot_sha256": latest.followup.sha256,
            "approved_sha256": latest.sha256,
        }
    return summary


def _complete(store: Store, promise: Promise, config: Config) -> bool:
    """Return whether every period's pages were read back."""
    sites = {c.id for c in config.channels_of(promise) if c.role == "site"}
    up = {(r.period, r.channel) for r in _rows(store) if r.state == "published"}
    return all((p.id, site) in up for p in periods(promise) for site in sites)


def _states(store: Store) -> list[tuple[str, str, int, str, int]]:
    return [(r.period, r.channel, r.edition, r.state, r.attempt) for r in _rows(store)]


def _rows(store: Store) -> list[Publication]:
    with store.reading() as db:
        return outbox.listed(db, PROMISE)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; the pages are read by us."""


@contextmanager
def _served(folder: Path, port: int) -> Iterator[str]:
    """Serve a folder on loopback while the block runs, on a free port unless one is named."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    except OSError as error:
        raise Trouble(f"Porten {port} är upptagen ({error.strerror}). Ange en annan med --port.") from None
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
