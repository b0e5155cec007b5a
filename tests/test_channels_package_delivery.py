"""Packages on real servers: WsgiDAV and OpenSSH, where nobody's change is written over and no half file is seen."""

from __future__ import annotations

import base64
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import paramiko
import pytest

from config.schema import Channel
from tasks.channels import _shelf, package
from tasks.model import Refused, Trouble, Unavailable
from tests.conftest import absent
from tests.shelf_servers import PASSWORD, Dav, Ssh, sshd, sshd_path, webdav
from tests.test_channels_package import files, html, row, site

pytestmark = pytest.mark.slow


@pytest.fixture
def dav(tmp_path: Path) -> Iterator[Dav]:
    """Run a WebDAV server over an empty folder."""
    with webdav(tmp_path / "dav") as running:
        yield running


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ssh]:
    """Run an SFTP server."""
    if sshd_path() is None:
        absent("sshd is not installed (openssh-server)")
    with sshd(tmp_path_factory.mktemp("ssh")) as running:
        yield running


def by_dav(dav: Dav, **changes: object) -> Channel:
    """Return a package channel that delivers to the WebDAV server's folder `webb`."""
    keys = {"username": "paket", "password": PASSWORD}
    return site(folder=None, base_url=f"{dav.url}/webb", secrets=keys, timeout_seconds=2, **changes)


def by_ssh(ssh: Ssh, folder: Path, **changes: object) -> Channel:
    """Return a package channel that delivers to a folder by SFTP."""
    values: dict[str, object] = {"folder": None, "base_url": f"{ssh.url}{folder}/webb", "timeout_seconds": 5}
    values["secrets"] = {"username": ssh.username, "private_key": ssh.private_key}
    return site(**{**values, "options": {"host_key": ssh.host_key}, **changes})


def landed(root: Path) -> dict[str, bytes]:
    """Return the files in a folder."""
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_package_lands_whole_by_webdav(dav: Dav, tmp_path: Path) -> None:
    """First files only where nothing stands, replacements only over what was seen, a repeat writes nothing."""
    (dav.root / "webb").mkdir()
    channel = by_dav(dav)
    assert package.check(channel) == []
    receipt = package.publish(channel, row(), files(html()), tmp_path)
    assert receipt.state == "handed_over" and receipt.message == f"Filerna ligger i {dav.url}/webb."
    found = landed(dav.root / "webb")
    assert {o.name: o.body for o in files(html())}.items() <= found.items() and {"feed.xml", "feed.json"} <= set(found)
    puts = [c for c in dav.calls if c[0] == "PUT"]
    assert puts and all(c[2] == {"HTTP_IF_NONE_MATCH": "*"} for c in puts)
    dav.calls.clear()
    package.publish(channel, row(), files(html()), tmp_path)
    assert [c[0] for c in dav.calls if c[0] != "GET"] == []
    package.publish(channel, row(2), files(html(2), "2021-06-01T10:00:00Z"), tmp_path)
    assert all("HTTP_IF_MATCH" in c[2] for c in dav.calls if c[0] == "PUT")
    assert landed(dav.root / "webb")["uppfoljning-2021-T1/index.html"] == html(2)


def test_a_server_that_packs_its_answers_takes_the_next_edition(dav: Dav, tmp_path: Path) -> None:
    """The tag of a packed answer is not the file's own: bound to it every later write would be refused (412)."""
    (dav.root / "webb").mkdir()
    dav.packs = True
    package.publish(by_dav(dav), row(), files(html()), tmp_path)
    package.publish(by_dav(dav), row(2), files(html(2), "2021-06-01T10:00:00Z"), tmp_path)
    assert landed(dav.root / "webb")["uppfoljning-2021-T1/index.html"] == html(2)


def test_what_somebody_writes_meanwhile_is_kept(dav: Dav, tmp_path: Path) -> None:
    """The server's own 412 stops us: a file that appeared, and one that changed, between our look and our write."""
    page = dav.root / "webb/uppfoljning-2021-T1/index.html"
    page.parent.mkdir(parents=True)

    def meanwhile(environ: dict[str, str]) -> None:
        if environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].endswith("index.html"):
            page.write_text("<h1>Redaktionens</h1>")
            os.utime(page, (1, 1))

    dav.fault = meanwhile
    with pytest.raises(Unavailable, match="ändrades av någon annan"):
        package.publish(by_dav(dav), row(), files(html()), tmp_path)
    page.write_bytes(html())
    with pytest.raises(Unavailable, match="ändrades av någon annan"):
        package.publish(by_dav(dav), row(2), files(html(2)), tmp_path)
    dav.fault = None
    with pytest.raises(Refused, match="inte vår sida"):
        package.publish(by_dav(dav), row(2), files(html(2)), tmp_path)
    assert page.read_text() == "<h1>Redaktionens</h1>"


