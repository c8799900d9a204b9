"""The program in processes of its own, on a real store that the test may kill, pause and rob."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from chatsvc.domain.sites import Site, Staff, StaffId
from chatsvc.store import embedded_launch
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from tests.support.ports import free_ports
from tests.support.service import make_site, make_staff
from tests.support.store_server import SingleStore, valkey_binary

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 40.0
STEP_S = 0.02  # between two looks at something that sends no event


class NotReady(Exception):
    """A process ended, or took too long, before it said that it was ready; the message is what it printed."""


class Program:
    """One process of the program. It dies with the test run, whatever becomes of the test."""

    python: tuple[str, ...] = ("-m", "chatsvc")  # what the interpreter is told to be

    def __init__(self, *arguments: str, output: Path, **variables: str) -> None:
        self.arguments = arguments
        self.output = output
        self.variables = variables
        self.process: subprocess.Popen[bytes] | None = None
        self._read_from = 0

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether it is there."""
        return self.process is not None and self.process.poll() is None

    def launch(self) -> None:
        """Start it; does not wait."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHATSVC_")}
        self._read_from = self.output.stat().st_size if self.output.exists() else 0
        tied = [sys.executable, "-I", "-S", embedded_launch.__file__, str(os.getpid())]
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*tied, sys.executable, *self.python, *self.arguments],
                env=inherited | {"PYTHONPATH": str(ROOT)} | self.variables,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.output.parent, start_new_session=True,
            )  # fmt: skip

    async def ready(self, mark: str = '"ready"') -> None:
        """Wait for the line that says so. Raises NotReady."""
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while mark not in self.said():
                    if not self.running:
                        raise NotReady(self.said())
                    await asyncio.sleep(STEP_S)
        except TimeoutError:
            raise NotReady(self.said()) from None

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self.launch()
        await self.ready()

    def said(self) -> str:
        """What it has printed since it was last started."""
        with self.output.open("rb") as output:
            output.seek(self._read_from)
            return output.read().decode(errors="replace")

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log lines of one event."""
        lines = [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event") == name]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, and wait."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
        if self.process is not None:
            self.process.wait()

    async def ended(self, within_s: float) -> int:
        """Its exit code. Raises TimeoutError."""
        await until(lambda: not self.running, within_s)
        assert self.process is not None
        return self.process.wait()


@dataclass(slots=True)
class Deployment:
    """Two nodes and a worker on one store. `tokens` sign the counsellors in."""

    store: SingleStore
    nodes: list[Program]
    workers: list[Program]
    ports: list[int]
    metrics_ports: list[int]
    site: Site
    http: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    def urls(self, path: str, first: int = 0) -> list[str]:
        """Addresses of a socket on every node, beginning with node `first`."""
        ports = self.ports[first:] + self.ports[:first]
        return [f"http://127.0.0.1:{port}/ws/{path}" for port in ports]

    async def metric(self, node: int, name: str) -> float:
        """One figure of a node, 0 when it has not been counted yet."""
        async with self.http.get(f"http://127.0.0.1:{self.metrics_ports[node]}/metrics") as answer:
            text = await answer.text()
        found = [line for line in text.splitlines() if line.startswith(name)]
        return float(found[0].split()[-1]) if found else 0.0


def _session() -> aiohttp.ClientSession:
    """As many connections as a test likes, and no cookies."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())


async def until(what: Any, within_s: float = 20.0) -> None:
    """Wait for something that sends no event; `what` is called again and again. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            found = what()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(STEP_S)


@asynccontextmanager
async def deployed(
    tmp_path: Path, *, site: Site | None = None, people: Sequence[Staff] = (), nodes: int = 2,
    fsync: str = "everysec", **variables: str,
) -> AsyncIterator[Deployment]:  # fmt: skip
    """A deployment with everything started; nothing of it is left afterwards."""
    store = SingleStore(valkey_binary(), config=f"appendfsync {fsync}\n")
    found = free_ports(2 * nodes)
    common = {
        "CHATSVC_REDIS_URL": store.url, "CHATSVC_DATA_DIR": str(tmp_path / "data"), "CHATSVC_WORKER_METRICS_PORT": "0",
        **variables,
    }  # fmt: skip
    made = Deployment(
        store,
        [
            Program(
                "serve", output=tmp_path / f"node{index}.log", CHATSVC_PORT=str(found[index]),
                CHATSVC_METRICS_PORT=str(found[nodes + index]), **common,
            )
            for index in range(nodes)
        ],
        [Program("worker", output=tmp_path / "worker.log", CHATSVC_METRICS_PORT="0", **common)],
        found[:nodes], found[nodes:], site or make_site(), _session(),
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        stack.push_async_callback(made.http.close)
        stack.callback(store.remove)
        stack.callback(_kill, made.nodes, made.workers)
        store.start()
        await _declare(made, people or (make_staff("aino"), make_staff("eino")))
        await made.nodes[0].start()  # makes the keys that the others share
        for program in (*made.nodes[1:], *made.workers):
            program.launch()
        for program in (*made.nodes[1:], *made.workers):
            await program.ready()
        yield made


def _kill(*groups: Iterable[Program]) -> None:
    for group in groups:
        for program in group:
            program.kill()


async def _declare(made: Deployment, people: Sequence[Staff]) -> None:
    link = await Link.open(made.store.url, client_name="test")
    try:
        directory = Directory(link)
        await directory.put_site(made.site)
        for person in people:
            await directory.put_staff(person)
            _, made.tokens[person.id] = await directory.create_token(StaffId(person.id), "test")
    finally:
        await link.close()
