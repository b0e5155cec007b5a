"""What happens to everybody: a double click, two tabs, the back button, an ended session, a file with mistakes."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tasks.store import drafts, matches, records
from tests.browser.visiting import Site, looked_at
from tests.reviewing import PROMISE, House

C5 = "/rapportera/strangnas-2021/c5"


def test_a_double_click_answers_reports_and_approves_once(site: Site) -> None:
    """Each second click meets what the first one did, and the page says that it is done."""
    page = site.signed_in("Demo Kommun (godkänner)")
    page.goto("/fragor")
    page.get_by_role("button", name="Ja", exact=True).dblclick()
    expect(page.get_by_role("status").first).to_contain_text("Du svarade ja")
    with site.home.store.reading() as db:
        assert len(matches.answers(db, PROMISE)) == 1
    _fill_in(page, "2021-04-21")
    page.get_by_role("button", name="Skicka rapporten").dblclick()
    expect(page.get_by_role("status")).to_be_visible()
    assert len(_walks(site.home)) == 1
    page.goto(f"/utkast/{site.home.draft_id}")
    page.get_by_label("Publicera med lucka.").check()
    page.get_by_role("button", name="Godkänn för kommunen").dblclick()
    expect(page.get_by_role("status").first).to_contain_text("Du har godkänt")
    with site.home.store.reading() as db:
        assert len(drafts.words(db, site.home.draft_id)) == 1


def test_two_tabs_of_one_person(site: Site) -> None:
    """The question that was answered in the other tab, and the report that was changed there, are told."""
    one = site.signed_in("Demo Kommun (rapporterar)")
    two = one.context.new_page()
    for page in (one, two):
        page.goto("/fragor")
    one.get_by_role("button", name="Ja", exact=True).click()
    expect(one.get_by_role("status").first).to_contain_text("Du svarade ja")
    two.get_by_role("button", name="Nej", exact=True).click()
    expect(two.get_by_role("alert")).to_contain_text("Frågan är redan besvarad: Du svarade ja")

    _fill_in(one, "2021-04-21")
    one.get_by_role("button", name="Skicka rapporten").click()
    for page in (one, two):
        page.goto("/rapportera")
        page.get_by_role("link", name="Ändra Trygghetsvandringar 21 april").click()
    one.get_by_label("Antal trygghetsvandringar").fill("2")
    one.get_by_role("button", name="Spara ändringen").click()
    expect(one.get_by_role("status")).to_contain_text("Ändringen är sparad")
    two.get_by_label("Antal trygghetsvandringar").fill("3")
    two.get_by_label("Vad gjordes?").fill("Min text.")
    two.get_by_role("button", name="Spara ändringen").click()
    expect(two.get_by_role("alert")).to_contain_text("Någon annan har ändrat rapporten")
    expect(two.get_by_label("Vad gjordes?")).to_have_value("Min text.")
    looked_at(two, "rapport-andrad-av-annan")


def test_two_editors_of_one_text(site: Site) -> None:
    """The second save is refused with the difference, and what was typed is still there."""
    town, police = site.signed_in("Demo Kommun (godkänner)"), site.signed_in("Demo Polis (godkänner)")
    for page, words in ((town, "Vi gick {c5.held} gånger."), (police, "Polisen gick {c5.held} gånger.")):
        page.goto(f"/utkast/{site.home.draft_id}")
        page.get_by_text("Ändra Trygghetsvandringar").click()
        page.locator('textarea[name="text:sida:c5"]').fill(words)
    town.get_by_role("button", name="Spara ändringar").locator("visible=true").first.click()
    expect(town.get_by_role("status").first).to_contain_text("Texterna är sparade")
    police.get_by_role("button", name="Spara ändringar").locator("visible=true").first.click()
    expect(police.get_by_text("Någon annan hann före.").first).to_be_visible()
    expect(police.locator('textarea[name="text:sida:c5"]')).to_have_value("Polisen gick {c5.held} gånger.")
    looked_at(police, "utkast-nagon-hann-fore")


def test_the_back_button_repeats_nothing(site: Site) -> None:
    """Back from the thanks comes the form; reloading and going forward send nothing again; an answer is one answer."""
    page = site.signed_in("Demo Kommun (rapporterar)")
    _fill_in(page, "2021-04-21")
    page.get_by_role("button", name="Skicka rapporten").click()
    expect(page.get_by_role("status")).to_contain_text("rapporten är sparad")
    page.reload()
    page.go_back()
    expect(page.get_by_role("heading", name="Rapportera: Trygghetsvandringar")).to_be_visible()
    page.go_forward()
    assert len(_walks(site.home)) == 1
    page.goto("/fragor")
    page.get_by_role("button", name="Ja", exact=True).click()
    expect(page.get_by_text("Inga öppna frågor.")).to_be_visible()
    page.go_back()
    if page.get_by_role("button", name="Ja", exact=True).count():
        page.get_by_role("button", name="Ja", exact=True).click()
        expect(page.get_by_role("status").first).to_contain_text("Du svarade ja")
    with site.home.store.reading() as db:
        assert len(matches.answers(db, PROMISE)) == 1


def test_a_session_that_ended_hands_the_words_back(site: Site) -> None:
    """After half an hour of writing the text is on the page, to copy or to send after signing in."""
    page = site.signed_in("Demo Kommun (rapporterar)")
    _fill_in(page, "2021-04-21")
    page.get_by_label("Vad gjordes?").fill("Min långa berättelse om gångvägarna.")
    site.home.clock.forward(minutes=31)
    page.get_by_role("button", name="Skicka rapporten").click()
    expect(page.get_by_text("Min långa berättelse om gångvägarna.").first).to_be_visible()
    looked_at(page, "session-slut")
    assert not _walks(site.home)


def test_a_file_of_reports_shows_a_verdict_for_each_row(site: Site) -> None:
    """Choose a file, read what would become of each row, save the good ones."""
    page = site.signed_in("Demo Kommun (rapporterar)")
    page.goto("/rapportera")
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
    looked_at(page, "rapport-fil-rader")
    page.get_by_role("button", name="Spara 1 rad").click()
    expect(page.get_by_role("status")).to_contain_text("raderna är sparade")


def test_everything_works_without_script(site: Site) -> None:
    """A browser that runs no script answers, corrects, reports and undoes all the same."""
    page = site.signed_in("Demo Kommun (rapporterar)", java_script_enabled=False)
    page.goto("/fragor")
    page.get_by_text("Ja, men något stämmer inte").click()
    page.get_by_label("Ort").select_option("Mariefred")
    page.get_by_role("button", name="Svara ja med rättelsen").click()
    expect(page.get_by_role("status").first).to_contain_text("Du svarade ja, men Mariefred")
    page.get_by_role("button", name="Ångra", exact=True).first.click()
    expect(page.get_by_role("status").first).to_contain_text("Svaret är ångrat")
    _fill_in(page, "2021-04-21")
    page.get_by_role("button", name="Skicka rapporten").click()
    expect(page.get_by_role("status")).to_contain_text("rapporten är sparad")


def _fill_in(page: Page, day: str) -> None:
    page.goto(C5)
    page.get_by_label("Datum", exact=True).fill(day)
    page.get_by_label("Ort").select_option("Mariefred")
    page.get_by_role("group", name="Var polisen med?").get_by_label("Ja").check()


def _walks(home: House) -> list[str]:
    with home.store.reading() as db:
        known = records.known(db, ["kommunens-rapporter"], home.clock())
    return [r.id for r in known if r.external_id.startswith(f"{PROMISE}-c5-")]
