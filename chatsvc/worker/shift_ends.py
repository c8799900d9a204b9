"""Nobody stays on duty beyond the end of their shift unnoticed: new visitors go to those who are planned."""

from collections.abc import Iterable

from chatsvc.services.planning import Planning
from chatsvc.services.pool import Pool
from chatsvc.services.shift_end import end_shifts

EVERY_S = 5.0


async def meet_shift_ends(pools: Iterable[Pool], planning: Planning) -> None:
    """Clock out those whose shift is over, in every pool. Level-triggered. Raises StoreUnavailable."""
    for pool in pools:
        await end_shifts(pool, planning)
