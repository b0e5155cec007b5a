"""What stands outside of an installation under test, in a process of its own: a source, the published pages, alarms."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests

# How a source misbehaves: it hangs, or answers with something else than its list.
GARBAGE = {
    "html": b"<!DOCTYPE html><p>Underh\xc3\xa5ll p\xc3\xa5g\xc3\xa5r</p>",
    "binary": bytes(range(256)) * 8,
    "half": None,
    "empty": b"",
    "other": b"namn;telefon\nPostkontoret;\n",
}


class _Handler(SimpleHTTPRequestHandler):
    """Serves the published pages, the source, and what the run asks for."""

    state: dict[str, Any]

    def do_GET(self) -> None:
        """Answer with a page, the source's list as it is told to, or what was told to people."""
        if self.path == "/_larm":
            self._answer(200, json.dumps(self.state["told"]).encode())
        elif self.path.startswith("/kalla/"):
            self._source()
        else:
            super().do_GET()

    def do_POST(self) -> None:
        """Take an alarm, or an order from the run."""
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")
        if self.path == "/larm":
            self.state["told"].append(body.get("title", ""))
        else:
            self.state.update(body)
        self._answer(200, b"{}")

    def _source(self) -> None:
        how, body = self.state["how"], self.state["body"].encode()
        if how == "hang":
            time.sleep(3)
        if how == "error":
            self._answer(503, b"")
        elif how in GARBAGE:
            found = GARBAGE[how]
            self._answer(200, body[: len(body) // 2] if found is None else found)
        else:
            self._answer(200, body)

    def _answer(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "text/csv; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # the caller has hung up

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Outside:
    """The outside world as the run steers it and looks at it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._calls = requests.Session()

    def tell(self, **values: Any) -> None:
        """Set the source's list (`body`) or how it answers (`how`)."""
        self._calls.post(f"http://127.0.0.1:{self.port}/_order", json=values, timeout=10).raise_for_status()

    def told(self) -> list[str]:
        """Return the titles of all alarms that people got."""
        found: list[str] = self._calls.get(f"http://127.0.0.1:{self.port}/_larm", timeout=10).json()
        return found


@contextmanager
def outside(published: Path) -> Iterator[Outside]:
    """Run the outside world over the folder of published pages."""
    processes = get_context("fork")
    ours, theirs = processes.Pipe()
    running = processes.Process(target=_serve, args=(theirs, published), daemon=True)
    running.start()
    theirs.close()
    try:
        yield Outside(ours.recv())
    finally:
        running.kill()
        running.join()
        ours.close()


def _serve(pipe: Connection, published: Path) -> None:
    parent = os.getppid()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    handler = type("Handler", (_Handler,), {"state": {"told": [], "how": "", "body": ""}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(published)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    pipe.send(server.server_address[1])
    while os.getppid() == parent:
        time.sleep(0.5)
