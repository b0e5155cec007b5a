"""Scenes of the living system under `lofteskoll up`: its parts are killed, then all of it; Prefect is gone for long."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from tasks.store import drafts
from tests.chaos_operations_house import PERIOD, SLUG, House
from tests.chaos_operations_judge import kept, standing
from tests.chaos_operations_review import WORDS, Person
from tests.chaos_operations_run import WHO, Run
from tests.posting import ROOT, free_port

# A server starts in 17 s on two idle cores; on a busy machine in minutes.
_PATIENCE = 300.0
# The library that changes the time of day refuses the call by which Python sleeps; waiting for nothing does the same.
_SLEEP = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds) and None\n"


class System:
    """A living system in a process of its own; its clock is ours, or goes ahead of it by what a file says (`+4h`)."""

    def __init__(self, house: House, clock: Path | None = None) -> None:
        self.port, self.prefect_port = free_port(), free_port()
        self.said = house.work / "said.txt"
        own = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        own |= {**house.environment, "PYTHONPATH": str(ROOT), "PREFECT_RUNNER_POLL_FREQUENCY": "3"}
        own["PREFECT_API_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{house.work / 'prefect.db'}"
        if clock:
            own |= {"LD_PRELOAD": str(fake_clock()), "FAKETIME_TIMESTAMP_FILE": str(clock)}
            own |= {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
            (clock.parent / "sitecustomize.py").write_text(_SLEEP, encoding="utf-8")
            own["PYTHONPATH"] = f"{clock.parent}{os.pathsep}{ROOT}"
        command = [sys.executable, "-m", "flows", "up", "--demo-identities"]
        command += ["--port", str(self.port), "--prefect-port", str(self.prefect_port)]
        with self.said.open("ab") as out:
            self.process = subprocess.Popen(command, cwd=house.work, env=own, stdout=out, stderr=out)
        self._house = house

    @property
    def api(self) -> str:
        """The address of Prefect's API."""
        return f"http://127.0.0.1:{self.prefect_port}/api"

    def ready(self) -> bool:
        """Wait until it has gone through everything once; return whether it has."""
        return until(lambda: "Första genomgången klar" in self.said.read_text(encoding="utf-8"))

    def child(self, name: str) -> int:
        """Return the process of a child by what stands in its command; 0 when there is none."""
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                except OSError:
                    continue
                if parent == str(self.process.pid) and name in command:
                    return int(folder.name)
        return 0

    def runs(self, flow: str) -> str:
        """Start a flow's deployment as its schedule would and return how the run ended; empty when it didn't."""
        number = ended = ""

        def asked() -> bool:
            nonlocal number
            found = requests.get(f"{self.api}/deployments/name/{flow}/lofteskoll", timeout=20).json()
            made = requests.post(f"{self.api}/deployments/{found.get('id')}/create_flow_run", json={}, timeout=20)
            number = made.json().get("id", "") if made.ok else ""
            return bool(number)

        def done() -> bool:
            nonlocal ended
            state = requests.get(f"{self.api}/flow_runs/{number}", timeout=10).json()["state"]["type"]
            ended = state if state in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else ""
            return bool(ended)

        # A server that has just come back refuses its first calls where its SQLite file is busy.
        if until(asked, 60):
            until(done)
        return ended

    def answers(self) -> bool:
        """Whether Prefect's server answers."""
        try:
            return bool(requests.get(f"{self.api}/health", timeout=5).json())
        except (requests.RequestException, ValueError):
            return False

    def health(self) -> dict[str, Any]:
        """Return what a check from outside is told."""
        said: dict[str, Any] = requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=20).json()
        return said

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def until(holds: Callable[[], bool], seconds: float = _PATIENCE) -> bool:
    """Wait until something holds; return whether it came to."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except (OSError, requests.RequestException):
            pass
        time.sleep(0.5)
    return False


def fake_clock() -> Path | None:
    """Return the library that gives a process another time of day; None where it isn't installed (Debian: faketime)."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def listens(port: int) -> bool:
    """Whether something answers on loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def living(run: Run) -> None:
    """Prefect's server, the served flows and the whole of it are killed; each time it goes on by itself."""
    with run.house() as house:
        system = System(house)
        try:
            _live(run, house, system)
        finally:
            system.stop()


def prefect_away(run: Run) -> None:
    """Prefect's server hangs for hours of the clock: people work on, a check from outside tells, all is caught up."""
    if fake_clock() is None:
        run.wrong("stuck", "klockan kan inte ställas fram: installera faketime (apt-get install faketime)")
        return
    with run.house() as house:
        clock = house.work / "clock.txt"
        clock.write_text("+0")
        system = System(house, clock)
        try:
            _go_without(run, house, system, clock)
        finally:
            system.stop()


