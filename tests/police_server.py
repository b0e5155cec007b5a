"""Our own stand-in for the police's open API, as faithful as public documentation allows; not theirs.

It answers in their shape, keeps their terms (a name, 10 s between calls, 60 an hour, 1440 a day, a 404 is final)
and can be told to fail in the ways that have been seen.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)


def notice(key: int, occurred: datetime, published: datetime, kind: str, place: str, **other: Any) -> dict[str, Any]:
    """Return one notice in the API's shape: a name without year, a publication time with a one-digit hour."""
    local, out = occurred.astimezone(STOCKHOLM), published.astimezone(STOCKHOLM)
    day = f"{local.day:02d} {MONTHS[local.month - 1]} {local.hour:02d}.{local.minute:02d}"
    slug = f"{day} {kind} {place}".lower().replace(", ", "-").replace(" ", "-")
    offset = f"{out:%z}"
    return {
        "id": key,
        "datetime": f"{out:%Y-%m-%d} {out.hour}:{out:%M:%S} {offset[:3]}:{offset[3:]}",
        "name": f"{day}, {kind}, {place}",
        "summary": f"Påhittad notis nummer {key}.",
        "url": f"/aktuellt/handelser/{local.year}/{MONTHS[local.month - 1]}/{local.day}/{slug}/",
        "type": kind,
        "location": {"name": "Södermanlands län", "gps": "59.033634,16.751890"},
        **other,
    }


class OurPoliceServer:
    """A server on loopback; use it as a context manager and set `events` and `fault` as the test goes."""

    def __init__(self, events: list[dict[str, Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self.events = events
        # None or one of: redirect, html, object, gone, broken, cut, error, slow, drip, empty.
        self.fault: str | None = None
        self.terms = True
        self.status: list[int] = []
        self.agents: list[str] = []
        self._clock = clock
        self._calls: list[float] = []
        self._gone = False
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True

    @property
    def url(self) -> str:
        """The address of the list of notices."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/api/events"

    def __enter__(self) -> OurPoliceServer:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with server._lock:
                    status, headers, body = server._answer(self.path, self.headers.get("User-Agent", ""))
                    server.status.append(status)
                if server.fault == "slow":
                    time.sleep(2)
                declared = len(body) + (500 if server.fault == "cut" else 0)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(declared)}.items():
                    self.send_header(name, value)
                self.end_headers()
                self._send(body)

            def _send(self, body: bytes) -> None:
                try:
                    if server.fault != "drip":
                        self.wfile.write(body)
                    for byte in body[:100] if server.fault == "drip" else b"":
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        time.sleep(0.05)
                except OSError:
                    pass  # the caller has hung up
                if server.fault in ("cut", "drip"):
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                del format, args

        return Handler

    def _answer(self, path: str, agent: str) -> tuple[int, dict[str, str], bytes]:
        self.agents.append(agent)
        plain = {"Content-Type": "text/html; charset=utf-8"}
        if not agent or self._gone:
            return 403, plain, b"<h1>Forbidden</h1>"
        if self.terms and self._too_often():
            return 429, plain, b"<h1>Too many requests</h1>"
        if self.fault == "gone" or urlsplit(path).path != "/api/events":
            self._gone = True  # called again, it stays shut
            return 404, plain, b"<h1>Not found</h1>"
        if self.fault == "redirect":
            return 302, {"Location": "https://reserv.example.invalid/for-manga-anrop/"}, b""
        if self.fault == "error":
            return 500, plain, b"<h1>Error</h1>"
        if self.fault == "html":
            return 200, plain, "<!DOCTYPE html><p>Många anrop just nu</p>".encode()
        return 200, {"Content-Type": "application/json; charset=utf-8"}, self._body(path)

    def _body(self, path: str) -> bytes:
        if self.fault == "empty":
            return b""
        if self.fault == "object":
            return b'{"message":"unavailable"}'
        body = json.dumps(self._chosen(path), ensure_ascii=False, separators=(",", ":")).encode()
        return body[: len(body) // 2] if self.fault == "broken" else body

    def _too_often(self) -> bool:
        now = self._clock()
        recent = [t for t in self._calls if now - t < 86_400]
        hour = [t for t in recent if now - t < 3_600]
        refused = (bool(recent) and now - recent[-1] < 10) or len(hour) >= 60 or len(recent) >= 1_440
        self._calls = [*recent, now]
        return refused

    def _chosen(self, path: str) -> list[dict[str, Any]]:
        """Return the newest 500 of the notices that the filters let through."""
        asked = {name.lower(): values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        places, kinds = (set(asked[n].split(";")) if n in asked else None for n in ("locationname", "type"))
        prefix = asked.get("datetime", "")
        found = [
            e
            for e in self.events
            if e["datetime"].startswith(prefix)
            and (places is None or e["location"]["name"] in places)
            and (kinds is None or e["type"] in kinds)
        ]
        return found[:500]
