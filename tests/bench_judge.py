"""How long a side of the linkage bench takes and how right its pairs are: the same for the product and its peers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, process_time

import pandas as pd


class Watch:
    """How long each step of one run took: seconds by the clock and of the processors."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[float, float]] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note what the step takes."""
        began, used = perf_counter(), process_time()
        yield
        self.steps[name] = perf_counter() - began, process_time() - used


def judge(pairs: pd.DataFrame, source: dict[str, str], truth: set[tuple[str, str]]) -> dict[str, float]:
    """Return the best F1 that any threshold gives on pairs across sources, over all or each other's best only."""
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
    at = f1[last].argmax()
    return {
        "f1": float(f1[last].iloc[at]),
        "precision": float(precision[last].iloc[at]),
        "recall": float(recall[last].iloc[at]),
    }
