"""Posts through the outbox, against our own Facebook and X: whatever fails on the way, a reader sees each once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tasks import settling
from tasks.model import Publication
from tasks.store import Store
from tests.facebook_server import PAGE, TOKEN, OurFacebookServer
from tests.x_server import KEYS, OurXServer
from tests.year import KOMMUN, SAMPLE, Year, a_year, walk

pytestmark = pytest.mark.slow

FACEBOOK, X = "kommunen-facebook", "kommunen-x"
BLOCK = """
[[channel]]
id = "kommunen-facebook"
kind = "facebook"
name = "Kommunens sida på Facebook"
party = "municipality"
role = "post"
template = "kort"
base_url = "{url}"
timeout_seconds = 1.0
[channel.options]
page = "{page}"
[channel.secrets]
page_token = "{token}"
"""


@pytest.fixture
def facebook() -> Iterator[OurFacebookServer]:
    """Run our stand-in for a Facebook page."""
    with OurFacebookServer() as running:
        yield running


@pytest.fixture
def x() -> Iterator[OurXServer]:
    """Run our stand-in for X."""
    with OurXServer() as running:
        yield running


@pytest.fixture
def year(
    tmp_path: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch, facebook: OurFacebookServer, x: OurXServer
) -> Iterator[Year]:
    """An approved second period whose posts go to both."""
    monkeypatch.setenv("LOFTESKOLL_X_URL", x.url)
    for name, value in KEYS.items():
        monkeypatch.setenv(f"LOFTESKOLL_X_{name.upper()}", value)
    with a_year(tmp_path, sqlite_store, monkeypatch) as made:
        shipped = SAMPLE.read_text("utf-8")
        channels = shipped[shipped.index("[[channel]]") :] + BLOCK.format(url=facebook.url, page=PAGE, token=TOKEN)
        written = made.folder / "municipalities" / "strangnas.toml"
        written.write_text(f'based_on = "{SAMPLE}"\n{channels}', encoding="utf-8")
        made.logs([walk("K1", "2021-06-10")], [])
        made.run("2021-T2")
        made.approve("2021-T2", made.due("2021-T2"))
        yield made


def settle(year: Year, start: datetime) -> dict[str, Publication]:
    """Move the outbox forward every eleven minutes, which is when what failed is tried again."""
    return [year.publish(start + timedelta(minutes=11 * step)) for step in range(4)][-1]


@pytest.mark.parametrize("fault", ["500", "timeout-after", "no-id"])
@pytest.mark.parametrize("before", [0, 1])
def test_facebook_gets_its_post_once_whatever_fails(
    year: Year, facebook: OurFacebookServer, fault: str, before: int
) -> None:
    """The draft, or the showing of it, fails in each way: published in the end, once, without a person."""
    facebook.slow_seconds = 0
    facebook.faults.extend(["slow"] * before + [fault])
    outbox = settle(year, year.due("2021-T2"))
    assert outbox[FACEBOOK].state == "published", outbox[FACEBOOK].message
    assert len(facebook.visible()) == 1 and (outbox[FACEBOOK].url or "").startswith("https://www.facebook.com/")


def test_correction_is_posted_beside_the_first_and_both_are_taken_back(
    year: Year, facebook: OurFacebookServer, x: OurXServer
) -> None:
    """Each edition has one post on each network; taken back, nobody sees any of them, nor a draft is left."""
    now = year.due("2021-T2")
    first = settle(year, now)
    assert (first[FACEBOOK].state, first[X].state) == ("published", "published")
    year.logs([walk("K1", "2021-06-10"), walk("K2", "2021-07-01")], [])
    later = now + timedelta(days=7)
    year.run("2021-T2", later)
    year.approve("2021-T2", later)
    second = settle(year, later)
    assert (second[FACEBOOK].state, second[X].state, second[X].edition) == ("published", "published", 2)
    assert x.posts[1].answers == first[X].remote_id
    assert len(facebook.visible()) == len(x.visible()) == 2
    assert facebook.duplicates_visible() == x.duplicates_visible() == 0
    settling.retract(year.store, year.config, year.current("2021-T2").id, reason="secrecy", person=KOMMUN, at=later)
    gone = settle(year, later + timedelta(hours=3))
    assert {gone[FACEBOOK].state, gone[X].state} == {"retracted"}
    assert facebook.visible() == x.visible() == [] == facebook.drafts()
