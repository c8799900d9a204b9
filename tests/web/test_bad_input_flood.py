"""Too many mistakes, too much at once, too little: what ends a socket, and that memory stays as it is."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.contract.bad_bytes import BadBytes, not_rfc_6455, undecodable
from tests.contract.bad_fields import bad_fields
from tests.contract.raw_socket import BOTH, CLOSE, CONTINUATION, PING, RawSocket, encoded, frame, opcode_of
from tests.contract.stage import Stage, stage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.process]
LIMIT, WINDOW_S, HELLO_WITHIN_S = 10, 10.0, 10.0
MEBIBYTE = 1 << 20

MISTAKES: dict[str, dict[str, Any]] = {
    "unknown_type": {"type": "nonsense"},
    "bad_field": {"type": "seen", "seq": "1"},
    "too_long": {"type": "say", "id": "x", "text": "x" * 4_001},
    "bad_state": {"type": "hello"},
    "not_found": {"type": "close", "conversation": "nobody's"},
}
OUTCOMES: dict[str, dict[str, Any]] = {
    "off_duty": {"type": "take"},
    "unknown_queue": {"type": "take", "queue": "nowhere"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A node with a conversation on it."""
    async with stage(tmp_path_factory.mktemp("flood")) as made:
        yield made


async def _mistake(socket: RawSocket, code: str) -> None:
    body = MISTAKES[code]
    if code == "too_long":
        body = {"type": "hello", "site": "kunta", "queue": "sivu", "answers": {"q": "x" * 17_000}}
    await socket.send(body)
    await socket.next("error", code=code)


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("code", MISTAKES)
async def test_the_tenth_mistake_within_ten_seconds_closes(scene: Stage, code: str, subprotocol: str) -> None:
    """Nine are answered and the socket lives; the tenth is answered and ends it with 4000."""
    who = "visitor" if code == "too_long" else "eino"
    greeted = scene.socket(who, subprotocol) if who == "visitor" else scene.greeted(who, subprotocol)
    async with greeted as socket:
        for _ in range(LIMIT - 1):
            await _mistake(socket, code)
        await socket.alive()
        await _mistake(socket, code)
        ended = await socket.closed()
        assert ended.code == 4000
        assert ended.after == 0
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_mistakes_of_different_kinds_count_together(scene: Stage, subprotocol: str) -> None:
    """Whatever the mistakes are, and what is sent after the last of them is not read."""
    async with scene.greeted("eino", subprotocol) as socket:
        kinds = ["unknown_type", "bad_field", "bad_state", "not_found"]
        bodies = [encoded(subprotocol, MISTAKES[kinds[number % 4]]) for number in range(LIMIT + 5)]
        await socket.write(b"".join(frame(opcode_of(subprotocol), body) for body in bodies))
        assert (await socket.closed()).code == 4000
        assert len([found for found in socket.frames if found["type"] == "error"]) == LIMIT
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("code", OUTCOMES)
async def test_outcomes_never_count(scene: Stage, code: str, subprotocol: str) -> None:
    """A colleague's luck, one's own duty and an unknown queue are answers, not mistakes."""
    async with scene.greeted("eino", subprotocol) as socket:
        await socket.send({"type": "duty", "state": "paused", "ref": "d"})
        await socket.next("duty", ref="d")
        for _ in range(3 * LIMIT):
            await socket.send(OUTCOMES[code])
            await socket.next("error", code=code)
        await socket.alive()
    await scene.control.goes_on()


async def test_nothing_waiting_and_no_place_never_count(scene: Stage) -> None:
    """`nothing_waiting` to one who is free."""
    async with scene.greeted("eino") as socket:
        await socket.send({"type": "duty", "state": "available", "ref": "d"})
        await socket.next("duty", ref="d")
        for _ in range(3 * LIMIT):
            await socket.send({"type": "take", "ref": 1})
            await socket.next("error", code="nothing_waiting")
        await socket.alive()


