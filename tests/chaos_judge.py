"""What a reader really sees, held against what both parties approved and what the outbox says."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests

from tasks.model import Output, Publication
from tasks.pages.article import article_of
from tasks.pages.markers import Marker, shown, written_marker
from tests.chaos_mastodon import MASTODON
from tests.chaos_servers import Outside

SITES = {"strangnas.se": "shelf", "polisen.se": "optimizely"}
POSTS = {"kommunen-x": "x", "kommunen-facebook": "facebook"}
if MASTODON.exists():
    POSTS["kommunen-mastodon"] = "mastodon"
Key = tuple[str, int]


@dataclass
class Approved:
    """What people saw when they said yes, by period and edition; and up to which edition a period was taken back."""

    outputs: dict[Key, tuple[Output, ...]] = field(default_factory=dict)
    retracted: dict[str, int] = field(default_factory=dict)

    def newest(self, period: str) -> int:
        """Return a period's newest edition, 0 when none was approved."""
        return max((edition for known, edition in self.outputs if known == period), default=0)

    def of(self, key: Key, channel: str) -> list[Output]:
        """Return what people saw of one channel."""
        return [o for o in self.outputs[key] if o.channel == channel]

    def is_gone(self, key: Key) -> bool:
        """Return whether an edition was taken back."""
        return self.retracted.get(key[0], 0) >= key[1]


@dataclass
class Verdict:
    """What is wrong, by kind, each in words."""

    wrong: list[tuple[str, str]] = field(default_factory=list)

    def add(self, kind: str, words: str, times: int = 1) -> None:
        """Note something wrong."""
        self.wrong += [(kind, words)] * times


def judge(promise: str, rows: Sequence[Publication], approved: Approved, outside: Outside) -> Verdict:
    """Return what is wrong once everything has come to rest."""
    verdict = Verdict()
    _rows(rows, approved, verdict)
    for channel, server in POSTS.items():
        _posts(channel, posts(outside, server), rows, approved, verdict)
    for period in sorted({period for period, _ in approved.outputs}):
        for channel in SITES:
            _site(channel, promise, period, rows, approved, outside, verdict)
    return verdict


def posts(outside: Outside, server: str) -> list[dict[str, Any]]:
    """Return the posts that a reader sees on a network."""
    found: list[dict[str, Any]] = outside.state(server)
    return found


def is_out(row: Publication, approved: Approved, outside: Outside) -> str | None:
    """Return the number (a page: the address) under which a reader finds a row's very words; None when nowhere."""
    key = (row.period, row.edition)
    if row.channel in POSTS:
        wanted = _words(_text(approved.of(key, row.channel)))
        return next((p["id"] for p in posts(outside, POSTS[row.channel]) if _words(p["text"]) == wanted), None)
    mark = _mark(_pages(row.channel, row.period, outside), row.promise, row.period)
    return row.channel if mark and mark.edition == row.edition and not mark.retracted else None


def _rows(rows: Sequence[Publication], approved: Approved, verdict: Verdict) -> None:
    held = Counter((r.period, r.edition, r.channel) for r in rows)
    for period, edition in approved.outputs:
        for channel in (*SITES, *POSTS):
            if held[period, edition, channel] != 1:
                verdict.add("lost", f"{period}/{edition} {channel}: {held[period, edition, channel]} rader i utkorgen")
    for row in rows:
        key, name = (row.period, row.edition), f"{row.period}/{row.edition} {row.channel}"
        if key not in approved.outputs:
            verdict.add("unapproved", f"{name}: i utkorgen utan två godkännanden")
        elif approved.is_gone(key):
            if row.state not in ("retracted", "stopped"):
                verdict.add("wrong_state", f"{name}: återkallad men {row.state} ({row.message})")
        elif row.state == "stopped" and row.edition < approved.newest(row.period):
            continue
        elif row.state != "published":
            kind = "lost" if row.state in ("pending", "prepared", "stopped") else "wrong_state"
            verdict.add(kind, f"{name}: {row.state} till slut ({row.message})")


