"""What the database itself guarantees, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from tasks.model import (
    Approval,
    Dated,
    Draft,
    Fetch,
    FollowUp,
    Output,
    Parsed,
    Payload,
    Publication,
    Quarantined,
    Record,
    Refused,
    Retraction,
    Unavailable,
)
from tasks.store import Db, Store, drafts, history, matches, publications, records
from tasks.store.calls import CallGate
from tasks.store.tables import APPEND_ONLY
from tasks.store.tables import records as rows

NOW = datetime(2021, 5, 17, 7, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


def payload(body: bytes = b"1", at: datetime = NOW) -> Payload:
    """An answer of source s."""
    return Payload("s", at, "file:s", "text/plain", body, "s.txt")


def record(key: str = "1", title: str = "Vandring", **values: object) -> Record:
    """A record of source s."""
    return Record("s", key, title, **values)


def a_draft(store: Store, period: str = "2021-T1") -> int:
    """Store a small draft of one channel and return its id."""
    followup = FollowUp(
        "p", period, "T1", date(2021, 3, 11), date(2021, 4, 30), date(2021, 5, 17), None, NOW, (), (), (), (), "1"
    )
    with store.writing() as db:
        followup_id, _ = drafts.freeze(db, followup)
        return drafts.add_draft(
            db,
            promise="p",
            period=period,
            edition=1,
            followup_id=followup_id,
            blocks=(),
            rendered=(Output("site", "index.html", "text/html", b"<p>1</p>"),),
            at=NOW,
        )


def test_a_record_keeps_its_versions(store: Store) -> None:
    """New content under the same id is a new version; the same content is nothing new; coming back is new again."""
    with store.writing() as db:
        assert records.save_parsed(db, payload(), Parsed((record(),))) == (1, 0)
        assert records.save_parsed(db, payload(), Parsed((record(),))) == (0, 0)
        assert records.save_parsed(db, payload(at=LATER), Parsed((record(title="Inställd"),))) == (0, 1)
        assert records.save_parsed(db, payload(at=LATER), Parsed((record(),))) == (0, 1)
        assert [(r.version, r.title) for r in records.versions(db, "s/1")] == [
            (1, "Vandring"),
            (2, "Inställd"),
            (3, "Vandring"),
        ]


def test_records_are_given_as_known_at_a_moment(store: Store) -> None:
    """What was seen later, or is dated later by its own source, was not known."""
    future = record("2", "Höst", published_at=LATER)
    with store.writing() as db:
        records.save_parsed(db, payload(), Parsed((record(), future)))
        records.save_parsed(db, payload(at=LATER), Parsed((record(title="Ändrad"),)))
        assert [(r.id, r.title) for r in records.known(db, ["s"], NOW)] == [("s/1", "Vandring")]
        assert [(r.id, r.title) for r in records.known(db, ["s"], LATER)] == [("s/1", "Ändrad"), ("s/2", "Höst")]


def test_a_record_comes_back_as_it_went_in(store: Store) -> None:
    """Every field survives the way through the database."""
    whole = record(
        text="å ä ö",
        url="https://strangnas.example/1",
        published_at=NOW,
        when=Dated(date(2021, 4, 1), date(2021, 4, 30), "month"),
        place="Mariefred",
        party="police",
        fields={"commitment": "c5", "count": 2, "police_took_part": True},
    )
    with store.writing() as db:
        records.save_parsed(db, payload(), Parsed((whole,)))
        (found,) = records.known(db, ["s"], NOW)
    assert found.content_sha256 == whole.content_sha256
    assert (found.when, found.fields, found.published_at, found.version) == (whole.when, whole.fields, NOW, 1)


def test_unreadable_rows_are_kept_once(store: Store) -> None:
    """Reading the same payload again finds the same row of the quarantine."""
    parsed = Parsed((), (Quarantined(4, "datumet finns inte", "a;b"),))
    with store.writing() as db:
        records.save_payload(db, payload())
        records.save_parsed(db, payload(), parsed)
        records.save_parsed(db, payload(), parsed)
        assert records.quarantined(db, "s") == [Quarantined(4, "datumet finns inte", "a;b")]


def test_the_latest_answer_is_known_by_its_bytes(store: Store) -> None:
    """An answer that comes back after another one is read again; the same one twice is not."""
    first, second = payload(b"1"), payload(b"2", LATER)
    with store.writing() as db:
        records.save_payload(db, first)
        assert records.is_latest_payload(db, first)
        records.save_payload(db, second)
        assert not records.is_latest_payload(db, first)
        records.save_payload(db, payload(b"1", LATER + timedelta(hours=1)))
        assert records.is_latest_payload(db, first)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_people_did_can_not_be_changed(store: Store, table: str) -> None:
    """The database refuses update and delete on the append-only tables."""
    draft_id = a_draft(store)
    with store.writing() as db:
        history.note(db, at=NOW, who="a", action="x")
        publications.add_retraction(db, Retraction("p", "2021-T1", 1, "error", "a", "police", NOW))
        drafts.add_approval(db, Approval(draft_id, 1, "0" * 64, "police", "a", NOW, "approved"))
        matches.add_judgement(
            db,
            promise="p",
            question="same",
            left="s/1",
            right="s/2",
            verdict="yes",
            corrected={},
            who="a",
            party="police",
            at=NOW,
            seen_sha256="0" * 64,
        )
    for statement in (f"UPDATE {table} SET who = 'b'", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match="append-only"), store.writing() as db:
            db.execute(text(statement))
    with store.reading() as db:
        assert db.execute(text(f"SELECT count(*) FROM {table} WHERE who = 'a'")).scalar() == 1


def test_an_answer_can_be_undone_once(store: Store) -> None:
    """The newest standing answer counts; an undone one gives way to the one before it."""
    answer = {"promise": "p", "question": "evidence", "left": "s/1", "right": "c5", "corrected": {}, "who": "a"}
    with store.writing() as db:
        matches.add_judgement(db, **answer, verdict="no", party="police", at=NOW, seen_sha256="0" * 64)
        second = matches.add_judgement(db, **answer, verdict="yes", party="police", at=NOW, seen_sha256="0" * 64)
        assert [j.verdict for j in matches.answers(db, "p")] == ["yes"]
        matches.undo_judgement(db, second, who="b", party="municipality", at=LATER)
        assert [j.verdict for j in matches.answers(db, "p")] == ["no"]
        assert [j.verdict for j in matches.answers(db, "p", as_of=NOW)] == ["yes"]
        with pytest.raises(Refused, match="redan ångrat"):
            matches.undo_judgement(db, second, who="b", party="municipality", at=LATER)


def test_nobody_approves_twice_or_for_both(store: Store) -> None:
    """One word per party and per person on each revision, by unique keys."""
    draft_id = a_draft(store)
    with store.writing() as db:
        drafts.add_approval(db, Approval(draft_id, 1, "0" * 64, "police", "a", NOW, "approved"))
    for party, who in (("police", "b"), ("municipality", "a")):
        with pytest.raises(IntegrityError), store.writing() as db:
            drafts.add_approval(db, Approval(draft_id, 1, "0" * 64, party, who, NOW, "approved"))


def test_a_frozen_follow_up_is_given_back_unchanged(store: Store) -> None:
    """The second freezing of a moment returns the first one's content."""
    first = FollowUp(
        "p", "2021-T1", "T1", date(2021, 3, 11), date(2021, 4, 30), date(2021, 5, 17), None, NOW, (), (), (), (), "1"
    )
    other = FollowUp(
        "p", "2021-T1", "T1", date(2021, 3, 11), date(2021, 4, 30), date(2021, 5, 17), None, NOW, (), (), (), (), "2"
    )
    with store.writing() as db:
        key, _ = drafts.freeze(db, first)
        assert drafts.freeze(db, other) == (key, first)


