"""Mastodon: one post whose Idempotency-Key the server remembers for an hour, and its link finds after that."""

# ruff: noqa: ARG001 - all kinds share six signatures, also where one needs less
from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field

from config.schema import Channel, Decision
from tasks import options, plaintext
from tasks.channels import _post, _wire
from tasks.channels._measure import Measure
from tasks.model import Output, Publication, Receipt, Refused, Trouble, Unavailable, Uncertain, digest

# The account's own list comes from the server's database, and a repeat within the hour bears the same key.
ABSENCE_IS_PROOF = True

_SECRETS = ("access_token",)
# Every Mastodon server counts a link as 23. The rest are its defaults: 16 MB an image, alternative text 1,500 signs.
_LINK_LENGTH = 23
_LIMITS = _post.Limits(images=4, image_bytes=16_000_000, alt=1500)
# How often and how long an uploaded image is waited for, in seconds.
_POLLS, _POLL_SECONDS = 30, 1.0
# 40 a page is the most a server gives; a period's post is never older than some hundred posts of an authority.
_PAGES, _PER_PAGE = 25, 40
_MEANINGS = {
    401: "känner inte igen kontots nyckel (401). Gör en ny under Inställningar → Utveckling på servern",
    403: "låter inte kontot göra detta (403). Nyckeln ska ha rätt till write:statuses, write:media och read",
    404: "hittar inte det som söktes (404). Kontrollera base_url",
    422: "godtog inte inlägget (422). Rätta texten och godkänn på nytt",
}


class Options(Decision):
    """What may differ between servers: the longest post, and who sees it."""

    limit: int = Field(500, ge=100, le=100_000)
    visibility: Literal["public", "unlisted"] = "public"


