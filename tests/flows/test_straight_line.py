"""The sample year as real flow runs: published, read back, the same bytes, nothing twice."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from flows.__main__ import main
from tasks.store import Store, drafts, publications

GOLDEN = Path(__file__).parents[1] / "golden"
GOLDEN_SITE, GOLDEN_POSTS = "strangnas.se/uppfoljning-", "delning/kommunen/"
GOLDEN_FILES = (
    *("index.html", "lofte.html", "summary.json", "delar.csv", "aktiviteter.csv"),
    *("mal.svg", "manader.svg", "tidslinje.svg", "post.txt"),
)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, with the environment put back afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in ("LOFTESKOLL_CONFIG", "LOFTESKOLL_DATABASE", "LOFTESKOLL_SITE_PORT", "LOFTESKOLL_PUBLISHED"):
        # Set first, so that what the command sets itself is taken back as well.
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    """Every published file with its bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def hold_against_golden(published: dict[str, bytes]) -> None:
    """Compare what readers see with the files that people have looked at in a browser, desktop and phone.

    LOFTESKOLL_GOLDEN=write renews them: then look at each page before you commit.
    """
    seen = {n: b for n, b in published.items() if n.startswith((GOLDEN_SITE, GOLDEN_POSTS))}
    seen = {n: b for n, b in seen.items() if n.rpartition("/")[2] in GOLDEN_FILES}
    assert len(seen) == 3 * len(GOLDEN_FILES)
    if os.environ.get("LOFTESKOLL_GOLDEN") == "write":
        for name, body in seen.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_bytes(body)
    assert set(files(GOLDEN)) == set(seen)
    differ = [name for name, body in seen.items() if (GOLDEN / name).read_bytes() != body]
    assert not differ, "read the difference, then renew with LOFTESKOLL_GOLDEN=write"


def run(capsys: pytest.CaptureFixture[str]) -> tuple[int, str, dict[str, Any]]:
    """Run the sample; return exit code, what was printed, and the JSON of the last line."""
    code = main(["sample"])
    printed = capsys.readouterr().out
    return code, printed, json.loads(printed.strip().splitlines()[-1])


def test_the_sample_year_is_published_once_and_the_same_each_time(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run, run again, and run on an empty database: the same figures, hashes and bytes; nothing published twice."""
    code, _, first = run(capsys)
    assert code == 0
    assert first["promise"] == "strangnas-2021"
    assert {p: v["figures"]["c5"] for p, v in first["periods"].items()} == {
        "2021-T1": {"held": 1, "total": 1, "target": 4, "status": "på väg"},
        "2021-T2": {"held": 1, "total": 2, "target": 4, "status": "på väg"},
        "2021-T3": {"held": 2, "total": 4, "target": 4, "status": "uppfyllt"},
    }
    for found in first["periods"].values():
        assert found["channels"] == {
            "polisen.se": "published",
            "strangnas.se": "published",
            "polisen-delning": "handed_over",
            "kommunen-delning": "handed_over",
            "kommunen-x": "refused",
        }
    published = files(house / "published")
    rows = outbox(house)
    hold_against_golden(published)

    code, printed, second = run(capsys)
    assert (code, second) == (0, first)
    assert "ingenting publicerades på nytt" in printed
    assert files(house / "published") == published
    assert outbox(house) == rows

    for name in ("sample.db", "sample.db-wal", "sample.db-shm"):
        (house / "var" / name).unlink(missing_ok=True)
    code, _, third = run(capsys)
    assert (code, third) == (0, first)
    assert files(house / "published") == published


def outbox(house: Path) -> list[tuple[str, str, str, int]]:
    """Every row of the outbox with its number of attempts."""
    store = Store(f"sqlite:///{house / 'var' / 'sample.db'}")
    with store.reading() as db:
        return [(p.period, p.channel, p.state, p.attempt) for p in publications.listed(db)]


def test_a_dry_run_says_what_would_change_and_changes_nothing(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The records are counted, the draft is foretold, and the database stays empty."""
    sample = str(Path(__file__).parents[2] / "config" / "samples" / "strangnas-2021")
    ask = ["run", "strangnas-2021", "2021-T1", "--config", sample, "--database", f"sqlite:///{house / 'd.db'}"]
    assert main([*ask, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "36 händelser till, 0 siffror ändras, 0 kanaler berörs." in said
    assert "Ett utkast skulle skrivas." in said
    assert main(["status", "--config", sample, "--database", f"sqlite:///{house / 'd.db'}"]) == 0
    assert "Utkastet är inte skrivet." in capsys.readouterr().out


def test_as_known_then_gives_the_same_bytes_whenever_it_is_asked(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rerun as of a day returns the frozen snapshot of that day, and leaves the draft alone."""
    run(capsys)
    sample = str(Path(__file__).parents[2] / "config" / "samples" / "strangnas-2021")
    ask = ["run", "strangnas-2021", "2021-T1", "--config", sample, "--database", "sqlite:///var/sample.db"]
    before = outbox(house)
    said = []
    for _ in range(2):
        assert main([*ask, "--as-of", "2021-05-20"]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert "som känt då" in said[0]
    assert outbox(house) == before


def test_a_source_that_is_gone_is_a_gap_and_the_rest_goes_on(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One file is missing: the run ends well, the draft names the gap, nothing becomes zero."""
    shipped = Path(__file__).parents[2] / "config" / "samples" / "strangnas-2021"
    own = house / "own"
    (own / "municipalities").mkdir(parents=True)
    (own / "sources.toml").touch()
    (own / "municipalities" / "strangnas.toml").write_text(
        f'based_on = "{shipped / "municipalities" / "strangnas.toml"}"\n', encoding="utf-8"
    )
    for name in ("polisen.csv", "nyheter.xml", "kalender.ics"):
        (own / name).write_bytes((shipped / name).read_bytes())
    code = main(["run", "strangnas-2021", "2021-T1", "--config", str(own), "--database", "sqlite:///own.db"])
    said = capsys.readouterr().out
    assert code == 0
    assert "nåddes inte" in said
    assert "kommunen.csv" in said
    store = Store(f"sqlite:///{house / 'own.db'}")
    with store.reading() as db:
        draft = drafts.latest(db, "strangnas-2021", "2021-T1")
    assert draft is not None
    walks, meetings = draft.followup.outcome("c5"), draft.followup.outcome("c4")
    assert (walks.status, walks.held, walks.held_is_floor) == ("uppgift saknas", 1, True)
    assert (meetings.status, meetings.held) == ("uppgift saknas", None)
