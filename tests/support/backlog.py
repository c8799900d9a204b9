"""Conversations that ended long ago and were put away, made quickly: records, logs and keys, each of them due."""

import asyncio
import secrets
from collections.abc import Sequence

from msgspec import msgpack

from chatsvc.domain.records import EntryBody
from chatsvc.services.retention import feedback_keys
from tests.support.retained import Shelf

LINES = 20
AT_ONCE = 1_000


async def put_away(shelf: Shelf, idents: Sequence[str], ended: int) -> None:
    """These ended then (ms), with twenty lines each; whoever erases looks at them now."""
    keys = shelf.bench.node().keys
    body = msgpack.encode(EntryBody("m1", "text", "visitor", 0, "fi", secrets.token_bytes(150)))
    for first in range(0, len(idents), AT_ONCE):
        some = idents[first : first + AT_ONCE]
        await with_keys(shelf, [name for ident in some for name in (ident, feedback_keys(ident))])
        pipeline = shelf.bench.client.pipeline(transaction=False)
        for ident in some:
            record = {
                "id": ident, "site": "s", "queue": "s/q", "lang": "fi", "visitor": f"v{ident}", "state": "closed",
                "rev": 1, "joined": ended - 1, "first_assigned": ended - 1, "ended": ended, "wrapped": ended,
                "score": 0.0, "priority": 0, "parts": [], "pend": [],
            }  # fmt: skip
            pipeline.hset(keys.past, ident, msgpack.encode(record))
            pipeline.zadd(keys.of("keep"), {ident: ended})
            for line in range(LINES):
                pipeline.xadd(keys.stream("talk", ident), {"e": body, "t": str(ended)}, id=f"{line + 1}-0")
        pipeline.execute()


async def with_keys(shelf: Shelf, names: Sequence[str]) -> None:
    """Keys in the vault under these names."""
    await asyncio.gather(*(shelf.vault.create("s", name) for name in names))
