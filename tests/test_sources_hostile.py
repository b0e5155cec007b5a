"""No input makes a parser raise anything but Unreadable, run long, or make up a date."""

from __future__ import annotations

import io
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks import sources
from tasks.dates import EARLIEST, LATEST, dated, day, moment
from tasks.model import Parsed, Payload, Record, Unreadable, canonical
from tasks.plaintext import address, from_html, one_line, tidy
from tests.test_sources_contract import sample

pytestmark = pytest.mark.slow

# Generous: two busy cores, and the slowest sample takes a hundredth of it.
SECONDS = 5.0
hostile = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
every_kind = pytest.mark.parametrize("kind", sources.kinds())
# Text with what breaks readers: surrogates, control and direction marks, markup, quotes, separators.
nasty = st.text(st.one_of(st.characters(), st.sampled_from('\x00\ud800\u202e\ufeff<>&";,\n\r\t')), max_size=60)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | nasty
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(nasty, inner, max_size=3),
    max_leaves=8,
)


KEYS = (
    *("id", "datetime", "name", "summary", "url", "type", "location"),
    *("node", "title", "startDate", "endDate", "text", "updated"),
    *("commitment", "state", "date", "end", "place", "count", "conditions", "link", "reported_at", "party"),
)


def parsed(kind: str, body: bytes) -> Parsed | None:
    """Return what the kind's sample source makes of `body`, None if it is unreadable; anything else fails."""
    source, payload = sample(kind)
    began = time.monotonic()
    try:
        result = sources.kind(kind).parse(source, Payload(source.id, payload.fetched_at, "f", "", body, payload.name))
    except Unreadable as error:
        assert source.name in str(error)
        result = None
    assert time.monotonic() - began < SECONDS
    for record in result.records if result else ():
        sound(record)
    for row in result.quarantined if result else ():
        assert row.row >= 1
        assert row.reason
        row.raw.encode()
    return result


def sound(record: Record) -> None:
    """A record can be stored and shown: an id, a title, text that any database takes, a day that can be."""
    assert record.external_id
    assert record.title
    canonical(record)
    said = [record.external_id, record.title, record.text, record.place, record.url]
    for text in [*said, *(v for v in record.fields.values() if isinstance(v, str))]:
        assert "\x00" not in text
        text.encode()
        assert text == tidy(text, 10**9)
    assert record.url == "" or record.url.startswith(("http://", "https://"))
    if record.published_at:
        assert record.published_at.tzinfo is not None
    if record.when:
        assert EARLIEST <= record.when.start <= record.when.end <= LATEST


@every_kind
@hostile
@given(body=st.binary(max_size=400))
def test_any_bytes(kind: str, body: bytes) -> None:
    """Bytes without meaning are unreadable or harmless."""
    parsed(kind, body)


@every_kind
@hostile
@given(data=st.data())
def test_a_damaged_sample(kind: str, data: st.DataObject) -> None:
    """A sample with pieces cut out, put in twice or overwritten is read as far as it can be."""
    body = bytearray(sample(kind)[1].body)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(body) - 1, 0)))
        length = data.draw(st.integers(0, 40))
        piece = data.draw(st.binary(max_size=12) | st.just(bytes(body[at : at + length])) | nasty.map(_bytes))
        body[at : at + data.draw(st.sampled_from([0, length]))] = piece
    parsed(kind, bytes(body))


@every_kind
@hostile
@given(cut=st.integers(0, 3000))
def test_a_sample_that_ends_too_soon(kind: str, cut: int) -> None:
    """A body that breaks off anywhere gives fewer records or none, never others."""
    body = sample(kind)[1].body
    whole = parsed(kind, body)
    part = parsed(kind, body[: min(cut, len(body))])
    if part and whole and kind != "activity_log":  # a cut cell of a table is a shorter text, not a broken one
        assert len(part.records) <= len(whole.records)


