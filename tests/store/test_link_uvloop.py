"""Link and bundled store on the event loop that production uses."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store import resp
from chatsvc.store.embedded import EmbeddedStore
from chatsvc.store.link import Link
from tests.support.links import COUNT, POOL, until_back
from tests.support.stores import AnyStore

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs a coroutine on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner.run


def test_calls_and_losses(any_store: AnyStore, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Order, cancelled callers, a silent store and a killed one are as on the other loop."""
    monkeypatch.setattr(resp, "REPLY_WITHIN_S", 1.0)
    monkeypatch.setattr(resp, "WATCH_EVERY_S", 0.1)

    async def scenario() -> None:
        link = await Link.open(any_store.url, client_name="test")
        calls = [link.run(COUNT, [f"{POOL}n"], []) for _ in range(500)]
        calls[7].cancel()
        replies = await asyncio.gather(*calls, return_exceptions=True)
        assert [reply for reply in replies if isinstance(reply, int)] == [
            number for number in range(1, 501) if number != 8
        ]
        any_store.until_written()
        any_store.pause()
        with pytest.raises(StoreUnavailable):
            await link.run(COUNT, [f"{POOL}m"], [])
        any_store.kill()
        any_store.start()
        await until_back(link)
        assert await link.run(COUNT, [f"{POOL}n"], []) == 501
        await link.close()

    run(scenario())


def test_feed(any_store: AnyStore, run: Run) -> None:
    """Messages are heard before and after the store was killed, with a gap between."""

    async def scenario() -> None:
        link = await Link.open(any_store.url, client_name="test")
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        gaps: asyncio.Queue[None] = asyncio.Queue()
        await link.subscribe(f"{POOL}x", heard.put_nowait, lambda: gaps.put_nowait(None))
        for text in ("before", "after"):
            async with asyncio.timeout(20):
                await gaps.get()
                await until_back(link)
                await link.call(POOL, "SPUBLISH", f"{POOL}x", text)
                assert await heard.get() == text.encode()
            any_store.kill()
            any_store.start()
        await link.close()

    run(scenario())


def test_bundled_store(tmp_path: Path, run: Run) -> None:
    """The supervisor starts a crashed server again, and ends it with us."""

    async def scenario() -> None:
        async with EmbeddedStore(tmp_path / "store") as store:
            link = await Link.open(store.url, client_name="test")
            await link.call(POOL, "SET", POOL, 1)
            os.kill(store.pid, signal.SIGKILL)
            await until_back(link)
            assert await link.call(POOL, "GET", POOL) == b"1"
            await link.close()
            last = store.pid
        with pytest.raises(ProcessLookupError):
            os.kill(last, 0)

    run(scenario())
