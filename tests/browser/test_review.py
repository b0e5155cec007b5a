"""The review application in a real browser: a day of both parties, by mouse, by keyboard and on a phone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

import config
from tasks.store import Store, publications
from tests.conftest import absent
from tests.reviewing import House, house

SHOTS = Path(__file__).parent / "shots"
PHONE = {"width": 390, "height": 844}
_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium; a machine without it skips."""
    program = which("chromium")
    if program is None:
        absent("chromium is not installed")
    SHOTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(_SWITCHES))
        yield running
        running.close()


@pytest.fixture
def address(sqlite_store: Store) -> Iterator[tuple[str, House]]:
    """The application with one open draft, served on a free loopback port."""
    home = house(config.load(), sqlite_store)
    server = uvicorn.Server(uvicorn.Config(home.app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", home
    server.should_exit = True
    thread.join(5)


def test_both_parties_walk_from_sign_in_to_the_outbox(browser: Browser, address: tuple[str, House]) -> None:
    """The police open a figure, edit a text and approve; the municipality approves the same; the outbox fills."""
    base, home = address
    police = _visitor(browser, base, "Demo Polis (godkänner)")
    _shot(police, "oversikt")
    police.get_by_role("link", name="Läs och godkänn uppföljningen 11 mars–30 april 2021").click()
    _shot(police, "utkast")
    police.get_by_role("link", name="1 trygghetsvandring", exact=True).click()
    expect(police.get_by_role("heading", name="Räknas inte")).to_be_visible()
    expect(police.get_by_text("Polisens egna ord om vandringen")).to_be_visible()
    _shot(police, "siffra")
    police.get_by_role("link", name="Tillbaka till utkastet").click()

    police.get_by_text("Ändra Trygghetsvandringar").click()
    text = police.locator('textarea[name="text:sida:c5"]')
    text.fill("Vi gick 7 vandringar.")
    police.get_by_role("button", name="Spara ändringar").locator("visible=true").first.click()
    expect(police.get_by_text("Siffror får inte skrivas för hand: ”7”").first).to_be_visible()
    expect(text).to_have_value("Vi gick 7 vandringar.")
    _shot(police, "utkast-anmarkning")
    text.fill("Vi gick {c5.held} vandringar tillsammans.")
    police.get_by_role("button", name="Spara ändringar").locator("visible=true").first.click()
    expect(police.get_by_role("status")).to_contain_text("Texterna är sparade")
    frame = police.frame_locator("iframe").first
    expect(frame.get_by_text("Vi gick 1 vandringar tillsammans.")).to_be_visible()
    _approve(police, "polisen")
    expect(police.get_by_role("status")).to_contain_text("Du har godkänt")

    town = _visitor(browser, base, "Demo Kommun (godkänner)")
    town.goto(f"{base}/utkast/{home.draft_id}")
    _approve(town, "kommunen")
    expect(town.get_by_role("status")).to_contain_text("Båda parter har godkänt")
    town.get_by_role("link", name="Publiceringar").click()
    expect(town.get_by_text("väntar på att skickas")).to_have_count(len(_outbox(home)))
    _shot(town, "publiceringar")
    town.get_by_role("link", name="Historik").first.click()
    expect(town.get_by_text("godkände kontrollsumman")).to_have_count(2)
    _shot(town, "historik")


def test_a_question_with_the_keyboard_alone(browser: Browser, address: tuple[str, House]) -> None:
    """Tab and Enter are enough to sign in, reach a question and answer it."""
    base, _ = address
    page = browser.new_context().new_page()
    page.goto(base)
    _tab_to(page, "Demo Kommun (rapporterar)")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Hoppa till innehållet")).to_be_focused()
    _tab_to(page, "Frågor")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/fragor")
    _shot(page, "fragor")
    _tab_to(page, "Ja")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Inga öppna frågor.")).to_be_visible()


def test_a_report_with_a_name_in_it_with_the_keyboard_alone(browser: Browser, address: tuple[str, House]) -> None:
    """Fill in, see what is hidden, send it so; Enter in a field never sends a stopped report without its text."""
    base, _ = address
    page = _visitor(browser, base, "Demo Kommun (rapporterar)")
    _tab_to(page, "Rapportera")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Rapportera", exact=True)).to_be_visible()
    _shot(page, "rapportera")
    _tab_to(page, "Rapportera trygghetsvandringar")
    page.keyboard.press("Enter")
    page.get_by_label("Datum", exact=True).fill("2021-04-21")
    page.get_by_label("Ort").select_option("Mariefred")
    page.get_by_role("group", name="Var polisen med?").get_by_label("Ja").check()
    text = page.get_by_label("Vad gjordes?")
    text.fill("Pojke 16 år vid Provskolan stoppades.")
    page.get_by_label("Antal deltagare").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Texten får inte sparas.")
    _shot(page, "rapport-stoppad")
    page.get_by_label("Antal deltagare").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Texten får inte sparas.")
    text.fill("Anna Lindkvist (070-174 06 05) pekade på mörka partier vid hamnen.")
    page.get_by_role("button", name="Skicka rapporten").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Vi döljer: namn och telefonnummer.")
    _shot(page, "rapport-doljs")
    page.get_by_role("button", name="Skicka så här").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("rapporten är sparad")
    _shot(page, "rapporterat")
    page.get_by_role("link", name="Ändra Trygghetsvandringar 21 april").click()
    expect(page.get_by_label("Vad gjordes?")).to_have_value(
        "[namn] ([telefonnummer]) pekade på mörka partier vid hamnen."
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_everything_without_sideways_scrolling(
    browser: Browser, address: tuple[str, House], scheme: str
) -> None:
    """At 390 pixels no screen is wider than the phone, and every button and field is large enough to hit."""
    base, home = address
    context = browser.new_context(viewport=PHONE, color_scheme=scheme, has_touch=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    _sign_in(page, base, "Demo Kommun (godkänner)")
    draft = f"/utkast/{home.draft_id}"
    for name, path in {
        "oversikt": "/",
        "utkast": draft,
        "siffra": f"{draft}/siffra/c5.held",
        "fragor": "/fragor",
        "publiceringar": "/publiceringar",
        "rapportera": "/rapportera",
        "rapport": "/rapportera/strangnas-2021/c5",
        "rapport-fil": "/rapportera-fil/strangnas-2021",
        "historik": "/historik/strangnas-2021/2021-T1",
    }.items():
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        for control in page.locator(
            "button:visible, textarea:visible, select:visible, summary:visible, input:visible"
        ).all():
            box = control.bounding_box()
            least = 24 if control.get_attribute("type") in ("checkbox", "radio") else 44
            assert box and box["height"] >= least, (path, control.inner_text())
        _shot(page, f"mobil-{name}-{scheme}")
    assert not said, said


def _visitor(browser: Browser, base: str, person: str) -> Page:
    page = browser.new_context(viewport={"width": 1180, "height": 800}).new_page()
    _sign_in(page, base, person)
    return page


def _sign_in(page: Page, base: str, person: str) -> None:
    page.goto(base)
    page.get_by_role("button", name=person).click()
    expect(page.get_by_role("heading", name="Översikt")).to_be_visible()


def _approve(page: Page, party: str) -> None:
    page.get_by_label("Publicera med lucka.").check()
    page.get_by_role("button", name=f"Godkänn för {party}").dblclick()


def test_a_file_of_reports_shows_a_verdict_for_each_row(browser: Browser, address: tuple[str, House]) -> None:
    """Choose a file, read what would become of each row, save the good ones."""
    base, _ = address
    page = _visitor(browser, base, "Demo Kommun (rapporterar)")
    page.goto(f"{base}/rapportera")
    page.get_by_role("link", name="lämna flera på en gång").click()
    rows = (
        "Id;Löfte;Status;Datum;Plats;Beskrivning;Polisen deltog",
        "1;c5;genomförd;2021-04-21;Mariefred;Vandring med Anna Lindkvist.;ja",
        "2;c5;genomförd;2021-04-22;Härad;Pojke 16 år vid Provskolan.;ja",
        "3;c5;genomförd;2021-12-24;Länna;För tidigt.;ja",
    )
    page.get_by_label("Fil (").set_input_files(
        {"name": "logg.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    )
    page.get_by_role("button", name="Visa raderna").click()
    _shot(page, "rapport-fil")
    page.get_by_role("button", name="Spara 1 rad").click()
    expect(page.get_by_role("status")).to_contain_text("raderna är sparade")


def _tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()").startswith(name):
            return
    pytest.fail(f"{name} can't be reached with Tab")


def _outbox(home: House) -> list[object]:
    with home.store.reading() as db:
        return list(publications.listed(db))


def _shot(page: Page, name: str) -> None:
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
