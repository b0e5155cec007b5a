"""The outbox in motion: only approved bytes leave the house, and each state is left by one way only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from tasks import channels, decide
from tasks.model import Output, Publication, Receipt, Refused, Unavailable, Uncertain
from tasks.periods import at_local
from tasks.publish import advance, due
from tasks.store import Store, history, publications
from tests.year import KOMMUN, Year, a_year, walk

pytestmark = pytest.mark.slow

MONDAY = at_local(date(2021, 5, 17), 9)


class Scripted:
    """A channel that does what the test says, and counts what it was asked."""

    ABSENCE_IS_PROOF = True
    # What time it is at the channel; None where it doesn't say.
    clock: datetime | None = None

    def __init__(self) -> None:
        self.publishing: list[Receipt | Exception] = []
        self.finding: list[Receipt | Exception | None] = []
        self.sent: list[tuple[Output, ...]] = []

    def kind(self) -> SimpleNamespace:
        """The module that the verb sees."""
        return SimpleNamespace(
            ABSENCE_IS_PROOF=self.ABSENCE_IS_PROOF,
            check=lambda channel: [],
            fits=lambda channel, outputs: [],
            prepare=lambda channel, publication, outputs, folder: Receipt("prepared"),
            publish=self.publish,
            find=self.find,
            clock=lambda channel: self.clock,
        )

    def publish(self, channel: object, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
        """Send once, or do what the script says."""
        self.sent.append(outputs)
        return self._next(self.publishing) or Receipt("published", "1", "https://strangnas.example.com/1")

    def find(
        self, channel: object, publication: Publication, outputs: tuple[Output, ...], folder: Path
    ) -> Receipt | None:
        """Look, or do what the script says."""
        return self._next(self.finding)

    @staticmethod
    def _next(script: list[Receipt | Exception | None] | list[Receipt | Exception]) -> Receipt | None:
        step = script.pop(0) if script else None
        if isinstance(step, Exception):
            raise step
        return step


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """An approved first period whose outbox is full."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as made:
        made.logs([walk("K1", "2021-04-10")], [])
        made.run("2021-T1")
        made.approve("2021-T1", MONDAY)
        yield made


@pytest.fixture
def channel(year: Year, monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """Every channel does what the test says."""
    scripted = Scripted()
    monkeypatch.setattr(channels, "kind", lambda name: scripted.kind())
    return scripted


def site(year: Year) -> Publication:
    """The municipality's page in the outbox."""
    return year.outbox()["strangnas.se"]


def step(year: Year, now: datetime = MONDAY) -> Publication:
    """Move the municipality's page as far as it goes."""
    return advance(year.store, year.config, site(year).id, now)


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (Refused("nej"), "refused"),
        (Unavailable("inte nu"), "prepared"),
        (ValueError("ett fel ingen tänkt på"), "uncertain"),
    ],
)
def test_each_kind_of_trouble_has_its_state(year: Year, channel: Scripted, trouble: Exception, state: str) -> None:
    """Permanent: refused. Surely nothing happened: try again later. Anything else: unknown."""
    channel.publishing.append(trouble)
    channel.finding.append(Uncertain("kan inte frågas"))
    assert step(year).state == state
    assert len(channel.sent) == 1


def test_an_unexpected_error_never_shows_its_text(year: Year, channel: Scripted) -> None:
    """The message names the kind of error only: its text may hold a key."""
    channel.publishing.append(ValueError("token=hemligt"))
    channel.finding.append(Uncertain("kan inte frågas"))
    step(year)
    assert "hemligt" not in site(year).message


def test_what_may_have_happened_is_looked_for_and_never_sent_blindly(year: Year, channel: Scripted) -> None:
    """Found: published, and sent once."""
    channel.publishing.append(Uncertain("svaret försvann"))
    channel.finding.append(Receipt("published", "7", "https://strangnas.example.com/7"))
    assert step(year).state == "published"
    assert site(year).url == "https://strangnas.example.com/7"
    assert len(channel.sent) == 1


def test_where_absence_is_proof_it_is_sent_again(year: Year, channel: Scripted) -> None:
    """Not there: back to waiting, and the next pass sends it."""
    channel.publishing.append(Uncertain("svaret försvann"))
    assert step(year).state == "pending"
    assert step(year, MONDAY + timedelta(hours=1)).state == "published"
    assert len(channel.sent) == 2


