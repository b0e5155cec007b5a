"""What operators see of sign-in: where people can sign in, what is missing, who is signed in, and how to end it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from config import Config, identity
from tasks.model import Trouble
from tasks.periods import STOCKHOLM
from tasks.store import Store, sessions

_PARTIES = {"police": "polisen", "municipality": "kommunen"}


def describe(config: Config, port: int, *, demo: bool) -> list[str]:
    """Return, in lines, where people sign in and what is missing; Trouble where invented people could get out."""
    if demo and config.address.startswith("https://"):
        raise Trouble(
            f"Påhittade personer kan inte användas på {config.address}. Ta bort --demo-identities, eller "
            "LOFTESKOLL_ADDRESS."
        )
    base = config.address or f"http://127.0.0.1:{port}"
    known = identity.providers(config)
    lines = [f"Inloggning   {p.name}, svarsadress {base}/logga-in/{p.id}/svar" for p in known.values()]
    if demo:
        lines.append("Inloggning   påhittade personer, bara på den här datorn")
        return lines
    if not known:
        lines.append("Ingen kan logga in ännu. Koppla in en myndighets inloggning, eller prova med --demo-identities.")
    return [*lines, *(f"Kan inte logga in: {text}" for text in identity.missing(config))]


def show(config: Config, idle: timedelta) -> int:
    """Print who is signed in; `idle` is how long a session may rest. Return the exit code."""
    with Store(config.database).reading() as db:
        found = sessions.running(db, datetime.now(UTC), idle)
    for session in found:
        began, seen = (t.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M") for t in (session.began_at, session.seen_at))
        places = ", ".join(f"{slug}: {' '.join(sorted(roles))}" for slug, roles in sorted(session.roles.items()))
        print(f"{session.person}  {session.name} ({_PARTIES[session.party]})")
        print(f"    sedan {began}, senast {seen}; {places}")
    print(f"Inloggade nu: {len(found)}. Avsluta med: lofteskoll sessions --end ID (eller alla).")
    return 0


def end(config: Config, person: str) -> int:
    """End a person's sessions, or everybody's for "alla", and say how many there were. Return the exit code."""
    with Store(config.database).writing() as db:
        ended = sessions.end_all(db, datetime.now(UTC), None if person == "alla" else person)
    if not ended and person != "alla":
        raise Trouble(f"{person!r} är inte inloggad. lofteskoll sessions visar vilka som är det.")
    print(f"Avslutade inloggningar: {ended}. De gäller inte längre från och med nästa klick.")
    return 0
