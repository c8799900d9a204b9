"""Openings of transcripts, told to whoever answers for a site: what is new since they last looked."""

from typing import NamedTuple

from chatsvc.domain.audit import Entry
from chatsvc.services.audit import AuditLog
from chatsvc.services.transcripts import OPENED

SCANNED_MOST = 5_000  # entries of the log that are looked at
PAGE = 500


class Openings(NamedTuple):
    """The last openings, the last one first; how many are new to somebody, at least if `more`.

    `seen` is the entry up to which they have looked, `through` the one up to which this goes.
    """

    entries: list[Entry]
    new: int
    more: bool
    seen: int
    through: int


async def openings(log: AuditLog, site: str, staff: str, limit: int) -> Openings:
    """At most `limit` of them, of the last `SCANNED_MOST` entries of the log. Raises StoreUnavailable."""
    seen = await log.seen(site, staff)
    found: list[Entry] = []
    new = through = back_to = 0
    place = ""
    for _ in range(SCANNED_MOST // PAGE):
        page = await log.newest(site, place, PAGE)
        for _, entry in page:
            through, back_to = through or entry.seq, entry.seq
            if entry.seq <= seen and len(found) >= limit:
                return Openings(found[:limit], new, False, seen, through)
            if entry.deed.action == OPENED:
                found.append(entry)
                new += entry.seq > seen
        if len(page) < PAGE:
            return Openings(found[:limit], new, False, seen, through)
        place = page[-1][0]
    return Openings(found[:limit], new, back_to > seen, seen, through)


async def see_openings(log: AuditLog, site: str, staff: str, through: int) -> int:
    """Somebody has looked at what was opened up to an entry, and never less than before; up to which one then."""
    seen = max(await log.seen(site, staff), min(through, (await log.head(site)).seq))
    await log.see(site, staff, seen)
    return seen