def _posts(
    channel: str, seen: list[dict[str, Any]], rows: Sequence[Publication], approved: Approved, verdict: Verdict
) -> None:
    known = {_words(_text(approved.of(key, channel))): key for key in approved.outputs}
    count: Counter[Key] = Counter()
    for post in seen:
        key = known.get(_words(post["text"]))
        if key is None or sorted(post["alts"]) != _alts(approved.of(key, channel)):
            verdict.add("unapproved", f"{channel}: {post}")
        else:
            count[key] += 1
    for row in (r for r in rows if r.channel == channel):
        key, name = (row.period, row.edition), f"{row.period}/{row.edition} {channel}"
        if count[key] > 1:
            verdict.add("duplicates_visible", f"{name}: {count[key]} inlägg", count[key] - 1)
        if count[key] and row.state != "published":
            verdict.add("wrong_state", f"{name}: syns men är {row.state} ({row.message})")
        if not count[key] and row.state == "published":
            verdict.add("lost", f"{name}: publicerad men syns inte")


def _site(
    channel: str,
    promise: str,
    period: str,
    rows: Sequence[Publication],
    approved: Approved,
    outside: Outside,
    verdict: Verdict,
) -> None:
    out = [r.edition for r in rows if (r.channel, r.period, r.state) == (channel, period, "published")]
    wanted, pages = max(out, default=0), _pages(channel, period, outside)
    mark, name = _mark(pages, promise, period), f"{period}/{wanted} {channel}"
    if len(pages) > 1:
        verdict.add("duplicates_visible", f"{name}: {len(pages)} sidor", len(pages) - 1)
    if not wanted or approved.is_gone((period, wanted)):
        if mark and not mark.retracted:
            verdict.add("wrong_state", f"{name}: sidan visar utgåva {mark.edition} som inte ska synas")
        return
    made = approved.of((period, wanted), channel)
    page = next(o for o in made if o.name.endswith("index.html"))
    if mark is None or mark.retracted or mark.edition != wanted:
        verdict.add("lost", f"{name}: sidan visar {mark and mark.written}")
    elif mark.figures_sha256 != (written_marker(page.body) or mark).figures_sha256:
        verdict.add("unapproved", f"{name}: sidan visar andra siffror")
    elif channel == "polisen.se":
        article = article_of(page.body)
        if article is None or _bare(article.body) not in _bare(pages[0].decode()):
            verdict.add("unapproved", f"{name}: sidan visar en annan text")
    else:
        _shelf(name, made, outside, verdict, tells_retraction=bool(approved.retracted))


def _shelf(name: str, made: Iterable[Output], outside: Outside, verdict: Verdict, *, tells_retraction: bool) -> None:
    """Hold every file of a package against its approved bytes, and look for entries that stand twice in the feed."""
    root = outside.root / "strangnas.se"
    # A retraction is said in the feeds of the other periods too, and the manifest holds their hashes.
    moving = ("feed.json", "feed.xml", *(["manifest.json"] if tells_retraction else []))
    for output in made:
        file = root / output.name
        if output.name.rpartition("/")[2] not in moving and (not file.is_file() or file.read_bytes() != output.body):
            verdict.add("unapproved", f"{name}: filen {output.name} är inte den godkända")
    entries = [item["id"] for item in json.loads((root / "feed.json").read_text())["items"]]
    if len(entries) != len(set(entries)):
        verdict.add("duplicates_visible", f"{name}: flödet har {entries}")
    if leftover := [p.name for p in root.rglob("*.tmp")]:
        verdict.add("leftover", f"{name}: {leftover}")


def _pages(channel: str, period: str, outside: Outside) -> list[bytes]:
    """Return the public pages of a period on a site."""
    if channel == "strangnas.se":
        answer = requests.get(f"{outside.url('shelf')}/strangnas.se/uppfoljning-{period}/", timeout=10)
        return [answer.content] if answer.status_code == 200 else []
    seen: Mapping[str, str] = outside.state("optimizely")
    return [text.encode() for url, text in seen.items() if f"uppfoljning-{period}".casefold() in url]


def _mark(pages: list[bytes], promise: str, period: str) -> Marker | None:
    return shown(pages[0], promise, period) if pages else None


def _text(outputs: Iterable[Output]) -> str:
    return next(o.body for o in outputs if o.name.endswith("post.txt")).decode()


def _alts(outputs: Iterable[Output]) -> list[str]:
    return sorted(o.body.decode() for o in outputs if o.name.endswith(".alt.txt"))


def _words(text: str) -> str:
    return " ".join(text.split())


def _bare(markup: str) -> str:
    return _words(html.unescape(re.sub(r"<[^>]*>", " ", markup)))
