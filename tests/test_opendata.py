"""Open data: every file says what the page says and no more, and is what its own description promises."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pyshacl import validate
from rdflib import DCTERMS, FOAF, RDF, SH, Graph, Literal, Namespace, URIRef

from config.schema import Channel
from tasks import pages
from tasks.model import Output, Retraction, digest
from tasks.pages import opendata
from tasks.pages.notices import notice
from tasks.periods import periods
from tests.following import channel, composed, sample, shipped

SHAPES = Path(__file__).parent / "data" / "dcat-ap-se.ttl"
MADE, PLACE, FOLLOW = sample(3)
DCAT = Namespace("http://www.w3.org/ns/dcat#")
ADMS = Namespace("http://www.w3.org/ns/adms#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
CHANGES = [("Trygghetsvandringar", "antalet är nu 3 i stället för 2")]


def outputs(number: int = 3, **fields: Any) -> tuple[Output, ...]:
    """What leaves the house for a period of the sample year."""
    return composed(*sample(number), **fields)


def taken_back(site: Channel) -> tuple[Output, ...]:
    """A site's files for a retracted third period."""
    told = Retraction(MADE.slug, "2021-T3", 2, "secrecy", "k1", "municipality", datetime(2022, 2, 1, 8, tzinfo=UTC))
    return notice(MADE, PLACE, PLACE.channels, site, periods(MADE)[2], told, shipped().templates, [])


CORRECTED = outputs(edition=2, changes=CHANGES, previous=[(1, digest("first"))])
RETRACTED = taken_back(channel("strangnas.se"))


def body(name: str, made: tuple[Output, ...]) -> bytes:
    """One file of the municipality's site."""
    return next(o.body for o in made if o.channel == "strangnas.se" and o.name.endswith(f"/{name}"))


def table(name: str, made: tuple[Output, ...]) -> list[dict[str, str]]:
    """A CSV file's rows."""
    return list(csv.DictReader(io.StringIO(body(name, made).decode())))


@pytest.mark.parametrize("made", [outputs(1), outputs(2), outputs(3), CORRECTED, RETRACTED])
def test_the_json_file_is_what_its_schema_says(made: tuple[Output, ...]) -> None:
    """For each period, a correction and a retraction; the schema itself is a valid one."""
    schema = json.loads(body("schema.json", made))
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [e.message for e in checker.iter_errors(json.loads(body("summary.json", made)))] == []


def test_the_schema_lets_nothing_else_through() -> None:
    """A field too many, one too few and a number in the wrong place."""
    schema, whole = json.loads(body("schema.json", CORRECTED)), json.loads(body("summary.json", CORRECTED))
    checker = jsonschema.Draft202012Validator(schema)
    for broken in (whole | {"extra": 1}, {k: v for k, v in whole.items() if k != "due"}, whole | {"edition": "2"}):
        assert not checker.is_valid(broken)


def test_the_tables_say_what_the_json_says() -> None:
    """One row per part of the promise, one per counted activity of the public parts."""
    data = json.loads(body("summary.json", outputs()))
    parts = table("delar.csv", outputs())
    assert [p["del"] for p in parts] == [c["id"] for c in data["commitments"]]
    for row, told in zip(parts, data["commitments"], strict=True):
        assert (row["status"], row["orsak"]) == (told["status"], told["reason"])
        numbers = (told["held"], told["held_total"], told["target"])
        assert [row[k] for k in ("antal", "totalt", "mal")] == ["" if n is None else str(n) for n in numbers]
    rows = table("aktiviteter.csv", outputs())
    public = {c.id for c in MADE.commitments if c.disclosure == "public"}
    assert {r["del"] for r in rows} <= public
    assert len(rows) == sum(len(c["activities"]) for c in data["commitments"] if c["id"] in public)
    walks = [(r["start"], r["plats"], r["noggrannhet"]) for r in rows if r["del"] == "c5"]
    assert walks[0] == ("2021-04-21", "Mariefred", "dag")


def test_the_documented_columns_are_the_columns() -> None:
    """Every column stands in the CSVW file with a Swedish description, and every cell has its type."""
    documented = json.loads(body("csv-metadata.json", outputs()))
    for described in documented["tables"]:
        rows = table(described["url"], outputs())
        columns = described["tableSchema"]["columns"]
        assert [c["name"] for c in columns] == list(rows[0])
        assert all(c["dc:description"].endswith(".") for c in columns)
        for column in columns:
            read = _READS[str(column["datatype"] if isinstance(column["datatype"], str) else "boolean")]
            assert all(read(r[column["name"]]) is not None for r in rows if r[column["name"]])


