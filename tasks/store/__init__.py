"""All SQL lives here. `Store` is the door: one engine, two kinds of transaction, and the migrations."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic_core import to_json
from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from tasks.model import Refused
from tasks.store.away import DatabaseAway, in_our_words
from tasks.store.tables import metadata
from tasks.store.waiting import wrap

Db = Connection
_MIGRATIONS = Path(__file__).parents[1] / "migrations"
# So many at a time; whoever is busy keeps them all, since to open one takes as long as to make a page.
_CONNECTIONS = 15
# SQLite waits this long for another writer before it gives up.
_BUSY_MS = 30_000


class Store:
    """A database of Löfteskollen: SQLite by default, PostgreSQL by URL.

    `busy` keeps connections open between uses, for a process that answers many requests: closing the last one makes
    SQLite write its log back and delete it, which the next request would wait for.
    """

    def __init__(self, url: str, *, busy: bool = False) -> None:
        self.url = url
        self.engine = _engine(url, busy)

    def wait_in(self, waiting: Callable[[], AbstractContextManager[None]]) -> None:
        """Enter `waiting()` whenever a thread waits for the database, so that another may work meanwhile."""
        wrap(self.engine, waiting)

    @contextmanager
    def reading(self) -> Iterator[Db]:
        """Give a connection that sees one consistent moment and changes nothing."""
        with self._connect() as db:
            if db.dialect.name == "sqlite":
                db.execute(text("BEGIN"))
            else:
                db.execution_options(isolation_level="REPEATABLE READ")
            yield db
            db.rollback()

    @contextmanager
    def asking(self) -> Iterator[Db]:
        """Give a connection for single questions, each of which sees its own moment: quicker than `reading`."""
        with self._connect() as db:
            if db.dialect.name == "postgresql":
                db.execution_options(isolation_level="AUTOCOMMIT")
            yield db

    @contextmanager
    def writing(self) -> Iterator[Db]:
        """Give a connection whose changes are all kept, or none of them.

        SQLite takes its write lock at the start: a transaction that reads first and writes later would fail at
        once (SQLITE_BUSY) when another writer came between, whatever the busy timeout.
        """
        with self._connect() as db:
            if db.dialect.name == "sqlite":
                db.execute(text("BEGIN IMMEDIATE"))
            with self._commit_or_rollback(db):
                yield db

    @contextmanager
    def rehearsing(self) -> Iterator[Db]:
        """Give a connection whose changes are seen inside and never kept: a dry run."""
        with self._connect() as db:
            if db.dialect.name == "sqlite":
                db.execute(text("BEGIN IMMEDIATE"))
            try:
                yield db
            finally:
                db.rollback()

    @contextmanager
    def _connect(self) -> Iterator[Db]:
        try:
            connection = self.engine.connect()
        except OperationalError as error:
            raise DatabaseAway(
                f"Databasen {self.name} svarar inte ({_first_line(error)}). Kontrollera att den är i gång och att "
                "adressen i --database eller LOFTESKOLL_DATABASE stämmer."
            ) from None
        try:
            with connection:
                yield connection
        except DBAPIError as error:
            trouble = in_our_words(error, self.name)
            if trouble is None:
                raise
            # Without the driver's own text, which quotes statements and values.
            raise trouble from None

    @contextmanager
    def _commit_or_rollback(self, db: Db) -> Iterator[None]:
        try:
            yield
        except BaseException:
            db.rollback()
            raise
        try:
            db.commit()
        except DBAPIError as error:
            db.rollback()
            trouble = in_our_words(error, self.name, committing=True)
            if trouble is None:
                raise
            raise trouble from None

    @property
    def name(self) -> str:
        """The database's address without its password, fit for messages."""
        return make_url(self.url).render_as_string(hide_password=True)

    def migrate(self, target: str = "head") -> None:
        """Bring the database to the newest layout (or `target`); does nothing where it already is there."""
        with self._connect() as db:
            command.upgrade(_alembic(db), target)
            db.commit()

    def migrate_down(self, target: str) -> None:
        """Take the database back to an older layout (`base`: none at all); what only the newer one holds is lost."""
        with self._connect() as db:
            command.downgrade(_alembic(db), target)
            db.commit()

    def has_tables(self) -> bool:
        """Return whether the database holds our tables."""
        with self._connect() as db:
            return inspect(db).has_table("records")

    def is_current(self) -> bool:
        """Return whether the database has the newest layout."""
        with self._connect() as db:
            return MigrationContext.configure(db).get_current_revision() == _newest_layout()

    def pending_changes(self) -> list[object]:
        """Return what the migrations still lack beside tables.py; empty when they agree."""
        with self._connect() as db:
            return list(compare_metadata(MigrationContext.configure(db), metadata))

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def _engine(url: str, busy: bool) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed.database or "", parsed.render_as_string(hide_password=False), busy)
        return _postgresql(parsed, busy)
    except (ArgumentError, ModuleNotFoundError) as error:
        raise Refused(
            f"Databasadressen går inte att tolka ({error}). Skriv till exempel sqlite:///var/lofteskoll.db eller "
            "postgresql://anvandare@127.0.0.1/lofteskoll."
        ) from None


def _postgresql(url: URL, busy: bool) -> Engine:
    kept = _CONNECTIONS if busy else _CONNECTIONS // 3
    # read committed: with repeatable read, waiting claims would fail instead of seeing the other's commit.
    engine = create_engine(
        url,
        json_serializer=_json,
        isolation_level="READ COMMITTED",
        pool_size=kept,
        max_overflow=_CONNECTIONS - kept,
        # The one that was used last has its plans at hand.
        pool_use_lifo=True,
    )

    @event.listens_for(engine, "checkout")
    def _is_alive(connection: psycopg.Connection[Any], _record: object, _fairy: object) -> None:
        # A server that ends a connection says so, so there is something to read: another one is made instead. To ask
        # "are you there?" each time cost a page as much as four of its questions.
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        if waiting.poll(0):
            raise DisconnectionError

    return engine


def _sqlite(file: str, url: str, busy: bool) -> Engine:
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    # Else one connection per use: a pooled one would outlive a fork, and opening a file is cheap.
    pool = QueuePool if busy else NullPool
    engine = create_engine(url, json_serializer=_json, poolclass=pool, connect_args={"timeout": _BUSY_MS / 1000})

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, _record: object) -> None:
        # Autocommit at the driver: transactions are opened by Store.writing alone, the way SQLite means them.
        connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3's own attribute
        cursor = connection.cursor()  # type: ignore[attr-defined]
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "synchronous=FULL",
            f"busy_timeout={_BUSY_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _json(value: Any) -> str:
    """Return a value as JSON; a record's fields take a quarter of the standard library's time."""
    return to_json(value).decode()


def _alembic(db: Db) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = db
    return config


@cache
def _newest_layout() -> str | None:
    script = AlembicConfig()
    script.set_main_option("script_location", str(_MIGRATIONS))
    return ScriptDirectory.from_config(script).get_current_head()


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().splitlines()[0]
