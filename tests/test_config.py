"""What people decide: every problem is named with file, place and mend, and the shipped decisions are sound."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

import pytest

import config
from config import ConfigError

SAMPLE = config.SHIPPED / "samples" / "strangnas-2021"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped decisions that a test may spoil."""
    for name in ("municipalities", "promises", "templates"):
        shutil.copytree(config.SHIPPED / name, tmp_path / name)
    shutil.copy(config.SHIPPED / "sources.toml", tmp_path)
    return tmp_path


def spoil(path: Path, old: str, new: str) -> None:
    """Replace a piece of a file that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(folder: Path) -> str:
    """All problems of a folder, a line each."""
    with pytest.raises(ConfigError) as caught:
        config.load(folder)
    return str(caught.value)


def test_the_shipped_folder_and_the_sample_are_sound() -> None:
    """Both load, and the sample takes the real promise."""
    assert "strangnas-2021" in config.load().promises
    assert config.load(SAMPLE).promises == config.load().promises


def test_the_promise_is_told_in_its_own_words(shared: Path) -> None:
    """Each of the seven activities, and the duty to follow up, stands letter for letter in the signed text."""
    signed = (shared / "promise-strangnas-2021.md").read_text(encoding="utf-8")
    commitments = config.load().promises["strangnas-2021"].commitments
    assert [c.id for c in commitments] == ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "m1"]
    assert all(c.text in signed for c in commitments)
    places = [signed.index(c.text) for c in commitments]
    assert places == sorted(places)


def test_only_the_text_gives_targets() -> None:
    """Two parent meetings, four walks, one campaign; nothing else has a number."""
    targets = {c.id: c.target for c in config.load().promises["strangnas-2021"].commitments}
    assert targets == {"c1": None, "c2": None, "c3": None, "c4": 2, "c5": 4, "c6": 1, "c7": None, "m1": None}


@pytest.mark.slow
def test_no_signatory_is_named(shared: Path) -> None:
    """The people who signed the promise never enter the project."""
    signed = (shared / "promise-strangnas-2021.md").read_text(encoding="utf-8")
    tail = signed[signed.index("Medborgarlöftet börjar gälla") :]
    bold = re.findall(r"\*\*([A-ZÅÄÖ]\w+ [A-ZÅÄÖ]\w+)\*\*", tail)
    names = [n for n in bold if not re.search("kommun|område", n.casefold())]
    assert names
    tracked = [p for p in config.ROOT.rglob("*") if p.suffix in {".toml", ".py", ".md", ".j2", ".csv", ".xml", ".html"}]
    own = [p for p in tracked if not {".venv", "published", "var"} & set(p.relative_to(config.ROOT).parts)]
    for path in own:
        text = path.read_text(encoding="utf-8", errors="replace")
        assert not [n for n in names if n in text], path


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("promises/strangnas-2021.toml", 'measure = "ongoing"', 'measure = "often"', "commitment.0.measure"),
        ("promises/strangnas-2021.toml", "target = 2", "targett = 2", "okänd nyckel"),
        ("promises/strangnas-2021.toml", "signed = 2021-03-11", "", "signed: värdet saknas"),
        ("promises/strangnas-2021.toml", 'municipality = "strangnas"', 'municipality = "strengnas"', "finns inte"),
        ("promises/strangnas-2021.toml", 'slug = "strangnas-2021"', 'slug = "strangnas-2022"', "samma namn"),
        ("promises/strangnas-2021.toml", "ends = 2021-12-31", "ends = 2020-12-31", "ligger före signed"),
        ("promises/strangnas-2021.toml", '["kommunens-rapporter"]', '["kommunen"]', "källan 'kommunen' finns inte"),
        ("promises/strangnas-2021.toml", '"public"', '"protected"', "c1.disclosure: 'protected' passar inte"),
        ("promises/strangnas-2021.toml", '"count_only"', '"yes_no"', "c2.disclosure: 'yes_no' passar inte"),
        ("promises/strangnas-2021.toml", '"count_only"', '"protected"\nthreshold = 1', "commitment.1.threshold"),
        ("municipalities/strangnas.toml", 'code = "0486"', 'code = "486"', "code"),
        ("municipalities/strangnas.toml", 'name = "Strängnäs kommun"', "name = ", "går inte att läsa"),
        ("municipalities/strangnas.toml", 'id = "strangnas.se"', 'id = "polisen.se"', "finns flera gånger"),
        ("municipalities/strangnas.toml", 'zero_ok = true', 'zero_ok = "${NOT_SET}"', "NOT_SET saknas"),
        ("sources.toml", "[[source]]", "[[sources]]", "okänd nyckel"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_place_and_mend(folder: Path, file: str, old: str, new: str, said: str) -> None:
    """A bad value never starts a run; the message names the file and what to do."""
    spoil(folder / file, old, new)
    found = problems(folder)
    assert said in found
    assert Path(file).name in found or "sources.toml" in found
    assert "Åtgärd:" in found


def test_an_activity_needs_a_word_of_its_own(folder: Path) -> None:
    """Words in `named` or in `activity` will do; with neither, nothing could ever be found."""
    file = folder / "promises/strangnas-2021.toml"
    spoil(file, 'activity = ["vandring", "rundvandring", "promenad", "kvällsvandring"]', "")
    assert config.load(folder).promises["strangnas-2021"]
    spoil(file, 'named = ["trygghetsvandring", "trygghetsvandra", "områdesvandring"]', "")
    assert "commitment c5.signals: ord saknas. Åtgärd: ange minst ett ord" in problems(folder)


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    """Nobody has to mend one to hear of the next."""
    spoil(folder / "promises/strangnas-2021.toml", "target = 2", "targett = 2")
    spoil(folder / "municipalities/strangnas.toml", 'code = "0486"', 'code = "486"')
    assert len(problems(folder).splitlines()) >= 2


def test_a_broken_template_is_refused_with_its_line(folder: Path) -> None:
    """The wording is checked before any draft is made."""
    name = sorted(p.name for p in (folder / "templates").glob("*.j2"))[0]
    path = folder / "templates" / name
    path.write_text(path.read_text(encoding="utf-8") + "\n{% block trasig %}", encoding="utf-8")
    assert re.search(rf"{re.escape(name)}, rad \d+", problems(folder))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The mend says which option to use."""
    assert "--config" in problems(tmp_path / "nowhere")


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key never appears in the text of the object that holds it."""
    monkeypatch.setenv("LOFTESKOLL_X_CONSUMER_KEY", "very-secret-key")
    loaded = config.load()
    assert "very-secret-key" not in repr(loaded)
    channel = next(c for c in loaded.municipalities["strangnas"].channels if c.kind == "x")
    assert channel.secrets["consumer_key"].get_secret_value() == "very-secret-key"


def test_another_folder_may_build_on_a_file(tmp_path: Path) -> None:
    """`based_on` takes a file and replaces only what differs."""
    (tmp_path / "municipalities").mkdir()
    (tmp_path / "sources.toml").touch()
    shipped = config.SHIPPED / "municipalities" / "strangnas.toml"
    (tmp_path / "municipalities" / "strangnas.toml").write_text(f'based_on = "{shipped}"\nnotice = "Prov"\n')
    loaded = config.load(tmp_path)
    assert loaded.municipalities["strangnas"].notice == "Prov"
    assert loaded.municipalities["strangnas"].places == config.load().municipalities["strangnas"].places


def test_a_folder_is_read_once_until_something_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files and environment give the same objects; a changed or new file, or a variable, is seen at once."""
    first = config.load(folder)
    assert config.load(folder).promises is first.promises
    assert config.load(folder, "sqlite:///other.db").database == "sqlite:///other.db"
    spoil(folder / "municipalities" / "strangnas.toml", 'name = "Strängnäs kommun"', 'name = "Staden"')
    assert config.load(folder).municipalities["strangnas"].name == "Staden"
    (folder / "engine.toml").write_text("chunk = 7\n", encoding="utf-8")
    assert config.load(folder).engine.chunk == 7
    monkeypatch.setenv("LOFTESKOLL_ADDRESS", "https://example.se/")
    assert config.load(folder).address == "https://example.se"
    (folder / "promises" / "strangnas-2021.toml").unlink()
    assert "strangnas-2021" not in config.load(folder).promises


