"""A follow-up as open data: two tables in CSV with their columns documented (CSVW), and the JSON file's own schema.

Everything here comes from `summary`, so that no file can tell what another one hides.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tasks.model import canonical

PARTS, ACTIVITIES = "delar.csv", "aktiviteter.csv"
Files = tuple[tuple[str, str, bytes], ...]
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PARTIES = {"police": "polisen", "municipality": "kommunen", "both": "polisen och kommunen"}
_PRECISIONS = {"day": "dag", "week": "vecka", "month": "månad", "period": "period", "year": "år"}


class Column(NamedTuple):
    """One column of a table: what it is called, which type its cells have and what they say."""

    name: str
    type: str
    text: str


_KEY = Column("del", "string", "Vilken del av löftet raden handlar om.")
PART_COLUMNS = (
    _KEY,
    Column("rubrik", "string", "Delens rubrik."),
    Column("lofte", "string", "Löftets egna ord."),
    Column("ansvarig", "string", "Vem som har lovat: polisen, kommunen eller båda."),
    Column("period", "string", "Periodens beteckning."),
    Column("utgava", "integer", "Vilken utgåva siffrorna hör till; en rättelse är en ny utgåva."),
    Column("status", "string", "Hur det går, med samma ord som på sidan."),
    Column("orsak", "string", "Varför statusen är den, i en mening."),
    Column("mal", "integer", "Antalet som utlovades; tomt när löftet inte anger något."),
    Column("matbart", "boolean", "Om löftet är formulerat så att det går att mäta."),
    Column("enhet", "string", "Vad som räknas."),
    Column("antal", "integer", "Antal under perioden; tomt när det inte är känt eller inte visas."),
    Column("antal_minst", "boolean", "Om antalet kan vara större, för att uppgifter saknas."),
    Column("totalt", "integer", "Antal sedan löftet undertecknades; tomt när det inte är känt eller inte visas."),
    Column("totalt_minst", "boolean", "Om det totala antalet kan vara större, för att uppgifter saknas."),
    Column("dolt", "string", "Vilka antal som är kända men inte visas, för att skydda enskilda."),
    Column("anvant", "boolean", "För ett arbetssätt: om det har använts under perioden; tomt när det inte är känt."),
    Column("planerade", "integer", "Antal planerade aktiviteter."),
    Column("installda", "integer", "Antal inställda aktiviteter."),
)
ACTIVITY_COLUMNS = (
    _KEY,
    Column("start", "date", "Första dagen som uppgiften gäller."),
    Column("slut", "date", "Sista dagen som uppgiften gäller."),
    Column("noggrannhet", "string", "Hur noga dagen är känd: dag, vecka, månad, period eller år."),
    Column("plats", "string", "Var i kommunen; tomt när platsen inte är känd eller inte visas."),
    Column("antal", "integer", "Hur många tillfällen raden står för."),
)


def files(summary: Mapping[str, Any], title: str, licence: str) -> Files:
    """Return name, type and bytes of the tables, of what documents them, and of the JSON file's schema."""
    own = {"period": summary["period"]["id"], "utgava": summary["edition"]}
    # An activity is told one by one only where everything about the commitment is public.
    shown = [(c, a) for c in summary["commitments"] if c["listed"] for a in c["activities"]]
    return _files(
        title, licence, [_part(c) | own for c in summary["commitments"]], [_activity(c["id"], a) for c, a in shown]
    )


def empty(title: str, licence: str) -> Files:
    """Return the same files without a row, for a follow-up that was taken back."""
    return _files(title, licence, [], [])


def _files(title: str, licence: str, parts: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]) -> Files:
    return (
        (PARTS, "text/csv; charset=utf-8", _table(PART_COLUMNS, parts)),
        (ACTIVITIES, "text/csv; charset=utf-8", _table(ACTIVITY_COLUMNS, rows)),
        ("csv-metadata.json", "application/csvm+json", canonical(_documented(title, licence))),
        ("schema.json", "application/schema+json", canonical(SCHEMA)),
    )


def _part(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "del": data["id"],
        "rubrik": data["heading"],
        "lofte": " ".join(data["text"].split()),
        "ansvarig": _PARTIES[data["party"]],
        "status": data["status"],
        "orsak": data["reason"],
        "mal": data["target"],
        "matbart": data["measurable"],
        "enhet": data["unit"],
        "antal": data["held"],
        "antal_minst": data["held_is_floor"],
        "totalt": data["held_total"],
        "totalt_minst": data["total_is_floor"],
        "dolt": " ".join({"held": "antal", "held_total": "totalt"}[name] for name in data["hidden"]),
        "anvant": data["used"],
        "planerade": data["planned"],
        "installda": data["cancelled"],
    }


def _activity(commitment: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "del": commitment,
        "start": data["start"],
        "slut": data["end"],
        "noggrannhet": _PRECISIONS.get(data["precision"] or "", ""),
        "plats": data["place"],
        "antal": data["count"],
    }


def _table(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a table as RFC 4180 has it, in UTF-8; a cell that a spreadsheet would run gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([c.name for c in columns])
    writer.writerows([_cell(row[c.name]) for c in columns] for row in rows)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int) else text


