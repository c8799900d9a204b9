"""Which process listens on a port of this machine."""

import contextlib
from pathlib import Path

_LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp


def holder_of(port: int) -> str:
    """` by <program> (process <id>)`, or nothing where the system does not tell."""
    inodes = _inodes(port)
    for entry in Path("/proc").glob("[0-9]*"):
        if inodes and _holds(entry, inodes):
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                name = " ".join([Path(words[0]).name, *(Path(word).name for word in words[1:4])]).strip()
                return f" by `{name}` (process {entry.name})"
    return ""


def _inodes(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                cells = line.split()
                if cells[3] == _LISTENING and int(cells[1].rpartition(":")[2], 16) == port:
                    found.add(cells[9])
    return found


def _holds(process: Path, inodes: set[str]) -> bool:
    try:
        return any(
            str(link.readlink()) == f"socket:[{inode}]"
            for link in (process / "fd").iterdir()
            for inode in inodes
        )
    except OSError:
        return False
