"""The whole country from recordings to drafts: 290 promises, a million records, with Prefect and in plain functions.

Every figure comes from a process of its own, on a database of its own. The police's real notices are multiplied, each
on another day and at another place: some in the shared feed, the rest as what municipalities publish themselves; each
party's log of activities is invented.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.engine import make_url

import config as configuration
from config.schema import Municipality
from tasks.model import Record
from tests import bench_corpus as corpus
from tests.bench_evidence import exponent
from tests.year import HEADER, row

PROMISES, RECORDS, SMALL = 290, 1_000_000, 10
# Of the records, so many are the shared feed's; the police publish some 25,000 notices a year, here are ten years.
SHARED_PART = 0.25
NOW = datetime(2022, 1, 31, 7, tzinfo=UTC)
GOALS = {"prefect_ratio": 1.15}
_STAGES = ("collect", "reconcile", "draft")


def run(promises: int, size: int, database: str, workers: int) -> dict[str, Any]:
    """Print and return time per stage, growth, memory, and what Prefect adds to the same work."""
    print(f"landet: {os.cpu_count()} kärnor, belastning {os.getloadavg()[0]:.1f} vid start, {workers} arbetare")
    small = min(SMALL, promises)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = measure(folder, small, size * small // promises, database, workers, "flows")
        plain = measure(folder, promises, size, database, 1, "plain")
        found = measure(folder, promises, size, database, 1, "flows")
        shared = measure(folder, promises, size, database, workers, "flows") if workers > 1 else found
    power = exponent([(small, first["seconds"]), (promises, shared["seconds"])]) if small < promises else 0.0
    result = {
        "promises": promises,
        "records": shared["records"],
        "seconds": shared["seconds"],
        "records_per_s": round(shared["records"] / shared["seconds"]),
        "rss_mb": shared["rss_mb"],
        "exponent": round(power, 3),
        "prefect_ratio": round(found["seconds"] / plain["seconds"], 3),
        # Of the processor's time in our own processes; Prefect's server has its own.
        "prefect_cpu_ratio": round(found["cpu"] / plain["cpu"], 3),
        "prefect_share": round(max(0.0, 1 - plain["seconds"] / found["seconds"]), 3),
        "workers": workers,
        "speedup": round(found["seconds"] / shared["seconds"], 2),
        "database": make_url(database).get_backend_name() if database else "sqlite",
        "stages": shared["stages"],
        "load": round(os.getloadavg()[0], 1),
    }
    result["goals"] = {k: result[k] <= v for k, v in GOALS.items()}
    print(f"  Prefect: {result['prefect_ratio']:.3f}× i tid, {result['prefect_cpu_ratio']:.3f}× i egen processortid")
    print(f"  tiden växer med exponent {power:.3f} från {small} till {promises} löften")
    return result


def measure(folder: Path, promises: int, size: int, database: str, workers: int, how: str) -> dict[str, Any]:
    """Build a country, take it through all stages in a process of its own, and print and return what that took."""
    where = folder / f"{promises}"
    if not where.exists():
        build(where, promises, size)
    with _database(folder, database) as url:
        env = {
            **os.environ,
            "LOFTESKOLL_CONFIG": str(where),
            "LOFTESKOLL_DATABASE": url,
            "LOFTESKOLL_PROCESSES": str(workers),
        }
        command = [sys.executable, "-m", "tests.bench_country", how]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench country {how}: {done.stdout[-500:]}{done.stderr.strip()[-2000:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    stages = ", ".join(f"{k} {said['stages'][k]:.1f} s" for k in _STAGES)
    print(
        f"  {how:<6} {promises:>4} löften {said['records']:>8} poster {workers} arbetare: {said['seconds']:8.1f} s"
        f" ({stages}), topp {said['rss_mb']} MB, {said['readings']} läsningar, {said['drafts']} utkast"
    )
    return said


@contextlib.contextmanager
def _database(folder: Path, base: str) -> Iterator[str]:
    """Give the address of an empty database, and take it away afterwards."""
    if not base or make_url(base).get_backend_name() == "sqlite":
        with tempfile.TemporaryDirectory(dir=folder) as name:
            yield f"sqlite:///{name}/land.db"
        return
    address, name = make_url(base).set(drivername="postgresql+psycopg"), f"lofteskoll_bench_{os.getpid()}"
    server = sqlalchemy.create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as db:
            db.execute(sqlalchemy.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            db.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
        yield make_url(base).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as db:
            db.execute(sqlalchemy.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        server.dispose()


def build(folder: Path, promises: int, size: int) -> None:
    """Write a folder of decisions for so many municipalities, and recordings of so many records."""
    for part in ("municipalities", "promises", "data"):
        (folder / part).mkdir(parents=True)
    towns = corpus.towns(promises)
    base = corpus.events(size)
    shared = int(size * SHARED_PART)
    text = (configuration.SHIPPED / "promises" / "strangnas-2021.toml").read_text(encoding="utf-8")
    # The promise is counted from the year of the recordings' first copies.
    with (folder / "data" / "polisen.ndjson").open("w", encoding="utf-8") as out:
        for i, town in enumerate(towns):
            out.writelines(_lines(base, shared, town, i, promises, first=0, notice=True))
    (folder / "sources.toml").write_text(_source("polisen-handelser", "police_events", "data/polisen.ndjson"))
    for i, town in enumerate(towns):
        with (folder / "data" / f"{town.slug}.ndjson").open("w", encoding="utf-8") as out:
            out.writelines(_lines(base, size - shared, town, i, promises, first=shared, notice=False))
        _write_town(folder, town, text)


def _lines(
    base: Sequence[Record], size: int, town: Municipality, number: int, towns: int, *, first: int, notice: bool
) -> Iterator[str]:
    for record in corpus.multiplied(base, size, town, number, towns):
        key, published = first + int(record.external_id) + 1, record.published_at or NOW
        # All in the promise's own year: what lies outside it is passed over sooner.
        at = NOW - timedelta(days=45) + (published - NOW) % timedelta(days=45) - timedelta(days=200)
        if notice:
            said: dict[str, Any] = {
                "id": key,
                "datetime": at.strftime("%Y-%m-%d %H:%M:%S +00:00"),
                "name": record.title,
                "summary": record.text,
                "url": f"/aktuellt/handelser/{at.year}/{key}/",
                "type": "Övrigt",
                "location": {"name": town.county, "gps": "59.0,17.0"},
            }
        else:
            said = {"id": key, "title": record.title, "text": record.text, "at": at.isoformat(), "place": record.place}
        yield json.dumps(said, ensure_ascii=False) + "\n"


def _source(key: str, kind: str, url: str, options: str = "") -> str:
    return f'[[source]]\nid = "{key}"\nkind = "{kind}"\nname = "{key}"\nurl = "{url}"\nzero_ok = true\n{options}\n'


_FIELDS = '[source.options.fields]\nid = "id"\ntitle = "title"\ntext = "text"\npublished = "at"\nplace = "place"\n'


def _write_town(folder: Path, town: Municipality, promise: str) -> None:
    slug = town.slug
    places = "".join(f'[[place]]\nname = "{p.name}"\n' for p in town.places)
    decided = (
        f'slug = "{slug}"\nname = "{town.short} kommun"\nshort = "{town.short}"\ncode = "{town.code}"\n'
        f'county = "{town.county}"\n[police]\nname = "Polisen"\nshort = "Polisen"\n[municipality]\n'
        f'name = "{town.short} kommun"\nshort = "Kommunen"\n{places}'
        + _source(f"{slug}-nyheter", "json_records", f"data/{slug}.ndjson", _FIELDS)
        + "".join(
            _source(f"{slug}-{who}", "activity_log", f"data/{slug}-{who}.csv", 'keeps = "all"\n')
            for who in ("kommunen", "polisen")
        )
        + f'[[channel]]\nid = "sida"\nkind = "package"\nname = "Webbplats"\nparty = "police"\nrole = "site"\n'
        f'template = "sida"\nfolder = "ut/{slug}"\naddress = "https://{slug}.example.com/{{period}}/"\n'
    )
    (folder / "municipalities" / f"{slug}.toml").write_text(decided, encoding="utf-8")
    own = promise.replace('slug = "strangnas-2021"', f'slug = "{slug}-2021"')
    own = own.replace('municipality = "strangnas"', f'municipality = "{slug}"')
    for who in ("kommunen", "polisen"):
        own = own.replace(f'"{who}s-rapporter"', f'"{slug}-{who}"').replace(
            f'"{who[:-1]}ns-rapporter"', f'"{slug}-{who}"'
        )
    (folder / "promises" / f"{slug}-2021.toml").write_text(own, encoding="utf-8")
    for who, mark in (("kommunen", "K"), ("polisen", "P")):
        rows = [
            row(
                f"{mark}{n}",
                "c5",
                "genomförd",
                f"2021-{n + 3:02}-12",
                town.places[n % 10].name,
                "Vandring.",
                police="ja",
            )
            for n in range(1, 9)
        ]
        body = "\n".join([HEADER, *rows]) + "\n"
        (folder / "data" / f"{slug}-{who}.csv").write_text(body, encoding="utf-8")


def _stages(how: str) -> dict[str, Any]:
    """Take the country of the environment through all stages and return what each took."""
    from tasks.store import Store, drafts

    config = configuration.load()
    Store(config.database).migrate()
    seconds: dict[str, float] = {}
    began_cpu = _cpu()
    if how == "plain":
        _plain(seconds)
    else:
        _flows(seconds)
    cpu = _cpu() - began_cpu
    store = Store(config.database)
    with store.reading() as db:
        count = sqlalchemy.text("SELECT count(*) FROM records")
        records = db.execute(count).scalar_one()
        readings = db.execute(sqlalchemy.text("SELECT count(*) FROM readings")).scalar_one()
        made = len(list(drafts.headings(db)))
    return {
        "records": records,
        "readings": readings,
        "drafts": made,
        "seconds": round(sum(seconds.values()), 2),
        "cpu": round(cpu, 2),
        "stages": {k: round(v, 2) for k, v in seconds.items()},
        "rss_mb": round(_peak()),
    }


def _plain(seconds: dict[str, float]) -> None:
    """The same work without Prefect: the tasks' own functions, in the same chunks."""
    from tasks.collect import collect_sources
    from tasks.draft import draft_periods, missing_drafts
    from tasks.reconcile import reconcile_promises

    config = configuration.load()
    size = config.engine.chunk

    def each(name: str, work: Any, wanted: Sequence[Any]) -> None:
        began = time.monotonic()
        for start in range(0, len(wanted), size):
            work(wanted[start : start + size])
        seconds[name] = time.monotonic() - began

    each("collect", lambda some: collect_sources.fn(some, NOW), [s.id for s in config.all_sources()])
    each("reconcile", lambda some: reconcile_promises.fn(some, _after()), list(config.promises))
    each("draft", lambda some: draft_periods.fn(some, _after()), missing_drafts.fn(list(config.promises), _after()))


def _flows(seconds: dict[str, float]) -> None:
    """The flows as they run, on a Prefect server that is up before the clock starts."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=180):
        from flows.collect import collect
        from flows.draft import draft
        from flows.reconcile import reconcile

        for name, flow, at in (
            ("collect", collect, NOW),
            ("reconcile", reconcile, _after()),
            ("draft", draft, _after()),
        ):
            began = time.monotonic()
            flow(now=at)
            seconds[name] = time.monotonic() - began


def _after() -> datetime:
    return NOW + timedelta(hours=1)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak() -> float:
    """Return the most memory that this process or one of its children has held, in megabytes."""
    return max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


if __name__ == "__main__":
    print(json.dumps(_stages(sys.argv[1])))
