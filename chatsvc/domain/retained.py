"""What the store remembers for the retention rules: what of a conversation is gone, what is held, what stands there."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from chatsvc.domain.records import Conversation, LogEntry
from chatsvc.domain.retention import Kind

TOMBSTONE_MONTHS = 12  # so long it can be shown that, when and by which rule a conversation was erased


class Gone(NamedTuple):
    """A kind that goes, by which rule ("" for none) of which version (0 for none)."""

    kind: Kind
    rule: str
    version: int


class Went(NamedTuple):
    """When a kind went (ms), and by which rule of which version."""

    at: int
    rule: str
    version: int


@dataclass(slots=True, kw_only=True)
class Kept:
    """What of a conversation is gone; when its last message was, its visitor wished it erased, it was redacted (ms)."""

    gone: dict[str, Went] = field(default_factory=dict)
    last: int | None = None
    wish: int | None = None
    redacted: int | None = None


@dataclass(slots=True, kw_only=True)
class Held:
    """A legal hold: who asked for it and who confirmed it, when (ms) and why; the same of its release."""

    reason: str
    asked_by: str
    asked_at: int
    confirmed_by: str | None = None
    confirmed_at: int | None = None
    release_reason: str | None = None
    release_asked_by: str | None = None
    release_asked_at: int | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing may be erased: two people want it so."""
        return self.confirmed_at is not None


@dataclass(slots=True, kw_only=True)
class Tombstone:
    """That a conversation of a site was there, and what of it went when by which rule. Nothing of what it said."""

    site: str
    ended: int
    erased: int
    gone: dict[str, Went]


@dataclass(slots=True)
class Rewritten:
    """What takes the place of a conversation's texts when they are redacted, all of it sealed: by log, by name."""

    logs: dict[Literal["talk", "staff"], list[LogEntry]]
    intake: dict[str, bytes]


@dataclass(slots=True, kw_only=True)
class Look:
    """A conversation as retention finds it; `due` is the time that was set for looking at it (ms).

    Of one that is `undecodable` nothing else is known, and nothing may be done with it.
    """

    id: str
    record: Conversation | None
    retired: bool
    kept: Kept
    hold: Held | None
    buried: bool
    due: int | None
    undecodable: bool = False
