"""The people's verb, where ops ask the machine: try a period out, or run it again. decide.py has the rest."""

from __future__ import annotations

from datetime import datetime

from config import Config
from config.schema import Person
from tasks.model import Refused
from tasks.periods import local_date, period, swedish_date
from tasks.store import Store, history, orders, records
from tasks.store.orders import Kind


def order(
    store: Store, config: Config, *, promise: str, period_id: str, kind: Kind, person: Person, at: datetime
) -> tuple[int, bool]:
    """Ask the flows to try out or run again one period; return the order's id and whether it is new.

    While one is open for the period it is the answer, whoever asks again. Raises Refused for who doesn't run the
    system and for what isn't there.
    """
    if "ops" not in person.roles:
        raise Refused(f"{person.name} har inte rätt att köra om.")
    found = config.promises.get(promise)
    if found is None:
        raise Refused("Löftet finns inte.")
    chosen = period(found, period_id)
    if kind == "rerun" and local_date(at) <= chosen.end:
        # A draft of half a period would be there to approve.
        raise Refused(f"Perioden pågår. Utkastet skrivs efter {swedish_date(chosen.end)}; prova gärna redan nu.")
    with store.writing() as db:
        # Two who ask at once: the second one waits here, and finds the first one's order.
        records.hold(db, f"order|{promise}|{chosen.id}")
        key, new = orders.add(db, promise=promise, period=chosen.id, kind=kind, who=person.id, at=at)
        if new:
            history.note(
                db,
                at=at,
                who=person.id,
                party=person.party,
                action="ordered",
                promise=promise,
                period=chosen.id,
                order=key,
                kind=kind,
            )
    return key, new
