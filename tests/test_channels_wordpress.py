"""The WordPress channel on a real WordPress: one post of a fixed name, found again, never written over a person's."""

from __future__ import annotations

import base64
import json
import logging
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import requests

from config.schema import Channel
from tasks import decide
from tasks.channels import _wordpress, wordpress
from tasks.model import Output, Publication, Receipt, Refused, Unavailable, Uncertain, digest
from tasks.pages.article import missing
from tasks.periods import at_local
from tasks.store import Store
from tests.conftest import absent
from tests.following import composed, sample
from tests.optimizely_server import CLIENT, SECRET, TYPE, OurOptimizelyServer
from tests.real import wordpress_server
from tests.real.wordpress_server import WordPress
from tests.year import KOMMUN, Year, walk

pytestmark = pytest.mark.slow

FIGURES = digest("siffror")
_years = count(2101)


@pytest.fixture(scope="module")
def wp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPress]:
    """Run a real WordPress for this file's tests; each test has a year, and so a page, of its own."""
    lacking = wordpress_server.missing()
    if lacking:
        absent(f"no WordPress here: {lacking} is not installed")
    with wordpress_server.wordpress(tmp_path_factory.mktemp("wordpress")) as running:
        yield running


@pytest.fixture
def period() -> str:
    """A period that no other test uses."""
    return f"{next(_years)}-T1"


def account(wp: WordPress, role: str = "editor", **changes: object) -> Channel:
    """Return a WordPress channel with the application password of one role."""
    name, password = wp.accounts[role]
    values = {"id": "exempelby.se", "kind": "wordpress", "name": "Exempelby", "party": "municipality", "role": "site"}
    values |= {"template": "sida", "base_url": wp.url, "address": f"{wp.url}/uppfoljning-{{period}}/"}
    values |= {"secrets": {"username": name, "application_password": password}, "timeout_seconds": 20}
    return Channel.model_validate({**values, **changes})


def row(period: str, edition: int = 1, **changes: object) -> Publication:
    """Return the outbox row of one edition."""
    made = Publication(1, "exempelby-2021", period, edition, "exempelby.se", "k", "sending", 1, 1)
    return replace(made, **changes)


def png(shade: int = 0) -> bytes:
    """Return a real PNG of 4 by 4 pixels in one grey."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([shade]) * 4 for _ in range(4))
    header = struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def page(period: str, edition: int = 1, said: str = "Två av fyra", figures: str = FIGURES, image: str = "") -> str:
    """Return a page with the signs that WordPress likes to alter."""
    shown = f'<p><img src="{image}" alt="Stapel: 2 av 4 "></p>' if image else ""
    return f"""<!doctype html><html lang="sv"><head><meta charset="utf-8">
<meta name="description" content="Vad som gjorts &amp; inte">
<meta name="medborgarlofte" content="exempelby-2021/{period};edition={edition};figures={figures}"></head>
<body><main id="utgava-{edition}"><h1>Löftet & "året" {period}</h1>
<p class="lead">{said} vandringar -- "gjorda" 3 x 4... det's klart (c) &lt;b&gt;.</p>
{shown}<h2 id="delar">Delar</h2>

<section id="c5" aria-labelledby="c5-r"><h3 id="c5-r">Trygghetsvandringar</h3>
<table><caption>Läget</caption><thead><tr><th scope="col">Löfte</th></tr></thead>
<tbody><tr><td data-label="Resultat">1 av 2</td></tr></tbody></table>
<details><summary>Löftets ord</summary><blockquote><p>"Minst fyra"</p></blockquote></details></section>
<svg><text>osynlig</text></svg></main></body></html>"""


def outputs(text: str, *images: Output) -> tuple[Output, ...]:
    """Return a page's outputs."""
    return (Output("exempelby.se", "uppfoljning/index.html", "text/html; charset=utf-8", text.encode()), *images)


def notice(period: str, edition: int = 1) -> tuple[Output, ...]:
    """Return what the machine puts in a retracted page's place."""
    mark = f"exempelby-2021/{period};edition={edition};retracted"
    return outputs(f'<meta name="medborgarlofte" content="{mark}"><main><h1>Återkallad</h1><p>Borta.</p></main>')


