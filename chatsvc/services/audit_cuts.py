"""Removing audit entries whose time is over: announced by a signed cut outside the store, then done in one step.

Level-triggered: what is over is found again until it is gone, wherever it was cut short before.
"""

import asyncio
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import structlog

from chatsvc.domain.audit import CUT, Cut, Deed, Head, is_over
from chatsvc.domain.audit_verification import Verification
from chatsvc.services.audit import AuditLog, Checkpoints
from chatsvc.services.audit_check import all_entries

_log = structlog.get_logger("chatsvc.audit")


class Over(NamedTuple):
    """The entries at the beginning of a log whose time is over: how many, the last and its place, faults among them."""

    number: int
    last: Head
    place: str = ""
    faults: int = 0


NOTHING = Over(0, Head(0, ""))


class AuditCuts:
    """Cuts logs at their beginning. What is wrong with an entry is not removed with it: such a log is left as it is."""

    def __init__(self, log: AuditLog, checkpoints: Checkpoints) -> None:
        self._log = log
        self._checkpoints = checkpoints

    async def over(self, site: str, months: int, now: int, held: AbstractSet[str]) -> Over:
        """What the rule of `months` wants gone now (ms), up to the first entry that stays.

        Nothing, if all of it only says that there was a cut. Raises StoreUnavailable, WrongCheckpoints, OSError.
        """
        first = await self._log.entries(site, 0, 1)
        if not first or not is_over(first[0].deed, months, now, held):  # so it is nearly always
            return NOTHING
        verification = await asyncio.to_thread(self._verification, site)
        found, worth = NOTHING, False
        async for place, entry in all_entries(self._log, site):
            if not is_over(entry.deed, months, now, held):
                break
            verification.feed([entry])
            found = Over(found.number + 1, Head(entry.seq, entry.digest), place)
            worth = worth or entry.deed.action != CUT
        return found._replace(faults=len(verification.faults)) if worth else NOTHING

    def _verification(self, site: str) -> Verification:
        return Verification(site, self._checkpoints.read(site), self._checkpoints.genuine)

    async def cut(self, site: str, months: int, now: int, held: AbstractSet[str], despite: str = "") -> Over:
        """Remove it, unless something is wrong with it; what was found.

        `despite` is the written reason of an operator for removing it all the same. Raises StoreUnavailable,
        WrongCheckpoints, OSError: then nothing is removed that is not announced.
        """
        found = await self.over(site, months, now, held)
        if not found.number:
            return found
        if found.faults and not despite:
            _log.error("audit_not_cut", site=site, faults=found.faults)
            return found
        await self._announce(site, found.last, months, now)
        details: dict[str, str | int] = {
            "through": found.last.seq,
            "digest": found.last.digest,
            "months": months,
        }
        actor, role = ("command line", "operator") if despite else ("worker", "none")
        if despite:
            details |= {"faults": found.faults, "reason": despite}
        head = await self._log.cut(site, Deed(now, actor, role, CUT, "", details), found.place)
        if head is not None:
            await asyncio.to_thread(self._checkpoints.write, site, head, now)
            _log.info("audit_cut", site=site, entries=found.number, through=found.last.seq, months=months)
        return found

    async def _announce(self, site: str, last: Head, months: int, now: int) -> None:
        """Write the signed cut, once."""
        statements = await asyncio.to_thread(self._checkpoints.read, site)
        if not any(self._says(one, last) for one in statements.cuts):
            await asyncio.to_thread(self._checkpoints.write_cut, site, last, now, months)

    def _says(self, cut: Cut, last: Head) -> bool:
        return Head(cut.seq, cut.digest) == last and self._checkpoints.genuine(cut)
