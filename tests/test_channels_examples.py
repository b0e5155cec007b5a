"""The disabled example blocks of the shipped municipality: switched on and given a key, each is right."""

from __future__ import annotations

import pytest

import config as configuration
from config.schema import Channel
from tasks import channels
from tests.following import composed, sample

KINDS = ("package", "facebook", "mastodon", "bluesky", "x")
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


@pytest.mark.slow
@pytest.mark.parametrize("party", ["police", "municipality"])
@pytest.mark.parametrize("edition", [1, 2])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_network_takes_the_year_as_its_templates_write_it(number: int, edition: int, party: str) -> None:
    """Text, link, diagram and its words fit on Facebook, Mastodon, Bluesky and X, for both parties, corrected too."""
    made, place, follow = sample(number)
    # A party that has the account posts with its own page's address; the police's is the longer one.
    posts = tuple(
        c.model_copy(update={"party": party}) if c.role == "post" else c for c in place.channels if c.kind in KINDS
    )
    outputs = composed(made, place.model_copy(update={"channels": posts}), follow, edition=edition)
    for channel in (c for c in posts if c.role == "post"):
        own = tuple(o for o in outputs if o.channel == channel.id)
        assert channels.kind(channel.kind).fits(channel, own) == [], channel.id
        text = next(o.body.decode() for o in own if o.name == "post.txt")
        measured = channels.measure(channel, text)
        assert measured.limit and measured.length <= measured.limit
        assert {o.name for o in own} in ({"post.txt"}, {"post.txt", "diagram.png", "diagram.png.alt.txt"})
