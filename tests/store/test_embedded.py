"""The bundled store under our own supervision."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from chatsvc.store import embedded
from chatsvc.store.embedded import DataDirectoryBusy, EmbeddedStore, EmbeddedStoreFailed
from chatsvc.store.link import Link
from tests.support.links import POOL, until_back

pytestmark = pytest.mark.process

_OWNER = """
import asyncio, sys
from pathlib import Path
from chatsvc.store.embedded import EmbeddedStore

async def main():
    async with EmbeddedStore(Path(sys.argv[1]), serves="http://127.0.0.1:8080/") as store:
        print(store.pid, store.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


class Owner:
    """A process of its own that runs a bundled store."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _OWNER, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(embedded.__file__).parents[2])},
        )
        assert self.process.stdout is not None
        pid, self.url = self.process.stdout.readline().split()
        self.server = psutil.Process(int(pid))

    def kill(self) -> None:
        """SIGKILL, and nothing else."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A place for data that does not exist yet."""
    return tmp_path / "store"


@pytest.fixture
def owner(data_dir: Path) -> Iterator[Owner]:
    """Another process that has the directory."""
    owner = Owner(data_dir)
    yield owner
    owner.kill()
    with_server = owner.server
    if with_server.is_running():
        with_server.resume()
        psutil.wait_procs([with_server], timeout=10)
    assert not with_server.is_running()


def servers_in(data_dir: Path) -> list[int]:
    """Processes that work in the directory."""
    return [process.pid for process in psutil.process_iter(["cwd"]) if process.info["cwd"] == str(data_dir)]


async def test_data_survive_an_orderly_end(data_dir: Path) -> None:
    """What was written is there at the next start, and no process stays behind."""
    for durability in ("everysec", "always"):
        async with EmbeddedStore(data_dir, durability) as store:
            link = await Link.open(store.url, client_name="test")
            await link.call(POOL, "INCR", POOL)
            await link.close()
        assert servers_in(data_dir) == []
    async with EmbeddedStore(data_dir) as store:
        assert redis.Redis.from_url(store.url).get(POOL) == b"2"


async def test_server_is_configured_as_promised(data_dir: Path) -> None:
    """Writes go to the log on disk, no key is evicted, nothing is kept in a slow log, no port is open."""
    async with EmbeddedStore(data_dir, "always") as store:
        with redis.Redis.from_url(store.url) as client:
            held = client.config_get("*")
        assert isinstance(held, dict)
        assert held["appendonly"] == "yes"
        assert held["appendfsync"] == "always"
        assert held["save"] == ""
        assert held["maxmemory-policy"] == "noeviction"
        assert held["slowlog-log-slower-than"] == "-1"
        assert held["port"] == "0"
        assert not psutil.Process(store.pid).net_connections("inet")


async def test_nobody_else_can_read_the_directory(data_dir: Path) -> None:
    """Directory, socket, configuration and everything the server writes are the owner's alone."""
    async with EmbeddedStore(data_dir) as store:
        with redis.Redis.from_url(store.url) as client:
            client.set("a", 1)
        for path in (data_dir, *data_dir.rglob("*")):
            assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path


def test_killed_parent_leaves_no_process_and_all_data(data_dir: Path, owner: Owner) -> None:
    """After SIGKILL of the parent the server ends by itself, and what it had acknowledged is on disk."""
    with redis.Redis.from_url(owner.url) as client:
        for number in range(1000):
            client.rpush("log", number)
        owner.kill()
    psutil.wait_procs([owner.server], timeout=5)
    assert servers_in(data_dir) == []

    async def read() -> object:
        async with EmbeddedStore(data_dir) as store:
            return redis.Redis.from_url(store.url).llen("log")

    assert asyncio.run(read()) == 1000


async def test_directory_of_a_killed_parent_can_be_taken_at_once(data_dir: Path, owner: Owner) -> None:
    """A start right after SIGKILL waits for the old server's end instead of failing or running beside it."""
    redis.Redis.from_url(owner.url).set("a", 1)
    owner.kill()
    async with EmbeddedStore(data_dir) as store:
        assert servers_in(data_dir) == [store.pid]
        assert redis.Redis.from_url(store.url).get("a") == b"1"


async def test_server_that_could_not_obey_is_ended_at_the_next_start(
    data_dir: Path, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped server whose parent was killed does not block its directory for ever."""
    monkeypatch.setattr("chatsvc.store.embedded_lock.PATIENCE_S", 0.3)
    redis.Redis.from_url(owner.url).set("a", 1)
    owner.server.suspend()
    owner.kill()
    async with EmbeddedStore(data_dir) as store:
        assert servers_in(data_dir) == [store.pid]
        assert redis.Redis.from_url(store.url).get("a") == b"1"


async def test_second_start_says_who_has_the_directory(data_dir: Path, owner: Owner) -> None:
    """A second start is refused at once, in one sentence with process and address, and harms nothing."""
    started = time.monotonic()
    with pytest.raises(DataDirectoryBusy) as caught:
        async with EmbeddedStore(data_dir):
            pass
    assert time.monotonic() - started < 1
    assert str(caught.value) == (
        f"The data directory {data_dir} is in use by process {owner.process.pid}, "
        "which serves http://127.0.0.1:8080/."
    )
    assert redis.Redis.from_url(owner.url).ping()


async def test_second_start_in_the_same_process_is_refused(data_dir: Path) -> None:
    """The same holds within one process."""
    async with EmbeddedStore(data_dir) as first:
        with pytest.raises(DataDirectoryBusy, match=str(os.getpid())):
            async with EmbeddedStore(data_dir):
                pass
        assert redis.Redis.from_url(first.url).ping()


async def test_crashed_server_is_started_again(data_dir: Path) -> None:
    """When the server dies it is started again with its data, and a link finds its way back."""
    async with EmbeddedStore(data_dir) as store:
        link = await Link.open(store.url, client_name="test")
        await link.call(POOL, "SET", POOL, 1)
        for _ in range(2):
            dead = store.pid
            os.kill(dead, signal.SIGKILL)
            async with asyncio.timeout(10):
                while store.pid == dead:  # noqa: ASYNC110 - there is no event to wait for
                    await asyncio.sleep(0.01)
            await until_back(link)
            assert await link.call(POOL, "GET", POOL) == b"1"
        await link.close()
    assert servers_in(data_dir) == []


async def test_stopped_server_is_ended_with_us(data_dir: Path) -> None:
    """A server that was stopped by a signal doesn't keep us from ending."""
    async with EmbeddedStore(data_dir) as store:
        os.kill(store.pid, signal.SIGSTOP)
    assert servers_in(data_dir) == []


async def test_long_directory_name_works(tmp_path: Path) -> None:
    """Where its path would be too long the socket lies in a private directory, removed at the end."""
    data_dir = tmp_path / ("käyttäjän tiedot " * 6) / "store"
    async with EmbeddedStore(data_dir) as store:
        link = await Link.open(store.url, client_name="test")
        assert await link.call(POOL, "SET", POOL, 1) == b"OK"
        await link.close()
        place = Path((data_dir / "run" / "elsewhere").read_text())
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert not place.exists()


async def test_start_that_fails_says_where_to_look(data_dir: Path) -> None:
    """When the server can't start, the error names its log, and the directory is free again."""
    (data_dir / "appendonlydir").mkdir(parents=True)
    (data_dir / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(EmbeddedStoreFailed, match=r"server\.log"):
        async with EmbeddedStore(data_dir):
            pass
    (data_dir / "appendonlydir" / "appendonly.aof.manifest").unlink()
    async with EmbeddedStore(data_dir) as store:
        assert redis.Redis.from_url(store.url).ping()


async def test_log_does_not_grow_without_bound(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own log is cut when it has grown large, while the server runs."""
    monkeypatch.setattr(embedded, "LARGEST_LOG", 1000)
    monkeypatch.setattr(embedded, "_LOG_LOOK_S", 0.05)
    async with EmbeddedStore(data_dir):
        log = data_dir / "server.log"
        with log.open("a") as file:
            file.write("x" * 2000)
        async with asyncio.timeout(5):
            while log.stat().st_size > 1000:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.02)


def test_parent_that_died_before_the_launch_is_noticed() -> None:
    """A launch whose parent is not the one it was told does not become a server."""
    launcher = Path(embedded.__file__).with_name("embedded_launch.py")
    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(launcher), "1", "/bin/true", "x"], capture_output=True, check=False
    )
    assert ended.returncode == 1
    assert b"parent has gone" in ended.stderr


def test_only_the_main_thread_may_start_it(data_dir: Path) -> None:
    """The kernel ties the server to the thread that started it: any other than the main one is refused."""

    async def start() -> None:
        async with EmbeddedStore(data_dir):
            pass

    async def main() -> None:
        await asyncio.to_thread(asyncio.run, start())

    with pytest.raises(RuntimeError, match="main thread"):
        asyncio.run(main())


def test_socket_path_limit_is_the_kernels() -> None:
    """The limit we go by is the one that the kernel enforces."""
    with socket.socket(socket.AF_UNIX) as server, pytest.raises(OSError, match="too long"):
        server.bind("x" * (embedded.LONGEST_SOCKET_PATH + 1))
