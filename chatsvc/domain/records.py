"""What the store knows of conversations, duty and queues, and what nodes tell each other. Times are ms.

The scripts write the records; `store/lua/_pool.lua` says when.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

# Why somebody pauses, in words that say nothing about a person or a conversation.
PauseReason = Literal["break", "meal", "meeting", "documentation", "other"]
# What the service itself gives as the reason of a duty: two offers in a row without an answer, a connection that did
# not come back within the grace time, a session that is over, a planned time that is over.
SystemReason = Literal["missed_offers", "connection_lost", "signed_out", "shift_ended"]
DutyReason = PauseReason | SystemReason


@dataclass(slots=True, kw_only=True)
class Participant:
    """A member of staff in a conversation. `n` is the number that the visitor sees; `away` is since when (ms)."""

    n: int
    s: str
    alias: str
    role: str
    node: str | None = None
    away: int | None = None


@dataclass(slots=True, kw_only=True)
class PendingEvent:
    """An event that happened but is not yet in the talk log. `at` is in ms."""

    n: int
    event: str
    by: int
    at: int
    params: dict[str, str] | None = None


@dataclass(slots=True, kw_only=True)
class Transfer:
    """A hand-over that waits for somebody: a person or a queue, until `till` (ms) where that has an end."""

    staff: str | None = None
    queue: str | None = None
    till: int | None = None


@dataclass(slots=True, kw_only=True)
class Conversation:
    """One conversation's record; see `store/lua/_pool.lua`. Times are ms, `queue` is a queue key."""

    id: str
    site: str
    queue: str
    lang: str
    visitor: str
    state: str
    rev: int
    joined: int
    score: float
    priority: int
    parts: list[Participant]
    pend: list[PendingEvent]
    seats: int = 0
    events: int = 0
    vnode: str | None = None
    vconn: str | None = None
    vaway: int | None = None
    offered: str | None = None
    offer_until: int | None = None
    offer_waited: int | None = None
    assigned: int | None = None
    first_assigned: int | None = None
    warned: int | None = None
    transfer: Transfer | None = None
    reason: str | None = None
    ended: int | None = None
    linger_until: int | None = None
    wrap_until: int | None = None
    wrapped: int | None = None  # when the wrap-up ended
    outcome: str | None = None
    tags: list[str] | None = None
    route: str = "fi"  # the language to be served in
    also: list[str] | None = None  # others that the visitor agrees to, from `also_at` on
    also_at: int | None = None
    weight: int = 1  # places that it takes
    heavy: bool | None = None  # takes twice as many
    adrift: bool | None = None  # its owner is lost for good, and nobody has taken it over yet
    passed: list[str] | None = None  # queues that it was in before, in their order; the rules of each bind it
    counted: str | None = None  # where the statistics count it: `site/queue|language|hour of joining`

    def part(self, staff: str) -> Participant | None:
        """The seat of a member of staff."""
        for part in self.parts:
            if part.s == staff:
                return part
        return None

    @property
    def owner(self) -> Participant | None:
        """Whose conversation it is; of one that is adrift, whose it was."""
        return next((part for part in self.parts if part.role == "owner"), None)

    @property
    def people(self) -> list[Participant]:
        """Who is with the visitor; without an owner who is lost."""
        return [part for part in self.parts if not (self.adrift and part.role == "owner")]

    @property
    def leader(self) -> Participant | None:
        """Whoever leads the conversation now: the owner, or nobody."""
        return None if self.adrift else self.owner


@dataclass(slots=True, kw_only=True)
class Duty:
    """What a counsellor really does now; see `store/lua/_pool.lua`. Times are ms."""

    id: str
    alias: str
    state: str
    since: int
    capacity: int
    queues: list[str]
    convs: list[str]
    wraps: list[str]
    consults: list[str]
    idle: int
    missed: int
    rev: int
    grace_ms: int
    load: int = 0  # places in use: conversations, unfinished wrap-ups, a held offer, by their weight
    languages: list[str] = field(default_factory=list)
    reason: str | None = None  # a DutyReason
    clocked: int | None = None  # on duty since, through pauses
    offer: str | None = None
    node: str | None = None
    conn: str | None = None
    away: int | None = None
    own: list[str] | None = None  # every queue that they may serve, as their console last said


@dataclass(slots=True, kw_only=True)
class Previous:
    """A connection that was replaced."""

    node: str
    conn: str | None = None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a lifecycle script answered. `touched` are the conversations that changed; `queue` is one that it lacks."""

    now: int = 0
    err: str | None = None
    queue: str | None = None
    touched: list[Conversation] = field(default_factory=list)
    c: Conversation | None = None
    s: Duty | None = None
    convs: list[Conversation] = field(default_factory=list)
    created: bool = False
    back: bool = False
    previous: Previous | None = None
    late: bool = False
    left: int | bool | None = None
    done: bool = False
    ended: str | None = None
    forgotten: bool = False
    gone: bool = False


@dataclass(slots=True, kw_only=True)
class Hint:
    """One thing a node is told: `k` is c (conversation), s (duty), a (assigned), r (released), oe (offer ended),
    te (transfer ended), x (connection replaced)."""

    k: str
    c: Conversation | None = None
    s: Duty | None = None
    id: str | None = None
    staff: str | None = None
    reason: str | None = None
    conn: str | None = None


class EntryBody(NamedTuple):
    """What a node stores of an entry: `sealed` holds the text or the event's parameters, encrypted."""

    id: str
    kind: str  # text, event, card
    author: str  # visitor, counsellor, system
    by: int
    lang: str | None
    sealed: bytes
    staff: str = ""  # who of the staff; never sent to a visitor
    event: str | None = None


class LogEntry(NamedTuple):
    """One line of a log: place and time from the store, the rest from the node that stored it."""

    seq: int
    at: int
    body: EntryBody


class Stored(NamedTuple):
    """Where an entry is, and whether this call put it there."""

    seq: int
    at: int
    fresh: bool


class QueueCounts(NamedTuple):
    """A queue now: how many are in line, the earliest join, the first twenty who can be taken, and how many can."""

    waiting: int
    oldest: int | None
    head: list[str]
    takeable: int
