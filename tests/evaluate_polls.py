"""Three years of recorded answers polled anew: what is lost at which interval, and when the silence alarm fires.

Assumptions. The recording has a row only when the answer changed, so a recorded answer stands until the next one; a
pause of more than a day (the longest regular one was 15 h) is a hole in which nothing answers. A poll gets the answer
that stands. Bad answers are the source's own and not asked for again before the next poll: an empty body holds
nothing, a thinned list the notices that were first or last sighted in it. A notice is seen when a poll falls within
its stay and gets a normal answer. One that a thinned list dug up weeks later had left when its neighbours did; one
that only thinned lists ever held had left before the record began, and is listed apart. Months that the copy lacks
are lacking here; what is still on the list when the record ends isn't lost.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

import config
from config.schema import Source
from tasks.coverage import coverage
from tasks.model import Fetch, Gap
from tasks.periods import STOCKHOLM, local_date
from tests import evaluate_notices

HOUR, DAY = 3600, 86_400
INTERVALS = {"30min": 0.5, "1h": 1.0, "6h": 6.0, "24h": 24.0, "7d": 168.0}
# Measured by the collector of the recordings, over notices of these days; the last day excluded.
PUBLISHED = {"1h": 0.0005, "6h": 0.0018, "24h": 0.0025, "7d": 0.021}
COMPARED = (datetime(2023, 10, 27, tzinfo=UTC).timestamp(), datetime(2025, 5, 11, tzinfo=UTC).timestamp())
# What the recorded kinds of answer become when they are collected.
_OUTCOMES = {"normal": "ok", "empty-body": "unreadable", "thinned-short": "thinned", "thinned-500": "thinned"}
_PHASES = 12


@dataclass(frozen=True)
class Recording:
    """Answers (Unix seconds and kind, in order) and notices (id, first and last sighting, when they were gone)."""

    at: np.ndarray
    kind: np.ndarray
    ids: np.ndarray
    first: np.ndarray
    last: np.ndarray
    gone: np.ndarray

    @property
    def thinned_only(self) -> np.ndarray:
        """Which notices no normal answer ever held."""
        return ~np.isin(self.first, self.at[self.kind == "normal"])

    @property
    def counted(self) -> np.ndarray:
        """Which notices came during the record and were gone before it ended."""
        return (self.last < self.at[-1]) & ~self.thinned_only


@dataclass(frozen=True)
class Alarm:
    """A silence that went beyond the source's limit, and the days that it left unheard afterwards."""

    since: datetime
    fired: datetime
    heard: datetime
    gaps: tuple[Gap, ...]


def polls(folder: Path, out: Path | None = None) -> dict[str, float]:
    """Print what each interval loses, where the alarm fires, and how well place and time are read; return figures."""
    found = read(folder)
    source = config.load().source("polisen-handelser")
    lost = {name: lost_at(found, hours) for name, hours in INTERVALS.items()}
    _print_losses(found, lost)
    _list(found, lost, out)
    figures: dict[str, float] = {"answers": len(found.at), "events": len(found.ids)}
    figures |= {f"lost_{name}": int(missed.sum()) for name, missed in lost.items()}
    figures |= {f"lost_share_{name}": round(float(m.sum() / found.counted.sum()), 5) for name, m in lost.items()}
    figures["thinned_only"] = int(found.thinned_only.sum())
    print(f"larm efter {source.silent_after_hours} timmars tystnad (tasks.coverage, sett varje hel timme):")
    for name, hours in INTERVALS.items():
        raised = alarms(source, fetches(source, found, hours))
        figures["alarms" if name == "1h" else f"alarms_{name}"] = len(raised)
        _print_alarms(name, raised)
    return {**figures, **evaluate_notices.measure(folder)}


def read(folder: Path) -> Recording:
    """Return the recorded answers and sightings of a folder."""
    answers = pd.read_csv(folder / "snapshot-index.csv.gz", usecols=["commit_time_utc", "kind"])
    seen = pd.read_csv(folder / "event-sightings.csv.gz").sort_values(["first_seen_utc", "id"])
    at, first, last = (_seconds(c) for c in (answers["commit_time_utc"], seen["first_seen_utc"], seen["last_seen_utc"]))
    kind = answers["kind"].to_numpy(dtype=str)
    # The answer after the last sighting is the first one without the notice.
    gone = np.append(at, at[-1] + 1)[np.searchsorted(at, last, "right")]
    dug_up = np.isin(last, at[np.char.startswith(kind, "thinned")]) & (last - first > DAY)
    return Recording(at, kind, seen["id"].to_numpy(), first, last, _gone(first, gone, dug_up))


def _seconds(column: pd.Series) -> np.ndarray:
    return ((pd.to_datetime(column, utc=True) - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)).to_numpy()


def _gone(first: np.ndarray, gone: np.ndarray, dug_up: np.ndarray) -> np.ndarray:
    """Return when notices were gone: where a thinned list hides it, when the 51 around them in time were."""
    known = pd.Series(np.where(dug_up, np.nan, gone - first))
    stay = known.rolling(51, center=True, min_periods=1).median().ffill().to_numpy()
    return np.where(dug_up, np.minimum(gone, first + stay), gone).astype(np.int64)


