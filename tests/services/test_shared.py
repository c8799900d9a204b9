"""Readings that many ask for at once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chatsvc.services.shared import Shared


def slow(begun: list[asyncio.Event]) -> Callable[[], Awaitable[int]]:
    """A reading that goes on until its event is set; it finds how many had begun."""

    async def read() -> int:
        begun.append(asyncio.Event())
        number = len(begun)
        await begun[number - 1].wait()
        return number

    return read


async def some_turns() -> None:
    """Whatever can go on does."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_many_share_one_that_begins_after_they_asked() -> None:
    """A hundred who ask during a reading get the next one, all the same; nobody gets what was read before."""
    shared, begun = Shared[int](), list[asyncio.Event]()
    first = asyncio.create_task(shared.ask(slow(begun)))
    await some_turns()
    others = [asyncio.create_task(shared.ask(slow(begun))) for _ in range(100)]
    await some_turns()
    assert len(begun) == 1
    begun[0].set()
    assert await first == 1
    await some_turns()
    begun[1].set()
    assert await asyncio.gather(*others) == [2] * 100


async def test_a_failure_is_everybody_s_and_the_next_reading_is_new() -> None:
    """All who asked hear of it; whoever gives up takes nothing from the others."""
    shared = Shared[int]()

    async def fail() -> int:
        await asyncio.sleep(0)
        raise ConnectionError

    async def good() -> int:
        return 7

    both = [asyncio.create_task(shared.ask(fail)) for _ in range(2)]
    await asyncio.sleep(0)
    both[0].cancel()
    with pytest.raises(ConnectionError):
        await both[1]
    assert await shared.ask(good) == 7
