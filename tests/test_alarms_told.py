"""Alarms as people get them: a mail and a webhook on this machine, each alarm once, and again when it is solved."""

from __future__ import annotations

import email
import email.policy
import json
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from pydantic import SecretStr

import config as configuration
from config.schema import Notify
from tasks import alarms, watch
from tasks.alarms import Alarm
from tasks.model import Fetch, Publication
from tasks.periods import at_local, periods
from tasks.store import Store
from tests.year import a_year, walk

pytestmark = pytest.mark.slow
NOW = datetime(2021, 9, 1, 6, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=9)


@contextmanager
def webhook() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Serve a webhook; give its Apprise address and what it has taken: (title, body)."""
    taken: list[tuple[str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            taken.append((said["title"], said["message"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep still."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    with _serving(server):
        yield f"json://127.0.0.1:{server.server_address[1]}/", taken


@contextmanager
def mailbox() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Serve SMTP as a relay does (RFC 5321); give its Apprise address and the mails: (subject, body)."""
    taken: list[tuple[str, str]] = []

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 mail.example.se\r\n")
            while line := self.rfile.readline().strip().upper():
                if line == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (row := self.rfile.readline()) != b".\r\n":
                        lines.append(row.removeprefix(b"."))
                    mail = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                    body = mail.get_body(("plain", "html"))
                    taken.append((str(mail["subject"]), body.get_content() if body else ""))
                elif line == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                self.wfile.write(b"250 ok\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
    server.daemon_threads = True
    with _serving(server):
        port = server.server_address[1]
        yield f"mailto://127.0.0.1:{port}?from=loftet@example.se&to=drift@example.se&mode=insecure", taken


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def every_kind() -> list[Alarm]:
    """One alarm of each kind, made by the rules from facts that need somebody."""
    config = configuration.load()
    promise, place = config.promises["strangnas-2021"], config.municipalities["strangnas"]
    police = config.source("polisen-handelser")
    channel = place.channels[0]
    expiring = place.model_copy(update={"channels": (channel.model_copy(update={"keys_expire": date(2021, 9, 10)}),)})
    period = periods(promise)[0]
    row = Publication(7, promise.slug, period.id, 1, channel.id, "k", "refused", 1, 1, updated_at=NOW)
    rows = [row, replace(row, id=8, state="uncertain"), replace(row, id=9, state="by_hand")]
    thinned = Fetch("polisen-handelser", NOW, "thinned", message="Anna Påhittad")
    return [
        *alarms.of_sources([police], {police.id: (LONG_AGO, thinned)}, NOW),
        *alarms.of_quarantine([police], {police.id: 3}, NOW),
        *alarms.of_questions(promise, True, NOW),
        *alarms.of_draft(promise, period, ["police"], NOW, ("Uppföljningen väntar.", "Godkänn den.")),
        *alarms.of_publications(promise, {channel.id: channel}, rows, {period.id: period.name}),
        *alarms.of_waiting(
            promise,
            {channel.id: channel},
            [(replace(row, id=10, state="pending"), LONG_AGO)],
            {period.id: period.name},
            NOW,
        ),
        alarms.of_parity(promise, channel, row, period.name, ["Nu: något annat."], NOW),
        *alarms.of_keys(expiring, date(2021, 9, 1)),
        *alarms.of_runs([("draft", "strangnas-2021/2021-T1", "OperationalError", NOW)]),
        *alarms.of_disk(12_000_000, NOW),
    ]


def test_each_kind_is_told_once_and_again_when_solved(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What, since when and what to do, by mail and by webhook; nothing of what a source sent."""
    raised = [a for a in every_kind() if not a.key.startswith(alarms.PARITY)]
    assert len({a.key.split("/")[0] for a in every_kind()}) == 10
    guide = (configuration.SHIPPED / "deploy" / "DRIFT.md").read_text(encoding="utf-8")
    assert guide.count("\n| ") > len(raised)
    with webhook() as (hook, called), mailbox() as (box, mailed):
        here = replace(
            configuration.load(None, sqlite_store.url),
            address="https://loftet.example.se",
            notify=tuple(Notify(name=n, url=SecretStr(u)) for n, u in (("Krok", hook), ("Post", box))),
        )
        facts = [raised]
        monkeypatch.setattr(watch, "facts", lambda *_: facts[0])
        for _ in range(2):
            watch.look(sqlite_store, here, NOW, 10**12)
        assert len(called) == len(mailed) == len(raised)
        for alarm in raised:
            [body] = [b for title, b in called if title == alarm.what]
            assert body.startswith("Sedan ") and alarm.mend in body and "https://loftet.example.se/" in body
            [letter] = [b for subject, b in mailed if " ".join(subject.split()) == " ".join(alarm.what.split())]
            assert alarm.mend.split(".")[0] in letter
        assert "Anna" not in str(called) + str(mailed)
        facts[0] = []
        for _ in range(2):
            watch.look(sqlite_store, here, NOW, 10**12)
        assert sorted(t for t, _ in called[len(raised) :]) == sorted(f"Löst: {a.what}" for a in raised)
        assert len(mailed) == 2 * len(raised)


def test_a_draft_that_nobody_approves_climbs_until_the_managers_hear(
    tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven and two days before, on the day and the day after: one word each; the manager hears of the last only."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as year, webhook() as (hook, called), webhook() as (boss, heard):
        year.logs([walk("K1", "2021-04-10")], [])
        year.run("2021-T1")
        config = year.config
        due = periods(config.promises[year.promise_slug])[0].due
        people = (
            Notify(name="Handläggare", url=SecretStr(hook)),
            Notify(name="Chef", url=SecretStr(boss), from_level=4),
        )
        place = config.municipalities["strangnas"].model_copy(update={"notify": people})
        here = replace(config, municipalities={"strangnas": place})
        told = []
        for day in range(-9, 4):
            before = len(called), len(heard)
            for hour in (7, 12):
                watch.look(year.store, here, at_local(due + timedelta(days=day), hour), 10**12)
            told += [(day, "uppföljningen" in called[-1][0])] if len(called) > before[0] else []
            told += [(day, "chef")] if len(heard) > before[1] else []
        assert told == [(-7, True), (-2, True), (0, True), (1, True), (1, "chef")], called
        assert year.outbox() == {}, "nothing is published by itself"
        year.approve("2021-T1", at_local(due + timedelta(days=3), 13))
        watch.look(year.store, here, at_local(due + timedelta(days=3), 14), 10**12)
        assert [t.startswith("Löst: ") for t, _ in (called[-1], heard[-1])] == [True, True]


def test_a_page_that_somebody_changed_is_told_until_it_is_as_approved(
    tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word on the public page is changed by hand: whoever runs the system hears it once, and when it is mended."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as year, webhook() as (hook, called):
        year.logs([walk("K1", "2021-04-10")], [])
        year.run("2021-T1")
        morning = at_local(date(2021, 5, 11), 9)
        year.approve("2021-T1", morning)
        for hours in range(3):
            year.publish(morning + timedelta(hours=hours))
        assert year.outbox()["strangnas.se"].state == "published"
        page = next((tmp_path / "published" / "strangnas.se").rglob("uppfoljning-2021-T1/index.html"))
        approved = page.read_bytes()
        here = replace(year.config, notify=(Notify(name="Drift", url=SecretStr(hook)),))
        changed = approved.replace(b"vandring", b"rundtur")
        assert changed != approved
        told = []
        for day, body in enumerate((approved, changed, approved, approved), 1):
            page.write_bytes(body)
            for hours in (0, 1):
                now = morning + timedelta(days=day, hours=hours)
                watch.compare(year.store, here, now)
                watch.look(year.store, here, now, 10**12)
            told.append([t for t, _ in called if "det som ligger ute" in t])
            called.clear()
        assert [len(titles) for titles in told] == [0, 1, 1, 0]
        assert told[2] == [f"Löst: {told[1][0]}"]
