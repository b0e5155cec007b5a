"""Reporting in the review application: the form, the preview of what is masked, and what the other party sees."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from fastapi.testclient import TestClient
from httpx import Response

import config
from flows.review.app import create_app
from tasks.model import Record
from tasks.store import Store, records
from tests.reviewing import SCRIPT, House, house, token

pytestmark = pytest.mark.slow

PATH = "/rapportera/strangnas-2021/c5"
POLICE, TOWN = "demo-polis-rapport", "demo-kommun-rapport"
LATE = datetime(2021, 10, 20, 8, tzinfo=UTC)
WALK = {"lage": "held", "datum": "2021-10-14", "plats": "Mariefred", "villkor:police_took_part": "ja"}


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """The application in October, two periods over."""
    made = house(config.load(), sqlite_store)
    made.clock.moment = LATE
    return made


def hidden(page: Response, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return unescape(found[1])


def send(home: House, visitor: TestClient, path: str = PATH, *, of: str = "", **fields: str) -> Response:
    """Open a form, fill it in and send it; `of` is the page that the hidden fields come from."""
    form = visitor.get(of or path)
    kept = {name: hidden(form, name) for name in ("nummer", "andrar", "version")}
    return home.post(visitor, path, **{**kept, **WALK, **fields})


def walks(home: House, source: str = "kommunens-rapporter") -> list[Record]:
    """What was reported in the form."""
    with home.store.reading() as db:
        return [
            r for r in records.known(db, [source], home.clock.moment) if r.external_id.startswith("strangnas-2021-")
        ]


def test_a_report_is_sent_listed_and_changed(home: House) -> None:
    """Form, thanks, list, the same form filled in again, changed."""
    visitor = home.signed_in(TOWN)
    answer = send(home, visitor)
    assert (answer.status_code, answer.headers["location"]) == (303, "/rapportera?klart=rapporterat&om=c5")
    page = visitor.get(answer.headers["location"]).text
    assert "Tack, rapporten är sparad." in page
    (link,) = set(re.findall(rf'href="({PATH}/strangnas[^"]+)"', page))
    form = visitor.get(link).text
    assert 'value="2021-10-14"' in form and "<option selected>Mariefred</option>" in form
    assert send(home, visitor, of=link, antal="2").headers["location"].endswith("klart=rapport-andrad&om=c5")
    (record,) = walks(home)
    assert (record.version, record.fields["count"]) == (2, 2)


def test_a_double_click_is_one_report(home: House) -> None:
    """The form carries its own number."""
    visitor = home.signed_in(TOWN)
    fields = {**WALK, "nummer": hidden(visitor.get(PATH), "nummer")}
    answers = [home.post(visitor, PATH, **fields).headers["location"] for _ in range(2)]
    assert answers[1].endswith("klart=rapport-igen&om=c5")
    assert len(walks(home)) == 1


def test_personal_data_is_shown_masked_before_anything_is_kept(home: House) -> None:
    """The first answer is a preview; the same words sent again with it are kept masked."""
    visitor = home.signed_in(TOWN)
    text = {"text:fritext": "Anna Lindkvist på 070-174 06 05 berättade."}
    preview = send(home, visitor, **text)
    assert preview.status_code == 200
    assert "Vi döljer: namn och telefonnummer." in preview.text
    assert "[namn] på [telefonnummer] berättade." in preview.text
    assert "Anna Lindkvist" in preview.text, "what the person typed is still in the field"
    assert not walks(home)
    seen = re.search(r'name="sedd" value="(\w+)"', preview.text)
    assert seen
    other = send(home, visitor, **{"text:fritext": "Bo Lindkvist var där.", "sedd": seen[1]})
    assert "Vi döljer: namn." in other.text and not walks(home)
    assert send(home, visitor, **text, sedd=seen[1]).status_code == 303
    assert walks(home)[0].text == "[namn] på [telefonnummer] berättade."


def test_what_must_not_be_kept_is_stopped_and_can_be_left_out(home: House) -> None:
    """The text is handed back to the person alone; without it the report goes through."""
    visitor = home.signed_in(TOWN)
    text = {"text:fritext": "Pojke 16 år vid Provskolan."}
    stopped = send(home, visitor, **text)
    assert stopped.status_code == 422
    assert "Texten får inte sparas." in stopped.text and "Pojke 16 år" in stopped.text
    assert not walks(home)
    assert send(home, visitor, **text, utan="fritext").status_code == 303
    assert walks(home)[0].text == ""
    history = home.signed_in("demo-polis").get("/historik/strangnas-2021/2021-T3").text
    assert "skickade en rapport som stoppades" in history
    assert "Provskolan" not in history


def test_a_wrong_form_keeps_what_was_typed(home: House) -> None:
    """Every mistake is told, and no answer has to be given twice."""
    visitor = home.signed_in(TOWN)
    answer = send(home, visitor, datum="2021-12-24", antal="0", **{"text:fritext": SCRIPT})
    assert answer.status_code == 422
    assert "kan inte ligga i framtiden" in answer.text and "Antal: skriv ett heltal" in answer.text
    assert 'value="2021-12-24"' in answer.text and "&lt;script&gt;" in answer.text
    assert SCRIPT not in answer.text


def test_the_other_party_neither_lists_nor_opens_it(home: House) -> None:
    """The police see their own reports only, and the free text stays with the municipality."""
    town, police = home.signed_in(TOWN), home.signed_in(POLICE)
    send(home, town, **{"text:fritext": "Bara för oss.", "platsen": SCRIPT})
    own = town.get("/rapportera").text
    assert SCRIPT not in own and "&lt;script&gt;" in own
    key = walks(home)[0].external_id
    assert town.get(f"{PATH}/{key}").status_code == 200
    assert police.get(f"{PATH}/{key}").status_code == 404
    assert "Mariefred" not in police.get("/rapportera").text
    theft = home.post(police, PATH, **WALK, andrar=key, version="1")
    assert theft.status_code == 422 and "finns inte" in theft.text
    assert len(walks(home)) == 1


def test_each_party_is_offered_its_own(home: House) -> None:
    """The municipality can't report the police's searches or home visits, nor anybody the follow-up itself."""
    town, police = home.signed_in(TOWN), home.signed_in(POLICE)
    assert 'id="c3"' not in town.get("/rapportera").text
    assert 'id="c3"' in police.get("/rapportera").text
    for visitor, commitment in ((town, "c2"), (town, "c7"), (police, "m1"), (police, "c9")):
        path = f"/rapportera/strangnas-2021/{commitment}"
        assert visitor.get(path).status_code == 404
        assert home.post(visitor, path, **WALK).status_code == 404
        assert home.post(visitor, f"{path}/period", period="2021-T1", svar="inget").status_code == 404


def test_a_protected_form_asks_only_for_day_and_number(home: House) -> None:
    """What mustn't be told has no field; what is sent all the same is refused."""
    visitor = home.signed_in(POLICE)
    path = "/rapportera/strangnas-2021/c2"
    form = visitor.get(path).text
    for name in ("plats", "platsen", "lank", "text:fritext", "deltagare"):
        assert f'name="{name}"' not in form, name
    assert 'value="planned"' not in form
    answer = send(home, visitor, path, **{"villkor:police_took_part": ""})
    assert answer.status_code == 422 and "lämna inte uppgift om plats" in answer.text
    assert not walks(home, "polisens-rapporter")


