"""Becomes the store's server, tied to the life of the process that asked for it. Run as a file, stdlib only.

A step of its own instead of Popen's `preexec_fn`: that would run Python between fork and exec in the child of
a process that has threads, and can deadlock. What is set here still holds after `execv`.
"""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def main(parent: int, binary: str, *arguments: str) -> None:
    """Asks the kernel for a SIGTERM when the parent dies, then becomes the server."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0):
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    # A parent that died before the prctl sends no signal any more; then we are already somebody else's child.
    if os.getppid() != parent:
        sys.exit("the parent has gone")
    os.umask(0o077)
    os.execv(binary, [binary, *arguments])  # noqa: S606 - to become the server is the whole purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