def test_where_absence_is_no_proof_a_person_is_asked(year: Year, channel: Scripted) -> None:
    """Two looks in vain, and it stays unknown until somebody says."""
    channel.ABSENCE_IS_PROOF = False
    channel.publishing.append(Uncertain("svaret försvann"))
    assert step(year).state == "uncertain"
    year.publish(MONDAY + timedelta(minutes=6))
    assert "person" in site(year).message
    for hours in (1, 2, 3):
        year.publish(MONDAY + timedelta(hours=hours))
    assert site(year).state == "uncertain"
    assert len(channel.sent) == 2  # the two pages; the unknown one once
    decide.settle(year.store, year.config, site(year).id, url=None, person=KOMMUN, at=MONDAY)
    assert site(year).state == "pending"


def test_two_looks_apart_by_the_channels_own_clock_send_it_once_more(year: Year, channel: Scripted) -> None:
    """A worker whose clock is hours ahead can't make two looks of one; after the second sending a person is asked."""
    channel.ABSENCE_IS_PROOF, channel.clock = False, MONDAY
    channel.publishing += [Uncertain("svaret försvann"), Uncertain("igen")]
    assert step(year).state == "uncertain"
    for hours in (1, 30):
        assert step(year, MONDAY + timedelta(hours=hours)).lookups == 1
    channel.clock = MONDAY + timedelta(minutes=5)
    assert (step(year, MONDAY + timedelta(minutes=5)).state, len(channel.sent)) == ("pending", 1)
    assert (step(year, MONDAY + timedelta(minutes=6)).state, len(channel.sent)) == ("uncertain", 2)
    channel.clock = MONDAY + timedelta(minutes=10)
    assert "person" in step(year, MONDAY + timedelta(minutes=11)).message
    with year.store.writing() as db:
        assert site(year).id not in due(db, year.config, MONDAY + timedelta(days=3))
    decide.settle(year.store, year.config, site(year).id, url=None, person=KOMMUN, at=MONDAY)
    assert (site(year).state, site(year).lookups) == ("pending", 0)


def test_a_second_look_that_fails_keeps_its_moment(year: Year, channel: Scripted) -> None:
    """When the channel doesn't answer, the time that must lie between two looks is not forgotten."""
    channel.ABSENCE_IS_PROOF, channel.clock = False, MONDAY
    channel.publishing.append(Uncertain("svaret försvann"))
    moment = step(year).not_before
    channel.clock = MONDAY + timedelta(minutes=5)
    channel.finding.append(Unavailable("svarar inte"))
    assert step(year, MONDAY + timedelta(minutes=6)).not_before == moment == MONDAY + timedelta(minutes=5)
    assert step(year, MONDAY + timedelta(minutes=6)).state == "pending"


def test_of_editions_taken_back_the_newest_goes_first(year: Year, channel: Scripted) -> None:
    """Its notice stands for them all."""
    with year.store.writing() as db:
        publications.enqueue(db, [replace(site(year), edition=2)], MONDAY)
        rows = [r for r in publications.listed(db) if r.channel == "strangnas.se"]
        for row in rows:
            publications.move(db, row.id, from_states=["pending"], to="retracting", now=MONDAY)
        assert due(db, year.config, MONDAY)[:2] == [rows[1].id, rows[0].id]


def test_a_page_that_a_later_edition_replaced_before_it_was_read_back_asks_nobody(
    year: Year, channel: Scripted
) -> None:
    """Handed over and never read back; the next edition is up in its place: it is replaced, at once, not refused."""
    channel.publishing.append(Receipt("handed_over"))
    assert step(year).state == "handed_over"
    with year.store.writing() as db:
        publications.enqueue(db, [replace(site(year), edition=2)], MONDAY)
        rows = [r for r in publications.listed(db) if r.channel == "strangnas.se"]
    channel.finding.append(Refused("visar redan utgåva 2"))
    first = advance(year.store, year.config, rows[0].id, MONDAY)
    assert (first.state, first.message) == ("stopped", "Ersatt av en senare utgåva.")
    with year.store.reading() as db:
        noted = [e.action for e in history.events(db, first.promise) if e.detail.get("channel") == "strangnas.se"]
    assert noted[0] == "stopped" and "refused" not in noted
    assert advance(year.store, year.config, rows[1].id, MONDAY).state == "published"
    with year.store.writing() as db:
        assert due(db, year.config, MONDAY).count(first.id) == 0


def test_a_wait_is_kept(year: Year, channel: Scripted) -> None:
    """Nothing is sent before the moment that the channel named."""
    later = MONDAY + timedelta(hours=2)
    channel.publishing.append(Unavailable("för många anrop", later))
    assert step(year).not_before == later
    assert step(year, later - timedelta(minutes=1)).state == "prepared"
    assert len(channel.sent) == 1
    assert step(year, later).state == "published"


