"""A folder behind SFTP: written under a temporary name and renamed; the server is known by its key or not at all."""

from __future__ import annotations

import base64
import binascii
import errno
import io
import posixpath
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import paramiko
from paramiko.pkey import UnknownKeyType
from paramiko.ssh_exception import IncompatiblePeer

from config.schema import Channel
from tasks.channels import _folder
from tasks.model import Refused, Unavailable

_LASTING = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR}
_SECRETS = {"username", "password", "private_key"}
_KEYS: tuple[type[paramiko.PKey], ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class _Place(NamedTuple):
    host: str
    port: int
    path: str


def problems(channel: Channel) -> list[str]:
    """Return what is wrong with the channel's server and keys, in Swedish."""
    given = {key for key, value in channel.secrets.items() if value.get_secret_value()}
    found = [] if _place(channel) else ["base_url ska ha formen sftp://värd:port/mapp, utan namn och lösenord"]
    if "username" not in given:
        found.append("secrets.username saknas: ange kontots namn under [channel.secrets]")
    if len(given & {"password", "private_key"}) != 1:
        found.append("ange antingen secrets.password eller secrets.private_key (nyckelns text)")
    elif "private_key" in given and _private_key(channel) is None:
        found.append("secrets.private_key går inte att läsa: ange hela nyckelns text, utan lösenfras")
    if _host_key(channel) is None:
        found.append('options.host_key saknas eller går inte att läsa: ange serverns nyckel, "ssh-ed25519 AAAA…"')
    return [*found, *(f"secrets.{key} är okänd: ta bort den" for key in sorted(set(channel.secrets) - _SECRETS))]


@contextmanager
def opened(channel: Channel) -> Iterator[Sftp]:
    """Give the server's folder; raises Refused when the server's key or ours is wrong, Unavailable when it is away."""
    with paramiko.SSHClient() as client:
        _connect(client, channel)
        try:
            sftp = client.open_sftp()
            wire = sftp.get_channel()
            if wire is not None:
                wire.settimeout(channel.timeout_seconds)
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise Unavailable(f"{channel.base_url} ger ingen SFTP just nu ({type(error).__name__}).") from None
        yield Sftp(sftp, channel)


class Sftp:
    """One folder of an SFTP server as the place of a package."""

    def __init__(self, sftp: paramiko.SFTPClient, channel: Channel) -> None:
        self.where = (channel.base_url or "").rstrip("/")
        self._sftp = sftp
        place = _place(channel)
        self._root = place.path if place else "."

    def read(self, name: str) -> bytes | None:
        """Return what stands under the name, None when nothing does; raises Refused or Unavailable."""
        with self._told(name):
            try:
                with self._sftp.open(self._path(name), "rb") as file:
                    return bytes(file.read())
            except FileNotFoundError:
                return None

    def place(self, name: str, body: bytes) -> None:
        """Write `body` beside its place and rename it there, so that a reader sees the old file or the new one."""
        path = self._path(name)
        if self.read(name) == body:
            return
        folder, last = posixpath.split(path)
        temporary = f"{folder}/.{last}.{secrets.token_hex(8)}.tmp"
        with self._told(name):
            self._make_folders(folder)
            try:
                with self._sftp.open(temporary, "wxb") as file:
                    file.write(body)
                if self._sftp.stat(temporary).st_size != len(body):
                    raise Unavailable(f"{self.where}/{name} kom inte fram hel. Försök igen.")
                self._sftp.posix_rename(temporary, path)
            except BaseException:
                with suppress(OSError, EOFError, paramiko.SSHException):
                    self._sftp.remove(temporary)
                raise
            # A worker that was killed half-way left its temporary file behind.
            for left in self._sftp.listdir(folder):
                if left.startswith(f".{last}.") and left.endswith(".tmp"):
                    self._sftp.remove(f"{folder}/{left}")

    def remove(self, name: str) -> None:
        """Take a file away; nothing there is no trouble."""
        with self._told(name), suppress(FileNotFoundError):
            self._sftp.remove(self._path(name))

    def _path(self, name: str) -> str:
        problem = _folder.problem_of(name)
        if problem:
            raise Refused(f"Filen kan inte skrivas: {problem}.")
        return f"{self._root}/{name}"

    def _make_folders(self, folder: str) -> None:
        try:
            self._sftp.stat(folder)
        except FileNotFoundError:
            self._make_folders(posixpath.dirname(folder))
            with suppress(OSError):  # another worker may have made it a moment ago; the write tells if nobody did
                self._sftp.mkdir(folder)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Turn the library's errors into ours. Every write may be made again, so nothing here is uncertain."""
        try:
            yield
        except OSError as error:
            if error.errno in _LASTING or "unsupported" in str(error).casefold():
                mend = "Ge kontot rätt till mappen eller rätta base_url."
                raise Refused(f"{self.where}/{name} går inte att läsa eller skriva där. {mend}") from None
            raise Unavailable(f"{self.where}/{name} kan inte nås just nu ({type(error).__name__}).") from None
        except (paramiko.SSHException, EOFError) as error:
            raise Unavailable(f"{self.where} bröt förbindelsen ({type(error).__name__}). Försök igen.") from None


def _connect(client: paramiko.SSHClient, channel: Channel) -> None:
    place, key = _place(channel), _host_key(channel)
    if place is None or key is None:
        raise Refused(f"Kanalen {channel.id}: base_url eller options.host_key går inte att använda.")
    known = place.host if place.port == 22 else f"[{place.host}]:{place.port}"
    client.get_host_keys().add(known, key.get_name(), key)
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    password = channel.secrets.get("password")
    try:
        client.connect(
            place.host,
            place.port,
            username=channel.secrets["username"].get_secret_value(),
            password=(password.get_secret_value() or None) if password else None,
            pkey=_private_key(channel),
            timeout=channel.timeout_seconds,
            banner_timeout=channel.timeout_seconds,
            auth_timeout=channel.timeout_seconds,
            channel_timeout=channel.timeout_seconds,
            # Only what the config says: no key or agent of whoever happens to run this.
            allow_agent=False,
            look_for_keys=False,
        )
    except paramiko.BadHostKeyException:
        raise Refused(
            f"{channel.base_url} har en annan nyckel än options.host_key. Någon kan stå emellan: fråga den som sköter "
            "servern innan nyckeln byts."
        ) from None
    except paramiko.AuthenticationException:
        raise Refused(f"{channel.base_url} släpper inte in oss. Se över secrets.username och nyckeln.") from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        if "not found in known_hosts" in str(error) or isinstance(error, IncompatiblePeer):
            raise Refused(f"{channel.base_url} visar ingen nyckel av samma slag som options.host_key.") from None
        raise Unavailable(f"{channel.base_url} går inte att nå ({type(error).__name__}).") from None


def _place(channel: Channel) -> _Place | None:
    try:
        parts = urlsplit(channel.base_url or "")
        host, port = parts.hostname or "", parts.port or 22
    except ValueError:
        return None
    if parts.scheme != "sftp" or not host or parts.username or parts.query or parts.fragment:
        return None
    # sftp://host/x is the server's /x; sftp://host/~/x lies in the account's own folder.
    path = unquote(parts.path).rstrip("/")
    path = path.replace("/~", ".", 1) if path.startswith("/~/") or path == "/~" else path
    return _Place(host, port, path)


def _host_key(channel: Channel) -> paramiko.PKey | None:
    words = str(channel.options.get("host_key", "")).split()
    try:
        return paramiko.PKey.from_type_string(words[0], base64.b64decode(words[1], validate=True))
    except (IndexError, ValueError, binascii.Error, paramiko.SSHException, UnknownKeyType):
        return None


def _private_key(channel: Channel) -> paramiko.PKey | None:
    given = channel.secrets.get("private_key")
    text = given.get_secret_value() if given else ""
    for kind in _KEYS:
        with suppress(ValueError, IndexError, paramiko.SSHException):
            return kind.from_private_key(io.StringIO(text))
    return None
