"""A folder behind WebDAV: every write is conditional, so that nobody's change since we looked is written over."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import requests
from requests.auth import HTTPBasicAuth

from config.schema import Channel
from tasks.channels import _folder, _readback, _wire
from tasks.model import Refused, Trouble, Unavailable

_CONNECT_SECONDS = 5
_ABSENT = ""
_SECRETS = ("username", "password")


def problems(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's server and keys, in Swedish."""
    found = _wire.base_problems(_readback.without_path(channel.base_url or ""))
    return found + _wire.key_problems(channel, _SECRETS)


@contextmanager
def opened(channel: Channel) -> Iterator[Dav]:
    """Give the server's folder."""
    with requests.Session() as session:
        user, password = (channel.secrets[name].get_secret_value().encode() for name in _SECRETS)
        # As bytes: a password outside Latin-1 would become an error that quotes it.
        session.auth = HTTPBasicAuth(user, password)
        yield Dav(session, channel)


class Dav:
    """One folder of a WebDAV server (RFC 4918) as the place of a package."""

    def __init__(self, session: requests.Session, channel: Channel) -> None:
        self.where = (channel.base_url or "").rstrip("/")
        self._session, self._seconds = session, channel.timeout_seconds
        # ETag and bytes of each file as it was last read: what a write may replace.
        self._seen: dict[str, tuple[str, bytes | None]] = {}

    def read(self, name: str) -> bytes | None:
        """Return what stands under the name, None when nothing does; raises Refused or Unavailable."""
        status, tag, body = self._call("GET", name, missing=True)
        if status == 404:
            self._seen[name] = _ABSENT, None
            return None
        # A weak tag can't be a condition (RFC 9110, 13.1.1); some servers give one to a file of the last second.
        if not re.fullmatch(r'"[^"]*"', tag):
            raise Unavailable(f"{self.where}/{name} har ingen stark ETag just nu; utan den kan den inte bytas säkert.")
        self._seen[name] = tag, body
        return body

    def place(self, name: str, body: bytes) -> None:
        """Put `body` there if the file still is as it was last read (here, or by an earlier `read`)."""
        if name not in self._seen:
            self.read(name)
        tag, there = self._seen[name]
        if there == body:
            return
        headers = {"If-None-Match": "*"} if tag == _ABSENT else {"If-Match": tag}
        status, *_ = self._call("PUT", name, body, headers, conflict=True)
        if status in (404, 409):
            self._make_folders(name)
            self._call("PUT", name, body, headers)
        # A server that broke off may have kept half of it, and one that knows no conditions may have kept another's.
        if self.read(name) != body:
            raise Unavailable(f"{self.where}/{name} blev inte som den sändes. Försök igen.")

    def remove(self, name: str) -> None:
        """Take a file away; nothing there is no trouble."""
        self._call("DELETE", name, missing=True)
        self._seen.pop(name, None)

    def _make_folders(self, name: str) -> None:
        parts = name.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            # 405: it is there already, perhaps made by another worker a moment ago.
            status, *_ = self._call("MKCOL", "/".join(parts[:depth]) + "/", exists=True, conflict=True)
            if status in (404, 409):
                raise Refused(f"{self.where} finns inte som mapp på servern. Skapa den eller rätta base_url.")

    def _call(
        self,
        method: str,
        name: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        missing: bool = False,
        conflict: bool = False,
        exists: bool = False,
    ) -> tuple[int, str, bytes]:
        """Return status, ETag and body of one call; every answer but the expected ones is Refused or Unavailable."""
        problem = _folder.problem_of(name.rstrip("/"))
        if problem:
            raise Refused(f"Filen kan inte skrivas: {problem}.")
        url, ends = f"{self.where}/{quote(name)}", time.monotonic() + 2 * self._seconds
        try:
            with self._session.request(
                method,
                url,
                data=body,
                # Unpacked: of a packed answer Apache and nginx give another ETag, which no write can be bound to.
                headers={"Cache-Control": "no-cache", "Accept-Encoding": "identity", **(headers or {})},
                timeout=(_CONNECT_SECONDS, self._seconds),
                allow_redirects=False,
                stream=True,
            ) as answer:
                found = answer.status_code, answer.headers.get("ETag", ""), _readback.whole_body(answer, url, ends)
        except (requests.RequestException, ValueError) as error:
            # Each call may be made again: its condition stops a second effect. So nothing here is uncertain.
            raise Unavailable(f"{self.where} svarar inte ({type(error).__name__}). Försök igen.") from None
        status = found[0]
        expected = 200 <= status < 300
        if expected or (missing and status == 404) or (conflict and status in (404, 409)) or (exists and status == 405):
            return found
        raise self._meaning(name, status)

    def _meaning(self, name: str, status: int) -> Trouble:
        where = f"{self.where}/{name}"
        if status in (401, 403):
            return Refused(f"{self.where} släpper inte in oss ({status}). Se över secrets.username och password.")
        if status in (409, 412):
            return Unavailable(f"{where} ändrades av någon annan medan den skulle bytas ({status}). Försök igen.")
        if status in (408, 423, 425, 429) or status >= 500:
            return Unavailable(f"{where} kan inte nås just nu ({status}).")
        return Refused(f"{where} godtas inte av servern ({status}). Är base_url en mapp på en WebDAV-server?")
