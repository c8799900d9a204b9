"""What one pool's store knows for the retention rules: what is due, what is gone already, tombstones."""

from asyncio import gather
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from chatsvc.domain.records import Conversation, EntryBody
from chatsvc.domain.retained import Gone, Held, Kept, Look, Rewritten, Tombstone
from chatsvc.domain.retention import DAY_MS, TEXTS, Period, Rule, RuleSet
from chatsvc.domain.sites import Site
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link
from chatsvc.store.scripts import script

REMEMBERED = 20_000  # shreds: as many as a node has conversations' keys in memory
_LOOKED_BACK = 50  # entries in which the last message is looked for; what follows it are events
_MONTH_MS = 31 * DAY_MS

_encode = msgspec.msgpack.Encoder().encode
_conversation = msgspec.msgpack.Decoder(Conversation).decode
_kept = msgspec.msgpack.Decoder(Kept).decode
_held = msgspec.msgpack.Decoder(Held).decode
_tombstone = msgspec.msgpack.Decoder(Tombstone).decode
_body = msgspec.msgpack.Decoder(EntryBody).decode


class PoolRetention:
    """`services.retention.RetentionStore` over one pool. Everything may raise StoreUnavailable."""

    def __init__(self, link: Link, pool: str) -> None:
        self.keys = PoolKeys(pool)
        self._link = link
        of = self.keys.of
        self._keep, self._kept, self._tomb, self._tombs = of("keep"), of("kept"), of("tomb"), of("tombs")
        self._shreds, self._holds = of("shreds"), of("holds")

    async def due(self, now: int, limit: int) -> list[tuple[str, int]]:
        """Conversations to look at now, the longest overdue first, with the time that was set (ms)."""
        rows = await self._link.call(
            self._keep, "ZRANGE", self._keep, "-inf", now, "BYSCORE", "LIMIT", 0, limit, "WITHSCORES"
        )
        return _scores(rows)

    async def watch(self, conversation: str, at: int) -> None:
        """Have a conversation looked at, at a time (ms), whatever becomes of it until then."""
        await self._link.call(self._keep, "ZADD", self._keep, "NX", at, conversation)

    async def wish(self, conversation: str, now: int) -> int:
        """Note that the visitor wants all erased; returns since when (ms), 0 if nothing is left."""
        keys = (self._kept, self._keep, self._tomb)
        return int(await self._link.run(script("retention_wish"), keys, (conversation, now)))

    async def hold(self, conversation: str) -> Held | None:
        """The hold on a conversation, confirmed or not."""
        row = await self._link.call(self._holds, "HGET", self._holds, conversation)
        return _held(row) if row else None

    async def set_hold(self, conversation: str, before: Held | None, hold: Held | None, now: int) -> bool:
        """Write a hold, or None to take it away; false if another than `before` is there."""
        rows = [_encode(each) if each else b"" for each in (before, hold)]
        keys = (self._holds, self._keep)
        return bool(await self._link.run(script("retention_hold"), keys, (conversation, *rows, now)))

    async def holds(self) -> dict[str, Held]:
        """Every hold of the pool, by conversation."""
        rows = await self._link.call(self._holds, "HGETALL", self._holds)
        return {ident.decode(): _held(row) for ident, row in zip(rows[::2], rows[1::2], strict=True)}

    async def look(self, conversations: Sequence[str]) -> list[Look]:
        """All that is known of these, in their order."""
        if not conversations:
            return []
        places = (self.keys.conv, self.keys.past, self._kept, self._holds, self._tomb)
        rows = await gather(*(self._link.call(key, "HMGET", key, *conversations) for key in places))
        scores = await gather(
            *(self._link.call(self._keep, "ZSCORE", self._keep, ident) for ident in conversations)
        )
        return [_look(*found) for found in zip(conversations, scores, *rows, strict=True)]

    async def last_message(self, conversation: str) -> int | None:
        """When somebody last wrote to the other side (ms); None if nobody did, or it is gone."""
        stream = self.keys.stream("talk", conversation)
        for _, fields in await self._link.call(stream, "XREVRANGE", stream, "+", "-", "COUNT", _LOOKED_BACK):
            pairs = dict(zip(fields[::2], fields[1::2], strict=True))
            if _body(pairs[b"e"]).kind == "text":
                return int(pairs[b"t"])
        return None

    async def settle(self, looked: Iterable[tuple[str, int | None, int | None]]) -> None:
        """Conversation, the time it was found with, when to look next (None: never): unless set anew meanwhile."""
        args = [part for each in looked for part in ("" if value is None else value for value in each)]
        if args:
            await self._link.run(script("retention_settle"), (self._keep,), args)

    async def drop(self, conversation: str, gone: Sequence[Gone], last_message: int, now: int) -> int:
        """Remove these kinds, whose keys are destroyed, and note why; how many were not noted before."""
        keys = self.keys
        said = [part for each in gone for part in (each.kind, each.rule, each.version)]
        return int(
            await self._link.run(
                script("retention_drop"),
                (*self._logs(conversation), self._kept, keys.past, self._shreds, keys.meta),
                (conversation, now, last_message, REMEMBERED, *said),
            )
        )

    async def put_redacted(self, conversation: str, texts: Rewritten, now: int) -> bool:
        """Put these in the place of all texts, in one step; false if something was added since they were read."""
        keys = self.keys
        logs = [
            (str(entry.seq), entry.at, _encode(entry.body))
            for log in ("talk", "staff")
            for entry in texts.logs[log]
        ]
        said = [part for entry in logs for part in entry]
        said += [part for name, sealed in texts.intake.items() for part in (f"i:{name}", sealed)]
        counts = (len(texts.logs["talk"]), len(texts.logs["staff"]), len(texts.intake))
        return bool(
            await self._link.run(
                script("retention_redact"),
                (*self._logs(conversation), self._kept, self._shreds, keys.meta, keys.past),
                (conversation, now, REMEMBERED, *counts, *said),
            )
        )

    async def bury(self, conversation: str, tombstone: Tombstone, until: int) -> bool:
        """Leave a tombstone of a conversation, until a time (ms); false if there is one, or it is not retired."""
        keys = (self.keys.conv, self.keys.past, self._kept, self._keep, self._tomb, self._tombs)
        args = (conversation, _encode(tombstone), until)
        return bool(
            await self._link.run(script("retention_bury"), (*keys, *self._logs(conversation)), args) == 1
        )

    async def discard(self, conversation: str) -> None:
        """Remove what is left of somebody who never joined, whose keys are destroyed."""
        await self._link.call(self.keys.log(conversation), "UNLINK", *self._logs(conversation))
        await self._link.call(self._kept, "HDEL", self._kept, conversation)

    def _logs(self, conversation: str) -> tuple[str, str, str]:
        keys = self.keys
        return keys.log(conversation), keys.stream("talk", conversation), keys.stream("staff", conversation)

    async def tidy(self, now: int, limit: int = 1_000) -> int:
        """Remove tombstones whose time is over."""
        return int(await self._link.run(script("retention_tidy"), (self._tomb, self._tombs), (now, limit)))

    async def tombstones(self, conversations: Sequence[str]) -> list[Tombstone | None]:
        """What stands in these conversations' places."""
        rows = await self._link.call(self._tomb, "HMGET", self._tomb, *conversations)
        return [_tombstone(row) if row else None for row in rows]

    async def walk(self, cursor: str, *, of_past: bool) -> tuple[str, list[str]]:
        """Some conversations, of those put away or of all others, and the next cursor; all have come when it is "0"."""
        key = self.keys.past if of_past else self.keys.conv
        following, rows = await self._link.call(key, "HSCAN", key, cursor, "COUNT", 200)
        return following.decode(), [ident.decode() for ident in rows[::2]]

    async def walked(self, site: str) -> int:
        """The version of a site's rules by which all its conversations have been looked at, 0 for none."""
        return int(await self._link.call(self.keys.meta, "HGET", self.keys.meta, f"walked:{site}") or 0)

    async def set_walked(self, site: str, version: int) -> None:
        """All have been looked at by this version."""
        await self._link.call(self.keys.meta, "HSET", self.keys.meta, f"walked:{site}", version)

    async def set_rules(self, sites: Iterable[Site]) -> None:
        """Tell the scripts what of these sites' rules matters while a conversation ends."""
        said = [part for site in sites for part in (f"keep:{site.id}", _encode(_for_scripts(site)))]
        if said:
            await self._link.call(self.keys.meta, "HSET", self.keys.meta, *said)

    async def shreds(self, after: int) -> list[tuple[int, str]]:
        """Whose keys were destroyed after the one of this number, in order: number and conversation."""
        rows = await self._link.call(
            self._shreds, "XRANGE", self._shreds, f"({after}-0" if after else "-", "+", "COUNT", 1_000
        )
        return [(int(ident.split(b"-", 1)[0]), fields[1].decode()) for ident, fields in rows]

    async def last_shred(self) -> int:
        """The number of the last one."""
        return int(await self._link.call(self.keys.meta, "HGET", self.keys.meta, "shreds") or 0)


