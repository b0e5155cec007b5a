"""Fifty reviewers at once: how fast the pages answer, whether a text is lost, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlalchemy
from sqlalchemy.engine import make_url

from tasks.store import Store, drafts, history
from tests import bench_review_house as house
from tests.bench_reviewers import ASSET, MIXTURE, Diary, Reviewer

DATABASES = ("sqlite", "postgresql")
# TPC-W lets its visitors think for seven seconds on average; whoever clicks through a follow-up is quicker.
THINK_SECONDS = 3.0
GOAL_MS, GOAL_BYTES = 200, 100_000


def run(reviewers: int, seconds: float, think: float, databases: Sequence[str] = DATABASES) -> dict[str, Any]:
    """Let the reviewers click, with and without thinking, on each database; print and return what they saw."""
    print(f"granskning: {os.cpu_count()} kärnor, belastning {os.getloadavg()[0]:.1f} vid start")
    print(f"{reviewers} granskare i {seconds:g} s mot en process; blandningen av klick:")
    print("  " + ", ".join(f"{kind} {share} %" for kind, share in MIXTURE.items()))
    found: dict[str, Any] = {}
    for name in databases:
        for pause in (think, 0.0):
            key = f"{name}_{'think' if pause else 'closed'}"
            with tempfile.TemporaryDirectory() as folder, _database(name, Path(folder)) as url:
                house.stock(url, Path(folder))
                found[key] = _measure(name, url, reviewers, seconds, pause)
    return {**found, "goals": {key: _goals(row, key.endswith("_think")) for key, row in found.items()}}


def _measure(name: str, url: str, reviewers: int, seconds: float, think: float) -> dict[str, Any]:
    """Serve the database, let everyone work, and compare what was promised with what is stored."""
    store = Store(url)
    with store.reading() as db:
        open_drafts = tuple(h.id for h in drafts.headings(db) if h.state == "open")
    diary = Diary()
    with house.served(url) as (base, pid):
        used = asyncio.run(_everyone(base, pid, reviewers, seconds, think, open_drafts, diary))
    lost = lost_texts(store, diary)
    store.close()
    row = _summary(diary, seconds, used) | {"lost": len(lost)}
    pause = f"betänketid {think:g} s i medel, exponentiell" if think else "utan betänketid"
    print(f"\n{name}, {pause}")
    _table(diary)
    print(
        f"  {row['requests']} anrop, {row['per_second']:.0f} i sekunden, serverns processor {100 * row['cpu']:.0f} %; "
        f"{row['saved']} texter sparade, {row['late']} kom för sent och visades skillnaden, {row['lost']} förlorade; "
        f"{len(diary.errors)} fel"
    )
    for problem in [*lost, *diary.errors][:5]:
        print(f"  ! {problem}")
    return row


async def _everyone(
    base: str, pid: int, reviewers: int, seconds: float, think: float, open_drafts: tuple[int, ...], diary: Diary
) -> float:
    """Let the reviewers in, then work; return the share of one core that the server used meanwhile."""
    everyone = [Reviewer(base, number, think, open_drafts, diary) for number in range(reviewers)]
    for reviewer in everyone:
        await reviewer.sign_in()
    before, start = house.cpu_seconds(pid), perf_counter()
    await asyncio.gather(*(reviewer.work(start + seconds) for reviewer in everyone))
    return (house.cpu_seconds(pid) - before) / (perf_counter() - start)


def lost_texts(store: Store, diary: Diary) -> list[str]:
    """Return every text that was said to be saved and isn't: each save must be a revision of its own, and stand."""
    found = []
    saves = {(s.draft, s.seen_revision): s for s in diary.saved}
    if len(saves) != len(diary.saved):
        found.append(f"{len(diary.saved) - len(saves)} sparades ovanpå en version som redan var ändrad")
    with store.reading() as db:
        noted = sum(e.action == "edited" for e in history.events(db, house.PROMISE))
        if noted != len(diary.saved):
            found.append(f"historiken har {noted} ändringar, {len(diary.saved)} sades vara sparade")
        for draft_id in {s.draft for s in diary.saved}:
            draft = drafts.draft(db, draft_id)
            assert draft is not None
            last = {s.block: s for s in sorted(diary.saved, key=lambda s: s.seen_revision) if s.draft == draft_id}
            now = {f"{b.template}:{b.part}": b.text for b in draft.blocks}
            found += [f"{s.block}: {s.text[-40:]!r} står inte kvar" for s in last.values() if now[s.block] != s.text]
        for save in diary.saved:
            made = drafts.rendered(db, save.draft, save.seen_revision + 1)
            mark = save.text.rpartition(" ")[2].encode()
            if not any(mark in o.body for o in made):
                found.append(f"{save.block}: {save.text[-40:]!r} kom aldrig med")
    return found


def _summary(diary: Diary, seconds: float, cpu: float) -> dict[str, Any]:
    screens = [a.seconds for a in diary.answers if a.kind != ASSET]
    return {
        "requests": len(diary.answers),
        "per_second": round(len(diary.answers) / seconds, 1),
        "p50_ms": _percentile(screens, 50),
        "p95_ms": _percentile(screens, 95),
        "p99_ms": _percentile(screens, 99),
        "max_ms": _percentile(screens, 100),
        "cpu": round(cpu, 3),
        "saved": len(diary.saved),
        "late": diary.late,
        "errors": len(diary.errors),
        "heaviest_bytes": max(diary.weights.values(), default=0),
        "other_hosts": sorted(diary.strangers),
    }


def _table(diary: Diary) -> None:
    print(f"  {'':<20}{'antal':>7}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'högst ms':>10}{'tyngst kB':>11}")
    kinds = [*MIXTURE, ASSET]
    rows = {kind: [a.seconds for a in diary.answers if a.kind == kind] for kind in kinds}
    rows["alla sidor"] = [a.seconds for a in diary.answers if a.kind != ASSET]
    for kind, times in rows.items():
        figures = "".join(f"{_percentile(times, p):>9.0f}" for p in (50, 95, 99)) + f"{_percentile(times, 100):>10.0f}"
        weight = diary.weights.get(kind)
        print(f"  {kind:<20}{len(times):>7}{figures}{f'{weight / 1000:.0f}' if weight else '':>11}")


def _percentile(seconds: Sequence[float], share: int) -> float:
    """Return the time in ms that so many per cent of the answers kept (nearest rank)."""
    if not seconds:
        return 0.0
    return round(1000 * sorted(seconds)[max(-(-len(seconds) * share // 100), 1) - 1], 1)


def _goals(row: dict[str, Any], is_thinking: bool) -> dict[str, bool]:
    """Return which goals are met; how fast fifty answer who never think is printed, and no goal."""
    return {
        **({"p99": row["p99_ms"] <= GOAL_MS} if is_thinking else {}),
        "no_error": not row["errors"] and not row["lost"],
        "light": row["heaviest_bytes"] <= GOAL_BYTES,
        "own_host": not row["other_hosts"],
    }


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    """Give an empty database of that kind, and remove it afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    base = make_url(os.environ.get("DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres"))
    name = f"lofteskoll_bench_{os.getpid()}"
    server = sqlalchemy.create_engine(
        base.set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    try:
        with server.connect() as db:
            db.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
    except sqlalchemy.exc.OperationalError:
        sys.exit("PostgreSQL svarar inte: sätt DATABASE_URL, eller kör med --databases sqlite.")
    try:
        yield base.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as db:
            db.execute(sqlalchemy.text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()
