"""The demo's plan: enough to see a week, a gap and a swap in, and nobody's shift ends while it is being tried out."""

from datetime import date, datetime, time, timedelta

from chatsvc.domain.hours import OpeningHours, Period, local_day
from chatsvc.domain.plan import Edit, Required
from chatsvc.domain.shifts import Absence, AbsenceId, Shift, ShiftId
from chatsvc.domain.sites import QueueKey, SiteId, StaffId, queue_key
from chatsvc.domain.swaps import Swap, SwapId, SwapState
from chatsvc.services.planning import Planning
from chatsvc.services.recurrence import read_rule

SITE = SiteId("kunta")
PAIHDE, PERHE = (queue_key(SITE, name) for name in ("paihde", "perhe"))
AINO, EINO, HELMI = (StaffId(name) for name in ("counsellor1", "counsellor2", "supervisor1"))


async def seed_plan(planning: Planning) -> None:
    """Plan the demo's people, where nothing is planned yet. Raises StoreUnavailable."""
    plan = await planning.plans.load()
    if plan.of(SITE).version == 0:
        edits = demo_plan(local_day(planning.now), planning.now)
        await planning.plans.write(SITE, edits, version=plan.version, now=planning.now)


def demo_plan(today: date, now: int) -> tuple[Edit, ...]:
    """What is planned when the demo is first started on a day.

    Whoever answers visitors is on shift day and night for the first week: the end of a shift ends duty.
    """
    monday = today - timedelta(days=today.weekday())
    later = monday + timedelta(days=14)  # the first Monday that is more than a week away
    tuesday = later + timedelta(days=1)
    shifts = (
        _shift("aino-first", AINO, (PAIHDE, PERHE), _hour(monday, 0), 24, "FREQ=DAILY;COUNT=14"),
        _shift("eino-first", EINO, (PAIHDE, PERHE), _hour(monday, 0), 24, "FREQ=DAILY;COUNT=14"),
        _shift("aino", AINO, (PAIHDE, PERHE), _hour(later, 8), 8, "FREQ=WEEKLY;BYDAY=MO,TU,WE"),
        _shift("eino", EINO, (PAIHDE, PERHE), _hour(later, 12), 8, "FREQ=WEEKLY;BYDAY=MO,WE,FR"),
        _shift("helmi", HELMI, (PAIHDE,), _hour(later + timedelta(days=3), 9), 8, "FREQ=WEEKLY;BYDAY=TH,FR"),
        _shift("helmi-night", HELMI, (PERHE,), _hour(later + timedelta(days=5), 22), 8, ""),
    )
    away = later + timedelta(days=9)
    absence = Absence(AbsenceId("eino-away"), EINO, _hour(away, 0), _hour(away + timedelta(days=3), 0))
    gives = ShiftId("aino"), _hour(tuesday, 8)
    swap = Swap(SwapId("aino-eino"), AINO, EINO, gives, None, SwapState.AGREED, now, now, EINO)
    return (
        *(Edit("shifts", shift.id, shift) for shift in shifts),
        Edit("absences", absence.id, absence),
        Edit("swaps", swap.id, swap),
        Edit("minima", PAIHDE, (Required(1, _weekdays(8, 20)),)),
        Edit("minima", PERHE, (Required(1, _weekdays(8, 20)), Required(2, _weekdays(13, 16)))),
    )


def _weekdays(start: int, end: int) -> OpeningHours:
    period = Period(start * 60, end * 60)
    return OpeningHours(tuple((period,) if day < 5 else () for day in range(7)))


def _hour(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour))


def _shift(
    name: str, staff: StaffId, queues: tuple[QueueKey, ...], start: datetime, hours: int, rule: str
) -> Shift:
    canonical = read_rule(rule, start) if rule else ""
    return Shift(ShiftId(name), SITE, staff, queues, start, start + timedelta(hours=hours), canonical)
