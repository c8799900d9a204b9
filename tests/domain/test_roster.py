"""The roster and its coverage, beside a reading that asks about every ten minutes."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsvc.domain import roster as rosters
from chatsvc.domain.coverage import HOUR_MS, Minimum, coverage, gaps, missing_hours
from chatsvc.domain.intervals import merge
from chatsvc.domain.roster import Occurrence, Roster, outside_hours, overlaps, planned
from chatsvc.domain.shifts import (
    Absence,
    AbsenceId,
    ShiftId,
    wall_ms,
)
from chatsvc.domain.sites import StaffId
from chatsvc.domain.swaps import (
    OccurrenceKey,
    Swap,
    SwapId,
    SwapState,
)
from tests.support.shift_model import PEOPLE, QUEUES, SITE, clock, local, model, planted

# The night in which clocks go back, looked at every ten minutes, on which everything random begins and ends.
GRID = 600_000
CLOCK = clock(local(2026, 10, 24).date(), 3)
START, END = wall_ms(local(2026, 10, 24)), wall_ms(local(2026, 10, 26))
INSTANTS = range(START, END, GRID)


@st.composite
def many_occurrences(draw: st.DrawFn) -> list[Occurrence]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        start = START + GRID * draw(st.integers(-30, len(INSTANTS)))
        found.append(
            Occurrence(
                ShiftId(f"s{number % 3}"),
                local(2026, 10, 20 + number),
                SITE,
                draw(st.sampled_from(PEOPLE)),
                draw(st.lists(st.sampled_from(QUEUES), min_size=1, unique=True).map(tuple)),
                start,
                start + GRID * draw(st.integers(1, 90)),
            )
        )
    return found


@st.composite
def many_absences(draw: st.DrawFn) -> list[Absence]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        start = local(2026, 10, 23) + timedelta(minutes=10 * draw(st.integers(0, 420)))
        length = timedelta(minutes=10 * draw(st.integers(1, 200)))
        found.append(Absence(AbsenceId(f"a{number}"), draw(st.sampled_from(PEOPLE)), start, start + length))
    return found


@st.composite
def many_swaps(draw: st.DrawFn, occurrences: list[Occurrence]) -> list[Swap]:
    """Swaps of what there is, some of them impossible, some not approved."""
    if not occurrences:
        return []
    keys = st.sampled_from([one.key for one in occurrences] + [(ShiftId("gone"), local(2026, 1, 1))])
    by_key = {one.key: one.staff for one in occurrences}
    found = []
    for number in range(draw(st.integers(0, 5))):
        gives, takes = draw(keys), draw(st.one_of(st.none(), keys))
        asker = by_key.get(gives, PEOPLE[0]) if draw(st.booleans()) else draw(st.sampled_from(PEOPLE))
        colleague = by_key.get(takes, PEOPLE[1]) if takes else draw(st.sampled_from(PEOPLE))
        state = draw(
            st.sampled_from([SwapState.APPROVED, SwapState.APPROVED, SwapState.AGREED, SwapState.REFUSED])
        )
        decided = draw(st.integers(1, 3))
        found.append(Swap(SwapId(f"w{number}"), asker, colleague, gives, takes, state, decided_at=decided))
    return found


def holders(
    occurrences: list[Occurrence], swaps: list[Swap]
) -> tuple[dict[OccurrenceKey, StaffId], set[SwapId]]:
    """Who has each occurrence after the approved swaps, and which of them could not be done."""
    who = {one.key: one.staff for one in occurrences}
    void = set()
    approved = [swap for swap in swaps if swap.state == "approved"]
    for swap in sorted(approved, key=lambda one: (one.decided_at, one.id)):
        theirs = swap.takes is None or who.get(swap.takes) == swap.colleague
        if who.get(swap.gives) == swap.asker and theirs:
            who[swap.gives] = swap.colleague
            if swap.takes is not None:
                who[swap.takes] = swap.asker
        else:
            void.add(swap.id)
    return who, void


def is_away(person: StaffId, at: int, absences: list[Absence]) -> bool:
    return any(
        one.staff == person and (CLOCK.instant(one.start) or 0) <= at < (CLOCK.instant(one.end) or END)
        for one in absences
    )


plans = many_occurrences().flatmap(lambda some: st.tuples(st.just(some), many_absences(), many_swaps(some)))
Planner = Callable[[list[Occurrence], list[Absence], list[Swap]], Roster]


def plan(occurrences: list[Occurrence], absences: list[Absence], swaps: list[Swap]) -> Roster:
    return planned(occurrences, absences, swaps, start=START, end=END)


def agrees(planner: Planner, how: settings = model) -> None:
    """Raises AssertionError when a roster says something else than is found by asking about every instant."""

    @how
    @given(plans)
    def same(given_plan: tuple[list[Occurrence], list[Absence], list[Swap]]) -> None:
        occurrences, absences, swaps = given_plan
        roster = planner(occurrences, absences, swaps)
        who, void = holders(occurrences, swaps)
        assert set(roster.void) == void
        working = {queue: dict.fromkeys(INSTANTS, frozenset[StaffId]()) for queue in QUEUES}
        for at in INSTANTS:
            for one in occurrences:
                person = who[one.key]
                if one.start <= at < one.end and not is_away(person, at, absences):
                    for queue in one.queues:
                        working[queue][at] |= {person}
        for at in INSTANTS:
            for queue in QUEUES:
                assert roster.on_shift(at, queue) == working[queue][at]
            assert roster.on_shift(at) == frozenset().union(*(working[queue][at] for queue in QUEUES))

    same()


def test_the_roster_agrees_with_every_instant() -> None:
    """Shifts, less absences, with approved swaps in their order: who is planned where, at every instant."""
    agrees(plan)


def without_order(occurrences: list[Occurrence], absences: list[Absence], swaps: list[Swap]) -> Roster:
    return plan(occurrences, absences, [replace(swap, decided_at=-swap.decided_at) for swap in swaps])


def absence_of_the_giver(occurrences: list[Occurrence], absences: list[Absence], swaps: list[Swap]) -> Roster:
    before = plan(occurrences, absences, [])
    return plan(list(before.occurrences), [], swaps)


def approves_everything(occurrences: list[Occurrence], absences: list[Absence], swaps: list[Swap]) -> Roster:
    return plan(occurrences, absences, [replace(swap, state=SwapState.APPROVED) for swap in swaps])


@pytest.mark.parametrize("wrong", [without_order, absence_of_the_giver, approves_everything])
def test_a_wrong_planner_is_caught(wrong: Planner) -> None:
    """The comparison sees swaps in the wrong order or not approved, and absences of the wrong person."""
    with pytest.raises(AssertionError):
        agrees(wrong, planted)


@model
@given(plans, st.sampled_from(INSTANTS), st.sampled_from(PEOPLE))
def test_next_start_and_end(
    given_plan: tuple[list[Occurrence], list[Absence], list[Swap]], now: int, person: StaffId
) -> None:
    """A person's next start and present end are those found by going on from instant to instant."""
    roster = plan(*given_plan)
    on = {at: person in roster.on_shift(at) for at in INSTANTS}
    starts = [at for before, at in pairwise(INSTANTS) if at > now and on[at] and not on[before]]
    assert roster.starts_at(person, now) == (starts[0] if starts else None)
    ends = [at for at in INSTANTS if at > now and not on[at]]
    assert roster.ends_at(person, now) == ((ends[0] if ends else END) if on[now] else None)
    assert all(roster.staffed(queue) == merge(roster.staffed(queue)) for queue in QUEUES)
    assert roster.intervals(person) == merge(
        interval for queue in QUEUES for interval in roster.intervals(person, queue)
    )


