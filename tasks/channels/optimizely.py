"""Optimizely CMS 12: a page under a guid of our making, first a draft, then published; editors' drafts are left alone.

Written from the owner's documentation and published source; never tried on a live installation. The API has no
locking and works on whatever draft is there, so what stands is read and judged before every write.
"""

# ruff: noqa: ARG001 - all kinds share six signatures, also where one needs less
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from config.schema import Channel
from tasks.channels import _cms, _issues, _optimizely, _readback
from tasks.model import Output, Publication, Receipt, Refused, digest

# The page is read at its own address: not there is not there.
ABSENCE_IS_PROOF = True

_LONGEST_TITLE = 255
_IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")
_LARGEST_IMAGE = 4_000_000


def check(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's configuration, in Swedish; nothing is sent."""
    return [*_readback.site_problems(channel), *_cms.segment_problems(channel), *_optimizely.problems(channel)]


def fits(channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
    """Return why the page couldn't be put into the CMS: no article, or a title too long."""
    problems = _cms.problems_of(outputs)
    if problems:
        return problems
    article = _cms.notice_of(_cms.files_of(outputs)["index.html"]).article
    if len(article.title) > _LONGEST_TITLE:
        problems.append(f"rubriken är {len(article.title)} tecken och får vara {_LONGEST_TITLE} i Optimizely")
    if article.images and not (channel.options.get("image_type") and channel.options.get("image_parent")):
        problems.append("sidan har bilder: ange options.image_type och options.image_parent")
    return problems + _cms.image_problems(article, outputs, _IMAGES, _LARGEST_IMAGE)


def prepare(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Make or renew the hidden draft; the receipt holds the page's guid and what our draft of it holds.

    What is public stays as it is. Raises Refused when an editor has unpublished changes or has edited the page, when
    the page was moved, or when the CMS doesn't keep the text.
    """
    piece = _piece(channel, publication, outputs)
    site, guid = _optimizely.site_of(channel), _optimizely.guid_of(publication)
    standing = site.draft(guid)
    if standing is None or not _ready(site, standing, publication, piece):
        piece = _illustrated(channel, site, publication, piece, outputs, standing)
        fields = _fields(channel, site, publication, guid, piece, standing, "CheckedOut")
        standing = site.put(guid, fields, visible=False)
        _unaltered(site, standing, piece)
    return Receipt("prepared", _held(guid, standing))


def publish(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Publish the prepared draft and read the page back; a repeat writes nothing.

    Raises Refused when the draft is gone or was changed by somebody else since it was prepared.
    """
    piece = _piece(channel, publication, outputs)
    site, guid = _optimizely.site_of(channel), _optimizely.guid_of(publication)
    standing = site.draft(guid)
    if standing is None:
        raise Refused(f"Utkastet {guid} finns inte längre i Optimizely. Förbered på nytt.")
    if not _ready(site, standing, publication, piece):
        raise Refused(f"Sidan {guid} i Optimizely är inte den som förbereddes. Se efter vem som har ändrat den.")
    if standing.get("status") != "Published":
        if publication.remote_id not in (None, _held(guid, standing)):
            raise Refused(f"Utkastet {guid} i Optimizely har ändrats av någon annan sedan vi lade dit det. Se efter.")
        piece = _illustrated(channel, site, publication, piece, outputs, standing)
        fields = _fields(channel, site, publication, guid, piece, standing, "Published")
        standing = site.put(guid, fields, visible=True)
        _unaltered(site, standing, piece)
    # What the draft held stays noted: a late call of ours may leave it behind the public page once more.
    kept = publication.remote_id or _held(guid, standing)
    return _cms.seen(channel, replace(publication, remote_id=kept), piece)


def find(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Read the public page back: published when it shows this edition in full, None when it isn't up.

    Raises Refused when it lies at another address, or shows a newer edition or other figures; Uncertain when text is
    missing on it; Unavailable when it can't be read.
    """
    return _readback.look(channel, publication, _readback.page_of(outputs, publication))


def retract(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Publish the notice in the page's place; a draft that nobody has seen gets it too, and stays hidden.

    What somebody has edited meanwhile goes too. Raises Refused when the page isn't ours.
    """
    notice = _cms.notice_of(_issues.notice_of(outputs, publication))
    site, guid = _optimizely.site_of(channel), _optimizely.guid_of(publication)
    standing = site.draft(guid)
    mark = _cms.mark_of(_value(site, standing, site.asked.body), publication) if standing else None
    if standing and mark is None:
        raise Refused(f"Sidan {guid} i Optimizely bär inte vårt märke. Titta på den innan något tas bort.")
    if standing and mark and mark.edition <= publication.edition:
        # The images first: it is the text that tells a repeat which they are.
        for name in sorted(_cms.image_names(_value(site, standing, site.asked.body))):
            for edition in range(1, publication.edition + 1):
                site.discard(_optimizely.image_guid(publication, edition, name))
        waits = standing.get("status") != "Published"
        hidden = waits and _readback.is_taken_back(channel, publication)
        if not mark.retracted or (waits and not hidden):
            fields = _fields(
                channel, site, publication, guid, notice, standing, "CheckedOut" if hidden else "Published"
            )
            standing = site.put(guid, fields, visible=not hidden)
    address = _readback.address(channel, publication)
    if not _readback.is_taken_back(channel, publication):
        told = f"{address} visar fortfarande uppföljningen. Ta bort den, eller töm webbplatsens cache."
        return Receipt("by_hand", publication.remote_id, address, told)
    kept = "Tidigare versioner finns kvar i Optimizely; ta bort dem där om de innehåller sekretess."
    # What is ours: the next edition may write over it, and over nobody else's.
    return Receipt("retracted", _held(guid, standing) if standing else None, address, kept if standing else "")


def _piece(channel: Channel, publication: Publication, outputs: tuple[Output, ...]) -> _cms.Piece:
    problems = fits(channel, outputs)
    if problems:
        raise Refused(f"Sidan till {channel.id} kan inte läggas in: {'; '.join(problems)}.")
    return _cms.piece_of(outputs, publication)


def _ready(site: _optimizely.Site, standing: Mapping[str, Any], publication: Publication, piece: _cms.Piece) -> bool:
    """Return whether the common draft is this very article; False when it is the published earlier edition.

    Refused for everything that a person must look at first: a change of ours is never mixed with one of theirs.
    """
    where, status = f"Sidan {standing.get('routeSegment')} i Optimizely", standing.get("status")
    parent = standing.get("parentLink")
    if not isinstance(parent, dict) or parent.get("id") != site.asked.parent:
        raise Refused(f"{where} ligger inte under options.parent: någon har flyttat den eller kastat den. Se efter.")
    title, body = str(standing["name"]), _value(site, standing, site.asked.body)
    mark = _cms.judge(where, title, body, publication, piece.mark)
    same = mark.edition == publication.edition and _cms.same_words(title, body, piece)
    if status == "CheckedOut" and not same and _held(_optimizely.guid_of(publication), standing) in publication.earlier:
        # An earlier edition's draft that never became public: exactly what we saved, with nobody's change in it.
        return False
    if status not in ("Published", "CheckedOut") or (status == "CheckedOut" and not same):
        raise Refused(
            f"{where} har ändringar som inte är publicerade ({status}). De skulle följa med vår text ut: be redaktören "
            "publicera eller kasta dem."
        )
    return same


def _illustrated(
    channel: Channel,
    site: _optimizely.Site,
    publication: Publication,
    piece: _cms.Piece,
    outputs: tuple[Output, ...],
    standing: Mapping[str, Any] | None,
) -> _cms.Piece:
    """Return the article with its images uploaded and their addresses filled in, after what stands there."""
    files, segment = _cms.files_of(outputs), _cms.segment(channel, publication)
    addresses = {}
    for image in piece.article.images:
        guid = _optimizely.image_guid(publication, publication.edition, image.src)
        name = _optimizely.image_name(segment, publication.edition, image.src)
        addresses[image.src] = site.image(guid, name, files[image.src])
    return piece.with_addresses(addresses).after(_value(site, standing, site.asked.body) if standing else "")


def _fields(
    channel: Channel,
    site: _optimizely.Site,
    publication: Publication,
    guid: str,
    piece: _cms.Piece,
    standing: Mapping[str, Any] | None,
    status: str,
) -> dict[str, Any]:
    """Return the whole page as it shall be: ours, the config's fixed values, and what editors had filled in."""
    summary = {site.asked.summary: {"value": piece.article.summary}} if site.asked.summary else {}
    return {
        **_optimizely.own_properties(standing),
        **site.asked.properties,
        **summary,
        site.asked.body: {"value": piece.article.body},
        "name": piece.article.title,
        "language": {"name": "sv"},
        "contentType": ["Page", site.asked.content_type],
        "contentLink": {"guidValue": guid},
        "parentLink": {"id": site.asked.parent},
        "routeSegment": _cms.segment(channel, publication),
        "status": status,
    }


def _unaltered(site: _optimizely.Site, standing: Mapping[str, Any], piece: _cms.Piece) -> None:
    if not _cms.same_words(str(standing["name"]), _value(site, standing, site.asked.body), piece):
        raise Refused(
            f"Optimizely behöll inte texten i egenskapen {site.asked.body}. Kontrollera att sidtypen "
            f"{site.asked.content_type} har den, och att den är en XHTML-egenskap."
        )


def _value(site: _optimizely.Site, standing: Mapping[str, Any], name: str) -> str:
    held = standing.get(name)
    value = held.get("value") if isinstance(held, dict) else None
    return value if isinstance(value, str) else ""


def _held(guid: str, standing: Mapping[str, Any]) -> str:
    """Return the page's guid and a digest of all that an editor could have changed in it.

    The API has no ETag, and the moment of a save won't do: a call of ours whose answer was given up may come through
    late and save the same once more.
    """
    held = {key: standing.get(key) for key in ("name", "routeSegment")}
    whole = {**held, **_optimizely.own_properties(standing)}
    return f"{guid}/{digest(json.dumps(whole, sort_keys=True))}"
