"""A node behind a real nginx: two networks told apart by its header, and an address that is nowhere afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.contract.raw_socket import RawSocket, raw_socket
from tests.support.canary import Detector, Mark
from tests.support.client import JSON, Client, connected
from tests.support.nginx import ADDRESS, nginx
from tests.support.ports import free_port
from tests.support.processes import Deployment, deployed
from tests.web.test_puzzles import solve

pytestmark = [pytest.mark.process, pytest.mark.slow]
# Two networks of 24 bits, both of this machine; nginx sees them as they are, the node sees nginx.
HERE, NEIGHBOUR, THERE = "127.0.0.7", "127.0.0.77", "127.0.1.7"
FORGED = "198.51.100.23"
HELLO = {"type": "hello", "site": "kunta", "queue": "paihde", "want_token": True, "ref": "h"}
END = b"HTTP/1.1\r\nHost: chat.localhost\r\nConnection: close\r\n"
WRONG = (
    b"GET /nowhere " + END + b"\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\r\n\r\n",
    b"POST /api/v1/login " + END + b"Content-Length: 1\r\n\r\n{",
)  # fmt: skip
MARKS = [
    Mark.of_address(HERE),
    Mark.of("neighbour", NEIGHBOUR),
    Mark.of("there", THERE),
    Mark.of("forged", FORGED),
]


class Front:
    """The proxy's port, a node behind it, and everything that was answered."""

    def __init__(self, deployment: Deployment, port: int, stack: AsyncExitStack) -> None:
        self.deployment = deployment
        self.port = port
        self.answered = bytearray()
        self._stack = stack

    async def visitor(self, address: str, **headers: str) -> RawSocket:
        """A visitor's socket through nginx, from this address."""
        found = raw_socket(self.port, "/ws/visitor", JSON, headers, local=address)
        return await self._stack.enter_async_context(found)

    async def joins(self, address: str, answer: str, **headers: str) -> tuple[RawSocket, dict[str, Any]]:
        """Somebody says hello: their socket, and the answer, which is of this type."""
        socket = await self.visitor(address, **headers)
        await socket.send(HELLO)
        return socket, await socket.next(answer, ref="h")

    async def asks(self, raw: bytes, address: str = HERE) -> bytes:
        """Whatever is answered to these bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        try:
            writer.write(raw)
            async with asyncio.timeout(10):
                found = await reader.read(65_536)
        finally:
            writer.transport.abort()
        self.answered += found
        return found


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    """One node that trusts nginx on loopback, and a counsellor on duty."""
    async with AsyncExitStack() as stack:
        deployment = await stack.enter_async_context(
            deployed(tmp_path, nodes=1, CHATSVC_TRUSTED_PROXIES=ADDRESS)
        )
        port = free_port()
        await stack.enter_async_context(nginx(tmp_path / "nginx", port, deployment.ports[0]))
        await stack.enter_async_context(on_duty(deployment))
        yield Front(deployment, port, stack)


@asynccontextmanager
async def on_duty(deployment: Deployment) -> AsyncIterator[Client]:
    """A counsellor who is available, straight at the node."""
    headers = {"Authorization": f"Bearer {deployment.tokens['aino']}"}
    async with (
        aiohttp.ClientSession() as http,
        connected(http, deployment.urls("counsellor")[0], headers=headers) as client,
    ):
        await client.send("hello")
        await client.expect("welcome")
        await client.ask("duty", "duty", state="available")
        yield client


async def test_two_networks_through_a_real_proxy_and_no_trace_of_either(front: Front, tmp_path: Path) -> None:
    """One network uses up what it has and works, the other does not notice; no address stays anywhere in any form."""
    for number in range(20):
        await front.joins(NEIGHBOUR if number % 2 else HERE, "welcome")
    socket, puzzle = await front.joins(HERE, "puzzle")
    await front.joins(NEIGHBOUR, "puzzle", **{"X-Forwarded-For": FORGED})
    await front.joins(THERE, "welcome")
    await socket.send({"type": "proof", "puzzle": puzzle["puzzle"], "proof": "x"})
    puzzle = await socket.next("puzzle")
    proof = solve(puzzle["puzzle"], puzzle["bits"])
    await socket.send({"type": "proof", "puzzle": puzzle["puzzle"], "proof": proof})
    await socket.next("welcome")
    watcher = await front.visitor(HERE)
    for _ in range(340):
        await watcher.send({"type": "watch", "site": "kunta", "ref": "w"})
    assert (await watcher.next("unavailable"))["reason"] == "too_many"
    assert await front.deployment.metric(0, 'chatsvc_limited_total{kind="join",outcome="solved"}') == 1
    await leaves_no_trace(front, tmp_path)


async def leaves_no_trace(front: Front, tmp_path: Path) -> None:
    """Errors of every kind on top; then look everywhere."""
    look, deployment = Detector(MARKS), front.deployment
    for raw in WRONG:
        assert await front.asks(raw)
    async with deployment.http.get(f"http://127.0.0.1:{deployment.metrics_ports[0]}/metrics") as page:
        front.answered += await page.read()
    with deployment.store.client() as client:
        assert client.dbsize() > 10
        assert look.in_store(client) == []
    deployment.store.kill()
    _, answer = await front.joins(THERE, "error")
    assert answer["code"] == "store_away"
    deployment.nodes[0].kill()
    assert b"502" in await front.asks(b"GET /healthz " + END + b"\r\n")
    assert b"chatsvc_limited_total" in front.answered
    assert look.in_bytes("answers", bytes(front.answered)) == []
    assert look.in_folder(tmp_path) == []
    assert look.looked_at > 10
    (tmp_path / "nginx" / "access.log").write_text(f"{HERE} - - GET /ws/visitor\n")
    assert look.in_folder(tmp_path)
