"""What reads heavily is remarked on and may be saved all the same."""

from __future__ import annotations

from tasks import wording
from tasks.model import Figure
from tasks.wording import language
from tests.following import promise

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
