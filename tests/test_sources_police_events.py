"""The police feed: its 18 measured quirks, its terms, and lists that look whole and are not."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polisen_api.polisen
import pytest
from polisen_api import PolisenAPI

from config.schema import Source
from tasks.http import Http
from tasks.model import Parsed, Payload, Unavailable, Unreadable
from tasks.sources import police_events
from tests.police_server import OurPoliceServer, notice
from tests.test_http import MemoryGate

NOW = datetime(2021, 11, 1, 6, tzinfo=UTC)


def source(url: str = "https://polisen.se/api/events", **options: Any) -> Source:
    """Return the police source."""
    return Source(id="p", kind="police_events", name="Polisen", url=url, party="police", options=options)


def parse(events: Any, name: str = "", **options: Any) -> Parsed:
    """Return what is made of an answer with these events."""
    body = events if isinstance(events, bytes) else json.dumps(events).encode()
    return police_events.parse(source(**options), Payload("p", NOW, "https://x", "application/json", body, name))


def event(**changed: Any) -> dict[str, Any]:
    """Return an invented notice, with changes."""
    when = datetime(2021, 10, 31, 12, 37, tzinfo=UTC)
    return {**notice(7, when, when + timedelta(hours=1), "Brand", "Strängnäs"), **changed}


def only(**changed: Any) -> Any:
    """Return the record made of one notice."""
    return parse([event(**changed)], least=0).records[0]


def test_the_place_is_the_last_part_of_the_name() -> None:
    """Since 2026 the location is the county; the municipality lives in the name, also behind a type with commas."""
    record = only(name="31 oktober 13.37, Trafikolycka, personskada, Strängnäs")
    assert (record.place, record.fields["location"]) == ("Strängnäs", "Södermanlands län")


@pytest.mark.parametrize("hour", ["8:05:11", "08:05:11"])
def test_the_hour_may_have_one_digit(hour: str) -> None:
    """Publication is read as UTC whatever the width of the hour."""
    assert only(datetime=f"2021-10-31 {hour} +01:00").published_at == datetime(2021, 10, 31, 7, 5, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "url_year", "published", "day"),
    [
        ("31 december 23.50, Brand, Flen", 2021, "2022-01-01 0:40:16 +01:00", date(2021, 12, 31)),
        ("31 december 23.50, Brand, Flen", 2022, "2022-01-01 0:40:16 +01:00", date(2021, 12, 31)),
        ("01 januari 00.10, Brand, Flen", 2022, "2021-12-31 23:59:00 +01:00", date(2022, 1, 1)),
        ("29 februari 10:00, Brand, Flen", 2024, "2024-03-01 9:00:00 +01:00", date(2024, 2, 29)),
    ],
)
def test_the_year_comes_from_the_address_and_the_publication(
    name: str, url_year: int, published: str, day: date
) -> None:
    """Over New Year, with a wrong year in the address, and on a leap day, the day is the one that was meant."""
    record = only(name=name, url=f"/aktuellt/handelser/{url_year}/x/1/y/", datetime=published)
    assert record.when.start == day


def test_a_day_that_does_not_exist_is_not_invented() -> None:
    """The notice is kept without a day, and a remark says so."""
    parsed = parse([event(name="31 februari 10.00, Brand, Flen")], least=0)
    assert parsed.records[0].when is None
    assert "namnet saknar läsbar händelsetid" in parsed.warnings[0]


def test_a_lost_slash_is_no_new_content() -> None:
    """541 addresses lost their last slash in one answer: the content's hash stays."""
    address = "/aktuellt/handelser/2021/oktober/31/a"
    assert only(url=address).content_sha256 == only(url=f"{address}/").content_sha256


def test_texts_are_tidied() -> None:
    """Hard spaces, entities and trailing blanks go; the two ways to write ä become one."""
    record = only(summary=" Rök\u00a0&amp; eld i Stra\u0308ngna\u0308s ", type="Lagen om hundar och katter ")
    assert (record.text, record.fields["type"]) == ("Rök & eld i Strängnäs", "Lagen om hundar och katter")


def test_the_same_id_with_new_content_is_another_version() -> None:
    """Ids are reused and notices edited: same record id, other hash."""
    before, after = only(), only(name="31 oktober 13.37, Mord/dråp, försök, Eskilstuna")
    assert before.id == after.id
    assert before.content_sha256 != after.content_sha256


@pytest.mark.parametrize(
    "wrong",
    [
        *({"id": key} for key in (None, "7", True, -1, 7.5)),
        *({"datetime": moment} for moment in (None, "2021-10-31T08:05:11Z", "0021-10-31 8:05:11 +01:00")),
        *({"datetime": moment} for moment in ("2021-02-31 8:05:11 +01:00", "2021-10-31 8:05:11 +99:00")),
        {"name": None},
    ],
)
def test_an_unreadable_notice_is_put_aside_and_the_rest_kept(wrong: dict[str, Any]) -> None:
    """One odd notice costs only itself."""
    parsed = parse([event(), event(**wrong)], least=0)
    assert (len(parsed.records), [q.row for q in parsed.quarantined]) == (1, [2])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "tomt"),
        ("<!DOCTYPE html><p>Många anrop".encode(), "webbsida"),
        (b'{"message":"unavailable"}', "ingen lista"),
        (b'[{"id":1,"da', "trasig JSON"),
        (b"[" * 100_000, "trasig JSON"),
        (b"[1, 2]", "ingen av 2 notiser"),
    ],
)
def test_anything_but_a_list_of_notices_is_unreadable(body: bytes, said: str) -> None:
    """None of these is ever 'no events'; each message names what came instead."""
    with pytest.raises(Unreadable, match=said):
        parse(body)


