"""Shifts and absences that can be, and the steps of a swap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chatsvc.domain.coverage import HOUR_MS
from chatsvc.domain.errors import BadState, ChatError, NotAllowed
from chatsvc.domain.shifts import (
    Absence,
    AbsenceId,
    Override,
    Shift,
    ShiftId,
    absence_problems,
    shift_problems,
    wall_at,
    wall_ms,
)
from chatsvc.domain.sites import QueueKey, Role, StaffId
from chatsvc.domain.swaps import (
    MAY,
    TRANSITIONS,
    Party,
    Swap,
    SwapId,
    SwapState,
    SwapStep,
    after,
    in_force,
)
from tests.support.shift_model import DAY, PEOPLE, QUEUES, SERVES, SITE, clock, local

CLOCK = clock(local(2026, 10, 24).date(), 3)
SUPERVISOR = StaffId("ylva")


def test_walls_and_instants() -> None:
    """Local times and instants lead to each other but in the hour that is skipped and the one that comes twice."""
    for at, wall in CLOCK.minutes:
        assert wall_at(at) == wall
        assert wall_ms(wall) == CLOCK.first_time[wall]


GOOD = Shift(
    ShiftId("s-1"), SITE, PEOPLE[0], QUEUES, local(2026, 1, 5, 9), local(2026, 1, 5, 17), "FREQ=DAILY"
)
CHANGE = Override(local(2026, 1, 6, 9), local(2026, 1, 6, 10), local(2026, 1, 6, 12))


@pytest.mark.parametrize(
    ("shift", "field", "reason"),
    [
        (replace(GOOD, id=ShiftId("A b")), "id", "1-64"),
        (replace(GOOD, end=GOOD.start), "end", "later than the start"),
        (replace(GOOD, end=GOOD.start - DAY), "end", "later than the start"),
        (replace(GOOD, end=GOOD.start + timedelta(hours=24, minutes=1)), "end", "24 hours"),
        (replace(GOOD, start=GOOD.start + timedelta(seconds=1)), "start", "whole minute"),
        (replace(GOOD, start=GOOD.start.replace(tzinfo=UTC)), "start", "without a zone"),
        (
            replace(GOOD, start=local(1999, 12, 31, 23), end=local(2000, 1, 1, 1)),
            "start",
            "between 2000",
        ),
        (replace(GOOD, start=local(2070, 1, 1), end=local(2070, 1, 1, 1)), "start", "between 2000"),
        (replace(GOOD, staff=StaffId("gone")), "staff", "no counsellor gone"),
        (replace(GOOD, queues=()), "queues", "at least one"),
        (replace(GOOD, queues=(QUEUES[0], QUEUES[0])), "queues", "twice"),
        (replace(GOOD, queues=(QueueKey("kunta/gone"),)), "queues", "no queue kunta/gone"),
        (replace(GOOD, queues=(QueueKey("other/paihde"),)), "queues", "another site"),
        (replace(GOOD, queues=(QueueKey("kunta/velka"),)), "queues", "does not serve"),
        (replace(GOOD, rule="", exdates=(CHANGE.of,)), "rule", "no exceptions"),
        (replace(GOOD, rule="", overrides=(CHANGE,)), "rule", "no exceptions"),
        (
            replace(GOOD, exdates=tuple(GOOD.start + n * DAY for n in range(501))),
            "overrides",
            "500 exceptions",
        ),
        (replace(GOOD, overrides=(CHANGE, CHANGE)), "overrides", "twice"),
        (replace(GOOD, exdates=(CHANGE.of,), overrides=(CHANGE,)), "exdates", "also changed"),
        (replace(GOOD, overrides=(replace(CHANGE, end=CHANGE.start),)), "overrides.1.end", "later"),
        (
            replace(GOOD, overrides=(replace(CHANGE, staff=StaffId("gone")),)),
            "overrides.1.staff",
            "no counsellor",
        ),
        (replace(GOOD, overrides=(replace(CHANGE, queues=()),)), "overrides.1.queues", "at least one"),
    ],
)
def test_impossible_shifts(shift: Shift, field: str, reason: str) -> None:
    """What can't be is told with the field and the reason, and nothing else is told."""
    known = {*QUEUES, QueueKey("other/paihde"), QueueKey("kunta/velka")}
    (problem,) = shift_problems(shift, known, SERVES)
    assert problem.path.partition(".")[2] == field
    assert reason in problem.message


