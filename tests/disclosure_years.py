"""Invented promise years with one protected series: reported late, corrected, approved in any order, published."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from config.schema import Promise
from tasks import correcting, disclosure, progress, wording
from tasks.model import Activity, Coverage, Dated, FollowUp, Outcome, Output, Period, Reading
from tasks.periods import periods
from tests.following import composed, drafted, heard, held, municipality, nil, promise, shipped

DISTRICTS = ("Norrbyn", "Söderbyn", "Mellanbyn")
WHAT = {
    "heading": "Besök",
    "text": "Polisen kommer att göra besök.",
    "plain": "Polisen ska göra besök.",
    "party": "police",
    "unit": ["besök", "besök"],
    "counts": "Besök som har gjorts.",
    "disclosure": "protected",
}


@dataclass(frozen=True)
class Seen:
    """One activity with the moments between which it is known."""

    activity: Activity
    known_from: int
    gone_from: int


@dataclass(frozen=True)
class Count:
    """What is known of one period at one moment: its own number, what reached over its first day, whether anything."""

    own: int
    over: int
    known: bool

    @property
    def whole(self) -> int:
        """All that ended in the period."""
        return self.own + self.over


@dataclass(frozen=True)
class Closing:
    """One edition that both parties approved, with what was known when it was made."""

    followup: FollowUp
    edition: int
    truth: Mapping[str, Count]
    outputs: tuple[Output, ...]


@dataclass
class History:
    """One promise and everything that was ever published of it."""

    promise: Promise
    every: tuple[Period, ...]
    moments: list[datetime]
    seen: list[Seen] = field(default_factory=list)
    nils: list[tuple[int, Reading]] = field(default_factory=list)
    gap: tuple[date, date] | None = None
    closings: list[Closing] = field(default_factory=list)
    drafts: dict[str, tuple[FollowUp, int]] = field(default_factory=dict)

    @property
    def threshold(self) -> int:
        """What a count must reach to be told."""
        return self.promise.commitments[0].threshold

    @property
    def released(self) -> list[FollowUp]:
        """Every follow-up that was ever closed."""
        return [c.followup for c in self.closings]

    def activities(self, moment: int) -> list[Activity]:
        """What is known at a moment."""
        return [s.activity for s in self.seen if s.known_from <= moment < s.gone_from]

    def follow_up(self, period: Period, moment: int) -> FollowUp:
        """What the draft of a period would say, as the flow makes it."""
        at = self.moments[moment]
        so_far = [self.outcomes(p, moment) for p in self.every if p.end <= period.end]
        shown = disclosure.disclose(
            self.promise, period, so_far[-1], shipped().templates, earlier=so_far[:-1], released=self.released, as_of=at
        )
        return wording.followup(
            self.promise, period, self.every, shown, tuple(self.coverage.values()), at, "test", shipped().templates
        )

    def outcomes(self, period: Period, moment: int) -> tuple[Outcome, ...]:
        """How things stood at the end of a period, as known at a moment, before disclosure."""
        nils = [n for known_from, n in self.nils if known_from <= moment]
        seen, day = self.activities(moment), self.moments[moment].date()
        words = shipped().templates
        return progress.outcomes(self.promise, period, self.every, seen, nils, self.coverage, (), {}, day, words)

    @property
    def coverage(self) -> dict[str, Coverage]:
        """How well the source was heard."""
        return heard(*([self.gap] if self.gap else []))

    def truth(self, moment: int) -> dict[str, Count]:
        """What is known of every period that is over."""
        found = {}
        for p in (p for p in self.every if p.end < self.moments[moment].date()):
            (outcome,) = self.outcomes(p, moment)
            mine = [a for a in outcome.activities if a.when and p.start <= a.when.end]
            own = sum(a.count for a in mine if a.when and a.when.start >= p.start)
            over = sum(a.count for a in mine) - own
            found[p.id] = Count(own, over, bool(own + over) or outcome.held is not None)
        return found

    def draft(self, period: Period, moment: int) -> None:
        """Bring a period's draft up to date, as `tasks.draft.make` does."""
        followup = self.follow_up(period, moment)
        latest = [c for c in self.closings if c.followup.period == period.id][-1:]
        if period.id in self.drafts or not latest or latest[0].followup.figures != followup.figures:
            self.drafts[period.id] = (followup, moment)

    def standing(self, period: Period) -> list[FollowUp]:
        """The newest editions of the periods before one, which the last page of the promise tells again."""
        return list({c.followup.period: c.followup for c in self.closings if c.followup.period < period.id}.values())

    def approve(self, period: Period, moment: int, *, render: bool) -> None:
        """Close a period's draft; where that may not be, make it anew first."""
        if disclosure.problems(self.promise, self.drafts[period.id][0], self.released):
            self.draft(period, moment)
        followup, made = self.drafts.pop(period.id)
        assert not disclosure.problems(self.promise, followup, self.released)
        before = [c.followup for c in self.closings if c.followup.period == period.id]
        outputs = published(self.promise, followup, before, self.standing(period)) if render else ()
        self.closings.append(Closing(followup, len(before) + 1, self.truth(made), outputs))


