"""One pool's conversations in the store: intents in, typed outcomes back."""

import secrets
from asyncio import Future, gather, get_running_loop
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from chatsvc.domain import errors
from chatsvc.domain.pace import Seen
from chatsvc.domain.ports import Clock, Reply
from chatsvc.domain.records import (
    Conversation,
    Duty,
    EntryBody,
    LogEntry,
    Outcome,
    PendingEvent,
    QueueCounts,
    Stored,
)
from chatsvc.domain.sites import LANGUAGES, Queue
from chatsvc.store.appends import Appends
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link
from chatsvc.store.retention import PoolRetention
from chatsvc.store.scripts import script
from chatsvc.store.statistics import PoolCounts

# Every field of a queue's settings that the scripts read; times are ms.
_SETTINGS = (
    "mode", "open", "waiting_limit", "offer_ms", "offer_repeat_ms", "grace_waiting_ms", "grace_talking_ms",
    "idle_warning_ms", "idle_end_ms", "wrap_up_ms", "linger_ms", "weight", "priority_step_ms",
)  # fmt: skip

encode = msgspec.msgpack.Encoder().encode
decode_outcome = msgspec.msgpack.Decoder(Outcome).decode
decode_conversation = msgspec.msgpack.Decoder(Conversation).decode
decode_duty = msgspec.msgpack.Decoder(Duty).decode
decode_seen = msgspec.msgpack.Decoder(Seen).decode
decode_body = msgspec.msgpack.Decoder(EntryBody).decode

_ERRORS: dict[str, type[errors.ChatError]] = {
    "not_found": errors.NotFound,
    "not_allowed": errors.NotAllowed,
    "bad_state": errors.BadState,
    "off_duty": errors.OffDuty,
    "at_capacity": errors.AtCapacity,
    "nothing_waiting": errors.NothingWaiting,
    "already_taken": errors.AlreadyTaken,
    "unknown_queue": errors.UnknownQueue,
    "no_language": errors.NoLanguage,
}


