"""The staff's spreadsheet, as it is really saved: encodings, separators, workbooks, odd rows."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from config.schema import Source
from tasks.claims import called_off, canonical_name
from tasks.model import Parsed, Payload, Unreadable
from tasks.sources import activity_log

NOW = datetime(2021, 11, 1, 6, tzinfo=UTC)
HEADING = ["Löfte", "Status", "Datum", "Plats", "Beskrivning", "Polisen deltog"]
ROW = ["c5", "Genomförd", "14/10 2021", "Åkers styckebruk", "Vandring på kvällen.", "ja"]


def parse(body: bytes, **options: object) -> Parsed:
    """Return what is made of a file with these bytes."""
    source = Source(id="logg", kind="activity_log", name="Loggen", url="x", party="police", options=dict(options))
    return activity_log.parse(source, Payload("logg", NOW, "logg", "", body, "logg"))


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    """Return an XLSX file with these sheets."""
    file = io.BytesIO()
    with pd.ExcelWriter(file) as writer:
        for name, rows in sheets:
            width = max(map(len, rows))
            table = pd.DataFrame([[*row, *[None] * (width - len(row))] for row in rows])
            table.to_excel(writer, sheet_name=name, index=False, header=False)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
def test_every_way_to_save_gives_the_same_record(encoding: str, separator: str, ends: str) -> None:
    """Encoding, separator and line ends are nobody's business but ours."""
    body = ends.join(separator.join(cells) for cells in (HEADING, ROW)).encode(encoding)
    (record,) = parse(body).records
    assert (record.place, record.text, record.party) == ("Åkers styckebruk", "Vandring på kvällen.", "police")
    assert dict(record.fields) == {"commitment": "c5", "state": "held", "police_took_part": True}
    assert record.when and record.when.start == date(2021, 10, 14)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("ÅTAGANDE", "commitment"),
        ("Löfte", "commitment"),
        ("Datum ", "date"),
        ("start date", "date"),
        ("T.o.m.", "end"),
        ("Polisen deltog?", "police_took_part"),
        ("police_took_part", "police_took_part"),
        ("På skola", "at_school"),
        ("Antal deltagare", "participants"),
        ("Antal", "count"),
        ("Flyttad till", "moved_to"),
        ("Färg", None),
    ],
)
def test_headings_are_known_in_two_languages(heading: str, name: str | None) -> None:
    """Case, blanks and punctuation don't matter; an unknown heading is unknown."""
    assert canonical_name(heading) == name


def test_a_workbook_keeps_excels_row_numbers() -> None:
    """A title above the heading, real dates, day numbers, true and false; the row put aside has Excel's number."""
    rows: list[list[object]] = [
        ["Aktivitetslogg 2021"],
        [],
        ["Löfte", "Status", "Datum", "Antal", "Polisen deltog"],
        ["c5", "genomförd", datetime(2021, 10, 14), 1, True],
        ["c5", "planerad", 44_484, 2.0, False],
        [],
        ["c5", "genomförd", "31 februari 2021", 1, True],
    ]
    parsed = parse(workbook(("Blad1", [["tomt"]]), ("Logg", rows)))
    assert [r.when.start.isoformat() for r in parsed.records if r.when] == ["2021-10-14", "2021-10-15"]
    assert [r.fields["count"] for r in parsed.records] == [1, 2]
    assert [r.fields["police_took_part"] for r in parsed.records] == [True, False]
    assert [q.row for q in parsed.quarantined] == [7]


def test_the_sheet_can_be_named() -> None:
    """With `sheet` only that one is read; a name that isn't there names those that are."""
    body = workbook(("A", [HEADING, ROW]), ("B", [HEADING, ROW, ROW]))
    assert len(parse(body, sheet="B").records) == 2
    with pytest.raises(Unreadable, match="Blad: A, B"):
        parse(body, sheet="C")


