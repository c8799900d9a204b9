"""What of a conversation the store still holds: keys for anything else must not come back with a backup."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from chatsvc.domain.conversation import LIVE
from chatsvc.domain.retained import Kept
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link
from chatsvc.store.vault_keys import PURPOSES

AT_ONCE: Final = 500
INTAKE: Final = b"i:"
REDACTED: Final = ".redacted"
"""With this behind either name the vault has the keys of what was redacted (`services.redacted.redacted_keys`)."""
FEEDBACK: Final = ".feedback"
"""With this behind a conversation's id the vault has the key of its feedback (`services.retention.feedback_keys`)."""


def owner(name: str) -> str:
    """The conversation to which the keys under a name belong."""
    return name.removesuffix(REDACTED).removesuffix(FEEDBACK)


class _Record(msgspec.Struct):
    """Of a conversation's record what says whether it may still be read."""

    state: str = ""
    reason: str | None = None


class Remains:
    """Looks into a store for what its conversations still need."""

    def __init__(self, link: Link, pools: Iterable[str]) -> None:
        self._link = link
        self._pools = frozenset(pools)

    async def needless(self, conversations: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
        """For each (conversation, site) the purposes for which nothing is left. Raises StoreUnavailable."""
        found: dict[str, tuple[str, ...]] = {}
        for first in range(0, len(conversations), AT_ONCE):
            some = conversations[first : first + AT_ONCE]
            needed = await asyncio.gather(*(self._needed(name, site) for name, site in some))
            for (name, _), kept in zip(some, needed, strict=True):
                gone = tuple(purpose for purpose in PURPOSES if purpose not in kept)
                if gone:
                    found[name] = gone
        return found

    async def _needed(self, conversation: str, site: str) -> set[str]:
        pools = sorted(self._pools | {site})  # also one whose site is declared no more
        found = await asyncio.gather(*(self._needed_in(pool, conversation) for pool in pools))
        needed = [purposes for purposes in found if purposes is not None]
        return set[str]().union(*needed) if len(needed) == len(found) else set()

    async def _needed_in(self, pool: str, name: str) -> set[str] | None:
        """The purposes for which a pool holds something; None if it knows that all was erased."""
        plain, conversation = name.removesuffix(REDACTED), owner(name)
        keys, call = PoolKeys(pool), self._link.call
        tomb = keys.of("tomb")
        record, past, buried, kept, talk, note, fields = await asyncio.gather(
            call(keys.conv, "HGET", keys.conv, conversation),
            call(keys.past, "HGET", keys.past, conversation),
            call(tomb, "HGET", tomb, conversation),
            call(keys.of("kept"), "HGET", keys.of("kept"), conversation),
            call(keys.meta, "EXISTS", keys.stream("talk", conversation)),
            call(keys.meta, "EXISTS", keys.stream("staff", conversation)),
            call(keys.meta, "HKEYS", keys.log(conversation)),
        )
        records = [msgspec.msgpack.decode(row, type=_Record) for row in (record, past) if row]
        if buried or any(found.reason == "erased" for found in records):
            return None
        redacted = kept is not None and msgspec.msgpack.decode(kept, type=Kept).redacted is not None
        if redacted != (name != plain):  # what was said was redacted since, or a redaction was cut short
            return set()
        feedback = INTAKE + FEEDBACK[1:].encode()
        if plain.endswith(FEEDBACK):
            return set(PURPOSES) if feedback in fields else set()
        there = {
            "talk": talk or (record and records[0].state in LIVE),
            "staff": note or record,  # what is not put away yet may get notes
            "intake": record or any(field.startswith(INTAKE) and field != feedback for field in fields),
        }
        return {purpose for purpose, is_there in there.items() if is_there}
