"""A finished page → what a CMS wants of it: a title, a lead, the text without the page around it, and its images.

Nothing is rendered anew: every word comes from the page that both parties approved.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from html.parser import HTMLParser

from lxml import etree

from tasks.model import canonical, digest
from tasks.pages.markers import decoded, written_marker

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Elements whose text is no text to a reader, or that a CMS would take away.
_SILENT = {"script", "style", "svg", "template", "head", "title", "noscript"}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt", "figcaption",
    "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p",
    "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
# What CMSs write in another way than it was given: quotes, dashes, dots and the multiplication sign.
_SAME = str.maketrans({**dict.fromkeys("“”„‟″«»'‘’‚′", '"'), **dict.fromkeys("‐‑‒–—−", "-"), "…": "...", "×": "x"})
# A picture's other forms lie beside our own page only; its <img> is the one that a CMS is given.
_UNWRAPPED = {"picture", "source"}
# What our page says with a class and a style sheet, said with an element of its own.
_SPANS = {"badge": "strong", "tag": "small"}
_HEADING = re.compile(r"<h1\b", re.IGNORECASE)
_TAB = re.compile(r"<title\b[^>]*>([^<]*)<", re.IGNORECASE)
# A page that was rewritten as a whole needs no list of every passage.
_TOLD = 8
_LONGEST = 160
_UNSEEN = re.compile(r"[\s\u00ad\u200b-\u200d\u2060\ufeff]+")


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the article: the name it is asked for by, and what it shows in words."""

    src: str
    alt: str


@dataclass(frozen=True, slots=True)
class Article:
    """What goes into a CMS: `body` is HTML that carries its own mark; `text_sha256` is of the title and the words."""

    title: str
    summary: str
    body: str
    images: tuple[Image, ...]
    text_sha256: str


def article_of(page: bytes) -> Article | None:
    """Return the article of a whole page of ours; None when it carries no mark."""
    marker = written_marker(page)
    if marker is None:
        return None
    # Our own page is sound, so the quick parser reads it as a browser does; it calls the reader for each tag and text.
    reader = _Article()
    etree.HTML(decoded(page), etree.HTMLParser(target=reader))
    inner = "".join(reader.out)
    # The sentence stands in our page's foot, which stays behind.
    if marker.sentence not in inner:
        inner += f"\n<p>{html.escape(marker.sentence)}</p>"
        reader.words.found.append(_words(marker.sentence))
    inner = re.sub(r"\s*\n\s*", "\n", inner).strip()
    title = _words(reader.title)
    sealed = marker._replace(text_sha256=_sealed(title, reader.words.found))
    name = f' id="{html.escape(reader.name)}"' if reader.name else ""
    body = f'<div{name} data-medborgarlofte="{sealed.written}">\n{inner}\n</div>'
    return Article(title, _words(reader.summary), body, tuple(reader.images), sealed.text_sha256)


def fingerprint(title: str, body: str) -> str:
    """Return the SHA-256 of a title and of a body's words and image texts, however its tags are written."""
    return _sealed(title, passages(body))


def passages(body: str) -> list[str]:
    """Return the texts of an HTML text in order, one per paragraph, cell, heading or image."""
    reader = _Words()
    reader.feed(body)
    reader.close()
    reader.flush()
    return reader.found


def missing(article: str, page: bytes) -> list[str]:
    """Return the passages of an article's body that a public page doesn't show, or not in that order."""
    whole, at, gone = "".join(_plain(p) for p in passages(decoded(page))), 0, []
    for passage in passages(article):
        wanted = _plain(passage)
        found = whole.find(wanted, at)
        if found < 0:
            gone.append(passage)
        else:
            at = found + len(wanted)
    return gone


def changes(article: Article, page: bytes) -> list[str]:
    """Return a Swedish sentence for each passage that a public page doesn't show, with what it shows in its stead.

    The title counts as one, wherever the page shows it; a page without a heading may have it in its tab only.
    """
    there, told = passages(decoded(page)), []
    tab = _TAB.search(decoded(page))
    headed = [*there, html.unescape(tab[1])] if tab and not _HEADING.search(decoded(page)) else there
    has_title = _plain(article.title) in "".join(map(_plain, headed))
    gone = [*([] if has_title else [article.title]), *missing(article.body, page)]
    for passage in gone[:_TOLD]:
        near = get_close_matches(passage, there, n=1, cutoff=0.6)
        told.append(f"Godkänt: ”{_short(passage)}”." + (f" Nu: ”{_short(near[0])}”." if near else " Saknas."))
    return told + ([f"Och {len(gone) - _TOLD} ställen till."] if len(gone) > _TOLD else [])


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _sealed(title: str, found: list[str]) -> str:
    return digest(canonical([_plain(title), [_plain(p) for p in found]]))


