"""One run on a bundled store of its own, or on a store that is given."""

import tempfile
from pathlib import Path

from chatsvc.store.chats import PoolChats
from chatsvc.store.clock import ManualClock
from chatsvc.store.embedded import EmbeddedStore
from chatsvc.store.link import Link
from loadtest.simulator.play import NODE, Play
from loadtest.simulator.scenario import START, Scenario


async def play_on(url: str, pool: str, scenario: Scenario, oracle_times: int) -> Play:
    """Play a scenario in a pool that nobody has used."""
    link = await Link.open(url, client_name="simulator")
    try:
        clock = ManualClock(START * 1000)
        queues = [f"s/{topic.name}" for topic in scenario.topics]
        play = Play(scenario, PoolChats(link, pool, NODE, clock, lambda: queues), clock, oracle_times)
        await play.run()
        return play
    finally:
        await link.close()


async def play_alone(scenario: Scenario, oracle_times: int) -> Play:
    """Play a scenario on a store that is there for it only."""
    with tempfile.TemporaryDirectory(prefix="chatsvc-simulator-") as folder:
        async with EmbeddedStore(Path(folder)) as store:
            return await play_on(store.url, "simulated", scenario, oracle_times)
