"""Command of those who run the installation: settle what a machine can't, as the screen Publiceringar does."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime

from config import Config
from config.schema import Person
from flows.overview import PUBLICATION_STATES
from tasks import decide
from tasks.model import Refused
from tasks.store import Store, publications

Command = Callable[[str, Callable[[argparse.Namespace], int], str, str], argparse.ArgumentParser]
# What waits for a person's word.
_OPEN = ("uncertain", "refused", "by_hand", "handed_over", "stopped")


def add_command(command: Command, open_config: Callable[[], Config]) -> None:
    """Add resolve to the command line."""
    added = command(
        "resolve",
        lambda o: resolve(open_config(), o.number, o.url, o.who, datetime.now(UTC)),
        "visa det som ingen maskin kan avgöra, eller säg hur det är",
        "12 --not-out --as anna-andersson",
    )
    added.add_argument(
        "number", nargs="?", type=int, metavar="NUMMER", help="publiceringens nummer; utan det visas alla"
    )
    answer = added.add_mutually_exclusive_group()
    answer.add_argument("--out", dest="url", metavar="LÄNK", help="den ligger ute, på den länken")
    answer.add_argument(
        "--not-out",
        dest="url",
        action="store_const",
        const="",
        help="den ligger inte ute: sänds igen, eller är borttagen",
    )
    added.add_argument(
        "--as", dest="who", metavar="PERSON", default="", help="vem som har sett efter (id i kommunens fil)"
    )


def resolve(config: Config, number: int | None, url: str | None, who: str, now: datetime) -> int:
    """Print what waits for a person's word and return 1 when something does; or keep that word and return 0.

    `url` is the link to what is out there, "" when nothing is. Raises Refused naming what is missing.
    """
    # Not above: it imports Prefect, which reads its settings once, and the command line sets them first.
    from flows import show

    store = Store(config.database)
    if number is None:
        with store.reading() as db:
            waiting = [r for r in publications.listed(db) if r.state in _OPEN and r.promise in config.promises]
            rows = [r for r in waiting if not publications.is_over(db, r)]
        show.unresolved(config, rows)
        return 1 if any(r.state != "handed_over" for r in rows) else 0
    if url is None:
        raise Refused("Säg --out LÄNK eller --not-out.")
    with store.reading() as db:
        row = publications.publication(db, number)
    if row is None or row.promise not in config.promises:
        raise Refused(f"Publiceringen {number} finns inte. lofteskoll resolve visar dem som finns.")
    person = _person(config, row.promise, who)
    state = decide.settle(store, config, number, url=url or None, person=person, at=now)
    print(f"Publicering {number} är nu {PUBLICATION_STATES[state]}, enligt {person.name}.")
    return 0


def _person(config: Config, promise: str, who: str) -> Person:
    place = config.municipality_of(config.promises[promise])
    found = next((p for p in place.people if p.id == who), None)
    if found is None:
        known = ", ".join(p.id for p in place.people) or "ingen: lägg in [[person]]"
        raise Refused(f"Säg med --as vem som har sett efter. I municipalities/{place.slug}.toml finns {known}.")
    return found
