"""Real identity providers on loopback: the certified npm package oidc-provider, installed once."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import absent

HERE = Path(__file__).parent / "openid"
CACHE = Path(__file__).parents[2] / "var" / "npm"
CLIENT, SECRET = "lofteskollen", "bara-for-prov-pa-den-egna-datorn"


def installed() -> Path:
    """Return the folder where the pinned package is installed; a machine without npm skips."""
    if shutil.which("npm") is None:
        absent("npm is not installed")
    wanted = HERE / "package.json"
    folder = CACHE / f"openid-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=CACHE))
        shutil.copy(wanted, fresh)
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        done = subprocess.run(command, check=False, cwd=fresh, capture_output=True, text=True, timeout=180)
        if done.returncode:
            shutil.rmtree(fresh)
            absent(f"npm could not install oidc-provider: {done.stderr[-300:]}")
        try:
            # Two test processes may have installed at once: one of them gives the folder its name.
            fresh.rename(folder)
        except OSError:
            shutil.rmtree(fresh)
    shutil.copy(HERE / "provider.mjs", folder)
    return folder


@contextmanager
def provider(
    folder: Path, *, ours: str, key: str, people: Mapping[str, Mapping[str, Any]], in_id_token: bool
) -> Iterator[str]:
    """Run one provider and give its issuer; `ours` is the application's address, `key` the provider's id there."""
    client = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": [f"{ours}/logga-in/{key}/svar"],
        "post_logout_redirect_uris": [f"{ours}/logga-in"],
        "scope": "openid profile email groups",
    }
    settings = {"port": 0, "client": client, "people": people, "inIdToken": in_id_token}
    command = ["node", "provider.mjs", json.dumps(settings)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.match(r"ready (http://127\.0\.0\.1:\d+)", said)
        assert found, f"the provider did not start: {said!r}"
        yield found[1]
    finally:
        process.terminate()
        process.wait(10)