@pytest.mark.parametrize("kind", ["police_events", "json_records", "report"])
@hostile
@given(data=st.data())
def test_json_of_the_right_shape_with_any_values(kind: str, data: st.DataObject) -> None:
    """Known keys with values of any type cost at most their own row."""
    keys = st.sampled_from(KEYS) | nasty
    item: Callable[[], Any] = partial(data.draw, st.dictionaries(keys, values, max_size=8))
    shapes: dict[str, Callable[[], Any]] = {
        "police_events": lambda: [item() for _ in range(3)],
        "json_records": lambda: {"towns": {"A": {"events": [item() for _ in range(3)]}, "B": item()}},
        "report": item,
    }
    parsed(kind, json.dumps(shapes[kind]()).encode())


@hostile
@given(rows=st.lists(st.lists(nasty, min_size=1, max_size=13), max_size=8), separator=st.sampled_from(";,\t"))
def test_a_log_with_any_rows(rows: list[list[str]], separator: str) -> None:
    """Good rows among any others are kept, unless an open quote before them took them along honestly."""
    heading = separator.join(["Id", "Löfte", "Status", "Datum", "Plats", "Beskrivning"])
    good = separator.join(["G1", "c5", "genomförd", "2021-10-14", "Åker", "Vandring"])
    text = "\n".join([heading, good, *(separator.join(row) for row in rows)])
    result = parsed("activity_log", _bytes(text))
    assert result is not None
    assert result.records[0].external_id == "G1"


@hostile
@given(cells=st.lists(st.lists(scalars, max_size=6), max_size=5))
def test_a_workbook_with_any_cells(cells: list[list[Any]]) -> None:
    """A sheet with any cells under a good heading is read row by row."""
    clean = [[*map(_cell, row), *[None] * (6 - len(row))] for row in cells]
    table = pd.DataFrame([["Löfte", "Status", "Datum", "Antal", "Plats", "Beskrivning"], *clean])
    file = io.BytesIO()
    table.to_excel(file, index=False, header=False)
    assert parsed("activity_log", file.getvalue()) is not None


@hostile
@given(text=st.text(st.sampled_from("0123456789 -/.:TWvkt") | st.sampled_from("januarifebrvecka"), max_size=24))
def test_no_date_is_made_up(text: str) -> None:
    """Whatever the field says, a day that comes out has its year and day number in it."""
    found = day(text)
    if found:
        assert str(found.year) in text
        assert str(found.day) in text
    stretch = dated(text)
    assert stretch is None or EARLIEST <= stretch.start <= stretch.end <= LATEST
    when = moment(text)
    assert when is None or when.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "31 februari 2021",
        "2021-02-30",
        "0021-10-14",
        "14/13 2021",
        "21-10-14",
        "2021-00",
        "vecka 54 2021",
        "14/10",
        "w",
    ],
)
def test_impossible_dates_are_none(text: str) -> None:
    """A day, month, week or year that doesn't exist gives nothing."""
    assert dated(text) is None


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("14/10 2021", "2021-10-14", "2021-10-14", "day"),
        ("torsdag den 14 oktober 2021 kl 17.30", "2021-10-14", "2021-10-14", "day"),
        ("14–15 oktober 2021", "2021-10-14", "2021-10-15", "period"),
        ("v. 41 2021", "2021-10-11", "2021-10-17", "week"),
        ("oktober 2021", "2021-10-01", "2021-10-31", "month"),
        ("2021-T2", "2021-05-01", "2021-08-31", "period"),
        ("2021-05-01 – 2021-08-31", "2021-05-01", "2021-08-31", "period"),
        ("2021", "2021-01-01", "2021-12-31", "year"),
    ],
)
def test_swedish_dates_keep_how_exact_they_are(text: str, first: str, last: str, precision: str) -> None:
    """A week stays a week and a month a month."""
    found = dated(text)
    assert found is not None
    assert (found.start, found.end, found.precision) == (date.fromisoformat(first), date.fromisoformat(last), precision)


@hostile
@given(text=nasty)
def test_tidied_text_stays_as_it_is(text: str) -> None:
    """Cleaning twice changes nothing more, and no tag with a name survives."""
    once = tidy(text)
    assert tidy(once) == once
    assert one_line(one_line(text)) == one_line(text)
    assert "\n" not in one_line(text)
    assert address(text).startswith(("http", "")) and "\x00" not in from_html(text)


