"""A log that was cut by its rule: the cut is known for what it is, and every other change is found as before."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from chatsvc.domain.audit import (
    CUT,
    LEAST_MONTHS,
    USUAL_MONTHS,
    Checkpoint,
    Cut,
    Deed,
    Entry,
    Head,
    Statement,
    Statements,
    beginning,
    follow,
    is_over,
)
from chatsvc.domain.audit_verification import OVERDUE_MS, Fault, Verification, verify
from chatsvc.domain.retention import DAY_MS, Period

SITE, LENGTH = "kunta", 40
LATER = 10**12
TRIES = 1_000
AUTUMN = (
    1_793_400_000_000  # 2026-10-30 22:00 UTC: in Finland already the 31st, a day that not every month has
)


def ours(statement: Statement) -> bool:
    """Whether it was signed by us."""
    return statement.signature == b"ours"


@dataclass(frozen=True)
class Kept:
    """A log as the store has it, and what is kept of it elsewhere."""

    entries: tuple[Entry, ...]
    head: Head
    checkpoints: tuple[Checkpoint, ...]
    cuts: tuple[Cut, ...]

    def faults(self, settled: int = LATER) -> list[Fault]:
        """What a verification says."""
        statements = Statements(self.checkpoints, self.cuts)
        return verify(SITE, self.entries, self.head, statements, ours, settled)


def whole(length: int = LENGTH) -> Kept:
    """A log that nobody has cut, with a checkpoint for each entry."""
    entries: list[Entry] = []
    head = beginning(SITE)
    for number in range(length):
        entries.append(
            follow(head, SITE, Deed(1_000 * number, f"person{number % 3}", "supervisor", "putHours"))
        )
        head = Head(entries[-1].seq, entries[-1].digest)
    checkpoints = tuple(Checkpoint(SITE, one.seq, one.digest, one.deed.at, b"ours") for one in entries)
    return Kept(tuple(entries), head, checkpoints, ())


LONGEST = whole()


def cut_at(kept: Kept, *ends: int) -> Kept:
    """The log after cuts behind each of these entries, one later than the other."""
    digests = {one.seq: one.digest for one in LONGEST.entries}
    for end in ends:
        cut = Cut(SITE, end, digests[end], LATER - DAY_MS + end, 24, b"ours")
        said = follow(kept.head, SITE, Deed(end, "worker", "none", CUT, "", {"through": end}))
        left = (*(one for one in kept.entries if one.seq > end), said)
        checkpoint = Checkpoint(SITE, said.seq, said.digest, end, b"ours")
        kept = Kept(left, Head(said.seq, said.digest), (*kept.checkpoints, checkpoint), (*kept.cuts, cut))
    return kept


def laid(kept: Kept, entries: Sequence[Entry]) -> Kept:
    """Other entries in the store, with a head that fits."""
    last = entries[-1] if entries else None
    return replace(
        kept, entries=tuple(entries), head=Head(last.seq, last.digest) if last else beginning(SITE)
    )


def test_a_cut_log_has_no_faults() -> None:
    """Wherever it was cut, once or several times, with all checkpoints or without those of what is gone; and before
    anything of what a cut announces is removed."""
    for ends in ((1,), (20,), (LENGTH - 1,), (LENGTH,), (5, 20, 33)):
        kept = cut_at(LONGEST, *ends)
        assert kept.faults() == []
        rest = tuple(one for one in kept.checkpoints if one.seq > max(ends))
        assert replace(kept, checkpoints=rest).faults() == []
        announced = replace(cut_at(LONGEST, *ends[:-1]), cuts=kept.cuts)
        assert announced.faults(LATER - DAY_MS) == []


def test_a_log_that_begins_later_says_where_and_by_which_rule() -> None:
    """With the signed cut it is known for what it is; without it the log is truncated."""
    kept = cut_at(LONGEST, 12)
    verification = Verification(SITE, Statements(kept.checkpoints, kept.cuts), ours)
    verification.feed(kept.entries)
    assert verification.end(kept.head) == []
    assert verification.cut is not None
    assert (verification.first, verification.cut.seq, verification.cut.months) == (13, 12, 24)
    bare = replace(kept, cuts=()).faults()
    assert Fault(13, "truncated") in bare
    assert Fault(12, "missing") in bare


def test_what_was_announced_and_never_removed_is_a_fault_after_a_day() -> None:
    """So is an older state of the store that somebody has put back."""
    kept = cut_at(LONGEST, 12)
    back = replace(kept, entries=(*LONGEST.entries, kept.entries[-1]))
    assert back.faults(kept.cuts[0].at + OVERDUE_MS) == []
    assert back.faults(kept.cuts[0].at + OVERDUE_MS + 1) == [Fault(1, "not_removed")]


Change = Callable[[random.Random, Kept], Kept]


def _edit(chance: random.Random, kept: Kept) -> Kept:
    at = chance.randrange(len(kept.entries))
    changed = replace(kept.entries[at], deed=replace(kept.entries[at].deed, actor="somebody"))
    return laid(kept, [*kept.entries[:at], changed, *kept.entries[at + 1 :]])


def _delete(chance: random.Random, kept: Kept) -> Kept:
    at = chance.randrange(len(kept.entries))
    return laid(kept, [*kept.entries[:at], *kept.entries[at + 1 :]])


def _swap(chance: random.Random, kept: Kept) -> Kept:
    one, other = sorted(chance.sample(range(len(kept.entries)), 2))
    found = list(kept.entries)
    found[one], found[other] = found[other], found[one]
    return laid(kept, found)


def _behead(chance: random.Random, kept: Kept) -> Kept:
    """More goes from the beginning than the cut says."""
    return laid(kept, kept.entries[chance.randrange(1, len(kept.entries)) :])


def _truncate(chance: random.Random, kept: Kept) -> Kept:
    return laid(kept, kept.entries[: chance.randrange(len(kept.entries))])


def _double(chance: random.Random, kept: Kept) -> Kept:
    at = chance.randrange(len(kept.entries))
    return laid(kept, [*kept.entries[: at + 1], *kept.entries[at:]])


def _chain_anew(chance: random.Random, kept: Kept) -> Kept:
    """One entry is taken out behind the cut, and all that follow are made to fit."""
    at = chance.randrange(len(kept.entries))
    head, made = Head(kept.entries[0].seq - 1, kept.entries[0].previous), []
    for entry in (*kept.entries[:at], *kept.entries[at + 1 :]):
        made.append(follow(head, SITE, entry.deed))
        head = Head(made[-1].seq, made[-1].digest)
    return replace(laid(kept, made), head=head)


def _forge_a_cut(chance: random.Random, kept: Kept) -> Kept:
    """Somebody without the key removes more, and writes a cut that fits."""
    at = chance.randrange(1, len(kept.entries))
    last = kept.entries[at - 1]
    forged = Cut(SITE, last.seq, last.digest, LATER, 24, b"theirs")
    return replace(laid(kept, kept.entries[at:]), cuts=(*kept.cuts, forged))


def _move_the_cut(chance: random.Random, kept: Kept) -> Kept:
    """The number and digest of a real cut are changed to another place, the signature stays, as it can't be made."""
    at = chance.randrange(1, len(kept.entries))
    last, cut = kept.entries[at - 1], kept.cuts[-1]
    moved = replace(cut, seq=last.seq, digest=last.digest, signature=b"of something else")
    return replace(laid(kept, kept.entries[at:]), cuts=(*kept.cuts[:-1], moved))


