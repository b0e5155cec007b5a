"""Who is signed in, and who has ever been: a session is found by its token's hash, and ended by one update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from config.schema import Role
from tasks.model import Party
from tasks.store import Db
from tasks.store.tables import people, sessions

# How long a session that is over is kept: long enough to look into yesterday, no register of who worked when.
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in person; `roles` are by municipality, as they were at sign-in."""

    person: str
    name: str
    party: Party
    # The identity provider's id; empty for an invented person.
    provider: str
    roles: Mapping[str, frozenset[Role]]
    rules_sha256: str
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None


def begin(db: Db, token_sha256: str, session: Session) -> None:
    """Keep a new session, and forget those that were over long ago."""
    db.execute(delete(sessions).where(sessions.c.ends_at < session.began_at - KEPT))
    db.execute(
        insert(sessions).values(
            token_sha256=token_sha256,
            person=session.person,
            name=session.name,
            party=session.party,
            provider=session.provider,
            roles={place: sorted(roles) for place, roles in session.roles.items()},
            rules_sha256=session.rules_sha256,
            began_at=session.began_at,
            seen_at=session.seen_at,
            ends_at=session.ends_at,
        )
    )


def find(db: Db, token_sha256: str) -> Session | None:
    """Return the session with that token, whether or not it is over."""
    row = db.execute(select(sessions).where(sessions.c.token_sha256 == token_sha256)).first()
    return None if row is None else _session(row)


def note_seen(db: Db, token_sha256: str, at: datetime) -> None:
    """Note that a session was used, so that its idle time starts again; one that was ended stays so."""
    changed = update(sessions).where(sessions.c.token_sha256 == token_sha256, sessions.c.ended_at.is_(None))
    db.execute(changed.values(seen_at=at))


def end(db: Db, token_sha256: str, at: datetime) -> None:
    """End one session; ending it twice changes nothing."""
    running = (sessions.c.token_sha256 == token_sha256, sessions.c.ended_at.is_(None))
    db.execute(update(sessions).where(*running).values(ended_at=at))


def end_all(db: Db, at: datetime, person: str | None = None) -> int:
    """End every running session, or one person's, and return how many there were."""
    changed = update(sessions).where(sessions.c.ended_at.is_(None), sessions.c.ends_at > at)
    if person is not None:
        changed = changed.where(sessions.c.person == person)
    return int(db.execute(changed.values(ended_at=at)).rowcount)


def running(db: Db, at: datetime, idle: timedelta) -> list[Session]:
    """Return the sessions that are neither ended nor timed out, the last used one first."""
    found = db.execute(
        select(sessions)
        .where(sessions.c.ended_at.is_(None), sessions.c.ends_at > at, sessions.c.seen_at > at - idle)
        .order_by(sessions.c.seen_at.desc(), sessions.c.token_sha256)
    )
    return [_session(row) for row in found]


def know(db: Db, *, person: str, issuer: str, subject: str, party: Party, name: str, at: datetime) -> None:
    """Keep what a person is called, for the history; two first sign-ins at once make one row."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    new = dialect.insert(people).values(id=person, issuer=issuer, subject=subject, party=party, name=name, seen_at=at)
    db.execute(new.on_conflict_do_update(index_elements=["id"], set_={"name": name, "seen_at": at}))


def names(db: Db) -> dict[str, str]:
    """Return what everybody who has signed in is called, by id."""
    return {row.id: row.name for row in db.execute(select(people.c.id, people.c.name))}


def _session(row: Row[tuple[object, ...]]) -> Session:
    return Session(
        person=row.person,
        name=row.name,
        party=row.party,
        provider=row.provider,
        roles={place: frozenset(roles) for place, roles in row.roles.items()},
        rules_sha256=row.rules_sha256,
        began_at=row.began_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
    )
