"""The package channel: files placed whole, never outside the folder, never over what is newer or somebody else's."""

from __future__ import annotations

import json
import tempfile
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.schema import Channel
from tasks.channels import _folder, _readback, package
from tasks.model import Entry, Output, Publication, Refused, Unavailable, canonical, digest
from tasks.pages import feeds
from tasks.pages.markers import Marker, marker_of
from tests.following import shipped

FIGURES = digest("siffror")
OTHER_FIGURES = digest("andra siffror")


def site(**changes: object) -> Channel:
    """Return a package channel with an address nobody answers at."""
    values = {
        "id": "exempelby.se",
        "kind": "package",
        "name": "Exempelbys webbplats",
        "party": "municipality",
        "role": "site",
        "template": "sida",
        "folder": "ut/exempelby.se",
        "address": "https://exempelby.invalid/{promise}/uppfoljning-{period}/",
    }
    return Channel.model_validate({**values, **changes})


def row(edition: int = 1, period: str = "2021-T1") -> Publication:
    """Return the outbox row of one edition."""
    return Publication(
        id=1,
        promise="exempelby-2021",
        period=period,
        edition=edition,
        channel="exempelby.se",
        key=f"exempelby-2021/{period}",
        state="sending",
        draft_id=1,
        revision=1,
    )


def html(edition: int = 1, figures: str = FIGURES, period: str = "2021-T1", head: bool = True) -> bytes:
    """Return a page with its marker in the head (or not) and the same key as a sentence."""
    key = f"exempelby-2021/{period}"
    meta = f'<meta name="medborgarlofte" content="{key};edition={edition};figures={figures}">' if head else ""
    text = f"<p>Uppföljning {key}, utgåva {edition}</p>"
    return f"<!doctype html><html lang='sv'><head>{meta}</head><body>{text}</body></html>".encode()


def files(page: bytes, updated: str = "2021-05-17T10:00:00+02:00", period: str = "2021-T1") -> tuple[Output, ...]:
    """Return a whole package with that page, a feed of that one entry, and a manifest of its files."""
    mark = marker_of(page)
    edition = mark.edition if mark else 1
    entry = Entry(period, f"Uppföljning {period}", edition, datetime.fromisoformat(updated), f"Siffror {period}.")
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
    base = f"uppfoljning-{period}"
    outputs = (
        Output("exempelby.se", f"{base}/index.html", "text/html", page),
        Output("exempelby.se", f"{base}/summary.json", "application/json", b"{}"),
        Output("exempelby.se", f"{base}/diagram.png", "image/png", b"PNG"),
        Output("exempelby.se", f"{base}/feed.xml", "application/atom+xml", feeds.atom(made)),
        Output("exempelby.se", f"{base}/feed.json", "application/feed+json", feeds.json_feed(made)),
    )
    listed = [{"name": o.name, "bytes": len(o.body), "sha256": o.sha256} for o in outputs]
    return (*outputs, Output("exempelby.se", f"{base}/manifest.json", "application/json", canonical({"files": listed})))


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file under the folder with its bytes and change time."""
    found = (p for p in root.rglob("*") if p.is_file())
    return {str(p.relative_to(root)): (p.read_bytes(), p.stat().st_mtime_ns) for p in found}


def test_publish_places_every_file_and_the_feed_at_the_root(tmp_path: Path) -> None:
    """A package lands whole, ends handed over with its public address, and leaves no temporary file."""
    receipt = package.publish(site(), row(), files(html()), tmp_path)
    assert (receipt.state, receipt.url) == (
        "handed_over",
        "https://exempelby.invalid/exempelby-2021/uppfoljning-2021-T1/",
    )
    assert set(tree(tmp_path / "ut/exempelby.se")) == {"feed.xml", "feed.json"} | {o.name for o in files(html())}


def test_the_page_comes_after_its_data_and_before_what_tells_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data, page, manifest, feeds: who reads the manifest or a feed finds everything it names."""
    placed: list[str] = []
    monkeypatch.setattr(_folder.Local, "place", lambda self, name, body: placed.append(name.rpartition("/")[2]))
    package.publish(site(), row(), files(html()), tmp_path)
    assert placed[2:4] == ["index.html", "manifest.json"] and set(placed[:2]) == {"summary.json", "diagram.png"}
    assert set(placed[4:]) == {"feed.json", "feed.xml"}


