"""Pairs of records that may tell of the same activity: found by block, scored by day, place and words, banded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz import fuzz, process, utils

from tasks.model import Band, PairScore, Reading, Record

RULES_VERSION = "2026-11-22.1"
# Records whose days lie further apart are never compared: a move says itself which day it moved from.
NEIGHBOURHOOD = 7
# What tells of an occasion; other states have nothing to be the same as.
OCCASIONS = ("held", "planned", "cancelled", "moved")
SURE, UNSURE = 0.85, 0.6
# A record that fits two of another source's about as well is nobody's to join without asking.
MARGIN = 0.03
# Where a source tells of more than this many others by chance in the days in question, day and place prove nothing:
# the words must be alike too. Few places have so many walks; the police feed has whole cities full of accidents.
CHANCE, ALIKE = 0.05, 0.72
COPY = 0.97
# It begins with a digit, so that others are passed over quickly; what stands before and the hours are checked after.
_CLOCK = re.compile(r"\d\d?[.:][0-5]\d(?![\d/-]|\s?(?:kr|procent|%))")
Floats = npt.NDArray[np.float64]


def occasion(reading: Reading) -> bool:
    """Tell whether a reading stands for an occasion of its own: not background, not a total over many."""
    return reading.state in OCCASIONS and reading.band != "no" and not reading.is_total


def score(records: Sequence[Record], readings: Sequence[Reading]) -> list[PairScore]:
    """Return the pairs of records that may tell of the same activity, best first; the clear others are left out."""
    by_id = {r.id: r for r in records}
    rows = [r for r in readings if occasion(r) and r.record_id in by_id]
    if len(rows) < 2:
        return []
    frame = _frame(rows, by_id)
    found = _compare(frame, _block(frame))
    left, right = frame["id"].to_numpy()[found["a"]], frame["id"].to_numpy()[found["b"]]
    percent = (found["words"] * 100).round().astype(int)
    said = (found["day"], found["place"], percent, found["doubt"], found["unrivalled"])
    return [
        PairScore(min(one, two), max(one, two), commitment, round(value, 3), band, _reasons(*why), RULES_VERSION)
        for one, two, commitment, value, band, *why in zip(
            left,
            right,
            frame["commitment"].to_numpy()[found["a"]],
            found["score"].tolist(),
            found["band"],
            *(column.tolist() for column in said),
            strict=True,
        )
    ]


def _frame(rows: Sequence[Reading], by_id: Mapping[str, Record]) -> pd.DataFrame:
    records = [by_id[r.record_id] for r in rows]
    texts = [f"{r.title} {r.text[:400]}" for r in records]
    places = [frozenset(p.casefold() for p in r.places) for r in rows]
    known = {p: i for i, p in enumerate(sorted(set(places), key=sorted))}
    frame = pd.DataFrame(
        {
            "id": [r.record_id for r in rows],
            "source": pd.factorize(np.array([r.source for r in records], dtype=object))[0],
            "commitment": [r.commitment for r in rows],
            "held": [r.state == "held" for r in rows],
            "start": [min((d.start.toordinal() for d in r.dates), default=-1) for r in rows],
            "end": [max((d.end.toordinal() for d in r.dates), default=-1) for r in rows],
            "days": [tuple((d.start.toordinal(), d.end.toordinal()) for d in r.dates) for r in rows],
            "place": [known[p] for p in places],
            "places": places,
            "count": [r.count or 1 for r in rows],
            "form": [bool(r.fields.get("commitment")) for r in records],
            "clock": [_clock(t) for t in texts],
            # In order, so that the order of words is of no account.
            "text": [" ".join(sorted(utils.default_process(t).split())) for t in texts],
        },
        dtype=object,
    ).astype(_PLAIN)
    return frame.assign(crowd=_crowd(frame), vague=frame["end"] - frame["start"] + 1)


_PLAIN = {"held": "bool", "form": "bool"} | dict.fromkeys(
    ("source", "start", "end", "place", "count", "clock"), "int64"
)


def _clock(text: str) -> int:
    """Return the first time of day in minutes, -1 without one."""
    for found in _CLOCK.finditer(text):
        hours = int(found[0][:-3])
        before = text[found.start() - 1 : found.start()]
        if hours < 24 and not before.isdecimal() and before not in ("/", "-"):
            return hours * 60 + int(found[0][-2:])
    return -1


_SAME = ["commitment", "source", "days", "place", "count", "held", "text"]
Rows = npt.NDArray[np.int64]


def _block(frame: pd.DataFrame) -> pd.DataFrame:
    """Return row pairs (a < b) of one commitment whose days and places can agree; copies only meet their first."""
    first = _firsts(frame)
    copies = np.column_stack([first, frame.index.to_numpy()])[first != frame.index.to_numpy()]
    firsts = frame[first == frame.index]
    pieces: list[Rows] = [copies]
    dated = firsts["start"] >= 0
    nowhere = firsts["places"].map(len) == 0
    spots = firsts[~nowhere].assign(spot=firsts["places"].map(list)).explode("spot")
    pieces.append(_near(spots[spots["start"] >= 0]))
    # Without a day only a place can bring two together; without either nothing can, and no score would suffice.
    undated = spots[spots["start"] < 0]
    met = undated.reset_index().merge(spots.reset_index(), on=["commitment", "spot"], suffixes=("_a", "_b"))
    pieces.append(met[["index_a", "index_b"]].to_numpy(dtype=np.int64))
    pieces.append(_around(firsts[dated & nowhere], firsts[dated]))
    found = np.sort(np.concatenate(pieces), axis=1)
    found = found[(found[:, 0] != found[:, 1])]
    return pd.DataFrame(found, columns=["a", "b"]).drop_duplicates(ignore_index=True)


def _firsts(frame: pd.DataFrame) -> Rows:
    """Return for each row the first one that says the same."""
    seen: dict[tuple[Any, ...], int] = {}
    columns = [frame[name].to_numpy() for name in _SAME]
    return np.array([seen.setdefault(key, i) for i, key in enumerate(zip(*columns, strict=True))], dtype=np.int64)


def _around(some: pd.DataFrame, everyone: pd.DataFrame) -> Rows:
    """Return pairs of a record without a place and one of about the same days."""
    codes = {c: i * 10_000_000 for i, c in enumerate(everyone["commitment"].unique())}
    every = (everyone["commitment"].map(codes) + everyone["start"]).to_numpy(dtype=np.int64)
    order = np.argsort(every, kind="stable")
    base = some["commitment"].map(codes).to_numpy(dtype=np.int64)
    first = np.searchsorted(every[order], base + some["start"].to_numpy() - NEIGHBOURHOOD)
    last = np.searchsorted(every[order], base + some["end"].to_numpy() + NEIGHBOURHOOD, side="right")
    return _ranges(some.index.to_numpy(), everyone.index.to_numpy()[order], first, last)


def _ranges(rows: Rows, sorted_rows: Rows, first: Rows, last: Rows) -> Rows:
    """Return each row with all of `sorted_rows[first:last]`."""
    sizes = np.maximum(last - first, 0)
    steps = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    pairs: Rows = np.column_stack([np.repeat(rows, sizes), sorted_rows[np.repeat(first, sizes) + steps]])
    return pairs


def _near(rows: pd.DataFrame) -> Rows:
    """Return pairs of rows at one spot of which the later begins before the earlier is long over."""
    # One number orders by commitment and spot, then by day; spots lie further apart than any days.
    spot = rows.groupby(["commitment", "spot"], sort=False).ngroup().to_numpy() * 10_000_000
    order = np.argsort(spot + rows["start"].to_numpy(), kind="stable")
    index, spot = rows.index.to_numpy()[order], spot[order]
    start, end = spot + rows["start"].to_numpy()[order], spot + rows["end"].to_numpy()[order]
    last = np.searchsorted(start, end + NEIGHBOURHOOD, side="right")
    return _ranges(index, index, np.arange(1, len(index) + 1), last)


def _crowd(frame: pd.DataFrame) -> Floats:
    """Return for each row how many other records a day its source has of that commitment and place."""
    firsts = frame[_firsts(frame) == frame.index]
    groups = firsts.groupby(["commitment", "source", "place"])["start"]
    span = (groups.max() - groups.min() + 1).clip(lower=180)
    rate = ((groups.size() - 1) / span).rename("rate").reset_index()
    return np.asarray(frame.merge(rate, how="left", on=["commitment", "source", "place"])["rate"], dtype=np.float64)


def _compare(frame: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs with score, band and reasons."""
    a, b = pairs["a"].to_numpy(), pairs["b"].to_numpy()
    column = {name: (frame[name].to_numpy()[a], frame[name].to_numpy()[b]) for name in frame.columns}
    place = _each(*column["places"], _places_alike)
    day = _each(*column["days"], _days_alike)
    alive = (place > 0) & (day > 0)
    pairs, place, day = pairs[alive].reset_index(drop=True), place[alive], day[alive]
    column = {name: (one[alive], two[alive]) for name, (one, two) in column.items()}
    words = _likeness(*column["text"], (UNSURE - 0.45 * day - 0.35 * place) / 0.2)
    total = 0.45 * day + 0.35 * place + 0.2 * words
    # Nearly the same words about the same place in the days that the vaguer one leaves open.
    total = np.where(
        (words >= 0.8) & (day >= 0.6) & (place >= 0.5), np.maximum(total, SURE + 0.1 * words * place), total
    )
    # Two forms name the commitment, the day and the place themselves; how they word it says little.
    stated = column["form"][0].astype(bool) & column["form"][1].astype(bool) & (day == 1) & (place == 1)
    total = np.where(stated, np.maximum(total, SURE + 0.1 * words), total)
    doubt = _doubt(column, words, stated)
    unrivalled = _unrivalled(pairs, total, column["source"], column["held"])
    sure = (total >= SURE) & (doubt == "") & unrivalled
    band: list[Band] = ["sure" if s else "unsure" for s in sure]
    result = pairs.assign(score=total, band=band, day=day, place=place, words=words, doubt=doubt, unrivalled=unrivalled)
    result = result[result["score"] >= UNSURE]
    return result.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def _each(one: npt.NDArray[Any], two: npt.NDArray[Any], alike: Callable[[Any, Any], float]) -> Floats:
    """Return `alike` of each pair, computed once for pairs that are the same."""
    values = pd.factorize(np.concatenate([one, two]))
    codes = values[0].astype(np.int64)
    key = codes[: len(one)] * len(values[1]) + codes[len(one) :]
    _, where, back = np.unique(key, return_index=True, return_inverse=True)
    found = np.array([alike(one[i], two[i]) for i in where], dtype=np.float64)
    return found[back] if len(found) else np.zeros(0)


