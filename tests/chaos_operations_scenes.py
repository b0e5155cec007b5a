"""Scenes with an installation's own processes: the database goes away, is locked or full, the power goes."""

from __future__ import annotations

import sqlite3
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.chaos_databases import Cluster
from tests.chaos_operations_house import House
from tests.chaos_operations_run import Fault, Run
from tests.chaos_operations_steps import HASTY_MS, Process


def restarted(how: str) -> Callable[[Run], None]:
    """Return the scene in which PostgreSQL is restarted (fast: politely, immediate: as if it crashed)."""

    def scene(run: Run) -> None:
        cluster = run.databases
        assert isinstance(cluster, Cluster)

        def restart(_house: House, _process: Process) -> None:
            cluster._start("restart", "-m", how)

        with run.house() as house:
            run.day(house, Fault(f"PostgreSQL startas om ({how})", restart))

    return scene


def killed(run: Run) -> None:
    """Every process is killed in the middle of its work, the review application too."""

    def kill(_house: House, process: Process) -> None:
        process.kill()

    def start(house: House) -> None:
        if house.app and house.app.process.is_over():
            port = house.app.port
            house.app.close()
            house.open_review(port)

    with run.house() as house:
        run.day(house, Fault("kill -9", kill, start, kills=True))


def locked(run: Run) -> None:
    """Another process holds SQLite's write lock for longer than anybody waits."""
    held: list[sqlite3.Connection] = []

    def lock(house: House, _process: Process) -> None:
        held.append(sqlite3.connect(house.url.removeprefix("sqlite:///"), isolation_level=None, timeout=5))
        held[-1].execute("BEGIN IMMEDIATE")

    def release(_house: House) -> None:
        while held:
            held.pop().close()

    with run.house() as house:
        house.shared.busy_ms = HASTY_MS
        run.day(house, Fault("databasen är låst", lock, release, steps=("begin",)))


def full_database(run: Run) -> None:
    """The disk under SQLite has no room for another page."""

    def fill(house: House, _process: Process) -> None:
        house.shared.full.value = 1

    def empty(house: House) -> None:
        house.shared.full.value = 0

    with run.house() as house:
        run.day(house, Fault("disken är full", fill, empty, steps=("begin",)))


def full_folder(run: Run) -> None:
    """The disk on which the pages are put has no room; when there is room again they all come out, whole."""
    place = Path(tempfile.mkdtemp(dir=run.work))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], check=True)
    filler = place / "fyllnad"

    def fill(_house: House, _process: Process) -> None:
        with filler.open("wb", buffering=0) as out:
            try:
                while True:
                    out.write(b"x" * 4096)
            except OSError:
                pass

    def empty(_house: House) -> None:
        filler.unlink(missing_ok=True)

    try:
        with run.house(published=place / "published") as house:
            run.day(house, Fault("mappens disk är full", fill, empty, steps=("file", "begin")))
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