def _look(
    ident: str, score: Any, conv: bytes | None, past: bytes | None, kept: bytes | None, hold: bytes | None,
    tomb: bytes | None,
) -> Look:  # fmt: skip
    row, due = conv or past, None if score is None else int(float(score))
    try:
        record, known, held = (
            _conversation(row) if row else None,
            _kept(kept) if kept else Kept(),
            _held(hold) if hold else None,
        )
    except msgspec.DecodeError:
        return Look(
            id=ident, record=None, retired=conv is None, kept=Kept(), hold=None, buried=tomb is not None, due=due,
            undecodable=True,
        )  # fmt: skip
    return Look(
        id=ident, record=record, retired=conv is None, kept=known, hold=held, buried=tomb is not None, due=due
    )


def _for_scripts(site: Site) -> dict[str, Any]:
    """The transcript's part of the rules in force: `store/lua/_keeping.lua`."""
    current = site.retention[-1] if site.retention else RuleSet(0, 0)
    rules = [_rule_for_scripts(site, rule) for rule in current.rules if TEXTS[0] in rule.lives]
    return {"within": current.at_latest_ms, "rules": rules}


def _rule_for_scripts(site: Site, rule: Rule) -> dict[str, Any]:
    said = {
        "ms": _about_ms(rule.lives["transcript"]),
        "law": _about_ms(rule.legal_minimum.period) if rule.legal_minimum else 0,
        "queue": f"{site.id}/{rule.queue}" if rule.queue else None,
        "tag": rule.tag,
        "outcome": rule.outcome,
    }
    return {name: value for name, value in said.items() if value is not None}


def _about_ms(period: Period) -> int:
    return period.months * _MONTH_MS + period.ms


def _scores(rows: Any) -> list[tuple[str, int]]:
    """Member and score of each of a scored range, in RESP2 and RESP3 alike."""
    flat = [part for row in rows for part in row] if rows and isinstance(rows[0], list) else rows
    return [(member.decode(), int(float(at))) for member, at in zip(flat[::2], flat[1::2], strict=True)]
