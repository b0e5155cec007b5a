"""Disclosure: what a class protects is gone from the outcome, and so from everything made of it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import disclosure
from tasks.model import Activity, Dated, Outcome, canonical
from tasks.periods import periods
from tasks.progress.reasons import WORDS as REASONS
from tests.following import composed, held, outcome, promise, sample, shipped

PLACE = "Skolan vid torget"
DAY = date(2021, 2, 17)


def shown(disclosed: str, activities: list[Activity], number: int = 1, *, closed: bool = True, **fields) -> Outcome:
    """Return the disclosed outcome of a promise whose one commitment has that class."""
    made = promise(disclosure=disclosed, **fields)
    whole = outcome(made, activities, number=number)
    return disclosure.disclose(
        made,
        periods(made)[number - 1],
        [whole],
        shipped().templates,
        as_of=None if closed else datetime(2021, 1, 1, 12, tzinfo=UTC),
    )[0]


def test_public_outcomes_keep_their_activities() -> None:
    """A public commitment shows place and day."""
    found = shown("public", [held(DAY, place=PLACE)])
    assert [(a.place, a.when.start) for a in found.activities if a.when] == [(PLACE, DAY)]


def test_what_nobody_has_confirmed_is_not_public() -> None:
    """An unsure reading may be about something else entirely."""
    found = shown("public", [held(DAY, place=PLACE, band="unsure"), held(DAY, state="cancelled")])
    assert [a.reasons[0] for a in found.not_counted] == ["inställd"]


def test_yes_no_tells_only_whether_it_was_used() -> None:
    """No count, no activity, no open question: only that the way of working was used."""
    found = shown("yes_no", [held(DAY, place=PLACE, count=7)], measure="ongoing")
    assert (found.used, found.held, found.held_total, found.activities) == (True, None, None, ())
    assert found.reason == "Arbetssättet har använts under perioden."


def test_yes_no_says_no_only_by_the_partys_own_word() -> None:
    """Without a report it is "uppgift saknas", never "nej"."""
    found = shown("yes_no", [], measure="ongoing")
    assert (found.used, found.status) == (None, "uppgift saknas")


def test_count_only_tells_neither_place_nor_day() -> None:
    """The number stays; place, day, plans and reasons go."""
    found = shown(
        "count_only",
        [held(DAY, place=PLACE, reasons=(PLACE,)), held(date(2021, 12, 1), place=PLACE, state="planned")],
    )
    assert (found.held, found.planned, found.not_counted) == (1, 0, ())
    assert [(a.place, a.reasons) for a in found.activities] == [("", ())]
    assert found.activities[0].when is not None
    assert (found.activities[0].when.start, found.activities[0].when.precision) == (date(2021, 1, 1), "period")


def test_count_only_is_silent_before_the_period_is_over() -> None:
    """Scenario 19: nothing before it is held and the period closed."""
    found = shown("count_only", [held(DAY)], closed=False)
    assert (found.status, found.held, found.activities) == ("kan inte redovisas", None, ())


@pytest.mark.parametrize("number", [0, 1, 4])
def test_small_protected_numbers_are_hidden(number: int) -> None:
    """Below five it could point at somebody."""
    activities = [held(DAY, place=f"Plats {n}") for n in range(number)]
    found = shown("protected", activities)
    assert found.held is None
    assert found.activities == ()
    assert found.status == ("kan inte redovisas" if number else "uppgift saknas")


def test_large_protected_numbers_are_shown_without_places() -> None:
    """Five or more is shown, as a number only."""
    found = shown("protected", [held(DAY, place=PLACE, key=f"k/{n}") for n in range(6)])
    assert (found.held, {a.place for a in found.activities}) == (6, {""})


def test_a_total_does_not_give_away_an_earlier_small_number() -> None:
    """Scenario 18: two in the first period, seven in the second: nine is shown, and neither two nor seven."""
    early = [held(DAY, key=f"a/{n}") for n in range(2)]
    late = [held(date(2021, 6, 1), key=f"b/{n}") for n in range(7)]
    found = shown("protected", early + late, number=2)
    assert (found.held, found.held_total, found.hidden) == (None, 9, ("held",))
    assert [(a.count, a.when) for a in found.activities] == [(9, Dated(date(2021, 1, 1), date(2021, 8, 31), "period"))]
    assert found.reason.endswith(REASONS.say(shipped().templates, "hidden_period"))


# Letters that no word of the outcome is made of.
NAMES = st.text("qwzåäö", min_size=8, max_size=14)


@given(
    st.sampled_from(["yes_no", "count_only", "protected"]),
    st.lists(
        st.tuples(
            NAMES,
            st.dates(date(2021, 1, 2), date(2021, 12, 30)),
            st.sampled_from(["held", "planned", "cancelled", "moved"]),
            st.sampled_from(["sure", "unsure"]),
        ),
        max_size=8,
    ),
    st.integers(1, 3),
)
def test_no_protected_place_or_day_is_left_anywhere(disclosed, seen, number) -> None:
    """Whatever was reported, its place, its reasons and its day are nowhere in the disclosed outcome."""
    made = [
        held(day, place=place, key=f"k/{n}", state=state, band=band, reasons=(place,))
        for n, (place, day, state, band) in enumerate(seen)
    ]
    text = canonical(shown(disclosed, made, number, measure="ongoing" if disclosed == "yes_no" else "count")).decode()
    ends = {p.start.isoformat() for p in periods(promise())} | {p.end.isoformat() for p in periods(promise())}
    for place, day, _, _ in seen:
        assert place not in text
        assert day.isoformat() in ends or day.isoformat() not in text


def test_the_school_is_in_nothing_that_leaves_the_house() -> None:
    """The search happened on a school in November: no page, post, feed or data file says where or when."""
    made, place, follow = sample(3)
    for output in composed(made, place, follow):
        for secret in (PLACE, "2021-11-16", "16 november", "polisens-rapporter/sok"):
            assert secret.encode() not in output.body, output.name


def test_yes_no_has_no_number_in_the_open_data() -> None:
    """The visits at home are a yes or a no in the data file too."""
    made, place, follow = sample(1)
    body = next(o.body for o in composed(made, place, follow) if o.name.endswith("summary.json"))
    visits = next(c for c in json.loads(body)["commitments"] if c["id"] == "c3")
    assert (visits["used"], visits["held"], visits["held_total"], visits["activities"]) == (True, None, None, [])
