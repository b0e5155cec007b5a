"""What people decide about what was sent: which links count, and what a correction of a secret edition begins from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tasks import decide
from tasks.model import Refused
from tasks.store import Store, publications
from tests.year import KOMMUN, Year, a_year, walk

pytestmark = pytest.mark.slow


@pytest.fixture
def year(tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Year]:
    """A drafted second period."""
    with a_year(tmp_path, sqlite_store, monkeypatch) as made:
        made.logs([walk("K1", "2021-06-10")], [])
        made.run("2021-T2")
        yield made


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://strangnas.example.com/x", True),
        ("http://127.0.0.1:8000/x", True),
        ("http://localhost/x", True),
        ("http://strangnas.example.com/x", False),
        ("http://127.0.0.1.example.com/x", False),
        ("http://localhost@example.com/x", False),
        ("https://", False),
        ("https://[", False),
        ("javascript:alert(1)//https://x", False),
    ],
)
def test_only_a_link_over_https_is_a_receipt(year: Year, url: str, good: bool) -> None:
    """This machine's own pages may do without; a host that only begins like it may not."""
    now = year.due("2021-T2")
    year.approve("2021-T2", now)
    row = year.outbox()["strangnas.se"]
    with year.store.writing() as db:
        publications.move(db, row.id, from_states=["pending"], to="handed_over", now=now)
    if good:
        assert decide.settle(year.store, year.config, row.id, url=url, person=KOMMUN, at=now) == "published"
        return
    with pytest.raises(Refused, match="https"):
        decide.settle(year.store, year.config, row.id, url=url, person=KOMMUN, at=now)


@pytest.mark.parametrize(("reason", "there"), [("secrecy", False), ("error", True)])
def test_a_correction_never_brings_a_secret_back(year: Year, reason: str, there: bool) -> None:
    """People's own words of an edition taken back for secrecy are not in the next one's draft, nor in its bytes."""
    now, draft = year.due("2021-T2"), year.current("2021-T2")
    block = next(b for b in draft.blocks if b.generated)
    decide.edit(
        year.store, year.config, draft.id, seen_revision=draft.revision,
        texts={(block.template, block.part): f"{block.generated} Viskat i korridoren."}, person=KOMMUN, at=now,
    )  # fmt: skip
    year.approve("2021-T2", now)
    closed = year.current("2021-T2")
    decide.retract(year.store, year.config, closed.id, reason=reason, person=KOMMUN, at=now)
    decide.correct(year.store, year.config, closed.id, person=KOMMUN, at=now + timedelta(hours=1))
    begun = year.current("2021-T2")
    assert begun.edition == 2
    assert any("Viskat" in b.text for b in begun.blocks) == there
