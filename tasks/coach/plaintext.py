"""A promise as plain text → its commitments: bullets, numbered lines, lists after a colon, or what "ska" be done."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.evidence import swedish

_BULLET = re.compile(r"^\s*(?:[-–•*·]|\(?\d{1,2}[.)]|[a-z]\))\s+(?=\S)")
# "LÖFTEN: …", "2019: …": what follows is a list; a line under another label in capitals tells something else.
_LABEL = re.compile(r"^\s*([A-ZÅÄÖ0-9][\wÅÄÖåäö .,()/–-]{0,60}?):\s+")
_LIST = re.compile(r"löfte|lovar|^(?:19|20)\d\d(?:\s?[–-]\s?\d{2,4})?$|aktivitet", re.IGNORECASE)
_WHO = re.compile(r"^((?:polisen|kommunen|kommunerna|gemensamt|båda parter)[\wåäö ]{0,30}):\s+", re.IGNORECASE)
_WILL = re.compile(r"(?<!\w)(?:ska|skall|kommer att|lovar)(?!\w)", re.IGNORECASE)
_PARTS = re.compile(r";\s+|(?<!bl\.a)(?<!t\.ex)(?<!m\.fl)(?<!\. a)(?<=[\wåäö)])\.\s+(?=[A-ZÅÄÖ(])|\.$")
_ASIDE = re.compile(r"^\([^()]{1,40}\):\s+")
_SHORTEST = 5


@dataclass(frozen=True, slots=True)
class Pledge:
    """One commitment as written; `who` is the party of the list it stands in, when the list names one."""

    text: str
    who: str = ""


def pledges(text: str) -> tuple[Pledge, ...]:
    """Return the commitments of a plain text in order; empty when nothing in it looks like one."""
    lines = _joined(text)
    found = [p for p in _bullets(lines) if len(p.text) >= _SHORTEST]
    found = found or [p for line in lines for p in _labelled(line) if len(p.text) >= _SHORTEST]
    if not found:
        running = [line for line in lines if "://" not in line and not _LABEL.match(line)]
        sentences = [s.text for line in running for s in swedish.sentences("", line)[1:]]
        found = [Pledge(s) for s in sentences if _WILL.search(s)]
    return tuple(dict.fromkeys(found))


def _joined(text: str) -> list[str]:
    """Return the lines of a text, an indented line joined to the one it continues."""
    lines: list[str] = []
    for line in text.splitlines():
        if lines and lines[-1].strip() and re.match(r"\s{2,}\S", line) and not _BULLET.match(line):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.rstrip())
    return lines


def _bullets(lines: list[str]) -> list[Pledge]:
    found, who = [], ""
    for line in lines:
        mark = _BULLET.match(line)
        if mark:
            found.append(Pledge(line[mark.end() :].strip(), who))
        elif line.strip().endswith(":"):
            # "Polisen lovar att:" is said of every bullet under it.
            who = line.strip().strip("*#: ")
        elif line.strip().startswith("#"):
            who = ""
    return found


def _labelled(line: str) -> list[Pledge]:
    label = _LABEL.match(line)
    if not label or not _LIST.search(label[1]):
        return []
    found, who = [], ""
    for piece in (_ASIDE.sub("", p) for p in _PARTS.split(line[label.end() :]) if "://" not in p):
        named = _WHO.match(piece)
        if named:
            who = named[1].capitalize()
        found.append(Pledge(piece[named.end() if named else 0 :].strip(" ."), who))
    return found
