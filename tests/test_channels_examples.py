"""The disabled example blocks of the shipped municipality: switched on and given a key, each is right."""

from __future__ import annotations

import pytest

import config as configuration
from config.schema import Channel
from tasks import channels

MISSING = {
    "kommunen-facebook": {"LOFTESKOLL_FACEBOOK_PAGE": "123", "LOFTESKOLL_FACEBOOK_PAGE_TOKEN": "nyckel"},
    "kommunen-mastodon": {"LOFTESKOLL_MASTODON_ACCESS_TOKEN": "nyckel"},
    "kommunen-bluesky": {"LOFTESKOLL_BLUESKY_APP_PASSWORD": "nyckel"},
}


def example(name: str) -> Channel:
    """Return the shipped block, filled from the environment."""
    found = configuration.load(database="sqlite://").municipalities["strangnas"].channels
    return next(c for c in found if c.id == name)


@pytest.mark.parametrize("name", MISSING)
def test_example_is_off_and_lacks_only_what_is_secret_or_ones_own(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As shipped what is missing is named, and nothing is posted; filled from the environment the block is right."""
    bare = example(name)
    kind = channels.kind(bare.kind)
    problems = kind.check(bare)
    assert not bare.enabled and len(problems) == len(MISSING[name])
    assert any("secrets." in problem and "saknas" in problem for problem in problems)
    for variable, value in MISSING[name].items():
        monkeypatch.setenv(variable, value)
    assert kind.check(example(name)) == []