def test_repeat_touches_nothing_and_sweeps_what_a_killed_worker_left(tmp_path: Path) -> None:
    """The same bytes again write no file; a stale temporary file goes when its file is next written."""
    package.publish(site(), row(), files(html()), tmp_path)
    before = tree(tmp_path)
    package.publish(site(), row(), files(html()), tmp_path)
    assert tree(tmp_path) == before
    stale = tmp_path / "ut/exempelby.se/uppfoljning-2021-T1/.index.html.0123456789abcdef.tmp"
    stale.write_bytes(b"half")
    package.publish(site(), row(2), files(html(2)), tmp_path)
    assert not stale.exists()


def test_what_only_an_earlier_edition_had_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chart that the correction has no longer would show the old figure for ever, and no retraction would find it."""
    folder = tmp_path / "ut/exempelby.se/uppfoljning-2021-T1"
    package.publish(site(), row(), files(html()), tmp_path)
    (folder / "redaktionens.txt").write_bytes(b"x")
    second = files(html(2, OTHER_FIGURES), "2021-06-01T10:00:00Z")
    without = tuple(o for o in second[:-1] if not o.name.endswith("diagram.png"))
    listed = [{"name": o.name} for o in without]
    manifest = replace(second[-1], body=canonical({"files": listed}))
    place = _folder.Local.place

    def cut_off(self: _folder.Local, name: str, body: bytes) -> None:
        if name.endswith("manifest.json"):
            raise Unavailable("avbrott")
        place(self, name, body)

    for broken in (True, False):
        with monkeypatch.context() as cut, pytest.raises(Unavailable) if broken else nullcontext():
            if broken:
                cut.setattr(_folder.Local, "place", cut_off)
            package.publish(site(), row(2), (*without, manifest), tmp_path)
    assert not (folder / "diagram.png").exists() and (folder / "redaktionens.txt").exists()
    assert (folder / "index.html").read_bytes() == html(2, OTHER_FIGURES)


def test_older_edition_is_replaced_and_newer_refused(tmp_path: Path) -> None:
    """Edition 2 takes edition 1's place; edition 1 can't come back over it, and nothing of it is written."""
    package.publish(site(), row(), files(html()), tmp_path)
    package.publish(site(), row(2), files(html(2, OTHER_FIGURES), "2021-06-01T10:00:00Z"), tmp_path)
    after = tree(tmp_path)
    with pytest.raises(Refused, match="redan utgåva 2"):
        package.publish(site(), row(), files(html()), tmp_path)
    assert tree(tmp_path) == after


def test_same_edition_with_other_figures_is_refused(tmp_path: Path) -> None:
    """Two databases that both own an edition 1 can't overwrite each other; other wording of the same figures can."""
    package.publish(site(), row(), files(html()), tmp_path)
    with pytest.raises(Refused, match="andra siffror"):
        package.publish(site(), row(), files(html(figures=OTHER_FIGURES)), tmp_path)
    package.publish(site(), row(), files(html() + b"<!-- -->"), tmp_path)


def test_somebody_elses_page_is_never_overwritten(tmp_path: Path) -> None:
    """A page without our marker in the period's place is left alone."""
    there = tmp_path / "ut/exempelby.se/uppfoljning-2021-T1/index.html"
    there.parent.mkdir(parents=True)
    there.write_text("<h1>Redaktionens egen sida</h1>")
    with pytest.raises(Refused, match="inte vår sida"):
        package.publish(site(), row(), files(html()), tmp_path)
    assert there.read_text() == "<h1>Redaktionens egen sida</h1>"


