"""Is a page fit for everyone: valid HTML and the structure that a screen reader needs, seen without a browser.

What only a browser can see (contrast, what covers what) axe-core looks at in the tests; this is run on every page that
is rendered, so that a broken template is refused before there is a draft to approve.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser

# A page is read on phones in places with poor reception.
LARGEST = 60_000
_TOLD = 5
_HEADINGS = tuple(f"h{n}" for n in range(1, 7))
_DATA_SCRIPT = "application/ld+json"
_TEXT = re.compile(r">((?:[\t\n\r !#-%(-;=?-~\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd]|&(?:amp|lt|gt|quot|#34|#39);)+)<")


def problems(page: bytes) -> tuple[str, ...]:
    """Return what is wrong with a whole page, in Swedish, at most a few of each kind; nothing for a sound one."""
    too_large = f"sidan är {len(page)} byte; högst {LARGEST} får den vara"
    found = (too_large,) if len(page) > LARGEST else ()
    # A saved sentence leaves the structure as it was: only a page that is wrong is read with its own words.
    return found + (_structural(page) if _is_broken(skeleton(page)) else ())


def skeleton(page: bytes) -> bytes:
    """Return a page with one letter for each text between two tags: as sound as the page itself.

    Quotes and what HTML can't hold are left as they are, so that nothing but text is ever taken for text.
    """
    try:
        words = page.decode()
    except UnicodeDecodeError:
        return page
    return _TEXT.sub(lambda m: ">x<" if m[1].strip() else m[0], words).encode()


@lru_cache(maxsize=32)
def _is_broken(page: bytes) -> bool:
    return bool(_structural(page))


def _structural(page: bytes) -> tuple[str, ...]:
    parser = HTMLParser(namespace_html_elements=False)
    root = parser.parse(page)
    # SVG elements bear their namespace; what they are called is enough here.
    elements = [e for e in root.iter() if isinstance(e.tag, str)]
    found = [f"ogiltig HTML: {code}" for code in dict.fromkeys(error[1] for error in parser.errors)]
    for rule in (_frame, _headings, _tables, _images, _names, _links, _scripts):
        found += list(rule(root, elements))[:_TOLD]
    return tuple(found)


def _frame(root: Element, elements: list[Element]) -> Iterator[str]:
    if root.get("lang") != "sv":
        yield '<html> saknar lang="sv"'
    if not _text(root.find(".//title")):
        yield "sidan saknar <title>"
    if len(_all(elements, "main")) != 1:
        yield "sidan ska ha precis ett <main>"
    if any("user-scalable=no" in (e.get("content") or "") for e in _all(elements, "meta")):
        yield "sidan får inte hindra att den förstoras"


def _headings(_root: Element, elements: list[Element]) -> Iterator[str]:
    headings = [e for e in elements if e.tag in _HEADINGS]
    levels = [int(e.tag[1]) for e in headings]
    if levels.count(1) != 1:
        yield f"sidan har {levels.count(1)} huvudrubriker (h1); den ska ha en"
    for heading, before, level in zip(headings, [0, *levels], levels, strict=False):
        if level > before + 1:
            yield f"rubriken ”{_text(heading)}” (h{level}) hoppar över en nivå"
        if not _text(heading):
            yield f"en h{level} är tom"


def _tables(_root: Element, elements: list[Element]) -> Iterator[str]:
    for table in _all(elements, "table"):
        caption = table.find("caption")
        if not _text(caption):
            yield "en tabell saknar <caption>"
        heads = list(table.iter("th"))
        if not heads or any(th.get("scope") not in ("col", "row", "colgroup", "rowgroup") for th in heads):
            yield f"tabellen ”{_text(caption)}” har rubrikceller utan scope, eller inga"


def _images(_root: Element, elements: list[Element]) -> Iterator[str]:
    for image in _all(elements, "img"):
        if not (image.get("alt") or "").strip():
            yield f"bilden {image.get('src')} saknar alternativtext"
    for drawing in elements:
        if drawing.tag.endswith("}svg") and drawing.get("aria-hidden") != "true" and drawing.get("role") != "img":
            yield 'en <svg> är varken gömd (aria-hidden="true") eller en bild (role="img")'


def _names(_root: Element, elements: list[Element]) -> Iterator[str]:
    ids = Counter(e.get("id") for e in elements if e.get("id") is not None)
    for name, count in ids.items():
        if count > 1 or not name:
            yield f"id ”{name}” står {count} gånger"
    for element in elements:
        for attribute in ("aria-labelledby", "aria-describedby", "for"):
            for name in (element.get(attribute) or "").split():
                if name not in ids:
                    yield f"{attribute} pekar på ”{name}” som inte finns"


def _links(_root: Element, elements: list[Element]) -> Iterator[str]:
    ids = {e.get("id") for e in elements}
    for link in _all(elements, "a"):
        target = link.get("href") or ""
        if not _text(link) and not link.get("aria-label"):
            yield f"länken till {target} saknar text"
        if target.startswith("#") and target[1:] not in ids:
            yield f"länken ”{_text(link)}” leder till {target} som inte finns"
        if not target:
            yield f"länken ”{_text(link)}” leder ingenstans"
    for summary in _all(elements, "summary"):
        if not _text(summary):
            yield "en <summary> saknar text"


def _scripts(_root: Element, elements: list[Element]) -> Iterator[str]:
    if any(e.get("type") != _DATA_SCRIPT for e in _all(elements, "script")):
        yield "sidan ska inte behöva skript"
    if any(name.startswith("on") for e in elements for name in e.attrib):
        yield "sidan ska inte köra något (on…)"


def _all(elements: list[Element], tag: str) -> list[Element]:
    return [e for e in elements if e.tag == tag]


def _text(element: Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""
