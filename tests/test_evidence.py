"""Evidence: what a record says of a promise, on invented texts, structured claims and hostile input."""

from __future__ import annotations

import time
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from config.schema import Commitment, Promise, Signals
from tasks import evidence
from tasks.model import Dated, Judgement, Reading, Record

CONFIG = config.load()
PROMISE = CONFIG.promises["strangnas-2021"]
MUNICIPALITY = CONFIG.municipalities["strangnas"]


def text(title: str, body: str = "", published: str = "2021-10-20", source: str = "strangnas-nyheter") -> Record:
    """Return a free text on the municipality's own site."""
    when = datetime.fromisoformat(published).replace(tzinfo=UTC)
    return Record(source, "1", title, body, published_at=when, party="municipality")


def claim(**fields: object) -> Record:
    """Return a structured report by the municipality."""
    when = Dated.day(date(2021, 10, 14))
    return Record("kommunens-rapporter", "1", "Rapport", when=when, place="Åker", party="municipality", fields=fields)


def read(record: Record) -> dict[str, Reading]:
    """Return the readings of one record by commitment."""
    return {r.commitment: r for r in evidence.read([record], PROMISE, MUNICIPALITY)}


def test_a_report_says_what_when_and_where() -> None:
    """A plain report is sure, with its day, its district's own name, who took part, and reasons in Swedish."""
    body = "Den 14 oktober genomfördes en trygghetsvandring i Åker med polisen. Trasiga lampor noterades."
    reading = read(text("Trygghetsvandring", body))["c5"]
    assert (reading.state, reading.band, reading.count) == ("held", "sure", 1)
    assert reading.dates == (Dated.day(date(2021, 10, 14)),)
    assert reading.places == ("Åkers styckebruk",)
    assert reading.conditions == {"police_took_part": True}
    assert "”genomfördes” + ”trygghetsvandring”" in reading.reasons[0] or "Trygghetsvandring" in reading.reasons[0]
    assert "14 oktober 2021" in reading.reasons


@pytest.mark.parametrize(
    ("title", "body", "state"),
    [
        ("Trygghetsvandring", "Kommunen genomför en trygghetsvandring den 28 oktober.", "planned"),
        ("Välkommen på trygghetsvandring", "Samling klockan 18 vid torget.", "planned"),
        ("INSTÄLLT: Trygghetsvandring", "Vi återkommer.", "cancelled"),
        ("Trygghetsvandringen", "Trygghetsvandringen blir inte av eftersom polisen fick förhinder.", "cancelled"),
        ("Ny dag", "Trygghetsvandringen den 14 oktober skjuts upp till den 28 oktober.", "moved"),
        ("Så fungerar det", "En trygghetsvandring innebär att boende ser över ett område.", "background"),
        ("Löftet", "Vi lovar minst fyra trygghetsvandringar under året.", "promise_text"),
        ("Löftet", "Kommunen ska genomföra trygghetsvandringar.", "promise_text"),
        ("Hur gick det?", "Ska det bli någon trygghetsvandring i år?", "background"),
    ],
)
def test_states(title: str, body: str, state: str) -> None:
    """Tense, day and words decide the state; none of these is ever counted."""
    reading = read(text(title, body))["c5"]
    assert reading.state == state


@pytest.mark.parametrize(
    "body",
    [
        "Nattvandring hölls i fredags med trygghetsvandrarna.",
        "Kommunen gjorde en trygghetsmätning.",
        "Polisen genomförde en trafikkontroll och stoppade 140 bilister.",
        "Skolans föräldraråd höll möte i tisdags.",
        "En A-traktor körde av vägen.",
        "Åker du till fots? Vandring i naturen hölls i söndags.",
    ],
)
def test_look_alikes_are_nothing(body: str) -> None:
    """What only sounds like a promised activity gives no reading that could be counted or asked about."""
    assert not [r for r in read(text("Nyhet", body)).values() if r.band != "no"]


def test_a_target_rewritten_is_not_a_result() -> None:
    """ "Minst fyra" beside a past verb is never counted without asking."""
    reading = read(text("Medborgarlöftet", "Kommunen genomförde minst fyra trygghetsvandringar."))["c5"]
    assert (reading.state, reading.band) != ("held", "sure")