@pytest.mark.parametrize(
    ("status", "kind"),
    [("401 X", Refused), ("403 X", Refused), ("405 X", Refused), ("302 X", Refused), ("423 Locked", Unavailable),
     ("429 X", Unavailable), ("500 X", Unavailable), ("507 Full", Unavailable)],
)  # fmt: skip
def test_a_server_that_says_no(dav: Dav, tmp_path: Path, status: str, kind: type[Trouble]) -> None:
    """What waiting can cure is unavailable, the rest is refused; the next run delivers the rest."""
    (dav.root / "webb").mkdir()
    dav.fault = lambda environ: status if environ["REQUEST_METHOD"] == "PUT" else None
    with pytest.raises(kind) as raised:
        package.publish(by_dav(dav), row(), files(html()), tmp_path)
    assert PASSWORD not in str(raised.value)
    dav.fault = None
    package.publish(by_dav(dav), row(), files(html()), tmp_path)
    assert landed(dav.root / "webb")["uppfoljning-2021-T1/index.html"] == html()


def test_a_folder_that_does_not_exist_is_named(dav: Dav, tmp_path: Path) -> None:
    """The folder itself is the owner's to make; a slip in its name makes no new one."""
    with pytest.raises(Refused, match="webb finns inte som mapp"):
        package.publish(by_dav(dav), row(), files(html()), tmp_path)
    assert landed(dav.root) == {}


def test_a_lost_answer_is_delivered_again(dav: Dav, tmp_path: Path) -> None:
    """The server took the page and the line broke: the repeat finds it there and goes on."""
    (dav.root / "webb").mkdir()
    done: list[str] = []

    def lose(environ: dict[str, str]) -> str | None:
        last = environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].endswith("index.html") and not done
        if last:
            done.append("lost")
            (dav.root / "webb/uppfoljning-2021-T1/index.html").write_bytes(html())
            return "502 Bad Gateway"
        return None

    dav.fault = lose
    with pytest.raises(Unavailable):
        package.publish(by_dav(dav), row(), files(html()), tmp_path)
    package.publish(by_dav(dav), row(), files(html()), tmp_path)
    assert {o.name for o in files(html())} <= set(landed(dav.root / "webb"))


def test_a_server_that_keeps_half_is_told(dav: Dav, tmp_path: Path) -> None:
    """A write that the server says it took but didn't is seen before anything is handed over."""
    (dav.root / "webb/uppfoljning-2021-T1").mkdir(parents=True)

    def half(environ: dict[str, str]) -> str | None:
        if environ["REQUEST_METHOD"] == "PUT" and environ["PATH_INFO"].endswith("index.html"):
            (dav.root / "webb/uppfoljning-2021-T1/index.html").write_bytes(html()[:40])
            return "201 Created"
        return None

    dav.fault = half
    with pytest.raises(Unavailable, match="blev inte som den sändes"):
        package.publish(by_dav(dav), row(), files(html()), tmp_path)


