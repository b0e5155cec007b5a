"""Archive packages and disclosure bundles: complete, the same each time, and without what belongs to others."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest

from flows import archiving
from tasks import archive, decide
from tasks.model import Party, Refused, RetractionReason, digest
from tasks.pdf import page_pdf
from tasks.store import Store, history
from tests.following import composed, sample
from tests.year import KOMMUN, POLICE, Year, a_year, row, walk

PERIOD = "2021-T1"
TEXTS = {"municipality": "Rundan gick förbi det röda huset.", "police": "Patrullen mötte upp vid macken."}
PARTIES: tuple[Party, ...] = ("police", "municipality")


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """A period that was sent back once with a comment, approved, published, corrected and approved again."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as made:
        first = walk("K1", "2021-04-10").replace("Trygghetsvandring genomförd.", TEXTS["municipality"])
        police = row("P1", "c1", "genomförd", "2021-04-12", "Strängnäs", TEXTS["police"], municipality="ja")
        made.logs([first], [police])
        made.run(PERIOD)
        now = made.due(PERIOD)
        seen = made.current(PERIOD)
        decide.reject(made.store, seen.id, seen_sha256=seen.sha256, person=POLICE, at=now, comment="Polisens egna ord.")
        decide.edit(
            made.store,
            made.config,
            seen.id,
            seen_revision=made.current(PERIOD).revision,
            texts={("sida", "lead"): "Det här har vi gjort."},
            person=KOMMUN,
            at=now,
        )
        made.approve(PERIOD, now)
        made.publish(now)
        made.logs([first, walk("K2", "2021-04-20", "Härad", reported="2021-06-01")], [police])
        later = now + timedelta(days=20)
        assert made.run(PERIOD, later).outcome == "correction"
        made.approve(PERIOD, later)
        made.publish(later)
        yield made


def package(year: Year, party: Party) -> archive.Files:
    """One authority's archive of the period."""
    with year.store.reading() as db:
        return archive.package(db, year.config, year.config.promises[year.promise_slug], PERIOD, party)


def bundle(year: Year) -> archive.Files:
    """What can be handed out about the period."""
    with year.store.reading() as db:
        return archive.bundle(db, year.config, year.config.promises[year.promise_slug], PERIOD)


def words(files: archive.Files) -> str:
    """All that can be read in a package."""
    return "\n".join(body.decode() for name, body in files.items() if not name.endswith((".png", ".pdf")))


@pytest.mark.slow
def test_a_package_is_whole_and_each_partys_own(year: Year) -> None:
    """Every edition in the own channels with PDF/A; own words in full, the other party's nowhere; the same twice."""
    for party, other in (PARTIES, PARTIES[::-1]):
        made = package(year, party)
        assert made == package(year, party)
        site = {"police": "polisen.se", "municipality": "strangnas.se"}
        for edition in (1, 2):
            folder = f"utgava-{edition}/{site[party]}"
            assert {f"{folder}/uppfoljning-{PERIOD}/{n}" for n in ("index.html", "delar.csv", "summary.json")} <= set(
                made
            )
            with pikepdf.open(io.BytesIO(made[f"{folder}/sida.pdf"])) as pdf:
                assert pdf.open_metadata().pdfa_status == "2A"
        assert not [name for name in made if site[other] in name]
        text = words(made)
        assert TEXTS[party] in text and TEXTS[other] not in text
        assert ("Polisens egna ord." in text) == (party == "police")
        told = json.loads(made["utgava-1/beslut.json"])["beslut"]
        assert [d["beslut"] for d in told] == ["rejected", "approved", "approved"]
        assert told[0]["kommentar_finns"]


@pytest.mark.slow
def test_the_manifest_names_every_file_with_its_hash(year: Year) -> None:
    """In the package and in the bundle."""
    for made in (package(year, "police"), bundle(year)):
        listed = {f["namn"]: f["sha256"] for f in json.loads(made["manifest.json"])["filer"]}
        assert listed == {name: digest(body) for name, body in made.items() if name != "manifest.json"}


@pytest.mark.slow
@pytest.mark.parametrize(("reason", "there"), [("secrecy", False), ("error", True)])
def test_what_was_taken_back_for_secrecy_is_archived_and_not_handed_out(
    year: Year, reason: RetractionReason, there: bool
) -> None:
    """The archive keeps it under restriction; the bundle only says that it is there to be reviewed."""
    at = year.due(PERIOD) + timedelta(days=30)
    decide.retract(year.store, year.config, year.current(PERIOD).id, reason=reason, person=POLICE, at=at)
    kept, given = package(year, "police"), bundle(year)
    assert [n for n in kept if n.endswith("index.html")]
    assert ("begränsad åtkomst" in kept["LÄS MIG.txt"].decode()) == (reason == "secrecy")
    assert bool([n for n in given if n.startswith("utgava-")]) == there
    assert ("Mariefred" in words(given)) == there
    assert ("återkallad för sekretess" in given["maskat.json"].decode()) == (reason == "secrecy")
    assert set(json.loads(given["manifest.json"])["aterkallade_utgavor"].values()) == {reason}