def items(root: Path, name: str = "feed.json") -> dict[str, str]:
    """Return the entries of a feed: period and title."""
    return {i["id"].rpartition("/")[2]: i["title"] for i in json.loads((root / name).read_bytes())["items"]}


def test_the_sites_feed_gathers_all_periods_in_any_order(tmp_path: Path) -> None:
    """A late edition of an earlier period takes its own entry's place and leaves later periods' entries alone."""
    root = tmp_path / "ut/exempelby.se"
    later = files(html(period="2021-T2"), "2021-09-15T10:00:00Z", "2021-T2")
    package.publish(site(), row(period="2021-T2"), later, tmp_path)
    package.publish(site(), row(), files(html(), "2021-05-17T10:00:00Z"), tmp_path)
    assert items(root) == {"2021-T1": "Uppföljning 2021-T1", "2021-T2": "Uppföljning 2021-T2"}
    package.publish(site(), row(2), files(html(2), "2021-10-01T10:00:00Z"), tmp_path)
    assert items(root) == {"2021-T1": "Uppföljning 2021-T1 (rättad, utgåva 2)", "2021-T2": "Uppföljning 2021-T2"}
    atom = feedparser.parse((root / "feed.xml").read_bytes())
    assert not atom.bozo and [e.id for e in atom.entries] == ["tag:x/2021-T1", "tag:x/2021-T2"]
    package.publish(site(), row(period="2021-T2"), later, tmp_path)
    assert items(root)["2021-T1"].endswith("utgåva 2)")


def test_foreign_feed_at_the_root_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    """What isn't a feed is not replaced, and the page isn't placed either."""
    root = tmp_path / "ut/exempelby.se"
    root.mkdir(parents=True)
    (root / "feed.xml").write_text('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>')
    with pytest.raises(Refused, match="inte ett flöde"):
        package.publish(site(), row(), files(html()), tmp_path)
    assert set(tree(root)) == {"feed.xml"}


def test_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A symbolic link in the folder can't lead a file out of it."""
    outside = tmp_path / "utanfor"
    outside.mkdir()
    root = tmp_path / "ut/exempelby.se"
    root.mkdir(parents=True)
    (root / "uppfoljning-2021-T1").symlink_to(outside)
    with pytest.raises(Refused, match="leder"):
        package.publish(site(), row(), files(html()), tmp_path)
    assert list(outside.iterdir()) == []


def test_file_in_the_folders_place_is_refused_and_a_full_disk_can_be_retried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waiting can't cure is refused; a full disk is unavailable, and leaves neither page nor temporary file."""
    (tmp_path / "ut").write_text("en fil")
    with pytest.raises(Refused):
        package.publish(site(), row(), files(html()), tmp_path)
    (tmp_path / "ut").unlink()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_folder.os, "fsync", full)
    with pytest.raises(Unavailable, match="No space"):
        package.publish(site(), row(), files(html()), tmp_path)
    assert tree(tmp_path) == {}


@settings(max_examples=300)
@given(name=st.text(st.characters() | st.sampled_from("./\\~\0"), max_size=300))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    """Whatever a file is called, it lands under the root or is refused, and fits says so beforehand."""
    with tempfile.TemporaryDirectory() as fresh:
        root = Path(fresh).resolve()
        try:
            target = _folder.target_of(root, name)
        except Refused:
            assert package.fits(site(), (Output("c", name, "text/html", html()),))
            return
        assert target.is_relative_to(root) and ".." not in target.parts
        assert _folder.place(target, b"x") and not _folder.place(target, b"x")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a//x", ".htaccess", "a\\b", "a/./b", "", "a\0b"])
def test_unsafe_names_are_named(name: str) -> None:
    """Each way out of the folder is a problem at draft time."""
    assert _folder.problem_of(name)


