"""SVG by hand: few shapes, no colour that carries meaning alone, dark mode in the file itself; PNG through resvg.

The same shapes give the same bytes: coordinates are rounded, nothing is random.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from textwrap import wrap

import font_source_sans_pro
import resvg_py

WIDTH = 480
_LINE = 66
_FONT = "'Source Sans Pro','Source Sans 3',system-ui,sans-serif"
_LIGHT = {"bg": "#ffffff", "fg": "#1c2126", "soft": "#4d565f", "line": "#8a949e", "bar": "#0b4f8a"}
_DARK = {"bg": "#14181c", "fg": "#e8ebee", "soft": "#b0b8c0", "line": "#7d8791", "bar": "#8cc4f5"}
_FILES = [font_source_sans_pro.SourceSansPro, font_source_sans_pro.SourceSansProBold]


def rect(x: float, y: float, width: float, height: float, style: str, radius: float = 2) -> str:
    """Return a rectangle."""
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}" class="{style}"/>'
    )


def circle(x: float, y: float, radius: float, style: str) -> str:
    """Return a circle."""
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" class="{style}"/>'


def line(x1: float, y1: float, x2: float, y2: float, style: str = "rule") -> str:
    """Return a straight line."""
    return f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" class="{style}"/>'


def text(x: float, y: float, words: str, style: str = "t", anchor: str = "start") -> str:
    """Return a line of text; `anchor` is start, middle or end."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{_n(x)}" y="{_n(y)}" class="{style}"{place}>{escape(words, quote=False)}</text>'


def svg(height: float, shapes: list[str], alt: str) -> str:
    """Return a whole drawing of WIDTH × `height`, with its alternative text as title."""
    style = _style(_LIGHT) + f"@media(prefers-color-scheme:dark){{{_colours(_DARK)}}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {_n(height)}" width="{WIDTH}" '
        f'height="{_n(height)}" role="img"><title>{escape(alt, quote=False)}</title><style>{style}</style>'
        f"{''.join(shapes)}</svg>\n"
    )


@lru_cache(maxsize=64)
def png(drawing: str, title: str = "", span: str = "", notice: str = "") -> bytes:
    """Return a drawing as PNG on white, twice as large; for a post with its title, period and notice above it.

    Kept, since both sites and every post of an edition are given the same bytes.
    """
    height = float(re.findall(r'height="([\d.]+)" role', drawing)[0])
    inner = re.sub(r"<style>.*?</style>|^<svg[^>]*>|</svg>\s*$|<title>.*?</title>", "", drawing)
    above = [text(0, 30, title, "h")] if title else []
    # At this size about so many letters fit on a line.
    small = [line for words in (span, notice) for line in wrap(words, _LINE)]
    above += [text(0, 32 + 22 * n, words, "s") for n, words in enumerate(small, 1)]
    top = 26 + 22 * len(above) if above else 0
    whole = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 0 {WIDTH + 32} {_n(height + top + 12)}">'
        f'<style>{_style(_LIGHT)}</style>{"".join(above)}<g transform="translate(0 {top})">{inner}</g></svg>'
    )
    made = resvg_py.svg_to_bytes(
        svg_string=whole,
        background=_LIGHT["bg"],
        width=2 * (WIDTH + 32),
        skip_system_fonts=True,
        font_files=_FILES,
        font_family="Source Sans Pro",
    )
    return bytes(made)


def _style(colours: Mapping[str, str]) -> str:
    return (
        f"text{{font-family:{_FONT};font-size:16px}}.h{{font-size:20px;font-weight:700}}.s{{font-size:14px}}.b{{font-weight:700}}"
        + _colours(colours)
    )


def _colours(colours: Mapping[str, str]) -> str:
    c = colours
    return (
        f".t,.b,.h{{fill:{c['fg']}}}.s{{fill:{c['soft']}}}.on{{fill:{c['bg']}}}"
        f".halo{{fill:{c['fg']};paint-order:stroke;stroke:{c['bg']};stroke-width:5px;stroke-linejoin:round}}"
        f".full{{fill:{c['bar']};stroke:{c['bar']};stroke-width:1.5}}.none{{fill:none;stroke:{c['line']};stroke-width:1.5}}"
        f".unknown{{fill:none;stroke:{c['line']};stroke-width:1.5;stroke-dasharray:4 4}}"
        f".rule{{stroke:{c['line']};stroke-width:1}}.now{{stroke:{c['fg']};stroke-width:1.5;stroke-dasharray:2 3}}"
    )


def _n(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
