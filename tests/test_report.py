"""Reporting what was done: who may, what each disclosure class lets through, and what of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest

import config
from config.schema import Party, Person
from tasks import decide, evidence, submission
from tasks.model import Record, Refused
from tasks.reporting import Reported
from tasks.store import Store, history, records
from tasks.submission import Submission
from tests.year import stored_text

CONFIG = config.load()
PROMISE = "strangnas-2021"
NOW = datetime(2021, 10, 20, 8, tzinfo=UTC)
FORM = "0123456789abcdef"
WITH_POLICE: Mapping[str, str] = {"police_took_part": "ja"}
WALK = Submission("c5", "held", form=FORM, date="2021-10-14", place="Åkers styckebruk", conditions=WITH_POLICE)


def person(party: Party, *roles: str) -> Person:
    """An invented person."""
    return Person.model_validate(
        {"id": f"prov-{party}", "name": "Prov", "party": party, "roles": roles or ["reporter"]}
    )


def send(store: Store, sent: Submission, party: Party = "municipality", at: datetime = NOW) -> Reported:
    """Report as an invented reporter of a party."""
    return decide.report(store, CONFIG, promise=PROMISE, submission=sent, person=person(party), at=at)


def refusal(store: Store, sent: Submission, party: Party = "municipality") -> str:
    """Report what is refused, check that nothing was kept, and return why."""
    with pytest.raises(Refused) as caught:
        send(store, sent, party)
    assert not stored_text(store)
    return str(caught.value)


def versions(store: Store, made: Reported) -> list[Record]:
    """Every version of a reported record."""
    with store.reading() as db:
        return records.versions(db, made.record_id)


def test_a_report_is_a_payload_and_a_record_of_its_partys_form(store: Store) -> None:
    """The claims come back as they were filled in; the log holds ids, no words."""
    made = send(store, replace(WALK, text="Mörka gångvägar vid hamnen.", count="2", link="https://exempel.se/a"))
    assert made.outcome == "saved"
    (record,) = versions(store, made)
    assert (record.source, record.party, record.place) == ("kommunens-rapporter", "municipality", "Åkers styckebruk")
    assert record.fields == {"commitment": "c5", "state": "held", "count": 2, "police_took_part": True}
    assert (record.text, record.url) == ("Mörka gångvägar vid hamnen.", "https://exempel.se/a")
    with store.reading() as db:
        (event,) = history.events(db, PROMISE)
        (fetch,) = records.fetch_log(db, "kommunens-rapporter")
    assert (event.action, event.period, event.party) == ("reported", "2021-T3", "municipality")
    assert "gångvägar" not in str(event.detail)
    assert (fetch.outcome, fetch.new) == ("ok", 1)


def test_the_same_form_twice_is_one_report(store: Store) -> None:
    """A double click or a retried request changes nothing, also after a correction."""
    made = send(store, WALK)
    assert send(store, WALK).outcome == "repeated"
    change = replace(WALK, corrects=versions(store, made)[0].external_id, seen_version=1, count="2")
    assert send(store, change).outcome == "corrected"
    assert send(store, WALK).outcome == "repeated"
    assert send(store, change).outcome == "repeated"
    assert [v.fields.get("count") for v in versions(store, made)] == [None, 2]


def test_two_requests_at_once_are_one_report(store: Store) -> None:
    """Both requests of a double click arrive together; neither fails."""
    found: list[Any] = []
    threads = [Thread(target=lambda: found.append(send(store, WALK).outcome)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["repeated", "repeated", "repeated", "saved"]


def test_a_correction_of_an_outdated_report_is_refused(sqlite_store: Store) -> None:
    """Two colleagues change one report: the second is told, and nothing is overwritten."""
    made = send(sqlite_store, WALK)
    key = versions(sqlite_store, made)[0].external_id
    first = replace(WALK, corrects=key, seen_version=1, count="2")
    assert send(sqlite_store, first).outcome == "corrected"
    with pytest.raises(Refused, match="Någon annan har ändrat"):
        send(sqlite_store, replace(first, count="3"))
    with pytest.raises(Refused, match="finns inte"):
        send(sqlite_store, replace(first, corrects="finns-inte"))
    with pytest.raises(Refused, match="finns inte"):
        send(sqlite_store, first, "police")
    with pytest.raises(Refused, match="annan del"):
        send(sqlite_store, replace(first, commitment="c1", conditions={}, seen_version=2))


def test_a_report_can_be_opened_again_as_it_was_filled_in(sqlite_store: Store) -> None:
    """The form of a kept report sends the same report."""
    sent = replace(WALK, spot="Vid torget", state="moved", moved_to="2021-10-21", participants="14", text="Flyttad.")
    made = send(sqlite_store, sent)
    (record,) = versions(sqlite_store, made)
    again = submission.filled(record, CONFIG.municipalities["strangnas"])
    assert (again.place, again.spot, again.moved_to) == ("Åkers styckebruk", "Vid torget", "2021-10-21")
    assert send(sqlite_store, again).outcome == "repeated"


def test_only_reporters_and_approvers_report(sqlite_store: Store) -> None:
    """Those who run the system don't say what was done."""
    for roles, allowed in ((["ops"], False), (["reviewer"], False), (["approver"], True)):
        who = person("municipality", *roles)
        try:
            decide.report(sqlite_store, CONFIG, promise=PROMISE, submission=WALK, person=who, at=NOW)
        except Refused:
            assert not allowed, roles
        else:
            assert allowed, roles