def test_an_empty_list_is_readable() -> None:
    """An empty list has no records; whether that is trouble is for the verb to say."""
    assert parse([]) == Parsed(())


def test_an_archive_is_one_notice_a_line() -> None:
    """A file may hold one notice a line, packed; a broken line is put aside by its line number."""
    lines = "\n".join([json.dumps(event()), '{"id": 8, "da', json.dumps(event(id=9))])
    parsed = parse(gzip.compress(lines.encode()), "a.ndjson.gz")
    assert ([r.external_id for r in parsed.records], [q.row for q in parsed.quarantined]) == (["7", "9"], [2])
    assert not parsed.thinned


def test_a_packed_file_without_end_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that unpacks to something huge is refused before it fills the memory."""
    monkeypatch.setattr("tasks.jsontext.MAX_UNPACKED", 1000)
    with pytest.raises(Unreadable, match="orimligt stor"):
        parse(gzip.compress(b" " * 10_000), "a.json.gz")


def spread(count: int, days: float) -> list[dict[str, Any]]:
    """Return `count` notices, published evenly over `days`."""
    newest = datetime(2021, 10, 31, 12, tzinfo=UTC)
    step = timedelta(days=days) / count
    return [notice(i + 1, newest - i * step, newest - i * step, "Brand", "Flen") for i in range(count)]


@pytest.mark.parametrize(
    ("count", "days", "whole"), [(500, 7, True), (500, 9, True), (256, 4, False), (500, 139, False)]
)
def test_thinned_lists_are_recognised(count: int, days: float, whole: bool) -> None:
    """A short list, or 500 that reach half a year back, keep their notices and say that they are thinned."""
    parsed = parse(spread(count, days))
    assert len(parsed.records) == count
    assert (parsed.thinned == "") is whole


def test_thinned_answers_over_three_years_of_recordings(shared: Path) -> None:
    """Of 29,357 recorded answers: every short one is told by its length, no good one is."""
    told: Counter[tuple[str, bool]] = Counter()
    with gzip.open(shared / "data/police-events/snapshot-index.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            told[row["kind"], int(row["events"]) < police_events.Options().least] += 1
    assert told == {
        ("normal", False): 29_293,
        ("thinned-short", True): 24,
        ("empty-body", True): 31,
        ("thinned-500", False): 9,  # these are told by their spread, which needs the notices themselves
    }


def test_fetches_within_the_terms_and_reads_what_it_got(tmp_path: Path) -> None:
    """End to end against our server: name sent, list read, second call refused before it is made."""
    gate = MemoryGate()
    with OurPoliceServer(spread(600, 9), gate.seconds) as server:
        ours = source(server.url).model_copy(update={"min_seconds_between_calls": 10.0})
        (payload,) = police_events.fetch(ours, Http(gate), tmp_path, NOW)
        with pytest.raises(Unavailable):
            police_events.fetch(ours, Http(gate), tmp_path, NOW)
    parsed = police_events.parse(ours, payload)
    assert (len(parsed.records), parsed.thinned, server.status) == (500, "", [200])


@pytest.mark.parametrize("fault", ["html", "object", "broken", "empty"])
def test_a_bad_body_with_status_200_is_unreadable(tmp_path: Path, fault: str) -> None:
    """The server says 200 and sends something else: nothing becomes a record, nothing is 'no events'."""
    gate = MemoryGate()
    with OurPoliceServer([event()], gate.seconds) as server:
        server.fault = fault
        ours = source(server.url)
        (payload,) = police_events.fetch(ours, Http(gate), tmp_path, NOW)
    with pytest.raises(Unreadable):
        police_events.parse(ours, payload)


def test_an_independent_client_reads_our_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """polisen-api, written by others for the real API, understands our server and sees what we parse."""
    clock = [0.0]
    other = notice(8, NOW, NOW, "Narkotikabrott", "Flen", location={"name": "Flen", "gps": "59.057,16.589"})
    with OurPoliceServer([event(), other], lambda: clock[0]) as server:
        monkeypatch.setattr(polisen_api.polisen, "API_URL", server.url)
        everything = PolisenAPI().get_events()
        clock[0] += 11
        some = PolisenAPI().get_events(date=NOW.date(), locations=["Flen", "Gnesta"], types=["Narkotikabrott"])
    ours = parse([event(), other], least=0).records
    assert [(e.id, e.datetime.astimezone(UTC)) for e in everything] == [
        (int(r.external_id), r.published_at) for r in ours
    ]
    assert [e.id for e in some] == [8]


def test_our_server_keeps_the_terms() -> None:
    """403 without a name, 429 within ten seconds and after sixty in an hour, 404 and then 403 for ever."""
    clock = [0.0]
    with OurPoliceServer([event()], lambda: clock[0]) as server:
        status = [server._answer("/api/events", agent)[0] for agent in ("", "Namn", "Namn")]
        assert status == [403, 200, 429]
        for _ in range(58):
            clock[0] += 10
            assert server._answer("/api/events", "Namn")[0] == 200
        clock[0] += 10
        assert server._answer("/api/events", "Namn")[0] == 429
        clock[0] += 3600
        assert [server._answer("/api/annat", "Namn")[0], server._answer("/api/events", "Namn")[0]] == [404, 403]
