"""Bluesky: one post under a record key of our own, so that the same post can't be made twice.

The key follows from the publication and the account alone, and every write says that nothing may lie there yet
(`swapRecord: null`): a repeat is answered "already there", and what lies there is read and held against ours.
"""

# ruff: noqa: ARG001 - all kinds share six signatures, also where one needs less
from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from config.schema import Channel, Decision
from tasks import options
from tasks.channels import _post, _wire
from tasks.channels._measure import Measure
from tasks.model import Output, Publication, Receipt, Refused, Trouble, Unavailable, Uncertain

# A record is asked for by its own key on the account's own server.
ABSENCE_IS_PROOF = True

API = "https://bsky.social"
_SECRETS = ("app_password",)
_COLLECTION = "app.bsky.feed.post"
# The post's schema: 300 signs as a reader counts them and 3,000 bytes; four images of at most 1,000,000 bytes.
_LONGEST, _LONGEST_BYTES = 300, 3000
# No limit of theirs on alternative text; the app shows about this much.
_LIMITS = _post.Limits(images=4, image_bytes=1_000_000, alt=2000)
_MEANINGS = {
    400: "godtog inte inlägget (400). Rätta texten och godkänn på nytt",
    401: "känner inte igen kontot (401). Kontrollera options.handle och gör ett nytt applösenord",
    403: "låter inte kontot göra detta (403). Se över kontot",
    404: "finns inte på adressen (404). Kontrollera base_url",
    413: "tar inte emot en så stor bild (413). Gör den mindre och godkänn på nytt",
}
# A record key looks like a moment and ten bits of clock (a TID). Ours is a hash in that form: somewhere in the 407
# days from 1 January 2023, long before our first post, so that it is taken neither for now nor for the future.
_TID_SIGNS = "234567abcdefghijklmnopqrstuvwxyz"
_TID_START = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


class Options(Decision):
    """Which account the posts belong to."""

    handle: str = Field(min_length=3)


