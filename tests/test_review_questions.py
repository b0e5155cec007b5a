"""Questions in the review application: yes, no, unsure, yes but; records side by side; undoing; who said what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

import config
from tasks import corrections
from tasks.model import Dated, Judgement, PairScore, Parsed, Payload, Reading, Record, Refused
from tasks.store import Store, matches, records
from tests.reviewing import NEWS, PROMISE, RECORDS, SCRIPT, WALK_POLICE, WALK_TOWN, House, house

REPORTER, OTHER = "demo-polis-rapport", "demo-kommun"
CONFIG = config.load()
_DAY = Dated.day(date(2021, 4, 14))
WALKS = tuple(
    Reading(key, 1, "c5", "held", "sure", 1.0, dates=(_DAY,), places=("Åkers styckebruk",), count=1)
    for key in (WALK_TOWN, WALK_POLICE)
)
PAIR = PairScore(WALK_TOWN, WALK_POLICE, "c5", 0.7, "unsure", reasons=("samma dag", "samma plats"))
DOUBT = Reading(NEWS, 1, "c6", "held", "unsure", 0.6, question="Är detta kampanjen?", reasons=("nämner EPA",))


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """The application with one open question about a piece of news."""
    return house(config.load(), sqlite_store)


def ask(home: House, *readings: Reading, pairs: tuple[PairScore, ...] = ()) -> None:
    """Put these readings and pairs in the place of the derived ones."""
    with home.store.writing() as db:
        matches.replace_derived(db, PROMISE, list(readings), list(pairs))


def change(home: House, record: Record) -> None:
    """Have a source say something new about a record."""
    payload = Payload(record.source, home.clock(), "", "text/plain", record.text.encode())
    with home.store.writing() as db:
        records.save_parsed(db, payload, Parsed((record,)))


def answers(home: House) -> list[Judgement]:
    """The answers that stand."""
    with home.store.reading() as db:
        return matches.answers(db, PROMISE)


def first(page: str) -> dict[str, str]:
    """The hidden fields of a page's first question."""
    found = re.findall(r'name="(promise|fraga|left|right|seen)" value="([^"]*)"', page)[:5]
    return {name: unescape(value) for name, value in found}


def say(home: House, visitor: TestClient, said: str, **fields: str) -> Response:
    """Answer the first question as the page shows it."""
    return home.post(visitor, "/fragor/svar", **first(visitor.get("/fragor").text), svar=said, **fields)


@pytest.mark.slow
def test_a_question_is_answered_and_undone(home: House) -> None:
    """An answer closes its question at once, names who gave it and when, and undoing asks again."""
    reporter, approver = home.signed_in(REPORTER), home.signed_in(OTHER)
    fields = first(reporter.get("/fragor").text)
    assert home.post(reporter, "/fragor/svar", **fields, svar="kanske").status_code == 422
    done = home.post(reporter, "/fragor/svar", **fields, svar="ja")
    assert done.status_code == 303
    assert "Du svarade <strong>ja</strong>" in reporter.get(done.headers["location"]).text
    after = approver.get("/fragor").text
    assert "Inga öppna frågor" in after
    assert "Demo Polis (rapporterar)" in after and "10 maj 2021 kl. 10.00" in after
    key = re.findall(r'name="svar" value="(\d+)"', after)[0]
    for _ in range(2):
        assert home.post(approver, "/fragor/angra", svar=key).headers["location"] == "/fragor?klart=angrat"
    again = approver.get("/fragor").text
    assert "Är detta kampanjen?" in again
    assert "1 ångrat svar" in again and "Demo Kommun (godkänner) ångrade det 10 maj 2021" in again
    assert home.post(approver, "/fragor/angra", svar="99").status_code == 404