def test_only_what_both_approved_is_sent(year: Year, channel: Scripted) -> None:
    """A row that names another revision than the approved one is refused before the channel hears of it."""
    with year.store.writing() as db:
        publications.enqueue(db, [replace(site(year), channel="kommunen-x-2", revision=99)], MONDAY)
    row = year.outbox()["kommunen-x-2"]
    with year.store.writing() as db, pytest.raises(Refused, match="godkännande"):
        from tasks.publish import _approved_outputs

        _approved_outputs(db, row)
    assert not channel.sent


def test_bytes_that_are_no_longer_the_approved_ones_are_not_sent(year: Year, channel: Scripted) -> None:
    """An approval is of a hash: files that somebody exchanged in the database since are refused, on every channel."""
    with year.store.writing() as db:
        db.execute(text("UPDATE outputs SET sha256 = (SELECT max(sha256) FROM outputs) WHERE name LIKE '%/index.html'"))
    with pytest.raises(Refused, match="inte de som båda parterna godkände"):
        step(year)
    assert not channel.sent


def test_posts_wait_for_office_hours(year: Year, channel: Scripted) -> None:
    """On a Saturday the pages go up, and the posts wait for Monday."""
    saturday = at_local(date(2021, 5, 15), 9)
    states = {c: p.state for c, p in year.publish(saturday).items()}
    assert (states["strangnas.se"], states["polisen.se"]) == ("published", "published")
    assert states["kommunen-delning"] == "pending"
    assert year.publish(MONDAY)["kommunen-delning"].state == "published"


def test_what_became_pending_meanwhile_waits_for_office_hours_too(year: Year, channel: Scripted) -> None:
    """A worker listed the post as uncertain, another one moved it on: outside office hours it still isn't sent."""
    year.publish(at_local(date(2021, 5, 15), 9))
    sent, post = len(channel.sent), year.outbox()["kommunen-delning"]
    assert advance(year.store, year.config, post.id, at_local(date(2021, 5, 15), 9)).state == "pending"
    assert advance(year.store, year.config, post.id, at_local(date(2021, 5, 17), 16)).state == "pending"
    assert len(channel.sent) == sent
    assert advance(year.store, year.config, post.id, MONDAY).state == "published"


def test_a_person_who_was_asked_is_not_outrun_by_a_look(year: Year, channel: Scripted) -> None:
    """A worker that listed the row before a person was asked doesn't look again."""
    channel.ABSENCE_IS_PROOF = False
    with year.store.writing() as db:
        publications.move(db, site(year).id, from_states=["pending"], to="uncertain", now=MONDAY, lookups=4)
    channel.finding.append(Uncertain("skulle inte ha frågats"))
    assert step(year, MONDAY + timedelta(days=1)).lookups == 4 and channel.finding


def test_a_row_that_is_being_sent_is_left_alone(year: Year, channel: Scripted) -> None:
    """Another worker holds it; when that one is dead for sure, it is unknown."""
    with year.store.writing() as db:
        publications.move(db, site(year).id, from_states=["pending"], to="prepared", now=MONDAY)
        publications.claim(db, replace(site(year), state="prepared"), MONDAY)
    assert step(year).state == "sending"
    assert not channel.sent
    channel.finding.append(None)
    year.publish(MONDAY + publications.LEASE + timedelta(minutes=1))
    assert site(year).state in ("pending", "published")


def test_settling_with_a_link_is_the_receipt(year: Year, channel: Scripted) -> None:
    """A hand-over becomes published when its link is pasted back; a wrong address is refused."""
    channel.publishing.append(Receipt("handed_over"))
    assert step(year).state == "handed_over"
    with pytest.raises(Refused, match="https"):
        decide.settle(year.store, year.config, site(year).id, url="javascript:alert(1)", person=KOMMUN, at=MONDAY)
    decide.settle(
        year.store, year.config, site(year).id, url="https://strangnas.example.com/x", person=KOMMUN, at=MONDAY
    )
    assert (site(year).state, site(year).url) == ("published", "https://strangnas.example.com/x")


def test_an_edit_of_a_text_that_is_not_there_is_refused(year: Year) -> None:
    """A misspelt text never vanishes without a word."""
    year.run("2021-T2")
    draft = year.current("2021-T2")
    with pytest.raises(Refused, match="sida/c9"):
        decide.edit(
            year.store,
            year.config,
            draft.id,
            seen_revision=draft.revision,
            texts={("sida", "c9"): "Text."},
            person=KOMMUN,
            at=MONDAY,
        )
