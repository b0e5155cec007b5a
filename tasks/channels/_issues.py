"""What lies beside a page on its shelf: the order of delivery, the site's feeds, and what a retraction must reach."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import feedparser

from tasks.channels import _folder
from tasks.channels._shelf import Shelf
from tasks.model import Output, Publication, Refused, canonical, digest
from tasks.pages import STANDING_FILE, feeds
from tasks.pages.markers import until, written_marker

_FOLDER = re.compile(r"[\w][\w.-]{0,100}", re.ASCII)


def turn(output: Output) -> tuple[int, str]:
    """Return when an output is placed: data, the page, the manifest, the feeds."""
    last = output.name.rpartition("/")[2]
    order = {"index.html": 1, "manifest.json": 2, "feed.json": 3, "feed.xml": 3}
    return order.get(last, 0), output.name


def site_feeds(shelf: Shelf, outputs: tuple[Output, ...]) -> list[tuple[str, bytes]]:
    """Return name and bytes of the feeds at the shelf's root with the outputs' entries taken in.

    Raises Refused when something else than a feed of ours stands there.
    """
    fresh = next((found for o in outputs if _last(o) == "feed.json" and (found := feeds.read(o.body))), None)
    if fresh is None:
        return []
    there = shelf.read("feed.json")
    standing = feeds.read(there) if there is not None else fresh
    atom = shelf.read("feed.xml")
    if standing is None or (atom is not None and not is_atom(atom)):
        name = "feed.json" if standing is None else "feed.xml"
        raise Refused(f"{shelf.where}/{name} är inte ett flöde som vi har skrivit. Flytta undan filen och försök igen.")
    made = feeds.merged(standing, fresh)
    return [*_standing_page(shelf, outputs), ("feed.json", feeds.json_feed(made)), ("feed.xml", feeds.atom(made))]


def _standing_page(shelf: Shelf, outputs: tuple[Output, ...]) -> list[tuple[str, bytes]]:
    """Return the municipality's own page for the shelf's root, unless a newer one or somebody else's stands there."""
    page = next((o.body for o in outputs if _last(o) == STANDING_FILE), None)
    there = shelf.read("index.html")
    mine, theirs = until(page or b""), until(there or b"")
    if page is None or mine is None or (there is not None and (theirs is None or theirs > mine)):
        return []
    return [("index.html", page)]


@lru_cache(maxsize=64)
def is_atom(body: bytes) -> bool:
    """Return whether the bytes are an Atom feed that says when it was updated."""
    # feedparser resolves no outside entities and drops dangerous ones; a stream keeps it from taking bytes as a name.
    return bool(feedparser.parse(io.BytesIO(body)).feed.get("updated_parsed"))


def notice_of(outputs: tuple[Output, ...], publication: Publication) -> Output:
    """Return the page that says this edition was taken back; raises Refused when the outputs hold none."""
    for page in (o for o in outputs if _last(o) == "index.html"):
        mark = written_marker(page.body)
        same = mark is not None and mark[:2] == (publication.promise, publication.period)
        if mark is not None and same and mark.retracted and mark.edition >= publication.edition:
            return page
    raise Refused(f"Det finns inget meddelande att lägga i stället för {publication.promise} {publication.period}.")


def take_back(shelf: Shelf, notice: Output, outputs: tuple[Output, ...]) -> None:
    """Put the notice in the page's place and take away what the page came with.

    The page goes first, since it is what people read; the manifest last, since it tells a repeat what to take away.
    """
    folder, left = notice.name.rpartition("/")[0], left_behind(shelf, notice, outputs)
    shelf.place(notice.name, notice.body)
    for name in left:
        shelf.remove(name)
    for name, body in site_feeds(shelf, outputs):
        shelf.place(name, body)
    for output in sorted(outputs, key=lambda o: (_last(o) == "manifest.json", o.name)):
        if output is not notice:
            shelf.place(output.name, output.body)
    _tell_later_periods(shelf, folder, outputs)


def left_behind(shelf: Shelf, page: Output, outputs: tuple[Output, ...]) -> list[str]:
    """Return the names of the files beside the page that an earlier edition had and this one hasn't."""
    folder = page.name.rpartition("/")[0]
    standing = _beside(shelf.read(f"{folder}/manifest.json"), folder)
    return sorted(set(standing) - {o.name for o in outputs})


def _tell_later_periods(shelf: Shelf, folder: str, outputs: tuple[Output, ...]) -> None:
    """Say the same in the feeds of other periods' folders: they repeat what was taken back."""
    fresh = next((found for o in outputs if _last(o) == "feed.json" and (found := feeds.read(o.body))), None)
    root = feeds.read(shelf.read("feed.json") or b"")
    for item in root["items"] if root and fresh else ():
        other = item.get(feeds.OURS, {}).get("folder", "")
        if not isinstance(other, str) or other == folder or not _FOLDER.fullmatch(other):
            continue
        standing = feeds.read(shelf.read(f"{other}/feed.json") or b"")
        manifest = shelf.read(f"{other}/manifest.json")
        if standing is None or manifest is None or fresh is None:
            continue
        made = feeds.merged(standing, fresh, add=False)
        if made["items"] == standing["items"]:
            continue
        written = {f"{other}/feed.json": feeds.json_feed(made), f"{other}/feed.xml": feeds.atom(made)}
        for name, body in {**written, f"{other}/manifest.json": _renewed(manifest, written)}.items():
            shelf.place(name, body)


def _renewed(manifest: bytes, written: dict[str, bytes]) -> bytes:
    """Return a manifest with the new sizes and hashes of some of its files."""
    held: dict[str, Any] = json.loads(manifest)
    for file in held["files"]:
        if file["name"] in written:
            body = written[file["name"]]
            file.update(bytes=len(body), sha256=digest(body))
    return canonical(held)


def _beside(manifest: bytes | None, folder: str) -> Iterator[str]:
    """Yield the names in a manifest that lie in the page's own folder."""
    try:
        files = json.loads(manifest or b"{}").get("files", [])
        names = [file["name"] for file in files]
    except (ValueError, AttributeError, KeyError, TypeError):
        return
    for name in names:
        if isinstance(name, str) and name.startswith(f"{folder}/") and not _folder.problem_of(name):
            yield name


def _last(output: Output) -> str:
    return output.name.rpartition("/")[2]
