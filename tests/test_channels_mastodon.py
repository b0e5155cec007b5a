"""The Mastodon channel against mastodon-mock (not ours), read back by Mastodon.py, with answers lost by our proxy."""

from __future__ import annotations

import hashlib
import logging
import os
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from config.schema import Channel
from tasks.channels import _post, mastodon
from tasks.model import Output, Publication, Receipt, Refused, Trouble, Unavailable, Uncertain
from tests.conftest import absent
from tests.fault_proxy import FaultProxy
from tests.posting import (
    ALT,
    CORRECTION,
    LINK,
    PEERS,
    TEXT,
    by_peer,
    free_port,
    picture,
    post,
    process,
    row,
    second,
)

pytestmark = pytest.mark.slow

TOKEN = "mock_token"


@pytest.fixture(scope="module")
def instance() -> Iterator[str]:
    """Run a Mastodon that is not ours, in memory."""
    command = PEERS / "mastodon_mock"
    if not command.exists():
        absent("the peers are not installed (make peers)")
    url = f"http://127.0.0.1:{(port := free_port())}"
    with process(
        command, "serve", "--host", "127.0.0.1", "--port", str(port), "--in-memory", url=url, ready="/api/v2/instance"
    ):
        yield url


@pytest.fixture
def server(instance: str) -> Iterator[FaultProxy]:
    """A Mastodon without posts behind a proxy that loses answers on command."""
    with FaultProxy(instance) as proxy:
        yield proxy
        # Its own reset takes a quarter of a second, these calls hardly any.
        requests.delete(f"{instance}/api/v1/_mock/faults", timeout=5)
        while posts := shown(proxy):
            for seen in posts:
                where = f"{instance}/api/v1/statuses/{seen['id']}"
                requests.delete(where, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5).raise_for_status()


def account(url: str | None = "https://mastodon.example", **changes: object) -> Channel:
    """Return a Mastodon channel whose calls go to `url`."""
    # The Mastodon remembers keys for ever; the account's id makes those of each test its own.
    name = os.environ["PYTEST_CURRENT_TEST"].rpartition("::")[2].partition(" ")[0]
    number = hashlib.sha256(name.encode()).hexdigest()[:8]
    values = {"id": f"konto-{number}", "kind": "mastodon", "name": "Kommunen på Mastodon", "party": "municipality"}
    values |= {"role": "post", "template": "kort", "base_url": url, "secrets": {"access_token": TOKEN}}
    return Channel.model_validate({**values, "timeout_seconds": 1.0, **changes})


def publish(
    server: FaultProxy, publication: Publication | None = None, outputs: tuple[Output, ...] | None = None
) -> Receipt:
    """Post the first edition."""
    return mastodon.publish(account(server.url), publication or row(), outputs or post(), Path())


def find(server: FaultProxy, publication: Publication | None = None) -> Receipt | None:
    """Look for the first edition's post."""
    return mastodon.find(account(server.url), publication or row(), post(), Path())


def shown(server: FaultProxy) -> list[dict[str, Any]]:
    """Return the account's posts as a visitor sees them, newest first."""
    account = requests.get(f"{server.upstream}/api/v1/accounts/lookup?acct=testuser", timeout=5).json()["id"]
    where = f"{server.upstream}/api/v1/accounts/{account}/statuses"
    posts: list[dict[str, Any]] = requests.get(where, timeout=5).json()
    return posts


