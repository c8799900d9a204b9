"""What is declared and planned in the lives that hold the promises, and a slow reading of it."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from chatsvc.domain.hours import DatedHours, OpeningHours, Period, local_day
from chatsvc.domain.plan import Plan, SitePlan
from chatsvc.domain.ports import Clock
from chatsvc.domain.shifts import Shift, ShiftId
from chatsvc.domain.sites import PoolId, Queue, QueueKey, Site, SiteId, Staff, StaffId
from chatsvc.services.planning import Planning
from chatsvc.services.recurrence import read_rule
from chatsvc.store.directory_snapshot import DirectorySnapshot
from tests.support.hours_model import slow_is_open, wall_instant
from tests.support.pool_bench import MINUTE, queue

DAY = timedelta(days=1)
OFFICE = (Period(9 * 60, 12 * 60), Period(12 * 60 + 30, 16 * 60))
LUNCH = DatedHours(date(2026, 3, 27), date(2026, 3, 27), (Period(11 * 60, 13 * 60),))
HOURS = {
    "q": OpeningHours(weekly=(OFFICE,) * 5 + ((), ()), dated=(LUNCH,)),
    "o": OpeningHours(weekly=((Period(18 * 60, 27 * 60 + 30),),) * 7, on_holidays="as usual"),
    "a": None,
}
MODES = {"q": "take", "o": "offer", "a": "auto"}
WEIGHTS = {"q": 1, "o": 1, "a": 2}
LIMIT = 4
LAST_ENTRY_MS = 10 * MINUTE
STEP_MS = 5 * MINUTE  # of one step of priority
# Before both changes of clocks, before a holiday, before an exception, and on ordinary days.
BEGINNINGS = [
    wall_instant(*found)
    for found in [
        (date(2026, 3, 28), 17 * 60 + 55),
        (date(2026, 10, 24), 17 * 60 + 55),
        (date(2026, 12, 23), 15 * 60),
        (date(2026, 3, 27), 10 * 60 + 50),
        (date(2026, 11, 23), 8 * 60 + 55),
        (date(2026, 11, 24), 15 * 60 + 30),
    ]
]
PEOPLE = {
    "aino": (1, ("q", "o"), ("fi",)),
    "eino": (2, ("o", "a"), ("fi", "sv")),
    "irja": (3, ("q", "o", "a"), ("sv", "en", "fi")),
    "olli": (1, ("a",), ("en", "fi")),
}
# Who works when: weekdays, and minutes from midnight. Nobody plans olli.
PLANNED: dict[str, list[tuple[str, int, int]]] = {
    "aino": [("MO,TU,WE,TH,FR", 9 * 60, 16 * 60)],
    "eino": [("MO,TU,WE,TH,FR,SA,SU", 17 * 60 + 45, 27 * 60 + 30)],
    "irja": [("MO,WE,FR,SA,SU", 8 * 60 + 30, 12 * 60), ("MO,WE,FR,SA,SU", 12 * 60, 19 * 60)],
    "olli": [],
}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def queues() -> list[Queue]:
    """The queues: one of each mode, open in the day, over the night, and always."""
    return [
        queue(
            name, mode=mode, waiting_limit=LIMIT, weight=WEIGHTS[name], hours=HOURS[name],
            last_entry_ms=LAST_ENTRY_MS, priority_step_ms=STEP_MS,
        )
        for name, mode in MODES.items()
    ]  # fmt: skip


def open_now(name: str, now: int) -> bool:
    """Whether a queue is open at an instant (ms)."""
    hours = HOURS[name]
    return hours is None or slow_is_open(hours, now)


def entry(name: str, now: int) -> str | None:
    """Why a queue's hours let nobody in at an instant (ms); None when they do."""
    if not open_now(name, now):
        return "closed"
    return None if open_now(name, now + LAST_ENTRY_MS) else "closing"  # no queue closes for so short a time


def planned(name: str, around: int) -> list[tuple[int, int]]:
    """The planned times of somebody, from eight days before an instant (ms) until two days after, one by one."""
    today = local_day(around)
    found = []
    for back in range(-2, 9):
        day = today - back * DAY
        for weekdays, begin, end in PLANNED[name]:
            if WEEKDAYS[day.weekday()] in weekdays:
                found.append((wall_instant(day, begin), wall_instant(day, end)))
    return found


def is_planned(name: str, now: int) -> bool:
    """Whether somebody is meant to work at an instant (ms)."""
    return any(begin <= now < end for begin, end in planned(name, now))


def shift_over(name: str, since: int, now: int) -> bool:
    """Whether a planned time has ended since somebody came on duty, and none is going on."""
    return not is_planned(name, now) and any(since < end <= now for _, end in planned(name, now))


def planning(clock: Callable[[], Clock]) -> Planning:
    """The same as recurring shifts of a site, as a worker knows it."""
    site = Site(SiteId("s"), {}, queues=tuple(queues()))
    people = {
        StaffId(name): Staff(
            StaffId(name), name, "counsellor", "", PoolId("s"), (site.id,), tuple(_keys(name)), languages, capacity
        )
        for name, (capacity, _, languages) in PEOPLE.items()
    }  # fmt: skip
    declared = DirectorySnapshot({site.id: site}, people, 1)
    plan = Plan({site.id: SitePlan(site.id, 1, shifts={shift.id: shift for shift in _shifts()})}, 1)
    stores: Any = None  # nothing is changed here
    return Planning(
        sites=stores, plans=stores, declared=lambda: declared, plan=lambda: plan, refresh=stores, clock=clock
    )


def _shifts() -> Iterator[Shift]:
    for name, times in PLANNED.items():
        for number, (weekdays, begin, end) in enumerate(times):
            first = next(day for day in _FIRST_WEEK if WEEKDAYS[day.weekday()] in weekdays)
            start = datetime.combine(first, time(0)) + timedelta(minutes=begin)
            rule = read_rule(f"FREQ=WEEKLY;BYDAY={weekdays}", start)
            yield Shift(
                ShiftId(f"{name}-{number}"), SiteId("s"), StaffId(name), tuple(_keys(name)),
                start, start + timedelta(minutes=end - begin), rule,
            )  # fmt: skip


def _keys(name: str) -> list[QueueKey]:
    return [QueueKey(f"s/{found}") for found in PEOPLE[name][1]]


_FIRST_WEEK = [date(2026, 3, 2) + number * DAY for number in range(7)]
