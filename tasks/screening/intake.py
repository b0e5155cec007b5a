"""What staff wrote in a source of their own, before any of it is stored: masked as in the form, or withheld."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tasks.model import Parsed, Quarantined, Record
from tasks.screening import REPLACEMENTS, Kind, in_words, screen

# Stands where a title stood, when no word of the text may be kept.
WITHHELD = "(texten sparas inte: den pekar ut en person)"


def screened(name: str, parsed: Parsed, places: Sequence[str]) -> Parsed:
    """Return what a source's answer held, without what may point at a person, and with a remark on what was found.

    A row whose text would be quarantined in the form keeps its day, place and claims and loses its text: the activity
    was held whatever somebody wrote about it. `places` are names that are never a person's.
    """
    records, rows, kinds = [], 0, set[Kind]()
    for record in parsed.records:
        made, found = _record(record, places)
        records.append(made)
        kinds |= found
        rows += bool(found)
    quarantined = []
    for row in parsed.quarantined:
        aside, found = _row(row, places)
        quarantined.append(aside)
        kinds |= found
        rows += bool(found)
    if not rows:
        return parsed
    what = in_words(k for k in REPLACEMENTS if k in kinds)
    told = (
        f"{name}: {rows} {'rad' if rows == 1 else 'rader'} innehåller {what} som inte sparas här. Ta bort dem i källan."
    )
    return replace(
        parsed,
        records=tuple(records),
        quarantined=tuple(quarantined),
        warnings=(*parsed.warnings, told),
        hides=True,
    )


def _record(record: Record, places: Sequence[str]) -> tuple[Record, set[Kind]]:
    # Together, as in the form: a young person in the text and a school in the place point at somebody.
    whole = screen("\n".join(filter(None, (record.place, record.title, record.text))), places)
    said = {name: screen(value, places) for name, value in record.fields.items() if isinstance(value, str)}
    # A long number in an address is seldom a telephone's.
    in_link = {k for k in screen(record.url).kinds if k in ("personal_number", "email")}
    kinds = {k for s in (whole, *said.values()) for k in s.kinds} | in_link
    if not kinds:
        return record, set()
    withheld = whole.severity == "quarantine"
    return replace(
        record,
        title=WITHHELD if withheld else screen(record.title, places).masked,
        text="" if withheld else screen(record.text, places).masked,
        place=screen(record.place, places).masked,
        url="" if in_link else record.url,
        fields={**record.fields, **{name: s.masked for name, s in said.items()}},
    ), kinds


def _row(row: Quarantined, places: Sequence[str]) -> tuple[Quarantined, set[Kind]]:
    reason, raw = screen(row.reason, places), screen(row.raw, places)
    kinds = {*reason.kinds, *raw.kinds}
    kept = "" if raw.severity == "quarantine" else raw.masked
    return replace(row, reason=reason.masked, raw=kept) if kinds else row, kinds
