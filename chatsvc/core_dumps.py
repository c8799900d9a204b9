"""What is in this process's memory stays there: no core file, and no look from outside.

A node's memory holds messages and keys. Whatever the limits of the shell, unit or container that started it, a crash
must not write them to a disk, or hand them to a program that collects crashes.
"""

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h
# Less than a page, so that no file is written; and 1, not 0: a kernel that hands cores to a program (`|` in
# core_pattern) pays no heed to any other limit (fs/coredump.c). Unlike the flag above it holds for the bundled
# store as well, as it outlives `execve`.
_NO_CORE: Final = 1


def forbid_core_dumps() -> None:
    """From now on no crash of this process, or of those that it starts, leaves a core, for good.

    On Linux nobody but root can read this process's memory or environment from outside either (prctl(2)).
    """
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    limit = 0 if most == 0 else _NO_CORE
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
