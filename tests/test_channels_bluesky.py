"""The Bluesky channel against a real PDS, with answers lost by our proxy."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from config.schema import Channel
from tasks.channels import bluesky
from tasks.model import Output, Publication, Receipt, Refused, Trouble, Unavailable, Uncertain
from tests.fault_proxy import FaultProxy
from tests.posting import ALT, CORRECTION, LINK, TEXT, free_port, picture, post, row, second
from tests.real import pds_server

# The packages are installed within the first test.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PASSWORD = "hemligt-losen-4f1c"
_numbers = count(1)


@pytest.fixture(scope="module")
def pds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a real PDS."""
    with pds_server.running(tmp_path_factory.mktemp("pds")) as url:
        yield url


@pytest.fixture
def handle(pds: str) -> str:
    """An account without posts."""
    name = f"kommunen{next(_numbers)}.test"
    pds_server.account(pds, name, PASSWORD)
    return name


@pytest.fixture
def proxy(pds: str) -> Iterator[FaultProxy]:
    """The way to the PDS, which loses answers on command."""
    with FaultProxy(pds) as running:
        yield running


def account(url: str | None = None, handle: str = "kommunen.test", **changes: object) -> Channel:
    """Return a Bluesky channel whose calls go to `url`."""
    values = {"id": "konto", "kind": "bluesky", "name": "Kommunen på Bluesky", "party": "municipality"}
    values |= {"role": "post", "template": "bluesky", "base_url": url, "options": {"handle": handle}}
    values |= {"secrets": {"app_password": PASSWORD}, "timeout_seconds": 2.0}
    return Channel.model_validate({**values, **changes})


def shown(pds: str, handle: str) -> list[dict[str, Any]]:
    """Return the account's posts as a visitor sees them."""
    asked = {"repo": handle, "collection": "app.bsky.feed.post", "limit": "100"}
    found = requests.get(f"{pds}/xrpc/com.atproto.repo.listRecords", params=asked, timeout=10).json()
    records: list[dict[str, Any]] = found["records"]
    return records


def revision(pds: str, handle: str) -> str:
    """Return the account's latest commit."""
    did = requests.get(f"{pds}/xrpc/com.atproto.identity.resolveHandle", params={"handle": handle}, timeout=10).json()[
        "did"
    ]
    where = f"{pds}/xrpc/com.atproto.sync.getLatestCommit"
    return str(requests.get(where, params={"did": did}, timeout=10).json()["cid"])


def publish(
    proxy: FaultProxy, handle: str, ready: Publication | None = None, outputs: tuple[Output, ...] | None = None
) -> Receipt:
    """Post the first edition."""
    return bluesky.publish(account(proxy.url, handle), ready or row(), outputs or post(), Path())


def find(proxy: FaultProxy, handle: str) -> Receipt | None:
    """Look for the first edition's post."""
    return bluesky.find(account(proxy.url, handle), row(), post(), Path())


def test_post_is_seen_once_in_swedish_with_its_link_and_images(pds: str, proxy: FaultProxy, handle: str) -> None:
    """A visitor sees one Swedish post whose link can be followed and whose images are described and whole."""
    outputs = post(TEXT, *picture(), *picture("karta.png", "En karta"))
    receipt = publish(proxy, handle, outputs=outputs)
    key = bluesky.prepare(account(proxy.url, handle), row(), outputs, Path()).remote_id
    assert receipt == Receipt("published", key, f"https://bsky.app/profile/{handle}/post/{key}")
    (record,) = shown(pds, handle)
    value = record["value"]
    assert (value["text"], value["langs"], value["createdAt"]) == (TEXT, ["sv"], "2021-05-17T08:30:00.000Z")
    place = value["facets"][0]["index"]
    assert TEXT.encode()[place["byteStart"] : place["byteEnd"]].decode() == LINK
    images = value["embed"]["images"]
    assert [image["alt"] for image in images] == [ALT, "En karta"]
    assert images[0]["aspectRatio"] == {"width": 1, "height": 1} and images[0]["image"]["mimeType"] == "image/png"


def test_repeats_make_no_second_post_and_no_new_commit(pds: str, proxy: FaultProxy, handle: str) -> None:
    """A later attempt, from this database or another one, is answered by what lies there; nothing is written."""
    first = publish(proxy, handle)
    before = revision(pds, handle)
    again = row(id=77, attempt=3, updated_at=datetime(2021, 6, 1, tzinfo=UTC))
    assert publish(proxy, handle, again) == first
    assert revision(pds, handle) == before and len(shown(pds, handle)) == 1


