"""Wording: templates to blocks with tokens, edits and what they may hold, and the one substitution."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks import wording
from tasks.model import Block, Dated, FollowUp, Refused
from tasks.periods import periods
from tasks.wording.figures import when_text
from tests.following import drafted, municipality, sample, shipped

MADE, PLACE, FOLLOW = sample(3)


def written(text: str, template: str = "prov", follow: FollowUp = FOLLOW) -> list[Block]:
    """Return the blocks of one template text."""
    return list(wording.blocks({f"{template}.j2": text}, follow, MADE, PLACE, [template]))


def remarks(text: str) -> list[str]:
    """Return what is wrong with an edited text."""
    return wording.check_edit(text, FOLLOW.figures, MADE)


def figure(token: str, follow: FollowUp = FOLLOW) -> str:
    """Return a figure's text."""
    return next(f.text for f in follow.figures if f.token == token)


def test_shipped_templates_write_tokens_and_no_figures() -> None:
    """A number in a generated text is always a token, for every period of the year."""
    for number in (1, 2, 3):
        made, place, follow = sample(number)
        for block in drafted(made, place, follow):
            bare = re.sub(r"\{[^{}]*\}", "", block.generated)
            assert not re.search(r"\d", bare), block
            assert wording.check_edit(block.generated, follow.figures, made) == []


def test_a_commitment_block_is_written_once_per_commitment() -> None:
    """The block named commitment has the commitment's id as part; the others their own name."""
    parts = [b.part for b in drafted(MADE, PLACE, FOLLOW) if b.template == "sida"]
    assert parts == ["lead", *(c.id for c in MADE.commitments), "next"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_period_is_told_in_a_hundred_to_three_hundred_words(number: int) -> None:
    """Long enough to say what was done, short enough to be read."""
    made, place, follow = sample(number)
    words = [w for b in drafted(made, place, follow) if b.template == "sida" for w in b.generated.split()]
    assert 100 <= len(words) <= 300


def test_one_is_singular_and_two_are_plural() -> None:
    """The unit follows its number."""
    _, _, first = sample(1)
    assert (figure("c5.held", first), figure("c5.unit", first)) == ("1", "trygghetsvandring")
    assert (figure("c1.held_total"), figure("c1.unit_total")) == ("3", "möten")


def test_a_gap_makes_the_number_a_floor_in_words() -> None:
    """ "minst 1" while a source was silent, and the value stays a number."""
    _, _, follow = sample(2, gap=(date(2021, 8, 12), date(2021, 8, 26)))
    assert figure("c5.held", follow) == "minst 1"
    assert figure("c5.status", follow) == "uppgift saknas"
    assert "12–26 augusti" in figure("c5.reason", follow)


def test_every_commitment_has_the_same_tokens() -> None:
    """An edit does not break because a figure became unknown."""
    _, _, first = sample(1)
    assert {f.token for f in first.figures} == {f.token for f in FOLLOW.figures}


def test_a_miss_is_told_with_its_reason() -> None:
    """The parents' meeting without the police is in the text, with why it is not counted."""
    block = next(b for b in drafted(MADE, PLACE, FOLLOW) if b.part == "c4")
    text = wording.fill(block.text, FOLLOW.figures)
    assert text == "Det som har rapporterats för perioden räknas inte: 6 oktober 2021, Mariefred (polisen deltog inte)."


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (Dated.day(date(2021, 10, 14)), "14 oktober 2021"),
        (Dated(date(2021, 10, 4), date(2021, 10, 10), "week"), "vecka 40 2021"),
        (Dated(date(2021, 10, 1), date(2021, 10, 31), "month"), "oktober 2021"),
        (Dated(date(2021, 1, 1), date(2021, 12, 31), "year"), "under 2021"),
        (Dated(date(2021, 9, 1), date(2021, 12, 31), "period"), "1 september–31 december 2021"),
        (None, "okänd dag"),
    ],
)
def test_days_are_told_as_exactly_as_they_are_known(when: Dated | None, text: str) -> None:
    """No invented day."""
    assert when_text(when) == text


@pytest.mark.parametrize(
    ("template", "needle"),
    [
        ("{% block lead %}\n{{ utfall }}\n{% endblock %}", "prov.j2, rad 2: okänt namn"),
        ("{% block lead %}\n\n{{ followup.nope }}{% endblock %}", "prov.j2, rad 3: okänt namn"),
        ("{% block lead %}{{ token('c5.nope') }}{% endblock %}", "prov.j2, rad 1: det finns ingen siffra"),
        ("{% block lead %}{% if %}{% endblock %}", "prov.j2, rad 1:"),
        ("{% block lead %}Vi gick 4 vandringar.{% endblock %}", "prov.j2, block lead: Siffror får inte skrivas"),
        ("{% block lead %}{{ followup.outcomes | length }}{% endblock %}", "block lead: Siffror får inte skrivas"),
        ("{% block lead %}{{ 1 / 0 }}{% endblock %}", "prov.j2, rad 1: ZeroDivisionError"),
        ("{% block lead %}{{ ''.__class__.__mro__ }}{% endblock %}", "prov.j2, rad 1:"),
        ("{% block lead %}Tack vare oss.{% endblock %}", "påstår"),
        ("Bara text.", "har inga block"),
    ],
)
def test_a_broken_template_is_refused_with_file_and_place(template: str, needle: str) -> None:
    """No draft is made from a template that can't be trusted."""
    with pytest.raises(Refused) as refusal:
        written(template)
    assert needle in str(refusal.value)


