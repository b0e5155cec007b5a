"""What keeps the review application quick: nothing is read or sent twice that can't have changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

import config
from flows.review.app import create_app
from flows.review.assets import Assets
from tasks.store import Store, drafts
from tests import bench, bench_review
from tests.bench_review_house import PROMISE, SAMPLE, stock
from tests.bench_reviewers import MIXTURE, Diary, Saved
from tests.reviewing import Clock, House, house

pytestmark = pytest.mark.slow


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[House]:
    """The application over the sample year: one period sent, two drafts, questions."""
    url = f"sqlite:///{tmp_path / 'sample.db'}"
    stock(url, tmp_path)
    decided, store, clock = config.load(SAMPLE, url), Store(url), Clock()
    clock.moment = datetime(2022, 1, 18, 9, tzinfo=UTC)
    yield House(create_app(decided, store, demo=True, secret="test", now=clock), decided, store, clock, 3)
    store.close()


def test_the_bench_sees_no_error_and_no_lost_text(capsys: pytest.CaptureFixture[str]) -> None:
    """A short run: everyone clicks, some save, the report says the mixture and ends with one line of JSON."""
    assert bench.main(["review", "--seconds", "3", "--reviewers", "8", "--think", "0.5", "--databases", "sqlite"]) == 0
    *report, last = capsys.readouterr().out.splitlines()
    assert all(f"{kind} {share} %" in "\n".join(report) for kind, share in MIXTURE.items())
    found = json.loads(last)
    for key in ("sqlite_think", "sqlite_closed"):
        row = found[key]
        assert row["requests"] > 20 and row["saved"] > 0
        assert row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
        goals = found["goals"][key]
        assert goals["no_error"] and goals["own_host"] and goals["light"], (row, report)
        assert ("p99" in goals) is key.endswith("_think")


def test_every_page_of_the_sample_year_is_light(sample: House) -> None:
    """With its style and icon a page weighs at most 100 kB, however many questions are open."""
    visitor = sample.signed_in("demo-polis")
    style = sum(len(visitor.get(f"/static/{name}").content) for name in ("review.css", "review.js", "icon.svg"))
    draft = "/utkast/3"
    paths = ["/", draft, f"{draft}/siffra/c5.held", f"{draft}/jamfor", "/fragor", "/publiceringar", "/rapportera"]
    for path in [*paths, f"/historik/{PROMISE}/2021-T3"]:
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        assert len(answer.content) + style <= 100_000, (path, len(answer.content), style)
    asked = visitor.get("/fragor").text
    count = re.search(r"(\d+) öppna frågor", asked)
    assert count and len(re.findall(r'<article [^>]*id="fraga-\d+"', asked)) == 5
    assert f"{int(count[1]) - 5} till visas när du har svarat" in asked


def test_the_bench_would_notice_a_lost_text(tmp_path: Path) -> None:
    """A save that the application has no trace of, and two on top of the same version, are both found."""
    url = f"sqlite:///{tmp_path / 'bench.db'}"
    stock(url, tmp_path)
    store = Store(url)
    never = Saved(2, 1, "sida:lead", "Ord som aldrig sparades. Tillägg a-b.")
    found = bench_review.lost_texts(store, Diary(saved=[never, never]))
    store.close()
    assert any("redan var ändrad" in f for f in found)
    assert any("historiken har 0 ändringar" in f for f in found)
    assert any("står inte kvar" in f for f in found) and any("kom aldrig med" in f for f in found)


def test_a_frozen_followup_is_read_once(sqlite_store: Store) -> None:
    """Two readings give the very same object; it is found by the hash of its content, not by its number."""
    home = house(config.load(), sqlite_store)
    first, second = home.draft(), home.draft()
    assert first.followup is second.followup
    with sqlite_store.reading() as db:
        sha256 = first.followup.sha256
        assert drafts.snapshot(db, first.promise, first.period, sha256) is first.followup
        assert drafts.snapshot(db, first.promise, first.period, "0" * 64) is None


def test_a_busy_store_keeps_its_log_open(migrated_file: Path, tmp_path: Path) -> None:
    """SQLite's log outlives a reading: with the last connection it would be written back and deleted."""
    file = tmp_path / "busy.db"
    file.write_bytes(migrated_file.read_bytes())
    for busy in (True, False):
        store = Store(f"sqlite:///{file}", busy=busy)
        with store.reading() as db:
            drafts.headings(db)
        assert file.with_name("busy.db-wal").exists() is busy
        store.close()


def test_own_files_are_kept_until_they_change(tmp_path: Path) -> None:
    """The address with the content's hash is for ever, the bare one for minutes; a known one is not sent again."""
    (tmp_path / "stil.css").write_text("body { margin: 0 }")
    assets = Assets(tmp_path, "/static")
    client = TestClient(Starlette(routes=[Mount("/static", assets)]))
    answer = client.get(assets.address("stil.css"))
    assert answer.text == "body { margin: 0 }" and answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    bare = client.get("/static/stil.css")
    assert "immutable" not in bare.headers["cache-control"]
    again = client.get("/static/stil.css", headers={"if-none-match": bare.headers["etag"]})
    assert again.status_code == 304 and not again.content
    assert client.head("/static/stil.css").status_code == 200
    assert client.post("/static/stil.css").status_code == 405
    for path in ("/static/finns-inte.css", "/static/../stil.css", "/static/", "/static/%2e%2e/stil.css"):
        assert client.get(path).status_code == 404
    (tmp_path / "stil.css").write_text("body { margin: 1px }")
    assert Assets(tmp_path, "/static").address("stil.css") != assets.address("stil.css")


def test_every_page_names_its_style_by_hash(sqlite_store: Store) -> None:
    """So a browser fetches it once a version."""
    page = house(config.load(), sqlite_store).signed_in("demo-polis").get("/").text
    assert re.search(r'href="/static/review\.css\?v=[0-9a-f]{12}"', page)