def check(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's configuration, in Swedish; nothing is sent."""
    problems = _wire.base_problems(channel.base_url or API, API)
    if channel.role != "post":
        problems.append('role ska vara "post": Bluesky tar inlägg, inte sidor')
    problems += _wire.key_problems(channel, _SECRETS)
    found = options.problems(Options, channel.options)
    handle = channel.options.get("handle")
    if not found and (not isinstance(handle, str) or "." not in handle or handle.startswith("@")):
        found.append("options.handle ska vara kontots namn, till exempel kommunen.bsky.social, utan @")
    return problems + found


def fits(channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
    """Return why Bluesky wouldn't take the post: over 300 signs (links count whole), no link, images it can't have."""
    problems = _post.problems(outputs, _LIMITS)
    if problems:
        return problems
    text = _post.read(outputs).text
    length, size = _post.graphemes(text), len(text.encode())
    if length > _LONGEST:
        over = length - _LONGEST
        problems.append(f"texten är {length} tecken och får vara {_LONGEST} på Bluesky: korta den med {over}")
    elif size > _LONGEST_BYTES:
        problems.append(f"texten är {size} byte och får vara {_LONGEST_BYTES} på Bluesky: ta bort ovanliga tecken")
    return problems


def measure(channel: Channel, text: str) -> Measure:
    """Return the post's length as Bluesky counts it: signs as a reader sees them, links in full."""
    return Measure(_post.graphemes(text), _LONGEST, ("Räknat som Bluesky räknar: länkar räknas med alla sina tecken.",))


def prepare(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Return the record key that the post will have; nothing is sent."""
    _line(channel)
    _post.refuse_unfit(channel, fits(channel, outputs))
    _post.own_link(_post.read(outputs), publication)
    return Receipt("prepared", _key(channel, publication))


def publish(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Write the post under its own key once and read it back; a post that is already there is left alone.

    A correction answers the earlier edition's post; where that one is gone it stands by itself. Raises Refused,
    Unavailable (surely nothing was posted) or Uncertain (it may have been).
    """
    line = _line(channel)
    _post.refuse_unfit(channel, fits(channel, outputs))
    post = _post.read(outputs)
    there = find(channel, publication, outputs, folder)
    if there:
        return there
    session = _signed_in(line, channel)
    key = _key(channel, publication)
    record = _record(session, post, publication, _handle(channel))
    body = {"repo": session.did, "collection": _COLLECTION, "rkey": key, "record": record, "swapRecord": None}
    answer = session.line.call("POST", "/xrpc/com.atproto.repo.putRecord", visible=True, json=body)
    if not answer.good and answer.data.get("error") != "InvalidSwap":
        raise _meaning(session.line, answer, visible=True)
    with suppress(Trouble):
        found = find(channel, publication, outputs, folder)
        if found:
            return found
    if not answer.good:
        raise Uncertain("Bluesky säger att ett inlägg redan finns under vår nyckel, men det går inte att läsa.")
    return Receipt("handed_over", key, _url(channel, key), "Bluesky tog emot inlägget men visar det inte ännu.")


def find(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Read the record under the post's own key, as anyone can; None when there is none.

    Raises Unavailable whenever the server can't be asked, Uncertain when the record says something else.
    """
    post, key = _post.read(outputs), _key(channel, publication)
    with _wire.asking():
        row = _get(_line(channel), _handle(channel), key)
    if row is None:
        return None
    if not _says(row["value"], post):
        raise Uncertain(f"Inlägget har en annan text än den godkända: {_url(channel, key)}.")
    return Receipt("published", key, _url(channel, key))


def retract(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Delete the record under the post's own key; deleting what isn't there is no fault."""
    session = _signed_in(_line(channel), channel)
    key = _key(channel, publication)
    body = {"repo": session.did, "collection": _COLLECTION, "rkey": key}
    answer = session.line.call("POST", "/xrpc/com.atproto.repo.deleteRecord", visible=True, json=body)
    if not answer.good:
        raise _meaning(session.line, answer, visible=True)
    return Receipt("retracted", message="Kopior som andra tjänster redan hämtat kan finnas kvar.")


def _key(channel: Channel, publication: Publication) -> str:
    """Return the post's record key: the one that is kept, since the account may have changed its name meanwhile."""
    return publication.remote_id or record_key(publication.key, _handle(channel))


def record_key(key: str, account: str) -> str:
    """Return the 13 signs of the record key that follows from a publication's key and an account."""
    hashed = int.from_bytes(hashlib.sha256(f"{key}\n{account}".encode()).digest()[:8], "big")
    number = ((_TID_START + (hashed >> 10) % 2**45) << 10) | (hashed & 1023)
    return "".join(_TID_SIGNS[(number >> shift) & 31] for shift in range(60, -1, -5))


class _Session:
    """A signed-in account: its lasting id, and a line that bears its session's token."""

    def __init__(self, line: _wire.Line, did: str, token: str) -> None:
        self.did = did
        told = {"Authorization": f"Bearer {token}"}
        self.line = _wire.Line(line.network, line.base, line.seconds, told, (*line.secrets, token))


def _line(channel: Channel) -> _wire.Line:
    """Return the way to the account's server, not signed in; raises Refused naming what is missing."""
    problems = check(channel)
    if problems:
        raise Refused(f"Kontot {channel.id} kan inte användas: {'; '.join(problems)}.")
    secrets = (_wire.secret(channel, "app_password"),)
    return _wire.Line("Bluesky", (channel.base_url or API).rstrip("/"), channel.timeout_seconds, {}, secrets)


def _handle(channel: Channel) -> str:
    return str(channel.options.get("handle", "")).strip().lower()


def _signed_in(line: _wire.Line, channel: Channel) -> _Session:
    body = {"identifier": _handle(channel), "password": _wire.secret(channel, "app_password")}
    answer = line.call("POST", "/xrpc/com.atproto.server.createSession", visible=False, json=body)
    did, token = str(answer.data.get("did", "")), str(answer.data.get("accessJwt", ""))
    if not answer.good or not did.startswith("did:") or not token:
        raise _meaning(line, answer, visible=False)
    return _Session(line, did, token)


def _record(session: _Session, post: _post.Post, publication: Publication, handle: str) -> dict[str, Any]:
    if publication.updated_at is None:
        raise Refused("Publiceringen saknar tidpunkt; inlägget kan inte dateras.")
    record: dict[str, Any] = {
        "$type": _COLLECTION,
        "text": post.text,
        "createdAt": publication.updated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "langs": ["sv"],
        "facets": facets(post.text),
    }
    if post.images:
        images = [_embedded(session, image) for image in post.images]
        record["embed"] = {"$type": "app.bsky.embed.images", "images": images}
    earlier = _get(session.line, handle, publication.replaces) if publication.replaces else None
    if earlier:
        parent = {"uri": earlier["uri"], "cid": earlier["cid"]}
        # In a thread of corrections every answer names the first post too.
        reply = earlier["value"].get("reply")
        root = (reply.get("root") if isinstance(reply, dict) else None) or parent
        record["reply"] = {"root": root, "parent": parent}
    return record


def facets(text: str) -> list[dict[str, Any]]:
    """Return what makes the text's addresses into links: their places counted in UTF-8 bytes, where å is two."""
    found, at = [], 0
    for link in _post.links(text):
        at = text.index(link, at)
        start = len(text[:at].encode())
        at += len(link)
        place = {"byteStart": start, "byteEnd": start + len(link.encode())}
        found.append({"index": place, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": link}]})
    return found


def _embedded(session: _Session, image: _post.Image) -> dict[str, Any]:
    headers = {"Content-Type": image.media_type}
    path = "/xrpc/com.atproto.repo.uploadBlob"
    answer = session.line.call("POST", path, visible=False, data=image.body, headers=headers)
    blob = answer.data.get("blob")
    if not answer.good or not isinstance(blob, dict):
        raise _meaning(session.line, answer, visible=False)
    size = _size(image.body)
    return {"image": blob, "alt": image.alt, **({"aspectRatio": size} if size else {})}


def _size(body: bytes) -> dict[str, int] | None:
    """Return a PNG's width and height, without which the app would crop it; None for other formats."""
    if not body.startswith(b"\x89PNG\r\n\x1a\n") or len(body) < 24:
        return None
    width, height = struct.unpack(">II", body[16:24])
    return {"width": width, "height": height} if width and height else None


def _get(line: _wire.Line, repo: str, key: str) -> Mapping[str, Any] | None:
    asked = {"repo": repo, "collection": _COLLECTION, "rkey": key}
    answer = line.call("GET", "/xrpc/com.atproto.repo.getRecord", visible=False, params=asked)
    if answer.status == 400 and answer.data.get("error") == "RecordNotFound":
        return None
    whole = isinstance(answer.data.get("value"), dict) and {"uri", "cid"} <= answer.data.keys()
    if not answer.good or not whole:
        raise _meaning(line, answer, visible=False)
    return answer.data


def _says(value: Mapping[str, Any], post: _post.Post) -> bool:
    """Return whether a record holds our text, and each image with its alternative text in our order."""
    embed = value.get("embed")
    images = embed.get("images") if isinstance(embed, dict) else None
    alts = [i.get("alt") for i in images if isinstance(i, dict)] if isinstance(images, list) else []
    return value.get("text") == post.text and alts == [image.alt for image in post.images]


def _meaning(line: _wire.Line, answer: _wire.Answer, *, visible: bool) -> Trouble:
    if answer.good:
        return line.unclear("gav ett svar som inte går att läsa.", visible)
    again = _wire.moment(answer.headers.get("RateLimit-Reset", ""))
    said = ": ".join(str(answer.data[key]) for key in ("error", "message") if answer.data.get(key))
    if answer.status == 400 and answer.data.get("error") in ("ExpiredToken", "InvalidToken"):
        return Unavailable(f"Bluesky godtog inte sessionen; inget skickades.{line.words(said)}")
    return line.trouble(answer, said, _MEANINGS, visible=visible, retry_at=again)


def _url(channel: Channel, key: str) -> str:
    return f"https://bsky.app/profile/{_handle(channel)}/post/{key}"