def test_home_visits_and_silence_are_answered_per_period(home: House) -> None:
    """Yes, or nothing to report, for a period that is over; what was said is shown and can be changed."""
    visitor = home.signed_in(POLICE)
    path = "/rapportera/strangnas-2021/c3"
    assert visitor.get(path).headers["location"] == "/rapportera#c3"
    for answer, shown in (("ja", "ja, arbetssättet har använts"), ("inget", "inget att rapportera")):
        sent = home.post(visitor, f"{path}/period", period="2021-T1", svar=answer)
        assert sent.headers["location"] == "/rapportera?klart=period-rapporterad"
        assert shown in visitor.get("/rapportera").text
    (record,) = walks(home, "polisens-rapporter")
    assert (record.version, record.fields["state"], record.text) == (2, "nil_report", "")
    assert "2021-T3" not in visitor.get("/rapportera").text, "a period that isn't over can't be answered"
    for period, said in (("2021-T3", "ja"), ("", "inget"), ("2021-T1", "kanske")):
        assert home.post(visitor, f"{path}/period", period=period, svar=said).status_code == 422
    form = visitor.get(f"{path}/{record.external_id}")
    assert form.status_code == 404, "an answer for a period has no form"


def test_the_board_says_what_has_not_been_reported(home: House) -> None:
    """A reporter sees how much is missing of the newest period that is over, until all of it is answered."""
    visitor = home.signed_in(TOWN)
    assert "Rapportera för 1 maj–31 augusti 2021: besked saknas om 4 delar" in visitor.get("/").text
    for commitment in ("c1", "c4", "c5", "c6"):
        home.post(visitor, f"/rapportera/strangnas-2021/{commitment}/period", period="2021-T2", svar="inget")
    assert "besked saknas" not in visitor.get("/").text
    assert "besked saknas" not in home.signed_in("demo-kommun").get("/").text


