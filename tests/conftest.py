"""What all tests share: the folder of recorded public data beside the repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from tasks.store import Store

_numbers = count(1)


def absent(what: str) -> None:
    """Skip a test whose component is missing; fail it where REQUIRE_ALL=1 says that everything must be there."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The recorded data; a machine without it skips, unless REQUIRE_ALL=1 says that everything must be there."""
    folder = Path(__file__).parents[1].parent / "shared"
    if not folder.is_dir():
        absent(f"{folder.name}/ is not beside the repository")
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty migrated database: the same test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        opened = Store(f"sqlite:///{tmp_path / 'test.db'}")
        opened.migrate()
        yield opened
        opened.close()
        return
    with _postgresql() as url:
        opened = Store(url)
        opened.migrate()
        yield opened
        opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty migrated SQLite database, for what does not depend on the database."""
    opened = Store(f"sqlite:///{tmp_path / 'test.db'}")
    opened.migrate()
    yield opened
    opened.close()


@contextmanager
def _postgresql() -> Iterator[str]:
    """Give a database of its own on DATABASE_URL, else on 127.0.0.1:5432 with trust authentication."""
    base = make_url(os.environ.get("DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres"))
    server = sqlalchemy.create_engine(base.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    name = f"lofteskoll_test_{os.getpid()}_{next(_numbers)}"
    try:
        with server.connect() as db:
            db.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
    except sqlalchemy.exc.OperationalError:
        absent("no PostgreSQL answers (set DATABASE_URL)")
    try:
        yield base.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as db:
            db.execute(sqlalchemy.text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()