def _places_alike(one: frozenset[str], two: frozenset[str]) -> float:
    """Return 1 for the same places, less for some in common or none named, 0 for different ones."""
    if not one or not two:
        return 0.5
    return 1.0 if one == two else 0.6 if one & two else 0.0


Days = tuple[tuple[int, int], ...]


def _days_alike(one: Days, two: Days) -> float:
    """Return how well two lists of stretches agree: 1 for a shared day, less the vaguer, 0 when they can't be one."""
    if not one or not two:
        return 0.3
    best = 0.0
    for start, end in one:
        for first, last in two:
            shared = min(end, last) - max(start, first)
            if shared >= 0:
                vague = max(end - start, last - first)
                best = max(best, 1.0 if not vague else 0.8 if vague <= 7 else 0.65 if vague <= 31 else 0.5)
            elif shared >= -1:
                best = max(best, 0.4)
            elif shared >= -7:
                best = max(best, 0.25)
    return best


def _likeness(one: npt.NDArray[np.object_], two: npt.NDArray[np.object_], needed: Floats) -> Floats:
    """Return how alike two columns of sorted texts are, 0 to 1, and for a shorter version too.

    A pair is dropped below the likeness `needed`: where that can't be reached, the dearer half is left out.
    """
    if not len(one):
        return np.zeros(0)
    whole = process.cpdist(one, two, scorer=fuzz.ratio, dtype=np.float32)
    part = np.zeros(len(one), dtype=np.float32)
    reachable = whole >= 200 * needed - 100.1
    part[reachable] = process.cpdist(one[reachable], two[reachable], scorer=fuzz.token_set_ratio, dtype=np.float32)
    return np.asarray(whole * 0.5 + part * 0.5, dtype=np.float64) / 100