def by_hand(server: FaultProxy, text: str) -> str:
    """Post something as the account's owner would, and return its id."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    made = requests.post(f"{server.upstream}/api/v1/statuses", headers=headers, data={"status": text}, timeout=5)
    return str(made.json()["id"])


def rule(server: FaultProxy, method: str, path: str, **effect: Any) -> None:
    """Let the Mastodon itself answer the next such call in another way."""
    told = {"match": {"methods": [method], "path": path}, "effect": effect, "count": 1}
    requests.post(f"{server.upstream}/api/v1/_mock/faults", json=told, timeout=5).raise_for_status()


def test_post_is_seen_once_in_swedish_with_its_images_words(server: FaultProxy) -> None:
    """An independent client sees one public Swedish post with its link and its images described; a repeat is it."""
    outputs = post(TEXT, *picture(), *picture("karta.png", "En karta"))
    receipt = publish(server, outputs=outputs)
    assert receipt.state == "published" and (receipt.url or "").startswith("http")
    assert publish(server, outputs=outputs) == receipt
    (seen,) = by_peer("mastodon", server.upstream, {"token": TOKEN})["posts"]
    assert (seen["id"], seen["language"], seen["visibility"]) == (receipt.remote_id, "sv", "public")
    assert seen["alts"] == [ALT, "En karta"] and f'href="{LINK}"' in seen["content"]


@pytest.mark.parametrize(
    ("fault", "trouble", "words", "landed"),
    [
        ("500", Uncertain, "500", False),
        ("503", Uncertain, "503", False),
        ("500-after", Uncertain, "500", True),
        ("timeout", Uncertain, "ReadTimeout", False),
        ("timeout-after", Uncertain, "ReadTimeout", True),
        ("reset", Uncertain, "kan ha kommit fram", False),
        ("reset-after", Uncertain, "kan ha kommit fram", True),
        ("truncated", Uncertain, "inget helt svar", True),
        ("garbage", Uncertain, "går inte att läsa", True),
        ("no-id", Uncertain, "går inte att läsa", True),
        ("redirect", Uncertain, "307", False),
        ("401", Refused, "nyckel", False),
        ("403", Refused, "write:statuses", False),
        ("404", Refused, "base_url", False),
        ("422", Refused, "godtog inte", False),
        ("429", Unavailable, "429", False),
    ],
)
def test_each_failure_means_one_thing(
    server: FaultProxy, fault: str, trouble: type[Trouble], words: str, landed: bool
) -> None:
    """Refused, unavailable or uncertain; a look tells what became of it, and a second try makes no second post."""
    server.faults.append(fault)
    with pytest.raises(trouble, match=words):
        publish(server)
    assert bool(find(server)) == landed
    assert publish(server).state == "published"
    assert len(shown(server)) == 1


def test_key_holds_where_the_look_saw_nothing(server: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even blind, a repeat within the hour is the same post: the key follows from publication and edition alone."""
    monkeypatch.setattr(mastodon, "_search", lambda *_: None)
    server.faults.append("500-after")
    with pytest.raises(Uncertain):
        publish(server)
    publish(server)
    publish(server, row(id=9, attempt=4, updated_at=datetime(2022, 1, 1, tzinfo=UTC)))
    assert len(shown(server)) == 1
    mastodon.publish(account(server.url), second(), post(CORRECTION), Path())
    assert len(shown(server)) == 2


def test_after_the_hour_the_link_finds_it(server: FaultProxy) -> None:
    """The key is forgotten; the account's own posts, page by page, still hold the link."""
    number = by_hand(server, TEXT)
    for other in range(45):
        by_hand(server, f"Annat {other} {LINK.replace('2021-T1', '2020-T3')}")
    receipt = publish(server)
    assert receipt.remote_id == number and find(server, row(remote_id=number)) == receipt
    assert len([call for call in server.passed if call == ("POST", "/api/v1/statuses")]) == 0


def test_same_link_with_other_text_is_for_a_person(server: FaultProxy) -> None:
    """A colleague's own post of our link is not ours, and no proof that ours is missing."""
    by_hand(server, f"Kolla här! {LINK}")
    with pytest.raises(Uncertain, match="annan text"):
        find(server)
    with pytest.raises(Refused, match="annan text"):
        publish(server)


def test_correction_answers_the_earlier_post_or_stands_by_itself(server: FaultProxy) -> None:
    """Readers of the first post meet its correction under it; where the first one is gone, it is a post of its own."""
    first = publish(server)
    answered = mastodon.publish(account(server.url), second(replaces=first.remote_id), post(CORRECTION), Path())
    assert answered.state == "published" and shown(server)[0]["in_reply_to_id"] == first.remote_id
    mastodon.retract(account(server.url), second(remote_id=answered.remote_id), (), Path())
    server.faults.append("404")
    third = row(edition=3, key="exempelby-2021/2021-T1/3", replaces="1")
    alone = mastodon.publish(account(server.url), third, post(CORRECTION), Path())
    assert alone.state == "published" and shown(server)[0]["in_reply_to_id"] is None and len(shown(server)) == 2


@pytest.mark.parametrize("fault", ["401", "429", "500", "timeout", "reset", "truncated", "garbage"])
def test_find_that_cant_ask_never_says_not_there(server: FaultProxy, fault: str) -> None:
    """Whatever keeps the server from answering is unavailable: it proves nothing about the post."""
    made = publish(server)
    for known in (row(), row(remote_id=made.remote_id)):
        server.read_faults.append(fault)
        with pytest.raises(Unavailable):
            find(server, known)


def test_deleted_post_is_not_there(server: FaultProxy) -> None:
    """Deleting can be repeated, is uncertain when its answer is lost, and needs a person without a number."""
    made = publish(server)
    known = row(remote_id=made.remote_id)
    server.faults.append("500-after")
    with pytest.raises(Uncertain):
        mastodon.retract(account(server.url), known, (), Path())
    assert mastodon.retract(account(server.url), known, (), Path()).state == "retracted"
    assert shown(server) == [] and find(server, known) is None
    assert mastodon.retract(account(server.url), row(), (), Path()).state == "by_hand"


