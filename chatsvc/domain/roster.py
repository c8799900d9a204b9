"""The roster: who is planned where at each instant, from shifts, absences and approved swaps.

Computed once per change; questions are then look-ups. All times are ms since the epoch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chatsvc.domain.intervals import (
    Interval,
    IntervalSet,
    clip,
    holds,
    interval_at,
    merge,
    next_start,
    subtract,
    union,
)
from chatsvc.domain.shifts import Absence, ShiftId, wall_ms
from chatsvc.domain.sites import QueueKey, SiteId, StaffId
from chatsvc.domain.swaps import OccurrenceKey, Swap, SwapId, in_force


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of a shift, or the part of it that absences leave."""

    shift: ShiftId
    of: datetime  # the local start that the rule gives: with the shift it names the occurrence for good
    site: SiteId
    staff: StaffId
    queues: tuple[QueueKey, ...]
    start: int
    end: int

    @property
    def key(self) -> OccurrenceKey:
        return self.shift, self.of


@dataclass(frozen=True, slots=True)
class Overlap:
    """One person planned twice at once."""

    staff: StaffId
    first: Occurrence
    second: Occurrence

    @property
    def interval(self) -> Interval:
        return self.second.start, min(self.first.end, self.second.end)


@dataclass(frozen=True, slots=True)
class OutsideHours:
    """Planned time in a queue that isn't open then: work that no visitor can reach."""

    occurrence: Occurrence
    queue: QueueKey
    intervals: IntervalSet


@dataclass(frozen=True, slots=True)
class Roster:
    """The plan between two instants; make it with `planned`."""

    known: Interval
    occurrences: tuple[Occurrence, ...]  # after swaps and absences, by start
    by_queue: Mapping[QueueKey, Mapping[StaffId, IntervalSet]]
    by_staff: Mapping[StaffId, IntervalSet]
    void: tuple[SwapId, ...] = ()  # approved swaps whose occurrence isn't the giver's any more, or is gone

    def intervals(self, staff: StaffId, queue: QueueKey | None = None) -> IntervalSet:
        """When a person is planned, in one queue or in any."""
        if queue is None:
            return self.by_staff.get(staff, ())
        return self.by_queue.get(queue, {}).get(staff, ())

    def staffed(self, queue: QueueKey) -> IntervalSet:
        """When anybody is planned in a queue."""
        return union(*self.by_queue.get(queue, {}).values())

    def on_shift(self, now: int, queue: QueueKey | None = None) -> frozenset[StaffId]:
        """Who is planned at an instant, in one queue or in any."""
        people = self.by_staff if queue is None else self.by_queue.get(queue, {})
        return frozenset(person for person, intervals in people.items() if holds(intervals, now))

    def ends_at(self, staff: StaffId, now: int) -> int | None:
        """When the person's present shift ends, those that follow without a break included; None when not on shift."""
        found = interval_at(self.intervals(staff), now)
        return found[1] if found else None

    def starts_at(self, staff: StaffId, now: int) -> int | None:
        """When the person's next shift starts, later than `now`; None when none is known."""
        return next_start(self.intervals(staff), now)


def planned(
    occurrences: Iterable[Occurrence],
    absences: Iterable[Absence] = (),
    swaps: Iterable[Swap] = (),
    *,
    start: int,
    end: int,
) -> Roster:
    """The roster from `start` up to `end`: occurrences, with approved swaps, without what falls into absences.

    A swap is applied whole or, when it can't be any more, not at all. An absence counts for whoever has the
    occurrence after swaps. `occurrences` may reach beyond the window; to be swapped both sides must be among them.
    """
    swapped, void = _swapped(occurrences, swaps)
    away = _away(absences)
    pieces = [
        replace(occurrence, start=piece[0], end=piece[1])
        for occurrence in swapped
        for piece in _present(occurrence, away, start, end)
    ]
    pieces.sort(key=_order)
    by_queue, by_staff = _grouped(pieces)
    return Roster((start, end), tuple(pieces), by_queue, by_staff, void)


def overlaps(occurrences: Iterable[Occurrence]) -> tuple[Overlap, ...]:
    """Every occurrence that begins while the same person has another one, each once; in order of time.

    Give it all occurrences of a person, of every site, after swaps: those of a `Roster`.
    """
    found: list[Overlap] = []
    longest: dict[StaffId, Occurrence] = {}  # of each person, the one that ends last so far
    for occurrence in sorted(occurrences, key=_order):
        before = longest.get(occurrence.staff)
        if before and occurrence.start < before.end and occurrence.start < occurrence.end:
            found.append(Overlap(occurrence.staff, before, occurrence))
        if not before or before.end < occurrence.end:
            longest[occurrence.staff] = occurrence
    return tuple(found)


def outside_hours(
    occurrences: Iterable[Occurrence], hours: Mapping[QueueKey, IntervalSet]
) -> tuple[OutsideHours, ...]:
    """Planned time outside the queue's hours: worth a warning, not a refusal. A queue without hours has none."""
    return tuple(
        OutsideHours(occurrence, queue, rest)
        for occurrence in occurrences
        for queue in occurrence.queues
        if queue in hours and (rest := subtract(((occurrence.start, occurrence.end),), hours[queue]))
    )


def _order(occurrence: Occurrence) -> tuple[int, int, ShiftId, datetime]:
    return occurrence.start, occurrence.end, occurrence.shift, occurrence.of


def _swapped(
    occurrences: Iterable[Occurrence], swaps: Iterable[Swap]
) -> tuple[list[Occurrence], tuple[SwapId, ...]]:
    present = {occurrence.key: occurrence for occurrence in occurrences}
    void: list[SwapId] = []
    for swap in in_force(swaps):
        given = present.get(swap.gives)
        taken = present.get(swap.takes) if swap.takes else None
        possible = given and given.staff == swap.asker
        if swap.takes:
            possible = possible and taken and taken.staff == swap.colleague
        if not (given and possible):
            void.append(swap.id)
            continue
        present[given.key] = replace(given, staff=swap.colleague)
        if taken:
            present[taken.key] = replace(taken, staff=swap.asker)
    return list(present.values()), tuple(void)


def _away(absences: Iterable[Absence]) -> dict[StaffId, IntervalSet]:
    away: dict[StaffId, list[Interval]] = {}
    for absence in absences:
        away.setdefault(absence.staff, []).append((wall_ms(absence.start), wall_ms(absence.end)))
    return {person: merge(intervals) for person, intervals in away.items()}


def _present(
    occurrence: Occurrence, away: Mapping[StaffId, IntervalSet], start: int, end: int
) -> IntervalSet:
    whole = clip(((occurrence.start, occurrence.end),), start, end)
    return subtract(whole, away.get(occurrence.staff, ()))


def _grouped(
    pieces: Iterable[Occurrence],
) -> tuple[dict[QueueKey, dict[StaffId, IntervalSet]], dict[StaffId, IntervalSet]]:
    by_queue: dict[QueueKey, dict[StaffId, list[Interval]]] = {}
    by_staff: dict[StaffId, list[Interval]] = {}
    for piece in pieces:
        by_staff.setdefault(piece.staff, []).append((piece.start, piece.end))
        for queue in piece.queues:
            by_queue.setdefault(queue, {}).setdefault(piece.staff, []).append((piece.start, piece.end))
    return (
        {queue: {one: merge(some) for one, some in people.items()} for queue, people in by_queue.items()},
        {person: merge(intervals) for person, intervals in by_staff.items()},
    )
