"""One scene's run: the working day of an installation with a fault in the middle of each thing that is done."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tasks.store import Store, drafts
from tests.chaos_databases import Databases
from tests.chaos_operations_house import PEOPLE, PERIOD, SLUG, STORY, House, Tally
from tests.chaos_operations_judge import Kept, differences, kept, standing
from tests.chaos_operations_outside import outside
from tests.chaos_operations_review import WORDS, Sent
from tests.chaos_operations_steps import Ended, Process

WHO = {"edit": "demo-kommun", "approve-police": "demo-polis", "approve-municipality": "demo-kommun"}
# What never belongs on a page: the driver's own words.
_NEVER_SHOWN = ("Traceback", "OperationalError", "sqlite3", "psycopg", "database is locked", "disk is full")


@dataclass
class Fault:
    """Something that breaks around a process which stands at a step, and how it is mended afterwards."""

    name: str
    breaks: Callable[[House, Process], None]
    mends: Callable[[House], None] = lambda _house: None
    kills: bool = False
    # Only where the process stands at such a step can it be done.
    steps: tuple[str, ...] = ("begin", "begun", "commit", "committed", "file", "placed", "ask", "asked")


@dataclass
class Twin:
    """The same day without a fault: what it left, and the steps of each flow."""

    kept: Kept
    steps: dict[str, tuple[str, ...]]


@dataclass
class Run:
    """What a scene needs: databases, chance, and somebody who counts."""

    work: Path
    databases: Databases
    seed: str
    tally: Tally
    twins: list[Twin] = field(default_factory=list)
    scene: str = ""
    story: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def begin(self, scene: str, number: int) -> None:
        """Begin a scene: all that happens in it follows from the seed."""
        self.scene, self.story = f"{scene}, omgång {number}", []
        self.random = random.Random(f"{self.seed}/{scene}/{number}")
        # Before the scene's own installation: the environment holds one at a time.
        self.twin()

    @contextmanager
    def house(self, *, published: Path | None = None) -> Iterator[House]:
        """Give an empty installation."""
        work = self.work / str(next(self._numbers))
        work.mkdir()
        url = self.databases.fresh()
        with outside(published or work / "published") as world:
            made = House(work, url, world, published=published)
            try:
                yield made
            finally:
                if made.app:
                    made.app.close()
                self.databases.drop(url)

    def twin(self) -> Twin:
        """Return the day to which nothing happened, lived once."""
        if not self.twins:
            with self.house() as house:
                house.open_review()
                steps = {}
                for act in STORY:
                    house.later(minutes=20)
                    if act in PEOPLE:
                        self.act_of_person(house, act, None)
                    else:
                        ended = house.quiet(act)
                        assert ended.done, ended
                        steps[act] = ended.steps
                house.day(1)
                with house.store() as store:
                    self.twins.append(Twin(kept(store), steps))
                    wrong = standing(store, house.published, house.outside)
                assert not wrong, wrong
        return self.twins[0]

    # The day with faults

    def day(self, house: House, fault: Fault) -> None:
        """Live the day with the fault once in everything that is done, and judge what is left."""
        twin = self.twin()
        house.open_review()
        for act in STORY:
            house.later(minutes=20)
            if act in PEOPLE:
                self.act_of_person(house, act, fault)
            else:
                self.act_of_machine(house, act, fault, twin.steps[act])
        self.rest(house)

    def rest(self, house: House, *, twin: bool = True) -> None:
        """Let the schedule run undisturbed and judge what is left."""
        for ended in house.day():
            if not ended.done:
                self.wrong("stuck", f"efteråt: {ended}")
        with house.store() as store:
            found = standing(store, house.published, house.outside, house.cut_short)
            if twin:
                found += differences(self.twin().kept, kept(store))
        for one in found:
            self.wrong(one.kind, one.what)

    def act_of_machine(self, house: House, act: str, fault: Fault, steps: tuple[str, ...]) -> None:
        """Run a flow that something breaks, then again at the next hours until it has done its work."""
        fitting = [n for n, name in enumerate(steps, 1) if name in fault.steps]
        process = house.flow(act, stop_at=self.random.choice(fitting) if fitting else 0)
        ended = self.broken(house, process, fault, act)
        for _ in range(3):
            if ended.done:
                return
            self.say(f"{act} gjorde inte sitt: {ended.crashed or 'dödad'}")
            house.later(minutes=61)
            self.look_at_status(house, act, ended)
            ended = house.quiet(act)
        self.wrong("stuck", f"{act}: {ended}")

    def broken(self, house: House, process: Process, fault: Fault, act: str) -> Ended:
        """Break something around a process that stands at its step and return how it ended."""
        at = process.reach()
        if at:
            self.say(f"{fault.name} i {act} vid {at}")
            fault.breaks(house, process)
            self.tally.numbers["faults"] += 1
            self.tally.numbers["kills"] += fault.kills
            self.tally.broken[f"{act}: {at}"] += 1
            house.cut_short += act == "alarm"
            if not fault.kills:
                process.go()
        ended = process.wait()
        fault.mends(house)
        if ended.hung:
            self.wrong("stuck", f"{act} hängde sig")
        return ended

    def act_of_person(self, house: House, act: str, fault: Fault | None) -> None:
        """Let a person press a button while something breaks, and press it again until it is done."""
        assert house.app is not None
        with house.store() as store, store.reading() as db:
            draft = drafts.latest(db, SLUG, PERIOD)
        assert draft is not None, "no draft to act on"
        person = house.person(WHO[act])
        sent = person.form(draft.id, act)
        if fault is None:
            person.send(sent)
        else:
            house.app.arm(self.random.randint(1, 4))
            pressing = threading.Thread(target=person.send, args=(sent,))
            pressing.start()
            at = house.app.process.reach(5)
            if at and at in fault.steps:
                self.say(f"{fault.name} i {act} vid {at}")
                fault.breaks(house, house.app.process)
                self.tally.numbers["faults"] += 1
                self.tally.numbers["kills"] += fault.kills
                self.tally.broken[f"{act}: {at}"] += 1
            if at and not (fault.kills and at in fault.steps):
                house.app.process.go()
            house.app.arm(0)
            pressing.join()
            self.look_at_answer(act, sent)
            fault.mends(house)
        for _ in range(3):
            if sent.saved:
                return
            sent = person.again(sent)
        shown = sent.answer.text[:300] if sent.answer else "inget svar"
        self.wrong("stuck", f"{act}: {sent.answer and sent.answer.status_code} {shown}")

    def look_at_answer(self, act: str, sent: Sent) -> None:
        """A page that says no says so in Swedish, and what somebody typed stands in it."""
        if sent.saved or sent.answer is None:
            return
        page = sent.answer.text
        self.say(f"{act} svarade {sent.answer.status_code}")
        if 'lang="sv"' not in page or any(word in page for word in _NEVER_SHOWN):
            self.wrong("wrong_state", f"{act}: svaret är ingen sida på svenska: {page[:200]}")
        if act == "edit" and WORDS.strip() not in page:
            self.wrong("lost", f"edit: texten står inte kvar i svaret {sent.answer.status_code}")

    def look_at_status(self, house: House, act: str, ended: Ended) -> None:
        """What `lofteskoll status` says after a flow that did not do its work names it."""
        if act not in ("collect", "reconcile", "draft"):
            return
        with house.store() as store:
            begun = any(one.kind == "stuck" for one in standing(store, house.published, house.outside))
        said = house.status()
        if begun and "avbröts" not in said and "misslyckades" not in said:
            self.wrong("wrong_state", f"status nämner inte att {act} blev avbruten: {ended}")

    # What is counted

    def say(self, words: str) -> None:
        """Remember what happened, for whoever has to understand a violation."""
        self.story.append(words)

    def wrong(self, kind: str, words: str) -> None:
        """Count and tell a violation."""
        self.tally.numbers[kind] += 1
        self.tally.violations.append(words)
        told = "\n    ".join(self.story[-12:])
        print(f"{kind}: {self.scene} (frö {self.seed}): {words}\n    {told}", flush=True)

    def expect(self, holds: bool, kind: str, words: str) -> None:
        """Count a violation where something doesn't hold."""
        if not holds:
            self.wrong(kind, words)


def empty(store: Store) -> None:
    """Nothing to prepare: each installation begins empty."""