def _replay_an_older_cut(_: random.Random, kept: Kept) -> Kept:
    """The present cut is taken away, and the one before it stays, or is written once more."""
    return replace(kept, cuts=(kept.cuts[0], kept.cuts[0]))


def _renumber_to_an_older_cut(_: random.Random, kept: Kept) -> Kept:
    """The log is made to begin where an older cut, which is real, ends."""
    older = kept.cuts[0]
    head, made = Head(older.seq, older.digest), []
    for entry in kept.entries:
        made.append(follow(head, SITE, entry.deed))
        head = Head(made[-1].seq, made[-1].digest)
    return replace(laid(kept, made), cuts=(older,))


def _drop_the_cuts(_: random.Random, kept: Kept) -> Kept:
    return replace(kept, cuts=())


def _drop_checkpoints_and_the_end(chance: random.Random, kept: Kept) -> Kept:
    """The last entries go, from the store and from the file of checkpoints; a copy of some of these is elsewhere."""
    shorter = _truncate(chance, kept)
    return replace(shorter, checkpoints=kept.checkpoints[:: chance.randrange(1, 4)] + kept.checkpoints[-1:])


def _drop_checkpoints_and_edit(chance: random.Random, kept: Kept) -> Kept:
    """All checkpoints behind the cut are taken away, and what they covered is made anew."""
    return replace(_chain_anew(chance, kept), checkpoints=())


