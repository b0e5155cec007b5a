"""What changed in a draft, since when, and who is told: moved figures, fallen approvals, other texts, unsaved ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest

import config
from flows.review.app import create_app
from tasks.model import Dated, Parsed, Payload
from tasks.store import Store, history, records
from tests.reviewing import RECORDS, WALK_TOWN, Clock, House, house
from tests.year import Year, a_year, walk

pytestmark = pytest.mark.slow

PERIOD = "2021-T2"


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """An application with one open draft of a first period."""
    return house(config.load(), sqlite_store)


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """A year in which the first period was followed up with one walk, and the second one has one too."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as made:
        made.logs([walk("K1", "2021-04-10"), walk("K2", "2021-06-10", "Åker")], [])
        made.run("2021-T1")
        made.run(PERIOD)
        yield made


def opened(year: Year) -> House:
    """The application over a year, its clock on the second period's due date."""
    clock = Clock()
    clock.moment = year.due(PERIOD)
    app = create_app(year.config, year.store, demo=True, secret="test", now=clock)
    return House(app, year.config, year.store, clock, year.current(PERIOD).id)


def with_a_new_walk(year: Year, home: House) -> None:
    """Newer data: one walk more, known ten minutes later."""
    year.logs([walk("K1", "2021-04-10"), walk("K2", "2021-06-10", "Åker"), walk("K3", "2021-07-10", "Härad")], [])
    home.clock.forward(minutes=10)
    assert year.run(PERIOD, home.clock()).outcome == "revised"


def test_newer_data_marks_its_sentence_and_tells_who_had_approved(year: Year) -> None:
    """The sentence of the moved figure is marked with what it said; the approval fell, and both parties read why."""
    home = opened(year)
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.save(town, "sida:c5", "Inget nytt. Vi har vandrat {c5.held} gånger. Tack.")
    home.approve(police)
    with_a_new_walk(year, home)
    page = police.get(f"/utkast/{home.draft_id}").text
    article = page[page.index('id="t-sida-c5"') : page.index("</article>", page.index('id="t-sida-c5"'))]
    marked = re.findall(r"<mark>(.*?)</mark>", article)
    assert [re.sub("<[^>]+>", "", m).strip() for m in marked] == ["Vi har vandrat 2 gånger."]
    assert "<del>1</del> <ins>2</ins>" in article
    assert "Ert godkännande av version 2 gäller inte längre." in page
    assert "Nyare uppgifter har ändrat siffror eller texter." in page
    assert "godkännandet av version 2 gäller inte längre" in town.get(f"/utkast/{home.draft_id}").text
    assert "igen. Nyare uppgifter har ändrat" in unescape(police.get("/").text)


def test_what_was_approved_with_the_new_figure_is_marked_no_longer(year: Year) -> None:
    """A mark lasts until somebody has approved what it marks."""
    home = opened(year)
    police = home.signed_in("demo-polis")
    with_a_new_walk(year, home)
    assert "<mark>" in police.get(f"/utkast/{home.draft_id}").text
    home.approve(police)
    assert "<mark>" not in police.get(f"/utkast/{home.draft_id}").text


def test_an_edit_after_an_approval_voids_it_and_tells_both(home: House) -> None:
    """Whoever approved reads on the board and on the draft who changed what, and sees the words that changed."""
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.approve(police)
    home.save(town, "sida:c5", "Kommunen och polisen har vandrat {c5.held} av {c5.target} gånger.")
    board = unescape(police.get("/").text)
    assert "Läs och godkänn uppföljningen 11 mars–30 april 2021 igen. Demo Kommun (godkänner) ändrade en text." in board
    assert "gäller inte längre" in board
    page = police.get(f"/utkast/{home.draft_id}").text
    assert "Ert godkännande av version 1 gäller inte längre." in page
    assert f"/utkast/{home.draft_id}/jamfor?version=1" in page
    assert "<ins>vandrat</ins>" in police.get(f"/utkast/{home.draft_id}/jamfor?version=1").text
    other = town.get(f"/utkast/{home.draft_id}").text
    assert "godkännandet av version 1 gäller inte längre" in other
    assert "Ert godkännande" not in other
    home.approve(police)
    assert "gäller inte längre" not in police.get(f"/utkast/{home.draft_id}").text


