"""One pool on a real store, a clock that the test moves, and short words for what people do."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import redis

from chatsvc.domain.records import Conversation, EntryBody, Outcome
from chatsvc.domain.sites import Queue, QueueName, SiteId
from chatsvc.services.pool import stored
from chatsvc.store.chats import PoolChats
from chatsvc.store.clock import ManualClock
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link
from tests.support.pool_state import PoolState, faults, read_state
from tests.support.store_cluster import Cluster
from tests.support.stores import SHAPES, AnyStore

MINUTE = 60_000
SHORT = {
    "offer_ms": 30_000, "offer_repeat_ms": 5 * MINUTE, "grace_waiting_ms": 10 * MINUTE, "grace_talking_ms": 5 * MINUTE,
    "idle_warning_ms": 20 * MINUTE, "idle_end_ms": 30 * MINUTE, "wrap_up_ms": 5 * MINUTE, "linger_ms": 10 * MINUTE,
}  # fmt: skip


def queue(name: str = "q", **fields: Any) -> Queue:
    """A queue of the site `s`, with the default times."""
    return Queue(SiteId("s"), QueueName(name), {}, **{**SHORT, **fields})


@pytest.fixture(params=SHAPES)
def pool_store(request: pytest.FixtureRequest) -> AnyStore:
    """A store of each shape, whatever is in it: every bench has a pool of its own, which is quicker than emptying."""
    store: AnyStore = request.getfixturevalue(
        f"{request.param}_servers" if request.param == "cluster" else f"{request.param}_server"
    )
    store.start()
    return store


class Bench:
    """What people do in one pool. After every step the whole state is held against its rules."""

    def __init__(self, link: Link, pool: str, client: redis.Redis, queues: Sequence[Queue]) -> None:
        self.link = link
        self.pool = pool
        self.client = client
        self.clock = ManualClock()
        self.queues: dict[str, Queue] = {found.key: found for found in queues}
        self.nodes: dict[str, PoolChats] = {}
        self.checking = True
        self.start = self.clock.now()

    def node(self, name: str = "n1") -> PoolChats:
        """The pool as seen from a node."""
        if name not in self.nodes:
            self.nodes[name] = PoolChats(self.link, self.pool, name, self.clock, lambda: list(self.queues))
        return self.nodes[name]

    async def declare(self, *queues: Queue) -> None:
        """Write the queues' settings."""
        self.queues = {found.key: found for found in queues}
        await self.node().set_queues(queues)
        self.check()

    async def change(self, name: str = "q", **fields: Any) -> None:
        """Change settings of one queue."""
        key = f"s/{name}"
        self.queues[key] = replace(self.queues[key], **fields)
        await self.declare(*self.queues.values())

    async def run(self, script: str, *, on: str = "n1", **args: Any) -> Outcome:
        """One script, then the rules."""
        outcome = await self.node(on).run(script, **args)
        self.check()
        return outcome

    def check(self) -> None:
        """Hold the state against its rules."""
        if self.checking:
            found = faults(self.state())
            assert not found, "\n".join(found)

    def state(self) -> PoolState:
        """Everything that the store holds of the pool but the logs."""
        return read_state(self.client, self.pool, self.nodes)

    def conv(self, ident: str) -> dict[str, Any]:
        """A record as it is."""
        return self.state().conv[ident]

    def person(self, name: str) -> dict[str, Any]:
        """A duty record as it is."""
        return self.state().staff[name]

    # Visitors

    async def join(
        self, ident: str, queue: str = "q", *, on: str = "n1", conn: str = "", **more: Any
    ) -> Outcome:
        """A visitor named after the conversation says hello."""
        return await self.run(
            "join", on=on, **{
                "id": ident, "visitor": f"v-{ident}", "site": "s", "queue": f"s/{queue}", "lang": "fi",
                "node": on, "conn": conn or f"c-{ident}", "fresh": False, "create": True, **more,
            },
        )  # fmt: skip

    async def agree(self, ident: str, also: Sequence[str]) -> Outcome:
        """The visitor agrees to other languages, two minutes after joining."""
        return await self.run("also", id=ident, visitor=f"v-{ident}", also=list(also), also_ms=2 * MINUTE)

    async def away(self, ident: str, on: str = "n1", conn: str = "") -> Outcome:
        """The visitor's connection is gone."""
        return await self.run("visitor_away", on=on, id=ident, conn=conn or f"c-{ident}")

    async def leave(self, ident: str, reason: str = "visitor_left", forget: bool = False) -> Outcome:
        """The visitor ends it."""
        return await self.run("finish", id=ident, visitor=f"v-{ident}", reason=reason, forget=forget)

    async def leave_as(self, ident: str, visitor: str) -> Outcome:
        """A visitor with another name than the conversation's ends it."""
        return await self.run("finish", id=ident, visitor=visitor, reason="visitor_left", forget=False)

    # Staff

    async def attach(
        self,
        name: str,
        capacity: int = 2,
        queues: Sequence[str] = ("q",),
        *,
        on: str = "n1",
        conn: str = "",
        languages: Sequence[str] = ("fi", "sv", "en"),
    ) -> Outcome:
        """A console says hello."""
        return await self.run(
            "staff_attach", on=on, id=name, alias=name.title(), capacity=capacity,
            queues=[f"s/{found}" for found in queues], languages=list(languages),
            grace_ms=2 * MINUTE, node=on, conn=conn or f"c-{name}",
        )  # fmt: skip

    async def duty(self, name: str, state: str = "available") -> Outcome:
        """Clock in, pause or clock out."""
        return await self.run("duty", id=name, state=state, reason=None)

    async def on_duty(
        self,
        name: str,
        capacity: int = 2,
        queues: Sequence[str] = ("q",),
        on: str = "n1",
        languages: Sequence[str] = ("fi", "sv", "en"),
    ) -> None:
        """A counsellor who is available; each a second later than the one before, so that none is equally idle."""
        await self.attach(name, capacity, queues, on=on, languages=languages)
        self.clock.advance(1_000)
        await self.duty(name)

    async def take(self, name: str, conversation: str | None = None, queue: str | None = None) -> str:
        """Take a visitor; gives the conversation."""
        named = f"s/{queue}" if queue else None
        outcome = await self.run("take", id=name, conversation=conversation, queue=named)
        assert outcome.c is not None
        return outcome.c.id

    async def answer(self, name: str, conversation: str, accept: bool) -> Outcome:
        """Accept or decline an offer."""
        return await self.run("answer_offer", id=name, conversation=conversation, accept=accept)

    async def close(self, name: str, conversation: str) -> Outcome:
        """The counsellor ends it."""
        return await self.run("finish", id=conversation, staff=name, reason="counsellor_closed", forget=False)

    async def wrap_up(self, name: str, conversation: str) -> Outcome:
        """The record is finished."""
        return await self.run("wrap_up", id=name, conversation=conversation, outcome="talked", tags=["a"])

    async def heavy(self, name: str, conversation: str, on: bool = True) -> Outcome:
        """Mark it as heavy, or not."""
        outcome = await self.node().run("heavy", id=name, conversation=conversation, on=on)
        self.check()
        return outcome

    async def transfer(self, name: str, conversation: str, *, staff: str = "", queue: str = "") -> Outcome:
        """Hand on to a person for 30 s, or to a queue for five minutes."""
        return await self.run(
            "transfer", id=name, conversation=conversation, to_staff=staff or None,
            to_queue=f"s/{queue}" if queue else None, ttl_ms=30_000 if staff else 5 * MINUTE,
        )  # fmt: skip

    async def consult(self, name: str, conversation: str, colleague: str) -> Outcome:
        """Bring a colleague in."""
        return await self.run("consult", id=name, conversation=conversation, colleague=colleague)

    async def give_back(self, name: str, conversation: str) -> Outcome:
        """Back to the front of the queue."""
        return await self.run("give_back", id=name, conversation=conversation)

    async def gone(self, name: str, on: str = "n1", conn: str = "") -> Outcome:
        """The console's connection is gone."""
        return await self.run("staff_away", on=on, id=name, conn=conn or f"c-{name}")

    async def say(
        self, conversation: str, author: str = "v", client_id: str = "m1", log: str = "talk"
    ) -> int:
        """Store a message; gives its number. Raises NotFound, BadState."""
        body = EntryBody(client_id, "text", "visitor" if author == "v" else "counsellor", 0, None, b"x")
        return stored(await self.node().append(conversation, author, log, client_id, body)).seq

    # Time

    async def pass_time(self, ms: int) -> list[str]:
        """Move the clock, then meet every deadline that has passed; gives those that were met."""
        self.clock.advance(ms)
        return await self.meet()

    async def meet(self) -> list[str]:
        """Meet what is overdue, as the worker does."""
        met: list[str] = []
        for _ in range(100):
            overdue = await self.node().due()
            if not overdue:
                return met
            for kind, ident in overdue:
                last = await self.node().last_at(ident) if kind == "i" else 0
                outcome = await self.node().run("expire", kind=kind, id=ident, last=last)
                met.append(f"{kind}:{ident}" if outcome.done else f"-{kind}:{ident}")
        raise AssertionError("deadlines that are never met")

    async def events(self, conversation: str) -> list[str]:
        """Move what is pending into the log, and tell the events in it."""
        chats = self.node()
        rows = await chats.conversations([conversation])
        for event in rows[conversation].pend if conversation in rows else ():
            body = EntryBody(f"event-{event.n}", "event", "system", event.by, None, b"", "", event.event)
            await chats.append_event(conversation, event, body)
        return [entry.body.event or entry.body.id for entry in await chats.read(conversation, "talk", 0)]


def touched(outcome: Outcome) -> dict[str, Conversation]:
    """The conversations that a script changed."""
    return {found.id: found for found in outcome.touched}


@asynccontextmanager
async def bench_on(store: AnyStore, *queues: Queue) -> AsyncIterator[Bench]:
    """A bench on a pool that nobody has used."""
    pool = secrets.token_hex(4)
    server = store.servers[store.holder(PoolKeys(pool).meta)] if isinstance(store, Cluster) else store
    link = await Link.open(store.url, client_name="test")
    client = server.client()
    try:
        bench = Bench(link, pool, client, queues or [queue()])
        await bench.declare(*bench.queues.values())
        yield bench
    finally:
        client.close()
        await link.close()


async def outcomes(*calls: Any) -> list[Any]:
    """Results or exceptions of calls made at once."""
    return await asyncio.gather(*calls, return_exceptions=True)
