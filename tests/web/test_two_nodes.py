"""Two nodes on one store: nobody can tell which one the other side is on."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import person
from tests.support.service import Service, make_staff, running
from tests.support.stores import AnyStore

Nodes = tuple[Service, Service]


@pytest.fixture
async def nodes(any_store: AnyStore, tmp_path: Path) -> AsyncIterator[Nodes]:
    """Two nodes, the first with a worker, on each shape of store."""
    async with (
        running(any_store.url, tmp_path) as one,
        running(any_store.url, tmp_path, worker=False) as two,
    ):
        yield one, two


async def test_a_conversation_across_nodes(nodes: Nodes) -> None:
    """Messages, typing, seen, presence and the end cross in both directions, in order and without an echo."""
    one, two = nodes
    aino = await two.on_duty("aino")
    visitor, welcome = await one.joined()
    conversation = welcome["conversation"]
    await aino.ask("take", "assigned")
    await visitor.expect("active")
    for number in range(20):
        await visitor.send("say", id=f"v{number}", text="hei")
        await aino.send("say", conversation=conversation, id=f"a{number}", text="hei")
    for number in range(20):
        await visitor.expect("entry", id=f"a{number}")
        await aino.expect("entry", id=f"v{number}")
    for client in (visitor, aino):
        seqs = [frame["seq"] for frame in client.frames if frame["type"] in ("ack", "entry")]
        assert seqs == sorted(set(seqs))
    await visitor.send("typing", on=True)
    assert (await aino.expect("typing"))["from"] == "visitor"
    await aino.send("seen", conversation=conversation, seq=3)
    assert (await visitor.expect("seen"))["by"] == 1
    await visitor.send("leave", how="button")
    assert (await aino.expect("closed"))["reason"] == "visitor_left"


async def test_queues_are_seen_from_every_node(nodes: Nodes) -> None:
    """A visitor who joins on one node is seen by those on duty and by watchers of the other."""
    one, two = nodes
    aino = await two.on_duty("aino")
    watcher = await two.visitor()
    await watcher.send("watch", site="kunta", queue="paihde")
    await watcher.expect("status")
    await one.joined()
    assert (await aino.expect("queue", waiting=1))["head"]
    await watcher.expect("status", waiting=1)


async def test_presence_across_nodes(nodes: Nodes) -> None:
    """Gone and back on another node: away, here, and the conversation goes on there."""
    one, two = nodes
    aino = await two.on_duty("aino")
    visitor, welcome = await one.joined()
    await aino.ask("take", "assigned")
    visitor.drop()
    await aino.expect("presence", who="visitor", state="away")
    back, _ = await two.joined(token=welcome["token"])
    await aino.expect("presence", who="visitor", state="here")
    await aino.send("say", conversation=welcome["conversation"], id="a", text="welcome back")
    await back.expect("entry", id="a")


async def test_replacement_across_nodes(nodes: Nodes) -> None:
    """A newer connection on the other node closes the older one with 4009, visitor and counsellor alike."""
    one, two = nodes
    aino = await two.on_duty("aino")
    visitor, welcome = await one.joined()
    await two.joined(token=welcome["token"])
    assert (await visitor.gone()).code == 4009
    again = await one.console("aino")
    await again.send("hello")
    await again.expect("welcome")
    assert (await aino.gone()).code == 4009


async def test_a_living_node_that_was_taken_for_dead(nodes: Nodes) -> None:
    """A late reaper marks everybody of a living node as away: they are put right at once, and nothing is lost."""
    one, two = nodes
    aino = await two.on_duty("aino")
    visitor, welcome = await one.joined()
    await aino.ask("take", "assigned")
    await visitor.expect("active")
    (chats,) = two.backend.chats.values()
    for node in (one, two):
        assert await chats.reap(node.backend.node) == 0
    await aino.expect("presence", who="visitor", state="here", within_s=4)
    await visitor.expect("presence", who="counsellor", state="here", within_s=4)
    await aino.send("say", conversation=welcome["conversation"], id="a", text="hei")
    await visitor.expect("entry", id="a", within_s=2)
    assert (await aino.ask("duty", "duty", state="available"))["state"] == "available"


async def test_a_plan_changed_on_one_node_holds_on_the_other(nodes: Nodes) -> None:
    """Hours set here close the queue there, a shift saved here collides there, and what is out of date is told."""
    one, two = nodes
    await one.backend.directory.put_staff(make_staff("saana", role="supervisor"))
    here, there = await person(one, "saana"), await person(two, "saana")
    await two.on_duty("aino")
    watcher = await two.visitor()
    await watcher.send("watch", site="kunta", queue="paihde")
    await watcher.expect("status", state="open")
    hours = "/sites/kunta/queues/paihde/hours"
    tag = (await here.ask("GET", hours)).tag
    never: dict[str, Any] = {"hours": {"mon-sun": [], "holidays": "as usual"}}
    assert (await here.ask("PUT", hours, never, tag=tag)).status == 200
    await watcher.expect("status", state="closed")
    assert (await there.ask("PUT", hours, never, tag=tag)).status == 412
    version = (await there.ask("GET", "/sites/kunta/shifts")).tag
    shift = {"staff": "aino", "queues": ["paihde"], "start": "2030-03-04T09:00", "end": "2030-03-04T15:00"}
    assert (await here.ask("POST", "/sites/kunta/shifts", shift, tag=version)).status == 201
    assert (await there.ask("POST", "/sites/kunta/shifts", shift, tag=version)).status == 412
    version = (await there.ask("GET", "/sites/kunta/shifts")).tag
    refused = await there.ask("POST", "/sites/kunta/shifts", shift, tag=version)
    assert (refused.status, refused.body["code"]) == (422, "refused")
