"""A post as its outputs hold it: one text, and images each with an alternative text of its own.

The alternative text of `diagram.png` is the output `diagram.png.alt.txt`: approved bytes like all the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import regex

from config.schema import Channel
from tasks.model import Output, Publication, Refused

ALT = ".alt.txt"
# What ends a sentence, or closes a bracket, is not part of the link before it.
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]")


@dataclass(frozen=True, slots=True)
class Image:
    """One picture with what it shows said in words."""

    name: str
    media_type: str
    body: bytes = field(repr=False)
    alt: str


@dataclass(frozen=True, slots=True)
class Post:
    """What will be posted, byte for byte."""

    text: str
    images: tuple[Image, ...] = ()


class Limits(NamedTuple):
    """How many images a network takes with a post, how large (in bytes), and how long an alternative text."""

    images: int
    image_bytes: int
    alt: int


def problems(outputs: tuple[Output, ...], limits: Limits) -> list[str]:
    """Return what keeps the outputs from being a post within the limits, in Swedish; empty when nothing does."""
    texts, images, alts, rest = _sorted(outputs)
    found = [f"filen {o.name} är varken text eller bild: ta bort den" for o in rest]
    if len(texts) != 1:
        found.append(f"kanalen ska ha precis en inläggstext men har {len(texts)}")
    for output in (*texts, *alts.values()):
        text = _decoded(output)
        if text is None:
            found.append(f"{output.name} är inte UTF-8")
        elif not text.strip():
            found.append(f"{output.name} är tom")
        elif "\0" in text:
            found.append(f"{output.name} innehåller tecken som inte går att skicka")
    if texts and not links(_decoded(texts[0]) or ""):
        found.append("texten saknar en länk: utan den går inlägget inte att hitta igen")
    if len(images) > limits.images:
        found.append(f"inlägget har {len(images)} bilder och får ha {limits.images}")
    for image in images:
        found += _image_problems(image, alts.get(image.name), limits)
    known = {image.name for image in images}
    return found + [f"{o.name} beskriver en bild som inte finns" for name, o in alts.items() if name not in known]


def read(outputs: tuple[Output, ...]) -> Post:
    """Return the post; raises Refused when the outputs hold no single readable text."""
    texts, images, alts, _ = _sorted(outputs)
    if len(texts) != 1:
        raise Refused(f"Kanalen ska ha precis en inläggstext men har {len(texts)}.")
    text = _decoded(texts[0])
    if not (text or "").strip():
        raise Refused("Inläggstexten är tom eller inte UTF-8.")
    described = ((image, _decoded(alts[image.name]) if image.name in alts else "") for image in images)
    return Post(text or "", tuple(Image(i.name, _kind(i), i.body, (alt or "").strip()) for i, alt in described))


def refuse_unfit(channel: Channel, found: Iterable[str]) -> None:
    """Raise Refused when there are problems: what didn't fit at draft time is never sent."""
    said = "; ".join(found)
    if said:
        raise Refused(f"Inlägget till {channel.id} kan inte skickas: {said}.")


def links(text: str) -> list[str]:
    """Return the web addresses in a text, in order."""
    return _LINK.findall(text)


def graphemes(text: str) -> int:
    """Return how many signs a reader sees: a flag or a family is one, however many code points it is made of."""
    return len(regex.findall(r"\X", text))


def own_link(post: Post, publication: Publication) -> str:
    """Return the post's link that carries its period, by which it is found again; raises Refused without one."""
    for link in links(post.text):
        if publication.period.casefold() in link.casefold():
            return link
    raise Refused("Inläggets text har ingen länk med perioden; det skulle inte gå att hitta igen.")


def plain(link: str) -> tuple[str, ...]:
    """Return what makes a link the same link: a network may change the scheme, the host's case or the last slash."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        return (parts.hostname or "", unquote(parts.path).rstrip("/"), parts.query, parts.fragment)
    except ValueError:
        return (link,)


def same(shown: str, text: str) -> bool:
    """Return whether two texts say the same, line breaks and blanks aside."""
    return "".join(shown.split()) == "".join(text.split())


def _sorted(
    outputs: tuple[Output, ...],
) -> tuple[list[Output], list[Output], dict[str, Output], list[Output]]:
    """Return the post's texts, its images, the alternative texts by the name of their image, and what is neither."""
    plain_texts = [o for o in outputs if _kind(o) == "text/plain"]
    texts = [o for o in plain_texts if not o.name.endswith(ALT)]
    alts = {o.name.removesuffix(ALT): o for o in plain_texts if o.name.endswith(ALT)}
    images = [o for o in outputs if _kind(o).startswith("image/")]
    return texts, images, alts, [o for o in outputs if o not in plain_texts and o not in images]


def _image_problems(image: Output, alt: Output | None, limits: Limits) -> list[str]:
    found = []
    if _kind(image) not in ("image/png", "image/jpeg"):
        found.append(f"bilden {image.name} är {_kind(image)}: använd PNG eller JPEG")
    if not image.body:
        found.append(f"bilden {image.name} är tom")
    if len(image.body) > limits.image_bytes:
        size, most = len(image.body) / 1e6, limits.image_bytes / 1e6
        found.append(f"bilden {image.name} är {size:.1f} MB och får vara {most:g}".replace(".", ","))
    if alt is None:
        return [*found, f"bilden {image.name} saknar alternativtext"]
    length = len(_decoded(alt) or "")
    if length > limits.alt:
        found.append(f"alternativtexten till {image.name} är {length} tecken och får vara {limits.alt}")
    return found


def _kind(output: Output) -> str:
    return output.media_type.partition(";")[0].strip()


def _decoded(output: Output) -> str | None:
    try:
        return output.body.decode("utf-8")
    except UnicodeDecodeError:
        return None