@pytest.mark.slow
def test_the_same_answer_twice_is_one_and_another_one_is_told(home: House) -> None:
    """A double click is one answer; a colleague who came second reads who answered what."""
    reporter, approver = home.signed_in(REPORTER), home.signed_in(OTHER)
    fields = first(reporter.get("/fragor").text)
    where = [home.post(reporter, "/fragor/svar", **fields, svar="ja").headers["location"] for _ in range(2)]
    assert where[0] == where[1]
    late = home.post(approver, "/fragor/svar", **fields, svar="nej")
    assert late.status_code == 409
    assert "Frågan är redan besvarad: Demo Polis (rapporterar) svarade ja 10 maj 2021 kl. 10.00." in late.text
    assert [(j.verdict, j.who) for j in answers(home)] == [("yes", REPORTER)]


@pytest.mark.slow
def test_an_answer_to_nothing_is_refused(home: House) -> None:
    """Nobody can answer a question that was not asked."""
    fields = {"promise": PROMISE, "fraga": "evidence", "left": "a", "right": "c5", "seen": "x", "svar": "ja"}
    assert home.post(home.signed_in("demo-polis"), "/fragor/svar", **fields).status_code == 409


@pytest.mark.slow
def test_who_is_unsure_leaves_the_question_to_somebody_who_knows(home: House) -> None:
    """The question moves down the page with who was unsure, and can still be answered by anyone."""
    reporter, approver = home.signed_in(REPORTER), home.signed_in(OTHER)
    say(home, reporter, "osaker")
    page = approver.get("/fragor").text
    assert "Inga öppna frågor" in page and "Väntar på någon som vet" in page
    assert "Demo Polis (rapporterar) var osäker 10 maj 2021 kl. 10.00. Vet du?" in page
    assert say(home, approver, "nej").status_code == 303
    assert "Väntar på någon som vet" not in approver.get("/fragor").text
    assert [j.verdict for j in answers(home)] == ["no"]


@pytest.mark.slow
def test_yes_but_puts_right_what_is_wrong(home: House) -> None:
    """State, day and number are kept with the yes, and the page says them back in words."""
    ask(home, replace(DOUBT, commitment="c5", question="Är detta en trygghetsvandring?"))
    visitor = home.signed_in(OTHER)
    right = {"rattat:state": "planned", "rattat:date": "2021-05-20", "rattat:place": "Mariefred", "rattat:count": "2"}
    done = say(home, visitor, "ja-men", **right)
    (kept,) = answers(home)
    assert kept.verdict == "yes"
    assert kept.corrected == {"state": "planned", "date": "2021-05-20", "place": "Mariefred", "count": 2}
    page = visitor.get(done.headers["location"]).text
    assert "ja, men planerad, 20 maj 2021, Mariefred, 2 trygghetsvandringar" in page


@pytest.mark.slow
def test_a_correction_that_can_not_be_right_keeps_what_was_typed(home: House) -> None:
    """The remarks stand in their own question, everything typed is still there, nothing is kept."""
    ask(home, replace(DOUBT, commitment="c5", question="Är detta en trygghetsvandring?"))
    visitor = home.signed_in(OTHER)
    wrong = {"rattat:date": "2021-12-24", "rattat:place": "Eskilstuna", "rattat:count": "0"}
    answer = say(home, visitor, "ja-men", **wrong)
    assert answer.status_code == 422
    assert "kan inte ligga i framtiden" in answer.text and "Eskilstuna är ingen ort i Strängnäs" in answer.text
    assert "<details open>" in answer.text and 'value="2021-12-24"' in answer.text
    assert "<title>Fel: " in answer.text
    assert "Rätta minst en uppgift" in say(home, visitor, "ja-men").text
    assert not answers(home)


