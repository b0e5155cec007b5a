"""The databases of a chaos run: each chapter gets a fresh copy of one prepared database."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import sqlalchemy
from sqlalchemy.engine import URL, make_url

from tasks.store import Store
from tests.posting import free_port


class Databases:
    """Copies of a prepared SQLite file."""

    can_fill = True
    can_restart = False

    def __init__(self, work: Path) -> None:
        self.work = work
        self._numbers = count(1)

    def prepare(self, fill: Callable[[Store], None]) -> None:
        """Make the database that all chapters begin with."""
        made = Store(f"sqlite:///{self.work / 'template.db'}")
        made.migrate()
        fill(made)
        made.close()

    def fresh(self) -> str:
        """Return the URL of a new copy."""
        return f"sqlite:///{shutil.copy(self.work / 'template.db', self.work / f'{next(self._numbers)}.db')}"

    def drop(self, url: str) -> None:
        """Throw a copy away."""
        for end in ("", "-wal", "-shm"):
            Path(url.removeprefix("sqlite:///") + end).unlink(missing_ok=True)

    def restart(self) -> None:
        """Kill the server and start it again."""
        raise NotImplementedError


class Postgresql(Databases):
    """Copies of a prepared database on a server."""

    can_fill = False

    def __init__(self, work: Path, address: str) -> None:
        super().__init__(work)
        self.address = make_url(address)
        self._name = f"lofteskoll_chaos_{os.getpid()}"

    def prepare(self, fill: Callable[[Store], None]) -> None:
        """Make the database that all chapters begin with."""
        self._on_server(f"CREATE DATABASE {self._name}")
        made = Store(_text(self.address.set(database=self._name)))
        made.migrate()
        fill(made)
        made.close()

    def fresh(self) -> str:
        """Return the URL of a new copy."""
        name = f"{self._name}_{next(self._numbers)}"
        self._on_server(f"CREATE DATABASE {name} TEMPLATE {self._name}")
        return _text(self.address.set(database=name))

    def drop(self, url: str) -> None:
        """Throw a copy away."""
        self._on_server(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        """Throw the prepared one away too."""
        self._on_server(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    def _on_server(self, statement: str) -> None:
        address = self.address.set(drivername="postgresql+psycopg", database="postgres")
        server = sqlalchemy.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.pool.NullPool)
        with server.connect() as db:
            db.execute(sqlalchemy.text(statement))


class Cluster(Postgresql):
    """A PostgreSQL server of our own, which can be killed."""

    can_restart = True

    def __init__(self, work: Path) -> None:
        self._port = free_port()
        # initdb doesn't run as root, so an unprivileged user owns the folder.
        self._folder = Path(tempfile.mkdtemp(prefix="lofteskoll-chaos-"))
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self._folder, self._user)
        super().__init__(work, f"postgresql://postgres@127.0.0.1:{self._port}/postgres")
        self._run("initdb", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8")
        self._start("start")

    def fresh(self) -> str:
        """Return the URL of a new copy that survives a crash of the server."""
        made = super().fresh()
        # PostgreSQL takes a copied sequence for one whose numbers are in the log already; after a checkpoint it logs.
        self._on_server("CHECKPOINT")
        return made

    def restart(self) -> None:
        """Kill every process of the server and start it again."""
        self._start("restart", "-m", "immediate")

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self._run("pg_ctl", "stop", "-m", "immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, *how: str) -> None:
        options = f"-c port={self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder}"
        options += " -c max_connections=40 -c fsync=off"
        self._run("pg_ctl", *how, "-w", "-l", str(self._folder / "log"), "-o", options)

    def _run(self, program: str, *how: str) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        command = str(found[-1]) if found else program
        subprocess.run(
            [command, "-D", str(self._folder / "data"), *how],
            user=self._user, cwd=self._folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def databases(work: Path, asked: str | None) -> Iterator[Databases]:
    """Give SQLite files (None), databases on a server (its URL), or on a server of our own (`cluster`)."""
    if asked is None:
        yield Databases(work)
        return
    made = Cluster(work) if asked == "cluster" else Postgresql(work, asked)
    try:
        yield made
    finally:
        made.close()


def _text(address: URL) -> str:
    return address.render_as_string(hide_password=False)
