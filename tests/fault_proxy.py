"""A proxy that loses what a server said: it stands between a client and any server, and fails on command.

For servers that aren't ours (a real PDS, a Mastodon from PyPI): the call goes through, its answer doesn't come back.
As a process: `python -m tests.fault_proxy --port P --to URL`.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import requests

from tests.misbehaving import Answer, Misbehaving, Request, main

_OWN = {"connection", "content-length", "content-encoding", "transfer-encoding", "keep-alive", "host"}


class FaultProxy(Misbehaving):
    """Passes calls on to `upstream`; each fault hits one of them."""

    settings = (*Misbehaving.settings, "fault_headers")

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self.upstream = upstream
        # Sent with a failure of our own making, such as the moment at which a limit is lifted.
        self.fault_headers: dict[str, str] = {}
        # What the upstream is asked to do: method and path, in order.
        self.passed: list[tuple[str, str]] = []

    def respond(self, request: Request) -> Answer:
        """Return the upstream's own answer."""
        self.passed.append((request.method, request.where))
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN}
        answer = requests.request(
            request.method, self.upstream + request.path, headers=headers, data=request.body, timeout=20,
            allow_redirects=False,
        )  # fmt: skip
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in {*_OWN, "date", "server"}}
        return Answer(answer.status_code, answer.content, kept)

    def refusal(self, fault: str) -> Answer:
        """Return a failure with that status before anything is passed on."""
        return Answer(int(fault), {"error": "OurProxy", "message": "told to fail"}, self.fault_headers)

    def state(self) -> dict[str, Any]:
        """Return how many calls reached the upstream."""
        return {"passed": len(self.passed)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--to", required=True)
    told, rest = parser.parse_known_args(sys.argv[1:])
    main(lambda: FaultProxy(told.to), rest)