def test_of_two_saves_of_one_revision_one_wins(store: Store) -> None:
    """The revision that was seen is part of the update's own condition."""
    draft_id = a_draft(store)
    made = (Output("site", "index.html", "text/html", b"<p>2</p>"),)
    with store.writing() as db:
        assert drafts.revise(db, draft_id, seen_revision=1, followup_id=None, blocks=(), rendered=made, at=NOW) == 2
        assert drafts.revise(db, draft_id, seen_revision=1, followup_id=None, blocks=(), rendered=made, at=NOW) is None
        assert drafts.rendered(db, draft_id, 2) == made
        assert drafts.rendered(db, draft_id, 1)[0].body == b"<p>1</p>"


def outbox_row(draft_id: int, channel: str = "site") -> Publication:
    """A row of the outbox."""
    return Publication(0, "p", "2021-T1", 1, channel, "p/2021-T1", "pending", draft_id, 1)


@pytest.mark.slow
def test_who_waits_for_a_draft_sees_it_with_its_new_figures(postgresql_store: Store) -> None:
    """A flow gives the draft another follow-up meanwhile: it is still there, with that one."""
    draft_id = a_draft(postgresql_store)
    seen: list[Draft | None] = []

    def wait(newest: bool) -> None:
        with postgresql_store.writing() as db:
            asked = drafts.latest(db, "p", "2021-T1", lock=True) if newest else drafts.draft(db, draft_id, lock=True)
            seen.append(asked)

    waiting = [threading.Thread(target=wait, args=(newest,)) for newest in (True, False)]
    with postgresql_store.writing() as db:
        before = drafts.draft(db, draft_id, lock=True)
        assert before is not None
        fresh, _ = drafts.freeze(db, replace(before.followup, as_of=LATER))
        for thread in waiting:
            thread.start()
        time.sleep(0.3)
        assert not seen
        made = (Output("site", "index.html", "text/html", b"<p>2</p>"),)
        assert drafts.revise(
            db, draft_id, seen_revision=1, followup_id=fresh, blocks=(), rendered=made, at=LATER
        ) == 2  # fmt: skip
    for thread in waiting:
        thread.join(10)
    assert [(d.revision, d.followup.as_of) for d in seen if d] == [(2, LATER)] * 2


