"""Every source kind keeps the same promise; found by listing, so that a new file is tested the day it is added."""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.schema import Source
from tasks import sources
from tasks.model import Parsed, Payload, Refused, canonical

DATA = Path(__file__).parent / "data"
NOW = datetime(2021, 11, 1, 6, tzinfo=UTC)


def sample(kind: str) -> tuple[Source, Payload]:
    """Return the sample source and payload of a kind."""
    folder = DATA / kind
    path = next(folder.glob("sample.*"))
    settings = json.loads((folder / "source.json").read_text(encoding="utf-8"))
    source = Source(id="prov", kind=kind, name="Provkällan", url=f"data/{kind}/sample.*", **settings)
    return source, Payload("prov", NOW, path.name, "", path.read_bytes(), path.name)


def plain(parsed: Parsed) -> Any:
    """Return what was parsed as plain JSON values, without what only the screening and the store fill in."""
    made = json.loads(canonical(parsed))
    made.pop("hides")
    for record in made["records"]:
        record.pop("purged_at")
        record.pop("purged_sha256")
    return made


@pytest.mark.parametrize("kind", sources.kinds())
def test_offers_the_three_functions(kind: str) -> None:
    """A kind has fetch, parse and check with the agreed parameters and a docstring each."""
    expected = {"fetch": ["source", "http", "folder", "now"], "parse": ["source", "payload"], "check": ["source"]}
    for name, parameters in expected.items():
        function = getattr(sources.kind(kind), name)
        assert list(inspect.signature(function).parameters) == parameters
        assert function.__doc__


@pytest.mark.parametrize("kind", sources.kinds())
def test_reads_its_sample_as_expected(kind: str) -> None:
    """The sample gives the records, the rows put aside and the remarks that were read through by a person."""
    source, payload = sample(kind)
    expected = json.loads((DATA / kind / "expected.json").read_text(encoding="utf-8"))
    assert plain(sources.kind(kind).parse(source, payload)) == expected


@pytest.mark.parametrize("kind", sources.kinds())
def test_parsing_twice_gives_the_same(kind: str) -> None:
    """Parsing has no memory: ids and contents are equal the second time."""
    source, payload = sample(kind)
    parse = sources.kind(kind).parse
    assert parse(source, payload) == parse(source, payload)


@pytest.mark.parametrize("kind", sources.kinds())
def test_names_a_misspelt_option(kind: str) -> None:
    """A good source passes the check; an option nobody knows is named in Swedish."""
    source, _ = sample(kind)
    assert sources.kind(kind).check(source) == []
    wrong = source.model_copy(update={"options": {**source.options, "stavfel": 1}})
    assert any("options.stavfel är okänd" in problem for problem in sources.kind(kind).check(wrong))


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    """The message names every kind there is."""
    with pytest.raises(Refused, match="police_events"):
        sources.kind("telepati")
