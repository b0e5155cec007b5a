"""Whole promise years of other towns, end to end, held against what the parties published themselves.

Each year goes the product's own way: records → readings → activities → outcomes, as known on the day when the parties
published. Nobody's own reports exist for these years, so the product must say "minst N" or "uppgift saknas" where the
news it found does not carry a figure. The number since the year's start and the status are compared. As a control the
same is done once more as if both parties had reported in the form what they published.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import config
from config.schema import Commitment, Municipality, Place, Promise, Source
from tasks import evidence, progress
from tasks.matching import Matches, match
from tasks.model import Activity, Coverage, Dated, Outcome, Record
from tasks.periods import periods
from tests.evaluate import published_at, record_of
from tests.following import shipped

PROMISES = Path(__file__).parent / "data" / "replay"
NEWS = Source(id="labelled", kind="rss", name="Nyheter från kommun, polis och tidningar", url="file:records")
REPORTS = Source(id="parternas-rapporter", kind="report", name="Parternas rapporter", url="form:", keeps="all")
# What each published outcome may be called by us; where nothing was decided there is nothing to compare.
_AGREES = {"met": {"uppfyllt"}, "partly": {"delvis", "på väg"}, "not_met": {"ej uppfyllt"}}
# What claims nothing.
_OPEN = {"uppgift saknas", "kan inte redovisas"}
_HELD = {"state": "held", "police_took_part": True, "municipality_took_part": True}
EQUAL, SHOWN, OPEN, WRONG = "lika", "motsägelse visas", "kan inte bekräftas", "fel"


@dataclass(frozen=True)
class Year:
    """One promise year as the product sees it on the day when the parties published."""

    promise: Promise
    found: Matches
    outcomes: Mapping[str, Outcome]


def replay(folder: Path) -> dict[str, Any]:
    """Print each year's figures and statuses beside the published ones and return how many agree, and how."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("figures", "statuses", "reported", "pages", "sure")}
    for case in sorted(p for p in folder.iterdir() if (p / "truth.json").exists()):
        _case(case, counts)
    said = {name: dict(sorted(count.items())) for name, count in counts.items()}
    print("\nsom om parterna själva hade rapporterat det de publicerade: ", said["reported"])
    print("uppföljningarnas egna meningar, lästa som en post var: ", said["pages"])
    print("säkra läsningar av enskilda poster mot märkningen: ", said["sure"])
    wrong = {"wrong_figures": counts["figures"][WRONG], "wrong_statuses": counts["statuses"][WRONG]}
    return {**said, **wrong}


def _case(case: Path, counts: Mapping[str, Counter[str]]) -> None:
    truth = json.loads((case / "truth.json").read_text(encoding="utf-8"))
    promise, municipality = promise_of(case.name, str(truth["municipality"]))
    moment = published_at(str(truth["truth_published"]))
    records = records_of(case / "records.ndjson", moment)
    year = run(promise, municipality, records, moment)
    control = run(promise, municipality, reports_of(promise, truth), moment, reporting=True)
    print(f"\n{case.name}: {len(records)} poster, {len(year.found.readings)} läsningar, ", end="")
    print(f"{len(year.found.activities)} aktiviteter, känt {moment:%Y-%m-%d}")
    head = f"{'löfte':<20} {'mål':>4} {'vi':>9} {'de':>5}  {'siffran':<19} {'vår status':<15} {'deras':<11}"
    print(f"  {head} statusen")
    for published in truth["commitments"]:
        commitment = next(c for c in promise.commitments if c.heading == published["key"])
        figure, status = _row(commitment, published, year)
        counts["figures"][figure] += 1
        counts["statuses"][status] += 1
        counts["reported"].update(_as_reported(control.outcomes[commitment.id], published))
        counts["pages"][_reread(commitment, published, truth, promise, municipality)] += 1
    counts["sure"].update(_sure(year, truth["record_labels"]))


def promise_of(case: str, name: str, folder: Path = PROMISES) -> tuple[Promise, Municipality]:
    """Return the year's promise, from the TOML beside the tests, and its municipality with the places it names."""
    data = tomllib.loads((folder / f"{case}.toml").read_text(encoding="utf-8"))
    places = tuple(Place(name=p) for p in data.pop("places"))
    model = config.load().municipalities["strangnas"]
    update = {
        "slug": data["municipality"],
        "name": f"{name} kommun",
        "short": name,
        "places": places,
        "sources": (NEWS, REPORTS),
    }
    return Promise.model_validate(data), model.model_copy(update=update)


