"""X beyond the plain post: images with their words, corrections as answers, deletion, and what it all costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tasks.channels import x
from tasks.model import Receipt, Refused, Unavailable, Uncertain
from tests.misbehaving import Answer, Request
from tests.posting import ALT, CORRECTION, LINK, TEXT, by_peer, own_server, picture, post, row, second
from tests.test_channels_x import account
from tests.x_server import KEYS, Fault, OurXServer

pytestmark = pytest.mark.slow

WITH_IMAGE = post(TEXT, *picture())


@pytest.fixture
def server() -> Iterator[OurXServer]:
    """Run our stand-in for X."""
    with OurXServer() as running:
        yield running


def publish(server: OurXServer, *, replaces: str | None = None) -> Receipt:
    """Post the correction, as an answer to an earlier post where there is one."""
    return x.publish(account(server.url), second(replaces=replaces), post(CORRECTION), Path())


def test_server_agrees_with_xs_own_sdk(server: OurXServer) -> None:
    """X's SDK signs, uploads, describes, posts, reads and deletes on our server, and its models take the answers."""
    seen = by_peer("x", server.url, {**KEYS, "text": TEXT})
    assert seen["links"][0] == LINK and len(seen["links"]) == 2 and LINK not in seen["text"]
    assert seen["deleted"] is True and server.visible() == [] and [m.alt for m in server.media.values()] == ["En bild"]


def test_images_are_posted_with_their_words(server: OurXServer) -> None:
    """Each image is uploaded with its alternative text before the post, and the post is read back with them."""
    outputs = post(TEXT, *picture(), *picture("karta.png", "En karta"))
    receipt = x.publish(account(server.url), row(), outputs, Path())
    assert receipt.state == "published" and [m.alt for m in server.posts[0].media] == [ALT, "En karta"]
    posts = [path for method, path, _ in server.calls if method == "POST"]
    assert posts == ["/2/media/upload", "/2/media/metadata"] * 2 + ["/2/tweets"]
    server.posts[0].media.pop()
    with pytest.raises(Uncertain):
        x.find(account(server.url), row(), outputs, Path())


@pytest.mark.parametrize(
    ("before", "fault"),
    [
        (0, "429"),
        (0, "500"),
        (0, "500-after"),
        (0, "timeout"),
        (0, "reset-after"),
        (0, "truncated"),
        (0, "garbage"),
        (0, "no-id"),
        (1, "500"),
        (1, "timeout-after"),
        (1, "reset"),
    ],
)
def test_failed_upload_is_no_uncertain_post(server: OurXServer, before: int, fault: Fault) -> None:
    """Nobody sees an upload or its words, so whatever became of them may be tried again; no post goes out without."""
    server.slow_seconds = 0
    server.faults.extend(["slow"] * before + [fault])
    with pytest.raises(Unavailable):
        x.publish(account(server.url), row(), WITH_IMAGE, Path())
    assert server.visible() == []
    assert x.publish(account(server.url), row(), WITH_IMAGE, Path()).state == "published"
    assert server.posts[0].media[0].alt == ALT


def test_words_that_x_wont_take_stop_the_post(server: OurXServer) -> None:
    """An image without its words is never posted."""
    server.faults.extend(["slow", "400"])
    with pytest.raises(Refused):
        x.publish(account(server.url), row(), WITH_IMAGE, Path())
    assert server.visible() == []


def test_correction_answers_the_earlier_post(server: OurXServer) -> None:
    """Readers of the first post meet its correction under it."""
    first = x.publish(account(server.url), row(), post(), Path())
    assert publish(server, replaces=first.remote_id).state == "published"
    assert server.posts[1].answers == first.remote_id and server.duplicates_visible() == 0


@pytest.mark.parametrize("why", ["gone", "not allowed"])
def test_correction_stands_by_itself_where_it_cant_answer(server: OurXServer, why: str) -> None:
    """The earlier post was deleted by hand, or the account may not answer: one post of its own."""
    first = x.publish(account(server.url), row(), post(), Path())
    if why == "gone":
        server.posts.clear()
    server.may_answer = False
    assert publish(server, replaces=first.remote_id).state == "published"
    assert server.posts[-1].answers is None and server.visible()[-1] == CORRECTION


