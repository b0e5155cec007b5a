"""What reads heavily is remarked on and may be saved all the same."""

from __future__ import annotations

import pytest

from tasks import wording
from tasks.model import Figure
from tasks.wording import language
from tests.following import drafted, promise, sample

FIGURES = (Figure("c5.held", 4, "4"), Figure("c5.places", None, "Mariefred, Härad, Länna och Stallarholmen"))
HEAVY = (
    "Trygghetssamordnarens verksamhetsuppföljning konstaterar genomförandet av förebyggande informationsinsatser. "
    "Samverkansöverenskommelsens prioriterade brottsförebyggande arbetsområden återrapporteras kontinuerligt. "
    "Vårdnadshavares deltagande i informationstillfällen dokumenteras regelbundet av kommunens handläggare, "
    "polismyndighetens representanter, skolledningarna samt fritidsverksamheterna inom kommunens ansvarsområden."
)


def test_a_plain_text_gets_no_remark() -> None:
    """Short sentences of short words pass."""
    assert wording.advice("Vi gick {c5.held} vandringar. Polisen var med på alla.", FIGURES) == ()


def test_a_long_sentence_is_named_with_its_length() -> None:
    """Words that a figure brings count too; the beginning says which sentence it is."""
    text = "Kort mening. Vi gick vandringar i {c5.places} " + "och sedan en gång till " * 5 + "."
    [remark] = wording.advice(text, FIGURES)
    assert "”Vi gick vandringar i …” har 34 ord" in remark


def test_a_heavy_text_gets_its_index() -> None:
    """LIX is words a sentence plus the share of words longer than six letters."""
    assert any("LIX" in remark for remark in language.advice(HEAVY))


def test_a_few_long_words_are_no_heavy_text() -> None:
    """LIX says nothing about a line."""
    assert language.advice("Trygghetsvandringar: informationskampanj.") == ()


def test_remarks_do_not_stop_a_save() -> None:
    """What is only hard to read is no refusal."""
    assert wording.check_edit(HEAVY, FIGURES, promise()) == []


@pytest.mark.parametrize(
    "text",
    [
        "Två vandringar har genomförts i centrum.",
        "Mötet hölls i matsalen.",
        "Ett brev skickades hem till alla föräldrar.",
        "Kontroller har gjorts på vägen.",
    ],
)
def test_a_passive_without_who_did_it_is_remarked_on(text: str) -> None:
    """The remark says which sentence and which words."""
    (remark,) = language.advice(text)
    assert "säger inte vem" in remark and "polisen eller kommunen" in remark


@pytest.mark.parametrize(
    "text",
    [
        "Två vandringar har genomförts av kommunen.",
        "Kommunens möte hölls i matsalen.",
        "Vi bjöd in, och mötet hölls i matsalen.",
        "Områdespolisen var med när kontrollerna gjordes.",
        "Vanliga trafikkontroller räknas inte.",
        "Uppgiften redovisas när perioden är slut.",
        "Det gjorde vi i maj.",
    ],
)
def test_a_sentence_with_an_actor_or_nothing_done_is_no_passive(text: str) -> None:
    """Someone is named, or there is nobody to name."""
    assert language.advice(text) == ()


@pytest.mark.parametrize(
    ("text", "remarks"),
    [
        ("Vi träffades i BRÅ.", 1),
        ("Vi träffades i EST-gruppen och i BRÅ.", 2),
        ("Vi träffades i brottsförebyggande rådet (BRÅ).", 0),
        ("Vi träffades i BRÅ (rådet mot brott i kommunen).", 0),
        ("Polisen stoppade EPA-traktorer.", 0),
        ("Polisen stoppade flera EPA.", 1),
        ("Boende fick ett SMS.", 0),
        ("Festen på ESTRADEN blev av.", 0),
    ],
)
def test_a_short_form_is_written_out_once(text: str, remarks: int) -> None:
    """What the field shortens is explained to the reader, in any words."""
    found = language.advice(text)
    assert len(found) == remarks and all("inte förklarat" in f for f in found)


def test_what_stands_beside_the_text_explains_it() -> None:
    """The commitment's own words, shown next to the text, write BRÅ and EST out."""
    made, _, follow = sample(3)
    assert wording.advice("Vi har haft {c1.held} möten i BRÅ.", follow.figures, made, "c1") == ()
    assert wording.advice("Vi har haft {c1.held} möten i BRÅ.", follow.figures, made, "lead") != ()


def test_one_council_is_spelled_one_way() -> None:
    """BRÅ and Brå in one text are two councils to a careful reader."""
    text = "Brottsförebyggande rådet (BRÅ) har träffats. Brå fick en rapport."
    assert ["välj" in remark for remark in language.advice(text)] == [True]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_shipped_wording_gets_no_remark_on_actors_and_short_forms(number: int) -> None:
    """A remark on what nobody wrote teaches people to look away."""
    made, place, follow = sample(number)
    for block in drafted(made, place, follow):
        found = wording.advice(block.text, follow.figures, made, block.part)
        assert not [f for f in found if "vem som" in f or "förklarat" in f or "välj" in f], block
