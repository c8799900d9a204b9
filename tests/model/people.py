"""Whom the reference knows, and the times by which it lives."""

from dataclasses import dataclass, field

MINUTE = 60_000
FRONT = 1e12
OFFER, TO_STAFF, TO_QUEUE = 30_000, 30_000, 5 * MINUTE
REPEAT, GRACE_WAITING, GRACE_TALKING, GRACE_STAFF = 5 * MINUTE, 10 * MINUTE, 5 * MINUTE, 2 * MINUTE
ALSO = 2 * MINUTE
PRIORITY_STEP = 5 * MINUTE
FOREVER = 10**18
BLINK = 10_000
WARNING, IDLE, WRAP_UP, LINGER = 20 * MINUTE, 30 * MINUTE, 5 * MINUTE, 10 * MINUTE


class Refused(Exception):
    """A command that is refused; the argument is the code."""


@dataclass
class Visitor:
    """A conversation."""

    id: str
    queue: str
    joined: int
    score: float
    state: str = "waiting"
    away: bool = False
    owner: str | None = None
    guests: list[str] = field(default_factory=list)
    offered: str | None = None
    offer_until: int = 0
    to_queue: str | None = None
    to_till: int = 0
    to_staff: str | None = None
    from_queue: str | None = None  # where it was handed on from, once the owner is lost
    adrift: bool = False  # has lost its owner
    assigned: int = 0
    wrap_until: int = 0
    lang: str = "fi"
    also: tuple[str, ...] = ()
    also_at: int = 0
    weight: int = 1
    heavy: bool = False

    @property
    def stands_unled(self) -> bool:
        """Whether it waits with a guest for a new owner."""
        return self.to_queue is not None and self.to_till == FOREVER

    @property
    def units(self) -> int:
        """Places that it takes."""
        return self.weight * (2 if self.heavy else 1)


@dataclass
class Person:
    """A counsellor."""

    id: str
    capacity: int
    queues: tuple[str, ...]
    idle: int
    languages: tuple[str, ...] = ("fi",)
    state: str = "off"
    away: bool = False
    away_at: int = 0
    missed: int = 0
