"""The small words of the review pages: days, moments, sources, differences, tokens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from config.schema import Source
from flows import overview
from flows.review import gate, page, texts
from tasks import periods
from tasks.model import Dated, Fetch, Figure

pytestmark = pytest.mark.slow

NOW = datetime(2021, 5, 10, 8, tzinfo=UTC)
SITE = Source(id="nyheter", kind="rss", name="Nyheter", url="https://exempel.se/rss", silent_after_hours=48)
FORM = Source(id="rapporter", kind="report", name="Rapporter", url="form:police", keeps="all")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (7, "7 dagar kvar"),
        (1, "1 dag kvar"),
        (0, "ska vara klart i dag"),
        (-1, "1 dag försenat"),
        (-9, "9 dagar försenat"),
        (-900, "försenat"),
    ],
)
def test_days_left(days: int, words: str) -> None:
    """The time to a due date is said as people say it."""
    today = date(2021, 5, 10)
    assert periods.days_left(today + timedelta(days=days), today) == words


def test_moments_are_swedish() -> None:
    """A moment is shown in Swedish local time, and as a day where a source gave no time."""
    assert periods.moment(NOW) == "10 maj 2021 kl. 10.00"
    assert periods.moment(datetime(2021, 1, 10, 23, tzinfo=UTC)) == "11 januari 2021"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (None, "okänt datum"),
        (Dated.day(date(2021, 5, 17)), "17 maj 2021"),
        (Dated(date(2021, 5, 1), date(2021, 5, 31), "month"), "1–31 maj 2021"),
        (Dated(date(2021, 1, 1), date(2021, 12, 31), "year"), "någon gång 2021"),
    ],
)
def test_days_are_as_exact_as_known(when: Dated | None, words: str) -> None:
    """A day that isn't known is not made up."""
    assert page.dated(when) == words


@pytest.mark.parametrize(
    ("source", "log", "tone", "words"),
    [
        (FORM, (), "ok", "Ett formulär"),
        (SITE, (), "none", "Har inte hämtats ännu."),
        (SITE, (("ok", 1),), "ok", "Svarade senast 10 maj 2021 kl. 09.00."),
        (SITE, (("ok", 60),), "act", "Det är för länge sedan."),
        (SITE, (("ok", 5), ("unavailable", 1)), "act", "Svarade senast 10 maj 2021 kl. 05.00. Svarar inte."),
        (SITE, (("refused", 1),), "act", "Har aldrig svarat. Svarar inte."),
    ],
)
def test_a_source_says_how_it_is(source: Source, log: tuple[tuple[str, int], ...], tone: str, words: str) -> None:
    """Each state of a source has its sentence."""
    fetches = [Fetch(source.id, NOW - timedelta(hours=h), o, message="Svarar inte.") for o, h in log]
    good = max((f.at for f in fetches if f.good), default=None)
    found = overview.source_health(source, (good, fetches[-1]) if fetches else None, NOW)
    assert found.tone == tone
    assert words in found.text


def test_a_difference_is_by_the_word() -> None:
    """Only the words that differ are marked, and the parts join to both texts."""
    old, new = "Vi gick tre gånger i maj.", "Vi gick flera gånger i juni."
    parts = texts.compare(old, new)
    assert [(c.kind, c.text) for c in parts if c.kind != "same"] == [
        ("old", "tre"),
        ("new", "flera"),
        ("old", "maj."),
        ("new", "juni."),
    ]
    assert "".join(c.text for c in parts if c.kind != "new") == old
    assert "".join(c.text for c in parts if c.kind != "old") == new


def test_words_exchanged_in_a_row_are_one_phrase() -> None:
    """A person reads what stood and what stands, not the two word by word; both texts can be put together again."""
    old, new = "Polisen och kommunen har genomfört 3 möten.", "Vi vet inte om något har genomförts."
    parts = texts.compare(old, new)
    assert [(p.kind, p.text) for p in parts[:3]] == [
        ("old", "Polisen och kommunen"),
        ("new", "Vi vet inte om något"),
        ("same", " har "),
    ]
    assert "".join(p.text for p in parts if p.kind != "new") == old
    assert "".join(p.text for p in parts if p.kind != "old") == new


def test_a_very_long_difference_is_shown_whole() -> None:
    """Two long texts are not compared for minutes."""
    parts = texts.compare("a " * 9000, "b " * 9000)
    assert [c.kind for c in parts] == ["old", "new"]


def test_tokens_become_figures() -> None:
    """A known token is a piece of its own; one that rests on nothing doesn't open; an unknown one stays as written."""
    figures = {"c5.held": Figure("c5.held", 2, "2"), "period.name": Figure("period.name", None, "maj")}
    paragraphs = texts.filled("Vi gick {c5.held} i {period.name}, {c9.held}.\n\nSlut.", figures, {})
    assert [[(p.text, p.token, p.opens) for s in sentences for p in s.pieces] for sentences in paragraphs] == [
        [
            ("Vi gick ", "", False),
            ("2", "c5.held", True),
            (" i ", "", False),
            ("maj", "period.name", False),
            (", {c9.held}.", "", False),
        ],
        [("Slut.", "", False)],
    ]


def test_only_the_sentence_of_a_moved_figure_is_marked() -> None:
    """A paragraph falls into sentences without losing a sign; the one whose figure moved knows what it said before."""
    figures = {"c5.held": Figure("c5.held", 2, "2")}
    text = "Så gick det. Vi gick {c5.held} vandringar, t.ex. i Åker.\nPolisen var med."
    [sentences] = texts.filled(text, figures, {"c5.held": "1"})
    assert "".join(p.text for s in sentences for p in s.pieces) == text.replace("{c5.held}", "2")
    assert [bool(s.moved) for s in sentences] == [False, True, False]
    assert [(p.text, p.before) for s in sentences for p in s.moved] == [("2", "1")]


def test_a_long_comparison_is_shortened_around_its_differences() -> None:
    """What is the same keeps a few words beside each difference; nothing that differs is lost."""
    same = "ord " * 200
    changes = texts.shortened(texts.compare(f"{same}gammalt {same}", f"{same}nytt {same}"))
    assert [c.text.strip() for c in changes if c.kind != "same"] == ["gammalt", "nytt"]
    assert all(len(c.text) < 80 for c in changes)
    assert changes[0].text.startswith(" … ") and changes[-1].text.endswith(" … ")


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:80", True),
        ("localhost", True),
        ("[::1]", True),
        ("[::1]:80", True),
        ("::1", True),
        ("", False),
        ("127.0.0.1.exempel.se", False),
        ("localhost.", False),
        ("10.0.0.1", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, own: bool) -> None:
    """Only loopback names and addresses are this machine."""
    assert gate.is_loopback_host(host) is own
