"""The Facebook channel against our own server: hidden draft, then visible; what each failure means; found, deleted."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from config.schema import Channel
from tasks.channels import facebook
from tasks.model import Output, Publication, Receipt, Refused, Trouble, Unavailable, Uncertain
from tests.facebook_server import PAGE, TOKEN, OurFacebookServer
from tests.posting import CORRECTION, LINK, TEXT, by_peer, free_port, own_server, picture, post, row, second

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[OurFacebookServer]:
    """Run our stand-in for a Facebook page."""
    with OurFacebookServer() as running:
        yield running


def account(url: str | None = None, **changes: object) -> Channel:
    """Return a Facebook channel whose calls go to `url`."""
    values = {"id": "konto", "kind": "facebook", "name": "Kommunen på Facebook", "party": "municipality"}
    values |= {"role": "post", "template": "kort", "base_url": url, "options": {"page": PAGE}}
    values |= {"secrets": {"page_token": TOKEN}, "timeout_seconds": 1.0}
    return Channel.model_validate({**values, **changes})


def prepared(server: OurFacebookServer, outputs: tuple[Output, ...] | None = None) -> Publication:
    """Make the draft, and return the outbox row as it is when it is shown."""
    receipt = facebook.prepare(account(server.url), row(), outputs or post(), Path())
    assert receipt.state == "prepared" and receipt.remote_id
    return row(remote_id=receipt.remote_id)


def publish(server: OurFacebookServer, ready: Publication, outputs: tuple[Output, ...] | None = None) -> Receipt:
    """Show the draft."""
    return facebook.publish(account(server.url), ready, outputs or post(), Path())


def find(server: OurFacebookServer, ready: Publication) -> Receipt | None:
    """Look for the post."""
    return facebook.find(account(server.url), ready, post(), Path())


def test_server_agrees_with_facebooks_own_sdk(server: OurFacebookServer) -> None:
    """The SDK's calls, parser and error codes work on our server as they do on the Graph API."""
    seen = by_peer("facebook", server.url, {"page": PAGE, "token": TOKEN})
    assert (seen["hidden"], seen["shown_before"], seen["seen"], seen["message"]) == (False, 0, True, "Hej på er")
    assert seen["listed"] == [seen["id"]] and server.posts == []
    assert seen["errors"] == [[400, 100, 33], [400, 190, None]]
    assert [photo.alt for photo in server.photos.values()] == ["En bild"]


def test_nothing_is_seen_before_the_stored_draft_is_shown(server: OurFacebookServer) -> None:
    """The draft is hidden; showing it makes it published with its address; a repeat changes nothing."""
    ready = prepared(server)
    assert (server.visible(), server.drafts()) == ([], [TEXT]) and find(server, ready) is None
    receipt = publish(server, ready)
    assert receipt.state == "published" and receipt.remote_id == ready.remote_id
    assert (receipt.url or "").startswith(f"https://www.facebook.com/{PAGE}/posts/")
    assert (server.visible(), server.drafts(), server.posts[0].link) == ([TEXT], [], LINK)
    changes = [call for call in server.calls if call[0] != "GET"]
    assert publish(server, ready) == receipt == find(server, ready)
    assert [call for call in server.calls if call[0] != "GET"] == changes


def test_images_carry_their_words_and_go_with_the_post(server: OurFacebookServer) -> None:
    """Each image is uploaded unseen with its words; deleting the post deletes the images too, also twice."""
    outputs = post(TEXT, *picture(), *picture("karta.png", "En karta"))
    ready = prepared(server, outputs)
    publish(server, ready, outputs)
    alts = ["Två av fyra promenader är gjorda.", "En karta"]
    assert [photo.alt for photo in server.posts[0].photos] == alts and server.posts[0].link == ""
    for _ in range(2):
        assert facebook.retract(account(server.url), ready, (), Path()) == Receipt("retracted")
    assert server.posts == [] and server.photos == {}


def test_one_image_is_deleted_too_and_what_never_was_is_retracted(server: OurFacebookServer) -> None:
    """A post with one image shows it another way; a row without a draft has nothing to take away."""
    outputs = post(TEXT, *picture())
    ready = prepared(server, outputs)
    publish(server, ready, outputs)
    facebook.retract(account(server.url), ready, (), Path())
    assert server.photos == {} and server.visible() == []
    assert facebook.retract(account(server.url), row(), (), Path()).state == "retracted"