# Both sites say nearly the same, and so does the page after a saved sentence.
@lru_cache(maxsize=2000)
def _plain(text: str) -> str:
    return re.sub("-+", "-", _UNSEEN.sub("", unicodedata.normalize("NFC", text).translate(_SAME)))


def _words(text: str) -> str:
    return " ".join(text.split())


class _Words(HTMLParser):
    """Gathers what a reader sees, a new piece at every block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._piece: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag == "body":
            # The head's end may be left out.
            self._silent = 0
        if tag in _BLOCKS:
            self.flush()
        alt = dict(attrs).get("alt") if tag == "img" else None
        if alt and not self._silent:
            self.flush()
            self.found.append(_words(alt))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag in _BLOCKS:
            self.flush()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._piece.append(data)

    def flush(self) -> None:
        """End the piece being read."""
        text = _words("".join(self._piece))
        self._piece.clear()
        if text:
            self.found.append(text)


class _Article:
    """Writes again what stands in <main>, without its heading, icons and scripts, and a note that stands above it.

    Gathers in `words` what a reader will see of it.
    """

    def __init__(self) -> None:
        self.words = _Words()
        self.title = self.summary = self.name = ""
        self.out: list[str] = []
        self.images: list[Image] = []
        self._inside = self._heading = False
        self._silent = self._note = 0
        # What each open <span> was written as; empty when it was left out.
        self._spans: list[str] = []

    def start(self, tag: str, attrs: Mapping[str, str]) -> None:
        """Meet an element's start."""
        given = dict(attrs)
        if tag == "meta" and given.get("name") == "description":
            self.summary = given.get("content", "")
        # An invented sample year says so above the text, and must say so wherever the text goes.
        if tag not in _VOID and (self._note or (given.get("role") == "note" and not self._inside)):
            self._note += 1
        if tag == "main":
            self._inside, self.name = True, given.get("id", "")
        elif not (self._inside or self._note):
            return
        elif tag in _SILENT:
            self._silent += 1
        elif tag == "h1":
            self._heading = True
        elif not self._silent and not self._heading:
            self._open(tag, given)

    def end(self, tag: str) -> None:
        """Meet an element's end; the parser tells one of a void element too."""
        if tag == "main":
            self._inside = False
        elif not (self._inside or self._note):
            return
        elif tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "h1":
            self._heading = False
        elif not self._silent and not self._heading and tag not in _VOID | _UNWRAPPED:
            written = tag if tag != "span" else self._spans.pop() if self._spans else ""
            self.out.append(f"</{written}>" * bool(written) + "\n" * (tag in _BLOCKS))
            self.words.handle_endtag(tag)
        self._note = max(0, self._note - (tag not in _VOID))

    def data(self, data: str) -> None:
        """Meet text between two tags."""
        if self._heading:
            self.title += data
        elif (self._inside or self._note) and not self._silent:
            self.out.append(html.escape(data, quote=False))
            self.words.handle_data(data)

    def close(self) -> None:
        """Meet the page's end."""
        self.words.flush()

    def _open(self, tag: str, given: Mapping[str, str]) -> None:
        if tag in _UNWRAPPED:
            return
        if tag == "img":
            self.images.append(Image(given.get("src", ""), given.get("alt", "")))
        if tag == "span":
            kept = [_SPANS[name] for name in given.get("class", "").split() if name in _SPANS]
            self._spans.append(kept[0] if kept else "")
            tag = self._spans[-1]
            if tag == "small" and self.out and self.out[-1].startswith("</"):
                self.out.append("<br>")
        if tag:
            self.out.append(f"<{tag}{''.join(_attributes(given))}>")
            self.words.handle_starttag(tag, list(given.items()))


def _attributes(given: Mapping[str, str]) -> Iterator[str]:
    for key, value in given.items():
        # The receiving site has its own looks.
        if not key.startswith("on") and key not in ("style", "class"):
            yield f' {key}="{html.escape(value)}"'
