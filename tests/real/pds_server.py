"""A real Bluesky PDS on loopback: the npm package @atproto/pds with its account directory, installed once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.conftest import absent

HERE = Path(__file__).parent / "pds"
CACHE = Path(__file__).parents[2] / "var" / "npm"


def installed() -> Path:
    """Return the folder where the pinned packages are installed; a machine without npm or a compiler skips."""
    for command in ("node", "npm", "g++", "make"):
        if shutil.which(command) is None:
            absent(f"{command} is not installed")
    wanted = HERE / "package.json"
    folder = CACHE / f"pds-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]}"
    if folder.exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=CACHE))
    shutil.copy(wanted, fresh)
    _npm(fresh, "install", "--no-package-lock", "--ignore-scripts")
    # Its SQLite is compiled here where no ready one can be had: 17 s like this, a minute when optimised.
    _npm(fresh, "rebuild", "better-sqlite3")
    try:
        # Two test processes may have installed at once: one of them gives the folder its name.
        fresh.rename(folder)
    except OSError:
        shutil.rmtree(fresh)
    return folder


def _npm(folder: Path, *what: str) -> None:
    environment = {**os.environ, "CFLAGS": "-O0", "CXXFLAGS": "-O0", "JOBS": "2"}
    command = ["npm", *what, "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        shutil.rmtree(folder)
        absent(f"npm {what[0]} failed: {done.stderr[-300:]}")


@contextmanager
def running(data: Path) -> Iterator[str]:
    """Run a PDS whose accounts and posts lie in `data`, and give its address."""
    command = ["node", HERE / "start.cjs", installed(), data]
    with subprocess.Popen(
        list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said, "the PDS did not start"
            yield json.loads(said)["pds"]
        finally:
            process.terminate()


def account(url: str, handle: str, password: str) -> str:
    """Create an account and return its id (did)."""
    body = {"handle": handle, "email": f"{handle}@example.com", "password": password}
    made = requests.post(f"{url}/xrpc/com.atproto.server.createAccount", json=body, timeout=20)
    made.raise_for_status()
    did: str = made.json()["did"]
    return did
