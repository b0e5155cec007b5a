"""What the channels that write into a CMS share: the article to write, and whether what stands there still is ours."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from config.schema import Channel
from tasks.channels import _readback
from tasks.model import Output, Publication, Receipt, Refused, Trouble
from tasks.pages.article import Article, article_of, fingerprint
from tasks.pages.markers import Marker, shown, written_marker

_LONGEST_BODY = 1_000_000
# Where a text names images that it no longer shows.
_EARLIER = "data-bild-tidigare"


class Piece(NamedTuple):
    """An article on its way into a CMS: with its mark, and the page it was taken from."""

    article: Article
    mark: Marker
    page: Output

    def with_addresses(self, addresses: Mapping[str, str]) -> Piece:
        """Return the same with its images' addresses, each beside the name that we know the image by."""
        body = self.article.body
        for name, address in addresses.items():
            known = html.escape(name)
            body = body.replace(f'src="{known}"', f'src="{html.escape(address)}" data-bild="{known}"')
        return self._replace(article=replace(self.article, body=body))

    def after(self, body: str) -> Piece:
        """Return the same with the names of images that only the text before it shows: a retraction must find them."""
        names = sorted(image_names(body) - {image.src for image in self.article.images})
        told = f'<div {_EARLIER}="{html.escape("/".join(names))}"' if names else "<div"
        return self._replace(article=replace(self.article, body=self.article.body.replace("<div", told, 1)))


def problems_of(outputs: tuple[Output, ...]) -> list[str]:
    """Return why no article can be taken from these outputs, in Swedish."""
    pages = [o for o in outputs if o.name.rpartition("/")[2] == "index.html"]
    if len(pages) != 1:
        return [f"det ska finnas precis en index.html men det finns {len(pages)}"]
    article = article_of(pages[0].body)
    if article is None:
        return ['index.html saknar märket <meta name="medborgarlofte">']
    problems = [] if article.title else ["sidan saknar rubrik (<h1> i <main>)"]
    if len(article.body.encode()) > _LONGEST_BODY:
        problems.append("texten är längre än en miljon byte")
    return problems


def image_problems(
    article: Article, outputs: tuple[Output, ...], media_types: tuple[str, ...], largest: int
) -> list[str]:
    """Return why the CMS wouldn't take the article's images, in Swedish."""
    problems, files = [], files_of(outputs)
    for image in article.images:
        file = files.get(image.src)
        if file is None:
            problems.append(f"sidan visar bilden {image.src} som inte finns bland filerna")
        elif file.media_type not in media_types:
            problems.append(f"bilden {image.src} är {file.media_type}; det ska vara PNG, JPEG eller WebP")
        elif len(file.body) > largest:
            problems.append(f"bilden {image.src} är större än {largest // 1_000_000} MB")
        if not image.alt.strip():
            problems.append(f"bilden {image.src} saknar alternativtext")
    return problems


def files_of(outputs: tuple[Output, ...]) -> dict[str, Output]:
    """Return the outputs by the names that the page calls them."""
    return {o.name.rpartition("/")[2]: o for o in outputs}


def image_names(body: str) -> set[str]:
    """Return the names of the images that a CMS's text shows, or showed in an earlier edition, as we put them there."""
    told = re.findall(rf'\b(?:data-bild|{_EARLIER})="([^"]+)"', body)
    return {html.unescape(name) for names in told for name in names.split("/")}


def piece_of(outputs: tuple[Output, ...], publication: Publication) -> Piece:
    """Return the article of a publication's page; raises Refused when the outputs hold none for it."""
    return _piece(_readback.page_of(outputs, publication))


def notice_of(page: Output) -> Piece:
    """Return the article of a notice."""
    return _piece(page)


def judge(where: str, title: str, body: str, publication: Publication, ours: Marker) -> Marker:
    """Return the mark of what stands in the CMS when it is an edition of ours that nobody has touched.

    Raises Refused when it isn't our follow-up, was changed by a person since we wrote it, is a later edition or a
    notice for this one, or is this edition with other figures: a person must look.
    """
    mark = mark_of(body, publication)
    if mark is None:
        raise Refused(f"{where} är inte vår sida för perioden. Ge den ett annat namn eller flytta den.")
    if mark.text_sha256 != fingerprint(html.unescape(title), body):
        raise Refused(
            f"{where} har ändrats av någon sedan den lades dit. Stäm av ändringen med redaktören: återställ sidan "
            "eller för in ändringen i en ny utgåva."
        )
    if mark.edition > publication.edition:
        raise Refused(f"{where} är redan utgåva {mark.edition}; utgåva {publication.edition} skrivs inte över den.")
    if mark.edition == publication.edition and mark.retracted and not ours.retracted:
        raise Refused(f"{where} säger att utgåva {mark.edition} är återkallad; den läggs inte ut igen.")
    if mark.edition == publication.edition and mark.figures_sha256 != ours.figures_sha256 and not ours.retracted:
        raise Refused(f"{where} är utgåva {mark.edition} med andra siffror. Se efter vilken som gäller.")
    return mark


def mark_of(body: str, publication: Publication) -> Marker | None:
    """Return the mark of our follow-up in a CMS's text, whoever has edited it; None when it bears none."""
    return shown(body.encode(), publication.promise, publication.period)


def same_words(title: str, body: str, piece: Piece) -> bool:
    """Return whether a title and a body say what the article says, however they are written."""
    return fingerprint(html.unescape(title), body) == piece.article.text_sha256


def seen(channel: Channel, publication: Publication, piece: Piece) -> Receipt:
    """Return `published` when the page that was just made public reads back, else `handed_over` and why."""
    try:
        found = _readback.look(channel, publication, piece.page)
        told = "Sidan är publicerad men går inte att läsa på sin adress ännu."
    except Trouble as trouble:
        found, told = None, str(trouble)
    return found or Receipt("handed_over", publication.remote_id, _readback.address(channel, publication), told)


def segment(channel: Channel, publication: Publication) -> str:
    """Return the last part of the page's public address in lower case: what a CMS calls the page in its addresses."""
    parts = _readback.address(channel, publication).partition("://")[2].rstrip("/").split("/")
    if len(parts) < 2:
        raise Refused(f"Kanalen {channel.id}: address behöver en sista del, som /uppfoljning-{{period}}/.")
    return parts[-1].casefold()


def segment_problems(channel: Channel) -> list[str]:
    """Return why an address can't give each period a page of its own name, in Swedish."""
    last = (channel.address or "").partition("://")[2].rstrip("/").split("/")[1:]
    if channel.address and (not last or "{period}" not in last[-1]):
        return ["address: den sista delen ska innehålla {period}, som /uppfoljning-{period}/"]
    return []


def _piece(page: Output) -> Piece:
    article, mark = article_of(page.body), written_marker(page.body)
    if article is None or mark is None:
        raise Refused(f"{page.name} saknar vårt märke.")
    return Piece(article, mark, page)
