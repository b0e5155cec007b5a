"""Real recordings through fetch and parse, from a config folder alone: the counts are held exactly."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import config as configuration
from config import Config
from config.schema import Source
from tasks import sources
from tasks.http import Http
from tasks.model import Parsed, Payload
from tests.test_http import MemoryGate

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "recordings"
Parts = list[tuple[Payload, Parsed]]
NOW = datetime(2026, 8, 22, 18, tzinfo=UTC)

# (payloads, records, different ids, rows put aside, thinned payloads, records with a day, cancelled)
COUNTS: Mapping[str, tuple[int, ...]] = {
    "polisen-svar": (10, 4485, 4417, 0, 4, 4485, 0),
    "polisen-arkiv": (4, 63290, 63290, 0, 0, 63290, 0),
    "eskilstuna-evenemang": (18, 7070, 659, 0, 1, 7070, 22),
    "dalsland-evenemang": (1, 279, 279, 0, 0, 279, 0),
    "dalsland-nyheter": (1, 76, 76, 0, 0, 0, 0),
    "simrishamn-kalender": (2, 50, 50, 0, 0, 50, 0),
    "strangnas-2019-nyheter": (1, 9, 9, 0, 0, 0, 0),
}


@pytest.fixture(scope="module")
def recordings(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The config of the recordings, wherever they lie."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOFTESKOLL_SHARED", str(shared))
        return configuration.load(FOLDER, f"sqlite:///{tmp_path_factory.mktemp('db')}/unused.db")


@pytest.fixture(scope="module")
def collected(recordings: Config) -> Mapping[str, Parts]:
    """Every payload of every source and what was made of it, by source id."""
    return {source.id: _collect(recordings, source) for source in recordings.all_sources()}


def _collect(recordings: Config, source: Source) -> Parts:
    kind = sources.kind(source.kind)
    payloads = kind.fetch(source, Http(MemoryGate()), recordings.folder, NOW)
    return [(payload, kind.parse(source, payload)) for payload in payloads]


def counted(parts: Parts) -> tuple[int, ...]:
    """Return the counts of one source, in the order of COUNTS."""
    records = [record for _, parsed in parts for record in parsed.records]
    return (
        len(parts),
        len(records),
        len({record.id for record in records}),
        sum(len(parsed.quarantined) for _, parsed in parts),
        sum(bool(parsed.thinned) for _, parsed in parts),
        sum(record.when is not None for record in records),
        sum(record.fields.get("state") == "cancelled" for record in records),
    )


def test_every_source_gives_exactly_its_counts(collected: Mapping[str, Parts]) -> None:
    """Each recorded source gives these payloads, records, ids, rows put aside and thinned answers, no others."""
    assert {key: counted(parts) for key, parts in collected.items()} == COUNTS


def test_every_source_passes_its_own_check(recordings: Config) -> None:
    """The options in the recordings' config are known to their kinds."""
    for source in recordings.all_sources():
        assert sources.kind(source.kind).check(source) == []


def test_the_thinned_answers_are_the_four_odd_ones(collected: Mapping[str, Parts]) -> None:
    """Exactly the four answers that their collector marked as odd are recognised."""
    for payload, parsed in collected["polisen-svar"]:
        assert ("odd" in payload.name) == bool(parsed.thinned)


def test_strangnas_is_found_by_place(collected: Mapping[str, Parts]) -> None:
    """68 notices of 2023-2026 lie in Strängnäs, also those whose location is only the county."""
    records = [r for _, p in collected["polisen-arkiv"] for r in p.records]
    here = [r for r in records if r.place == "Strängnäs"]
    assert len(here) == 68
    assert any(r.fields["location"] == "Södermanlands län" for r in here)


def test_no_good_answer_looks_thinned(shared: Path, collected: Mapping[str, Parts]) -> None:
    """Rebuilt from first and last sightings, the middle of no good answer comes near the limit of 14 days."""
    archive = [record for _, parsed in collected["polisen-arkiv"] for record in parsed.records]
    published = {record.external_id: record.published_at for record in archive if record.published_at}
    stays, until = _stays(shared, published), dict[str, str]()
    middles = []
    for moment in _good_answers(shared)[::10]:
        while stays and stays[-1][0] <= moment:
            _, last, key = stays.pop()
            until[key] = last
        until = {key: last for key, last in until.items() if last >= moment}
        if len(until) >= 400:  # windows on months that this copy lacks are left out
            times = sorted((published[key] for key in until), reverse=True)
            middles.append(times[0] - times[len(times) // 2])
    assert len(middles) > 2_000
    assert max(middles) < timedelta(days=6)


def _stays(shared: Path, known: Mapping[str, datetime]) -> list[tuple[str, str, str]]:
    """Return (first seen, last seen, id), latest first; notices that a thinned list dug up again are left out."""
    with gzip.open(shared / "data/police-events/event-sightings.csv.gz", "rt", encoding="utf-8") as file:
        rows = [(first, last, key) for key, first, last in list(csv.reader(file))[1:] if key in known]
    month = timedelta(days=30)
    return sorted(
        (r for r in rows if datetime.fromisoformat(r[1]) - datetime.fromisoformat(r[0]) < month), reverse=True
    )


def _good_answers(shared: Path) -> list[str]:
    with gzip.open(shared / "data/police-events/snapshot-index.csv.gz", "rt", encoding="utf-8") as file:
        return [row["commit_time_utc"] for row in csv.DictReader(file) if row["kind"] == "normal"]