def records_of(path: Path, moment: datetime) -> list[Record]:
    """Return the year's records that had been published by then, or whose day is not known."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    records = [record_of(json.loads(line)) for line in lines if line.strip()]
    return [r for r in records if r.published_at is None or r.published_at <= moment]


def reports_of(promise: Promise, truth: Mapping[str, Any]) -> list[Record]:
    """Return what the parties published as reports in the form, one a commitment with a number, on the last day."""
    numbers = {str(row["key"]): row["result_count"] for row in truth["commitments"]}
    day = Dated.day(promise.ends)
    return [
        Record(REPORTS.id, c.id, c.heading, when=day, fields={**_HELD, "commitment": c.id, "count": numbers[c.heading]})
        for c in promise.commitments
        if numbers.get(c.heading)
    ]


def run(
    promise: Promise,
    municipality: Municipality,
    records: Sequence[Record],
    moment: datetime,
    *,
    reporting: bool = False,
) -> Year:
    """Return the year as the product sees it: the news were heard, the parties' own reports only when `reporting`."""
    found = match(promise, municipality, records, ())
    every = periods(promise)
    outcomes = progress.outcomes(
        promise,
        every[-1],
        every,
        found.activities,
        found.nil_reports,
        {s.id: Coverage(s.id, s.name, moment) for s in (NEWS, REPORTS)[: 1 + reporting]},
        (),
        found.questions_per_commitment(),
        moment.date(),
        shipped().templates,
    )
    return Year(promise, found, {o.commitment: o for o in outcomes})


def _row(commitment: Commitment, published: Mapping[str, Any], year: Year) -> tuple[str, str]:
    """Print one commitment and return how its figure and its status compare."""
    outcome = year.outcomes[commitment.id]
    own = [a for a in year.found.activities if a.commitment == commitment.id]
    figure = figure_of(outcome, published["result_count"], _totals(own, year.promise))
    status = status_of(outcome, str(published["outcome"]))
    said = "–" if published["result_count"] is None else published["result_count"]
    target = commitment.target or "–"
    print(
        f"  {commitment.heading:<20} {target!s:>4} {_shown(outcome):>9} {said!s:>5}  {figure:<19} {outcome.status:<15}"
        f" {published['outcome']:<11} {status}"
    )
    for activity in own:
        when = f"{activity.when.start}–{activity.when.end}" if activity.when else "utan dag"
        print(
            f"      {activity.state} {activity.band} {activity.count}, {when}, {activity.place}: {activity.reasons[0]}"
        )
    if outcome.questions:
        print(f"      {outcome.questions} frågor väntar på en människa")
    return figure, status


def figure_of(outcome: Outcome, published: int | None, totals: Sequence[int]) -> str:
    """Return how our figure compares: a number that claims more than the parties did, unsaid, is wrong."""
    ours = outcome.held_total
    disputed = any(total != (published if published is not None else ours) for total in totals)
    if ours is not None and published is not None:
        if ours == published:
            return EQUAL
        if ours > published or not outcome.total_is_floor:
            return SHOWN if disputed else WRONG
    return SHOWN if disputed else OPEN


def status_of(outcome: Outcome, published: str) -> str:
    """Return how our status compares with the published outcome."""
    if outcome.status in _OPEN or published not in _AGREES:
        return OPEN
    return EQUAL if outcome.status in _AGREES[published] else WRONG


def _as_reported(outcome: Outcome, published: Mapping[str, Any]) -> Iterator[str]:
    """Yield how figure and status compare where the parties reported a number themselves."""
    if published["result_count"]:
        yield f"siffran {figure_of(outcome, published['result_count'], ())}"
        yield f"statusen {status_of(outcome, str(published['outcome']))}"


def _totals(own: Sequence[Activity], promise: Promise) -> list[int]:
    """Return the numbers that summaries of the whole year give; one that speaks of a part of it disputes nothing."""
    notes = [a for a in own if a.state == "background" and a.count]
    return [a.count for a in notes if a.when and a.when.start <= promise.signed and a.when.end >= promise.ends]


def _shown(outcome: Outcome) -> str:
    if outcome.held_total is None:
        return "–"
    return f"minst {outcome.held_total}" if outcome.total_is_floor else str(outcome.held_total)


def _sure(year: Year, labels: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield for each reading that is sure to be held whether the record's label says so too."""
    truth = {str(row["id"]): row["labels"] for row in labels}
    # Other promises than the seven kinds that the labels know can't be held against them.
    labelled = {c for row in truth.values() for c in row["commitments"]}
    for r in year.found.judged:
        if (r.state, r.band) == ("held", "sure") and r.commitment in labelled:
            label = truth[r.record_id.split("/", 1)[1]]
            yield "rätt" if label["evidence"] == "held" and r.commitment in label["commitments"] else WRONG


def _reread(
    commitment: Commitment,
    published: Mapping[str, Any],
    truth: Mapping[str, Any],
    promise: Promise,
    municipality: Municipality,
) -> str:
    """Return how the sentence by which the parties told the outcome is read, as a page of its own."""
    title = f"Uppföljning av medborgarlöftet {truth['year']} i {truth['municipality']}"
    moment = published_at(str(truth["truth_published"]))
    record = Record("labelled", "uppföljning", title, f"{published['statement_own_words']}.", published_at=moment)
    found = [r for r in evidence.read([record], promise, municipality) if r.commitment == commitment.id]
    held = [r for r in found if r.state == "held"]
    if not held:
        return "inte lästa som hållet"
    if published["result_count"] is None or held[0].count is None:
        return "utan antal"
    return "rätt antal" if held[0].count == published["result_count"] else "fel antal"
