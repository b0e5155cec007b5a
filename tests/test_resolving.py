"""`lofteskoll resolve`: what no machine can settle is listed with a number, and a named person's word settles it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from flows import show
from flows.__main__ import main
from tasks.model import Publication
from tasks.periods import at_local
from tasks.store import Store, history, publications
from tests.year import SAMPLE, Year, a_year, walk

pytestmark = pytest.mark.slow

MONDAY = at_local(date(2021, 5, 17), 9)
PERSON = '[[person]]\nid = "k-ops"\nname = "Kommunens Drift"\nparty = "municipality"\nroles = ["ops"]\n'


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """An approved first period whose page is uncertain and whose post was refused."""
    monkeypatch.chdir(tmp_path)
    with a_year(tmp_path, sqlite_store, monkeypatch) as made:
        (made.folder / "municipalities" / "strangnas.toml").write_text(f'based_on = "{SAMPLE}"\n{PERSON}', "utf-8")
        made.logs([walk("K1", "2021-04-10")], [])
        made.run("2021-T1")
        made.approve("2021-T1", MONDAY)
        with made.store.writing() as db:
            for channel, state in (("strangnas.se", "uncertain"), ("kommunen-x", "refused")):
                row = made.outbox()[channel]
                publications.move(db, row.id, from_states=["pending"], to=state, now=MONDAY, message="Svaret försvann.")
        monkeypatch.setenv("LOFTESKOLL_CONFIG", str(made.folder))
        monkeypatch.setenv("LOFTESKOLL_DATABASE", made.store.url)
        yield made


def page(year: Year) -> Publication:
    """The municipality's page in the outbox."""
    return year.outbox()["strangnas.se"]


def test_what_waits_is_listed_and_a_word_settles_it(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    """Listed with number and reason (exit code 1); with a link it is published, and the log says who said so."""
    assert main(["resolve"]) == 1
    said = capsys.readouterr().out
    assert (
        f"{page(year).id} Kommunens webbplats" in said
        and "Svaret försvann." in said
        and "okänt" in said
        and "nekad" in said
    )
    link = "https://strangnas.example.com/uppfoljning-2021-T1/"
    assert main(["resolve", str(page(year).id), "--out", link, "--as", "k-ops"]) == 0
    assert (page(year).state, page(year).url) == ("published", link)
    with year.store.reading() as db:
        (told,) = history.events(db, "strangnas-2021", actions=["settled"])
    assert (told.who, told.detail["state"]) == ("k-ops", "published")
    post = year.outbox()["kommunen-x"]
    assert main(["resolve", str(post.id), "--not-out", "--as", "k-ops"]) == 0
    assert year.outbox()["kommunen-x"].state == "pending"
    capsys.readouterr()
    assert main(["resolve"]) == 0 and "Inget väntar" in capsys.readouterr().out


def test_a_partly_published_follow_up_says_so(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    """What is out, what isn't and why stands under what `lofteskoll publish` did."""
    with year.store.writing() as db:
        publications.move(db, page(year).id, from_states=["uncertain"], to="published", now=MONDAY)
    show.publications(year.config, [year.outbox()["strangnas.se"]])
    said = " ".join(capsys.readouterr().out.split())
    assert "2021-T1 är delvis publicerad, 1 av 5 kanaler. Kvar: " in said and "Kommunens konto på X (nekad)" in said
    show.publications(year.config, [])
    assert capsys.readouterr().out.startswith("Inget att sända.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--not-out"),
        (["--not-out"], "--as"),
        (["--not-out", "--as", "nagon-annan"], "k-ops"),
        (["--out", "javascript:alert(1)", "--as", "k-ops"], "https://"),
    ],
)
def test_a_word_without_its_speaker_changes_nothing(
    year: Year, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """Nobody unknown settles anything, and half an answer is none."""
    assert main(["resolve", str(page(year).id), *words]) == 1
    assert said in capsys.readouterr().err and page(year).state == "uncertain"
    assert main(["resolve", "999", "--not-out", "--as", "k-ops"]) == 1