def _documented(title: str, licence: str) -> dict[str, Any]:
    key = {"columnReference": "del", "reference": {"resource": PARTS, "columnReference": "del"}}
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "sv"}],
        "dc:title": title,
        "dc:license": {"@id": licence},
        "tables": [
            {"url": PARTS, "dc:title": "Löftets delar", "tableSchema": _columns(PART_COLUMNS) | {"primaryKey": "del"}},
            {
                "url": ACTIVITIES,
                "dc:title": "Räknade aktiviteter sedan löftet undertecknades",
                "tableSchema": _columns(ACTIVITY_COLUMNS) | {"foreignKeys": [key]},
            },
        ],
    }


def _columns(columns: Sequence[Column]) -> dict[str, Any]:
    types: dict[str, Any] = {"boolean": {"base": "boolean", "format": "ja|nej"}}
    return {
        "columns": [
            {"name": c.name, "titles": c.name, "datatype": types.get(c.type, c.type), "dc:description": c.text}
            for c in columns
        ]
    }


def _object(text: str, /, **properties: Any) -> dict[str, Any]:
    """Return the schema of an object in which every property stands, and no other."""
    return {
        "type": "object",
        "description": text,
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _list(items: Mapping[str, Any], text: str = "") -> dict[str, Any]:
    return {"type": "array", "items": items} | ({"description": text} if text else {})


def _a(type_: str | list[str], text: str = "", **more: Any) -> dict[str, Any]:
    return {"type": type_, **more} | ({"description": text} if text else {})


_DAY = _a("string", format="date")
_SPAN = {
    "start": _a(["string", "null"], format="date"),
    "end": _a(["string", "null"], format="date"),
    "precision": {"enum": [*_PRECISIONS, None]},
    "place": _a("string", "Tom när platsen inte är känd eller inte visas."),
    "count": _a("integer"),
}
_GAPS = _list(_object("Dagar utan uppgifter.", source=_a("string"), start=_DAY, end=_DAY))
_COMMITMENT = _object(
    "En del av löftet.",
    id=_a("string"),
    heading=_a("string"),
    text=_a("string", "Löftets egna ord."),
    plain=_a("string", "Samma sak i enklare ord."),
    party={"enum": [*_PARTIES]},
    measure={"enum": ["count", "once", "ongoing", "duty"]},
    unit=_a("string"),
    counts=_a("string", "Vad som räknas."),
    deadline=_a(["string", "null"], format="date"),
    listed=_a("boolean", "Om aktiviteterna visas en och en."),
    status=_a("string"),
    reason=_a("string"),
    measurable=_a("boolean"),
    target=_a(["integer", "null"], "Bara när löftet anger ett antal."),
    held=_a(["integer", "null"], "Antal under perioden; null när det inte är känt eller inte visas."),
    held_is_floor=_a("boolean", "Antalet kan vara större, för att uppgifter saknas."),
    held_total=_a(["integer", "null"], "Antal sedan löftet undertecknades."),
    total_is_floor=_a("boolean"),
    hidden=_list({"enum": ["held", "held_total"]}, "Antal som är kända men inte visas, för att skydda enskilda."),
    used=_a(["boolean", "null"], "För ett arbetssätt: om det har använts under perioden."),
    planned=_a("integer"),
    cancelled=_a("integer"),
    activities=_list(_object("Räknad aktivitet.", **_SPAN)),
    not_counted=_list(_object("Aktivitet som inte räknas, med skälet.", **_SPAN, why=_a("string"))),
    gaps=_GAPS,
)
_FOLLOWUP = _object(
    "En uppföljning.",
    schema_version=_a("string"),
    promise=_a("string"),
    title=_a("string"),
    notice=_a("string", "Sagt om hela uppföljningen, till exempel att den är ett exempel."),
    municipality=_object("Kommunen.", name=_a("string"), code=_a("string", "Kommunkod enligt SCB.")),
    period=_object("Perioden.", id=_a("string"), name=_a("string"), start=_DAY, end=_DAY),
    due=_DAY,
    next_due=_a(["string", "null"], format="date"),
    edition=_a("integer", "En rättelse är en ny utgåva."),
    changes=_list(_object("Vad en rättelse ändrar.", heading=_a("string"), change=_a("string"))),
    previous_editions=_list(
        _object("En tidigare utgåva.", edition=_a("integer"), sha256=_a("string", "Över allt som godkändes i den."))
    ),
    as_of=_a("string", "När uppgifterna var kända.", format="date-time"),
    figures_sha256=_a("string"),
    rules_version=_a("string"),
    commitments=_list(_COMMITMENT),
    coverage=_list(
        _object(
            "En källa och när den inte har hörts.",
            source=_a("string"),
            name=_a("string"),
            last_good=_a(["string", "null"], format="date"),
            gaps=_list(_object("Dagar.", start=_DAY, end=_DAY)),
        )
    ),
    assumptions=_list(_a("string")),
)
_RETRACTED = _object(
    "En återkallad uppföljning.",
    promise=_a("string"),
    period=_a("string"),
    edition=_a("integer", "Den sista utgåvan som är återkallad."),
    retracted=_a("string", format="date-time"),
    reason=_a("string"),
)
SCHEMA: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Uppföljning av ett medborgarlöfte (summary.json)",
    "oneOf": [_FOLLOWUP, _RETRACTED],
}