def _doubt(
    column: Mapping[str, tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]],
    words: Floats,
    stated: npt.NDArray[np.bool_],
) -> npt.NDArray[np.object_]:
    """Return what speaks against joining without asking, "" where nothing does."""
    same_source = column["source"][0] == column["source"][1]
    both_held = column["held"][0] & column["held"][1]
    both_forms = column["form"][0] & column["form"][1]
    clocks = (column["clock"][0] >= 0) & (column["clock"][1] >= 0)
    apart = clocks & (np.abs(column["clock"][0] - column["clock"][1]) > 60)
    counts = column["count"][0] != column["count"][1]
    days = np.maximum(column["vague"][0], column["vague"][1])
    crowded = np.maximum(column["crowd"][0], column["crowd"][1]) * days > CHANCE
    found = np.full(len(same_source), "", dtype=object)
    found[(crowded & (words < ALIKE)).astype(bool) & ~stated] = "mycket händer där och orden är olika"
    found[counts.astype(bool)] = "olika antal"
    found[apart.astype(bool)] = "olika klockslag"
    # Two reports by one teller are two rounds, or one told twice: only a copy is surely the latter.
    copies = (words >= COPY) & ~both_forms.astype(bool)
    found[(same_source & both_held).astype(bool) & ~copies] = "samma källa berättar två gånger"
    return found


