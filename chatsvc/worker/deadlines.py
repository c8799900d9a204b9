"""Meets deadlines: grace times, offers, idleness, wrap-ups. Level-triggered: what is overdue is done, however late."""

import structlog

from chatsvc.domain.errors import ChatError
from chatsvc.domain.ports import DeadlineStore
from chatsvc.services.pool import Pool, record_events

EVERY_S = 0.2
BATCH = 100
POSTPONED_MS = 30_000  # what could not be met is tried again then, and does not stand first meanwhile

_log = structlog.get_logger("chatsvc.worker")


async def meet_deadlines(pool: Pool, store: DeadlineStore) -> float:
    """Do what is overdue; returns how late the most overdue one was, in seconds. Raises StoreUnavailable."""
    oldest = await store.oldest_due()
    for kind, ident in await store.due(BATCH):
        try:
            await _meet(pool, kind, ident)
        except ChatError as error:
            if error.retryable and store_is_away(error):
                raise
            _log.warning("deadline_failed", kind=kind, conversation=ident, code=error.code)
            await store.postpone(kind, ident, POSTPONED_MS)
        except Exception:  # noqa: BLE001 - one that can't be met must not hold up all others
            _log.exception("deadline_failed", kind=kind, conversation=ident)
            await store.postpone(kind, ident, POSTPONED_MS)
    return max(0.0, (pool.clock.now() - oldest) / 1000) if oldest is not None else 0.0


def store_is_away(error: ChatError) -> bool:
    """Whether nothing else can be done either just now."""
    return error.code == "store_away"


async def _meet(pool: Pool, kind: str, ident: str) -> None:
    last = await pool.store.last_at(ident) if kind == "i" else 0
    outcome = await pool.store.run("expire", kind=kind, id=ident, last=last)
    # Also of one that has not changed: nobody who left events behind may be there to record them any more.
    await record_events(pool, [*outcome.touched, *([outcome.c] if outcome.c else [])])
    if outcome.ended:
        _log.info("conversation_ended", conversation=ident, reason=outcome.ended)
    if outcome.forgotten:
        pool.keyring.forget(ident)
