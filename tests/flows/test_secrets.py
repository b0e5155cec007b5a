"""No key is ever told: a year with every kind of channel failing in the nastiest way, and every byte looked through."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

import config as configuration

SHIPPED = configuration.SHIPPED
SAMPLE = SHIPPED / "samples" / "strangnas-2021"
# Variables that hold keys in the shipped file of Strängnäs, found by their names; each gets a value of its own.
NAMES = sorted(
    set(re.findall(r"LOFTESKOLL_\w+", (SHIPPED / "municipalities" / "strangnas.toml").read_text(encoding="utf-8")))
)
KEYS = [
    n for n in NAMES if re.search(r"SECRET|TOKEN|PASSWORD|CONSUMER_KEY|PRIVATE_KEY|USERNAME|OPTIMIZELY_CLIENT_ID", n)
]
# Nobody's key: the bytes 0 to 31.
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
STATUSES = (500, 403, 401, 400, 422, 200, 404, 429)


class _Echo(BaseHTTPRequestHandler):
    """Answers whatever comes with an error that repeats the request, keys and all."""

    turns = count()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        said = f"{self.path} {dict(self.headers)} {body[:4000]}"
        texts = dict.fromkeys(("message", "detail", "title", "error_description", "code"), said)
        answer = json.dumps({**texts, "error": {"message": said}, "errors": [{"message": said, "detail": said}]})
        self.send_response(STATUSES[next(self.turns) % len(STATUSES)], re.sub(r"[^ -~]", "?", said)[:500])
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer.encode())

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PROPFIND = do_MKCOL = do_PATCH = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Keep still."""


@contextmanager
def echo() -> Iterator[int]:
    """Serve it and give its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def folder_of(place: Path, role: str) -> None:
    """Lay the sample year's folder with every channel of one role that the shipped file has switched off, on.

    Posts wait for their pages, so those come beside the sample's own sites, and the other ways to a site without.
    """
    (place / "municipalities").mkdir(parents=True)
    for file in SAMPLE.iterdir():
        if file.is_file():
            shutil.copy(file, place)
    head, *own = (SAMPLE / "municipalities" / "strangnas.toml").read_text(encoding="utf-8").split("[[channel]]")
    blocks = [block for block in own if role == "post" and 'role = "site"' in block]
    for block in (SHIPPED / "municipalities" / "strangnas.toml").read_text(encoding="utf-8").split("[[channel]]")[1:]:
        name = re.search(r'id = "([\w.-]+)"', block)
        if name and "enabled = false" in block and f'role = "{role}"' in block:
            on = block.replace("enabled = false", "enabled = true").replace("private_key", "password")
            blocks.append(re.sub(r'address = "https://[^/]+', f'address = "https://{name[1]}.example.com', on))
    base = (SHIPPED / "municipalities" / "strangnas.toml").as_posix()
    text = "[[channel]]".join([head, *blocks]).replace("../../../municipalities/strangnas.toml", base)
    notify = '\n[[notify]]\nname = "Polisen"\nparty = "police"\nurl = "${LOFTESKOLL_NOTIFY}"\n'
    (place / "municipalities" / "strangnas.toml").write_text(text + notify, encoding="utf-8")
    shutil.copy(SHIPPED / "alarms.toml", place)


def told_in(file: Path) -> Iterator[bytes]:
    """Yield what a file holds; of a database also each value by itself, since a long one lies in pieces."""
    if file.exists():  # a database's journal goes into it when it is opened
        yield file.read_bytes()
    if file.suffix == ".db":
        with closing(sqlite3.connect(file)) as db:
            db.text_factory = bytes
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in db.execute(f'SELECT * FROM "{table.decode()}"'):
                    yield b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in row)


# Everything of ours and of every library at DEBUG, but for what fills a disk with the ephemeral server's own questions.
AT_DEBUG = """
import logging
import prefect
from flows.__main__ import main
for name in ("", "prefect"):
    logging.getLogger(name).setLevel("DEBUG")
for name in ("PIL", "aiosqlite", "asyncio", "prefect.events", "websockets"):
    logging.getLogger(name).setLevel("INFO")
"""
# What schedules and people do after the year: look again, tell of alarms, ask for the state and for the decisions.
AFTERWARDS = """
from flows.watch import alarm, watch
import config
for command in (["check-config"], ["publish"], ["status"]):
    main(command)
