"""Simulated reviewers: each clicks about like a person, keeps a browser's cache, and watches that no text is lost."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from time import perf_counter
from urllib.parse import urljoin, urlsplit

import httpx

# What a click is, out of a hundred. Reading dominates a reviewer's day; one click in twelve is a text to save.
MIXTURE: Mapping[str, int] = {
    "utkast": 26,
    "siffra": 24,
    "översikt": 14,
    "förhandsvisning": 10,
    "frågor": 8,
    "spara text": 8,
    "historik": 5,
    "publiceringar": 5,
}
PEOPLE = ("demo-polis", "demo-kommun")
# A shared style sheet or icon answers faster than any page: it is listed, and left out of the pages' figures.
ASSET = "stilmall, ikon, bild"
# What a browser loads at once; what is marked lazy comes when one scrolls to it, and a picture takes its first source.
_LOADED = re.compile(r'<(?:link rel="(?:stylesheet|icon)"|script|img|source)(?= )[^>]*? (?:href|src|srcset)="([^"]+)"')
_WAITING = re.compile(r'<[^>]* loading="lazy"[^>]*>|(?<=>)<img[^>]*>(?=</picture>)')
_PICTURE = re.compile(r'<img src="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: what it was for, how long it took, how heavy it was."""

    kind: str
    seconds: float
    size: int


@dataclass(frozen=True, slots=True)
class Saved:
    """One text that the application said it had saved."""

    draft: int
    seen_revision: int
    block: str
    text: str


@dataclass
class Diary:
    """What all reviewers saw together."""

    answers: list[Answer] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)
    # Saves that came second: refused with a diff, sent again.
    late: int = 0
    errors: list[str] = field(default_factory=list)
    # The heaviest page with what it loads, in bytes, by kind.
    weights: dict[str, int] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)


