"""Every channel kind offers the same six functions and keeps the same promises; a new file is found by itself."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.schema import Channel
from tasks import channels
from tasks.model import Output, Publication, Receipt, Refused

SIX = ("check", "fits", "prepare", "publish", "find", "retract")
ROW = Publication(1, "exempelby-2021", "2021-T1", 1, "kanal", "k", "sending", 1, 1)
outputs = st.lists(
    st.builds(
        Output,
        channel=st.just("kanal"),
        name=st.sampled_from(["uppfoljning-2021-T1/index.html", "feed.xml", "post.txt", "../x"]) | st.text(max_size=20),
        media_type=st.sampled_from(["text/html", "text/plain", "application/atom+xml", "image/png"]),
        body=st.binary(max_size=60) | st.text(max_size=400).map(str.encode),
    ),
    max_size=4,
).map(tuple)


def bare(kind: str, **changes: object) -> Channel:
    """Return a channel of that kind with nothing filled in that may be left out."""
    values = {"id": "kanal", "kind": kind, "name": "Kanal", "party": "police", "role": "post", "template": "kort"}
    return Channel.model_validate({**values, **changes})


def test_every_file_is_a_kind() -> None:
    """The file name is the registration."""
    folder = Path(channels.__file__).parent
    files = {p.stem for p in folder.glob("*.py") if not p.stem.startswith("_")}
    assert set(channels.kinds()) == files >= {"package", "share_kit", "x"}


@pytest.mark.parametrize("name", ["facebok", "", "_folder", "os", "x.y", "../x"])
def test_unknown_kind_names_the_known_ones(name: str) -> None:
    """A slip in the config is answered with what there is; nothing outside the shelf is imported."""
    with pytest.raises(Refused, match="package, share_kit"):
        channels.kind(name)


@pytest.mark.parametrize("name", channels.kinds())
def test_kind_has_the_six_functions(name: str) -> None:
    """Each function exists with the contract's parameters and a docstring, and the number of look-ups is given."""
    module = channels.kind(name)
    assert module.ABSENCE_IS_PROOF in (True, False)
    for function in SIX:
        wanted = list(inspect.signature(getattr(channels.Kind, function)).parameters)[1:]
        assert list(inspect.signature(getattr(module, function)).parameters) == wanted
        assert inspect.getdoc(getattr(module, function))


@pytest.mark.parametrize("name", channels.kinds())
def test_check_tells_an_unknown_option(name: str) -> None:
    """A typing slip in options is told, never ignored."""
    assert any("options.fel" in problem for problem in channels.kind(name).check(bare(name, options={"fel": 1})))


@pytest.mark.parametrize("name", channels.kinds())
@given(made=outputs)
def test_fits_understands_or_explains_anything(name: str, made: tuple[Output, ...]) -> None:
    """Whatever was rendered, fits answers with sentences and raises nothing."""
    problems = channels.kind(name).fits(bare(name, folder="ut"), made)
    assert all(isinstance(problem, str) and problem for problem in problems)


@pytest.mark.parametrize("name", channels.kinds())
def test_nothing_rendered_fits_nowhere(name: str, tmp_path: Path) -> None:
    """No outputs is a problem at draft time, and publishing them is refused without a file or a call."""
    keys = dict.fromkeys(("consumer_key", "consumer_secret", "access_token", "access_token_secret"), "1-x")
    channel = bare(name, folder="ut", address="https://exempelby.invalid/{period}", secrets=keys)
    assert channels.kind(name).fits(channel, ())
    with pytest.raises(Refused):
        channels.kind(name).publish(channel, ROW, (), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["package", "share_kit"])
def test_prepare_is_at_once_where_there_is_no_hidden_phase(name: str, tmp_path: Path) -> None:
    """A folder has nothing to prepare."""
    assert channels.kind(name).prepare(bare(name), ROW, (), tmp_path) == Receipt("prepared")


@pytest.mark.parametrize("name", channels.kinds())
def test_a_kind_measures_a_post_as_its_channel_counts(name: str) -> None:
    """A longer text is never shorter, and what a kind says of its limit is positive."""
    short, long = (channels.measure(bare(name), "Läs mer på webben. " * n) for n in (1, 9))
    assert 0 < short.length < long.length
    assert short.limit is None or short.limit > 0
