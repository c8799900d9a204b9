"""A node dies in the moment of a hand-over: nothing is lost, one owner, the whole history there, the visitor told.

What was on its way to a dead node may or may not have happened: people look at what is, and ask again where it has not.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import pytest

from chatsvc.store.keys import PoolKeys
from tests.support.delivery import LogCopy
from tests.support.people import Counsellor, Frame, Peer, Visitor
from tests.support.processes import Deployment, deployed, until
from tests.support.service import make_staff

pytestmark = pytest.mark.process

AGAIN_S = 0.5  # before somebody asks again
# Whose node dies, and the nodes of visitor, asker and receiver: none is used again after its death.
CASES = (("visitor", (0, 1, 2)), ("asker", (1, 2, 3)), ("receiver", (1, 1, 3)))


@pytest.fixture
async def deployment(tmp_path: Path) -> AsyncIterator[Deployment]:
    """Four nodes and a worker; room for every conversation of a test."""
    people = (make_staff("aino", 9), make_staff("eino", 9))
    async with deployed(tmp_path, people=people, nodes=4) as made:
        yield made


@dataclass(slots=True)
class Scene:
    """A visitor who talks with the asker; the receiver is on duty; one of their nodes is about to die."""

    deployment: Deployment
    visitor: Visitor
    asker: Counsellor
    receiver: Counsellor
    conversation: str
    node: int
    said: int = 0

    def kill(self) -> None:
        """SIGKILL of the node."""
        self.deployment.nodes[self.node].kill()

    def talk(self) -> None:
        """The visitor goes on writing, whatever happens."""
        self.said += 1
        self.visitor.tell(f"v{self.said}")

    async def asks_until(self, done: Callable[[], Any], ask: Callable[[], Any]) -> None:
        """Ask, and again after a while, until it is done."""
        async with asyncio.timeout(20):
            while not done():
                await ask()
                try:
                    await until(done, AGAIN_S)
                except TimeoutError:
                    continue

    def record(self) -> Frame:
        """The conversation as the store has it."""
        row = self.deployment.store.client().hget(PoolKeys("kunta").conv, self.conversation)
        found: Frame = msgpack.unpackb(row)
        return found

    async def whole(self, note: str = "") -> None:
        """Everything said is at the receiver's, in the same places; the note too; everybody is on a live node."""
        self.talk()
        await self.visitor.heard_out()
        await until(lambda: self.held.entries == self.visitor.copy.entries)  # events may follow what was said
        assert set(self.visitor.copy.said) <= set(self.held.entries.values())
        assert [*self.visitor.copy.faults, *self.held.faults] == []
        assert not note or note in self.notes()

    @property
    def held(self) -> LogCopy:
        """What the receiver holds; what is assigned anew comes whole."""
        return self.receiver.copies[self.conversation]

    def notes(self) -> list[str]:
        """The staff log as the receiver was last given it."""
        shown = [
            one
            for frame in self.receiver.frames
            for one in (
                [frame["conversation"]] if frame["type"] == "assigned" else frame.get("conversations", ())
            )
            if one["id"] == self.conversation
        ]
        return [entry["text"] for entry in shown[-1]["staff_log"]]

    async def owned_by(self, name: str, people: set[str]) -> None:
        """One owner, and these people in it: in the store, and as the visitor was told."""
        assert [part["s"] for part in self.record()["parts"] if part["role"] == "owner"] == [name]
        await self.visitor.until(lambda: people_told(self.visitor) == people)


def people_told(peer: Peer) -> set[str]:
    """Who is in the conversation, by the last frame that says so."""
    told = [frame["participants"] for frame in peer.frames if "participants" in frame]
    return {one["alias"] for one in told[-1]} if told else set()