def through(channel: Channel, row: Publication, made: tuple[Output, ...]) -> Receipt:
    """Prepare and publish as the machine does: the id is kept in between."""
    prepared = wordpress.prepare(channel, row, made, Path())
    return wordpress.publish(channel, replace(row, remote_id=prepared.remote_id), made, Path())


def posts(wp: WordPress, period: str, kind: str = "posts") -> list[dict[str, object]]:
    """Return every post of a period, whatever its state, as its own database has them."""
    found = requests.get(
        f"{wp.url}/wp-json/wp/v2/{kind}",
        params={"search": period, "status": "publish,draft,trash,private", "context": "edit"},
        auth=wp.accounts["editor"],
        timeout=20,
    )
    return list(found.json())


def public(wp: WordPress, period: str) -> str | None:
    """Return the page as a reader gets it."""
    answer = requests.get(f"{wp.url}/uppfoljning-{period.lower()}/", timeout=20)
    return answer.text if answer.status_code == 200 else None


@pytest.mark.parametrize("role", ["editor", "author"])
def test_a_draft_becomes_a_page_with_every_word(wp: WordPress, period: str, role: str) -> None:
    """Hidden until published, then one post; quotes, dashes and å ä ö come through for an account that is filtered."""
    channel, made = account(wp, role), outputs(page(period))
    prepared = wordpress.prepare(channel, row(period), made, Path())
    assert prepared.state == "prepared" and public(wp, period) is None
    assert wordpress.find(channel, row(period), made, Path()) is None
    receipt = wordpress.publish(channel, row(period, remote_id=prepared.remote_id), made, Path())
    assert (receipt.state, receipt.remote_id) == ("published", prepared.remote_id), receipt.message
    assert receipt.url == f"{wp.url}/uppfoljning-{period}/"
    shown = public(wp, period)
    assert shown and f'id="utgava-1" data-medborgarlofte="exempelby-2021/{period};edition=1;figures={FIGURES}' in shown
    assert "Trygghetsvandringar" in shown and "osynlig" not in shown and shown.count("<p></p>") == 0
    assert len(posts(wp, period)) == 1 and posts(wp, period)[0]["comment_status"] == "closed"


def test_the_real_page_comes_through_whole(wp: WordPress) -> None:
    """What the machine renders for a year of activities is read back from the public page, passage by passage."""
    channel = account(wp, "author", address=f"{wp.url}/{{promise}}-{{period}}/")
    made = tuple(o for o in composed(*sample(3)) if o.channel == "strangnas.se")
    held = replace(row("2021-T3"), promise="strangnas-2021")
    receipt = through(channel, held, made)
    assert receipt.state == "published" and "hela texten" in receipt.message
    shown = requests.get(f"{wp.url}/strangnas-2021-2021-t3/", timeout=20).content
    fragment = next(o.body for o in made if o.name.endswith("fragment.html")).decode()
    assert missing(fragment, shown) == [] and missing(fragment.replace("Mariefred", "Mariehamn"), shown) != []


def test_repeats_make_nothing_new(wp: WordPress, period: str) -> None:
    """Every call twice, and from the start again: one post, no new version of it."""
    channel, made = account(wp), outputs(page(period))
    first = wordpress.prepare(channel, row(period), made, Path())
    assert wordpress.prepare(channel, row(period), made, Path()) == first
    held = row(period, remote_id=first.remote_id)
    for _ in range(2):
        assert wordpress.publish(channel, held, made, Path()).state == "published"
    modified = posts(wp, period)[0]["modified_gmt"]
    assert through(channel, row(period), made).state == "published"
    assert [p["modified_gmt"] for p in posts(wp, period)] == [modified]


def test_a_later_edition_takes_its_place(wp: WordPress, period: str) -> None:
    """The same post and address; edition 1 can't come back over it."""
    channel = account(wp)
    first = through(channel, row(period), outputs(page(period)))
    corrected = outputs(page(period, 2, "Tre av fyra", digest("nya")))
    prepared = wordpress.prepare(channel, row(period, 2), corrected, Path())
    assert prepared.remote_id == first.remote_id and "Två av fyra" in (public(wp, period) or "")
    assert wordpress.find(channel, row(period, 2), corrected, Path()) is None
    assert (
        wordpress.publish(channel, row(period, 2, remote_id=prepared.remote_id), corrected, Path()).state == "published"
    )
    assert "Tre av fyra" in (public(wp, period) or "") and len(posts(wp, period)) == 1
    for refused in (wordpress.prepare, wordpress.publish, wordpress.find):
        with pytest.raises(Refused, match="utgåva 2"):
            refused(channel, row(period), outputs(page(period)), Path())


