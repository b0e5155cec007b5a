"""Calls out: within the terms, never hanging, and every kind of trouble told apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.schema import Source
from tasks import http
from tasks.http import Http, payloads
from tasks.model import Refused, Unavailable
from tests.police_server import OurPoliceServer, notice

pytestmark = pytest.mark.slow

NOW = datetime(2021, 11, 1, 6, tzinfo=UTC)
EVENTS = [notice(1, NOW - timedelta(hours=2), NOW, "Brand", "Strängnäs")]


class MemoryGate:
    """Leave to call, kept in memory with a clock that the test moves."""

    def __init__(self) -> None:
        self.clock = NOW
        self.calls: dict[str, list[datetime]] = {}
        self.gone: set[str] = set()

    def claim(self, host: str, min_seconds: float, per_hour: int) -> datetime | None:
        """Count a call or say when the next may come."""
        calls = [c for c in self.calls.get(host, []) if self.clock - c < timedelta(hours=1)]
        earliest = max([c + timedelta(seconds=min_seconds) for c in calls[-1:]], default=self.clock)
        if len(calls) >= per_hour:
            earliest = max(earliest, calls[0] + timedelta(hours=1))
        if earliest > self.clock:
            return earliest
        self.calls[host] = [*calls, self.clock]
        return None

    def is_gone(self, url: str) -> bool:
        """Return whether the address is gone."""
        return url in self.gone

    def mark_gone(self, url: str) -> None:
        """Remember it."""
        self.gone.add(url)

    def seconds(self) -> float:
        """Return the same clock for the server."""
        return self.clock.timestamp()


@pytest.fixture
def gate() -> MemoryGate:
    """A gate with nothing called yet."""
    return MemoryGate()


@pytest.fixture
def server(gate: MemoryGate) -> Iterator[OurPoliceServer]:
    """Our police server, on the gate's clock."""
    with OurPoliceServer(EVENTS, gate.seconds) as running:
        yield running


def source(url: str, **other: object) -> Source:
    """Return a source with the police's terms."""
    terms = {"min_seconds_between_calls": 10, "max_calls_per_hour": 60, "timeout_seconds": 0.4}
    return Source.model_validate(
        {"id": "p", "kind": "police_events", "name": "Polisens källa", "url": url, **terms, **other}
    )


def test_a_good_answer_becomes_a_payload(server: OurPoliceServer, gate: MemoryGate, tmp_path: Path) -> None:
    """Bytes, address, type and moment are kept, and the call carried our name."""
    (payload,) = payloads(source(server.url), Http(gate), tmp_path, NOW)
    assert (payload.url, payload.fetched_at, payload.name) == (server.url, NOW, "")
    assert payload.media_type.startswith("application/json")
    assert b'"id":1' in payload.body
    assert server.agents == [http.USER_AGENT]


def test_stays_within_the_terms_without_being_told(server: OurPoliceServer, gate: MemoryGate) -> None:
    """Over two busy hours the gate alone keeps the server from ever answering 429."""
    ours, waits = source(server.url), []
    while gate.clock < NOW + timedelta(hours=2):
        try:
            Http(gate).get(ours, ours.url, gate.clock)
        except Unavailable as trouble:
            waits.append(trouble.retry_at)
        gate.clock += timedelta(seconds=7)
    assert set(server.status) == {200}
    assert len(server.status) == 120
    assert all(w is not None for w in waits)


def test_the_refusal_names_the_moment(server: OurPoliceServer, gate: MemoryGate) -> None:
    """A second call within ten seconds isn't made, and the message says when it may be."""
    ours = source(server.url)
    Http(gate).get(ours, ours.url, NOW)
    with pytest.raises(Unavailable, match=r"2021-11-01 06:00:10 UTC") as caught:
        Http(gate).get(ours, ours.url, NOW)
    assert caught.value.retry_at == NOW + timedelta(seconds=10)
    assert server.status == [200]


def test_404_is_final_for_every_later_session(server: OurPoliceServer, gate: MemoryGate) -> None:
    """Once gone, the address is not called again, not even by a new session an hour later."""
    server.fault, ours = "gone", source(server.url)
    with pytest.raises(Refused, match="404"):
        Http(gate).get(ours, ours.url, NOW)
    gate.clock += timedelta(hours=1)
    with pytest.raises(Refused, match="anropas inte igen"):
        Http(gate).get(ours, ours.url, NOW)
    assert server.status == [404]


