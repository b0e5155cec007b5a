"""Files placed in a folder that others read from: whole or not at all, and never outside it."""

from __future__ import annotations

import errno
import glob
import os
import secrets
from pathlib import Path

from config.schema import Channel
from tasks.channels import _post
from tasks.model import Output, Refused, Unavailable

# Trouble that waiting won't cure: a person has to change rights, names or the mount.
_LASTING = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP,
}  # fmt: skip
# A file name may have 255 bytes on the usual file systems; the temporary name needs some of them.
_LONGEST_PART = 200


class Local:
    """A folder of this machine as the place of a package."""

    def __init__(self, root: Path) -> None:
        self.where = str(root)
        self._root = root

    def read(self, name: str) -> bytes | None:
        """Return what stands under the name, None when nothing does; raises Refused or Unavailable."""
        return read(target_of(self._root, name))

    def place(self, name: str, body: bytes) -> None:
        """Write `body` whole or not at all; the same bytes already there are left alone."""
        place(target_of(self._root, name), body)

    def remove(self, name: str) -> None:
        """Take a file away; nothing there is no trouble."""
        target = target_of(self._root, name)
        try:
            target.unlink(missing_ok=True)
        except OSError as error:
            raise _trouble(target, error) from error


def root_of(channel: Channel, folder: Path) -> Path:
    """Return the channel's folder; a relative one lies in `folder`. Raises Refused when the config names none."""
    if not channel.folder:
        raise Refused(f"Kanalen {channel.id} har ingen mapp. Ange folder i kommunens fil.")
    return folder / Path(channel.folder).expanduser()


def problem_of(name: str) -> str:
    """Return why `name` can't be a file in the folder, in Swedish; empty when it can."""
    parts = name.split("/")
    if any(not part or part.startswith(".") for part in parts):
        return f"filnamnet {name!r} pekar utanför mappen eller på en dold fil"
    if "\\" in name or not name.isprintable():
        return f"filnamnet {name!r} innehåller otillåtna tecken"
    if any(len(part.encode()) > _LONGEST_PART for part in parts):
        return f"filnamnet {name[:40]!r}… är för långt"
    return ""


def target_of(root: Path, name: str) -> Path:
    """Return where `name` belongs under `root`; raises Refused when the name, or a link on disk, leads out of it."""
    problem = problem_of(name)
    if problem:
        raise Refused(f"Filen kan inte skrivas: {problem}.")
    try:
        base = root.resolve()
        target = base.joinpath(*name.split("/"))
        # Someone may have put a symbolic link in the folder; following it would write somewhere else.
        inside = target.parent.resolve().is_relative_to(base) and not target.is_symlink()
    except (OSError, RuntimeError) as error:
        raise Refused(f"Mappen {root} går inte att använda ({type(error).__name__}).") from error
    if not inside:
        raise Refused(f"Filen kan inte skrivas: en länk i mappen {root} leder {name} ut ur den.")
    return target


def read(target: Path) -> bytes | None:
    """Return what stands in the file, None when there is none; raises Refused or Unavailable."""
    try:
        return target.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _trouble(target, error) from error


def place(target: Path, body: bytes) -> bool:
    """Write `body` whole or not at all and return True; the same bytes already there are left alone (False)."""
    if read(target) == body:
        return False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, body)
    except OSError as error:
        raise _trouble(target, error) from error
    return True


def _replace(target: Path, body: bytes) -> None:
    # The temporary file stands in the same folder, since a rename is atomic only within one file system. Its name is
    # random: two workers may place the same file, and neither may write into the other's.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    # A worker that was killed half-way left its temporary file behind.
    for stale in target.parent.glob(f".{glob.escape(target.name)}.*.tmp"):
        stale.unlink(missing_ok=True)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    # The rename itself survives a power cut only when the folder is synced too.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _trouble(target: Path, error: OSError) -> Refused | Unavailable:
    what = f"{target} går inte att läsa eller skriva: {error.strerror}."
    if error.errno in _LASTING:
        return Refused(f"{what} Ge programmet rätt till mappen eller rätta folder i kommunens fil.")
    return Unavailable(what)


def text_of(outputs: tuple[Output, ...]) -> str:
    """Return the one plain text among the outputs; raises Refused when there is none, or several, or it is empty."""
    texts = [o for o in outputs if o.media_type.startswith("text/plain") and not o.name.endswith(_post.ALT)]
    if len(texts) != 1:
        raise Refused(f"Kanalen ska ha precis en inläggstext men har {len(texts)}.")
    try:
        text = texts[0].body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("Inläggstexten är inte UTF-8.") from error
    if not text.strip():
        raise Refused("Inläggstexten är tom.")
    return text