def test_an_image_is_uploaded_once_with_its_words(wp: WordPress, period: str) -> None:
    """Found by name before upload; the page shows it from WordPress' own library, and a correction brings its own."""
    channel = account(wp, "author")
    made = outputs(page(period, image="diagram.png"), Output("x", "uppfoljning/diagram.png", "image/png", png()))
    wordpress.prepare(channel, row(period), made, Path())
    assert through(channel, row(period), made).state == "published"
    site = _wordpress.site_of(channel)
    (image,) = site.images(_wordpress.image_prefix(f"uppfoljning-{period.lower()}"))
    assert image["alt_text"] == "Stapel: 2 av 4" and str(image["source_url"]) in (public(wp, period) or "")
    other = Output("x", "uppfoljning/diagram.png", "image/png", png(200))
    corrected = outputs(page(period, 2, image="diagram.png"), other)
    assert through(channel, row(period, 2), corrected).state == "published"
    assert len(site.images(_wordpress.image_prefix(f"uppfoljning-{period.lower()}"))) == 2
    wordpress.retract(channel, row(period, 2), notice(period, 2), Path())
    assert site.images(_wordpress.image_prefix(f"uppfoljning-{period.lower()}")) == []


@pytest.mark.parametrize("field", ["title", "content", "status"])
def test_an_editors_change_is_never_written_over(wp: WordPress, period: str, field: str) -> None:
    """In the draft or on the public page: a changed title, figure or state stops us, and a person is asked."""
    channel, made = account(wp), outputs(page(period))
    prepared = wordpress.prepare(channel, row(period), made, Path())
    held = row(period, remote_id=prepared.remote_id)
    wordpress.publish(channel, held, made, Path())
    key = int(prepared.remote_id or 0)
    wp.php(
        f"$p=get_post({key});$new=['title'=>['post_title'=>'Annan rubrik'],'status'=>['post_status'=>'private'],"
        f"'content'=>['post_content'=>str_replace('1 av 2','2 av 2',$p->post_content)]]['{field}'];"
        f"wp_update_post(wp_slash(['ID'=>{key}]+$new));"
    )
    corrected = outputs(page(period, 2, "Tre av fyra"))
    with pytest.raises(Refused, match="ändra"):
        wordpress.prepare(channel, row(period, 2), corrected, Path())
    with pytest.raises(Refused, match="ändra"):
        wordpress.publish(channel, row(period, 2, remote_id=prepared.remote_id), corrected, Path())
    if field == "content":
        with pytest.raises(Uncertain, match="1 av 2"):
            wordpress.find(channel, held, made, Path())


def test_an_edited_draft_is_not_published(wp: WordPress, period: str) -> None:
    """What nobody has approved doesn't go out, also when it only waited to be published."""
    channel, made = account(wp), outputs(page(period))
    key = int(wordpress.prepare(channel, row(period), made, Path()).remote_id or 0)
    wp.php(
        f"$p=get_post({key});wp_update_post(wp_slash(['ID'=>{key},'post_content'=>$p->post_content.'<p>Reklam</p>']));"
    )
    with pytest.raises(Refused, match="har ändrats av någon"):
        wordpress.publish(channel, row(period, remote_id=str(key)), made, Path())
    assert public(wp, period) is None


def test_a_name_that_is_taken_and_a_post_in_the_trash(wp: WordPress, period: str) -> None:
    """Somebody else's page of that name, and our own in the trash, are a person's to sort out; nothing is made."""
    channel, made = account(wp), outputs(page(period))
    slug = f"uppfoljning-{period.lower()}"
    key = wp.php(f"echo wp_insert_post(['post_name'=>'{slug}','post_title'=>'{period}','post_status'=>'publish']);")
    with pytest.raises(Refused, match="inte vår sida"):
        wordpress.prepare(channel, row(period), made, Path())
    wp.php(f"wp_delete_post({int(key)}, true);")
    ours = through(channel, row(period), made).remote_id
    wp.php(f"wp_trash_post({ours});")
    for step in (wordpress.prepare, wordpress.publish):
        with pytest.raises(Refused, match="papperskorgen"):
            step(channel, row(period, remote_id=ours), made, Path())
    assert len(posts(wp, period)) == 1
    wp.php(f"wp_delete_post({ours}, true);")
    with pytest.raises(Refused, match="finns inte längre"):
        wordpress.publish(channel, row(period, remote_id=ours), made, Path())


