"""The measurability coach: what is found in a commitment, what it lacks, and the wording it drafts."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.__main__ import main
from tasks import coach
from tasks.coach import Advice
from tasks.model import Refused
from tests.following import shipped

TEMPLATES = shipped().templates
ADVICE = {a.key: a for a in coach.of_promise(shipped().promises["strangnas-2021"])}


def of(text: str) -> Advice:
    """Return the advice on a text with one commitment."""
    (advice,) = coach.of_text(f"- {text}")
    return advice


@pytest.mark.parametrize(
    ("key", "verdict", "missing"),
    [
        ("c1", "går inte att följa upp", {"verb", "number", "place", "deadline"}),
        ("c2", "går inte att följa upp", {"number", "deadline"}),
        ("c3", "går inte att följa upp", {"unit", "number", "deadline"}),
        ("c4", "går att följa upp", set()),
        ("c5", "nästan", {"deadline"}),
        ("c6", "nästan", {"deadline"}),
        ("c7", "går inte att följa upp", {"number", "deadline"}),
        ("m1", "går att följa upp", set()),
    ],
)
def test_the_promise_of_2021_is_judged_as_people_judged_it(key: str, verdict: str, missing: set[str]) -> None:
    """c4 passes, c5 and c6 lack only a day, the rest can't be followed up."""
    assert (coach.verdict(ADVICE[key]), set(ADVICE[key].missing)) == (verdict, missing)
    assert len(coach.why(TEMPLATES, ADVICE[key])) == len(missing) and bool(ADVICE[key].suggestion) == bool(missing)


def test_a_suggestion_has_gaps_and_no_invented_number() -> None:
    """What the text says is kept, what it leaves open stands in brackets."""
    assert ADVICE["c5"].suggestion.startswith(
        "Kommunen ska genomföra minst fyra trygghetsvandringar i kommunen senast den [datum]."
    )
    assert "minst [antal] narkotikasök på skolor" in ADVICE["c2"].suggestion
    assert not any(c.isdigit() for a in ADVICE.values() for c in a.suggestion)


def test_a_suggestion_asks_for_no_more_than_may_be_told() -> None:
    """Visits to single families get a yes or no, and no place; searches get no place either."""
    assert "ja eller nej" in ADVICE["c3"].suggestion and "[antal]" not in ADVICE["c3"].suggestion
    assert "plats" not in ADVICE["c2"].suggestion


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Polisen ska genomföra minst tio fartkontroller vid skolor under 2024, och varje kontroll dokumenteras.", ()),
        ("Vi ska verka för ett tryggare centrum.", ("verb", "unit", "number", "place", "deadline", "confirms")),
        ("Kommunen ska besöka ungdomar i åldrarna 15 till 18 år.", ("unit", "number", "place", "deadline", "confirms")),
        ("Polisen ska ordna en temakväll för föräldrar senast den 1 maj.", ("confirms",)),
        ("Kommunen ska hålla möten med boende varje månad.", ("confirms",)),
    ],
)
def test_each_part_is_found_where_it_is_said(text: str, missing: tuple[str, ...]) -> None:
    """An age, a date and a year are no numbers; a vague verb is no verb."""
    advice = of(text)
    # "ungdomar i åldrarna" names a group without a preposition before it: either answer helps.
    assert tuple(m for m in advice.missing if m != "place") == tuple(m for m in missing if m != "place"), advice


def test_a_vague_verb_is_named_in_the_reason() -> None:
    """The writer sees which word says nothing."""
    assert coach.why(TEMPLATES, of("Vi ska verka för ett tryggare centrum."))[0].startswith(
        "”Verka” säger inte vad som ska göras"
    )


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("Polisen lovar att:\n\n- gå två vandringar\n* hålla\n  tre möten\n\nKommunen:\n1. ordna en träff", 3),
        ("KOMMUN: Provby\nLÖFTEN: polisen: tio kontroller i byn; hundsök. Kommunen: en enkät\nNOT: inget mål", 3),
        ("Vi bor bra här. Kommunen ska ordna en enkät. Polisen kommer att gå två vandringar.", 2),
        ("Inget av intresse.", 0),
        ("", 0),
    ],
)
def test_commitments_are_found_in_plain_text(text: str, headings: int) -> None:
    """Bullets, numbered lines, a list after a label, or sentences that promise."""
    assert len(coach.of_text(text)) == headings


def test_a_list_gives_its_party_to_each_of_its_lines() -> None:
    """ "Polisen lovar att:" is said of every bullet under it."""
    advice, other = coach.of_text("Polisen lovar att:\n- gå två vandringar\n\nKommunen:\n- ordna en träff")
    assert (advice.found["actor"], other.found["actor"]) == ("Polisen", "Kommunen")


def test_the_most_common_lack_comes_first() -> None:
    """The sum tells what to begin with."""
    assert coach.common(tuple(ADVICE.values()))[0] == ("deadline", 6)


def test_every_promise_and_any_text_is_shown_readably(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table, the reasons, a wording and a sum; a file that is none is refused in words."""
    text = tmp_path / "löfte.txt"
    text.write_text("- Polisen ska arbeta mot droger.\n", encoding="utf-8")
    assert main(["coach", "strangnas-2021", str(text)]) == 0
    shown = capsys.readouterr().out
    assert "går att följa upp" in shown and "Förslag: Kommunen ska genomföra minst fyra" in shown
    assert "”Arbeta” säger inte vad" in shown and "Alla tillsammans: 2 av 9 löften" in shown
    assert main(["coach", str(tmp_path / "saknas.txt")]) == 1
    assert "varken ett löfte eller en textfil" in capsys.readouterr().err


def test_real_promises_are_read(shared: Path) -> None:
    """The promises of other municipalities give a result each can use; most lack a number and a day."""
    texts = [p.read_text(encoding="utf-8") for p in sorted((shared / "data" / "promises").glob("*.txt"))]
    every = [a for text in texts for a in coach.of_text(text)]
    assert len(every) >= 40
    assert {need for need, _ in coach.common(every)[:3]} >= {"deadline"}
    assert all(a.suggestion.endswith(".") and "  " not in a.suggestion for a in every if a.missing)


def test_staff_word_why_it_matters() -> None:
    """A block of rad.j2 says it; one that is gone is named."""
    lacking = next(a for a in ADVICE.values() if "number" in a.missing)
    own = dict(TEMPLATES) | {"rad.j2": TEMPLATES["rad.j2"].replace("Det står inte hur många", "Vi vet inte hur många")}
    assert any(line.startswith("Vi vet inte hur många") for line in coach.why(own, lacking))
    assert not any(line.startswith("Vi vet inte") for line in coach.why(TEMPLATES, lacking))
    own["rad.j2"] = TEMPLATES["rad.j2"].replace("block lacks_number", "block lacks_numbr")
    with pytest.raises(Refused, match=r"rad\.j2 saknar blocket lacks_number"):
        coach.why(own, lacking)