@pytest.mark.slow
async def test_old_mistakes_are_forgiven_and_silence_is_not(scene: Stage) -> None:
    """Mistakes older than ten seconds don't count; ten seconds without `hello` or `watch` end a socket with 4000."""
    loop = asyncio.get_running_loop()

    async def forgiven() -> None:
        async with scene.greeted("eino") as socket:
            for pause in (WINDOW_S + 0.2, 0):
                for _ in range(LIMIT - 1):
                    await _mistake(socket, "not_found")
                await asyncio.sleep(pause)  # the time itself is what is tested
            await socket.alive()

    async def silent(who: str, subprotocol: str, *, pings: bool) -> None:
        started = loop.time()
        async with scene.socket(who, subprotocol) as socket:
            if pings:
                await socket.send({"type": "ping"})
            ended = await socket.closed()
            assert ended.code == 4000
            assert HELLO_WITHIN_S - 1 < loop.time() - started < HELLO_WITHIN_S + 3

    everybody = [
        silent(who, way, pings=pings)
        for who in ("visitor", "aino")
        for way in BOTH
        for pings in (False, True)
    ]
    await asyncio.gather(forgiven(), *everybody)
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_a_flood_of_pings_is_bounded(scene: Stage, subprotocol: str) -> None:
    """32 MiB of RFC 6455 pings from one who never reads: memory stays, and others talk on."""
    await _flood(scene, subprotocol, frame(PING, b"x" * 125) * 512)


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_a_flood_of_answers_is_bounded(scene: Stage, subprotocol: str) -> None:
    """The same with frames that are answered: the one who does not read is closed with 4008, or held up."""
    await _flood(
        scene, subprotocol, frame(opcode_of(subprotocol), encoded(subprotocol, {"type": "ping"})) * 2_048
    )


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("type_", ["watch", "say"])
async def test_a_flood_of_work_is_bounded(scene: Stage, type_: str, subprotocol: str) -> None:
    """Frames that each need the store: reading pauses, so that they wait at the client and not in the node."""
    body = {"type": "say", "id": "x", "text": "x" * 4_000}
    if type_ == "watch":
        body = {"type": "watch", "site": "kunta", "lots": "x" * 4_000}
    drops = frame(opcode_of(subprotocol), encoded(subprotocol, body)) * 16
    async with scene.conversation(subprotocol) as (visitor, _, _):
        await _flooded_by(scene, visitor, drops)


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("piece", [b"", b"x"], ids=["empty", "one byte"])
async def test_a_flood_of_pieces_is_bounded(scene: Stage, subprotocol: str, piece: bytes) -> None:
    """A message in pieces without end: each of them costs nothing that stays."""
    before = scene.node.resident
    async with scene.socket("visitor", subprotocol) as socket:
        await socket.write(frame(opcode_of(subprotocol), b"", fin=False))
        pieces = frame(CONTINUATION, piece, fin=False) * 10_000
        for _ in range(6 if piece else 60):
            await socket.write(pieces)
            await scene.control.goes_on()
        assert scene.node.resident - before < 8 * MEBIBYTE


async def _flood(scene: Stage, subprotocol: str, drops: bytes) -> None:
    await scene.control.goes_on()
    async with scene.socket("visitor", subprotocol) as socket:
        await _flooded_by(scene, socket, drops)


async def _flooded_by(scene: Stage, socket: RawSocket, drops: bytes) -> None:
    before = highest = scene.node.resident
    flood = asyncio.create_task(_pour(socket, drops, 32 * MEBIBYTE))
    while not flood.done():
        await scene.control.goes_on()
        highest = max(highest, scene.node.resident)
    await flood
    assert highest - before < 8 * MEBIBYTE


async def _pour(socket: RawSocket, drops: bytes, amount: int) -> None:
    """Write without reading, until all is written, or the server has had enough for two seconds, or has closed."""
    socket.reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio would read on in the background
    for _ in range(amount // len(drops)):
        try:
            async with asyncio.timeout(2.0):
                socket.writer.write(drops)
                await socket.writer.drain()
        except (TimeoutError, ConnectionError):
            return


async def test_memory_stays_flat_whatever_comes(scene: Stage) -> None:
    """Six hundred bad sockets, again and again: the process does not grow, and the conversation goes on."""
    await _round(scene, 1)
    await _round(scene, 2)
    settled = scene.node.resident
    for seed in (3, 4, 5):
        await _round(scene, seed)
    assert scene.node.resident - settled < 4 * MEBIBYTE
    scene.control.undisturbed()


async def _round(scene: Stage, seed: int) -> None:
    """Every kind of bad bytes and a sample of bad fields, eight sockets at a time."""
    chance = random.Random(seed)
    wrong: list[BadBytes] = undecodable() + not_rfc_6455()
    fields = [
        BadBytes(
            case.name, way, frame(opcode_of(way), encoded(way, case.body)) + frame(CLOSE, b"\x03\xe8"), 1000
        )
        for way in BOTH
        for case in chance.sample([case for case in bad_fields() if case.who == "visitor"], 100)
    ]
    work = wrong + fields
    chance.shuffle(work)
    places = asyncio.Semaphore(8)

    async def one(case: BadBytes) -> None:
        async with places, scene.socket("visitor", case.subprotocol) as socket:
            await socket.write(case.raw)
            assert (await socket.closed(to_the_end=False)).code == case.code, case.name

    async def half(way: str) -> None:
        """Most of a frame, or of a message in pieces; then the connection is lost."""
        async with places, scene.socket("visitor", way) as socket:
            await socket.write(frame(opcode_of(way), b"x" * 30_000, fin=False))
            await socket.write(frame(CONTINUATION, b"x" * 30_000)[:20_000])

    await asyncio.gather(*(one(case) for case in work), *(half(way) for way in BOTH * 20))
    await scene.control.goes_on()
