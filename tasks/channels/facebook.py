"""A Facebook Page in two steps: a hidden draft whose id is kept, and then that very draft made visible."""

# ruff: noqa: ARG001 - all kinds share six signatures, also where one needs less
from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from config.schema import Channel, Decision
from tasks import options
from tasks.channels import _facebook, _post, _wire
from tasks.channels._measure import Measure
from tasks.model import Output, Publication, Receipt, Refused, Trouble, Uncertain

# Readers see nothing before the stored draft is shown, and the draft itself tells whether it is; showing it again
# makes no second post.
ABSENCE_IS_PROOF = True

API = "https://graph.facebook.com"
_SECRETS = ("page_token",)
# 63,206 signs is what a post may have by common report; ten images is our own measure, 10 MB theirs.
_LONGEST = 63_206
_LIMITS = _post.Limits(images=10, image_bytes=10_000_000, alt=1000)
_ATTACHED = "id,attachments{type,target{id},subattachments{type,target{id}}}"


class Options(Decision):
    """Which page, and which version of the Graph API."""

    page: str
    version: str = "v26.0"


def check(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's configuration, in Swedish; nothing is sent."""
    problems = _wire.base_problems(channel.base_url or API, API)
    if channel.role != "post":
        problems.append('role ska vara "post": kanalen gör inlägg på en Facebooksida')
    problems += _wire.key_problems(channel, _SECRETS)
    found = options.problems(Options, channel.options)
    if not found and not str(channel.options["page"]).isdecimal():
        found.append("options.page ska vara sidans nummer, bara siffror (det står under Om → Sidans genomskinlighet)")
    return problems + found


def fits(channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
    """Return why Facebook wouldn't take the post: too long, no link, too many or too large images."""
    problems = _post.problems(outputs, _LIMITS)
    if not problems and len(_post.read(outputs).text) > _LONGEST:
        problems.append(f"texten är längre än de {_LONGEST} tecken som Facebook tar emot")
    return problems


def measure(channel: Channel, text: str) -> Measure:
    """Return the post's length in signs; Facebook has no tight limit."""
    return Measure(
        _post.graphemes(text), _LONGEST, ("Facebook döljer det mesta av ett långt inlägg bakom ”Visa mer”.",)
    )


def prepare(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Make the hidden draft with its images and return its id; a draft, or a post, that is there already is kept.

    Raises Refused or Unavailable; a draft whose answer was lost stays hidden, so making another is safe.
    """
    page = _page(channel)
    _post.refuse_unfit(channel, fits(channel, outputs))
    post = _post.read(outputs)
    there = _search(page, post, publication) or (page.read(publication.remote_id) if publication.remote_id else None)
    if there and _says(there, post):
        return Receipt("prepared", str(there["id"]))
    photos = [_upload(page, image) for image in post.images]
    fields = {"message": post.text, "published": "false", "unpublished_content_type": "DRAFT"}
    # A post shows either its own images or the card of its link.
    media = json.dumps([{"media_fbid": photo} for photo in photos])
    shown = {"attached_media": media} if photos else {"link": _post.own_link(post, publication)}
    return Receipt("prepared", page.make(f"{page.id}/feed", {**fields, **shown}))


def publish(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Make the stored draft visible and read it back; one that is visible already is left alone.

    Raises Refused (also when somebody changed or threw away the draft), Unavailable or Uncertain.
    """
    page, post = _page(channel), _post.read(outputs)
    _post.refuse_unfit(channel, fits(channel, outputs))
    if not publication.remote_id:
        raise Refused("Utkastets nummer hos Facebook är inte känt; inget visas. Förbered inlägget på nytt.")
    draft = page.read(publication.remote_id)
    if draft is None:
        raise Refused("Utkastet finns inte längre på Facebooksidan. Någon kan ha tagit bort det.")
    if not _says(draft, post):
        raise Refused("Utkastet på Facebooksidan har en annan text än den godkända. Ta bort utkastet och försök igen.")
    if draft.get("is_published") is True:
        return _receipt(draft)
    answer = page.call("POST", publication.remote_id, visible=True, data={"is_published": "true"})
    if not answer.good:
        raise _facebook.meaning(page.line, answer, visible=True)
    with suppress(Trouble):
        shown = find(channel, publication, outputs, folder)
        if shown:
            return shown
    return Receipt("handed_over", publication.remote_id, message="Facebook tog emot inlägget men visar det inte ännu.")


def find(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Ask whether the stored draft is visible, or whether the page shows a post with our link; None when neither.

    Raises Unavailable whenever the page can't be asked, Uncertain when such a post has another text.
    """
    post = _post.read(outputs)
    with _wire.asking():
        page = _page(channel)
        row = page.read(publication.remote_id) if publication.remote_id else None
    if row and row.get("is_published") is True and not _says(row, post):
        raise Uncertain(f"Inlägget har en annan text än den godkända: {_url(row) or row['id']}.")
    if row is None:
        try:
            row = _search(page, post, publication)
        except Refused as trouble:
            raise Uncertain(str(trouble)) from trouble
    return _receipt(row) if row and row.get("is_published") is True else None


def retract(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Delete the post, or the hidden draft, and its images; what is gone already counts as deleted."""
    if not publication.remote_id:
        return Receipt("retracted", message="Inget inlägg hade förberetts på sidan.")
    page = _page(channel)
    # An image has an address of its own and outlives the post.
    row = page.read(publication.remote_id, _ATTACHED)
    for number in (*_targets(row or {}), publication.remote_id):
        answer = page.call("DELETE", number, visible=True)
        if not answer.good and not page.is_gone(answer):
            raise _facebook.meaning(page.line, answer, visible=True)
    return Receipt("retracted")


def _page(channel: Channel) -> _facebook.Page:
    """Return the page; raises Refused naming what is missing."""
    problems = check(channel)
    if problems:
        raise Refused(f"Kontot {channel.id} kan inte användas: {'; '.join(problems)}.")
    chosen, key = options.read(Options, channel.options, channel.id), _wire.secret(channel, "page_token")
    # In the header: an address ends up in logs, and the key with it.
    told = {"Authorization": f"Bearer {key}"}
    line = _wire.Line("Facebook", (channel.base_url or API).rstrip("/"), channel.timeout_seconds, told, (key,))
    return _facebook.Page(line, chosen.page, chosen.version)


def _upload(page: _facebook.Page, image: _post.Image) -> str:
    file = (image.name.rpartition("/")[2], image.body, image.media_type)
    fields = {"published": "false", "alt_text_custom": image.alt}
    return page.make(f"{page.id}/photos", fields, files={"source": file})


def _search(page: _facebook.Page, post: _post.Post, publication: Publication) -> Mapping[str, Any] | None:
    """Return the page's published post with our link; Refused when such a post has another text."""
    wanted = _post.plain(_post.own_link(post, publication))
    with _wire.asking():
        rows = [r for r in page.published() if wanted in map(_post.plain, _post.links(str(r.get("message", ""))))]
    same = next((row for row in rows if _says(row, post)), None)
    if rows and same is None:
        raise Refused(f"Ett inlägg med samma länk men annan text finns: {_url(rows[0]) or rows[0]['id']}.")
    return same


def _targets(row: Mapping[str, Any]) -> list[str]:
    """Return the ids of the images attached to a post, those of an album too."""
    found, attached = [], _listed(row.get("attachments"))
    for attachment in [*attached, *(sub for part in attached for sub in _listed(part.get("subattachments")))]:
        target = attachment.get("target")
        if attachment.get("type") == "photo" and isinstance(target, dict) and str(target.get("id", "")).isdecimal():
            found.append(str(target["id"]))
    return list(dict.fromkeys(found))


def _listed(edge: Any) -> list[Mapping[str, Any]]:
    rows = edge.get("data") if isinstance(edge, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _says(row: Mapping[str, Any], post: _post.Post) -> bool:
    return _post.same(str(row.get("message", "")), post.text)


def _receipt(row: Mapping[str, Any]) -> Receipt:
    return Receipt("published", str(row["id"]), _url(row))


def _url(row: Mapping[str, Any]) -> str | None:
    url = row.get("permalink_url")
    if not isinstance(url, str):
        return None
    # Facebook gives it with or without its own address.
    return url if url.startswith("https://") else f"https://www.facebook.com/{url.lstrip('/')}"
