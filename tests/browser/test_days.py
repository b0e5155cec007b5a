"""The whole day of each who uses the application, with nothing but the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from flows.review import operations
from tasks.model import Publication
from tasks.store import orders, publications
from tests.browser.visiting import Keyboard, Site, looked_at
from tests.reviewing import House

WALK = "trygghetsvandringar"


def test_the_safety_coordinator_reports_takes_back_and_says_nothing_to_report(site: Site) -> None:
    """A walk, with a name that is hidden; a duplicate taken back; a plan; a word for a period; a slip undone."""
    site.home.clock.forward(days=120)
    page = site.visitor()
    me = Keyboard(page)
    me.sign_in("Demo Kommun (rapporterar)")
    me.press("Rapportera för 1 maj–31 augusti 2021")
    me.press(f"Rapportera {WALK}")
    me.to("Genomförd")
    me.type("Datum", "21/8")
    me.choose("Ort", "Mariefred")
    me.tick("Ja")
    me.type("Vad gjordes?", "Anna Lindkvist (070-174 06 05) pekade på mörka partier vid hamnen.")
    me.press("Skicka rapporten")
    expect(page.get_by_role("alert")).to_contain_text("Vi döljer: namn och telefonnummer.")
    looked_at(page, "rapport-doljs")
    me.press("Skicka så här")
    expect(page.get_by_role("status")).to_contain_text("rapporten är sparad")

    me.press("Ändra Trygghetsvandringar 21 augusti 2021")
    me.press("Återta rapporten")
    me.tick("Rapporterad två gånger")
    looked_at(page, "rapport-atertas")
    me.press("Återta rapporten")
    expect(page.get_by_role("status")).to_contain_text("Rapporten är återtagen")
    expect(page.get_by_text("rapporterad två gånger")).to_be_visible()

    me.press("Inget att rapportera, Informationskampanj för föräldrar 1 maj–31 augusti 2021")
    expect(page.get_by_role("status")).to_contain_text("beskedet för perioden är sparat")
    me.press("Ångra beskedet om Informationskampanj för föräldrar 1 maj–31 augusti 2021")
    expect(page.get_by_role("status")).to_contain_text("Perioden är åter utan besked")


def test_the_police_officer_reports_on_a_phone_and_answers_with_single_keys(site: Site) -> None:
    """What must not be kept is stopped and left out; questions are answered with J, N and O, and undone."""
    page = site.visitor(viewport={"width": 390, "height": 844})
    me = Keyboard(page)
    me.sign_in("Demo Polis (rapporterar)")
    me.press("Rapportera")
    me.press(f"Rapportera {WALK}")
    me.type("Datum", "2021-04-21")
    me.tick("Ja")
    me.type("Vad gjordes?", "Pojke 16 år vid Provskolan stoppades.")
    me.press("Antal deltagare")
    expect(page.get_by_role("alert")).to_contain_text("Texten får inte sparas.")
    looked_at(page, "mobil-rapport-stoppad")
    me.press("Skicka utan fritext")
    expect(page.get_by_role("status")).to_contain_text("rapporten är sparad")

    me.press("Frågor")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Är detta kampanjen?")).to_be_visible()
    me.press("Börja svara")
    question = page.get_by_role("article", name="Är detta kampanjen?")
    expect(question).to_be_focused()
    page.keyboard.press("o")
    expect(page.get_by_role("status").first).to_contain_text("Du svarade osäker")
    expect(page.get_by_text("Demo Polis (rapporterar) var osäker")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(question).to_be_focused()
    page.keyboard.press("n")
    expect(page.get_by_role("status").first).to_contain_text("Du svarade nej")
    me.press("Ångra")
    expect(page.get_by_text("Väntar på någon som vet")).to_be_visible()


def test_a_key_in_a_field_is_a_letter(site: Site) -> None:
    """Writing "nej" in a field answers nothing; yes but is sent with its correction, also with Enter."""
    page = site.visitor()
    me = Keyboard(page)
    me.sign_in("Demo Kommun (rapporterar)")
    page.goto("/fragor")
    me.press("Ja, men något stämmer inte")
    me.type("Datum", "24 december")
    me.enter()
    expect(page.get_by_role("alert")).to_contain_text("kan inte ligga i framtiden")
    looked_at(page, "fragor-ja-men-fel")
    me.type("Datum", "210420")
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.value") == "210420n"
    expect(page.get_by_role("heading", name="Är detta kampanjen?")).to_be_visible()
    page.keyboard.press("Backspace")
    me.enter()
    expect(page.get_by_role("status").first).to_contain_text("Du svarade ja, men 20 april 2021")


def test_both_communications_officers_edit_approve_and_read_the_receipts(site: Site) -> None:
    """From what waits to the outbox: a figure opened, a text edited, both approvals, the history."""
    town, police = site.visitor(), site.visitor()
    me = Keyboard(town)
    me.sign_in("Demo Kommun (godkänner)")
    me.press("Läs och godkänn uppföljningen 11 mars–30 april 2021")
    me.press("1 trygghetsvandring")
    expect(town.get_by_role("heading", name="Räknas inte")).to_be_visible()
    assert "Polisens egna ord" not in town.content()
    me.press("Tillbaka till utkastet")
    me.press("Ändra Trygghetsvandringar")
    me.type("Text med märken", "Vi gick 7 vandringar.")
    me.press("Spara ändringar")
    expect(town.get_by_text("Siffror får inte skrivas för hand: ”7”").first).to_be_visible()
    looked_at(town, "utkast-anmarkning")
    me.type("Text med märken", "Vi gick {c5.held} vandringar tillsammans.")
    me.press("Spara ändringar")
    expect(town.get_by_role("status").first).to_contain_text("Texterna är sparade")
    _approve(me, "kommunen")
    expect(town.get_by_role("status").first).to_contain_text("Du har godkänt")

    other = Keyboard(police)
    other.sign_in("Demo Polis (godkänner)")
    other.press("Läs och godkänn uppföljningen 11 mars–30 april 2021")
    _approve(other, "polisen")
    expect(police.get_by_role("status").first).to_contain_text("Båda parter har godkänt")
    other.press("Publiceringar")
    expect(police.get_by_text("väntar på att skickas")).to_have_count(len(_outbox(site.home)))
    other.press("Historik")
    expect(police.get_by_text("godkände kontrollsumman")).to_have_count(2)


def test_ops_see_why_it_is_red_try_it_out_and_settle_what_is_unknown(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reasons with their mends, a rehearsal told in words, an unknown publication settled with its link."""
    monkeypatch.setattr(operations, "PATIENCE_SECONDS", 0.0)
    home = site.home
    home.approve(home.signed_in("demo-polis"))
    home.approve(home.signed_in("demo-kommun"))
    with home.store.writing() as db:
        publications.move(db, 1, from_states=["pending"], to="uncertain", now=home.clock())
    page = site.visitor()
    me = Keyboard(page)
    me.sign_in("Demo Drift")
    me.press("Se vad som är rött 11 mars–30 april 2021")
    expect(page.get_by_role("heading", name="Därför är det rött")).to_be_visible()
    expect(page.get_by_text("inget underlag 20–30 april 2021")).to_be_visible()
    me.press("Prova, ändra inget")
    expect(page.get_by_text("Provkörning")).to_be_visible()
    with home.store.writing() as db:
        orders.take(db, home.clock())
        orders.end(db, 1, "done", "0 händelser till, 0 siffror ändras, 0 kanaler berörs.", home.clock())
    me.press("Visa resultatet")
    expect(page.get_by_text("0 händelser till, 0 siffror ändras, 0 kanaler berörs.")).to_be_visible()
    looked_at(page, "drift-provat")

    me.press("Gå dit")
    me.type("Länk till det som ligger ute", "https://polisen.se/uppfoljning")
    me.press("Ja, den ligger ute")
    expect(page.get_by_role("status").first).to_contain_text("den ligger ute")
    assert next(p for p in _outbox(home) if p.id == 1).state == "published"


def _approve(me: Keyboard, party: str) -> None:
    me.tick("Publicera med lucka")
    me.press(f"Godkänn för {party}")


def _outbox(home: House) -> list[Publication]:
    with home.store.reading() as db:
        return list(publications.listed(db))
