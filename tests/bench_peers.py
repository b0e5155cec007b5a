"""The peers' side of the linkage bench: run with `.venv-peers/bin/python`, which knows nothing of the product.

`bench_peers.py splink|recordlinkage TASK.json REPEATS` prints one JSON object. The task holds the records' columns
(id, source, place, first and last day as numbers, kind, text), the true pairs, and which pairs to compare: those whose
days lie no further apart than `near`, at the same place or (`same_place` false) anywhere.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

Task = dict[str, Any]
Times = dict[str, float]
_OVERLAP = "len(list_intersect(words_l, words_r)) / greatest(least(len(words_l), len(words_r)), 1)"
_APART = "greatest(first_l, first_r) - least(last_l, last_r)"
_SPAN = "greatest(last_l - first_l, last_r - first_r)"


def with_splink(records: pd.DataFrame, task: Task, repeats: int) -> tuple[pd.DataFrame, Times]:
    """Return scored pairs and the best times: from records to pairs with a trained model, of that the prediction.

    DuckDB uses both cores; training is told apart, and splitting texts into words is not counted.
    """
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    from splink import comparison_library as cl

    def levels(name: str, *steps: str) -> Any:
        found = [{"sql_condition": s, "label_for_charts": s} for s in steps]
        return cl.CustomComparison(
            output_column_name=name, comparison_levels=[*found, {"sql_condition": "ELSE", "label_for_charts": "else"}]
        )

    near = task["near"]
    candidates = f"r.first <= l.last + {near} and l.first <= r.last + {near}"
    if task["same_place"]:
        candidates = f"l.place = r.place and {candidates}"
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=[
            levels("words", *(f"{_OVERLAP} >= {t}" for t in (0.95, 0.8, 0.6, 0.4, 0.2))),
            levels("day", *(f"{_APART} <= 0 and {_SPAN} <= {s}" for s in (0, 7, 31)), f"{_APART} <= 1"),
            cl.ExactMatch("kind"),
            cl.ExactMatch("place"),
        ],
        blocking_rules_to_generate_predictions=[candidates],
        retain_matching_columns=False,
    )

    def linker(chosen: Any) -> Any:
        api = DuckDBAPI()
        return Linker(api.register(records), chosen, log_level=logging.ERROR)

    began = perf_counter()
    trained = linker(settings)
    trained.training.estimate_probability_two_random_records_match(
        ["l.place = r.place and l.first = r.first and l.last = r.last and l.kind = r.kind"], recall=0.6
    )
    trained.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in (block_on("place", "first", "last"), block_on("text"), block_on("kind", "first", "last")):
        trained.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
    training = perf_counter() - began
    model = trained.misc.save_model_to_json()
    runs = []
    for _ in range(repeats):
        began = perf_counter()
        ready = linker(model)
        opened = perf_counter()
        found = ready.inference.predict()
        predicted = perf_counter() - opened
        frame = found.as_pandas_dataframe()
        runs.append((perf_counter() - began, predicted))
    seconds, predict = (min(r[i] for r in runs) for i in (0, 1))
    frame = frame.rename(columns={"id_l": "a", "id_r": "b", "match_weight": "score"})
    return frame[["a", "b", "score"]], {"seconds": seconds, "predict": predict, "training": training}


def with_recordlinkage(records: pd.DataFrame, task: Task, repeats: int) -> tuple[pd.DataFrame, Times]:
    """Return scored pairs and the best time of comparing them; finding the pairs is not counted."""
    import recordlinkage

    near, rows = task["near"], records.set_index("id")
    pairs = _candidates(records, near)
    best, found = float("inf"), None
    for _ in range(repeats):
        compare = recordlinkage.Compare(n_jobs=1)
        compare.exact("place", "place")
        compare.exact("kind", "kind")
        compare.numeric("first", "first", method="linear", offset=0, scale=near / 2)
        compare.numeric("last", "last", method="linear", offset=0, scale=near / 2)
        compare.string("text", "text", method="cosine")
        began = perf_counter()
        found = compare.compute(pairs, rows)
        best = min(best, perf_counter() - began)
    assert found is not None
    scored = found.sum(axis=1)
    frame = pd.DataFrame({"a": [p[0] for p in scored.index], "b": [p[1] for p in scored.index], "score": scored.values})
    return frame, {"seconds": best, "predict": best, "training": 0.0}


def _candidates(records: pd.DataFrame, near: int) -> pd.MultiIndex:
    """Return the pairs of one place whose days lie no further apart than `near`, place by place."""
    pieces = []
    for _, group in records.sort_values("first", kind="stable").groupby("place"):
        both = group[["id", "first", "last"]].reset_index(drop=True).reset_index()
        met = both.merge(both, how="cross", suffixes=("", "_b"))
        met = met[(met["index"] < met["index_b"]) & (met["first_b"] <= met["last"] + near)]
        pieces.append(met[["id", "id_b"]])
    return pd.MultiIndex.from_frame(pd.concat(pieces))


def judge(pairs: pd.DataFrame, source: dict[str, str], truth: set[tuple[str, str]]) -> dict[str, float]:
    """Return the best F1 that any threshold gives, over all pairs or each other's best only."""
    across = pairs[pairs["a"].map(source) != pairs["b"].map(source)]
    one = across[["a", "b"]].min(axis=1)
    frame = pd.DataFrame({"a": one, "b": across[["a", "b"]].max(axis=1), "score": across["score"]})
    mutual = (frame["score"] == frame.groupby("a")["score"].transform("max")) & (
        frame["score"] == frame.groupby("b")["score"].transform("max")
    )
    return max((_best(f, truth) for f in (frame, frame[mutual])), key=lambda r: r["f1"])


def _best(frame: pd.DataFrame, truth: set[tuple[str, str]]) -> dict[str, float]:
    ranked = frame.sort_values("score", ascending=False)
    right = pd.Series([p in truth for p in zip(ranked["a"], ranked["b"], strict=True)]).cumsum()
    taken = pd.Series(range(1, len(ranked) + 1))
    precision, recall = right / taken, right / len(truth)
    f1 = (2 * precision * recall / (precision + recall)).fillna(0.0)
    # A threshold takes all pairs of one score or none.
    last = (ranked["score"].shift(-1) != ranked["score"]).reset_index(drop=True)
    at = int(f1[last].idxmax())
    return {"f1": float(f1[at]), "precision": float(precision[at]), "recall": float(recall[at])}


PEERS: dict[str, Callable[[pd.DataFrame, Task, int], tuple[pd.DataFrame, Times]]] = {
    "splink": with_splink,
    "recordlinkage": with_recordlinkage,
}


def main(name: str, path: str, repeats: str) -> None:
    """Run one peer over a task and print what it took and how well it did."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    task = json.loads(Path(path).read_text(encoding="utf-8"))
    records = pd.DataFrame(task["records"])
    records["words"] = [sorted(set(t.split())) for t in records["text"]]
    pairs, times = PEERS[name](records, task, int(repeats))
    source = dict(zip(records["id"], records["source"], strict=True))
    truth = {(min(p), max(p)) for p in task["truth"]}
    print(json.dumps({"version": version(name), "pairs": len(pairs), **times, **judge(pairs, source, truth)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
