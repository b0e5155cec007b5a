"""What stands on the sites when no draft is open: each period, a correction and the notice of a retraction."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.test_screens import SIZES, _ways, axe
from tests.browser.visiting import shot, violations
from tests.following import composed, sample
from tests.test_opendata import CORRECTED, RETRACTED

__all__ = ["axe"]
MADE = {"t1": composed(*sample(1)), "t2": composed(*sample(2)), "rattad": CORRECTED, "aterkallad": RETRACTED}
# The page of a period in both forms, and the municipality's own page, on both sites.
SHOWN = {
    f"{name}-{output.channel}-{file}": output.body.decode()
    for name, made in MADE.items()
    for output in made
    for file in ("index", "lofte")
    if output.name.endswith(f"/{file}.html")
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWN)
def test_a_published_page(name: str, browser: Browser) -> None:
    """No violation in light and dark, on a desktop, on a phone and at twice the size, and nothing wider than that."""
    page = browser.new_page()
    page.set_content(SHOWN[name])
    page.evaluate("document.querySelectorAll('details').forEach(d => (d.open = true))")
    for size, scheme in _ways(page):
        found = violations(page, scheme)
        assert not found, (size, scheme, found)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], size
        if size != "zoom-":
            shot(page, f"{size}publicerad-{name}-{scheme}")
    page.close()
