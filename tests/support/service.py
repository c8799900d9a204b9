"""A whole service in the test's own process, on a real store: nodes, worker, people."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp

from chatsvc.app import Backend, NodeParts, open_backend
from chatsvc.config import Settings
from chatsvc.domain.retention import KINDS, Period, Rule, RuleSet
from chatsvc.domain.sites import PoolId, Queue, QueueName, Site, SiteId, Staff, StaffId, queue_key
from chatsvc.running import serving
from chatsvc.services.pool import Pool
from chatsvc.store.clock import ManualClock
from chatsvc.web.auth import _hasher
from tests.support.client import JSON, Client, connected

MASTER_KEY = bytes(range(32))
PASSWORD = "only for tests 123"
KEPT = Rule("kept", dict.fromkeys(KINDS, Period(12)), then="keep_record")


@cache
def password_hash() -> str:
    """One hash for everybody: hashing is slow on purpose."""
    return _hasher.hash(PASSWORD)


def make_site(**queues: dict[str, Any]) -> Site:
    """A site `kunta` whose queues are named by the keywords; each maps to fields of Queue."""
    made = tuple(
        Queue(SiteId("kunta"), QueueName(name), {"fi": name, "sv": name, "en": name}, **fields)
        for name, fields in (queues or {"paihde": {}}).items()
    )
    return Site(
        SiteId("kunta"), {"fi": "Kunta"}, origins=("http://kunta.localhost",), queues=made,
        retention=(RuleSet(1, 0, (KEPT,)),),
    )  # fmt: skip


def make_staff(name: str, capacity: int = 3, queues: Sequence[str] = (), role: Any = "counsellor") -> Staff:
    """An account on `kunta`; no queues means all of them."""
    return Staff(
        StaffId(name), name.title(), role, password_hash(), PoolId("kunta"), (SiteId("kunta"),),
        tuple(queue_key("kunta", queue) for queue in queues), capacity=capacity,
    )  # fmt: skip


@dataclass(slots=True)
class Service:
    """A running node and what a test needs to talk with it."""

    backend: Backend
    parts: NodeParts
    settings: Settings
    http: aiohttp.ClientSession
    stack: AsyncExitStack
    site: Site

    @property
    def base(self) -> str:
        """The address of the node."""
        return f"http://127.0.0.1:{self.parts.port}"

    async def visitor(self, subprotocol: str = JSON) -> Client:
        """A visitor's socket, nothing said yet."""
        return await self.stack.enter_async_context(
            connected(self.http, f"{self.base}/ws/visitor", subprotocol=subprotocol)
        )

    async def joined(
        self, queue: str = "paihde", subprotocol: str = JSON, **fields: Any
    ) -> tuple[Client, dict[str, Any]]:
        """A visitor who has said hello, and the welcome."""
        client = await self.visitor(subprotocol)
        hello = {"site": "kunta", "queue": queue, "lang": "fi", "want_token": True, **fields}
        await client.send("hello", **hello)
        return client, await client.expect("welcome")

    async def console(
        self, name: str, subprotocol: str = JSON, headers: dict[str, str] | None = None
    ) -> Client:
        """A counsellor's socket, nothing said yet: signed in by `headers`, or else with an API token."""
        if headers is None:
            _, secret = await self.backend.directory.create_token(StaffId(name), "test")
            headers = {"Authorization": f"Bearer {secret}"}
        return await self.stack.enter_async_context(
            connected(self.http, f"{self.base}/ws/counsellor", subprotocol=subprotocol, headers=headers)
        )

    async def on_duty(self, name: str, subprotocol: str = JSON) -> Client:
        """A counsellor who is available."""
        client = await self.console(name, subprotocol)
        await client.send("hello")
        await client.expect("welcome")
        await client.ask("duty", "duty", state="available")
        return client

    async def talking(self, name: str = "aino", queue: str = "paihde") -> tuple[Client, Client, str]:
        """A visitor and a counsellor in a conversation: visitor, counsellor, id."""
        counsellor = await self.on_duty(name)
        visitor, welcome = await self.joined(queue)
        await counsellor.ask("take", "assigned", queue=queue)
        await visitor.expect("active")
        return visitor, counsellor, welcome["conversation"]


@asynccontextmanager
async def running(
    store_url: str, tmp_path: Path, site: Site | None = None, people: Sequence[Staff] = (),
    *, clock: ManualClock | None = None, worker: bool = True, others: Sequence[Site] = (), **settings: Any,
) -> AsyncIterator[Service]:  # fmt: skip
    """A node (and worker) on the store, with a site, `others`, and people. Several may share a store and `tmp_path`."""
    site = site or make_site()
    # A test that is not about it signs in with a password alone.
    given: dict[str, Any] = {"second_factor": (), "port": 0}
    settings = given | settings
    made = Settings(metrics_port=0, worker_metrics_port=0, data_dir=tmp_path, **settings)
    async with AsyncExitStack() as stack:
        backend = await open_backend(stack, made, store_url, MASTER_KEY)
        if clock is not None:
            _use(backend, clock)
        for declared in (replace(site), *others):
            await backend.directory.put_site(declared)
        for person in people or (make_staff("aino"), make_staff("eino")):
            await backend.directory.put_staff(person)
        parts = await stack.enter_async_context(serving(backend, made, with_worker=worker))
        inner = await stack.enter_async_context(AsyncExitStack())
        http = await inner.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        yield Service(backend, parts, made, http, inner, site)


def _use(backend: Backend, clock: ManualClock) -> None:
    async def stand_still(*_: object) -> int:
        return 0

    clock.synchronise = stand_still  # type: ignore[attr-defined]
    backend.clock = clock  # type: ignore[assignment]


async def is_away(pool: Pool, name: str) -> bool:
    """Whether the store knows that a counsellor's connection is gone."""
    found = await pool.store.person(name)
    return found is not None and found.away is not None
