"""The Optimizely channel on our own server: one page per follow-up, editors' drafts left alone."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

from config.schema import Channel
from tasks.channels import _optimizely, optimizely
from tasks.model import Output, Publication, Receipt, Refused, Trouble, Unavailable, Uncertain, digest
from tests.following import composed, sample
from tests.optimizely_server import BIN, CLIENT, IMAGE_TYPE, MEDIA, SECRET, START, TYPE, OurOptimizelyServer
from tests.test_channels_wordpress import notice, outputs, page, png, row

pytestmark = pytest.mark.slow

PERIOD = "2021-T1"
FIRST, SECOND = outputs(page(PERIOD)), outputs(page(PERIOD, 2, "Tre av fyra", digest("nya")))
OPTIONS = {"content_type": TYPE, "parent": 1234, "image_type": IMAGE_TYPE, "image_parent": MEDIA}
GUID = _optimizely.guid_of(row(PERIOD))


@pytest.fixture
def server() -> Iterator[OurOptimizelyServer]:
    """Run our stand-in for a CMS 12 site."""
    with OurOptimizelyServer() as running:
        yield running


def site(server: OurOptimizelyServer, **changes: object) -> Channel:
    """Return an Optimizely channel for the server."""
    values = {"id": "polisen.se", "kind": "optimizely", "name": "Polisen", "party": "police", "role": "site"}
    values |= {"template": "sida", "base_url": server.url, "timeout_seconds": 0.6}
    values |= {"address": f"{server.url}/medborgarloften/strangnas/uppfoljning-{{period}}/"}
    values |= {"secrets": {"client_id": CLIENT, "client_secret": SECRET}}
    return Channel.model_validate({**values, "options": OPTIONS, **changes})


def through(channel: Channel, held: Publication, made: tuple[Output, ...]) -> Receipt:
    """Prepare and publish as the machine does: the id is kept in between."""
    prepared = optimizely.prepare(channel, held, made, Path())
    return optimizely.publish(channel, replace(held, remote_id=prepared.remote_id), made, Path())


def test_a_draft_becomes_one_page(server: OurOptimizelyServer) -> None:
    """Hidden until published, then one page at its address; repeats write nothing."""
    channel = site(server)
    prepared = optimizely.prepare(channel, row(PERIOD), FIRST, Path())
    assert server.visible() == {} and (prepared.remote_id or "").startswith(f"{GUID}/")
    assert optimizely.find(channel, row(PERIOD), FIRST, Path()) is None
    assert optimizely.prepare(channel, row(PERIOD), FIRST, Path()) == prepared
    held = row(PERIOD, remote_id=prepared.remote_id)
    receipt = optimizely.publish(channel, held, FIRST, Path())
    assert receipt.state == "published" and receipt.url == channel.address.replace("{period}", PERIOD)
    assert "Två av fyra" in next(iter(server.visible().values()))
    writes = sum(method == "PUT" for method, *_ in server.calls)
    assert optimizely.publish(channel, held, FIRST, Path()).state == "published"
    assert through(channel, row(PERIOD), FIRST).state == "published"
    assert sum(method == "PUT" for method, *_ in server.calls) == writes == 2
    assert len(server.visible()) == 1 and server.duplicates_visible() == 0


def test_the_real_page_comes_through_whole(server: OurOptimizelyServer) -> None:
    """What the machine renders for a year of activities is read back passage by passage."""
    made = tuple(o for o in composed(*sample(3)) if o.channel == "polisen.se")
    receipt = through(site(server), replace(row("2021-T3"), promise="strangnas-2021"), made)
    assert receipt.state == "published" and "hela texten" in receipt.message


def test_a_later_edition_takes_its_place_and_keeps_what_editors_added(server: OurOptimizelyServer) -> None:
    """The page stays public while the draft waits; the image an editor chose isn't cleared; edition 1 can't return."""
    channel = site(server)
    through(channel, row(PERIOD), FIRST)
    server.edit(GUID, publish=True, image={"id": 77})
    prepared = optimizely.prepare(channel, row(PERIOD, 2), SECOND, Path())
    assert ["Två av fyra" in text for text in server.visible().values()] == [True]
    receipt = optimizely.publish(channel, row(PERIOD, 2, remote_id=prepared.remote_id), SECOND, Path())
    assert receipt.state == "published"
    assert ["Tre av fyra" in text for text in server.visible().values()] == [True]
    shown = server.pages[GUID].public
    assert shown and shown.values["image"]["value"] == {"id": 77}
    for refused in (optimizely.prepare, optimizely.publish, optimizely.find):
        with pytest.raises(Refused, match="utgåva 2"):
            refused(channel, row(PERIOD), FIRST, Path())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"image": {"id": 7}}, "ändringar som inte är publicerade"),
        ({"mainBody": "<p>Reklam</p>"}, "inte vår sida"),
        ({"name": "Annan rubrik"}, "har ändrats av någon"),
        ({"name": "Annan rubrik", "publish": True}, "har ändrats av någon"),
        ({"status": "CheckedIn"}, "ändringar som inte är publicerade"),
        ({"parent": START}, "flyttat"),
        ({"parent": BIN}, "flyttat"),
    ],
)
def test_an_editors_change_is_never_written_over(
    server: OurOptimizelyServer, change: dict[str, object], said: str
) -> None:
    """An unpublished change, an edited page, one moved or thrown away: nothing is written, a person is asked."""
    channel = site(server)
    through(channel, row(PERIOD), FIRST)
    server.edit(GUID, **change)
    before = len([c for c in server.calls if c[0] == "PUT"])
    for step in (optimizely.prepare, optimizely.publish):
        with pytest.raises(Refused, match=said):
            step(channel, row(PERIOD, 2), SECOND, Path())
    assert len([c for c in server.calls if c[0] == "PUT"]) == before


def test_a_draft_that_somebody_saved_again_is_not_published(server: OurOptimizelyServer) -> None:
    """Our words are all there, but an editor added something to the waiting draft: it isn't published with ours."""
    channel = site(server)
    prepared = optimizely.prepare(channel, row(PERIOD), FIRST, Path())
    server.edit(GUID, teaserText="Inte godkänt")
    with pytest.raises(Refused, match="ändrats av någon annan"):
        optimizely.publish(channel, row(PERIOD, remote_id=prepared.remote_id), FIRST, Path())
    assert server.visible() == {}


