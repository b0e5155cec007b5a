"""How the browser tests go about: sign in, move with the keyboard, look, and keep what was seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.reviewing import House

SHOTS = Path(__file__).parent / "shots"
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


class Site:
    """The served application and the browser that visits it."""

    def __init__(self, browser: Browser, address: str, home: House) -> None:
        self.browser, self.address, self.home = browser, address, home
        self.contexts: list[BrowserContext] = []

    def visitor(self, **settings: Any) -> Page:
        """Return a page of somebody who isn't signed in, in a browser profile of their own."""
        usual = {"viewport": DESKTOP, "base_url": self.address, "locale": "sv-SE"}
        context = self.browser.new_context(**{**usual, **settings})
        self.contexts.append(context)
        return context.new_page()

    def signed_in(self, person: str, **settings: Any) -> Page:
        """Return the page of an invented person who has signed in with the mouse."""
        page = self.visitor(**settings)
        page.goto("/")
        page.get_by_role("button", name=person).click()
        expect(page.get_by_role("heading", name="Översikt")).to_be_visible()
        return page

    def close(self) -> None:
        """Close every profile."""
        for context in self.contexts:
            context.close()


class Keyboard:
    """A person who uses nothing but the keyboard: what can't be reached with Tab, arrows and Enter fails the test."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in(self, person: str) -> None:
        """Sign in as an invented person."""
        self.page.goto("/")
        self.press(person)
        expect(self.page.get_by_role("heading", name="Översikt")).to_be_visible()

    def to(self, name: str) -> None:
        """Press Tab until what has focus is called by this name (or begins with it)."""
        for _ in range(150):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(_NAME_OF_FOCUSED).startswith(name):
                assert self.page.evaluate(_IS_MARKED), f"{name} doesn't show that it has focus"
                return
        pytest.fail(f"{name} can't be reached with Tab on {self.page.url}")

    def press(self, name: str) -> None:
        """Go to something and press Enter; where that leads to another page, wait for it."""
        self.to(name)
        self.enter()

    def enter(self) -> None:
        """Press Enter where one is."""
        if not self.page.evaluate(_LEADS_AWAY):
            self.page.keyboard.press("Enter")
            return
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def tick(self, name: str) -> None:
        """Go to a choice and tick it."""
        self.to(name)
        self.page.keyboard.press("Space")

    def type(self, name: str, text: str) -> None:
        """Go to a field and write in it, over what stands there."""
        self.to(name)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, name: str, option: str) -> None:
        """Go to a list and choose by its first letters."""
        self.to(name)
        self.page.keyboard.type(option)


# What a screen reader would call it, near enough: its label, else its text.
_NAME_OF_FOCUSED = """() => {
  const e = document.activeElement;
  const label = e.labels && e.labels.length ? e.labels[0].textContent : e.getAttribute('aria-label') || e.textContent;
  return label.trim().replace(/\\s+/g, ' ');
}"""
_IS_MARKED = """() => {
  const e = document.activeElement, s = getComputedStyle(e);
  return e.matches(':focus-visible') && s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
}"""
_LEADS_AWAY = """() => {
  const e = document.activeElement;
  if (e.tagName === 'A') return e.href.split('#')[0] !== location.href.split('#')[0];
  return ['BUTTON', 'INPUT'].includes(e.tagName);
}"""


def shot(page: Page, name: str) -> None:
    """Keep what the page looks like, whole and with everything in it, for a person to look at."""
    page.evaluate(_WHOLE)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def looked_at(page: Page, name: str) -> None:
    """Keep what the page looks like in the middle of somebody's day, and see that it is accessible then too."""
    shot(page, name)
    if AXE.is_file():
        assert not (found := violations(page)), (name, found)


def violations(page: Page, scheme: str = "light") -> Any:
    """Return what axe-core finds on a page with everything unfolded: all of WCAG in light, colours in dark."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    dark = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
    return page.evaluate(_RUN, dark if scheme == "dark" else {"type": "tag", "values": RULES})


# What waits until one scrolls to it is fetched, and waited for a little while.
_WHOLE = """async () => {
  const waiting = [...document.querySelectorAll('[loading=lazy]')].map(e => new Promise(done => {
    e.onload = e.onerror = done;
    e.loading = 'eager';
  }));
  await Promise.race([Promise.all(waiting), new Promise(done => setTimeout(done, 3000))]);
}"""
# Previews are in sandboxed frames; they are looked at by themselves.
_RUN = """async runOnly => {
  const options = { runOnly, resultTypes: ['violations'], iframes: false };
  const closed = [...document.querySelectorAll('details:not([open])')];
  closed.forEach(d => { d.open = true; });
  const { violations } = await axe.run(document, options);
  closed.forEach(d => { d.open = false; });
  const said = node => node.target + ': ' + node.failureSummary;
  return violations.map(v => ({ rule: v.id, help: v.help, nodes: v.nodes.slice(0, 4).map(said) }));
}"""
