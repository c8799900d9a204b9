"""The link when connections and replies are lost: nothing runs twice, and callers learn of the doubt."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store import resp
from chatsvc.store.link import Link
from tests.support.links import COUNT, POOL, until_back
from tests.support.store_proxy import StoreProxy
from tests.support.store_server import SingleStore, redis_binary, valkey_binary


@pytest.fixture(params=["valkey", "redis7"])
def single(request: pytest.FixtureRequest) -> SingleStore:
    """An empty single server of each kind."""
    store: SingleStore = request.getfixturevalue(request.param)
    return store


@pytest.fixture
async def proxy(single: SingleStore) -> AsyncIterator[StoreProxy]:
    """A proxy before the server."""
    async with StoreProxy(single.port or single.url.removeprefix("unix://")) as proxy:
        yield proxy


@pytest.fixture
async def link(proxy: StoreProxy) -> AsyncIterator[Link]:
    """A link through the proxy."""
    link = await Link.open(proxy.url, client_name="test")
    yield link
    await link.close()


async def test_lost_reply_runs_once(single: SingleStore, proxy: StoreProxy, link: Link) -> None:
    """A script whose reply is lost has run once, and its caller hears that it may have."""
    assert await link.run(COUNT, [f"{POOL}n"], []) == 1
    proxy.swallow_replies()
    lost = link.run(COUNT, [f"{POOL}n"], [])
    await proxy.swallowed.wait()
    proxy.break_all()
    with pytest.raises(StoreUnavailable, match="may have been applied"):
        await lost
    proxy.swallowing = False
    await until_back(link)
    assert single.client().get(f"{POOL}n") == b"2"


async def test_silently_lost_reply_runs_once(
    single: SingleStore, proxy: StoreProxy, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same when the connection stays open: the watchdog gives it up, and nothing is sent again."""
    monkeypatch.setattr(resp, "REPLY_WITHIN_S", 0.5)
    monkeypatch.setattr(resp, "WATCH_EVERY_S", 0.1)
    proxy.swallow_replies()
    lost = [link.run(COUNT, [f"{POOL}n"], []) for _ in range(3)]
    results = await asyncio.gather(*lost, return_exceptions=True)
    assert all(isinstance(result, StoreUnavailable) for result in results)
    proxy.swallowing = False
    await until_back(link)
    assert single.client().get(f"{POOL}n") == b"3"


async def test_one_slow_reply_among_many_is_noticed(
    proxy: StoreProxy, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands sent all the while do not hide that the oldest has no reply."""
    monkeypatch.setattr(resp, "REPLY_WITHIN_S", 0.5)
    monkeypatch.setattr(resp, "WATCH_EVERY_S", 0.1)
    proxy.swallow_replies()
    oldest = link.call(POOL, "GET", f"{POOL}n")
    later: list[asyncio.Future[object]] = []
    async with asyncio.timeout(2):
        while not oldest.done():
            later.append(link.call(POOL, "GET", f"{POOL}n"))
            await asyncio.sleep(0.05)
    proxy.swallowing = False
    assert isinstance(oldest.exception(), StoreUnavailable)
    results = await asyncio.gather(*later, return_exceptions=True)
    assert all(isinstance(result, StoreUnavailable) for result in results)


async def test_calls_under_breaking_connections_are_counted(
    single: SingleStore, proxy: StoreProxy, link: Link
) -> None:
    """However often the connection breaks, what was answered has run, and nothing more often than asked."""
    answered = asked = 0
    for _ in range(6):
        calls = [link.run(COUNT, [f"{POOL}n"], []) for _ in range(20)]
        asked += len(calls)
        await asyncio.sleep(0.001)
        proxy.break_all()
        results = await asyncio.gather(*calls, return_exceptions=True)
        answered += sum(isinstance(result, int) for result in results)
        await until_back(link)
    ran = int(single.client().get(f"{POOL}n") or 0)
    assert answered <= ran <= asked


@pytest.mark.parametrize("binary", [valkey_binary, redis_binary], ids=["valkey", "redis7"])
async def test_loading_store_is_waited_for(binary: Callable[[], Path]) -> None:
    """A store that is still reading its data counts as away; the first call that succeeds sees them all."""
    # While reading, it answers after every 1,024th command only.
    slow = "key-load-delay 500\n"
    store = SingleStore(binary(), config=slow)
    try:
        store.start()
        link = await Link.open(store.url, client_name="test")
        await asyncio.gather(*(link.call(POOL, "SET", f"{POOL}{number}", 1) for number in range(4000)))
        store.kill()
        store.launch()
        await until_loading(store.url)
        assert link.away
        await until_back(link)
        assert await link.call(POOL, "DBSIZE") == 4000
        await link.close()
    finally:
        store.remove()


async def until_loading(url: str) -> None:
    """Waits until a link can't be opened for the reason that the server is loading."""
    reason = ""
    async with asyncio.timeout(10):
        while "loading" not in reason:
            with pytest.raises(StoreUnavailable) as caught:
                await Link.open(url, client_name="other", within_s=0.1)
            reason = str(caught.value)


async def test_something_that_is_no_store_is_refused() -> None:
    """A peer that speaks another language is told from a store, within the time for opening."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(StoreUnavailable, match="can't be reached"):
            await Link.open(f"redis://127.0.0.1:{port}", client_name="test", within_s=0.5)
