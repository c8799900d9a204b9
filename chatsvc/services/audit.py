"""Writing the audit log: an entry in the store, then a signed checkpoint elsewhere."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Protocol

import structlog

from chatsvc.domain.audit import Deed, Entry, Head
from chatsvc.domain.errors import StoreUnavailable
from chatsvc.domain.ports import Clock
from chatsvc.domain.sites import Staff

SERVICE = "_service"  # the log of what concerns no site; no site can have that name

_log = structlog.get_logger("chatsvc.audit")


class AuditLog(Protocol):
    """The log itself."""

    async def append(self, site: str, deed: Deed) -> Head:
        """Write a deed at the end of a site's log. Raises StoreUnavailable."""
        ...

    async def head(self, site: str) -> Head:
        """How far a log goes. Raises StoreUnavailable."""
        ...

    async def entries(self, site: str, after: int = 0, limit: int | None = None) -> list[Entry]:
        """The entries behind number `after`, oldest first. Raises StoreUnavailable."""
        ...


class Checkpoints(Protocol):
    """Where it is stated how far each log goes."""

    def write(self, site: str, head: Head, at: int) -> None:
        """State it, lastingly. Raises OSError."""
        ...


class Audit:
    """Records deeds. An entry without a checkpoint is covered by the next one that gets its own."""

    def __init__(self, log: AuditLog, checkpoints: Checkpoints, clock: Clock) -> None:
        self.log = log
        self._checkpoints = checkpoints
        self._clock = clock

    async def record(
        self,
        sites: Iterable[str],
        who: Staff | None,
        action: str,
        record: str = "",
        **details: str | int | bool,
    ) -> None:
        """What `who` (nobody: the operator, on the command line) did to `record`, in the log of each of `sites`.

        Without sites it goes to the log of the service. Raises StoreUnavailable.
        """
        deed = self._deed(who, action, record, details)
        for site in sorted(set(sites)) or [SERVICE]:
            try:
                await self._write(site, deed)
            except OSError as error:
                _log.error("checkpoint_not_written", site=site, error=error.strerror)

    async def record_before(
        self, site: str, who: Staff, action: str, record: str, **details: str | int | bool
    ) -> None:
        """What `who` is about to do, for what nobody may do unseen.

        Raises StoreUnavailable if it is not in the log or not stated elsewhere: then it must not be done.
        """
        try:
            await self._write(site, self._deed(who, action, record, details))
        except OSError as error:
            _log.error("checkpoint_not_written", site=site, error=error.strerror)
            raise StoreUnavailable from None

    async def record_stranger(
        self, sites: Iterable[str], action: str, record: str, **details: str | int | bool
    ) -> None:
        """What somebody who is not signed in tried with `record`. Raises StoreUnavailable."""
        deed = Deed(self._clock.now(), "not signed in", "none", action, record, details)
        for site in sorted(set(sites)) or [SERVICE]:
            try:
                await self._write(site, deed)
            except OSError as error:
                _log.error("checkpoint_not_written", site=site, error=error.strerror)

    def _deed(
        self, who: Staff | None, action: str, record: str, details: Mapping[str, str | int | bool]
    ) -> Deed:
        actor, role = (who.id, who.role) if who else ("command line", "operator")
        return Deed(self._clock.now(), actor, role, action, record, details)

    async def _write(self, site: str, deed: Deed) -> None:
        head = await self.log.append(site, deed)
        await asyncio.to_thread(self._checkpoints.write, site, head, deed.at)
