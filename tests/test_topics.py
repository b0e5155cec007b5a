"""The fast pass over many texts never leaves out one that the careful reading would take."""

from __future__ import annotations

from itertools import islice, product

import pytest

from config.schema import Commitment
from tasks import evidence
from tasks.evidence import days, swedish, topics
from tasks.model import Record
from tests.bench_corpus import promise

PROMISE = promise()[0]
COMMITMENTS = [c for c in PROMISE.commitments if c.measure != "duty"]


def told(commitment: Commitment) -> list[str]:
    """Return texts made of the commitment's own words, inflected, joined and written in several ways."""
    words = commitment.signals
    pairs = product(words.activity or ("",), (*words.about, *words.nearly_about) or ("",), words.context or ("",))
    plain = [" ".join(p) for p in islice(pairs, 4000)] + list(words.named) + list(words.neighbours)
    short = plain[::7]
    return [
        *plain,
        *(f"{t.capitalize()}erna genomfördes." for t in short),
        *(f"Vår-{t}s" for t in short),
        *(f"{t.upper()}\u00a0– <b>{t}</b> &amp; mer" for t in short),
        *(t.replace("å", "a\u030a").replace("ö", "o\u0308") for t in short),
    ]


@pytest.mark.parametrize("commitment", COMMITMENTS, ids=lambda c: c.id)
def test_what_the_reading_takes_is_among_the_candidates(commitment: Commitment) -> None:
    """However a commitment's words are inflected or written, the fast pass lets the text through."""
    records = [Record("prov", str(i), "", f"Detta: {t}") for i, t in enumerate(told(commitment))]
    (rows,) = topics.candidates(records, [commitment])
    words = topics.words_of(commitment.signals)
    taken = {i for i, r in enumerate(records) if topics.topic(days.open_record(r).sentences, words) is not None}
    assert taken
    assert [records[i].text for i in sorted(taken - set(rows))] == []


def test_a_short_word_within_another_pulls_nothing_in() -> None:
    """A reparation is no EPA tractor and a brawl no council."""
    records = [
        Record("prov", "1", "Reparation", "Polisen kontrollerade en reparation efter ett bråk."),
        Record("prov", "2", "Kontroll", "Polisen kontrollerade epor."),
    ]
    found = dict(zip((c.id for c in COMMITMENTS), topics.candidates(records, COMMITMENTS), strict=True))
    assert found["c1"] == []
    assert found["c7"] == [1]


def test_records_with_our_own_separator_or_no_text_keep_their_places() -> None:
    """A control character in a text, an empty record and none at all leave every row where it was."""
    walk = "Trygghetsvandring genomfördes."
    records = [Record("prov", str(i), "", t) for i, t in enumerate(("a\0b\0c", "", walk, "x & y", f"\0{walk}"))]
    found = dict(zip((c.id for c in COMMITMENTS), topics.candidates(records, COMMITMENTS), strict=True))
    assert found["c5"] == [2, 4]
    assert topics.candidates([], COMMITMENTS) == [[]] * len(COMMITMENTS)


def test_a_word_after_an_equals_sign_is_meant_in_that_form_alone() -> None:
    """One vehicle stopped is everyday work; several make an operation."""
    words = next(topics.words_of(c.signals) for c in COMMITMENTS if c.id == "c7")

    def about(title: str) -> bool:
        return topics.topic(days.open_record(Record("prov", "1", title)).sentences, words) is not None

    assert not about("A-traktor stoppad för kontroll")
    assert not about("Kontroll av A-traktor i Ekby")
    assert about("A-traktorer stoppades för kontroll")


def has(term: str, sentence: str) -> bool:
    """Tell whether a config's term stands in the sentence."""
    (_, found) = swedish.sentences("", sentence)
    return bool(swedish.term(term).positions(found))


def test_a_compound_ends_in_a_word_whose_stem_is_shorter_than_itself() -> None:
    """The stem of "insats" lacks its s and that of "promenad" its ending; compounds of them are found all the same."""
    assert has("insats", "Tre punktinsatser gjordes.")
    assert has("promenad", "Vi tog en kvällspromenad.")
    assert not has("insats", "Hon satsade allt.")


def test_two_words_joined_by_plus_must_share_a_sentence() -> None:
    """ "föräldrar + lyssnade" is found wherever both stand in one sentence, and nowhere else."""
    assert has("föräldrar + lyssnade", "Femtio föräldrar i årskurs sju lyssnade.")
    assert not has("föräldrar + lyssnade", "Femtio föräldrar kom.")
    assert not has("föräldrar + lyssnade", "Eleverna lyssnade.")


@pytest.mark.parametrize(
    ("commitment", "text"),
    [
        ("c1", "EST har sammanträtt varannan vecka sedan nyår."),
        ("c2", "Under hösten har oanmälda besök med polishund skett på två gymnasier."),
        ("c3", "Polisen och socialtjänsten ringde på hos tre familjer. Tonåringarna misstänktes ha prövat droger."),
        ("c4", "Föräldrar i årskurs fem träffade polisen på nätet i går."),
        ("c4", "Minst två föräldraträffar med polis – uppfyllt."),
        ("c6", "Polisen och kommunen har gjort en film för föräldrar om epatraktorer."),
        ("c7", "I maj gjorde polisen två punktinsatser mot A-traktorer."),
    ],
)
def test_what_is_told_in_other_words_is_not_missed(commitment: str, text: str) -> None:
    """Held activities that go by other names, or stand beside their target, are counted or asked about."""
    readings = evidence.read([Record("prov", "1", "Nytt", text)], PROMISE, None, period_filter=False)
    [found] = [r for r in readings if r.commitment == commitment]
    assert (found.state, found.band in ("sure", "unsure")) == ("held", True)