def _empty(chance: random.Random, kept: Kept) -> Kept:
    """Nothing is left, of the checkpoints neither; only the cuts, which can't be made. The head may fit the last."""
    last = kept.cuts[-1]
    head = chance.choice([beginning(SITE), Head(last.seq, last.digest)])
    return Kept((), head, (), kept.cuts)


def _end_at_the_cut(chance: random.Random, kept: Kept) -> Kept:
    """The log ends a little behind the cut, before what says so in it; the checkpoints of the rest are gone too."""
    most = next(at for at, one in enumerate(kept.entries) if one.deed.action == CUT)
    left = kept.entries[: chance.randrange(1, most)]
    checkpoints = tuple(one for one in kept.checkpoints if one.seq <= left[-1].seq)
    return replace(laid(kept, left), checkpoints=checkpoints)


def _back_date(chance: random.Random, kept: Kept) -> Kept:
    """All is made anew with times long ago, what is young too, and one entry more at least; then a worker that has
    only the checkpoints of its own cuts, and finds the chain whole, removes all of it behind a real cut."""
    now, deed = LATER - DAY_MS, kept.entries[0].deed
    head, checkpoints = kept.head, list(kept.checkpoints)
    for _ in range(chance.randrange(1, 5)):
        young = follow(
            head, SITE, replace(deed, at=now - chance.randrange(600) * DAY_MS, action="openTranscript")
        )
        head = Head(young.seq, young.digest)
        checkpoints.append(Checkpoint(SITE, young.seq, young.digest, young.deed.at, b"ours"))
    last = Head(kept.entries[0].seq - 1, kept.entries[0].previous)
    for seq in range(kept.entries[0].seq, head.seq + chance.randrange(2, 5)):
        forged = follow(last, SITE, replace(deed, at=now - 900 * DAY_MS + seq))
        last = Head(forged.seq, forged.digest)
    cut = Cut(SITE, last.seq, last.digest, now, 24, b"ours")
    details: dict[str, str | int | bool] = {"through": last.seq, "digest": last.digest, "months": 24}
    said = follow(last, SITE, Deed(now, "worker", "none", CUT, "", details))
    checkpoints.append(Checkpoint(SITE, said.seq, said.digest, now, b"ours"))
    return replace(laid(kept, [said]), checkpoints=tuple(checkpoints), cuts=(*kept.cuts, cut))


CHANGES: tuple[Change, ...] = (
    _edit, _delete, _swap, _behead, _truncate, _double, _chain_anew, _forge_a_cut, _move_the_cut,
    _replay_an_older_cut, _renumber_to_an_older_cut, _drop_the_cuts, _drop_checkpoints_and_the_end,
    _drop_checkpoints_and_edit, _empty, _end_at_the_cut, _back_date,
)  # fmt: skip


def test_a_thousand_mutations_of_cut_logs_are_found() -> None:
    """Of a log that was cut twice, and has grown on: each way of touching it, at random places."""
    chance = random.Random(20_261_122)
    for number in range(TRIES):
        earlier = chance.randrange(1, 20)
        kept = cut_at(LONGEST, earlier, chance.randrange(earlier + 1, LENGTH - 3))
        assert kept.faults() == []
        change = CHANGES[number % len(CHANGES)]
        changed = change(chance, kept)
        assert changed != kept
        assert changed.faults(), f"{change.__name__}, mutation {number}"


