"""The scene of the living system under `lofteskoll up`: its parts are killed one after the other, then all of it."""

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

import requests

from tests.chaos_operations_house import House
from tests.chaos_operations_judge import kept, standing
from tests.chaos_operations_run import Run
from tests.posting import ROOT, free_port

# A server starts in 17 s on two idle cores; on a busy machine in minutes.
_PATIENCE = 300.0


class System:
    """A living system in a process of its own."""

    def __init__(self, house: House) -> None:
        self.port, self.prefect_port = free_port(), free_port()
        self.said = house.work / "said.txt"
        own = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        own |= {**house.environment, "PYTHONPATH": str(ROOT), "PREFECT_RUNNER_POLL_FREQUENCY": "3"}
        own["PREFECT_API_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{house.work / 'prefect.db'}"
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
        back = until(lambda b=before, n=name: system.child(n) not in (0, b) and system.answers())  # type: ignore[misc]
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
    editions = Counter(one[:3] for one in found["drafts"])  # type: ignore[index]
    run.expect(len(editions) == 3, "lost", f"utkast: {list(editions)}")
    run.expect(max(editions.values(), default=0) == 1, "twice", f"utkast: {editions}")
    run.expect(found["records"] == run.twin().kept["records"], "wrong_state", f"uppgifter: {found['records']}")


def _count(run: Run, what: str) -> None:
    run.tally.numbers["faults"] += 1
    run.tally.numbers["kills"] += 1
    run.tally.broken[what] += 1
