"""The neutral package: finished files in a folder that a site's editor publishes, or its CMS pulls.

The folder is a local one, or lies behind WebDAV or SFTP. Delivered files are `handed_over`; the page counts as
published when it is read back at its public address.
"""

# ruff: noqa: ARG001 - all kinds share six signatures, also where one needs less
from __future__ import annotations

from pathlib import Path

from config.schema import Channel
from tasks.channels import _folder, _issues, _readback, _shelf
from tasks.model import Output, Publication, Receipt, Refused
from tasks.pages import feeds
from tasks.pages.markers import shown, written_marker

# The page is read at its own address: not there is not there.
ABSENCE_IS_PROOF = True


def check(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's configuration, in Swedish."""
    problems = [*_shelf.problems(channel), *_readback.site_problems(channel)]
    known = {"host_key"} if (channel.base_url or "").startswith("sftp://") else set()
    return [*problems, *(f"options.{key} är okänd: ta bort den" for key in sorted(set(channel.options) - known))]


def fits(channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
    """Return why these files couldn't be delivered: no page, no marker, an unsafe name, a feed that can't be read."""
    problems = [p for p in (_folder.problem_of(o.name) for o in outputs) if p]
    names = [o.name for o in outputs]
    problems += [f"filen {name} finns två gånger" for name in sorted({n for n in names if names.count(n) > 1})]
    pages = _named(outputs, "index.html")
    if len(pages) != 1:
        problems.append(f"paketet ska ha precis en index.html men har {len(pages)}")
    elif written_marker(pages[0].body) is None:
        problems.append('index.html saknar märket <meta name="medborgarlofte">')
    if any(not _issues.is_atom(feed.body) for feed in _named(outputs, "feed.xml")):
        problems.append("feed.xml saknar läsbar tid i <updated>")
    if [feeds.read(o.body) for o in _named(outputs, "feed.json")].count(None) or not _named(outputs, "feed.json"):
        problems.append("feed.json saknas eller är inte ett läsbart flöde")
    return problems


def prepare(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Return at once: a folder has no hidden phase."""
    return Receipt("prepared")


def publish(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Place the files, then the site's feeds with this edition in them; a repeat changes nothing.

    Raises Refused for unsafe names, a newer edition, a notice or somebody else's page in the folder; Unavailable when
    the disk or the server fails, or somebody else changes the same file. Every step may be made again, so nothing
    here is uncertain.
    """
    address = _readback.address(channel, publication)
    problems = fits(channel, outputs)
    if problems:
        raise Refused(f"Paketet till {channel.id} kan inte lämnas: {'; '.join(problems)}.")
    page = _readback.page_of(outputs, publication)
    with _shelf.opened(channel, folder) as shelf:
        _guard(shelf, page, publication)
        site_feeds, left = _issues.site_feeds(shelf, outputs), _issues.left_behind(shelf, page, outputs)
        # The page comes after the files it links to; the manifest and the feeds say that it is there.
        for output in sorted(outputs, key=_issues.turn):
            # What only an earlier edition had goes before the manifest that names it does: a repeat would not find it.
            while left and _issues.turn(output) > _issues.turn(page):
                shelf.remove(left.pop())
            shelf.place(output.name, output.body)
        for name, body in site_feeds:
            shelf.place(name, body)
        return Receipt("handed_over", url=address, message=f"Filerna ligger i {shelf.where}.")


def find(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Read the public page back: published when it shows this edition, None when it isn't up or shows an older one.

    An interrupted delivery whose page is up counts as found only when the rest is there too. Raises Refused when it
    lies at another address, or shows a newer edition or other figures; Uncertain when text is missing on it;
    Unavailable when it can't be read.
    """
    found = _readback.look(channel, publication, _readback.page_of(outputs, publication))
    if found and publication.state == "uncertain" and not _is_whole(channel, outputs, folder):
        return None
    return found


def _is_whole(channel: Channel, outputs: tuple[Output, ...], folder: Path) -> bool:
    """Return whether what is placed after the page is there: the manifest and the site's feeds."""
    with _shelf.opened(channel, folder) as shelf:
        last = [*((o.name, o.body) for o in outputs), *_issues.site_feeds(shelf, outputs)]
        return all(shelf.read(name) == body for name, body in last)


def retract(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Put the notice in the page's place, take its data away and say so in the feeds; then read the page back.

    What was never delivered leaves no notice. `by_hand` when the public page still shows the follow-up, as where an
    editor publishes the files. Raises Refused and Unavailable as `publish` does.
    """
    notice = _issues.notice_of(outputs, publication)
    address = _readback.address(channel, publication)
    with _shelf.opened(channel, folder) as shelf:
        there = shelf.read(notice.name)
        mark = shown(there, publication.promise, publication.period) if there is not None else None
        if there is not None and mark is None:
            raise Refused(
                f"{shelf.where}/{notice.name} är inte vår sida för perioden. Titta på den innan något tas bort."
            )
        if mark is None:
            for output in outputs:
                shelf.remove(output.name)
        elif mark.edition <= publication.edition or mark.retracted:
            _issues.take_back(shelf, notice, outputs)
        where = shelf.where
    if _readback.is_taken_back(channel, publication):
        return Receipt("retracted", url=address, message="Sidan läst tillbaka: uppföljningen är borta.")
    done = f"Filerna i {where} är ersatta av ett meddelande" if mark else f"Inget paket låg i {where}"
    mend = f"Ersätt sidan där med {notice.name}, eller ta bort den."
    return Receipt("by_hand", url=address, message=f"{done}, men {address} säger inte att den är återkallad. {mend}")


def _named(outputs: tuple[Output, ...], name: str) -> list[Output]:
    return [o for o in outputs if o.name.rpartition("/")[2] == name]


def _guard(shelf: _shelf.Shelf, page: Output, publication: Publication) -> None:
    """Refuse to write over what isn't an older or equal edition of the same follow-up."""
    there, where = shelf.read(page.name), f"{shelf.where}/{page.name}"
    if there is None or there == page.body:
        return
    ours, standing = written_marker(page.body), shown(there, publication.promise, publication.period)
    if standing is None:
        raise Refused(f"{where} är inte vår sida för perioden. Flytta undan filen och försök igen.")
    if standing.edition > publication.edition:
        raise Refused(f"{where} är redan utgåva {standing.edition}; utgåva {publication.edition} skrivs inte över den.")
    if standing.retracted and standing.edition == publication.edition:
        raise Refused(f"{where} säger att utgåva {standing.edition} är återkallad; den läggs inte ut igen.")
    # Two databases may each believe that they own edition 1.
    other = ours and standing.figures_sha256 not in ("", ours.figures_sha256)
    if standing.edition == publication.edition and other:
        raise Refused(f"{where} är utgåva {standing.edition} med andra siffror. Flytta undan mappen och försök igen.")
