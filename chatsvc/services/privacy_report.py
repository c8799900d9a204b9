"""The data protection report of a site: read from store and audit log, without text and without anybody's number."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chatsvc.domain.hours import local_day
from chatsvc.domain.privacy_report import (
    AGES,
    Place,
    Profile,
    TableRow,
    age,
    counted,
    decided,
    decides,
    shown,
    table,
)
from chatsvc.domain.retained import Look, Went
from chatsvc.domain.retention import KINDS
from chatsvc.domain.sites import Site
from chatsvc.domain.statistics import months_before
from chatsvc.domain.transcripts import is_over
from chatsvc.services.audit import AuditLog
from chatsvc.services.transcripts import OPENED, Shelf

MONTHS = 13  # the present one and the twelve for which tombstones stay
EARLIER = "earlier"
_LOOKED_AT_ONCE = 50  # conversations: their fates take some 20 ms, between which others get their turn
_ENTRIES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PrivacyReport:
    """A site at the instant `now` (ms). Numbers that are None are left out."""

    site: Site
    now: int
    months: Sequence[str]  # the latest first; then EARLIER
    exists: Sequence[TableRow]
    erased: Sequence[TableRow]
    held: int | None
    asked: int | None
    openings: Mapping[str, Mapping[str, int | None]]  # by role ("" for all) and month ("" for all)


@dataclass(slots=True)
class _Found:
    now: int
    months: Sequence[str]
    exists: Counter[Profile] = field(default_factory=Counter)
    erased: Counter[Profile] = field(default_factory=Counter)
    held: int = 0
    asked: int = 0

    def column(self, at: int) -> str:
        """The column of an instant (ms)."""
        month = _month(at)
        return month if month in self.months else EARLIER

    def gone(self, gone: Mapping[str, Went]) -> Profile:
        """What of a conversation went when, and why."""
        return tuple(
            Place(kind, decided(gone[kind]), self.column(gone[kind].at)) for kind in KINDS if kind in gone
        )


async def privacy_report(shelves: Iterable[Shelf], log: AuditLog, site: Site, now: int) -> PrivacyReport:
    """What exists, what was erased, holds and openings. Looks at every conversation. Raises StoreUnavailable."""
    found = _Found(now, [months_before(_month(now), number) for number in range(MONTHS)])
    seen: set[str] = set()
    for shelf in shelves:
        async for look in _over(shelf, site, seen):
            await _count(shelf, look, found)
        async for stones in shelf.past.tombstones():
            found.erased.update(found.gone(stone.gone) for stone in stones if stone.site == site.id)
    openings = [(role, found.column(at)) async for role, at in _openings(log, site)]
    return await asyncio.to_thread(_made, site, found, openings)


async def _over(shelf: Shelf, site: Site, seen: set[str]) -> AsyncIterator[Look]:
    async for lines in shelf.past.conversations():
        mine = [line.id for line in lines if line.site == site.id and line.id not in seen]
        seen.update(mine)
        for start in range(0, len(mine), _LOOKED_AT_ONCE):
            for look in await shelf.store.look(mine[start : start + _LOOKED_AT_ONCE]):
                if look.record is not None:
                    yield look


async def _count(shelf: Shelf, look: Look, found: _Found) -> None:
    record = look.record
    assert record is not None
    if look.hold is not None:
        found.held += look.hold.holds
        found.asked += not look.hold.holds
    if not is_over(record.state):
        return
    column = age(record.ended or record.joined, found.now)
    fates = [fate for fate in await shelf.retention.fates(look) if fate.kind not in look.kept.gone]
    found.exists[tuple(Place(fate.kind, decides(fate), column) for fate in fates)] += 1
    if look.kept.gone:
        found.erased[found.gone(look.kept.gone)] += 1


def _month(at: int) -> str:
    return local_day(at).isoformat()[:7]


async def _openings(log: AuditLog, site: Site) -> AsyncIterator[tuple[str, int]]:
    """Role and instant (ms) of each opening of a transcript that the audit log has."""
    after = 0
    while True:
        page = await log.entries(site.id, after, _ENTRIES_AT_ONCE)
        for entry in page:
            if entry.deed.action == OPENED:
                yield entry.deed.role, entry.deed.at
        if len(page) < _ENTRIES_AT_ONCE:
            return
        after = page[-1].seq


def _made(site: Site, found: _Found, openings: Sequence[tuple[str, str]]) -> PrivacyReport:
    columns = [*found.months, EARLIER]
    exists, erased = table(found.exists, AGES, rests=True), table(found.erased, columns)
    held, asked = shown(found.held), shown(found.asked)
    return PrivacyReport(site, found.now, columns, exists, erased, held, asked, counted(openings, columns))
