"""Whether protected counts stay protected: an attacker with everything ever published, over invented years.

The attacker reads the published data files, takes what is missing there for zero, knows that counts are whole and not
negative, and is told for each period between which editions its count stood still. Integer programming (HiGHS) then
tries to show that a count which was small when an edition was made can't have reached the threshold: the period's
count, the part of it that reached over the period's first day, and each district's part.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from scipy.optimize import LinearConstraint, milp

from tasks.model import Output
from tasks.pages.article import passages
from tests.disclosure_years import DISTRICTS, Closing, Count, History, random_history, year
from tests.following import municipality

MONTHS = "januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december"
DAY = re.compile(rf"\b\d{{1,2}}(–\d{{1,2}})?( ({MONTHS}))(–\d{{1,2}} ({MONTHS}))?|\b20\d\d\b[\dTZ:+.-]*")
NUMBER = re.compile(r"(?<![\w.-])\d+(?![\w.-]*\w)")
# So many attacked years take about a minute.
_TELL_AFTER = 100
# A variable: period, the first closing (oldest knowledge first) since which its count stood still, which part.
Variable = tuple[str, int, str]


@dataclass(frozen=True)
class Told:
    """What an edition's public data file says of the series; None: not shown."""

    held: int | None
    held_total: int | None


def told(closing: Closing) -> Told:
    """Return what the published bytes tell, from any site's data file; without bytes, what the figures tell.

    "Uppgift saknas" tells that nothing is known, which is as good as zero to an attacker.
    """
    found = closing.followup.outcomes[0]
    bodies = [o.body for o in closing.outputs if o.name.endswith("summary.json")]
    data = json.loads(bodies[0])["commitments"][0] if bodies else {
        "held": found.held, "held_total": found.held_total, "hidden": found.hidden, "status": found.status,
    }  # fmt: skip
    assert all(json.loads(b)["commitments"][0] == data for b in bodies)
    hidden = {"held", "held_total"} if data["status"] == "kan inte redovisas" and not data["hidden"] else data["hidden"]
    return Told(*(None if key in hidden else (0 if data[key] is None else data[key]) for key in ("held", "held_total")))


class Attack:
    """Everything ever published of a history, as equations over what was known at each edition's making."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.closings = sorted(history.closings, key=lambda c: c.followup.as_of)
        self.still = self._stood_still()
        self.equations: list[tuple[set[Variable], int]] = []
        for number, closing in enumerate(self.closings):
            said, key = told(closing), closing.followup.period
            if said.held is not None:
                self.equations.append((self._parts(key, number, "own"), said.held))
            if said.held_total is not None:
                upto = [p.id for p in history.every if p.id <= key]
                self.equations.append((set().union(*(self._parts(p, number) for p in upto)), said.held_total))

    def broken(self) -> list[tuple[str, str, int]]:
        """Return each small count that can't have reached the threshold: period, part, value."""
        found = set()
        for number, closing in enumerate(self.closings):
            for key, count in closing.truth.items():
                for part, value in self._small(key, number, count):
                    if not self.may_reach(self._parts(key, number, part), self.history.threshold):
                        found.add((key, part or "all", value))
        return sorted(found)

    def hidden(self) -> int:
        """Return how many small counts there are to attack."""
        return len({
            (key, self.still[key, number], part)
            for number, closing in enumerate(self.closings)
            for key, count in closing.truth.items()
            for part, _ in self._small(key, number, count)
        })  # fmt: skip

    def may_reach(self, variables: Iterable[Variable], least: int) -> bool:
        """Return whether, for all that was published, the sum of the variables may be at least so much."""
        wanted = set(variables)
        known, equations = set(wanted), []
        # Only what hangs together with the question matters.
        while more := [e for e in self.equations if e not in equations and e[0] & known]:
            equations += more
            known |= set().union(*(e[0] for e in more))
        order = sorted(known)
        rows = [[float(v in e[0]) for v in order] for e in equations] + [[float(v in wanted) for v in order]]
        low = [float(e[1]) for e in equations] + [float(least)]
        high = [float(e[1]) for e in equations] + [np.inf]
        result = milp(np.zeros(len(order)), constraints=LinearConstraint(rows, low, high), integrality=1)
        assert result.status in (0, 2), result.message
        return bool(result.status == 0)

    def _small(self, key: str, number: int, count: Count) -> list[tuple[str, int]]:
        """Return the parts of a period's count that are small and known: all of it ("") and what reached over.

        A district's part can be all of the period's own number, so it reaches whatever that may reach.
        """
        if not count.known:
            return []
        parts = [("", count.whole), ("over", count.over)]
        if told_alone(self.closings, key, number) is None:
            parts.append(("own", count.own))
        return [(part, n) for part, n in parts if n < self.history.threshold and (n or not part)]

    def _parts(self, key: str, number: int, part: str = "") -> set[Variable]:
        since = self.still[key, number]
        own = {(key, since, district) for district in DISTRICTS}
        return {"own": own, "over": {(key, since, "over")}, "": own | {(key, since, "over")}}[part]

    def _stood_still(self) -> Mapping[tuple[str, int], int]:
        """Return for each period and closing the first closing since which its count was the same."""
        since: dict[tuple[str, int], int] = {}
        for period in (p.id for p in self.history.every):
            for number, closing in enumerate(self.closings):
                same = number and closing.truth.get(period) == self.closings[number - 1].truth.get(period)
                since[period, number] = since[period, number - 1] if same else number
        return since


