"""The audit log: who did what to which record, each entry bound to the one before, so that no change goes unseen.

An entry's digest covers the digest before it (a hash chain). A chain alone can be made anew by whoever can write to it;
checkpoints, signed and kept elsewhere, can't.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

FORMAT = 1


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


class Fault(NamedTuple):
    """Something that is wrong with a log, at entry `seq`."""

    seq: int
    what: str


def beginning(site: str) -> Head:
    """The head of a log without entries."""
    return Head(0, _sha256(f"chatsvc audit log of {site}"))


def follow(head: Head, site: str, deed: Deed) -> Entry:
    """The entry that comes after `head`."""
    return Entry(site, head.seq + 1, head.digest, deed)


def verify(
    site: str,
    entries: Sequence[Entry],
    head: Head,
    checkpoints: Sequence[Checkpoint],
    genuine: Callable[[Checkpoint], bool],
    settled: int,
) -> list[Fault]:
    """Everything that is wrong with a site's log; empty when it is whole.

    `entries` are in the order in which they are kept, `head` is what the store says of the last one. Where there are
    checkpoints, entries from before `settled` (ms) must be covered by one.
    """
    faults = set(_breaks(site, entries))
    last = Head(entries[-1].seq, entries[-1].digest) if entries else beginning(site)
    if last != head:
        faults.add(Fault(head.seq, f"the log ends with entry {last.seq}; its head says {head.seq}"))
    digests = {entry.seq: entry.digest for entry in entries}
    for checkpoint in checkpoints:
        if checkpoint.site != site or not genuine(checkpoint):
            faults.add(Fault(checkpoint.seq, "a checkpoint whose signature is not ours"))
        elif checkpoint.seq not in digests:
            faults.add(Fault(checkpoint.seq, "a checkpoint has this entry; the log does not"))
        elif digests[checkpoint.seq] != checkpoint.digest:
            faults.add(Fault(checkpoint.seq, "another entry than the one that a checkpoint has"))
    covered = max((checkpoint.seq for checkpoint in checkpoints), default=last.seq)
    faults |= {
        Fault(entry.seq, "no checkpoint covers it")
        for entry in entries
        if entry.seq > covered and entry.deed.at < settled
    }
    return sorted(faults)


def _breaks(site: str, entries: Sequence[Entry]) -> Iterable[Fault]:
    expected = beginning(site)
    for entry in entries:
        if entry.site != site:
            yield Fault(entry.seq, f"an entry of another site, {entry.site}")
        if entry.seq != expected.seq + 1:
            yield Fault(entry.seq, f"entry {expected.seq + 1} should be here")
        elif entry.previous != expected.digest:
            yield Fault(entry.seq, "does not follow from the entry before it")
        expected = Head(entry.seq, entry.digest)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
