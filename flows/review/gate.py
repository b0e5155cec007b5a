"""The door in front of every request: host, size, headers and the session's cookies, as one ASGI layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.identity import is_loopback

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
    "permissions-policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
    # Drafts and reports must not stay in a shared computer's cache.
    "cache-control": "no-store",
}
# A browser that has been here once never asks without encryption again. Only this host: others have their own owners.
STRICT_TRANSPORT = "max-age=31536000"


class TooLarge(Exception):
    """The request's body is larger than any form of ours."""


class Gate:
    """Refuses foreign hosts and oversized bodies, and puts the safety headers and cookies on every answer.

    `address` is where people reach the application (https://host); without one only this machine is let in.
    """

    def __init__(self, app: ASGIApp, address: str = "") -> None:
        self.app = app
        self.host = urlsplit(address).netloc.lower()
        self.encrypted = address.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "").lower()
        is_ours = self.host != "" and host == self.host
        state = scope.setdefault("state", {})
        state["cookies"] = []
        # The address decides, not a header: a proxy in front speaks plain http with us.
        state["secure"] = is_ours and self.encrypted
        # A foreign name that resolves to this machine (DNS rebinding) must not reach anything.
        if not is_ours and not is_loopback_host(host):
            where = f"https://{self.host}/" if self.encrypted else "sidan på den här datorn"
            await PlainTextResponse(f"Fel adress: öppna {where}.", 400)(scope, receive, send)
            return
        await self.app(scope, _limited(receive), _with_headers(state, send))


def is_loopback_host(host: str) -> bool:
    """Tell whether a Host header names this machine."""
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 or (host.startswith("[") and "]:" in host) else host
    return is_loopback(name.strip("[]"))


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
            if state["secure"]:
                headers.setdefault("strict-transport-security", STRICT_TRANSPORT)
            cookies: Sequence[str] = state["cookies"]
            for value in cookies:
                headers.append("set-cookie", value)
        await send(message)

    return sending
