"""A package taken back: the notice in the page's place, its data gone, the feeds told, and nothing brought back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from config.schema import Channel
from tasks.channels import _folder, package
from tasks.model import Entry, Output, Refused, Unavailable, canonical
from tasks.pages import feeds
from tests.following import shipped
from tests.shelf_servers import PASSWORD, webdav
from tests.test_channels_package import files, html, row, site
from tests.year import served

pytestmark = pytest.mark.slow


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Channel]:
    """A package channel whose folder is the public site."""
    with served(tmp_path / "webb") as port:
        yield site(folder="webb", read_back=f"http://127.0.0.1:{port}/uppfoljning-{{period}}/index.html")


def notice(edition: int = 1, period: str = "2021-T1", updated: str = "2022-02-01T10:00:00Z") -> tuple[Output, ...]:
    """Return what the machine puts in a retracted period's place: no image, and data that only says so."""
    mark = f"exempelby-2021/{period};edition={edition};retracted"
    page = f'<head><meta name="medborgarlofte" content="{mark}"></head><main><h1>Återkallad</h1><p>Borta.</p></main>'
    entry = Entry(period, f"Uppföljning {period} (återkallad)", 1, datetime.fromisoformat(updated), "Återkallad.")
    home = f"https://exempelby.invalid/{period}/"
    made = feeds.feed(
        templates=shipped().templates,
        title="F",
        author="A",
        tag="tag:x",
        home=home,
        entries=[(entry, home)],
        folder="uppfoljning-{period}",
    )
    named = (
        ("index.html", "text/html", page.encode()),
        ("summary.json", "application/json", b'{"retracted":true}'),
        ("feed.xml", "application/atom+xml", feeds.atom(made)),
        ("feed.json", "application/feed+json", feeds.json_feed(made)),
        ("manifest.json", "application/json", canonical({"files": []})),
    )
    return tuple(Output("exempelby.se", f"uppfoljning-{period}/{name}", kind, body) for name, kind, body in named)


def everything(root: Path) -> str:
    """Return all text under a folder."""
    return "\n".join(p.read_text(errors="replace") for p in sorted(root.rglob("*")) if p.is_file())


def test_the_notice_takes_the_pages_place(channel: Channel, tmp_path: Path) -> None:
    """Page, data, image and feed entries are gone from every file, the page reads back as the notice; a repeat too."""
    root = tmp_path / "webb"
    package.publish(channel, row(), files(html()), tmp_path)
    package.publish(
        channel, row(period="2021-T2"), files(html(period="2021-T2"), "2021-09-15T10:00:00Z", "2021-T2"), tmp_path
    )
    # The later period's own feed repeats the earlier one's entry, as the rendered ones do.
    both = feeds.merged(*(feeds.read((root / f"uppfoljning-2021-T{n}/feed.json").read_bytes()) or {} for n in (2, 1)))
    (root / "uppfoljning-2021-T2/feed.json").write_bytes(feeds.json_feed(both))
    for _ in range(2):
        receipt = package.retract(channel, row(), notice(), tmp_path)
        assert (receipt.state, receipt.url) == (
            "retracted",
            "https://exempelby.invalid/exempelby-2021/uppfoljning-2021-T1/",
        )
        assert "Borta." in (root / "uppfoljning-2021-T1/index.html").read_text()
        assert not (root / "uppfoljning-2021-T1/diagram.png").exists()
        assert "Siffror 2021-T1" not in everything(root) and "Siffror 2021-T2" in everything(root)
    assert "återkallad" in (root / "feed.xml").read_text() and "2021-T2" in (root / "feed.xml").read_text()
    manifest = json.loads((root / "uppfoljning-2021-T2/manifest.json").read_bytes())
    for file in manifest["files"]:
        assert hashlib.sha256((root / file["name"]).read_bytes()).hexdigest() == file["sha256"]


def test_a_rerun_cannot_bring_it_back_but_a_new_edition_can(channel: Channel, tmp_path: Path) -> None:
    """Edition 1 is refused over its own notice; edition 2 stands, and taking edition 1 back again leaves it alone."""
    package.publish(channel, row(), files(html()), tmp_path)
    package.retract(channel, row(), notice(), tmp_path)
    with pytest.raises(Refused, match="återkallad; den läggs inte ut igen"):
        package.publish(channel, row(), files(html()), tmp_path)
    with pytest.raises(Refused, match="säger att utgåva 1 är återkallad"):
        package.find(channel, row(), files(html()), tmp_path)
    package.publish(channel, row(2), files(html(2), "2022-03-01T10:00:00Z"), tmp_path)
    found = package.find(channel, row(2), files(html(2)), tmp_path)
    assert found and found.state == "published"
    assert package.retract(channel, row(), notice(), tmp_path).state == "retracted"
    assert (tmp_path / "webb/uppfoljning-2021-T1/index.html").read_bytes() == html(2)


