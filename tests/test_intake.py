"""Scenario 17 for the staff's own logs: what points at a person is masked or withheld before anything is stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tasks.model import Parsed, Quarantined, Record
from tasks.screening import intake
from tasks.store import Store, records
from tests.year import Year, a_year, row, stored_text

SECRETS = ("Kalle Svensson", "070-123 45 67", "20060412-1234", "16 år", "Roggeskolan", "karin.svensson@example.com")
PLACES = ("Mariefred", "Åkers styckebruk")


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """Strängnäs 2021 with logs that the test writes."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as made:
        yield made


@pytest.mark.slow
def test_a_log_keeps_its_activities_and_none_of_its_people(year: Year) -> None:
    """Names are masked, a recognisable young person is withheld; rows, figures and coverage are as without them."""
    clean = [
        row("K1", "c5", "genomförd", "2021-04-10", "Mariefred", "Vandring i centrum.", police="ja", municipality="ja"),
        row("K2", "c5", "genomförd", "2021-04-17", "Mariefred", "Vandring.", police="ja", municipality="ja"),
        row("K3", "c5", "genomförd", "2021-04-24", "Mariefred", "Vandring vid ån.", police="ja", municipality="ja"),
    ]
    soiled = [
        clean[0].replace("Vandring i centrum.", "Vandring med Kalle Svensson, 070-123 45 67."),
        clean[1].replace("Vandring.", "En pojke 16 år vid Roggeskolan pekades ut."),
        clean[2].replace("Vandring vid ån.", "Se https://strangnas.example/?u=karin.svensson@example.com"),
        row("K4", "c5", "kanske 20060412-1234", "2021-04-25", "Mariefred", "Obegripligt om 20060412-1234"),
    ]
    year.logs(clean, [])
    year.run("2021-T1")
    counted = year.outcome("2021-T1", "c5").held
    year.logs(soiled, [])
    fetch = year.collect(year.due("2021-T1"), "kommunens-rapporter")["kommunens-rapporter"]
    assert "4 rader innehåller personnummer, uppgift om en ung person, namn, telefonnummer" in fetch.message
    assert fetch.good and fetch.quarantined == 1
    held = stored_text(year.store)
    assert [secret for secret in SECRETS if secret in held] == []
    with year.store.reading() as db:
        known = {r.external_id: r for r in records.known(db, ["kommunens-rapporter"], year.due("2021-T1"))}
    assert known["K1"].text == "Vandring med [namn], [telefonnummer]."
    assert (known["K2"].title, known["K2"].text, known["K2"].place) == (intake.WITHHELD, "", "Mariefred")
    year.draft("2021-T1", year.due("2021-T1") + timedelta(hours=1))
    assert counted == 3 == year.outcome("2021-T1", "c5").held
    assert "Kalle" not in year.everything("2021-T1")


@pytest.mark.slow
def test_a_log_that_can_not_be_read_leaves_no_bytes(year: Year) -> None:
    """What nobody could read nobody could screen; that it came is known by its hash."""
    (year.folder / "kommunen.csv").write_text("Kalle Svensson ringde 070-123 45 67\n", encoding="utf-8")
    fetch = year.collect(year.due("2021-T1"), "kommunens-rapporter")["kommunens-rapporter"]
    assert fetch.outcome == "unreadable"
    assert [secret for secret in SECRETS if secret in stored_text(year.store)] == []


def test_a_clean_answer_is_given_back_untouched() -> None:
    """Places, authorities and days are nobody's data; the very same object comes back."""
    parsed = Parsed((Record("s", "1", "Trygghetsvandring", text="Polisen och kommunen i Mariefred kl. 18.30."),))
    assert intake.screened("Loggen", parsed, PLACES) is parsed


def test_what_could_not_be_read_is_screened_too() -> None:
    """Neither the raw row nor the reason, which quotes it, keeps a personal number; a masked one may stay."""
    rows = (
        Quarantined(3, "okänd status 'kanske 20060412-1234'", "K9;20060412-1234"),
        Quarantined(4, "x", "ring 070-123 45 67"),
    )
    made = intake.screened("Loggen", Parsed((), rows), PLACES)
    assert [(q.reason, q.raw) for q in made.quarantined] == [
        ("okänd status 'kanske [personnummer]'", ""),
        ("x", "ring [telefonnummer]"),
    ]
    assert made.hides and made.warnings == (
        "Loggen: 2 rader innehåller personnummer och telefonnummer som inte sparas här. Ta bort dem i källan.",
    )
