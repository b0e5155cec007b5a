"""What a person answered about a record rules, over new versions and changed rules, until it is contradicted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

import config
from tasks import evidence, linkage
from tasks.matching import Matches, match
from tasks.model import Activity, Dated, Judgement, Record, Verdict

CONFIG = config.load()
PROMISE, HERE = CONFIG.promises["strangnas-2021"], CONFIG.municipalities["strangnas"]
AT = datetime(2021, 11, 1, tzinfo=UTC)
# Asked about: it says neither that it was held nor when.
DOUBTFUL = Record(
    "strangnas-nyheter",
    "1",
    "Trygghetsvandringen i Mariefred",
    "Efter trygghetsvandringen i Mariefred har kommunen och polisen fått tolv synpunkter.",
    published_at=datetime(2021, 10, 20, tzinfo=UTC),
    party="municipality",
)
FULL = {"state": "held", "date": "2021-10-14", "place": "Mariefred", "count": 2}


def answer(record: Record, verdict: Verdict = "yes", **corrected: Any) -> Judgement:
    """Return a person's answer about the walks in a record, given while it read as it does."""
    return Judgement(
        1, PROMISE.slug, "evidence", record.id, "c5", verdict, "kim", "police", AT, linkage.seen(record), corrected
    )


def found(record: Record, *answers: Judgement) -> Matches:
    """Return what a record and the answers amount to."""
    return match(PROMISE, HERE, [record], answers)


def walks(record: Record, *answers: Judgement) -> list[Activity]:
    """Return the walks that are counted for certain."""
    every = found(record, *answers).activities
    return [a for a in every if (a.commitment, a.state, a.band) == ("c5", "held", "sure")]


def edited(record: Record, text: str, **fields: Any) -> Record:
    """Return the record's next version."""
    return replace(record, text=text, version=record.version + 1, **fields)


def test_without_an_answer_it_is_a_question() -> None:
    """The record is doubtful: it is asked about, and nothing is counted; so it is again once an answer is undone."""
    assert walks(DOUBTFUL) == []
    [question] = found(DOUBTFUL).questions
    assert question.sentence.endswith("?") and question.earlier is None


@pytest.mark.parametrize(
    ("corrected", "field", "value"),
    [
        ({}, "state", "held"),
        ({"state": "cancelled"}, "state", "cancelled"),
        ({"state": "planned", "date": "2021-11-20"}, "state", "planned"),
        ({"date": "2021-10-14"}, "when", Dated.day(date(2021, 10, 14))),
        ({"place": "Läggesta"}, "place", "Läggesta"),
        ({"count": 2}, "count", 2),
        (FULL, "count", 2),
    ],
)
def test_each_corrected_field_rules(corrected: dict[str, Any], field: str, value: object) -> None:
    """Yes with a corrected state, date, place or count makes the activity what the person said."""
    told = found(DOUBTFUL, answer(DOUBTFUL, **corrected))
    [activity] = told.activities
    assert (getattr(activity, field), activity.band) == (value, "sure")
    assert told.questions == ()


@pytest.mark.parametrize("corrected", [FULL, {"date": "2021-10-14"}, {"place": "Mariefred"}, {"count": 2}])
def test_an_answer_survives_a_new_version_that_says_nothing_else(corrected: dict[str, Any]) -> None:
    """An edit that leaves day, place and number alone asks nothing and changes no figure."""
    said = answer(DOUBTFUL, **corrected)
    later = edited(DOUBTFUL, DOUBTFUL.text + " Tack till alla.")
    assert later.content_sha256 != DOUBTFUL.content_sha256
    assert [(a.count, a.when, a.place) for a in walks(later, said)] == [
        (a.count, a.when, a.place) for a in walks(DOUBTFUL, said)
    ]
    assert found(later, said).questions == ()


