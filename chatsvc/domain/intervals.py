"""Sets of instants as sorted tuples of half-open intervals: who is there when, and how many at once.

An interval is `(start_ms, end_ms)`, in ms since the epoch, and holds `start_ms` but not `end_ms`. An interval set is
*normal* when its intervals are sorted, not empty, and neither overlap nor touch. Every function that gives a set gives
a normal one.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

Interval = tuple[int, int]
IntervalSet = tuple[Interval, ...]  # normal, wherever this name is used


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of time, ms, with the one number that holds all through it."""

    start: int
    end: int
    count: int


def merge(intervals: Iterable[Interval]) -> IntervalSet:
    """The normal set of all instants that any of `intervals` holds.

    They may come in any order; empty and reversed ones hold nothing.
    """
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def union(*sets: IntervalSet) -> IntervalSet:
    """What is in any of the normal `sets`."""
    return merge(chain.from_iterable(sets))


def intersect(left: IntervalSet, right: IntervalSet) -> IntervalSet:
    """What is in both normal sets, in time linear in their lengths."""
    found: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            found.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def subtract(left: IntervalSet, right: IntervalSet) -> IntervalSet:
    """What is in the normal set `left` and not in the normal set `right`, in time linear in their lengths."""
    found: list[Interval] = []
    j = 0
    for start, end in left:
        while j < len(right) and right[j][1] <= start:
            j += 1
        k = j  # one hole may reach into the next interval too, so `j` stays
        while k < len(right) and right[k][0] < end:
            if start < right[k][0]:
                found.append((start, right[k][0]))
            start = right[k][1]
            k += 1
        if start < end:
            found.append((start, end))
    return tuple(found)


def clip(intervals: IntervalSet, start: int, end: int) -> IntervalSet:
    """The part of a normal set from `start` up to `end`."""
    return intersect(intervals, ((start, end),)) if start < end else ()


def interval_at(intervals: Sequence[Interval], instant: int) -> Interval | None:
    """The interval of a normal set that holds `instant`, in logarithmic time."""
    place = bisect_right(intervals, instant, key=_start) - 1
    return intervals[place] if place >= 0 and instant < intervals[place][1] else None


def holds(intervals: Sequence[Interval], instant: int) -> bool:
    """Whether a normal set holds `instant`, in logarithmic time."""
    return interval_at(intervals, instant) is not None


def next_start(intervals: Sequence[Interval], instant: int) -> int | None:
    """The first start in a normal set that is later than `instant`; None when there is none."""
    place = bisect_right(intervals, instant, key=_start)
    return intervals[place][0] if place < len(intervals) else None


def next_change(intervals: Sequence[Interval], instant: int) -> int | None:
    """The first edge, start or end, of a normal set that is later than `instant`; None when there is none."""
    current = interval_at(intervals, instant)
    return current[1] if current else next_start(intervals, instant)


def length(intervals: Iterable[Interval]) -> int:
    """How long the intervals of a normal set are together, ms."""
    return sum(end - start for start, end in intervals)


def counts(sets: Iterable[Iterable[Interval]], start: int, end: int) -> tuple[Step, ...]:
    """How many of the normal `sets` hold each instant from `start` up to `end`: the fewest steps, with no hole between.

    The time it takes is n log n in the number of intervals.
    """
    edges: dict[int, int] = {start: 0, end: 0}
    for first, last in chain.from_iterable(sets):
        if (first := max(first, start)) < (last := min(last, end)):
            edges[first] = edges.get(first, 0) + 1
            edges[last] = edges.get(last, 0) - 1
    return tuple(fewest(_running(edges))) if start < end else ()


def at_least(steps: Iterable[Step], least: int) -> IntervalSet:
    """The normal set of the instants at which `steps` count `least` or more."""
    return merge((step.start, step.end) for step in steps if step.count >= least)


def fewest(steps: Iterable[Step]) -> Iterator[Step]:
    """`steps`, in order, with neighbours that touch and have equal counts put together."""
    held: Step | None = None
    for step in steps:
        if held and held.count == step.count:
            held = Step(held.start, step.end, step.count)
            continue
        if held:
            yield held
        held = step
    if held:
        yield held


def slices(intervals: Iterable[Interval], length_ms: int, origin: int = 0) -> Iterator[Interval]:
    """The intervals, cut at every instant that is a multiple of `length_ms` after `origin`; in their order.

    Hours of a zone whose offset is whole hours, as Europe/Helsinki's, are `slices(…, 3_600_000)`.
    """
    for start, end in intervals:
        while start < end:
            cut = start - (start - origin) % length_ms + length_ms
            yield start, min(cut, end)
            start = cut


def _start(interval: Interval) -> int:
    return interval[0]


def _running(edges: dict[int, int]) -> Iterator[Step]:
    count = 0
    for (at, change), (following, _) in pairwise(sorted(edges.items())):
        count += change
        yield Step(at, following, count)