class PoolChats:
    """The conversations, queues and duty of one pool, as seen from one node."""

    def __init__(
        self, link: Link, pool: str, node: str, clock: Clock, queues: Callable[[], Sequence[str]]
    ) -> None:
        self.keys = PoolKeys(pool)
        self.node = node
        self.epoch = ""
        self.tallies = PoolCounts(link, pool)
        self.retention = PoolRetention(link, pool)
        self._link = link
        self._clock = clock
        self._queues = queues
        self._appends = Appends(link, self.keys, node, clock)
        self._channels = self.keys.of("node", "")

    async def run(self, name: str, **args: Any) -> Outcome:
        """Run a lifecycle script. Raises the ChatError that its `err` names, StoreUnavailable."""
        outcome = await self._step(name, self.node, args)
        if outcome.err is None:
            return outcome
        if outcome.err in ("closed", "closing", "full", "no_staff", "none"):
            raise errors.NoEntry(outcome.err)
        raise _ERRORS.get(outcome.err, errors.StoreUnavailable)

    async def reap(self, node: str, limit: int = 100) -> int:
        """Mark up to `limit` people of a dead node as away; returns how many are still to do."""
        outcome = await self._step("reap", node, {"node": node, "limit": limit})
        return int(outcome.left or 0)

    async def _step(self, name: str, node: str, args: dict[str, Any]) -> Outcome:
        """Once, with the keys of the declared queues; again with those that the script finds missing."""
        queues = list(self._queues())
        outcome = await self._once(name, node, queues, args)
        while outcome.err == "stale" and outcome.queue and outcome.queue not in queues:
            # Declared a moment ago elsewhere, or removed while somebody is still in it.
            queues.append(outcome.queue)
            outcome = await self._once(name, node, queues, args)
        return outcome

    async def _once(self, name: str, node: str, queues: list[str], args: dict[str, Any]) -> Outcome:
        reply: bytes = await self._link.run(
            script(name),
            self.keys.lifecycle(node, queues),
            (self._clock.now(), encode(queues), encode(args)),
        )
        return decode_outcome(reply)

    def append(
        self, conversation: str, author: str, log: str, client_id: str, body: EntryBody
    ) -> "Future[bytes]":
        """Store one entry once; the future gives the script's answer, for `stored`.

        `author` is `v` or `s:<staff id>`.
        """
        future: Future[bytes] = get_running_loop().create_future()
        self.post(conversation, author, log, client_id, body, future)
        return future

    def post(
        self, conversation: str, author: str, log: str, client_id: str, body: EntryBody, reply: Reply
    ) -> None:
        """As `append`, with the answer handed to `reply`."""
        self._appends.post(conversation, author, log, client_id, body, reply)

    async def append_event(self, conversation: str, event: PendingEvent, body: EntryBody) -> Stored | None:
        """Move a pending event into the talk log; None when somebody else already has."""
        keys = self.keys
        reply = await self._link.run(
            script("append_event"),
            (keys.conv, keys.log(conversation), keys.stream("talk", conversation), keys.past),
            (conversation, event.n, event.at, encode(body), self._channels, f"e:{event.n}"),
        )
        return Stored(reply[0], reply[1], True) if reply[0] else None

    async def put_intake(self, conversation: str, name: str, sealed: bytes) -> bool:
        """Keep what was asked before (`answers`) or after (`feedback`), once; false if it is there already."""
        key = self.keys.log(conversation)
        return bool(await self._link.call(key, "HSETNX", key, f"i:{name}", sealed))

    async def intake(self, conversation: str, name: str) -> bytes | None:
        """What `put_intake` kept."""
        key = self.keys.log(conversation)
        found: bytes | None = await self._link.call(key, "HGET", key, f"i:{name}")
        return found

    async def read(self, conversation: str, log: str, after: int, limit: int = 200) -> list[LogEntry]:
        """Entries after `after`, oldest first, at most `limit`."""
        stream = self.keys.stream(log, conversation)
        rows = await self._link.call(
            stream, "XRANGE", stream, f"({after}-0" if after else "-", "+", "COUNT", limit
        )
        return [_entry(row) for row in rows]

    async def last_seq(self, conversations: Iterable[str]) -> list[tuple[int, int]]:
        """The last numbers of the talk and the staff log of each conversation."""
        keys = [self.keys.log(conversation) for conversation in conversations]
        rows = await gather(*(self._link.call(key, "HMGET", key, "talk", "staff") for key in keys))
        return [(int(talk or 0), int(staff or 0)) for talk, staff in rows]

    async def last_at(self, conversation: str) -> int:
        """When the last entry was stored (ms), 0 if there is none."""
        key = self.keys.log(conversation)
        return int(await self._link.call(key, "HGET", key, "at") or 0)

    async def conversations(self, ids: Sequence[str]) -> dict[str, Conversation]:
        """The records of those that are still live or lingering."""
        if not ids:
            return {}
        rows = await self._link.call(self.keys.conv, "HMGET", self.keys.conv, *ids)
        return {found.id: found for found in (decode_conversation(row) for row in rows if row)}

    async def live_by_queue(self) -> Counter[str]:
        """How many conversations each queue has that are not over. Reads them all: for commands, not for nodes."""
        return Counter(found.queue for found in await self._present() if found.state != "closed")

    async def present_by_queue(self) -> Counter[str]:
        """How many conversations each queue has that are not over or that their visitors can still read; like that."""
        return Counter(found.queue for found in await self._present())

    async def _present(self) -> list[Conversation]:
        rows = await self._link.call(self.keys.conv, "HVALS", self.keys.conv)
        return [decode_conversation(row) for row in rows]

    async def conversation_of(self, visitor: str) -> Conversation | None:
        """The live or lingering conversation of a visitor."""
        found = await self._link.call(self.keys.vis, "HGET", self.keys.vis, visitor)
        return (await self.conversations([found.decode()])).get(found.decode()) if found else None

    async def people(self) -> list[Duty]:
        """Everybody's duty record."""
        rows = await self._link.call(self.keys.staff, "HVALS", self.keys.staff)
        return [decode_duty(row) for row in rows]

    async def person(self, staff: str) -> Duty | None:
        """One duty record."""
        row = await self._link.call(self.keys.staff, "HGET", self.keys.staff, staff)
        return decode_duty(row) if row else None

    async def counts(self, queue: str) -> QueueCounts:
        """How a queue stands."""
        line, wait = self.keys.of("line", queue), self.keys.of("wait", queue)
        waiting, first, head, takeable = await gather(
            self._link.call(line, "ZCARD", line),
            self._link.call(line, "ZRANGE", line, 0, 0, "WITHSCORES"),
            self._link.call(wait, "ZRANGE", wait, 0, 19),
            self._link.call(wait, "ZCARD", wait),
        )
        oldest = int(float(_flat(first)[1])) if first else None
        return QueueCounts(waiting, oldest, [member.decode() for member in head], takeable)

    async def in_line(self, queue: str, limit: int) -> list[str]:
        """The first of those waiting or offered, present or away, by the time of their joining."""
        line = self.keys.of("line", queue)
        return [member.decode() for member in await self._link.call(line, "ZRANGE", line, 0, limit - 1)]

    async def positions(self, queue: str, conversations: Sequence[str]) -> dict[str, int]:
        """The place of each waiting conversation, 1 is next; one that is being offered or is away has none."""
        wait = self.keys.of("wait", queue)
        if len(conversations) > 64:
            order = await self._link.call(wait, "ZRANGE", wait, 0, -1)
            ranks = {member.decode(): index + 1 for index, member in enumerate(order)}
            return {found: ranks[found] for found in conversations if found in ranks}
        found = await gather(*(self._link.call(wait, "ZRANK", wait, member) for member in conversations))
        return {
            member: rank + 1 for member, rank in zip(conversations, found, strict=True) if rank is not None
        }

    async def standing(self, queues: Sequence[str]) -> dict[tuple[str, str], list[tuple[float, str]]]:
        """Who can be taken now, by queue and language: score and conversation, first the next; 2,000 at most."""
        lines = [(queue, language) for queue in queues for language in LANGUAGES]
        keys = [self.keys.of(f"wait-{language}", queue) for queue, language in lines]
        rows = await gather(*(self._link.call(key, "ZRANGE", key, 0, 1_999, "WITHSCORES") for key in keys))
        return {line: _scored(found) for line, found in zip(lines, rows, strict=True) if found}

    async def paces(self) -> dict[str, Seen]:
        """How each queue has been served lately; one that never was is missing."""
        rows = await self._link.call(self.keys.pace, "HGETALL", self.keys.pace)
        flat = [part for row in rows.items() for part in row] if isinstance(rows, dict) else rows
        return {key.decode(): decode_seen(seen) for key, seen in zip(flat[::2], flat[1::2], strict=True)}

    async def spared(self) -> dict[str, dict[str, int]]:
        """Before when (ms) a conversation is not offered to somebody again; 2,000 at most, the soonest first."""
        key = self.keys.of("decl")
        rows = await self._link.call(
            key, "ZRANGE", key, self._clock.now(), "+inf", "BYSCORE", "LIMIT", 0, 2_000, "WITHSCORES"
        )
        found: dict[str, dict[str, int]] = {}
        for till, pair in _scored(rows) if rows else ():
            conversation, _, staff = pair.partition("|")
            found.setdefault(conversation, {})[staff] = int(till)
        return found

    async def due(self, limit: int = 100) -> list[tuple[str, str]]:
        """Deadlines that have passed, oldest first, as (kind, id)."""
        rows = await self._link.call(
            self.keys.due, "ZRANGE", self.keys.due, "-inf", self._clock.now(), "BYSCORE", "LIMIT", 0, limit
        )
        found = (row.decode().partition(":") for row in rows)
        return [(kind, rest) for kind, _, rest in found]

    async def oldest_due(self) -> int | None:
        """The time (ms) of the earliest deadline."""
        rows = await self._link.call(self.keys.due, "ZRANGE", self.keys.due, 0, 0, "WITHSCORES")
        return int(float(_flat(rows)[1])) if rows else None

    async def postpone(self, kind: str, ident: str, ms: int) -> None:
        """Look at a deadline again in `ms`, if it still stands."""
        at = self._clock.now() + ms
        await self._link.call(self.keys.due, "ZADD", self.keys.due, "XX", "GT", at, f"{kind}:{ident}")

    async def beat(self) -> None:
        """Say that this node lives."""
        await self._link.call(self.keys.nodes, "ZADD", self.keys.nodes, self._clock.now(), self.node)

    async def attached(self) -> set[tuple[str, str]]:
        """Who the store believes to be connected to this node: ("v", conversation) and ("s", staff)."""
        key = self.keys.at(self.node)
        members = (member.decode() for member in await self._link.call(key, "SMEMBERS", key))
        return {(member[0], member[2:]) for member in members}

    async def silent_nodes(self, silent_ms: int) -> list[str]:
        """Nodes that have not said so for `silent_ms`."""
        limit = self._clock.now() - silent_ms
        rows = await self._link.call(self.keys.nodes, "ZRANGE", self.keys.nodes, "-inf", limit, "BYSCORE")
        return [row.decode() for row in rows]

    async def forget_node(self, node: str) -> None:
        """Strike a dead node off the list."""
        await self._link.call(self.keys.nodes, "ZREM", self.keys.nodes, node)

    def mark_seen(self, conversation: str, by: int, seq: int) -> "Future[Any]":
        """Participant `by` (0 is the visitor) has seen everything up to `seq`; never less than before."""
        return self._link.run(script("mark_seen"), (self.keys.log(conversation),), (f"s:{by}", seq))

    async def seen_marks(self, conversation: str, people: Sequence[int]) -> list[int]:
        """How far each of these participants has seen, 0 for not at all."""
        if not people:
            return []
        key = self.keys.log(conversation)
        return [
            int(seq or 0) for seq in await self._link.call(key, "HMGET", key, *(f"s:{by}" for by in people))
        ]

    def whisper(self, node: str, payload: bytes) -> "Future[Any]":
        """Send something ephemeral to one node."""
        channel = self.keys.node_channel(node)
        return self._link.call(channel, "SPUBLISH", channel, payload)

    async def set_queues(self, queues: Iterable[Queue]) -> None:
        """Write what the scripts need to know of the pool's queues; whoever can be paired now is."""
        declared = list(queues)
        args: list[str | bytes] = []
        for queue in declared:
            args += [queue.key, encode({name: getattr(queue, name) for name in _SETTINGS})]
        await self._link.run(script("set_queues"), (self.keys.queues,), args)
        for queue in declared:
            if queue.mode != "take":
                await self.run("pair", queue=queue.key)

    async def settle_epoch(self, run_id: str) -> bool:
        """Learn the pool's epoch, changing it if the store's run id has changed; true if ours is another now."""
        epoch, _ = await self._link.run(script("epoch"), (self.keys.meta,), (run_id, secrets.token_hex(8)))
        before, self.epoch = self.epoch, epoch.decode()
        return bool(before) and before != self.epoch

    async def drop_transcript(self, conversation: str) -> None:
        """Remove a conversation's logs; call it after its keys are destroyed."""
        keys = self.keys
        await self._link.run(
            script("drop_transcript"),
            (keys.log(conversation), keys.stream("talk", conversation), keys.stream("staff", conversation)),
            (),
        )


def _flat(rows: Any) -> list[Any]:
    """A scored range's reply in RESP2 (flat) and RESP3 (pairs) alike."""
    return list(rows[0]) if isinstance(rows[0], list) else list(rows)


def _scored(rows: Any) -> list[tuple[float, str]]:
    """Score and member of each of a scored range, in RESP2 and RESP3 alike."""
    flat = [part for row in rows for part in row] if isinstance(rows[0], list) else rows
    return [(float(score), member.decode()) for member, score in zip(flat[::2], flat[1::2], strict=True)]


def _entry(row: Any) -> LogEntry:
    ident, fields = row
    pairs = dict(zip(fields[::2], fields[1::2], strict=True))
    seq = int(ident.split(b"-", 1)[0])
    return LogEntry(seq, int(pairs[b"t"]), decode_body(pairs[b"e"]))
