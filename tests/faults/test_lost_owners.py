"""A node dies with four owners on it, and none of them comes back: no visitor is left alone, none begins anew."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.test_handover_kills import people_told
from tests.support.people import Counsellor, Frame, Visitor
from tests.support.processes import Deployment, deployed
from tests.support.service import make_site, make_staff

pytestmark = pytest.mark.process

GRACE_MS = 2_000  # of a counsellor, once the node is found dead
CAPACITY = {"aino": 1, "irja": 1, "olli": 1, "saga": 1, "eino": 1, "kim": 1, "mona": 9}
OWNERS = ("aino", "irja", "olli", "saga")


@pytest.fixture
async def deployment(tmp_path: Path) -> AsyncIterator[Deployment]:
    """Two nodes and a worker; nobody waits long for a counsellor who is gone."""
    site = replace(make_site(paihde={}, perhe={}), grace_staff_ms=GRACE_MS)
    people = tuple(make_staff(name, capacity) for name, capacity in CAPACITY.items())
    async with deployed(tmp_path, site=site, people=people) as made:
        yield made


class Scene:
    """The owners on node 1, everybody else on node 0; a visitor for each owner, and one for Kim, who is full then."""

    def __init__(self, stack: AsyncExitStack, deployment: Deployment) -> None:
        self.stack, self.deployment = stack, deployment
        self.staff: dict[str, Counsellor] = {}
        self.visitors: dict[str, Visitor] = {}

    async def begin(self) -> None:
        """Everybody talks."""
        made = self.deployment
        for name in CAPACITY:
            urls = made.urls("counsellor", int(name in OWNERS))
            self.staff[name] = Counsellor(made.http, urls, made.tokens[name])
            self.stack.push_async_callback(self.staff[name].close)
        await asyncio.gather(*(peer.on_duty() for peer in self.staff.values()))
        for name in (*OWNERS, "kim"):
            visitor = self.visitors[name] = Visitor(made.http, made.urls("visitor"))
            self.stack.push_async_callback(visitor.close)
            await self.staff[name].take(conversation=await visitor.joined())
            visitor.tell(f"{name}-1")
            await visitor.heard_out()

    def talk(self, name: str) -> str:
        """The conversation that the owner began with."""
        return self.visitors[name].conversation

    async def lose(self) -> None:
        """The node dies, and the owners' browsers with it."""
        self.deployment.nodes[1].kill()
        await asyncio.gather(*(self.staff[name].close() for name in OWNERS))

    async def writes_to(self, owner: str, name: str) -> None:
        """What the visitor says now arrives, after everything said before."""
        visitor, peer = self.visitors[owner], self.staff[name]
        visitor.tell(f"{owner}-2")
        await visitor.heard_out()
        copy = peer.copies[self.talk(owner)]
        await peer.until(lambda: f"{owner}-2" in copy.entries.values())
        assert {f"{owner}-1", f"{owner}-2"} <= set(copy.entries.values())
        assert copy.faults == visitor.copy.faults == []


@pytest.fixture
async def scene(deployment: Deployment) -> AsyncIterator[Scene]:
    """What has begun when the node dies."""
    async with AsyncExitStack() as stack:
        made = Scene(stack, deployment)
        async with asyncio.timeout(30):
            await made.begin()
        yield made


def assigned(peer: Counsellor, conversation: str) -> Frame | None:
    """The conversation as it was last assigned."""
    found = [frame["conversation"] for frame in peer.frames if frame["type"] == "assigned"]
    return next((one for one in reversed(found) if one["id"] == conversation), None)


async def test_whoever_is_with_a_visitor_stays(scene: Scene) -> None:
    """A guest with a place becomes the owner, a full one stays until somebody takes it, a transfer goes on."""
    staff, visitors = scene.staff, scene.visitors
    for owner, guest in (("aino", "eino"), ("irja", "kim")):
        await staff[owner].send("consult", conversation=scene.talk(owner), counsellor=guest)
        await staff[guest].until(lambda owner=owner, guest=guest: scene.talk(owner) in staff[guest].mine)  # type: ignore[misc]  # bound now
    order: Frame = {"conversation": scene.talk("olli"), "to": {"queue": "perhe"}, "note": "knows the case"}
    await staff["olli"].ask("transfer", "ok", **order)
    order = {"conversation": scene.talk("saga"), "to": {"counsellor": "mona"}, "note": "asks for you"}
    await staff["saga"].ask("transfer", "ok", **order)
    await scene.lose()

    await visitors["saga"].until(lambda: visitors["saga"].state == "waiting")
    await staff["mona"].ask("accept", "assigned", conversation=scene.talk("saga"))
    handed_over(staff["mona"], scene.talk("saga"), "paihde", "asks for you")
    await scene.writes_to("saga", "mona")

    led = await staff["eino"].until(
        lambda: (found := assigned(staff["eino"], scene.talk("aino"))) and found["role"] == "owner" and found
    )
    assert [one["alias"] for one in led["participants"]] == ["Eino"]
    await visitors["aino"].until(lambda: people_told(visitors["aino"]) == {"Eino"})
    await scene.writes_to("aino", "eino")

    await staff["kim"].expect("participants", conversation=scene.talk("irja"), owner=None)
    await visitors["irja"].until(lambda: people_told(visitors["irja"]) == {"Kim"})
    await scene.writes_to("irja", "kim")
    assert await staff["mona"].take(queue="paihde") == scene.talk("irja")
    await visitors["irja"].until(lambda: people_told(visitors["irja"]) == {"Kim", "Mona"})
    assert visitors["irja"].state == "active"

    await visitors["olli"].until(lambda: visitors["olli"].state == "waiting")
    assert await staff["mona"].take(queue="perhe") == scene.talk("olli")
    handed_over(staff["mona"], scene.talk("olli"), "perhe", "knows the case")
    await scene.writes_to("olli", "mona")


def handed_over(peer: Counsellor, conversation: str, queue: str, note: str) -> None:
    """It came with its queue and the note."""
    taken = assigned(peer, conversation)
    assert taken is not None
    assert (taken["queue"], [entry["text"] for entry in taken["staff_log"]]) == (queue, [note])
