"""Puts the parts together: stores, services, sessions, pages, loops. With `app_worker`, who alone know them all."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from chatsvc.app_oidc import add_providers
from chatsvc.config import Settings
from chatsvc.config_keys import audit_key
from chatsvc.domain.errors import ChatError, NotFound, StoreUnavailable, VaultUnavailable
from chatsvc.domain.retention import RuleSet
from chatsvc.domain.sessions import SessionLimits
from chatsvc.domain.sites import Queue, Site
from chatsvc.services import evictions
from chatsvc.services.audit import Audit, Checkpoints
from chatsvc.services.audit_state import AuditStates
from chatsvc.services.opening import learn_holidays
from chatsvc.services.passkeys import Passkeys
from chatsvc.services.planned_people import PlannedPeople
from chatsvc.services.planning import Planning
from chatsvc.services.pool import Pool
from chatsvc.services.second_factor import SecondStep
from chatsvc.services.statistics import ServiceCounts
from chatsvc.services.transcripts import Shelf, Shelves
from chatsvc.services.webauthn import RelyingParty
from chatsvc.store.audit import AuditStore
from chatsvc.store.chats import PoolChats
from chatsvc.store.checkpoints import CheckpointFiles
from chatsvc.store.clock import StoreClock
from chatsvc.store.directory import Directory
from chatsvc.store.directory_follower import DirectoryFollower
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.graves import Graves
from chatsvc.store.keyring import VaultKeyring
from chatsvc.store.link import Link
from chatsvc.store.passkeys import PasskeyStore
from chatsvc.store.past import PoolPast
from chatsvc.store.plans import PlanFollower, PlanStore
from chatsvc.store.second_factors import SecondFactors
from chatsvc.store.statistics import PoolCounts
from chatsvc.store.subscriber import PoolSubscriber
from chatsvc.store.vault_keys import MasterKeys, Vault
from chatsvc.store.vault_open import open_vault
from chatsvc.telemetry.metrics import Metrics
from chatsvc.web.api import add_api, answer_errors
from chatsvc.web.audit_api import STATES
from chatsvc.web.fanout import Hub
from chatsvc.web.locked import lock
from chatsvc.web.neighbours import Neighbours
from chatsvc.web.node import Node
from chatsvc.web.openapi import openapi
from chatsvc.web.operations import AUDIT, PLANNING
from chatsvc.web.pages import STATIC, add_pages
from chatsvc.web.plan_api import add_plan_api
from chatsvc.web.routes import NODE, counsellor, visitor
from chatsvc.web.sign_in import PASSWORDS_ALLOWED
from chatsvc.web.sign_in_devices import Devices
from chatsvc.web.sign_in_gate import GATE, Gate
from chatsvc.web.sign_in_passkey import PASSKEYS
from chatsvc.web.sign_in_second import SECOND
from chatsvc.web.statistics_api import COUNTS
from chatsvc.web.tokens import VisitorTokens
from chatsvc.web.transcripts_api import SHELVES

BEAT_S = 1.5
CLOCK_S = 30.0
HEALTH_S = 2.0
RECHECK_S = 60.0  # whether those who are connected are still signed in; at once when accounts change
STATIC_DIR = Path(__file__).with_name("static")

_log = structlog.get_logger("chatsvc")


class Backend:
    """The store and the vault as one process holds them: link, directory, keys, clock, and the pools."""

    def __init__(
        self, link: Link, vault: Vault, node: str, checkpoints: Checkpoints, sessions: SessionLimits,
        *, demo: bool,
    ) -> None:  # fmt: skip
        self.link = link
        self.vault = vault
        self.node = node
        self._demo = demo
        self.clock = StoreClock()
        self.audit = Audit(AuditStore(link), checkpoints, self.clock)
        self.keyring = VaultKeyring(vault)
        self.counts = ServiceCounts(
            lambda pool: PoolCounts(link, pool), lambda: self.snapshot.pools, self.rules
        )
        self.directory = Directory(link, limits=sessions)
        self.on_pool: Callable[[PoolChats, Pool], None] = lambda _chats, _pool: None
        self.on_epoch: Callable[[str], None] = lambda _pool: None
        self.on_rights: Callable[[], None] = lambda: None
        self.on_directory: Callable[[], Awaitable[None]] = _nothing
        self.chats: dict[str, PoolChats] = {}
        self.pools: dict[str, Pool] = {}
        self.shown_in: list[Metrics] = []  # where the health of store and vault is told
        self.loops: set[asyncio.Task[None]] = set()
        self._ready: dict[str, asyncio.Event] = {}
        self._evictions: dict[str, evictions.Evictions] = {}
        self._follower = DirectoryFollower(self.directory, self._directory_changed, self._prepare)
        plans = PlanStore(link)
        self._plan_follower = PlanFollower(plans, lambda _: self.planned.moved())
        self.planning = Planning(
            sites=self.directory, plans=plans, declared=lambda: self.snapshot, refresh=self._refresh,
            plan=lambda: self._plan_follower.snapshot, clock=lambda: self.clock,
        )  # fmt: skip
        self.planned = PlannedPeople(self.planning, lambda: tuple(self.pools))

    @property
    def snapshot(self) -> DirectorySnapshot:
        """What is declared now."""
        return self._follower.snapshot

    async def start(self) -> None:
        """Check that store and vault belong together, learn what is declared. Raises StoreUnavailable, WrongStore."""
        await self.directory.claim(self.vault.vault_id, demo=self._demo)
        await self.clock.synchronise(self.link, "chatsvc:{dir}:clock")
        snapshot = await self._follower.start()
        await self._plan_follower.start()
        for pool in sorted(snapshot.pools):
            self._open(pool)
        for pool in sorted(snapshot.pools):
            await self._ready[pool].wait()
            await self._tell_scripts(pool)
        self.loop("clock", CLOCK_S, self._synchronise)
        self.loop("roster", 0.0, self.planned.look_when_due)
        self.loop("health", HEALTH_S, self._look_at_health)
        self.loop("evictions", evictions.EVERY_S, self._evict)

    async def _refresh(self) -> None:
        await asyncio.gather(self._follower.refresh(), self._plan_follower.refresh())

    def queues(self, pool: str) -> list[Queue]:
        """The queues of a pool."""
        return [queue for site in self.snapshot.sites_of_pool(pool) for queue in site.queues]

    def shelves(self, site: Site) -> list[Shelf]:
        """Where the conversations of a site are that are over: in each of its pools."""
        return [
            Shelf(self.pools[name], self.chats[name].retention, PoolPast(self.link, name))
            for name in site.pools
            if name in self.pools
        ]

    def rules(self, site: str) -> tuple[RuleSet, ...]:
        """All versions of a site's retention rules; none for a site that is not there any more."""
        found = self.snapshot.site(site)
        return found.retention if found else ()

    def loop(self, name: str, every_s: float, work: Callable[[], Awaitable[object]]) -> None:
        """Do `work` again and again until `stop`; failures are logged and don't end it."""
        task = asyncio.get_running_loop().create_task(_repeat(name, every_s, work), name=name)
        self.loops.add(task)

    def task(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something once, at the latest until `stop`."""
        task = asyncio.get_running_loop().create_task(work)
        self.loops.add(task)
        task.add_done_callback(self.loops.discard)

    async def stop(self) -> None:
        """End the loops and let go."""
        for task in self.loops:
            task.cancel()
        await asyncio.gather(*self.loops, return_exceptions=True)
        await self._follower.stop()
        await self._plan_follower.stop()

    def _open(self, name: str) -> None:
        chats = PoolChats(
            self.link, name, self.node, self.clock, lambda: [queue.key for queue in self.queues(name)]
        )
        self.chats[name] = chats
        self._evictions[name] = evictions.Evictions(chats.retention, self.keyring)
        self.pools[name] = Pool(
            name, chats, self.keyring, self.clock, queues=lambda: self.queues(name),
            plan=lambda: self.planned.of(name), rules=self.rules,
        )  # fmt: skip
        ready = self._ready[name] = asyncio.Event()

        def on_run_id(run_id: str) -> None:
            self.task(self._settle_epoch(chats, run_id, ready))

        self.link.on_run_id(chats.keys.meta, on_run_id)
        self.on_pool(chats, self.pools[name])

    async def _settle_epoch(self, chats: PoolChats, run_id: str, ready: asyncio.Event) -> None:
        while True:
            try:
                if await chats.settle_epoch(run_id):
                    _log.warning("epoch_changed", pool=chats.keys.pool)
                    self.on_epoch(chats.keys.pool)
                ready.set()
                return
            except StoreUnavailable:
                await asyncio.sleep(0.1)

    async def _prepare(self, snapshot: DirectorySnapshot) -> None:
        """Whatever is declared, nobody who is connected waits while the holidays are looked up."""
        if any(queue.hours for queue in snapshot.queues.values()):
            await asyncio.to_thread(learn_holidays, self.clock.now())

    def _directory_changed(self, snapshot: DirectorySnapshot) -> None:
        for pool in snapshot.pools - set(self.chats):
            self._open(pool)
        self.on_rights()  # before anything that waits for the store
        self.planned.moved()
        self.task(self._spread_directory(snapshot))

    async def _spread_directory(self, snapshot: DirectorySnapshot) -> None:
        for pool in snapshot.pools:
            try:
                await self._tell_scripts(pool)
            except StoreUnavailable:
                _log.warning("queues_not_written", pool=pool)
        with contextlib.suppress(StoreUnavailable):  # whoever is connected is looked at again in a minute
            await self.on_directory()

    async def _tell_scripts(self, pool: str) -> None:
        await self.chats[pool].retention.set_rules(self.snapshot.sites_of_pool(pool))
        await self.chats[pool].set_queues(self.queues(pool))

    async def _evict(self) -> None:
        for followed in tuple(self._evictions.values()):
            await followed.look()

    async def _look_at_health(self) -> None:
        vault = 1
        try:
            await self.vault.fetch("nobody's")
        except NotFound:
            pass
        except VaultUnavailable:
            vault = 0
        for metrics in self.shown_in:
            metrics.store_up.set(0 if self.link.away else 1)
            metrics.vault_up.set(vault)

    async def _synchronise(self) -> None:
        await self.clock.synchronise(self.link, "chatsvc:{dir}:clock")


async def _nothing() -> None:
    """Nobody wants to know."""


async def _repeat(name: str, every_s: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await work()
        except ChatError as error:
            if error.code != "store_away":
                _log.warning("loop_failed", loop=name, code=error.code)
        except Exception:  # noqa: BLE001 - a loop goes on whatever one round met
            _log.exception("loop_failed", loop=name)
        await asyncio.sleep(every_s)


async def open_backend(
    stack: AsyncExitStack, settings: Settings, url: str, master_key: bytes | MasterKeys, *, demo: bool = False
) -> Backend:
    """Store and vault, opened; closed with `stack`. Raises StoreUnavailable, VaultUnavailable, WrongVault."""
    async with AsyncExitStack() as opened:  # closed at once if not everything can be opened
        link = await Link.open(url, client_name="chatsvc")
        opened.push_async_callback(link.close)
        vault = await open_vault(settings.vault_file, settings.vault_url, master_key, store=link)
        opened.push_async_callback(vault.close)
        stack.push_async_exit(opened.pop_all())
    checkpoints = CheckpointFiles(settings.checkpoint_dir, audit_key(settings))
    return Backend(link, vault, f"n{secrets.token_hex(6)}", checkpoints, settings.sessions, demo=demo)


class NodeParts:
    """A node on a backend: hubs, subscribers and the web application."""

    def __init__(
        self, backend: Backend, settings: Settings, metrics: Metrics, secret: bytes, sign_in_secret: bytes
    ) -> None:
        """`secret` is for visitors' tokens, `sign_in_secret` for whoever signs in; all nodes have the same."""
        self.backend = backend
        self.settings = settings
        self.sign_in_secret = sign_in_secret
        self.metrics = metrics
        backend.shown_in.append(metrics)
        backend.audit.on_entry, backend.audit.on_failure = metrics.recorded, metrics.audit_failed
        self.port = 0
        self._hubs: dict[str, Hub] = {}
        self._parts: list[tuple[Hub, PoolSubscriber]] = []
        self._started = False
        backend.on_pool = self._open_hub
        self.node = Node(
            public_url=settings.origin, tokens=VisitorTokens(secret), graves=Graves(backend.link),
            sign_in=backend.directory, metrics=metrics, snapshot=lambda: backend.snapshot,
            open_hub=self._hubs.__getitem__, max_connections=settings.max_connections,
            outbox_bytes=settings.outbox_bytes, trusted_proxies=settings.trusted_proxies,
        )  # fmt: skip
        self.gate = Gate(
            Devices(sign_in_secret), Neighbours(settings.trusted_proxies), self.node, backend.audit
        )
        self.second = SecondStep(
            SecondFactors(backend.link), sign_in_secret, backend.clock,
            rules=settings.second_factor, service=settings.service_name,
        )  # fmt: skip
        self.passkeys = Passkeys(
            PasskeyStore(backend.link), sign_in_secret, backend.clock, RelyingParty(settings.origin)
        )
        backend.on_epoch = self.node.close_pool
        backend.on_rights = self.node.rights_changed
        backend.on_directory = self._directory_changed
        backend.planned.on_look = self._plan_changed

    def web(self) -> web.Application:
        """The application, without a listener."""
        app = web.Application(middlewares=[answer_errors], client_max_size=64 * 1024)
        app.on_response_prepare.extend((_name_ourselves, lock))
        app[NODE] = self.node
        app[PLANNING] = self.backend.planning
        app[AUDIT] = self.backend.audit
        app[STATES] = AuditStates(self.backend.audit)
        app[COUNTS] = self.backend.counts
        app[GATE] = self.gate
        app[SECOND] = self.second
        app[PASSWORDS_ALLOWED] = self.settings.password_sign_in
        app[PASSKEYS] = self.passkeys
        app[SHELVES] = Shelves(self.backend.shelves)
        app[STATIC] = STATIC_DIR
        app.router.add_get("/ws/visitor", visitor)
        app.router.add_get("/ws/counsellor", counsellor)
        add_api(app)
        add_providers(
            app, self.settings, self.sign_in_secret, self.node,
            self.backend.link, self.backend.directory, self.backend.audit, self.backend.planning.refresh,
        )  # fmt: skip
        add_plan_api(app)
        app.router.add_get("/api/v1/openapi.json", openapi)
        add_pages(app)
        return app

    async def start(self) -> None:
        """Subscribe and begin to push. Raises StoreUnavailable."""
        self._started = True
        for hub, subscriber in self._parts:
            await self._start_hub(hub, subscriber)
        self.backend.loop("beat", BEAT_S, self._beat)
        self.backend.loop("sweep", 0.0, self.node.sweep)
        self.backend.loop("recheck", RECHECK_S, self.node.recheck)

    async def _directory_changed(self) -> None:
        for hub in self._hubs.values():  # whoever watches or is on duty sees what the queues are now
            hub.queues_changed([queue.key for queue in hub.queues()])
        await self.node.directory_changed()

    def _plan_changed(self) -> None:
        for hub in self._hubs.values():
            hub.plan_changed()

    async def _start_hub(self, hub: Hub, subscriber: PoolSubscriber) -> None:
        await subscriber.start()
        self.backend.loop(f"hub {hub.pool.id}", 0.5, hub.run)

    async def stop(self) -> None:
        """Let go of the channels. The node's name stays until a worker has seen that nobody is left on it."""
        for _, subscriber in self._parts:
            await subscriber.stop()

    def _open_hub(self, chats: PoolChats, pool: Pool) -> None:
        hub = Hub(pool, lambda: self.backend.snapshot.sites_of_pool(pool.id))
        hub.on_delivery = self.metrics.delivery_seconds.observe
        self._hubs[pool.id] = hub
        subscriber = PoolSubscriber(self.backend.link, chats.keys, chats.node, hub)
        self._parts.append((hub, subscriber))
        if self._started:  # a pool that was declared while we run
            self.backend.task(self._start_hub(hub, subscriber))

    async def _beat(self) -> None:
        try:
            for name, chats in self.backend.chats.items():
                if name not in self.backend.snapshot.pools:
                    continue  # its last site has left: nothing of it may come back
                before = time.monotonic()
                await chats.beat()
                self.metrics.store_seconds.observe(time.monotonic() - before)
        except StoreUnavailable:
            self.metrics.store_errors.inc()
            raise


async def _name_ourselves(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "chatsvc"  # not which versions of what
