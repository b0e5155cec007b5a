"""A site's two feeds: the same follow-ups under the same ids, gathered over periods in whatever order they come."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from urllib.parse import urlsplit

import feedparser
from hypothesis import given
from hypothesis import strategies as st

from tasks.model import Entry
from tasks.pages import feeds
from tests.following import composed, sample, shipped

NOW = datetime(2021, 5, 17, 8, tzinfo=UTC)


def one(period: str, edition: int = 1, days: int = 0, summary: str = "S") -> dict[str, object]:
    """Return the feed that comes with one edition."""
    entry = Entry(period, f"Uppföljning {period}", edition, NOW + timedelta(days=days), summary)
    home = f"https://exempelby.invalid/{period}/"
    return feeds.feed(
        templates=shipped().templates,
        title="F",
        author="A",
        tag="tag:x",
        home=home,
        entries=[(entry, home)],
        folder="u-{period}",
    )


def named(name: str) -> bytes:
    """Return a rendered feed of the sample year's last period."""
    return next(o.body for o in composed(*sample(3)) if o.channel == "polisen.se" and o.name.endswith(name))


def test_the_json_feed_is_version_1_1() -> None:
    """What the standard demands: version, title, items with id and content; dates by RFC 3339, addresses absolute."""
    found = json.loads(named("feed.json"))
    assert found["version"] == "https://jsonfeed.org/version/1.1" and found["title"] and found["language"] == "sv"
    assert found["feed_url"].endswith("/feed.json") and found["authors"][0]["name"]
    for item in found["items"]:
        assert item["id"].startswith("tag:www.strangnas.se,2021:medborgarlofte/strangnas-2021/2021-T")
        assert item["content_text"] and item["title"] and urlsplit(item["url"]).scheme == "https"
        assert datetime.fromisoformat(item["date_modified"]).tzinfo
        ours = item["_lofteskollen"]
        assert ours["folder"] == f"uppfoljning-{ours['period']}" and ours["edition"] == 1


def test_both_feeds_tell_the_same() -> None:
    """Ids, titles, summaries, addresses and moments are equal, entry by entry."""
    atom, found = feedparser.parse(named("feed.xml")), json.loads(named("feed.json"))
    assert not atom.bozo
    assert [(e.id, e.title, e.summary, e.link, e.updated) for e in atom.entries] == [
        (i["id"], i["title"], i["content_text"], i["url"], i["date_modified"]) for i in found["items"]
    ]
    assert found["items"][0]["id"].startswith(atom.feed.id)


def test_the_order_of_delivery_does_not_matter() -> None:
    """Two periods and a correction of the first, delivered in any order, end in the same entries."""
    parts = [one("2021-T1"), one("2021-T2", days=120), one("2021-T1", 2, days=150, summary="Rättat")]
    ends = set()
    for order in permutations(parts):
        whole = order[0]
        for part in order[1:]:
            whole = feeds.merged(whole, part)
        ends.add(json.dumps(whole["items"], sort_keys=True))
    assert len(ends) == 1
    assert [i["content_text"] for i in json.loads(ends.pop())] == ["Rättat", "S"]


def test_without_add_only_what_is_there_is_told() -> None:
    """A retraction reaches the entry where it stands and adds none where it doesn't."""
    later, gone = one("2021-T2", days=120), one("2021-T1", days=200, summary="Återkallad")
    assert feeds.merged(later, gone, add=False)["items"] == later["items"]
    both = feeds.merged(later, one("2021-T1"))
    told = feeds.merged(both, gone, add=False)
    assert [i["content_text"] for i in told["items"]] == ["Återkallad", "S"]
    assert told["home_page_url"] == both["home_page_url"]


def test_what_is_written_is_read_again() -> None:
    """A feed of ours comes back as it was."""
    made = one("2021-T1", summary='Å "ä" <ö> \u2028 & \x0c')
    assert feeds.read(feeds.json_feed(made)) == made
    assert not feedparser.parse(feeds.atom(made)).bozo


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(repr).map(str.encode)
)
def test_what_is_no_feed_of_ours_is_told(body: bytes) -> None:
    """Any bytes are read or refused."""
    assert feeds.read(body) is None


def test_near_feeds_are_told_too() -> None:
    """Another version, no items, no author, a number for a title: none of them is merged into."""
    made = one("2021-T1")
    for change in ({"version": "https://jsonfeed.org/version/1"}, {"items": []}, {"authors": []}, {"title": 1}):
        assert feeds.read(json.dumps({**made, **change}).encode()) is None
