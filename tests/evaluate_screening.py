"""How well personal data is found in free text: an invented, labelled corpus against the rules."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import config
from tasks.screening import REPLACEMENTS, Screened, screen

DATA = Path(__file__).parent / "data" / "screening"
# The rules were mended by `corpus` and by the misses of `unseen`; `later` was written before those were mended, and
# nothing was mended by it.
PARTS = ("corpus", "unseen", "later")


def rows(part: str) -> list[dict[str, Any]]:
    """Return the labelled sentences of a part."""
    return [json.loads(line) for line in (DATA / f"{part}.ndjson").read_text(encoding="utf-8").splitlines() if line]


def place_names() -> tuple[str, ...]:
    """Return the shipped municipality's places, which are nobody's name."""
    municipality = config.load().municipalities["strangnas"]
    return tuple(n for p in municipality.places for n in (p.name, *p.aliases))


def measure(*, quiet: bool = False) -> dict[str, float]:
    """Return the figures of all parts, those of all but the first with its name before them."""
    measured = {part: measure_part(part, quiet=quiet) for part in PARTS}
    named = {f"{part}_{name}": value for part in PARTS[1:] for name, value in measured[part].items()}
    return {**measured[PARTS[0]], **named}


def measure_part(part: str, *, quiet: bool = False) -> dict[str, float]:
    """Print how one part went per kind, and return its precision, recall and how often the severity is right.

    A stretch is found when one of the same kind covers it whole; what is masked beside the labels is too much.
    """
    places, found, wanted, right = place_names(), Counter[str](), Counter[str](), Counter[str]()
    severity = Counter[str]()
    corpus = rows(part)
    for row in corpus:
        result = screen(row["text"], places)
        hits = _hits(row, result)
        wanted.update(f["kind"] for f in row["findings"])
        right.update(hits)
        found.update(f.kind for f in result.findings)
        severity["right" if result.severity == row["severity"] else "wrong"] += 1
        severity["leaked"] += row["severity"] == "quarantine" and result.severity != "quarantine"
        severity["stopped"] += row["severity"] != "quarantine" and result.severity == "quarantine"
        if not quiet and (result.severity != row["severity"] or len(hits) != len(row["findings"]) != 0):
            print(f"  {row['severity']} → {result.severity}: {result.masked}")
    clean = sum(r["severity"] == "clean" for r in corpus)
    print(f"{part}: {len(corpus)} meningar, {clean} utan personuppgifter")
    for kind in REPLACEMENTS:
        print(f"  {kind:<16} funna {found[kind]:>3}  märkta {wanted[kind]:>3}  rätt {right[kind]:>3}")
    return {
        "sentences": len(corpus),
        "clean": clean,
        "precision": round(right.total() / (found.total() or 1), 4),
        "recall": round(right.total() / wanted.total(), 4),
        "severity_accuracy": round(severity["right"] / len(corpus), 4),
        "quarantine_missed": severity["leaked"],
        "quarantine_too_much": severity["stopped"],
    }


def _hits(row: dict[str, Any], result: Screened) -> list[str]:
    """Return the kinds of the labelled stretches that are covered."""
    hits = []
    for label in row["findings"]:
        start = row["text"].index(label["words"])
        end = start + len(label["words"])
        if any(f.kind == label["kind"] and f.start <= start and end <= f.end for f in result.findings):
            hits.append(label["kind"])
    return hits