def test_a_changed_file_underneath_is_seen(folder: Path, tmp_path: Path) -> None:
    """A municipality's file may be based on one that lies anywhere."""
    below = tmp_path / "elsewhere.txt"
    below.write_text((folder / "municipalities" / "strangnas.toml").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "municipalities" / "strangnas.toml").write_text(f'based_on = "{below}"\n', encoding="utf-8")
    assert config.load(folder).municipalities["strangnas"].name == "Strängnäs kommun"
    spoil(below, 'name = "Strängnäs kommun"', 'name = "Staden"')
    assert config.load(folder).municipalities["strangnas"].name == "Staden"


def test_a_key_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's secret or a systemd credential; the environment goes first, a changed file is read anew."""
    file, folder = tmp_path / "key", tmp_path / "credentials"
    folder.mkdir()
    file.write_text("hemlig-1\n", encoding="utf-8")
    monkeypatch.setenv("LOFTESKOLL_ALARM_URL_FILE", str(file))

    def found() -> str:
        return config.load().notify[0].url.get_secret_value()

    assert found() == "hemlig-1"
    file.write_text("hemlig-22\n", encoding="utf-8")
    assert found() == "hemlig-22" and "hemlig-22" not in repr(config.load())
    monkeypatch.setenv("LOFTESKOLL_ALARM_URL", "ur miljön")
    assert found() == "ur miljön"
    monkeypatch.delenv("LOFTESKOLL_ALARM_URL")
    monkeypatch.delenv("LOFTESKOLL_ALARM_URL_FILE")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert found() == ""
    (folder / "LOFTESKOLL_ALARM_URL").write_text("ur systemd", encoding="utf-8")
    assert found() == "ur systemd"
    monkeypatch.setenv("LOFTESKOLL_ALARM_URL_FILE", str(tmp_path / "finns-inte"))
    with pytest.raises(ConfigError) as error:
        config.load()
    assert "LOFTESKOLL_ALARM_URL_FILE" in str(error.value.problems[0])


def test_what_talks_to_networks_says_only_what_is_wrong() -> None:
    """A line for every request filled the console; at DEBUG there would be keys in it."""
    config.load()
    for name in ("httpx", "httpx2", "urllib3", "tweepy", "authlib"):
        assert logging.getLogger(name).getEffectiveLevel() == logging.WARNING, name