def test_lost_answer_to_a_correction_is_never_posted_twice(server: OurXServer) -> None:
    """Uncertain is not refused: the second way is tried only when the first surely made nothing."""
    first = x.publish(account(server.url), row(), post(), Path())
    server.faults.append("500-after")
    with pytest.raises(Uncertain):
        publish(server, replaces=first.remote_id)
    assert server.visible() == [TEXT, CORRECTION]
    server.lag = True
    with pytest.raises(Uncertain, match="redan finns"):
        publish(server)


def test_retract_deletes_once_and_again(server: OurXServer) -> None:
    """Deleting what is gone is as good; without a number a person is asked."""
    made = x.publish(account(server.url), row(), post(), Path())
    for fault in ("500-after", "timeout-after"):
        server.faults.append(fault)
        with pytest.raises(Uncertain):
            x.retract(account(server.url), row(remote_id=made.remote_id), (), Path())
    for _ in range(2):
        assert x.retract(account(server.url), row(remote_id=made.remote_id), (), Path()) == Receipt("retracted")
    assert server.visible() == []
    by_hand = x.retract(account(server.url), row(), (), Path())
    assert by_hand.state == "by_hand" and "Kommunen på X" in by_hand.message


class Deaf(OurXServer):
    """Answers a deletion without a word, and keeps the post."""

    def respond(self, request: Request) -> Answer:
        """Answer as X does, but for deletions."""
        return Answer(200, {"data": {}}) if request.method == "DELETE" else super().respond(request)


def test_delete_that_says_nothing_is_looked_at(server: OurXServer) -> None:
    """An answer without "deleted" counts only when the post is gone."""
    made = x.publish(account(server.url), row(), post(), Path())
    server.faults.append("no-id")
    assert x.retract(account(server.url), row(remote_id=made.remote_id), (), Path()).state == "retracted"
    with Deaf() as deaf:
        kept = x.publish(account(deaf.url), row(), post(), Path())
        with pytest.raises(Uncertain, match="finns kvar"):
            x.retract(account(deaf.url), row(remote_id=kept.remote_id), (), Path())


def test_known_post_is_asked_for_by_its_number(server: OurXServer) -> None:
    """One read instead of the whole list; what is gone, or not yet there, is looked for in the list too."""
    made = x.publish(account(server.url), row(), post(), Path())
    server.calls.clear()
    known = row(remote_id=made.remote_id)
    assert x.find(account(server.url), known, post(), Path()) == made
    assert [path.partition("?")[0] for _, path, _ in server.calls] == [f"/2/tweets/{made.remote_id}"]
    server.posts.clear()
    assert x.find(account(server.url), known, post(), Path()) is None


def test_price_is_what_x_charges(server: OurXServer) -> None:
    """The price shown before approval is the one our server charges by X's list; no credit left is for a person."""
    x.publish(account(server.url), row(), post(), Path())
    assert server.spent == 200 and any("0,20 US-dollar" in note for note in x.measure(account(), TEXT).notes)
    server.credit = 199
    with pytest.raises(Refused, match="krediter är slut"):
        publish(server)


def test_hundred_posts_in_a_quarter_of_an_hour_is_the_limit(server: OurXServer) -> None:
    """The next one is refused with the moment of the reset."""
    server.posts_per_window = 1
    x.publish(account(server.url), row(), post(), Path())
    with pytest.raises(Unavailable) as caught:
        publish(server)
    assert caught.value.retry_at


def test_server_runs_as_a_process_and_is_told_over_http() -> None:
    """A run of many processes starts it by itself, injects faults and reads what a reader would see."""
    with own_server("x_server") as url:
        requests.post(f"{url}/_ours/faults", json={"faults": ["500-after"]}, timeout=5)
        with pytest.raises(Uncertain):
            x.publish(account(url), row(), post(), Path())
        assert requests.post(f"{url}/_ours/settings", json={"calls": []}, timeout=5).status_code == 404
        state = requests.get(f"{url}/_ours/state", timeout=5).json()
    assert [shown["text"] for shown in state["visible"]] == [TEXT] and state["duplicates_visible"] == 0
