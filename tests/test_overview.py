"""One truth: the board and `lofteskoll status` say the same of every period, source and alarm."""

from __future__ import annotations

import re
from html import unescape

import pytest

import config as configuration
from flows import show
from flows.overview import Overview, overview
from flows.review import board, operations
from tasks.alarms import Alarm
from tasks.model import Fetch, Publication
from tasks.store import Store, alarms, publications, records
from tests.reviewing import NOW, PERIOD, PROMISE, House, house

pytestmark = pytest.mark.slow


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """An open draft, a refused page, a source in trouble and an alarm."""
    made = house(configuration.load(), sqlite_store)
    row = Publication(0, PROMISE, PERIOD, 1, "polisen.se", f"{PROMISE}/{PERIOD}", "pending", made.draft_id, 1)
    with made.store.writing() as db:
        publications.enqueue(db, [row], NOW)
        publications.move(db, 1, from_states=["pending"], to="refused", now=NOW)
        records.add_fetch(db, Fetch("strangnas-nyheter", NOW, "unavailable", message="Nyheterna svarade inte."))
        alarms.keep(db, [Alarm("disk", "Bara 12 MB är kvar på disken.", "Frigör utrymme.", NOW)], NOW)
    return made


def seen(home: House) -> Overview:
    """What both are made of."""
    with home.store.reading() as db:
        return overview(db, home.config, NOW)


def flat(text: str) -> str:
    """A text on one line, without tags and doubled blanks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_board_and_the_command_line_say_the_same(home: House, capsys: pytest.CaptureFixture[str]) -> None:
    """Every step with its word, every source with its state, every alarm: no more in one, no less in the other."""
    truth, html = seen(home), home.signed_in("demo-drift").get("/").text
    found = re.findall(r'stage-name">(.*?)</span>\s*<span class="stage-word">(.*?)</span>', html, re.S)
    # A link's hidden words are for those who hear the page.
    on_board = [(flat(name), flat(re.sub(r'<span class="away">.*', "", word, flags=re.S))) for name, word in found]
    cells = [(c.stage, c.word) for x in truth.lines for c in (*x.steps, *x.channels)]
    assert sorted(on_board) == sorted(cells) and ("Polisens webbplats", "nekad") in cells

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(show.console, "width", 300)
        show.status(configuration.load(None, home.store.url), None, NOW)
    said = capsys.readouterr().out
    rows = [tuple(flat(part) for part in line.split("│")) for line in said.splitlines() if "│" in line]
    assert [r for r in rows if r in cells] == cells
    for health in truth.health:
        assert (health.source.name, health.text) in rows and health.text in flat(html)
    for alarm in truth.alarms:
        assert alarm.what in flat(html) and any(alarm.what in row for row in rows)


def test_there_is_no_other_way_to_say_it() -> None:
    """Neither screen nor command works a state out for itself."""
    for module in (board, operations, show):
        assert not {"standings", "approved_parties"} & set(vars(module)), module
    assert board.overview is overview and show.overview is overview


def test_a_reason_that_may_quote_a_source_is_kept_apart(home: House) -> None:
    """Prefect is told that a source needs somebody, the review application why."""
    [news] = [h for h in seen(home).health if h.source.id == "strangnas-nyheter"]
    assert news.tone == "act" and "Nyheterna" not in news.said and "Nyheterna svarade inte." in news.text
