"""WordPress: a hidden draft of a fixed name, published when its id is kept; a later edition updates it in place."""

# ruff: noqa: ARG001 - all kinds share six signatures, also where one needs less
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from config.schema import Channel
from tasks.channels import _cms, _issues, _readback, _wordpress
from tasks.model import Output, Publication, Receipt, Refused
from tasks.pages.markers import Marker

# The page is read at its own address: not there is not there.
ABSENCE_IS_PROOF = True

# What WordPress 6 takes into its library without further ado; SVG it refuses.
_IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")
_LARGEST_IMAGE = 5_000_000
# A post's name has 200 signs in the database, and an image's is longer than its page's.
_LONGEST_NAME = 120
# WordPress leaves a block of HTML as it is; outside one it would add paragraphs of its own.
_BLOCK = "<!-- wp:html -->\n{body}\n<!-- /wp:html -->"


def check(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's configuration, in Swedish; nothing is sent."""
    return [*_readback.site_problems(channel), *_cms.segment_problems(channel), *_wordpress.problems(channel)]


def fits(channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
    """Return why the page couldn't be put into WordPress: no article in it, or an image that it doesn't take."""
    problems = _cms.problems_of(outputs)
    if problems:
        return problems
    article = _cms.notice_of(_cms.files_of(outputs)["index.html"]).article
    return _cms.image_problems(article, outputs, _IMAGES, _LARGEST_IMAGE)


def prepare(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Upload the images and make or renew the hidden draft; the receipt holds the post's id.

    Where an earlier edition is public it stays as it is. Raises Refused when the account may not publish, the post
    would get another address than the pattern says, somebody has edited it, or WordPress alters the text.
    """
    piece = _piece(channel, publication, outputs)
    site, slug = _wordpress.site_of(channel), _slug(channel, publication)
    site.probe(uploads=bool(piece.article.images))
    body = _body(site, slug, piece, outputs)
    post = site.named(slug)
    if post is None:
        fields = {"title": piece.article.title, "content": body, "excerpt": piece.article.summary}
        post = site.create(slug, fields)
    else:
        mark = _judged(post, publication, piece)
        if post.get("status") == "draft" and (mark.edition < publication.edition or not _says(post, piece)):
            fields = {"title": piece.article.title, "content": body}
            post = site.send(f"{site.path}/{post['id']}", fields, visible=False)
    if post.get("status") == "draft":
        _unaltered(post, piece)
    _at_its_address(channel, publication, post, slug)
    return Receipt("prepared", str(post["id"]))


def publish(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Make the prepared post public, or put this edition in the earlier one's place, and read the page back.

    A repeat writes nothing. Raises Refused when the post is gone, or was edited by somebody meanwhile.
    """
    piece = _piece(channel, publication, outputs)
    site, slug = _wordpress.site_of(channel), _slug(channel, publication)
    site.probe(uploads=bool(piece.article.images))
    post = _standing(site, publication, slug)
    if post is None:
        raise Refused(f"Utkastet {publication.remote_id or slug} finns inte längre i WordPress. Förbered på nytt.")
    _judged(post, publication, piece)
    if post.get("status") != "publish" or not _says(post, piece):
        fields = {"title": piece.article.title, "content": _body(site, slug, piece, outputs), "status": "publish"}
        post = site.send(f"{site.path}/{post['id']}", fields, visible=True)
        _unaltered(post, piece)
    _at_its_address(channel, publication, post, slug)
    return _cms.seen(channel, replace(publication, remote_id=str(post["id"])), piece)


def find(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Read the public page back: published when it shows this edition in full, None when it isn't up.

    Raises Refused when it lies at another address, or shows a newer edition or other figures; Uncertain when a filter
    or a person has changed its text; Unavailable when it can't be read.
    """
    return _readback.look(channel, publication, _readback.page_of(outputs, publication))


def retract(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Put the notice in the post's place and delete its images; a draft that never was public is deleted.

    What somebody has edited meanwhile goes too. WordPress keeps earlier versions for its editors; the receipt says
    so. Raises Refused when the post isn't ours.
    """
    notice = _cms.notice_of(_issues.notice_of(outputs, publication))
    site, slug = _wordpress.site_of(channel), _slug(channel, publication)
    site.probe(uploads=False)
    post = _standing(site, publication, slug)
    mark = _cms.mark_of(_raw(post, "content"), publication) if post else None
    if post and mark is None:
        raise Refused(f"Inlägget {post['id']} i WordPress är inte vår sida för perioden.")
    if mark is None or mark.edition <= publication.edition:
        _take_back(site, slug, post, mark, notice)
    address = _readback.address(channel, publication)
    if not _readback.is_taken_back(channel, publication):
        told = f"WordPress har bytt sidan mot ett meddelande, men {address} visar den gamla. Töm webbplatsens cache."
        return Receipt("by_hand", str(post["id"]) if post else None, address, told)
    kept = "Tidigare versioner finns kvar i WordPress historik; ta bort dem där om de innehåller sekretess."
    return Receipt("retracted", str(post["id"]) if post else None, address, kept if post else "")


def _take_back(
    site: _wordpress.Site, slug: str, post: Mapping[str, Any] | None, mark: Marker | None, notice: _cms.Piece
) -> None:
    """Take away what is left: the text that people read first, then the images; a repeat goes on where it broke off."""
    path = f"{site.path}/{post['id']}" if post else ""
    if post and post.get("status") != "publish":
        site.delete(path, visible=False)
    elif post and mark and not mark.retracted:
        fields = {"title": notice.article.title, "content": _BLOCK.format(body=notice.article.body), "excerpt": ""}
        site.send(path, fields, visible=True)
    for image in site.images(_wordpress.image_prefix(slug)):
        site.delete(f"/media/{image['id']}", visible=True)


def _piece(channel: Channel, publication: Publication, outputs: tuple[Output, ...]) -> _cms.Piece:
    problems = fits(channel, outputs)
    if problems:
        raise Refused(f"Sidan till {channel.id} kan inte läggas in: {'; '.join(problems)}.")
    return _cms.piece_of(outputs, publication)


def _slug(channel: Channel, publication: Publication) -> str:
    slug = _cms.segment(channel, publication)
    if len(slug) > _LONGEST_NAME:
        raise Refused(f"Kanalen {channel.id}: sidans namn {slug[:40]}… är längre än {_LONGEST_NAME} tecken.")
    return slug


def _standing(site: _wordpress.Site, publication: Publication, slug: str) -> Mapping[str, Any] | None:
    """Return our post, by its id where that is known; Refused when somebody has thrown it into the trash."""
    key = publication.remote_id or ""
    post = site.post(key) if key.isdecimal() else site.named(slug)
    if post is not None and post.get("status") == "trash":
        raise Refused(f"{slug} ligger i papperskorgen i WordPress. Återställ eller radera sidan där.")
    return post


def _judged(post: Mapping[str, Any], publication: Publication, piece: _cms.Piece) -> Marker:
    if post.get("status") not in ("draft", "publish"):
        raise Refused(f"Inlägget {post['id']} i WordPress är {post.get('status')}: någon har ändrat det. Se efter.")
    where = f"Inlägget {post['id']} ({post.get('slug')}) i WordPress"
    return _cms.judge(where, _raw(post, "title"), _raw(post, "content"), publication, piece.mark)


def _says(post: Mapping[str, Any], piece: _cms.Piece) -> bool:
    return _cms.same_words(_raw(post, "title"), _raw(post, "content"), piece)


def _unaltered(post: Mapping[str, Any], piece: _cms.Piece) -> None:
    if not _says(post, piece):
        raise Refused(
            "WordPress ändrade texten när den sparades. Ett tillägg eller kontots roll filtrerar bort något: jämför "
            f"inlägget {post['id']} med den godkända sidan."
        )


def _at_its_address(channel: Channel, publication: Publication, post: Mapping[str, Any], slug: str) -> None:
    """Raise Refused when the post is, or will be, at another address than the one that posts will link to."""
    wanted, pattern = _readback.address(channel, publication), post.get("permalink_template")
    link = str(post.get("link", ""))
    if post.get("status") != "publish" and isinstance(pattern, str):
        link = pattern.replace("%postname%", slug).replace("%pagename%", slug)
    if link and "?" not in link and not _readback.same_address(wanted, link):
        raise Refused(
            f"WordPress lägger sidan på {link} men enligt address ska den ligga på {wanted}. Rätta address eller "
            "WordPress permalänkar; inläggen väntar."
        )


def _body(site: _wordpress.Site, slug: str, piece: _cms.Piece, outputs: tuple[Output, ...]) -> str:
    """Return the article as WordPress shall hold it, its images uploaded and their addresses filled in."""
    files, addresses = _cms.files_of(outputs), {}
    for image in piece.article.images:
        name = _wordpress.image_slug(slug, files[image.src])
        addresses[image.src] = site.image(name, files[image.src], image.alt)
    return _BLOCK.format(body=piece.with_addresses(addresses).article.body)


def _raw(post: Mapping[str, Any], key: str) -> str:
    value = post.get(key)
    raw = value.get("raw") if isinstance(value, dict) else None
    if not isinstance(raw, str):
        raise Refused(f"WordPress visar inte inläggets {key} för redigering. Se över kontots roll.")
    return raw