def test_of_many_workers_one_gets_the_row(store: Store) -> None:
    """Eight threads claim at once; the row is sent by one."""
    draft_id = a_draft(store)
    with store.writing() as db:
        publications.enqueue(db, [outbox_row(draft_id)], NOW)
        row = publications.listed(db)[0]
    winners: list[int] = []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        with store.writing() as db:
            if publications.claim(db, row, NOW):
                winners.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1


def test_a_dead_senders_row_becomes_uncertain_never_pending(store: Store) -> None:
    """An expired lease says that it is unknown whether the post went out; a late word changes nothing."""
    draft_id = a_draft(store)
    with store.writing() as db:
        publications.enqueue(db, [outbox_row(draft_id)], NOW)
        claimed = sending(db, publications.listed(db)[0])
        assert publications.expire(db, NOW + publications.LEASE) == 0
        assert publications.expire(db, NOW + publications.LEASE + timedelta(seconds=1)) == 1
        assert publications.listed(db)[0].state == "uncertain"
        late = publications.move(
            db, claimed.id, from_states=["sending"], to="published", now=LATER, attempt=claimed.attempt
        )
        assert not late


def sending(db: Db, row: Publication) -> Publication:
    """Take a pending row through preparing to where its sender is at work."""
    prepared = publications.claim(db, row, NOW)
    assert prepared is not None and prepared.state == "preparing"
    publications.move(db, row.id, from_states=["preparing"], to="prepared", now=NOW, attempt=prepared.attempt)
    claimed = publications.claim(db, replace(prepared, state="prepared"), NOW)
    assert claimed is not None and (claimed.state, claimed.attempt) == ("sending", 1)
    return claimed


def test_a_dead_preparers_row_starts_anew(store: Store) -> None:
    """What was being prepared nobody can see: it is done again, and the dead one's late word is not heard."""
    draft_id = a_draft(store)
    with store.writing() as db:
        publications.enqueue(db, [outbox_row(draft_id)], NOW)
        claimed = publications.claim(db, publications.listed(db)[0], NOW)
        assert claimed is not None
        assert publications.expire(db, LATER + publications.LEASE) == 1
        assert publications.listed(db)[0].state == "pending"
        again = publications.claim(db, publications.listed(db)[0], LATER + publications.LEASE)
        assert again is not None and again.attempt == 2
        assert not publications.move(
            db, claimed.id, from_states=["preparing"], to="prepared", now=LATER, attempt=claimed.attempt
        )


def test_what_was_begun_while_the_clock_was_ahead_waits_no_longer_once_it_is_right(store: Store) -> None:
    """Dead in the middle of sending under a clock a month ahead: uncertain now, not in a month. Nothing is pending."""
    earlier = NOW - timedelta(days=30)
    draft_id = a_draft(store)
    with store.writing() as db:
        publications.enqueue(db, [outbox_row(draft_id), outbox_row(draft_id, "other")], NOW)
        sent, held = publications.listed(db)
        sending(db, sent)
        publications.move(db, held.id, from_states=["pending"], to="pending", now=NOW, not_before=LATER)
        assert publications.expire(db, earlier) == 1
        sent, held = publications.listed(db)
        assert (sent.state, held.state, held.not_before) == ("uncertain", "pending", None)
        # Two machines may differ by a little, and a live sender is left alone.
        assert publications.expire(db, earlier - timedelta(days=1)) == 0


