"""A real Chromium, and the application served on a free loopback port."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copy, which

import pytest
from playwright.sync_api import Browser, sync_playwright

import config
from flows.review.app import server
from tasks.store import Store
from tests.browser.autumn import Autumn
from tests.browser.visiting import SHOTS, Site
from tests.conftest import absent
from tests.reviewing import House, house

_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=sv",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium; a machine without it skips.

    One for each file, not for all: Playwright's event loop runs as long as it is open, and no test that calls
    asyncio.run could follow in the same process.
    """
    program = which("chromium")
    if program is None:
        absent("chromium is not installed")
    SHOTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(_SWITCHES))
        yield running
        running.close()


@pytest.fixture
def site(browser: Browser, sqlite_store: Store) -> Iterator[Site]:
    """The application with one open draft and one question, in May."""
    with served(browser, house(config.load(), sqlite_store)) as found:
        yield found


@pytest.fixture(scope="session")
def autumn_file(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> tuple[Path, Autumn]:
    """A database with a spring and a summer in it, made once."""
    folder = tmp_path_factory.mktemp("autumn")
    made = Autumn(folder, Store(f"sqlite:///{copy(migrated_file, folder / 'autumn.db')}"))
    made.store.close()
    return folder / "autumn.db", made


@pytest.fixture(scope="module")
def autumn(browser: Browser, autumn_file: tuple[Path, Autumn]) -> Iterator[Site]:
    """The application in September, for tests that only look."""
    with served(browser, autumn_file[1].home) as found:
        yield found


@contextmanager
def served(browser: Browser, home: House) -> Iterator[Site]:
    """Serve a house from a thread of this process."""
    running = server(home.app, port=0)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started and thread.is_alive():
        time.sleep(0.02)
    port = running.servers[0].sockets[0].getsockname()[1]
    site = Site(browser, f"http://127.0.0.1:{port}", home)
    yield site
    site.close()
    running.should_exit = True
    thread.join(5)
