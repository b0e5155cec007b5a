"""The neutral package: finished files in a folder that a site's editor publishes, or its CMS pulls.

Delivered files are `handed_over`; the page counts as published when it is read back at its public address.
"""

# ruff: noqa: ARG001 - all kinds share five signatures, also where one needs less
from __future__ import annotations

import html
import io
import re
import string
import time
import unicodedata
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

import feedparser
import requests

from config.schema import Channel
from tasks.channels import _folder
from tasks.model import Output, Publication, Receipt, Refused, Unavailable

# The page is read at its own address: not there is not there.
ABSENCE_IS_PROOF = True

_AGENT = {"User-Agent": "Lofteskollen/0.1 (laser tillbaka publicerade sidor)", "Cache-Control": "no-cache"}
_LONGEST_PAGE = 10_000_000
_HOPS = 5

_META = re.compile(r"<meta\b[^<>]*>", re.IGNORECASE)
_NAMED = re.compile(r"""\bname\s*=\s*["']?medborgarlofte["'\s/>]""", re.IGNORECASE)
_CONTENT = re.compile(
    r"""\bcontent\s*=\s*["']([a-z0-9][a-z0-9._-]*)/([\w.-]+);edition=([0-9]{1,6});figures=([0-9a-f]{64})["']""",
    re.IGNORECASE | re.ASCII,
)
_SENTENCE = re.compile(r"Uppföljning ([a-z0-9][a-z0-9._-]*)/([0-9A-Za-z._-]+), utgåva ([0-9]{1,6})(?![0-9])")


class Marker(NamedTuple):
    """Which edition a page shows; `figures_sha256` is empty when only the visible sentence was left."""

    promise: str
    period: str
    edition: int
    figures_sha256: str


