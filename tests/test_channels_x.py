"""The X channel against our own server: one post, what each failure means, and how it is found again."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import tweepy
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from config.schema import Channel
from tasks.channels import _post, _x, x
from tasks.model import Output, Publication, Receipt, Refused, Trouble, Unavailable, Uncertain
from tests.x_server import KEYS, Fault, OurXServer

pytestmark = pytest.mark.slow

LINK = "https://www.example.com/uppfoljning-2021-T1/?utgava=1"
TEXT = f"Så gick det för löftet & trygghet i år: 2 av 4 promenader. Läs mer: {LINK}\n"
NOW = datetime.now(UTC)


@pytest.fixture
def server() -> Iterator[OurXServer]:
    """Run our stand-in for X."""
    with OurXServer() as running:
        yield running


def account(url: str | None = None, **changes: object) -> Channel:
    """Return an X channel whose calls go to `url`."""
    values = {"id": "kommunen-x", "kind": "x", "name": "Kommunen på X", "party": "municipality", "role": "post"}
    values |= {"template": "x", "base_url": url, "secrets": KEYS, "timeout_seconds": 0.4}
    return Channel.model_validate({**values, **changes})


def row(**changes: object) -> Publication:
    """Return the outbox row of the post."""
    values = {"id": 1, "promise": "exempelby-2021", "period": "2021-T1", "edition": 1, "channel": "kommunen-x"}
    values |= {"key": "k", "state": "sending", "draft_id": 1, "revision": 1, "updated_at": NOW}
    return Publication(**{**values, **changes})


def post(text: str = TEXT) -> tuple[Output, ...]:
    """Return the post's outputs."""
    return (Output("kommunen-x", "post.txt", "text/plain; charset=utf-8", text.encode()),)


def publish(server: OurXServer) -> Receipt:
    """Post to the server."""
    return x.publish(account(server.url), row(), post(), Path())


def find(server: OurXServer, **changes: object) -> Receipt | None:
    """Look the post up on the server."""
    return x.find(account(server.url), row(**changes), post(), Path())


