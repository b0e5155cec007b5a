"""The dependency rule of the house, read from the imports themselves."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(p for folder in ("flows", "tasks", "config") for p in (ROOT / folder).rglob("*.py"))
VERBS = {"collect", "reconcile", "draft", "publish", "watch"}
SHELVES = {
    "store",
    "sources",
    "channels",
    "http",
    "migrations",
    "decide",
    "gathering",
    "judging",
    "ordering",
    "purge",
    "archive",
    "reporting",
    "settling",
    "rendering",
    "notify",
    "journal",
} | VERBS


def module(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it; `from a import b` counts as a and as a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(name: str) -> str:
    """Which room of tasks a module lies in: store, sources, channels, http, decide, verb, noun."""
    parts = name.split(".")
    if parts[0] != "tasks" or len(parts) < 2:
        return parts[0]
    if parts[1] in VERBS:
        return "verb"
    return parts[1] if parts[1] in SHELVES else "noun"


def uses(path: Path, *packages: str) -> set[str]:
    """Which of these top-level packages a file imports."""
    return {name.split(".")[0] for name in imports(path)} & set(packages)


MAY = {
    "flows": SHELVES - VERBS | {"verb", "flows", "noun", "tasks", "config"},
    "verb": SHELVES - VERBS - {"decide", "judging", "ordering", "reporting", "settling", "purge", "archive"}
    | {"noun", "tasks", "config"},
    # Notes which flow run did a piece of work, so it knows Prefect, as the verbs do.
    "journal": {"store", "tasks", "config"},
    "decide": {"judging", "ordering", "reporting", "settling", "rendering", "store", "noun", "tasks", "config"},
    "judging": {"store", "noun", "tasks", "config"},
    "ordering": {"store", "noun", "tasks", "config"},
    # A report is read by its own source kind, like any other payload.
    "reporting": {"store", "sources", "noun", "tasks", "config"},
    "settling": {"rendering", "store", "noun", "tasks", "config"},
    "gathering": {"store", "noun", "tasks", "config"},
    "rendering": {"store", "channels", "noun", "tasks", "config"},
    "purge": {"store", "noun", "tasks", "config"},
    "archive": {"store", "noun", "tasks", "config"},
    "store": {"store", "noun", "tasks", "config"},
    "migrations": {"store"},
    "http": {"noun", "tasks", "config"},
    "notify": {"config"},
    "sources": {"http", "noun", "tasks", "config"},
    "channels": {"http", "noun", "tasks", "config"},
    "noun": {"noun", "tasks", "config"},
    "tasks": set(),
    "config": {"config"},
}


@pytest.mark.parametrize("path", FILES, ids=module)
def test_imports_point_one_way(path: Path) -> None:
    """flows → tasks → config; within tasks: verbs → shelves → nouns, never sideways between two kinds."""
    me = room(module(path))
    for name in imports(path):
        if name.split(".")[0] not in ("flows", "tasks", "config"):
            continue
        other = room(name)
        same_shelf = me in ("sources", "channels") and other == me
        own_shelf_part = same_shelf and (name == f"tasks.{me}" or name.split(".")[2].startswith("_"))
        assert other in MAY[me] or own_shelf_part, f"{module(path)} may not import {name}"


@pytest.mark.parametrize("path", FILES, ids=module)
def test_outside_packages_stay_in_their_rooms(path: Path) -> None:
    """prefect where things run, sqlalchemy in the store, requests and tweepy on the shelves."""
    me, name = room(module(path)), module(path)
    if uses(path, "prefect"):
        assert me in ("verb", "journal") or (me == "flows" and not name.startswith("flows.review")), name
    if uses(path, "sqlalchemy", "alembic"):
        assert me in ("store", "migrations"), name
    if uses(path, "apprise"):
        assert me == "notify", name
    if uses(path, "requests", "tweepy"):
        assert me in ("http", "sources", "channels"), name
    # Whoever signs in is asked about in one place.
    if uses(path, "authlib", "httpx2", "joserfc"):
        assert name == "flows.review.providers", name


@pytest.mark.parametrize("path", FILES, ids=module)
def test_the_environment_and_the_clock_are_read_in_few_places(path: Path) -> None:
    """os.environ only in config; now() only in verbs and flows."""
    code, me = path.read_text(encoding="utf-8"), room(module(path))
    if re.search(r"\bos\.(environ|getenv)", code):
        assert me == "config", module(path)
    if re.search(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time)\(", code):
        assert me in ("verb", "journal", "flows"), module(path)


@pytest.mark.parametrize("path", [p for p in FILES if room(module(p)) == "noun"], ids=module)
def test_nouns_only_compute(path: Path) -> None:
    """No files, no network, no clock and no random numbers in a noun."""
    forbidden = uses(path, "os", "pathlib", "socket", "http", "random", "subprocess", "threading", "shutil")
    assert not forbidden, f"{module(path)} imports {forbidden}"
    assert not re.search(r"(?<![\w.])open\(", path.read_text(encoding="utf-8")), module(path)


def test_no_room_is_called_by_a_name_that_says_nothing() -> None:
    """utils, helpers, constants and base gather what nobody placed."""
    names = {p.stem for p in FILES}
    assert not names & {"utils", "helpers", "constants", "base", "common", "misc"}


def test_files_stay_small() -> None:
    """A file that wants to be longer usually holds two nouns."""
    tall = {module(p): n for p in FILES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 350}
    generated = {m for m in tall if m.startswith("tasks.migrations.versions")}
    assert set(tall) <= generated | {"tasks.model", "tasks.store.tables"}, tall


def test_the_command_line_sets_prefects_settings_before_prefect_reads_them() -> None:
    """Imported too early, Prefect looked past `up`'s own server and started one of its own for each run."""
    found = "import sys, flows.__main__, flows.checks, flows.living; sys.exit(int('prefect' in sys.modules))"
    assert subprocess.run([sys.executable, "-c", found], cwd=ROOT, check=False).returncode == 0
