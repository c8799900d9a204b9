"""A node as a real process, with a conversation on it that goes on whatever others send to the node."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import aiohttp
import psutil

from chatsvc.app import open_backend
from chatsvc.config import Settings
from chatsvc.domain.sites import Site, Staff
from tests.contract.raw_socket import RawSocket, raw_socket
from tests.support.client import JSON, MSGPACK, Client, connected
from tests.support.ports import free_ports
from tests.support.service import MASTER_KEY, make_site, make_staff
from tests.support.store_server import SingleStore, valkey_binary

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 30.0


@dataclass(slots=True)
class NodeProcess:
    """`chatsvc serve` and what is needed to talk with it; `secrets` are API tokens by account."""

    port: int
    metrics_port: int
    process: subprocess.Popen[bytes]
    log: Path
    secrets: dict[str, str]

    @property
    def base(self) -> str:
        """The address of the node."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def resident(self) -> int:
        """Bytes of memory that the process holds now."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def bearer(self, name: str) -> dict[str, str]:
        """The header that signs a program in."""
        return {"Authorization": f"Bearer {self.secrets[name]}"}

    def logged(self) -> str:
        """What the process has written to its streams."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@asynccontextmanager
async def node_process(
    folder: Path, site: Site | None = None, people: Sequence[Staff] = (), **variables: str
) -> AsyncIterator[NodeProcess]:
    """A store, a node and a worker, each a process; the node's streams go to a file in `folder`."""
    store = SingleStore(valkey_binary())
    port, metrics, worker_metrics = free_ports(3)
    try:
        store.start()
        secrets = await _declare(store.url, folder, site or make_site(), people)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CHATSVC_")}
        environ |= {
            "PYTHONPATH": str(ROOT), "CHATSVC_REDIS_URL": store.url, "CHATSVC_DATA_DIR": str(folder / "data"),
            "CHATSVC_MASTER_KEY": MASTER_KEY.hex(), "CHATSVC_PORT": str(port), "CHATSVC_METRICS_PORT": str(metrics),
            "CHATSVC_WORKER_METRICS_PORT": str(worker_metrics), "CHATSVC_PUBLIC_URL": f"http://localhost:{port}",
            **variables,
        }  # fmt: skip
        log = folder / "node.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "chatsvc", "serve", "--with-worker"],
                env=environ, stdout=stream, stderr=stream, cwd=folder,
            )  # fmt: skip
        try:
            node = NodeProcess(port, metrics, process, log, secrets)
            await _ready(node)
            yield node
        finally:
            process.kill()
            process.wait()
    finally:
        store.remove()


async def _declare(url: str, folder: Path, site: Site, people: Sequence[Staff]) -> dict[str, str]:
    async with AsyncExitStack() as stack:
        backend = await open_backend(stack, Settings(data_dir=folder / "data"), url, MASTER_KEY)
        await backend.directory.put_site(site)
        secrets: dict[str, str] = {}
        for person in people:
            await backend.directory.put_staff(person)
            secrets[person.id] = (await backend.directory.create_token(person.id, "test"))[1]
        return secrets


