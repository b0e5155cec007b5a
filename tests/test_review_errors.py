"""What somebody sees when something is wrong, and that foreign text stays text."""

from __future__ import annotations

import pytest

import config
from tasks.store import Store, drafts
from tests.reviewing import POLICE_WORDS, SCRIPT, House, house, token

pytestmark = pytest.mark.slow


@pytest.fixture
def home(sqlite_store: Store) -> House:
    """An application with one open draft."""
    return house(config.load(), sqlite_store)


@pytest.mark.parametrize("person", ["demo-polis", "demo-kommun", "demo-drift"])
def test_source_text_stays_text_and_free_text_at_home(home: House, person: str) -> None:
    """A script in a title is shown as written, and only the police read the police's own words."""
    visitor = home.signed_in(person)
    pages = [visitor.get(p) for p in (f"/utkast/{home.draft_id}/siffra/c5.not_counted", "/fragor", "/")]
    assert not any(SCRIPT in p.text for p in pages)
    assert "&lt;script&gt;" in pages[0].text
    assert not any("javascript:" in p.text for p in pages)
    walk = visitor.get(f"/utkast/{home.draft_id}/siffra/c5.held").text
    assert (POLICE_WORDS in walk) == (person == "demo-polis")


def test_every_page_says_that_it_is_a_demo(home: House) -> None:
    """The banner stands on every page, errors included."""
    visitor = home.signed_in("demo-polis")
    for path in ("/", f"/utkast/{home.draft_id}", "/fragor", "/publiceringar", "/finns-inte", "/logga-in"):
        assert "Inget här är godkänt av någon myndighet." in visitor.get(path).text, path


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/finns-inte", 404),
        ("/utkast/999", 404),
        ("/utkast/abc", 404),
        ("/utkast/99999999999999999999", 404),
        ("/utkast/1/siffra/c9.held", 404),
        ("/utkast/1/fil/1/polisen.se/..%2F..%2Fetc/passwd", 404),
        ("/historik/finns-inte/2021-T1", 404),
        ("/historik/strangnas-2021/2021-T9", 404),
        ("/fragor/svar", 405),
    ],
)
def test_errors_are_swedish_pages(home: House, path: str, status: int) -> None:
    """A wrong address gets a page in Swedish with a way back."""
    answer = home.signed_in("demo-polis").get(path)
    assert answer.status_code == status
    assert "Till översikten" in answer.text
    assert 'lang="sv"' in answer.text


def test_a_broken_page_shows_no_traceback(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What we didn't foresee becomes a plain page with the safety headers."""
    visitor = home.signed_in("demo-polis")

    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("hemlig detalj")

    monkeypatch.setattr(drafts, "draft", broken)
    answer = visitor.get(f"/utkast/{home.draft_id}")
    assert answer.status_code == 500
    assert "Något gick fel hos oss" in answer.text
    assert "hemlig" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_an_enormous_form_is_refused(home: House) -> None:
    """A body larger than any draft is not read to its end."""
    visitor = home.signed_in("demo-polis")
    fields = {"csrf": token(visitor.get("/")), "text:sida:c5": "x" * 1_100_000}
    assert visitor.post(f"/utkast/{home.draft_id}/text", data=fields).status_code == 413
