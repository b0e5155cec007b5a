"""The stored bytes of a draft, shown as each channel will show them: nothing is rendered again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Response

from config.schema import Channel
from flows.review import turns
from flows.review.auth import Reading
from flows.review.sharing import DraftId, opened
from flows.review.texts import Change, compare
from tasks import channels, plaintext
from tasks.channels._measure import Measure
from tasks.channels._post import ALT
from tasks.model import Output
from tasks.store import outputs
from tasks.store.outputs import Filed

router = APIRouter(prefix="/utkast", route_class=turns.Turned)
# A page of ours holds no script, and gets none; its styles and pictures are its own files.
STORED_POLICY = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
_SHOWN = {"text/html", "text/plain", "text/css", "text/csv", "image/png", "image/svg+xml", "application/json"}
_LINK = re.compile(r"(https?://[^\s<>\"]*[^\s<>\".,;:!?)\]])")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that goes with a post, and what it shows in words; empty where nobody has said it.

    `file` is the first one with the same bytes: a picture that goes to five channels is fetched once.
    """

    file: Filed
    alt: str


@dataclass(frozen=True, slots=True)
class Post:
    """One text that will be posted, measured as its channel counts."""

    channel: Channel
    text: str
    measure: Measure
    pictures: tuple[Picture, ...] = ()

    @property
    def parts(self) -> list[tuple[str, bool]]:
        """The text in stretches, each with whether it is a link."""
        return [(part, bool(_LINK.fullmatch(part))) for part in _LINK.split(self.text) if part]

    @property
    def is_too_long(self) -> bool:
        """Whether the channel would not take it."""
        return self.measure.limit is not None and self.measure.length > self.measure.limit

    @property
    def hint(self) -> str:
        """How long it is, and what else the channel says of it."""
        limit = f" av {self.measure.limit}" if self.measure.limit else ""
        return " ".join([f"{self.measure.length}{limit} tecken.", *self.measure.notes])


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything one channel will get."""

    channel: Channel
    pages: tuple[Filed, ...]
    posts: tuple[Post, ...]
    files: tuple[Filed, ...]


@router.get("/{draft_id}/fil/{revision}/{channel}/{name:path}")
def stored(
    visit: Reading,
    draft_id: DraftId,
    revision: Annotated[int, Path(ge=1, le=2**31 - 1)],
    channel: str,
    name: str,
) -> Response:
    """Return one stored file exactly as it will leave the house, unable to do anything here."""
    with opened(visit, draft_id) as (db, _):
        output = outputs.one(db, draft_id, revision, channel.replace("\x00", ""), name.replace("\x00", ""))
        if output is None:
            raise HTTPException(404)
    kind = output.media_type.split(";")[0].strip()
    headers = {"content-security-policy": STORED_POLICY}
    if kind not in _SHOWN:
        headers["content-disposition"] = "attachment"
    return Response(output.body, headers=headers, media_type=output.media_type)


def of(known: Sequence[Channel], filed: Sequence[Filed]) -> list[Preview]:
    """Return a preview per channel, sites first; a channel's role says how it shows, never its kind."""
    same = {f.sha256: f for f in reversed(filed)}
    found = []
    for channel in known:
        own = [f for f in filed if f.channel == channel.id]
        is_site = channel.role == "site"
        pages = tuple(f for f in own if f.name.endswith("index.html")) if is_site else ()
        found.append(Preview(channel, pages, () if is_site else _posts(channel, own, same), tuple(own)))
    return found


def filed(rendered: Sequence[Output]) -> list[Filed]:
    """Return rendered outputs that are not stored, as stored ones are listed; without pictures, which nobody serves."""
    return [
        Filed(o.channel, o.name, o.media_type, len(o.body), o.sha256, o.body.decode("utf-8", "replace"))
        for o in rendered
        if o.media_type.startswith("text/plain")
    ]


def difference(old: Output, new: Output) -> list[Change]:
    """Return a word diff of two texts that leave the house, their markup left out."""
    before, after = (o.body.decode("utf-8", "replace") for o in (old, new))
    if new.media_type.startswith("text/html"):
        before, after = plaintext.from_html(before), plaintext.from_html(after)
    return compare(before, after)


def _posts(channel: Channel, own: Sequence[Filed], same: Mapping[str, Filed]) -> tuple[Post, ...]:
    alts = {f.name.removesuffix(ALT): f.text.strip() for f in own if f.name.endswith(ALT)}
    pictures = tuple(Picture(same[f.sha256], alts.get(f.name, "")) for f in own if f.media_type.startswith("image/"))
    texts = [f for f in own if f.media_type.startswith("text/plain") and not f.name.endswith(ALT)]
    return tuple(Post(channel, f.text, channels.measure(channel, f.text), pictures) for f in texts)
