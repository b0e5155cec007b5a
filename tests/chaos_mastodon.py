"""The Mastodon of a chaos run: mastodon-mock, which is not ours, behind a proxy that fails and keeps the run's time."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import requests

from tests.fault_proxy import FaultProxy
from tests.misbehaving import Answer, Request
from tests.posting import PEERS, free_port, process

MASTODON, TOKEN = PEERS / "mastodon_mock", "mock_token"
_HEADERS = {"Authorization": f"Bearer {TOKEN}"}
# A Mastodon remembers a key so long; the one from PyPI does for ever.
_REMEMBERED_SECONDS = 3600


class ForgetfulProxy(FaultProxy):
    """Lets a key be forgotten after an hour of the run's time, as a real Mastodon does."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        requests.post(f"{upstream}/api/v1/_mock/reset", timeout=20).raise_for_status()
        lookup = requests.get(f"{upstream}/api/v1/accounts/lookup?acct=testuser", timeout=20)
        self._account: str = lookup.json()["id"]
        self._first: dict[str, float] = {}

    def respond(self, request: Request) -> Answer:
        """Return the upstream's answer to a call whose key is new when the old one would be forgotten."""
        headers = dict(request.headers.items())
        if key := headers.get("Idempotency-Key"):
            first, now = self._first.get(key), self.clock()
            if first is None or now - first > _REMEMBERED_SECONDS:
                first = self._first[key] = now
            headers["Idempotency-Key"] = f"{key}/{first}"
        return super().respond(replace(request, headers=headers))

    def state(self) -> dict[str, Any]:
        """Return the account's posts as a visitor sees them."""
        found: list[dict[str, Any]] = []
        while page := self._page(found[-1]["id"] if found else ""):
            found += page
        return {"visible": [_read(post) for post in found]}

    def remove(self, what: str) -> None:
        """Delete a post by its number."""
        requests.delete(f"{self.upstream}/api/v1/statuses/{what}", headers=_HEADERS, timeout=20).raise_for_status()

    def _page(self, before: str) -> list[dict[str, Any]]:
        where = f"{self.upstream}/api/v1/accounts/{self._account}/statuses"
        asked = {"limit": "40", **({"max_id": before} if before else {})}
        page: list[dict[str, Any]] = requests.get(where, params=asked, timeout=20).json()
        return page


@contextmanager
def mastodon() -> Iterator[str]:
    """Run a Mastodon that isn't ours; gives its address, "" where the peers are not installed (make peers)."""
    if not MASTODON.exists():
        yield ""
        return
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = (MASTODON, "serve", "--host", "127.0.0.1", "--port", str(port), "--in-memory", "--log-level", "critical")
    with process(*command, url=url, ready="/api/v2/instance"):
        yield url


def _read(post: dict[str, Any]) -> dict[str, Any]:
    spaced = re.sub(r"</p>|<br\s*/?>", " ", post["content"])
    text = html.unescape(re.sub(r"<[^>]*>", "", spaced))
    return {"id": post["id"], "text": text, "alts": [m["description"] for m in post["media_attachments"]]}
