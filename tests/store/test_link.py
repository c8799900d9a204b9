"""The link to the store, on every shape of store."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store import link_node, resp
from chatsvc.store.link import Link, StoreRefused
from tests.support.links import BROKEN, COUNT, ECHO, FAIL, POOL, until_back
from tests.support.stores import AnyStore


@pytest.fixture
async def link(any_store: AnyStore) -> AsyncIterator[Link]:
    """A link to an empty store of each shape."""
    link = await Link.open(any_store.url, client_name="test")
    yield link
    await link.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> float:
    """Lets replies be overdue after a second instead of five; gives the most that noticing may take."""
    monkeypatch.setattr(resp, "REPLY_WITHIN_S", 1.0)
    monkeypatch.setattr(resp, "IDLE_PING_S", 0.5)
    monkeypatch.setattr(resp, "WATCH_EVERY_S", 0.1)
    return 3.0


async def test_replies_come_in_the_order_of_commands(link: Link) -> None:
    """A thousand commands of one tick run in the order in which they were given."""
    replies = await asyncio.gather(*(link.call(POOL, "INCR", f"{POOL}n") for _ in range(1000)))
    assert replies == list(range(1, 1001))


async def test_script_and_command_keep_their_order(link: Link) -> None:
    """A script's first use, for which it must be loaded, does not let later commands overtake it."""
    replies: list[object] = await asyncio.gather(
        link.call(POOL, "SET", f"{POOL}n", 10),
        link.run(COUNT, [f"{POOL}n"], []),
        link.call(POOL, "GET", f"{POOL}n"),
    )
    assert replies == [b"OK", 11, b"11"]


async def test_arguments_and_replies_have_plain_types(link: Link) -> None:
    """Text goes out as UTF-8, numbers as digits; replies are bytes, int, None and list."""
    reply = await link.run(ECHO, [f"{POOL}ä"], ["ö", -5])
    assert reply == [f"{POOL}ä".encode(), "ö".encode(), b"-5", None, 7]
    assert await link.call(POOL, "GET", f"{POOL}none") is None


async def test_refusal_tells_its_code_and_hides_arguments(link: Link) -> None:
    """An error reply has its first word as code and never shows what was sent."""
    with pytest.raises(StoreRefused) as caught:
        await link.call(POOL, "GETX", f"{POOL}n", "secret words")
    assert caught.value.code == "ERR"
    assert "secret" in caught.value.text
    assert "secret" not in f"{caught.value!s}{caught.value!r}{caught.value.args}"


async def test_failing_script_is_named_with_its_line(link: Link) -> None:
    """A script's error says which script and line, and is told once."""
    with pytest.raises(StoreRefused, match=r"^ERR in script fail, line 3$"):
        await link.run(FAIL, [f"{POOL}n"], ["secret"])


async def test_script_that_does_not_compile_is_refused(link: Link) -> None:
    """A script that can't be loaded fails with the compiler's word and does not go round in circles."""
    with pytest.raises(StoreRefused, match=r"^ERR in script broken"):
        await link.run(BROKEN, [f"{POOL}n"], [])


async def test_flushed_script_is_loaded_again(any_store: AnyStore, link: Link) -> None:
    """After SCRIPT FLUSH every call runs exactly once."""
    await link.run(COUNT, [f"{POOL}n"], [])
    await link.call(POOL, "SCRIPT", "FLUSH")
    replies = await asyncio.gather(*(link.run(COUNT, [f"{POOL}n"], []) for _ in range(10)))
    assert sorted(replies) == list(range(2, 12))
    assert any_store.client().get(f"{POOL}n") == b"11"


async def test_killed_store_comes_back(any_store: AnyStore, link: Link) -> None:
    """After kill -9 waiting calls fail, later ones fail at once, and after the restart scripts run again."""
    assert await link.run(COUNT, [f"{POOL}n"], []) == 1
    any_store.until_written()
    any_store.pause()
    waiting = link.run(COUNT, [f"{POOL}n"], [])
    await asyncio.sleep(0)
    any_store.kill()
    with pytest.raises(StoreUnavailable, match="may have been applied"):
        await waiting
    assert link.away
    late = link.call(POOL, "GET", f"{POOL}n")
    assert late.done()
    with pytest.raises(StoreUnavailable, match="not sent"):
        await late
    any_store.start()
    await until_back(link)
    assert await link.run(COUNT, [f"{POOL}n"], []) == 2


