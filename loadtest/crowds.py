"""Pairs of talkers, connected to the servers that a plan names."""

import asyncio
from dataclasses import dataclass

from loadtest.invariants import Direction
from loadtest.talkers import ChatTalker, EchoTalker, SocketIoTalker, Talker, encode
from loadtest.websocket import BINARY, TEXT, connect


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to connect where: `ports` are the two nodes (or the echo server), `tokens` the counsellors'."""

    system: str
    ports: tuple[int, ...]
    pairs: int
    window: int
    tokens: tuple[str, ...] = ()


async def gather_crowd(plan: Plan) -> list[Talker]:
    """Everybody connected and ready to talk. Raises Closed, OSError, TimeoutError."""
    if plan.system == "echo":
        return [await _echo(plan, index) for index in range(2 * plan.pairs)]
    pair = _chat_pair if plan.system == "chatsvc" else _socketio_pair
    return [talker for index in range(plan.pairs) for talker in await pair(plan, index)]


async def _echo(plan: Plan, index: int) -> Talker:
    talker = EchoTalker(Direction(f"echo {index}"), plan.window)
    talker.client = await connect(plan.ports[0], "/", BINARY, talker.heard)
    return talker


async def _chat_pair(plan: Plan, index: int) -> list[Talker]:
    """A visitor on the first node, taken by a counsellor on the second."""
    visitor = ChatTalker(Direction(f"visitor {index}"), plan.window)
    counsellor = ChatTalker(Direction(f"counsellor {index}"), plan.window)
    visitor.meet(counsellor)
    protocol = {"Sec-WebSocket-Protocol": "chatsvc.v1.msgpack"}
    signed_in = protocol | {"Authorization": f"Bearer {plan.tokens[index]}"}
    visitor.client = await connect(plan.ports[0], "/ws/visitor", BINARY, visitor.heard, protocol)
    counsellor.client = await connect(plan.ports[1], "/ws/counsellor", BINARY, counsellor.heard, signed_in)
    counsellor.client.send(encode({"type": "hello"}))
    await counsellor.expect("welcome")
    counsellor.client.send(encode({"type": "duty", "state": "available"}))
    await counsellor.expect("duty")
    visitor.client.send(encode({"type": "hello", "site": "bench", "queue": "talk", "lang": "fi"}))
    conversation = str((await visitor.expect("welcome")).conversation)
    active = asyncio.create_task(visitor.expect("active"))
    counsellor.client.send(encode({"type": "take", "conversation": conversation}))
    await counsellor.expect("assigned")
    await active
    visitor.name_frames(None)
    counsellor.name_frames(conversation)
    return [visitor, counsellor]


async def _socketio_pair(plan: Plan, index: int) -> list[Talker]:
    one, other = (
        SocketIoTalker(Direction(f"socketio {index} {side}", ordered=False), plan.window) for side in "ab"
    )
    one.meet(other)
    talkers = (one, other)
    for talker, port in zip(talkers, plan.ports, strict=True):
        path = f"/socket.io/?EIO=4&transport=websocket&room=r{index}"
        talker.client = await connect(port, path, TEXT, talker.heard)
        talker.client.send(b"40")
        await talker.joined
    return [*talkers]