@pytest.mark.parametrize(
    ("body", "count", "total"),
    [
        ("Under året genomfördes fem trygghetsvandringar.", 5, True),
        ("I tisdags genomfördes höstens andra trygghetsvandring.", 1, False),
        ("Den 14 oktober genomfördes en trygghetsvandring. 25 personer deltog.", 1, False),
        ("Flera trygghetsvandringar har genomförts.", None, False),
        ("§ 12 Rapport från trygghetsvandring som hölls den 14 oktober.", 1, False),
        ("Vid två tillfällen i oktober har trygghetsvandring hållits.", 2, False),
        ("Löftet var minst fyra trygghetsvandringar, utfallet blev fem.", 5, False),
        ("Två gånger i veckan samlades trygghetsvandringen.", 1, False),
        ("Trygghetsvandringar. Trygghetsvandringen den 14 oktober genomfördes i regn.", 1, False),
    ],
)
def test_counts(body: str, count: int | None, total: bool) -> None:
    """Ordinals and participants are no counts, "flera" has no number, and a yearly figure is a total."""
    reading = read(text("Nyhet", body))["c5"]
    assert (reading.count, reading.is_total) == (count, total)


@pytest.mark.parametrize(
    ("title", "body", "published", "days"),
    [
        ("Nytt", "Under förmiddagen har trygghetsvandring hållits i Granby.", "2021-10-20", "2021-10-20"),
        ("Schema vecka 41", "Tisdag: trygghetsvandring i Granby har hållits.", "2021-10-20", "2021-10-12"),
        ("Protokoll", "Datum: 2021-10-12. Trygghetsvandring hölls.", "2021-10-20", "2021-10-12"),
        ("Protokoll trygghetsvandring Granby 2021-10-12", "Deltog: polis. Anslaget 2021-10-18.", "2021-10-20",
         "2021-10-12"),
        ("Nytt", "Förra veckan var det dags. På onsdagen hölls trygghetsvandringen.", "2021-10-20", "2021-10-13"),
        ("Nytt", "En trygghetsvandring hölls den 12 oktober. I dag är alla nöjda.", "2021-10-20", "2021-10-12"),
        ("Nytt", "Trettio kom en kväll i september. Vi gick trygghetsvandring. I dag är alla nöjda.", "2021-10-20",
         "2021-09-01/2021-09-30"),
        ("Summering", "Under våren genomfördes en trygghetsvandring.", "2022-01-20", "2021-01-01/2021-06-30"),
        ("Årsredovisning", "Fem trygghetsvandringar genomfördes.", "2022-02-10", "2021-01-01/2021-12-31"),
        ("Nytt", "Sedan i maj har fem trygghetsvandringar hållits.", "2021-10-20", "2021-05-01/2021-10-20"),
        ("Nytt", "Av årets vandringar har tre trygghetsvandringar hållits, nästa blir i november.", "2021-10-20",
         "2021-01-01/2021-12-31"),
        ("Beslut", "Förra veckan beslutades att en trygghetsvandring ska hållas den 4 november.", "2021-10-20",
         "2021-11-04"),
        ("Nytt", "En trygghetsvandring har hållits.", "2021-10-20", ""),
        ("Nytt", "En trygghetsvandring har hållits. Under eftermiddagen kom regnet.", "2021-10-20", ""),
        ("Nytt", "En trygghetsvandring hölls i november (protokoll den 18 november).", "2021-12-20",
         "2021-11-01/2021-11-30"),
    ],
)  # fmt: skip
def test_days_that_a_careful_reader_takes(title: str, body: str, published: str, days: str) -> None:
    """The day that belongs to the activity, at the precision that the text has; none where it names none."""
    [reading] = evidence.read([text(title, body, published)], PROMISE, MUNICIPALITY, period_filter=False)
    said = [f"{d.start}" if d.start == d.end else f"{d.start}/{d.end}" for d in reading.dates]
    assert said == ([days] if days else [])


