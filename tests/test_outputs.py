"""What was rendered is kept once under its hash, on SQLite and on PostgreSQL, with what an earlier version stored."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from tasks.model import Output, digest
from tasks.store import Store, drafts
from tests.test_store import NOW, a_draft


def test_bytes_of_the_earlier_layout_are_kept_and_come_back(store: Store) -> None:
    """What 0006 stored with every revision is found by the newer layout, once; and the way back gives each its own."""
    files = [
        ("kommunen", "a.css", b"p{}"),
        ("polisen", "a.css", b"p{}"),
        ("polisen", "bild.png", b"\x00\xff"),
        ("x", "", b""),
    ]
    draft_id = a_draft(store)
    with store.writing() as db:
        db.execute(text("DELETE FROM outputs"))
        db.execute(text("DELETE FROM contents"))
    store.migrate_down("0006")
    add = text(
        "INSERT INTO outputs (draft_id, revision, channel, name, media_type, sha256, body) "
        "VALUES (:draft_id, :revision, :channel, :name, 'text/plain', :sha256, :body)"
    )
    with store.writing() as db:
        for revision in (1, 2):
            for channel, name, body in files:
                row = {"channel": channel, "name": name, "sha256": digest(body), "body": body}
                db.execute(add, {"draft_id": draft_id, "revision": revision, **row})
    store.migrate()
    with store.reading() as db:
        for revision in (1, 2):
            made = drafts.rendered(db, draft_id, revision)
            assert [(o.channel, o.name, o.body) for o in made] == files
        assert db.execute(text("SELECT count(*) FROM contents")).scalar() == 3
    assert store.pending_changes() == []
    store.migrate_down("0006")
    with store.reading() as db:
        rows = db.execute(text("SELECT channel, name, body FROM outputs WHERE revision = 2 ORDER BY channel, name"))
        assert [(r.channel, r.name, bytes(r.body)) for r in rows] == files


def test_the_same_bytes_are_stored_once(store: Store) -> None:
    """A revision adds only what it changes, and what some revision names can be neither changed nor taken away."""
    draft_id = a_draft(store)
    page, style = Output("site", "index.html", "text/html", b"<p>2</p>"), Output("site", "a.css", "text/css", b"p{}")
    for seen, made in ((1, (page, style)), (2, (page, replace(style, channel="other")))):
        with store.writing() as db:
            drafts.revise(db, draft_id, seen_revision=seen, followup_id=None, blocks=(), rendered=made, at=NOW)
    with store.reading() as db:
        assert drafts.rendered(db, draft_id, 3) == (replace(style, channel="other"), page)
        assert db.execute(text("SELECT count(*) FROM contents")).scalar() == 3
    with pytest.raises(DatabaseError, match="never change"), store.writing() as db:
        db.execute(text("UPDATE contents SET body = body"))
    with pytest.raises(IntegrityError), store.writing() as db:
        db.execute(text("DELETE FROM contents"))


def test_two_who_store_the_same_bytes_at_once_both_succeed(postgresql_store: Store) -> None:
    """The second waits for the first's commit and names the same bytes, whatever order each has them in."""
    ids = [a_draft(postgresql_store, period) for period in ("2021-T1", "2021-T2")]
    made = [Output("site", f"{n}.txt", "text/plain", str(n).encode()) for n in range(50)]
    start, failed = threading.Barrier(2), []

    def work(draft_id: int, files: list[Output]) -> None:
        start.wait()
        for seen in range(1, 6):
            fresh = tuple(replace(o, body=o.body + str(seen).encode()) for o in files)
            try:
                with postgresql_store.writing() as db:
                    drafts.revise(db, draft_id, seen_revision=seen, followup_id=None, blocks=(), rendered=fresh, at=NOW)
            except DatabaseError as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(ids, (made, made[::-1]), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with postgresql_store.reading() as db:
        assert [len(drafts.rendered(db, i, 6)) for i in ids] == [50, 50]
