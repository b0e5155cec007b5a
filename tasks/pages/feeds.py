"""A site's follow-ups as feeds, Atom (RFC 4287) and JSON Feed 1.1: the same ids in both, the same bytes each time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from xml.etree import ElementTree as ET

from tasks.model import Entry
from tasks.wording.news import WORDS

_ATOM = "http://www.w3.org/2005/Atom"
_JSON = "https://jsonfeed.org/version/1.1"
# What XML 1.0 has no way to write, escaped or not.
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ITEM = ("id", "url", "title", "content_text", "date_modified")
# Our own part of an item: which edition, and in which folder of the package its files lie.
OURS = "_lofteskollen"


def feed(
    *,
    templates: Mapping[str, str],
    title: str,
    author: str,
    tag: str,
    home: str,
    entries: Sequence[tuple[Entry, str]],
    folder: str = "",
) -> dict[str, Any]:
    """Return the feed of (entry, address) pairs, newest first, as JSON Feed has it.

    `tag` begins every id, `home` is the feed's page, and `folder` with {period} is where an entry's files lie.
    """
    newest = sorted(entries, key=lambda pair: (pair[0].updated, pair[0].period), reverse=True)
    return {
        "version": _JSON,
        "title": title,
        "home_page_url": home,
        "feed_url": f"{home}feed.json",
        "language": "sv",
        "authors": [{"name": author}],
        "items": [_item(templates, entry, address, tag, folder) for entry, address in newest],
    }


def atom(made: Mapping[str, Any]) -> bytes:
    """Return a feed's items as Atom; the feed's own id is what its items' ids share."""
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "sv"})
    home, items = made["home_page_url"], made["items"]
    _add(root, "title", made["title"])
    _add(root, "id", items[0]["id"].rpartition("/")[0])
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{home}feed.xml"})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": home})
    _add(root, "updated", max(item["date_modified"] for item in items))
    _add(ET.SubElement(root, "author"), "name", made["authors"][0]["name"])
    for item in items:
        node = ET.SubElement(root, "entry")
        _add(node, "title", item["title"])
        _add(node, "id", item["id"])
        ET.SubElement(node, "link", {"rel": "alternate", "type": "text/html", "href": item["url"]})
        _add(node, "updated", item["date_modified"])
        _add(node, "summary", item["content_text"])
    ET.indent(root)
    document = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{document}\n'.encode()


def json_feed(made: Mapping[str, Any]) -> bytes:
    """Return a feed as JSON Feed 1.1."""
    return f"{json.dumps(made, ensure_ascii=False, indent=2)}\n".encode()


def read(body: bytes) -> dict[str, Any] | None:
    """Return a JSON feed of ours as it was written; None when it isn't one."""
    try:
        found = json.loads(body)
        whole = found["version"] == _JSON and found["items"] and found["authors"][0]["name"] is not None
        texts = [found[key] for key in ("title", "home_page_url")] + [i[key] for i in found["items"] for key in _ITEM]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return None
    return found if whole and all(isinstance(text, str) for text in texts) else None


def merged(standing: Mapping[str, Any], fresh: Mapping[str, Any], *, add: bool = True) -> dict[str, Any]:
    """Return the standing feed with the fresh one's items put in place of their own, the newer of two with one id.

    An edition of an earlier period, or a notice for one, knows nothing of later periods: theirs stay. Without `add`
    no item that isn't there already is taken in.
    """
    items = {item["id"]: item for item in standing["items"]}
    for item in fresh["items"]:
        old = items.get(item["id"])
        if (old is None and add) or (old is not None and item["date_modified"] >= old["date_modified"]):
            items[item["id"]] = item
    newest = sorted(items.values(), key=lambda item: (item["date_modified"], item["id"]), reverse=True)
    newer = newest[0]["id"] in {item["id"] for item in fresh["items"]} and add
    return {**(fresh if newer else standing), "items": newest}


def _item(templates: Mapping[str, str], entry: Entry, address: str, tag: str, folder: str) -> dict[str, Any]:
    title = entry.title
    if entry.edition > 1:
        title = WORDS.say(templates, "entry_corrected", title=title, edition=entry.edition)
    return {
        "id": f"{tag}/{entry.period}",
        "url": address,
        "title": title,
        "content_text": entry.summary,
        "date_modified": entry.updated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "language": "sv",
        OURS: {"period": entry.period, "edition": entry.edition, "folder": folder.replace("{period}", entry.period)},
    }


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _UNWRITABLE.sub("", text)