def test_a_draft_that_the_account_cannot_see_makes_no_second_one(wp: WordPress, period: str) -> None:
    """An author doesn't see others' drafts: WordPress would make slug-2; it is taken away again."""
    slug = f"uppfoljning-{period.lower()}"
    wp.php(f"wp_insert_post(['post_author'=>1,'post_name'=>'{slug}','post_title'=>'{period}','post_status'=>'draft']);")
    with pytest.raises(Unavailable, match="upptaget"):
        wordpress.prepare(account(wp, "author"), row(period), outputs(page(period)), Path())
    assert len(posts(wp, period)) == 1


def test_a_wrong_address_stops_before_anything_is_public(wp: WordPress, period: str) -> None:
    """The address that posts will link to is held against WordPress' own at the draft."""
    channel = account(wp, address=f"{wp.url}/nyheter/uppfoljning-{{period}}/")
    with pytest.raises(Refused, match="WordPress lägger sidan på"):
        wordpress.prepare(channel, row(period), outputs(page(period)), Path())
    assert public(wp, period) is None


def test_pages_lie_under_their_parent(wp: WordPress, period: str) -> None:
    """A WordPress page takes its parent's address, and the same name elsewhere is another page."""
    parent = int(wp.php("echo wp_insert_post(['post_type'=>'page','post_title'=>'Trygg','post_status'=>'publish']);"))
    wp.php(
        f"wp_insert_post(['post_type'=>'page','post_name'=>'uppfoljning-{period.lower()}','post_status'=>'publish']);"
    )
    where = json.loads(wp.php(f"echo json_encode(get_permalink({parent}));"))
    channel = account(wp, options={"type": "pages", "parent": parent}, address=f"{where}uppfoljning-{{period}}/")
    receipt = through(channel, row(period), outputs(page(period)))
    assert receipt.state == "published" and receipt.url == f"{where}uppfoljning-{period}/"


def test_retraction_puts_the_notice_there(wp: WordPress, period: str) -> None:
    """The page says that it is taken back; a rerun can't bring it back, a new edition can, repeats are safe."""
    channel, made = account(wp), outputs(page(period))
    done = through(channel, row(period), made)
    held = row(period, remote_id=done.remote_id)
    for _ in range(2):
        receipt = wordpress.retract(channel, held, notice(period), Path())
        assert (receipt.state, receipt.remote_id) == ("retracted", done.remote_id)
        assert "Borta." in (public(wp, period) or "") and "Två av fyra" not in (public(wp, period) or "")
    with pytest.raises(Refused, match="återkallad"):
        through(channel, row(period), made)
    corrected = outputs(page(period, 2, "Tre av fyra"))
    assert through(channel, row(period, 2), corrected).state == "published"
    assert wordpress.retract(channel, held, notice(period), Path()).state == "retracted"
    assert "Tre av fyra" in (public(wp, period) or "")


def test_retraction_of_what_is_hidden_edited_or_gone(wp: WordPress, period: str) -> None:
    """A draft is deleted, an edited page is taken back all the same, what isn't there is done."""
    channel, made = account(wp), outputs(page(period))
    assert wordpress.retract(channel, row(period), notice(period), Path()).state == "retracted"
    prepared = wordpress.prepare(channel, row(period), made, Path())
    held = row(period, remote_id=prepared.remote_id)
    assert wordpress.retract(channel, held, notice(period), Path()).state == "retracted"
    assert posts(wp, period) == []
    done = through(channel, row(period), made)
    wp.php(f"wp_update_post(['ID'=>{done.remote_id},'post_title'=>'Redigerad']);")
    held = row(period, remote_id=done.remote_id)
    assert wordpress.retract(channel, held, notice(period), Path()).state == "retracted"
    assert "Borta." in (public(wp, period) or "")


