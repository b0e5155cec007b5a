"""Linkage: which records tell of the same activity, and what people's answers do to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config
from tasks import evidence, linkage
from tasks.model import Activity, Dated, Judgement, Reading, Record, Verdict

CONFIG = config.load()
PROMISE = CONFIG.promises["strangnas-2021"]
MUNICIPALITY = CONFIG.municipalities["strangnas"]
_ids = count(1)


def report(party: str, day: str | None, place: str = "", **claims: object) -> Record:
    """Return a structured report by one party, c5 held unless the claims say otherwise."""
    source = {"police": "polisens-rapporter", "municipality": "kommunens-rapporter"}[party]
    fields = {"commitment": "c5", "state": "held", **claims}
    return Record(
        source=source,
        external_id=str(claims.pop("id", next(_ids))),
        title=str(fields.pop("title", "Trygghetsvandring")),
        published_at=datetime(2021, 10, 20, tzinfo=UTC),
        when=Dated.day(date.fromisoformat(day)) if day else None,
        place=place,
        party=party,
        fields={k: v for k, v in fields.items() if k != "id"},
    )


def news(title: str, text: str = "", published: str = "2021-10-20", source: str = "strangnas-nyheter") -> Record:
    """Return a free-text item on the municipality's own site."""
    when = datetime.fromisoformat(published).replace(tzinfo=UTC)
    return Record(source, str(next(_ids)), title, text, published_at=when, party="municipality")


def same(left: Record, right: Record, verdict: Verdict, number: int = 1) -> Judgement:
    """Return a person's answer on two records."""
    one, two = sorted((left, right), key=lambda r: r.id)
    at = datetime(2021, 11, 1, tzinfo=UTC)
    sha = linkage.seen(one, two)
    return Judgement(number, PROMISE.slug, "same", one.id, two.id, verdict, "kim", "police", at, sha)


def activities(records: Sequence[Record], judgements: Sequence[Judgement] = ()) -> list[Activity]:
    """Return what the records amount to."""
    readings = evidence.read(records, PROMISE, MUNICIPALITY)
    pairs = linkage.score(records, readings)
    return linkage.activities(PROMISE, {r.id: r for r in records}, readings, pairs, judgements)


def held(found: Sequence[Activity]) -> int:
    """Return how many are surely held."""
    return sum(a.count for a in found if a.state == "held" and a.band == "sure")


def asked(records: Sequence[Record], judgements: Sequence[Judgement] = ()) -> list[linkage.Question]:
    """Return the open questions."""
    readings = evidence.read(records, PROMISE, MUNICIPALITY)
    pairs = linkage.score(records, readings)
    return linkage.questions(PROMISE, {r.id: r for r in records}, readings, pairs, judgements)


def test_two_parties_report_one_walk() -> None:
    """Scenario 1: police and municipality tell of one walk: one activity, two sources, a reason."""
    police = report("police", "2021-10-14", "Åkers styckebruk", title="Trygghetsvandring Åkers styckebruk 14 okt 17.30")
    kommun = news("Trygghetsvandring Åker 14/10", "Vandringen genomfördes tillsammans med polisen.")
    found = activities([police, kommun])
    assert len(found) == 1
    assert found[0].sources == ("polisens-rapporter", "strangnas-nyheter") or len(found[0].sources) == 2
    assert held(found) == 1
    assert found[0].reasons
    readings = evidence.read([police, kommun], PROMISE, MUNICIPALITY)
    [pair] = linkage.score([police, kommun], readings)
    assert "samma dag" in pair.reasons
    assert pair.band == "sure"


def test_two_districts_the_same_day_are_two() -> None:
    """Scenario 2: two walks the same day in two districts are never joined."""
    records = [report("police", "2021-10-14", "Mariefred"), report("municipality", "2021-10-14", "Strängnäs")]
    assert held(activities(records)) == 2


def test_no_is_remembered_and_undo_splits() -> None:
    """Scenario 2: "olika" holds on rerun; a yes joins; without the answer the rules speak again."""
    one, two = report("police", "2021-10-14", "Mariefred"), report("municipality", "2021-10-14", "Mariefred")
    assert held(activities([one, two])) == 1
    assert held(activities([one, two], [same(one, two, "no")])) == 2
    far, near = report("police", "2021-10-14", "Mariefred"), report("municipality", "2021-10-28", "Mariefred")
    assert held(activities([far, near])) == 2
    assert len(activities([far, near], [same(far, near, "yes")])) == 1


