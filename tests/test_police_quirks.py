"""The 18 measured quirks of the police feed, by number: invented notices, and the recordings where they show it.

Two have nothing of their own to test. 12 (ids rise with gaps and not in order of publication): nothing here sorts or
pages by id, and 7 shuffles the answer. 16 (no field was ever missing): what is missing is asked for all the same.
Of 5, the losses per interval are measured by `python -m tests.evaluate --polls`; here stands what must hold.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import config
from config.schema import Source
from tasks import evidence
from tasks.model import Payload, Record, Unreadable
from tasks.sources import police_events
from tasks.store import Store, records
from tests import evaluate_polls
from tests.police_server import notice

pytestmark = pytest.mark.slow

NOON = datetime(2021, 10, 31, 12, tzinfo=UTC)
SOURCE = Source(id="p", kind="police_events", name="Polisen", url="https://polisen.se/api/events", party="police")
FEW = SOURCE.model_copy(update={"options": {"least": 0}})
CONFIG = config.load()
PROMISE, HERE = CONFIG.promises["strangnas-2021"], CONFIG.municipalities["strangnas"]


def answer(rows: Sequence[Any], at: datetime = NOON) -> Payload:
    """Return an answer that holds these notices."""
    return Payload("p", at, "https://x", "application/json", json.dumps(rows).encode())


def read(rows: Sequence[Any]) -> tuple[Record, ...]:
    """Return the records of a few notices."""
    return police_events.parse(FEW, answer(rows)).records


def event(**changed: Any) -> dict[str, Any]:
    """Return an invented notice, with changes."""
    return {**notice(7, NOON - timedelta(hours=1), NOON, "Brand", "Strängnäs"), **changed}


def only(**changed: Any) -> Record:
    """Return the record made of one notice."""
    [record] = read([event(**changed)])
    return record


def recorded(shared: Path, name: str) -> Payload:
    """Return one recorded answer."""
    [path] = (shared / "data/police-events/raw").glob(f"events-{name}*.json")
    return Payload("p", NOON, "https://x", "application/json", path.read_bytes(), path.name)


def revisions(shared: Path) -> Iterator[list[dict[str, Any]]]:
    """Yield every content that was served under one id, in order."""
    with gzip.open(shared / "data/police-events/event-revisions.ndjson.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield [r["event"] for r in json.loads(line)["revisions"]]


def keep(store: Store, *answers: Payload) -> list[Record]:
    """Store answers one after the other and return what is known afterwards."""
    for payload in answers:
        with store.writing() as db:
            records.save_parsed(db, payload, police_events.parse(FEW, payload))
    with store.reading() as db:
        return records.known(db, ["p"], datetime(2022, 1, 1, tzinfo=UTC))


def versions(store: Store, key: str) -> list[Record]:
    """Return the versions of one notice, oldest first."""
    with store.reading() as db:
        return records.versions(db, f"p/{key}")


@pytest.mark.parametrize(("name", "county_only"), [("20240720", False), ("20260820", True)])
def test_1_the_location_became_the_county(shared: Path, name: str, county_only: bool) -> None:
    """The municipality is read from the name on both sides of 2026-01-20, whatever the location means."""
    found = police_events.parse(SOURCE, recorded(shared, name)).records
    towns = [r for r in found if not r.place.endswith(" län")]
    assert len(towns) > 300
    assert all((r.fields["location"] != r.place) is county_only for r in towns)
    assert all(r.fields["location"].endswith(" län") for r in towns if county_only)


@pytest.mark.parametrize(
    ("name", "place", "clock"),
    [
        ("31 oktober 13:37, Brand, Flen", "Flen", "13:37"),
        ("31 oktober 13.37, Brand, Flen", "Flen", "13:37"),
        ("1 november 08.05, Brand, Flen", "Flen", "08:05"),
        ("31 oktober 13.37, Trafikolycka, personskada, Flen", "Flen", "13:37"),
        ("31 oktober 13.37, Mord/dråp, försök, Upplands-Bro", "Upplands-Bro", "13:37"),
        ("31 oktober 13.37, Brand, ", "Södermanlands län", "13:37"),
        ("31 oktober 13.37, Trafikolycka, personskada, ", "Södermanlands län", "13:37"),
    ],
)
def test_2_the_name_is_split_from_the_right(name: str, place: str, clock: str) -> None:
    """Colon or point, one or two digits of the day, types with commas; an empty place is the county."""
    record = only(name=name)
    assert (record.place, record.fields["occurred_at"][11:16]) == (place, clock)


def test_2_every_recorded_name_is_read(shared: Path) -> None:
    """Each notice of ten recorded answers has a place and a moment."""
    for path in sorted((shared / "data/police-events/raw").glob("*.json")):
        found = police_events.parse(FEW, Payload("p", NOON, "x", "", path.read_bytes(), path.name)).records
        assert all(r.place and r.when and r.fields["occurred_at"] for r in found)


def test_3_nine_comes_before_ten() -> None:
    """The hour has one digit before ten: as text "9:59" is later than "10:01", as a moment it isn't."""
    early, late = (only(datetime=f"2021-10-31 {clock}:00 +01:00").published_at for clock in ("9:59", "10:01"))
    assert early and late and late - early == timedelta(minutes=2)


