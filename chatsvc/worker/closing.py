"""Nobody is left waiting in a closed queue: whoever waits there is told, and the wait ends."""

from collections.abc import Iterable
from contextlib import suppress

import structlog

from chatsvc.domain.errors import BadState, NotFound
from chatsvc.domain.sites import Queue
from chatsvc.services.pool import Pool
from chatsvc.services.queues import end_wait, somebody_on_duty

EVERY_S = 1.0
BATCH = 100  # of a queue at a time; the others a second later

_log = structlog.get_logger("chatsvc.worker")


async def tell_the_closed_out(pool: Pool, queues: Iterable[Queue]) -> None:
    """End the waits in queues that are closed now. Level-triggered: safe at any time, again, and by several workers.

    Where an operator has closed by hand, those who wait are served for as long as somebody is on duty; closing hours
    hold for everybody. An offer that is out may still be accepted. Raises StoreUnavailable.
    """
    declared, moved = tuple(queues), False
    for queue in declared:
        if pool.openings.at(queue, pool.clock.now()).is_open:
            continue
        if not queue.open and await somebody_on_duty(pool, queue):
            continue
        for conversation in await pool.store.in_line(queue.key, BATCH):
            with suppress(NotFound, BadState):  # it has just been taken, offered or ended
                if await end_wait(pool, conversation, "queue_closed"):
                    _log.info("wait_ended", conversation=conversation, reason="queue_closed")
                else:
                    moved = True
    if moved:  # to where they came from, which may be closed too; nobody moves twice
        await tell_the_closed_out(pool, declared)