def test_no_server_and_a_wrong_password(dav: Dav, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody there is unavailable, a wrong password refused; neither message nor log nor repr shows it."""
    caplog.set_level(logging.DEBUG)
    wrong = site(folder=None, base_url=dav.url, secrets={"username": "paket", "password": "fel-hemlighet"})
    with pytest.raises(Refused, match="släpper inte in oss") as refused:
        package.publish(wrong, row(), files(html()), tmp_path)
    closed = wrong.model_copy(update={"base_url": "http://127.0.0.1:9/webb"})
    with pytest.raises(Unavailable, match="svarar inte") as away:
        package.publish(closed, row(), files(html()), tmp_path)
    shown = f"{refused.value!r} {away.value!r} {caplog.text} {wrong!r}"
    assert "fel-hemlighet" not in shown and base64.b64encode(b"paket:fel-hemlighet").decode() not in shown


def test_a_package_lands_whole_by_sftp(ssh: Ssh, tmp_path: Path) -> None:
    """Files appear by rename, a repeat leaves them alone, edition 2 replaces edition 1, and no temporary file stays."""
    channel, root = by_ssh(ssh, tmp_path), tmp_path / "webb"
    assert package.check(channel) == []
    receipt = package.publish(channel, row(), files(html()), tmp_path)
    assert receipt.state == "handed_over"
    found = landed(root)
    assert {o.name: o.body for o in files(html())}.items() <= found.items()
    assert not [name for name in found if name.endswith(".tmp")]
    times = {p: p.stat().st_mtime_ns for p in root.rglob("*.*")}
    package.publish(channel, row(), files(html()), tmp_path)
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*.*")} == times
    left = root / "uppfoljning-2021-T1/.index.html.0123456789abcdef.tmp"
    left.write_bytes(b"half")
    package.publish(channel, row(2), files(html(2), "2021-06-01T10:00:00Z"), tmp_path)
    assert landed(root)["uppfoljning-2021-T1/index.html"] == html(2) and not left.exists()
    with pytest.raises(Refused, match="redan utgåva 2"):
        package.publish(channel, row(), files(html()), tmp_path)


def test_sftp_believes_no_other_host_key_and_no_other_user(ssh: Ssh, tmp_path: Path) -> None:
    """A changed key, a key of another kind and a stranger's private key are refused before a file is sent."""
    stranger = paramiko.Ed25519Key.from_private_key_file(str(_key_file(tmp_path, ssh.other_key)))
    changed = f"ssh-ed25519 {stranger.get_base64()}"
    with pytest.raises(Refused, match="en annan nyckel"):
        package.publish(by_ssh(ssh, tmp_path, options={"host_key": changed}), row(), files(html()), tmp_path)
    other_kind = f"ssh-rsa {paramiko.RSAKey.generate(2048).get_base64()}"
    with pytest.raises(Refused, match=r"nyckel"):
        package.publish(by_ssh(ssh, tmp_path, options={"host_key": other_kind}), row(), files(html()), tmp_path)
    keys = {"username": ssh.username, "private_key": ssh.other_key}
    with pytest.raises(Refused, match="släpper inte in oss") as raised:
        package.publish(by_ssh(ssh, tmp_path, secrets=keys), row(), files(html()), tmp_path)
    assert "PRIVATE KEY" not in repr(raised.value) and not (tmp_path / "webb").exists()


def test_sftp_to_a_place_that_cannot_be_written(ssh: Ssh, tmp_path: Path) -> None:
    """A file in the folder's place is refused or told; a closed port is unavailable."""
    (tmp_path / "webb").write_text("en fil")
    with pytest.raises(Trouble):
        package.publish(by_ssh(ssh, tmp_path), row(), files(html()), tmp_path)
    with pytest.raises(Unavailable, match="går inte att nå"):
        package.publish(by_ssh(ssh, tmp_path, base_url="sftp://127.0.0.1:9/x"), row(), files(html()), tmp_path)


def test_sftp_to_a_server_that_hangs_or_hangs_up(ssh: Ssh, tmp_path: Path) -> None:
    """A server that says nothing, or breaks the line, is unavailable within the time limit."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"sftp://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(Unavailable):
            package.publish(by_ssh(ssh, tmp_path, base_url=url, timeout_seconds=0.3), row(), files(html()), tmp_path)

        def hang_up() -> None:
            with suppress(OSError):
                while True:
                    silent.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(Unavailable):
            package.publish(by_ssh(ssh, tmp_path, base_url=url, timeout_seconds=2), row(), files(html()), tmp_path)


def test_check_names_each_wrong_key() -> None:
    """Both places at once, an unsafe address, missing and unknown keys: each is told in Swedish, by its name."""
    both = package.check(site(base_url="https://dav.exempelby.se/x"))
    assert any("antingen folder" in p for p in both)
    plain = package.check(site(folder=None, base_url="http://dav.exempelby.se/x", secrets={"user": "x"}))
    assert [w for w in ("https://", "secrets.username", "secrets.password", "secrets.user är okänd") if w] == [
        w
        for w in ("https://", "secrets.username", "secrets.password", "secrets.user är okänd")
        if w in "\n".join(plain)
    ]
    sftp = "\n".join(package.check(site(folder=None, base_url="sftp://sftp.exempelby.se/x", options={"fel": 1})))
    for word in ("secrets.username", "secrets.private_key", "options.host_key", "options.fel"):
        assert word in sftp
    keys = {"username": "x", "private_key": "skräp"}
    sftp = "\n".join(
        package.check(site(folder=None, base_url="sftp://x@y:z/", secrets=keys, options={"host_key": "y"}))
    )
    assert "base_url" in sftp and "hela nyckelns text" in sftp and "skräp" not in sftp
    with pytest.raises(Refused, match="antingen folder"), _shelf.opened(site(folder=None), Path()):
        pass


def _key_file(folder: Path, text: str) -> Path:
    path = folder / "stranger"
    path.write_text(text)
    path.chmod(0o600)
    return path
