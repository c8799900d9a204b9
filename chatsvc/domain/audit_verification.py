"""Holding an audit log against what is signed of it elsewhere, page by page: whatever is wrong is found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from chatsvc.domain.audit import (
    CUT,
    LEAST_MONTHS,
    MOST_MONTHS,
    Checkpoint,
    Cut,
    Entry,
    Head,
    Statement,
    Statements,
    beginning,
    rule_is_over,
)
from chatsvc.domain.retention import DAY_MS

OVERDUE_MS = (
    86_400_000  # what a cut has announced is removed within moments, or when the worker is there again
)

FaultKind = Literal[
    "broken", "changed", "cut_not_entered", "early", "forged", "gap", "head", "missing", "not_removed", "other_site",
    "truncated", "uncovered",
]  # fmt: skip
_WHAT: Mapping[FaultKind, str] = {
    "broken": "does not follow from the entry before it",
    "changed": "another entry than the one that a checkpoint or cut has",
    "cut_not_entered": "a signed cut ends before this entry, and no entry of the log says so",
    "early": "removed before its time",
    "forged": "a checkpoint or cut whose signature is not ours",
    "gap": "another entry should be here",
    "head": "is not where the head says that the log ends",
    "missing": "a checkpoint or cut has this entry; the log does not",
    "not_removed": "was to be removed: a signed cut says so, and it is here",
    "other_site": "an entry of another site",
    "truncated": "the log begins here, and no signed cut says why",
    "uncovered": "no checkpoint covers it",
}


class Fault(NamedTuple):
    """Something that is wrong with a log, at entry `seq`.

    Of what was removed early: when it was written, as its checkpoint says, and when it was removed (ms).
    """

    seq: int
    kind: FaultKind
    written: int = 0
    removed: int = 0

    @property
    def what(self) -> str:
        """The same in words."""
        if self.kind != "early":
            return _WHAT[self.kind]
        return f"{_WHAT[self.kind]}: written {_time(self.written)}, removed {_time(self.removed)}"


@dataclass(slots=True)
class Verification:
    """One pass over a site's log, entry by entry in the order in which they are kept.

    Where anything is stated, entries from before `settled` (ms) must be covered by a checkpoint.
    """

    site: str
    statements: Statements
    genuine: Callable[[Statement], bool]
    settled: int = 0
    faults: set[Fault] = field(default_factory=set)
    number: int = 0
    first: int = 0  # number of the first entry
    covered: int = 0  # the last entry that a statement of ours has
    cut: Cut | None = None  # where the log begins, if not at its beginning
    _last: Head | None = None
    _unmet: dict[int, set[str]] = field(default_factory=dict)  # digests that are stated, by number
    _cuts: dict[int, Cut] = field(default_factory=dict)
    _checkpoints: list[Checkpoint] = field(default_factory=list)  # of ours
    _entered: dict[object, Cut] = field(default_factory=dict)  # what the log itself says of cuts

    def __post_init__(self) -> None:
        """Sort out what is not signed by us."""
        stated: list[Statement] = [*self.statements.checkpoints, *self.statements.cuts]
        for one in stated:
            if one.site != self.site or not self.genuine(one):
                self.faults.add(Fault(one.seq, "forged"))
                continue
            self.covered = max(self.covered, one.seq)
            self._unmet.setdefault(one.seq, set()).add(one.digest)
            if isinstance(one, Cut):
                self._cuts[one.seq] = one
            else:
                self._checkpoints.append(one)

    def feed(self, entries: Iterable[Entry]) -> None:
        """The next entries of the log."""
        for entry in entries:
            if self._last is None:
                self._begin(entry.seq, entry.previous)
            self._chain(entry)
            self._hold_against(entry)
            if entry.deed.action == CUT:
                said = _said(entry)
                self._entered.setdefault(said.seq, said)
            self.number += 1

    def end(self, head: Head) -> list[Fault]:
        """Everything that is wrong, now that all entries are known; `head` is what the store says of the last."""
        if self._last is None and head.seq:
            self._begin(head.seq + 1, head.digest)
        if (self._last or beginning(self.site)) != head:
            self.faults.add(Fault(head.seq, "head"))
        self.faults |= {Fault(seq, "missing") for seq in self._unmet}
        if self.cut and self.cut_entered_at(self.cut.seq) is None:  # written in one step with the removal
            self.faults.add(Fault(self.cut.seq + 1, "cut_not_entered"))
        if self._last:
            self._look_for_leftovers()
        return sorted(self.faults)

    def cut_entered_at(self, seq: int) -> Cut | None:
        """What the log itself says of a cut there, unsigned: no proof, but where to look for one."""
        return self._entered.get(seq)

    def removed_early(self, cut: Cut) -> set[Fault]:
        """Entries that a cut has removed before their months had ended at its own time, as our checkpoints say.

        Their own times say nothing: whoever made the chain anew has chosen them. No rule keeps less than
        `LEAST_MONTHS`, whatever a cut says.
        """
        months = min(max(cut.months, LEAST_MONTHS), MOST_MONTHS)
        over = cut.at - (31 * months + 2) * DAY_MS  # surely, so that only what is near it costs a calendar
        return {
            Fault(one.seq, "early", one.at, cut.at)
            for one in self._checkpoints
            if one.seq <= cut.seq and one.at > over and not rule_is_over(one.at, months, cut.at)
        }

    def _begin(self, seq: int, previous: str) -> None:
        """The log begins with entry `seq`: at its beginning, or where a signed cut says."""
        self.first = seq
        before = Head(seq - 1, previous)
        self._last = before
        if seq == 1:
            self._last = beginning(self.site)
            return
        cut = self._cuts.get(before.seq)
        if cut is None:
            self.faults.add(Fault(seq, "truncated"))
            return
        self.cut, self._last = cut, Head(cut.seq, cut.digest)
        if self._unmet[cut.seq] != {cut.digest}:
            self.faults.add(Fault(cut.seq, "changed"))
        self.faults |= self.removed_early(cut)
        self._unmet = {at: digests for at, digests in self._unmet.items() if at > cut.seq}

    def _chain(self, entry: Entry) -> None:
        assert self._last is not None
        if entry.site != self.site:
            self.faults.add(Fault(entry.seq, "other_site"))
        if entry.seq != self._last.seq + 1:
            self.faults.add(Fault(entry.seq, "gap"))
        elif entry.previous != self._last.digest:
            self.faults.add(Fault(entry.seq, "broken"))
        self._last = Head(entry.seq, entry.digest)

    def _hold_against(self, entry: Entry) -> None:
        assert self._last is not None
        if self._unmet.pop(entry.seq, {self._last.digest}) != {self._last.digest}:
            self.faults.add(Fault(entry.seq, "changed"))
        if self.covered and entry.seq > self.covered and entry.deed.at < self.settled:
            self.faults.add(Fault(entry.seq, "uncovered"))

    def _look_for_leftovers(self) -> None:
        for cut in self._cuts.values():
            if cut.seq >= self.first and cut.at < self.settled - OVERDUE_MS:
                self.faults.add(Fault(self.first, "not_removed"))


def _said(entry: Entry) -> Cut:
    """The cut of which an entry speaks; 0 for what it does not say."""
    through, months = (entry.deed.details.get(name) for name in ("through", "months"))
    return Cut(
        entry.site,
        through if isinstance(through, int) else 0,
        "",
        entry.deed.at,
        months if isinstance(months, int) else 0,
    )


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def verify(
    site: str,
    entries: Sequence[Entry],
    head: Head,
    statements: Statements,
    genuine: Callable[[Statement], bool],
    settled: int,
) -> list[Fault]:
    """Everything that is wrong with a site's log; empty when it is whole."""
    verification = Verification(site, statements, genuine, settled)
    verification.feed(entries)
    return verification.end(head)
