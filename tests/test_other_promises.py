"""Another municipality's promise is one file: what two of them read in invented texts, with no rule changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks import evidence
from tasks.model import Reading, Record
from tests.evaluate_replay import NEWS, promise_of

PROMISES = Path(__file__).parent / "data" / "promises"


def read(case: str, name: str, published: str, text: str) -> dict[str, Reading]:
    """Return by commitment what that town's promise reads in a text on its own site."""
    promise, municipality = promise_of(case, name, PROMISES)
    when = datetime.fromisoformat(published).replace(tzinfo=UTC)
    record = Record(NEWS.id, "1", "Nytt", text, published_at=when, party="municipality")
    return {r.commitment: r for r in evidence.read([record], promise, municipality)}


@pytest.mark.parametrize(
    ("published", "text", "expected"),
    [
        ("2019-05-20", "I fredags gick polisen fotpatruller i centrum.", {"k1": ("held", "sure", None)}),
        ("2019-05-20", "Polisen fotpatrullerar när det behövs.", {"k1": ("background", "no", None)}),
        ("2019-05-20", "Den 14 maj gjorde polisen narkotikasök på gymnasiet.", {"k2": ("held", "sure", 1)}),
        ("2019-10-20", "Den 3 oktober hölls en trygghetsvandring i centrum.", {"k3": ("held", "sure", 1)}),
        ("2019-10-20", "Minst två trygghetsvandringar ska hållas i centrum.", {"k3": ("promise_text", "no", 2)}),
        ("2019-10-20", "Två tillsyner av alkohol på krogar gjordes i september.", {"k4": ("held", "sure", 2)}),
        ("2019-10-20", "Tillsyn av tobak: 1 (mål 2).", {"k4": ("held", "unsure", 1)}),
        ("2019-10-20", "Trygghetsvandring den 5 november kl. 18, samling vid torget.", {"k3": ("planned", "sure", 1)}),
        ("2019-10-20", "Nattvandring hölls i lördags.", {}),
        ("2019-10-20", "Höjd tillsynsavgift för alkohol beslutades.", {}),
        ("2018-10-20", "Den 3 oktober 2018 hölls en trygghetsvandring i centrum.", {}),
    ],
)  # fmt: skip
def test_katrineholm_2019(published: str, text: str, expected: dict[str, tuple[str, str, int | None]]) -> None:
    """Foot patrols, searches, walks and inspections: counted, planned, described or nothing, from the file alone."""
    found = read("katrineholm-2019", "Katrineholm", published, text)
    assert {k: (r.state, r.band, r.count) for k, r in found.items()} == expected


@pytest.mark.parametrize(
    ("published", "text", "expected"),
    [
        ("2022-10-20", "Polisen hade i tisdags en insats för cyklister vid en skola.", {"e1": ("held", "sure", 1)}),
        ("2022-10-20", "Polisen stoppade sju mopeder i fredags.", {"e2": ("held", "unsure", 1)}),
        ("2022-10-20", "Polisen genomförde två insatser mot A-traktorer i september.", {"e2": ("held", "sure", 2)}),
        ("2022-10-20", "Polisen kommer att göra insatser mot epor vid skolor.", {"e2": ("planned", "sure", None)}),
        ("2022-10-20", "Insatsen mot mopeder den 18 oktober ställdes in.", {"e2": ("cancelled", "sure", 1)}),
        ("2022-10-20", "Den 11 oktober gjorde polisen hundsök på en skola.", {"e3": ("held", "sure", 1)}),
        ("2022-10-20", "En cyklist skadades utanför skolan i går.", {}),
        ("2022-10-20", "Räddningsinsats efter att en moped brunnit.", {}),
    ],
)  # fmt: skip
def test_eskilstuna_2022(published: str, text: str, expected: dict[str, tuple[str, str, int | None]]) -> None:
    """Operations for cyclists and against tuned vehicles, and searches: from the file alone."""
    found = read("eskilstuna-2022", "Eskilstuna", published, text)
    assert {k: (r.state, r.band, r.count) for k, r in found.items()} == expected