def late(server: OurOptimizelyServer, channel: Channel, held: Publication, made: tuple[Output, ...]) -> None:
    """Prepare, give the answer up, and have the call come through after `server.hang_seconds`."""
    server.faults.append("late")
    with pytest.raises(Unavailable):
        optimizely.prepare(channel, held, made, Path())


def until_late(server: OurOptimizelyServer) -> None:
    """Wait until the call that was given up has come through."""
    until = time.monotonic() + 20
    while not any(method == "PUT" and not status for method, _, status in list(server.calls)):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_late_call_of_our_own_is_no_strangers_change(server: OurOptimizelyServer) -> None:
    """A draft's answer was given up, it was laid there anew, then the first call came through and saved it again."""
    server.hang_seconds, channel = 1.5, site(server)
    late(server, channel, row(PERIOD), FIRST)
    prepared = optimizely.prepare(channel, row(PERIOD), FIRST, Path())
    saved = server.pages[GUID].versions[server.pages[GUID].draft].saved
    until_late(server)
    assert server.pages[GUID].versions[server.pages[GUID].draft].saved > saved
    receipt = optimizely.publish(channel, row(PERIOD, remote_id=prepared.remote_id), FIRST, Path())
    assert receipt.state == "published" and len(server.visible()) == 1


@pytest.mark.parametrize("edited", [False, True])
def test_a_draft_that_a_late_call_left_behind_makes_way(server: OurOptimizelyServer, edited: bool) -> None:
    """It came through after the page was public: the next edition is written over it, but over no editor's change."""
    server.hang_seconds, channel = 3.0, site(server)
    late(server, channel, row(PERIOD), FIRST)
    kept = through(channel, row(PERIOD), FIRST)
    until_late(server)
    assert [v.status for v in server.pages[GUID].versions.values()] == ["Published", "CheckedOut"]
    following = row(PERIOD, 2, earlier=(str(kept.remote_id),))
    if edited:
        server.edit(GUID, image={"id": 7})
        with pytest.raises(Refused, match="ändringar som inte är publicerade"):
            through(channel, following, SECOND)
    else:
        assert through(channel, following, SECOND).state == "published"
    assert [("Två av fyra" in text, "Tre av fyra" in text) for text in server.visible().values()] == [
        (edited, not edited)
    ]