@pytest.mark.slow
def test_what_is_protected_can_not_be_told_by_a_correction(home: House) -> None:
    """A dog search has no place to put right, a home visit nothing at all."""
    visitor = home.signed_in(REPORTER)
    ask(home, replace(DOUBT, commitment="c2"))
    page = visitor.get("/fragor").text
    assert 'name="rattat:date"' in page and 'name="rattat:place"' not in page
    assert "kan inte rättas här" in say(home, visitor, "ja-men", **{"rattat:place": "Mariefred"}).text
    ask(home, replace(DOUBT, commitment="c3"))
    assert "Ja, men" not in visitor.get("/fragor").text
    assert say(home, visitor, "ja-men", **{"rattat:date": "2021-04-14"}).status_code == 422


@pytest.mark.slow
def test_a_changed_record_that_contradicts_an_answer_is_asked_about_anew(home: House) -> None:
    """The old answer is quoted with who gave it and when; the new answer stands beside it."""
    visitor = home.signed_in(OTHER)
    say(home, visitor, "ja")
    home.clock.forward(days=2)
    visitor = home.signed_in(REPORTER)
    change(home, replace(RECORDS[2], text="Kampanjen blev inställd."))
    ask(home, replace(DOUBT, record_version=2, state="cancelled", band="sure", score=1.0, question="Ställdes den in?"))
    page = visitor.get("/fragor").text
    assert "Ställdes den in?" in page and "Kampanjen blev inställd." in page
    assert (
        "Demo Kommun (godkänner) svarade <strong>ja</strong> 10 maj 2021 kl. 10.00, men uppgiften har ändrats" in page
    )
    assert say(home, visitor, "nej").status_code == 303
    assert "Inga öppna frågor" in visitor.get("/fragor").text


@pytest.mark.slow
def test_two_records_stand_side_by_side_with_what_differs_marked(home: House) -> None:
    """Words and facts that differ are marked in both, also for who can't see colours."""
    news = replace(RECORDS[2], external_id="n2", title=f"Kampanj {SCRIPT}", text="Brev till föräldrar om mopedbilar.")
    change(home, replace(news, when=Dated.day(date(2021, 4, 15)), url="https://exempel.se/n2"))
    both = [replace(DOUBT, record_id=k, commitment="c6", band="sure") for k in (NEWS, "strangnas-nyheter/n2")]
    ask(home, *both, pairs=(PairScore(NEWS, "strangnas-nyheter/n2", "c6", 0.7, "unsure", reasons=("nästan lika",)),))
    page = home.signed_in(OTHER).get("/fragor").text
    assert "<mark>EPA-traktorer.</mark>" in page and "<mark>mopedbilar.</mark>" in page
    assert "<mark>14 april 2021</mark>" in page and "<mark>15 april 2021</mark>" in page
    assert "Markerade</mark> ord och uppgifter skiljer sig" in page
    assert SCRIPT not in page and "Ja, men" not in page
    assert 'href="https://exempel.se/n2"' in page


@pytest.mark.slow
def test_the_other_party_sees_facts_and_never_words(home: House) -> None:
    """Not in the question, its reasons, its records, nor in the list of answers; of a place, the district."""
    change(home, replace(RECORDS[0], place="Åkers styckebruk, Bakom Polisens Hemliga Port"))
    ask(home, replace(WALKS[0]), replace(WALKS[1], record_version=2), pairs=(PAIR,))
    town, police = home.signed_in("demo-kommun-rapport"), home.signed_in(REPORTER)
    page = town.get("/fragor").text
    assert "Handlar de här två uppgifterna om samma aktivitet?" in page
    assert "Kommunens egna ord" in page and "Trygghetsvandring Åker" in page
    assert "Åkers styckebruk" in page and "Fritexten visas bara för den part som skrev den." in page
    say(home, town, "ja")
    for text in (page, town.get("/fragor").text):
        assert "Polisens egna ord" not in text and "Vandring Åkers styckebruk" not in text
        assert "Hemliga Port" not in text and "samma plats" not in text
    assert (
        "Är en uppgift från Kommunens rapporter i Löfteskollen och ”Vandring Åkers styckebruk”"
        in police.get("/fragor").text
    )


