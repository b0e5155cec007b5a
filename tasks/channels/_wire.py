"""Calls to a network's own API: one address, one key, a time limit, and what each failure means.

What no one can see (an upload, a hidden draft, a question) may be done again, so an unclear end of it is
`Unavailable`; an unclear end of what can be seen is `Uncertain`.
"""

# ruff: noqa: ARG002 - a gate that is always open has no use for what it is asked
from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from config.schema import Channel
from tasks.http import Http
from tasks.model import Refused, Trouble, Unavailable, Uncertain

# Nobody asks us to wait longer; a reset further away is a mistake of theirs.
_LONGEST_WAIT = timedelta(days=1)
_LONGEST_WORDS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `data` is its JSON object, {} when the body isn't one."""

    status: int
    headers: Mapping[str, str]
    data: Mapping[str, Any]
    # A list where the API answers with one (posts of an account).
    rows: tuple[Any, ...] | None = None

    @property
    def good(self) -> bool:
        """Whether the other side says that it did what was asked."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Line:
    """The way to one account: `told` are headers of every call, `secrets` are never repeated in words."""

    network: str
    base: str
    seconds: float
    told: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def call(self, method: str, path: str, *, visible: bool, **options: Any) -> Answer:
        """Return any whole answer; `visible` says whether readers could see what the call does.

        Raises Refused (no address), Unavailable (surely nothing that matters happened) or Uncertain.
        """
        headers = {**self.told, **options.pop("headers", {})}
        try:
            found = Http(_NoGate()).request(
                method, self.base + path, read_seconds=self.seconds, headers=headers, **options
            )
        except requests.RequestException as error:
            # `from None`: the error quotes the request, and the request carries the key.
            raise self._unanswered(error, visible) from None
        body = _json(found.body)
        rows = tuple(body) if isinstance(body, list) else None
        return Answer(found.status, found.headers, body if isinstance(body, dict) else {}, rows)

    def trouble(
        self,
        answer: Answer,
        said: str,
        meanings: Mapping[int, str],
        *,
        visible: bool,
        retry_at: datetime | None = None,
    ) -> Trouble:
        """Return what an answer that isn't good means; `said` is the other side's own words about it."""
        status, words = answer.status, self.words(said)
        if status == 429:
            what = f"{self.network} tar inte emot fler anrop just nu (429); inget skickades."
            return Unavailable(f"{what}{words}", retry_at)
        if status >= 500 or status < 400:
            return self.unclear(f"svarade {status}.{words}", visible)
        meaning = meanings.get(status, f"sade nej ({status}). Fråga den som sköter kontot")
        return Refused(f"{self.network} {meaning}.{words}")

    def unclear(self, what: str, visible: bool) -> Trouble:
        """Return Uncertain for what readers might see, else Unavailable."""
        if visible:
            return Uncertain(f"{self.network} {what} Inlägget kan ha kommit fram.")
        return Unavailable(f"{self.network} {what} Inget har publicerats.")

    def words(self, said: str) -> str:
        """Return the other side's words as a sentence to add, without our keys, at most 200 signs."""
        words = " ".join(said.split())
        for secret in self.secrets:
            words = words.replace(secret, "***")
        return f" {self.network} svarade: {words[:_LONGEST_WORDS]}" if words else ""

    def _unanswered(self, error: requests.RequestException, visible: bool) -> Trouble:
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
            return Refused(f"Adressen till {self.network} går inte att använda. Rätta base_url i kommunens fil.")
        if never_sent(error):
            return Unavailable(f"{self.network} går inte att nå ({type(error).__name__}); inget skickades.")
        return self.unclear(f"gav inget helt svar ({type(error).__name__}).", visible)


class _NoGate:
    """Posts are few; each network's own answers say when to wait."""

    def claim(self, host: str, min_seconds: float, per_hour: int) -> datetime | None:
        return None

    def is_gone(self, url: str) -> bool:
        return False

    def mark_gone(self, url: str) -> None:
        return None


@contextmanager
def asking() -> Iterator[None]:
    """Turn every trouble of a look-up into Unavailable: not being let in proves nothing about the post."""
    try:
        yield
    except (Refused, Uncertain) as trouble:
        raise Unavailable(f"Det går inte att se om inlägget finns. {trouble}") from trouble


def base_problems(base: str, default: str = "") -> list[str]:
    """Return why an address can't be a network's: it has a path, or a key would leave the machine in the clear."""
    example = default or "https:// och serverns namn"
    try:
        parts = urlsplit(base)
        host, scheme = parts.hostname or "", parts.scheme
        whole = parts.port != 0 and not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    except ValueError:
        return ["base_url går inte att tolka som en adress"]
    if scheme not in ("http", "https") or not host or not whole:
        return [f"base_url ska vara {example}, utan sökväg"]
    if scheme == "http" and not _is_loopback(host):
        return ["base_url måste börja med https:// när den inte är på den egna datorn"]
    return []


def key_problems(channel: Channel, wanted: tuple[str, ...]) -> list[str]:
    """Return which of the wanted keys are missing and which are unknown, in Swedish; never what they hold."""
    return [
        *(f"secrets.{key} saknas: sätt miljövariabeln som den pekar på" for key in missing_keys(channel, wanted)),
        *unknown_keys(channel, wanted),
    ]


def missing_keys(channel: Channel, wanted: tuple[str, ...]) -> list[str]:
    """Return the names of the wanted keys that are not there or empty."""
    return [key for key in wanted if key not in channel.secrets or not secret(channel, key)]


def unknown_keys(channel: Channel, wanted: tuple[str, ...]) -> list[str]:
    """Return a sentence for each key that the kind doesn't have: usually a typing slip."""
    return [f"secrets.{key} är okänd: använd {', '.join(wanted)}" for key in sorted(set(channel.secrets) - set(wanted))]


def secret(channel: Channel, key: str) -> str:
    """Return a key's value for a header; KeyError when the channel has none."""
    return channel.secrets[key].get_secret_value().strip()


def never_sent(error: requests.RequestException) -> bool:
    """Return whether the call surely failed before its first byte: no connection, or no trust in the other side."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, urllib3.exceptions.SSLError):
        return any(isinstance(part, ssl.SSLCertVerificationError) for part in reason.args)
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)


def moment(value: str) -> datetime | None:
    """Return the moment of a header, in Unix seconds or ISO 8601; None when it makes no sense."""
    readers: tuple[Callable[[str], datetime], ...] = (
        lambda text: datetime.fromtimestamp(int(text), UTC),
        datetime.fromisoformat,
    )
    for read in readers:
        try:
            found = read(value.strip())
        except (ValueError, OverflowError, OSError):
            continue
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def after(answer: Answer, wait: timedelta) -> datetime | None:
    """Return the moment that lies `wait` after the answer, by the other side's own clock; None when it shows none."""
    try:
        said = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
    return said.astimezone(UTC) + min(wait, _LONGEST_WAIT)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
