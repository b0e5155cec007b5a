"""The processes of the living system: started again when they die, ended with us, their logs kept small."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_STOP_SECONDS = 15
# One that dies at its start is tried again this often: often enough to be back soon, seldom enough to be harmless.
_PAUSE_SECONDS = 10.0
_LARGEST_LOG = 20_000_000


class Child:
    """A process in a session of its own (Ctrl-C reaches only us); `log` is where it writes."""

    def __init__(self, name: str, command: Sequence[str], log: Path, *, pause: float = _PAUSE_SECONDS) -> None:
        self.name, self._command, self._log, self._pause = name, [*_dies_with_us(), *command], log, pause
        log.parent.mkdir(parents=True, exist_ok=True)
        self._process = self._start()

    @property
    def pid(self) -> int:
        """The process as it runs now."""
        return self._process.pid

    def look(self) -> bool:
        """Start it again if it has died, no more often than each pause; return whether it was."""
        code = self._process.poll()
        if code is None or time.monotonic() - self._began < self._pause:
            return False
        how = f"signal {-code}" if code < 0 else f"kod {code}"
        print(f"{self.name} dog ({how}) och startas igen; se {self._log}.", file=sys.stderr, flush=True)
        self._process = self._start()
        return True

    def stop(self) -> None:
        """End it by its pid, gently first."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        self._began = time.monotonic()
        with self._log.open("ab") as log:
            return subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)


def trim(logs: Path, largest: int = _LARGEST_LOG) -> None:
    """Move what a child has written for long into a file beside, one generation.

    The child keeps its open file, which it appends to: it is emptied, not renamed. Of a line that comes at that very
    moment the rest may be lost; what matters stands in the journal. On a full disk it is emptied all the same.
    """
    for file in logs.glob("*.log"):
        if file.stat().st_size > largest:
            try:
                shutil.copyfile(file, file.with_suffix(".log.1"))
            except OSError:
                file.with_suffix(".log.1").unlink(missing_ok=True)
            os.truncate(file, 0)


def _dies_with_us() -> list[str]:
    """Return what makes the kernel end a child when we are killed outright, where the system has it (Linux).

    Outright too: asked politely, a server that was still starting went on for a minute and a half, and held its port.
    """
    wrapper = shutil.which("setpriv")
    return [wrapper, "--pdeathsig", "KILL"] if wrapper and sys.platform == "linux" else []