async def set_scene(stack: AsyncExitStack, deployment: Deployment, who: str, nodes: tuple[int, ...]) -> Scene:
    """The visitor has said something, and so has the asker."""
    http, tokens = deployment.http, deployment.tokens
    asker = Counsellor(http, deployment.urls("counsellor", nodes[1]), tokens["aino"])
    receiver = Counsellor(http, deployment.urls("counsellor", nodes[2]), tokens["eino"])
    stack.push_async_callback(asker.close)
    stack.push_async_callback(receiver.close)
    async with asyncio.timeout(20):
        await asyncio.gather(asker.on_duty(), receiver.on_duty())
        earlier = Visitor(
            http, deployment.urls("visitor", nodes[1])
        )  # has waited longer, and goes on waiting
        stack.push_async_callback(earlier.close)
        await earlier.joined()
        visitor = Visitor(http, deployment.urls("visitor", nodes[0]))
        stack.push_async_callback(visitor.close)
        conversation = await visitor.joined()
        await asker.take(conversation=conversation)
    node = nodes[("visitor", "asker", "receiver").index(who)]
    scene = Scene(deployment, visitor, asker, receiver, conversation, node)
    for _ in range(3):
        scene.talk()
    asker.say(conversation, "a1")
    await asyncio.gather(visitor.heard_out(), asker.heard_out())
    return scene


def offered(scene: Scene) -> bool:
    """Whether the receiver has been offered the conversation."""
    return any(
        frame["type"] == "offer" and frame["conversation"] == scene.conversation
        for frame in scene.receiver.frames
    )


async def transfer(scene: Scene, who: str) -> None:
    """The asker's node dies as they ask, the others' as the receiver accepts."""
    conversation, asker, receiver = scene.conversation, scene.asker, scene.receiver
    order = {"conversation": conversation, "to": {"counsellor": "eino"}, "note": "knows the case"}
    await asker.send("transfer", **order)
    if who == "asker":
        scene.kill()
    scene.talk()
    await scene.asks_until(lambda: offered(scene), lambda: asker.send("transfer", **order))
    await receiver.send("accept", conversation=conversation)
    if who != "asker":
        scene.kill()
    await scene.asks_until(
        lambda: conversation in receiver.mine, lambda: receiver.send("accept", conversation=conversation)
    )
    await asker.until(lambda: conversation not in asker.mine)
    await scene.whole("knows the case")
    await scene.owned_by("eino", {"Eino"})


async def consult(scene: Scene, _: str) -> None:
    """A node dies as the colleague is asked."""
    order = {"conversation": scene.conversation, "counsellor": "eino"}
    await scene.asker.send("consult", **order)
    scene.kill()
    scene.talk()
    await scene.asks_until(
        lambda: scene.conversation in scene.receiver.mine, lambda: scene.asker.send("consult", **order)
    )
    await scene.whole()
    await scene.owned_by("aino", {"Aino", "Eino"})


async def give_back(scene: Scene, who: str) -> None:
    """The receiver's node dies as they take, the others' as it is returned: before one who has waited longer."""
    conversation, asker, receiver, visitor = scene.conversation, scene.asker, scene.receiver, scene.visitor
    order = {"conversation": conversation, "note": "tired"}
    await asker.send("return", **order)
    if who != "receiver":
        scene.kill()
    scene.talk()
    await scene.asks_until(lambda: not scene.record()["parts"], lambda: asker.send("return", **order))
    await visitor.until(lambda: visitor.state == "waiting" and places(visitor)[-1:] == [1])
    await receiver.send("take")
    if who == "receiver":
        scene.kill()
    await scene.asks_until(lambda: conversation in receiver.mine, lambda: receiver.send("take"))
    await scene.whole("tired")
    await scene.owned_by("eino", {"Eino"})
    await asker.until(lambda: conversation not in asker.mine)
    assert "returned" in {entry.get("event") for entry in told_entries(visitor)}


def places(peer: Peer) -> list[int]:
    """The places in the queue that a visitor was told."""
    return [frame["position"] for frame in peer.frames if frame["type"] == "waiting"]


def told_entries(peer: Peer) -> list[Frame]:
    """Every entry that a visitor was given, live or in a log."""
    live = [frame for frame in peer.frames if frame["type"] == "entry"]
    return live + [entry for frame in peer.frames for entry in frame.get("log", ())]


@pytest.mark.parametrize("hand_over", [transfer, consult, give_back])
async def test_a_node_dies_in_the_moment(
    deployment: Deployment, hand_over: Callable[[Scene, str], Awaitable[None]]
) -> None:
    """Visitor's, asker's, receiver's: in the end it has happened, once, and all three see the same."""
    for who, nodes in CASES:
        async with AsyncExitStack() as stack:
            scene = await set_scene(stack, deployment, who, nodes)
            await hand_over(scene, who)
