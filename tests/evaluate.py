"""How well records are read, linked and polled, and protected numbers kept, in numbers.

`python -m tests.evaluate ITEMS.ndjson`, or `--linkage`, `--replay DIR`, `--polls DIR`, `--screening`, `--disclosure`,
`--language`.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import config
from tasks import evidence
from tasks.model import Dated, Reading, Record

# A label's state is what the reading's state amounts to for the labeller.
_AS_LABEL = {"promise_text": "background", "moved": "cancelled", "nil_report": "none"}


@dataclass(frozen=True)
class Item:
    """One labelled text with what the rules say of it."""

    raw: Mapping[str, Any]
    readings: tuple[Reading, ...]

    @property
    def name(self) -> str:
        """The item's id."""
        return str(self.raw["id"])

    @property
    def wanted(self) -> frozenset[str]:
        """The labelled commitments."""
        return frozenset(self.raw["labels"]["commitments"])

    @property
    def state(self) -> str:
        """The labelled state."""
        return str(self.raw["labels"]["evidence"])

    @property
    def held(self) -> bool:
        """Whether the label says that something was held."""
        return self.state == "held"

    @property
    def said(self) -> frozenset[str]:
        """The commitments that the rules find, with whatever certainty."""
        return frozenset(r.commitment for r in self.readings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one measurement and print its report, the last line one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluate")
    parser.add_argument("items", nargs="?", type=Path, help="labelled items, one JSON object a line")
    parser.add_argument("--linkage", action="store_true", help="two-source task from real police events")
    parser.add_argument("--replay", type=Path, help="a folder of promise years")
    parser.add_argument("--polls", type=Path, help="the folder of recorded police events")
    parser.add_argument("--out", type=Path, help="where --polls writes every lost id (CSV)")
    parser.add_argument("--screening", action="store_true", help="personal data in invented sentences")
    parser.add_argument(
        "--disclosure", type=int, nargs="?", const=1000, metavar="N", help="attack N invented histories (1000)"
    )
    parser.add_argument("--language", action="store_true", help="claims of effect, praise and blame in sentences")
    parser.add_argument("--quiet", action="store_true", help="do not list the wrong ones")
    chosen = parser.parse_args(arguments)
    if chosen.linkage:
        from tests.evaluate_linkage import measure

        print(json.dumps(measure()))
    elif chosen.screening:
        from tests import evaluate_screening

        print(json.dumps(evaluate_screening.measure(quiet=chosen.quiet)))
    elif chosen.language:
        from tests import evaluate_language

        print(json.dumps(evaluate_language.measure(quiet=chosen.quiet)))
    elif chosen.disclosure:
        from tests import evaluate_disclosure

        print(json.dumps(evaluate_disclosure.measure(chosen.disclosure)))
    elif chosen.polls:
        from tests.evaluate_polls import polls

        print(json.dumps(polls(chosen.polls, chosen.out)))
    elif chosen.replay:
        from tests.evaluate_replay import replay

        print(json.dumps(replay(chosen.replay), ensure_ascii=False))
    elif chosen.items:
        print(json.dumps(evaluate(read_items(chosen.items), quiet=chosen.quiet)))
    else:
        parser.error("give ITEMS.ndjson, --linkage, --replay DIR, --polls DIR or --screening")
    return 0


def read_items(path: Path) -> list[Item]:
    """Return the labelled items with the readings of the Strängnäs 2021 promise, without place and period filter."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    promise = config.load().promises["strangnas-2021"]
    records = [record_of(row) for row in rows]
    found: dict[str, list[Reading]] = {}
    for reading in evidence.read(records, promise, None, period_filter=False):
        found.setdefault(reading.record_id, []).append(reading)
    return [Item(row, tuple(found.get(record.id, ()))) for row, record in zip(rows, records, strict=True)]


def record_of(row: Mapping[str, Any]) -> Record:
    """Return a labelled row as the record a source would give; a day only partly known is said to be so."""
    published, precision = _published(row.get("published"), bool(row.get("published_inferred")))
    text = row.get("text") or row.get("text_own_words") or ""
    publisher = str(row.get("publisher") or "")
    return Record(
        source="labelled",
        external_id=str(row["id"]),
        title=str(row.get("title") or ""),
        text=str(text),
        url=str(row.get("url") or ""),
        published_at=published,
        party="police" if publisher == "Polisen" else None,
        fields={} if precision == "day" else {"published_precision": precision},
    )


def published_at(value: str) -> datetime:
    """Return when something was published; the last day of a month or year of which no more is known."""
    found, _ = _published(value, False)
    if found is None:
        raise ValueError(value)
    return found


def _published(value: str | None, inferred: bool) -> tuple[datetime | None, str]:
    if not value:
        return None, "day"
    parts = [int(p) for p in re.findall(r"\d+", value)]
    if len(parts) >= 3:
        return datetime.combine(date(*parts[:3]), time(11), UTC), "day"
    if len(parts) == 2:
        # The month's last day: nothing in it lies after.
        following = date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1)
        return datetime.combine(following - timedelta(days=1), time(11), UTC), "month"
    return datetime(parts[0], 12, 31, 11, tzinfo=UTC), "year"


def evaluate(items: Sequence[Item], *, quiet: bool = False) -> dict[str, float]:
    """Print how the readings compare with the labels and return the figures."""
    certain = [i for i in items if not i.raw.get("unsure")]
    doubtful = [i for i in items if i.raw.get("unsure")]
    figures = _figures(certain)
    print(f"{len(items)} texter, {len(certain)} säkert märkta och {len(doubtful)} osäkert märkta")
    for name, (good, of) in figures.items():
        print(f"  {name:<16} {_share(good, of):.3f}  {good:g} av {of:g}  {_interval(good, of)}")
    right, told, over = counted(certain)
    print(f"  antal, av säkra läsningar vars märkning har ett: {right} av {told} lika, {len(over)} för många {over}")
    _by_commitment(certain)
    _by_state(certain)
    if not quiet:
        _wrong(certain)
    if doubtful:
        print("Osäkert märkta, utanför siffrorna:")
        for name, (good, of) in _figures(doubtful).items():
            print(f"  {name:<16} {_share(good, of):.3f}  {good:g} av {of:g}")
    return {"items": len(certain), **{name: round(_share(*pair), 4) for name, pair in figures.items()}}


def _figures(items: Sequence[Item]) -> dict[str, tuple[float, float]]:
    auto = [(i, r) for i in items for r in i.readings if r.state == "held" and r.band == "sure"]
    right = [(i, r) for i, r in auto if i.held and r.commitment in i.wanted]
    truth = [(i, c) for i in items if i.held for c in i.wanted]
    sure = {(i.name, r.commitment) for i, r in right}
    asked = {(i.name, r.commitment) for i in items for r in i.readings if r.band == "unsure"}
    hits = sum(len(i.said & i.wanted) for i in items)
    found = sum(len(i.said) for i in items)
    wanted = sum(len(i.wanted) for i in items)
    on_topic = [i for i in items if i.wanted and i.said & i.wanted]
    dated = [i for i in on_topic if _labels(i)]
    return {
        "auto_precision": (len(right), len(auto)),
        "auto_recall": (len(sure), len(truth)),
        "covered_recall": (sum((i.name, c) in sure | asked for i, c in truth), len(truth)),
        "asked_share": (sum(any(r.band == "unsure" for r in i.readings) for i in items), len(items)),
        "topic_f1": (2 * hits, found + wanted),
        "state_accuracy": (sum(_state_right(i) for i in on_topic), len(on_topic)),
        "date_accuracy": (sum(_dates_right(i) for i in dated), len(dated)),
    }


def _state_right(item: Item) -> bool:
    states = {_AS_LABEL.get(r.state, r.state) for r in item.readings if r.commitment in item.wanted}
    return states == {item.state}


def counted(items: Sequence[Item]) -> tuple[int, int, list[str]]:
    """Return how many sure readings have the label's number, of how many, and which say more than it."""
    pairs = [
        (item.name, r.count, wanted)
        for item in items
        for r in item.readings
        if (r.state, r.band) == ("held", "sure") and (wanted := _count_label(item, r.commitment)) is not None
    ]
    over = [name for name, said, wanted in pairs if (said or 1) > wanted]
    return sum(said == wanted for _, said, wanted in pairs), len(pairs), over


def _count_label(item: Item, commitment: str) -> int | None:
    """Return the number that the label gives the commitment, where it is clear which it is of."""
    labels = item.raw["labels"]
    own = [a.get("count") for a in labels.get("activities", ()) if a.get("commitment") == commitment]
    if own:
        return own[0] if len(own) == 1 else None
    return labels.get("count") if len(item.wanted) == 1 else None


def _labels(item: Item) -> list[str]:
    return [str(d) for d in item.raw["labels"].get("activity_dates", [])]


def _dates_right(item: Item) -> bool:
    """Tell whether the readings hold the labelled dates, at the label's precision; a range counts by its ends."""
    labels = sorted(_labels(item))
    said = {w for r in item.readings if r.commitment in item.wanted for d in r.dates for w in _written(d)}
    return all(any(_agrees(label, w) for w in said) for label in labels)


def _agrees(label: str, written: str) -> bool:
    return written == label or (len(label) == 5 and written.endswith("-" + label))


def _written(when: Dated) -> list[str]:
    if when.precision == "week":
        year, week, _ = when.start.isocalendar()
        return [f"{year}-W{week:02}"]
    if when.precision == "month":
        return [f"{when.start:%Y-%m}"]
    if when.precision == "year":
        return [f"{when.start:%Y}"]
    if when.precision == "period":
        whole = when.start.day == 1 and (when.end + timedelta(days=1)).day == 1
        ends = [f"{d:%Y-%m}" if whole else d.isoformat() for d in (when.start, when.end)]
        return [*ends, *({f"{when.start:%Y}"} & {f"{when.end:%Y}"})]
    return [when.start.isoformat()]


def _by_commitment(items: Iterable[Item]) -> None:
    rows = list(items)
    print("per löfte: rätt ämne / märkta / funna · säkra rätt / säkra / genomförda · frågor")
    for key in sorted({c for i in rows for c in i.wanted | i.said}):
        topic = sum(key in i.wanted & i.said for i in rows)
        auto = [i for i in rows for r in i.readings if (r.commitment, r.state, r.band) == (key, "held", "sure")]
        right = sum(i.held and key in i.wanted for i in auto)
        asked = sum(r.commitment == key and r.band == "unsure" for i in rows for r in i.readings)
        held = sum(i.held and key in i.wanted for i in rows)
        counts = f"{topic:>3} / {sum(key in i.wanted for i in rows):>3} / {sum(key in i.said for i in rows):>3}"
        print(f"  {key}  {counts}  ·  {right:>3} / {len(auto):>3} / {held:>3}  ·  {asked:>3}")


def _by_state(items: Iterable[Item]) -> None:
    table: Counter[tuple[str, str]] = Counter()
    for item in items:
        for reading in item.readings or (None,):
            said = "none" if reading is None else _AS_LABEL.get(reading.state, reading.state)
            table[item.state, said + ("?" if reading and reading.band == "unsure" else "")] += 1
    print("tillstånd, märkt → läst (? = fråga):")
    for (label, said), number in sorted(table.items()):
        print(f"  {label:<10} → {said:<12} {number}")


def _wrong(items: Iterable[Item]) -> None:
    print("fel:")
    for item in items:
        faults = [*_faults(item)]
        if faults:
            title = str(item.raw.get("title"))[:60]
            print(f"  {item.name} [{','.join(sorted(item.wanted)) or '-'} {item.state}] {title}: {'; '.join(faults)}")


def _faults(item: Item) -> Iterable[str]:
    for key in sorted(item.wanted - item.said):
        yield f"{key} saknas"
    for reading in item.readings:
        said = f"{reading.commitment} {_AS_LABEL.get(reading.state, reading.state)} {reading.band}"
        if reading.commitment not in item.wanted:
            yield f"{said} för mycket ({reading.reasons[0]})"
        elif _AS_LABEL.get(reading.state, reading.state) != item.state:
            yield f"{said} ({reading.reasons[0]})"
    if item.wanted & item.said and _labels(item) and not _dates_right(item):
        dates = [w for r in item.readings for d in r.dates for w in _written(d)]
        yield f"datum {dates} i stället för {_labels(item)}"


def _share(good: float, of: float) -> float:
    return good / of if of else 0.0


def _interval(good: float, of: float) -> str:
    """Return the 95 % Wilson interval of a share."""
    if not of:
        return "–"
    z, p = 1.96, good / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"[{max(0.0, middle - half):.3f}, {min(1.0, middle + half):.3f}]"


if __name__ == "__main__":
    sys.exit(main())
