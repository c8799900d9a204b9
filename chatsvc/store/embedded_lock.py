"""Who has the data directory: a lock that the kernel releases, and a note of its holder."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 5.0
"""How long a holder whose starter has died may take to finish before it is ended."""
_LOOK_EVERY_S: Final = 0.05
_NOTE_BYTES: Final = 2048


class DataDirectoryBusy(Exception):
    """The data directory is in use; the message says by whom, in one sentence."""


class DataDirectoryLock:
    """An exclusive `flock`, shared with the server by inheritance: it holds as long as either of us lives."""

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir
        self._path = data_dir / "lock"
        self.fd = -1

    async def take(self, serves: str) -> None:
        """Takes the directory, if need be from a dead process's server. Raises DataDirectoryBusy."""
        # O_CREAT without O_TRUNC: the holder's note must survive our look at it.
        self.fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            waited = 0.0
            while not self._locked():
                holder, server, serving = self._read()
                if _alive(holder):
                    raise DataDirectoryBusy(_sentence(self._dir, holder, serving))
                if waited > PATIENCE_S:
                    _end(server, self._dir)
                if waited > 2 * PATIENCE_S:
                    raise DataDirectoryBusy(_sentence(self._dir, server, ""))
                await asyncio.sleep(_LOOK_EVERY_S)
                waited += _LOOK_EVERY_S
        except BaseException:
            self.release()
            raise
        self.note(serves, 0)

    def note(self, serves: str, server: int) -> None:
        """Writes down who holds the directory and which server works on it."""
        text = json.dumps({"pid": os.getpid(), "server": server, "serves": serves[:256]}).encode()
        # One write of one length: a reader sees the old note or the new one, never a part.
        os.pwrite(self.fd, text.ljust(_NOTE_BYTES), 0)

    def release(self) -> None:
        """Lets go; the directory is free once the server has ended too."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def _locked(self) -> bool:
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _read(self) -> tuple[int, int, str]:
        try:
            note = json.loads(os.pread(self.fd, _NOTE_BYTES, 0))
            return int(note["pid"]), int(note["server"]), str(note["serves"])
        except (ValueError, KeyError, TypeError):
            return 0, 0, ""  # The holder has not written it yet.


def _sentence(data_dir: Path, pid: int, serves: str) -> str:
    what = f", which serves {serves}" if serves else ""
    return f"The data directory {data_dir} is in use by process {pid}{what}."


def _alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end(server: int, data_dir: Path) -> None:
    """Kills a server that was told to end and did not, if it is really the one of this directory."""
    with contextlib.suppress(OSError):
        if server > 1 and Path(f"/proc/{server}/cwd").readlink() == data_dir.resolve():
            os.kill(server, signal.SIGKILL)