def told_alone(closings: Sequence[Closing], key: str, number: int) -> int | None:
    """Return the number that an edition tells of its own period; None for another period's edition."""
    return told(closings[number]).held if closings[number].followup.period == key else None


def strange_numbers(history: History, closing: Closing) -> set[str]:
    """Return the numbers in an edition's outputs that no figure of it has, nor of the editions that it corrects.

    Days, years and the names of files and periods are taken away first; a manifest only tells sizes and hashes.
    """
    same = [c for c in history.closings if c.followup.period == closing.followup.period]
    # The promise's last page tells the earlier periods again, as they stood in the open when it was made.
    earlier = history.closings[: history.closings.index(closing)]
    again = {c.followup.period: c.followup for c in earlier if c.followup.period < closing.followup.period}
    figures = [f for c in same[: closing.edition] for f in c.followup.figures]
    figures += [f for told in again.values() for f in told.figures if f.token.endswith(".held")]
    outcome, known = closing.followup.outcomes[0], {str(closing.edition), municipality().code}
    known |= {n for f in figures for n in NUMBER.findall(DAY.sub(" ", f"{f.text} {f.value}"))}
    # The data file tells each shown number's part of the total.
    known |= {str((outcome.held_total or 0) - (outcome.held or 0))}
    said = " ".join(c.text for c in history.promise.commitments)
    found = set()
    for output in closing.outputs:
        if output.media_type != "image/png" and not output.name.endswith("manifest.json"):
            words = _words(output).replace(said, " ")
            found |= set(NUMBER.findall(DAY.sub(" ", words)))
    return found - known


def _words(output: Output) -> str:
    body = output.body.decode()
    if output.media_type.startswith("text/html"):
        return " ".join(passages(body))
    if output.media_type == "image/svg+xml":
        return re.sub("<style>.*?</style>|<[^<>]*>", " ", body, flags=re.DOTALL)
    return body


def attack(seeds: Iterable[int], *, render: bool) -> dict[str, int]:
    """Attack one random history for each seed and return how it went."""
    found: Counter[str] = Counter()
    for number, seed in enumerate(seeds):
        if number and not number % _TELL_AFTER:
            print(f"  {number} år angripna", flush=True)
        history = random_history(seed, render=render)
        against = Attack(history)
        broken = against.broken()
        if broken:
            print(f"  {seed}: {broken}")
        said = [told(c) for c in history.closings]
        found.update(
            histories=1,
            broken=bool(broken),
            strange_numbers=sum(bool(strange_numbers(history, c)) for c in history.closings),
            editions=len(history.closings),
            corrections=sum(c.edition > 1 for c in history.closings),
            outputs=sum(len(c.outputs) for c in history.closings),
            small_counts=against.hidden(),
            numbers_told=sum((t.held is not None) + (t.held_total is not None) for t in said),
            numbers_hidden=sum((t.held is None) + (t.held_total is None) for t in said),
        )
    return dict(found)


