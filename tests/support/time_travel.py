"""A service whose clock the test moves; deadlines are met when the test says so."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chatsvc.domain.sites import Site, Staff
from chatsvc.store.clock import ManualClock
from chatsvc.worker.closing import tell_the_closed_out
from chatsvc.worker.deadlines import meet_deadlines
from chatsvc.worker.shift_ends import meet_shift_ends
from tests.support.service import Service, running

MINUTE = 60_000


@asynccontextmanager
async def still(
    store_url: str, tmp_path: Path, site: Site | None = None, people: Sequence[Staff] = (), **settings: Any
) -> AsyncIterator[Service]:
    """A node without a worker, on a clock that stands still."""
    async with running(
        store_url, tmp_path, site, people, clock=ManualClock(), worker=False, **settings
    ) as made:
        yield made


async def pass_time(service: Service, ms: int) -> None:
    """Move the clock, then do what a worker would."""
    clock = service.backend.clock
    assert isinstance(clock, ManualClock)
    clock.advance(ms)
    for name, pool in service.backend.pools.items():
        await meet_deadlines(pool, service.backend.chats[name])
        await tell_the_closed_out(pool, service.backend.queues(name))
    await meet_shift_ends(tuple(service.backend.pools.values()), service.backend.planning)


async def until(service: Service, at: int) -> None:
    """Move the clock to an instant (ms) that is still to come, and do what a worker would."""
    await pass_time(service, at - service.backend.clock.now())
