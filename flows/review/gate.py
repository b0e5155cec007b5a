"""The door in front of every request: host, size, headers and the session's cookies, as one ASGI layer."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A whole draft's texts are some tens of kilobytes.
LARGEST_BODY = 1_000_000
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    # Drafts and reports must not stay in a shared computer's cache.
    "cache-control": "no-store",
}


class TooLarge(Exception):
    """The request's body is larger than any form of ours."""


class Gate:
    """Refuses foreign hosts and oversized bodies, and puts the safety headers and cookies on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["cookies"] = []
        # A foreign name that resolves to this machine (DNS rebinding) must not reach anything.
        if not is_loopback_host(headers.get("host", "")):
            await PlainTextResponse("Fel adress: öppna sidan på den här datorn.", 400)(scope, receive, send)
            return
        await self.app(scope, _limited(receive), _with_headers(scope["state"], send))


def is_loopback_host(host: str) -> bool:
    """Tell whether a Host header names this machine."""
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 or (host.startswith("[") and "]:" in host) else host
    return name.lower() == "localhost" or is_loopback_address(name.strip("[]"))


def is_loopback_address(address: str) -> bool:
    """Tell whether an IP address is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def cookie(name: str, value: str, *, same_site: str, secure: bool, seconds: int | None = None) -> str:
    """Return one Set-Cookie value that no script can read; `seconds` 0 removes the cookie."""
    jar: SimpleCookie = SimpleCookie({name: value})
    morsel = jar[name]
    morsel["path"], morsel["samesite"] = "/", same_site
    morsel["httponly"], morsel["secure"] = True, secure
    if seconds is not None:
        morsel["max-age"] = seconds
    return morsel.OutputString()


def _limited(receive: Receive) -> Receive:
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_BODY:
            raise TooLarge
        return message

    return limited


def _with_headers(state: Mapping[str, Any], send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            cookies: Sequence[str] = state["cookies"]
            for value in cookies:
                headers.append("set-cookie", value)
        await send(message)

    return sending