def test_a_draft_sent_back_tells_whose_approval_fell(home: House) -> None:
    """The other party's rejection is the reason that is given."""
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.approve(police)
    fields = {"sha256": home.draft().sha256, "revision": "1", "kommentar": "Skriv om."}
    home.post(town, f"/utkast/{home.draft_id}/tillbaka", **fields)
    page = police.get(f"/utkast/{home.draft_id}").text
    assert "skickade tillbaka utkastet med en kommentar" in page


def test_the_period_before_is_told_and_its_texts_compared(year: Year) -> None:
    """Result and status of the last period stand beside the new ones; the texts are compared word by word."""
    home = opened(year)
    police = home.signed_in("demo-polis")
    page = police.get(f"/utkast/{home.draft_id}").text
    assert "förra perioden: 1 trygghetsvandring<" in unescape(page)
    assert "Nytt läge sedan 11 mars–30 april 2021" in page
    compared = police.get(f"/utkast/{home.draft_id}/jamfor").text
    assert "Jämför med 11 mars–30 april 2021" in compared
    assert "<del>11 mars–30 april</del><ins>1 maj–31 augusti</ins>" in compared
    assert "Samma text." in compared
    first = year.current("2021-T1").id
    assert "Det finns inget att jämföra med" in police.get(f"/utkast/{first}/jamfor").text


def test_a_correction_shows_its_texts_against_the_edition_before(year: Year) -> None:
    """The draft page of a second edition lists the texts that change; the period before is one link away."""
    home = opened(year)
    year.approve(PERIOD, home.clock())
    year.logs([walk("K1", "2021-04-10"), walk("K2", "2021-06-10", "Åker"), walk("K3", "2021-07-10", "Härad")], [])
    home.clock.forward(minutes=10)
    assert year.run(PERIOD, home.clock()).outcome == "correction"
    police, second = home.signed_in("demo-polis"), year.current(PERIOD).id
    page = police.get(f"/utkast/{second}").text
    assert "Texter som ändras" in page
    assert "Jämför med förra utgåvan" in page
    assert "Jämför med utgåva 1" in police.get(f"/utkast/{second}/jamfor").text
    assert "Jämför med 11 mars–30 april 2021" in police.get(f"/utkast/{second}/jamfor?med=period").text


def test_a_text_can_be_tried_without_saving_it(home: House) -> None:
    """What a text would become is shown with its figures, and as the posts it would make; nothing is stored."""
    town = home.signed_in("demo-kommun")
    tried = home.save(town, "kort:post", "Vi gick {c5.held} gånger.", prova="kort:post")
    assert tried.status_code == 200
    trial = tried.text[tried.text.index('class="trial"') :]
    assert "Inget är sparat ännu" in trial
    assert "Vi gick 1 gånger." in trial and "tecken." in trial
    assert "Vi gick {c5.held} gånger.</textarea>" in tried.text
    assert home.draft().revision == 1
    refused = home.save(town, "kort:post", "Vi gick 7 gånger.", prova="kort:post")
    assert "Siffror får inte skrivas för hand: ”7”" in refused.text and 'class="trial"' not in refused.text


def test_advice_does_not_stop_a_save(home: House) -> None:
    """A sentence that is too long is saved and remarked on, beside what may not be saved at all."""
    town = home.signed_in("demo-kommun")
    long = "Vi gick {c5.held} gånger " + "och såg en plats till som vi ville veta mer om " * 3 + "."
    assert home.save(town, "sida:c5", long).status_code == 303
    page = unescape(town.get(f"/utkast/{home.draft_id}").text)
    assert "kan bli lättare att läsa" in page and "Meningen som börjar ”Vi gick" in page
    both = unescape(home.save(town, "sida:c5", f"{long} Det var 3 platser.").text)
    assert "Går inte att spara så här:" in both and "Meningen som börjar" in both


