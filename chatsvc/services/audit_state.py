"""Whether a site's audit log is whole, as far as one process can say: with the store and its own checkpoints."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatsvc.domain.audit import Cut
from chatsvc.domain.audit_verification import Fault, Verification
from chatsvc.services.audit import Audit
from chatsvc.services.audit_check import check

FRESH_MS = 600_000  # a look at a long log takes seconds, so it serves everybody who asks within ten minutes


@dataclass(frozen=True, slots=True)
class AuditState:
    """What a look at the instant `at` (ms) found: entries from `first` on, of which checkpoints here cover `covered`.

    `cut_elsewhere`: the log says that it was cut, and the signed cut is on another machine.
    """

    at: int
    entries: int
    first: int
    covered: int
    cut: Cut | None
    cut_elsewhere: bool
    faults: Sequence[Fault]


class AuditStates:
    """Looks at logs when somebody asks, each at most once in ten minutes."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._known: dict[str, AuditState] = {}
        self._looking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, site: str, now: int) -> AuditState:
        """How a site's log is. Raises StoreUnavailable, and OSError for checkpoints that can't be read."""
        async with self._looking[site]:
            known = self._known.get(site)
            if known is None or not known.at <= now < known.at + FRESH_MS:
                known = self._known[site] = await self._look(site, now)
            return known

    async def _look(self, site: str, now: int) -> AuditState:
        checkpoints = self._audit.checkpoints
        found, faults = await check(
            self._audit.log, site, lambda: checkpoints.read(site), checkpoints.genuine, now
        )
        # Other machines have checkpoints of their own, and one of them has the cut.
        said = found.cut_entered_at(found.first - 1) if found.cut is None and found.first > 1 else None
        elsewhere = said is not None
        ours = {one for one in faults if not _for_others(one, found.first if elsewhere else 0)}
        if said is not None:
            ours |= _removed_early(found, said, now)
        return AuditState(now, found.number, found.first, found.covered, found.cut, elsewhere, sorted(ours))


def _removed_early(found: Verification, said: Cut, now: int) -> set[Fault]:
    """What the log says was cut elsewhere before its time; whoever can write to the store may have set that time."""
    return found.removed_early(replace(said, at=min(max(said.at, 0), now)))


def _for_others(fault: Fault, cut_before: int) -> bool:
    """Whether only somebody with all checkpoints can say if it is a fault, of a log that others cut before an entry."""
    if fault.kind in ("missing", "truncated"):
        return fault.seq < cut_before or fault == Fault(cut_before, "truncated")
    return fault.kind == "uncovered"
