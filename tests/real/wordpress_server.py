"""A real WordPress on loopback: Debian's package, PHP's own server and a MariaDB of its own, in a folder of its own.

Started once for a test run, stopped by process id; nothing of it stays.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests

HERE = Path(__file__).parent
PACKAGE = Path("/usr/share/wordpress")
THEME = "twentytwentythree"
_CONFIG = """<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'wordpress' );
define( 'DB_PASSWORD', 'bara-lokalt' );
define( 'DB_HOST', 'localhost:{socket}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_ENVIRONMENT_TYPE', 'local' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_DEBUG', false );
define( 'WP_HOME', '{url}' );
define( 'WP_SITEURL', '{url}' );
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {{
    define( 'ABSPATH', __DIR__ . '/' );
}}
require_once ABSPATH . 'wp-settings.php';
"""


@dataclass(frozen=True)
class WordPress:
    """A running site and the accounts on it: role → name and application password."""

    url: str
    site: Path
    accounts: Mapping[str, tuple[str, str]]

    def php(self, code: str) -> str:
        """Run PHP inside WordPress, as somebody in its own screens would, and return what it prints."""
        start = "$_SERVER['HTTP_HOST']='x';$_SERVER['SERVER_PROTOCOL']='HTTP/1.1';$_SERVER['REQUEST_METHOD']='GET';"
        load = f"require {str(self.site / 'wp-load.php')!r};"
        done = subprocess.run(
            ["php", "-r", start + load + code], capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout


def missing() -> str:
    """Return what is not installed of the things that a real WordPress needs; empty when all is there."""
    programs = ["php", "mariadbd", "mariadb-install-db"]
    lacking = [name for name in programs if shutil.which(name, path=_path()) is None]
    if not (PACKAGE / "wp-load.php").is_file():
        lacking.append("wordpress")
    if not (PACKAGE / "wp-content/themes" / THEME).is_dir():
        lacking.append(f"wordpress-theme-{THEME}")
    return ", ".join(lacking)


@contextmanager
def wordpress(work: Path) -> Iterator[WordPress]:
    """Install and run a site in `work`; both processes end with the block, however it ends."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    site = work / "site"
    shutil.copytree(PACKAGE, site, symlinks=False, ignore=shutil.ignore_patterns(".htaccess"))
    for name in ("wordpress_install.php", "wordpress_router.php"):
        shutil.copy(HERE / name, site / name)
    # A socket's path may have 107 bytes, and a test's folder is deep.
    link = Path(tempfile.gettempdir()) / f"lofteskoll-{os.getpid()}-{port}.sock"
    (site / "wp-config.php").write_text(_CONFIG.format(socket=link, url=url), encoding="utf-8")
    with _mariadb(work / "db", link), _php(site, port, work / "php.log"):
        install = ["php", str(site / "wordpress_install.php"), url, THEME]
        done = subprocess.run(install, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        accounts = json.loads(done.stdout[done.stdout.index("{") :])
        _wait(lambda: requests.get(f"{url}/wp-json/", timeout=20).status_code == 200, "WordPress")
        yield WordPress(url, site, {role: (name, key) for role, (name, key) in accounts.items()})


@contextmanager
def _mariadb(data: Path, link: Path) -> Iterator[None]:
    environment = {**os.environ, "PATH": _path()}
    user = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
         "--auth-root-authentication-method=normal", *user],
        check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip
    start = data / "start.sql"
    start.write_text(
        "CREATE DATABASE wordpress CHARACTER SET utf8mb4;\n"
        "GRANT ALL ON wordpress.* TO wordpress@localhost IDENTIFIED BY 'bara-lokalt';\n"
    )
    command = [
        "mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={link}", f"--pid-file={data}/pid",
        "--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M",
        f"--init-file={start}", *user,
    ]  # fmt: skip
    with (data / "log").open("wb") as log, _running(command, log, environment):
        _wait(link.exists, "MariaDB")
        try:
            yield
        finally:
            link.unlink(missing_ok=True)


@contextmanager
def _php(site: Path, port: int, log: Path) -> Iterator[None]:
    environment = {**os.environ, "PHP_CLI_SERVER_WORKERS": "4"}
    command = [
        "php", "-d", "opcache.enable_cli=1", "-d", "upload_max_filesize=16M", "-d", "post_max_size=16M",
        "-S", f"127.0.0.1:{port}", "-t", str(site), str(site / "wordpress_router.php"),
    ]  # fmt: skip
    with log.open("wb") as out, _running(command, out, environment):
        yield


@contextmanager
def _running(command: list[str], log: object, environment: Mapping[str, str]) -> Iterator[None]:
    """Run a process in a group of its own, and end that group: PHP's server has children."""
    process = subprocess.Popen(
        command,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _wait(ready: object, what: str) -> None:
    for _ in range(300):
        with suppress(requests.RequestException):
            if ready():
                return
        time.sleep(0.1)
    raise RuntimeError(f"{what} did not start")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
