"""Processes die in the middle of a conversation: every acknowledged message once, in order, everywhere.

While the store is away a message may be refused and sent again after a later one: both sides still see one order,
that of the log, but not that of saying (`ordered=False`).
"""

import asyncio

import pytest

from tests.faults.conftest import Talk
from tests.support.processes import until

pytestmark = pytest.mark.process


@pytest.mark.parametrize("node", [0, 1])
async def test_a_node_is_killed(talk: Talk, node: int) -> None:
    """SIGKILL of the visitor's or the counsellor's node: they go on through the other one, and nothing is lost."""
    talk.deployment.nodes[node].kill()
    await talk.more(25)
    peer = talk.visitor if node == 0 else talk.counsellor
    assert peer.welcomes >= 2
    await talk.end()


async def test_one_node_after_the_other_is_killed(talk: Talk) -> None:
    """Both nodes once each, restarted in between on the same ports: the same."""
    for node in talk.deployment.nodes:
        node.kill()
        await talk.more(10)
        await node.start()
    await talk.more(10)
    await talk.end()


async def test_the_worker_is_killed(talk: Talk) -> None:
    """Nobody notices; the next worker does what was left undone."""
    worker = talk.deployment.workers[0]
    worker.kill()
    await talk.more()
    talk.deployment.nodes[0].kill()  # a death that only a worker can find
    await talk.more()
    await worker.start()
    await until(lambda: worker.events("node_gone"))
    await talk.more()
    await talk.end()


async def test_the_store_is_killed(talk: Talk) -> None:
    """SIGKILL of the store, restarted with its log of commands: the epoch changes, nothing is lost."""
    epoch = talk.visitor.copy.epoch
    talk.deployment.store.kill()
    talk.deployment.store.start()
    await talk.visitor.until(lambda: talk.visitor.copy.epoch != epoch)
    await talk.more()
    await talk.end(ordered=False)
    assert not any(frame.get("lost") for frame in talk.visitor.frames)


async def test_the_store_stays_away_for_a_while(talk: Talk) -> None:
    """What is written meanwhile is refused for the moment, kept by the client, and stored once afterwards."""
    talk.deployment.store.kill()
    await talk.visitor.until(lambda: any(frame.get("code") == "store_away" for frame in talk.visitor.frames))
    talk.deployment.store.start()
    await talk.more()
    await talk.end(ordered=False)


@pytest.mark.parametrize("seconds", [2.0, 7.5])
async def test_the_store_stops_for_some_seconds(talk: Talk, seconds: float) -> None:
    """SIGSTOP and SIGCONT: connections stay open and nothing answers; afterwards everything is there once."""
    talk.deployment.store.pause()
    await asyncio.sleep(seconds)  # the fault itself: it lasts for so long
    talk.deployment.store.resume()
    await talk.more()
    await talk.end(ordered=False)


async def test_everything_is_killed_at_once(talk: Talk) -> None:
    """Store, nodes and worker: after the restart everybody comes back to the same conversation."""
    deployment = talk.deployment
    for program in (*deployment.nodes, *deployment.workers):
        program.kill()
    deployment.store.kill()
    deployment.store.start()
    for program in (*deployment.nodes, *deployment.workers):
        program.launch()
    await talk.more()
    await talk.end(ordered=False)
