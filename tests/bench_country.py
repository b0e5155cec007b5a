"""The whole country from recordings to drafts: 290 promises, a million records, with Prefect and in plain functions.

Every figure comes from a process of its own, on a database of its own; tests/country.py says what the country holds.
After the first round an hour follows in which nothing has come, and one in which little has.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.engine import make_url

import config as configuration
from tasks.model import Parsed, Payload, Record
from tests import country
from tests.bench_evidence import exponent
from tests.country import NOW

PROMISES, RECORDS, SMALL = 290, 1_000_000, 10
GOALS = {"prefect_ratio": 1.15}
_STAGES = {"collect": "hämta", "reconcile": "stäm av", "draft": "utkast", "quiet": "inget nytt", "hour": "lite nytt"}
# The first round; the hours after it are told beside it.
_ROUND = ("collect", "reconcile", "draft")
_HOUR = timedelta(hours=1)
# In the hour with news: the police publish 25,000 notices a year, and one municipality in ten has put something up.
_NOTICES, _NEWS_PART = 3, 10


def run(promises: int, size: int, databases: Sequence[str], workers: Sequence[int]) -> dict[str, Any]:
    """Print and return time per stage, growth, memory, and what Prefect adds to the same work, for each database."""
    print(f"landet: {os.cpu_count()} kärnor, belastning {os.getloadavg()[0]:.1f} vid start", flush=True)
    small = min(SMALL, promises)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = [_one(folder, small, promises, size, database, workers) for database in databases]
    result: dict[str, Any] = {**found[0], "load": round(os.getloadavg()[0], 1)}
    result["goals"] = {k: result[k] <= v for k, v in GOALS.items()}
    if len(found) > 1:
        result["databases"] = {one["database"]: one for one in found}
    return result


def _one(folder: Path, small: int, promises: int, size: int, database: str, workers: Sequence[int]) -> dict[str, Any]:
    first = measure(folder, small, size * small // promises, database, 1, "plain")
    made = {n: measure(folder, promises, size, database, n, "flows") for n in workers}
    plain = measure(folder, promises, size, database, 1, "plain") if small < promises else first
    flows = made[min(made)]
    points = [(small, first), (promises, plain)]
    growth = {what: exponent([(n, one[what]) for n, one in points]) for what in ("seconds", "cpu")}
    result = {
        "database": database,
        "promises": promises,
        "records": flows["records"],
        "seconds": flows["seconds"],
        "records_per_s": round(flows["records"] / flows["seconds"]),
        # Of the whole tree of processes, Prefect's server among them.
        "rss_mb": flows["rss_mb"],
        "exponent": round(growth["seconds"], 3) if small < promises else 0.0,
        "cpu_exponent": round(growth["cpu"], 3) if small < promises else 0.0,
        "prefect_ratio": round(flows["seconds"] / plain["seconds"], 3),
        # Of the processor's time in our own processes; Prefect's server has its own.
        "prefect_cpu_ratio": round(flows["cpu"] / plain["cpu"], 3),
        "prefect_share": round(max(0.0, 1 - plain["seconds"] / flows["seconds"]), 3),
        "stages": flows["stages"],
        "stages_cpu": flows["stages_cpu"],
        "workers": {n: {k: one[k] for k in ("seconds", "cpu", "stages", "rss_mb")} for n, one in made.items()},
        "speedup": round(flows["seconds"] / made[max(made)]["seconds"], 2),
    }
    print(
        f"  Prefect: {result['prefect_ratio']:.3f}× i tid, {result['prefect_cpu_ratio']:.3f}× i egen processortid;"
        f" {max(made)} arbetare mot {min(made)}: {result['speedup']:.2f}× så fort\n"
        f"  från {small} till {promises} löften växer tiden med exponent {result['exponent']:.3f},"
        f" processortiden med {result['cpu_exponent']:.3f}",
        flush=True,
    )
    return result


def measure(folder: Path, promises: int, size: int, database: str, workers: int, how: str) -> dict[str, Any]:
    """Build a country, take it through all stages in a process of its own, and print and return what that took."""
    where = folder / f"{promises}"
    if not where.exists():
        country.build(where, promises, size)
    with _database(folder, database) as url:
        env = {
            **os.environ,
            "LOFTESKOLL_CONFIG": str(where),
            "LOFTESKOLL_DATABASE": url,
            "LOFTESKOLL_PROCESSES": str(workers),
        }
        command = [sys.executable, "-m", "tests.bench_country", how]
        with tempfile.TemporaryFile("w+", dir=folder) as errors:
            child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)
            with _watched(child.pid) as memory:
                last = _told(child)
            if child.wait():
                errors.seek(0)
                sys.exit(f"bench country {how}: {errors.read().strip()[-2000:]}")
    said: dict[str, Any] = json.loads(last) | {"rss_mb": round(max(memory) / 1024**2)}
    stages = ", ".join(f"{label} {said['stages'][k]:.1f}" for k, label in _STAGES.items())
    print(
        f"  {database:<10} {how:<5} {promises:>3} löften {said['records']:>7} poster {workers} arbetare:"
        f" {said['seconds']:7.1f} s ({stages}), egen processortid {said['cpu']:.1f} s, {said['rss_mb']} MB,"
        f" {said['readings']} läsningar, {said['drafts']} utkast, belastning {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return said


def _told(child: subprocess.Popen[str]) -> str:
    """Print what a process says of its stages as it goes, and return its last line: its figures."""
    last = ""
    for line in child.stdout or ():
        if line.startswith("{"):
            last = line
        else:
            print(f"    {line.rstrip()}", flush=True)
    return last


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """Note every second how many bytes a process and all below it hold together."""
    found, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(1):
            found.append(_held(pid))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


def _held(pid: int) -> int:
    """Return the resident bytes of a process and of all its descendants; what two of them share counts twice."""
    children: dict[int, list[int]] = {}
    size: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            parent = int((path / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.name))
            size[int(path.name)] = int((path / "statm").read_text(encoding="ascii").split()[1])
    wanted, pages = [pid], 0
    while wanted:
        one = wanted.pop()
        pages += size.get(one, 0)
        wanted += children.get(one, [])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def _database(folder: Path, kind: str) -> Iterator[str]:
    """Give the address of an empty database, and take it away afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(dir=folder) as name:
            yield f"sqlite:///{name}/land.db"
        return
    base = make_url(os.environ.get("DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres"))
    address, name = base.set(drivername="postgresql+psycopg"), f"lofteskoll_bench_{os.getpid()}"
    server = sqlalchemy.create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as db:
            db.execute(sqlalchemy.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            db.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
        yield base.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as db:
            db.execute(sqlalchemy.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        server.dispose()


class _Clock:
    """The time of each stage, by the wall and by the processor of this process and its finished workers."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def time(self, name: str, work: Callable[[], object]) -> None:
        """Do a stage and note what it took."""
        began, used = time.monotonic(), _cpu()
        work()
        self.wall[name], self.cpu[name] = time.monotonic() - began, _cpu() - used
        print(f"{_STAGES[name]}: {self.wall[name]:.1f} s, processortid {self.cpu[name]:.1f} s", flush=True)


def _stages(how: str) -> dict[str, Any]:
    """Take the country of the environment through all stages and return what each took."""
    from tasks.store import Store, drafts

    config = configuration.load()
    store = Store(config.database)
    store.migrate()
    clock = _Clock()
    (_plain if how == "plain" else _flows)(clock, store)
    with store.reading() as db:
        records, readings = (
            db.execute(sqlalchemy.text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("records", "readings")
        )
        made = len(list(drafts.headings(db)))
    return {
        "records": records,
        "readings": readings,
        "drafts": made,
        "seconds": round(sum(clock.wall[k] for k in _ROUND), 2),
        "cpu": round(sum(clock.cpu[k] for k in _ROUND), 2),
        "stages": {k: round(v, 2) for k, v in clock.wall.items()},
        "stages_cpu": {k: round(v, 2) for k, v in clock.cpu.items()},
    }


def _plain(clock: _Clock, store: Any) -> None:
    """The same work without Prefect: the tasks' own functions, in the same chunks."""
    from tasks.collect import collect_sources
    from tasks.draft import draft_periods, missing_drafts
    from tasks.reconcile import reconcile_promises, unchanged_promises

    config = configuration.load()
    size, promises = config.engine.chunk, list(config.promises)

    def each(work: Callable[[Any], object], wanted: Sequence[Any]) -> None:
        for start in range(0, len(wanted), size):
            work(wanted[start : start + size])

    def reconcile(at: datetime) -> None:
        done = {one.promise for one in unchanged_promises.fn(promises, at)}
        each(lambda some: reconcile_promises.fn(some, at), [slug for slug in promises if slug not in done])

    clock.time(
        "collect", lambda: each(lambda some: collect_sources.fn(some, NOW), [s.id for s in config.all_sources()])
    )
    at = NOW + _HOUR
    clock.time("reconcile", lambda: reconcile(at))
    clock.time("draft", lambda: each(lambda some: draft_periods.fn(some, at), missing_drafts.fn(promises, at)))
    clock.time("quiet", lambda: reconcile(at + _HOUR))
    _some_news(store)
    clock.time("hour", lambda: reconcile(at + 3 * _HOUR))


def _flows(clock: _Clock, store: Any) -> None:
    """The flows as they run, on a Prefect server that is up before the clock starts."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=600):
        from flows.collect import collect
        from flows.draft import draft
        from flows.reconcile import reconcile

        at = NOW + _HOUR
        clock.time("collect", lambda: collect(now=NOW))
        clock.time("reconcile", lambda: reconcile(now=at))
        clock.time("draft", lambda: draft(now=at))
        clock.time("quiet", lambda: reconcile(now=at + _HOUR))
        _some_news(store)
        clock.time("hour", lambda: reconcile(now=at + 3 * _HOUR))


def _some_news(store: Any) -> None:
    """Store what an hour brings: a few police notices, and a piece of news in some municipalities."""
    from tasks.store import records

    config, at = configuration.load(), NOW + 3 * _HOUR
    towns = list(config.municipalities.values())
    said = [(config.sources[0].id, f"ny-{n}", towns[n * 3 % len(towns)]) for n in range(_NOTICES)]
    said += [(f"{town.slug}-nyheter", "ny", town) for town in towns[::_NEWS_PART]]
    for source, key, town in said:
        record = Record(source, key, f"Trygghetsvandring i {town.places[0].name}", "Vi gick i går.", published_at=at)
        payload = Payload(source, at, "u", "application/json", key.encode())
        with store.writing() as db:
            records.save_parsed(db, payload, Parsed((record,)))


def _cpu() -> float:
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in found)


if __name__ == "__main__":
    print(json.dumps(_stages(sys.argv[1])))