@pytest.mark.parametrize(("offset", "hour"), [("+02:00", 0), ("+01:00", 1)])
def test_3_the_hour_that_comes_twice(offset: str, hour: int) -> None:
    """When summer time ends, the offset tells the two hours from each other."""
    assert only(datetime=f"2021-10-31 2:30:00 {offset}").published_at == datetime(2021, 10, 31, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "address", "published", "occurred"),
    [
        ("31 december 23.50", "/x/handelser/2021/december/31/a/", "2022-01-01 0:40:16 +01:00", "2021-12-31T23:50"),
        ("31 december 23.50", "", "2022-01-01 0:40:16 +01:00", "2021-12-31T23:50"),
        ("1 januari 00.10", "", "2021-12-31 23:59:00 +01:00", "2022-01-01T00:10"),
        ("18 december 10.00", "/x/handelser/2020/december/18/a/", "2021-12-18 11:00:00 +01:00", "2021-12-18T10:00"),
        ("29 februari 10.00", "/x/handelser/2023/mars/1/a/", "2024-03-01 9:00:00 +01:00", "2024-02-29T10:00"),
        ("24 december 10.00", "/x/handelser/2021/december/24/a/", "2021-12-10 9:00:00 +01:00", "2021-12-24T10:00"),
        ("28 mars 02.30", "/x/handelser/2021/mars/28/a/", "2021-03-28 7:00:00 +02:00", "2021-03-28T02:30"),
        ("31 oktober 02.30", "/x/handelser/2021/oktober/31/a/", "2021-10-31 7:00:00 +01:00", "2021-10-31T02:30"),
    ],
)
def test_4_the_year_and_the_night(name: str, address: str, published: str, occurred: str) -> None:
    """Over New Year, with a wrong year or none, ahead of time, and in the nights that gain or lose an hour."""
    record = only(name=f"{name}, Brand, Flen", url=address, datetime=published)
    assert record.fields["occurred_at"][:16] == occurred
    assert record.when and record.when.start == record.when.end == date.fromisoformat(occurred[:10])


def test_4_a_notice_belongs_to_the_day_it_happened() -> None:
    """Published three weeks later, it still belongs to its own day and so to its own period."""
    record = only(
        **notice(7, datetime(2021, 8, 25, 10, tzinfo=UTC), datetime(2021, 9, 16, 9, tzinfo=UTC), "Brand", "F")
    )
    assert record.when and record.when.start == date(2021, 8, 25)
    assert record.published_at == datetime(2021, 9, 16, 9, tzinfo=UTC)


def test_5_what_rolled_out_of_the_window_stays(sqlite_store: Store) -> None:
    """Absence from the next answer neither cancels nor changes anything."""
    found = keep(sqlite_store, answer([event()]), answer([event(id=8)], NOON + timedelta(days=8)))
    assert [(r.external_id, r.version) for r in found] == [("7", 1), ("8", 1)]
    assert "state" not in found[0].fields


def test_5_the_alarm_fires_for_seven_days_and_not_for_three(shared: Path) -> None:
    """Polled hourly, the recorded silence of October 2023 raises an alarm on its fourth day, that of May 2025 none."""
    found = evaluate_polls.read(shared / "data/police-events")
    source = CONFIG.source("polisen-handelser")
    [alarm] = evaluate_polls.alarms(source, evaluate_polls.fetches(source, found, 1))
    assert (alarm.since.date(), alarm.fired.date()) == (date(2023, 10, 18), date(2023, 10, 22))
    assert alarm.heard.date() == date(2023, 10, 25)
    assert [(g.start, g.end) for g in alarm.gaps] == [(date(2023, 10, 19), date(2023, 10, 20))]