@pytest.mark.parametrize(
    ("commitment", "body", "count"),
    [
        ("c7", "Av 34 kontrollerade A-traktorer fick 21 körförbud av polisen i lördags.", 1),
        ("c7", "Polisen gjorde flera riktade kontroller av mopedbilar i oktober.", None),
        ("c4", "I går kom 62 föräldrar till kvällen med polisen på skolan.", 1),
        ("c2", "Två narkotikahundar från polisen sökte igenom gymnasiet i onsdags.", 1),
    ],
)
def test_vehicles_and_dogs_are_no_occasions(commitment: str, body: str, count: int | None) -> None:
    """What was stopped, and who searched, are not what is counted."""
    assert read(text("Nyhet", body))[commitment].count == count


@pytest.mark.parametrize(
    "body",
    [
        "I oktober gjorde polisen hundsök på tre skolor.",
        "Polisen har gjort 31 insatser mot mopedbilar och A-traktorer.",
    ],
)
def test_a_doubtful_number_is_asked_about(body: str) -> None:
    """Several schools in one report, and more occasions than one text is likely to tell of, are for a person."""
    [reading] = [r for r in read(text("Nyhet", body)).values() if r.state == "held"]
    assert reading.band == "unsure"


def test_absent_police_is_said() -> None:
    """A text that says the police stayed away fails the condition."""
    body = "Den 14 oktober genomfördes en trygghetsvandring i Mariefred. Polisen kunde inte delta."
    assert read(text("Vandring", body))["c5"].conditions == {"police_took_part": False}


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("I tisdags hölls en trygghetsvandring i Mariefred, Strängnäs kommun.", True),
        ("I tisdags hölls en trygghetsvandring i Årby.", False),
        ("Åker du med? I tisdags hölls en trygghetsvandring.", False),
        ("I tisdags hölls en trygghetsvandring, säger polisen i Eskilstuna/Strängnäs.", False),
        ("I tisdags hölls en trygghetsvandring i Katrineholms kommun.", False),
    ],
)
def test_the_municipality_filter(body: str, kept: bool) -> None:
    """From a source of no municipality, only a text that names a place of ours is ours."""
    record = Record("annat", "1", "Vandring", body, published_at=datetime(2021, 10, 20, tzinfo=UTC))
    found = [r for r in evidence.read([record], PROMISE, MUNICIPALITY) if r.commitment == "c5"]
    assert bool(found) is kept


def test_a_place_of_many_asks() -> None:
    """A district's name alone, in a source of no municipality, is a question."""
    record = Record(
        "annat",
        "1",
        "Vandring",
        "I tisdags hölls en trygghetsvandring i Länna.",
        published_at=datetime(2021, 10, 20, tzinfo=UTC),
    )
    [reading] = evidence.read([record], PROMISE, MUNICIPALITY)
    assert reading.band == "unsure"
    assert reading.question.endswith("?")


def test_outside_the_promise_is_nothing() -> None:
    """An activity before the signing or after the end does not belong to the promise."""
    assert read(text("Vandring", "Den 3 mars 2021 genomfördes en trygghetsvandring.", "2021-03-20")) == {}
    assert read(text("Vandring", "Den 14 oktober 2020 genomfördes en trygghetsvandring.")) == {}


def test_claims_are_taken_as_they_stand() -> None:
    """A structured claim gives its state, day, place, count and conditions without interpretation."""
    reading = read(claim(commitment="c5", state="held", police_took_part=True))["c5"]
    assert (reading.state, reading.band, reading.count) == ("held", "sure", 1)
    assert reading.places == ("Åkers styckebruk",)
    assert reading.conditions == {"police_took_part": True}
    assert reading.reasons == ("rapporterad som genomförd av kommunen",)


def test_a_nil_report_is_for_its_period() -> None:
    """Nothing to report is a sure reading over the period it speaks of."""
    period = Dated(date(2021, 5, 1), date(2021, 8, 31), "period")
    record = Record(
        "kommunens-rapporter",
        "1",
        "",
        when=period,
        party="municipality",
        fields={"commitment": "c5", "state": "nil_report"},
    )
    reading = read(record)["c5"]
    assert (reading.state, reading.band, reading.dates) == ("nil_report", "sure", (period,))