MONDAY = at_local(date(2021, 5, 17), 9)
BLOCK = """
[[channel]]
id = "{id}"
kind = "{kind}"
name = "{name}"
party = "{party}"
role = "site"
template = "sida"
address = "{address}"
base_url = "{base}"
options = {options}
secrets = {secrets}
"""


@pytest.fixture
def year(wp: WordPress, tmp_path: Path, sqlite_store: Store) -> Iterator[tuple[Year, OurOptimizelyServer]]:
    """A year whose municipality publishes in WordPress and whose police publish in our Optimizely."""
    with OurOptimizelyServer() as cms:
        made = Year(tmp_path / "config", sqlite_store)
        name, password = wp.accounts["author"]
        blocks = (
            {
                "id": "strangnas.se", "kind": "wordpress", "name": "Kommunen", "party": "municipality", "base": wp.url,
                "address": f"{wp.url}/medborgarlofte-{{period}}/", "options": "{}",
                "secrets": f'{{ username = "{name}", application_password = "{password}" }}',
            },
            {
                "id": "polisen.se", "kind": "optimizely", "name": "Polisen", "party": "police", "base": cms.url,
                "address": f"{cms.url}/medborgarloften/strangnas/uppfoljning-{{period}}/",
                "options": f'{{ content_type = "{TYPE}", parent = 1234, image_type = "ImageFile", image_parent = 3 }}',
                "secrets": f'{{ client_id = "{CLIENT}", client_secret = "{SECRET}" }}',
            },
        )  # fmt: skip
        with (made.folder / "municipalities/strangnas.toml").open("a", encoding="utf-8") as file:
            file.writelines(BLOCK.format(**block) for block in blocks)
        yield made, cms


def test_the_machine_publishes_corrects_and_takes_back(wp: WordPress, year: tuple[Year, OurOptimizelyServer]) -> None:
    """Both sites through the state machine: two steps each, one page each, the correction in place, the notice last."""
    made, cms = year
    shown = f"{wp.url}/medborgarlofte-2021-t1/"

    def states(now: datetime) -> set[str]:
        return {made.publish(now)[channel].state for channel in ("strangnas.se", "polisen.se")}

    made.logs([walk("K1", "2021-04-10")], [])
    made.run("2021-T1")
    made.approve("2021-T1", MONDAY)
    assert states(MONDAY) == {"published"}
    first = requests.get(shown, timeout=20).text
    assert "utgåva 1" in first and len(cms.visible()) == 1
    later = MONDAY + timedelta(days=1)
    decide.correct(made.store, made.config, made.current("2021-T1").id, person=KOMMUN, at=later)
    made.approve("2021-T1", later)
    assert states(later) == {"published"}
    assert "utgåva 2" in requests.get(shown, timeout=20).text
    assert ["utgåva 2" in page for page in cms.visible().values()] == [True]
    slugs = [str(p["slug"]) for p in posts(wp, "11 mars")]
    assert [slug for slug in slugs if slug.startswith("medborgarlofte")] == ["medborgarlofte-2021-t1"]
    decide.retract(made.store, made.config, made.current("2021-T1").id, reason="error", person=KOMMUN, at=later)
    assert states(later + timedelta(hours=1)) == {"retracted"}
    gone = requests.get(shown, timeout=20).text
    assert "är återkallad" in gone and "utgåva 2</p>" not in gone
    assert ["är återkallad" in page for page in cms.visible().values()] == [True]


def test_accounts_that_may_not_publish(wp: WordPress, period: str, caplog: pytest.LogCaptureFixture) -> None:
    """A wrong password, and an account without the right, are refused by name before anything is made."""
    caplog.set_level(logging.DEBUG)
    made = outputs(page(period))
    with pytest.raises(Refused, match="publish_posts"):
        wordpress.prepare(account(wp, "subscriber"), row(period), made, Path())
    keys = {"username": "prov-editor", "application_password": "fel-hemlighet"}
    wrong = account(wp, secrets=keys)
    for step in (wordpress.prepare, wordpress.publish, wordpress.retract):
        with pytest.raises(Refused, match="känner inte igen kontot") as raised:
            step(wrong, row(period), notice(period) if step is wordpress.retract else made, Path())
        shown = f"{raised.value!r}{caplog.text}{wrong!r}{_wordpress.site_of(wrong)!r}"
        assert "fel-hemlighet" not in shown
        assert base64.b64encode(b"prov-editor:fel-hemlighet").decode() not in shown
    assert posts(wp, period) == []


