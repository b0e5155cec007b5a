"""The staff's own log of activities, kept in a spreadsheet: CSV as Swedish Excel writes it, or XLSX."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pandas as pd

from config.schema import Decision, Source
from tasks.claims import Remarks, Unclear, canonical_name, record
from tasks.dates import excel_day
from tasks.http import Http, payloads
from tasks.model import Parsed, Payload, Quarantined, Record, Unreadable
from tasks.options import problems, read
from tasks.plaintext import decode, one_line, tidy

# Free text for colleagues: names and numbers get in.
STAFF_WRITTEN = True
_SEPARATORS = ";\t,"
# The heading may stand below a title and a date; further down it is no heading.
_HEADING_WITHIN = 20
_MAX_CELL_LINES = 50
_MAX_COLUMNS = 200
_MAX_UNPACKED = 200_000_000
_CUT = "filen slutar mitt i raden; hämta eller spara hela filen igen"
_DAYS = frozenset({"date", "end", "moved_to", "reported"})
_DAY_NUMBER = re.compile(r"\d{5}(?:[.,]\d+)?", re.ASCII)
# (number as a person sees it: line of the file, row of the sheet; cells)
_Row = tuple[int, list[Any]]


@dataclass(frozen=True)
class _Heading:
    """Which claim each known column holds, by position; how many columns have a heading; headings nobody knows."""

    at: int
    names: dict[int, str]
    width: int
    unknown: tuple[str, ...]


class Options(Decision):
    """What a config may say about this source."""

    # Which sheet of a workbook; else the first that has a heading we know.
    sheet: str | None = None


def fetch(source: Source, http: Http, folder: Path, now: datetime) -> tuple[Payload, ...]:
    """Return the file or files that the source's address or pattern names."""
    return payloads(source, http, folder, now)


def check(source: Source) -> list[str]:
    """Return what is wrong with the source's options, in Swedish."""
    return problems(Options, source.options)


def parse(source: Source, payload: Payload) -> Parsed:
    """Return one record a row; a row that can't be read is put aside with its number and reason."""
    options = read(Options, source.options, source.name)
    body, broken = payload.body, list[Quarantined]()
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(f"{source.name}: {_name(payload)} har Excels gamla format. Spara den som .xlsx eller .csv.")
    tables = _sheets(source, options, payload) if body.startswith(b"PK") else [_csv(source, payload, broken)]
    for rows in tables:
        if heading := _heading(rows):
            found = _read(source, rows, heading, broken)
            cut = next((f"filen slutar mitt i rad {q.row}" for q in broken if q.reason == _CUT), "")
            return replace(found, thinned=f"{source.name}: {cut}." if cut else "")
    raise _no_heading(source, payload)


def _read(source: Source, rows: Sequence[_Row], heading: _Heading, broken: list[Quarantined]) -> Parsed:
    remarks, ordinals = Remarks(), Counter[str]()
    for name in heading.unknown:
        remarks.add(f"kolumnen {name!r} är okänd och togs inte med.")
    kept: dict[str, tuple[int, Record]] = {}
    for number, cells in rows[heading.at + 1 :]:
        try:
            if any(cell != "" for cell in cells):
                made = record(source, _claims(heading, cells), remarks, ordinals)
                _keep(kept, number, made, remarks)
        except Unclear as error:
            broken.append(Quarantined(number, str(error), _raw(cells)))
    records = tuple(made for _, made in kept.values())
    return Parsed(records, tuple(sorted(broken, key=lambda q: q.row)), remarks.sentences(source.name))


def _claims(heading: _Heading, cells: Sequence[Any]) -> dict[str, str]:
    if any(cell != "" for cell in cells[heading.width :]):
        raise Unclear("raden har fler fält än rubrikraden; kontrollera skiljetecken och citattecken")
    return {name: _text(name, cells[i]) for i, name in heading.names.items() if i < len(cells)}


