"""Nobody is left waiting in a closed queue: whoever waits there is told, and the wait ends."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

import structlog

from chatsvc.domain.conversation import State
from chatsvc.domain.errors import BadState, NotFound
from chatsvc.domain.sites import Queue
from chatsvc.services.pool import Pool
from chatsvc.services.queues import end_wait, languages_at_hand

EVERY_S = 1.0
BATCH = 100  # of a queue at a time; the others a second later

_log = structlog.get_logger("chatsvc.worker")


async def tell_the_closed_out(pool: Pool, queues: Iterable[Queue]) -> None:
    """End the waits in queues that are closed now. Level-triggered: safe at any time, again, and by several workers.

    Where an operator has closed by hand, whoever waits is still taken while somebody is at hand who speaks one of their
    languages; closing hours hold for everybody. An offer that is out may still be accepted. Raises StoreUnavailable.
    """
    declared, moved = tuple(queues), False
    for queue in declared:
        if pool.openings.at(queue, pool.clock.now()).is_open:
            continue
        for conversation in await _closed_out(pool, queue):
            with suppress(NotFound, BadState):  # it has just been taken, offered or ended
                if await end_wait(pool, conversation, "queue_closed"):
                    _log.info("wait_ended", conversation=conversation, reason="queue_closed")
                else:
                    moved = True
    if moved:  # to where they came from, which may be closed too; nobody moves twice
        await tell_the_closed_out(pool, declared)


async def _closed_out(pool: Pool, queue: Queue) -> Sequence[str]:
    spoken = frozenset[str]() if queue.open else await languages_at_hand(pool, queue)
    if not spoken:
        return await pool.store.in_line(queue.key, BATCH)
    lines = await pool.store.standing([queue.key])
    heard = {found for (_, lang), line in lines.items() if lang in spoken for _, found in line}
    unheard = [found for (_, lang), line in lines.items() if lang not in spoken for _, found in line]
    records = await pool.store.conversations([found for found in unheard if found not in heard][:BATCH])
    return [
        found
        for found, record in records.items()  # some may yet be served in another language, which they agreed to
        if record.state == State.WAITING and spoken.isdisjoint((record.route, *(record.also or ())))
    ]
