"""Bytes that are no frame: each gets the close code that the protocol names, and nobody else notices."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contract.bad_bytes import BadBytes, largest_frame, not_rfc_6455, undecodable
from tests.contract.raw_socket import BOTH, CONTINUATION, PING, PONG, encoded, frame, opcode_of
from tests.contract.stage import Stage, stage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.process]
AT_ONCE_S = 8.0  # well before the ten seconds after which a silent socket is closed anyway
CASES = undecodable() + not_rfc_6455()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A node with a conversation on it."""
    async with stage(tmp_path_factory.mktemp("bytes")) as made:
        yield made


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_wrong_bytes_close_the_socket_with_their_code(scene: Stage, case: BadBytes) -> None:
    """One close frame with the right code, nothing after it, the connection ended; others talk on."""
    async with scene.socket("visitor", case.subprotocol) as socket:
        async with asyncio.timeout(AT_ONCE_S):
            await socket.write(case.raw)
            ended = await socket.closed(to_the_end="no mask" not in case.fault)
        assert ended.code == case.code
        assert ended.after == 0
        assert not socket.frames
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_the_largest_frame_is_accepted(scene: Stage, subprotocol: str) -> None:
    """64 KiB are within the limit, in one piece."""
    async with scene.socket("visitor", subprotocol) as socket:
        await socket.write(largest_frame(subprotocol))
        await socket.next("pong")
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_a_frame_in_pieces_with_a_ping_between_them_is_accepted(scene: Stage, subprotocol: str) -> None:
    """RFC 6455 (5.4) lets control frames come between the pieces of a message."""
    body, opcode = encoded(subprotocol, {"type": "ping", "ref": 1}), opcode_of(subprotocol)
    async with scene.socket("visitor", subprotocol) as socket:
        await socket.write(frame(opcode, body[:4], fin=False))
        await socket.write(frame(PING, b"between"))
        assert await socket.read_frame() == (PONG, b"between")
        await socket.write(frame(CONTINUATION, b"", fin=False) + frame(CONTINUATION, body[4:]))
        await socket.next("pong", ref=1)


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_a_frame_that_comes_byte_by_byte_is_read(scene: Stage, subprotocol: str) -> None:
    """Where TCP cuts makes no difference."""
    async with scene.socket("visitor", subprotocol) as socket:
        for byte in frame(opcode_of(subprotocol), encoded(subprotocol, {"type": "ping", "ref": 2})):
            await socket.write(bytes((byte,)))
        await socket.next("pong", ref=2)


async def test_a_connection_without_masks_ends_though_nothing_more_is_read(scene: Stage) -> None:
    """After the close frame the connection is cut within a few seconds, whatever the client goes on sending."""
    async with scene.socket("visitor") as socket:
        await socket.write(frame(PING, b"", masked=False))
        await socket.write(frame(opcode_of(socket.subprotocol), b'{"type":"ping"}') * 100)
        ended = await socket.closed()
        assert ended.code == 1002
        assert not socket.frames


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_nothing_follows_the_close_frame(scene: Stage, subprotocol: str) -> None:
    """A visitor who broke the rules gets no more of the conversation (RFC 6455, 5.5.1); the counsellor goes on."""
    async with scene.conversation(subprotocol) as (visitor, counsellor, ident):
        await visitor.write(frame(PING, b"", reserved=1))
        for number in range(20):
            await counsellor.send({"type": "say", "conversation": ident, "id": f"c{number}", "text": "hei"})
            await counsellor.next("ack", id=f"c{number}")
        ended = await visitor.closed()
        assert (ended.code, ended.after) == (1002, 0)
    await scene.control.goes_on()
