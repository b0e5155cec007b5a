"""Reading a public page back: is it there, at its own address, in our edition, with every word that was approved?"""

from __future__ import annotations

import string
import time
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import requests

from config.schema import Channel
from tasks.model import Output, Publication, Receipt, Refused, Unavailable, Uncertain
from tasks.pages.article import article_of, changes
from tasks.pages.markers import Marker, shown, written_marker

_AGENT = {"User-Agent": "Lofteskollen/0.1 (laser tillbaka publicerade sidor)", "Cache-Control": "no-cache"}
_LONGEST_PAGE = 10_000_000
_HOPS = 5
_FIELDS = ("promise", "period")


def address_of(pattern: str, promise: str, period: str) -> str:
    """Return the pattern with {promise} and {period} filled in; raises Refused when it asks for anything else."""
    problems = pattern_problems(pattern)
    if problems:
        raise Refused(f"Adressen {pattern!r} går inte att använda: {'; '.join(problems)}.")
    values = {"promise": quote(promise, safe=""), "period": quote(period, safe="")}
    return "".join(text + values.get(name or "", "") for text, name, _, _ in string.Formatter().parse(pattern))


def pattern_problems(pattern: str) -> list[str]:
    """Return what is wrong with an address pattern, in Swedish."""
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


def site_problems(channel: Channel) -> list[str]:
    """Return what is wrong with the keys that every site has, in Swedish."""
    problems = [] if channel.address else ["address saknas: ange sidans publika adress, med {promise} och {period}"]
    for key, pattern in (("address", channel.address), ("read_back", channel.read_back)):
        if pattern:
            problems += [f"{key}: {problem}" for problem in pattern_problems(pattern)]
    if channel.role != "site":
        problems.append('role ska vara "site": kanalen är en sida, inte ett inlägg')
    return problems


def address(channel: Channel, publication: Publication) -> str:
    """Return the page's public address; raises Refused when the channel has no usable pattern."""
    if not channel.address:
        raise Refused(f"Kanalen {channel.id} har ingen publik adress. Ange address i kommunens fil.")
    return address_of(channel.address, publication.promise, publication.period)


def read_address(channel: Channel, publication: Publication) -> str:
    """Return where the page is read back: its address, else what the channel's read_back says."""
    public = address(channel, publication)
    return address_of(channel.read_back, publication.promise, publication.period) if channel.read_back else public


def page_of(outputs: tuple[Output, ...], publication: Publication) -> Output:
    """Return the page among the outputs that bears this publication's mark; raises Refused when there is none."""
    wanted = (publication.promise, publication.period, publication.edition)
    for page in (o for o in outputs if o.name.rpartition("/")[2] == "index.html"):
        marker = written_marker(page.body)
        if marker is not None and marker[:3] == wanted:
            return page
    raise Refused("Paketets index.html saknas eller bär ett märke för en annan uppföljning än den som ska publiceras.")


def look(channel: Channel, publication: Publication, page: Output) -> Receipt | None:
    """Read the public page back: published when it shows this edition in full, None when it isn't up yet.

    Raises Refused when it lies at another address than the pattern says, shows a newer edition or other figures, or
    was published whole and no longer is; Uncertain when it bears our mark but not all of our text yet; Unavailable
    when it can't be read.
    """
    public, where = address(channel, publication), read_address(channel, publication)
    body = read(where, channel.timeout_seconds)
    if body is None or shown(body, publication.promise, publication.period) is None:
        _not_elsewhere(channel, publication, where)
        return None
    note = "" if where == public else f"Läst tillbaka på {where}."
    if body == page.body:
        return Receipt("published", publication.remote_id, public, note)
    theirs = _ours(body, page, publication, where)
    if theirs is None:
        return None
    article = article_of(page.body)
    changed = changes(article, body) if article else []
    if changed and publication.state == "published":
        # It has been seen whole: somebody has changed it since.
        raise Refused(f"{where} visar inte längre den godkända texten. {' '.join(changed)}")
    if changed:
        raise Uncertain(
            f"{where} bär märket för utgåva {publication.edition} men visar inte all godkänd text. {changed[0]} "
            f"Rätta sidan; den läses igen."
        )
    note = f"{note} Sidan bär märket och hela texten men är inte byte för byte den godkända.".strip()
    return Receipt("published", publication.remote_id, public, note)


