"""How long a text is by X's own count: an address weighs 23, an emoji 2, å and ä and ö 1."""

from __future__ import annotations

import importlib.resources
import sys
import unicodedata
from functools import lru_cache
from types import ModuleType
from typing import Any

LONGEST = 280


# The library looks at every sign for emoji, some milliseconds a text; a page that previews posts asks again and again.
@lru_cache(maxsize=256)
def weigh(text: str) -> tuple[int, bool]:
    """Return the text's weighted length and whether X takes all of its characters."""
    parsed = _TWITTER_TEXT.parse_tweet(text)
    # `valid` is also False for what is empty or too long, which the weight tells already.
    return parsed.weightedLength, parsed.valid or parsed.weightedLength == 0 or parsed.weightedLength > LONGEST


@lru_cache(maxsize=256)
def links(text: str) -> tuple[str, ...]:
    """Return the addresses in the text that X would make into links; it knows neither bare numbers nor unknown tops."""
    normal = unicodedata.normalize("NFC", text)
    return tuple(_TWITTER_TEXT.extract_urls(normal))


def _load() -> Any:
    """Return the twitter_text library.

    It reads one data file through pkg_resources, which setuptools has dropped; a stand-in for that single function
    is there while it loads, and gone before anyone else could mistake it for the real thing.
    """
    real, stand_in = sys.modules.get("pkg_resources"), ModuleType("pkg_resources")
    vars(stand_in)["resource_string"] = lambda module, name: (
        importlib.resources.files(module.rpartition(".")[0]).joinpath(name).read_bytes()
    )
    sys.modules["pkg_resources"] = stand_in
    try:
        import twitter_text
    finally:
        del sys.modules["pkg_resources"]
        if real is not None:
            sys.modules["pkg_resources"] = real
    return twitter_text


_TWITTER_TEXT = _load()
