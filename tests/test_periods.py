"""Reporting periods, due dates, working days and publishing hours."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import load
from tasks import periods
from tasks.model import Refused

PROMISE = load().promises["strangnas-2021"]


def test_tertials_are_clipped_to_the_signing() -> None:
    """2021-T1 begins on the day the promise was signed, the others are whole tertials."""
    spans = [(p.id, p.start, p.end) for p in periods.periods(PROMISE)]
    assert spans == [
        ("2021-T1", date(2021, 3, 11), date(2021, 4, 30)),
        ("2021-T2", date(2021, 5, 1), date(2021, 8, 31)),
        ("2021-T3", date(2021, 9, 1), date(2021, 12, 31)),
    ]


def test_due_dates_fall_on_working_days() -> None:
    """The 15th of May 2021 is a Saturday, so the follow-up is due on Monday."""
    assert [p.due for p in periods.periods(PROMISE)] == [date(2021, 5, 17), date(2021, 9, 15), date(2022, 1, 17)]


def test_every_four_months_from_the_signing() -> None:
    """The other reading of the promise counts from the 11th of March."""
    other = PROMISE.model_copy(update={"periods": "from_signing"})
    assert [(p.start, p.end) for p in periods.periods(other)] == [
        (date(2021, 3, 11), date(2021, 7, 10)),
        (date(2021, 7, 11), date(2021, 11, 10)),
        (date(2021, 11, 11), date(2021, 12, 31)),
    ]


@given(
    signed=st.dates(date(2016, 1, 1), date(2030, 12, 31)),
    days=st.integers(0, 1500),
    kind=st.sampled_from(["tertial", "from_signing"]),
)
def test_periods_cover_the_promise_without_gap_or_overlap(signed: date, days: int, kind: str) -> None:
    """Whatever the dates, every day from signing to end lies in exactly one period."""
    ends = date.fromordinal(signed.toordinal() + days)
    promise = PROMISE.model_copy(update={"signed": signed, "ends": ends, "periods": kind})
    found = periods.periods(promise)
    covered = [d for p in found for d in range(p.start.toordinal(), p.end.toordinal() + 1)]
    assert covered == list(range(signed.toordinal(), ends.toordinal() + 1))
    assert len({p.id for p in found}) == len(found)


def test_an_unknown_period_names_the_known_ones() -> None:
    """The message says what can be asked for instead."""
    with pytest.raises(Refused, match="2021-T1, 2021-T2, 2021-T3"):
        periods.period(PROMISE, "2021-T4")


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        (datetime(2021, 5, 17, 6, 0, tzinfo=UTC), True),  # 08:00 in Sweden
        (datetime(2021, 5, 17, 5, 59, tzinfo=UTC), False),
        (datetime(2021, 5, 17, 14, 0, tzinfo=UTC), False),  # 16:00
        (datetime(2021, 5, 15, 8, 0, tzinfo=UTC), False),  # a Saturday
        (datetime(2021, 5, 13, 8, 0, tzinfo=UTC), False),  # Kristi himmelsfärdsdag
        (datetime(2021, 6, 25, 8, 0, tzinfo=UTC), False),  # midsommarafton
        (datetime(2021, 12, 1, 7, 0, tzinfo=UTC), True),  # 08:00 in winter
    ],
)
def test_posts_go_out_in_office_hours_only(moment: datetime, open_: bool) -> None:
    """Working days from 08 to 16 in Sweden, summer and winter."""
    assert periods.in_publishing_hours(moment) is open_


def test_days_are_written_as_people_write_them() -> None:
    """Nothing that is the same on both sides is repeated."""
    assert periods.span_name(date(2021, 3, 11), date(2021, 4, 30)) == "11 mars–30 april 2021"
    assert periods.span_name(date(2021, 8, 12), date(2021, 8, 26)) == "12–26 augusti 2021"
    assert periods.span_name(date(2021, 12, 28), date(2022, 1, 3)) == "28 december 2021–3 januari 2022"
