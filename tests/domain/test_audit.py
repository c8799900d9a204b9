"""The audit log's chain: whatever is changed, taken away, moved or cut is found."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from chatsvc.domain.audit import (
    Checkpoint,
    Cut,
    Deed,
    Entry,
    Head,
    Statement,
    Statements,
    beginning,
    follow,
)
from chatsvc.domain.audit_verification import Fault
from chatsvc.domain.audit_verification import verify as verify_statements

NOW = 1_000_000
ACTIONS = ("sign_in", "putHours", "postShift", "open_transcript")


def log_of(length: int, site: str = "kunta") -> tuple[list[Entry], list[Checkpoint]]:
    """A log with a checkpoint for each entry."""
    entries: list[Entry] = []
    checkpoints: list[Checkpoint] = []
    head = beginning(site)
    for number in range(length):
        deed = Deed(
            1_000 * number, f"person{number % 3}", "supervisor", ACTIONS[number % 4], f"record{number}",
            {"queue": "paihde", "count": number},
        )  # fmt: skip
        entry = follow(head, site, deed)
        head = Head(entry.seq, entry.digest)
        entries.append(entry)
        checkpoints.append(Checkpoint(site, entry.seq, entry.digest, deed.at, b"ours"))
    return entries, checkpoints


def ours(statement: Statement) -> bool:
    """Whether it was signed by us."""
    return statement.signature == b"ours"


def verify(
    site: str,
    entries: Sequence[Entry],
    head: Head,
    checkpoints: Sequence[Checkpoint],
    genuine: Callable[[Statement], bool],
    settled: int,
    cuts: Sequence[Cut] = (),
) -> list[Fault]:
    """What is wrong with a log of which these checkpoints and cuts are kept."""
    return verify_statements(site, entries, head, Statements(checkpoints, cuts), genuine, settled)


def head_of(entries: list[Entry]) -> Head:
    """What the store would say of the last entry."""
    return Head(entries[-1].seq, entries[-1].digest) if entries else beginning("kunta")


def test_a_whole_log_has_no_faults() -> None:
    """However long, with all checkpoints, some, or none."""
    for length in (0, 1, 2, 60):
        entries, checkpoints = log_of(length)
        for kept in (checkpoints, checkpoints[::3] + checkpoints[-1:], []):
            assert verify("kunta", entries, head_of(entries), kept, ours, NOW) == []


def test_every_part_of_an_entry_is_covered() -> None:
    """Two entries that differ in anything have different digests, also where parts could run together."""
    deed = Deed(5, "ab", "c", "d", "e", {"f": "g", "h": 1})
    entry = Entry("s", 1, "p", deed)
    others = [
        replace(entry, site="t"), replace(entry, seq=2), replace(entry, previous="q"),
        *(
            replace(entry, deed=changed)
            for changed in (
                replace(deed, at=6), replace(deed, actor="a", role="bc"), replace(deed, role="x"),
                replace(deed, action="x"), replace(deed, record="x"), replace(deed, details={"f": "g"}),
                replace(deed, details={"f": "g", "h": "1"}), replace(deed, details={"f": "gh", "": 1}),
            )
        ),
    ]  # fmt: skip
    digests = {one.digest for one in (entry, *others)}
    assert len(digests) == 1 + len(others)
    assert replace(deed, details={"h": 1, "f": "g"}) == deed
    assert Entry("s", 1, "p", replace(deed, details={"h": 1, "f": "g"})).digest == entry.digest


def _edit(chance: random.Random, entries: list[Entry]) -> list[Entry]:
    at = chance.randrange(len(entries))
    deed = entries[at].deed
    changed = chance.choice(
        [
            replace(deed, at=deed.at + 1), replace(deed, actor=deed.actor + "x"), replace(deed, record="other"),
            replace(deed, action="nothing"), replace(deed, details={}),
        ]
    )  # fmt: skip
    return [*entries[:at], replace(entries[at], deed=changed), *entries[at + 1 :]]


def _delete(chance: random.Random, entries: list[Entry]) -> list[Entry]:
    at = chance.randrange(len(entries))
    return entries[:at] + entries[at + 1 :]


def _swap(chance: random.Random, entries: list[Entry]) -> list[Entry]:
    one, other = sorted(chance.sample(range(len(entries)), 2))
    found = list(entries)
    found[one], found[other] = found[other], found[one]
    return found


def _cut(chance: random.Random, entries: list[Entry]) -> list[Entry]:
    return entries[: chance.randrange(len(entries))]


def _double(chance: random.Random, entries: list[Entry]) -> list[Entry]:
    at = chance.randrange(len(entries))
    return [*entries[: at + 1], *entries[at:]]


MUTATIONS: tuple[Callable[[random.Random, list[Entry]], list[Entry]], ...] = (
    _edit,
    _delete,
    _swap,
    _cut,
    _double,
)


def chained_anew(entries: list[Entry]) -> list[Entry]:
    """What somebody does who can write to the store and knows the format: all digests right again."""
    head, found = beginning("kunta"), []
    for entry in entries:
        made = follow(head, "kunta", entry.deed)
        head = Head(made.seq, made.digest)
        found.append(made)
    return found


@pytest.mark.parametrize("forged", [False, True])
def test_a_thousand_mutations_are_found(forged: bool) -> None:
    """An edit, a deletion, a new order, a cut or a doubled entry; also when chain and head are made anew to fit."""
    chance = random.Random(20_261_122)
    longest = log_of(40)
    for number in range(1_000):
        length = chance.randrange(2, 40)
        entries, checkpoints = longest[0][:length], longest[1][:length]
        changed = MUTATIONS[number % len(MUTATIONS)](chance, entries)
        if forged:
            changed = chained_anew(changed)
        assert verify("kunta", changed, head_of(changed), checkpoints, ours, NOW), f"mutation {number}"


def test_without_checkpoints_a_forged_chain_is_not_found() -> None:
    """So it is the checkpoints that find it; and the head alone finds a cut that leaves it as it was."""
    entries, _ = log_of(9)
    forged = chained_anew(entries[:4])
    assert verify("kunta", forged, head_of(forged), [], ours, NOW) == []
    assert verify("kunta", entries[:4], head_of(entries), [], ours, NOW)


def test_what_no_checkpoint_covers_is_a_fault_after_a_while() -> None:
    """An entry added behind the last checkpoint; one of this moment may get its checkpoint yet."""
    entries, checkpoints = log_of(9)
    at = entries[7].deed.at
    found = verify("kunta", entries, head_of(entries), checkpoints[:6], ours, at + 1)
    assert [fault.seq for fault in found] == [7, 8]
    assert verify("kunta", entries, head_of(entries), checkpoints[:8], ours, at) == []


def test_a_checkpoint_of_somebody_else_is_a_fault() -> None:
    """A signature that is not ours, or a checkpoint of another site."""
    entries, checkpoints = log_of(3)
    for wrong in (replace(checkpoints[1], signature=b"theirs"), replace(checkpoints[1], site="toinen")):
        (fault,) = verify(
            "kunta", entries, head_of(entries), [checkpoints[0], wrong, checkpoints[2]], ours, NOW
        )
        assert fault.seq == 2