def published(
    made: Promise, followup: FollowUp, before: Sequence[FollowUp] = (), standing: Sequence[FollowUp] = ()
) -> tuple[Output, ...]:
    """Return everything that leaves the house for an edition, on all channels."""
    place = municipality()
    blocks = drafted(made, place, followup)
    changes: Sequence[tuple[str, str]] = ()
    if before:
        old = drafted(made, place, before[-1])
        changes = correcting.changes(shipped().templates, made, before[-1], old, followup, blocks)
    return composed(made, place, followup, blocks, edition=len(before) + 1, changes=changes, before=standing)


def series(threshold: int = 5, **fields: Any) -> Promise:
    """Return a promise of one protected series over 2021."""
    made = promise(**(WHAT | {"threshold": threshold} | fields))
    # Dates that make the sources of the shipped municipality fit.
    return made.model_copy(update={"title": "Medborgarlöfte"})


def random_history(seed: int, *, render: bool = False) -> History:
    """Return a history that is the same for the same seed."""
    rng = random.Random(seed)
    made = series(rng.choice([3, 5, 5, 5, 10]), target=rng.choice([None, 2, 8, 15]))
    if rng.random() < 0.3:
        made = made.model_copy(update={"ends": date(2022, 12, 31)})
    every = periods(made)
    history = History(made, every, sorted(_moments(rng, every)))
    if rng.random() < 0.1:
        start = rng.choice(every).start
        history.gap = (start, start + timedelta(days=9))
    _fill(rng, history)
    _play(rng, history, render=render)
    return history


def year(counts: Sequence[int | None], threshold: int = 5) -> History:
    """Return a year in which each period was told on time; None: nothing was reported."""
    made = series(threshold)
    every = periods(made)
    history = History(made, every, [_at(p.due) for p in every])
    for number, (period, count) in enumerate(zip(every, counts, strict=False)):
        if count == 0:
            history.nils.append((0, nil(period)))
        if count:
            history.seen.append(Seen(held(period.start, key=f"k/{number}", count=count), 0, 99))
        history.draft(period, number)
        history.approve(period, number, render=False)
    return history


def _moments(rng: random.Random, every: Sequence[Period]) -> set[datetime]:
    """The due days, and up to two more days after each."""
    extra = {_at(p.due + timedelta(days=rng.randint(3, 90))) for p in every for _ in range(rng.randint(0, 2))}
    return {_at(p.due) for p in every} | extra


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


def _fill(rng: random.Random, history: History) -> None:
    """Let things happen, be reported late, be taken back, be moved, or never be heard of."""
    last, rate = len(history.moments), rng.choice([0.1, 0.3, 0.6, 1.2])
    for number, period in enumerate(history.every):
        due = history.moments.index(_at(period.due))
        quiet = rng.random()
        found = [] if quiet < 0.15 else _happened(rng, period, rate)
        if not found and quiet > 0.05:
            history.nils.append((_late(rng, due, last), nil(period)))
        for index, activity in enumerate(found):
            named = replace(activity, id=f"k/{number}-{index}", record_ids=(f"k/{number}-{index}",))
            known, gone = _late(rng, due, last), last
            if rng.random() < 0.06 and known + 1 < last:
                gone = rng.randint(known + 1, last - 1)
                if rng.random() < 0.4 and named.when:
                    # The day was wrong: it moves, maybe into another period.
                    day = named.when.start + timedelta(days=rng.choice([-40, -5, 5, 40]))
                    history.seen.append(Seen(replace(named, when=Dated.day(day)), gone, last))
            history.seen.append(Seen(named, known, gone))


def _happened(rng: random.Random, period: Period, rate: float) -> list[Activity]:
    days = [period.start + timedelta(days=n) for n in range(0, (period.end - period.start).days, 10)]
    found = []
    for day in days:
        for district in DISTRICTS:
            if rng.random() < rate / 3:
                when = Dated.day(day)
                if rng.random() < 0.03:
                    # Known to the week only, and the week reaches into the period before or after.
                    edge = rng.choice([period.start, period.end])
                    when = Dated(edge - timedelta(days=3), edge + timedelta(days=3), "week")
                found.append(held(when, place=district, count=rng.choice([1, 1, 1, 2, 3])))
    return found


def _late(rng: random.Random, due: int, last: int) -> int:
    return rng.randint(due, last - 1) if rng.random() < 0.15 else 0


def _play(rng: random.Random, history: History, *, render: bool) -> None:
    waiting: set[str] = set()
    for moment, now in enumerate(history.moments):
        over = [p for p in history.every if p.end < now.date()]
        rng.shuffle(over)
        for period in over:
            told = any(c.followup.period == period.id for c in history.closings)
            if not told and period.id not in waiting and rng.random() < 0.1:
                waiting.add(period.id)
                continue
            if not told or rng.random() < 0.7:
                history.draft(period, moment)
        order = list(history.drafts)
        rng.shuffle(order)
        for key in order:
            if rng.random() < 0.8 or moment == len(history.moments) - 1:
                history.approve(next(p for p in history.every if p.id == key), moment, render=render)