def coverage_agrees(minima_of: Callable[[list[Minimum]], list[Minimum]], how: settings = model) -> None:
    """Raises AssertionError when coverage, of minima changed in this way, differs from what each instant shows."""
    edge = st.sampled_from(INSTANTS)
    some = st.lists(st.tuples(edge, edge), max_size=4).map(merge)
    minimum = st.builds(Minimum, st.sampled_from(QUEUES), st.integers(0, 3), some)

    @how
    @given(many_occurrences(), st.lists(minimum, max_size=4))
    def same(occurrences: list[Occurrence], minima: list[Minimum]) -> None:
        roster = plan(occurrences, [], [])
        covers = coverage(roster, minima_of(minima), START, END)
        assert all(one.start // HOUR_MS == (one.end - 1) // HOUR_MS for one in covers)
        there = {(one.queue, at): one for one in covers for at in range(one.start, one.end, GRID)}
        missing = dict.fromkeys(QUEUES, 0)
        for queue in QUEUES:
            for at in INSTANTS:
                required = max((m.least for m in minima if m.queue == queue and holds_at(m, at)), default=0)
                found = there.get((queue, at))
                assert (found.required if found else 0) == required
                if found:
                    assert found.planned == len(roster.on_shift(at, queue))
                    missing[queue] += max(0, required - found.planned)
        short = missing_hours(covers)
        assert {queue: round(short.get(queue, 0) * 6) for queue in QUEUES} == missing
        assert {one.queue for one in gaps(covers)} == {queue for queue in QUEUES if missing[queue]}

    same()


def holds_at(minimum: Minimum, at: int) -> bool:
    return any(start <= at < end for start, end in minimum.intervals)


def test_coverage_agrees_with_every_instant() -> None:
    """Required and planned numbers, hour by hour, the gaps and the hours that are missing: as each instant shows."""
    coverage_agrees(lambda minima: minima)


def test_coverage_that_takes_the_last_minimum_is_caught() -> None:
    """The comparison sees a coverage in which one minimum hides another."""
    with pytest.raises(AssertionError):
        coverage_agrees(lambda minima: list({one.queue: one for one in minima}.values()), planted)


def overlaps_agree(
    find: Callable[[Iterable[Occurrence]], tuple[rosters.Overlap, ...]], how: settings
) -> None:
    """Raises AssertionError when overlaps are missed, invented or told twice."""

    @how
    @given(many_occurrences())
    def same(occurrences: list[Occurrence]) -> None:
        found = find(occurrences)
        ordered = sorted(occurrences, key=lambda one: (one.start, one.end, one.shift, one.of))
        late = [
            two
            for number, two in enumerate(ordered)
            if any(one.staff == two.staff and two.start < one.end for one in ordered[:number])
        ]
        assert [one.second for one in found] == late
        for one in found:
            start, end = one.interval
            assert one.first.staff == one.second.staff == one.staff
            assert max(one.first.start, one.second.start) == start < end

    same()


def test_overlaps_are_found() -> None:
    """Whoever begins something while they have something else is found, once for each, with the time of both."""
    overlaps_agree(overlaps, model)


def test_overlaps_of_neighbours_only_are_caught() -> None:
    """The comparison sees a search that compares each occurrence with the one before only."""

    def careless(occurrences: Iterable[Occurrence]) -> tuple[rosters.Overlap, ...]:
        ordered = sorted(occurrences, key=lambda one: (one.staff, one.start, one.end, one.shift, one.of))
        found = [
            rosters.Overlap(two.staff, one, two)
            for one, two in pairwise(ordered)
            if one.staff == two.staff and two.start < one.end
        ]
        return tuple(
            sorted(found, key=lambda one: (one.second.start, one.second.end, one.second.shift, one.second.of))
        )

    with pytest.raises(AssertionError):
        overlaps_agree(careless, planted)


def test_work_outside_hours_is_told() -> None:
    """The part of an occurrence in which its queue isn't open is told; a queue without hours has nothing to say."""
    one = Occurrence(ShiftId("s"), local(2026, 10, 24), SITE, PEOPLE[0], QUEUES, 100, 200)
    (found,) = outside_hours([one], {QUEUES[0]: ((120, 150), (160, 300))})
    assert (found.queue, found.intervals) == (QUEUES[0], ((100, 120), (150, 160)))
    assert outside_hours([one], {QUEUES[0]: ((0, 300),)}) == ()


def test_a_window_is_cut_at_its_edges() -> None:
    """A roster holds nothing outside of its window, and a piece for each side of an absence."""
    one = Occurrence(ShiftId("s"), local(2026, 10, 24), SITE, PEOPLE[0], QUEUES, START - GRID, END + GRID)
    noon = local(2026, 10, 24, 12)
    away = Absence(AbsenceId("a"), PEOPLE[0], noon, noon + timedelta(hours=1))
    found = plan([one], [away], []).occurrences
    assert [(piece.start, piece.end) for piece in found] == [
        (START, wall_ms(noon)),
        (wall_ms(noon) + HOUR_MS, END),
    ]
    assert {piece.key for piece in found} == {one.key}
