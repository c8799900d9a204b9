"""Situations in which somebody may or may not say a frame, on two sites of one pool."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

from chatsvc.domain.sites import PoolId, Queue, QueueName, Site, SiteId, Staff, queue_key
from tests.support.client import JSON, MSGPACK, Client
from tests.support.service import Service, make_site, make_staff, running

POOL = PoolId("seutu")
WITHIN_S = 10.0
SUBPROTOCOLS = {"me": JSON, "boss": MSGPACK}  # who looks, and how they speak
_refs = count()


def people() -> list[Staff]:
    """A counsellor and a supervisor who look; colleagues of the same queue, of another queue, of another site."""
    made = [
        make_staff("me", 100, ["paihde"]), make_staff("colleague", 100, ["paihde"]),
        make_staff("elsewhere", 100, ["velka"]), make_staff("boss", 100, ["paihde"], role="supervisor"),
    ]  # fmt: skip
    stranger = replace(
        make_staff("stranger", 100), sites=(SiteId("naapuri"),), queues=(queue_key("naapuri", "perhe"),)
    )
    return [replace(person, pool=POOL) for person in (*made, stranger)]


@dataclass(slots=True)
class Scene:
    """The service, consoles by name, and conversations of every kind."""

    service: Service
    consoles: dict[str, Client]
    visitors: dict[str, Client]
    offers: dict[str, str] = field(default_factory=dict)

    async def again(self, who: str) -> Client:
        """A new console of the same person, in whose favour nothing counts that went wrong before."""
        client = self.consoles[who] = await self.service.console(who, SUBPROTOCOLS.get(who, JSON))
        await client.ask("hello", "welcome")
        return client

    async def waits(self, queue: str = "paihde", site: str = "kunta") -> str:
        """Somebody who waits."""
        client = await self.service.visitor()
        await client.send("hello", site=site, queue=queue, lang="fi", want_token=True)
        ident = str((await client.expect("welcome"))["conversation"])
        self.visitors[ident] = client
        return ident

    async def taken(self, by: str, queue: str = "paihde", site: str = "kunta") -> str:
        """A conversation that goes on with this person."""
        ident = await self.waits(queue, site)
        await self.consoles[by].ask("take", "assigned", conversation=ident)
        await self.visitors[ident].expect("active")
        return ident

    async def own(self, who: str) -> str:
        """One's own."""
        return await self.taken(who)

    async def ended(self, who: str) -> str:
        """One's own, over and not written up yet."""
        ident = await self.taken(who)
        await self.visitors[ident].ask("leave")
        await self.consoles[who].expect("closed", conversation=ident)
        return ident

    async def consulted(self, who: str) -> str:
        """A colleague's, who has asked for advice."""
        ident = await self.taken("colleague")
        await self.consoles["colleague"].ask("consult", conversation=ident, counsellor=who)
        await self.consoles[who].expect("assigned")
        return ident

    async def offered(self, who: str) -> str:
        """A colleague's, who would like to hand it over; nobody has two such offers at once."""
        if (earlier := self.offers.pop(who, None)) is not None:
            await answer(self.consoles[who], {"type": "decline", "conversation": earlier})
        ident = await self.taken("colleague")
        await self.consoles["colleague"].ask("transfer", conversation=ident, to={"counsellor": who})
        await self.consoles[who].expect("offer", conversation=ident)
        self.offers[who] = ident
        return ident

    async def waiting(self, who: str) -> str:
        """Somebody who waits in an own queue."""
        del who
        return await self.waits()

    async def colleagues(self, who: str) -> str:
        """A colleague's of the same queue."""
        del who
        return await self.taken("colleague")

    async def given_away(self, who: str) -> str:
        """One that was one's own, and is a colleague's now."""
        ident = await self.taken(who)
        await self.consoles[who].ask("transfer", conversation=ident, to={"counsellor": "colleague"})
        await self.consoles["colleague"].expect("offer", conversation=ident)
        await self.consoles["colleague"].ask("accept", "assigned", conversation=ident)
        await self.consoles[who].expect("released", conversation=ident)
        return ident

    async def other_queue_waiting(self, who: str) -> str:
        """Somebody who waits in another queue of the site."""
        del who
        return await self.waits("velka")

    async def other_queue(self, who: str) -> str:
        """A conversation of another queue of the site."""
        del who
        return await self.taken("elsewhere", "velka")

    async def other_site_waiting(self, who: str) -> str:
        """Somebody who waits at another site of the pool."""
        del who
        return await self.waits("perhe", "naapuri")

    async def other_site(self, who: str) -> str:
        """A conversation of another site of the pool."""
        del who
        return await self.taken("stranger", "perhe", "naapuri")

    async def nobodys(self, who: str) -> str:
        """None at all."""
        del who
        return "0123456789abcdef01234567"

    async def state(self, ident: str) -> object:
        """Everything that a frame could have changed: the record and what both logs have."""
        store = self.service.parts.node.hub(POOL).pool.store
        return (await store.conversations([ident])).get(ident), (await store.last_seq([ident]))[0]


Situation = Callable[[Scene, str], Awaitable[str]]
SITUATIONS: Mapping[str, Situation] = {
    made.__name__: made
    for made in (
        Scene.own, Scene.ended, Scene.consulted, Scene.offered, Scene.waiting, Scene.colleagues, Scene.given_away,
        Scene.other_queue_waiting, Scene.other_queue, Scene.other_site_waiting, Scene.other_site, Scene.nobodys,
    )
}  # fmt: skip


@asynccontextmanager
async def scene(store_url: str, folder: Path, staff: list[Staff] | None = None) -> AsyncIterator[Scene]:
    """Everybody on duty, nobody waiting; time limits never come."""
    far = {
        "grace_waiting_ms": 86_400_000,
        "wrap_up_ms": 7_200_000,
        "offer_ms": 600_000,
        "waiting_limit": 1_000,
    }
    site = replace(make_site(paihde=far, velka=far), pool=POOL)
    neighbour = Site(
        SiteId("naapuri"), {"fi": "Naapuri"}, pool=POOL, retention=site.retention,
        queues=(Queue(SiteId("naapuri"), QueueName("perhe"), {"fi": "Perhe"}, waiting_limit=1_000),),
    )  # fmt: skip
    everybody = staff or people()
    async with running(store_url, folder, site, everybody, others=(neighbour,)) as service:
        consoles = {}
        for person in everybody:
            console = await service.console(person.id, SUBPROTOCOLS.get(person.id, JSON))
            await console.ask("hello", "welcome")
            await console.ask("duty", "duty", state="available")
            consoles[str(person.id)] = console
        yield Scene(service, consoles, {})


async def answer(client: Client, body: Mapping[str, Any]) -> str:
    """What comes of a frame: the code of the error, or the type of the answer."""
    ref = f"a{next(_refs)}"
    await client.send_raw({"ref": ref, **body})
    async with asyncio.timeout(WITHIN_S):
        while True:
            for frame in client.frames:
                if frame.get("ref") == ref or (frame["type"] == "ack" and frame["id"] == body.get("id")):
                    return str(frame["code"] if frame["type"] == "error" else frame["type"])
            assert not client.closed.done(), client.closed
            client._arrived.clear()
            await client._arrived.wait()
