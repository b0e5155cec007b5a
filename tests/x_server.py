"""OurXServer: our own local stand-in for X, by the written contract. It is not X and knows nothing of our product.

It verifies the OAuth 1 signature of each call as X would (over https://api.twitter.com), keeps the posts a reader
would see, and misbehaves on command.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from oauthlib.oauth1.rfc5849 import signature

SIGNED_HOST = "https://api.twitter.com"
KEYS = {
    "consumer_key": "our-consumer-key",
    "consumer_secret": "our-consumer-secret-5e1f",
    "access_token": "900719925474099-our-access-token",
    "access_token_secret": "our-access-token-secret-7c2d",
}
Fault = Literal[
    "400", "401", "402", "403", "429", "500", "500-after", "503", "timeout", "timeout-after", "reset", "reset-after",
    "truncated", "garbage", "no-id", "html-500", "slow", "redirect",
]  # fmt: skip
_PROBLEM = "https://api.x.com/2/problems/"
_LINK = re.compile(r"https?://\S+[^\s.,;:!?)]")


@dataclass
class Post:
    """One public post, as stored by the server."""

    id: str
    text: str
    created_at: datetime
    retweet: bool = False

    def shown(self) -> dict[str, Any]:
        """Return the post as the API shows it: links shortened, & < > escaped, entities with their indices."""
        text, urls = self.text, []
        for number, link in enumerate(dict.fromkeys(_LINK.findall(self.text))):
            short = f"https://t.co/{self.id[-6:]}{number:04d}"
            text = text.replace(link, short)
            urls.append({"url": short, "expanded_url": link, "display_url": link.partition("//")[2][:26] + "…"})
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for url in urls:
            url["start"], url["end"] = (start := text.index(url["url"])), start + len(url["url"])
        entities = {"entities": {"urls": urls}} if urls else {}
        created = self.created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return {
            "id": self.id,
            "text": text,
            "edit_history_tweet_ids": [self.id],
            "created_at": created,
            **entities,
        }


@dataclass
class OurXServer:
    """A server on loopback, used as a context manager; it takes one fault per call."""

    posts: list[Post] = field(default_factory=list)
    # `faults` hit POSTs, `read_faults` hit GETs.
    faults: deque[Fault] = field(default_factory=deque)
    read_faults: deque[Fault] = field(default_factory=deque)
    calls: list[tuple[str, str, int]] = field(default_factory=list)
    reset_at: int = 0
    slow_seconds: float = 0.3
    # Posts that exist but aren't in the look-up's index yet.
    lag: bool = False
    page_size: int = 100

    def __enter__(self) -> OurXServer:
        """Start serving on a free port of 127.0.0.1."""
        self._lock, self._closing = threading.Lock(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving and let calls that hang go."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def user(self) -> str:
        """The account's number: the digits before the hyphen in its access token."""
        return KEYS["access_token"].partition("-")[0]

    def visible(self) -> list[str]:
        """Return the texts that a reader of the account sees, oldest first."""
        return [post.text for post in self.posts]

    def duplicates_visible(self) -> int:
        """Return how many posts too many a reader sees: same links, or same text when there is no link."""
        seen = Counter(tuple(sorted(_LINK.findall(p.text))) or p.text for p in self.posts if not p.retweet)
        return sum(n - 1 for n in seen.values())

    def add(self, text: str, created_at: datetime | None = None, *, retweet: bool = False) -> Post:
        """Store a post as if somebody had written it by hand, and return it."""
        with self._lock:
            number = (int(time.time() * 1000) << 22) + len(self.posts)
            post = Post(str(number), text, created_at or datetime.now(UTC), retweet)
            self.posts.append(post)
            return post

    def hang(self, seconds: float = 30) -> None:
        """Say nothing for a while, or until the server closes."""
        self._closing.wait(seconds)


def _problem(status: int, title: str, detail: str, kind: str = "about:blank") -> tuple[int, dict[str, Any]]:
    return status, {"type": kind, "title": title, "detail": detail, "status": status}


def _signed(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Return whether the call carries a fresh and right HMAC-SHA1 signature for the account's keys."""
    header = headers.get("Authorization", "")
    if not header.startswith("OAuth "):
        return False
    given = dict(signature.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=False))
    mine = (given.get("oauth_consumer_key"), given.get("oauth_token")) == (KEYS["consumer_key"], KEYS["access_token"])
    fresh = abs(time.time() - int(given.get("oauth_timestamp", "0"))) < 300
    # The base string is rebuilt over X's own address, whichever address the call came to.
    uri = SIGNED_HOST + path
    params = signature.collect_parameters(uri_query=urlsplit(uri).query, headers={"Authorization": header})
    call = SimpleNamespace(http_method=method, uri=uri, params=params, signature=given.get("oauth_signature", ""))
    right = signature.verify_hmac_sha1(call, KEYS["consumer_secret"], KEYS["access_token_secret"])
    return mine and fresh and bool(right)


