"""A server on loopback that fails on command: what our own stand-ins and the fault proxy have in common.

A fault hits one call. Before the effect: `timeout`, `reset`, `redirect`, and whatever the server's own `refusal`
knows (`429`, `500` …). After the effect: `timeout-after`, `reset-after`, `500-after`, `slow`, `truncated`, `garbage`,
`no-id`. Long after the caller gave up: `late`. Over HTTP, for a run of many processes: `GET /_ours/state`,
`POST /_ours/faults`, `POST /_ours/settings`.
"""

from __future__ import annotations

import argparse
import io
import json
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from python_multipart import parse_form
from python_multipart.multipart import Field, File

AFTER = ("timeout-after", "reset-after", "500-after", "slow", "truncated", "garbage", "no-id", "late")
_CONTROL = "/_ours/"


@dataclass(frozen=True)
class Request:
    """One call, read to its end; `path` with its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def where(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, the first of each name."""
        return {key: values[0] for key, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()}

    def form(self) -> tuple[dict[str, str], dict[str, bytes]]:
        """Return the fields and the files of a form, of either encoding; empty when the body is none."""
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("application/x-www-form-urlencoded"):
            told = parse_qs(self.body.decode(), keep_blank_values=True)
            return {key: values[0] for key, values in told.items()}, {}
        fields: dict[str, str] = {}
        files: dict[str, bytes] = {}

        def on_field(found: Field) -> None:
            fields[(found.field_name or b"").decode()] = (found.value or b"").decode()

        def on_file(found: File) -> None:
            found.file_object.seek(0)
            files[(found.field_name or b"").decode()] = found.file_object.read()

        if kind.startswith("multipart/form-data"):
            headers = {"Content-Type": kind.encode(), "Content-Length": str(len(self.body)).encode()}
            parse_form(headers, io.BytesIO(self.body), on_field, on_file)
        return fields, files


@dataclass(frozen=True)
class Answer:
    """What is answered: JSON, or bytes as they are."""

    status: int
    said: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The bytes that go out."""
        return self.said if isinstance(self.said, bytes) else json.dumps(self.said).encode()


class Misbehaving:
    """A server used as a context manager, or as a process of its own by `main`."""

    # What `POST /_ours/settings` may change.
    settings: tuple[str, ...] = ("slow_seconds", "hang_seconds", "reset_at")

    def __init__(self) -> None:
        # `faults` hit calls that change something, `read_faults` hit GETs.
        self.faults: deque[str] = deque()
        self.read_faults: deque[str] = deque()
        self.calls: list[tuple[str, str, int]] = []
        self.slow_seconds = 0.3
        self.hang_seconds = 30.0
        # The moment (Unix seconds) at which a 429 says that calls are taken again.
        self.reset_at = 0
        self.url = ""
        self.lock = threading.RLock()
        self._closing = threading.Event()

    def respond(self, request: Request) -> Answer:
        """Return the answer of a server that does what it should."""
        raise NotImplementedError

    def refusal(self, fault: str) -> Answer:
        """Return how this server words a failure before the effect."""
        raise NotImplementedError

    def denied(self, request: Request) -> Answer | None:
        """Return the answer to a call that isn't let in, None to let it in."""
        return None

    def state(self) -> dict[str, Any]:
        """Return what a reader sees, and what else a run wants to count."""
        return {}

    def start(self, port: int = 0) -> None:
        """Serve on that port of 127.0.0.1, a free one when it is 0."""
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and let calls that hang go."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self: _M) -> _M:
        """Start on a free port."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def clock(self) -> float:
        """Return what time it is at the server, in Unix seconds: what its `Date` says."""
        return time.time()

    def hang(self) -> None:
        """Say nothing for a while, or until the server closes."""
        self._closing.wait(self.hang_seconds)

    def control(self, request: Request) -> Answer:
        """Answer a call of the one who runs the tests."""
        what = request.where.removeprefix(_CONTROL)
        told = json.loads(request.body or b"{}")
        if request.method == "GET" and what == "state":
            with self.lock:
                waiting = {"faults": list(self.faults), "read_faults": list(self.read_faults)}
                return Answer(200, {"url": self.url, "calls": len(self.calls), **waiting, **self.state()})
        if what == "faults":
            self.faults.extend(told.get("faults", ()))
            self.read_faults.extend(told.get("read_faults", ()))
            return Answer(200, {})
        if what == "settings" and set(told) <= set(self.settings):
            for name, value in told.items():
                setattr(self, name, value)
            return Answer(200, {})
        return Answer(404, {"known": ["state", "faults", "settings"], "settings": self.settings})


_M = TypeVar("_M", bound=Misbehaving)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def _handler(server: Misbehaving) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            request = Request(self.command, self.path, self.headers, body)
            if self.path.startswith(_CONTROL):
                return self.answer(server.control(request), counted=False)
            denied = server.denied(request)
            if denied:
                return self.answer(denied)
            faults = server.read_faults if self.command == "GET" else server.faults
            try:
                fault = faults.popleft()
            except IndexError:
                fault = ""
            if fault in ("timeout", "reset"):
                return self.break_off(fault)
            if fault == "redirect":
                return self.answer(Answer(307, {}, {"Location": server.url + self.path}))
            if fault and fault not in AFTER:
                return self.answer(server.refusal(fault))
            if fault == "late":
                server.hang()
            with server.lock:
                answer = server.respond(request)
            return self.after(fault, answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

        def after(self, fault: str, answer: Answer) -> None:
            """Answer once the effect is there, or fail to."""
            if fault in ("timeout-after", "reset-after", "late"):
                return self.break_off(fault)
            if fault == "slow":
                time.sleep(server.slow_seconds)
            if fault == "500-after":
                answer = server.refusal("500")
            if fault == "truncated":
                return self.answer(Answer(answer.status, answer.body[:-9], answer.headers), promise=9)
            if fault == "garbage":
                return self.answer(Answer(answer.status, b"[1, 2", answer.headers))
            return self.answer(Answer(answer.status, {}, answer.headers) if fault == "no-id" else answer)

        def break_off(self, fault: str) -> None:
            server.calls.append((self.command, self.path, 0))
            if fault.startswith("timeout"):
                server.hang()
            self.close_connection = True

        def answer(self, answer: Answer, *, promise: int = 0, counted: bool = True) -> None:
            if counted:
                server.calls.append((self.command, self.path, answer.status))
            body = answer.body
            self.send_response(answer.status)
            headers = {"Content-Type": "application/json", **answer.headers}
            for name, value in {**headers, "Content-Length": str(len(body) + promise)}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = self.close_connection or bool(promise)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(server.clock() if timestamp is None else timestamp)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


def main(make: Callable[[], Misbehaving], arguments: Iterable[str] | None = None) -> None:
    """Run a server as a process until it is told to end; prints its address."""
    parser = argparse.ArgumentParser(description=make.__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1; 0 takes a free one")
    asked = parser.parse_args(list(arguments) if arguments is not None else None)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server = make()
    server.start(asked.port)
    print(server.url, flush=True)
    ended.wait()
    server.stop()