@pytest.mark.parametrize(
    ("party", "wanted"),
    [("police", ["c1", "c2", "c3", "c4", "c5", "c6", "c7"]), ("municipality", ["c1", "c4", "c5", "c6"])],
)
def test_each_party_reports_its_own(party: Party, wanted: list[str]) -> None:
    """Its own promises, the shared ones, and those that count its taking part; never the follow-up itself."""
    found = [c.id for c in CONFIG.promises[PROMISE].commitments if submission.reports(c, party)]
    assert found == wanted


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"commitment": "c7"}, "rapporterar inte den här delen"),
        ({"commitment": "m1"}, "rapporterar inte den här delen"),
        ({"commitment": "c99"}, "rapporterar inte den här delen"),
        ({"date": ""}, "Datum: skriv en dag"),
        ({"date": "2021-02-30"}, "Datum: skriv en dag"),
        ({"date": "2021-03-10"}, "löftet gäller 11 mars–31 december 2021"),
        ({"date": "2022-01-01", "state": "planned"}, "löftet gäller"),
        ({"date": "2021-10-21"}, "kan inte ligga i framtiden"),
        ({"end": "2021-10-25"}, "kan inte ligga i framtiden"),
        ({"end": "2021-10-13"}, "inte ligger före"),
        ({"state": "none"}, "Läge: välj"),
        ({"state": "moved", "moved_to": "2021-10-14"}, "Nytt datum"),
        ({"moved_to": "2021-10-15"}, "Nytt datum: fylls bara i"),
        ({"count": "0"}, "Antal: skriv ett heltal"),
        ({"count": "många"}, "Antal: skriv ett heltal"),
        ({"participants": "-3"}, "Deltagare: skriv ett heltal"),
        ({"link": "http://exempel.se"}, "https://"),
        ({"link": "https://"}, "https://"),
        ({"link": "https://exempel.se/?e=anna@exempel.se"}, "personuppgift"),
        ({"conditions": {}}, "Var polisen med?"),
        ({"place": "Långtbortistan"}, "Plats: välj"),
        ({"text": "a" * 2001}, "högst 2000 tecken"),
        ({"form": "1"}, "Ladda om sidan"),
        ({"state": "nil_report", "date": "", "place": "", "conditions": {}}, "Välj en period"),
    ],
)
def test_what_can_not_be_right_is_refused(sqlite_store: Store, change: dict[str, Any], why: str) -> None:
    """Each wrong answer has its sentence, and nothing is kept."""
    assert why in refusal(sqlite_store, replace(WALK, **change))


def test_every_wrong_answer_is_told_at_once(sqlite_store: Store) -> None:
    """A person mends the form once, not once for each field."""
    said = refusal(sqlite_store, replace(WALK, date="2021-01-01", count="0", link="exempel.se", conditions={}))
    assert len(said.splitlines()) == 4


