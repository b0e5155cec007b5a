"""Orders: what ops asked for in the review application, done by the flows and told in words.

A schedule once a minute would start a Python process 1,440 times a day for nothing and answer after a minute; a thread
beside the served flows asks the database every other second instead, and each order is a flow run like any other.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

from prefect import flow

import config as configuration
from config import Config
from flows.collect import collect
from flows.draft import draft
from flows.publish import publish
from flows.reconcile import reconcile
from flows.run import rehearse
from flows.told import in_words, sent_in_words, standing_in_words
from tasks.draft import Drafted
from tasks.model import Fetch, Trouble
from tasks.periods import end_of_day
from tasks.store import Store, drafts, orders
from tasks.store.orders import Order

_PAUSE_SECONDS = 2.0


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
        return "done", _carry_out(config, order)
    except Trouble as trouble:
        return "failed", str(trouble)
    except Exception as error:
        # Its text may hold anything: the log has it, the page says where to look.
        logging.getLogger(__name__).exception("Order %s failed", order.id)
        return "failed", f"Körningen avbröts av ett fel ({type(error).__name__}). Se flödenas logg."


def _carry_out(config: Config, order: Order) -> str:
    promise = config.promises[order.promise]
    if order.kind == "sending":
        return sent_in_words(config, promise, publish(promise.slug, order.period, channels=list(order.channels)))
    if order.as_of is not None:
        moment = end_of_day(order.as_of)
        draft(promise.slug, order.period, as_of=moment)
        store = Store(config.database)
        with store.reading() as db:
            followup = drafts.frozen(db, promise.slug, order.period, moment)
        store.close()
        return standing_in_words(promise, order.as_of, followup)
    run = rehearse if order.kind == "rehearsal" else rerun
    fetches, made = run(promise.slug, order.period)
    return in_words(config, promise, order.kind, fetches, made)


@flow(name="rerun", flow_run_name="kör om {promise} {key}", validate_parameters=True)
def rerun(promise: str, key: str, now: datetime | None = None) -> tuple[list[Fetch], Drafted]:
    """Collect, reconcile and draft one period anew; nothing is published, edits stay, a closed edition stays."""
    config = configuration.load()
    fetches = collect([s.id for s in config.sources_of(config.promises[promise])], now)
    reconcile([promise], now)
    return fetches, draft(promise, key, now=now)[0]
