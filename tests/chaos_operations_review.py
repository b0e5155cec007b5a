"""The review application as a process of its own, and a person at a browser who edits, approves and tries again."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx

import config as configuration
from flows.review.app import create_app, server
from tasks.store import Store
from tests.chaos_operations_steps import Process, Shared
from tests.posting import free_port

WORDS = " Alla som ville gå med var välkomna."


class App:
    """The review application in a process that can be stopped at its steps and killed."""

    def __init__(self, shared: Shared, url: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.shared = shared
        self.process = Process(lambda: _serve(shared, url, self.port), shared)
        _wait_for(self.port)

    @property
    def address(self) -> str:
        """Where people reach it."""
        return f"http://127.0.0.1:{self.port}"

    def arm(self, step: int) -> None:
        """Let it stop at the n-th step from now."""
        with self.shared.armed.get_lock():
            self.shared.armed.value = step

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def _serve(shared: Shared, url: str, port: int) -> None:
    app = create_app(configuration.load(), Store(url, busy=True), demo=True, secret="chaos" * 8, now=lambda: shared.now)
    server(app, port).run()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("the review application did not start")


@dataclass
class Sent:
    """A form as it was sent: where to and what it held; and what came back (None: nothing did)."""

    path: str
    fields: dict[str, str]
    answer: httpx.Response | None = None

    @property
    def saved(self) -> bool:
        """Whether the answer says that it was done."""
        return self.answer is not None and self.answer.status_code == 303


class Person:
    """Somebody at a browser."""

    def __init__(self, address: str, name: str) -> None:
        self.name = name
        self.browser = httpx.Client(base_url=address, timeout=60, headers={"Origin": address})
        page = self.browser.get("/logga-in").text
        form = next(f for f in forms(page) if f.action == "/logga-in")
        answer = self.browser.post(form.action, data={**form.fields, "person": name})
        assert answer.status_code == 303, answer.text

    def form(self, draft: int, act: str) -> Sent:
        """Open the draft and fill in the form of an act: edit, approve-…"""
        page = self.browser.get(f"/utkast/{draft}").text
        if act == "edit":
            found = next(f for f in forms(page) if f.action.partition("#")[0].endswith("/text"))
            key = next(k for k in found.fields if k.startswith("text:sida:c5"))
            fields = {**found.fields, key: found.fields[key] + WORDS, "vid": key.removeprefix("text:")}
        else:
            found = next(f for f in forms(page) if "/godkann" in f.action)
            fields = {**found.fields, "lucka": "ja"}
        return Sent(found.action.partition("#")[0], fields)

    def send(self, sent: Sent) -> Sent:
        """Press the button."""
        try:
            sent.answer = self.browser.post(sent.path, data=sent.fields)
        except httpx.TransportError:
            sent.answer = None
        return sent

    def again(self, sent: Sent) -> Sent:
        """Press the button of the answer's own form where there is one, else the first one again."""
        if sent.answer is None:
            return self.send(Sent(sent.path, sent.fields))
        form = next((f for f in forms(sent.answer.text) if f.action.partition("#")[0] == sent.path), None)
        return self.send(Sent(sent.path, form.fields if form else sent.fields))


@dataclass
class Form:
    """A form of a page, its fields as a browser would send them."""

    action: str
    fields: dict[str, str]


def forms(page: str) -> list[Form]:
    """Return a page's forms."""
    reader = _Forms()
    reader.feed(page)
    return reader.found


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._text: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take a form, an input, or the beginning of a text."""
        given = {k: v or "" for k, v in attributes}
        if tag == "form":
            self.found.append(Form(given.get("action", ""), {}))
        elif self.found and tag == "input" and given.get("name") and given.get("type") not in ("checkbox", "radio"):
            self.found[-1].fields[given["name"]] = given.get("value", "")
        elif self.found and tag == "textarea" and given.get("name"):
            self._text = given["name"]
            self.found[-1].fields[self._text] = ""

    def handle_endtag(self, tag: str) -> None:
        """Know where a text ends."""
        if tag == "textarea":
            self._text = None

    def handle_data(self, data: str) -> None:
        """Gather a text."""
        if self._text:
            # A browser drops the line end right after the tag.
            before = self.found[-1].fields[self._text]
            self.found[-1].fields[self._text] = before + (data.removeprefix("\n") if not before else data)