def test_correction_is_a_post_of_its_own(server: OurFacebookServer) -> None:
    """A page can't answer its own post with a post, so readers see both, each with its edition's link."""
    publish(server, prepared(server))
    channel, outputs = account(server.url), post(CORRECTION)
    before = second(replaces=server.posts[0].id)
    made = facebook.prepare(channel, before, outputs, Path())
    facebook.publish(channel, second(remote_id=made.remote_id), outputs, Path())
    assert server.visible() == [TEXT, CORRECTION] and server.duplicates_visible() == 0


@pytest.mark.parametrize(
    ("fault", "trouble", "words"),
    [
        ("fb1", Uncertain, r"\(1\)"),
        ("fb2", Uncertain, r"\(2\)"),
        ("fb4", Unavailable, r"\(4\)"),
        ("fb32", Unavailable, r"\(32\)"),
        ("fb80001", Unavailable, r"\(80001\)"),
        ("fb10", Refused, "pages_manage_posts"),
        ("fb200", Refused, "rätt att göra inlägg"),
        ("fb190-463", Refused, "nyckeln har gått ut"),
        ("fb190-460", Refused, "lösenordet har ändrats"),
        ("fb102", Refused, "sidnyckeln"),
        ("fb100", Refused, "godtog inte"),
        ("fb368", Refused, "spärrat"),
        ("fb506", Uncertain, "samma inlägg"),
        ("fb1609005", Refused, "länken"),
        ("429", Unavailable, "429"),
        ("500", Uncertain, "500"),
        ("500-after", Uncertain, "500"),
        ("503", Uncertain, "503"),
        ("timeout", Uncertain, "ReadTimeout"),
        ("timeout-after", Uncertain, "ReadTimeout"),
        ("reset", Uncertain, "kan ha kommit fram"),
        ("reset-after", Uncertain, "kan ha kommit fram"),
        ("redirect", Uncertain, "307"),
        ("truncated", Uncertain, "inget helt svar"),
    ],
)
def test_each_failure_of_showing_means_one_thing(
    server: OurFacebookServer, fault: str, trouble: type[Trouble], words: str
) -> None:
    """Refused, unavailable or uncertain; then the draft itself tells, and showing it again makes no second post."""
    ready = prepared(server)
    server.faults.append(fault)
    with pytest.raises(trouble, match=words):
        publish(server, ready)
    landed = fault.endswith("-after") or fault == "truncated"
    assert bool(find(server, ready)) == landed == bool(server.visible())
    assert publish(server, ready).state == "published"
    assert server.visible() == [TEXT] and server.duplicates_visible() == 0


@pytest.mark.parametrize("fault", ["garbage", "no-id", "slow"])
def test_unreadable_word_about_what_was_shown_doesnt_matter(server: OurFacebookServer, fault: str) -> None:
    """The post is read back anyway; only that counts."""
    ready = prepared(server)
    server.faults.append(fault)
    assert publish(server, ready).state == "published"


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        ("fb2", Unavailable),
        ("fb32", Unavailable),
        ("fb190-463", Refused),
        ("fb506", Refused),
        ("500", Unavailable),
        ("500-after", Unavailable),
        ("timeout-after", Unavailable),
        ("reset", Unavailable),
        ("truncated", Unavailable),
        ("garbage", Unavailable),
        ("no-id", Unavailable),
    ],
)
def test_failures_of_preparing_leave_nothing_to_see(
    server: OurFacebookServer, fault: str, trouble: type[Trouble]
) -> None:
    """Whatever became of the draft, no reader sees it; trying again is safe and one post comes of it."""
    server.faults.append(fault)
    with pytest.raises(trouble):
        prepared(server)
    publish(server, prepared(server))
    assert server.visible() == [TEXT]


