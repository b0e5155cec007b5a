"""Protected counts under attack: with everything that was ever published, no small one can be worked out.

The attacker and the invented histories are in evaluate_disclosure; `python -m tests.evaluate --disclosure` runs it all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from config.schema import Promise
from tasks import disclosure
from tasks.disclosure import over_time
from tasks.disclosure.over_time import Telling
from tasks.model import Activity, FollowUp, Piece
from tasks.periods import periods
from tasks.progress.reasons import WORDS as REASONS
from tests import evaluate_disclosure
from tests.disclosure_years import History, Seen, published, random_history, series, year
from tests.evaluate_disclosure import Attack, Told, beyond_optimum, optimum, told
from tests.following import held, nil, shipped

AT = datetime.fromisoformat("2021-09-15T06:00:00+00:00")


def shown(history: History) -> list[Told]:
    """What each edition tells: the period's own number and the total."""
    return [told(c) for c in history.closings]


HIDDEN = Told(None, None)


@pytest.mark.parametrize(
    ("counts", "told_of_it"),
    [
        ((6, 7, 8), [Told(6, 6), Told(7, 13), Told(8, 21)]),
        # A small period waits for the next and is told with it; what follows is told as ever.
        ((2, 7, 8), [HIDDEN, Told(None, 9), Told(8, 17)]),
        ((3, 3, 9), [HIDDEN, Told(None, 6), Told(9, 15)]),
        ((2, 1, 9), [HIDDEN, HIDDEN, Told(None, 12)]),
        ((7, 2, 9), [Told(7, 7), HIDDEN, Told(None, 18)]),
        ((7, 9, 4), [Told(7, 7), Told(9, 16), HIDDEN]),
        # Zero is as telling as one; nothing reported is no number, and hides none.
        ((0, 8, 8), [HIDDEN, Told(None, 8), Told(8, 16)]),
        ((None, 8, 8), [Told(0, 0), Told(8, 8), Told(8, 16)]),
        ((2, None, 8), [HIDDEN, Told(0, None), Told(None, 10)]),
    ],
)
def test_small_periods_are_told_together(counts: Sequence[int | None], told_of_it: list[Told]) -> None:
    """Each period told on time; the attacker takes what is missing for zero."""
    assert shown(year(counts)) == told_of_it


@pytest.mark.parametrize("threshold", [3, 5])
def test_who_knows_the_rule_learns_that_a_count_is_small_and_no_more(threshold: int) -> None:
    """Over all years of three periods: any number below the threshold is possible, or one above it."""
    hidden, leaked = evaluate_disclosure.reads_the_rule(threshold + 2, threshold)
    assert hidden
    assert not leaked


@pytest.mark.slow
def test_random_histories_withstand_the_attack() -> None:
    """Late reports, mistakes taken back, editions in any order: not one small count is bounded below the threshold."""
    found = evaluate_disclosure.attack(range(100), render=False)
    assert (found["histories"], found["broken"]) == (100, 0)
    assert found["corrections"] > 100
    assert found["small_counts"] > 200


@pytest.mark.slow
def test_rendered_histories_withstand_the_attack() -> None:
    """The same with every page, feed, data file and post, none of which has a number that no figure has."""
    found = evaluate_disclosure.attack(range(1000, 1008), render=True)
    assert (found["broken"], found["strange_numbers"]) == (0, 0)
    assert found["outputs"] > 100


def only_small(scope: Sequence[str], known: Mapping[str, int], _told: object, _at: datetime, threshold: int) -> Telling:
    """Hide small numbers and nothing else."""
    own, total = known.get(scope[-1], 0), sum(known.values())
    alone = (Piece((scope[-1],), own),) if own >= threshold else ()
    rest = Piece(("resten",), total - sum(p.number for p in alone))
    return Telling((*alone, rest), total >= threshold)


@pytest.mark.slow
def test_the_attack_breaks_through_when_only_small_numbers_are_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    """Without anything hidden beside them, a third of all histories give some away."""
    with patch.object(over_time, "tell", only_small), patch.object(disclosure, "problems", lambda *_: []):
        assert evaluate_disclosure.attack(range(60), render=False)["broken"] >= 20
    assert "2021-T1" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "instead"),
    [
        # Periods once told together are told apart later.
        ("_groups", lambda _: []),
        # A number told together may fall and rise as it likes.
        ("pairwise", lambda _: []),
        # Nothing that was told before is remembered.
        ("facts", lambda *_: ()),
        # A period that was told alone covers for another.
        ("_alone", lambda *_: set()),
    ],
)
def test_the_attack_breaks_through_when_a_rule_is_missing(name: str, instead: Callable[..., Any]) -> None:
    """Without any one of the rules, some history gives a small count away."""
    with patch.object(over_time, name, instead):
        assert any(Attack(random_history(seed)).broken() for seed in range(600))