def test_somebody_deleted_the_draft(server: OurOptimizelyServer) -> None:
    """A draft that is gone is not quietly made public anew."""
    channel = site(server)
    prepared = optimizely.prepare(channel, row(PERIOD), FIRST, Path())
    del server.pages[GUID]
    with pytest.raises(Refused, match="finns inte längre"):
        optimizely.publish(channel, row(PERIOD, remote_id=prepared.remote_id), FIRST, Path())


@pytest.mark.parametrize(("strict", "said"), [(False, "behöll inte texten i egenskapen brodtext"), (True, "brodtext")])
def test_a_property_that_the_page_type_lacks_is_seen_at_the_draft(
    server: OurOptimizelyServer, strict: bool, said: str
) -> None:
    """Some versions pass over unknown properties without a word: an empty page would have been published."""
    server.strict = strict
    with pytest.raises(Refused, match=said):
        optimizely.prepare(site(server, options={**OPTIONS, "body": "brodtext"}), row(PERIOD), FIRST, Path())


@pytest.mark.parametrize("tells", [True, False])
def test_an_image_is_uploaded_once_for_each_edition(server: OurOptimizelyServer, tells: bool) -> None:
    """The public page shows it from the CMS; a correction's image waits beside the old one; all go when taken back."""
    server.tells_url = tells
    channel = site(server)

    def made(edition: int, shade: int) -> tuple[Output, ...]:
        image = Output("x", "uppfoljning/mal.png", "image/png", png(shade))
        return outputs(page(PERIOD, edition, image="mal.png"), image)

    def shown() -> bytes:
        text = next(iter(server.visible().values()))
        source = text.partition('<img src="')[2].partition('"')[0]
        return requests.get(urljoin(server.url, source), timeout=5).content

    first = through(channel, row(PERIOD), made(1, 0))
    assert first.state == "published" and shown() == png(0)
    optimizely.prepare(channel, row(PERIOD, 2), made(2, 200), Path())
    assert shown() == png(0)
    assert through(channel, row(PERIOD, 2), made(2, 200)).state == "published" and shown() == png(200)
    uploads = [c for c in server.calls if c[0] == "PUT" and GUID not in c[1]]
    assert len(uploads) == 2 and len({c.file for c in server.pages.values() if c.file}) == 2
    for _ in range(2):
        assert optimizely.retract(channel, row(PERIOD, 2), notice(PERIOD, 2), Path()).state == "retracted"
        assert server.images() == {}


def test_an_image_that_a_correction_dropped_goes_with_the_retraction(server: OurOptimizelyServer) -> None:
    """Each later text names it, so that the retraction finds it: an image is public by its address for ever else."""
    channel, image = site(server), Output("x", "uppfoljning/mal & mer.png", "image/png", png(0))
    through(channel, row(PERIOD), outputs(page(PERIOD, image="mal &amp; mer.png"), image))
    third = outputs(page(PERIOD, 3, "Fyra av fyra", digest("nyare")))
    assert through(channel, row(PERIOD, 2), SECOND).state == "published"
    assert through(channel, row(PERIOD, 3), third).state == "published"
    assert server.images()
    assert optimizely.retract(channel, row(PERIOD, 3), notice(PERIOD, 3), Path()).state == "retracted"
    assert server.images() == {}