def test_a_retraction_turns_every_row_of_its_editions_round(store: Store) -> None:
    """Unsent rows stop, what may be out is taken back, a later edition stands."""
    draft_id = a_draft(store)
    with store.writing() as db:
        rows = [replace(outbox_row(draft_id), channel=f"k{n}") for n in range(3)]
        publications.enqueue(db, [*rows, replace(outbox_row(draft_id), edition=2)], NOW)
        sent, unknown, _, _ = publications.listed(db)
        for row, to in ((sent, "published"), (unknown, "uncertain")):
            publications.move(db, row.id, from_states=["pending"], to=to, now=NOW)
        assert publications.sweep(db, NOW) == 0
        publications.add_retraction(db, Retraction("p", "2021-T1", 1, "error", "a", "police", NOW))
        assert publications.sweep(db, NOW) == 3
        states = [p.state for p in publications.listed(db)]
    assert states == ["retracting", "retracting", "stopped", "pending"]


def test_a_retraction_reaches_the_hidden_draft_of_a_row_that_was_stopped(store: Store) -> None:
    """What a later edition overtook, or a person stopped, may have left a draft at the network."""
    draft_id = a_draft(store)
    with store.writing() as db:
        publications.enqueue(db, [replace(outbox_row(draft_id), channel=f"k{n}") for n in range(2)], NOW)
        for row, made in zip(publications.listed(db), ("nr-1", None), strict=True):
            publications.move(db, row.id, from_states=["pending"], to="stopped", now=NOW, remote_id=made)
        publications.add_retraction(db, Retraction("p", "2021-T1", 1, "secrecy", "a", "police", NOW))
        assert (publications.sweep(db, NOW), publications.sweep(db, NOW)) == (1, 0)
        assert [p.state for p in publications.listed(db)] == ["retracting", "stopped"]


def test_a_page_is_taken_back_by_one_worker_before_its_next_edition(store: Store) -> None:
    """A slow worker's notice would else stand over the edition that came after."""
    draft_id = a_draft(store)
    with store.writing() as db:
        publications.enqueue(db, [replace(outbox_row(draft_id), edition=n) for n in (1, 2)], NOW)
        first, second = publications.listed(db)
        publications.move(db, first.id, from_states=["pending"], to="retracting", now=NOW)
        assert publications.claim(db, second, NOW) is None
        assert publications.hold(db, first, NOW) and not publications.hold(db, first, NOW)
        assert publications.hold(db, first, NOW + publications.LEASE)
        publications.move(db, first.id, from_states=["retracting"], to="retracted", now=NOW)
        assert publications.claim(db, second, NOW)
        publications.move(db, first.id, from_states=["retracted"], to="retracting", now=NOW)
        assert not publications.hold(db, first, NOW)


def test_a_row_knows_what_earlier_editions_made(store: Store) -> None:
    """The one that is public is what a correction answers; the others may be drafts of ours that still lie there."""
    draft_id = a_draft(store)
    with store.writing() as db:
        publications.enqueue(db, [replace(outbox_row(draft_id), edition=n) for n in (1, 2, 3, 4)], NOW)
        keys = [row.id for row in publications.listed(db)]
        for key, to in zip(keys[:2], ("published", "refused"), strict=True):
            publications.move(db, key, from_states=["pending"], to=to, now=NOW, remote_id=f"nr-{key}")
        row = publications.publication(db, keys[3])
    assert row and (row.replaces, row.earlier) == (f"nr-{keys[0]}", (f"nr-{keys[1]}", f"nr-{keys[0]}"))


def test_an_edition_fills_the_outbox_once(store: Store) -> None:
    """Two last approvals at once meet the unique key."""
    draft_id = a_draft(store)
    with store.writing() as db:
        publications.enqueue(db, [outbox_row(draft_id)], NOW)
    with pytest.raises(IntegrityError), store.writing() as db:
        publications.enqueue(db, [outbox_row(draft_id)], NOW)


