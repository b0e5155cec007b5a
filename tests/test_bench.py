"""The bench on a few hundred records: it runs, and says what it promises to say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks import evidence
from tests import bench, bench_corpus, bench_evidence, bench_linkage, evaluate_linkage
from tests.conftest import absent

pytestmark = pytest.mark.slow


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """Run the bench and return its last line."""
    assert bench.main(arguments) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_evidence_says_ratio_growth_and_memory(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line holds the figures that the goals are about."""
    found = said(["evidence", "--events", "300", "--sizes", "300", "--repeats", "1"], capsys)
    assert found["records"] == 300
    assert {"ratio", "events_ratio", "texts_ratio", "anywhere_ratio", "exponent", "peak_mb", "goals"} <= found.keys()


def test_linkage_says_speed_and_f1_of_all_three(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last line holds the figures that the goals are about."""
    if not bench_linkage.PEERS.exists():
        absent("the peers are not installed (make bench)")
    found = said(["linkage", "--events", "200", "--repeats", "1"], capsys)
    assert {"tasks", "times_splink", "times_recordlinkage", "exponent", "goals"} <= found.keys()
    task = found["tasks"][0]
    assert {"pairs", "ours_f1", "splink_f1", "recordlinkage_f1", "ours_pairs_per_s"} <= task.keys()


def test_the_peers_are_given_every_true_pair(shared: Path) -> None:
    """The pairs to compare hold at least as many as there are true ones, and fewer than all."""
    task = evaluate_linkage.build(200, 1)
    columns = bench_linkage.as_columns(task)
    near = bench_linkage.candidates(columns, same_place=True)
    anywhere = bench_linkage.candidates(columns, same_place=False)
    assert len(task.truth) <= near < anywhere < len(columns) ** 2


def test_a_multiplied_record_is_told_elsewhere_and_on_another_day(shared: Path) -> None:
    """Copies differ in id, day and place, and every town gets its share."""
    base, towns = bench_corpus.events(50), bench_corpus.towns(3)
    shares = [list(bench_corpus.multiplied(base, 200, town, i, 3)) for i, town in enumerate(towns)]
    records = [r for share in shares for r in share]
    assert len({r.id for r in records}) == 200
    assert {len(share) for share in shares} == {66, 67}
    assert all(r.place in {p.name for p in towns[i].places} for i, share in enumerate(shares) for r in share)
    assert len({(r.title, r.published_at) for r in records}) > 150


def test_the_searches_and_the_rules_look_for_the_same_things() -> None:
    """Each pattern finds an invented text that the rules read as that commitment."""
    promise, _ = bench_corpus.promise()
    commitments = [c for c in promise.commitments if c.measure != "duty"]
    assert len(bench_evidence.PATTERNS) == len(commitments) == 7
    walk = bench_corpus.Record("texter", "1", "Trygghetsvandring i Hamnen", "Vi gick en trygghetsvandring i går.")
    assert bench_evidence.searches([walk]) == 1
    assert {r.commitment for r in evidence.read([walk], promise, None, period_filter=False)} == {"c5"}


def test_an_exponent_is_the_slope_over_the_logarithms() -> None:
    """Twice the size in twice the time is 1, in four times the time is 2."""
    assert bench_evidence.exponent([(10, 1), (20, 2), (40, 4)]) == pytest.approx(1)
    assert bench_evidence.exponent([(10, 1), (20, 4), (40, 16)]) == pytest.approx(2)
    assert bench_evidence.exponent([(10, 1)]) == 0