def test_the_clock_is_x_own(server: OurXServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What time it is X tells by its answer; when it doesn't answer nobody knows."""
    then = datetime(2021, 5, 17, 9, 5, tzinfo=UTC)
    monkeypatch.setattr(server, "clock", then.timestamp)
    assert x.clock(account(server.url)) == then
    # Where a person shall decide, two looks in vain settle nothing.
    assert x.clock(account(server.url, options={"send_again": False})) is None
    for fault in ("401", "timeout", "500", "429"):
        server.read_faults.append(fault)
        with pytest.raises(Unavailable):
            x.clock(account(server.url))


def test_server_agrees_with_an_independent_client(server: OurXServer) -> None:
    """tweepy's own models, signer and pager understand our server as they do X, and a wrong key is turned away."""
    client = tweepy.Client(**KEYS)
    client.session.mount(_x.API, _x._Adapter(server.url, 5))
    made = client.create_tweet(text=TEXT)
    server.page_size = 5
    for number in range(11):
        server.add(f"Annat inlägg {number}")
    pages = list(
        tweepy.Paginator(
            client.get_users_tweets,
            server.user,
            user_auth=True,
            max_results=5,
            tweet_fields=["created_at", "entities"],
            start_time=NOW - timedelta(days=1),
        )
    )
    tweets = [tweet for page in pages for tweet in page.data]
    assert len(pages) == 3 and len(tweets) == 12
    assert str(tweets[-1].id) == made.data["id"] and tweets[-1].entities["urls"][0]["expanded_url"] == LINK
    assert LINK not in tweets[-1].text and tweets[-1].created_at.tzinfo
    with pytest.raises(tweepy.Unauthorized):
        bad = tweepy.Client(**{**KEYS, "access_token_secret": "fel"})
        bad.session.mount(_x.API, _x._Adapter(server.url, 5))
        bad.create_tweet(text="x")


def test_publish_posts_once_and_reads_back(server: OurXServer) -> None:
    """A good post is read back at once: published, with its id and public address."""
    receipt = publish(server)
    number = server.posts[0].id
    assert receipt == Receipt("published", number, f"https://x.com/i/web/status/{number}")
    assert server.visible() == [TEXT] and [method for method, _, _ in server.calls] == ["GET", "POST", "GET"]


def test_what_is_there_already_is_never_posted_again(server: OurXServer) -> None:
    """A restored copy of the database doesn't know of the post: it is found; where X can't be seen nothing is sent."""
    assert publish(server) == publish(server)
    assert server.visible() == [TEXT] and sum(method == "POST" for method, _, _ in server.calls) == 1
    for fault, trouble in (("401", Refused), ("403", Refused), ("500", Unavailable), ("timeout", Unavailable)):
        server.read_faults.append(fault)
        with pytest.raises(trouble):
            publish(server)
    server.posts.clear()
    server.add(f"Någon annans ord. {LINK}")
    with pytest.raises(Refused, match="annan text"):
        publish(server)
    assert sum(method == "POST" for method, _, _ in server.calls) == 1


def test_lagging_index_leaves_it_handed_over(server: OurXServer) -> None:
    """What X took but doesn't show yet is handed over with its id; the next look finds it."""
    server.lag = True
    receipt = publish(server)
    assert (receipt.state, receipt.remote_id) == ("handed_over", server.posts[0].id)
    server.lag = False
    found = find(server)
    assert found and found.state == "published"


@pytest.mark.parametrize(
    ("fault", "trouble", "words", "posts"),
    [
        ("400", Refused, "godtog inte", 0),
        ("401", Refused, "nycklar", 0),
        ("402", Refused, "X-kontots krediter är slut; fyll på och försök igen", 0),
        ("403", Refused, "behörighet", 0),
        ("429", Unavailable, "429", 0),
        ("500", Uncertain, "500", 0),
        ("503", Uncertain, "503", 0),
        ("500-after", Uncertain, "500", 1),
        ("html-500", Uncertain, "500", 0),
        ("timeout", Uncertain, "ReadTimeout", 0),
        ("timeout-after", Uncertain, "ReadTimeout", 1),
        ("reset", Uncertain, "kan ha kommit fram", 0),
        ("reset-after", Uncertain, "kan ha kommit fram", 1),
        ("truncated", Uncertain, "kan ha kommit fram", 1),
        ("garbage", Uncertain, "går inte att läsa", 1),
        ("no-id", Uncertain, "nummer|läsa", 1),
        ("redirect", Uncertain, "kan ha kommit fram", 0),
    ],
)
def test_each_failure_means_one_thing(
    server: OurXServer, fault: Fault, trouble: type[Trouble], words: str, posts: int
) -> None:
    """Each way X can fail is refused, unavailable or uncertain, and one call to publish makes at most one POST."""
    server.faults.append(fault)
    with pytest.raises(trouble, match=words):
        publish(server)
    assert len(server.posts) == posts
    assert sum(method == "POST" for method, _, _ in server.calls) == 1
    found = find(server)
    assert bool(found) == bool(posts) and server.duplicates_visible() == 0


def test_429_tells_when_to_try_again(server: OurXServer) -> None:
    """The moment in X's own header is handed on; one that makes no sense is left out."""
    for reset, wanted in ((1893456000, datetime(2030, 1, 1, tzinfo=UTC)), (10**18, None)):
        server.reset_at = reset
        server.faults.append("429")
        with pytest.raises(Unavailable) as caught:
            publish(server)
        assert caught.value.retry_at == wanted


def test_duplicate_is_evidence_of_an_earlier_try(server: OurXServer) -> None:
    """X's refusal of the same text means look, and the look finds the earlier post; a reader sees one."""
    publish(server)
    server.lag = True
    with pytest.raises(Uncertain, match="redan finns"):
        publish(server)
    server.lag = False
    found = find(server)
    assert found and found.remote_id == server.posts[0].id and len(server.posts) == 1


def test_slow_answer_within_the_timeout_is_fine(server: OurXServer) -> None:
    """A slow answer is waited for."""
    server.faults.append("slow")
    assert publish(server).state == "published"


def test_failed_handshake_is_told_from_a_broken_answer() -> None:
    """A certificate nobody trusts stops the call before its first byte; other TLS trouble may come after it."""
    for cause, trouble in ((ssl.SSLCertVerificationError("okänd"), Unavailable), (ssl.SSLError("bruten"), Uncertain)):
        reason = urllib3.exceptions.MaxRetryError(None, "/2/tweets", urllib3.exceptions.SSLError(cause))
        assert isinstance(_x._unanswered(requests.exceptions.SSLError(reason)), trouble)


@given(
    link=st.sampled_from([LINK, LINK.partition("//")[2], LINK.upper().replace("UPP", "upp"), LINK + "\0", "http://["])
)
def test_links_are_compared_without_failing(link: str) -> None:
    """Scheme, host case and last slash don't matter; nothing that X might answer makes the comparison fail."""
    assert isinstance(_post.plain(link), tuple)
    shown, ours, other = map(_post.plain, ("HTTP://WWW.Example.com/a/?b=1", "www.example.com/a?b=1", "example.com/a"))
    assert shown == ours != other


def test_nobody_there_is_unavailable() -> None:
    """A closed port, or a name that leads nowhere, means that surely nothing was sent."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match="inte att nå"):
        x.publish(account(f"http://127.0.0.1:{port}"), row(), post(), Path())
    with pytest.raises(Unavailable):
        x.find(account(f"http://127.0.0.1:{port}"), row(), post(), Path())


@pytest.mark.parametrize(
    "fault", ["400", "401", "402", "403", "429", "500", "timeout", "reset", "truncated", "garbage"]
)
def test_find_that_cant_ask_never_says_not_there(server: OurXServer, fault: Fault) -> None:
    """Whatever keeps X from answering is unavailable: it proves nothing about the post."""
    publish(server)
    server.read_faults.append(fault)
    with pytest.raises(Unavailable):
        find(server)


def test_find_without_keys_is_unavailable() -> None:
    """Keys that were taken away don't turn an uncertain post into a refused one."""
    with pytest.raises(Unavailable, match="saknar nycklar"):
        x.find(account(secrets={}), row(), post(), Path())


def test_find_reads_every_page_and_no_retweet(server: OurXServer) -> None:
    """Our post is found behind others; a retweet and a post about another period or edition are not it."""
    server.page_size = 5
    publish(server)
    server.add(f"RT: {TEXT}", retweet=True)
    server.add(TEXT.replace("utgava=1", "utgava=2"))
    server.add(TEXT.replace("2021-T1", "2020-T3"))
    for number in range(12):
        server.add(f"Annat {number}")
    found = find(server)
    assert found and found.remote_id == server.posts[0].id
    del server.posts[0]
    assert find(server) is None


def test_find_looks_back_a_week_from_the_row(server: OurXServer) -> None:
    """A row that was marked days after the attempt still finds it; posts long before are not asked for."""
    server.add(TEXT, NOW - timedelta(days=6))
    assert find(server)
    server.posts[0].created_at = NOW - timedelta(days=8)
    assert find(server) is None
    assert find(server, updated_at=None)


def test_same_link_with_other_text_is_for_a_person(server: OurXServer) -> None:
    """A colleague's own post of our link is not our post, and not a proof that ours is missing."""
    server.add(f"Kolla här! {LINK}")
    with pytest.raises(Uncertain, match="annan text"):
        find(server)


def test_text_without_the_periods_link_cant_be_found(server: OurXServer) -> None:
    """With nothing to look for the answer is uncertain, without a call."""
    with pytest.raises(Uncertain, match="länk"):
        x.find(account(server.url), row(), post("Läs https://www.example.com/ i dag"), Path())
    assert server.calls == []