def test_a_missing_template_is_refused_by_name() -> None:
    """The message names the file and those that exist."""
    with pytest.raises(Refused, match=r"saknad\.j2 finns inte.*prov\.j2"):
        wording.blocks({"prov.j2": ""}, FOLLOW, MADE, PLACE, ["saknad"])


def test_a_template_sees_no_accounts() -> None:
    """Secrets of channels are no business of a text."""
    assert municipality().channels
    assert written("{% block lead %}{{ municipality.channels | list }}{% endblock %}")[0].generated == "[]"


def test_lines_of_a_template_are_joined_into_paragraphs() -> None:
    """How a template is broken into lines is not the reader's."""
    made = written("{% block lead %}\nEn rad\noch en till.\n\n\nNytt stycke.\n{% endblock %}")
    assert made[0].generated == "En rad och en till.\n\nNytt stycke."


def test_an_edit_stays_while_the_generated_text_is_unchanged() -> None:
    """New numbers do not touch a text that people wrote around tokens."""
    old = [Block("sida", "c5", 1, "Nu {c5.held}.", edited="Vi har gått {c5.held}.")]
    assert wording.merge(old, [Block("sida", "c5", 4, "Nu {c5.held}.")]) == (
        Block("sida", "c5", 4, "Nu {c5.held}.", edited="Vi har gått {c5.held}."),
    )


def test_an_edit_over_a_changed_text_is_a_conflict() -> None:
    """Scenario 10: nothing is lost, and a person must settle it."""
    old = [Block("sida", "c5", 1, "Nu {c5.held}.", edited="Egen text.")]
    (merged,) = wording.merge(old, [Block("sida", "c5", 1, "Uppgift saknas.")])
    assert (merged.edited, merged.generated, merged.conflict) == ("Egen text.", "Uppgift saknas.", True)
    (again,) = wording.merge([merged], [Block("sida", "c5", 1, "Uppgift saknas.")])
    assert again.conflict


def test_an_edit_whose_block_is_gone_is_kept_in_conflict() -> None:
    """A removed template block does not take somebody's words with it."""
    old = [Block("sida", "gammal", 1, "Text.", edited="Egen text.")]
    kept, gone = wording.merge(old, [Block("sida", "lead", 0, "Ny.")])
    assert not kept.conflict
    assert (gone.text, gone.generated, gone.conflict) == ("Egen text.", "", True)


def test_merging_the_same_again_changes_nothing() -> None:
    """A rerun without news leaves the draft as it is."""
    made = drafted(MADE, PLACE, FOLLOW)
    edited = (replace(made[0], edited="Egen inledning."), *made[1:])
    assert wording.merge(edited, made) == edited


def test_fill_names_an_unknown_token() -> None:
    """The refusal names the token and those that exist."""
    with pytest.raises(Refused, match=r"\{c5\.heldd\}.*\{c5\.held\}"):
        wording.fill("Vi gick {c5.heldd}.", FOLLOW.figures)


def test_a_figure_is_filled_in_once_and_never_run() -> None:
    """One plain substitution: Jinja in an edited text is only odd braces."""
    assert wording.fill("{c5.held} av {c5.target}", FOLLOW.figures) == "1 av 4"
    with pytest.raises(Refused):
        wording.fill("{{ 7 * 7 }}", FOLLOW.figures)