def test_a_text_typed_in_an_ended_session_is_handed_back(home: House) -> None:
    """Signing in again doesn't cost the person the text."""
    visitor = home.signed_in(TOWN)
    fields = {**WALK, "csrf": token(visitor.get(PATH)), "text:fritext": "Min långa berättelse."}
    home.clock.forward(minutes=31)
    answer = visitor.post(PATH, data=fields)
    assert answer.status_code == 401 and "Min långa berättelse." in answer.text
    assert not walks(home)


def test_where_there_is_no_form_the_page_says_so(sqlite_store: Store) -> None:
    """The sample year takes its reports from logs, and every page says it in plain words."""
    sample = config.load(config.SHIPPED / "samples" / "strangnas-2021", sqlite_store.url)
    made = house(config.load(), sqlite_store)
    made.app = create_app(sample, sqlite_store, demo=True, secret="test", now=made.clock)
    visitor = made.signed_in(TOWN)
    page = visitor.get("/rapportera")
    assert page.status_code == 200 and "lämnar inte sina rapporter i formuläret här" in page.text
    assert visitor.get(PATH).status_code == 422
    assert made.post(visitor, PATH, **WALK).status_code == 422


def test_a_mistaken_report_is_taken_back_and_can_be_sent_again(home: House) -> None:
    """The list says that it was taken back and why; its own page tells every step; sending it again counts."""
    visitor = home.signed_in(TOWN)
    send(home, visitor, **{"text:fritext": "Mörkt vid hamnen."})
    form = f"{PATH}/{walks(home)[0].external_id}"
    unsaid = home.post(visitor, f"{form}/aterta", version="1")
    assert unsaid.status_code == 422 and "Välj varför rapporten ska återtas." in unsaid.text
    for _ in range(2):
        answer = home.post(visitor, f"{form}/aterta", version="1", skal="dubblett")
        assert answer.headers["location"] == "/rapportera?klart=rapport-atertagen"
    page = visitor.get(answer.headers["location"]).text
    assert "Rapporten är återtagen." in page and "rapporterad två gånger" in page
    again = visitor.get(form).text
    assert "Rapporten är återtagen och räknas inte." in again and "Mörkt vid hamnen." in again
    assert again.index("Återtagen") < again.index("Rapporterad av dig")
    assert send(home, visitor, of=form).headers["location"].endswith("klart=rapport-andrad&om=c5")
    assert [walks(home)[0].version, walks(home)[0].fields["state"]] == [3, "held"]
    log = home.signed_in("demo-polis").get("/historik/strangnas-2021/2021-T3").text
    assert "återtog en rapport om ”Trygghetsvandringar” (rapporterad två gånger)" in log and "hamnen" not in log


def test_only_the_own_party_takes_a_report_back(home: House) -> None:
    """The other party has no such address, whatever it guesses."""
    send(home, home.signed_in(TOWN))
    key = walks(home)[0].external_id
    theft = home.post(home.signed_in(POLICE), f"{PATH}/{key}/aterta", version="1", skal="misstag")
    assert theft.status_code == 404
    assert walks(home)[0].version == 1


def test_a_slip_on_a_whole_period_is_undone(home: House) -> None:
    """Nothing to report, pressed by mistake: one press more and the period is open again."""
    visitor = home.signed_in(TOWN)
    home.post(visitor, f"{PATH}/period", period="2021-T2", svar="inget")
    page = visitor.get("/rapportera").text
    (undo,) = set(re.findall(rf'action="({PATH}/[^"]+/aterta)"', page))
    assert home.post(visitor, undo, version="1", skal="misstag").headers["location"].endswith("klart=besked-angrat")
    after = visitor.get("/rapportera").text
    assert "/aterta" not in after and "återtagen" not in after


def test_a_plan_whose_day_has_passed_asks_how_it_went(home: House) -> None:
    """The list says so until the same report says held, moved on or cancelled."""
    visitor = home.signed_in(TOWN)
    send(home, visitor, lage="planned", datum="2021-10-10")
    assert "berätta hur det gick" in visitor.get("/rapportera").text
    form = f"{PATH}/{walks(home)[0].external_id}"
    send(home, visitor, of=form, lage="moved", datum="2021-10-10", **{"nytt-datum": "2021-11-02"})
    page = visitor.get("/rapportera").text
    assert "berätta hur det gick" not in page and "flyttad till 2 november 2021" in page


def test_each_remark_leads_to_its_field(home: House) -> None:
    """From the remark one comes to the field with the keyboard, and the title says that something was wrong."""
    page = send(home, home.signed_in(TOWN), datum="", **{"villkor:police_took_part": "", "antal": "0"}).text
    assert "<title>Fel: " in page and "3 saker" in page
    for field in re.findall(r'<li><a href="#([\w-]+)">', page):
        assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', page), field