def polled(found: Recording, hours: float, phase: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return when polls are due (Unix seconds, from the first whole hour) and the index of each's answer, -1: none."""
    step = int(hours * HOUR)
    due = np.arange(-(-found.at[0] // HOUR) * HOUR + int(phase * step), found.at[-1], step)
    standing = np.searchsorted(found.at, due, "right") - 1
    return due, np.where(np.diff(found.at)[standing] <= DAY, standing, -1)


def lost_at(found: Recording, hours: float, phase: float = 0.0) -> np.ndarray:
    """Return which of the counted notices no poll at this interval sees."""
    due, index = polled(found, hours, phase)
    answered = index >= 0
    kind = np.where(answered, found.kind[index], "")
    normal = due[kind == "normal"]
    thinned = found.at[index[np.char.startswith(kind, "thinned")]]
    following = np.searchsorted(normal, found.first)
    seen = np.append(normal, np.iinfo(np.int64).max)[following] < found.gone
    seen |= np.isin(found.first, thinned) | np.isin(found.last, thinned)
    return ~seen & found.counted


def fetches(source: Source, found: Recording, hours: float) -> list[Fetch]:
    """Return the log that polling at this interval would have left."""
    log = []
    for due, index in zip(*polled(found, hours), strict=True):
        outcome = _OUTCOMES[str(found.kind[index])] if index >= 0 else "unavailable"
        log.append(Fetch(source.id, _moment(due), outcome, message="" if outcome == "ok" else outcome))
    return log


def alarms(source: Source, log: Sequence[Fetch]) -> list[Alarm]:
    """Return each silence between two good answers that coverage called a gap while it lasted."""
    good = [n for n, fetch in enumerate(log) if fetch.good]
    raised = []
    for here, there in pairwise(good):
        stretch, since, heard = log[here : there + 1], log[here].at, log[there].at
        fired = _fired(source, stretch) if heard - since > timedelta(hours=24) else None
        if fired:
            gaps = coverage(source, stretch, local_date(since), local_date(heard), heard).gaps
            raised.append(Alarm(since, fired, heard, gaps))
    return raised


def _fired(source: Source, stretch: Sequence[Fetch]) -> datetime | None:
    """Return the first whole hour between the ends of a stretch at which the source counts as silent."""
    since, heard = stretch[0].at, stretch[-1].at
    as_of = since.replace(minute=0, second=0)
    while (as_of := as_of + timedelta(hours=1)) < heard:
        known = [f for f in stretch if f.at <= as_of]
        if coverage(source, known, local_date(since), local_date(as_of), as_of).gaps:
            return as_of
    return None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _print_losses(found: Recording, lost: dict[str, np.ndarray]) -> None:
    kinds = Counter(found.kind.tolist())
    print(f"{len(found.at)} svar ({', '.join(f'{k} {n}' for k, n in kinds.most_common())}), {len(found.ids)} notiser")
    print(f"{found.thinned_only.sum()} notiser har bara stått i gallrade svar och räknas inte här")
    compared = found.counted & (found.first >= COMPARED[0]) & (found.first < COMPARED[1])
    print(f"förlorade; jämförelsen gäller {int(compared.sum())} notiser från 2023-10-27 till 2025-05-10:")
    for name, missed in lost.items():
        others = [lost_at(found, INTERVALS[name], n / _PHASES)[compared].mean() for n in range(_PHASES)]
        stated = f"{PUBLISHED[name]:.2%}" if name in PUBLISHED else "–"
        brief = missed & (found.gone - found.first < DAY)
        print(
            f"  {name:>5}: {missed.sum():>5} av {found.counted.sum()} ({missed.sum() / found.counted.sum():.2%}), "
            f"{brief.sum()} av dem borta inom ett dygn; jämförelsen {missed[compared].mean():.2%} "
            f"(andra starttider {min(others):.2%}–{max(others):.2%}), publicerat {stated}"
        )


def _list(found: Recording, lost: dict[str, np.ndarray], out: Path | None) -> None:
    """Print the first lost ids of each interval, and write all of them where asked."""
    for name, missed in lost.items():
        print(f"  {name:>5}: {' '.join(str(i) for i in found.ids[missed][:20])}{' …' if missed.sum() > 20 else ''}")
    if out:
        with out.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(_rows(found, {**lost, "thinned_only": found.thinned_only}))
        print(f"alla förlorade id: {out}")


def _rows(found: Recording, lost: dict[str, np.ndarray]) -> Iterable[Sequence[object]]:
    yield "interval", "id", "first_seen_utc", "gone_utc"
    for name, missed in lost.items():
        for n in np.flatnonzero(missed):
            yield name, int(found.ids[n]), *(_moment(t).isoformat() for t in (found.first[n], found.gone[n]))


def _print_alarms(name: str, raised: Sequence[Alarm]) -> None:
    print(f"  {name:>5}: {len(raised)} larm")
    for alarm in raised[:5]:
        since, fired, heard = (
            f"{t.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}" for t in (alarm.since, alarm.fired, alarm.heard)
        )
        gaps = ", ".join(f"{g.start}–{g.end}" for g in alarm.gaps) or "inga hela dagar"
        print(f"         tyst sedan {since}, larm {fired}, hördes igen {heard}; lucka i uppgifterna: {gaps}")
    if len(raised) > 5:
        print(f"         … och {len(raised) - 5} till")
