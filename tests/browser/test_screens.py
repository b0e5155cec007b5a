"""Every screen and every previewed page: no accessibility violation, nothing wider than the screen, all within reach.

axe-core looks at each of them in light and dark, on a desktop, on a phone and at twice the size (half the viewport);
a picture of each is left in tests/browser/shots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Page

from tasks.store import drafts
from tests.browser.visiting import AXE, DESKTOP, PHONE, Site, shot, violations
from tests.conftest import absent

# A desktop of 1280 × 800 at 200 %.
ZOOMED = {"width": 640, "height": 400}
SIZES: Mapping[str, dict[str, int]] = {"": DESKTOP, "mobil-": PHONE, "zoom-": ZOOMED}
TOWN, REPORTER, OPS = "Demo Kommun (godkänner)", "Demo Kommun (rapporterar)", "Demo Drift"
DRAFT = "/utkast/{draft}"
C5 = "/rapportera/strangnas-2021/c5"
# Who looks, at what; {draft} is the open draft, {sent} the one that was approved.
SCREENS: Mapping[str, tuple[str, str]] = {
    "oversikt": (TOWN, "/"),
    "utkast": (TOWN, DRAFT),
    "siffra": (TOWN, f"{DRAFT}/siffra/c5.held"),
    "jamfor": (TOWN, f"{DRAFT}/jamfor"),
    "utkast-klart": (TOWN, "/utkast/{sent}"),
    "publiceringar": (TOWN, "/publiceringar"),
    "historik": (TOWN, "/historik/strangnas-2021/2021-T2"),
    "fragor": (REPORTER, "/fragor"),
    "rapportera": (REPORTER, "/rapportera"),
    "rapport": (REPORTER, C5),
    "rapport-andra": (REPORTER, f"{C5}/{{report}}"),
    "rapport-fil": (REPORTER, "/rapportera-fil/strangnas-2021"),
    "oversikt-rapportor": (REPORTER, "/"),
    "oversikt-drift": (OPS, "/"),
    "drift": (OPS, "/drift/strangnas-2021/2021-T2"),
    "finns-inte": (OPS, "/finns-inte"),
    "far-inte": (REPORTER, "/publiceringar"),
    "logga-in": ("", "/logga-in"),
}


@pytest.fixture(scope="module", autouse=True)
def axe() -> None:
    """The accessibility checker must be there."""
    if not AXE.is_file():
        absent("axe-core is not installed (make npm)")


@pytest.fixture(scope="module")
def people(autumn: Site) -> dict[str, Page]:
    """One signed-in page for each who looks."""
    pages = {name: autumn.signed_in(name, has_touch=True) for name in (TOWN, REPORTER, OPS)}
    return {"": autumn.visitor(has_touch=True), **pages}


@pytest.fixture(scope="module")
def names(autumn: Site) -> dict[str, str]:
    """What the addresses' placeholders stand for."""
    with autumn.home.store.reading() as db:
        sent = next(h.id for h in drafts.headings(db) if h.period == "2021-T1")
    page = autumn.home.signed_in("demo-kommun-rapport").get("/rapportera").text
    report = page.split(f'href="{C5}/')[1].split('"')[0]
    return {"draft": str(autumn.home.draft_id), "sent": str(sent), "report": report}


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen(name: str, people: dict[str, Page], names: dict[str, str]) -> None:
    """In every size and scheme: no violation, no sideways scrolling, large enough to hit, a silent console."""
    who, path = SCREENS[name]
    page, said = people[who], list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.set_viewport_size(DESKTOP)
    page.goto(path.format(**names))
    for size, scheme in _ways(page):
        found = violations(page, scheme)
        assert not found, (name, size, scheme, found)
        width = SIZES[size]["width"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, size)
        assert not (small := page.evaluate(_SMALL)), (name, size, small)
        if size != "zoom-":
            shot(page, f"{size}{name}-{scheme}")
    missing = {"finns-inte": 404, "far-inte": 403}.get(name)
    assert all(str(missing) in text for text in said), said


def test_the_checker_sees_what_is_wrong(browser_page: Page) -> None:
    """A page with a picture without words, a faint text and an unnamed field to unfold doesn't pass."""
    hidden = "<details><summary>Mer</summary><input></details>"
    browser_page.set_content(f'<html><body><img src="x"><p style="color:#ccc">Blek</p>{hidden}</body></html>')
    found = {f["rule"] for f in violations(browser_page)}
    assert not browser_page.locator("details[open]").count()
    assert {"image-alt", "color-contrast", "label", "html-has-lang"} <= found


def test_the_previewed_pages(autumn: Site, browser_page: Page) -> None:
    """What will be published is as accessible as where it is approved: every page that a draft renders."""
    with autumn.home.store.reading() as db:
        made = drafts.rendered(db, autumn.home.draft_id, autumn.home.draft().revision)
    pages = {f"{o.channel}-{o.name}": o.body.decode() for o in made if o.media_type.startswith("text/html")}
    assert pages
    for name, body in pages.items():
        # A fragment is pasted into a page of the authority's own, which has a title, and style for its table rows.
        browser_page.goto("about:blank")
        browser_page.set_content(body if "<html" in body else _AROUND.format(body))
        for size, scheme in _ways(browser_page) if "<html" in body else [("", "light")]:
            found = violations(browser_page, scheme)
            assert not found, (name, size, scheme, found)
            assert browser_page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], (name, size)
            if size != "zoom-":
                shot(browser_page, f"{size}sida-{name.replace('/', '-')}-{scheme}")


_AROUND = """<!doctype html><html lang="sv"><head><meta name="viewport" content="width=device-width">
<title>Uppföljning</title><style>th, td {{ padding: 8px }}</style></head>
<body><main><h1>Uppföljning</h1>{}</main></body></html>"""


@pytest.fixture
def browser_page(autumn: Site) -> Page:
    """A page that nobody has signed in on."""
    return autumn.visitor()


def _ways(page: Page) -> Iterator[tuple[str, str]]:
    for size, viewport in SIZES.items():
        page.set_viewport_size(viewport)  # a width and a height
        # Colours are the same at twice the size.
        for scheme in ("light",) if size == "zoom-" else ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # one of its two
            yield size, scheme


# As tall as a thumb needs, but for ticks, which have a large label beside them.
_SMALL = """() => [...document.querySelectorAll('button, textarea, select, summary, input:not([type=hidden])')]
  .filter(e => e.checkVisibility())
  .map(e => [e, e.getBoundingClientRect().height])
  .filter(([e, height]) => height < (['checkbox', 'radio'].includes(e.type) ? 24 : 44))
  .map(([e, height]) => `${e.textContent || e.name}: ${height}`)"""