@pytest.mark.slow
def test_the_commands_write_a_folder_once_and_note_it(year: Year, tmp_path: Path) -> None:
    """Again gives the same bytes; a folder that holds something else is left alone; the log knows of both."""
    promise, now = year.config.promises[year.promise_slug], datetime(2021, 7, 1, tzinfo=UTC)
    for party in ("police", None):
        for _ in range(2):
            assert archiving.write(year.config, promise, PERIOD, party, tmp_path / "ut", now) == 0
    folder = tmp_path / "ut" / f"{promise.slug}-{PERIOD}-police"
    assert {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == package(
        year, "police"
    )
    (folder / "historik.json").write_text("[]")
    with pytest.raises(Refused, match="något annat"):
        archiving.write(year.config, promise, PERIOD, "police", tmp_path / "ut", now)
    with year.store.reading() as db:
        copies = [e.action for e in history.events(db, promise.slug, PERIOD, ("archived", "disclosed"))]
    assert copies == ["disclosed", "disclosed", "archived", "archived"]


def test_a_period_without_a_release_has_no_package(sqlite_store: Store, tmp_path: Path) -> None:
    """Drafts are not handed out; the message says so."""
    year = Year(tmp_path / "config", sqlite_store)
    year.run(PERIOD)
    for make in (bundle, lambda y: package(y, "police")):
        with pytest.raises(Refused, match="Utkast är inte allmän handling"):
            make(year)


def test_the_pdf_has_the_pages_words_tags_and_language() -> None:
    """PDF/A-2a and PDF/UA-1 by its own metadata, Swedish, tagged, titled, each chart with its words; twice the same."""
    outputs = [o for o in composed(*sample(3)) if o.channel == "strangnas.se"]
    page = next(o.body for o in outputs if o.name.endswith("index.html"))
    images = {o.name.rpartition("/")[2]: o.body for o in outputs if o.media_type == "image/png"}
    at = datetime(2022, 1, 17, tzinfo=UTC)
    made = page_pdf(page, images, "Polisen och Strängnäs kommun", at)
    assert made == page_pdf(page, images, "Polisen och Strängnäs kommun", at)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        said = pdf.open_metadata()
        assert (said.pdfa_status, said["pdfuaid:part"], pdf.Root.Lang) == ("2A", "1", "sv-SE")
        assert pdf.Root.MarkInfo.Marked and "uppföljning" in said["dc:title"]
        fonts = [f for p in pdf.pages for f in p.Resources.get("/Font", {}).values()]
        assert fonts and all("/ToUnicode" in f for f in fonts)
        structure = pdf.Root.StructTreeRoot
        assert len(_found(structure, "/Figure", set())) >= len(images)
        assert all(str(f.Alt) for f in _found(structure, "/Figure", set()))
        assert len(_found(structure, "/Table", set())) == page.count(b"<table")


def test_the_pdf_is_built_as_an_archive_demands() -> None:
    """Sound as a file, unlocked, every font inside, colours defined, no scripts or files attached, headings in order.

    What an independent validator would look at first; none is at hand, so no more is claimed.
    """
    outputs = [o for o in composed(*sample(3)) if o.channel == "strangnas.se"]
    page = next(o.body for o in outputs if o.name.endswith("index.html"))
    images = {o.name.rpartition("/")[2]: o.body for o in outputs if o.media_type == "image/png"}
    with pikepdf.open(io.BytesIO(page_pdf(page, images, "Polisen", datetime(2022, 1, 17, tzinfo=UTC)))) as pdf:
        assert not pdf.check_pdf_syntax() and not pdf.is_encrypted and not pdf.attachments
        intent = pdf.Root.OutputIntents[0]
        assert intent.S == "/GTS_PDFA1" and "/DestOutputProfile" in intent
        assert "/JavaScript" not in pdf.Root.get("/Names", {}) and "/OpenAction" not in pdf.Root
        fonts = [f for p in pdf.pages for f in p.Resources.get("/Font", {}).values()]
        kept = [d.FontDescriptor for f in fonts for d in f.get("/DescendantFonts", [f])]
        assert kept and all({"/FontFile2", "/FontFile3", "/FontFile"} & set(k.keys()) for k in kept)
        levels = [len(_found(pdf.Root.StructTreeRoot, f"/H{n}", set())) for n in range(1, 5)]
        assert levels[0] == 1 and all(levels)


def test_what_stands_above_the_page_stands_above_the_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """That a year is invented must be said in the archive too; what can only be pressed is not there."""
    seen: list[bytes] = []
    monkeypatch.setattr("tasks.pdf.typst.compile", lambda source, **_: seen.append(source) or b"%PDF")
    made, place, follow = sample(3)
    invented = place.model_copy(update={"notice": "Exempel med påhittade aktiviteter."})
    page = next(o.body for o in composed(made, invented, follow) if o.name.endswith("index.html"))
    page_pdf(page, {}, "Polisen", datetime(2022, 1, 17, tzinfo=UTC))
    source = seen[0].decode()
    assert source.index("påhittade aktiviteter") < source.index("#heading(level: 1)")
    assert "Visa som tabell" not in source


def _found(node: pikepdf.Object, kind: str, seen: set[tuple[int, int]]) -> list[pikepdf.Object]:
    if isinstance(node, pikepdf.Array):
        return [f for child in node for f in _found(child, kind, seen)]
    if not isinstance(node, pikepdf.Dictionary) or (node.objgen != (0, 0) and node.objgen in seen):
        return []
    seen.add(node.objgen)
    mine = [node] if node.get("/S") == kind else []
    return [*mine, *(_found(node.K, kind, seen) if "/K" in node else [])]


@pytest.mark.parametrize("text", ['#read("x") $a$ *b* _c_ `d` <e> @f \\ // g', "#" * 50, '"; #panic("x") //'])
def test_no_text_of_a_page_is_run(text: str) -> None:
    """Whatever an editor writes is text in the PDF too."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    page = f'<!doctype html><html lang="sv"><title>{safe}</title><main><h1>{safe}</h1><p>{safe}</p></main></html>'
    assert page_pdf(page.encode(), {}, safe, datetime(2022, 1, 17, tzinfo=UTC)).startswith(b"%PDF-1.7")
