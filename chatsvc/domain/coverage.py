"""Coverage: how many are planned in each queue and hour, beside how many there must be at least."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from chatsvc.domain.intervals import IntervalSet, Step, clip, counts, fewest, holds, slices
from chatsvc.domain.roster import Roster
from chatsvc.domain.sites import QueueKey, StaffId

HOUR_MS = 3_600_000  # hours of Finland begin with those of UTC: its offset is whole hours


@dataclass(frozen=True, slots=True)
class Minimum:
    """How many must be planned in a queue, at least, at the instants of a normal interval set."""

    queue: QueueKey
    least: int
    intervals: IntervalSet


@dataclass(frozen=True, slots=True)
class Cover:
    """A stretch within one hour, ms, in which a queue's planned and required numbers stay the same."""

    queue: QueueKey
    start: int
    end: int
    required: int
    planned: int

    @property
    def missing(self) -> int:
        return max(0, self.required - self.planned)


def coverage(roster: Roster, minima: Iterable[Minimum], start: int, end: int) -> tuple[Cover, ...]:
    """Planned beside required, per queue and hour from `start` up to `end`, wherever anybody is required.

    Where several minima of a queue hold at once, the largest counts. By queue, then by time.
    """
    wanted: dict[QueueKey, list[Minimum]] = {}
    for minimum in minima:
        if minimum.least > 0:
            wanted.setdefault(minimum.queue, []).append(minimum)
    return tuple(
        cover
        for queue in sorted(wanted)
        for cover in _of_queue(queue, wanted[queue], roster.by_queue.get(queue, {}), start, end)
    )


def gaps(covers: Iterable[Cover]) -> tuple[Cover, ...]:
    """The stretches in which somebody is missing."""
    return tuple(cover for cover in covers if cover.missing)


def missing_hours(covers: Iterable[Cover]) -> dict[QueueKey, float]:
    """How many hours of counsellors each queue is short of; nought for a queue whose minimum is met. For the metric."""
    missing: dict[QueueKey, float] = {}
    for cover in covers:
        short = cover.missing * (cover.end - cover.start) / HOUR_MS
        missing[cover.queue] = missing.get(cover.queue, 0.0) + short
    return missing


def _of_queue(
    queue: QueueKey, minima: list[Minimum], people: Mapping[StaffId, IntervalSet], start: int, end: int
) -> Iterator[Cover]:
    required = _required(minima, start, end)
    present = counts(people.values(), start, end)
    for first, last, least, there in _together(required, present):
        if least:
            for hour_start, hour_end in slices(((first, last),), HOUR_MS):
                yield Cover(queue, hour_start, hour_end, least, there)


def _required(minima: list[Minimum], start: int, end: int) -> Iterator[Step]:
    """The largest minimum at each instant, as the fewest steps."""
    edges = {start, end}
    for minimum in minima:
        edges.update(edge for interval in clip(minimum.intervals, start, end) for edge in interval)
    # Nothing changes between neighbouring edges, so the first instant speaks for the whole stretch.
    return fewest(
        Step(first, last, max((m.least for m in minima if holds(m.intervals, first)), default=0))
        for first, last in pairwise(sorted(edges))
    )


def _together(left: Iterable[Step], right: Iterable[Step]) -> Iterator[tuple[int, int, int, int]]:
    """Two rows of steps over the same window as one: start, end, left count, right count."""
    lefts, rights = list(left), list(right)
    i = j = 0
    while i < len(lefts) and j < len(rights):
        start, end = max(lefts[i].start, rights[j].start), min(lefts[i].end, rights[j].end)
        yield start, end, lefts[i].count, rights[j].count
        i, j = i + (lefts[i].end == end), j + (rights[j].end == end)