def test_a_crash_half_way_is_finished_by_the_repeat(
    channel: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page goes first; whichever step fails, the next run takes away what is left."""
    package.publish(channel, row(), files(html()), tmp_path)
    steps = [0]

    def failing(at: int, original: object) -> object:
        def step(self: object, name: str, *body: bytes) -> None:
            steps[0] += 1
            if steps[0] == at:
                raise Unavailable("avbrott")
            original(self, name, *body)

        return step

    place, remove = _folder.Local.place, _folder.Local.remove
    for at in range(1, 9):
        steps[0] = 0
        monkeypatch.setattr(_folder.Local, "place", failing(at, place))
        monkeypatch.setattr(_folder.Local, "remove", failing(at, remove))
        with pytest.raises(Unavailable):
            package.retract(channel, row(), notice(), tmp_path)
    monkeypatch.undo()
    assert package.retract(channel, row(), notice(), tmp_path).state == "retracted"
    assert "Siffror" not in everything(tmp_path) and not list(tmp_path.rglob("diagram.png"))


def test_what_was_never_delivered_leaves_no_notice(channel: Channel, tmp_path: Path) -> None:
    """Nothing there is done; half a delivery without its page is swept."""
    assert package.retract(channel, row(), notice(), tmp_path).state == "retracted"
    _folder.Local(tmp_path / "webb").place("uppfoljning-2021-T1/summary.json", b"hemligt")
    assert package.retract(channel, row(), notice(), tmp_path).state == "retracted"
    assert everything(tmp_path / "webb") == ""
    unknown = channel.model_copy(update={"read_back": (channel.read_back or "").removesuffix("index.html")})
    assert "Inget paket låg" in package.retract(unknown, row(), notice(), tmp_path).message


def test_a_page_that_an_editor_published_is_left_to_the_editor(tmp_path: Path) -> None:
    """The folder holds the notice, the public page still shows the follow-up: a person is told what to do."""
    with served(tmp_path / "publik") as port:
        channel = site(folder="webb", read_back=f"http://127.0.0.1:{port}/{{period}}.html")
        package.publish(channel, row(), files(html()), tmp_path)
        (tmp_path / "publik/2021-T1.html").write_bytes(html())
        receipt = package.retract(channel, row(), notice(), tmp_path)
        assert receipt.state == "by_hand"
        assert (
            "säger inte att den är återkallad" in receipt.message
            and "uppfoljning-2021-T1/index.html" in receipt.message
        )
        (tmp_path / "publik/2021-T1.html").unlink()
        assert package.retract(channel, row(), notice(), tmp_path).state == "retracted"


def test_somebody_elses_page_is_not_taken_away(channel: Channel, tmp_path: Path) -> None:
    """What doesn't bear our mark is a person's to judge; outputs without a notice take nothing away."""
    package.publish(channel, row(), files(html()), tmp_path)
    with pytest.raises(Refused, match="inget meddelande"):
        package.retract(channel, row(), files(html()), tmp_path)
    page = tmp_path / "webb/uppfoljning-2021-T1/index.html"
    page.write_text("<h1>Redaktionens</h1>")
    with pytest.raises(Refused, match="inte vår sida"):
        package.retract(channel, row(), notice(), tmp_path)
    assert page.read_text() == "<h1>Redaktionens</h1>"


def test_a_package_behind_webdav_is_taken_back_too(tmp_path: Path) -> None:
    """The same over the wire: image deleted, notice in place."""
    with webdav(tmp_path / "dav") as dav, served(tmp_path / "dav") as port:
        keys = {"username": "paket", "password": PASSWORD}
        read_back = f"http://127.0.0.1:{port}/uppfoljning-{{period}}/"
        channel = site(folder=None, base_url=dav.url, secrets=keys, read_back=read_back)
        package.publish(channel, row(), files(html()), tmp_path)
        assert package.retract(channel, row(), notice(), tmp_path).state == "retracted"
        assert not list(tmp_path.rglob("diagram.png")) and "Siffror" not in everything(tmp_path / "dav")


def test_the_sites_own_page_forgets_what_was_taken_back(channel: Channel, tmp_path: Path) -> None:
    """The municipality's page with the newest on top is renewed by the notice, which says nothing of the figures."""
    mark = '<meta name="medborgarlofte-lopande" content="exempelby-2021;2021-04-30">'

    def own(words: str) -> Output:
        return Output("exempelby.se", "uppfoljning-2021-T1/lofte.html", "text/html", f"{mark}<p>{words}</p>".encode())

    package.publish(channel, row(), (*files(html()), own("Sju vandringar.")), tmp_path)
    assert "Sju vandringar" in (tmp_path / "webb/index.html").read_text()
    package.retract(channel, row(), (*notice(), own("Den är återkallad.")), tmp_path)
    assert "Den är återkallad" in (tmp_path / "webb/index.html").read_text()
    assert "Sju vandringar" not in everything(tmp_path / "webb")
