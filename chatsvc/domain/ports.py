"""The outside as the services see it: the clock, the pool's store, the keys."""

from asyncio import Future
from collections.abc import Awaitable, Collection, Sequence
from typing import Any, Protocol

from chatsvc.domain.pace import Seen
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
from chatsvc.domain.retained import Held
from chatsvc.domain.statistics import TurnedAway


class Clock(Protocol):
    """The time that counts: the store's, in ms since the epoch."""

    def now(self) -> int:
        """Now, in ms."""
        ...


class Reply(Protocol):
    """Who waits for the store's answer: a future, or on the message path something lighter that acts at once."""

    def done(self) -> bool:
        """Whether nobody waits any more."""
        ...

    def set_result(self, result: Any, /) -> None:
        """The answer. Must not raise."""
        ...

    def set_exception(self, exception: Exception, /) -> None:
        """StoreUnavailable, or what the store said against it. Must not raise."""
        ...


class Seal(Protocol):
    """One conversation's keys at work. `log` is talk, staff or intake; role and client id bind the place."""

    def seal(self, log: str, role: str, client_id: str, plain: bytes) -> bytes:
        """Encrypt."""
        ...

    def unseal(self, log: str, role: str, client_id: str, sealed: bytes) -> bytes:
        """Decrypt."""
        ...


class Keyring(Protocol):
    """The keys of conversations, from the vault and this node's memory. Raises VaultUnavailable, KeyGone."""

    def known(self, conversation: str) -> Seal | None:
        """The keys, if this node has them at hand."""
        ...

    async def create(self, site: str, conversation: str) -> Seal:
        """New keys, safely in the vault."""
        ...

    async def fetch(self, site: str, conversation: str) -> Seal:
        """The keys of an existing conversation."""
        ...

    async def shred(self, conversation: str, purposes: Collection[str] = ...) -> None:
        """Destroy the keys, or only those for these purposes."""
        ...

    def forget(self, conversation: str) -> None:
        """Drop the keys from this node's memory."""
        ...


class Tallies(Protocol):
    """The counts of a pool that no lifecycle step makes. Everything may raise StoreUnavailable."""

    async def turned_away(self, queue: str, language: str, hour: str, how: TurnedAway) -> None:
        """Count one who was not let in, at most once."""
        ...


class Watched(Protocol):
    """What retention looks after. Everything may raise StoreUnavailable."""

    async def watch(self, conversation: str, at: int) -> None:
        """Have a conversation looked at, at a time (ms), whatever becomes of it until then."""
        ...

    async def hold(self, conversation: str) -> Held | None:
        """The hold on a conversation, confirmed or not."""
        ...

    async def wish(self, conversation: str, now: int) -> int:
        """Note that the visitor wants all of it erased; since when (ms)."""
        ...


class ChatStore(Protocol):
    """One pool's conversations, queues and duty, as seen from one node. Everything may raise StoreUnavailable."""

    node: str
    epoch: str

    @property
    def tallies(self) -> Tallies:
        """What is counted of those who are not let in."""
        ...

    @property
    def retention(self) -> Watched:
        """What retention looks after."""
        ...

    async def run(self, name: str, **args: Any) -> Outcome:
        """A lifecycle step, atomic. Raises the ChatError that fits."""
        ...

    def append(
        self, conversation: str, author: str, log: str, client_id: str, body: EntryBody
    ) -> Future[bytes]:
        """Store one entry, once; the answer is for `services.pool.stored`."""
        ...

    def post(
        self, conversation: str, author: str, log: str, client_id: str, body: EntryBody, reply: Reply
    ) -> None:
        """The same on the message path: the answer goes to `reply`."""
        ...

    async def append_event(self, conversation: str, event: PendingEvent, body: EntryBody) -> Stored | None:
        """Move a pending event into the talk log."""
        ...

    async def put_intake(self, conversation: str, name: str, sealed: bytes) -> bool:
        """Keep what was asked before or after, once; false if it is there already."""
        ...

    async def intake(self, conversation: str, name: str) -> bytes | None:
        """What was kept."""
        ...

    async def read(self, conversation: str, log: str, after: int, limit: int = 200) -> list[LogEntry]:
        """A page of a log."""
        ...

    async def last_seq(self, conversations: Sequence[str]) -> list[tuple[int, int]]:
        """The last numbers of both logs."""
        ...

    async def last_at(self, conversation: str) -> int:
        """When the last entry was stored."""
        ...

    async def conversations(self, ids: Sequence[str]) -> dict[str, Conversation]:
        """Records of those live or lingering."""
        ...

    async def conversation_of(self, visitor: str) -> Conversation | None:
        """The conversation that a visitor has."""
        ...

    async def people(self) -> list[Duty]:
        """All duty records."""
        ...

    async def person(self, staff: str) -> Duty | None:
        """One duty record."""
        ...

    async def counts(self, queue: str) -> QueueCounts:
        """How a queue stands."""
        ...

    async def in_line(self, queue: str, limit: int) -> list[str]:
        """The first of those waiting or offered, present or away."""
        ...

    async def positions(self, queue: str, conversations: Sequence[str]) -> dict[str, int]:
        """Places in the queue."""
        ...

    async def standing(self, queues: Sequence[str]) -> dict[tuple[str, str], list[tuple[float, str]]]:
        """Who can be taken now, by queue and language: score and conversation, first the next; 2,000 at most."""
        ...

    async def paces(self) -> dict[str, Seen]:
        """How each queue has been served lately; one that never was is missing."""
        ...

    async def spared(self) -> dict[str, dict[str, int]]:
        """Before when (ms) a conversation is not offered to somebody again; 2,000 at most, the soonest first."""
        ...

    async def attached(self) -> set[tuple[str, str]]:
        """Who the store believes to be connected to this node: ("v", conversation) and ("s", staff)."""
        ...

    def mark_seen(self, conversation: str, by: int, seq: int) -> Awaitable[Any]:
        """Participant `by` (0 is the visitor) has seen everything up to `seq`."""
        ...

    async def seen_marks(self, conversation: str, people: Sequence[int]) -> list[int]:
        """How far each of these participants has seen, 0 for not at all."""
        ...

    def whisper(self, node: str, payload: bytes) -> Awaitable[Any]:
        """Something ephemeral for one node."""
        ...

    async def drop_transcript(self, conversation: str) -> None:
        """Remove the logs of a conversation whose keys are gone."""
        ...


class DeadlineStore(Protocol):
    """The pool's deadlines."""

    async def due(self, limit: int = 100) -> list[tuple[str, str]]:
        """Deadlines that have passed, as (kind, id)."""
        ...

    async def oldest_due(self) -> int | None:
        """The earliest deadline, passed or not."""
        ...

    async def postpone(self, kind: str, ident: str, ms: int) -> None:
        """Look at a deadline again later."""
        ...


class NodeStore(Protocol):
    """Which nodes live."""

    async def silent_nodes(self, silent_ms: int) -> list[str]:
        """Nodes that have not been heard of for so long."""
        ...

    async def reap(self, node: str, limit: int = 100) -> int:
        """Mark some people of a dead node as away; how many are left."""
        ...

    async def forget_node(self, node: str) -> None:
        """Strike a node off."""
        ...