def _unrivalled(
    pairs: pd.DataFrame,
    total: Floats,
    source: tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]],
    held: tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]],
) -> npt.NDArray[np.bool_]:
    """Tell of each pair whether no other record of the same source fits either of the two as well.

    A plan and its report are no rivals: both may belong to the same occasion.
    """
    if pairs.empty:
        return np.zeros(0, dtype=np.bool_)
    good = np.ones(len(pairs), dtype=np.bool_)
    across = source[0] != source[1]
    for mine, theirs, state in (("a", source[1], held[1]), ("b", source[0], held[0])):
        frame = pd.DataFrame({"row": pairs[mine], "source": theirs, "held": state.astype(bool), "total": total})
        ranked = frame.groupby(["row", "source", "held"])["total"]
        best = ranked.transform("max").to_numpy()
        rivals = (
            frame.assign(near=total >= best - MARGIN)
            .groupby(["row", "source", "held"])["near"]
            .transform("sum")
            .to_numpy()
        )
        good &= ~across | ((total >= best - 1e-9) & (rivals == 1)) | (total >= 0.99)
    return np.asarray(good, dtype=np.bool_)


_DAYS = {1.0: "samma dag", 0.4: "dagarna ligger nära", 0.25: "dagarna ligger nära", 0.3: "dag saknas"}
_PLACES = {1.0: "samma plats", 0.6: "delvis samma plats", 0.5: "plats saknas"}


@lru_cache(maxsize=10_000)
def _reasons(day: float, place: float, percent: int, doubt: str, unrivalled: bool) -> tuple[str, ...]:
    alike = f"orden liknar varandra till {percent} procent"
    rival = "" if unrivalled else "en annan uppgift passar lika bra"
    return tuple(s for s in (_DAYS.get(day, "dagarna går ihop"), _PLACES[place], alike, doubt, rival) if s)