def _go_without(run: Run, house: House, system: System, clock: Path) -> None:
    if not system.ready():
        run.wrong("stuck", f"systemet kom inte i gång: {system.said.read_text()[-500:]}")
        return
    server = system.child("prefect server")
    run.say(f"Prefects server ({server}) hänger sig")
    os.killpg(server, signal.SIGSTOP)
    run.tally.numbers["faults"] += 1
    run.tally.broken["Prefects server hänger"] += 1
    clock.write_text("+1h")
    run.expect(system.health()["healthy"], "wrong_state", f"efter en timme: {system.health()}")
    with house.store() as store, store.reading() as db:
        draft = drafts.latest(db, SLUG, PERIOD)
    assert draft is not None
    person = Person(f"http://127.0.0.1:{system.port}", WHO["edit"])
    run.expect(person.send(person.form(draft.id, "edit")).saved, "stuck", "ingen kan spara medan Prefect är borta")
    clock.write_text("+4h")
    run.expect(system.health()["wrong"] == ["collect"], "wrong_state", f"efter fyra timmar: {system.health()}")
    run.say("servern dödas och startas igen")
    os.killpg(server, signal.SIGKILL)
    run.tally.numbers["kills"] += 1
    run.expect(until(lambda: system.health()["healthy"]), "stuck", f"ingen hämtning efteråt: {system.health()}")
    ended = system.runs("watch")
    run.expect(ended == "COMPLETED", "stuck", f"bevakningen efteråt: {ended or 'kom aldrig i gång'}")
    with house.store() as store:
        with store.reading() as db:
            now = drafts.draft(db, draft.id)
        for one in standing(store, house.published, house.outside):
            run.wrong(one.kind, one.what)
        found = kept(store)
    kept_words = now is not None and any(WORDS.strip() in b.text for b in now.blocks)
    run.expect(kept_words, "lost", "texten som sparades medan Prefect var borta")
    editions = Counter(one[:3] for one in found["drafts"])
    run.expect(set(editions.values()) == {1}, "twice", f"utkast: {editions}")
    run.expect(found["records"] == run.twin().kept["records"], "wrong_state", f"uppgifter: {found['records']}")


def _live(run: Run, house: House, system: System) -> None:
    told = system.said
    if not system.ready():
        run.wrong("stuck", f"systemet kom inte i gång: {told.read_text()[-500:]}")
        return
    for name, what in (("prefect server", "Prefects server"), ("flows.serve", "flödena")):
        before = system.child(name)
        run.say(f"kill -9 av {what} ({before})")
        # With what it has started: a flow in the middle of its work too.
        os.killpg(before, signal.SIGKILL)
        _count(run, what)
        back = until(lambda b=before, n=name: system.child(n) not in (0, b) and system.answers())
        run.expect(back, "stuck", f"{what} startades inte igen: {told.read_text()[-500:]}")
        run.expect("startas igen" in told.read_text(), "wrong_state", f"ingen fick veta att {what} dog")
        ended = system.runs("collect")
        run.expect(ended == "COMPLETED", "stuck", f"hämtningen efter att {what} dött: {ended or 'kom aldrig i gång'}")
    run.say("kill -9 av hela systemet")
    system.process.kill()
    system.process.wait()
    _count(run, "hela systemet")
    gone = until(lambda: not listens(system.prefect_port) and not listens(system.port), 60)
    run.expect(gone, "stuck", "Prefects server lever kvar efter kill -9 av up")
    again = System(house)
    try:
        told.write_text("")
        run.expect(again.ready(), "stuck", f"systemet kom inte i gång igen: {told.read_text()[-500:]}")
        ended = again.runs("collect")
        run.expect(ended == "COMPLETED", "stuck", f"hämtningen efter omstarten: {ended or 'kom aldrig i gång'}")
    finally:
        again.stop()
    with house.store() as store:
        for one in standing(store, house.published, house.outside):
            run.wrong(one.kind, one.what)
        found = kept(store)
    editions = Counter(one[:3] for one in found["drafts"])
    run.expect(len(editions) == 3, "lost", f"utkast: {list(editions)}")
    run.expect(max(editions.values(), default=0) == 1, "twice", f"utkast: {editions}")
    run.expect(found["records"] == run.twin().kept["records"], "wrong_state", f"uppgifter: {found['records']}")


def _count(run: Run, what: str) -> None:
    run.tally.numbers["faults"] += 1
    run.tally.numbers["kills"] += 1
    run.tally.broken[what] += 1
