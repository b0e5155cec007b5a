"""`lofteskoll up`: everything starts on loopback, offline, shows a draft, and stops cleanly."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether something answers on loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def rehearsed(browser: httpx.Client, board: str) -> str:
    """Press ops' button on the board's first period and return the page with its words."""
    path, csrf = re.search(r'href="(/drift/[^"]+)"', board), re.search(r'name="csrf" value="([^"]+)"', board)
    assert path and csrf, board
    origin = {"Origin": str(browser.base_url).rstrip("/")}
    asked = browser.post(path[1], data={"csrf": csrf[1], "vad": "prova"}, headers=origin, timeout=60)
    deadline = time.monotonic() + 60
    while "Visa resultatet" in asked.text and time.monotonic() < deadline:
        asked = browser.get(asked.url, timeout=60)
    return asked.text


def test_nothing_is_left_when_up_is_killed_outright(tmp_path: Path) -> None:
    """After kill -9 the kernel ends the children too: no server of a dead installation goes on."""
    port, prefect_port = free_port(), free_port()
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "LOFTESKOLL_"))}
    command = [sys.executable, "-m", "flows", "up", "--port", str(port), "--prefect-port", str(prefect_port)]
    with (tmp_path / "said.txt").open("wb") as out:
        child = subprocess.Popen(command, cwd=tmp_path, env=own, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 200
        while not listens(prefect_port) and time.monotonic() < deadline and child.poll() is None:
            time.sleep(0.2)
        assert listens(prefect_port), (tmp_path / "said.txt").read_text(encoding="utf-8")
    finally:
        child.kill()
        child.wait()
    deadline = time.monotonic() + 30
    while listens(prefect_port) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not listens(prefect_port)


def test_up_shows_a_draft_and_stops_cleanly(tmp_path: Path) -> None:
    """No source can be reached from a closed port: the drafts are there all the same, and say that it is unknown."""
    port, prefect_port = free_port(), free_port()
    nowhere = f"http://127.0.0.1:{free_port()}/"
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "LOFTESKOLL_"))}
    own |= {"LOFTESKOLL_POLICE_EVENTS": nowhere, "LOFTESKOLL_STRANGNAS_RSS": nowhere}
    # Where Prefect's runner would keep its work, another user of the machine has been before.
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "runner_storage").touch()
    own["TMPDIR"] = str(tmp_path / "tmp")
    command = [sys.executable, "-m", "flows", "up", "--demo-identities"]
    command += ["--port", str(port), "--prefect-port", str(prefect_port)]
    said = tmp_path / "said.txt"
    with said.open("wb") as out:
        child = subprocess.Popen(command, cwd=tmp_path, env=own, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 180
        while "Första genomgången klar: 3 nya utkast" not in said.read_text(encoding="utf-8"):
            assert child.poll() is None, said.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, said.read_text(encoding="utf-8")
            time.sleep(0.5)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True) as browser:
            page = browser.get("/").text
            assert "Demoläge" in page
            fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
            action = re.search(r'<form[^>]*action="([^"]+)"', page)
            assert action
            browser.post(action[1], data=fields, headers={"Origin": f"http://127.0.0.1:{port}"})
            board = browser.get("/").text
            link = re.search(r'href="(/utkast/\d+)', board)
            assert link, board
            draft = browser.get(link[1]).text
            assert "Trygghetsvandringar" in draft
            assert "uppgift saknas" in draft.casefold()
            assert "0 händelser till, 0 siffror ändras, 0 kanaler berörs." in rehearsed(browser, board)
        assert httpx.get(f"http://127.0.0.1:{prefect_port}/api/health").json() is True
        log, deadline = tmp_path / "var" / "log" / "flows.serve.log", time.monotonic() + 120
        while "polling for scheduled runs" not in log.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            assert "Traceback" not in log.read_text(encoding="utf-8"), log.read_text(encoding="utf-8")
            time.sleep(0.5)
        time.sleep(1)
        assert "Traceback" not in log.read_text(encoding="utf-8"), log.read_text(encoding="utf-8")
    finally:
        child.send_signal(signal.SIGINT)
        code = child.wait(60)
    assert code == 0, said.read_text(encoding="utf-8")
    assert not listens(port)
    assert not listens(prefect_port)