def test_calls_are_counted_for_all_workers(store: Store) -> None:
    """Ten seconds apart and sixty an hour, whoever asks; the earliest moment is given back."""
    clock = [NOW]
    gates = [CallGate(store, lambda: clock[0]) for _ in range(2)]
    assert gates[0].claim("polisen.se", 10, 60) is None
    assert gates[1].claim("polisen.se", 10, 60) == NOW + timedelta(seconds=10)
    assert gates[1].claim("strangnas.se", 10, 60) is None
    for n in range(1, 60):
        clock[0] = NOW + timedelta(seconds=10 * n)
        assert gates[n % 2].claim("polisen.se", 10, 60) is None
    clock[0] = NOW + timedelta(minutes=30)
    assert gates[0].claim("polisen.se", 10, 60) == NOW + timedelta(hours=1)
    clock[0] = NOW + timedelta(hours=1)
    assert gates[0].claim("polisen.se", 10, 60) is None


def test_an_address_that_is_gone_stays_gone(store: Store) -> None:
    """A 404 is remembered across restarts."""
    gate = CallGate(store, lambda: NOW)
    gate.mark_gone("https://polisen.se/api/events")
    gate.mark_gone("https://polisen.se/api/events")
    assert CallGate(store, lambda: LATER).is_gone("https://polisen.se/api/events")
    assert not gate.is_gone("https://polisen.se/api/other")


def test_a_rehearsal_leaves_nothing_behind(store: Store) -> None:
    """What a dry run writes is seen inside it and gone after it."""
    with store.rehearsing() as db:
        records.add_fetch(db, Fetch("s", NOW, "ok"))
        assert records.fetch_log(db, "s")
    with store.reading() as db:
        assert not records.fetch_log(db, "s")


def test_a_reader_sees_one_moment(store: Store) -> None:
    """What another one keeps meanwhile is seen by the next reader."""
    with store.reading() as db:
        assert not records.fetch_log(db, "s")
        with Store(store.url).writing() as other:
            records.add_fetch(other, Fetch("s", NOW, "ok"))
        assert not records.fetch_log(db, "s")
    with store.reading() as db:
        assert records.fetch_log(db, "s")


def test_a_failed_transaction_leaves_nothing_behind(store: Store) -> None:
    """An exception in the middle takes everything back."""
    with pytest.raises(RuntimeError), store.writing() as db:
        records.add_fetch(db, Fetch("s", NOW, "ok"))
        raise RuntimeError
    with store.reading() as db:
        assert not records.fetch_log(db, "s")


def test_migrations_go_up_and_down(store: Store) -> None:
    """The layout can be taken back to nothing and built again."""
    store.migrate()
    store.migrate_down("base")
    assert not store.has_tables()
    store.migrate()
    assert store.has_tables()


def test_the_migrations_make_what_the_tables_say(store: Store) -> None:
    """No difference is left between the migrated layout and tables.py."""
    assert store.pending_changes() == []


def test_a_naive_moment_is_refused(sqlite_store: Store) -> None:
    """A moment without its time zone never gets in."""
    with pytest.raises(Exception, match="time zone"), sqlite_store.writing() as db:
        records.add_fetch(db, Fetch("s", datetime(2021, 5, 17), "ok"))


def test_a_database_that_does_not_answer_says_what_to_do() -> None:
    """The message names the database without its password, and the mend."""
    store = Store("postgresql://someone:secret@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match="svarar inte") as caught, store.reading():
        pass
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x/y"])
def test_an_address_that_makes_no_sense_is_refused(url: str) -> None:
    """The message shows what an address looks like."""
    with pytest.raises(Refused, match="sqlite:///"):
        Store(url)


def test_a_new_record_is_written_as_its_types_write(store: Store) -> None:
    """What is stored is equal, in the database's own eyes, to what a question asks with."""
    when = Dated(date(2021, 10, 14), date(2021, 10, 15), "day")
    told = record(published_at=NOW, when=when, fields={"commitment": "c5"})
    with store.writing() as db:
        assert records.save_parsed(db, payload(at=LATER), Parsed((told,))) == (1, 0)
        c = rows.c
        same = (c.seen_at == LATER, c.published_at == NOW, c.starts_on == when.start, c.ends_on == when.end, c.latest)
        field = c.fields["commitment"].as_string() == "c5"
        assert db.execute(select(c.id).where(*same, field)).scalars().all() == ["s/1"]
        with pytest.raises(ValueError, match="time zone"):
            records.save_parsed(db, payload(at=LATER), Parsed((replace(told, published_at=NOW.replace(tzinfo=None)),)))
