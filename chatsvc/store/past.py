"""One pool's conversations and tombstones, read from end to end."""

from collections.abc import AsyncIterator
from typing import TypeVar

import msgspec

from chatsvc.domain.retained import Tombstone
from chatsvc.domain.transcripts import PastLine
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link

AT_ONCE = 500  # rows: so many are read in some 2 ms, between which others get their turn

Row = TypeVar("Row")
_line = msgspec.msgpack.Decoder(PastLine)
_tombstone = msgspec.msgpack.Decoder(Tombstone)


class PoolPast:
    """`services.transcripts.Past` over one pool. Everything may raise StoreUnavailable."""

    def __init__(self, link: Link, pool: str) -> None:
        self._link = link
        self._keys = PoolKeys(pool)

    async def conversations(self) -> AsyncIterator[list[PastLine]]:
        """All conversations, live ones too, in no order; one that is put away meanwhile may come twice."""
        for key in (self._keys.conv, self._keys.past):
            async for rows in self._walk(key, _line):
                yield [line for _, line in rows]

    async def tombstones(self) -> AsyncIterator[list[Tombstone]]:
        """All tombstones, each once, in no order."""
        seen: set[str] = set()
        async for rows in self._walk(self._keys.of("tomb"), _tombstone):
            yield [stone for ident, stone in rows if ident not in seen]
            seen.update(ident for ident, _ in rows)

    async def _walk(
        self, key: str, decoder: "msgspec.msgpack.Decoder[Row]"
    ) -> AsyncIterator[list[tuple[str, Row]]]:
        cursor = "0"
        while True:
            following, rows = await self._link.call(key, "HSCAN", key, cursor, "COUNT", AT_ONCE)
            yield [
                (ident.decode(), decoder.decode(row))
                for ident, row in zip(rows[::2], rows[1::2], strict=True)
            ]
            cursor = following.decode()
            if cursor == "0":
                return