def test_a_limit_says_when_to_try_again(server: OurFacebookServer) -> None:
    """The wait that Facebook names counts from its own clock; where it names none, an hour."""
    for minutes, wait in ((17, 17), (0, 60), (10_000, 24 * 60)):
        server.regain_minutes = minutes
        server.faults.append("fb80001")
        with pytest.raises(Unavailable) as caught:
            prepared(server)
        expected = datetime.now(UTC) + timedelta(minutes=wait)
        assert caught.value.retry_at and abs(caught.value.retry_at - expected) < timedelta(seconds=10)


def test_used_up_allowance_stops_before_anything_is_made(server: OurFacebookServer) -> None:
    """From 95 % on nothing more is asked for; below it work goes on."""
    server.used = 94
    ready = prepared(server)
    server.used, server.regain_minutes = 96, 5
    for step in (lambda: prepared(server), lambda: publish(server, ready)):
        with pytest.raises(Unavailable, match="96 %") as caught:
            step()
        assert caught.value.retry_at
    assert server.visible() == [] and len(server.drafts()) == 1


def test_two_installations_make_one_post(server: OurFacebookServer) -> None:
    """A post that another database made is found by its link before a draft is made, and taken as it is."""
    publish(server, prepared(server))
    ready = prepared(server)
    assert ready.remote_id == server.posts[0].id and publish(server, ready).state == "published"
    assert server.visible() == [TEXT] and server.drafts() == []


def test_a_draft_that_is_known_is_used_again(server: OurFacebookServer) -> None:
    """Preparing twice keeps the stored draft; one that somebody edited is replaced, one edited later is refused."""
    ready = prepared(server)
    again = facebook.prepare(account(server.url), ready, post(), Path())
    assert again.remote_id == ready.remote_id and len(server.posts) == 1
    server.posts[0].message = "Någon skrev om"
    with pytest.raises(Refused, match="annan text"):
        publish(server, ready)
    fresh = facebook.prepare(account(server.url), ready, post(), Path())
    assert fresh.remote_id != ready.remote_id and server.visible() == []


def test_a_draft_that_is_gone_or_unknown_is_never_guessed(server: OurFacebookServer) -> None:
    """Thrown away by hand, or never stored: a person must look."""
    ready = prepared(server)
    server.posts.clear()
    with pytest.raises(Refused, match="finns inte längre"):
        publish(server, ready)
    with pytest.raises(Refused, match="inte känt"):
        publish(server, row())
    assert find(server, ready) is None


def test_find_by_link_reads_every_page(server: OurFacebookServer) -> None:
    """Without a stored id the list is read to its end; other text under our link is for a person."""
    server.page_size = 3
    server.add(TEXT)
    for number in range(10):
        server.add(f"Annat {number} {LINK.replace('2021-T1', '2020-T3')}")
    found = find(server, row())
    assert found and found.remote_id == server.posts[0].id
    server.posts[0].message = f"Kolla här! {LINK}"
    with pytest.raises(Uncertain, match="annan text"):
        find(server, row())
    with pytest.raises(Refused, match="annan text"):
        prepared(server)
    server.lag = True
    assert find(server, row()) is None


def test_an_edited_post_is_not_the_approved_one(server: OurFacebookServer) -> None:
    """What readers see must be what was approved."""
    ready = prepared(server)
    publish(server, ready)
    server.posts[0].message = TEXT.replace("2 av 4", "4 av 4")
    with pytest.raises(Uncertain, match="annan text"):
        find(server, ready)


@pytest.mark.parametrize("fault", ["fb190-463", "fb2", "fb32", "500", "timeout", "reset", "truncated", "garbage"])
def test_find_that_cant_ask_never_says_not_there(server: OurFacebookServer, fault: str) -> None:
    """Whatever keeps the page from answering is unavailable: it proves nothing about the post."""
    ready = prepared(server)
    publish(server, ready)
    server.read_faults.append(fault)
    with pytest.raises(Unavailable):
        find(server, ready)


def test_gone_is_believed_only_from_a_page_that_lets_us_in(server: OurFacebookServer) -> None:
    """Facebook says the same of what is deleted and of what a key may not see; the page is asked too."""
    ready = prepared(server)
    server.posts.clear()
    server.read_faults.extend(["fb100-33", "fb190-458"])
    with pytest.raises(Unavailable):
        find(server, ready)