def test_fixed_properties_and_the_summary_are_sent(server: OurOptimizelyServer) -> None:
    """A page type that demands more gets it from the config; without it the CMS' own words are passed on."""
    server.required = ("teaserText",)
    with pytest.raises(Refused, match="teaserText is required"):
        optimizely.prepare(site(server), row(PERIOD), FIRST, Path())
    options = {
        "content_type": TYPE,
        "parent": 1234,
        "summary": "teaserText",
        "properties": {"category": {"value": [3]}},
    }
    assert through(site(server, options=options), row(PERIOD), FIRST).state == "published"
    shown = server.pages[GUID].public
    assert shown and shown.values["teaserText"] == {"value": "Vad som gjorts & inte"}
    assert shown.values["category"] == {"value": [3]}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("429", Unavailable), ("500", Unavailable), ("503", Unavailable), ("timeout", Unavailable),
     ("reset", Unavailable), ("500-after", Unavailable), ("timeout-after", Unavailable), ("reset-after", Unavailable),
     ("truncated", Unavailable), ("garbage", Unavailable), ("no-id", Unavailable), ("redirect", Unavailable),
     ("400", Refused), ("403", Refused), ("404", Refused), ("409", Refused)],
)  # fmt: skip
def test_trouble_with_the_hidden_draft(server: OurOptimizelyServer, fault: str, kind: type[Trouble]) -> None:
    """Nobody sees a draft, so whatever was unclear is done again; the repeat ends in one page."""
    channel = site(server)
    server.faults.append(fault)
    with pytest.raises(kind) as raised:
        optimizely.prepare(channel, row(PERIOD), FIRST, Path())
    if fault == "429":
        assert isinstance(raised.value, Unavailable) and raised.value.retry_at
    assert through(channel, row(PERIOD), FIRST).state == "published"
    assert len(server.visible()) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "there"),
    [("429", Unavailable, False), ("500", Uncertain, False), ("timeout", Uncertain, False), ("reset", Uncertain, False),
     ("500-after", Uncertain, True), ("timeout-after", Uncertain, True), ("reset-after", Uncertain, True),
     ("truncated", Uncertain, True), ("garbage", Uncertain, True), ("no-id", Uncertain, True), ("400", Refused, False),
     ("403", Refused, False), ("404", Refused, False)],
)  # fmt: skip
def test_trouble_while_publishing(server: OurOptimizelyServer, fault: str, kind: type[Trouble], there: bool) -> None:
    """What may have become public is uncertain and found, or not; the next attempt makes no second page."""
    channel = site(server)
    held = row(PERIOD, remote_id=optimizely.prepare(channel, row(PERIOD), FIRST, Path()).remote_id)
    server.faults.append(fault)
    with pytest.raises(kind):
        optimizely.publish(channel, held, FIRST, Path())
    found = optimizely.find(channel, held, FIRST, Path())
    assert bool(found) == there
    assert optimizely.publish(channel, held, FIRST, Path()).state == "published"
    assert len(server.visible()) == 1 and server.duplicates_visible() == 0


def test_a_slow_answer_and_a_token_that_runs_out(server: OurOptimizelyServer) -> None:
    """Slowness within the limit is waited for; an expired token is renewed, since nothing was done with it."""
    server.faults.extend(["slow", "expired"])
    server.read_faults.append("expired")
    assert through(site(server), row(PERIOD), FIRST).state == "published"
    server.token_seconds = 0
    with pytest.raises(Refused, match="känner inte igen vår nyckel"):
        optimizely.prepare(site(server), row(PERIOD), FIRST, Path())


@pytest.mark.parametrize("fault", ["429", "500", "timeout", "reset", "truncated", "garbage"])
def test_a_look_that_fails_writes_nothing(server: OurOptimizelyServer, fault: str) -> None:
    """Not knowing what stands there is never taken for nothing standing there."""
    through(site(server), row(PERIOD), FIRST)
    writes = sum(method == "PUT" for method, *_ in server.calls)
    server.read_faults.append(fault)
    with pytest.raises(Unavailable):
        optimizely.prepare(site(server), row(PERIOD, 2), SECOND, Path())
    assert sum(method == "PUT" for method, *_ in server.calls) == writes