def test_a_workbook_that_unpacks_without_end_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size inside is looked at before anything is unpacked."""
    monkeypatch.setattr(activity_log, "_MAX_UNPACKED", 1000)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", " " * 10_000)
    with pytest.raises(Unreadable, match="orimligt stor"):
        parse(file.getvalue())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "ingen rubrikrad"),
        (b"hej;hopp\n1;2", "ingen rubrikrad"),
        (b"<html><table>", "webbsida"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "gamla format"),
        (b"PK\x03\x04skadad", "ingen hel Excelfil"),
    ],
)
def test_what_is_no_log_is_unreadable(body: bytes, said: str) -> None:
    """Each message names the file, what it is, and what to do."""
    with pytest.raises(Unreadable, match=said):
        parse(body)


def test_an_open_quote_costs_one_line() -> None:
    """A quote that never closes, also when a later line has one, doesn't swallow its neighbours."""
    rows = [
        HEADING,
        ROW,
        [*ROW[:4], '"öppet citat', "ja"],
        ["c5", "planerad", "2021-11-01", "Härad", '"Ett" ord', "ja"],
        ROW[:3],
    ]
    parsed = parse("".join(";".join(cells) + "\n" for cells in rows).encode())
    assert (len(parsed.records), [q.row for q in parsed.quarantined]) == (3, [3])


@pytest.mark.parametrize(
    ("rows", "cut"),
    [
        ([HEADING, ROW, ROW[:3]], True),
        ([HEADING, ROW[:3]], True),
        ([HEADING, ROW, [*ROW[:3], "Mari"], []], False),  # a line end, whatever is left out
        ([HEADING[:4], ROW[:3], ROW[:3]], False),
        ([HEADING[:3], ROW[:3], ROW[:3]], False),
        ([HEADING, ROW, [*ROW[:4], '"ett\ntvå"', "ja"]], False),
    ],
)
def test_a_file_that_ends_within_a_row_is_not_the_whole_one(rows: list[list[str]], cut: bool) -> None:
    """A download that broke off costs its last row, and never counts as having heard the source in full."""
    parsed = parse("\n".join(";".join(cells) for cells in rows).encode())
    assert bool(parsed.thinned) == cut == any("slutar mitt i raden" in q.reason for q in parsed.quarantined)


def test_line_numbers_count_the_lines_inside_cells() -> None:
    """After a cell of three lines the numbers are still those of the file."""
    rows = [HEADING, [*ROW[:4], '"ett\ntvå\ntre"', "ja"], ["c5", "vem vet", *ROW[2:]]]
    parsed = parse("\n".join(";".join(cells) for cells in rows).encode())
    assert (parsed.records[0].text, [q.row for q in parsed.quarantined]) == ("ett\ntvå\ntre", [5])


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("Status", "vem vet", "okänd status"),
        ("Datum", "14/10", "inget datum"),
        ("Antal", "-3", "inget heltal"),
        ("Antal", "0", "antal är 0"),
        ("Flyttad till", "snart", "ingen dag"),
        ("Slutdatum", "2021-01-01", "ligger före"),
        ("Rapporterad", "i går", "ingen tid"),
    ],
)
def test_a_claim_that_cannot_be_read_names_itself_and_the_mend(column: str, value: str, said: str) -> None:
    """The row is put aside with the reason; it is never half read."""
    claims = {"Löfte": "c5", "Status": "genomförd", "Datum": "2021-10-14", column: value}
    parsed = parse(f"{';'.join(claims)}\n{';'.join(claims.values())}".encode())
    assert parsed.records == ()
    assert said in parsed.quarantined[0].reason


def test_nothing_to_report_covers_a_period_or_is_put_aside() -> None:
    """A nil report without days says nothing about any period."""
    lines = [
        "Löfte;Status;Datum;Slutdatum",
        "c7;inget att rapportera;2021-05-01;2021-08-31",
        "c7;inget att rapportera;;",
    ]
    parsed = parse("\n".join(lines).encode())
    assert parsed.records[0].when and parsed.records[0].when.precision == "period"
    assert "perioden saknas" in parsed.quarantined[0].reason


def test_a_word_for_no_number_is_no_number() -> None:
    """'flera' stays without a number; a row twice is one row."""
    lines = ["Id;Löfte;Status;Datum;Antal", "1;c1;hållen;2021-10-14;flera", "1;c1;hållen;2021-10-14;flera"]
    parsed = parse("\n".join(lines).encode())
    assert ["count" in r.fields for r in parsed.records] == [False]
    assert "räknas en gång" in parsed.warnings[0]


@pytest.mark.parametrize(
    ("title", "bare", "off"),
    [
        ("INSTÄLLT! Karneval", "Karneval", True),
        ("Inställd: Vandring", "Vandring", True),
        ("INSTÄLLT", "INSTÄLLT", True),
        ("Inställningar för alla", "Inställningar för alla", False),
        ("Vandring", "Vandring", False),
    ],
)
def test_calendars_cancel_by_prefix(title: str, bare: str, off: bool) -> None:
    """The prefix goes, so that the id made of the title stays."""
    assert called_off(title) == (bare, off)
