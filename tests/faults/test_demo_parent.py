"""What the demo does when the make that started it is killed."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.support.ports import free_port

STARTER = """
import subprocess, sys, os
child = subprocess.Popen([sys.executable, "-m", "chatsvc", "demo", "--stop-with", str(os.getpid()), *sys.argv[1:]])
child.wait()
"""


def running_with(text: str) -> list[int]:
    """Processes whose command line has `text`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().decode(errors="replace")
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if text in line and state != "Z" and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


async def test_a_killed_parent_takes_the_demo_along(tmp_path: Path, static_dir: Path) -> None:
    """SIGKILL of the process that `--stop-with` names ends the demo and its store."""
    assert static_dir.is_dir()
    data = tmp_path / "data"
    options = ("--port", str(free_port()), "--metrics-port", str(free_port()), "--data-dir", str(data))
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTER, *options, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(60):
        while b"Ctrl-C ends everything" not in (line := await parent.stdout.readline()):
            assert line, "the demo did not start"
    assert running_with(str(data))
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    async with asyncio.timeout(20):
        while running_with(str(data)):  # noqa: ASYNC110 - another process's end has no event here
            await asyncio.sleep(0.1)
