"""Tell people: one text to one Apprise address. The address holds a key, so it is never logged."""

from __future__ import annotations

import apprise

from config.schema import Notify


def problem_of(notify: Notify) -> str:
    """Return why the address can't be used, in Swedish; empty when it can, or when there is none."""
    url = notify.url.get_secret_value()
    if not url or apprise.Apprise.instantiate(url, suppress_exceptions=True) is not None:
        return ""
    return f"adressen för {notify.name} går inte att tolka som en Apprise-adress"


def tell(notify: Notify, title: str, body: str) -> bool:
    """Send a text and return whether it was taken; nothing is raised, since the next look tries again."""
    url = notify.url.get_secret_value()
    service = apprise.Apprise()
    return bool(url) and bool(service.add(url)) and bool(service.notify(title=title, body=body))
