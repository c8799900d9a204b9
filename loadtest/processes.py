"""The processes of a run: started, watched, measured, and gone with the run whatever happens."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from chatsvc.store import embedded, embedded_launch

READY_WITHIN_S: Final = 30.0
ANSWER_WITHIN_S: Final = 180.0
ROOT: Final = Path(__file__).resolve().parents[1]
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class RunFailed(Exception):
    """The run can't go on; the message says which process and why."""


class Child:
    """A process of this run, its output in a file; it dies with us."""

    def __init__(
        self,
        name: str,
        folder: Path,
        command: Sequence[str],
        environ: Mapping[str, str] | None = None,
        *,
        spoken_to: bool = False,
    ) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        launch = [sys.executable, "-I", "-S", embedded_launch.__file__, str(os.getpid()), *command]
        pipe = subprocess.PIPE if spoken_to else None
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                launch,
                stdin=pipe or subprocess.DEVNULL,
                stdout=pipe or log,
                stderr=log,
                cwd=ROOT,
                env=clean_environ() | dict(environ or {}),
                text=spoken_to,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def until(self, ready: Callable[[], bool]) -> "Child":
        """Wait for a state that sends no event. Raises RunFailed."""
        deadline = time.monotonic() + READY_WITHIN_S
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RunFailed(f"{self.name} does not start: {self.last_words()}")
            time.sleep(0.02)
        return self

    def ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Give a child that is spoken to an order, wait for its answer. Raises RunFailed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RunFailed(f"{self.name} has ended: {self.last_words()}")
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise RunFailed(f"{self.name}: {answer['failed']}")
        return answer

    def last_words(self) -> str:
        """The end of its output."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-1_500:]

    def stop(self) -> None:
        """End it, by force after five seconds."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def clean_environ() -> dict[str, str]:
    """Our environment without settings of the program that the caller may have."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CHATSVC_")}


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that these processes have used (proc(5), stat: fields 14 and 15)."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def resident_bytes(pid: int) -> int:
    """The resident memory of a process (proc(5), statm: field 2)."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody accepts connections on it."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(port: int, path: str) -> bool:
    """Whether a GET is answered with 200."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start_store(name: str, folder: Path) -> tuple[Child, str]:
    """A real Valkey as an operator would run it: append-only file, written out every second. Also its URL."""
    place, port = folder / name, free_port()
    place.mkdir()
    lines = [
        f"port {port}",
        "bind 127.0.0.1",
        f"dir {place}",
        "save ''",
        "appendonly yes",
        "appendfsync everysec",
    ]
    (place / "valkey.conf").write_text("\n".join([*lines, "loglevel warning", ""]), encoding="utf-8")
    child = Child(name, folder, [embedded._find_binary(), str(place / "valkey.conf")])
    return child.until(lambda: listens(port)), f"redis://127.0.0.1:{port}/0"


def start_generator(name: str, folder: Path) -> Child:
    """A process that makes load."""
    return Child(name, folder, [sys.executable, "-m", "loadtest.generator"], spoken_to=True)
