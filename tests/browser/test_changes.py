"""A draft that changed under both parties, looked at: marks, fallen approvals, differences, advice, an unsaved text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import copy

import pytest
from playwright.sync_api import Browser, Page, expect

from tasks.store import Store
from tests.browser.autumn import MORNING, Autumn
from tests.browser.conftest import served
from tests.browser.visiting import AXE, DESKTOP, PHONE, Site, shot, violations
from tests.conftest import absent

LONG = (
    "Kommunen och polisen har tillsammans vandrat {c5.held} gånger i områden som de boende har valt, och då har de "
    "gått igenom platser som upplevs som mörka och antecknat vad som kan göras åt dem under hösten."
)


@pytest.fixture
def changed(browser: Browser, tmp_path: Path, migrated_file: Path) -> Iterator[Site]:
    """The police approved; then the municipality changed a text, and a report that came late moved a figure."""
    store = Store(f"sqlite:///{copy(migrated_file, tmp_path / 'changed.db')}")
    made = Autumn(tmp_path, store)
    police, town = made.home.signed_in("demo-polis"), made.home.signed_in("demo-kommun")
    assert made.home.approve(police).status_code == 303
    assert made.home.save(town, "sida:c5", LONG).status_code == 303
    made.say("municipality", "2021-07-10", date(2021, 9, 8), place="Härad")
    assert made.year.run("2021-T2", MORNING).outcome == "revised"
    with served(browser, made.home) as site:
        yield site
    store.close()


def test_what_changed_is_told_compared_and_accessible(changed: Site) -> None:
    """The approver is told on the board and the draft, sees the marked sentence, and compares; axe finds nothing."""
    if not AXE.is_file():
        absent("axe-core is not installed (make npm)")
    page = changed.signed_in("Demo Polis (godkänner)", has_touch=True)
    expect(page.get_by_role("link", name="igen. Demo Kommun (godkänner) ändrade en text.")).to_be_visible()
    page.goto(f"/utkast/{changed.home.draft_id}")
    expect(page.get_by_text("Ert godkännande av version 1 gäller inte längre.")).to_be_visible()
    expect(page.locator("#t-sida-c5 mark")).to_contain_text("vandrat")
    _look(page, "utkast-andrat")
    page.get_by_text("Ändra Trygghetsvandringar").click()
    page.locator('textarea[name="text:sida:c5"]').fill(f"{LONG} Polisen var med varje gång.")
    page.get_by_role("button", name="Visa hur det blir").locator("visible=true").first.click()
    expect(page.locator(".trial")).to_contain_text("Inget är sparat ännu.")
    expect(page.locator("#t-sida-c5")).to_contain_text("Meningen som börjar ”Kommunen och polisen har …”")
    _look(page, "utkast-prova")
    page.get_by_role("link", name="Se vad som har ändrats sedan dess").click()
    expect(page.locator("ins").first).to_be_visible()
    _look(page, "jamfor-version")
    page.goto(f"/utkast/{changed.home.draft_id}/jamfor")
    expect(page.get_by_role("heading", name="Jämför med 11 mars–30 april 2021")).to_be_visible()
    _look(page, "jamfor")


def _look(page: Page, name: str) -> None:
    """Have axe look at the page on a desktop and a phone, and keep a picture of each."""
    for prefix, size in (("", DESKTOP), ("mobil-", PHONE)):
        page.set_viewport_size(size)  # a width and a height
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # one of its two
            assert not (found := violations(page, scheme)), (name, prefix, scheme, found)
        page.emulate_media(color_scheme="light")
        shot(page, f"{prefix}{name}")
