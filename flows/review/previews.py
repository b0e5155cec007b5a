"""The stored bytes of a draft, shown as each channel will show them: nothing is rendered again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Response

from config.schema import Channel
from flows.review.auth import Reading
from flows.review.texts import Change, compare
from tasks import plaintext
from tasks.channels import _weight
from tasks.model import Output
from tasks.store import drafts

router = APIRouter(prefix="/utkast")
# A page of ours holds no script, and gets none; its styles and pictures are its own files.
STORED_POLICY = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
_SHOWN = {"text/html", "text/plain", "text/css", "text/csv", "image/png", "image/svg+xml", "application/json"}


@dataclass(frozen=True, slots=True)
class Post:
    """One text that will be posted, with its length as its channel counts it."""

    name: str
    text: str
    length: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything one channel will get."""

    channel: Channel
    pages: tuple[Output, ...]
    posts: tuple[Post, ...]
    pictures: tuple[Output, ...]
    files: tuple[Output, ...]


@router.get("/{draft_id}/fil/{revision}/{channel}/{name:path}")
def stored(
    _visit: Reading,
    draft_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
    revision: Annotated[int, Path(ge=1, le=2**31 - 1)],
    channel: str,
    name: str,
) -> Response:
    """Return one stored file exactly as it will leave the house, unable to do anything here."""
    with _visit.review.store.reading() as db:
        found = drafts.rendered(db, draft_id, revision, channel.replace("\x00", ""))
    output = next((o for o in found if o.name == name), None)
    if output is None:
        raise HTTPException(404)
    kind = output.media_type.split(";")[0].strip()
    headers = {"content-security-policy": STORED_POLICY}
    if kind not in _SHOWN:
        headers["content-disposition"] = "attachment"
    return Response(output.body, headers=headers, media_type=output.media_type)


def of(channels: Sequence[Channel], outputs: Sequence[Output]) -> list[Preview]:
    """Return a preview per channel, sites first."""
    found = []
    for channel in channels:
        own = tuple(o for o in outputs if o.channel == channel.id)
        pages = tuple(o for o in own if o.media_type.startswith("text/html"))
        pictures = tuple(o for o in own if o.media_type.startswith("image/") and channel.role == "post")
        posts = tuple(
            _post(channel, o) for o in own if channel.role == "post" and o.media_type.startswith("text/plain")
        )
        rest = tuple(o for o in own if o not in pages)
        found.append(Preview(channel, pages, posts, pictures, rest))
    return found


def difference(old: Output, new: Output) -> list[Change]:
    """Return a word diff of two texts that leave the house, their markup left out."""
    before, after = (o.body.decode("utf-8", "replace") for o in (old, new))
    if new.media_type.startswith("text/html"):
        before, after = plaintext.from_html(before), plaintext.from_html(after)
    return compare(before, after)


def _post(channel: Channel, output: Output) -> Post:
    text = output.body.decode("utf-8", "replace")
    if channel.kind == "x":
        return Post(output.name, text, _weight.weigh(text)[0], _weight.LONGEST)
    return Post(output.name, text, len(text), None)