def _keep(kept: dict[str, tuple[int, Record]], number: int, made: Record, remarks: Remarks) -> None:
    """Keep the row unless its id is taken: two contents under one id would be taken for endless new versions."""
    first, other = kept.setdefault(made.external_id, (number, made))
    if first == number:
        return
    if other.content_sha256 != made.content_sha256:
        raise Unclear(f"samma id som rad {first} men annat innehåll; ge raden ett eget id")
    remarks.add("en rad är helt lik en tidigare rad och räknas en gång.")


def _heading(rows: Sequence[_Row]) -> _Heading | None:
    """Return the row that names at least two known columns, the most of the first rows; None if there is none."""
    best: _Heading | None = None
    for at, (_, cells) in enumerate(rows[:_HEADING_WITHIN]):
        found = _headings(at, [one_line(_plain(c), 100) for c in cells])
        if len(found.names) >= 2 and (best is None or len(found.names) > len(best.names)):
            best = found
    return best


def _headings(at: int, cells: Sequence[str]) -> _Heading:
    names: dict[int, str] = {}
    unknown = []
    for i, cell in enumerate(cells):
        name = canonical_name(cell)
        if name and name not in names.values():
            names[i] = name
        elif cell:
            unknown.append(cell)
    width = max((i + 1 for i, cell in enumerate(cells) if cell), default=0)
    return _Heading(at, names, width, tuple(unknown))


def _csv(source: Source, payload: Payload, broken: list[Quarantined]) -> list[_Row]:
    """Return the rows of a CSV text with their line numbers; lines whose quotes don't add up go to `broken`."""
    text = decode(payload.body).lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if text.lstrip().startswith("<"):
        raise Unreadable(f"{source.name}: {_name(payload)} är en webbsida, ingen CSV. Ladda ner själva filen.")
    lines = text.split("\n")
    if lines[0].lower().startswith("sep="):
        lines[0] = ""  # Excel's own note about the separator
    separator, width, heading = _separator(lines)
    if not separator:
        raise _no_heading(source, payload)
    if _is_cut(lines[heading:], separator):
        broken.append(Quarantined(len(lines), _CUT, tidy(lines[-1], 2000)))
        lines[-1] = ""
    _put_aside(lines, separator, width, broken)
    try:
        table = pd.read_csv(
            io.StringIO("\n".join(lines)),
            sep=separator,
            header=None,
            names=list(range(1 + max(line.count(separator) for line in lines))),
            index_col=False,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
        ).fillna("")
    except (ValueError, pd.errors.ParserError) as error:
        raise Unreadable(f"{source.name}: {_name(payload)} går inte att läsa som CSV. Spara om den.") from error
    rows, number = list[_Row](), 1
    for cells in table.itertuples(index=False, name=None):
        rows.append((number, [c.strip() for c in cells]))
        number += 1 + sum(c.count("\n") for c in cells)
    return rows


def _separator(lines: Sequence[str]) -> tuple[str, int, int]:
    """Return the separator that makes the best heading, that heading's columns and line; "" if none does."""
    best, width, at, most = "", 0, 0, 1
    for number, line in enumerate(lines[:_HEADING_WITHIN]):
        for separator in _SEPARATORS:
            cells = [c.strip().strip('"') for c in line.split(separator, _MAX_COLUMNS)]
            known = len(_headings(0, cells).names)
            if known > most:
                best, width, at, most = separator, len(cells), number, known
    return best, width, at


def _is_cut(lines: Sequence[str], separator: str) -> bool:
    """Return whether a text from its heading on ends within a row, as a download does that was broken off.

    Programs end their last row with a line end, or at least write all its fields; people who leave out the last ones
    leave them out everywhere. An odd number of quotes ends a cell of several lines.
    """
    *others, last = (line.count(separator) for line in lines if line.strip())
    in_one_line = bool(lines[-1].strip()) and lines[-1].count('"') % 2 == 0
    return in_one_line and bool(others) and last < min(others)