def test_duties_and_unknown_commitments_are_passed_over() -> None:
    """The follow-up itself and commitments that the promise lacks give no reading."""
    assert read(claim(commitment="m1", state="held")) == {}
    assert read(claim(commitment="x9", state="held")) == {}


def test_police_notices_are_context() -> None:
    """A notice in the police feed never makes a figure, whatever its words."""
    fields = {"type": "Trafikkontroll", "occurred_at": "2021-10-14T18:00:00+02:00"}
    body = "Polisen genomförde en insats mot A-traktorer i Strängnäs kommun i går."
    record = Record(
        "polisen-handelser",
        "1",
        "14 oktober 18.00, Trafikkontroll, Strängnäs",
        body,
        party="police",
        fields=fields,
        published_at=datetime(2021, 10, 15, tzinfo=UTC),
    )
    assert [(r.state, r.band) for r in evidence.read([record], PROMISE, MUNICIPALITY)] == [("background", "no")]


def test_answers_rule() -> None:
    """Yes makes sure with what was corrected, no takes away, not sure leaves it without asking again."""
    record = text("Trygghetsvandring i Mariefred", "Mörka partier togs upp.")
    reading = read(record)["c5"]
    at = datetime(2021, 11, 1, tzinfo=UTC)

    def answered(verdict: str, **corrected: object) -> Reading:
        sha = record.content_sha256
        said = Judgement(1, PROMISE.slug, "evidence", record.id, "c5", verdict, "kim", "police", at, sha, corrected)
        return evidence.judged(reading, record, said)

    yes = answered("yes", state="held", date="2021-10-14", place="Mariefred", count=2)
    assert (yes.band, yes.state, yes.count, yes.dates) == ("sure", "held", 2, (Dated.day(date(2021, 10, 14)),))
    assert answered("no").band == "no"
    assert (answered("unsure").band, answered("unsure").question) == ("unsure", "")


def test_another_promise_needs_only_its_words() -> None:
    """A promise of other activities is read with nothing but its own signals."""
    own = Commitment(
        id="g1", text="Nya grannsamverkansområden", plain="x", heading="x", party="both", measure="count",
        unit=("område", "områden"), counts="x", signals=Signals(named=("grannsamverkan",)),
    )  # fmt: skip
    promise = Promise.model_validate({**PROMISE.model_dump(by_alias=True), "slug": "x", "commitment": [own]})
    [reading] = evidence.read(
        [text("Nyhet", "I tisdags startades ett nytt grannsamverkansområde.")], promise, MUNICIPALITY
    )
    assert (reading.commitment, reading.state) == ("g1", "held")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\x00\x07\ufffe" * 50,
        "<p>" * 5000 + "Trygghetsvandring genomfördes",
        "trygghetsvandring genomfördes inte " * 30_000,
        "den 31 februari 0021 " * 5000,
        "a" * 1_000_000,
        "- " * 200_000,
        "minst fyra " * 90_000,
        "har " * 200_000,
        ("har " + "ab, " * 30 + "stämt av läget. ") * 5000,
        "den 3 maj och 4 juni, två dagar senare. " * 25_000,
        "(maj, juni, juli, augusti) " * 30_000,
    ],
)
def test_hostile_text_is_bounded(body: str) -> None:
    """Empty, huge or broken texts give a result in bounded time and no invented date."""
    begun = time.process_time()
    readings = evidence.read([text("Trygghetsvandring", body)], PROMISE, MUNICIPALITY)
    assert time.process_time() - begun < 5
    assert not any(d.start.year < 1990 for r in readings for d in r.dates)


@pytest.mark.parametrize(
    "title",
    [
        "<h1>Trygghetsvandring</h1> i <i>Åker</i>",
        "Trygghets&shy;vandring i &Aring;ker",
        "Trygghets\u200bvandring i \ufeffÅker",
        "Trygghetsvandring\x07 i\x00 Åker",
        "Trygghetsvandring i A\u030aker",
        '<a href="x" title="Föräldramöte med polisen">Trygghetsvandring</a> i Åker',
    ],
)
def test_a_title_is_read_as_people_see_it(title: str) -> None:
    """Markup, entities, control signs and both forms of å in a title change nothing, and attributes say nothing."""
    said = read(text(title, "Den 14 oktober hölls den. 25 personer kom och trasiga lampor noterades."))
    assert list(said) == ["c5"]
    reading = said["c5"]
    assert (reading.state, reading.band, reading.places) == ("held", "sure", ("Åkers styckebruk",))
    assert not set("<>&\x00\x07") & set("".join(reading.reasons))


