"""The peers' side of the linkage bench: run by `.venv-peers/bin/python`, which knows nothing of the product.

`python -m tests.bench_peers splink|recordlinkage TASK.json` gets ready (a model is trained), then does the task once
for each line it reads, and answers with a line of JSON: what took how long, by the clock and in processor time. At the
end of the lines it says how right the pairs were. The task holds what each record says, the true pairs, and which pairs
to compare: those whose days lie no further apart than `near`, at the same place or (`same_place` false) anywhere.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from tests.bench_judge import Watch, judge

Task = dict[str, Any]
_OVERLAP = "len(list_intersect(words_l, words_r)) / greatest(least(len(words_l), len(words_r)), 1)"
_APART = "greatest(first_l, first_r) - least(last_l, last_r)"
_SPAN = "greatest(last_l - first_l, last_r - first_r)"
# The fastest of three ways that were tried: split by DuckDB, numbers in place of words. Texts of the police hold spaces
# that do not break; left inside words they would cost the peer its F1.
_WORDS = "list_distinct([hash(w) for w in string_split(translate(text, chr(160), ' '), ' ') if w <> ''])"


@dataclass(frozen=True, slots=True)
class Said:
    """A record as an object of Python's, as the product holds it."""

    id: str
    source: str
    place: str
    first: date
    last: date
    text: str


def columns(records: Sequence[Said]) -> dict[str, list[Any]]:
    """Return what is compared, column by column."""
    halves = [r.text.partition(". ") for r in records]
    return {
        "id": [r.id for r in records],
        "place": [r.place for r in records],
        "first": [r.first.toordinal() for r in records],
        "last": [r.last.toordinal() for r in records],
        "kind": [h[0] for h in halves],
        "text": [h[2].casefold() for h in halves],
    }


class Splink:
    """Splink on DuckDB, which uses both cores, with a model that is trained before the clock starts."""

    def __init__(self, records: Sequence[Said], task: Task) -> None:
        from splink import block_on

        self.records = records
        training = Watch()
        with training.step("training"):
            trained = self._linker(self._rows(), self._settings(task))
            trained.training.estimate_probability_two_random_records_match(
                ["l.place = r.place and l.first = r.first and l.last = r.last and l.kind = r.kind"], recall=0.6
            )
            trained.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
            for rule in (block_on("place", "first", "last"), block_on("text"), block_on("kind", "first", "last")):
                trained.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
        self.model = trained.misc.save_model_to_json()
        self.once = training.steps

    def run(self, watch: Watch) -> pd.DataFrame:
        """Return scored pairs: from objects to columns in the database, the model on them, the prediction, a frame."""
        with watch.step("columns"):
            api = self._rows()
        with watch.step("linker"):
            linker = self._linker(api, self.model)
        with watch.step("predict"):
            predicted = linker.inference.predict()
        with watch.step("frame"):
            found = predicted.as_pandas_dataframe()
        return found.rename(columns={"id_l": "a", "id_r": "b", "match_weight": "score"})[["a", "b", "score"]]

    def _rows(self) -> Any:
        """Return a new database with the records in a table of its own, their words split."""
        import duckdb
        import pyarrow as pa
        from splink import DuckDBAPI

        connection = duckdb.connect()
        connection.register("said", pa.table(columns(self.records)))
        connection.execute(f"create table records as select *, {_WORDS} as words from said")
        return DuckDBAPI(connection)

    def _linker(self, api: Any, settings: Any) -> Any:
        from splink import Linker

        return Linker(api.register("records"), settings, log_level=logging.ERROR)

    def _settings(self, task: Task) -> Any:
        from splink import SettingsCreator
        from splink import comparison_library as cl

        def levels(name: str, *steps: str) -> Any:
            found = [{"sql_condition": s, "label_for_charts": s} for s in steps]
            last = {"sql_condition": "ELSE", "label_for_charts": "else"}
            return cl.CustomComparison(output_column_name=name, comparison_levels=[*found, last])

        near = task["near"]
        candidates = f"r.first <= l.last + {near} and l.first <= r.last + {near}"
        if task["same_place"]:
            candidates = f"l.place = r.place and {candidates}"
        return SettingsCreator(
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


class Recordlinkage:
    """recordlinkage on pandas; finding the pairs is not counted."""

    def __init__(self, records: Sequence[Said], task: Task) -> None:
        self.records, self.near = records, task["near"]
        self.once: dict[str, tuple[float, float]] = {}
        self.pairs = self._candidates(pd.DataFrame(columns(records)))

    def run(self, watch: Watch) -> pd.DataFrame:
        """Return scored pairs."""
        import recordlinkage

        with watch.step("columns"):
            rows = pd.DataFrame(columns(self.records)).set_index("id")
        with watch.step("predict"):
            compare = recordlinkage.Compare(n_jobs=1)
            compare.exact("place", "place")
            compare.exact("kind", "kind")
            compare.numeric("first", "first", method="linear", offset=0, scale=self.near / 2)
            compare.numeric("last", "last", method="linear", offset=0, scale=self.near / 2)
            compare.string("text", "text", method="cosine")
            found = compare.compute(self.pairs, rows).sum(axis=1)
        return pd.DataFrame({"a": [p[0] for p in found.index], "b": [p[1] for p in found.index], "score": found.values})

    def _candidates(self, rows: pd.DataFrame) -> pd.MultiIndex:
        """Return the pairs of one place whose days lie no further apart than `near`, place by place."""
        pieces = []
        for _, group in rows.sort_values("first", kind="stable").groupby("place"):
            both = group[["id", "first", "last"]].reset_index(drop=True).reset_index()
            met = both.merge(both, how="cross", suffixes=("", "_b"))
            met = met[(met["index"] < met["index_b"]) & (met["first_b"] <= met["last"] + self.near)]
            pieces.append(met[["id", "id_b"]])
        return pd.MultiIndex.from_frame(pd.concat(pieces))


PEERS: dict[str, Callable[[Sequence[Said], Task], Splink | Recordlinkage]] = {
    "splink": Splink,
    "recordlinkage": Recordlinkage,
}


def main(name: str, path: str) -> None:
    """Do a task as often as asked, and say what it took and how well it was done."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    task = json.loads(Path(path).read_text(encoding="utf-8"))
    given = task["records"]
    days = {key: [date.fromordinal(d) for d in given[key]] for key in ("first", "last")}
    order = ("id", "source", "place", "first", "last", "text")
    records = [Said(*row) for row in zip(*({**given, **days}[key] for key in order), strict=True)]
    peer = PEERS[name](records, task)
    print(json.dumps(peer.once), flush=True)
    pairs = pd.DataFrame()
    for _ in sys.stdin:
        watch = Watch()
        pairs = peer.run(watch)
        print(json.dumps(watch.steps), flush=True)
    truth = {(min(p), max(p)) for p in task["truth"]}
    found = judge(pairs, {r.id: r.source for r in records}, truth)
    print(json.dumps({"version": version(name), "pairs": len(pairs), **found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