@pytest.mark.slow
def test_a_report_taken_back_is_not_asked_about(home: House) -> None:
    """Not even before the next reconciliation."""
    ask(home, replace(DOUBT, record_id=WALK_TOWN, commitment="c5", question="Är detta en vandring?"))
    visitor = home.signed_in(OTHER)
    assert "Är detta en vandring?" in visitor.get("/fragor").text
    change(home, replace(RECORDS[1], text="", fields={"commitment": "c5", "state": "withdrawn"}))
    assert "Inga öppna frågor" in visitor.get("/fragor").text


@pytest.mark.slow
def test_only_this_page_may_run_our_script(home: House) -> None:
    """The key presses need one; every other page stays without any."""
    visitor = home.signed_in(OTHER)
    assert "script-src 'self'" in visitor.get("/fragor").headers["content-security-policy"]
    assert "script-src" not in visitor.get("/").headers["content-security-policy"]
    script = visitor.get("/static/review.js")
    assert script.status_code == 200 and "javascript" in script.headers["content-type"]


def put_right(
    typed: Mapping[str, str], *, commitment: str = "c5", state: Any = "held", today: date = date(2021, 5, 10)
) -> dict[str, Any]:
    """Check a correction of a record that tells of the 14th of April."""
    promise = CONFIG.promises[PROMISE]
    place = CONFIG.municipality_of(promise)
    return corrections.check(typed, promise, promise.commitment(commitment), place, (state, (_DAY,)), today)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"date": "2021-04-21"}, {"date": "2021-04-21"}),
        ({"place": "Åker"}, {"place": "Åkers styckebruk"}),
        ({"count": " 3 "}, {"count": 3}),
        ({"state": "planned", "date": "2021-11-02"}, {"state": "planned", "date": "2021-11-02"}),
        ({"state": "cancelled"}, {"state": "cancelled"}),
    ],
)
def test_what_a_yes_may_put_right(typed: dict[str, str], kept: dict[str, Any]) -> None:
    """A state, a day of the promise, a district by any of its names, a number."""
    assert put_right(typed) == kept


@pytest.mark.parametrize(
    ("typed", "how", "why"),
    [
        ({}, {}, "Rätta minst en uppgift"),
        ({"date": "2021-02-30"}, {}, "skriv en dag som finns"),
        ({"date": "2021-03-10"}, {}, "löftet gäller 11 mars–31 december 2021"),
        ({"date": "2022-01-01"}, {}, "löftet gäller"),
        ({"date": "2021-05-11"}, {}, "kan inte ligga i framtiden"),
        ({"state": "held"}, {"state": "planned", "today": date(2021, 4, 1)}, "kan inte ligga i framtiden"),
        ({"count": "2"}, {"state": "background", "today": date(2021, 4, 1)}, "kan inte ligga i framtiden"),
        ({"place": "Eskilstuna"}, {}, "Eskilstuna är ingen ort i Strängnäs"),
        ({"count": "0"}, {}, "heltal från 1 till 999"),
        ({"count": "1000"}, {}, "heltal från 1 till 999"),
        ({"count": "två"}, {}, "heltal från 1 till 999"),
        ({"state": "nil_report"}, {}, "Läge: välj genomförd"),
        ({"place": "Mariefred"}, {"commitment": "c2"}, "ort kan inte rättas här"),
        ({"date": "2021-04-21"}, {"commitment": "c3"}, "datum kan inte rättas här"),
    ],
)
def test_what_can_not_be_right_is_refused(typed: dict[str, str], how: dict[str, Any], why: str) -> None:
    """In a plain sentence that names the field and the mend."""
    with pytest.raises(Refused, match=why):
        put_right(typed, **how)


def test_every_mistake_is_told_at_once() -> None:
    """A person mends the answer once, not once for each field."""
    with pytest.raises(Refused) as caught:
        put_right({"date": "2021-01-01", "place": "Eskilstuna", "count": "-1", "state": "none"})
    assert len(str(caught.value).splitlines()) == 4
