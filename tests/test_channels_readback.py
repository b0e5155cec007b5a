"""The package channel reads the public page back: published, not there, somebody must look, or nobody answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tasks.channels import package
from tasks.model import Refused, Unavailable, Uncertain
from tests.test_channels_package import OTHER_FIGURES, files, html, row, site

pytestmark = pytest.mark.slow


class Site:
    """A public site on loopback that answers what it is told."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, b"", dict[str, str]()
        self.paths: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.paths.append(self.path)
                moved = outer.headers.get("Location") and self.path != "/ny/"
                self.send_response(outer.status if moved or not outer.headers else 200)
                for name, value in outer.headers.items() if moved else ():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def public() -> Iterator[Site]:
    """Serve a public site."""
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


def test_find_reads_the_public_page(public: Site, tmp_path: Path) -> None:
    """Published when our bytes are there or a page that carries our marker; the note tells which."""
    channel = site(address=f"{public.url}/uppfoljning-{{period}}/")
    public.body = html()
    receipt = package.find(channel, row(), files(html()), tmp_path)
    assert receipt and (receipt.state, receipt.message) == ("published", "")
    assert receipt.url == f"{public.url}/uppfoljning-2021-T1/" and public.paths == ["/uppfoljning-2021-T1/"]
    public.body = b"<html><nav>Meny</nav>" + html(head=False)
    receipt = package.find(channel, row(), files(html()), tmp_path)
    assert receipt and receipt.state == "published" and "inte byte för byte" in receipt.message


@pytest.mark.parametrize(
    "body",
    [html(1), b"<h1>Sidan finns inte</h1>", b"", html(2, period="2020-T3")],
    ids=["older", "none", "empty", "T3"],
)
def test_find_says_not_there(public: Site, tmp_path: Path, body: bytes) -> None:
    """An older edition, another period or a page without a marker is not our publication."""
    public.body = body
    assert package.find(site(address=public.url), row(2), files(html(2)), tmp_path) is None


def test_find_reads_a_page_with_several_periods(public: Site, tmp_path: Path) -> None:
    """A site that keeps all follow-ups on one page is read for our period only, newest edition first."""
    public.body = html(3, period="2020-T3", head=False) + html(1, head=False) + html(2, head=False)
    receipt = package.find(site(address=public.url), row(2), files(html(2)), tmp_path)
    assert receipt and receipt.state == "published"


def test_find_refuses_newer_edition_and_other_figures(public: Site, tmp_path: Path) -> None:
    """What the public page says against us is for a person to settle."""
    channel = site(address=public.url)
    public.body = html(3)
    with pytest.raises(Refused, match="utgåva 3"):
        package.find(channel, row(2), files(html(2)), tmp_path)
    public.body = html(2, OTHER_FIGURES)
    with pytest.raises(Refused, match="andra siffror"):
        package.find(channel, row(2), files(html(2)), tmp_path)


@pytest.mark.parametrize(("status", "there"), [(404, True), (410, True), (403, False), (429, False), (500, False)])
def test_find_maps_statuses(public: Site, tmp_path: Path, status: int, there: bool) -> None:
    """404 and 410 say that the page isn't up; every other refusal to answer can't be taken for that."""
    public.status = status
    channel = site(address="https://exempelby.invalid/", read_back=public.url + "/{period}")
    if there:
        assert package.find(channel, row(), files(html()), tmp_path) is None
    else:
        with pytest.raises(Unavailable, match=str(status)):
            package.find(channel, row(), files(html()), tmp_path)


def test_find_asks_when_the_page_lies_elsewhere(public: Site, tmp_path: Path) -> None:
    """A redirect to the same page written otherwise is followed; any other stops, at home and to a stranger alike."""
    channel = site(address=f"{public.url}/NY")
    public.status, public.headers, public.body = 301, {"Location": "/ny/"}, html()
    receipt = package.find(channel, row(), files(html()), tmp_path)
    assert receipt and receipt.state == "published"
    channel = site(address=f"{public.url}/gammal/")
    for elsewhere in ("/ny/", "https://framling.invalid/gammal/", "/gammal/?sida=2"):
        public.headers, public.paths = {"Location": elsewhere}, []
        with pytest.raises(Refused, match=r"skickar vidare till .*Rätta address"):
            package.find(channel, row(), files(html()), tmp_path)
        assert public.paths == ["/gammal/"]
    public.headers = {"Location": "/gammal"}
    with pytest.raises(Unavailable, match="runt"):
        package.find(channel, row(), files(html()), tmp_path)


def test_find_asks_when_a_person_pasted_another_address(public: Site, tmp_path: Path) -> None:
    """The page is up, but not where the posts' links lead: nothing is published until a person has mended it."""
    channel = site(address=f"{public.url}/saknas/", read_back=f"{public.url}/saknas/")
    public.status, public.body = 404, b""
    told = replace(row(), url=f"{public.url}/saknas")
    assert package.find(channel, told, files(html()), tmp_path) is None
    public.headers, public.body = {"Location": "x"}, html()  # the server answers 200 at /ny/ only
    with pytest.raises(Refused, match=r"Sidan ligger på .*/ny/ men enligt address"):
        package.find(channel, replace(row(), url=f"{public.url}/ny/"), files(html()), tmp_path)


def test_find_waits_for_all_of_the_text(public: Site, tmp_path: Path) -> None:
    """A page that bears the mark but lacks a paragraph, or shows another figure, isn't the approved one yet."""
    page = html().replace(b"<body>", "<body><main><p>Två av fyra vandringar är ”gjorda”.</p></main>".encode())
    channel = site(address=public.url)
    public.body = b"<nav>Meny</nav>" + page.replace("”gjorda”".encode(), b'"<b>gjor</b>da"')
    receipt = package.find(channel, row(), files(page), tmp_path)
    assert receipt and "hela texten" in receipt.message
    public.body = page.replace("Två av fyra".encode(), b"Tre av fyra")
    with pytest.raises(Uncertain, match=r"Godkänt: ”Två av fyra .* Nu: ”Tre av fyra"):
        package.find(channel, row(), files(page), tmp_path)
    with pytest.raises(Refused, match=r"inte längre den godkända texten\. Godkänt: ”Två av fyra"):
        package.find(channel, replace(row(), state="published"), files(page), tmp_path)


def test_find_says_unavailable_when_nobody_answers(public: Site, tmp_path: Path) -> None:
    """A closed port, or an endless page, is not an answer."""
    public.body = b"x" * 10_000_001
    with pytest.raises(Unavailable, match="för stor"):
        package.find(site(address=public.url), row(), files(html()), tmp_path)
    public.server.shutdown()
    public.server.server_close()
    with pytest.raises(Unavailable, match="inte att läsa"):
        package.find(site(address=public.url), row(), files(html()), tmp_path)


def test_read_back_elsewhere_is_said(public: Site, tmp_path: Path) -> None:
    """A sample year that is read on loopback keeps the public address and says where it was read."""
    public.body = html()
    receipt = package.find(site(read_back=public.url + "/{period}/"), row(), files(html()), tmp_path)
    assert receipt and receipt.url == "https://exempelby.invalid/exempelby-2021/uppfoljning-2021-T1/"
    assert f"{public.url}/2021-T1/" in receipt.message
