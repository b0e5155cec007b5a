"""Where a package is put: one small set of verbs over a folder, a WebDAV server or an SFTP server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from config.schema import Channel
from tasks.channels import _folder, _sftp, _webdav
from tasks.model import Refused

_KINDS = ("https://", "http://", "sftp://")


class Shelf(Protocol):
    """Files by name; each is written whole or not at all, and all verbs are safe to repeat."""

    @property
    def where(self) -> str:
        """The place in words, without secrets."""

    def read(self, name: str) -> bytes | None:
        """Return what stands under the name, None when nothing does; raises Refused or Unavailable."""

    def place(self, name: str, body: bytes) -> None:
        """Put `body` there; what was changed by others since it was last read raises Unavailable."""

    def remove(self, name: str) -> None:
        """Take a file away; nothing there is no trouble."""


def problems(channel: Channel) -> list[str]:
    """Return what is wrong with the place that a channel names, in Swedish."""
    url = channel.base_url or ""
    if bool(channel.folder) == bool(url):
        return ["ange antingen folder (en mapp) eller base_url (https:// för WebDAV, sftp:// för SFTP)"]
    if channel.folder:
        return [f"secrets.{key} är okänd: en mapp har inga nycklar" for key in sorted(channel.secrets)]
    if not url.startswith(_KINDS):
        return ["base_url ska börja med https:// (WebDAV) eller sftp://"]
    return _sftp.problems(channel) if url.startswith("sftp://") else _webdav.problems(channel)


@contextmanager
def opened(channel: Channel, folder: Path) -> Iterator[Shelf]:
    """Give the channel's place; a relative folder lies in `folder`. Raises Refused and Unavailable."""
    url = channel.base_url or ""
    wrong = problems(channel)
    if wrong:
        raise Refused(f"Kanalen {channel.id}: {'; '.join(wrong)}.")
    if url.startswith("sftp://"):
        with _sftp.opened(channel) as shelf:
            yield shelf
    elif url:
        with _webdav.opened(channel) as dav:
            yield dav
    else:
        yield _folder.Local(_folder.root_of(channel, folder))