def test_a_filter_that_eats_our_text_is_seen_at_the_draft(wp: WordPress, period: str) -> None:
    """A plug-in that alters what is saved, or what is shown, stops us: the draft is compared, and the public page."""
    plugins = wp.site / "wp-content/mu-plugins"
    plugins.mkdir(exist_ok=True)
    eater = plugins / "eater.php"
    channel, made = account(wp), outputs(page(period))
    try:
        eater.write_text("<?php add_filter('content_save_pre', fn($t) => str_replace('fyra', 'fem', $t));")
        with pytest.raises(Refused, match="WordPress ändrade texten"):
            wordpress.prepare(channel, row(period), made, Path())
        assert public(wp, period) is None
        wp.php(f"wp_delete_post({posts(wp, period)[0]['id']}, true);")
        eater.write_text("<?php add_filter('the_content', fn($t) => str_replace('fyra', 'fem', $t));")
        assert through(channel, row(period), made).state == "handed_over"
        with pytest.raises(Uncertain, match="fyra"):
            wordpress.find(channel, row(period), made, Path())
    finally:
        eater.unlink()
    found = wordpress.find(channel, row(period), made, Path())
    assert found and found.state == "published"


def test_the_lost_answers(wp: WordPress, period: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer lost after the draft or after the publishing: the next run finds what is there and goes on."""
    channel, made = account(wp), outputs(page(period))
    send = requests.Session.send
    lose = {"POST": True}

    def lossy(self: requests.Session, request: requests.PreparedRequest, **told: object) -> requests.Response:
        answer = send(self, request, **told)
        if lose.get(request.method or ""):
            raise requests.ReadTimeout("svaret försvann")
        return answer

    monkeypatch.setattr(requests.Session, "send", lossy)
    with pytest.raises(Unavailable):
        wordpress.prepare(channel, row(period), made, Path())
    lose.clear()
    prepared = wordpress.prepare(channel, row(period), made, Path())
    held = row(period, remote_id=prepared.remote_id)
    lose["POST"] = True
    with pytest.raises(Uncertain):
        wordpress.publish(channel, held, made, Path())
    lose.clear()
    found = wordpress.find(channel, held, made, Path())
    assert found and found.state == "published" and len(posts(wp, period)) == 1


def test_nobody_answers(wp: WordPress, period: str) -> None:
    """A closed port, and something that is no WordPress, are told apart."""
    made = outputs(page(period))
    with pytest.raises(Unavailable, match="går inte att nå"):
        wordpress.prepare(account(wp, base_url="http://127.0.0.1:9"), row(period), made, Path())
    with pytest.raises((Refused, Unavailable)):
        wordpress.prepare(account(wp, base_url=f"{wp.url}/wp-includes"), row(period), made, Path())


def test_fits_and_check_tell_at_once(wp: WordPress) -> None:
    """At draft time: images that WordPress doesn't take or that nobody described; each wrong or missing key by name."""
    assert wordpress.check(account(wp)) == []
    shown = page("2021-T1", image="diagram.svg").replace('alt="Stapel: 2 av 4 "', 'alt=" "')
    svg = Output("x", "uppfoljning/diagram.svg", "image/svg+xml", b"<svg/>")
    problems = " ".join(wordpress.fits(account(wp), outputs(shown, svg)))
    assert "image/svg+xml" in problems and "alternativtext" in problems
    assert "inte finns bland filerna" in wordpress.fits(account(wp), outputs(shown))[0]
    assert "märket" in wordpress.fits(account(wp), outputs("<main><h1>x</h1></main>"))[0]
    assert "rubrik" in wordpress.fits(account(wp), outputs(page("2021-T1").replace("h1>", "h2>")))[0]
    bad = account(
        wp, base_url="http://exempelby.se", secrets={"user": "x"}, options={"typ": 1}, address="https://x/{promise}/"
    )
    told = "\n".join(wordpress.check(bad))
    for word in (
        "https://",
        "secrets.username",
        "secrets.application_password",
        "secrets.user",
        "options.typ",
        "{period}",
    ):
        assert word in told
    assert "base_url saknas" in "\n".join(wordpress.check(account(wp, base_url=None)))