def test_a_chain_does_not_bridge_a_no() -> None:
    """Two records kept apart by a person stay apart though a third fits both."""
    one, two = report("police", "2021-10-14", "Mariefred"), report("municipality", "2021-10-14", "Mariefred")
    third = news("Trygghetsvandring i Mariefred", "Den 14 oktober genomfördes en trygghetsvandring i Mariefred.")
    found = activities(
        [one, two, third], [same(one, two, "no"), same(one, third, "yes", 2), same(two, third, "yes", 3)]
    )
    clusters = [set(a.record_ids) for a in found]
    assert not any({one.id, two.id} <= c for c in clusters)
    assert len(found) == 2


def test_cancelled_and_moved() -> None:
    """Scenario 3: a cancelled walk is not held; a moved one is one activity with dated states."""
    gone = report("municipality", "2021-10-07", "Härad", state="cancelled")
    assert [(a.state, a.count) for a in activities([gone])] == [("cancelled", 1)]
    planned = report("municipality", "2021-08-28", "Mariefred", state="planned", id="plan")
    moved = report("municipality", "2021-08-28", "Mariefred", state="moved", moved_to="2021-09-04", id="moved")
    [before] = activities([planned, moved])
    assert (before.state, before.when) == ("moved", Dated.day(date(2021, 9, 4)))
    done = report("police", "2021-09-04", "Mariefred", id="done")
    [after] = activities([planned, moved, done])
    assert (after.state, after.when) == ("held", Dated.day(date(2021, 9, 4)))
    assert ("planned", Dated.day(date(2021, 8, 28))) in after.history
    assert ("moved", Dated.day(date(2021, 9, 4))) in after.history


def test_a_plan_stays_a_plan() -> None:
    """Scenario 4: what is planned is never held, whatever day it is; a report makes it held with its history."""
    plan = news("Trygghetsvandring i Stallarholmen", "Välkommen den 20 maj klockan 18.", published="2021-05-01")
    [planned] = activities([plan])
    assert planned.state == "planned"
    done = report("municipality", "2021-05-20", "Stallarholmen")
    [both] = activities([plan, done])
    assert both.state == "held"
    assert ("planned", Dated.day(date(2021, 5, 20))) in both.history


def test_police_absent_is_kept_as_a_condition() -> None:
    """Scenario 5: a meeting without police is held with the failing condition on it."""
    claims = {"commitment": "c4", "police_took_part": False, "at_school": True, "title": "Föräldraträff"}
    [found] = activities([report("municipality", "2021-09-14", "Härad", **claims)])
    assert found.state == "held"
    assert found.conditions == {"police_took_part": False, "at_school": True}


def test_parties_that_contradict_each_other_ask() -> None:
    """True against False from the other party is a question, not a figure."""
    ours = report("municipality", "2021-10-14", "Mariefred", police_took_part=True)
    theirs = report("police", "2021-10-14", "Mariefred", police_took_part=False)
    [found] = activities([ours, theirs])
    assert found.band == "unsure"


def test_a_plan_and_its_report_are_no_rivals() -> None:
    """One party's plan and report, the other's report and a notice of the walk are one activity, nobody is asked."""
    planned = report("municipality", "2021-05-12", "Åkers styckebruk", state="planned")
    told = report("municipality", "2021-05-12", "Åkers styckebruk", text="Trygghetsvandring, lampor saknas.")
    other = report("police", "2021-05-12", "Åkers styckebruk", text="Deltog tillsammans med kommunen.")
    notice = news(
        "Följ med på trygghetsvandring i Åkers styckebruk",
        "Välkommen på trygghetsvandring i Åkers styckebruk onsdag 12 maj. Polisen är med.",
        published="2021-04-30",
    )
    records = [planned, told, other, notice]
    (walk,) = activities(records)
    assert set(walk.record_ids) == {r.id for r in records}
    assert not asked(records)


def test_a_total_is_held_against_its_parts() -> None:
    """A yearly total is never added; it says how it compares with the single records."""
    parts = [report("municipality", f"2021-0{m}-12", "Mariefred") for m in (4, 5, 6, 9)]
    total = news("Fem trygghetsvandringar", "Under året genomfördes fem trygghetsvandringar.", "2021-12-17")
    found = activities([*parts, total])
    assert held(found) == 4
    [note] = [a for a in found if a.state == "background"]
    assert note.reasons[0] == "en sammanställning: anger 5, enskilda uppgifter visar 4"