alarm(), watch(), print(repr(config.load()))
"""


@pytest.mark.parametrize("role", ["post", "site"])
def test_no_key_is_told_anywhere(tmp_path: Path, role: str) -> None:
    """Logs at DEBUG, Prefect's database with logs and artifacts, our database, alarms, pages, what was printed."""
    folder_of(tmp_path / "beslut", role)
    keys = {name: f"hemlig-{n}-{name[-9:].lower()}-7Zq" for n, name in enumerate(KEYS)}
    with echo() as port:
        here = f"http://127.0.0.1:{port}"
        # X's tokens begin with the account's number.
        keys["LOFTESKOLL_X_ACCESS_TOKEN"] = f"1234-{keys['LOFTESKOLL_X_ACCESS_TOKEN']}"
        keys["LOFTESKOLL_NOTIFY"] = f"json://larm:hemlig-notify-7Zq@127.0.0.1:{port}/hemlig-krok-7Zq"
        keys["LOFTESKOLL_ALARM_URL"] = f"form://127.0.0.1:{port}/hemlig-vag-7Zq?+X-Token=hemlig-rad-7Zq"
        env = {k: v for k, v in os.environ.items() if not k.startswith(("LOFTESKOLL_", "PREFECT_"))}
        env |= {n: here for n in NAMES if n.endswith("_URL")}
        env |= {"LOFTESKOLL_SFTP_URL": f"sftp://127.0.0.1:{port}/~/x", "LOFTESKOLL_SFTP_HOST_KEY": HOST_KEY}
        env |= {n: f"https://{n.lower().replace('_', '-')}.example.com" for n in NAMES if n.endswith("_ISSUER")}
        env |= {n: "loftet" for n in NAMES if n.endswith("CLIENT_ID") and n not in KEYS}
        env |= {"LOFTESKOLL_FACEBOOK_PAGE": "1234"} | configuration.prefect_environment(tmp_path / "var" / "prefect")
        # Prefect sets the levels again when a run begins.
        env |= {"PREFECT_LOGGING_LEVEL": "DEBUG", "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG"}
        (tmp_path / "keys").mkdir()
        for name, value in keys.items():
            # As container secrets come: a file with a line end, its place in the environment.
            (tmp_path / "keys" / name).write_text(f"{value}\n", encoding="utf-8")
            env[f"{name}_FILE"] = str(tmp_path / "keys" / name)
        printed = run(tmp_path, env, "-c", f"{AT_DEBUG}main(['sample', '--config', 'beslut'])")
        env |= {"LOFTESKOLL_CONFIG": str(tmp_path / "beslut"), "LOFTESKOLL_DATABASE": "sqlite:///var/sample.db"}
        env |= {"LOFTESKOLL_LOG": str(tmp_path / "var" / "log")}
        printed += run(tmp_path, env, "-c", AT_DEBUG + AFTERWARDS)
    (tmp_path / "printed.txt").write_text(printed, encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "var" / "sample.db")) as db:
        tried = dict(db.execute("SELECT channel, max(attempt) FROM publications GROUP BY channel").fetchall())
    assert len(tried) == (6 if role == "post" else 4) and all(tried.values()), tried
    assert "DEBUG" in printed and '"outcome": "raised-untold"' in journal(tmp_path)
    found = {(name, str(file.relative_to(tmp_path))) for file in written(tmp_path) for name in told(file, keys)}
    assert not found


def run(folder: Path, env: dict[str, str], *command: str) -> str:
    """Run Python in the folder and return everything it said."""
    done = subprocess.run([sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def journal(folder: Path) -> str:
    """Everything in the journal."""
    return "".join(p.read_text(encoding="utf-8") for p in (folder / "var" / "log").glob("*.jsonl"))


def written(folder: Path) -> list[Path]:
    """Every file that the runs left; not the keys' own files, nor the decisions that name them."""
    return [p for p in folder.rglob("*") if p.is_file() and not {"keys", "beslut"} & set(p.relative_to(folder).parts)]


def told(file: Path, keys: dict[str, str]) -> set[str]:
    """Return whose keys a file tells, as they are, in an address, or as basic authentication wraps them."""
    parts = {n: set(re.findall(r"hemlig-[\w-]+7Zq", value)) for n, value in keys.items()}
    users = [v for n, v in keys.items() if n.endswith("USERNAME")]
    seen: set[str] = set()
    for text in told_in(file):
        for name, values in parts.items():
            wrapped = [base64.b64encode(f"{u}:{v}".encode())[-16:] for u in users for v in values]
            if any(v.encode() in text or quote(v).encode() in text for v in values) or any(w in text for w in wrapped):
                seen.add(name)
    return seen
