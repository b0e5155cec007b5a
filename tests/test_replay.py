"""Whole promise years: never a wrong figure or status claimed, and a measure that would notice one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tasks.model import Outcome
from tests.evaluate_replay import EQUAL, OPEN, SHOWN, WRONG, figure_of, replay, status_of

OURS = Outcome("c5", "uppfyllt", "", held=4, held_total=4, target=4, measurable=True)


def test_no_year_claims_what_was_not_so(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Evidence to status on real years: nothing wrong is claimed, and reported figures come out as reported."""
    said = replay(shared / "data" / "replay")
    assert (said["wrong_figures"], said["wrong_statuses"], said["sure"].get(WRONG, 0)) == (0, 0, 0)
    assert said["figures"][EQUAL] >= 1 and said["figures"][SHOWN] >= 1
    assert not any(WRONG in key for key in said["reported"])
    assert "trygghetsvandringar" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("outcome", "published", "totals", "found"),
    [
        (OURS, 4, [], EQUAL),
        (OURS, 3, [], WRONG),
        (OURS, 5, [], WRONG),
        (OURS, 3, [4], SHOWN),
        (replace(OURS, total_is_floor=True), 5, [], OPEN),
        (replace(OURS, total_is_floor=True), 3, [], WRONG),
        (replace(OURS, held_total=None), 4, [], OPEN),
        (replace(OURS, held_total=None), 4, [5], SHOWN),
        (OURS, None, [], OPEN),
    ],
)
def test_a_figure_that_claims_too_much_is_noticed(
    outcome: Outcome, published: int | None, totals: list[int], found: str
) -> None:
    """A number above the published one, or an exact one below it, is wrong unless the contradiction is shown."""
    assert figure_of(outcome, published, totals) == found


@pytest.mark.parametrize(
    ("status", "published", "found"),
    [
        ("uppfyllt", "met", EQUAL),
        ("uppfyllt", "not_met", WRONG),
        ("ej uppfyllt", "met", WRONG),
        ("uppgift saknas", "met", OPEN),
        ("delvis", "not_stated", OPEN),
    ],
)
def test_a_status_that_contradicts_the_published_one_is_noticed(status: str, published: str, found: str) -> None:
    """Only what claims nothing may differ from what the parties said."""
    assert status_of(replace(OURS, status=status), published) == found
