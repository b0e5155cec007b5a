"""Orders: what ops asked for in the review application, done by the flows and told in words.

A schedule once a minute would start a Python process 1,440 times a day for nothing and answer after a minute; a thread
beside the served flows asks the database every other second instead, and each order is a flow run like any other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import flow

import config as configuration
from config import Config
from config.schema import Promise
from flows.collect import collect
from flows.draft import draft
from flows.reconcile import reconcile
from flows.run import rehearse
from tasks.draft import Drafted
from tasks.model import Fetch, Trouble
from tasks.store import Store, orders
from tasks.store.orders import Kind, Order

_PAUSE_SECONDS = 2.0
# The figures of one commitment that say the same number in several ways.
_NUMBERS = {
    "result": "antal",
    "held": "antal",
    "held_total": "antal",
    "planned": "planerade",
    "cancelled": "inställda",
    "used": "använt",
}
_SILENT = {
    "thinned": "svarade ofullständigt",
    "empty": "svarade utan en enda uppgift",
    "unavailable": "gick inte att nå",
    "refused": "nekade oss",
    "unreadable": "svarade så att det inte gick att läsa",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """What a run changes or would change in a draft: numbers and statuses, as (heading, before, now)."""

    numbers: tuple[tuple[str, str, str], ...]
    statuses: tuple[tuple[str, str, str], ...]


def attend(stop: threading.Event, pause: float = _PAUSE_SECONDS) -> None:
    """Carry out orders, one at a time, until told to stop; trouble with one never stops the others."""
    while not stop.is_set():
        try:
            busy = carry_out_next(datetime.now(UTC))
        except Exception:
            # The database may be away for a while; what was asked for stands there and is done when it is back.
            logging.getLogger(__name__).exception("Orders could not be read")
            busy = False
        if not busy:
            stop.wait(pause)


def carry_out_next(now: datetime) -> bool:
    """Do the oldest order that nobody is at; return whether there was one."""
    config = configuration.load()
    store = Store(config.database)
    try:
        with store.writing() as db:
            order = orders.take(db, now)
        if order is None:
            return False
        state, result = _done(config, order)
        with store.writing() as db:
            orders.end(db, order.id, state, result, datetime.now(UTC))
        return True
    finally:
        store.close()


def _done(config: Config, order: Order) -> tuple[orders.Ended, str]:
    try:
        run = rehearse if order.kind == "rehearsal" else rerun
        fetches, made = run(order.promise, order.period)
        return "done", in_words(config, config.promises[order.promise], order.kind, fetches, made)
    except Trouble as trouble:
        return "failed", str(trouble)
    except Exception as error:
        # Its text may hold anything: the log has it, the page says where to look.
        logging.getLogger(__name__).exception("Order %s failed", order.id)
        return "failed", f"Körningen avbröts av ett fel ({type(error).__name__}). Se flödenas logg."


@flow(name="rerun", flow_run_name="kör om {promise} {key}", validate_parameters=True)
def rerun(promise: str, key: str, now: datetime | None = None) -> tuple[list[Fetch], Drafted]:
    """Collect, reconcile and draft one period anew; nothing is published, edits stay, a closed edition stays."""
    config = configuration.load()
    fetches = collect([s.id for s in config.sources_of(config.promises[promise])], now)
    reconcile([promise], now)
    return fetches, draft(promise, key, now=now)[0]


def in_words(config: Config, promise: Promise, kind: Kind, fetches: Sequence[Fetch], made: Drafted) -> str:
    """Return what a run changed, or a rehearsal would change, one sentence a line, the numbers first."""
    rehearsed, found = kind == "rehearsal", moved(promise, made)
    channels = len(config.channels_of(promise)) if made.outcome == "correction" else 0
    more, numbers = sum(f.new for f in fetches), len(found.numbers)
    verb = "ändras" if rehearsed else "ändrades"
    lines = [
        f"{more} {'händelse' if more == 1 else 'händelser'} till, "
        f"{numbers} {'siffra' if numbers == 1 else 'siffror'} {verb}, "
        f"{channels} {'kanal' if channels == 1 else 'kanaler'} {'berörs' if rehearsed else 'berördes'}."
    ]
    lines += [f"{what}: {old or '–'} → {new or '–'}." for what, old, new in (*found.numbers, *found.statuses)]
    lines.append(_DRAFT[made.outcome][rehearsed].format(edition=made.edition))
    lines += [f"{config.source(f.source).name} {_SILENT[f.outcome]}." for f in fetches if f.outcome in _SILENT]
    return "\n".join(lines)


# Outcome → what was done, and what would be.
_DRAFT = {
    "new": ("Ett utkast är skrivet.", "Ett utkast skulle skrivas."),
    "revised": (
        "Utkastet har en ny version. Tidigare godkännanden gäller inte längre; ändrade texter är kvar.",
        "Utkastet skulle få en ny version. Tidigare godkännanden skulle inte gälla längre; ändrade texter blir kvar.",
    ),
    "unchanged": ("Utkastet är oförändrat.", "Utkastet skulle inte ändras."),
    "correction": (
        "Ett förslag till rättelse är skrivet, utgåva {edition}. Det publicerade ändras först när båda har godkänt.",
        "Ett förslag till rättelse skulle skrivas, utgåva {edition}. Det publicerade ändras först när båda godkänt.",
    ),
    "frozen": ("Läget är sparat som det var känt då.", "Läget skulle sparas som det var känt då."),
    "busy": ("En annan körning höll redan på med perioden, så inget gjordes.", "En annan körning håller på."),
}


def moved(promise: Promise, made: Drafted) -> Moved:
    """Return which numbers and statuses of the draft moved, each number once however many ways it is said."""
    headings = {c.id: c.heading for c in promise.commitments}
    numbers: dict[tuple[str, str], tuple[str, str, str]] = {}
    statuses = []
    order = {name: i for i, name in enumerate(_NUMBERS)}
    for token, old, new in sorted(made.changes, key=lambda c: order.get(c[0].partition(".")[2], len(order))):
        own, _, name = token.partition(".")
        if own in headings and name in _NUMBERS:
            about = headings[own] if name in ("result", "held") else f"{headings[own]}, {_SAID.get(name, name)}"
            numbers.setdefault((own, _NUMBERS[name]), (about, old, new))
        elif own in headings and name == "status":
            statuses.append((f"{headings[own]}, läge", old, new))
    return Moved(tuple(numbers.values()), tuple(statuses))


_SAID = {"held_total": "sedan undertecknandet", "planned": "planerade", "cancelled": "inställda", "used": "använt"}