def test_nothing_is_read_from_nothing() -> None:
    """A record without title and text, and a promise of which no commitment has words, give no reading and no error."""
    walk = text("Trygghetsvandring", "Den 14 oktober genomfördes en trygghetsvandring i Mariefred.")
    assert evidence.read([text("", ""), text(" ", "\n")], PROMISE, MUNICIPALITY) == []
    assert evidence.read([], PROMISE, MUNICIPALITY) == []
    silent = tuple(c.model_copy(update={"signals": Signals()}) for c in PROMISE.commitments)
    assert evidence.read([walk], PROMISE.model_copy(update={"commitments": silent}), MUNICIPALITY) == []
    one = (silent[0], *PROMISE.commitments[1:])
    assert evidence.read([walk], PROMISE.model_copy(update={"commitments": one}), MUNICIPALITY)


def test_a_thousand_records_of_one_walk_are_read_in_bounded_time() -> None:
    """The same report a thousand times takes no longer than a thousand reports."""
    body = "Den 14 oktober genomfördes en trygghetsvandring i Mariefred med polisen. " * 3
    begun = time.process_time()
    same = [replace(text("Trygghetsvandring", body), external_id=str(i)) for i in range(1000)]
    readings = evidence.read(same, PROMISE, MUNICIPALITY)
    assert time.process_time() - begun < 20
    assert {(r.state, r.band, r.dates) for r in readings} == {("held", "sure", (Dated.day(date(2021, 10, 14)),))}


@pytest.mark.parametrize(
    "day", ["den 31 februari", "den 30 februari 2021", "den 14 oktober 0021", "31/2", "2021-02-30"]
)
def test_a_day_that_is_not_there_is_never_another(day: str) -> None:
    """A day that the calendar lacks, or of a year nobody means, gives a reading without a day."""
    [reading] = evidence.read(
        [text("Nytt", f"{day} genomfördes en trygghetsvandring i Åker.")], PROMISE, MUNICIPALITY, period_filter=False
    )
    assert (reading.state, reading.dates) == ("held", ())


def test_normal_forms_and_markup_do_not_matter() -> None:
    """Å as one or two code points, markup and soft hyphens read the same."""
    body = "Den 14 oktober genomfördes en trygghetsvandring i Åker med polisen."
    plain = read(text("Nyhet", body))["c5"]
    decomposed = read(text("Nyhet", unicodedata.normalize("NFD", body)))["c5"]
    marked = read(text("Nyhet", f"<p>{body.replace('trygghets', 'trygg<b>hets</b>')}</p>"))["c5"]
    hyphened = read(text("Nyhet", body.replace("hetsvand", "hets\u00advand")))["c5"]
    for other in (decomposed, marked, hyphened):
        assert (other.state, other.dates, other.places) == (plain.state, plain.dates, plain.places)


_WORDS = (
    "trygghetsvandring|genomfördes|den 14 oktober 2021|i Åker|minst fyra|polisen|ska|.|?|inte|föräldraträff|på skola"
)
_PIECES = st.sampled_from([*_WORDS.split("|"), "31/2", "<b>", "EST", "&amp;", "Trygghetsvandringen", "i tisdags", "\n"])


@settings(max_examples=200, deadline=2000)
@given(st.one_of(st.text(max_size=400), st.lists(_PIECES, max_size=40).map(" ".join)))
def test_any_text_is_read(body: str) -> None:
    """Any text gives readings that hold together: known states, believable dates, a question where unsure."""
    for reading in evidence.read([text("Trygghetsvandring", body)], PROMISE, MUNICIPALITY, period_filter=False):
        assert reading.reasons
        assert bool(reading.question) == (reading.band == "unsure")
        assert all(1988 < d.start.year < 2103 and d.start <= d.end for d in reading.dates)
