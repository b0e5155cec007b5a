"""Fetches become gaps with dates: silence is never a zero."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from config.schema import Source
from tasks.coverage import coverage
from tasks.model import Fetch, Gap

START, END = date(2021, 5, 1), date(2021, 8, 31)
AFTER = datetime(2021, 9, 15, 7, tzinfo=UTC)


def source(keeps: Literal["all", "window"]) -> Source:
    """A source that is silent after two days."""
    return Source(id="s", kind="rss", name="S", url="x", keeps=keeps, silent_after_hours=48)


def good(*moments: datetime) -> list[Fetch]:
    """Good fetches at these moments."""
    return [Fetch("s", at, "ok") for at in moments]


def hourly(start: datetime, end: datetime) -> list[datetime]:
    """Every sixth hour between two moments."""
    return [start + timedelta(hours=6 * n) for n in range(int((end - start).total_seconds() // 21600) + 1)]


def test_a_source_never_heard_is_unknown_all_along() -> None:
    """No good answer at all: the whole period is a gap, in the source's own words."""
    log = [Fetch("s", AFTER, "unavailable", message="nåddes inte")]
    assert coverage(source("window"), log, START, END, AFTER).gaps == (Gap("s", START, END, "nåddes inte"),)
    assert coverage(source("all"), [], START, END, AFTER).gaps == (Gap("s", START, END, "källan har aldrig hämtats"),)


def test_a_log_read_after_the_period_covers_all_of_it() -> None:
    """One good answer of a source that keeps everything is enough."""
    assert coverage(source("all"), good(AFTER), START, END, AFTER).gaps == ()


def test_a_log_read_too_early_leaves_the_rest_unknown() -> None:
    """What came after the last reading is not known."""
    found = coverage(source("all"), good(datetime(2021, 8, 20, 8, tzinfo=UTC)), START, END, AFTER)
    assert [(g.start, g.end) for g in found.gaps] == [(date(2021, 8, 21), END)]


def test_fourteen_days_of_silence_are_named_with_their_dates() -> None:
    """Scenario 8: a feed that was down for two weeks has a hole there, and only there."""
    before = hourly(datetime(2021, 4, 28, tzinfo=UTC), datetime(2021, 8, 11, 20, tzinfo=UTC))
    after = hourly(datetime(2021, 8, 29, 0, tzinfo=UTC), datetime(2021, 9, 15, tzinfo=UTC))
    found = coverage(source("window"), good(*before, *after), START, END, AFTER)
    assert [(g.start, g.end) for g in found.gaps] == [(date(2021, 8, 12), date(2021, 8, 26))]


def test_a_window_source_heard_throughout_has_no_gap() -> None:
    """Answers closer than the silence limit leave nothing out."""
    moments = hourly(datetime(2021, 4, 28, tzinfo=UTC), AFTER)
    assert coverage(source("window"), good(*moments), START, END, AFTER).gaps == ()


def test_a_thinned_answer_does_not_count_as_heard() -> None:
    """A list that is visibly not the whole one leaves the gap open."""
    log = [*good(datetime(2021, 5, 1, 8, tzinfo=UTC)), Fetch("s", datetime(2021, 8, 31, 8, tzinfo=UTC), "thinned")]
    found = coverage(source("window"), log, START, END, AFTER)
    assert found.gaps[-1].end == END


@given(st.lists(st.datetimes(datetime(2021, 4, 1), datetime(2021, 9, 14)), max_size=40))
def test_gaps_are_in_order_inside_the_period_and_apart(moments: list[datetime]) -> None:
    """Whatever the log, gaps never overlap and never leave the period."""
    log = good(*sorted(m.replace(tzinfo=UTC) for m in moments))
    for keeps in ("all", "window"):
        gaps = coverage(source(keeps), log, START, END, AFTER).gaps
        assert all(START <= g.start <= g.end <= END for g in gaps)
        assert all(a.end < b.start for a, b in pairwise(gaps))