def _create(server: OurXServer, body: bytes) -> tuple[int, dict[str, Any]]:
    try:
        asked = json.loads(body)
        text = asked["text"]
    except (ValueError, KeyError, TypeError):
        return _problem(400, "Invalid Request", "One or more parameters to your request was invalid.")
    if set(asked) - {"text", "media", "reply"} or not isinstance(text, str) or not text.strip():
        return _problem(400, "Invalid Request", "additionalProperties", _PROBLEM + "invalid-request")
    # Rough on purpose, and not our product's own count: every address is 23, the rest one each.
    if len(_LINK.sub("x" * 23, text)) > 280:
        return _problem(400, "Invalid Request", "Your Tweet text is too long.", _PROBLEM + "invalid-request")
    if text in server.visible():
        detail = "You are not allowed to create a Tweet with duplicate content."
        return _problem(403, "Forbidden", detail)
    post = server.add(text)
    return 201, {"data": {"id": post.id, "text": post.shown()["text"], "edit_history_tweet_ids": [post.id]}}


def _timeline(server: OurXServer, path: str) -> tuple[int, dict[str, Any]]:
    parts = urlsplit(path)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    if parts.path != f"/2/users/{server.user}/tweets":
        return _problem(404, "Not Found Error", "Could not find user.", _PROBLEM + "resource-not-found")
    size = int(query.get("max_results", "10"))
    if not 5 <= size <= 100:
        return _problem(400, "Invalid Request", "max_results is not between 5 and 100", _PROBLEM + "invalid-request")
    found = [] if server.lag else sorted(server.posts, key=lambda p: int(p.id), reverse=True)
    if "start_time" in query:
        since = datetime.strptime(query["start_time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        found = [post for post in found if post.created_at >= since]
    if "retweets" in query.get("exclude", ""):
        found = [post for post in found if not post.retweet]
    size, start = min(size, server.page_size), int(query.get("pagination_token", "0"))
    page = [post.shown() for post in found[start : start + size]]
    wanted = {"id", "text", "edit_history_tweet_ids", *query.get("tweet.fields", "").split(",")}
    data = [{key: value for key, value in post.items() if key in wanted} for post in page]
    meta: dict[str, Any] = {"result_count": len(data)}
    if start + size < len(found):
        meta["next_token"] = str(start + size)
    return 200, {**({"data": data} if data else {}), "meta": meta}


_ANSWERS = {
    "400": _problem(400, "Invalid Request", "One or more parameters to your request was invalid."),
    "401": _problem(401, "Unauthorized", "Unauthorized"),
    "402": _problem(402, "CreditsDepleted", "Your enrolled account does not have any credits to fulfill this request."),
    "403": _problem(403, "Client Forbidden", "Your access level is too low.", _PROBLEM + "client-forbidden"),
    "429": _problem(429, "Too Many Requests", "Too Many Requests"),
    "500": _problem(500, "Internal Server Error", "Internal Server Error"),
    "500-after": _problem(500, "Internal Server Error", "Internal Server Error"),
    "503": _problem(503, "Service Unavailable", "Service Unavailable"),
}


def _handler(server: OurXServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            known = self.path == "/2/tweets"
            self.serve(server.faults, lambda: _create(server, body) if known else _problem(404, "Not Found", ""))

        def do_GET(self) -> None:
            self.serve(server.read_faults, lambda: _timeline(server, self.path))

        def serve(self, faults: deque[Fault], effect: Any) -> None:
            if not _signed(self.command, self.path, dict(self.headers)):
                return self.answer(*_ANSWERS["401"])
            fault = faults.popleft() if faults else None
            if fault in ("timeout", "reset"):
                return self.break_off(fault)
            if fault == "redirect":
                return self.answer(307, {}, {"Location": server.url + self.path})
            if fault in _ANSWERS and fault != "500-after":
                reset = {"x-rate-limit-reset": str(server.reset_at)} if fault == "429" else {}
                return self.answer(*_ANSWERS[fault], reset)
            if fault == "html-500":
                return self.raw(500, b"<html>Over capacity</html>")
            status, answer = effect()
            return self.after(fault, status, answer)

        def after(self, fault: Fault | None, status: int, answer: dict[str, Any]) -> None:
            """Answer once the effect is there, or fail to."""
            if fault in ("timeout-after", "reset-after"):
                return self.break_off(fault)
            if fault == "slow":
                time.sleep(server.slow_seconds)
            if fault == "500-after":
                status, answer = _ANSWERS[fault]
            if fault == "truncated":
                return self.raw(status, json.dumps(answer).encode()[:-9], promise=9)
            if fault == "garbage":
                return self.raw(status, b"[1, 2")
            return self.answer(status, {"data": {}} if fault == "no-id" else answer)

        def break_off(self, fault: Fault) -> None:
            server.calls.append((self.command, self.path, 0))
            if fault.startswith("timeout"):
                server.hang()
            self.close_connection = True

        def answer(self, status: int, answer: dict[str, Any], headers: Mapping[str, str] | None = None) -> None:
            self.raw(status, json.dumps(answer).encode(), headers)

        def raw(self, status: int, body: bytes, headers: Mapping[str, str] | None = None, promise: int = 0) -> None:
            server.calls.append((self.command, self.path, status))
            self.send_response(status)
            self.send_header("Content-Type", "application/problem+json" if status >= 400 else "application/json")
            self.send_header("Content-Length", str(len(body) + promise))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = self.close_connection or bool(promise)

        def log_message(self, *args: object) -> None:
            pass

    return Handler
