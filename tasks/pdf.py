"""A published page → the same words as PDF/A-2a and PDF/UA-1, for an archive; the same bytes for the same page."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping
from datetime import datetime
from xml.etree.ElementTree import Element

import tinyhtml5
import typst

from tasks.model import Refused

_SKIPPED = {"style", "script", "svg", "template", "source"}
_INLINE = {"a", "span", "strong", "em", "b", "i", "small", "time", "abbr"}
_LEVELS = {f"h{n}": n for n in range(1, 7)}
# From so many columns on a page's width is shared out; a table of so few rows stands on one page.
_WIDE, _SHORT = 5, 12
_SETTINGS = """#set document(title: {title}, author: {author}, date: datetime(year: {y}, month: {m}, day: {d}))
#set page(paper: "a4", margin: 2.2cm, numbering: "1 (1)")
#set text(lang: "sv", region: "SE", size: 10.5pt, hyphenate: true)
#set par(leading: 0.7em)
#set table(stroke: 0.4pt, inset: 5pt)
#set figure(numbering: none)
#show figure: set block(breakable: true)
#show heading: set block(above: 1.4em, below: 0.7em)
#show heading: set text(hyphenate: false)
"""


def page_pdf(page: bytes, images: Mapping[str, bytes], author: str, at: datetime) -> bytes:
    """Return a page's <main> as tagged PDF; `images` are PNG files by name, `at` is the document's date.

    Raises Refused when the page has no <main> or can't be set.
    """
    root = tinyhtml5.parse(page, namespace_html_elements=False)
    main = root.find(".//main")
    if main is None:
        raise Refused("Sidan saknar <main> och kan inte bli PDF.")
    title = _words(root.find(".//title"))
    # What stands above the text, as that a year is invented, must stand wherever the text goes.
    above = [p for note in root.iter() if note.get("role") == "note" for p in note.iter("p")]
    settings = _SETTINGS.format(title=_text(title), author=_text(author), y=at.year, m=at.month, d=at.day)
    foot = "".join(f"#par[{_inline(p)}]\n" for p in root.findall(".//footer//p")[:1])
    head = "".join(f"#par[#strong[{_inline(p)}]]\n" for p in above)
    source = settings + head + "".join(_blocks(main, images)) + foot
    try:
        # Alone and by time of day nothing differs: no fonts of the machine, no clock.
        return typst.compile(
            source.encode(), format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=at, ignore_system_fonts=True
        )
    except typst.TypstError as error:
        raise Refused(f"Sidan kan inte sättas som PDF: {error}") from error


def _blocks(parent: Element, images: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the typst source of an element's blocks, text that stands loose among them as a paragraph."""
    loose = _text_of(parent.text)
    for child in parent:
        if _is_inline(child):
            loose += _inline_of(child)
        else:
            if loose:
                yield f"#par[{loose}]\n"
            loose = ""
            yield from _block(child, images)
        loose += _text_of(child.tail)
    if loose:
        yield f"#par[{loose}]\n"


def _block(element: Element, images: Mapping[str, bytes]) -> Iterator[str]:
    tag = str(element.tag)
    if tag in _SKIPPED or not isinstance(element.tag, str):
        return
    if tag == "details" and (table := element.find("table")) is not None:
        # "Show as a table" is nothing to press on paper.
        yield _table(table)
    elif tag == "summary" and any(child.tag in _LEVELS for child in element):
        # The question of an answer to open; on paper it is a heading like any other.
        yield from _blocks(element, images)
    elif tag in _LEVELS:
        yield f"#heading(level: {_LEVELS[tag]})[{_inline(element)}]\n"
    elif tag in ("p", "summary", "figcaption"):
        text = _inline(element)
        # A line that announces the next one stays with it.
        yield f"#block(sticky: true)[#strong[{text}]]\n" if tag == "summary" else f"#par[{text}]\n"
    elif tag in ("ul", "ol"):
        items = "".join(f"[{_inline(li)}]," for li in element if li.tag == "li")
        yield f"#{'list' if tag == 'ul' else 'enum'}({items})\n" if items else ""
    elif tag == "blockquote":
        yield f"#quote(block: true)[{_inline(element)}]\n"
    elif tag == "table":
        yield _table(element)
    elif tag == "img":
        yield _image(element, images)
    else:
        yield from _blocks(element, images)


def _table(element: Element) -> str:
    rows = element.findall(".//tr")
    width = max(len(list(row)) for row in rows)
    head = [row for row in rows if all(cell.tag == "th" for cell in row)]
    header = f"table.header({','.join(f'[#strong[{_inline(c)}]]' for row in head for c in row)})," if head else ""
    cells = ",".join(_cell(cell) for row in rows if row not in head for cell in row)
    caption = element.find("caption")
    told = f"caption: figure.caption(position: top)[{_inline(caption)}]," if caption is not None else ""
    # The first column holds the headings, whose long words would run into the next one.
    columns = f"(2fr, {'1fr, ' * (width - 1)})" if width >= _WIDE else str(width)
    made = f"figure(kind: table, supplement: none, {told} align(left, table(columns: {columns}, {header}{cells})))"
    # A short table stays with its caption.
    return f"#block(breakable: {'false' if len(rows) <= _SHORT else 'true'}, width: 100%)[#{made}]\n"


def _cell(cell: Element) -> str:
    return f"[#strong[{_inline(cell)}]]" if cell.tag == "th" else f"[{_inline(cell)}]"


def _image(element: Element, images: Mapping[str, bytes]) -> str:
    """Return an image with its words; its bytes stand in the source, since typst is given no files."""
    name, alt = element.get("src", ""), element.get("alt", "")
    if name not in images:
        return f"#par[{_text_of(alt)}]\n"
    width, height = struct.unpack(">II", images[name][16:24])
    data = base64.b64encode(images[name]).decode()
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{data}"/></svg>'
    )
    return f'#image(bytes({_text(drawn)}), format: "svg", alt: {_text(alt)}, width: 85%)\n'


def _is_inline(element: Element) -> bool:
    return str(element.tag) in _INLINE or str(element.tag) in _SKIPPED or not isinstance(element.tag, str)


def _inline(element: Element) -> str:
    """Return an element's text as typst markup, with its emphasis and outward links."""
    return _text_of(element.text) + "".join(_inline_of(child) + _text_of(child.tail) for child in element)


def _inline_of(child: Element) -> str:
    tag = str(child.tag)
    # What only a screen reader is told repeats a heading that stands beside it.
    if tag in _SKIPPED or not isinstance(child.tag, str) or child.get("class") == "vh":
        return ""
    if tag == "br":
        return "#linebreak();"
    inner = _inline(child)
    badge = (child.get("class") or "").startswith("badge")
    if inner and (tag in ("strong", "b") or badge):
        return f"#strong[{inner}];" + ("#h(0.4em);" if badge else "")
    if tag == "a" and (child.get("href") or "").startswith(("https://", "http://")):
        return f"#link({_text(child.get('href', ''))})[{inner}];"
    return f"#h(0.4em);{inner}" if child.get("class") == "tag" else inner


def _text_of(text: str | None) -> str:
    """Return running text as a string literal, so that nothing in it is markup; spaces as HTML has them."""
    if not text:
        return ""
    squeezed = " ".join(text.split())
    if not squeezed:
        return '#" ";' if " " in text else ""
    return f"#{_text((' ' if text[0].isspace() else '') + squeezed + (' ' if text[-1].isspace() else ''))};"


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ")
    return f'"{escaped}"'


def _words(element: Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""