@given(st.binary(max_size=400) | st.text(alphabet="<>meta na=\"'borglöft;UpjnigÅå/,0123", max_size=400).map(str.encode))
def test_marker_reads_any_bytes(body: bytes) -> None:
    """No page makes the marker reader fail."""
    found = marker_of(body)
    assert found is None or found.edition >= 0


slugs = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)


@given(slugs, st.from_regex(r"20[0-9]{2}-[TP][1-3]", fullmatch=True), st.integers(1, 999), st.binary(max_size=40))
def test_marker_survives_its_surroundings(promise: str, period: str, edition: int, noise: bytes) -> None:
    """Both forms of the marker are read back from the middle of any page that doesn't break the tag itself."""
    noise = noise.replace(b"<", b"")
    meta = f'<meta content="{promise}/{period};edition={edition};figures={FIGURES}" name="medborgarlofte"/>'
    assert marker_of(noise + meta.encode() + noise) == Marker(promise, period, edition, FIGURES)
    sentence = f"<p>Uppf&ouml;ljning <b>{promise}/{period}</b>,\n utgåva&nbsp;{edition}.</p>"
    assert marker_of(sentence.encode()) == Marker(promise, period, edition)


@given(st.text(alphabet="{}promisepd.!_:[]0 /åhttps", max_size=60), slugs)
def test_address_patterns_are_formatted_or_refused(pattern: str, value: str) -> None:
    """No pattern reaches inside a value or fails in another way than Refused."""
    try:
        address = _readback.address_of(pattern, value, "2021-T1")
    except Refused:
        return
    assert address.startswith(("http://", "https://"))


def test_check_names_each_problem() -> None:
    """Missing folder and address, wrong role, unknown fields and options are told before anything is sent."""
    assert package.check(site()) == []
    bad = site(folder=None, address=None, role="post", options={"mapp": 1}, read_back="ftp://x/{promise.__class__}")
    problems = "\n".join(package.check(bad))
    for word in ("folder", "address", "role", "options.mapp", "promise.__class__", "https://"):
        assert word in problems


def test_fits_names_what_is_missing() -> None:
    """A package without page, marker, unique names or a dated feed is refused at draft time."""
    assert package.fits(site(), files(html())) == []
    assert "precis en index.html" in package.fits(site(), ())[0]
    assert "märket" in package.fits(site(), files(b"<p>utan</p>"))[0]
    broken = Output("exempelby.se", "uppfoljning-2021-T1/feed.xml", "application/atom+xml", b"<feed>")
    problems = package.fits(site(), (*(o for o in files(html()) if "feed" not in o.name), broken))
    assert "feed.xml" in problems[0] and "feed.json" in problems[1]
    assert "två gånger" in package.fits(site(), files(html()) + files(html())[1:2])[0]


def test_publish_refuses_outputs_of_another_edition(tmp_path: Path) -> None:
    """The stored page must carry the marker of the row that sends it."""
    with pytest.raises(Refused, match="annan uppföljning"):
        package.publish(site(), row(2), files(html(1)), tmp_path)


def test_the_sites_own_page_shows_the_newest_period(tmp_path: Path) -> None:
    """The municipality's page at the root follows the newest period; an older one's correction leaves it alone."""

    def put(period: str, end: str, edition: int = 1) -> None:
        mark = f'<meta name="medborgarlofte-lopande" content="exempelby-2021;{end}">'
        page = Output("exempelby.se", f"uppfoljning-{period}/lofte.html", "text/html", mark.encode())
        whole = files(html(edition, period=period), period=period)
        package.publish(site(), row(edition, period), (*whole, page), tmp_path)

    root = tmp_path / "ut/exempelby.se/index.html"
    put("2021-T1", "2021-04-30")
    put("2021-T2", "2021-08-31")
    put("2021-T1", "2021-04-30", edition=2)
    assert b"2021-08-31" in root.read_bytes()
    root.write_bytes(b"<h1>Redaktionens egen sida</h1>")
    put("2021-T3", "2021-12-31")
    assert root.read_bytes() == b"<h1>Redaktionens egen sida</h1>"
