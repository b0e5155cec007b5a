"""A report from the staff's own form: people deliver it, so there is nothing to fetch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from config.schema import Decision, Source
from tasks.claims import CONDITIONS, Remarks, Unclear, canonical_name, record
from tasks.http import Http
from tasks.jsontext import document
from tasks.model import Parsed, Payload, Unreadable
from tasks.options import problems
from tasks.plaintext import one_line


class Options(Decision):
    """The form has no options of its own."""


def fetch(source: Source, http: Http, folder: Path, now: datetime) -> tuple[Payload, ...]:
    """Return nothing: reports are delivered, not fetched."""
    del source, http, folder, now
    return ()


def check(source: Source) -> list[str]:
    """Return what is wrong with the source's options, in Swedish."""
    return problems(Options, source.options)


def parse(source: Source, payload: Payload) -> Parsed:
    """Return the one record of a submission; Unreadable says which answer can't be understood."""
    data = document(source.name, payload.body)
    if not isinstance(data, dict):
        raise Unreadable(f"{source.name}: rapporten är inget JSON-objekt. Skicka formuläret på nytt.")
    remarks = Remarks()
    try:
        claims = _claims(data, remarks)
        if not any(claims.values()):
            raise Unclear("rapporten är tom; fyll i formuläret")
        made = record(source, claims, remarks, Counter())
    except Unclear as error:
        raise Unreadable(f"{source.name}: {error}.") from error
    return Parsed((made,), warnings=remarks.sentences(source.name))


def _claims(data: Mapping[str, Any], remarks: Remarks) -> dict[str, str]:
    claims: dict[str, str] = {}
    conditions = data.get("conditions")
    flat = {**data, **conditions} if isinstance(conditions, dict) else dict(data)
    for key, value in flat.items():
        if key == "conditions" and isinstance(value, dict):
            continue
        name = canonical_name(key)
        if name is None or (isinstance(conditions, dict) and key in conditions and key not in CONDITIONS):
            remarks.add(f"okänt fält {one_line(key, 60)!r} togs inte med.")
        elif isinstance(value, (dict, list)):
            raise Unclear(f"fältet {name} ska vara ett enda värde")
        else:
            claims[name] = _text(value)
    return claims


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    return str(value)
