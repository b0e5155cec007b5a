"""Atom (RFC 4287): a site's follow-ups as a feed, the same bytes for the same entries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from xml.etree import ElementTree as ET

from tasks.model import Entry

_ATOM = "http://www.w3.org/2005/Atom"
# What XML 1.0 has no way to write, escaped or not.
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom(*, title: str, author: str, tag: str, home: str, entries: Sequence[tuple[Entry, str]]) -> bytes:
    """Return an Atom feed of (entry, address) pairs, newest first; `tag` begins every id and `home` is its page."""
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "sv"})
    newest = sorted(entries, key=lambda pair: (pair[0].updated, pair[0].period), reverse=True)
    _add(feed, "title", title)
    _add(feed, "id", tag)
    ET.SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": f"{home}feed.xml"})
    ET.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": home})
    _add(feed, "updated", _moment(newest[0][0]))
    _add(ET.SubElement(feed, "author"), "name", author)
    for item, address in newest:
        _add_entry(feed, item, address, tag)
    ET.indent(feed)
    document = ET.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{document}\n'.encode()


def _add_entry(feed: ET.Element, item: Entry, address: str, tag: str) -> None:
    node = ET.SubElement(feed, "entry")
    corrected = f" (rättad, utgåva {item.edition})" if item.edition > 1 else ""
    _add(node, "title", f"{item.title}{corrected}")
    _add(node, "id", f"{tag}/{item.period}")
    ET.SubElement(node, "link", {"rel": "alternate", "type": "text/html", "href": address})
    _add(node, "updated", _moment(item))
    _add(node, "summary", item.summary)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _UNWRITABLE.sub("", text)


def _moment(item: Entry) -> str:
    return item.updated.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
