"""The journal: one line of JSON for each thing a run did, with the ids of what it was about and nothing else."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from flows.children import trim
from tasks import journal
from tasks.store import Store, runs
from tests.year import a_year, walk

NOW = datetime(2021, 9, 15, 7, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the journal is written; it is not there yet."""
    monkeypatch.setenv("LOFTESKOLL_LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def lines(folder: Path) -> list[dict[str, Any]]:
    """Every line that was written, oldest first."""
    return [json.loads(line) for file in sorted(folder.iterdir()) for line in file.read_text("utf-8").splitlines()]


def test_a_piece_of_work_is_noted_with_its_outcome(folder: Path, sqlite_store: Store) -> None:
    """Done, failed with the kind of error only, and busy where another run is at it."""
    with journal.at_work(sqlite_store, "draft", "p/2021-T2", promise="p", period="2021-T2") as mine:
        assert mine
        with journal.at_work(sqlite_store, "draft", "p/2021-T2", promise="p", period="2021-T2") as other:
            assert not other
    with pytest.raises(ValueError), journal.at_work(sqlite_store, "collect", "s", source="s"):
        raise ValueError("Anna Påhittad, 0700000000")
    said = lines(folder)
    assert [(x["stage"], x["outcome"], x["level"]) for x in said] == [
        ("draft", "busy", "INFO"),
        ("draft", "done", "INFO"),
        ("collect", "failed", "WARNING"),
    ]
    assert (said[1]["promise"], said[1]["period"]) == ("p", "2021-T2") and said[1]["seconds"] >= 0
    assert said[2]["error"] == "ValueError" and "Anna" not in json.dumps(said)
    assert datetime.fromisoformat(said[0]["at"]).utcoffset() is not None
    with sqlite_store.reading() as db:
        assert [(r.stage, r.outcome) for r in runs.newest(db)] == [("collect", "failed"), ("draft", "done")]


def test_a_text_never_gets_in(folder: Path) -> None:
    """A value with a space in it is no id: the line is written without it."""
    journal.note("publication", channel="polisen.se", outcome="Svaret: token abc", promise="strangnas-2021")
    [said] = lines(folder)
    assert "outcome" not in said and said["channel"] == "polisen.se"


def test_many_writers_write_whole_lines(folder: Path) -> None:
    """Eight threads write at once, each line is whole."""
    threads = [Thread(target=lambda: [journal.note("work", source=f"källa-{n}") for n in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(folder)) == 400


def test_the_oldest_days_go_when_a_new_one_begins(folder: Path) -> None:
    """As many days as are kept, today's among them; what is not ours stays."""
    folder.mkdir()
    old = [folder / f"lofteskoll-2020-{m:02}-{d:02}.jsonl" for m in (1, 2, 3) for d in range(1, 29)]
    for file in [*old, folder / "prefect.log"]:
        file.touch()
    journal.note("work", source="s")
    left = sorted(p.name for p in folder.glob("*.jsonl"))
    assert len(left) == journal.KEPT_DAYS and left[0] == old[len(old) - journal.KEPT_DAYS + 1].name
    assert (folder / "prefect.log").exists()


def test_a_folder_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_store: Store
) -> None:
    """The work goes on; the trouble is said on the terminal."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("LOFTESKOLL_LOG", str(tmp_path / "file"))
    monkeypatch.setattr(logging, "raiseExceptions", False)
    with journal.at_work(sqlite_store, "collect", "s", source="s") as mine:
        assert mine


@pytest.mark.slow
def test_publishing_leaves_a_line_for_each_move(
    folder: Path, tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which channel, which edition, which state."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as year:
        year.logs([walk("K1", "2021-04-10")], [])
        year.run("2021-T1")
        year.approve("2021-T1", NOW)
        year.publish(NOW)
    moved = [x for x in lines(folder) if x["event"] == "publication"]
    assert ("strangnas.se", "published", 1) in {(x["channel"], x["outcome"], x["edition"]) for x in moved}
    assert {x["period"] for x in moved} == {"2021-T1"}


def test_what_a_child_writes_does_not_grow_for_ever(tmp_path: Path) -> None:
    """A full log is emptied under the process that appends to it, and what it said lies beside."""
    file = tmp_path / "prefect.log"
    with file.open("ab", buffering=0) as child:
        child.write(b"x" * 100)
        trim(tmp_path, largest=100)
        assert file.stat().st_size == 100
        child.write(b"y")
        trim(tmp_path, largest=100)
        child.write(b"z")
    assert (file.read_bytes(), (tmp_path / "prefect.log.1").read_bytes()) == (b"z", b"x" * 100 + b"y")
