"""Counting: what counts, what is unknown, and which status follows."""

from __future__ import annotations

import csv
import itertools
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import progress
from tasks.model import Dated
from tasks.periods import periods
from tasks.progress import status
from tests.following import SOURCE, heard, held, nil, outcome, promise

CASES = list(csv.DictReader((Path(__file__).parent / "data/progress/status_table.csv").open(encoding="utf-8")))


def play(case: dict[str, str]) -> str:
    """Return the status that a case of the table ends in."""
    made = promise(
        measure=case["measure"],
        target=int(case["target"]) if case["target"] else None,
        deadline=date.fromisoformat(case["deadline"]) if case["deadline"] else None,
    )
    every = periods(made)
    numbers = [int(n) for n in case["held"].split("+")]
    activities = [
        held(p.start + timedelta(days=10 + n), place=f"Plats {n}")
        for p, number in zip(every, numbers, strict=False)
        for n in range(number)
    ]
    if case["cancelled"]:
        activities.append(held(every[int(case["cancelled"]) - 1].start, place="Inställd", state="cancelled"))
    gaps = [(p.start + timedelta(days=3), p.start + timedelta(days=5)) for p in every if case["gap"] == p.id[-1]]
    return outcome(
        made,
        activities,
        number=int(case["period"]),
        nils=[nil(every[int(n) - 1]) for n in case["nil"].split()],
        coverage=heard(*gaps),
        questions=int(case["questions"]),
    ).status


@pytest.mark.parametrize("case", CASES, ids=[c["case"] for c in CASES])
def test_each_case_of_the_status_table_ends_in_its_status(case: dict[str, str]) -> None:
    """The committed cases say, row by row, what the public is told."""
    assert play(case) == case["status"]


def test_every_row_of_the_decision_table_is_reached_by_a_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row of the decision table stands there without a case that shows what it is for."""
    reached = []

    def spy(facts: status.Facts) -> str:
        row = status.matching_row(facts)
        reached.append(row)
        return row.status

    monkeypatch.setattr(progress, "decide", spy)
    for case in CASES:
        play(case)
    assert [row for row in status.TABLE if row not in reached] == []


def test_every_combination_of_facts_has_a_status() -> None:
    """The table decides whatever facts may come: nothing falls through."""
    flags = (False, True)
    options = (
        get_args(status.Measure),
        get_args(status.Amount),
        flags,
        flags,
        flags,
        get_args(status.Heard),
        flags,
        get_args(status.Time),
    )
    combinations = list(itertools.product(*options))
    assert len(combinations) == 2 * 3 * 2 * 2 * 2 * 3 * 2 * 3
    assert all(status.decide(status.Facts(*facts)) in get_args(status.Status) for facts in combinations)


def test_zero_is_never_claimed_without_the_responsible_partys_word() -> None:
    """Absence of records is not zero: the number stays unknown until somebody says that nothing was done."""
    made = promise(target=4)
    silent, said = outcome(made), outcome(made, nils=[nil(periods(made)[0])])
    assert (silent.held, silent.held_total, silent.status) == (None, None, "uppgift saknas")
    assert "Ingen rapport har kommit in för perioden." in silent.reason
    assert (said.held, said.held_total, said.status) == (0, 0, "ej påbörjat")


def test_a_nil_report_from_somebody_else_is_not_the_responsible_partys() -> None:
    """Only the commitment's own evidence sources may say that nothing was done."""
    made = promise(target=4)
    assert outcome(made, nils=[nil(periods(made)[0], source="nagon-annan")]).status == "uppgift saknas"


def test_a_nil_report_must_cover_the_whole_period() -> None:
    """A word about March says nothing of April; two that meet cover both."""
    made = promise(target=4)
    period = periods(made)[0]
    middle = date(2021, 3, 1)
    first = nil(period, dates=(Dated(period.start, middle, "period"),))
    second = nil(period, dates=(Dated(middle + timedelta(days=1), period.end, "period"),))
    assert outcome(made, nils=[first]).status == "uppgift saknas"
    assert outcome(made, nils=[first, second]).status == "ej påbörjat"


def test_a_gap_is_named_with_its_dates_and_makes_the_number_a_floor() -> None:
    """Scenario 8: "uppgift saknas 12–26 augusti", not zero."""
    made = promise(target=4)
    found = outcome(made, [held(date(2021, 5, 12))], number=2, coverage=heard((date(2021, 8, 12), date(2021, 8, 26))))
    assert found.status == "uppgift saknas"
    assert "Uppgift saknas 12–26 augusti 2021." in found.reason
    assert (found.held, found.held_is_floor, found.total_is_floor) == (1, True, True)


def test_a_gap_elsewhere_is_no_gap() -> None:
    """A source that the commitment's evidence does not come from never makes or breaks its figure."""
    made = promise(target=4)
    coverage = heard((date(2021, 1, 1), date(2021, 4, 30)), sources=("polisen-handelser", SOURCE))
    found = outcome(made, [held(date(2021, 2, 2))], coverage=coverage)
    assert (found.status, found.gaps, found.held_is_floor) == ("på väg", (), False)


