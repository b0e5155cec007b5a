"""A day in a field of its own, as Swedish people type it when everybody knows which year it is."""

from __future__ import annotations

from datetime import date

import pytest

from tasks.dates import day_within

SIGNED, ENDS = date(2021, 3, 11), date(2021, 12, 31)


@pytest.mark.parametrize(
    "typed",
    [
        *("2021-10-14", "20211014", "14/10", "14/10 2021", "14.10.2021", "14 okt", "14 oktober", "den 14 oktober"),
        *("torsdagen den 14 oktober", "211014", "21-10-14", "2021–10–14", "14 Oktober 2021"),
    ],
)
def test_a_day_of_the_promise_needs_no_year(typed: str) -> None:
    """Every way of writing it is the same day."""
    assert day_within(typed, SIGNED, ENDS) == date(2021, 10, 14)


@pytest.mark.parametrize("typed", ["", "31/2", "10/3", "oktober", "v. 41", "14", "10/14", "231014", "igår", "14/10 21"])
def test_what_is_no_day_of_it_is_none(typed: str) -> None:
    """No such day, a day outside of the promise's time, a month or a week: nothing is guessed."""
    assert day_within(typed, SIGNED, ENDS) is None


def test_a_day_that_may_be_of_two_years_is_none() -> None:
    """Where the promise has it twice, the year must be written."""
    assert day_within("14/10", date(2021, 3, 11), date(2022, 12, 31)) is None
    assert day_within("14/1", date(2021, 3, 11), date(2022, 12, 31)) == date(2022, 1, 14)
    assert day_within("14/10 2022", date(2021, 3, 11), date(2022, 12, 31)) == date(2022, 10, 14)


def test_a_whole_date_is_taken_as_it_stands() -> None:
    """Whoever writes the year means it: the form itself says what the promise's time is."""
    assert day_within("2022-01-10", SIGNED, ENDS) == date(2022, 1, 10)
