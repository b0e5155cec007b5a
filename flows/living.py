"""The living system on one machine: Prefect's server, the served flows with their schedules, the review application."""

from __future__ import annotations

import secrets
import signal
import socket
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
from flows.children import Child, trim
from flows.signing_in import describe
from tasks.model import Trouble
from tasks.store import Store

# The first start of Prefect's server takes up to 17 s on two cores.
_PATIENCE_SECONDS = 120
_STOP_SECONDS = 15
_LOOK_SECONDS = 2
_LOGS = Path("var/log")


def up(config: Config, *, port: int, prefect_port: int, demo: bool, timetable: Sequence[str]) -> int:
    """Start everything on loopback, print the addresses, stay until Ctrl-C, and stop it all. Return the exit code."""
    sign_in = describe(config, port, demo=demo)
    api = f"http://127.0.0.1:{prefect_port}/api"
    configuration.set_environment({"PREFECT_API_URL": api, "PREFECT_SERVER_API_PORT": str(prefect_port)}, override=True)
    _refuse_taken(port, "--port")
    _refuse_taken(prefect_port, "--prefect-port")
    stop = _asked_to_stop()
    with ExitStack() as running:
        children = [Child("Prefects server", _server(prefect_port), _LOGS / "prefect.log")]
        running.callback(children[0].stop)
        _wait_for(f"{api}/health", "Prefects server", stop)
        if stop.is_set():
            return 0
        children.append(Child("Flödena", [sys.executable, "-m", "flows.serve"], _LOGS / "flows.serve.log"))
        running.callback(children[1].stop)
        running.enter_context(_review(config, port, demo))
        print("Löfteskollen är i gång på den här datorn:")
        print(f"  Granskning   {config.address or f'http://127.0.0.1:{port}'}/")
        print(f"  Prefect      http://127.0.0.1:{prefect_port}/")
        print(f"  Databas      {Store(config.database).name}")
        for line in (*sign_in, *timetable):
            print(f"  {line}")
        print("Hämtar källorna och skriver de utkast som saknas. Ctrl-C stannar allt.", flush=True)
        threading.Thread(target=_catch_up, daemon=True).start()
        while not stop.wait(_LOOK_SECONDS):
            for child in children:
                child.look()
            trim(_LOGS)
        print("Stannar …", flush=True)
    return 0


def _server(port: int) -> list[str]:
    return [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]


def _refuse_taken(port: int, option: str) -> None:
    """Raise Trouble where something listens already: a second installation would mix itself up with the first."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise Trouble(
                f"Port {port} är upptagen. Löfteskollen är kanske redan i gång på den här datorn; stanna den först, "
                f"eller ange en annan port med {option}."
            )


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
