"""Interval sets beside the obvious model: a set of instants on a short line."""

import os
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from chatsvc.domain import intervals
from chatsvc.domain.intervals import Interval, IntervalSet, Step

EXAMPLES = int(os.environ.get("CHATSVC_EXAMPLES", "200"))
END = 40
LINE = range(-2, END + 3)

edge = st.integers(0, END)
any_intervals = st.lists(st.tuples(edge, edge), max_size=8)
normal = any_intervals.map(intervals.merge)
model = settings(max_examples=EXAMPLES, deadline=None)
# For planted faults: it is enough to find one.
planted = settings(max_examples=1_000, database=None, phases=[Phase.generate], report_multiple_bugs=False)


def instants(some: object) -> set[int]:
    assert isinstance(some, list | tuple)
    return {instant for start, end in some for instant in range(start, end)}


def is_normal(some: IntervalSet) -> bool:
    """Sorted, not empty, with room between."""
    edges = [edge for interval in some for edge in interval]
    return all(before < after for before, after in pairwise(edges))


@model
@given(any_intervals)
def test_merging_keeps_every_instant(some: list[Interval]) -> None:
    """The merged set is normal and holds the same instants."""
    assert is_normal(intervals.merge(some))
    assert instants(intervals.merge(some)) == instants(some)


def sets_agree(
    operation: Callable[[IntervalSet, IntervalSet], IntervalSet],
    obvious: Callable[[set[int], set[int]], set[int]],
    how: settings = model,
) -> None:
    """Raises AssertionError where the operation and sets of instants differ."""

    @how
    @given(normal, normal)
    def agree(left: IntervalSet, right: IntervalSet) -> None:
        found = operation(left, right)
        assert is_normal(found)
        assert instants(found) == obvious(instants(left), instants(right))

    agree()


def test_union_intersection_and_difference_are_those_of_sets() -> None:
    """Union, intersection and difference give what sets of instants give, as normal sets."""
    sets_agree(intervals.union, set.union)
    sets_agree(intervals.intersect, set.intersection)
    sets_agree(intervals.subtract, set.difference)


def test_a_difference_that_loses_a_hole_is_caught() -> None:
    """The comparison sees a difference that uses each hole only once."""

    def careless(left: IntervalSet, right: IntervalSet) -> IntervalSet:
        kept: list[Interval] = []
        holes = list(right)
        for interval in left:
            while holes and holes[0][1] <= interval[0]:
                holes.pop(0)
            kept += intervals.subtract((interval,), tuple(holes[:1]))
            holes = holes[1:]
        return tuple(kept)

    with pytest.raises(AssertionError):
        sets_agree(careless, set.difference, planted)


@model
@given(normal, edge, edge)
def test_clipping_keeps_what_is_inside(some: IntervalSet, start: int, end: int) -> None:
    """A clipped set holds exactly the instants of the window."""
    assert instants(intervals.clip(some, start, end)) == instants(some) & set(range(start, end))


@model
@given(normal, st.integers(-2, END + 2))
def test_questions_about_an_instant(some: IntervalSet, instant: int) -> None:
    """Whether an instant is held, which start and which change follow: as found by walking along the line."""
    held = instants(some)
    assert intervals.holds(some, instant) == (instant in held)
    later = [at for at in LINE if at > instant]
    starts = [at for at in later if at in held and at - 1 not in held]
    changes = [at for at in later if (at in held) != (at - 1 in held)]
    assert intervals.next_start(some, instant) == (starts[0] if starts else None)
    assert intervals.next_change(some, instant) == (changes[0] if changes else None)
    assert intervals.length(some) == len(held)


@model
@given(st.lists(normal, max_size=5), edge, edge, st.integers(1, 4))
def test_counts_are_those_at_each_instant(sets: list[IntervalSet], start: int, end: int, least: int) -> None:
    """The steps fill the window without a hole, differ from their neighbours, and hold the count of every instant."""
    steps = intervals.counts(sets, start, end)
    there = {at: sum(at in instants(one) for one in sets) for at in range(start, end)}
    assert {at: step.count for step in steps for at in range(step.start, step.end)} == there
    assert all(a.end == b.start and a.count != b.count for a, b in pairwise(steps))
    assert instants(intervals.at_least(steps, least)) == {at for at, count in there.items() if count >= least}


@model
@given(normal, st.integers(1, 9), st.integers(-5, 5))
def test_slices_end_at_every_multiple(some: IntervalSet, size: int, origin: int) -> None:
    """Slices lose nothing, are in order, and none reaches over a multiple of their length."""
    pieces = list(intervals.slices(some, size, origin))
    assert intervals.merge(pieces) == some
    assert pieces == sorted(pieces)
    assert all((start - origin) // size == (end - 1 - origin) // size for start, end in pieces)


def test_counts_of_nothing() -> None:
    """Without sets the count is nought all through the window; an empty window has no steps."""
    assert intervals.counts([], 3, 9) == (Step(3, 9, 0),)
    assert intervals.counts([((0, 9),)], 3, 3) == ()