async def _ready(node: NodeProcess) -> None:
    async with asyncio.timeout(READY_WITHIN_S), aiohttp.ClientSession() as http:
        while True:
            assert node.process.poll() is None, node.logged()
            try:
                async with http.get(f"{node.base}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)


@dataclass(slots=True)
class Control:
    """A visitor and a counsellor whose conversation must not notice anything."""

    visitor: Client
    counsellor: Client
    conversation: str
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def goes_on(self) -> None:
        """A message each way, stored and heard; nothing else came, nothing was lost."""
        number = next(self._numbers)
        await self.visitor.send("say", id=f"v{number}", text=f"visitor {number}")
        await self.counsellor.expect("entry", id=f"v{number}", text=f"visitor {number}")
        await self.counsellor.send(
            "say", conversation=self.conversation, id=f"c{number}", text=f"counsellor {number}"
        )
        await self.visitor.expect("entry", id=f"c{number}", text=f"counsellor {number}")
        await self.visitor.expect("ack", id=f"v{number}")
        await self.counsellor.expect("ack", id=f"c{number}")

    def undisturbed(self) -> None:
        """Every entry came once and in order, and neither was told anything wrong."""
        for client in (self.visitor, self.counsellor):
            assert not client.closed.done()
            assert not client.of("error")
            seqs = [frame["seq"] for frame in client.frames if frame["type"] in ("entry", "ack")]
            assert seqs == sorted(set(seqs))
            assert seqs[-1] - seqs[0] + 1 == len(seqs)


@dataclass(slots=True)
class Stage:
    """The node, the control conversation, and sockets for those who misbehave."""

    node: NodeProcess
    control: Control
    http: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def socket(
        self, who: str, subprotocol: str | None = JSON, **headers: str
    ) -> AsyncIterator[RawSocket]:
        """A raw socket: `visitor`, or the account of a counsellor."""
        path = "/ws/visitor" if who == "visitor" else "/ws/counsellor"
        signed = {} if who == "visitor" else self.node.bearer(who)
        async with raw_socket(self.node.port, path, subprotocol, {**signed, **headers}) as made:
            yield made

    @asynccontextmanager
    async def greeted(self, who: str, subprotocol: str = JSON) -> AsyncIterator[RawSocket]:
        """A raw socket that has said hello: a visitor who waits in `sivu`, or a counsellor's console."""
        async with self.socket(who, subprotocol) as made:
            hello = {"type": "hello"}
            if who == "visitor":
                hello |= {"site": "kunta", "queue": "sivu", "want_token": True}  # type: ignore[dict-item]
                if who in self.tokens:
                    hello["token"] = self.tokens[who]
            await made.send(hello)
            welcome = await made.next("welcome")
            if "token" in welcome:
                self.tokens[who] = welcome["token"]
            yield made

    @asynccontextmanager
    async def conversation(self, subprotocol: str = JSON) -> AsyncIterator[tuple[RawSocket, RawSocket, str]]:
        """A visitor and `eino` in a conversation of their own: both sockets and its id; cleared away in the end."""
        async with (
            self.socket("visitor", subprotocol) as visitor,
            self.greeted("eino", subprotocol) as counsellor,
        ):
            await counsellor.send({"type": "duty", "state": "available", "ref": "d"})
            await counsellor.next("duty", ref="d")
            await visitor.send({"type": "hello", "site": "kunta", "queue": "sivu"})
            ident = (await visitor.next("welcome"))["conversation"]
            await counsellor.send({"type": "take", "conversation": ident, "ref": "t"})
            await counsellor.next("assigned", ref="t")
            yield visitor, counsellor, ident
        async with self.greeted("eino") as counsellor:
            for last in ({"type": "close"}, {"type": "wrap_up", "outcome": "x"}):
                await counsellor.send({**last, "conversation": ident})
            await counsellor.alive()


@asynccontextmanager
async def stage(folder: Path, **variables: str) -> AsyncIterator[Stage]:
    """A node where a visitor and `aino` talk; `eino` is a colleague, `valvoja` and `yllapito` have other roles."""
    site = make_site(paihde={}, sivu={"waiting_limit": 400})
    people = (
        make_staff("aino", 3, ["paihde"]),
        make_staff("eino", 3, ["sivu"]),
        make_staff("yllapito", role="admin"),
    )
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(node_process(folder, site, people, **variables))
        http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        eino = await stack.enter_async_context(_console(http, node, "eino"))
        await eino.ask("duty", "duty", state="available")
        await eino.close()  # on duty and away: `sivu` is staffed within the grace time
        control = await _control(stack, http, node)
        yield Stage(node, control, http)
        control.undisturbed()


async def _control(stack: AsyncExitStack, http: aiohttp.ClientSession, node: NodeProcess) -> Control:
    counsellor = await stack.enter_async_context(_console(http, node, "aino"))
    await counsellor.ask("duty", "duty", state="available")
    visitor = await stack.enter_async_context(connected(http, f"{node.base}/ws/visitor", subprotocol=MSGPACK))
    await visitor.send("hello", site="kunta", queue="paihde", lang="fi")
    welcome = await visitor.expect("welcome")
    await counsellor.ask("take", "assigned")
    await visitor.expect("entry", event="joined")
    control = Control(visitor, counsellor, welcome["conversation"])
    await control.goes_on()
    return control


@asynccontextmanager
async def _console(http: aiohttp.ClientSession, node: NodeProcess, name: str) -> AsyncIterator[Client]:
    url = f"{node.base}/ws/counsellor"
    async with connected(http, url, headers=node.bearer(name)) as client:
        await client.send("hello")
        await client.expect("welcome")
        yield client
