"""Real identity providers on loopback: the certified npm package oidc-provider, installed once."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import absent

HERE = Path(__file__).parent / "openid"
CLIENT, SECRET = "lofteskollen", "bara-for-prov-pa-den-egna-datorn"


def installed() -> Path:
    """Return the folder where the locked package is installed (`make npm` does it too); without npm it skips."""
    if shutil.which("npm") is None:
        absent("npm is not installed")
    if not (HERE / "node_modules" / "oidc-provider" / "package.json").exists():
        command = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, check=False, cwd=HERE, capture_output=True, text=True, timeout=180)
        if done.returncode:
            absent(f"npm could not install oidc-provider: {done.stderr[-300:]}")
    return HERE


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
