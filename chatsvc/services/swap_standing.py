"""Whether swaps can still be made, as the plan is now, and which of them a change of the plan would end."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from chatsvc.domain.plan import Edit, Plan, SitePlan
from chatsvc.domain.roster import Occurrence, Roster
from chatsvc.domain.shifts import ShiftId, wall_ms
from chatsvc.domain.sites import QueueKey, StaffId
from chatsvc.domain.swaps import OccurrenceKey, Swap, SwapState
from chatsvc.services.rosters import make_roster

UNDECIDED = (SwapState.ASKED, SwapState.AGREED)
_DAY_MS = 86_400_000
Serves = Mapping[StaffId, Collection[QueueKey]]
Lapse = Literal["gone", "not_theirs", "begun", "not_served"]


class Obstacle(NamedTuple):
    """What keeps a swap from being made: on which of its sides, who would give, who would take, and of which queues."""

    lapse: Lapse
    side: Literal["gives", "takes"]
    giver: StaffId
    taker: StaffId
    queues: tuple[QueueKey, ...] = ()


@dataclass(frozen=True, slots=True)
class SwapTouched:
    """A swap whose time a change alters: it can't be made any more if `ends`, else it holds at the new time."""

    swap: Swap
    ends: bool


def obstacles(plan: SitePlan, serves: Serves, swap: Swap, now: int) -> Iterator[Obstacle]:
    """What keeps an undecided swap from being made as things are; `serves` has everybody who can be planned."""
    for side, key, giver, taker in _sides(swap):
        found = _found(_around(plan, serves, key), key)
        if found is None:
            yield Obstacle("gone", side, giver, taker)
        elif found.staff != giver:
            yield Obstacle("not_theirs", side, giver, taker)
        elif found.start <= now:
            yield Obstacle("begun", side, giver, taker)
        elif not set(found.queues) <= set(serves.get(taker, ())):
            yield Obstacle("not_served", side, giver, taker, found.queues)


def lapse_of(plan: SitePlan, serves: Serves, swap: Swap, now: int) -> Lapse | None:
    """Why a swap that nobody has decided can't be made any more; None if it can, or is decided."""
    if swap.state not in UNDECIDED:
        return None
    return next((one.lapse for one in obstacles(plan, serves, swap, now)), None)


def swaps_touched(
    before: SitePlan, after: SitePlan, edits: Sequence[Edit], serves: Serves, now: int
) -> tuple[SwapTouched, ...]:
    """The swaps, undecided or approved, of times to come that a change of shifts touches; those that it ends first."""
    changed = {ShiftId(edit.id) for edit in edits if edit.kind == "shifts"}
    found = []
    for swap in before.swaps.values():
        keys = [key for key in (swap.gives, swap.takes) if key]
        concerned = swap.state in (*UNDECIDED, SwapState.APPROVED) and changed & {key[0] for key in keys}
        following = after.swaps.get(swap.id)
        if not concerned or following is None or all(wall_ms(key[1]) < now - _DAY_MS for key in keys):
            continue
        was, becomes = (
            _standing(plan, serves, one, now) for plan, one in ((before, swap), (after, following))
        )
        if was is not None and was != becomes:
            found.append(SwapTouched(following, becomes is None))
    return tuple(sorted(found, key=lambda one: (not one.ends, one.swap.gives[1], one.swap.id)))


Standing = tuple[tuple[int, int, tuple[QueueKey, ...]], ...]


def _standing(plan: SitePlan, serves: Serves, swap: Swap, now: int) -> Standing | None:
    """What a swap is about, as far as it can be made or is in force; else None."""
    if swap.state in UNDECIDED and lapse_of(plan, serves, swap, now):
        return None
    found = []
    for _, key, _, _ in _sides(swap):
        roster = _around(plan, serves, key)
        occurrence = _found(roster, key)
        if occurrence is None or swap.id in roster.void:
            return None
        found.append((occurrence.start, occurrence.end, occurrence.queues))
    return tuple(found)


def _sides(swap: Swap) -> Iterator[tuple[Literal["gives", "takes"], OccurrenceKey, StaffId, StaffId]]:
    yield "gives", swap.gives, swap.asker, swap.colleague
    if swap.takes:
        yield "takes", swap.takes, swap.colleague, swap.asker


def _found(roster: Roster, key: OccurrenceKey) -> Occurrence | None:
    """An occurrence as it stands after swaps and absences."""
    return next((one for one in roster.occurrences if one.key == key), None)


def _around(plan: SitePlan, present: Collection[StaffId], key: OccurrenceKey) -> Roster:
    """The roster of the days around an occurrence, of everybody who might work it."""
    shift = plan.shifts.get(key[0])
    moved, people = key[1], set[StaffId]()
    if shift is not None:
        moved = next((override.start for override in shift.overrides if override.of == key[1]), key[1])
        people = {shift.staff, *(one.staff for one in shift.overrides if one.staff)}
    people |= {one for swap in plan.swaps.values() for one in (swap.asker, swap.colleague)}
    around = wall_ms(moved)
    return make_roster(Plan({plan.site: plan}), present, around - _DAY_MS, around + 2 * _DAY_MS, people)
