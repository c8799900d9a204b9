"""Who is planned when: rosters made from the plan, in a thread, once per change and window."""

import asyncio
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.hours import instant, local_day
from chatsvc.domain.plan import Plan
from chatsvc.domain.roster import Occurrence, Roster, planned
from chatsvc.domain.shifts import Shift, ShiftId, wall_ms
from chatsvc.domain.sites import Staff, StaffId
from chatsvc.domain.swaps import Swap, in_force
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.shift_rules import MOST_OCCURRENCES, expand

AHEAD_DAYS = 8  # beyond today, of the window for everything that is asked again and again
BEHIND_DAYS = 1
KEPT = 24  # windows of the present plan
_DAY_MS = 86_400_000

_expanded = lru_cache(maxsize=8_192)(expand)


def usual_window(now: int) -> tuple[int, int]:
    """From yesterday's midnight to a week from tomorrow's, ms: the same all day long."""
    today = local_day(now)
    return instant(today - timedelta(days=BEHIND_DAYS), 0), instant(today + timedelta(days=AHEAD_DAYS), 0)


def make_roster(
    plan: Plan, present: Collection[StaffId], start: int, end: int, people: Collection[StaffId] | None = None
) -> Roster:
    """The roster from `start` up to `end`, ms, of those `present` (with `people`, of these alone); takes its time.

    Whoever has no account any more, or a disabled one, is not planned. Raises PlanRefused for more than 100,000 times.
    """
    swaps = [swap for swap in in_force(plan.swaps()) if people is None or _concerns(swap, people)]
    wanted = {shift.id: shift for shift in plan.shifts() if people is None or _is_of(shift, people)}
    named = {key for swap in swaps for key in (swap.gives, swap.takes) if key}
    every = {
        shift.id: shift for shift in plan.shifts() if shift.id in {identifier for identifier, _ in named}
    }
    found: dict[tuple[ShiftId, datetime], Occurrence] = {}
    for shift in wanted.values():
        found.update((one.key, one) for one in _expanded(shift, start, end))
        if len(found) > MOST_OCCURRENCES:
            reason = f"the plan comes to more than {MOST_OCCURRENCES} times; look at less time, or end some shifts."
            raise PlanRefused([Problem("", reason)])
    for key in named - found.keys():  # the other side of a swap may lie outside of the window
        found.update((one.key, one) for one in _named(every.get(key[0]), key[1]))
    roster = planned(found.values(), plan.absences(), swaps, start=start, end=end)
    return _without(roster, present, people)


def _is_of(shift: Shift, people: Collection[StaffId]) -> bool:
    return shift.staff in people or any(override.staff in people for override in shift.overrides)


def _concerns(swap: Swap, people: Collection[StaffId]) -> bool:
    return swap.asker in people or swap.colleague in people


def _named(shift: Shift | None, of: datetime) -> Iterator[Occurrence]:
    """The one occurrence of a shift whose rule gives the start `of`, wherever an override has moved it."""
    if shift is None:
        return
    moved = next((override.start for override in shift.overrides if override.of == of), of)
    around = wall_ms(moved)
    yield from (one for one in _expanded(shift, around - _DAY_MS, around + 2 * _DAY_MS) if one.of == of)


def _without(roster: Roster, present: Collection[StaffId], people: Collection[StaffId] | None) -> Roster:
    kept = [
        one for one in roster.occurrences if one.staff in present and (people is None or one.staff in people)
    ]
    if len(kept) == len(roster.occurrences):
        return roster
    start, end = roster.known
    again = planned(kept, start=start, end=end)
    return Roster(again.known, again.occurrences, again.by_queue, again.by_staff, roster.void)


def enabled(people: Iterable[Staff]) -> frozenset[StaffId]:
    """Those who can be planned."""
    return frozenset(person.id for person in people if not person.disabled)


class Rosters:
    """The rosters of the present plan and accounts, by window."""

    def __init__(self) -> None:
        self._of: tuple[int, int] = (-1, -1)
        self._made: dict[tuple[int, int], asyncio.Task[Roster]] = {}

    async def between(
        self, plan: Plan, people: Collection[Staff], people_version: int, start: int, end: int
    ) -> Roster:
        """The roster of a window (ms). Whoever asks for the same meanwhile waits for the same work."""
        if self._of != (plan.version, people_version):
            self._of, self._made = (plan.version, people_version), {}
        task = self._made.get((start, end))
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            while len(self._made) >= KEPT:
                del self._made[next(iter(self._made))]
            work = asyncio.to_thread(make_roster, plan, enabled(people), start, end)
            task = self._made[start, end] = asyncio.create_task(work)
        return await asyncio.shield(task)
