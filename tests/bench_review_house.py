"""The house that the load bench visits: the sample year, one period sent and two drafts open, in its own process."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from subprocess import PIPE, Popen

import config as configuration
from config import Config
from flows.review.app import create_app, server
from tasks import decide
from tasks.collect import ask, keep
from tasks.draft import Drafted, follow_up, make
from tasks.model import Dated, Parsed, Payload, Period, Record
from tasks.periods import at_local, periods
from tasks.reconcile import reconcile
from tasks.store import Store, drafts, records

ROOT = Path(__file__).parents[1]
SAMPLE = configuration.SHIPPED / "samples" / "strangnas-2021"
PROMISE = "strangnas-2021"
# The sample year leaves nothing to ask; each of these is near enough to a safety walk to be a question.
_ROUNDS = tuple(date(2021, 9, day) for day in range(6, 14))


def stock(url: str, folder: Path) -> None:
    """Fill an empty database with the sample year: its first period approved by both, the other two open drafts."""
    configuration.set_environment(
        {"LOFTESKOLL_PUBLISHED": str(folder / "published"), "LOFTESKOLL_SITE_PORT": "9"}, override=True
    )
    config, store = configuration.load(SAMPLE, url), Store(url)
    store.migrate()
    for number, current in enumerate(periods(config.promises[PROMISE])):
        made = _drafted(config, store, current)
        if number == 0:
            _approve(config, store, made)
    store.close()


@contextmanager
def served(url: str) -> Iterator[tuple[str, int]]:
    """Serve a stocked database from one process of its own, as `lofteskoll up` does; give its address and its pid."""
    command = [sys.executable, "-m", "tests.bench_review_house", "--database", url]
    child = Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True)
    try:
        assert child.stdin is not None and child.stdout is not None
        address = child.stdout.readline().strip()
        if not address:
            raise RuntimeError(f"the review application ended with {child.wait()}")
        yield address, child.pid
    finally:
        child.communicate(timeout=20)


def cpu_seconds(pid: int) -> float:
    """Return how many seconds of one core a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _drafted(config: Config, store: Store, current: Period) -> Drafted:
    """Collect, reconcile and draft one period on the morning when it is due."""
    promise, now = config.promises[PROMISE], at_local(current.due, 9)
    for source in config.all_sources():
        answer = ask(config, store, source, now)
        with store.writing() as db:
            keep(db, answer)
    with store.writing() as db:
        payload = Payload("strangnas-nyheter", now, "", "text/plain", b"rounds")
        records.save_parsed(db, payload, Parsed(tuple(_round(day) for day in _ROUNDS if day <= current.end)))
        reconcile(db, config, promise, now)
        return make(db, config, promise, follow_up(db, config, promise, current, now), now)


def _round(day: date) -> Record:
    return Record(
        "strangnas-nyheter",
        f"rond-{day}",
        "Trygghetsrond i Mariefred",
        text=f"Kommunen och polisen gick en trygghetsrond den {day.day} september med boende i området.",
        when=Dated.day(day),
        place="Mariefred",
        party="municipality",
    )


def _approve(config: Config, store: Store, made: Drafted) -> None:
    assert made.draft_id is not None
    with store.reading() as db:
        seen = drafts.draft(db, made.draft_id)
    assert seen is not None
    people = [p for p in config.municipality_of(config.promises[PROMISE]).people if "approver" in p.roles]
    for person in people:
        decide.approve(
            store,
            config,
            seen.id,
            seen_sha256=seen.sha256,
            person=person,
            at=seen.followup.as_of,
            accept_gaps=True,
        )


def main() -> None:
    """Serve until stopped; the first line on standard output is the address."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_review_house")
    parser.add_argument("--database", required=True)
    chosen = parser.parse_args()
    config = configuration.load(SAMPLE, chosen.database)
    app = create_app(
        config, Store(chosen.database, busy=True), demo=True, secret="bench" * 8, now=lambda: datetime.now(UTC)
    )
    ours = server(app, port=0)
    serving = threading.Thread(target=ours.run)
    serving.start()
    while not ours.started and serving.is_alive():
        time.sleep(0.02)
    print(f"http://127.0.0.1:{ours.servers[0].sockets[0].getsockname()[1]}", flush=True)
    # Until the bench closes our standard input.
    sys.stdin.read()
    ours.should_exit = True
    serving.join()


if __name__ == "__main__":
    main()