async def test_run_id_is_told_at_each_connection_before_calls(any_store: AnyStore, link: Link) -> None:
    """The run id comes at once, and after a restart a new one comes before any call succeeds."""
    told: list[str] = []
    link.on_run_id(POOL, told.append)
    assert len(told) == 1
    any_store.kill()
    any_store.start()
    await until_back(link)
    assert len(told) == 2
    assert told[0] != told[1]
    assert all(len(run_id) == 40 for run_id in told)


async def test_calls_made_when_the_run_id_is_told_go_first(any_store: AnyStore, link: Link) -> None:
    """What a run id's callback sends after a reconnection runs before anybody else's calls."""
    any_store.kill()
    async with asyncio.timeout(5):
        while not link.away:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)
    calls: list[asyncio.Future[object]] = []
    link.on_run_id(POOL, lambda run_id: calls.append(link.call(POOL, "SET", POOL, run_id)))
    any_store.start()
    await link_is_back(link)
    assert len(await link.call(POOL, "GET", POOL)) == 40
    assert [await call for call in calls] == [b"OK"]


async def link_is_back(link: Link) -> None:
    """Waits until the link is no longer away, without a call."""
    async with asyncio.timeout(20):
        while link.away:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)


async def test_silent_store_fails_calls(any_store: AnyStore, link: Link, hasty: float) -> None:
    """A store that is stopped but keeps its connections open fails calls within the watchdog's time."""
    any_store.pause()
    async with asyncio.timeout(hasty):
        with pytest.raises(StoreUnavailable):
            await link.call(POOL, "GET", f"{POOL}n")
    any_store.resume()
    await until_back(link)


async def test_silent_store_is_noticed_without_calls(any_store: AnyStore, link: Link, hasty: float) -> None:
    """A dead connection that nobody uses is noticed too."""
    any_store.pause()
    async with asyncio.timeout(2 * hasty):
        while not link.away:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)
    any_store.resume()


async def test_cancelled_caller_leaves_the_others_in_step(link: Link) -> None:
    """A reply whose caller has gone is taken off the line; every other caller gets their own."""
    calls = [link.call(POOL, "ECHO", str(number)) for number in range(6)]
    calls[0].cancel()
    calls[3].cancel()
    await asyncio.sleep(0)
    calls[4].cancel()
    replies: list[object] = await asyncio.gather(calls[1], calls[2], calls[5])
    assert replies == [b"1", b"2", b"5"]
    assert await link.call(POOL, "ECHO", "after") == b"after"


async def test_commands_in_flight_are_bounded(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound a call fails at once, and the ones before it succeed."""
    monkeypatch.setattr(link_node, "MOST_IN_FLIGHT", 20)
    calls = [link.call(POOL, "INCR", f"{POOL}n") for _ in range(25)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert results[:20] == list(range(1, 21))
    assert all(isinstance(result, StoreUnavailable) for result in results[20:])


async def test_unsent_bytes_are_bounded(any_store: AnyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that reads nothing does not make us hoard: calls fail at once when enough waits to be sent."""
    monkeypatch.setattr(resp, "MOST_UNSENT_BYTES", 1 << 20)
    link = await Link.open(any_store.url, client_name="test")
    any_store.pause()
    calls: list[asyncio.Future[object]] = []
    for _ in range(200):
        calls.append(link.call(POOL, "SET", POOL, b"x" * 100_000))
        await asyncio.sleep(0)
    refused = [call for call in calls if call.done()]
    assert refused
    assert all("not sent" in str(call.exception()) for call in refused)
    any_store.resume()
    waiting = [call for call in calls if call not in refused]
    assert set(await asyncio.gather(*waiting)) == {b"OK"}
    await link.close()


async def test_closed_link_fails_what_waits(any_store: AnyStore, link: Link) -> None:
    """Closing fails the calls that wait, and calls made afterwards."""
    any_store.pause()
    waiting = link.call(POOL, "GET", f"{POOL}n")
    await asyncio.sleep(0)
    await link.close()
    for future in (waiting, link.call(POOL, "GET", f"{POOL}n")):
        with pytest.raises(StoreUnavailable):
            await future


async def test_store_that_does_not_answer_is_told_at_opening(any_store: AnyStore) -> None:
    """Opening a link to a store that is not there says so within the given time."""
    any_store.kill()
    with pytest.raises(StoreUnavailable, match="can't be reached"):
        await Link.open(any_store.url, client_name="test", within_s=0.5)