def test_a_plan_may_leave_a_condition_open(sqlite_store: Store) -> None:
    """Nobody knows beforehand who will come."""
    assert send(sqlite_store, replace(WALK, state="planned", date="2021-11-14", conditions={})).outcome == "saved"


HOME_VISIT = Submission("c3", "held", period="2021-T2")


def test_home_visits_are_yes_or_no_for_a_period(sqlite_store: Store) -> None:
    """Yes, changed to no and back, is one record; the period is all that it tells."""
    yes, no = HOME_VISIT, replace(HOME_VISIT, state="nil_report")
    outcomes = [send(sqlite_store, s, "police").outcome for s in (yes, yes, no, yes)]
    assert outcomes == ["saved", "repeated", "corrected", "corrected"]
    record = versions(sqlite_store, Reported("saved", "polisens-rapporter/strangnas-2021-c3-2021-T2"))[-1]
    assert record.when and (record.when.start.isoformat(), record.when.end.isoformat()) == ("2021-05-01", "2021-08-31")
    assert (record.text, record.place, record.url) == ("", "", "")
    assert dict(record.fields) == {"commitment": "c3", "state": "held"}


@pytest.mark.parametrize(
    "extra",
    [
        {"date": "2021-05-04"},
        {"place": "Mariefred"},
        {"spot": "Storgatan 3"},
        {"count": "2"},
        {"participants": "3"},
        {"text": "Två besök."},
        {"link": "https://exempel.se"},
        {"conditions": {"at_school": "nej"}},
        {"state": "planned"},
        {"period": "2021-T3"},
        {"period": "2020-T1"},
    ],
)
def test_home_visits_take_nothing_else(sqlite_store: Store, extra: dict[str, Any]) -> None:
    """No day, place, number or word of a visit, no plan, and no period that isn't over."""
    refusal(sqlite_store, replace(HOME_VISIT, **extra), "police")


def test_a_search_tells_neither_school_nor_plan(sqlite_store: Store) -> None:
    """Only a day that has been and a number; the school has no field to be written in."""
    search = Submission("c2", "held", form=FORM, date="2021-10-05", count="1")
    for extra in (
        {"place": "Mariefred"},
        {"spot": "Provskolan"},
        {"text": "Sök på Provskolan."},
        {"link": "https://a.se"},
    ):
        assert "Det ska inte sparas här" in refusal(sqlite_store, replace(search, **extra), "police")
    assert "Läge: välj genomförd" in refusal(sqlite_store, replace(search, state="planned"), "police")
    assert send(sqlite_store, search, "police").outcome == "saved"


def test_nothing_to_report_is_said_once_a_period_by_the_party_whose_word_counts(sqlite_store: Store) -> None:
    """The police's nil says nothing of the municipality's walks; a nil beside a held walk is refused."""
    nothing = Submission("c5", "nil_report", period="2021-T2")
    assert "andra parten" in refusal(sqlite_store, nothing, "police")
    assert [send(sqlite_store, nothing).outcome for _ in range(2)] == ["saved", "repeated"]
    send(sqlite_store, replace(WALK, date="2021-04-14"))
    with pytest.raises(Refused, match="redan rapporterat en aktivitet"):
        send(sqlite_store, replace(nothing, period="2021-T1"))


def test_personal_data_is_masked_before_it_is_stored_anywhere(sqlite_store: Store) -> None:
    """The name, the number and the address are in no table, be it as text or as bytes."""
    text = "Anna Lindkvist, 070-174 06 05, berättade om mörka partier."
    made = send(sqlite_store, replace(WALK, text=text, spot="Storgatan 12"))
    assert made.hidden == ("name", "phone", "address")
    (record,) = versions(sqlite_store, made)
    assert record.text == "[namn], [telefonnummer], berättade om mörka partier."
    assert record.place == "Åkers styckebruk, [adress]"
    kept = stored_text(sqlite_store)
    assert not [w for w in ("Lindkvist", "174 06", "Storgatan 12") if w in kept]


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Gäller 20060412-2384."},
        {"text": "Pojke 16 år vid Provskolan."},
        {"text": "En 15-årig flicka hade cannabis.", "spot": "Provskolan"},
        {"text": "", "spot": "hos 060412-2384"},
    ],
)
def test_what_masking_can_not_save_is_not_kept(sqlite_store: Store, change: dict[str, Any]) -> None:
    """Only the log says that a report was stopped, and by which kinds."""
    made = send(sqlite_store, replace(WALK, **change))
    assert (made.outcome, made.record_id) == ("quarantined", "")
    with sqlite_store.reading() as db:
        assert not records.known(db, ["kommunens-rapporter"], NOW)
        (event,) = history.events(db, PROMISE)
    assert event.action == "quarantined" and event.detail["hidden"]
    kept = stored_text(sqlite_store)
    assert not [w for w in ("2384", "16 år", "Provskolan", "15-årig") if w in kept]