def check(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's configuration, in Swedish; nothing is sent."""
    problems = (
        _wire.base_problems(channel.base_url)
        if channel.base_url
        else ["base_url saknas: ange servern där kontot finns, till exempel https://mastodon.example"]
    )
    if channel.role != "post":
        problems.append('role ska vara "post": Mastodon tar inlägg, inte sidor')
    return [*problems, *_wire.key_problems(channel, _SECRETS), *options.problems(Options, channel.options)]


def fits(channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
    """Return why the server wouldn't take the post: too long by its count, no link, images it doesn't take."""
    problems = _post.problems(outputs, _LIMITS)
    if problems:
        return problems
    found = measure(channel, _post.read(outputs).text)
    if found.limit and found.length > found.limit:
        over = found.length - found.limit
        return [f"texten är {found.length} tecken i Mastodons räkning och får vara {found.limit}: korta den med {over}"]
    return []


def measure(channel: Channel, text: str) -> Measure:
    """Return the post's length as Mastodon counts it: what a reader sees as one sign is one, every link 23."""
    limit = channel.options.get("limit", 500)
    length = _post.graphemes(re.sub(r"https?://\S+", "x" * _LINK_LENGTH, text))
    limit = limit if isinstance(limit, int) and limit > 0 else 500
    return Measure(length, limit, ("Räknat som Mastodon räknar: en länk är 23 tecken.",))


def prepare(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Return when the key is there and the post fits; a post has no hidden phase."""
    _line(channel)
    _post.refuse_unfit(channel, fits(channel, outputs))
    _post.own_link(_post.read(outputs), publication)
    return Receipt("prepared")


def publish(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Post once and read the post back; a post that is already there is left alone.

    A correction answers the earlier edition's post; where that one is gone it stands by itself. Raises Refused,
    Unavailable (surely nothing was posted) or Uncertain (it may have been).
    """
    line = _line(channel)
    _post.refuse_unfit(channel, fits(channel, outputs))
    post = _post.read(outputs)
    there = _search(line, publication, post)
    if there:
        return _receipt(there)
    media = [_upload(line, image) for image in post.images]
    key = digest(f"{publication.key}/{publication.edition}/{channel.id}")
    fields = {
        "status": post.text,
        "language": "sv",
        "visibility": options.read(Options, channel.options, channel.id).visibility,
        "media_ids[]": media,
    }
    try:
        made = _send(
            line, key, {**fields, **({"in_reply_to_id": publication.replaces} if publication.replaces else {})}
        )
    except Refused:
        if not publication.replaces:
            raise
        # The post that it would answer may have been deleted by hand; nothing was posted yet.
        made = _send(line, key, fields)
    with suppress(Trouble):
        found = _status(line, str(made["id"]))
        if found and _says(found, post):
            return _receipt(found)
    return Receipt("handed_over", str(made["id"]), _url(made), "Mastodon tog emot inlägget men visar det inte ännu.")


def find(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Look for the post, by its id where that is known, else among the account's own; None when it isn't there.

    Raises Unavailable whenever the server can't be asked, Uncertain when a post with our link has another text.
    """
    post = _post.read(outputs)
    with _wire.asking():
        line = _line(channel)
        found = _status(line, publication.remote_id) if publication.remote_id else None
    if found and not _says(found, post):
        raise Uncertain(f"Inlägget har en annan text än den godkända: {_url(found)}.")
    if not found:
        try:
            found = _search(line, publication, post)
        except Refused as trouble:
            raise Uncertain(str(trouble)) from trouble
    return _receipt(found) if found else None


def retract(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Delete the post and its images; a post that is gone already counts as deleted."""
    if not publication.remote_id:
        return Receipt("by_hand", message=f"Inläggets nummer är inte känt. Ta bort det för hand på {channel.name}.")
    line = _line(channel)
    path = f"/api/v1/statuses/{quote(publication.remote_id, safe='')}"
    answer = line.call("DELETE", path, visible=True, params={"delete_media": "true"})
    if answer.good or answer.status == 404:
        return Receipt("retracted", message="Andra servrar är ombedda att ta bort sina kopior; alla gör det inte.")
    raise _meaning(line, answer, visible=True)


def _line(channel: Channel) -> _wire.Line:
    """Return the way to the account; raises Refused naming what is missing."""
    problems = check(channel)
    if problems:
        raise Refused(f"Kontot {channel.id} kan inte användas: {'; '.join(problems)}.")
    key = _wire.secret(channel, "access_token")
    told = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    return _wire.Line("Mastodon", (channel.base_url or "").rstrip("/"), channel.timeout_seconds, told, (key,))


def _send(line: _wire.Line, key: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = line.call("POST", "/api/v1/statuses", visible=True, data=fields, headers={"Idempotency-Key": key})
    if not answer.good:
        raise _meaning(line, answer, visible=True)
    if not str(answer.data.get("id", "")).isalnum():
        raise Uncertain("Mastodon tog emot inlägget men svaret går inte att läsa.")
    return answer.data


def _upload(line: _wire.Line, image: _post.Image) -> str:
    """Upload an image with its alternative text and wait until the server has worked through it."""
    file = (image.name.rpartition("/")[2], image.body, image.media_type)
    answer = line.call("POST", "/api/v2/media", visible=False, files={"file": file}, data={"description": image.alt})
    number = str(answer.data.get("id", "")) if answer.good else ""
    if not answer.good:
        raise _meaning(line, answer, visible=False)
    for _ in range(_POLLS):
        if answer.status == 200 and number.isalnum():
            return number
        if answer.status not in (202, 206) or not number.isalnum():
            raise _meaning(line, answer, visible=False)
        time.sleep(_POLL_SECONDS)
        answer = line.call("GET", f"/api/v1/media/{number}", visible=False)
    raise Unavailable("Mastodon bearbetar fortfarande bilden. Inget har publicerats.")


def _search(line: _wire.Line, publication: Publication, post: _post.Post) -> Mapping[str, Any] | None:
    """Return the account's own post with our link; Refused when such a post has another text."""
    link = _post.plain(_post.own_link(post, publication))
    with _wire.asking():
        same_link = [row for row in _own(line) if link in map(_post.plain, _shown_links(row))]
    for row in same_link:
        if _says(row, post):
            return row
    if same_link:
        raise Refused(f"Ett inlägg med samma länk men annan text finns: {_url(same_link[0])}.")
    return None


def _own(line: _wire.Line) -> Iterator[Mapping[str, Any]]:
    """Yield the account's own posts, newest first; raises when the list can't be read to its end."""
    who = line.call("GET", "/api/v1/accounts/verify_credentials", visible=False)
    account = str(who.data.get("id", ""))
    if not who.good or not account.isalnum():
        raise _meaning(line, who, visible=False)
    # Answers to our own posts are corrections, so replies are asked for too.
    asked: dict[str, Any] = {"limit": _PER_PAGE, "exclude_reblogs": "true"}
    for _ in range(_PAGES):
        answer = line.call("GET", f"/api/v1/accounts/{account}/statuses", visible=False, params=asked)
        if not answer.good or answer.rows is None or not all(isinstance(r, dict) and r.get("id") for r in answer.rows):
            raise _meaning(line, answer, visible=False)
        yield from answer.rows
        if not answer.rows:
            return
        asked["max_id"] = str(answer.rows[-1]["id"])


def _status(line: _wire.Line, number: str) -> Mapping[str, Any] | None:
    answer = line.call("GET", f"/api/v1/statuses/{quote(number, safe='')}", visible=False)
    if answer.status == 404:
        return None
    if not answer.good or "content" not in answer.data or not answer.data.get("id"):
        raise _meaning(line, answer, visible=False)
    return answer.data


def _meaning(line: _wire.Line, answer: _wire.Answer, *, visible: bool) -> Trouble:
    if answer.good:
        return line.unclear("gav ett svar som inte går att läsa.", visible)
    # A moment in ISO 8601, unlike most; some servers in front of Mastodon write Unix seconds.
    again = _wire.moment(answer.headers.get("X-RateLimit-Reset", ""))
    return line.trouble(answer, str(answer.data.get("error") or ""), _MEANINGS, visible=visible, retry_at=again)


def _says(row: Mapping[str, Any], post: _post.Post) -> bool:
    """Return whether a post shows our text, and each image with its alternative text."""
    attached = row.get("media_attachments")
    shown = attached if isinstance(attached, list) else []
    alts = [str(m.get("description") or "") for m in shown if isinstance(m, dict)]
    text = plaintext.from_html(str(row.get("content", "")))
    same_images = sorted(map("".join, map(str.split, alts))) == sorted("".join(i.alt.split()) for i in post.images)
    return _post.same(text, plaintext.tidy(post.text)) and same_images


def _shown_links(row: Mapping[str, Any]) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="([^"]*)"', str(row.get("content", "")))]


def _receipt(row: Mapping[str, Any]) -> Receipt:
    return Receipt("published", str(row["id"]), _url(row))


def _url(row: Mapping[str, Any]) -> str | None:
    url = row.get("url") or row.get("uri")
    return url if isinstance(url, str) and url.startswith("http") else None
