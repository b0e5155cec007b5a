"""JSON from outside, whole or one object a line, packed or not: read to plain values or refused as unreadable."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import Any

from tasks.model import Unreadable
from tasks.plaintext import decode, tidy

# A small file may unpack to something endless; four years of police notices are 30 MB.
MAX_UNPACKED = 200_000_000
_BLANK = "\ufeff \t\r\n"


def document(owner: str, body: bytes) -> Any:
    """Return the one JSON value in `body`; Unreadable names `owner`, what came instead, and the mend."""
    text = _text(owner, body)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        what = "avbruten eller trasig JSON"
        raise Unreadable(f"{owner}: {what} kom. Hämta på nytt senare eller kontrollera url.") from error


def lines(owner: str, body: bytes) -> list[tuple[int, Any]]:
    """Return (line number, value) of newline-delimited JSON; a broken line keeps its text as value."""
    rows: list[tuple[int, Any]] = []
    good = 0
    for number, line in enumerate(_text(owner, body).split("\n"), start=1):
        if not line.strip(_BLANK):
            continue
        try:
            rows.append((number, json.loads(line)))
            good += 1
        except (ValueError, RecursionError):
            rows.append((number, line))
    if not good:
        raise Unreadable(f"{owner}: ingen rad är JSON. Hämta filen på nytt eller kontrollera url.")
    return rows


def is_lines(owner: str, body: bytes) -> bool:
    """Return whether `body` holds more than one JSON object, one a line."""
    head, _, rest = _text(owner, body).partition("\n")
    try:
        return isinstance(json.loads(head), dict) and bool(rest.strip(_BLANK))
    except (ValueError, RecursionError):
        return False


def raw(value: Any, limit: int = 2000) -> str:
    """Return a value as text to keep beside the reason why it could not be read."""
    try:
        return tidy(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), limit)
    except RecursionError:
        return "(mycket djupt nästlad JSON)"


def _text(owner: str, body: bytes) -> str:
    text = decode(_unpacked(owner, body)).lstrip(_BLANK)
    if not text:
        raise Unreadable(f"{owner}: svaret var tomt i stället för JSON. Hämta på nytt senare.")
    if text.startswith("<"):
        raise Unreadable(f"{owner}: en webbsida kom i stället för JSON. Hämta på nytt senare eller kontrollera url.")
    return text


def _unpacked(owner: str, body: bytes) -> bytes:
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        plain = gzip.GzipFile(fileobj=io.BytesIO(body)).read(MAX_UNPACKED + 1)
    except (zlib.error, OSError, EOFError) as error:
        raise Unreadable(f"{owner}: gzip-filen är skadad. Hämta den på nytt.") from error
    if len(plain) > MAX_UNPACKED:
        raise Unreadable(f"{owner}: filen är orimligt stor när den packas upp. Dela upp den.")
    return plain
