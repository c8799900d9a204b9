"""What somebody writes within one moment: stored by one command, each entry once, told to the other nodes at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import NotFound, StoreUnavailable
from chatsvc.domain.ports import Reply
from chatsvc.domain.records import EntryBody, Hint, LogEntry
from chatsvc.services.pool import stored
from chatsvc.store.chats import PoolChats
from chatsvc.store.link import Link
from chatsvc.store.resp import Prepared
from chatsvc.store.subscriber import PoolSubscriber
from tests.support.links import until_back
from tests.support.pool_bench import Bench, bench_on, queue
from tests.support.store_proxy import StoreProxy
from tests.support.store_server import SingleStore
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]


class Ear:
    """Another node's listener: what it is told of entries, in the order it comes."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, LogEntry]] = []
        self.more = asyncio.Event()

    def entry_stored(self, conversation: str, log: str, entry: LogEntry) -> None:
        self.entries.append((conversation, log, entry))
        self.more.set()

    def hinted(self, hint: Hint) -> None: ...
    def queues_changed(self, queues: list[str]) -> None: ...
    def whispered(self, payload: bytes) -> None: ...
    def missed(self) -> None: ...

    async def hear(self, count: int) -> list[tuple[str, str, LogEntry]]:
        """The first `count` entries, once they have come."""
        async with asyncio.timeout(10):
            while len(self.entries) < count:
                self.more.clear()
                await self.more.wait()
        return self.entries


@pytest.fixture
async def bench(pool_store: AnyStore) -> AsyncIterator[Bench]:
    """Aino, on node n2, talks with x, on node n1."""
    async with bench_on(pool_store, queue()) as made:
        await made.on_duty("aino", 2, on="n2")
        await made.join("x")
        await made.take("aino")
        yield made


def body(ident: str) -> EntryBody:
    """An entry of the visitor, its sealed text as long as its id says."""
    return EntryBody(ident, "text", "visitor", 0, None, b"\n" * int(ident[1:]))


async def say(bench: Bench, *idents: str, author: str = "v") -> list[bytes]:
    """All of these in one tick; the store's answers."""
    chats = bench.node("n1")
    return await asyncio.gather(*(chats.append("x", author, "talk", ident, body(ident)) for ident in idents))


async def test_entries_of_one_tick_keep_their_order(bench: Bench) -> None:
    """Numbers follow the order of writing, and the log holds every entry as it was written."""
    answers = [stored(answer) for answer in await say(bench, "m3", "m1", "m200")]
    assert [answer.seq for answer in answers] == [1, 2, 3]
    assert all(answer.fresh for answer in answers)
    rows = await bench.node("n1").read("x", "talk", 0)
    assert [(row.seq, row.body.id) for row in rows] == [(1, "m3"), (2, "m1"), (3, "m200")]
    assert await bench.node("n1").last_seq(["x"]) == [(3, 0)]


async def test_an_entry_twice_in_one_tick_is_stored_once(bench: Bench) -> None:
    """The same id in one command, or known from before, gets the place that it has; only the first is fresh."""
    before = stored((await say(bench, "m5"))[0])
    answers = [stored(answer) for answer in await say(bench, "m6", "m5", "m6", "m7")]
    assert [answer.seq for answer in answers] == [2, before.seq, 2, 3]
    assert [answer.fresh for answer in answers] == [True, False, False, True]
    assert len(await bench.node("n1").read("x", "talk", 0)) == 3


async def test_the_other_node_hears_every_entry(bench: Bench) -> None:
    """One hint for a tick carries all its entries, whatever bytes they hold; a lone one comes the same."""
    ear = Ear()
    subscriber = PoolSubscriber(bench.link, bench.node("n2").keys, bench.node("n2").node, ear)
    await subscriber.start()
    try:
        await say(bench, "m4", "m0", "m90")
        await say(bench, "m8")
        heard = await ear.hear(4)
    finally:
        await subscriber.stop()
    assert [(entry.seq, entry.body) for _, _, entry in heard] == [
        (1, body("m4")), (2, body("m0")), (3, body("m90")), (4, body("m8")),
    ]  # fmt: skip
    assert {(conversation, log) for conversation, log, _ in heard} == {("x", "talk")}


async def test_what_comes_meanwhile_goes_together(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a command is away its author's next entries gather; other authors do not wait for it."""
    sent: list[int] = []
    gone = asyncio.Event()
    send = Link.send

    def counted(link: Link, prepared: Prepared, more: int, tail: bytes, reply: Reply) -> None:
        sent.append(more // 2)  # entries: each is a field and its bytes, beside the time
        gone.set()
        send(link, prepared, more, tail, reply)

    monkeypatch.setattr(Link, "send", counted)
    first = asyncio.ensure_future(say(bench, "m1"))
    await gone.wait()
    later = [asyncio.ensure_future(say(bench, ident)) for ident in ("m2", "m3")]
    other = await say(bench, "m4", author="s:aino")
    answers = [stored((await each)[0]).seq for each in (first, *later)]
    assert answers == sorted(answers)
    assert sent == [1, 1, 2]
    assert stored(other[0]).fresh


@pytest.mark.parametrize("kind", ["valkey", "redis7"])
async def test_nothing_overtakes_what_failed(kind: str, request: pytest.FixtureRequest) -> None:
    """A lost answer fails what its author wrote behind it too; sent again, the order is the one of writing."""
    server: SingleStore = request.getfixturevalue(f"{kind}_server")
    server.start()
    target = server.port or server.url.removeprefix("unix://")
    async with StoreProxy(target) as proxy, bench_on(server, queue()) as bench:
        await bench.on_duty("aino")
        await bench.join("x")
        link = await Link.open(proxy.url, client_name="test")
        chats = PoolChats(link, bench.pool, "n1", bench.clock, lambda: ["s/q"])

        def post(*idents: str) -> list[asyncio.Task[bytes]]:
            return [
                asyncio.ensure_future(chats.append("x", "v", "talk", ident, body(ident))) for ident in idents
            ]

        try:
            assert stored(await post("m1")[0]).seq == 1
            proxy.swallow_replies()
            lost = post("m2")
            await proxy.swallowed.wait()
            behind = post("m3")
            await asyncio.sleep(0)
            proxy.swallowing = False
            proxy.break_all()
            for failed in (*lost, *behind):
                with pytest.raises(StoreUnavailable):
                    await failed
            await until_back(link)
            again = [stored(await each) for each in post("m2", "m3")]
            assert [(answer.seq, answer.fresh) for answer in again] == [(2, False), (3, True)]
        finally:
            await link.close()


async def test_who_may_not_write_is_refused_for_every_entry(bench: Bench) -> None:
    """A stranger's entries are all refused, and none of them is stored."""
    for answer in await say(bench, "m1", "m2", author="s:eino"):
        with pytest.raises(NotFound):
            stored(answer)
    assert await bench.node("n1").read("x", "talk", 0) == []
