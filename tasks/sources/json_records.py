"""Any list of JSON objects (event guides, news listings), read by a mapping in the config."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from config.schema import Decision, Source
from tasks.claims import Remarks, Unclear, called_off
from tasks.dates import dated, moment, span
from tasks.http import Http, payloads
from tasks.jsontext import document, is_lines, lines, raw
from tasks.model import Dated, Parsed, Payload, Quarantined, Record, Unreadable
from tasks.options import problems, read
from tasks.plaintext import address, from_html, one_line

_OWN = frozenset({"id", "title", "text", "url", "published", "date", "end", "place"})
_Row = tuple[int, str, Any]


class Options(Decision):
    """What a config says about the list: where it is, and which key holds what."""

    # Dotted path to the list; `*` steps into every value of an object. "" when the answer is the list itself.
    items: str = ""
    # Record field → key or dotted path in an item, or several that are joined (an id of address and day).
    # id, title, text, url, published, date, end and place have their meaning; other names are kept as they are.
    # The path "*" stands for the name that `*` in `items` met.
    fields: dict[str, str | list[str]] = Field(min_length=1)
    # Relative addresses are joined to this.
    site: str = ""
    # Fewer items than this is a thinned list, not news of what is gone.
    least: int = Field(0, ge=0)
    # Warn of keys that the mapping doesn't name.
    strict: bool = False


def fetch(source: Source, http: Http, folder: Path, now: datetime) -> tuple[Payload, ...]:
    """Return the list as served, or lists from files."""
    return payloads(source, http, folder, now, {"Accept": "application/json"})


def check(source: Source) -> list[str]:
    """Return what is wrong with the source's options, in Swedish."""
    found = problems(Options, source.options)
    if not found:
        fields = read(Options, source.options, source.name).fields
        found = [
            f"Inställningen options.fields.{name} saknas; ange nyckeln."
            for name in ("id", "title")
            if name not in fields
        ]
    return found


def parse(source: Source, payload: Payload) -> Parsed:
    """Return one record an item; an item without id or title, or with an impossible date, is put aside."""
    options = read(Options, source.options, source.name)
    remarks = Remarks()
    known = {p.split(".")[0] for paths in options.fields.values() for p in _paths(paths)}
    records, quarantined = [], []
    for number, name, item in _rows(source, options, payload):
        try:
            records.append(_record(source, options, name, item, remarks))
            for key in sorted(item.keys() - known) if options.strict else ():
                remarks.add(f"okänt fält {one_line(key, 60)!r}.")
        except Unclear as error:
            quarantined.append(Quarantined(number, str(error), raw(item)))
    thinned = (
        f"Listan har bara {len(records)} poster, normalt minst {options.least}." if len(records) < options.least else ""
    )
    return Parsed(tuple(records), tuple(quarantined), remarks.sentences(source.name), thinned)


def _rows(source: Source, options: Options, payload: Payload) -> list[_Row]:
    """Return (number, name met by `*`, item): the line of a line-wise file, else the place in the list."""
    if not options.items and is_lines(source.name, payload.body):
        return [(number, "", item) for number, item in lines(source.name, payload.body)]
    data = document(source.name, payload.body)
    steps = [s for s in options.items.split(".") if s]
    if not steps and isinstance(data, dict):
        data = [data]
    found = [(name, item) for name, items in _walk(data, steps, "") if isinstance(items, list) for item in items]
    if not found and not any(isinstance(items, list) for _, items in _walk(data, steps, "")):
        where = options.items or "svaret"
        raise Unreadable(f"{source.name}: {where} är ingen lista. Kontrollera url eller options.items.")
    return [(number, name, item) for number, (name, item) in enumerate(found, start=1)]


def _walk(value: Any, steps: list[str], name: str) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield name, value
    elif isinstance(value, dict) and steps[0] == "*":
        for key, inner in value.items():
            yield from _walk(inner, steps[1:], key)
    elif isinstance(value, dict) and steps[0] in value:
        yield from _walk(value[steps[0]], steps[1:], name)


def _record(source: Source, options: Options, name: str, item: Any, remarks: Remarks) -> Record:
    if not isinstance(item, dict):
        raise Unclear("posten är inget JSON-objekt")
    said = {field: _said(item, _paths(paths), name) for field, paths in options.fields.items()}
    key, (title, off) = one_line(said.get("id", "")), called_off(one_line(from_html(said.get("title", ""))))
    if not key or not title:
        raise Unclear(f"posten saknar {'id' if not key else 'rubrik'}")
    fields: dict[str, Any] = {k: one_line(v, 5000) for k, v in said.items() if k not in _OWN and v}
    published = _published(said.get("published", ""), fields, remarks)
    if off:
        fields["state"] = "cancelled"
    return Record(
        source=source.id,
        external_id=key,
        title=title,
        text=from_html(said.get("text", "")),
        url=address(said.get("url", ""), options.site),
        published_at=published,
        when=_when(said.get("date", ""), said.get("end", "")),
        place=one_line(said.get("place", "")),
        party=source.party,
        fields=fields,
    )


def _paths(paths: str | list[str]) -> list[str]:
    return [paths] if isinstance(paths, str) else paths


def _said(item: dict[str, Any], paths: list[str], name: str) -> str:
    values = [name if path == "*" else _inner(item, path.split(".")) for path in paths]
    return " ".join(str(v) for v in values if v is not None and not isinstance(v, (dict, list)) and v != "")


def _inner(value: Any, steps: list[str]) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _published(text: str, fields: dict[str, Any], remarks: Remarks) -> datetime | None:
    """Return when an item was published; a month or year alone is kept as said, no day is made of it."""
    if not text:
        return None
    found = moment(text)
    if found is None:
        if dated(text):
            fields["published"] = one_line(text, 40)
        else:
            remarks.add("ett publiceringsdatum är ingen tid som finns och togs inte med.")
    return found


def _when(first: str, last: str) -> Dated | None:
    if not first:
        return None
    start, end = dated(first), dated(last or first)
    if start is None or end is None:
        raise Unclear(f"datumet {one_line(last if start else first, 60)!r} finns inte")
    if end.end < start.start:
        raise Unclear("posten slutar innan den börjar")
    return start if not last or start == end else span(start.start, end.end)
