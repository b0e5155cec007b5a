"""Our own style, script and icon: read once, and kept by a browser until they change."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tasks.model import digest

# An address that carries the content's hash never gets other content.
_FOR_EVER, _FOR_NOW = "public, max-age=31536000, immutable", "public, max-age=600"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file with the hash that its address carries."""

    body: bytes
    media_type: str
    version: str

    @property
    def tag(self) -> str:
        """The entity tag."""
        return f'"{self.version}"'


class Assets:
    """Answers for a folder of small files from memory: a disk and a thread less for each page."""

    def __init__(self, folder: Path, at: str) -> None:
        self.at = at
        self.files = {p.name: _read(p) for p in folder.iterdir() if p.is_file()}

    def address(self, name: str) -> str:
        """Return a file's address; KeyError where there is no such file."""
        return f"{self.at}/{name}?v={self.files[name].version}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        file = self.files.get(scope["path"].removeprefix(f"{self.at}/"))
        if file is None:
            raise HTTPException(404)
        is_versioned = scope["query_string"] == f"v={file.version}".encode()
        headers = {"cache-control": _FOR_EVER if is_versioned else _FOR_NOW, "etag": file.tag}
        is_known = Headers(scope=scope).get("if-none-match") == file.tag
        answer = Response(
            b"" if is_known else file.body, 304 if is_known else 200, headers=headers, media_type=file.media_type
        )
        await answer(scope, receive, send)


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, mimetypes.guess_type(path.name)[0] or "application/octet-stream", digest(body)[:12])
