"""Saklighet: what is stopped, what is let through, and how well on invented sentences."""

from __future__ import annotations

import pytest

from tasks.wording.fairness import claims, unfair_claims
from tests import evaluate_language
from tests.following import shipped


@pytest.mark.parametrize(("part", "recall"), [("unseen", 0.9), ("second-sight", 0.65)])
def test_most_of_what_is_stopped_should_be(part: str, recall: float) -> None:
    """Precision of the blocking rules is the goal of 0.95 on sentences that no rule was mended by.

    How many they catch is no goal of the brief; it must not fall below what was measured.
    """
    figures = evaluate_language.measure_part(part, quiet=True)
    assert figures["precision"] >= 0.95
    assert figures["recall"] >= recall


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Våra kontroller har gett resultat.", "effect"),
        ("Vi vet inte varför, men brotten har minskat.", "change"),
        ("Kampanjen var en succé.", "praise"),
        ("Kommunen slarvade med rapporten.", "blame"),
    ],
)
def test_each_kind_is_named_with_its_words_and_a_way_out(text: str, kind: str) -> None:
    """The remark quotes what was written, says what is wrong and what to write instead."""
    (claim,) = claims(text)
    (remark,) = unfair_claims(text)
    assert claim.kind == kind
    assert claim.words in text and remark.startswith(f"”{claim.words}” ") and remark.count(". ") == 1


@pytest.mark.parametrize(
    "text",
    [
        "Om brotten har minskat vet vi inte.",
        "Målet är att tryggheten ökar.",
        "Träffen flyttades på grund av sjukdom.",
        "Vandringen har lett till bättre belysning vid stationen.",
        "",
    ],
)
def test_what_is_asked_wished_or_done_is_no_claim(text: str) -> None:
    """A writer must be able to say what is not known, and why something did not happen."""
    assert claims(text) == ()


def test_the_promise_itself_makes_no_claim() -> None:
    """Its headings, plain lines, counting rules and assumptions may stand on the page."""
    for promise in shipped().promises.values():
        for c in promise.commitments:
            for text in (c.heading, c.plain, c.text, c.counts, *(a.text for a in c.assumptions)):
                assert claims(text) == (), text


def test_a_long_text_is_read_quickly() -> None:
    """No rule goes back and forth over a text: a thousand sentences take no minutes."""
    assert claims("Vi har med hjälp av det gått en vandring i byn. " * 400) == ()