def test_5_hourly_polling_loses_next_to_nothing_and_weekly_does(shared: Path) -> None:
    """Replayed over the recordings: under one in a thousand hourly, over one in a hundred weekly."""
    found = evaluate_polls.read(shared / "data/police-events")
    hourly, weekly = (evaluate_polls.lost_at(found, hours).sum() / found.counted.sum() for hours in (1, 168))
    assert hourly < 0.001 < 0.01 < weekly


@pytest.mark.parametrize("name", ["20230326", "20241218", "20231107", "20241015"])
def test_6_a_thinned_answer_says_so(shared: Path, name: str) -> None:
    """Short, or full and reaching half a year back: its notices are read, and it never counts as the whole list."""
    parsed = police_events.parse(SOURCE, recorded(shared, name))
    assert len(parsed.records) > 200
    assert parsed.thinned


def test_6_an_empty_body_is_not_an_empty_list() -> None:
    """Nothing at all is an unreadable answer: nothing is known, least of all that nothing happened."""
    with pytest.raises(Unreadable):
        police_events.parse(SOURCE, Payload("p", NOON, "https://x", "application/json", b""))


def test_7_the_order_of_an_answer_means_nothing(sqlite_store: Store, shared: Path) -> None:
    """A shuffled answer holds the same records, and storing it adds no version."""
    rows = json.loads(recorded(shared, "20240720").body)
    before = {(r.id, r.content_sha256) for r in read(rows)}
    keep(sqlite_store, answer(rows))
    random.Random(1).shuffle(rows)
    assert {(r.id, r.content_sha256) for r in read(rows)} == before
    shuffled = answer(rows, NOON + timedelta(hours=1))
    with sqlite_store.writing() as db:
        assert records.save_parsed(db, shuffled, police_events.parse(FEW, shuffled)) == (0, 0)


def test_8_an_edit_is_a_version_and_a_slash_is_not(shared: Path) -> None:
    """Of 1,781 ids with several contents, 582 differ by a last slash alone, 10 by blanks or a centre's spelling."""
    slash = edited = 0
    for contents in revisions(shared):
        plain = {json.dumps({**c, "url": c["url"].rstrip("/")}, sort_keys=True) for c in contents}
        hashes = {r.content_sha256 for r in read(contents)}
        slash += len(plain) == 1
        edited += len(hashes) > 1
        assert len(hashes) <= len(plain)
        assert len(hashes) > 1 or all(c["name"] == contents[0]["name"] for c in contents)
    assert (slash, edited) == (582, 1189)


def test_8_a_corrected_place_moves_the_notice(sqlite_store: Store) -> None:
    """From Eskilstuna to Strängnäs: the newest version says where, the older one is kept."""
    there = event(name="31 oktober 12.00, Brand, Eskilstuna")
    here = event(name="31 oktober 12.00, Brand, Strängnäs")
    [known] = keep(sqlite_store, answer([there]), answer([here], NOON + timedelta(hours=3)))
    assert (known.version, known.place) == (2, "Strängnäs")
    assert [r.place for r in versions(sqlite_store, "7")] == ["Eskilstuna", "Strängnäs"]


def test_9_a_reused_id_is_never_merged(sqlite_store: Store, shared: Path) -> None:
    """One id was served as another incident for one answer: three whole versions, each with its own type and place."""
    contents = next(c for c in revisions(shared) if c[0]["id"] == 560424)
    published = datetime(2024, 12, 2, 13, tzinfo=UTC)
    for hours, content in enumerate(contents):
        payload = answer([content], published + timedelta(hours=hours))
        with sqlite_store.writing() as db:
            records.save_parsed(db, payload, police_events.parse(FEW, payload))
    served = [(r.place, r.fields["type"], r.text) for r in versions(sqlite_store, "560424")]
    assert served == [(r.place, r.fields["type"], r.text) for r in read(contents)]
    assert served[0] == served[2] != served[1]


def test_10_a_withdrawn_notice_is_kept(sqlite_store: Store) -> None:
    """Gone from the middle of the window while older ones stay: it was said, and it stays said."""
    rows = [event(id=n) for n in (1, 2, 3)]
    found = keep(sqlite_store, answer(rows), answer([rows[0], rows[2]], NOON + timedelta(hours=1)))
    assert [r.external_id for r in found] == ["1", "2", "3"]