@pytest.mark.slow
def test_the_attack_breaks_through_without_the_look_at_approval() -> None:
    """A draft that was safe when it was made may not be so when it is approved."""
    with patch.object(disclosure, "problems", lambda *_: []):
        assert any(Attack(random_history(seed)).broken() for seed in range(600))


def test_little_more_is_hidden_than_must_be() -> None:
    """Against the fewest possible with the whole year in sight: at most a twentieth of all numbers more."""
    years = [(a, b, c) for a in range(0, 10, 2) for b in range(1, 10, 2) for c in range(0, 10, 3)]
    cost = beyond_optimum([*years, *((a, b) for a in range(8) for b in range(8)), *((a,) for a in range(8))])
    assert 0 <= cost["share_beyond"] < 0.05


def test_the_optimum_is_what_trying_by_hand_gives() -> None:
    """Nothing to hide; only the last; and a small one between that takes the total or the next with it."""
    assert [optimum(c, 5) for c in ((6, 7, 8), (6, 7, 2), (6, 2, 8), (2,), (2, 7))] == [0, 2, 3, 2, 3]


def edition(history: History, number: int, moment: int) -> FollowUp:
    """Draft and close a period's edition as known at a moment."""
    period = history.every[number]
    history.draft(period, moment)
    history.approve(period, moment, render=False)
    return history.closings[-1].followup


def late(day: date, known_from: int, count: int) -> Seen:
    """Something that becomes known at a moment."""
    return Seen(held(day, key=f"late/{day}", count=count), known_from, 99)


def test_a_period_that_grew_is_not_told_apart_afterwards() -> None:
    """T1 had two, hidden; nine were told by T2. With five in T1 now, telling five would tell the two and the seven."""
    history = year((2, 7))
    history.moments.append(history.moments[-1] + timedelta(days=9))
    history.seen.append(late(date(2021, 2, 1), 3, 3))
    history.draft(history.every[0], 3)
    assert not history.drafts
    assert told(history.closings[-1]) == Told(None, 9)
    edition(history, 1, 3)
    assert shown(history)[-1] == Told(None, 12)
    assert not Attack(history).broken()


def test_a_number_that_shrank_takes_the_total_with_it() -> None:
    """Six and seven were told; two of the six were one. The page can't say four, nor eleven in all beside seven."""
    history = year((6, 7))
    history.seen[0] = Seen(history.seen[0].activity, 0, 3)
    history.seen.append(late(date(2021, 2, 1), 3, 4))
    history.moments.append(history.moments[-1] + timedelta(days=9))
    edition(history, 0, 3)
    edition(history, 1, 3)
    assert shown(history)[-2:] == [HIDDEN, Told(7, None)]
    assert not Attack(history).broken()


def test_a_draft_from_before_another_edition_is_refused_at_approval() -> None:
    """T1's correction was safe when it was made; T2 was approved first, and told both periods together."""
    history = year((2,))
    history.seen += [Seen(held(date(2021, 6, 1), key="k/1", count=7), 0, 99), late(date(2021, 2, 1), 2, 3)]
    history.draft(history.every[1], 1)
    history.draft(history.every[0], 2)
    waiting = history.drafts["2021-T1"][0]
    assert waiting.outcomes[0].held == 5
    assert disclosure.problems(history.promise, waiting, history.released) == []
    history.approve(history.every[1], 2, render=False)
    assert shown(history)[-1] == Told(None, 9)
    assert disclosure.problems(history.promise, waiting, history.released) == [
        "Besök: tillsammans med det som redan är publicerat röjs ett skyddat antal."
    ]
    # Telling again what is out already tells nothing new.
    assert disclosure.problems(history.promise, history.closings[0].followup, history.released) == []


def test_a_draft_from_before_a_stricter_class_is_refused() -> None:
    """What the class no longer lets through is not approved because it was drafted earlier."""
    history = year((6,))
    drafted = history.closings[0].followup
    for stricter in ({"disclosure": "yes_no", "measure": "ongoing"}, {"threshold": 10}):
        found = disclosure.problems(series(**stricter), drafted, [])
        assert len(found) == 1, stricter