def check(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's configuration, in Swedish."""
    problems = []
    if not channel.folder:
        problems.append("folder saknas: ange mappen som filerna ska läggas i")
    if not channel.address:
        problems.append("address saknas: ange sidans publika adress, med {promise} och {period}")
    for key, pattern in (("address", channel.address), ("read_back", channel.read_back)):
        if pattern:
            problems += [f"{key}: {problem}" for problem in _pattern_problems(pattern)]
    if channel.role != "site":
        problems.append('role ska vara "site": ett paket är en sida, inte ett inlägg')
    problems += [f"options.{key} är okänd: ta bort den" for key in sorted(channel.options)]
    return problems


def fits(channel: Channel, outputs: tuple[Output, ...]) -> list[str]:
    """Return why these files couldn't be delivered: no page, no marker, an unsafe name, a feed without its time."""
    problems = [p for p in (_folder.problem_of(o.name) for o in outputs) if p]
    names = [o.name for o in outputs]
    problems += [f"filen {name} finns två gånger" for name in sorted({n for n in names if names.count(n) > 1})]
    pages = _named(outputs, "index.html")
    if len(pages) != 1:
        problems.append(f"paketet ska ha precis en index.html men har {len(pages)}")
    elif _meta(pages[0].body) is None:
        problems.append('index.html saknar märket <meta name="medborgarlofte">')
    if any(_feed_time(feed.body) is None for feed in _named(outputs, "feed.xml")):
        problems.append("feed.xml saknar läsbar tid i <updated>")
    return problems


def prepare(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Return at once: a folder has no hidden phase."""
    return Receipt("prepared")


def publish(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt:
    """Place the files and the newest feed in the folder; a repeat changes nothing.

    Raises Refused for unsafe names, a newer edition or somebody else's page in the folder; Unavailable when the
    disk fails.
    """
    address = _address(channel, publication)
    problems = fits(channel, outputs)
    if problems:
        raise Refused(f"Paketet till {channel.id} kan inte lämnas: {'; '.join(problems)}.")
    page, root = _page(outputs, publication), _folder.root_of(channel, folder)
    targets = [(_folder.target_of(root, o.name), o) for o in outputs]
    feeds = _newest_feed(root, outputs)
    _guard(_folder.target_of(root, page.name), page, publication)
    # The page comes after the files it links to, and its marker tells a later run that they are all there.
    for target, output in sorted(targets, key=lambda pair: pair[1] is page):
        _folder.place(target, output.body)
    for feed in feeds:
        _folder.place(_folder.target_of(root, "feed.xml"), feed.body)
    return Receipt("handed_over", url=address, message=f"Filerna ligger i {root}.")


def find(channel: Channel, publication: Publication, outputs: tuple[Output, ...], folder: Path) -> Receipt | None:
    """Read the public page back: published when it shows this edition, None when it isn't up or shows an older one.

    Raises Refused when it shows a newer edition or other figures, or sends us to another site; Unavailable when the
    page can't be read.
    """
    address, page = _address(channel, publication), _page(outputs, publication)
    where = address_of(channel.read_back, publication.promise, publication.period) if channel.read_back else address
    body = _get(where, channel.timeout_seconds)
    if body is None:
        return None
    note = "" if where == address else f"Läst tillbaka på {where}."
    if body == page.body:
        return Receipt("published", url=address, message=note)
    ours, theirs = _meta(page.body), _shown(body, publication)
    if ours is None or theirs is None or theirs.edition < publication.edition:
        return None
    if theirs.edition > publication.edition:
        raise Refused(f"{where} visar redan utgåva {theirs.edition}; utgåva {publication.edition} är passerad.")
    if theirs.figures_sha256 not in ("", ours.figures_sha256):
        raise Refused(f"{where} visar utgåva {theirs.edition} med andra siffror än de godkända.")
    note = f"{note} Sidan bär märket men är inte byte för byte den godkända.".strip()
    return Receipt("published", url=address, message=note)


def marker_of(body: bytes) -> Marker | None:
    """Return the first marker of an HTML page, in the head or as the visible sentence; None when it has none."""
    return next(iter(markers_of(body)), None)


def markers_of(body: bytes) -> tuple[Marker, ...]:
    """Return every marker of an HTML page, those in its head first; any bytes will do."""
    text = _decoded(body)
    metas = [_CONTENT.search(tag) for tag in _META.findall(text) if _NAMED.search(tag)]
    found = [Marker(m[1], m[2], int(m[3]), m[4].lower()) for m in metas if m]
    # Editors strip <meta>, add tags inside the sentence and turn ö into an entity or into o plus dots.
    plain = unicodedata.normalize("NFC", html.unescape(re.sub(r"<[^<>]*>", "", text)))
    sentences = _SENTENCE.finditer(" ".join(plain.split()))
    return (*found, *(Marker(m[1], m[2], int(m[3]), "") for m in sentences))


def address_of(pattern: str, promise: str, period: str) -> str:
    """Return the pattern with {promise} and {period} filled in; raises Refused when it asks for anything else."""
    problems = _pattern_problems(pattern)
    if problems:
        raise Refused(f"Adressen {pattern!r} går inte att använda: {'; '.join(problems)}.")
    values = {"promise": quote(promise, safe=""), "period": quote(period, safe="")}
    return "".join(text + values.get(name or "", "") for text, name, _, _ in string.Formatter().parse(pattern))


def _pattern_problems(pattern: str) -> list[str]:
    try:
        pieces = list(string.Formatter().parse(pattern))
        parts = urlsplit(pattern)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return ["adressen eller klamrarna i den går inte att tolka"]
    # str.format would also follow attributes and indexes; only the two plain names are allowed.
    strange = [name for _, name, spec, how in pieces if name is not None and (name not in _FIELDS or spec or how)]
    problems = [f"okänt fält {{{name}}}, bara {{promise}} och {{period}} går att använda" for name in strange]
    return problems if good else [*problems, "den ska börja med https:// och en värd"]


_FIELDS = ("promise", "period")


def _address(channel: Channel, publication: Publication) -> str:
    if not channel.address:
        raise Refused(f"Kanalen {channel.id} har ingen publik adress. Ange address i kommunens fil.")
    return address_of(channel.address, publication.promise, publication.period)


def _named(outputs: tuple[Output, ...], name: str) -> list[Output]:
    return [o for o in outputs if o.name.rpartition("/")[2] == name]


def _page(outputs: tuple[Output, ...], publication: Publication) -> Output:
    wanted = (publication.promise, publication.period, publication.edition)
    for page in _named(outputs, "index.html"):
        marker = _meta(page.body)
        if marker is not None and marker[:3] == wanted:
            return page
    raise Refused("Paketets index.html saknas eller bär ett märke för en annan uppföljning än den som ska publiceras.")


def _meta(body: bytes) -> Marker | None:
    return next((m for m in markers_of(body) if m.figures_sha256), None)


def _shown(body: bytes, publication: Publication) -> Marker | None:
    """Return the newest edition of this follow-up that the page shows; such a page may hold several periods."""
    same = [m for m in markers_of(body) if m[:2] == (publication.promise, publication.period)]
    # At the same edition the head counts: it also tells which figures.
    return max(same, key=lambda m: (m.edition, m.figures_sha256), default=None)


def _guard(target: Path, page: Output, publication: Publication) -> None:
    """Refuse to write over what isn't an older or equal edition of the same follow-up."""
    there = _folder.read(target)
    if there is None or there == page.body:
        return
    ours, shown = _meta(page.body), marker_of(there)
    if shown is None or shown[:2] != (publication.promise, publication.period):
        raise Refused(f"{target} är inte vår sida för perioden. Flytta undan filen och försök igen.")
    if shown.edition > publication.edition:
        raise Refused(f"{target} är redan utgåva {shown.edition}; utgåva {publication.edition} skrivs inte över den.")
    # Two databases may each believe that they own edition 1.
    if shown.edition == publication.edition and ours and shown.figures_sha256 not in ("", ours.figures_sha256):
        raise Refused(f"{target} är utgåva {shown.edition} med andra siffror. Flytta undan mappen och försök igen.")


def _newest_feed(root: Path, outputs: tuple[Output, ...]) -> list[Output]:
    """Return the package's feed when it belongs at the folder's root: nothing newer stands there."""
    feeds = _named(outputs, "feed.xml")[:1]
    there = _folder.read(_folder.target_of(root, "feed.xml"))
    if there is None or not feeds:
        return feeds
    old, new = _feed_time(there), _feed_time(feeds[0].body)
    if old is None:
        raise Refused(f"{root / 'feed.xml'} är inte ett läsbart Atom-flöde. Flytta undan filen och försök igen.")
    return feeds if new is not None and new >= old else []


def _feed_time(body: bytes) -> tuple[int, ...] | None:
    # feedparser resolves no outside entities and drops dangerous ones; a stream keeps it from taking bytes as a name.
    moment = feedparser.parse(io.BytesIO(body)).feed.get("updated_parsed")
    return tuple(moment[:6]) if moment else None


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _get(url: str, timeout: float) -> bytes | None:
    """Return the page's bytes, None for 404 and 410; follows redirects within the same site only."""
    start = time.monotonic()
    try:
        with requests.Session() as session:
            for _ in range(_HOPS):
                with session.get(
                    url, headers=_AGENT, timeout=(5, timeout), stream=True, allow_redirects=False
                ) as answer:
                    if not answer.is_redirect:
                        return _body(answer, url, start + 2 * timeout)
                    url = _same_site(url, urljoin(url, answer.headers["location"]))
    except (requests.RequestException, ValueError) as error:
        raise Unavailable(f"{url} går inte att läsa just nu ({type(error).__name__}).") from error
    raise Unavailable(f"{url} skickar runt utan att komma fram.")


def _same_site(here: str, there: str) -> str:
    old, new = urlsplit(here), urlsplit(there)
    upgraded = (old.scheme, new.scheme) == ("http", "https")
    if new.hostname != old.hostname or not (upgraded or (new.scheme, new.port) == (old.scheme, old.port)):
        raise Refused(f"{here} skickar vidare till en annan webbplats ({new.hostname}). Rätta address eller read_back.")
    return there


def _body(answer: requests.Response, url: str, deadline: float) -> bytes | None:
    if answer.status_code in (404, 410):
        return None
    if answer.status_code != 200:
        raise Unavailable(f"{url} svarade {answer.status_code}.")
    body = bytearray()
    for chunk in answer.iter_content(65536):
        body += chunk
        # The timeout only counts silence; a drip or an endless page would keep us for ever.
        if len(body) > _LONGEST_PAGE or time.monotonic() > deadline:
            raise Unavailable(f"{url} är för stor eller för långsam för att läsas.")
    return bytes(body)
