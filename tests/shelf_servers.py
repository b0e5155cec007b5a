"""Real servers for packages on loopback: WsgiDAV under cheroot, and OpenSSH's own sshd as a process of ours."""

from __future__ import annotations

import getpass
import gzip
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cheroot.wsgi import Server
from wsgidav.wsgidav_app import WsgiDAVApp

PASSWORD = "vår-hemlighet-på-loopback"


@dataclass
class Dav:
    """A running WebDAV server over a folder; `faults` answer the next calls of a method instead of the server."""

    url: str
    root: Path
    calls: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    # Called with the WSGI environment; returns a status to answer with, or None to go on.
    fault: Callable[[dict[str, Any]], str | None] | None = None
    # True: answers are packed for who takes it, with a tag of their own, as Apache's mod_deflate does.
    packs: bool = False


@contextmanager
def webdav(root: Path) -> Iterator[Dav]:
    """Serve a folder over WebDAV to the one account `paket`."""
    root.mkdir(parents=True, exist_ok=True)
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/": str(root)},
            "simple_dc": {"user_mapping": {"*": {"paket": {"password": PASSWORD}}}},
            "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
            "dir_browser": {"enable": False},
            "logging": {"enable": False},
            "verbose": 0,
        }
    )
    running = Dav("", root)

    def watched(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        conditions = {k: v for k, v in environ.items() if k in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")}
        running.calls.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], conditions))
        status = running.fault(environ) if running.fault else None
        if status:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(status, [("Content-Length", "0")])
            return [b""]
        if running.packs and environ["REQUEST_METHOD"] == "GET" and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            return _packed(app, environ, start)
        return app(environ, start)

    server = Server(("127.0.0.1", 0), watched, numthreads=2)
    server.prepare()
    running.url = f"http://127.0.0.1:{server.bind_addr[1]}"
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.stop()
        thread.join(5)


def _packed(app: Callable[..., Any], environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    said: list[Any] = []
    parts = app(environ, lambda status, headers, *_: said.extend([status, headers]))
    body = gzip.compress(b"".join(parts))
    told = {name.title(): value for name, value in said[1]}
    if "Etag" in told:
        told["Etag"] = f'{told["Etag"][:-1]}-gzip"'
    start(said[0], list({**told, "Content-Encoding": "gzip", "Content-Length": str(len(body))}.items()))
    return [body]


@dataclass
class Ssh:
    """A running sshd: where it is, its key, and the text of the one private key that it lets in."""

    url: str
    host_key: str
    private_key: str
    username: str
    other_key: str


def sshd_path() -> str | None:
    """Return where sshd is installed, None when it isn't."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def sshd(work: Path) -> Iterator[Ssh]:
    """Run OpenSSH's sshd with a configuration of its own; files lie where the client puts them."""
    program = sshd_path()
    assert program
    work.mkdir(parents=True, exist_ok=True)
    for name in ("host", "user", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(work / name)], check=True)
    (work / "authorized").write_text((work / "user.pub").read_text())
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(parents=True, exist_ok=True)  # sshd's own requirement when root starts it
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (work / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {work}/host\nPidFile none\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {work}/authorized\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n"
        "Subsystem sftp internal-sftp\n"
    )
    with (work / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(work / "sshd_config")], stderr=log)
    try:
        _wait_for(port, process, work / "log")
        yield Ssh(
            f"sftp://127.0.0.1:{port}",
            " ".join((work / "host.pub").read_text().split()[:2]),
            (work / "user").read_text(),
            getpass.getuser(),
            (work / "stranger").read_text(),
        )
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(log.read_text())
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"sshd doesn't answer: {log.read_text()}")
