"""Reach the outside: one requests session with timeouts, a name, a size limit, and leave asked before each call."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from config.schema import Source
from tasks.model import Payload, Refused, Unavailable

# The police answer 403 to a call without a name; an installation adds its own contact.
USER_AGENT = "Lofteskoll/0.1 (uppfoljning av medborgarlofte)"
CONNECT_SECONDS = 5.0
# The longest answer seen is 0.2 MB; a hundred times that is a mistake or an attack.
MAX_BYTES = 20_000_000
MAX_FILE_BYTES = 100_000_000
_PIECE = 65_536
_MEDIA_TYPES = {
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ics": "text/calendar",
    ".xml": "application/xml",
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".gz": "application/gzip",
}
_MAGIC = re.compile(r"[*?\[]")


class Gate(Protocol):
    """Gives leave to call a host, for all workers together, and remembers addresses that are gone for good."""

    def claim(self, host: str, min_seconds: float, per_hour: int) -> datetime | None:
        """Count a call and return None, or return the earliest UTC moment at which leave may be given."""
        ...

    def is_gone(self, url: str) -> bool:
        """Return whether the address once answered 404 or 410."""
        ...

    def mark_gone(self, url: str) -> None:
        """Remember that the address must not be asked again."""
        ...


class TooMuch(requests.RequestException):
    """The answer was longer, or took longer, than we are willing to wait for."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Http:
    """One session for all calls out; `get` is for sources, `request` for channels that map errors themselves."""

    def __init__(self, gate: Gate, user_agent: str = USER_AGENT) -> None:
        self._gate = gate
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent

    def get(self, source: Source, url: str, now: datetime, headers: Mapping[str, str] | None = None) -> Response:
        """Return the whole answer of a source, status 2xx.

        Raises Unavailable (nothing happened, try again) or Refused (404 and 410 for ever, other 4xx). `now` is what a
        Retry-After counts from.
        """
        where = place(url)
        if self._gate.is_gone(url):
            raise Refused(f"{source.name}: {where} har svarat att adressen inte finns och anropas inte igen. {_MEND}")
        wait = self._gate.claim(host(url), source.min_seconds_between_calls, source.max_calls_per_hour)
        if wait is not None:
            raise Unavailable(f"{source.name}: {host(url)} får anropas igen {_clock(wait)}.", wait)
        try:
            answer = self.request("GET", url, headers=headers, read_seconds=source.timeout_seconds)
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
            raise Refused(f"{source.name}: {where} är ingen adress som går att anropa. {_MEND}") from error
        except requests.RequestException as error:
            raise Unavailable(
                f"{source.name}: {where} kunde inte läsas ({_why(error)}). Försök igen senare."
            ) from error
        return self._judged(source, url, answer, now)

    def request(
        self,
        method: str,
        url: str,
        *,
        read_seconds: float = 30.0,
        deadline_seconds: float | None = None,
        **options: Any,
    ) -> Response:
        """Return any answer, redirects not followed; requests.RequestException when there is no whole answer.

        `options` go to requests (headers, data, json, files, auth). The whole exchange may take `deadline_seconds`,
        else twice the read timeout.
        """
        ends = time.monotonic() + (deadline_seconds or CONNECT_SECONDS + 2 * read_seconds)
        timeout = (min(CONNECT_SECONDS, read_seconds), read_seconds)
        with self._session.request(
            method, url, timeout=timeout, allow_redirects=False, stream=True, **options
        ) as answer:
            body = b"".join(_pieces(answer, ends))
            return Response(answer.status_code, answer.headers, body, url)

    def _judged(self, source: Source, url: str, answer: Response, now: datetime) -> Response:
        status, where = answer.status, place(url)
        if 200 <= status < 300:
            return answer
        if 300 <= status < 400:
            target = place(answer.headers.get("Location", "")) or "en okänd adress"
            raise Unavailable(
                f"{source.name}: {where} svarade med en hänvisning till {target}, som inte följs. {_MEND}"
            )
        if status in (404, 410):
            self._gate.mark_gone(url)
            raise Refused(f"{source.name}: {where} svarade {status}, adressen finns inte. {_MEND}")
        if status == 429:
            again = _retry_after(answer.headers.get("Retry-After", ""), now)
            raise Unavailable(
                f"{source.name}: {host(url)} svarade 429, för många anrop. Det får anropas {_clock(again)}.", again
            )
        if status in (408, 425) or status >= 500 or status < 200:
            raise Unavailable(f"{source.name}: {where} svarade {status}. Försök igen senare.")
        hint = (
            "åtkomsten är spärrad; kontrollera User-Agent och villkor"
            if status in (401, 403)
            else "anropet godtas inte"
        )
        raise Refused(f"{source.name}: {where} svarade {status}, {hint}. {_MEND}")