def test_two_who_change_different_texts_are_told_so(home: House) -> None:
    """The later save is refused, says that its own text was left alone, and can be sent again as it stands."""
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.save(police, "sida:lead", "Polisens inledning om {period.name}.")
    late = home.save(town, "sida:c5", "Kommunens text om {c5.held} vandringar.", revision="1")
    assert late.status_code == 409
    assert "men inte den här texten" in late.text
    assert home.save(town, "sida:c5", "Kommunens text om {c5.held} vandringar.").status_code == 303
    assert home.block("sida:lead").text == "Polisens inledning om {period.name}."
    assert home.block("sida:c5").text == "Kommunens text om {c5.held} vandringar."


def test_being_shown_a_draft_is_noted_once_a_person_and_version(home: House) -> None:
    """By whichever page of it comes first, and anew when the text is another; reloading notes nothing."""
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    path = f"/utkast/{home.draft_id}"
    for visitor, what in ((police, "/siffra/c5.held"), (police, ""), (police, ""), (town, "/jamfor"), (town, "")):
        assert visitor.get(path + what).status_code == 200
    home.save(town, "sida:c5", "Nya ord om {c5.held} vandringar.")
    police.get(path)
    with home.store.reading() as db:
        noted = [e for e in reversed(history.events(db, "strangnas-2021")) if e.action == history.SHARED]
    assert [(e.who, e.detail["revision"]) for e in noted] == [("demo-polis", 1), ("demo-kommun", 1), ("demo-polis", 2)]
    assert police.get(f"{path}/siffra/finns.inte").status_code == 404


def test_what_both_have_approved_is_shared_no_more(home: House) -> None:
    """A finished document is shown without a note of sharing."""
    police, town = home.signed_in("demo-polis"), home.signed_in("demo-kommun")
    home.approve(police)
    home.approve(town)
    assert police.get(f"/utkast/{home.draft_id}").status_code == 200
    with home.store.reading() as db:
        assert not history.events(db, "strangnas-2021", None, (history.SHARED,))


def test_a_figure_tells_what_each_version_of_its_records_changed(home: House) -> None:
    """Which facts moved, in words, for both parties; of what a text said before, nothing."""
    first = next(r for r in RECORDS if r.id == WALK_TOWN)
    later = replace(first, text="Rättad text.", when=Dated.day(date(2021, 4, 15)), place="Härad")
    again = replace(later, text="Rättad en gång till.")
    with home.store.writing() as db:
        for record in (later, again):
            home.clock.forward(minutes=5)
            payload = Payload(record.source, home.clock(), "", "text/plain", record.text.encode())
            records.save_parsed(db, payload, Parsed((record,)))
    own = home.signed_in("demo-kommun").get(f"/utkast/{home.draft_id}/siffra/c5.held").text
    assert "3 versioner" in own and "Källan har ändrats efter att uppföljningen gjordes." in own
    assert "När: 14 april 2021 → 15 april 2021" in own and "Var: Åkers styckebruk → Härad" in own
    assert "Bara ord har ändrats, inget som räknas." in own
    assert "Rapporterad" in own
    other = home.signed_in("demo-polis").get(f"/utkast/{home.draft_id}/siffra/c5.held").text
    assert "När: 14 april 2021 → 15 april 2021" in other
    assert "Var: Åkers" not in other and "Rättad" not in other


def test_two_tabs_at_once_are_noted_once(store: Store) -> None:
    """The second transaction finds the first one's line, on both databases."""
    home = house(config.load(), store)
    draft = home.draft()
    for at in (home.clock(), home.clock() + timedelta(seconds=1)):
        with store.writing() as db:
            history.note_shared(db, draft, who="demo-polis", party="police", at=at)
    with store.reading() as db:
        assert history.was_shared(db, draft, "demo-polis")
        assert not history.was_shared(db, replace(draft, revision=2), "demo-polis")
        assert len(history.events(db, draft.promise, draft.period, (history.SHARED,))) == 1