@pytest.mark.parametrize(
    "text",
    [
        "Kommunen har gått {c5.held} {c5.unit} under perioden.",
        "Den 14 oktober 2021 gick vi i Strängnäs, och 4–5 november i Härad.",
        "Läs mer om perioden 2021-T3 och om 2021. Nästa möte är 2022-01-17 kl. 18.30, vecka 40.",
        "Löftet är ”minst fyra trygghetsvandringar i kommunen”.",
        "Kommunen ska ordna minst två träffar för föräldrar på skolor under året. Polisen ska vara med.",
        "Vandringen gick längs E20 och väg 55, en kväll i oktober.",
        "Polisen hade en hund med sig. Båda parter var med.",
        "Var fjärde månad berättar vi vad som har gjorts.",
    ],
)
def test_honest_texts_are_accepted(text: str) -> None:
    """Tokens, dates, quoted promise text and plain words pass."""
    assert remarks(text) == []


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("Vi har gått 3 vandringar.", "”3”"),
        ("Vi har gått tre vandringar.", "”tre”"),
        ("Vi har gått tjugofem vandringar.", "”tjugofem”"),
        ("Ett hundratal kom.", "hundratal"),
        ("Bara en trygghetsvandring blev av.", "”Bara en”"),
        ("Kommunen har genomfört en vandring.", "”genomfört en”"),
        ("Inga trygghetsvandringar blev av.", "Inga trygghetsvandringar"),
        ("Nästan hälften är klart.", "”hälften”"),
        ("Nu är 50 % klart.", "”50”"),
        ("Vi gick ③ gånger, ½ till.", "③"),
        ("Vi gick ３ gånger.", "３"),
        ("Det blev 2021 vandringar: 2021 trygghetsvandringar.", "2021"),
        ("Löftet är ”4”.", "”4”"),
        ("Vi har gått ”minst tre trygghetsvandringar i kommunen”.", "tre"),
        ("Det gäller {c5.heldd}.", "Okänd siffra {c5.heldd}"),
        ("Det gäller {c5.held.", "klammer"),
        ("Det gäller c5.held}.", "klammer"),
        ("   ", "tom"),
        ("Ett\x00tecken.", "osynliga tecken"),
        ("Tack vare insatserna har brotten minskat.", "Tack vare"),
        ("I Strängnäs har brotten minskat.", "minskat"),
        ("Arbetet har lett till minskad skadegörelse.", "verkan"),
        ("Tryggheten har ökat i centrum.", "trygghet"),
        ("En mycket lyckad vandring.", "beröm"),
        ("Det var ett framgångsrikt arbete.", "beröm"),
        ("Kommunen slarvade med rapporten.", "skuld"),
    ],
)
def test_other_texts_are_refused_with_a_reason(text: str, needle: str) -> None:
    """Scenario 23 and house rule 4: what can't stand is named, with a way out."""
    assert needle.casefold() in " ".join(remarks(text)).casefold()


SNIPPETS = st.sampled_from(
    ["{c5.held}", "{c5.places}", "{", "}", "{{", "}}", "{%", "tre", "4", "½", "den 4 maj", "tack vare", "”", "\n", "é"]
)
TEXTS = st.lists(st.one_of(st.text(max_size=12), SNIPPETS), max_size=8).map("".join)


@given(TEXTS)
@example("{c5.held}{c5.unit}")
@example("{c5.\u212aeld}")
@example("e\u0301{c5.held}")
def test_any_text_is_accepted_or_refused_with_reasons(text: str) -> None:
    """An accepted text fills without a brace left over; a refused one says why, in a sentence."""
    found = remarks(text)
    if found:
        assert all(r.endswith(".") for r in found)
        return
    filled = wording.fill(text, FOLLOW.figures)
    assert not set(filled) & set("{}")
    filled.encode()


def test_a_brace_in_a_record_never_becomes_a_token() -> None:
    """A place named {c5.held} is text, not a figure."""
    assert not [f for f in FOLLOW.figures if set(f.text) & set("{}")]
    changed = [
        replace(o, activities=tuple(replace(a, place="{c5.held}") for a in o.activities)) for o in FOLLOW.outcomes
    ]
    made = wording.figures(MADE, periods(MADE)[2], changed, None, shipped().templates)
    assert next(f.text for f in made if f.token == "c5.places") == "(c5.held)"


def test_places_and_months_are_named_only_when_all_are_known() -> None:
    """Two walks with one place named would read as two walks there."""

    def texts(places: list[str], when: Dated) -> tuple[str, str]:
        walk = FOLLOW.outcome("c5").activities[0]
        changed = [
            replace(o, activities=tuple(replace(walk, id=p, place=p, when=when) for p in places))
            if o.commitment == "c5"
            else o
            for o in FOLLOW.outcomes
        ]
        made = {f.token: f.text for f in wording.figures(MADE, periods(MADE)[2], changed, None, shipped().templates)}
        return made["c5.places"], made["c5.months"]

    weekend = Dated(date(2021, 10, 30), date(2021, 11, 1), "period")
    assert texts(["Härad", "Länna"], weekend) == ("Härad och Länna", "oktober och november")
    assert texts(["Härad", ""], Dated(date(2021, 9, 1), date(2021, 12, 31), "period")) == ("okänd plats", "okänd månad")


def test_the_follow_up_carries_the_assumptions_with_their_day() -> None:
    """What the promise's text leaves open is public, dated."""
    every = [*MADE.assumptions, *(a for c in MADE.commitments for a in c.assumptions)]
    assert len(FOLLOW.assumptions) == len(every)
    assert FOLLOW.assumptions[0].endswith("(Beslutat 22 november 2026.)")


def test_evidence_stands_behind_every_count() -> None:
    """N3: a figure opens its records, those of the period and those since signing."""
    by_token = {f.token: f for f in FOLLOW.figures}
    assert len(by_token["c5.held"].evidence) < len(by_token["c5.held_total"].evidence)
    counted = [by_token[f"{c.id}.held"] for c in MADE.commitments if c.measure != "duty"]
    assert [f.token for f in counted if f.value and not f.evidence] == []


def test_shipped_templates_hold_all_that_the_channels_name() -> None:
    """Every channel's template is there, and the page's."""
    wanted = {f"{c.template}.j2" for c in PLACE.channels} | {"page.html.j2"}
    assert wanted <= shipped().templates.keys()
