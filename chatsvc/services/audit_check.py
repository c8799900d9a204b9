"""Holding a log that others go on writing to against what is stated of it elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Callable

from chatsvc.domain.audit import Entry, Statement, Statements
from chatsvc.domain.audit_verification import Fault, Verification
from chatsvc.services.audit import AuditLog

PAGE = 500  # entries: some 20 ms, between which others get their turn
SETTLED_MS = 60_000  # an entry gets its checkpoint within milliseconds


async def all_entries(log: AuditLog, site: str) -> AsyncIterator[tuple[str, Entry]]:
    """A log from its beginning to its end, each entry with its place. Raises StoreUnavailable."""
    last = ""
    while page := await log.oldest(site, last, PAGE):
        for placed in page:
            yield placed
        last = page[-1][0]


def _begun(
    site: str, read: Callable[[], Statements], genuine: Callable[[Statement], bool], now: int
) -> Verification:
    """With the signatures verified: some seconds for 10,000, so not where others wait."""
    return Verification(site, read(), genuine, now - SETTLED_MS)


async def check(
    log: AuditLog, site: str, read: Callable[[], Statements], genuine: Callable[[Statement], bool], now: int
) -> tuple[Verification, list[Fault]]:
    """What a look at all of a site's log finds, and what is wrong with it. `read` may block for a moment.

    Raises StoreUnavailable, and what `read` raises.
    """
    while True:
        first = await log.oldest(site, "", 1)
        verification = await asyncio.to_thread(_begun, site, read, genuine, now)
        place = ""
        while True:
            while page := await log.oldest(site, place, PAGE):
                place = page[-1][0]
                await asyncio.to_thread(verification.feed, [entry for _, entry in page])
            head = await log.head(site)
            if not await log.oldest(site, place, 1):  # so the head is of what has been read
                break
        if await log.oldest(site, "", 1) == first:  # else it was cut meanwhile, by a cut that was not read
            return verification, verification.end(head)
