"""The data protection report of a site: read from store and audit log, without text and without anybody's number."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chatsvc.domain.hours import local_day
from chatsvc.domain.privacy_report import (
    AGES,
    Hold,
    Life,
    Place,
    Profile,
    TableRow,
    age,
    counted,
    decided,
    decides,
    tables,
)
from chatsvc.domain.retained import Look, Went
from chatsvc.domain.retention import KINDS
from chatsvc.domain.sites import Site
from chatsvc.domain.statistics import months_before
from chatsvc.domain.transcripts import is_over
from chatsvc.services.audit import AuditLog
from chatsvc.services.audit_check import all_entries
from chatsvc.services.transcripts import OPENED, Shelf

MONTHS = 13  # the present one and the twelve for which tombstones stay
EARLIER = "earlier"
_LOOKED_AT_ONCE = 50  # conversations: their fates take some 20 ms, between which others get their turn


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
    lives: Counter[Life] = field(default_factory=Counter)

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
            mine = (stone for stone in stones if stone.site == site.id)
            found.lives.update(Life(erased=found.gone(stone.gone)) for stone in mine)
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
    record, hold = look.record, _hold(look)
    assert record is not None
    if is_over(record.state):
        column = age(record.ended or record.joined, found.now)
        fates = [fate for fate in await shelf.retention.fates(look) if fate.kind not in look.kept.gone]
        exists = tuple(Place(fate.kind, decides(fate), column) for fate in fates)
        found.lives[Life(exists, found.gone(look.kept.gone), hold)] += 1
    elif hold:
        found.lives[Life(hold=hold)] += 1


def _hold(look: Look) -> Hold | None:
    if look.hold is None:
        return None
    return "held" if look.hold.holds else "asked"


def _month(at: int) -> str:
    return local_day(at).isoformat()[:7]


async def _openings(log: AuditLog, site: Site) -> AsyncIterator[tuple[str, int]]:
    """Role and instant (ms) of each opening of a transcript that the audit log has."""
    async for _, entry in all_entries(log, site.id):
        if entry.deed.action == OPENED:
            yield entry.deed.role, entry.deed.at


def _made(site: Site, found: _Found, openings: Sequence[tuple[str, str]]) -> PrivacyReport:
    columns = [*found.months, EARLIER]
    made = tables(found.lives, AGES, columns)
    return PrivacyReport(
        site, found.now, columns, made.exists, made.erased, made.held, made.asked, counted(openings, columns)
    )