def test_where_the_party_keeps_a_log_the_form_says_so(sqlite_store: Store) -> None:
    """The sample year has no form: the refusal is plain Swedish and names where reports come from."""
    sample = config.load(config.SHIPPED / "samples" / "strangnas-2021", sqlite_store.url)
    with pytest.raises(
        Refused, match=r"inte sina rapporter i formuläret här\. De hämtas i stället ur Kommunens aktivit"
    ):
        decide.report(sqlite_store, sample, promise=PROMISE, submission=WALK, person=person("municipality"), at=NOW)


def take_back(
    store: Store, made: Reported, *, seen: int = 1, reason: str = "misstag", party: Party = "municipality"
) -> str:
    """Withdraw a report as an invented reporter of a party, and say what came of it."""
    key = made.record_id.split("/", 1)[1]
    by = person(party)
    return decide.withdraw(
        store, CONFIG, promise=PROMISE, report=key, reason=reason, seen_version=seen, person=by, at=NOW
    ).outcome


def test_a_mistaken_report_is_taken_back_and_counts_nothing(store: Store) -> None:
    """A new version that says so; what was said before is kept, and nothing is read out of it any more."""
    made = send(store, replace(WALK, text="Mörka gångvägar vid hamnen.", count="2"))
    assert take_back(store, made) == "withdrawn"
    first, last = versions(store, made)
    assert (first.text, first.fields["state"]) == ("Mörka gångvägar vid hamnen.", "held")
    assert (last.text, last.place, last.when) == ("", "", first.when)
    assert last.fields == {"commitment": "c5", "state": "withdrawn", "withdrawn_because": "rapporterad av misstag"}
    promise = CONFIG.promises[PROMISE]
    assert not evidence.read([last], promise, CONFIG.municipality_of(promise))
    assert take_back(store, made) == "repeated"
    with store.reading() as db:
        assert [e.action for e in history.events(db, PROMISE, "2021-T3")] == ["withdrew", "reported"]


def test_a_report_taken_back_by_mistake_is_sent_again(sqlite_store: Store) -> None:
    """The form as it was filled in, sent as a change of the withdrawn report, counts again."""
    made = send(sqlite_store, WALK)
    take_back(sqlite_store, made)
    key = versions(sqlite_store, made)[0].external_id
    assert send(sqlite_store, replace(WALK, corrects=key, seen_version=2)).outcome == "corrected"
    assert [v.fields["state"] for v in versions(sqlite_store, made)] == ["held", "withdrawn", "held"]


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"seen": 2}, "Någon annan har ändrat"),
        ({"reason": "annat"}, "Välj varför"),
        ({"party": "police"}, "finns inte"),
    ],
)
def test_a_report_is_not_taken_back_by_guess(sqlite_store: Store, how: dict[str, Any], why: str) -> None:
    """Not another version than the one seen, not without a reason, and never the other party's."""
    made = send(sqlite_store, WALK)
    with pytest.raises(Refused, match=why):
        take_back(sqlite_store, made, **how)
    assert len(versions(sqlite_store, made)) == 1


def test_a_word_for_a_whole_period_can_be_taken_back(sqlite_store: Store) -> None:
    """Nothing to report, said by a slip: the period is without a word again, and can be answered anew."""
    nothing = Submission("c5", "nil_report", period="2021-T2")
    made = send(sqlite_store, nothing)
    assert take_back(sqlite_store, made) == "withdrawn"
    assert send(sqlite_store, nothing).outcome == "corrected"
