"""Previews by role, whatever kind of channel: pages, posts with their count, pictures with their words."""

from __future__ import annotations

import pytest

from config.schema import Channel
from flows.review import previews
from tasks import channels
from tasks.store.outputs import Filed


def channel(kind: str, role: str = "post", **values: object) -> Channel:
    """A channel of that kind."""
    given = {"id": kind, "kind": kind, "name": kind, "party": "police", "role": role, "template": "kort"}
    return Channel.model_validate({**given, **values})


def filed(owner: str, name: str, media_type: str, text: str = "", sha256: str = "") -> Filed:
    """A rendered output as it is listed."""
    return Filed(owner, name, media_type, 10, sha256 or f"{owner}/{name}", text)


def post(kind: str, text: str, *more: Filed) -> previews.Post:
    """The one post of a channel of that kind."""
    [shown] = previews.of([channel(kind)], [filed(kind, "post.txt", "text/plain; charset=utf-8", text), *more])
    [found] = shown.posts
    return found


@pytest.mark.parametrize("kind", channels.kinds())
def test_every_kind_that_posts_is_shown_as_a_post(kind: str) -> None:
    """No list of kinds: the text, its length as that kind counts, and its link."""
    found = post(kind, "Så gick det: https://exempel.se/uppfoljning-2021-T1/#utgava-1.")
    assert found.measure.length > 0 and found.hint
    assert found.parts == [
        ("Så gick det: ", False),
        ("https://exempel.se/uppfoljning-2021-T1/#utgava-1", True),
        (".", False),
    ]


def test_x_says_weight_limit_and_price() -> None:
    """A link weighs 23 whatever its length; a post that is too long is said to be."""
    found = post("x", f"Läs mer: https://exempel.se/{'a' * 300}")
    assert found.measure.length == 9 + 23 and not found.is_too_long
    assert found.hint.startswith("32 av 280 tecken.") and "0,20 US-dollar" in found.hint
    assert post("x", "ord " * 80).is_too_long


def test_a_picture_comes_with_its_words_and_is_fetched_once() -> None:
    """The alternative text is no post of its own; the same bytes for two channels have one address."""
    both = []
    for kind in ("facebook", "mastodon"):
        both += [
            filed(kind, "post.txt", "text/plain", "Text."),
            filed(kind, "diagram.png", "image/png", sha256="same"),
            filed(kind, "diagram.png.alt.txt", "text/plain", "Fyra av fyra vandringar.\n"),
        ]
    shown = previews.of([channel("facebook"), channel("mastodon")], both)
    pictures = [p for s in shown for found in s.posts for p in found.pictures]
    assert [p.alt for p in pictures] == ["Fyra av fyra vandringar."] * 2
    assert {(p.file.channel, p.file.name) for p in pictures} == {("facebook", "diagram.png")}
    assert all(len(s.posts) == 1 and len(s.files) == 3 for s in shown)


def test_a_picture_without_words_has_none() -> None:
    """What nobody has described is not described by its file name."""
    assert post("facebook", "Text.", filed("facebook", "diagram.png", "image/png")).pictures[0].alt == ""


def test_a_site_shows_its_page_and_lists_the_rest() -> None:
    """The fragment for a CMS, feeds and pictures are files, not pages; a site has no posts."""
    names = ["u/index.html", "u/fragment.html", "u/feed.xml", "u/mal.png"]
    [shown] = previews.of([channel("package", "site")], [filed("package", n, "text/html") for n in names])
    assert [f.name for f in shown.pages] == ["u/index.html"]
    assert len(shown.files) == 4 and not shown.posts
