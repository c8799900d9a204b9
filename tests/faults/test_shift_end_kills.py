"""The worker is killed when a shift ends: the next one drains, as late as it may be."""

import asyncio
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgpack
import pytest

from chatsvc.domain.plan import Edit
from chatsvc.domain.shifts import Shift, ShiftId
from chatsvc.domain.sites import SiteId, StaffId, queue_key
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link
from chatsvc.store.plans import PlanStore
from tests.faults.conftest import Talk
from tests.support.people import Counsellor
from tests.support.processes import Deployment

pytestmark = pytest.mark.process

HOUR_MS = 3_600_000


async def shift_that_has_ended(deployment: Deployment, name: str) -> None:
    """Somebody came an hour ago for a shift whose end is the full minute that has just passed."""
    client, key, now = deployment.store.client(), PoolKeys("kunta").staff, int(time.time() * 1000)
    row = msgpack.unpackb(client.hget(key, name))
    client.hset(key, name, msgpack.packb({**row, "clocked": now - HOUR_MS}))
    end = datetime.now(ZoneInfo("Europe/Helsinki")).replace(tzinfo=None, second=0, microsecond=0)
    shift = Shift(
        ShiftId("s1"), SiteId("kunta"), StaffId(name), (queue_key("kunta", "paihde"),), end - timedelta(hours=1), end
    )  # fmt: skip
    link = await Link.open(deployment.store.url, client_name="test")
    try:
        assert await PlanStore(link).write(
            SiteId("kunta"), [Edit("shifts", shift.id, shift)], version=0, now=now
        )
    finally:
        await link.close()


async def told_off(aino: Counsellor) -> dict[str, object]:
    """The first word that she takes nobody new any more."""
    await aino.until(lambda: aino.duty.get("state") != "available")
    return aino.duty


async def test_the_next_worker_drains(deployment: Deployment, talk: Talk) -> None:
    """Without a worker nothing drains; with the next one she is told, nobody new comes, and the talk goes on."""
    (worker,), aino = deployment.workers, talk.counsellor
    worker.kill()
    await shift_that_has_ended(deployment, "aino")
    await talk.more()
    assert aino.duty["state"] == "available"
    worker.launch()
    told = await asyncio.wait_for(told_off(aino), 20)
    assert (told["state"], told["reason"]) == ("draining", "shift_ended")
    assert (await aino.ask("take", "error"))["code"] == "off_duty"
    await talk.more()
    await talk.settle()
    await aino.ask("close", "ok", conversation=talk.conversation)
    await aino.ask("wrap_up", "ok", conversation=talk.conversation, outcome="talked")
    await aino.until(lambda: aino.duty["state"] == "off")
