"""Upgrades: a database of every earlier layout, with data in it, comes forward with all of it, and goes back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

import config as configuration
from tasks import decide
from tasks.alarms import Alarm
from tasks.model import Draft, Output
from tasks.store import Store, alarms, drafts, orders, publications, records, runs
from tests.conftest import absent
from tests.reviewing import NEWS, NOW, PERIOD, PROMISE, WALK_TOWN, house
from tests.year import KOMMUN, POLICE

pytestmark = pytest.mark.slow
VERSIONS = sorted(p.name[:4] for p in (Path(__file__).parents[1] / "tasks/migrations/versions").glob("0*.py"))


@pytest.fixture
def lived_in(store: Store) -> Store:
    """A database that has been used: records, answers, an approved draft in the outbox, runs, alarms, orders."""
    config = configuration.load()
    made = house(config, store)
    decide.judge(
        store,
        promise=PROMISE,
        question="evidence",
        left=NEWS,
        right="c6",
        verdict="no",
        corrected={},
        seen_sha256="",
        person=KOMMUN,
        at=NOW,
    )
    for person in (POLICE, KOMMUN):
        seen = made.draft()
        decide.approve(store, config, seen.id, seen_sha256=seen.sha256, person=person, at=NOW, accept_gaps=True)
    with runs.only_one(store, "collect", "polisen-handelser", lambda: NOW), store.writing() as db:
        orders.add(db, promise=PROMISE, period=PERIOD, kind="rehearsal", who="demo-drift", at=NOW)
        alarms.keep(db, [Alarm("disk", "Disken.", "Frigör.", NOW)], NOW)
        alarms.mark_told(db, alarms.raised(db)[0], "")
    return store


def counted(store: Store) -> dict[str, int]:
    """How many rows each table holds."""
    with store.reading() as db:
        names = sqlalchemy.inspect(db).get_table_names()
        return {n: db.execute(sqlalchemy.text(f'SELECT count(*) FROM "{n}"')).scalar_one() for n in names}


def read(store: Store) -> tuple[Draft | None, tuple[Output, ...], list[object]]:
    """What people would miss: the draft with its hash, the approved bytes, the outbox and a record's versions."""
    with store.reading() as db:
        draft = drafts.latest(db, PROMISE, PERIOD)
        assert draft is not None
        outputs = drafts.rendered(db, draft.id, draft.revision)
        return draft, outputs, [*publications.listed(db), *records.versions(db, WALK_TOWN)]


def test_every_earlier_layout_comes_forward_with_its_data(lived_in: Store) -> None:
    """Back to each layout and forward again: no row of it is lost, everything reads as before, and it may go back."""
    before, rows = read(lived_in), counted(lived_in)
    assert before[1] and before[2] and sum(rows.values()) > 30
    for version in reversed(VERSIONS[:-1]):
        lived_in.migrate_down(version)
        assert not lived_in.is_current()
        old = counted(lived_in)
        lived_in.migrate()
        assert lived_in.is_current() and lived_in.pending_changes() == []
        assert {n: c for n, c in counted(lived_in).items() if n in old} == old | shared_outputs(lived_in, old)
        assert read(lived_in) == before, version


def shared_outputs(store: Store, old: dict[str, int]) -> dict[str, int]:
    """Tables whose rows a step may gather or spread without losing what they say; `read` holds the bytes."""
    now = counted(store)
    return {n: now[n] for n in old if n in ("outputs", "contents")}


def test_the_documented_copy_of_postgresql_comes_back(
    postgresql_store: Store, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The two commands of the operator's guide, run as they stand there, on another database's name."""
    if shutil.which("pg_dump") is None:
        absent("pg_dump is not at hand")
    house(configuration.load(), postgresql_store)
    before = counted(postgresql_store)
    guide = (configuration.SHIPPED / "deploy" / "DRIFT.md").read_text(encoding="utf-8")
    url = make_url(postgresql_store.url)
    server = ["--host", url.host or "", "--port", str(url.port), "--username", url.username or ""]
    dump, restore = (
        "pg_dump --format=custom lofteskoll > kopia.dump",
        "pg_restore --clean --dbname=lofteskoll kopia.dump",
    )
    assert dump in guide and restore in guide
    with (tmp_path / "kopia.dump").open("wb") as file:
        subprocess.run([*dump.split()[:2], *server, str(url.database)], stdout=file, check=True)
    with postgresql_store.writing() as db:
        db.execute(sqlalchemy.text("DELETE FROM fetches"))
    assert counted(postgresql_store) != before
    postgresql_store.close()
    target = f"--dbname={url.database}"
    subprocess.run([*restore.split()[:2], *server, target, str(tmp_path / "kopia.dump")], check=True)
    assert counted(postgresql_store) == before