@pytest.mark.parametrize("fault", ["500-after", "timeout-after", "reset"])
def test_retract_can_be_repeated(server: OurFacebookServer, fault: str) -> None:
    """A lost answer is uncertain; asked again, the post is gone."""
    ready = prepared(server)
    publish(server, ready)
    server.faults.append(fault)
    with pytest.raises(Uncertain):
        facebook.retract(account(server.url), ready, (), Path())
    assert facebook.retract(account(server.url), ready, (), Path()).state == "retracted"
    assert server.visible() == []


def test_nobody_there_is_unavailable() -> None:
    """A closed port means that surely nothing was sent."""
    with pytest.raises(Unavailable, match="inte att nå"):
        facebook.prepare(account(f"http://127.0.0.1:{free_port()}"), row(), post(), Path())


@pytest.mark.parametrize("fault", ["", "fb190-463", "fb2", "500", "timeout", "reset", "truncated"])
def test_no_key_in_messages_reprs_logs_or_addresses(
    server: OurFacebookServer, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """Neither a message, a traceback, a repr nor a log at its most talkative holds the key; nor does any address."""
    channel = account(server.url)
    said = repr(channel) + repr(facebook._page(channel).line)
    server.faults.extend([fault] if fault else [])
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="urllib3"):
        try:
            said += repr(prepared(server))
        except Trouble as trouble:
            said += "".join(traceback.format_exception(trouble)) + repr(trouble)
    assert "Starting new HTTP connection" in caplog.text
    assert TOKEN not in said + caplog.text + "".join(path for _, path, _ in server.calls)


def test_fits_and_check_say_what_is_wrong_before_anything_is_sent() -> None:
    """A good post and a good account pass; each fault is named in Swedish, and stops the sending."""
    assert facebook.fits(account(), post()) == [] and facebook.check(account()) == []
    assert facebook.fits(account(), post(TEXT, *picture())) == []
    for outputs, words in (
        (post("x" * 63_206 + f" {LINK}"), "63206"),
        (post("Ingen länk"), "länk"),
        (post(TEXT, *picture(alt=None)), "saknar alternativtext"),
        (post(TEXT, *picture(alt="a" * 1001)), "1001 tecken"),
        (post(TEXT, *picture(body=b"x" * 10_000_001)), "MB"),
        (post(TEXT, *(o for n in range(11) for o in picture(f"{n}.png"))), "11 bilder"),
    ):
        assert words in " ".join(facebook.fits(account(), outputs))
        with pytest.raises(Refused, match="kan inte skickas"):
            facebook.prepare(account(), row(), outputs, Path())
    for changes, words in (
        ({"secrets": {}}, "secrets.page_token saknas"),
        ({"secrets": {"page_token": " "}}, "secrets.page_token saknas"),
        ({"secrets": {"page_token": "x", "token": "x"}}, "secrets.token är okänd"),
        ({"options": {}}, "options.page saknas"),
        ({"options": {"page": "strangnas"}}, "bara siffror"),
        ({"base_url": "http://graph.exempelby.invalid"}, "https://"),
        ({"role": "site"}, "role"),
    ):
        assert words in " ".join(facebook.check(account(**changes)))
        with pytest.raises(Refused, match="kan inte användas"):
            facebook.prepare(account(**changes), row(), post(), Path())


def test_server_runs_as_a_process_and_is_told_over_http() -> None:
    """A run of many processes starts it by itself, injects faults and reads what a reader would see."""
    with own_server("facebook_server") as url:
        requests.post(f"{url}/_ours/faults", json={"faults": ["500"]}, timeout=5)
        requests.post(f"{url}/_ours/settings", json={"regain_minutes": 3}, timeout=5)
        with pytest.raises(Unavailable):
            facebook.prepare(account(url), row(), post(), Path())
        made = facebook.prepare(account(url), row(), post(), Path())
        facebook.publish(account(url), row(remote_id=made.remote_id), post(), Path())
        state = requests.get(f"{url}/_ours/state", timeout=5).json()
    assert [shown["text"] for shown in state["visible"]] == [TEXT]
    assert state["duplicates_visible"] == 0 and state["drafts"] == [] and state["faults"] == []