def is_taken_back(channel: Channel, publication: Publication) -> bool:
    """Return whether the public page is gone, or says that this edition (or a later one) was taken back.

    A page that shows a later edition has left this one behind too. Raises Refused and Unavailable as `look` does.
    """
    body = read(read_address(channel, publication), channel.timeout_seconds)
    if body is None:
        return True
    theirs = shown(body, publication.promise, publication.period)
    if theirs is None:
        return False
    return theirs.edition > publication.edition or (theirs.retracted and theirs.edition == publication.edition)


def read(url: str, seconds: float) -> bytes | None:
    """Return a page's bytes, None for 404 and 410.

    A redirect is followed where it leads to the same page written in another way (https, case, a last slash); any
    other raises Refused, since links that were posted would not lead where the config says. Unavailable otherwise.
    """
    first, ends = url, time.monotonic() + 2 * seconds
    try:
        with requests.Session() as session:
            for _ in range(_HOPS):
                with session.get(
                    url, headers=_AGENT, timeout=(5, seconds), stream=True, allow_redirects=False
                ) as answer:
                    if not answer.is_redirect:
                        return _body(answer, url, ends)
                    url = urljoin(url, answer.headers["location"])
                if not same_address(first, url):
                    raise Refused(
                        f"{first} skickar vidare till {url}. Rätta address i kommunens fil, eller lägg sidan där "
                        "adressen säger; inläggen väntar."
                    )
    except (requests.RequestException, ValueError) as error:
        raise Unavailable(f"{url} går inte att läsa just nu ({type(error).__name__}).") from error
    raise Unavailable(f"{url} skickar runt utan att komma fram.")


def same_address(one: str, other: str) -> bool:
    """Return whether two addresses are the same page written in two ways; http may become https, never back."""
    try:
        a, b = urlsplit(one), urlsplit(other)
        upgraded = (a.scheme, b.scheme) == ("http", "https")
        ports = upgraded or (a.scheme, a.port) == (b.scheme, b.port)
    except ValueError:
        return False
    return ports and (a.hostname, a.query, _path(a.path)) == (b.hostname, b.query, _path(b.path))


def without_path(url: str) -> str:
    """Return an address with its path cut off, for checks that are about the host; any text will do."""
    try:
        return urlunsplit(urlsplit(url)._replace(path=""))
    except ValueError:
        return url


def _path(path: str) -> str:
    return unquote(path).rstrip("/").casefold()


def _ours(body: bytes, page: Output, publication: Publication, where: str) -> Marker | None:
    """Return the page's mark when it shows this edition, None when an older one or a notice; Refused otherwise."""
    ours, theirs = written_marker(page.body), shown(body, publication.promise, publication.period)
    if ours is None or theirs is None or theirs.edition < publication.edition:
        return None
    if theirs.edition > publication.edition:
        raise Refused(f"{where} visar redan utgåva {theirs.edition}; utgåva {publication.edition} är passerad.")
    if theirs.retracted != ours.retracted:
        raise Refused(f"{where} säger att utgåva {publication.edition} är återkallad.")
    if theirs.figures_sha256 not in ("", ours.figures_sha256):
        raise Refused(f"{where} visar utgåva {theirs.edition} med andra siffror än de godkända.")
    return theirs


def _not_elsewhere(channel: Channel, publication: Publication, where: str) -> None:
    """Raise Refused when a person has said that the page lies elsewhere, and it does."""
    told = publication.url
    if not told or same_address(told, where) or same_address(told, address(channel, publication)):
        return
    body = read(told, channel.timeout_seconds)
    if body is not None and shown(body, publication.promise, publication.period):
        raise Refused(
            f"Sidan ligger på {told} men enligt address ska den ligga på {where}. Rätta address i kommunens fil eller "
            "flytta sidan; inläggen väntar."
        )


def _body(answer: requests.Response, url: str, deadline: float) -> bytes | None:
    if answer.status_code in (404, 410):
        return None
    if answer.status_code != 200:
        raise Unavailable(f"{url} svarade {answer.status_code}.")
    return whole_body(answer, url, deadline)


def whole_body(answer: requests.Response, url: str, deadline: float) -> bytes:
    """Return an answer's body, read until the monotonic `deadline` at most; raises Unavailable when it is too much."""
    body = bytearray()
    for chunk in answer.iter_content(65536):
        body += chunk
        # The timeout only counts silence; a drip or an endless page would keep us for ever.
        if len(body) > _LONGEST_PAGE or time.monotonic() > deadline:
            raise Unavailable(f"{url} är för stor eller för långsam för att läsas.")
    return bytes(body)
