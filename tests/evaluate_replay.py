"""Whole promise years of other towns, end to end, held against what the parties published themselves."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import config
from config.schema import Commitment, Municipality, Place, Promise, Source
from tasks import evidence, linkage
from tasks.model import Activity, Reading, Record
from tests.evaluate import record_of

PROMISES = Path(__file__).parent / "data" / "replay"


def replay(folder: Path) -> dict[str, int]:
    """Print each year's figures beside the published ones and return how many of each outcome there were."""
    outcomes: Counter[str] = Counter()
    for case in sorted(p for p in folder.iterdir() if (p / "truth.json").exists()):
        truth = json.loads((case / "truth.json").read_text(encoding="utf-8"))
        promise, municipality = promise_of(case.name, str(truth["municipality"]))
        records = records_of(case / "records.ndjson", municipality)
        readings = evidence.read(records, promise, municipality)
        pairs = linkage.score(records, readings)
        found = linkage.activities(promise, {r.id: r for r in records}, readings, pairs, [])
        print(f"{case.name}: {len(records)} poster, {len(readings)} läsningar, {len(found)} aktiviteter")
        for published in truth["commitments"]:
            commitment = next((c for c in promise.commitments if c.heading == published["key"]), None)
            if commitment:
                outcomes[_compare(commitment, published, found, readings)] += 1
    return dict(sorted(outcomes.items()))


def promise_of(case: str, name: str) -> tuple[Promise, Municipality]:
    """Return the year's promise, from the TOML beside the tests, and its municipality with the places it names."""
    data = tomllib.loads((PROMISES / f"{case}.toml").read_text(encoding="utf-8"))
    places = tuple(Place(name=p) for p in data.pop("places"))
    model = config.load().municipalities["strangnas"]
    news = Source(id="labelled", kind="rss", name="Nyheter från kommun, polis och tidningar", url="file:records")
    update = {
        "slug": data["municipality"],
        "name": f"{name} kommun",
        "short": name,
        "places": places,
        "sources": (news,),
    }
    return Promise.model_validate(data), model.model_copy(update=update)


def records_of(path: Path, municipality: Municipality) -> list[Record]:
    """Return the year's records."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [record_of(json.loads(line)) for line in lines if line.strip()]


def _compare(
    commitment: Commitment, published: Mapping[str, Any], found: Sequence[Activity], readings: Sequence[Reading]
) -> str:
    own = [a for a in found if a.commitment == commitment.id]
    held = sum(a.count for a in own if a.state == "held" and a.band == "sure")
    # A question, a total that says otherwise, or nothing at all: the product says that it can't confirm.
    notes = [a.reasons[0] for a in own if a.state == "background"]
    questions = sum(r.band == "unsure" for r in readings if r.commitment == commitment.id)
    said = published["result_count"]
    outcome = _outcome(held, said, notes, questions, commitment)
    print(f"  {commitment.heading}: säkert {held}, frågor {questions}, publicerat {said} → {outcome}")
    for activity in own:
        when = f"{activity.when.start}–{activity.when.end}" if activity.when else "utan dag"
        print(f"    {activity.state} {activity.band} {activity.count} {when} {activity.place}: {activity.reasons[0]}")
    return outcome


def _outcome(held: int, said: int | None, notes: Sequence[str], questions: int, commitment: Commitment) -> str:
    if said is not None and held == said and held:
        return "lika"
    if said is not None and held > said:
        return "fel siffra"
    if notes:
        return "motsägelse visas"
    if commitment.target and held >= commitment.target:
        return "fel siffra"
    # Fewer than published and no claim of being all: evidence is missing, and the product says so.
    return "kan inte bekräftas"
