"""Which texts are about our municipality: verbs, places of the same name, the police area, neighbours."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

import config
from tasks import evidence
from tasks.evidence import places
from tasks.evidence.municipalities_sv import MUNICIPALITIES
from tasks.model import Reading, Record

CONFIG = config.load()
PROMISE, HERE = CONFIG.promises["strangnas-2021"], CONFIG.municipalities["strangnas"]
WALK = "Polisen var med när en trygghetsvandring hölls i tisdags"


def read(body: str, source: str = "regiontidningen", place: str = "") -> Reading | None:
    """Return what a text says of the walks, read for Strängnäs."""
    record = Record(
        source, "1", "Nyhet", body, published_at=datetime(2021, 10, 20, tzinfo=UTC), place=place,
        party="municipality" if source == "strangnas-nyheter" else None,
    )  # fmt: skip
    return next((r for r in evidence.read([record], PROMISE, HERE) if r.commitment == "c5"), None)


def districts(text: str) -> tuple[str, ...]:
    """Return the districts of Strängnäs that a text names."""
    return places.find(text, HERE).districts


def test_there_are_290_municipalities() -> None:
    """The list is whole, and ours is in it."""
    assert len(MUNICIPALITIES) == 290
    assert HERE.short in MUNICIPALITIES


@pytest.mark.parametrize(
    "text",
    [
        "Barnen åker skola med hörlurar på.",
        "Många åker moped hit.",
        "Åker du för fort?",
        "Åker barnen till skolan själva?",
        "Åker bussen sent på kvällen känns det otryggt.",
        "Åker elever moped till skolan kan det bli farligt.",
        "Vi frågade: Åker ungdomarna hem tidigt?",
        "Mötet hölls i Åkersberga och Häradsbygden.",
    ],
)
def test_a_verb_or_a_longer_name_is_no_district(text: str) -> None:
    """ "Åker" the verb, also first in a question, and names that only begin like ours."""
    assert districts(text) == ()


@pytest.mark.parametrize(
    ("text", "district"),
    [
        ("Åker: vandring på torsdag.", "Åkers styckebruk"),
        ("Åker är nästa ort på tur.", "Åkers styckebruk"),
        ("Vandringen gick vid Åkers skola.", "Åkers styckebruk"),
        ("Mariefred med omnejd.", "Mariefred"),
        ("Samling i Marielund.", "Mariefred"),
        ("Samling i Länna i Strängnäs.", "Länna"),
        ("Samling i Länna, Strängnäs kommun.", "Länna"),
        ("Samling på Tosterön.", "Tosterö"),
    ],
)
def test_our_own_districts_are_found(text: str, district: str) -> None:
    """By name or alias, first in a sentence too, whatever follows."""
    assert districts(text)[0] == district


@pytest.mark.parametrize(
    "where",
    [
        *("i Marielund i Norrköping", "i Marielund, Haparanda kommun", "i Länna i Huddinge", "på Aspö i Karlskrona"),
        *("i Länna, Norrtälje kommun", "i Länna (Norrtälje kommun)", "i Härad i centrala Eskilstunas utkant"),
    ],
)
@pytest.mark.parametrize("source", ["regiontidningen", "strangnas-nyheter"])
def test_a_place_of_the_same_name_in_another_municipality_is_not_ours(where: str, source: str) -> None:
    """Named together with its own municipality, it is never counted as ours."""
    reading = read(f"{WALK} {where}.", source)
    assert reading is None or reading.band != "sure"


def test_a_place_that_may_lie_elsewhere_is_asked_about() -> None:
    """A regional paper's "Länna" may be ours; "Länna utanför Uppsala" is doubtful whoever writes it."""
    alone, doubtful = read(f"{WALK} i Länna."), read(f"{WALK} i Länna utanför Uppsala.", "strangnas-nyheter")
    assert alone and alone.band == "unsure" and alone.question
    assert doubtful and doubtful.band == "unsure"
    assert "även Uppsala nämns" in doubtful.reasons


@pytest.mark.parametrize(
    "area",
    [
        *("Eskilstuna/Strängnäs", "Eskilstuna / Strängnäs", "Eskilstuna-Strängnäs", "Eskilstuna–Strängnäs"),
        *("polisen i Eskilstuna och Strängnäs", "lokalpolisområde Eskilstuna och Strängnäs"),
        *("lokalpolisområdet Eskilstuna Strängnäs", "Lokalpolisområde Eskilstuna Strängnäs"),
    ],
)
def test_the_police_area_is_not_the_municipality(area: str) -> None:
    """The area carries two municipalities' names and so says of neither that something was there."""
    found = places.find(f"Det säger {area}.", HERE)
    assert (found.districts, found.own, found.elsewhere) == ((), False, ())
    assert read(f"{WALK}, säger {area}.") is None


def test_the_section_of_a_regional_paper_says_where() -> None:
    """News filed under our municipality is ours where no other one is named, whatever district it tells of."""
    when = datetime(2021, 10, 20, tzinfo=UTC)

    def filed(body: str, section: str) -> Reading | None:
        url = f"https://regiontidningen.example/{section}/nyhet"
        record = Record("regiontidningen", "1", "Nyhet", body, url, published_at=when)
        return next((r for r in evidence.read([record], PROMISE, HERE) if r.commitment == "c5"), None)

    here = filed(f"{WALK} i Länna.", "strangnas")
    assert here and here.band == "sure"
    assert filed(f"{WALK} i Gnesta.", "strangnas") is None
    assert filed(f"{WALK}.", "gnesta") is None


