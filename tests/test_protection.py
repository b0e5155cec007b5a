"""A place or a day typed by hand beside a protected commitment is refused, and nothing else is."""

from __future__ import annotations

import pytest

from tasks import wording
from tests.following import sample

MADE, PLACE, FOLLOW = sample(3)


def remarks(text: str, part: str) -> list[str]:
    """Return why a text can't be saved in that block."""
    return wording.check_edit(text, FOLLOW.figures, MADE, part, wording.place_names(PLACE))


@pytest.mark.parametrize(
    ("part", "text", "words"),
    [
        ("c2", "Sök gjordes i Mariefred.", "Mariefred"),
        ("c2", "Sök gjordes på Påhittsskolan.", "Påhittsskolan"),
        ("c2", "Sök gjordes på Nya Påhittets skola.", "Nya Påhittets"),
        ("c2", "Söket gjordes den 14 oktober.", "14 oktober"),
        ("c2", "Söket gjordes i oktober.", "oktober"),
        ("c2", "Söket gjordes vecka 41.", "vecka 41"),
        ("c2", "Söket gjordes dagen före höstlovet.", "höstlovet"),
        ("c3", "Besöken gjordes på tisdagar.", "tisdagar"),
        ("c3", "Arbetssättet har använts i Åkers styckebruk.", "Åkers styckebruk"),
        ("lead", "Ett narkotikasök gjordes i Mariefred.", "Mariefred"),
        ("c5", "Polisen gjorde hembesök i Härad i maj.", "Härad"),
    ],
)
def test_where_or_when_is_refused_beside_what_is_protected(part: str, text: str, words: str) -> None:
    """In its own block, and wherever a sentence names what it counts; the remark says which words and why."""
    (remark,) = remarks(text, part)
    assert f"”{words}”" in remark or words in remark
    assert "peka ut någon" in remark and "under perioden" in remark


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("c2", "Under {period.name} gjordes {c2.held} {c2.unit}, som längst till den {period.end}."),
        ("c2", "Polisen i Strängnäs kommun berättar inte var eller vilken dag."),
        ("c2", "”Polisen kommer att genomföra narkotikasök med hund på skolor” står det i löftet."),
        ("c3", "Polisen åker hem till ungdomar enligt Linköpingsmodellen."),
        ("c5", "Vi gick i Mariefred den 14 oktober."),
        ("lead", "Vi gick i Mariefred i oktober, och polisen var med."),
    ],
)
def test_tokens_public_promises_and_the_whole_municipality_are_free(part: str, text: str) -> None:
    """What the figures say has been through disclosure control; public promises have places and days."""
    assert remarks(text, part) == []


@pytest.mark.parametrize(
    ("part", "text", "words"),
    [
        ("c3", "Arbetssättet har använts flera gånger.", "flera gånger"),
        ("c3", "Polisen åker hem till ungdomar varje vecka.", "varje vecka"),
        ("c3", "Polisen har gjort enstaka hembesök.", "enstaka"),
        ("c3", "Arbetssättet används sällan.", "sällan"),
        ("c3", "Arbetssättet har använts vid några få tillfällen.", "några få"),
        ("lead", "Vandringar gick vi. Hembesök har polisen gjort ofta.", "ofta"),
    ],
)
def test_how_often_is_refused_beside_what_is_not_counted_in_the_open(part: str, text: str, words: str) -> None:
    """A vague amount tells a hidden number as well as a figure does."""
    (remark,) = remarks(text, part)
    assert f"”{words}”" in remark and "visas inte för Hembesök" in remark


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("c3", "Vi redovisar bara om arbetssättet har använts, inte hur ofta eller var."),
        ("c5", "Flera som gick med ville ha mer ljus, och vi går varje vår."),
        ("lead", "Vi har gått några vandringar i kommunen."),
    ],
)
def test_how_often_is_free_elsewhere(part: str, text: str) -> None:
    """What is counted in the open may be told in words, and a text may say that it doesn't tell how often."""
    assert remarks(text, part) == []
