"""Random schedules of a site, and the slow reading of them: day by day, by the clock on the wall.

A schedule is made from a seed and its number, so that any of them can be had again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from random import Random

from chatsvc.domain.hours import DatedHours, OnHolidays, OpeningHours, Period, local_day
from chatsvc.domain.plan import Plan as SitePlans
from chatsvc.domain.plan import SitePlan
from chatsvc.domain.shifts import Absence, AbsenceId, Override, Shift, ShiftId
from chatsvc.domain.sites import QueueKey, StaffId
from chatsvc.domain.swaps import OccurrenceKey, Swap, SwapId, SwapState
from chatsvc.services.recurrence import read_rule
from tests.support.hours_model import edges, slow_is_open, wall_instant
from tests.support.shift_model import DAY, PEOPLE, QUEUES, SITE, WINDOWS, Plan, Rule, at

SPECIAL = (
    0,
    120,
    150,
    179,
    180,
    181,
    210,
    239,
    240,
    241,
    270,
    1439,
)  # minutes of a day, around the changes of clocks
HOLIDAYS = ((date(2026, 12, 23), 5), (date(2026, 4, 2), 5), (date(2026, 4, 30), 4))
Times = tuple[OccurrenceKey, int, int, StaffId, tuple[QueueKey, ...]]


@dataclass(frozen=True)
class Schedule:
    """What is declared and planned, and the days in which it is looked at."""

    window: tuple[date, int]
    hours: OpeningHours
    plans: tuple[Plan, ...]
    absences: tuple[Absence, ...]
    swaps: tuple[Swap, ...]

    @property
    def days(self) -> list[date]:
        """Each day of the window."""
        return [self.window[0] + number * DAY for number in range(self.window[1])]

    @property
    def ends(self) -> tuple[int, int]:
        """The window's first instant, and the first after it."""
        return wall_instant(self.window[0], 0), wall_instant(self.window[0] + self.window[1] * DAY, 0)

    def plan(self) -> SitePlans:
        """The same as the service keeps it."""
        shifts = {
            one.shift.id: replace(one.shift, rule=read_rule(one.rule.text(one.shift.start), one.shift.start))
            if one.rule
            else one.shift
            for one in self.plans
        }
        absences, swaps = {one.id: one for one in self.absences}, {one.id: one for one in self.swaps}
        return SitePlans({SITE: SitePlan(SITE, 1, shifts=shifts, absences=absences, swaps=swaps)}, 1)

    @cached_property
    def occurrences(self) -> list[Times]:
        """Every occurrence until the window ends: key, start, end, who, where. One that a gap swallows is none."""
        return [
            ((plan.shift.id, of), wall(start), wall(end), person, queues)
            for plan in self.plans
            for of, start, end, person, queues in plan.times()
            if wall(start) < wall(end)
        ]

    @cached_property
    def worked(self) -> list[Times]:
        """The same after the swaps that could be done."""
        who = {key: person for key, _, _, person, _ in self.occurrences}
        approved = [swap for swap in self.swaps if swap.state is SwapState.APPROVED]
        for swap in sorted(approved, key=lambda one: (one.decided_at, one.id)):
            if who.get(swap.gives) != swap.asker or (swap.takes and who.get(swap.takes) != swap.colleague):
                continue
            who[swap.gives] = swap.colleague
            if swap.takes:
                who[swap.takes] = swap.asker
        return [(key, start, end, who[key], queues) for key, start, end, _, queues in self.occurrences]

    def is_open(self, now: int) -> bool:
        """Whether the queue is open at an instant (ms)."""
        return slow_is_open(self.hours, now)

    def on_shift(self, now: int, queue: QueueKey) -> set[StaffId]:
        """Who works in a queue at an instant (ms): asked of every occurrence and every absence."""
        away = {one.staff for one in self.absences if wall(one.start) <= now < wall(one.end)}
        here = {who for _, start, end, who, queues in self.worked if start <= now < end and queue in queues}
        return here - away

    def instants(self, random: Random, number: int) -> list[int]:
        """So many instants of the window: half of them just before, at or just after something changes."""
        start, end = self.ends
        changes = [edge for day in self.days for edge in edges(self.hours, day)]
        changes += [edge + off for _, *times, _, _ in self.worked for edge in times for off in (-1, 0, 1)]
        changes += [wall(edge) for one in self.absences for edge in (one.start, one.end)]
        near = [edge for edge in changes if start <= edge < end]
        some = random.sample(near, min(len(near), number // 2))
        return some + [random.randrange(start, end) for _ in range(number - len(some))]


def wall(local: datetime) -> int:
    """The instant (ms) at which clocks in Finland first show a time; a skipped one is shown an hour further."""
    return wall_instant(local.date(), local.hour * 60 + local.minute)


def random_schedule(seed: int, number: int) -> Schedule:
    """The schedule of this number; half of them are about a change of clocks."""
    random = Random(f"{seed} {number}")
    window = random.choice(WINDOWS[:2] * 5 + WINDOWS[2:] + HOLIDAYS)
    plans = tuple(_plan(random, window, f"s{index}") for index in range(random.choice((0, 1, 1, 2, 2, 3, 4))))
    without = Schedule(window, _hours(random, window[0]), plans, (), ())
    absences = tuple(_absence(random, window, index) for index in range(random.choice((0, 0, 1, 2))))
    swaps = tuple(_swap(random, without, index) for index in range(random.choice((0, 0, 1, 2, 3))))
    return replace(without, absences=absences, swaps=swaps if without.occurrences else ())


def _minute(random: Random) -> int:
    return random.choice(SPECIAL) if random.random() < 0.4 else random.randrange(1440)


def _periods(random: Random) -> tuple[Period, ...]:
    """None to three a day, some of them over midnight."""
    starts = [_minute(random) for _ in range(random.choice((0, 1, 1, 2, 3)))]
    return tuple(Period(start, start + random.choice((30, 60, 90, 240, 480, 720, 1440))) for start in starts)


def _hours(random: Random, first: date) -> OpeningHours:
    ways: tuple[OnHolidays, ...] = ("closed", "as usual", "as on sunday")
    own = random.random() < 0.25
    dated = []
    for _ in range(random.choice((0, 0, 1, 2))):
        begin = first + random.randrange(-3, 6) * DAY
        dated.append(DatedHours(begin, begin + random.randrange(4) * DAY, _periods(random)))
    weekly = tuple(_periods(random) for _ in range(7))
    return OpeningHours(weekly, _periods(random) if own else random.choice(ways), tuple(dated))


def _plan(random: Random, window: tuple[date, int], ident: str) -> Plan:
    first, days = window
    recurring = random.random() < 0.75
    back = random.choice((1, 3, 20, 60, 60, 400)) if recurring else 1
    day = first + random.randrange(-back, days) * DAY
    start = at(day) + timedelta(minutes=_minute(random))
    length = timedelta(minutes=random.choice((1, 30, 60, 61, 120, 480, 600, 1440)))
    queues = tuple(random.sample(QUEUES, random.choice((1, 1, 2))))
    shift = Shift(ShiftId(ident), SITE, random.choice(PEOPLE), queues, start, start + length)
    if not recurring:
        return Plan(shift, None, window)
    rule = _rule(random, start, first + days * DAY)
    starts = [at(one) + (start - at(day)) for one in rule.days(day, first + days * DAY)]
    near = [one for one in starts if one >= at(first - DAY)] or starts
    special = random.sample(near, min(len(near), random.choice((0, 0, 1, 2, 3))))
    left_out = random.randint(0, len(special))
    overrides = sorted((_override(random, of, shift) for of in special[left_out:]), key=lambda one: one.of)
    exdates = tuple(sorted(special[:left_out]))
    return Plan(replace(shift, exdates=exdates, overrides=tuple(overrides)), rule, window)


def _rule(random: Random, start: datetime, window_end: date) -> Rule:
    """A rule that gives its own start, as accepted ones must."""
    frequency = random.choice(("DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"))
    weekdays: tuple[int, ...] = ()
    if frequency in ("DAILY", "WEEKLY") and random.random() < 0.7:
        weekdays = tuple(sorted({*random.sample(range(7), random.randint(1, 5)), start.weekday()}))
    ways = [0, (start.day - 1) // 7 + 1, *([-1] if (start + 7 * DAY).month != start.month else [])]
    interval = random.choice((1, 1, 2, 3, 4)) if frequency != "YEARLY" else 1
    rule = Rule(frequency, interval, weekdays, random.choice(ways) if frequency == "MONTHLY" else 0)
    end = random.choice(("never", "never", "count", "until"))
    if end == "count":
        return replace(rule, count=random.randint(1, 60))
    if end == "until":
        return replace(
            rule, until=start.date() + random.randint(0, (window_end - start.date()).days + 10) * DAY
        )
    return rule


def _override(random: Random, of: datetime, shift: Shift) -> Override:
    """A changed occurrence: moved, and perhaps somebody else's or elsewhere."""
    start = of + timedelta(minutes=random.choice((0, 30, -60, 61, random.randint(-600, 600))))
    length = timedelta(minutes=random.choice((1, 60, 240, 1440)))
    other = random.choice([None, *(one for one in PEOPLE if one != shift.staff)])
    queues = random.choice((None, (QUEUES[0],), (QUEUES[1],)))
    return Override(of, start, start + length, other, None if queues == shift.queues else queues)


def _absence(random: Random, window: tuple[date, int], index: int) -> Absence:
    start = at(window[0] + random.randrange(-1, window[1]) * DAY) + timedelta(minutes=_minute(random))
    end = start + timedelta(minutes=random.choice((30, 240, 1440, 4320)))
    return Absence(AbsenceId(f"a{index}"), random.choice(PEOPLE), start, end)


def _swap(random: Random, schedule: Schedule, index: int) -> Swap:
    """A swap of what there is; some are impossible, some not approved."""
    near = [one for one in schedule.occurrences if one[2] > schedule.ends[0]] or schedule.occurrences
    if not near:
        return Swap(SwapId(f"w{index}"), PEOPLE[0], PEOPLE[1], (ShiftId("none"), at(schedule.window[0])))
    gives, takes = random.choice(near), random.choice([None, random.choice(near)])
    asker = gives[3] if random.random() < 0.8 else random.choice(PEOPLE)
    colleague = takes[3] if takes and random.random() < 0.8 else random.choice(PEOPLE)
    state = random.choice((SwapState.APPROVED, SwapState.APPROVED, SwapState.AGREED, SwapState.REFUSED))
    decided = random.randint(1, 3)
    return Swap(
        SwapId(f"w{index}"), asker, colleague, gives[0], takes and takes[0], state, decided_at=decided
    )


def covered(schedules: Iterator[Schedule]) -> dict[str, int]:
    """How many of these hold what: so that nobody takes for tried what never came up."""
    found = dict.fromkeys(
        ("rules", "left out", "changed", "absences", "swaps", "over midnight", "spring", "autumn"), 0
    )
    for one in schedules:
        found["rules"] += any(plan.rule for plan in one.plans)
        found["left out"] += any(plan.shift.exdates for plan in one.plans)
        found["changed"] += any(plan.shift.overrides for plan in one.plans)
        found["absences"] += bool(one.absences)
        found["swaps"] += any(swap.state is SwapState.APPROVED for swap in one.swaps)
        nights = [
            local_day(start) != local_day(end - 1) for _, start, end, _, _ in one.occurrences if start < end
        ]
        found["over midnight"] += any(nights)
        found["spring"] += date(2026, 3, 29) in one.days
        found["autumn"] += date(2026, 10, 25) in one.days
    return found