_READS = {
    "string": str,
    "integer": int,
    "date": date.fromisoformat,
    "boolean": lambda cell: {"ja": True, "nej": False}[cell],
}


def test_a_cell_is_never_a_formula() -> None:
    """A place that a spreadsheet would run is text in it."""
    bad = '=HYPERLINK("http://x","y")'
    follow = replace(
        FOLLOW,
        outcomes=tuple(
            replace(o, activities=tuple(replace(a, place=bad) for a in o.activities)) for o in FOLLOW.outcomes
        ),
    )
    rows = table("aktiviteter.csv", composed(MADE, PLACE, follow))
    assert {r["plats"] for r in rows if r["plats"]} == {f"'{bad}"}


@pytest.mark.parametrize("made", [outputs(1), outputs(2), outputs(3), CORRECTED, RETRACTED])
def test_the_catalogue_has_what_dcat_ap_se_demands(made: tuple[Output, ...]) -> None:
    """Catalogue, data set, publishers and distributions against the profile's mandatory properties."""
    found = Graph().parse(data=body("dcat.jsonld", made), format="json-ld")
    conforms, _, said = validate(found, shacl_graph=Graph().parse(SHAPES), allow_warnings=True)
    assert conforms, said


def test_the_catalogue_lacks_little_of_what_dcat_ap_se_recommends() -> None:
    """Only when it was issued, which nobody knows before it is, and a standard for follow-ups: there is none."""
    place = PLACE.model_copy(
        update={"municipality": PLACE.municipality.model_copy(update={"email": "trygghet@strangnas.example.com"})}
    )
    found = Graph().parse(data=body("dcat.jsonld", composed(MADE, place, FOLLOW)), format="json-ld")
    conforms, report, _ = validate(found, shacl_graph=Graph().parse(SHAPES), allow_warnings=True)
    missing = {
        (str(report.value(r, SH.focusNode)).partition("#")[2], report.value(r, SH.resultPath))
        for r in report.subjects(RDF.type, SH.ValidationResult)
    }
    assert conforms
    assert missing == {("katalog", DCTERMS.issued), ("data", DCTERMS.issued), ("data", DCTERMS.conformsTo)}


@pytest.mark.parametrize(
    "gone",
    [
        DCTERMS.title,
        DCTERMS.description,
        DCTERMS.publisher,
        DCTERMS.license,
        DCTERMS.format,
        DCTERMS.type,
        DCAT.accessURL,
        DCAT.dataset,
        FOAF.name,
    ],
)
def test_the_shapes_see_what_is_missing(gone: URIRef) -> None:
    """A catalogue without one of the mandatory properties doesn't pass."""
    found = Graph().parse(data=body("dcat.jsonld", outputs()), format="json-ld")
    found.remove((None, gone, None))
    assert not validate(found, shacl_graph=Graph().parse(SHAPES), allow_warnings=True)[0]


def test_the_shapes_see_what_is_too_much() -> None:
    """Two creators, and a catalogue under another licence than CC0: what the specification forbids."""
    for subject, path, value in (("data", DCTERMS.creator, "polisen"), ("katalog", DCTERMS.license, "licens")):
        found = Graph().parse(data=body("dcat.jsonld", outputs()), format="json-ld")
        home = pages.address(channel("strangnas.se"), MADE.slug, FOLLOW.period)
        found.add((URIRef(f"{home}#{subject}"), path, URIRef(f"{home}#{value}")))
        assert not validate(found, shacl_graph=Graph().parse(SHAPES), allow_warnings=True)[0]


def test_the_catalogue_is_free_whatever_the_licence_of_the_data() -> None:
    """CC0 is Sweden's demand on metadata; the owners choose for the data."""
    by = "http://creativecommons.org/licenses/by/4.0/"
    made = composed(MADE, PLACE.model_copy(update={"data_licence": by}), FOLLOW)
    found = Graph().parse(data=body("dcat.jsonld", made), format="json-ld")
    assert validate(found, shacl_graph=Graph().parse(SHAPES), allow_warnings=True)[0]
    files = set(found.subjects(RDF.type, DCAT.Distribution))
    assert {str(found.value(f, DCTERMS.license)) for f in files} == {by}