def long_field(kind: str, text: str) -> bytes:
    """Return a payload of that kind with `text` in its longest field."""
    if kind == "police_events":
        return json.dumps([{"id": 1, "datetime": "2021-10-31 8:05:11 +01:00", "name": text, "summary": text}]).encode()
    if kind == "json_records":
        return json.dumps({"towns": {"A": {"events": [{"node": "1", "title": text, "text": text}]}}}).encode()
    if kind == "report":
        return json.dumps({"id": "1", "commitment": "c5", "state": "held", "text": text, "place": text}).encode()
    if kind == "activity_log":
        return f"Id;Datum;Status;Beskrivning\n1;2021-10-14;genomförd;{text}\n2;2021-10-15;planerad;x\n".encode()
    if kind == "rss":
        item = f"<item><title>a</title><description><![CDATA[{text}]]></description></item>"
        return f'<rss version="2.0"><channel>{item}</channel></rss>'.encode()
    event = f"BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20211014\r\nSUMMARY:{text}\r\nEND:VEVENT"
    return f"BEGIN:VCALENDAR\r\n{event}\r\nEND:VCALENDAR".encode()


@every_kind
@pytest.mark.parametrize("unit", ["<b", "ä ", "&amp", "<!--", ' "'])
def test_a_megabyte_of_text(kind: str, unit: str) -> None:
    """A megabyte of anything in one field is read in seconds and cut to a sane length."""
    result = parsed(kind, long_field(kind, unit * (1_000_000 // len(unit))))
    assert result is None or all(len(r.text) <= 50_000 and len(r.title) <= 500 for r in result.records)


def test_entities_that_grow_without_end_are_unreadable_or_small() -> None:
    """A feed that defines entities in terms of each other doesn't fill the memory."""
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    item = '<rss version="2.0"><channel><item><title>&e9;</title></item></channel></rss>'
    result = parsed("rss", f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "lol">{entities}]>{item}'.encode())
    assert result is None or all(len(r.title) <= 500 for r in result.records)


def test_a_feed_of_bytes_never_opens_a_file() -> None:
    """Bytes that are a path or an address are no feed; nothing is opened."""
    for body in (b"/etc/hostname", b"http://127.0.0.1:9/", b"file:///etc/hostname"):
        assert parsed("rss", body) is None


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0,1,2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;BYSETPOS=2",
        "FREQ=",
        "FREQ=WEEKLY;COUNT=-1",
        "FREQ=DAILY;UNTIL=00010101",
        "FREQ=MONTHLY;BYDAY=9MO",
        "INTERVAL=1",
    ],
)
def test_a_rule_without_end_is_bounded(rule: str) -> None:
    """A repetition that never stops or never comes costs no more than its own event."""
    event = f"BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20210101T100000Z\r\nRRULE:{rule}\r\nSUMMARY:x\r\nEND:VEVENT"
    other = "BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20210101T100000Z\r\nSUMMARY:y\r\nEND:VEVENT"
    result = parsed("icalendar", f"BEGIN:VCALENDAR\r\n{event}\r\n{other}\r\nEND:VCALENDAR".encode())
    assert result is not None
    assert "2" in {r.external_id for r in result.records}


def test_shuffled_rows_keep_their_ids() -> None:
    """Rows without an id get the same ones whatever stands between them."""
    rows = [f";c5;genomförd;2021-0{n}-01;Ort {n};x" for n in range(1, 9)]
    heading = "Id;Löfte;Status;Datum;Plats;Beskrivning"
    first = parsed("activity_log", "\n".join([heading, *rows]).encode())
    random.Random(1).shuffle(rows)
    second = parsed("activity_log", "\n".join([heading, *rows]).encode())
    assert first and second and {r.external_id for r in first.records} == {r.external_id for r in second.records}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    """Return a value that a workbook can hold."""
    if isinstance(value, str):
        return "".join(c for c in value if c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    if isinstance(value, int) and not isinstance(value, bool):
        return value % 10**9
    return value if value is None or isinstance(value, bool) else datetime(2021, 10, 14)
