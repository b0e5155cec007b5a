"""What all tests share: the folder of recorded public data beside the repository."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.engine import URL, make_url

from tasks.store import Store

_numbers = count(1)
# No test writes a journal beside the code, unless it asks for one somewhere else.
os.environ.setdefault("LOFTESKOLL_LOG", "")


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


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that tests copy: migrating anew for each test took most of their time."""
    path = tmp_path_factory.mktemp("store") / "migrated.db"
    made = Store(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture(scope="session")
def migrated_database() -> Iterator[URL]:
    """A migrated PostgreSQL database that tests copy, on DATABASE_URL or 127.0.0.1:5432 with trust."""
    base = make_url(os.environ.get("DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres"))
    name = f"lofteskoll_test_{os.getpid()}"
    try:
        _on_server(base, f"CREATE DATABASE {name}")
    except sqlalchemy.exc.OperationalError:
        absent("no PostgreSQL answers (set DATABASE_URL)")
    made = Store(_url(base.set(database=name)))
    made.migrate()
    made.close()
    yield base.set(database=name)
    _on_server(base, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_store(tmp_path: Path, migrated_file: Path) -> Iterator[Store]:
    """An empty migrated SQLite database, for what does not depend on the database."""
    opened = Store(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'test.db')}")
    yield opened
    opened.close()


@pytest.fixture
def postgresql_store(migrated_database: URL) -> Iterator[Store]:
    """An empty migrated PostgreSQL database."""
    name = f"{migrated_database.database}_{next(_numbers)}"
    _on_server(migrated_database, f"CREATE DATABASE {name} TEMPLATE {migrated_database.database}")
    opened = Store(_url(migrated_database.set(database=name)))
    yield opened
    opened.close()
    _on_server(migrated_database, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty migrated database: the same test runs on SQLite and on PostgreSQL."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


def _url(address: URL) -> str:
    return address.render_as_string(hide_password=False)


def _on_server(address: URL, statement: str) -> None:
    """Run one statement outside any transaction, on the server's own database."""
    server = sqlalchemy.create_engine(
        address.set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with server.connect() as db:
        db.execute(sqlalchemy.text(statement))
    server.dispose()