def test_numbers_from_before_the_protection_are_known() -> None:
    """Told while the series was public, two can't be taken back: it hides nothing more, and covers for nothing."""
    open_year = series(disclosure="public")
    first, second, _ = periods(open_year)
    seen = [held(date(2021, 2, 1), key="k/0", count=2), held(date(2021, 6, 1), key="k/1", count=7)]
    history = year(())
    history.seen = [Seen(a, 0, 99) for a in seen]
    history.promise = open_year
    edition(history, 0, 0)
    history.promise = series()
    assert history.follow_up(second, 1).outcomes[0].held_total == 9
    assert history.follow_up(first, 1).outcomes[0].pieces == (Piece((first.id,), 2),)


def test_an_edition_of_a_period_that_is_no_longer_the_promises_is_remembered() -> None:
    """The promise was shortened after its last period was told: what was told still counts."""
    history = year((8, 9, 6))
    shorter = history.promise.model_copy(update={"ends": date(2021, 8, 31)})
    assert disclosure.problems(shorter, history.follow_up(history.every[1], 2), history.released) == []
    assert ("2021-T3",) in {p.periods for _, p in over_time.facts("c1", history.released, ["2021-T1", "2021-T2"])}


def looks(made: Promise, activities: Iterable[Activity], nils: Sequence[int] = ()) -> list[tuple[str, bytes]]:
    """Everything that leaves the house over a year: name and bytes of each file and post of each edition."""
    every = periods(made)
    history = History(made, every, [year(()).moments[n] for n in range(3)])
    history.seen = [Seen(a, 0, 99) for a in activities]
    history.nils = [(0, nil(every[n])) for n in nils]
    found = []
    for number, period in enumerate(every):
        history.draft(period, number)
        history.approve(period, number, render=True)
        found += [(f"{o.channel}/{o.name}", o.body) for o in history.closings[-1].outputs]
    return found


def spread(counts: Sequence[int], how: int) -> list[Activity]:
    """So many activities in each period, on days and in places that depend on `how`."""
    return [
        held(period.start + timedelta(days=(7 * n + 11 * how) % 100), key=f"{number}/{n}", place=f"Plats{how}")
        for number, (period, count) in enumerate(zip(periods(series()), counts, strict=True))
        for n in range(count)
    ]


@pytest.mark.parametrize(
    "alike",
    [
        [(8, 9, k) for k in range(5)],
        [(k, 9 - k, 8) for k in range(5)],
        [(k, m, 9 - k - m) for k, m in ((0, 0), (1, 2), (2, 2), (4, 0), (0, 4))],
    ],
)
def test_years_that_differ_only_in_what_is_hidden_look_the_same(alike: list[tuple[int, ...]]) -> None:
    """Byte for byte: pages, feeds, data files, manifests and posts, whatever the small counts, days and places are."""
    made = [
        looks(series(target=12), spread(counts, how), [n for n, count in enumerate(counts) if not count])
        for how, counts in enumerate(alike)
    ]
    assert all(other == made[0] for other in made[1:])
    assert len(made[0]) > 30


@pytest.mark.parametrize(
    ("fields", "alike"),
    [
        # How often a way of working was used.
        ({"disclosure": "yes_no", "measure": "ongoing"}, [(1, 9, 4), (9, 1, 2), (3, 3, 3)]),
        # Where and on which days something was done.
        ({"disclosure": "count_only"}, [(2, 0, 3)] * 3),
    ],
)
def test_the_other_classes_tell_the_same_of_all_that_they_protect(
    fields: dict[str, Any], alike: list[tuple[int, ...]]
) -> None:
    """Over the whole year, in every output."""
    made = [looks(series(**fields), spread(counts, how)) for how, counts in enumerate(alike)]
    assert made[0] == made[1] == made[2]


def test_the_pages_say_why_a_number_is_missing() -> None:
    """The hidden period, the hidden total and the shown numbers, in words that don't tell how small it is."""
    history = year((2, 7, 8))
    pages = [
        next(o.body.decode() for o in published(history.promise, c.followup) if o.name.endswith("index.html"))
        for c in history.closings
    ]
    assert REASONS.say(shipped().templates, "hidden") in pages[0]
    assert REASONS.say(shipped().templates, "hidden_period") in pages[1]
    assert "tillsammans med tidigare perioder: 9 besök sedan löftet undertecknades." in pages[1]
    assert "17 sammanlagt, 8 under perioden" in pages[2]
    shrunk = year((6, 7))
    shrunk.seen[0] = Seen(held(date(2021, 2, 1), count=4), 0, 99)
    follow = shrunk.follow_up(shrunk.every[1], 2)
    page = next(o.body.decode() for o in published(shrunk.promise, follow) if o.name.endswith("index.html"))
    assert REASONS.say(shipped().templates, "hidden_total") in page
    assert "7 besök under perioden" in page
    assert not [p for p in (*pages, page) if "färre än" in p]