_MEND = "Rätta källans url i konfigurationen om adressen har ändrats."


def payloads(
    source: Source, http: Http, folder: Path, now: datetime, headers: Mapping[str, str] | None = None
) -> tuple[Payload, ...]:
    """Return what the source's `url` holds: one answer of an http address, or each file of a pattern, by name.

    A file's payload carries its name and no path of this machine. Unavailable when no file fits the pattern.
    """
    if urlsplit(source.url).scheme in ("http", "https"):
        answer = http.get(source, source.url, now, headers)
        return (Payload(source.id, now, source.url, answer.headers.get("Content-Type", ""), answer.body),)
    return tuple(_from_file(source, path, folder, now) for path in _files(source, folder))


def host(url: str) -> str:
    """Return the host that a call counts against, with its port when that is unusual."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    usual = port in (None, 80, 443)
    return parts.hostname or "" if usual else f"{parts.hostname}:{port}"


def place(url: str) -> str:
    """Return an address without its query, which may hold keys: fit for messages."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{host(url)}{parts.path}"[:200]


def _pieces(answer: requests.Response, ends: float) -> Iterator[bytes]:
    """Yield the body as it comes; a server that drips a byte a second never trips a read timeout, so `ends` does."""
    length = 0
    while True:
        if time.monotonic() > ends:
            raise TooMuch("svaret tog för lång tid")
        try:
            piece = answer.raw.read1(_PIECE, decode_content=True)
        except ReadTimeoutError as error:
            raise requests.ReadTimeout(error) from error
        except (HTTPError, OSError) as error:
            raise requests.exceptions.ChunkedEncodingError(error) from error
        if not piece:
            return
        length += len(piece)
        if length > MAX_BYTES:
            raise TooMuch(f"svaret är större än {MAX_BYTES // 1_000_000} MB")
        yield piece


def _why(error: requests.RequestException) -> str:
    """Say what went wrong without requests' own text, which holds the whole address."""
    if isinstance(error, TooMuch):
        return str(error)
    if isinstance(error, requests.exceptions.SSLError):
        return "certifikatet godkänns inte"
    if isinstance(error, requests.Timeout):
        return "inget svar i tid"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "svaret bröts"
    return "ingen kontakt"


def _retry_after(value: str, now: datetime) -> datetime:
    """Return the moment a Retry-After names, in seconds or as a date, within a day; an hour from now if none."""
    latest = now + timedelta(days=1)
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return min(now + timedelta(seconds=int(value)), latest)
    try:
        named = parsedate_to_datetime(value)
    except ValueError:
        return now + timedelta(hours=1)
    return min(max(named if named.tzinfo else named.replace(tzinfo=UTC), now), latest)


def _clock(moment: datetime) -> str:
    return f"tidigast {moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _files(source: Source, folder: Path) -> list[Path]:
    """Return the files a path or pattern names; the part before the first wildcard is taken as it stands."""
    whole = folder / Path(source.url).expanduser()
    if whole.is_file():
        return [whole]
    parts = whole.parts
    fixed = next((i for i, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    found = []
    if fixed < len(parts):
        found = sorted(
            (p for p in Path(*parts[:fixed]).glob("/".join(parts[fixed:])) if p.is_file()), key=lambda p: p.name
        )
    if not found:
        raise Unavailable(f"{source.name}: ingen fil motsvarar {source.url!r}. Lägg dit filen eller rätta källans url.")
    return found


def _from_file(source: Source, path: Path, folder: Path, now: datetime) -> Payload:
    url = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Refused(
                f"{source.name}: filen {path.name} är större än {MAX_FILE_BYTES // 1_000_000} MB. Dela upp den."
            )
        body = path.read_bytes()
    except OSError as error:
        raise Unavailable(f"{source.name}: filen {path.name} går inte att läsa ({error.strerror}).") from error
    return Payload(
        source.id, now, url, _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"), body, path.name
    )
