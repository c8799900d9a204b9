"""Writing the audit log: an entry in the store, then a signed checkpoint elsewhere."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import structlog

from chatsvc.domain.audit import Deed, Entry, Head, Statement, Statements
from chatsvc.domain.errors import AuditUnavailable, ChatError
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

    async def oldest(self, site: str, behind: str, limit: int) -> Sequence[tuple[str, Entry]]:
        """The first entries behind a place ("": the beginning), each with its place."""
        ...

    async def newest(self, site: str, before: str, limit: int) -> Sequence[tuple[str, Entry]]:
        """The last entries before a place ("": the end), the last one first, each with its place."""
        ...

    async def cut(self, site: str, deed: Deed, place: str) -> Head | None:
        """Remove entries up to a place and write the deed of it, in one step; None if they are gone."""
        ...

    async def seen(self, site: str, staff: str) -> int:
        """Up to which entry somebody has looked at what was opened."""
        ...

    async def see(self, site: str, staff: str, seq: int) -> None:
        """Somebody has looked at what was opened up to an entry."""
        ...


class Checkpoints(Protocol):
    """Where it is stated, signed, how far each log goes and where it was cut. Calls that block for a moment."""

    def write(self, site: str, head: Head, at: int) -> None:
        """State how far it goes, lastingly. Raises OSError."""
        ...

    def write_cut(self, site: str, last: Head, at: int, months: int) -> None:
        """State that entries up to `last` are removed, lastingly. Raises OSError."""
        ...

    def read(self, site: str) -> Statements:
        """What is stated here of a log, unverified."""
        ...

    def genuine(self, statement: Statement) -> bool:
        """Whether we have signed it."""
        ...


class Audit:
    """Records deeds. An entry without a checkpoint is covered by the next one that gets its own."""

    def __init__(self, log: AuditLog, checkpoints: Checkpoints, clock: Clock) -> None:
        self.log = log
        self.checkpoints = checkpoints
        self.on_entry: Callable[[str], None] = _nothing  # with the action
        self.on_failure: Callable[[str], None] = _nothing
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
            await self._write_log(site, deed)

    async def record_done(
        self,
        sites: Iterable[str],
        who: Staff | None,
        action: str,
        record: str = "",
        **details: str | int | bool,
    ) -> None:
        """As `record`, of what is done already: a log that can't be written does not undo it, operators are told."""
        try:
            await self.record(sites, who, action, record, **details)
        except ChatError as error:
            self.failed(action, error)

    async def record_before(
        self, site: str, who: Staff | None, action: str, record: str, **details: str | int | bool
    ) -> None:
        """What `who` is about to do, for what nobody may do unseen.

        Raises StoreUnavailable if it is not in the log or not stated elsewhere: then it must not be done.
        """
        deed = self._deed(who, action, record, details)
        try:
            stated = await self._write_log(site, deed)
        except ChatError as error:
            self.failed(action, error)
            raise
        if not stated:
            raise AuditUnavailable

    async def record_stranger(
        self, sites: Iterable[str], action: str, record: str, **details: str | int | bool
    ) -> None:
        """What somebody who is not signed in tried with `record`. Raises StoreUnavailable."""
        deed = Deed(self._clock.now(), "not signed in", "none", action, record, details)
        for site in sorted(set(sites)) or [SERVICE]:
            await self._write_log(site, deed)

    def failed(self, action: str, error: ChatError) -> None:
        """Tell operators of something that could not be recorded."""
        _log.error("audit_failed", action=action, code=error.code)
        self.on_failure(action)

    async def record_as(
        self, actor: str, sites: Iterable[str], action: str, record: str, **details: str | int | bool
    ) -> None:
        """What was done to `record` on the word of an identity provider, `actor`; as `record_done`."""
        deed = Deed(self._clock.now(), actor, "none", action, record, details)
        try:
            for site in sorted(set(sites)) or [SERVICE]:
                await self._write_log(site, deed)
        except ChatError as error:
            self.failed(action, error)

    def _deed(
        self, who: Staff | None, action: str, record: str, details: Mapping[str, str | int | bool]
    ) -> Deed:
        actor, role = (who.id, who.role) if who else ("command line", "operator")
        return Deed(self._clock.now(), actor, role, action, record, details)

    async def _write_log(self, site: str, deed: Deed) -> bool:
        """Write an entry; whether it is stated elsewhere too. Raises StoreUnavailable."""
        head = await self.log.append(site, deed)
        self.on_entry(deed.action)
        try:
            await asyncio.to_thread(self.checkpoints.write, site, head, deed.at)
        except OSError as error:
            _log.error("checkpoint_not_written", site=site, error=error.strerror)
            self.on_failure(deed.action)
            return False
        return True


def _nothing(_: str) -> None:
    """Nobody wants to know."""
