"""Subscriptions over the link, on every shape of store."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chatsvc.store import link_feed, resp
from chatsvc.store.link import Link
from tests.support.stores import AnyStore

CHANNEL = "{pool}:node"


class Ear:
    """Hears a channel; each message and each gap can be waited for."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.gaps: asyncio.Queue[None] = asyncio.Queue()

    def gap(self) -> None:
        """For `on_gap`."""
        self.gaps.put_nowait(None)

    async def next_gap(self) -> None:
        """Waits for a gap."""
        async with asyncio.timeout(20):
            await self.gaps.get()

    async def next(self) -> bytes:
        """Waits for a message."""
        async with asyncio.timeout(5):
            return await self.heard.get()


@pytest.fixture
async def link(any_store: AnyStore) -> AsyncIterator[Link]:
    """A link to an empty store of each shape."""
    link = await Link.open(any_store.url, client_name="test")
    yield link
    await link.close()


async def subscribed(link: Link, channel: str = CHANNEL) -> Ear:
    """An ear on the channel that has had its first gap."""
    ear = Ear()
    await link.subscribe(channel, ear.heard.put_nowait, ear.gap)
    await ear.next_gap()
    return ear


async def test_published_messages_arrive_in_order(link: Link) -> None:
    """What is published after the subscription is heard in order; the only gap is the first."""
    ear = await subscribed(link)
    for number in range(50):
        link.call(CHANNEL, "SPUBLISH", CHANNEL, str(number))
    assert [await ear.next() for _ in range(50)] == [str(number).encode() for number in range(50)]
    assert ear.gaps.empty()


async def test_channels_are_told_apart(link: Link) -> None:
    """Many channels, of one slot and of others, each hear their own."""
    channels = [f"{{pool{number % 5}}}:{number}" for number in range(20)]
    ears = [await subscribed(link, channel) for channel in channels]
    for channel in channels:
        await link.call(channel, "SPUBLISH", channel, channel)
    for channel, ear in zip(channels, ears, strict=True):
        assert await ear.next() == channel.encode()
        assert ear.heard.empty()


async def test_closed_subscription_hears_nothing(link: Link) -> None:
    """After close no callback runs, while another listener of the same channel goes on."""
    first, second = Ear(), await subscribed(link)
    subscription = await link.subscribe(CHANNEL, first.heard.put_nowait, first.gap)
    await first.next_gap()
    await subscription.close()
    await link.call(CHANNEL, "SPUBLISH", CHANNEL, "x")
    assert await second.next() == b"x"
    assert first.heard.empty()


async def test_restart_of_the_store_is_a_gap(any_store: AnyStore, link: Link) -> None:
    """After the store was killed and came back there is a gap, and then messages again."""
    ear = await subscribed(link)
    any_store.kill()
    any_store.start()
    await ear.next_gap()
    any_store.client().spublish(CHANNEL, "again")
    assert await ear.next() == b"again"


async def test_silent_store_is_a_gap(
    any_store: AnyStore, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feed whose server stays silent is given up, and made anew with a gap."""
    for module in (resp, link_feed):
        monkeypatch.setattr(module, "REPLY_WITHIN_S", 0.5)
        monkeypatch.setattr(module, "IDLE_PING_S", 0.5)
    monkeypatch.setattr(resp, "WATCH_EVERY_S", 0.1)
    ear = await subscribed(link)
    any_store.pause()
    await asyncio.sleep(2.0)
    any_store.resume()
    await ear.next_gap()
    await link.call(CHANNEL, "SPUBLISH", CHANNEL, "again")
    assert await ear.next() == b"again"


async def test_failing_listener_harms_nobody_else(link: Link) -> None:
    """A listener that raises keeps neither the next message nor other listeners from being served."""

    def fail(message: bytes) -> None:
        raise ValueError(message)

    await link.subscribe(CHANNEL, fail, lambda: None)
    ear = await subscribed(link)
    for text in ("one", "two"):
        await link.call(CHANNEL, "SPUBLISH", CHANNEL, text)
    assert [await ear.next(), await ear.next()] == [b"one", b"two"]