def test_11_a_notice_made_anew_is_another_record(sqlite_store: Store) -> None:
    """Same day, place, type, text and address under two ids are two records; being context, neither is counted."""
    found = keep(sqlite_store, answer([event(id=1), event(id=2)]))
    assert [r.external_id for r in found] == ["1", "2"]
    assert found[0].url == found[1].url


def test_13_a_cut_summary_is_kept_as_cut() -> None:
    """110 characters and no ellipsis: nothing is added; hard spaces, blanks at the ends and entities are tidied."""
    cut = ("Polisen kontrollerade hastigheten vid en skola. " * 3)[:110]
    assert len(only(summary=cut).text) in (109, 110)
    assert only(summary=cut).text == cut.strip()
    assert only(summary=" Rök\u00a0&amp; eld ").text == "Rök & eld"


@pytest.mark.parametrize("site", ["", "https://polisen.se"])
def test_14_the_address_is_made_whole(site: str) -> None:
    """Relative since 2018, absolute before: both give the same address."""
    record = only(url=f"{site}/aktuellt/handelser/2021/oktober/31/a/")
    assert record.url == "https://polisen.se/aktuellt/handelser/2021/oktober/31/a/"


def test_15_a_centre_is_not_a_place() -> None:
    """The coordinates are an area's centre: they never say where, and another spelling of them is no new content."""
    one, other = (
        only(location={"name": "Östergötlands län", "gps": f"{lat},15.519784"})
        for lat in ("58.345364", "58.345364000000004")
    )
    assert one.content_sha256 == other.content_sha256
    assert one.place == "Strängnäs"
    assert "58" not in only(name="31 oktober 13.37, Brand, ", location={"gps": "58.345364,15.519784"}).place


@pytest.mark.parametrize("field", ["summary", "url", "type", "location"])
@pytest.mark.parametrize("value", [None, "", 3])
def test_16_a_missing_field_costs_only_itself(field: str, value: Any) -> None:
    """None was ever missing; if one is, the notice still has its place and day."""
    record = only(**{field: value})
    assert record.place == "Strängnäs"
    assert record.when and record.when.start == date(2021, 10, 31)


@pytest.mark.parametrize(
    ("kind", "summary"),
    [
        ("Sammanfattning natt", "Trafikkontroller av A-traktorer i Strängnäs, inbrott i Flen, bråk i Katrineholm."),
        ("Sammanfattning kväll och natt", "Narkotikasök på en skola i Strängnäs. Brand i Trosa."),
        ("Övrigt", "Presstalespersonen är på plats och nås på telefon."),
    ],
)
def test_17_a_summary_of_the_night_is_no_municipality_s_event(kind: str, summary: str) -> None:
    """A county's bundle of events and an office notice lie in the county, and are never evidence."""
    record = only(name=f"31 oktober 07.00, {kind}, Södermanlands län", type=kind, summary=summary)
    assert record.place == "Södermanlands län"
    assert all(r.band == "no" and not r.question for r in evidence.read([record], PROMISE, HERE))


def test_17_strangnas_is_68_notices_and_no_summary(shared: Path) -> None:
    """Filtered by place, the recorded years hold 68 notices in Strängnäs, and no summary of a county's night."""
    found: list[Record] = []
    for path in sorted((shared / "data/police-events").glob("events-20*.ndjson.gz")):
        rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
        # Strängnäs must not be missed where it stands only in the address either.
        found += read([r for r in rows if "strangnas" in r["url"] or "Strängnäs" in r["name"]])
    here = [r for r in found if r.place == "Strängnäs"]
    assert len(here) == len(found) == 68
    assert not [r for r in here if r.fields["type"].startswith("Sammanfattning")]


@pytest.mark.parametrize("kind", ["Trafikkontroll", "Övrigt"])
@pytest.mark.parametrize(
    "summary",
    ["En trygghetsvandring med polisen genomfördes i Mariefred.", "Flygande inspektion av A-traktorer hölls."],
)
def test_18_a_notice_is_context_and_never_proof(kind: str, summary: str) -> None:
    """The feed is a selection of call-outs: whatever a notice says, nothing is counted and nobody is asked."""
    record = only(type=kind, name=f"31 oktober 13.37, {kind}, Strängnäs", summary=summary)
    readings = evidence.read([record], PROMISE, HERE)
    assert readings
    assert {(r.state, r.band, r.question) for r in readings} == {("background", "no", "")}
