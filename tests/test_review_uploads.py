"""Reporting with a file: every row has its verdict before anything is kept, and the same file twice changes nothing."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from openpyxl import Workbook

import config
from tasks.store import Store
from tests.reviewing import SCRIPT, House, house, token
from tests.test_review_reports import LATE, POLICE, TOWN, walks
from tests.year import stored_text

pytestmark = pytest.mark.slow

PATH = "/rapportera-fil/strangnas-2021"
HEADER = "Id;Löfte;Status;Datum;Till;Plats;Beskrivning;Antal;Polisen deltog;På skola"
ROWS = (
    "1;c5;genomförd;2021-09-21;;Mariefred;Vandring vid hamnen.;1;ja;",
    "2;c5;genomförd;2021-10-14;;Åkers styckebruk;Anna Lindkvist på 070-174 06 05 var med.;;ja;",
    "3;c5;genomförd;2021-10-15;;Strängnäs;Pojke 16 år vid Provskolan.;;ja;",
    "4;c5;genomförd;2021-12-24;;Härad;För tidigt.;;ja;",
    "5;c7;genomförd;2021-09-04;;Mariefred;Insats.;;;",
    "6;c4;inget att rapportera;2021-05-01;2021-08-31;;;;;",
    "7;c5;kanske;2021-10-01;;Mariefred;Sven Larsson;;;",
    f"8;c6;genomförd;2021-05-17;2021-05-30;;{SCRIPT};1;ja;",
)


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """The application in October."""
    made = house(config.load(), sqlite_store)
    made.clock.moment = LATE
    return made


def upload(visitor: TestClient, body: bytes, name: str = "logg.csv") -> Response:
    """Choose a file and show its rows."""
    fields = {"csrf": token(visitor.get(PATH))}
    return visitor.post(PATH, data=fields, files={"fil": (name, body)})


def save(home: House, visitor: TestClient, shown: Response) -> Response:
    """Save the rows that were shown as ready."""
    found = re.search(r'name="rader" value="([^"]*)"', shown.text)
    assert found, shown.text
    return home.post(visitor, f"{PATH}/spara", rader=unescape(found[1]))


def verdicts(shown: Response) -> list[tuple[str, str]]:
    """Each row with its verdict."""
    found = re.findall(r'<th scope="row">(.*?)</th>.*?<span class="chip[^"]*">(.*?)</span>', shown.text, re.DOTALL)
    return [(unescape(what), verdict) for what, verdict in found]


def csv(*rows: str) -> bytes:
    """A file as Swedish Excel writes it."""
    return "\r\n".join([HEADER, *rows]).encode("cp1252")


def test_each_row_has_its_verdict_and_nothing_is_kept_before_it_is_saved(home: House) -> None:
    """What can be read is shown masked, what can't says why; only then the good rows are kept."""
    visitor = home.signed_in(TOWN)
    shown = upload(visitor, csv(*ROWS))
    assert verdicts(shown) == [
        ("Trygghetsvandringar, 21 september 2021, Mariefred, genomförd", "sparas"),
        ("Trygghetsvandringar, 14 oktober 2021, Åkers styckebruk, genomförd", "sparas"),
        ("Trygghetsvandringar, 15 oktober 2021, Strängnäs, genomförd", "stoppas"),
        ("Trygghetsvandringar, 24 december 2021, Härad, genomförd", "kan inte sparas"),
        ("4 september 2021", "kan inte sparas"),
        ("Föräldraträffar, 1 maj–31 augusti 2021, inget att rapportera", "sparas"),
        ("Informationskampanj för föräldrar, 17–30 maj 2021, genomförd", "sparas"),
        ("Rad 8", "kan inte sparas"),
    ]
    assert "Vi döljer: namn och telefonnummer." in shown.text
    assert "Lindkvist" not in shown.text and "Provskolan" not in shown.text and "Larsson" not in shown.text
    assert SCRIPT not in shown.text
    assert not walks(home)
    assert save(home, visitor, shown).headers["location"] == "/rapportera?klart=filen-sparad"
    assert len(walks(home)) == 4
    assert not [w for w in ("Lindkvist", "174 06 05", "Provskolan", "Larsson") if w in stored_text(home.store)]


def test_the_same_file_twice_changes_nothing_and_a_mended_row_is_a_new_version(home: House) -> None:
    """The row's own id is what makes it the same report."""
    visitor = home.signed_in(TOWN)
    shown = upload(visitor, csv(*ROWS[:2]))
    save(home, visitor, shown)
    assert save(home, visitor, shown).headers["location"].endswith("klart=rapport-igen")
    again = upload(visitor, csv(*ROWS[:2]))
    assert [v for _, v in verdicts(again)] == ["redan sparad", "redan sparad"]
    assert "Det finns inget nytt att spara" in again.text
    mended = upload(visitor, csv(ROWS[0].replace("hamnen", "torget"), ROWS[1]))
    assert [v for _, v in verdicts(mended)] == ["ändrar", "redan sparad"]
    save(home, visitor, mended)
    assert sorted(r.version for r in walks(home)) == [1, 2]


def test_a_workbook_is_read_too(home: House) -> None:
    """The police's sheet: a search by day and number, home visits by period, a school never."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (
        ["Löfte", "Status", "Datum", "Till", "Plats", "Antal"],
        ["c2", "genomförd", "2021-09-07", "", "", 1],
        ["c2", "genomförd", "2021-09-08", "", "Provskolan", 1],
        ["c3", "genomförd", "2021-05-01", "2021-08-31", "", ""],
        ["c3", "genomförd", "2021-05-04", "", "", ""],
    ):
        sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    visitor = home.signed_in(POLICE)
    shown = upload(visitor, file.getvalue(), "logg.xlsx")
    assert [v for _, v in verdicts(shown)] == ["sparas", "kan inte sparas", "sparas", "kan inte sparas"]
    save(home, visitor, shown)
    assert sorted(r.fields["commitment"] for r in walks(home, "polisens-rapporter")) == ["c2", "c3"]
    assert "Provskolan" not in stored_text(home.store)


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff\xfe", b"PK\x03\x04", b"<html>", b"a;b;c\n1;2;3", b"\xd0\xcf\x11\xe0"], ids=repr
)
def test_what_is_no_log_is_said_to_be_none(home: House, body: bytes) -> None:
    """A broken or foreign file gets a sentence, never an error page."""
    answer = upload(home.signed_in(TOWN), body)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_rows_that_were_tampered_with_are_checked_again(home: House) -> None:
    """The page's own field is no way round the rules of the form."""
    visitor = home.signed_in(TOWN)
    for rows in ("", "[]]", '[{"commitment": 5}]', '[{"x": 1}]'):
        assert home.post(visitor, f"{PATH}/spara", rader=rows).status_code == 422
    foreign = '[{"commitment": "c2", "state": "held", "form": "0123456789abcdef", "date": "2021-09-07"}]'
    secret = (
        '[{"commitment": "c1", "state": "held", "form": "0123456789abcdef", "date": "2021-09-07", '
        '"text": "Gäller 060412-2384."}]'
    )
    for rows in (foreign, secret):
        assert home.post(visitor, f"{PATH}/spara", rader=rows).status_code == 422
    assert not walks(home)
    assert "060412" not in stored_text(home.store)