def test_edited_post_is_not_the_approved_one(server: FaultProxy) -> None:
    """What readers see must be what was approved."""
    made = publish(server)
    where, headers = f"{server.upstream}/api/v1/statuses/{made.remote_id}", {"Authorization": f"Bearer {TOKEN}"}
    requests.put(where, headers=headers, data={"status": TEXT.replace("2 av", "4 av")}, timeout=5)
    with pytest.raises(Uncertain, match="annan text"):
        find(server, row(remote_id=made.remote_id))


def test_image_is_waited_for(server: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """202 means not yet: asked again until it is ready; one that never gets ready leaves nothing to see."""
    monkeypatch.setattr(mastodon, "_POLL_SECONDS", 0.01)
    files = {"file": ("x.png", picture()[0].body, "image/png")}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    where, words = f"{server.upstream}/api/v2/media", {"description": ALT}
    uploaded = requests.post(where, headers=headers, files=files, data=words, timeout=5)
    number = uploaded.json()["id"]
    rule(server, "POST", "/api/v2/media", type="status", status=202, body={"id": number})
    rule(server, "GET", f"/api/v1/media/{number}", type="status", status=206, body={"id": number})
    assert publish(server, outputs=post(TEXT, *picture())).state == "published"
    asked = [path for method, path in server.passed if path.startswith("/api/v1/media/")]
    assert len(asked) == 2 and shown(server)[0]["media_attachments"][0]["description"] == ALT


@pytest.mark.parametrize(
    "fault", ["500", "500-after", "timeout", "reset-after", "truncated", "garbage", "no-id", "429"]
)
def test_failed_upload_is_no_uncertain_post(server: FaultProxy, fault: str) -> None:
    """Nobody sees an upload, so whatever became of it may be tried again."""
    server.faults.append(fault)
    with pytest.raises(Unavailable):
        publish(server, outputs=post(TEXT, *picture()))
    assert ("POST", "/api/v1/statuses") not in server.passed


def test_image_that_is_never_ready_is_given_up(server: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """After half a minute the post waits for another time."""
    monkeypatch.setattr(mastodon, "_POLL_SECONDS", 0)
    rule(server, "POST", "/api/v2/media", type="status", status=202, body={"id": "7"})
    told = {"match": {"path": "/api/v1/media/7"}, "effect": {"type": "status", "status": 206, "body": {"id": "7"}}}
    requests.post(f"{server.upstream}/api/v1/_mock/faults", json=told, timeout=5)
    with pytest.raises(Unavailable, match="bearbetar"):
        publish(server, outputs=post(TEXT, *picture()))


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("2030-01-01T00:00:00.000Z", datetime(2030, 1, 1, tzinfo=UTC)),
        ("1893456000", datetime(2030, 1, 1, tzinfo=UTC)),
        ("snart", None),
        ("9" * 30, None),
    ],
)
def test_limit_says_when_to_try_again(server: FaultProxy, told: str, wanted: datetime | None) -> None:
    """The moment is ISO 8601 by the documentation; Unix seconds are understood too, nonsense is left out."""
    server.fault_headers = {"X-RateLimit-Reset": told}
    server.faults.append("429")
    with pytest.raises(Unavailable) as caught:
        publish(server)
    assert caught.value.retry_at == wanted


def test_wrong_key_and_nobody_there(server: FaultProxy) -> None:
    """A key that the server doesn't know is for a person; a closed port means that nothing was sent."""
    with pytest.raises(Unavailable, match="nyckel"):
        mastodon.find(account(server.url, secrets={"access_token": "fel"}), row(), post(), Path())
    with pytest.raises(Unavailable, match="inte att nå"):
        mastodon.publish(account(f"http://127.0.0.1:{free_port()}"), row(), post(), Path())


@pytest.mark.parametrize("fault", ["", "401", "429", "500", "timeout", "reset", "truncated"])
def test_no_key_in_messages_reprs_or_logs(server: FaultProxy, caplog: pytest.LogCaptureFixture, fault: str) -> None:
    """Neither a message, a traceback, a repr nor any log at its most talkative holds the key."""
    channel = account(server.url)
    said = repr(channel) + repr(mastodon._line(channel))
    server.faults.extend([fault] if fault else [])
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="urllib3"):
        try:
            said += repr(publish(server))
        except Trouble as trouble:
            said += "".join(traceback.format_exception(trouble)) + repr(trouble)
    assert "Starting new HTTP connection" in caplog.text and TOKEN not in said + caplog.text


