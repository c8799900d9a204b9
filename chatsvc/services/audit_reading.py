"""Reading a site's audit log: pages from its end, what fits, and from a day on, without reading all of it."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from chatsvc.domain.audit import Deed, Entry
from chatsvc.services.audit import AuditLog

SCANNED_MOST = 5_000  # entries that are looked at for one page: some 100 ms
PAGE = 500
SKEW_MS = 3_600_000  # clocks of machines that write to one log differ by less; so entries are nearly in order of time


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: parts of names in any case, an action, from and before an instant (ms). Empty: all."""

    who: str = ""
    what: str = ""
    record: str = ""
    start: int | None = None
    end: int | None = None

    def fits(self, deed: Deed) -> bool:
        """Whether a deed is one of them."""
        return (
            self.what in ("", deed.action)
            and self.who.casefold() in deed.actor.casefold()
            and self.record.casefold() in deed.record.casefold()
            and (self.start is None or deed.at >= self.start)
            and (self.end is None or deed.at < self.end)
        )


class NewestPage(NamedTuple):
    """Entries, the last one first. `after` is where to go on; None where nothing more can come. `back_to` is ms."""

    entries: list[Entry]
    after: str | None
    back_to: int | None


async def newest(log: AuditLog, site: str, wanted: Wanted, before: str, limit: int) -> NewestPage:
    """At most `limit` entries before a place ("" for the end), of the next `SCANNED_MOST`. Raises StoreUnavailable."""
    place = before or await _place(log, site, wanted.end, SKEW_MS)
    found: list[tuple[str, Entry]] = []
    back_to = None
    for _ in range(SCANNED_MOST // PAGE):
        page = await log.newest(site, place, PAGE)
        for place, entry in page:
            back_to = entry.deed.at
            if wanted.start is not None and back_to < wanted.start - SKEW_MS:
                return _page(found, limit, None, back_to)
            if wanted.fits(entry.deed):
                found.append((place, entry))
            if len(found) > limit:
                return _page(found, limit, place, back_to)
        if len(page) < PAGE:
            return _page(found, limit, None, back_to)
    return _page(found, limit, place, back_to)


def _page(found: list[tuple[str, Entry]], limit: int, place: str | None, back_to: int | None) -> NewestPage:
    after = found[limit - 1][0] if len(found) > limit else place
    return NewestPage([entry for _, entry in found[:limit]], after, back_to)


async def oldest(log: AuditLog, site: str, wanted: Wanted) -> AsyncIterator[Iterable[Entry]]:
    """All that fit, oldest first, in pages, one of them perhaps empty. Raises StoreUnavailable."""
    place = await _place(log, site, wanted.start, -SKEW_MS)
    while page := await log.oldest(site, place, PAGE):
        yield [entry for _, entry in page if wanted.fits(entry.deed)]
        place = page[-1][0]
        if wanted.end is not None and page[-1][1].deed.at > wanted.end + SKEW_MS:
            return


async def _place(log: AuditLog, site: str, instant: int | None, slack: int) -> str:
    """Where entries of an instant (and `slack` ms) begin; "" for either end of the log.

    Halves the log until it is found: some 20 looks, however long the log is.
    """
    if instant is None:
        return ""
    first, last = await log.oldest(site, "", 1), await log.newest(site, "", 1)
    if not first or not last:
        return ""
    low, high = _number(first[0][0]), _number(last[0][0]) + 1
    while low < high:  # the first number whose entry is of the instant or later
        middle = (low + high) // 2
        found = await log.oldest(site, f"{middle - 1}-0", 1) if middle else first
        if found and found[0][1].deed.at < instant + slack:
            low = middle + 1
        else:
            high = middle
    return f"{low}-0" if slack > 0 else f"{max(0, low - 1)}-0"


def _number(place: str) -> int:
    return int(place.partition("-")[0])
