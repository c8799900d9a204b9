"""The audit log: who did what to which record, each entry bound to the one before, so that no change goes unseen.

An entry's digest covers the digest before it (a hash chain). A chain alone can be made anew by whoever can write to it;
checkpoints, signed and kept elsewhere, can't.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from chatsvc.domain.hours import local_day
from chatsvc.domain.retention import Period

FORMAT = 1
CUT = "cut_audit_log"  # the entry that says in the log itself that it was cut
# Of months that entries are kept. The least: the privacy report counts openings of this month and twelve before it.
# The usual: for as long may anybody ask who has seen what, without a special reason (Act 703/2023, 11 §).
LEAST_MONTHS, USUAL_MONTHS, MOST_MONTHS = 13, 24, 1_200


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did, to which record. `at` is ms.

    `details` hold facts, and the reason that staff must write for some deeds; never what a visitor wrote.
    """

    at: int
    actor: str
    role: str
    action: str
    record: str = ""
    details: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A deed in the log of a site: number `seq` of it, from 1, after the entry with the digest `previous` (hex)."""

    site: str
    seq: int
    previous: str
    deed: Deed

    @property
    def digest(self) -> str:
        """SHA-256 over everything in the entry, in hex."""
        deed = self.deed
        parts = [
            FORMAT, self.site, self.seq, self.previous, deed.at, deed.actor, deed.role, deed.action, deed.record,
            sorted(deed.details.items()),
        ]  # fmt: skip
        return _sha256(json.dumps(parts, ensure_ascii=True, separators=(",", ":")))


class Head(NamedTuple):
    """How far a log goes: the number and the digest of its last entry."""

    seq: int
    digest: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A statement, signed and kept elsewhere, that entry `seq` of a site's log had this digest. `at` is ms."""

    site: str
    seq: int
    digest: str
    at: int
    signature: bytes = b""

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return json.dumps(["chatsvc checkpoint", FORMAT, self.site, self.seq, self.digest, self.at]).encode()


@dataclass(frozen=True, slots=True)
class Cut:
    """A statement, signed and kept elsewhere, that entries up to `seq` were removed by a rule of `months`.

    `digest` is that of the last entry removed; `at` is ms. It is written before anything is removed.
    """

    site: str
    seq: int
    digest: str
    at: int
    months: int
    signature: bytes = b""

    @property
    def signed(self) -> bytes:
        """What the signature is over; never the same as for a checkpoint."""
        return json.dumps(
            ["chatsvc cut", FORMAT, self.site, self.seq, self.digest, self.at, self.months]
        ).encode()


Statement = Checkpoint | Cut


class Statements(NamedTuple):
    """What is stated elsewhere of one site's log."""

    checkpoints: Sequence[Checkpoint] = ()
    cuts: Sequence[Cut] = ()


def beginning(site: str) -> Head:
    """The head of a log without entries."""
    return Head(0, _sha256(f"chatsvc audit log of {site}"))


def follow(head: Head, site: str, deed: Deed) -> Entry:
    """The entry that comes after `head`."""
    return Entry(site, head.seq + 1, head.digest, deed)


def is_over(deed: Deed, months: int, now: int, held: AbstractSet[str] = frozenset()) -> bool:
    """Whether the rule wants a deed's entry gone: its `months` have ended on a day before today, in Finland.

    A whole day each, so that a log is cut once a day at most. What is about one of the conversations `held` stays.
    """
    if not held.isdisjoint(deed.record.split("/")):
        return False
    return rule_is_over(deed.at, months, now)


def rule_is_over(at: int, months: int, now: int) -> bool:
    """Whether the `months` after an instant (ms) have ended on a day before that of `now` (ms), in Finland."""
    return local_day(Period(months).after(at)) < local_day(now)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
