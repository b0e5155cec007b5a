"""The people's verb, where ops ask the machine to run, recall or send a period. decide.py has the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from config import Config
from config.schema import Person
from tasks.model import Refused
from tasks.periods import local_date, period, swedish_date
from tasks.store import Store, history, orders, records
from tasks.store.orders import Kind


def order(
    store: Store,
    config: Config,
    *,
    promise: str,
    period_id: str,
    kind: Kind,
    person: Person,
    at: datetime,
    as_of: date | None = None,
    channels: Sequence[str] = (),
) -> tuple[int, bool]:
    """Ask the flows to do something with one period; return the order's id and whether it is new.

    A snapshot is `as_of` a day, a sending in `channels`. While an order is open for the period it is the answer,
    whoever asks again. Raises Refused for who doesn't run the system and for what isn't there.
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
    if kind == "snapshot" and (as_of is None or not found.signed <= as_of <= local_date(at)):
        raise Refused(
            f"Skriv en dag från och med {swedish_date(found.signed)}, då löftet undertecknades, till och med i dag."
        )
    known = {c.id for c in config.channels_of(found)}
    if kind == "sending" and not (channels and known.issuperset(channels)):
        raise Refused("Välj minst en kanal att publicera i.")
    with store.writing() as db:
        # Two who ask at once: the second one waits here, and finds the first one's order.
        records.hold(db, f"order|{promise}|{chosen.id}")
        key, new = orders.add(
            db, promise=promise, period=chosen.id, kind=kind, who=person.id, at=at, as_of=as_of, channels=channels
        )
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