@pytest.mark.parametrize("blind", [False, True])
def test_lost_answer_is_found_or_refused_by_the_key(
    pds: str, proxy: FaultProxy, handle: str, blind: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when nobody looks first, the key and `swapRecord: null` keep a later attempt from writing."""
    proxy.faults.extend(["slow", "500-after"])
    with pytest.raises(Uncertain, match="500"):
        publish(proxy, handle)
    if blind:
        with monkeypatch.context() as nobody_looks:
            nobody_looks.setattr(bluesky, "find", lambda *_: None)
            with pytest.raises(Uncertain, match="redan finns"):
                publish(proxy, handle, row(updated_at=datetime(2021, 6, 1, tzinfo=UTC)))
    assert publish(proxy, handle).state == "published"
    assert [record["value"]["createdAt"] for record in shown(pds, handle)] == ["2021-05-17T08:30:00.000Z"]


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
        ("redirect", Uncertain, "307", False),
        ("400", Refused, "godtog inte", False),
        ("401", Refused, "applösenord", False),
        ("429", Unavailable, "429", False),
    ],
)
def test_each_failure_means_one_thing(
    pds: str, proxy: FaultProxy, handle: str, fault: str, trouble: type[Trouble], words: str, landed: bool
) -> None:
    """Refused, unavailable or uncertain; a look tells what became of it, and a second try makes no second post."""
    proxy.slow_seconds = 0
    proxy.faults.extend(["slow", fault])
    with pytest.raises(trouble, match=words):
        bluesky.publish(account(proxy.url, handle, timeout_seconds=1.5), row(), post(), Path())
    assert bool(find(proxy, handle)) == landed
    assert publish(proxy, handle).state == "published" and len(shown(pds, handle)) == 1


@pytest.mark.parametrize("fault", ["garbage", "no-id"])
def test_unreadable_word_about_the_write_doesnt_matter(proxy: FaultProxy, handle: str, fault: str) -> None:
    """The record is read back anyway; only that counts."""
    proxy.slow_seconds = 0
    proxy.faults.extend(["slow", fault])
    assert publish(proxy, handle).state == "published"


@pytest.mark.parametrize(
    "fault", ["500", "500-after", "timeout", "reset-after", "truncated", "garbage", "no-id", "429"]
)
@pytest.mark.parametrize("before", [0, 1])
def test_failed_sign_in_or_upload_is_no_uncertain_post(
    pds: str, proxy: FaultProxy, handle: str, fault: str, before: int
) -> None:
    """Nobody sees a session or an upload, so whatever became of it may be tried again."""
    proxy.slow_seconds = 0
    proxy.faults.extend(["slow"] * before + [fault])
    channel = account(proxy.url, handle, timeout_seconds=1.5)
    with pytest.raises(Unavailable):
        bluesky.publish(channel, row(), post(TEXT, *picture()), Path())
    assert shown(pds, handle) == []


def test_what_lies_under_our_key_is_never_written_over(pds: str, proxy: FaultProxy, handle: str) -> None:
    """A record with another text is for a person, whoever put it there."""
    publish(proxy, handle)
    other = post(TEXT.replace("2 av 4", "4 av 4"))
    for step in (bluesky.publish, bluesky.find):
        with pytest.raises(Uncertain, match="annan text"):
            step(account(proxy.url, handle), row(), other, Path())
    assert [record["value"]["text"] for record in shown(pds, handle)] == [TEXT]


def test_correction_answers_the_earlier_post_and_names_the_first(pds: str, proxy: FaultProxy, handle: str) -> None:
    """A thread of corrections: each answers the one before, and all name the first."""
    first = publish(proxy, handle)
    channel = account(proxy.url, handle)
    answered = bluesky.publish(channel, second(replaces=first.remote_id), post(CORRECTION), Path())
    third = row(edition=3, key="exempelby-2021/2021-T1/3", replaces=answered.remote_id)
    bluesky.publish(channel, third, post(CORRECTION.replace("utgava-2", "utgava-3")), Path())
    by_key = {record["uri"].rpartition("/")[2]: record for record in shown(pds, handle)}
    replies = {key: record["value"].get("reply") for key, record in by_key.items()}
    last = bluesky.record_key(third.key, handle)
    assert replies[first.remote_id] is None and len(by_key) == 3
    assert replies[last]["parent"]["uri"] == by_key[answered.remote_id]["uri"]
    assert replies[last]["root"] == replies[answered.remote_id]["root"] == replies[answered.remote_id]["parent"]
    assert replies[last]["root"]["cid"] == by_key[first.remote_id]["cid"]


def test_correction_of_a_deleted_post_stands_by_itself(pds: str, proxy: FaultProxy, handle: str) -> None:
    """Where the earlier post is gone the correction is a post of its own."""
    first = publish(proxy, handle)
    channel = account(proxy.url, handle)
    bluesky.retract(channel, row(remote_id=first.remote_id), (), Path())
    assert bluesky.publish(channel, second(replaces=first.remote_id), post(CORRECTION), Path()).state == "published"
    assert "reply" not in shown(pds, handle)[0]["value"]


def test_an_account_that_changed_its_name_keeps_its_posts(pds: str, proxy: FaultProxy, handle: str) -> None:
    """The key that is kept is used, so the post is found, made no second time, and taken away."""
    first, new = publish(proxy, handle), f"ny-{handle}"
    signed = {"identifier": handle, "password": PASSWORD}
    token = requests.post(f"{pds}/xrpc/com.atproto.server.createSession", json=signed, timeout=10).json()["accessJwt"]
    told = {"Authorization": f"Bearer {token}"}
    where = f"{pds}/xrpc/com.atproto.identity.updateHandle"
    requests.post(where, json={"handle": new}, headers=told, timeout=10).raise_for_status()
    channel, kept = account(proxy.url, new), row(remote_id=first.remote_id)
    found = bluesky.find(channel, kept, post(), Path())
    assert found and (found.state, found.remote_id) == ("published", first.remote_id)
    assert bluesky.prepare(channel, kept, post(), Path()).remote_id == first.remote_id
    assert bluesky.publish(channel, kept, post(), Path()) == found and len(shown(pds, new)) == 1
    assert bluesky.retract(channel, kept, (), Path()).state == "retracted" and shown(pds, new) == []


def test_retract_can_be_repeated(pds: str, proxy: FaultProxy, handle: str) -> None:
    """Deleting what is gone, or never was, is as good; a lost answer is uncertain."""
    publish(proxy, handle)
    channel = account(proxy.url, handle)
    proxy.faults.extend(["slow", "500-after"])
    with pytest.raises(Uncertain):
        bluesky.retract(channel, row(), (), Path())
    assert bluesky.retract(channel, row(), (), Path()).state == "retracted"
    assert shown(pds, handle) == [] and find(proxy, handle) is None


@pytest.mark.parametrize("fault", ["400", "401", "429", "500", "timeout", "reset", "truncated", "garbage"])
def test_find_that_cant_ask_never_says_not_there(proxy: FaultProxy, handle: str, fault: str) -> None:
    """Whatever keeps the server from answering is unavailable: it proves nothing about the post."""
    publish(proxy, handle)
    proxy.read_faults.append(fault)
    with pytest.raises(Unavailable):
        bluesky.find(account(proxy.url, handle, timeout_seconds=1.5), row(), post(), Path())


def test_find_needs_no_password(proxy: FaultProxy, handle: str) -> None:
    """The post is read as anyone reads it; an account of another server can't be told from one that is out."""
    publish(proxy, handle)
    assert find(proxy, handle)
    assert all("createSession" not in path for method, path in proxy.passed[3:])
    with pytest.raises(Unavailable):
        find(proxy, "ingen.test")


def test_wrong_password_and_nobody_there(pds: str, handle: str) -> None:
    """A password that the server doesn't know is for a person; a closed port means that nothing was sent."""
    wrong = account(pds, handle, secrets={"app_password": "fel"})
    with pytest.raises(Refused, match=r"applösenord.*AuthenticationRequired"):
        bluesky.publish(wrong, row(), post(), Path())
    with pytest.raises(Unavailable, match="inte att nå"):
        bluesky.publish(account(f"http://127.0.0.1:{free_port()}"), row(), post(), Path())


def test_limit_says_when_to_try_again(proxy: FaultProxy, handle: str) -> None:
    """The moment in RateLimit-Reset is handed on."""
    proxy.fault_headers = {"RateLimit-Reset": "1893456000"}
    proxy.faults.append("429")
    with pytest.raises(Unavailable) as caught:
        publish(proxy, handle)
    assert caught.value.retry_at == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("fault", ["", "401", "429", "500", "timeout", "reset", "truncated"])
def test_no_secret_in_messages_reprs_or_logs(
    proxy: FaultProxy, handle: str, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """Neither a message, a traceback, a repr nor any log at its most talkative holds the password or a token."""
    channel = account(proxy.url, handle, timeout_seconds=1.5)
    said = repr(channel) + repr(bluesky._line(channel))
    proxy.slow_seconds = 0
    proxy.faults.extend(["slow", fault] if fault else [])
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="urllib3"):
        try:
            said += repr(bluesky.publish(channel, row(), post(), Path()))
        except Trouble as trouble:
            said += "".join(traceback.format_exception(trouble)) + repr(trouble)
    assert "Starting new HTTP connection" in caplog.text
    # Every token of a session begins like this.
    assert PASSWORD not in said + caplog.text and "eyJ" not in said + caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "å" * 246 + f" {LINK}",
        "👨‍👩‍👧‍👦" * 60 + "å" * 186 + f" {LINK}",
        "🇸🇪" * 246 + f" {LINK}",
        "e\u0301" * 246 + f" {LINK}",
        "👍🏽" * 246 + f" {LINK}",
    ],
)
def test_fits_counts_as_the_server_does(pds: str, proxy: FaultProxy, handle: str, text: str) -> None:
    """300 signs are taken by us and by the server; 301 are refused by both, with the server's own count."""
    assert bluesky.measure(account(), text).length == 300 and bluesky.fits(account(), post(text)) == []
    assert publish(proxy, handle, outputs=post(text)).state == "published"
    over = post("å" + text)
    assert "301 tecken och får vara 300" in " ".join(bluesky.fits(account(), over))
    assert "300, got 301" in refusal(pds, handle, "å" + text)