def test_fits_counts_as_mastodon_does(server: FaultProxy) -> None:
    """500 signs are taken by us and by the server, 501 by neither; an address counts 23, an emoji one."""
    for text in ("å" * 476 + f" {LINK}", "👨‍👩‍👧‍👦" * 476 + f" {LINK}"):
        assert mastodon.fits(account(), post(text)) == [] and mastodon.measure(account(), text).length == 500
    too_long = post("å" * 477 + f" {LINK}")
    assert "501 tecken i Mastodons räkning och får vara 500" in " ".join(mastodon.fits(account(), too_long))
    assert mastodon.fits(account(options={"limit": 501}), too_long) == []
    exact, over = "å" * 500, "å" * 501
    headers = {"Authorization": f"Bearer {TOKEN}"}
    where = f"{server.upstream}/api/v1/statuses"
    taken = [requests.post(where, headers=headers, data={"status": t}, timeout=5).status_code for t in (exact, over)]
    assert taken == [200, 422] and [mastodon.measure(account(), t).length for t in (exact, over)] == [500, 501]


def test_fits_and_check_say_what_is_wrong_before_anything_is_sent() -> None:
    """A good post and a good account pass; each fault is named in Swedish, and stops the sending."""
    assert mastodon.fits(account(), post(TEXT, *picture())) == [] == mastodon.check(account())
    for outputs, words in (
        (post("Ingen länk"), "länk"),
        (post(TEXT, *picture(alt=None)), "saknar alternativtext"),
        (post(TEXT, *picture(alt=" ")), "alt.txt är tom"),
        (post(TEXT, *picture(alt="a" * 1501)), "1501 tecken"),
        (post(TEXT, picture()[1]), "beskriver en bild som inte finns"),
        (post(TEXT, *(o for n in range(5) for o in picture(f"{n}.png"))), "5 bilder"),
        (post(TEXT, Output("konto", "x.svg", "image/svg+xml", b"<svg/>")), "PNG eller JPEG"),
        (post(TEXT, Output("konto", "x.pdf", "application/pdf", b"%PDF")), "varken text eller bild"),
        ((*post(), *post()), "precis en inläggstext"),
    ):
        assert words in " ".join(mastodon.fits(account(), outputs))
        with pytest.raises(Refused, match="kan inte skickas"):
            mastodon.publish(account(), row(), outputs, Path())
    for changes, words in (
        ({"secrets": {}}, "secrets.access_token saknas"),
        ({"secrets": {"access_token": "x", "acess_token": "x"}}, "secrets.acess_token är okänd"),
        ({"base_url": None}, "base_url saknas"),
        ({"base_url": "http://mastodon.example"}, "https://"),
        ({"base_url": "https://mastodon.example/api"}, "utan sökväg"),
        ({"options": {"limit": 7}}, "options.limit"),
        ({"options": {"visibility": "direct"}}, "options.visibility"),
        ({"role": "site"}, "role"),
    ):
        assert words in " ".join(mastodon.check(account(**changes)))
        with pytest.raises(Refused, match="kan inte användas"):
            mastodon.prepare(account(**changes), row(), post(), Path())


def test_a_post_that_could_not_be_found_again_is_refused() -> None:
    """The link must carry the period."""
    with pytest.raises(Refused, match="länk med perioden"):
        mastodon.prepare(account(), row(), post("Läs på https://www.example.com/"), Path())
    assert mastodon.prepare(account(), row(), post(), Path()) == Receipt("prepared")


def test_post_is_known_again_in_mastodons_own_html() -> None:
    """A real server hides parts of a long link in spans and escapes signs; text and link are read all the same."""
    shown_link = (
        f'<a href="{LINK}" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">https://www.'
        '</span><span class="ellipsis">example.com/uppfoljning-2021-T1</span>'
        '<span class="invisible">/#utgava-1</span></a>'
    )
    before, _, _ = TEXT.partition("\n\n")
    content = f"<p>{before.replace('&', '&amp;')}</p><p>Läs mer: {shown_link}</p>"
    row_ = {"id": "1", "content": content, "media_attachments": []}
    assert mastodon._says(row_, _post.Post(TEXT)) and mastodon._shown_links(row_) == [LINK]
    assert not mastodon._says({**row_, "content": content.replace("2 av 4", "3 av 4")}, _post.Post(TEXT))


@given(text=st.text(max_size=60), period=st.sampled_from(["2021-T1", "2021-P1"]))
def test_links_of_any_text_are_told_without_failing(text: str, period: str) -> None:
    """Every link found stands in the text, holds no blank, and one put there is found."""
    whole = f"{text} https://example.com/{period}/#utgava-1."
    assert all(link in whole and not link.split()[1:] for link in _post.links(whole))
    assert f"https://example.com/{period}/#utgava-1" in _post.links(whole)