def test_a_source_that_never_answered_is_one_long_gap() -> None:
    """Scenario 22: a fresh install says "uppgift saknas", not "0 av 4"."""
    found = outcome(promise(target=4), coverage={})
    assert (found.status, found.held, found.held_total) == ("uppgift saknas", None, None)
    assert "1 januari–30 april 2021" in found.reason


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        ({"police_took_part": False, "at_school": True}, "polisen deltog inte"),
        ({"at_school": True}, "det framgår inte om polisen deltog; en människa behöver bekräfta"),
        ({"police_took_part": True, "at_school": False}, "det var inte på en skola"),
    ],
)
def test_a_failing_condition_is_listed_and_not_counted(conditions: dict[str, bool], why: str) -> None:
    """Scenario 5: held without the police is not counted, and the page says why."""
    made = promise(target=2, conditions=["police_took_part", "at_school"])
    found = outcome(made, [held(date(2021, 2, 2), conditions=conditions)])
    assert (found.held, [a.reasons[0] for a in found.not_counted]) == (None, [why])


def test_what_counts_is_the_sum_of_the_activities_own_counts() -> None:
    """One activity may stand for several occasions."""
    found = outcome(promise(target=4), [held(date(2021, 2, 2), count=3)])
    assert (found.held, found.held_total) == (3, 3)


def test_a_plan_is_never_held() -> None:
    """Scenario 4: planned is planned; once its day has passed without word it is "ej bekräftad"."""
    made = promise(target=4)
    plan = held(date(2021, 5, 20), state="planned")
    before = outcome(made, [plan], as_of=date(2021, 5, 1))
    after = outcome(made, [plan], number=2)
    assert (before.planned, before.held, before.not_counted) == (1, None, ())
    assert (after.planned, after.held) == (0, None)
    assert after.not_counted[0].reasons[0].startswith("ej bekräftad")


def test_a_moved_activity_counts_where_it_went() -> None:
    """Scenario 3: moved from August to September, it counts in the third period and the second says so."""
    made = promise(target=4)
    august, september = date(2021, 8, 28), date(2021, 9, 4)
    walk = held(september, history=(("planned", Dated.day(august)), ("moved", Dated.day(september)), ("held", None)))
    second, third = outcome(made, [walk], number=2), outcome(made, [walk], number=3)
    assert second.held is None
    assert [(a.when, a.reasons[0]) for a in second.not_counted] == [
        (Dated.day(august), "flyttad till 4 september 2021")
    ]
    assert (third.held, third.not_counted) == (1, ())


def test_a_cancelled_activity_is_shown_and_not_counted() -> None:
    """Scenario 3: "1 inställd", not one more and not nothing."""
    found = outcome(promise(target=4), [held(date(2021, 2, 2), state="cancelled"), held(date(2021, 3, 3))])
    assert (found.held, found.cancelled, found.not_counted[0].reasons[0]) == (1, 1, "inställd")


def test_a_cancellation_without_a_day_may_be_the_one_with_its_day() -> None:
    """Two notices of one cancelled walk are not two cancelled walks."""
    known = held(date(2021, 2, 2), state="cancelled")
    vague = replace(known, id="k/vague", when=None)
    assert outcome(promise(target=4), [known, vague]).cancelled == 1
    assert outcome(promise(target=4), [vague]).cancelled == 1


def test_nothing_is_planned_beyond_the_promise() -> None:
    """When the promise is over, a plan without a day or after its end is no longer part of it."""
    made = promise(target=4)
    vague = replace(held(date(2021, 2, 2), state="planned"), when=None)
    late = held(date(2022, 2, 2), state="planned")
    assert outcome(made, [vague, late]).planned == 1
    assert outcome(made, [vague, late], number=3).planned == 0


def test_a_vague_day_counts_only_where_all_of_it_lies() -> None:
    """A week across two periods counts in the total and in neither period; a year counts nowhere."""
    made = promise(target=4)
    week = held(Dated(date(2021, 4, 26), date(2021, 5, 2), "week"))
    first, second = outcome(made, [week]), outcome(made, [week], number=2)
    assert (first.held, first.held_total, second.held, second.held_total) == (None, None, None, 1)
    year = outcome(
        promise(target=4).model_copy(update={"signed": date(2021, 3, 11)}),
        [held(Dated(date(2021, 1, 1), date(2021, 12, 31), "year"))],
        number=3,
    )
    assert year.held_total is None
    assert "tillräckligt noga" in year.not_counted[0].reasons[0]


def test_what_happened_before_signing_is_not_counted() -> None:
    """The promise binds from the day that it was signed."""
    made = promise(target=4).model_copy(update={"signed": date(2021, 3, 11)})
    found = outcome(made, [held(date(2021, 3, 10)), held(date(2021, 3, 11))])
    assert found.held_total == 1


def test_an_unsure_reading_is_never_counted() -> None:
    """What a person has not confirmed makes the number a floor and is no part of it."""
    found = outcome(promise(target=4), [held(date(2021, 2, 2), band="unsure"), held(date(2021, 3, 3))])
    assert (found.held, found.held_is_floor, found.not_counted[0].reasons[0]) == (
        1,
        True,
        "väntar på besked från en människa",
    )


