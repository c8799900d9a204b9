"""Power fails: the store's log of commands ends where it was last fsynced."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.conftest import Talk
from tests.support.delivery import delivery_faults

pytestmark = pytest.mark.process


def _command_log(talk: Talk) -> Path:
    """The file that grows with each write."""
    return next(Path(urlsplit(talk.deployment.store.url).path).parent.glob("appendonlydir/*.incr.aof"))


def _lose_power(talk: Talk, length: int) -> None:
    """Kill the store, forget what it wrote after `length`, and start it."""
    path = _command_log(talk)
    talk.deployment.store.kill()
    with path.open("r+b") as file:
        assert path.stat().st_size > length
        file.truncate(length)
    talk.deployment.store.start()


async def test_what_the_store_lost_is_sent_again(talk: Talk) -> None:
    """The epoch changes, both clients compare by id and send again what is missing; in the end nothing is lost."""
    epoch = talk.visitor.copy.epoch
    fsynced = _command_log(talk).stat().st_size
    await talk.more(20)
    _lose_power(talk, fsynced)
    await talk.visitor.until(lambda: talk.visitor.copy.epoch != epoch)
    await talk.more()
    await talk.end(ordered=False)


async def test_what_nobody_can_send_again_is_told(talk: Talk) -> None:
    """The counsellor is gone for good: the visitor is told that entries are lost, and their own are stored again."""
    talk.going = False
    await talk.settle()
    fsynced = _command_log(talk).stat().st_size
    talk.counsellor.say(talk.conversation, "gone")
    talk.visitor.tell("again")
    await talk.settle()
    await talk.visitor.until(lambda: "gone" in talk.visitor.copy.entries.values())
    await talk.counsellor.close()
    before = talk.visitor.welcomes
    _lose_power(talk, fsynced)
    await talk.visitor.until(lambda: talk.visitor.welcomes > before)
    await talk.visitor.heard_out()
    assert talk.visitor.lost == {"gone"}
    log = await talk.fresh_log()
    assert [entry["id"] for entry in log].count("again") == 1
    assert "gone" not in [entry["id"] for entry in log]
    assert not delivery_faults(log, {"visitor": talk.visitor.copy}, ordered=False)