def test_possible_shifts_and_absences() -> None:
    """A good shift with a change has no problem, nor has a good absence; a bad absence has both of its faults told."""
    assert shift_problems(replace(GOOD, overrides=(CHANGE,)), QUEUES, SERVES) == ()
    good = Absence(AbsenceId("a"), PEOPLE[0], local(2026, 7, 1), local(2026, 8, 1))
    assert absence_problems(good, PEOPLE) == ()
    bad = replace(good, staff=StaffId("gone"), end=good.start)
    assert {problem.path for problem in absence_problems(bad, PEOPLE)} == {"a.staff", "a.end"}


SWAP = Swap(SwapId("w"), PEOPLE[0], PEOPLE[1], (ShiftId("s"), GOOD.start))
WHO: dict[Party, tuple[StaffId, Role]] = {
    Party.ASKER: (PEOPLE[0], "counsellor"),
    Party.COLLEAGUE: (PEOPLE[1], "counsellor"),
    Party.SUPERVISOR: (SUPERVISOR, "supervisor"),
}


@pytest.mark.parametrize("state", SwapState)
@pytest.mark.parametrize("step", SwapStep)
@pytest.mark.parametrize("party", Party)
def test_every_step_of_a_swap(state: SwapState, step: SwapStep, party: Party) -> None:
    """Each step in each state by each party is either in the tables and done, or refused for the right reason."""
    swap = replace(SWAP, state=state)
    wanted = NotAllowed if party not in MAY[step] else BadState if step not in TRANSITIONS[state] else None
    if wanted:
        with pytest.raises(wanted):
            after(swap, step, *WHO[party], now=5)
    else:
        done = after(swap, step, *WHO[party], now=5)
        assert (done.state, done.decided_at, done.decided_by) == (TRANSITIONS[state][step], 5, WHO[party][0])


def test_nobody_approves_their_own_swap() -> None:
    """A supervisor who has a part in a swap is no supervisor of it; a colleague without a part has no say."""
    own = replace(SWAP, asker=SUPERVISOR, state=SwapState.AGREED)
    strangers: list[tuple[Swap, StaffId, Role]] = [
        (own, SUPERVISOR, "supervisor"),
        (replace(SWAP, state=SwapState.AGREED), PEOPLE[2], "counsellor"),
        (replace(SWAP, state=SwapState.AGREED), PEOPLE[2], "auditor"),
    ]
    for swap, person, role in strangers:
        with pytest.raises(ChatError, match=r"another supervisor must|a supervisor who takes no part"):
            after(swap, SwapStep.APPROVED, person, role, now=5)


def test_only_approved_swaps_are_in_force() -> None:
    """Swaps are in force when approved, in that order; those of one instant by their ids."""
    some = [replace(SWAP, id=SwapId(name), state=SwapState.APPROVED, decided_at=at) for name, at in SOME]
    others = [replace(SWAP, state=state) for state in SwapState if state is not SwapState.APPROVED]
    assert [swap.id for swap in in_force(some + others)] == ["c", "a", "b"]


SOME = (("b", 2), ("a", 2), ("c", 1))


def test_the_night_is_an_hour_longer_in_autumn() -> None:
    """An absence over the night in which clocks go back is that hour longer, as a shift is."""
    night: tuple[datetime, datetime] = (local(2026, 10, 24, 22), local(2026, 10, 25, 6))
    assert wall_ms(night[1]) - wall_ms(night[0]) == 9 * HOUR_MS
