"""One chapter of a chaos run: a promise year whose editions are approved, published and taken back in a storm."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import config as configuration
from tasks.model import Draft, Publication
from tasks.periods import STOCKHOLM, at_local, in_publishing_hours, next_working_day
from tasks.store import Store, drafts, history, publications
from tests import chaos_acts as acts
from tests.chaos_databases import Databases
from tests.chaos_flows import flowing
from tests.chaos_judge import POSTS, Approved, is_out, judge, posts
from tests.chaos_promise import PERIODS, SLUG, Tally
from tests.chaos_servers import FAULTS, LASTING, READ_FAULTS, Outside
from tests.chaos_workers import Ended, Fate, Worker, publishing
from tests.year import KOMMUN, POLICE

_STILL = ("published", "refused", "stopped", "retracted", "by_hand")
# How far a worker's clock may be from the others': none, past a lease, back, into the night, days ahead.
_JUMPS = (*[timedelta(0)] * 12, timedelta(minutes=11), timedelta(minutes=25), -timedelta(hours=3), timedelta(hours=9))
_JUMPS = (*_JUMPS, timedelta(days=1), timedelta(days=3), -timedelta(days=2))


class Chapter:
    """A fresh database, empty servers, and a random source of its own: all that happens follows from its seed."""

    def __init__(
        self, seed: str, folder: Path, databases: Databases, url: str, outside: Outside, tally: Tally, broken: str = ""
    ) -> None:
        self.seed, self.folder, self.url, self.outside = seed, folder, url, outside
        self.tally, self.broken = tally, broken
        self.random = random.Random(seed)
        self.databases = databases
        self.hasty = configuration.load(folder, url)
        self.patient = acts.patient(self.hasty)
        self.approved = Approved()
        # Later than any real clock, so that what a server says in real time has always passed.
        today = datetime.now(UTC).astimezone(STOCKHOLM).date()
        self.now = at_local(next_working_day(today + timedelta(days=2)), 9)
        self.lasting = False
        # The Prefect server whose flow runs do a round's work; "" when the verbs are called directly.
        self.api = ""
        # Every attempt that was once uncertain, and what a person who was asked found.
        self.doubts: set[tuple[int, int]] = set()
        self.answers: dict[tuple[int, int], str] = {}
        self.story: list[str] = []

    def round(self, number: int, *, last: bool, api: str = "") -> None:
        """Take one edition from people's words to readers' eyes, through a storm."""
        self.api = api
        period = self.random.choice(PERIODS)
        self.say(f"omgång {number}: {period}/{self.approved.newest(period) + 1}")
        self.approve(period)
        for _ in range(self.random.choice((1, 2, 2, 3))):
            self.storm()
        if self.random.random() < 0.08:
            self.retract(period)
        if last or self.random.random() < 0.7:
            self.settle()
            self.judge(number)
        self.tally.numbers["rounds"] += 1
        self.tally.numbers["rounds_through_flows"] += bool(api)

    # What people do

    def approve(self, period: str) -> None:
        """Let both parties approve the period's next edition, begun as a correction where one is closed."""
        wanted = self.approved.newest(period) + 1
        for attempt in range(9):
            draft = self.draft(period)
            if draft.edition == wanted and draft.state == "closed":
                break
            who = "correction" if wanted > 1 else "people"
            if draft.edition < wanted:
                self.people([partial(acts.correct, self.hasty, draft.id, self.now)], who, calm=attempt > 1)
                continue
            with self.reading() as store, store.reading() as db:
                self.approved.outputs[period, wanted] = drafts.rendered(db, draft.id, draft.revision)
            words = [partial(acts.approve, self.hasty, draft, self.now, person) for person in (POLICE, KOMMUN)]
            self.people(words, who, calm=attempt > 1)
        else:
            self.wrong("lost", f"{period}/{wanted}: gick inte att godkänna")

    def people(self, acts: list[Callable[[Store], None]], who: str, *, calm: bool) -> None:
        """Let people act at the same time; their process may die too."""
        fates = [Fate() if calm else self.fate(0.25, longest=6) for _ in acts]
        self.wait([Worker(act, self.url, fate, self.broken) for act, fate in zip(acts, fates, strict=True)], who)

    def retract(self, period: str) -> None:
        """Take the period's newest edition back."""
        draft = self.draft(period)
        self.say(f"återkallar {period}/{draft.edition}")
        self.wait([Worker(partial(acts.retract, self.hasty, draft, self.now), self.url, Fate())], "people")
        self.approved.retracted[period] = draft.edition
        self.tally.numbers["retractions"] += 1
        if self.random.random() < 0.5:
            self.storm()

    def settle_by_hand(self, rows: list[Publication]) -> bool:
        """Let a person who looks at the servers say what is so; return whether anybody had to."""
        found = False
        for row in rows:
            if row.state not in ("uncertain", "refused", "by_hand"):
                continue
            found = True
            seen = is_out(row, self.approved, self.outside)
            if row.state in ("uncertain", "by_hand"):
                self.answers[row.id, row.attempt] = "found_by_person" if seen else "was_not_out"
            if self.lasting and "inte är publicerade" in row.message:
                # A refused edition's hidden draft whose number never came back to us still stands.
                self.outside.tell("optimizely", "tidy")
                self.tally.numbers["tidied_by_hand"] += 1
            if row.state == "by_hand" and seen:
                self.outside.tell(
                    POSTS.get(row.channel, "optimizely"), "remove", what=seen if row.channel in POSTS else row.period
                )
                seen = None
            self.say(f"en person reder ut {row.period}/{row.edition} {row.channel} {row.state} ({row.message}): {seen}")
            link = f"https://example.com/{seen}" if seen else None
            act = partial(acts.settle, self.hasty, row.id, link, self.now)
            for ended in self.wait([Worker(act, self.url, Fate(), self.broken)], "people"):
                if ended.crashed:
                    self.wrong("wrong_state", f"{row.period}/{row.edition} {row.channel}: {ended.crashed}")
            self.tally.numbers["asked_a_person"] += 1
        return found

    # What machines do

    def storm(self) -> None:
        """Let one or two workers publish while things go wrong."""
        self.now = acts.working(self.now + timedelta(minutes=self.random.randint(1, 40)))
        self.outside.clock(self.now)
        # A broken rule is put where it shows: both workers post, or die having posted, and nothing else goes wrong.
        given = 0 if self.broken else self.misbehave()
        before = {server: len(posts(self.outside, server)) for server in POSTS.values()}
        moments, workers = [], []
        for _ in range(2 if self.broken else self.random.choice((1, 1, 2))):
            jumps = [self.random.choice(_JUMPS) for _ in range(self.random.choice((1, 1, 2)))]
            own = [self.now] if self.broken else [self.now + jump for jump in jumps]
            moments += own
            workers.append(self.publisher(own))
        if self.databases.can_restart and self.random.random() < 0.1:
            self.databases.restart()
            self.tally.numbers["database_restarts"] += 1
        ends = self.wait(workers, "workers")
        left = self.outside.calm()
        self.tally.numbers["faults"] += given - left
        self.tally.numbers["clock_jumps"] += sum(m != self.now for m in moments)
        endings = [e.died or e.crashed[:60] for e in ends]
        self.say(f"storm kl {[m.isoformat() for m in moments]}: {given - left} fel, {endings}")
        waiting = [r for r in self.outbox() if r.state not in ("published", "stopped", "retracted")]
        self.say(
            "; ".join(f"{r.period}/{r.edition} {r.channel} {r.state} {r.attempt} {r.message[:60]}" for r in waiting)
        )
        if not any(in_publishing_hours(m) for m in moments) and any(
            len(posts(self.outside, server)) > n for server, n in before.items()
        ):
            self.wrong("wrong_state", "ett inlägg gick ut utanför arbetstid")
        self.note_doubts()

    def misbehave(self) -> int:
        """Tell the servers what to do wrong with coming calls; return how many faults that is."""
        given = 0
        for server, kinds in READ_FAULTS.items():
            writes: list[str] = []
            reads: list[str] = []
            if server in FAULTS and self.random.random() < 0.7:
                writes = self.some(FAULTS[server])
                if self.random.random() < 0.06:
                    writes.append(self.random.choice(LASTING[server]))
                    self.lasting = True
            if self.random.random() < 0.3:
                reads = self.some(kinds)
            if writes or reads:
                self.outside.tell(server, "faults", faults=writes, read_faults=reads)
            given += sum(map(bool, (*writes, *reads)))
        if self.random.random() < 0.3:
            # X shows a post within five minutes.
            self.outside.tell("x", "settings", lag_seconds=self.random.randint(1, 299))
        return given

    def publisher(self, moments: list[datetime]) -> Worker:
        """Start a worker that moves the outbox on at these moments, with a fate of its own."""
        fate = self.fate(0.5, longest=180)
        if not self.api:
            return Worker(publishing(self.hasty, moments), self.url, fate, self.broken)
        work = flowing(self.folder, self.url, self.api, moments, full_disk=fate.full_disk)
        # A flow run takes longer to come to its point.
        return Worker(work, self.url, replace(fate, seconds=5 * fate.seconds), self.broken)

    def some(self, kinds: tuple[str, ...]) -> list[str]:
        """Return one to three faults; the first calls may go well."""
        return [""] * self.random.randint(0, 4) + [self.random.choice(kinds) for _ in range(self.random.randint(1, 3))]

    def fate(self, share: float, longest: int) -> Fate:
        """Return what shall happen to a worker: most often nothing, or death at some step, or at any moment."""
        if self.broken:
            return Fate(posted=self.broken == "expire")
        what = self.random.random()
        if what < 0.06:
            return Fate(posted=True)
        if what < share * 0.7:
            return Fate(step=self.random.randint(1, self.random.choice((longest // 3, longest))))
        if what < share:
            return Fate(seconds=self.random.uniform(0.02, 0.8))
        if self.databases.can_fill and what > 0.95:
            self.tally.numbers["full_disks"] += 1
            return Fate(full_disk=True)
        return Fate()

    def settle(self) -> None:
        """Let time pass and one faultless worker run until nothing moves; a person answers what is asked."""
        for _ in range(4):
            for _ in range(25):
                self.now = acts.working(self.now + timedelta(minutes=11))
                self.outside.clock(self.now)
                rows = self.outbox()
                self.wait([Worker(publishing(self.patient, [self.now]), self.url, Fate(), self.broken)], "settling")
                self.note_doubts()
                if self.outbox() == rows and self.at_rest(rows):
                    break
                waits = [r.not_before for r in rows if r.not_before and r.state not in _STILL]
                # A worker whose clock was ahead left a lease that far ahead.
                held = any(r.state in ("preparing", "sending") for r in rows)
                self.now = max([self.now + timedelta(hours=12 if held else 0), *waits])
            rows = self.outbox()
            self.tally.numbers["uncertain_left"] += sum(r.state == "uncertain" for r in rows)
            for row in (r for r in rows if r.state == "uncertain" and r.channel != "kommunen-x"):
                self.wrong("wrong_state", f"{row.period}/{row.edition} {row.channel}: osäker till slut ({row.message})")
            if not self.settle_by_hand(rows):
                return

    def at_rest(self, rows: list[Publication]) -> bool:
        """Return whether nothing more is to come without a person."""
        return all(
            not (r.not_before and r.not_before > self.now and r.state not in _STILL)
            and r.state not in ("sending", "preparing")
            for r in rows
        )

    def judge(self, number: int) -> None:
        """Hold what readers see against what was approved."""
        verdict = judge(SLUG, self.outbox(), self.approved, self.outside)
        for kind, words in verdict.wrong:
            self.wrong(kind, f"omgång {number}: {words}")
        self.lasting = False

    # What is counted

    def note_doubts(self) -> None:
        """Note which attempts on networks are uncertain, or were so in between."""
        self.note_refusals()
        rows = self.outbox()
        self.doubts |= {(r.id, r.attempt) for r in rows if r.state == "uncertain" and r.channel in POSTS}
        with self.reading() as store, store.reading() as db:
            told = history.events(db, SLUG, actions=["uncertain"])
        ids = {(r.period, r.edition, r.channel): r.id for r in rows if r.channel in POSTS}
        for event in told:
            key = (str(event.period), event.detail["edition"], event.detail["channel"])
            if key in ids:
                self.doubts.add((ids[key], event.detail["attempt"]))

    def note_refusals(self) -> None:
        """A refusal that nothing lasting gave cause for asks a person for nothing."""
        for row in self.outbox():
            if row.state == "refused" and not self.lasting:
                self.wrong("wrong_state", f"{row.period}/{row.edition} {row.channel}: nekad utan skäl ({row.message})")

    def count_doubts(self) -> None:
        """Count how the doubts ended: by a look, by a person who found the post, or by one who found none."""
        rows = {r.id: r for r in self.outbox()}
        for doubt in self.doubts:
            server = POSTS[rows[doubt[0]].channel]
            self.tally.numbers[f"uncertain_{server}"] += 1
            self.tally.numbers[f"uncertain_{server}_{self.answers.get(doubt, 'settled_by_look')}"] += 1

    def wait(self, workers: list[Worker], who: str) -> list[Ended]:
        """Wait for workers and count how they ended."""
        ends = [worker.wait() for worker in workers]
        for ended in ends:
            if ended.died:
                self.tally.numbers["kills"] += 1
                self.tally.deaths[ended.died if who == "workers" else f"{who}: {ended.died}"] += 1
            if ended.crashed:
                self.tally.crashes[ended.crashed.partition("\n")[0][:110]] += 1
                self.say(f"{who}: {ended.crashed[:300]}")
        return ends

    def outbox(self) -> list[Publication]:
        """Return the outbox as it is now."""
        with self.reading() as store, store.reading() as db:
            return publications.listed(db, SLUG)

    def draft(self, period: str) -> Draft:
        """Return a period's newest edition."""
        with self.reading() as store, store.reading() as db:
            found = drafts.latest(db, SLUG, period)
        assert found is not None
        return found

    def reading(self) -> _Reading:
        """Open the database for a moment: nothing stays open over a fork."""
        return _Reading(self.url)

    def say(self, words: str) -> None:
        """Remember what happened, for whoever has to understand a violation."""
        self.story.append(words)

    def wrong(self, kind: str, words: str) -> None:
        """Count and keep a violation."""
        self.tally.numbers[kind] += 1
        told = "\n    ".join(self.story[-20:])
        self.tally.violations.append(f"{kind}: frö {self.seed}, {words}")
        # At once: a long run that is stopped has then told what it found.
        print(f"{kind}: frö {self.seed}, {words}\n    {told}", flush=True)


class _Reading:
    def __init__(self, url: str) -> None:
        self._store = Store(url)

    def __enter__(self) -> Store:
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close()
