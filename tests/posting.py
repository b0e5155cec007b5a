"""What the tests of posts share: one text, one image with its words, an outbox row, a port that nobody listens on."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from tasks.model import Output, Publication
from tests.conftest import absent
from tests.peer_clients import PIXEL

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers" / "bin"
LINK = "https://www.example.com/uppfoljning-2021-T1/#utgava-1"
TEXT = f"Så gick det för löftet & trygghet i år: 2 av 4 promenader.\n\nLäs mer: {LINK}"
# The next edition's post.
CORRECTION = TEXT.replace("2 av 4", "3 av 4").replace("#utgava-1", "#utgava-2")
ALT = "Två av fyra promenader är gjorda."
NOW = datetime(2021, 5, 17, 8, 30, tzinfo=UTC)


def picture(name: str = "diagram.png", alt: str | None = ALT, body: bytes = PIXEL) -> tuple[Output, ...]:
    """Return an image with its alternative text beside it, as outputs."""
    image = Output("konto", name, "image/png", body)
    words = Output("konto", f"{name}.alt.txt", "text/plain; charset=utf-8", (alt or "").encode())
    return (image, words) if alt is not None else (image,)


def post(text: str = TEXT, *images: Output) -> tuple[Output, ...]:
    """Return the outputs of a post."""
    return (Output("konto", "post.txt", "text/plain; charset=utf-8", text.encode()), *images)


def row(**changes: Any) -> Publication:
    """Return the outbox row of the first edition's post."""
    values = {"id": 1, "promise": "exempelby-2021", "period": "2021-T1", "edition": 1, "channel": "konto"}
    values |= {"key": "exempelby-2021/2021-T1/1", "state": "sending", "draft_id": 1, "revision": 1, "updated_at": NOW}
    return Publication(**{**values, **changes})


def second(**changes: Any) -> Publication:
    """Return the outbox row of the correction's post."""
    return row(**{"id": 2, "edition": 2, "key": "exempelby-2021/2021-T1/2", **changes})


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def by_peer(name: str, url: str, keys: dict[str, str]) -> dict[str, Any]:
    """Return what an independent client makes of the server at `url`; skips where the peers are not installed."""
    python = PEERS / "python"
    if not python.exists():
        absent("the peers are not installed (make peers)")
    script = ROOT / "tests" / "peer_clients.py"
    ran = subprocess.run([python, script, name, url, json.dumps(keys)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@contextmanager
def process(*command: str | Path, url: str, ready: str = "/", seconds: float = 60) -> Iterator[str]:
    """Run a server as a process until the end of the block, once it answers at `url`; gives the address."""
    running = subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(running, url + ready, seconds)
        yield url
    finally:
        running.terminate()
        running.wait(10)


def own_server(module: str) -> Any:
    """Run one of our own servers as a process on a free port; a context manager that gives its address."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    return process(sys.executable, "-m", f"tests.{module}", "--port", str(port), url=url, ready="/_ours/state")


def _wait(running: subprocess.Popen[bytes], url: str, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert running.poll() is None, f"the server ended with {running.returncode}"
        try:
            requests.get(url, timeout=2)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing answers at {url}")
