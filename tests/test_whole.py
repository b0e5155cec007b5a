"""The promise's last page: the whole promise, and nothing that its periods' own pages have not told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from config.schema import Promise
from tasks.model import FollowUp, Piece
from tasks.pages.whole import Whole, whole
from tasks.periods import periods
from tasks.wording import followup
from tests.following import composed, held, outcome, promise, sample, shipped

MADE, PLACE, LAST = sample(3)
BEFORE = [sample(number)[2] for number in (1, 2)]


def at_the_end(before: Sequence[FollowUp] = BEFORE, made: Promise = MADE, last: FollowUp = LAST) -> Whole:
    """Return the whole promise as its last page tells it."""
    found = whole(shipped().templates, made, last, before)
    assert found is not None
    return found


def row(key: str, found: Whole) -> tuple[str, ...]:
    """Return a commitment's cells after its heading."""
    return next(cells for heading, *cells in found.rows if heading == MADE.commitment(key).heading)


def protected(number: int, held_now: int | None, pieces: Sequence[Piece]) -> tuple[Promise, FollowUp]:
    """Return a promise with one protected commitment and the follow-up of a period that tells so much."""
    made = promise(disclosure="protected")
    every = periods(made)
    base = outcome(made, [held(date(2021, 2, 3))], number=number)
    told = replace(base, held=held_now, held_total=None, hidden=("held_total",), activities=(), pieces=tuple(pieces))
    moment = datetime(2022, 1, 10, 6, tzinfo=UTC)
    return made, followup(made, every[number - 1], every, [told], (), moment, "test", shipped().templates)


def test_only_the_last_page_tells_the_whole() -> None:
    """An earlier page has no such table."""
    assert whole(shipped().templates, MADE, BEFORE[1], BEFORE[:1]) is None
    page = next(o.body.decode() for o in composed(MADE, PLACE, BEFORE[1]) if o.name.endswith("index.html"))
    assert "Hela löftet" not in page and "Förslag till nästa löfte" not in page


def test_public_numbers_add_up_and_silence_is_no_zero() -> None:
    """Each period, the sum and what was promised; zero only where it was reported."""
    assert row("c5", at_the_end()) == ["1", "1", "1", "3", "minst 4"]
    assert row("c4", at_the_end())[:3] == ["0", "1", "uppgift saknas"]
    assert row("c4", at_the_end(before=()))[0] == "uppgift saknas"


def test_a_way_of_working_is_told_as_used_or_not() -> None:
    """Period by period, never a number."""
    assert row("c3", at_the_end()) == ["ja", "uppgift saknas", "uppgift saknas", "har använts", "inget antal angivet"]
    assert row("c3", at_the_end(before=()))[3] == "uppgift saknas"


def test_the_duty_to_tell_has_its_own_line() -> None:
    """It is no activity of a period."""
    assert at_the_end().duty == (("Gemensam uppföljning var fjärde månad", "1 av 2 redovisade"),)


def test_a_protected_number_is_told_again_as_its_own_page_told_it() -> None:
    """A piece that its page kept to itself, or a number from before the protection, is not."""
    made, last = protected(3, None, [Piece(("2021-T1",), 9), Piece(("2021-T3",), 23)])
    _, shown = protected(1, 9, [Piece(("2021-T1",), 9)])
    _, unprotected = protected(2, 2, [])
    (cells,) = at_the_end([shown, unprotected], made, last).rows
    assert cells[1:5] == ("9", "kan inte redovisas", "kan inte redovisas", "kan inte redovisas")


def test_what_could_not_be_followed_up_is_told_with_its_reason() -> None:
    """A part without a number is there, one that only lacks a day is not, and a silent one is; each reason once."""
    told = at_the_end().not_followed
    assert any("hur många" in why and "Narkotikasök med hund på skolor" in parts for why, parts in told)
    assert any(w.startswith("Uppgift saknas") and p == "Hembesök enligt Linköpingsmodellen" for w, p in told)
    assert not any("Trygghetsvandringar" in parts for _, parts in told)
    assert len({why for why, _ in told}) == len(told)
    assert dict(at_the_end().suggestions)["Trygghetsvandringar"].endswith("tillfälle.")
