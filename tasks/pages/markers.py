"""The mark that a public page carries: which follow-up it shows, in which edition, or that it was taken back.

It stands in the head of our own page, on the element around the text where a CMS keeps the head to itself, and as a
visible sentence, since editors strip the other two.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import NamedTuple

_TAG = re.compile(r"<(?:meta|div|main|section|article)\b[^<>]*>", re.IGNORECASE)
_NAMED = re.compile(r"""\bname\s*=\s*["']?medborgarlofte["'\s/>]|\bdata-medborgarlofte\s*=""", re.IGNORECASE)
_CONTENT = re.compile(
    r"""\b(?:content|data-medborgarlofte)\s*=\s*["']([a-z0-9][a-z0-9._-]*)/([\w.-]+);edition=([0-9]{1,6})"""
    r""";(?:figures=([0-9a-f]{64})|(retracted))(?:;text=([0-9a-f]{64}))?["']""",
    re.IGNORECASE | re.ASCII,
)
_SENTENCE = re.compile(
    r"Uppföljning ([a-z0-9][a-z0-9._-]*)/([0-9A-Za-z._-]+), utgåva ([0-9]{1,6})(?![0-9])(, återkallad)?"
)
_STANDING = re.compile(r'<meta name="medborgarlofte-lopande" content="[a-z0-9-]+;(\d{4}-\d\d-\d\d)">')


class Marker(NamedTuple):
    """Which edition a page shows, or takes back; a hash is empty when only the visible sentence was left."""

    promise: str
    period: str
    edition: int
    figures_sha256: str = ""
    # Over the text between the marks, as we put it there: tells whether somebody changed it since.
    text_sha256: str = ""
    retracted: bool = False

    @property
    def written(self) -> str:
        """The mark as it stands in an attribute."""
        what = "retracted" if self.retracted else f"figures={self.figures_sha256}"
        text = f";text={self.text_sha256}" if self.text_sha256 else ""
        return f"{self.promise}/{self.period};edition={self.edition};{what}{text}"

    @property
    def sentence(self) -> str:
        """The mark as a reader sees it."""
        gone = ", återkallad" if self.retracted else ""
        return f"Uppföljning {self.promise}/{self.period}, utgåva {self.edition}{gone}"


def markers_of(body: bytes) -> tuple[Marker, ...]:
    """Return every mark of an HTML page or a piece of one, those in attributes first; any bytes will do."""
    text = decoded(body)
    attributes = (_CONTENT.search(tag) for tag in _TAG.findall(text) if _NAMED.search(tag))
    found = [_marker(m) for m in attributes if m]
    # Editors add tags inside the sentence and turn ö into an entity or into o plus dots.
    plain = unicodedata.normalize("NFC", html.unescape(re.sub(r"<[^<>]*>", "", text)))
    sentences = _SENTENCE.finditer(" ".join(plain.split()))
    return (*found, *(Marker(m[1], m[2], int(m[3]), retracted=bool(m[4])) for m in sentences))


def marker_of(body: bytes) -> Marker | None:
    """Return the first mark of a page; None when it has none."""
    return next(iter(markers_of(body)), None)


def written_marker(body: bytes) -> Marker | None:
    """Return the first mark that stands in an attribute, with its hashes; None when only a sentence was left."""
    return next((m for m in markers_of(body) if m.figures_sha256 or m.retracted), None)


def shown(body: bytes, promise: str, period: str) -> Marker | None:
    """Return the newest edition of one follow-up that a page shows; such a page may hold several periods."""
    same = [m for m in markers_of(body) if m[:2] == (promise, period)]
    # At the same edition the attribute counts: it also tells which figures.
    return max(same, key=lambda m: (m.edition, m.retracted, m.figures_sha256), default=None)


def decoded(body: bytes) -> str:
    """Return a page's bytes as text, whatever they are."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _marker(match: re.Match[str]) -> Marker:
    figures, retracted, text = (match[4] or "").lower(), bool(match[5]), (match[6] or "").lower()
    return Marker(match[1], match[2], int(match[3]), figures, text, retracted)


def until(page: bytes) -> str | None:
    """Return the last day (ISO) of the newest period on a municipality's own page; None when it is no page of ours."""
    found = _STANDING.search(decoded(page))
    return found[1] if found else None
