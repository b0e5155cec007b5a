"""What was approved against what is public: which approved lines are gone or changed, as a person can read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches

from tasks import plaintext
from tasks.model import Output

# A page that was rewritten as a whole needs no list of every line.
_SHOWN = 8
_LONGEST = 160
_MAIN = re.compile(r"<main\b[^<>]*>(.*?)</main>", re.IGNORECASE | re.DOTALL)


def differences(outputs: Sequence[Output], seen: str) -> list[str]:
    """Return what differs, a sentence for each approved line that the public text lacks; empty when all are there.

    `seen` is the public object's readable text. What stands around our text on a site (menus, a footer) is no
    difference; the order and the blanks are the site's own.
    """
    public = [line for line in map(_plain, seen.splitlines()) if line]
    whole = " ".join(public)
    gone = [line for line in approved_lines(outputs) if line not in whole]
    found = []
    for line in gone[:_SHOWN]:
        near = get_close_matches(line, public, n=1, cutoff=0.6)
        found.append(f"Godkänt: {_short(line)}" + (f" Nu: {_short(near[0])}" if near else " Saknas."))
    return found + ([f"Och {len(gone) - _SHOWN} rader till."] if len(gone) > _SHOWN else [])


def approved_lines(outputs: Sequence[Output]) -> list[str]:
    """Return the readable lines of the approved page or post, in order."""
    lines: list[str] = []
    for output in outputs:
        text = output.body.decode("utf-8", "replace")
        if output.media_type.startswith("text/html"):
            main = _MAIN.search(text)
            text = plaintext.from_html(main[1] if main else text)
        elif not output.media_type.startswith("text/plain"):
            continue
        lines += [line for line in map(_plain, text.splitlines()) if line]
    return lines


def _plain(line: str) -> str:
    return " ".join(line.split())


def _short(line: str) -> str:
    return f"”{line if len(line) <= _LONGEST else line[: _LONGEST - 1] + '…'}”"