@pytest.mark.parametrize("months", [1, LEAST_MONTHS, USUAL_MONTHS])
def test_what_is_removed_early_is_named_with_its_times(months: int) -> None:
    """To the day, by the checkpoint's own time; a cut that says a shorter rule than there is counts as the shortest."""
    over = Period(max(months, LEAST_MONTHS)).after(AUTUMN)
    entry = follow(beginning(SITE), SITE, Deed(0, "saana", "supervisor", "openTranscript"))
    checkpoint = Checkpoint(SITE, 1, entry.digest, AUTUMN, b"ours")
    for now, early in ((over, True), (over + DAY_MS, False)):
        cut = Cut(SITE, 1, entry.digest, now, months, b"ours")
        details: dict[str, str | int | bool] = {"through": 1, "months": months}
        said = follow(Head(1, entry.digest), SITE, Deed(now, "worker", "none", CUT, "", details))
        found = verify(SITE, [said], Head(2, said.digest), Statements([checkpoint], [cut]), ours, now)
        assert found == ([Fault(1, "early", AUTUMN, now)] if early else [])
    assert Fault(1, "early", AUTUMN, AUTUMN + DAY_MS).what == (
        "removed before its time: written 2026-10-30T22:40:00+00:00, removed 2026-10-31T22:40:00+00:00"
    )


def test_with_the_key_a_cut_can_be_forged() -> None:
    """So it is the signature that finds it, and the entry that the log has of a cut; with both it is a cut."""
    kept = _forge_a_cut(random.Random(1), cut_at(LONGEST, 5))
    assert kept.faults()
    signed = replace(kept, cuts=tuple(replace(one, signature=b"ours") for one in kept.cuts))
    end = signed.cuts[-1].seq
    assert signed.faults() == [Fault(end + 1, "cut_not_entered")]
    said = follow(kept.head, SITE, Deed(end, "worker", "none", CUT, "", {"through": end}))
    checkpoint = Checkpoint(SITE, said.seq, said.digest, end, b"ours")
    all_of_it = replace(laid(signed, (*signed.entries, said)), checkpoints=(*signed.checkpoints, checkpoint))
    assert all_of_it.faults() == []


def test_a_cut_is_never_signed_as_a_checkpoint() -> None:
    """What one signature is over can't be shown as the other."""
    texts = {Cut(SITE, 5, "ab", 7, months).signed for months in (13, 24)}
    assert len(texts | {Checkpoint(SITE, 5, "ab", 7).signed}) == 3


@pytest.mark.parametrize("months", [LEAST_MONTHS, USUAL_MONTHS])
def test_an_entry_goes_on_the_day_after_its_time_is_over(months: int) -> None:
    """Not a moment before its months have ended, by the calendar, and at most a day later."""
    deed = Deed(AUTUMN, "saana", "supervisor", "putHours")
    over = Period(months).after(AUTUMN)
    for early in (AUTUMN, over - DAY_MS, over, over + 3_600_000):
        assert not is_over(deed, months, early)
    assert is_over(deed, months, over + DAY_MS)
    assert is_over(replace(deed, at=AUTUMN - 1), months, over + DAY_MS)


@pytest.mark.parametrize("record", ["abc1", "sites/kunta/conversations/abc1/hold/ask"])
def test_what_is_about_a_held_conversation_stays(record: str) -> None:
    """By its number alone or in the name of an operation; nothing else is kept by the hold."""
    deed = Deed(0, "saana", "supervisor", "openTranscript", record)
    assert is_over(deed, USUAL_MONTHS, AUTUMN)
    assert is_over(deed, USUAL_MONTHS, AUTUMN, {"abc", "abc12"})
    assert not is_over(deed, USUAL_MONTHS, AUTUMN, {"abc1"})