def _put_aside(lines: list[str], separator: str, width: int, broken: list[Quarantined]) -> None:
    """Empty the lines that would swallow their neighbours: a quote that never closes, fields without end."""
    at = 0
    while at < len(lines):
        taken = _whole(lines, at, separator, width)
        if not taken:
            reason = "citattecken går inte ihop; stäng citatet eller ta bort tecknet"
            if lines[at].count(separator) > _MAX_COLUMNS:
                reason = f"raden har fler än {_MAX_COLUMNS} fält; kontrollera skiljetecknet"
            broken.append(Quarantined(at + 1, reason, tidy(lines[at], 2000)))
            lines[at] = ""
        at += taken or 1


def _whole(lines: Sequence[str], at: int, separator: str, width: int) -> int:
    """Return how many lines the row at `at` takes, 0 if its quotes don't add up."""
    if lines[at].count(separator) > _MAX_COLUMNS:
        return 0
    quotes = 0
    for more, line in enumerate(lines[at : at + _MAX_CELL_LINES], start=1):
        quotes += line.count('"')
        if quotes % 2 == 0:
            return more if more == 1 or _is_row(lines[at : at + more], separator, width) else 0
    return 0


def _is_row(lines: Sequence[str], separator: str, width: int) -> bool:
    try:
        rows = list(csv.reader([line + "\n" for line in lines], delimiter=separator, strict=True))
    except csv.Error:
        return False
    return len(rows) == 1 and len(rows[0]) <= width


def _sheets(source: Source, options: Options, payload: Payload) -> list[list[_Row]]:
    """Return the rows of each sheet with the row numbers that Excel shows."""
    try:
        with zipfile.ZipFile(io.BytesIO(payload.body)) as parts:
            if sum(part.file_size for part in parts.infolist()) > _MAX_UNPACKED:
                raise Unreadable(f"{source.name}: {_name(payload)} är orimligt stor när den packas upp. Dela upp den.")
        sheets = pd.read_excel(
            io.BytesIO(payload.body), sheet_name=None, header=None, dtype=object, na_filter=False, engine="openpyxl"
        )
    except Unreadable:
        raise
    except Exception as error:  # a damaged workbook makes zipfile, expat and openpyxl raise nearly anything
        raise Unreadable(f"{source.name}: {_name(payload)} är ingen hel Excelfil. Spara om den som .xlsx.") from error
    if options.sheet is not None and options.sheet not in sheets:
        known = ", ".join(str(name) for name in sheets)
        raise Unreadable(f"{source.name}: bladet {options.sheet!r} finns inte i {_name(payload)}. Blad: {known}.")
    chosen = [sheets[options.sheet]] if options.sheet is not None else list(sheets.values())
    return [_numbered(sheet) for sheet in chosen]


def _numbered(sheet: pd.DataFrame) -> list[_Row]:
    filled = sheet.astype(object).where(sheet.notna(), "")
    return [(number, list(cells)) for number, cells in enumerate(filled.itertuples(index=False, name=None), start=1)]


def _text(name: str, cell: Any) -> str:
    """Return a cell as text; in a date column a bare number is a spreadsheet's day number."""
    text = _plain(cell)
    if name in _DAYS and _DAY_NUMBER.fullmatch(text):
        found = excel_day(float(text.replace(",", ".")))
        return found.isoformat() if found else text
    return text


def _plain(cell: Any) -> str:
    if isinstance(cell, bool):
        return "ja" if cell else "nej"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _raw(cells: Sequence[Any]) -> str:
    return tidy("; ".join(_plain(c) for c in cells), 2000).rstrip("; ")


def _name(payload: Payload) -> str:
    return payload.name or "svaret"


def _no_heading(source: Source, payload: Payload) -> Unreadable:
    return Unreadable(
        f"{source.name}: {_name(payload)} har ingen rubrikrad som känns igen. "
        "Skriv minst två av rubrikerna Datum, Status, Löfte, Plats och Beskrivning på en egen rad."
    )
