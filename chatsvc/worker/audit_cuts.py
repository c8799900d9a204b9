"""Cuts the audit logs where the time of entries is over. Level-triggered: what was missed is met at the next round."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

import structlog

from chatsvc.domain.errors import ChatError
from chatsvc.services.audit_cuts import AuditCuts

EVERY_S = 60.0

_log = structlog.get_logger("chatsvc.worker")


async def cut_logs(
    cuts: AuditCuts, months: Mapping[str, int], held: AbstractSet[str], now: int, fail: Callable[[str], None]
) -> None:
    """Cut each of the logs by its `months`; one that can't be cut does not keep the others. `now` is ms."""
    for site, kept in months.items():
        try:
            found = await cuts.cut(site, kept, now, held)
        except (ChatError, OSError) as error:
            _log.error("audit_not_cut", site=site, error=type(error).__name__)
            fail(site)
            continue
        if found.faults:
            fail(site)
