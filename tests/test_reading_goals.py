"""The goals of reading evidence, on invented and on labelled texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.evaluate import counted, evaluate, read_items

OWN = Path(__file__).parent / "data" / "evidence"


def _meets_the_goals(path: Path) -> bool:
    items = read_items(path)
    figures = evaluate(items, quiet=True)
    # No sure reading says more than its label: never a wrong figure as sure.
    assert counted([i for i in items if not i.raw.get("unsure")])[2] == []
    least = {"auto_precision": 0.98, "covered_recall": 0.95, "topic_f1": 0.92}
    return all(figures[name] >= value for name, value in least.items()) and figures["asked_share"] <= 0.25


@pytest.mark.parametrize("path", sorted(OWN.glob("*.ndjson")), ids=lambda p: p.stem)
def test_goals_on_invented_texts(path: Path) -> None:
    """The goals of reading hold on our own invented texts; its README says what each set was at first sight."""
    assert _meets_the_goals(path)


def test_what_is_not_met_yet_counts_nothing_wrongly() -> None:
    """A set at which the goals were missed at first sight, and that nobody has worked on: never worse than then."""
    items = read_items(OWN / "unmet" / "blind-i.ndjson")
    figures = evaluate(items, quiet=True)
    first_sight = {"auto_precision": 1.0, "covered_recall": 0.656, "topic_f1": 0.807, "state_accuracy": 0.825}
    assert {name: figures[name] for name, value in first_sight.items() if figures[name] < value} == {}
    assert counted([i for i in items if not i.raw.get("unsure")])[2] == []


def test_floors_on_all_invented_texts_together() -> None:
    """Over all our sets the goals hold with a margin, and so do states and dates."""
    items = [item for path in sorted(OWN.glob("*.ndjson")) for item in read_items(path)]
    figures = evaluate(items, quiet=True)
    least = {
        "auto_precision": 0.99,
        "covered_recall": 0.98,
        "topic_f1": 0.97,
        "state_accuracy": 0.94,
        # `blind-h` was measured and left as it was; without it the others stand at 0.935.
        "date_accuracy": 0.90,
    }
    assert {name: figures[name] for name, value in least.items() if figures[name] < value} == {}
    assert figures["asked_share"] <= 0.15


def test_goals_on_labelled_records(shared: Path) -> None:
    """The goals of reading hold on the shared labelled records."""
    assert _meets_the_goals(shared / "data" / "labelled" / "items.ndjson")


def test_own_texts_are_marked_invented() -> None:
    """Every text we wrote says that it is invented."""
    for path in OWN.rglob("*.ndjson"):
        assert all(json.loads(line)["invented"] for line in path.read_text(encoding="utf-8").splitlines())
