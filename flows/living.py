"""The living system on one machine: Prefect's server, the served flows with their schedules, the review application."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import config as configuration
from config import Config
from flows.signing_in import describe
from tasks.model import Trouble
from tasks.store import Store

# The first start of Prefect's server takes up to 17 s on two cores.
_PATIENCE_SECONDS = 120
_STOP_SECONDS = 15
_LOGS = Path("var/log")
_LARGEST_LOG = 20_000_000


def up(config: Config, *, port: int, prefect_port: int, demo: bool, timetable: Sequence[str]) -> int:
    """Start everything on loopback, print the addresses, stay until Ctrl-C, and stop it all. Return the exit code."""
    sign_in = describe(config, port, demo=demo)
    api = f"http://127.0.0.1:{prefect_port}/api"
    configuration.set_environment({"PREFECT_API_URL": api, "PREFECT_SERVER_API_PORT": str(prefect_port)}, override=True)
    stop = _asked_to_stop()
    with ExitStack() as running:
        server = [
            sys.executable,
            "-m",
            "prefect",
            "server",
            "start",
            "--host",
            "127.0.0.1",
            "--port",
            str(prefect_port),
        ]
        running.enter_context(_process("Prefects server", server))
        _wait_for(f"{api}/health", "Prefects server", stop)
        if stop.is_set():
            return 0
        running.enter_context(_process("flödena", [sys.executable, "-m", "flows.serve"]))
        running.enter_context(_review(config, port, demo))
        print("Löfteskollen är i gång på den här datorn:")
        print(f"  Granskning   {config.address or f'http://127.0.0.1:{port}'}/")
        print(f"  Prefect      http://127.0.0.1:{prefect_port}/")
        print(f"  Databas      {Store(config.database).name}")
        for line in (*sign_in, *timetable):
            print(f"  {line}")
        print("Hämtar källorna och skriver de utkast som saknas. Ctrl-C stannar allt.", flush=True)
        threading.Thread(target=_catch_up, daemon=True).start()
        while not stop.wait(60):
            trim(_LOGS)
        print("Stannar …", flush=True)
    return 0


def review(config: Config, *, port: int) -> int:
    """Serve the review application beside a Prefect server elsewhere, and carry out what ops ask for there."""
    from flows.orders import attend

    stop = _asked_to_stop()
    with _review(config, port, demo=False):
        threading.Thread(target=attend, args=(stop,), daemon=True).start()
        print(
            f"Granskningen är i gång: {config.address or f'http://127.0.0.1:{port}'}/  (Ctrl-C stannar den)", flush=True
        )
        for line in describe(config, port, demo=False):
            print(f"  {line}", flush=True)
        while not stop.wait(1):
            pass
    return 0


def _asked_to_stop() -> threading.Event:
    """Return what is set when somebody presses Ctrl-C or ends the process."""
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, ask_to_stop)
    return stop


def _catch_up() -> None:
    """Do at once what the schedules would do in time, so that a new installation has something to show."""
    from flows.collect import collect
    from flows.reconcile import reconcile
    from flows.watch import watch

    try:
        collect()
        reconcile()
        made = watch()
    except Exception as error:
        print(f"Den första hämtningen gick inte hela vägen: {error}", file=sys.stderr, flush=True)
        return
    print(f"Första genomgången klar: {len(made)} nya utkast.", flush=True)


@contextmanager
def _process(name: str, command: Sequence[str]) -> Iterator[None]:
    """Run a child in a session of its own (Ctrl-C reaches only us) and stop it by its pid, gently first."""
    _LOGS.mkdir(parents=True, exist_ok=True)
    with (_LOGS / f"{Path(command[-1]).name if command[-1] == 'flows.serve' else 'prefect'}.log").open("ab") as log:
        child = subprocess.Popen([*_dies_with_us(), *command], stdout=log, stderr=log, start_new_session=True)
        try:
            yield
            if child.poll() is not None:
                raise Trouble(f"{name.capitalize()} slutade i förtid; se {log.name}.")
        finally:
            _stop(child)


def trim(logs: Path, largest: int = _LARGEST_LOG) -> None:
    """Move what a child has written for long into a file beside, one generation.

    The child keeps its open file, which it appends to: it is emptied, not renamed. Of a line that comes at that very
    moment the rest may be lost; what matters stands in the journal.
    """
    for file in logs.glob("*.log"):
        if file.stat().st_size > largest:
            shutil.copyfile(file, file.with_suffix(".log.1"))
            os.truncate(file, 0)


def _dies_with_us() -> list[str]:
    """Return what makes the kernel end a child when we are killed outright, where the system has it (Linux)."""
    wrapper = shutil.which("setpriv")
    return [wrapper, "--pdeathsig", "TERM"] if wrapper and sys.platform == "linux" else []


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_for(url: str, name: str, stop: threading.Event) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and not stop.wait(0.5):
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own loopback address
                return
        except OSError:
            continue
    if not stop.is_set():
        raise Trouble(f"{name} svarade inte inom {_PATIENCE_SECONDS} sekunder; se var/log.")


@contextmanager
def _review(config: Config, port: int, demo: bool) -> Iterator[None]:
    """Serve the review application from a thread of this process, on loopback."""
    from flows.review.app import create_app, server

    app = create_app(
        config,
        Store(config.database, busy=True),
        demo=demo,
        secret=secrets.token_hex(32),
        now=lambda: datetime.now(UTC),
    )
    ours = server(app, port)
    thread = threading.Thread(target=ours.run, daemon=True)
    thread.start()
    _wait_until_up(ours, thread, port)
    try:
        yield
    finally:
        ours.should_exit = True
        thread.join(_STOP_SECONDS)


def _wait_until_up(server: object, thread: threading.Thread, port: int) -> None:
    deadline = time.monotonic() + 15
    while not getattr(server, "started", False):
        if not thread.is_alive() or time.monotonic() > deadline:
            raise Trouble(f"Granskningen kunde inte starta på port {port}. Är den upptagen? Ange en annan med --port.")
        time.sleep(0.1)