def test_a_call_without_name_is_refused(server: OurPoliceServer, gate: MemoryGate) -> None:
    """403 is a matter for a person, not for another try."""
    ours = source(server.url)
    with pytest.raises(Refused, match="User-Agent"):
        Http(gate, user_agent="").get(ours, ours.url, NOW)


def test_a_redirect_to_strangers_is_not_followed(server: OurPoliceServer, gate: MemoryGate) -> None:
    """The queue page of an overloaded site is trouble, not an empty list; the message names where it pointed."""
    server.fault, ours = "redirect", source(server.url)
    with pytest.raises(Unavailable, match=r"hänvisning till reserv\.example\.invalid/for-manga-anrop/"):
        Http(gate).get(ours, ours.url, NOW)


@pytest.mark.parametrize("fault", ["error", "cut", "slow", "drip"])
def test_passing_trouble_is_unavailable(server: OurPoliceServer, gate: MemoryGate, fault: str) -> None:
    """A 500, a cut body, a silent server and one that drips bytes all end in time and may be tried again."""
    server.fault, ours = fault, source(server.url, timeout_seconds=0.3)
    with pytest.raises(Unavailable, match="Polisens källa"):
        client = Http(gate)
        if fault == "drip":
            answer = client.request
            client.request = lambda *a, **k: answer(*a, **{**k, "deadline_seconds": 0.5})
        client.get(ours, ours.url, NOW)


def test_too_many_calls_waits_as_told(server: OurPoliceServer, gate: MemoryGate) -> None:
    """429 without Retry-After waits an hour; with one, in seconds or as a date, it waits that long."""
    ours = source(server.url, min_seconds_between_calls=0)
    Http(gate).get(ours, ours.url, NOW)
    with pytest.raises(Unavailable, match="429") as caught:
        Http(gate).get(ours, ours.url, NOW)
    assert caught.value.retry_at == NOW + timedelta(hours=1)
    assert http._retry_after("120", NOW) == NOW + timedelta(seconds=120)
    assert http._retry_after("Mon, 01 Nov 2021 06:05:00 GMT", NOW) == NOW + timedelta(minutes=5)
    assert http._retry_after("Mon, 01 Nov 2032 06:05:00 GMT", NOW) == NOW + timedelta(days=1)
    assert http._retry_after("strax", NOW) == NOW + timedelta(hours=1)


def test_an_answer_without_end_is_cut_off(
    server: OurPoliceServer, gate: MemoryGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More bytes than any source needs are not read into memory."""
    monkeypatch.setattr(http, "MAX_BYTES", 50)
    ours = source(server.url)
    with pytest.raises(Unavailable, match="större än"):
        Http(gate).get(ours, ours.url, NOW)


def test_nobody_there_is_unavailable(gate: MemoryGate) -> None:
    """A closed port names the host and keeps a secret in the query out of the message."""
    ours = source("http://127.0.0.1:9/lista?key=hemlig")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9/lista") as caught:
        Http(gate).get(ours, ours.url, NOW)
    assert "hemlig" not in str(caught.value)


def test_an_address_that_is_none_is_refused(gate: MemoryGate) -> None:
    """A broken address is a matter of config."""
    ours = source("http://")
    with pytest.raises(Refused, match="ingen adress"):
        Http(gate).get(ours, ours.url, NOW)


def test_files_come_sorted_and_without_our_paths(gate: MemoryGate, tmp_path: Path) -> None:
    """A pattern beside the config gives each file, in order, with names and no path of this machine."""
    (tmp_path / "loggar [2021]").mkdir()
    for name in ("b.csv", "a.csv", "c.txt"):
        (tmp_path / "loggar [2021]" / name).write_text(name)
    found = payloads(source("logg*/*.csv"), Http(gate), tmp_path, NOW)
    assert [(p.name, p.url, p.media_type) for p in found] == [
        ("a.csv", "loggar [2021]/a.csv", "text/csv"),
        ("b.csv", "loggar [2021]/b.csv", "text/csv"),
    ]
    exact = payloads(source("loggar [2021]/c.txt"), Http(gate), tmp_path, NOW)
    assert [p.body for p in exact] == [b"c.txt"]
    outside = payloads(source(f"{tmp_path}/*/a.csv"), Http(gate), tmp_path / "loggar [2021]" / "x", NOW)
    assert [p.url for p in outside] == ["a.csv"]


def test_no_file_names_the_pattern(gate: MemoryGate, tmp_path: Path) -> None:
    """A pattern that nothing fits is a gap with a mend, not an empty source."""
    with pytest.raises(Unavailable, match=r"rapporter/\*\.xlsx"):
        payloads(source("rapporter/*.xlsx"), Http(gate), tmp_path, NOW)
