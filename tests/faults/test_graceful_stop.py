"""SIGTERM: everybody is asked to come back elsewhere, at once, and the process is gone in seconds."""

import asyncio
import json
import signal
import time

import pytest

from tests.faults.conftest import Talk
from tests.support.people import Counsellor, Visitor
from tests.support.processes import Deployment, until

pytestmark = [pytest.mark.process, pytest.mark.alone]
PEERS = 30


async def _silent_peer(deployment: Deployment) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A WebSocket whose client never answers anything, close frames included."""
    reader, writer = await asyncio.open_connection("127.0.0.1", deployment.ports[0])
    writer.write(
        b"GET /ws/visitor HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: chatsvc.v1.json\r\n\r\n"
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def _close_reason(reader: asyncio.StreamReader) -> dict[str, int]:
    first, length = await reader.readexactly(2)
    payload = await reader.readexactly(length)
    assert first == 0x88
    assert int.from_bytes(payload[:2], "big") == 1012
    found: dict[str, int] = json.loads(payload[2:])
    return found


async def test_silent_peers_hold_up_nothing(deployment: Deployment) -> None:
    """Not ready at once, 1012 with a jittered time to everybody in parallel, and gone within about four seconds."""
    node = deployment.nodes[0]
    peers = [await _silent_peer(deployment) for _ in range(PEERS)]
    ready = f"http://127.0.0.1:{deployment.ports[0]}/readyz"
    async with deployment.http.get(ready) as answer:
        assert answer.status == 200
    started = time.monotonic()
    node.signal(signal.SIGTERM)
    reasons = await asyncio.wait_for(asyncio.gather(*(_close_reason(reader) for reader, _ in peers)), 2)
    assert len({reason["retry_after_ms"] for reason in reasons}) > 1
    async with deployment.http.get(ready) as answer:
        assert answer.status == 503
    assert await node.ended(8) == 0
    assert time.monotonic() - started < 6  # four, and something for a busy machine
    for _, writer in peers:
        writer.close()


async def test_a_conversation_moves_to_the_other_node(talk: Talk) -> None:
    """In the middle of a talk: the client comes back to the other node, and nothing is lost."""
    talk.deployment.nodes[0].signal(signal.SIGTERM)
    await talk.visitor.until(lambda: talk.visitor.closes)
    assert talk.visitor.closes[0][0] == 1012
    await talk.more()
    assert await talk.deployment.nodes[0].ended(8) == 0
    await talk.end()


async def test_a_node_that_stops_leaves_no_ghosts(deployment: Deployment) -> None:
    """Whoever was connected there and does not come back is away, as if they had closed the page."""
    counsellor = Counsellor(deployment.http, deployment.urls("counsellor", 1)[:1], deployment.tokens["aino"])
    await counsellor.on_duty()
    visitor = Visitor(deployment.http, deployment.urls("visitor")[:1])
    await visitor.joined()
    conversation = await counsellor.take()
    deployment.nodes[0].signal(signal.SIGTERM)
    await counsellor.expect("presence", who="visitor", state="away", conversation=conversation)
    assert await deployment.nodes[0].ended(8) == 0
    await visitor.close()
    await counsellor.close()


async def test_the_worker_stops_at_once(deployment: Deployment) -> None:
    """SIGTERM and SIGINT end a worker within a second or two, without an error."""
    worker = deployment.workers[0]
    for number in (signal.SIGTERM, signal.SIGINT):
        worker.signal(number)
        assert await worker.ended(4) == 0
        await worker.start()
    await until(lambda: worker.running)