def test_two_rounds_in_one_form_ask() -> None:
    """Two reports by one party of the same day and place may be two rounds: a person says."""
    records = [report("municipality", "2021-10-14", "Mariefred"), report("municipality", "2021-10-14", "Mariefred")]
    assert len(activities(records)) == 2
    [question] = asked(records)
    assert question.question == "same"
    assert asked(records, [same(records[0], records[1], "no")]) == []


def test_a_vague_record_does_not_bridge_two_days() -> None:
    """ "In October" fits both walks of October: it joins neither by itself."""
    one, two = report("police", "2021-10-07", "Mariefred"), report("police", "2021-10-28", "Mariefred")
    vague = news("Trygghetsvandring i Mariefred", "I oktober genomfördes en trygghetsvandring i Mariefred.")
    found = activities([one, two, vague])
    assert not any({one.id, two.id} <= set(a.record_ids) for a in found)


@pytest.mark.slow
def test_a_thousand_records_of_one_walk() -> None:
    """A thousand copies of a news item are one activity, in a second or two."""
    text = "Den 14 oktober genomfördes en trygghetsvandring i Mariefred med polisen."
    assert len(activities([news("Trygghetsvandring i Mariefred", text) for _ in range(1000)])) == 1


@pytest.mark.parametrize("verdict", ["yes", "no"])
def test_an_answer_on_evidence_rules(verdict: Verdict) -> None:
    """A yes makes the reading sure with corrected fields, a no takes it out of every figure."""
    record = news("Trygghetsvandring i Mariefred", "Mörka partier vid skolan togs upp.")
    [reading] = evidence.read([record], PROMISE, MUNICIPALITY)
    at = datetime(2021, 11, 1, tzinfo=UTC)
    fields = {"date": "2021-10-14", "state": "held"}
    answer = Judgement(
        1, PROMISE.slug, "evidence", record.id, "c5", verdict, "kim", "police", at, linkage.seen(record), fields
    )
    told = evidence.judged(reading, record, answer)
    found = linkage.activities(PROMISE, {record.id: record}, [told], [], [answer])
    assert held(found) == (1 if verdict == "yes" else 0)
    assert linkage.questions(PROMISE, {record.id: record}, [told], [], [answer]) == []


def test_a_changed_record_that_contradicts_an_answer_asks_again() -> None:
    """A yes on what has since become a cancellation is asked anew, with the earlier answer beside it."""
    record = news("Trygghetsvandring inställd", "Vandringen den 14 oktober i Mariefred blev inte av.")
    [reading] = evidence.read([record], PROMISE, MUNICIPALITY)
    at = datetime(2021, 11, 1, tzinfo=UTC)
    answer = Judgement(1, PROMISE.slug, "evidence", record.id, "c5", "yes", "kim", "police", at, "older content")
    told = evidence.judged(reading, record, answer)
    assert told.band == "unsure"
    [question] = linkage.questions(PROMISE, {record.id: record}, [told], [], [answer])
    assert question.earlier == answer


def _readings(days: list[tuple[int, int]]) -> tuple[list[Record], list[Reading]]:
    records = [
        Record(f"s{source}", str(i), "Trygghetsvandring", fields={}, published_at=datetime(2021, 11, 1, tzinfo=UTC))
        for i, (_, source) in enumerate(days)
    ]
    readings = [
        Reading(r.id, 0, "c5", "held", "sure", 0.9, (Dated.day(date(2021, 10, day)),), ("Mariefred",), 1)
        for r, (day, _) in zip(records, days, strict=True)
    ]
    return records, readings


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    days=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), min_size=2, max_size=8),
    answers=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from(["yes", "no"])), max_size=6),
)
def test_a_no_always_holds(days: list[tuple[int, int]], answers: list[tuple[int, int, Verdict]]) -> None:
    """Whatever the pairs and answers, records that a person called different never share an activity."""
    records, readings = _readings(days)
    judgements = [
        same(records[i], records[k], verdict, n)
        for n, (i, k, verdict) in enumerate(answers, 1)
        if i < len(records) and k < len(records) and i != k
    ]
    pairs = linkage.score(records, readings)
    found = linkage.activities(PROMISE, {r.id: r for r in records}, readings, pairs, judgements)
    assert sorted(i for a in found for i in a.record_ids) == sorted(r.id for r in records)
    for judgement in {(j.left, j.right): j for j in judgements}.values():
        if judgement.verdict == "no":
            assert not any({judgement.left, judgement.right} <= set(a.record_ids) for a in found)
