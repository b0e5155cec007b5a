"""Calendars, feeds, the form and mapped JSON: what their samples don't show."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.schema import Source
from tasks import sources
from tasks.http import Http
from tasks.model import Parsed, Payload, Refused, Unavailable, Unreadable
from tests.test_http import MemoryGate

NOW = datetime(2021, 11, 1, 6, tzinfo=UTC)


def parse(kind: str, text: str, **options: Any) -> Parsed:
    """Return what a kind makes of a text."""
    source = Source(id="k", kind=kind, name="Källan", url="x", options=options)
    return sources.kind(kind).parse(source, Payload("k", NOW, "k", "", text.encode(), "k"))


def calendar(*events: str) -> str:
    """Return a calendar with these events, each given as its lines."""
    inside = "".join(f"BEGIN:VEVENT\r\n{e}\r\nEND:VEVENT\r\n" for e in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{inside}END:VCALENDAR\r\n"


@pytest.mark.parametrize("uid", ["UID:v1\r\n", ""])
@pytest.mark.parametrize("cancelled", ["SUMMARY:INSTÄLLT! Vandring", "SUMMARY:Vandring\r\nSTATUS:CANCELLED"])
def test_a_cancellation_keeps_the_events_id(uid: str, cancelled: str) -> None:
    """By status or by prefix, with or without a UID, the cancelled event is the announced one."""
    start = f"{uid}DTSTART;VALUE=DATE:20211014\r\n"
    (before,), (after,) = (parse("icalendar", calendar(start + s)).records for s in ("SUMMARY:Vandring", cancelled))
    assert before.id == after.id
    assert (before.fields.get("state"), after.fields.get("state")) == (None, "cancelled")


def test_a_late_evening_belongs_to_its_own_day() -> None:
    """23.30 to midnight is one day, in Swedish time, also when written in UTC."""
    (record,) = parse("icalendar", calendar("UID:1\r\nDTSTART:20211014T213000Z\r\nDTEND:20211014T220000Z")).records
    assert record.when and (record.when.start, record.when.end, record.when.precision) == (
        datetime(2021, 10, 14).date(),
        datetime(2021, 10, 14).date(),
        "day",
    )


def test_export_time_is_no_change() -> None:
    """DTSTAMP is set anew by every export: the content's hash stays."""
    one, other = (
        parse("icalendar", calendar(f"UID:1\r\nDTSTART:20211014T100000Z\r\nDTSTAMP:2021{m}01T000000Z")).records[0]
        for m in ("10", "11")
    )
    assert one.content_sha256 == other.content_sha256


def test_a_series_is_unfolded_only_near_the_day_of_fetching() -> None:
    """A weekly meeting without end gives a year each way, by option fewer."""
    event = calendar("UID:1\r\nDTSTART;TZID=Europe/Stockholm:20000103T180000\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:Möte")
    assert len(parse("icalendar", event).records) == 105
    assert len(parse("icalendar", event, days_back=0, days_ahead=27).records) == 4


@pytest.mark.parametrize("text", ["", "<html>", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1", "END:VCALENDAR"])
def test_what_is_no_whole_calendar_is_unreadable(text: str) -> None:
    """A calendar that breaks off is not taken for a short one."""
    with pytest.raises(Unreadable):
        parse("icalendar", text)


@pytest.mark.parametrize("said", ["2021-02-31T10:00:00Z", "2021", "0021-10-14T10:00:00Z", "31 feb 2021", "snart"])
def test_a_feeds_impossible_date_is_left_out(said: str) -> None:
    """The news stays, its date doesn't, and a remark says so."""
    item = f"<item><guid>1</guid><title>a</title><pubDate>{said}</pubDate></item>"
    parsed = parse("rss", f'<rss version="2.0"><channel>{item}</channel></rss>')
    assert parsed.records[0].published_at is None
    assert parsed.warnings


def test_atom_is_read_as_well() -> None:
    """Atom's own names for id, time, link and text give the same record fields."""
    entry = (
        '<entry><id>urn:1</id><title type="html">&lt;b&gt;Brev&lt;/b&gt;</title>'
        "<updated>2021-10-14T10:00:00+02:00</updated>"
        '<link href="https://kommun.example.invalid/1"/><content type="html">&lt;p&gt;Text&lt;/p&gt;</content></entry>'
    )
    (record,) = parse("rss", f'<feed xmlns="http://www.w3.org/2005/Atom"><title>n</title>{entry}</feed>').records
    assert (record.external_id, record.title, record.text) == ("urn:1", "Brev", "Text")
    assert record.published_at == datetime(2021, 10, 14, 8, tzinfo=UTC)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//[", "https://a b"])
def test_a_link_that_is_no_web_address_is_left_out(link: str) -> None:
    """Nothing but http and https ever becomes a record's address."""
    parsed = parse("report", json.dumps({"commitment": "c5", "state": "held", "date": "2021-10-14", "link": link}))
    assert parsed.records[0].url == ""
    assert "ingen webbadress" in parsed.warnings[0]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"date": "2021-02-31"}, "inget datum"),
        ({"state": "kanske"}, "okänd status"),
        ({}, "tom"),
        ([], "inget JSON-objekt"),
        ({"text": ["a"]}, "ett enda värde"),
        ({"commitment": "c5", "count": 1.5}, "inget heltal"),
    ],
)
def test_a_report_that_cannot_be_read_says_why(data: Any, said: str) -> None:
    """The person at the form learns which answer to mend."""
    with pytest.raises(Unreadable, match=said):
        parse("report", json.dumps(data))


def test_reports_are_not_fetched(tmp_path: Path) -> None:
    """People deliver them: there is nothing to ask for."""
    source = Source(id="k", kind="report", name="Källan", url="form:police")
    assert sources.kind("report").fetch(source, Http(MemoryGate()), tmp_path, NOW) == ()


@pytest.mark.parametrize("kind", ["rss", "icalendar", "activity_log", "json_records", "police_events"])
def test_a_missing_file_is_named(kind: str, tmp_path: Path) -> None:
    """Every kind that reads files names the pattern that nothing fits."""
    source = Source(id="k", kind=kind, name="Källan", url="saknas/*.x")
    with pytest.raises(Unavailable, match=r"saknas/\*\.x"):
        sources.kind(kind).fetch(source, Http(MemoryGate()), tmp_path, NOW)


def test_a_mapping_must_name_id_and_title() -> None:
    """The check names the keys that are missing; parsing without any mapping is refused, not guessed."""
    source = Source(id="k", kind="json_records", name="Källan", url="x", options={"fields": {"text": "t"}})
    assert [
        "options.fields.id" in p or "options.fields.title" in p for p in sources.kind("json_records").check(source)
    ] == [True, True]
    with pytest.raises(Refused, match=r"options\.fields saknas"):
        parse("json_records", "[]")


def test_a_short_list_is_thinned() -> None:
    """Fewer items than the config expects is no news of what is gone."""
    fields = {"id": "i", "title": "t"}
    assert parse("json_records", '[{"i": 1, "t": "a"}]', fields=fields, least=2).thinned
    assert not parse("json_records", '[{"i": 1, "t": "a"}, {"i": 2, "t": "b"}]', fields=fields, least=2).thinned