def refusal(pds: str, handle: str, text: str) -> str:
    """Return what the server says to a post that is too long."""
    login = {"identifier": handle, "password": PASSWORD}
    session = requests.post(f"{pds}/xrpc/com.atproto.server.createSession", json=login, timeout=10).json()
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2021-05-17T08:30:00.000Z"}
    body = {"repo": handle, "collection": "app.bsky.feed.post", "record": record}
    headers = {"Authorization": f"Bearer {session['accessJwt']}"}
    made = requests.post(f"{pds}/xrpc/com.atproto.repo.createRecord", json=body, headers=headers, timeout=10)
    return str(made.json().get("message"))


def test_fits_knows_the_bytes_too(pds: str, handle: str) -> None:
    """Few signs may still be more than 3,000 bytes; the server says the same."""
    family = "👨‍👩‍👧‍👦" * 130 + f" {LINK}"
    assert "3000" in " ".join(bluesky.fits(account(), post(family))) and "3000" in refusal(pds, handle, family)


def test_fits_and_check_say_what_is_wrong_before_anything_is_sent() -> None:
    """A good post and a good account pass; each fault is named in Swedish, and stops the sending."""
    assert bluesky.fits(account(), post(TEXT, *picture())) == [] == bluesky.check(account())
    for outputs, words in (
        (post("Ingen länk"), "länk"),
        (post(TEXT, *picture(alt=None)), "saknar alternativtext"),
        (post(TEXT, *picture(body=b"x" * 1_000_001)), "MB och får vara 1"),
        (post(TEXT, *(o for n in range(5) for o in picture(f"{n}.png"))), "5 bilder"),
    ):
        assert words in " ".join(bluesky.fits(account(), outputs))
        with pytest.raises(Refused, match="kan inte skickas"):
            bluesky.prepare(account(), row(), outputs, Path())
    for changes, words in (
        ({"secrets": {}}, "secrets.app_password saknas"),
        ({"secrets": {"app_password": "x", "password": "x"}}, "secrets.password är okänd"),
        ({"options": {}}, "options.handle saknas"),
        ({"options": {"handle": "@kommunen"}}, "utan @"),
        ({"base_url": "http://bsky.social"}, "https://"),
        ({"role": "site"}, "role"),
    ):
        assert words in " ".join(bluesky.check(account(**changes)))
        with pytest.raises(Refused, match="kan inte användas"):
            bluesky.prepare(account(**changes), row(), post(), Path())


@given(key=st.text(min_size=1, max_size=60), account_=st.text(min_size=1, max_size=30))
def test_record_key_is_a_moment_before_our_first_post(key: str, account_: str) -> None:
    """Thirteen signs that a server takes for a moment in 2023 or early 2024, the same ones each time."""
    found = bluesky.record_key(key, account_)
    assert re.fullmatch(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}", found)
    number = sum(bluesky._TID_SIGNS.index(sign) << (5 * place) for place, sign in enumerate(reversed(found)))
    moment = datetime.fromtimestamp((number >> 10) / 1e6, UTC)
    assert datetime(2023, 1, 1, tzinfo=UTC) <= moment <= datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=408)
    assert found == bluesky.record_key(key, account_) != bluesky.record_key(key + "1", account_)


@given(text=st.text(max_size=80))
def test_facets_point_at_their_links_in_any_text(text: str) -> None:
    """The places are counted in bytes: whatever stands before the link, they cut out just the link."""
    whole = f"{text} {LINK} och {LINK}."
    found = bluesky.facets(whole)
    for facet in found:
        cut = whole.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        assert cut == facet["features"][0]["uri"]
    assert [f["features"][0]["uri"] for f in found][-2:] == [LINK, LINK]