@pytest.mark.parametrize(
    ("corrected", "text"),
    [
        ({"date": "2021-10-14"}, "Den 12 oktober hölls en trygghetsvandring i Mariefred med polisen."),
        ({"place": "Mariefred"}, "Den 14 oktober hölls en trygghetsvandring i Stallarholmen med polisen."),
        ({"count": 2}, "Under hösten hölls tre trygghetsvandringar i Mariefred med polisen."),
        ({"state": "held"}, "Trygghetsvandringen den 14 oktober i Mariefred ställdes in."),
        ({}, "Trygghetsvandringen den 14 oktober i Mariefred blev inte av."),
        ({}, "Sidan har flyttat."),
    ],
)
def test_a_changed_record_that_contradicts_the_answer_asks_again(corrected: dict[str, Any], text: str) -> None:
    """Another day, place, number or state than the person gave is a new question, with the old answer beside it."""
    said = answer(DOUBTFUL, **corrected)
    told = found(edited(DOUBTFUL, text, title="Vandring"), said)
    assert [q.earlier for q in told.questions] == [said]
    assert not [a for a in told.activities if a.band == "sure"]


def test_a_no_holds_until_the_record_says_outright_that_it_was_held() -> None:
    """No takes it out of every figure, also after an edit; a plain report in its place is asked about."""
    said = answer(DOUBTFUL, "no")
    assert walks(DOUBTFUL, said) == [] and found(DOUBTFUL, said).questions == ()
    assert found(edited(DOUBTFUL, DOUBTFUL.text + " Tack."), said).questions == ()
    plain = edited(DOUBTFUL, "Den 14 oktober hölls en trygghetsvandring i Mariefred med polisen.")
    assert [q.earlier for q in found(plain, said).questions] == [said]
    assert walks(plain, said) == []


def test_not_sure_is_remembered_and_counts_nothing() -> None:
    """Not sure asks nobody else by itself, and never makes a figure."""
    said = answer(DOUBTFUL, "unsure")
    assert walks(DOUBTFUL, said) == [] and found(DOUBTFUL, said).questions == ()


def test_an_answer_outlives_the_rules_that_asked() -> None:
    """A record in which the rules find nothing any more is still what a person said of it; a changed one is asked."""
    page = replace(DOUBTFUL, title="Nyhet", text="Vi gick runt och såg på lampor.")
    assert evidence.read([page], PROMISE, HERE) == []
    said = answer(page, **FULL)
    [walk] = walks(page, said)
    assert (walk.count, walk.place, walk.when) == (2, "Mariefred", Dated.day(date(2021, 10, 14)))
    assert [q.earlier for q in found(edited(page, "Sidan finns inte längre."), said).questions] == [said]


def test_a_report_taken_back_is_nothing_whatever_was_answered() -> None:
    """The party's own withdrawal outweighs an earlier yes, without a question."""
    report = Record(
        "kommunens-rapporter",
        "7",
        "Vandring",
        when=Dated.day(date(2021, 10, 14)),
        party="municipality",
        fields={"commitment": "c5", "state": "held", "police_took_part": True},
    )
    said = answer(report, **FULL)
    gone = replace(report, fields={**report.fields, "state": "withdrawn"}, version=1)
    assert walks(report, said) and walks(gone, said) == []
    assert found(gone, said).questions == ()


def test_a_reports_own_number_contradicts_the_answer() -> None:
    """A party that corrects its report to another number than the person gave is asked about; the same number isn't."""
    report = Record(
        "kommunens-rapporter",
        "7",
        "Vandring",
        when=Dated.day(date(2021, 10, 14)),
        party="municipality",
        fields={"commitment": "c5", "state": "held", "count": 3, "police_took_part": True},
    )
    said = answer(report, count=2)
    other = replace(report, fields={**report.fields, "count": 1}, version=1)
    same = replace(report, fields={**report.fields, "count": 2}, version=1)
    assert [q.earlier for q in found(other, said).questions] == [said]
    assert found(same, said).questions == () and [a.count for a in walks(same, said)] == [2]