class Reviewer:
    """One person in one browser."""

    def __init__(self, base: str, number: int, think: float, drafts: tuple[int, ...], diary: Diary) -> None:
        self.dice = random.Random(number)
        self.number, self.think, self.drafts, self.diary = number, think, drafts, diary
        self.client = httpx.AsyncClient(base_url=base, timeout=60)
        # What the browser keeps: the tag to ask with, "" for what needs no asking; and how heavy it was.
        self.cache: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        self.saves, self.until = 0, 0.0

    async def sign_in(self) -> None:
        """Become one of the two parties' approvers."""
        page = await self.client.get("/logga-in")
        person = PEOPLE[self.number % len(PEOPLE)]
        answer = await self.client.post(
            "/logga-in", data={"csrf": _field(page.text, "csrf"), "person": person, "till": "/"}
        )
        if answer.status_code != 303:
            raise RuntimeError(f"sign-in answered {answer.status_code}")

    async def work(self, until: float) -> None:
        """Click until the moment on the performance counter, thinking between the clicks."""
        self.until = until
        await asyncio.sleep(self.dice.random() * self.think)
        while perf_counter() < until:
            kind = self.dice.choices(list(MIXTURE), list(MIXTURE.values()))[0]
            try:
                await self._click(kind)
            except (httpx.HTTPError, AssertionError, AttributeError) as error:
                self.diary.errors.append(f"{kind}: {type(error).__name__} {error}"[:300])
            await self.pause()
        await self.client.aclose()

    async def pause(self) -> None:
        """Think: an exponential time, as people's pauses are, cut at ten times its mean."""
        if self.think:
            await asyncio.sleep(min(self.dice.expovariate(1 / self.think), 10 * self.think))

    async def _click(self, kind: str) -> None:
        draft = self.dice.choice(self.drafts)
        if kind == "spara text":
            await self._edit(draft)
        elif kind == "siffra":
            page = await self._page("utkast", f"/utkast/{draft}")
            await self.pause()
            await self._page(kind, self.dice.choice(re.findall(r'href="(/utkast/\d+/siffra/[^"]+)"', page)))
        elif kind == "förhandsvisning":
            page = await self._page("utkast", f"/utkast/{draft}")
            for frame in re.findall(r'<iframe[^>]* src="([^"]+)"', page):
                await self._page(kind, unescape(frame))
            for picture in dict.fromkeys(_PICTURE.findall(page)):
                await self._asset(unescape(picture))
        else:
            fixed = {"översikt": "/", "frågor": "/fragor", "publiceringar": "/publiceringar"}
            await self._page(kind, fixed.get(kind) or self._dated(kind, draft))

    def _dated(self, kind: str, draft: int) -> str:
        return f"/historik/strangnas-2021/2021-T{draft}" if kind == "historik" else f"/utkast/{draft}"

    async def _edit(self, draft: int) -> None:
        """Open a draft, change one text, save; where somebody was quicker, read the diff and save again."""
        page = await self._page("utkast", f"/utkast/{draft}")
        block = self.dice.choice(re.findall(r'<textarea id="text:([\w:]+)"', page))
        self.saves += 1
        before = _textarea(page, block)
        mark = f"Tillägg {_letters(self.number)}-{_letters(self.saves)}."
        text = f"{before.partition(' Tillägg ')[0]} {mark}"
        while perf_counter() < self.until:
            await self.pause()
            seen = int(_field(page, "revision"))
            answer = await self._send(
                "spara text",
                "POST",
                f"/utkast/{draft}/text",
                {
                    "csrf": _field(page, "csrf"),
                    "revision": str(seen),
                    "vid": block,
                    f"text:{block}": text,
                    f"seen:{block}": _field(page, f"seen:{block}"),
                },
            )
            page = answer.text
            if answer.status_code == 303:
                self.diary.saved.append(Saved(draft, seen, block, text))
                page = await self._page("utkast", answer.headers["location"])
                # Somebody may have saved the same text between the two requests; the history tells in the end.
                return
            assert answer.status_code == 409, f"svarade {answer.status_code}"
            self.diary.late += 1
            assert _textarea(page, block) == text, "en text som kom för sent stod inte kvar i formuläret"
            assert "<ins>" in page, "en text som kom för sent visades utan skillnad"

    async def _page(self, kind: str, path: str) -> str:
        """Open a page with everything it loads, and return it."""
        answer = await self._send(kind, "GET", path)
        assert answer.status_code == 200, f"{path} svarade {answer.status_code}"
        loaded = _LOADED.findall(_WAITING.sub("", answer.text))
        for address in loaded:
            if urlsplit(address).netloc:
                self.diary.strangers.add(address)
            else:
                await self._asset(urljoin(path, unescape(address)))
        weight = len(answer.content) + sum(self.sizes.get(urljoin(path, unescape(a)), 0) for a in loaded)
        self.diary.weights[kind] = max(self.diary.weights.get(kind, 0), weight)
        return answer.text

    async def _asset(self, path: str) -> None:
        """Fetch what a page loads, as a browser with a cache does."""
        known = self.cache.get(path)
        if known == "":
            return
        answer = await self._send(ASSET, "GET", path, tag=known)
        assert answer.status_code in (200, 304), f"{path} svarade {answer.status_code}"
        if answer.status_code == 200:
            self.sizes[path] = len(answer.content)
        rule = answer.headers.get("cache-control", "")
        if "no-store" not in rule:
            self.cache[path] = "" if "immutable" in rule else answer.headers.get("etag", "")

    async def _send(
        self, kind: str, method: str, path: str, form: Mapping[str, str] | None = None, tag: str | None = None
    ) -> httpx.Response:
        headers = {"if-none-match": tag} if tag else {}
        start = perf_counter()
        answer = await self.client.request(method, path, data=form, headers=headers)
        self.diary.answers.append(Answer(kind, perf_counter() - start, len(answer.content)))
        return answer


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page)
    assert found, f"sidan saknar fältet {name}"
    return unescape(found[1])


def _textarea(page: str, block: str) -> str:
    found = re.search(rf'<textarea id="text:{re.escape(block)}"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found, f"sidan saknar texten {block}"
    return unescape(found[1])


def _letters(number: int) -> str:
    """Return a number in letters: figures may not be typed."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
