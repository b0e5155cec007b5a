"""Drafting again: open drafts follow the newest data, closed ones become proposals, nothing new stores nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tasks import decide, rendering
from tasks.draft import written_drafts
from tasks.model import Edition, Output, Refused, combined_sha256
from tasks.store import Store, drafts
from tasks.store.tables import followups
from tests.year import KOMMUN, Year, a_year, walk

pytestmark = pytest.mark.slow


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """Strängnäs 2021 with one walk, its first period drafted."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as made:
        monkeypatch.setenv("LOFTESKOLL_CONFIG", str(made.folder))
        monkeypatch.setenv("LOFTESKOLL_DATABASE", made.store.url)
        made.logs([walk("K1", "2021-04-10")], [])
        made.run("2021-T1")
        yield made


def stored(year: Year) -> int:
    """How many follow-ups the database holds."""
    with year.store.reading() as db:
        return int(db.execute(select(func.count()).select_from(followups)).scalar_one())


def test_an_hourly_look_that_finds_nothing_new_stores_nothing(year: Year) -> None:
    """A day of hours leaves the version, the approvals and the database as they were."""
    before, rows = year.current("2021-T1"), stored(year)
    for hour in range(1, 25):
        assert year.draft("2021-T1", year.due("2021-T1") + timedelta(hours=hour)).outcome == "unchanged"
    assert (year.current("2021-T1").revision, stored(year)) == (before.revision, rows)


def test_open_drafts_are_renewed_and_closed_ones_looked_at_for_corrections(year: Year) -> None:
    """Each period is in one of the two lists, by its newest edition."""
    slug, now = year.promise_slug, year.due("2021-T1")
    assert written_drafts.fn([slug], "open") == [(slug, "2021-T1")]
    assert written_drafts.fn([slug], "closed") == []
    year.approve("2021-T1", now)
    assert written_drafts.fn([slug], "open") == []
    assert written_drafts.fn([slug], "closed") == [(slug, "2021-T1")]
    year.logs([walk("K1", "2021-04-10"), walk("K2", "2021-04-20", "Härad", reported="2021-06-01")], [])
    assert year.run("2021-T1", now + timedelta(days=30)).outcome == "correction"
    assert written_drafts.fn([slug], "open") == [(slug, "2021-T1")]
    assert written_drafts.fn([], "open") == []


def test_a_reason_worded_anew_is_in_an_open_draft_and_corrects_no_closed_one(year: Year) -> None:
    """Staff may edit a sentence without every published period being proposed for correction."""
    now = year.due("2021-T1")

    def worded(instead: str) -> None:
        text = year.config.templates["skal.j2"]
        (year.folder / "templates").mkdir(exist_ok=True)
        changed = re.sub(r"(block runs_until %}).*?(?= till och med)", rf"\1{instead}", text)
        (year.folder / "templates" / "skal.j2").write_text(changed, encoding="utf-8")

    worded("Löftet löper")
    assert year.draft("2021-T1", now + timedelta(hours=1)).outcome == "revised"
    assert "Löftet löper till och med den" in year.outcome("2021-T1", "c5").reason
    year.approve("2021-T1", now + timedelta(hours=2))
    worded("Löftet sträcker sig")
    text = year.config.templates["status.j2"]
    (year.folder / "templates" / "status.j2").write_text(text.replace("på väg", "på gång"), encoding="utf-8")
    assert year.draft("2021-T1", now + timedelta(hours=3)).outcome == "unchanged"
    assert "Löftet löper till och med den" in year.outcome("2021-T1", "c5").reason


def test_a_result_worded_anew_is_in_an_open_draft_and_corrects_no_closed_one(year: Year) -> None:
    """As a reason is: results in few words, and why an activity isn't counted."""
    now = year.due("2021-T1")
    year.logs([walk("K1", "2021-04-10"), walk("K2", "2021-04-20", "Härad")], [])
    year.run("2021-T1", now)
    texts = year.config.templates
    (year.folder / "templates").mkdir(exist_ok=True)

    def worded(unit: str, why: str) -> None:
        result = texts["resultat.j2"].replace("{{ total }} {{ unit }}{%", f"{{{{ total }}}} {{{{ unit }}}} {unit}{{%")
        (year.folder / "templates" / "resultat.j2").write_text(result, encoding="utf-8")
        left_out = texts["skal.j2"].replace("%}dagen har", f"%}}{why}dagen har").replace("%}ägde", f"%}}{why}ägde")
        (year.folder / "templates" / "skal.j2").write_text(left_out, encoding="utf-8")

    def result() -> str:
        return next(f.text for f in year.current("2021-T1").followup.figures if f.token == "c5.result")

    worded("hittills", "uppgiften säger att den ")
    assert year.draft("2021-T1", now + timedelta(hours=1)).outcome == "revised"
    assert result() == "2 trygghetsvandringar hittills"
    year.approve("2021-T1", now + timedelta(hours=2))
    worded("så här långt", "det står att den ")
    assert year.draft("2021-T1", now + timedelta(hours=3)).outcome == "unchanged"
    assert result() == "2 trygghetsvandringar hittills"


def test_a_broken_reason_is_refused_before_there_is_a_draft(year: Year) -> None:
    """With file and line; nothing is stored."""
    rows = stored(year)
    text = year.config.templates["skal.j2"]
    (year.folder / "templates").mkdir()
    (year.folder / "templates" / "skal.j2").write_text(text.replace("{{ period }}: f", "{{ x }}: f"), encoding="utf-8")
    with pytest.raises(Refused, match=r"Mallen skal\.j2, rad \d+: okänt namn"):
        year.run("2021-T2")
    assert stored(year) == rows


def test_a_save_says_what_was_closed_while_it_was_rendered(year: Year, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another period is approved between the rendering and the lock: what is stored is rendered from what is so now."""
    year.run("2021-T2")
    draft = year.current("2021-T2")
    block = next(b for b in draft.blocks if b.part == "lead")
    calls, quick = [], rendering.outputs

    def slow(edition: Edition) -> tuple[Output, ...]:
        made = quick(edition)
        if not calls:
            year.approve("2021-T1", year.due("2021-T2"))
        calls.append(edition)
        return made

    monkeypatch.setattr(rendering, "outputs", slow)
    saved = decide.edit(
        year.store,
        year.config,
        draft.id,
        seen_revision=draft.revision,
        texts={(block.template, block.part): f"{block.text} Ett tillägg."},
        person=KOMMUN,
        at=year.due("2021-T2"),
    )
    assert [len(edition.earlier) for edition in calls] == [0, 1]
    with year.store.reading() as db:
        stored = drafts.rendered(db, saved.id, saved.revision)
        assert stored == tuple(sorted(rendering.render(db, year.config, saved, saved.blocks), key=_place))
    feed = next(o.body for o in stored if o.name.endswith("feed.xml"))
    assert b"2021-T1" in feed and saved.sha256 == combined_sha256(stored)


def _place(output: Output) -> tuple[str, str]:
    return output.channel, output.name