def test_a_campaign_is_done_or_not() -> None:
    """Measured once: the number does not matter beyond one, and it is measurable without a target."""
    found = outcome(promise(measure="once", unit=["kampanj", "kampanjer"]), [held(date(2021, 2, 2))])
    assert (found.status, found.measurable) == ("uppfyllt", True)


@pytest.mark.parametrize(("measure", "target", "measurable"), [("count", 4, True), ("count", None, False)])
def test_without_a_number_it_is_not_measurable(measure: str, target: int | None, measurable: bool) -> None:
    """A target is never invented: the attribute says that the text has none."""
    assert outcome(promise(measure=measure, target=target)).measurable is measurable


def test_a_way_of_working_was_used_or_not_or_nobody_knows() -> None:
    """Ongoing: yes by an activity, no by the party's own word, else unknown."""
    made = promise(measure="ongoing", unit=["möte", "möten"])
    first = periods(made)[0]
    assert outcome(made, [held(date(2021, 2, 2))]).used is True
    assert outcome(made, nils=[nil(first)]).used is False
    assert outcome(made).used is None
    assert outcome(made, nils=[nil(first)], coverage=heard((first.start, first.end))).used is None


def test_the_first_follow_up_owes_nothing() -> None:
    """The duty begins at nought out of nought, on its way."""
    found = outcome(promise(measure="duty", evidence_from=[]))
    assert (found.status, found.held_total, found.target) == ("på väg", 0, 0)


def test_a_missing_delivery_is_late_and_named() -> None:
    """The follow-up duty keeps its own record, in public."""
    made = promise(measure="duty", evidence_from=[])
    duty = [("2021-T1", True, ""), ("2021-T2", False, "Kommunens sociala medier")]
    found = outcome(made, number=3, duty=duty)
    assert (found.status, found.held_total, found.target) == ("försenat", 1, 2)
    assert "1 januari–30 april 2021: redovisad i tid." in found.reason
    assert "1 maj–31 augusti 2021: försenad, saknas på Kommunens sociala medier." in found.reason


def test_a_late_delivery_is_told_as_late() -> None:
    """What came after its day counts, and its record says when."""
    made = promise(measure="duty", evidence_from=[])
    late = "klar den 3 juni 2021 i stället för den 17 maj 2021"
    found = outcome(made, number=2, duty=[("2021-T1", True, late)])
    assert (found.status, found.held_total) == ("på väg", 1)
    assert found.reason.endswith(f"1 januari–30 april 2021: försenad, {late}.")


def test_a_period_not_yet_due_is_not_owed() -> None:
    """Nobody is late before the day that the follow-up is due."""
    made = promise(measure="duty", evidence_from=[])
    found = outcome(made, number=2, duty=[("2021-T1", False, "allt")], as_of=date(2021, 5, 2))
    assert (found.status, found.target) == ("på väg", 0)


DAYS = st.dates(date(2020, 12, 1), date(2022, 1, 31))
ACTIVITIES = st.lists(
    st.builds(
        lambda day, length, state, band, conditions, n: replace(
            held(Dated(day, day + timedelta(days=length), "period"), key=f"k/{n}"),
            state=state,
            band=band,
            conditions=conditions,
        ),
        DAYS,
        st.sampled_from([0, 0, 0, 6, 30, 364]),
        st.sampled_from(["held", "held", "planned", "cancelled", "moved", "background"]),
        st.sampled_from(["sure", "sure", "unsure", "no"]),
        st.sampled_from([{"police_took_part": True}, {"police_took_part": False}, {}]),
        st.integers(0, 10**6),
    ),
    max_size=12,
)


@given(ACTIVITIES, st.integers(1, 3), st.sets(st.integers(1, 3)), st.booleans(), st.integers(0, 2))
def test_numbers_never_claim_more_than_is_known(activities, number, nils, gap, questions) -> None:
    """Whatever comes in: no zero without a nil report, no shortfall under a gap or an open question, totals hold."""
    made = promise(target=4, conditions=["police_took_part"])
    every = periods(made)
    spans = [(date(2021, 1, 5), date(2021, 1, 9))] if gap else []
    found = outcome(
        made,
        activities,
        number=number,
        nils=[nil(every[n - 1]) for n in nils],
        coverage=heard(*spans),
        questions=questions,
    )
    sure = [a for a in activities if a.state == "held" and a.band == "sure" and a.conditions.get("police_took_part")]
    assert len(found.activities) <= len(sure)
    assert (found.held or 0) <= (found.held_total or 0)
    if found.held == 0 or found.status in ("ej påbörjat", "ej uppfyllt"):
        assert number in nils
        assert not questions
    if found.status in ("ej uppfyllt", "delvis", "försenat", "ej påbörjat"):
        assert not gap
    assert (found.status == "uppfyllt") == ((found.held_total or 0) >= 4)
    assert found.reason.endswith(".")
