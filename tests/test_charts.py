"""Charts: drawing, words and table say the same figures; what is not disclosed is in none of them."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from tasks import charts
from tasks.charts import drawing
from tasks.model import Outcome
from tests.following import sample, shipped

MADE, _, FOLLOW, *_ = sample(3)
EVERY = {chart.name: chart for chart in charts.charts(MADE, FOLLOW, shipped().templates)}


def changed(key: str, **values: object) -> charts.Chart:
    """The chart of targets when one commitment stands otherwise."""
    outcomes = tuple(replace(o, **values) if o.commitment == key else o for o in FOLLOW.outcomes)
    chart = charts.progress(MADE, replace(FOLLOW, outcomes=outcomes), shipped().templates)
    assert chart is not None
    return chart


@pytest.mark.parametrize("name", ["mal", "manader", "tidslinje"])
def test_a_chart_is_well_formed_and_names_itself(name: str) -> None:
    """An SVG with its alternative text as title; the first column of its table is in the drawing."""
    chart = EVERY[name]
    root = ET.fromstring(chart.svg)  # noqa: S314 - our own drawing
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None and title.text == chart.alt
    assert all(row[0] in chart.svg and row[0] in chart.alt for row in chart.rows)
    assert all(len(row) == len(chart.head) for row in chart.rows)
    assert len(chart.svg) < 8_000


def test_the_same_figures_give_the_same_bytes() -> None:
    """Drawing and picture alike; another figure gives others."""
    again = charts.charts(MADE, FOLLOW, shipped().templates)
    assert again == tuple(EVERY.values())
    drawing.png.cache_clear()
    first = drawing.png(EVERY["mal"].svg, "Rubrik", "Tid")
    drawing.png.cache_clear()
    assert first == drawing.png(EVERY["mal"].svg, "Rubrik", "Tid")
    assert first[:8] == b"\x89PNG\r\n\x1a\n"
    assert changed("c5", held_total=1).svg != EVERY["mal"].svg


def test_unknown_is_drawn_as_unknown_never_as_nothing() -> None:
    """A dashed frame and the words; no filled and no empty steps."""
    chart = changed("c5", held_total=None)
    assert "uppgift saknas" in chart.svg and "Trygghetsvandringar: uppgift saknas" in chart.alt
    assert 'class="unknown"' in chart.svg and 'class="unknown"' not in EVERY["mal"].svg
    assert "minst 3 av 4" in changed("c5", held_total=3, total_is_floor=True).alt


def test_more_than_promised_fills_the_bar_and_tells_the_number() -> None:
    """Six walks of four: four full steps and the words."""
    chart = changed("c5", held_total=6)
    assert "6 av 4" in chart.svg
    assert 'class="none"' not in chart.svg.split("Trygghetsvandringar")[-1].split("<text")[2]


def test_a_large_number_is_a_bar_of_its_share() -> None:
    """Hundreds of steps would be a blur."""
    chart = changed("c5", target=200, held_total=50)
    widths = [float(w) for w in re.findall(r'width="([\d.]+)" height="20"[^>]*class="full"', chart.svg)]
    assert any(abs(w - 478 / 4) < 1 for w in widths)


def test_what_is_protected_is_in_no_chart() -> None:
    """No days, places or months of what is only counted, or not even that."""
    hidden = {c.heading for c in MADE.commitments if c.disclosure != "public"}
    assert hidden
    everything = "".join(c.svg + c.alt + str(c.rows) for c in EVERY.values())
    assert not [heading for heading in hidden if heading in everything]


def test_an_empty_year_has_no_chart_of_activities() -> None:
    """Nothing known is told in words, not as an empty picture."""

    def empty(outcome: Outcome) -> Outcome:
        return replace(outcome, activities=(), held=None, held_total=None)

    bare = replace(FOLLOW, outcomes=tuple(empty(o) for o in FOLLOW.outcomes))
    assert [c.name for c in charts.charts(MADE, bare, shipped().templates)] == ["mal"]
    assert drawing.png(charts.charts(MADE, bare, shipped().templates)[0].svg)


def test_text_from_outside_stays_text() -> None:
    """A place named like markup is escaped in the drawing."""
    outcomes = tuple(
        replace(o, activities=tuple(replace(a, place="<b>&") for a in o.activities)) for o in FOLLOW.outcomes
    )
    for chart in charts.charts(MADE, replace(FOLLOW, outcomes=outcomes), shipped().templates):
        ET.fromstring(chart.svg)  # noqa: S314 - our own drawing
        assert "<b>" not in chart.svg
