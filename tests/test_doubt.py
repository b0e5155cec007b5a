"""Doubt: which texts are asked about, and what it takes for one to be dismissed without a question."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import config
from tasks import evidence
from tasks.model import Reading, Record

CONFIG = config.load()
PROMISE = CONFIG.promises["strangnas-2021"]
MUNICIPALITY = CONFIG.municipalities["strangnas"]


def read(title: str, body: str) -> dict[str, Reading]:
    """Return by commitment what is read in a text on the municipality's own site."""
    when = datetime(2021, 10, 20, tzinfo=UTC)
    record = Record("strangnas-nyheter", "1", title, body, published_at=when, party="municipality")
    return {r.commitment: r for r in evidence.read([record], PROMISE, MUNICIPALITY)}


@pytest.mark.parametrize(
    "body",
    [
        "Avklarat: trygghetsvandring Granby.",
        "Vi vill tacka alla som kom på trygghetsvandringen i går.",
        "Vi lovade fyra trygghetsvandringar och det blev fem.",
        "Nu är vårens trygghetsvandring i Granby till ända.",
        "Som ett led i löftet bjöd polisen in boende till trygghetsvandring i tisdags.",
        "Boende fick brev inför hösten. Lamporna som pekades ut på trygghetsvandringen får inte ström.",
    ],
)
def test_doubt_is_a_question(body: str) -> None:
    """What names the activity and may be a report is asked about; only positive grounds dismiss it."""
    reading = read("Nytt", body)["c5"]
    assert (reading.state, reading.band) == ("held", "unsure")


@pytest.mark.parametrize(
    "body",
    [
        "Trygghetsvandringar är ett bra sätt att möta invånarna.",
        "Kommunen har anställt en samordnare som ansvarar för trygghetsvandringar.",
        "Ledamöterna röstade nej till fler trygghetsvandringar.",
        "Varför går kommunen trygghetsvandringar?",
        "Polischefen berättade om trygghetsvandringar.",
    ],
)
def test_what_only_concerns_such_activities_is_not_asked(body: str) -> None:
    """The general present, talk, and what is about such activities, is dismissed without a question."""
    reading = read("Nytt", body)["c5"]
    assert (reading.state, reading.band) == ("background", "no")


def test_one_day_behind_and_one_ahead_is_a_question() -> None:
    """A row of days on both sides of the publication is for a person to tell apart."""
    reading = read("Höst", "Trygghetsvandring den 14 oktober och den 11 november kl. 18, samling vid torget.")["c5"]
    assert (reading.state, reading.band) == ("held", "unsure")


def test_an_operation_without_its_name_is_asked_about() -> None:
    """What an operation leads to, beside the vehicles it is about, is a question and never a count."""
    reading = read("Böter", "Polisen bötfällde sju epaförare i lördags.")["c7"]
    assert (reading.state, reading.band) == ("held", "unsure")