def test_the_catalogue_leads_to_the_files_that_are_there() -> None:
    """Each distribution's address is beside the page, and its hash is the file's."""
    found = Graph().parse(data=body("dcat.jsonld", outputs()), format="json-ld")
    home = pages.address(channel("strangnas.se"), MADE.slug, FOLLOW.period)
    places = {str(o) for o in found.objects(None, DCAT.downloadURL)}
    assert places == {f"{home}{name}" for name in ("summary.json", "delar.csv", "aktiviteter.csv")}
    for one in found.subjects(DCAT.downloadURL):
        name = str(found.value(one, DCAT.downloadURL)).removeprefix(home)
        said = found.value(found.value(one, SPDX.checksum), SPDX.checksumValue)
        assert str(said).lower() == digest(body(name, outputs()))


def test_a_correction_is_seen_in_the_data() -> None:
    """Edition, what changed and the hashes of the editions before, in JSON, tables and catalogue."""
    data = json.loads(body("summary.json", CORRECTED))
    assert data["previous_editions"] == [{"edition": 1, "sha256": digest("first")}]
    assert data["changes"][0]["heading"] == "Trygghetsvandringar"
    assert {r["utgava"] for r in table("delar.csv", CORRECTED)} == {"2"}
    found = Graph().parse(data=body("dcat.jsonld", CORRECTED), format="json-ld")
    assert list(found.objects(None, DCAT.version)) == [Literal("2")]
    assert "3 i stället för 2" in str(next(found.objects(None, ADMS.versionNotes)))


def test_a_retraction_leaves_no_figure_in_any_file() -> None:
    """Same names, no rows, no distribution; the catalogue says withdrawn."""
    assert {o.name for o in RETRACTED} >= {
        f"uppfoljning-2021-T3/{n}" for n in ("delar.csv", "aktiviteter.csv", "csv-metadata.json", "dcat.jsonld")
    }
    assert (table("delar.csv", RETRACTED), table("aktiviteter.csv", RETRACTED)) == ([], [])
    found = Graph().parse(data=body("dcat.jsonld", RETRACTED), format="json-ld")
    assert not list(found.objects(None, DCAT.accessURL))
    withdrawn = URIRef("http://publications.europa.eu/resource/authority/dataset-status/WITHDRAWN")
    assert list(found.objects(None, ADMS.status)) == [withdrawn]
    everything = b"\n".join(o.body for o in RETRACTED).decode()
    told = {a.place for o in FOLLOW.outcomes for a in o.activities} - {"", "Strängnäs"}
    assert told and not [place for place in told if place in everything]


def test_a_site_in_a_cms_is_told_of_without_files_beside_it() -> None:
    """Where only the article is placed, the catalogue leads to the page and promises no file."""
    sites = tuple(
        c.model_copy(update={"kind": "wordpress"}) if c.id == "strangnas.se" else c
        for c in PLACE.channels
        if c.id in ("strangnas.se", "polisen.se")
    )
    made = composed(MADE, PLACE.model_copy(update={"channels": sites}), FOLLOW)
    found = Graph().parse(data=body("dcat.jsonld", made), format="json-ld")
    home = pages.address(channel("strangnas.se"), MADE.slug, FOLLOW.period)
    assert {str(o) for o in found.objects(None, DCAT.accessURL)} == {home}
    assert not list(found.objects(None, DCAT.downloadURL))


def test_the_page_tells_search_engines_what_it_holds() -> None:
    """schema.org in the head, as data: the same address, licence and files as in the catalogue."""
    page = body("index.html", outputs()).decode()
    told = json.loads(page.split('<script type="application/ld+json">')[1].split("</script>")[0])
    assert (told["@type"], told["license"], told["version"]) == ("Dataset", PLACE.data_licence, "1")
    assert told["temporalCoverage"] == "2021-09-01/2021-12-31"
    assert {d["contentUrl"].rpartition("/")[2] for d in told["distribution"]} == {
        "summary.json",
        opendata.PARTS,
        opendata.ACTIVITIES,
    }


def test_staff_word_what_a_catalogue_is_told() -> None:
    """A block of katalog.j2 says it, in the catalogue and to search engines alike; the default is the shipped one."""
    said = PLACE.police.name
    templates = dict(shipped().templates)
    templates["katalog.j2"] = templates["katalog.j2"].replace("Vad {{ police }}", "Så har det gått för {{ police }}")
    own = composed(MADE, PLACE, FOLLOW, templates=templates)
    for made, begins in ((outputs(), f"Vad {said}"), (own, f"Så har det gått för {said}")):
        graph = Graph().parse(data=body("dcat.jsonld", made), format="json-ld")
        texts = [str(o) for o in graph.objects(None, DCTERMS.description)]
        assert any(text.startswith(begins) for text in texts), texts
        assert f'"description":"{begins}' in body("index.html", made).decode()