def reads_the_rule(most: int, threshold: int) -> tuple[int, int]:
    """Return (small counts, those of which more is known than that they are small) to one who knows the rule.

    Every year of three periods with counts up to `most` (or nothing reported) is told on time; years that look the
    same in public are one to the attacker. A count that must be small shall still be any number below the threshold.
    """
    alike: dict[tuple[Told, ...], list[tuple[int | None, ...]]] = {}
    for counts in product((None, *range(most + 1)), repeat=3):
        alike.setdefault(tuple(told(c) for c in year(counts, threshold).closings), []).append(counts)
    hidden = leaked = 0
    for said, years in alike.items():
        if max((t.held_total or 0) for t in said) > most:
            continue  # years that look like these have counts that were not tried
        for values in map(set, zip(*years, strict=True)):
            small = {v for v in values if v is not None and v < threshold}
            hidden += len(small)
            if small and not any(v is not None and v >= threshold for v in values):
                leaked += len(small) if small != set(range(threshold)) else 0
    return hidden, leaked


def beyond_optimum(histories: Iterable[Sequence[int]], threshold: int = 5) -> dict[str, float]:
    """Return how many numbers are hidden beyond the fewest possible, in years of one to three periods."""
    cells = ours = fewest = 0
    for counts in histories:
        said = [told(c) for c in year(counts, threshold).closings]
        cells += 2 * len(counts)
        ours += sum((t.held is None) + (t.held_total is None) for t in said)
        fewest += optimum(counts, threshold)
    return {"cells": cells, "hidden": ours, "hidden_at_least": fewest, "share_beyond": (ours - fewest) / cells}


def optimum(counts: Sequence[int], threshold: int) -> int:
    """Return the fewest numbers that must be hidden, by trying all choices against all years with the whole in sight.

    Numbers are each period's own and each running total; a number below the threshold must be hidden and must, for
    all that is shown, be able to reach it.
    """
    size = len(counts)
    axes = np.meshgrid(*[np.arange(sum(counts) + threshold + 1)] * size, indexing="ij")
    own = [a.ravel() for a in axes]
    worlds = [*own, *(sum(own[: n + 1]) for n in range(size))]
    truth = [*counts, *(sum(counts[: n + 1]) for n in range(size))]
    small = [i for i, n in enumerate(truth) if n < threshold]
    for hidden in range(len(small), 2 * size + 1):
        for extra in combinations([i for i in range(2 * size) if i not in small], hidden - len(small)):
            shown = [i for i in range(2 * size) if i not in small and i not in extra]
            fits = np.all([worlds[i] == truth[i] for i in shown], axis=0) if shown else np.ones(len(own[0]), bool)
            if all((worlds[i][fits] >= threshold).any() for i in small):
                return hidden
    raise AssertionError("hiding everything is always safe")


def measure(histories: int = 1000) -> dict[str, object]:
    """Attack so many rendered histories, and say what hiding costs."""
    began = time.perf_counter()
    result = attack(range(histories), render=True)
    print(f"angripna år: {result}")
    hidden, leaked = reads_the_rule(12, 5)
    print(f"den som känner regeln: av {hidden} små antal röjs {leaked}")
    rng = np.random.default_rng(7)
    years = [rng.poisson(rng.choice([2, 5, 9]), size=rng.integers(1, 4)).tolist() for _ in range(300)]
    cost = beyond_optimum(years)
    print(f"dolda tal utöver det minsta möjliga (facit i hand): {cost}")
    return {
        **result,
        "rule_small_counts": hidden,
        "rule_leaked": leaked,
        **{f"optimum_{key}": round(value, 4) for key, value in cost.items()},
        "seconds": round(time.perf_counter() - began, 1),
    }