@pytest.mark.parametrize("where", ["Eskilstuna/Strängnäs", "lokalpolisområde Eskilstuna Strängnäs"])
def test_a_walk_somewhere_in_the_police_area_is_asked_about(where: str) -> None:
    """Our own police's walk in the area may be ours: a question; in a regional paper it names no place of ours."""
    reading = read(f"{WALK} i {where}.", "polisens-rapporter")
    assert reading and reading.band == "unsure" and "ingen ort nämns" in reading.reasons
    assert read(f"{WALK} i {where}.") is None


@pytest.mark.parametrize("neighbour", ["Eskilstuna", "Gnesta", "Södertälje"])
@pytest.mark.parametrize(
    "text",
    [
        WALK + " i {n}.",
        WALK + " i centrala {n}.",
        WALK + " i {n} kommun.",
        WALK + " i {n}. Polisen i Strängnäs hjälpte till.",
        WALK + " i {n}. Nästa vecka är det Strängnäs tur.",
        WALK + " i {n}. Även Strängnäs kommun har haft vandringar tidigare.",
        "Strängnäspolisen har fått nya bilar. " + WALK + " i {n}.",
    ],
)
def test_a_neighbours_walk_does_not_slip_in(text: str, neighbour: str) -> None:
    """Held in a neighbouring municipality, it isn't ours because our name stands elsewhere in the paper."""
    assert read(text.format(n=neighbour)) is None


@pytest.mark.parametrize(
    ("body", "place", "district"),
    [
        (f"{WALK} i Mariefred.", "", "Mariefred"),
        (f"{WALK} i Mariefred, Strängnäs kommun.", "", "Mariefred"),
        (f"{WALK}. Polisen i Eskilstuna tackar alla som kom.", "Mariefred", "Mariefred"),
        (f"{WALK} i Mariefred. Kommunpolisen i Eskilstuna var nöjd.", "", "Mariefred"),
    ],
)
def test_our_walk_in_a_regional_paper_is_kept(body: str, place: str, district: str) -> None:
    """Counted or asked about, in the right district, whoever is quoted."""
    reading = read(body, place=place)
    assert reading and reading.band in ("sure", "unsure") and reading.state == "held"
    assert reading.places[0] == district


@pytest.mark.parametrize(
    "text",
    [
        WALK + " i Strängnäs, och fler kom än i {n}.",
        WALK + ". Deltagarna var fler än i {n}, och många i Mariefred vill gå igen.",
        "Trygghetsvandringen i tisdags lockade fler än den i {n}. Strängnäsborna pekade ut gångtunneln.",
        "Trygghetsvandringar har hållits i {n}. I tisdags hölls en trygghetsvandring här. Den gick genom Mariefred.",
        WALK + " i Mariefred, precis som i {n} i våras.",
    ],
)
@pytest.mark.parametrize("neighbour", ["Eskilstuna", "Gnesta"])
def test_a_walk_of_ours_beside_a_neighbours_is_never_lost(text: str, neighbour: str) -> None:
    """A text that compares with a neighbour, or tells of both, is counted or asked about."""
    reading = read(text.format(n=neighbour))
    assert reading and reading.state == "held"
    assert reading.band in ("sure", "unsure")


def test_a_neighbours_walk_on_our_own_site_is_not_ours() -> None:
    """The municipality may tell of a neighbour's walk: it is not ours where every sentence lays it there."""
    assert read(f"{WALK} i Gnesta. Vandringen gick runt stationen.", "strangnas-nyheter") is None
    compared = read(f"{WALK}, precis som i Gnesta.", "strangnas-nyheter")
    assert compared and compared.band == "unsure"


def test_two_municipalities_in_one_sentence_is_a_question() -> None:
    """A walk here and one there in the same breath: a person says which is ours."""
    reading = read(f"{WALK} i Mariefred och en annan i Gnesta.")
    assert reading and reading.band == "unsure"
    assert "även Gnesta nämns" in reading.reasons


def test_the_police_feeds_spelling_of_long_names() -> None:
    """Until 2026 the feed wrote the second part of a name with a small letter: it is the same municipality."""
    there = HERE.model_copy(update={"short": "Lilla Edet", "places": ()})
    assert places.find("Lilla edet", there).own and places.find("Brand i Lilla Edet", there).own


@pytest.mark.parametrize("part", ["Abc-", "A", "Polis", "Ab/", "Åker x: ", "i Eskilstuna ", "Länna i Huddinge ", "\n"])
def test_a_long_text_is_read_in_bounded_time(part: str) -> None:
    """A quarter of a million characters of near hits take no longer than as much prose."""
    text = part * (250_000 // len(part))
    started = time.process_time()
    places.find(text, HERE)
    assert time.process_time() - started < 5


def test_another_kommun_is_named_as_it_is_called() -> None:
    """With or without genitive, and where the name itself ends in s."""
    assert places.find("Katrineholms kommun, Borås kommun, Flens kommun", HERE).elsewhere == (
        "Katrineholm",
        "Borås",
        "Flen",
    )
    assert places.find("Strängnäs kommun", HERE).elsewhere == ()
