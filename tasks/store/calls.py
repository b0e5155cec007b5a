"""Leave to call a host, counted in the database for all workers, and addresses that are gone for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from tasks.store import Db, Store
from tasks.store.tables import call_hosts, calls, gone_urls

# So much may two machines' clocks differ.
_SKEW = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CallGate:
    """Asks the database before every call, so that many workers together stay within a host's terms."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def claim(self, host: str, min_seconds: float, per_hour: int) -> datetime | None:
        """Count a call and return None, or return the earliest UTC moment at which leave may be given."""
        now = self._now()
        with self._store.writing() as db:
            last = _lock(db, host)
            hour_ago = now - timedelta(hours=1)
            db.execute(delete(calls).where(calls.c.host == host, calls.c.at <= hour_ago))
            if last > now + _SKEW:
                # Called before a clock was set back: how long ago nobody knows, so the wait begins now.
                last = now
                db.execute(update(call_hosts).where(call_hosts.c.host == host).values(last_call_at=now))
                db.execute(update(calls).where(calls.c.host == host, calls.c.at > now).values(at=now))
            used, oldest = db.execute(select(func.count(), func.min(calls.c.at)).where(calls.c.host == host)).one()
            earliest = last + timedelta(seconds=min_seconds)
            if used >= per_hour:
                earliest = max(earliest, oldest + timedelta(hours=1))
            if earliest > now:
                return earliest
            db.execute(insert(calls).values(host=host, at=now))
            db.execute(update(call_hosts).where(call_hosts.c.host == host).values(last_call_at=now))
        return None

    def is_gone(self, url: str) -> bool:
        """Return whether the address once answered 404 or 410."""
        with self._store.reading() as db:
            return db.execute(select(gone_urls.c.url).where(gone_urls.c.url == url)).first() is not None

    def mark_gone(self, url: str) -> None:
        """Remember that the address must not be asked again."""
        with self._store.writing() as db:
            if db.execute(select(gone_urls.c.url).where(gone_urls.c.url == url)).first() is None:
                db.execute(insert(gone_urls).values(url=url, at=self._now()))


def _lock(db: Db, host: str) -> datetime:
    """Hold the host's row until the commit and return when it was last called."""
    dialect = postgresql if db.dialect.name == "postgresql" else sqlite
    db.execute(dialect.insert(call_hosts).values(host=host, last_call_at=_EPOCH).on_conflict_do_nothing())
    held = db.execute(select(call_hosts.c.last_call_at).where(call_hosts.c.host == host).with_for_update())
    last: datetime = held.scalar_one()
    return last
