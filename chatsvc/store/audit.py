"""The audit logs in the store, one for each site."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from chatsvc.domain.audit import Deed, Entry, Head, beginning, follow
from chatsvc.domain.errors import AuditUnavailable
from chatsvc.store.link import Link, StoreRefused
from chatsvc.store.scripts import script

ATTEMPTS = 50  # each is lost to another entry that was written, so that all get there
PAGE = 500
_PREFIX = "chatsvc:{audit}:"
_UNREADABLE = Deed(0, "", "", "unreadable")  # what somebody else has put into the log


class Written(NamedTuple):
    """Whether an entry is in the log now, and how far the log goes."""

    written: bool
    head: Head


class Placed(NamedTuple):
    """An entry and where it is kept, from where `oldest` and `newest` go on."""

    place: str
    entry: Entry


class AuditStore:
    """Writes and reads the logs. Every method may raise `StoreUnavailable`, of the kind `AuditUnavailable`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def append(self, site: str, deed: Deed) -> Head:
        """Write a deed at the end of a site's log; how far the log goes then."""
        head = await self.head(site)
        for _ in range(ATTEMPTS):
            written, head = await self.put(follow(head, site, deed))
            if written:
                return head
        raise AuditUnavailable("The audit log is being written to by too many at once.")

    async def put(self, entry: Entry) -> Written:
        """Write an entry if the log still ends as it says."""
        return await self._write("audit_append", entry)

    async def cut(self, site: str, deed: Deed, place: str) -> Head | None:
        """Remove all entries up to a place and write the deed of it, in one step; how far the log goes then.

        None if they are gone already, and then nothing is written.
        """
        head, (last, part) = await self.head(site), _numbers(place)
        for _ in range(ATTEMPTS):
            first = await self.oldest(site, "", 1)
            if not first or _numbers(first[0].place) > (last, part):
                return None
            written, head = await self._write("audit_cut", follow(head, site, deed), f"{last}-{part + 1}")
            if written:
                return head
        raise AuditUnavailable("The audit log is being written to by too many at once.")

    async def _write(self, name: str, entry: Entry, *more: str) -> Written:
        arguments: list[str | int | bytes] = [
            entry.previous, entry.seq, entry.digest, msgspec.msgpack.encode(entry), *more
        ]  # fmt: skip
        with _refusals():
            written, seq, digest = await self._link.run(script(name), _keys(entry.site), arguments)
        return Written(bool(written), Head(int(seq), digest.decode()) if digest else beginning(entry.site))

    async def head(self, site: str) -> Head:
        """How far a log goes, as the store says."""
        key = _keys(site)[1]
        with _refusals():
            seq, digest = await self._link.call(key, "HMGET", key, "seq", "digest")
            return Head(int(seq), digest.decode()) if digest else beginning(site)

    async def entries(self, site: str, after: int = 0, limit: int | None = None) -> list[Entry]:
        """The entries behind number `after`, in the order in which they are kept; at most `limit`."""
        found: list[Entry] = []
        place = f"{after}-0" if after else ""
        while limit is None or len(found) < limit:
            count = PAGE if limit is None else min(PAGE, limit - len(found))
            page = await self.oldest(site, place, count)
            found += [entry for _, entry in page]
            if len(page) < count:
                break
            place = page[-1].place
        return found

    async def oldest(self, site: str, behind: str, limit: int) -> Sequence[Placed]:
        """The first entries behind a place, or "" for the beginning of the log; at most `limit`."""
        key, start = _keys(site)[0], f"({behind}" if behind else "-"
        with _refusals():
            return _placed(await self._link.call(key, "XRANGE", key, start, "+", "COUNT", limit))

    async def newest(self, site: str, before: str, limit: int) -> Sequence[Placed]:
        """The last entries before a place, or "" for the end of the log; the last one first, at most `limit`."""
        if before and not before.strip("0-"):
            return ()  # nothing is before the very first place, and the store takes the question for a mistake
        key, start = _keys(site)[0], f"({before}" if before else "+"
        with _refusals():
            return _placed(await self._link.call(key, "XREVRANGE", key, start, "-", "COUNT", limit))

    async def seen(self, site: str, staff: str) -> int:
        """Up to which entry somebody has looked at what was opened; 0 if never."""
        key = _seen(site)
        with _refusals():
            return int(await self._link.call(key, "HGET", key, staff) or 0)

    async def see(self, site: str, staff: str, seq: int) -> None:
        """Somebody has looked at what was opened up to an entry."""
        key = _seen(site)
        with _refusals():
            await self._link.call(key, "HSET", key, staff, seq)

    async def forget(self, site: str) -> None:
        """Remove a site's log, head and all: the site leaves."""
        for key in (*_keys(site), _seen(site)):
            await self._link.call(key, "UNLINK", key)


def _keys(site: str) -> list[str]:
    return [f"{_PREFIX}log:{site}", f"{_PREFIX}head:{site}"]


def _seen(site: str) -> str:
    return f"{_PREFIX}seen:{site}"


def _numbers(place: str) -> tuple[int, int]:
    number, _, part = place.partition("-")
    return int(number), int(part)


def _placed(rows: Iterable[tuple[bytes, Sequence[bytes]]]) -> list[Placed]:
    return [Placed(ident.decode(), _read(ident, fields)) for ident, fields in rows]


def _read(ident: bytes, fields: Sequence[bytes]) -> Entry:
    """An entry as it is kept; one that can't be read breaks the chain, and whoever reads on sees that."""
    try:
        return msgspec.msgpack.decode(fields[1], type=Entry)
    except (msgspec.MsgspecError, IndexError, UnicodeDecodeError):
        return Entry("", int(ident.partition(b"-")[0]), "", _UNREADABLE)


@contextmanager
def _refusals() -> Iterator[None]:
    """Tell whoever asks that the audit log is what is wrong."""
    try:
        yield
    except (StoreRefused, ValueError):  # a key of another type, or something else in its place
        raise AuditUnavailable from None
