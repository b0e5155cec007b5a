"""The command line: help with examples, plain messages without tracebacks, exit codes 0, 1 and 2."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

import config
from flows import show
from flows.__main__ import SCHEDULES, main
from flows.operating import occurrences
from tasks.periods import STOCKHOLM

COMMANDS = [
    "run",
    "collect",
    "reconcile",
    "draft",
    "publish",
    "resolve",
    "status",
    "sessions",
    "coach",
    "check-config",
    "migrate",
    "up",
    "sample",
]


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, with the environment put back afterwards."""
    monkeypatch.chdir(tmp_path)
    for name in ("LOFTESKOLL_CONFIG", "LOFTESKOLL_DATABASE"):
        monkeypatch.setenv(name, "x")
        monkeypatch.delenv(name)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_helps_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` says in Swedish what it does and shows how to call it."""
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert f"Exempel: lofteskoll {command}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run", "strangnas-2020", "2021-T1"], 1, "Löftet 'strangnas-2020' finns inte. Välj något av: strangnas-2021"),
        (["run", "strangnas-2021", "2021-T4"], 1, "Välj en av: 2021-T1, 2021-T2, 2021-T3"),
        (["collect", "polisen"], 1, "Källan 'polisen' finns inte"),
        (["status", "--database", "postgresql://x:hemligt@127.0.0.1:1/y"], 1, "svarar inte"),
        (["status", "--database", "nonsense"], 1, "sqlite:///"),
        (["check-config", "--config", "nowhere"], 2, "den finns inte"),
    ],
)
def test_trouble_is_told_without_a_traceback(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the thing and the mend, and holds no secret."""
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err + printed.out
    assert "hemligt" not in printed.err


def test_a_wrong_date_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    """The message shows how a date is written."""
    with pytest.raises(SystemExit) as left:
        main(["run", "strangnas-2021", "2021-T1", "--as-of", "31 februari"])
    assert left.value.code == 2
    assert "2021-05-17" in capsys.readouterr().err


def test_check_config_names_what_the_kinds_say(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown kind and a missing template are found before anything runs, with file and mend."""
    for name in ("municipalities", "promises", "templates"):
        shutil.copytree(config.SHIPPED / name, house / "own" / name)
    shutil.copy(config.SHIPPED / "sources.toml", house / "own")
    path = house / "own" / "municipalities" / "strangnas.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('kind = "rss"', 'kind = "rsss"').replace('template = "kort"', 'template = "kor"'))
    assert main(["check-config", "--config", "own"]) == 2
    said = capsys.readouterr().err
    assert "rsss" in said
    assert "kor.j2" in said
    assert said.count("Åtgärd:") == len(said.strip().splitlines()) - 1


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("{% block ready %}klart{% endblock %}\n", "", "saknar blocket ready"),
        ("{% block ready %}klart", "{% block ready %}{{ klart }}", "okänt namn"),
        ("{% block ready %}klart", "{% block ready %}klart 2021", "en siffra är skriven för hand i ready"),
        ("{% block ready %}klart", "{% block ready %}klart, tack vare polisens fantastiska insats", "fantastiska"),
    ],
)
def test_check_config_refuses_a_broken_wording(
    house: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, why: str
) -> None:
    """Before any run: a block that is missing, can't be filled in, has a figure of its own or praises."""
    (house / "own" / "templates").mkdir(parents=True)
    text = (config.SHIPPED / "templates" / "resultat.j2").read_text(encoding="utf-8")
    line = text[: text.index(before)].count("\n") + 1
    (house / "own" / "templates" / "resultat.j2").write_text(text.replace(before, after), encoding="utf-8")
    assert main(["check-config", "--config", "own"]) == 2
    (said,) = [one for one in capsys.readouterr().err.splitlines() if "resultat.j2" in one]
    assert why in said and "Åtgärd:" in said
    assert not after or f"rad {line}" in said


def test_the_shipped_decisions_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """A fresh clone has nothing to mend."""
    assert main(["check-config"]) == 0
    assert "Inga fel" in capsys.readouterr().out


def test_migrating_twice_is_harmless(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second time there is nothing to do."""
    for _ in range(2):
        assert main(["migrate", "--database", f"sqlite:///{house / 'm.db'}"]) == 0
        assert "senaste tabellerna" in capsys.readouterr().out


def test_the_timetable_shows_what_prefect_computes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every flow of the table with its next moments in Swedish time, and why."""
    monkeypatch.setattr(show.console, "width", 200)
    now = datetime.now(UTC)
    assert main(["schedule", "--count", "2"]) == 0
    said = capsys.readouterr().out
    for row in SCHEDULES:
        assert row.flow in said and row.why in said
    for moment in occurrences("0 8 1 1,5,9 *", "Europe/Stockholm", 2, now):
        assert f"{moment.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}" in said
