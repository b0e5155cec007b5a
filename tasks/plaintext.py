"""Text from outside made safe to keep: one normal form, no control characters, no markup, a known length."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any
from urllib.parse import urljoin, urlsplit

from charset_normalizer import from_bytes

MAX_TITLE = 500
MAX_TEXT = 50_000
# Control characters, lone surrogates (no database takes them), soft hyphens, zero-width and direction marks
# (they hide words from the rules and text from the reader), non-characters. Newline and tab stay for now.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r" ?\n ?(?:\n ?)+")
_BLOCK = re.compile(r"<\s*(?:br|/?(?:p|div|li|ul|ol|h[1-6]|tr|table|section|article|blockquote))\b[^<>]*>", re.I)
_TAG = re.compile(r"<[/!?]?[a-zA-Z][^<>]*>")
_HIDDEN = ("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>")


def tidy(value: Any, limit: int = MAX_TEXT) -> str:
    """Return `value` as trimmed NFC text of at most `limit` characters, blanks collapsed; None becomes ""."""
    if value is None:
        return ""
    text = unicodedata.normalize("NFC", str(value))
    if not text.isascii() or not text.isprintable():
        text = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))
    text = _SPACES.sub(" ", text)
    if "\n" in text:
        text = _BLANK_LINES.sub("\n\n", text).replace(" \n", "\n").replace("\n ", "\n")
    text = text.strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def one_line(value: Any, limit: int = MAX_TITLE) -> str:
    """Return `value` tidied and on one line."""
    text = tidy(value, limit)
    flat = " ".join(text.split())
    return flat if flat == text and _composed(flat) else tidy(flat, limit)


def _composed(text: str) -> bool:
    """Tell whether tidied text needs no tidying again: letters may have met where a sign between them was taken out."""
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def from_html(value: Any, limit: int = MAX_TEXT) -> str:
    """Return the readable text of a piece of HTML; text without markup comes back as it is."""
    text = tidy(value, limit * 4)
    if "<" not in text and "&" not in text:
        return text if len(text) <= limit and _composed(text) else tidy(text, limit)
    for opening, closing in _HIDDEN:
        text = _without(text, opening, closing)
    text = _TAG.sub("", _BLOCK.sub("\n", text))
    return tidy(html.unescape(text), limit)


def _without(text: str, opening: str, closing: str) -> str:
    """Cut every stretch from `opening` to `closing`; one pass, so that hostile input can't make it slow."""
    folded, kept, at = text.lower(), [], 0
    if len(folded) != len(text):
        return text  # a letter that grows when folded; the tags alone go
    while (start := folded.find(opening, at)) >= 0:
        kept.append(text[at:start])
        end = folded.find(closing, start)
        if end < 0:
            return "".join(kept)
        at = end + len(closing)
    return "".join([*kept, text[at:]])


def address(value: Any, base: str = "") -> str:
    """Return a web address, a relative one joined to `base`; "" for anything but http and https."""
    text = one_line(value, 2000)
    try:
        joined = urljoin(base, text) if base and text else text
        parts = urlsplit(joined)
    except ValueError:
        return ""
    return joined if parts.scheme in ("http", "https") and parts.netloc and " " not in joined else ""


def decode(body: bytes) -> str:
    """Return bytes as text: UTF-8 (with or without mark), UTF-16 with a mark, else Windows-1252 or what fits best."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            return body.decode(name, errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return body.decode("cp1252")  # what Swedish Excel writes; it has no letter for five bytes
    except UnicodeDecodeError:
        best = from_bytes(body[:100_000]).best()
        return body.decode(best.encoding if best else "latin-1", errors="replace")