def test_wrong_keys_and_rights(server: OurOptimizelyServer, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong secret and a key that may not publish are refused; neither log, message nor repr shows the secret."""
    caplog.set_level(logging.DEBUG)
    wrong = site(server, secrets={"client_id": CLIENT, "client_secret": "fel-hemlighet"})
    with pytest.raises(Refused, match="känner inte igen vår nyckel") as raised:
        optimizely.prepare(wrong, row(PERIOD), FIRST, Path())
    assert "fel-hemlighet" not in f"{raised.value!r}{caplog.text}{wrong!r}{_optimizely.site_of(wrong)!r}"
    server.may_publish = False
    with pytest.raises(Refused, match="rätt att skapa och publicera"):
        through(site(server), row(PERIOD), FIRST)
    server.token_status = 503
    with pytest.raises(Unavailable):
        optimizely.prepare(site(server), row(PERIOD), FIRST, Path())


def test_retraction_puts_the_notice_there(server: OurOptimizelyServer) -> None:
    """The page says that it is taken back; a rerun can't bring it back, a new edition can, repeats are safe."""
    channel = site(server)
    held = row(PERIOD, remote_id=through(channel, row(PERIOD), FIRST).remote_id)
    for _ in range(2):
        assert optimizely.retract(channel, held, notice(PERIOD), Path()).state == "retracted"
        assert ["Borta." in text for text in server.visible().values()] == [True]
    with pytest.raises(Refused, match="återkallad"):
        through(channel, row(PERIOD), FIRST)
    assert through(channel, row(PERIOD, 2), SECOND).state == "published"
    assert optimizely.retract(channel, held, notice(PERIOD), Path()).state == "retracted"
    assert ["Tre av fyra" in text for text in server.visible().values()] == [True]


def test_retraction_of_what_is_hidden_edited_or_gone(server: OurOptimizelyServer) -> None:
    """A draft gets the notice and stays hidden, an edited page is taken back all the same, what isn't there is done."""
    channel = site(server)
    assert optimizely.retract(channel, row(PERIOD), notice(PERIOD), Path()).state == "retracted"
    optimizely.prepare(channel, row(PERIOD), FIRST, Path())
    receipts = {optimizely.retract(channel, row(PERIOD), notice(PERIOD), Path()) for _ in range(2)}
    assert {r.state for r in receipts} == {"retracted"} and server.visible() == {}
    assert "Två av fyra" not in str(server.pages[GUID].versions[server.pages[GUID].draft].values)
    del server.pages[GUID]
    through(channel, row(PERIOD), FIRST)
    server.edit(GUID, name="Redigerad", teaserText="Hemligt")
    assert optimizely.retract(channel, row(PERIOD), notice(PERIOD), Path()).state == "retracted"
    assert ["Två av fyra" in text for text in server.visible().values()] == [False]
    elsewhere = site(server, address=f"{server.url}/medborgarloften/strangnas/uppfoljning-x-{{period}}/")
    server.edit(GUID, publish=True, mainBody="<p>Annat</p>")
    with pytest.raises(Refused, match="bär inte vårt märke"):
        optimizely.retract(elsewhere, row(PERIOD), notice(PERIOD), Path())


def test_a_hidden_draft_of_ours_makes_way_for_the_next_edition(server: OurOptimizelyServer) -> None:
    """Whether it was taken back or refused, what is exactly our own save is written over; an editor's save is not."""
    channel = site(server)
    prepared = optimizely.prepare(channel, row(PERIOD), FIRST, Path())
    kept = optimizely.retract(channel, row(PERIOD, remote_id=prepared.remote_id), notice(PERIOD), Path())
    for left in (prepared.remote_id, kept.remote_id):
        later = row(PERIOD, 2, earlier=(str(left),))
        if left == prepared.remote_id:
            with pytest.raises(Refused, match="inte är publicerade"):
                optimizely.prepare(channel, later, SECOND, Path())
    assert through(channel, later, SECOND).state == "published"
    assert ["Tre av fyra" in text for text in server.visible().values()] == [True]


def test_a_later_hidden_draft_leaves_the_public_notice_alone(server: OurOptimizelyServer) -> None:
    """Edition 1 was taken back in public; edition 2 is taken back before anybody saw it: the notice stands."""
    channel = site(server)
    held = row(PERIOD, remote_id=through(channel, row(PERIOD), FIRST).remote_id)
    optimizely.retract(channel, held, notice(PERIOD), Path())
    second = optimizely.prepare(channel, row(PERIOD, 2), SECOND, Path())
    receipt = optimizely.retract(channel, row(PERIOD, 2, remote_id=second.remote_id), notice(PERIOD, 2), Path())
    assert receipt.state == "retracted"
    assert ["Borta." in text for text in server.visible().values()] == [True]


def test_fits_and_check_tell_at_once(server: OurOptimizelyServer) -> None:
    """At draft time: images, a long title, no mark; each wrong or missing key by its name."""
    assert optimizely.check(site(server)) == []
    image = outputs(page(PERIOD, image="diagram.png"), Output("x", "uppfoljning/diagram.png", "image/png", b"PNG"))
    assert optimizely.fits(site(server), image) == []
    assert "options.image_type" in optimizely.fits(site(server, options={"content_type": TYPE, "parent": 1}), image)[0]
    assert "diagram.png" in optimizely.fits(site(server), image[:1])[0]
    long = outputs(page(PERIOD).replace("Löftet &", "Löftet " * 60))
    assert "255" in optimizely.fits(site(server), long)[0]
    assert "märket" in optimizely.fits(site(server), outputs("<main><h1>x</h1></main>"))[0]
    bad = site(
        server, base_url="http://cms.exempelby.se/x", secrets={"client": "x"}, options={"parent": "x"}, role="post"
    )
    told = "\n".join(optimizely.check(bad))
    for word in ("base_url", "secrets.client_id", "secrets.client_secret", "secrets.client ", "options.content_type"):
        assert word in told, word
    assert "options.parent" in told and "role" in told


def test_every_edition_and_machine_makes_the_same_guid() -> None:
    """The guid hangs on promise and period alone; it must never change."""
    assert GUID == "52daa81a-0ecd-563a-b169-6c08cb05b0fe"
    assert _optimizely.guid_of(row(PERIOD, 2)) == GUID != _optimizely.guid_of(row("2021-T2"))


def test_the_server_runs_as_a_process() -> None:
    """Faults, settings and what readers see are reached over HTTP, for a run of many processes."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.optimizely_server"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        try:
            other = OurOptimizelyServer()
            other.url = url
            requests.post(f"{url}/_ours/faults", json={"faults": ["500-after"]}, timeout=5)
            with pytest.raises(Unavailable):
                optimizely.prepare(site(other), row(PERIOD), FIRST, Path())
            assert through(site(other), row(PERIOD), FIRST).state == "published"
            state = requests.get(f"{url}/_ours/state", timeout=5).json()
            assert len(state["visible"]) == 1 and state["duplicates_visible"] == 0 and state["faults"] == []
        finally:
            process.terminate()


class Asked:
    """Bare calls to the server, as any client would make them."""

    def __init__(self, server: OurOptimizelyServer) -> None:
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        answer = requests.post(
            f"{server.url}/api/episerver/connect/token", data={**form, "scope": "epi_content_management"}, timeout=5
        )
        self.base = f"{server.url}/api/episerver/v3.0/contentmanagement"
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def __call__(self, method: str, path: str = "", body: object = None, **headers: str) -> requests.Response:
        """Make one call."""
        told = {**self.headers, **{key.replace("_", "-"): value for key, value in headers.items()}}
        return requests.request(method, f"{self.base}/{path}".rstrip("/"), json=body, headers=told, timeout=5)


WHOLE = {
    "name": "Sida",
    "language": {"name": "sv"},
    "contentType": ["Page", TYPE],
    "parentLink": {"id": 1234},
    "status": "CheckedOut",
    "mainBody": {"value": "<p>x</p>"},
}


# What the owner's own integration tests of this controller demand, case by case.
@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (None, 400, "Request body is required"),
        ({"name": ""}, 400, "The Name field is required"),
        ({"name": "x" * 256}, 400, "has exceeded its limit of 255"),
        ({"contentType": None}, 400, "Content Type is required"),
        ({"contentType": ["Okänd"]}, 400, "does not exist"),
        ({"parentLink": None}, 400, "The ParentLink field is required"),
        ({"parentLink": {"id": -1}}, 400, "InvalidParent"),
        ({"language": None}, 400, "Language should not be null"),
        ({"status": None}, 400, "Missing status value"),
        ({"status": "Okand"}, 400, "Okand"),
        ({"status": "DelayedPublish"}, 400, "StartPublish must be set"),
        ({"status": "AwaitingApproval"}, 400, "requires that an approval definition"),
        ({"contentLink": {"guidValue": "4b395558-9bd3-444b-b525-05778414c561"}}, 400, "cannot be changed"),
        ({"status": "checkedOut"}, 201, '"CheckedOut"'),
        ({"status": "Published"}, 201, '"Published"'),
    ],
)
def test_our_server_answers_as_the_owners_tests_demand(
    server: OurOptimizelyServer, change: dict[str, object] | None, status: int, said: str
) -> None:
    """Creating by PUT: the owner's objections in the owner's words, or 201 with the address of what was made."""
    answer = Asked(server)("PUT", GUID, None if change is None else {**WHOLE, **change})
    assert answer.status_code == status and said in answer.text
    assert (answer.headers.get("Location", "").endswith(GUID)) == (status == 201)


def test_our_server_keeps_versions_as_the_owner_does(server: OurOptimizelyServer) -> None:
    """GET shows the common draft; PUT clears what is left out; POST and DELETE twice conflict; PATCH answers 204."""
    ask = Asked(server)
    assert ask("GET", GUID).status_code == 404 and ask("DELETE", GUID).status_code == 404
    assert requests.get(f"{ask.base}/{GUID}", timeout=5).status_code == 401
    published = {**WHOLE, "status": "Published", "teaserText": {"value": "kort"}, "contentLink": {"guidValue": GUID}}
    assert ask("POST", "", published).status_code == 201
    assert ask("POST", "", published).status_code == 409
    first = ask("GET", GUID).json()
    assert first["status"] == "Published" and first["teaserText"]["value"] == "kort"
    drafts = [ask("PUT", GUID, WHOLE).json() for _ in range(2)]
    assert {d["contentLink"]["workId"] for d in drafts} != {first["contentLink"]["workId"]}
    assert drafts[0]["contentLink"]["workId"] == drafts[1]["contentLink"]["workId"]
    assert drafts[1]["teaserText"]["value"] == "" and ask("GET", GUID).json()["status"] == "CheckedOut"
    assert all(a["saved"] < b["saved"] for a, b in pairwise([first, *drafts]))
    assert ["kort" in text for text in server.visible().values()] == [True]
    assert ask("PATCH", GUID, {"language": {"name": "sv"}, "status": "Published"}).status_code == 204
    assert ["kort" in text for text in server.visible().values()] == [False]
    server.required = ("teaserText",)
    assert "ContentValidation" in ask("PUT", GUID, WHOLE).text
    assert ask("PUT", GUID, WHOLE, x_epi_validation_mode="minimal").status_code == 200
    assert ask("PUT", GUID, WHOLE, x_epi_validation_mode="invalid").status_code == 400
    assert ask("DELETE", GUID).status_code == 204 and server.visible() == {}
    assert ask("DELETE", GUID).status_code == 409
    assert ask("DELETE", GUID, x_epi_permanent_delete="true").status_code == 204
    assert ask("GET", GUID).status_code == 404
