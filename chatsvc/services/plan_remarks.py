"""What a shift says that comes to nothing: worth a word before it is saved, and no reason to refuse it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, islice
from typing import Literal

from chatsvc.domain.hours import local_day
from chatsvc.domain.shifts import Shift, ShiftId, wall_ms
from chatsvc.services.rule_days import day_bit, days_before, rule_days

Code = Literal["no_such_start", "hour_skipped"]
MOST_REMARKS = 20  # that are told at once


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with which start of a shift, and what to do; `place` and `line` say where in a file."""

    code: Code
    shift: ShiftId
    of: datetime
    message: str
    place: str = ""
    line: int | None = None


def remarks_on(shifts: Iterable[Shift], now: int) -> tuple[Remark, ...]:
    """The first 20 remarks on these shifts; what lies before `now` (ms) does not take place any more in any case."""
    today = local_day(now)
    series = [shift for shift in shifts if shift.rule]
    found = chain.from_iterable((*_without_start(shift), *_skipped(shift, today)) for shift in series)
    return tuple(islice(found, MOST_REMARKS))


def _without_start(shift: Shift) -> Iterator[Remark]:
    """Exceptions that meet no start of their series."""
    if not shift.exdates:
        return
    days = rule_days(shift.rule, shift.start)
    for of in shift.exdates:
        if of.time() != shift.start.time() or not days & day_bit(of.date()):
            message = (
                f"The series has no start at {of:%Y-%m-%d %H:%M}, so leaving that out changes nothing. "
                "Leave out the date and time of a start, or remove this exception."
            )
            yield Remark("no_such_start", shift.id, of, message)


def _skipped(shift: Shift, today: date) -> Iterator[Remark]:
    """The next time that lies wholly in the hour which the clocks skip."""
    days = rule_days(shift.rule, shift.start) & ~days_before(today)
    for exception in (*shift.exdates, *(override.of for override in shift.overrides)):
        days &= ~day_bit(exception.date())
    length = shift.end - shift.start
    lost = [of for of in _springs(days, shift.start) if wall_ms(of) >= wall_ms(of + length)]
    if lost:
        again = f", nor do {len(lost) - 1} later ones" if len(lost) > 1 else ""
        message = (
            f"On {lost[0]:%Y-%m-%d} the clocks skip the hour from 3:00 to 4:00, and with it all of this shift: that "
            f"time does not take place{again}. Give that day another time, or leave it out."
        )
        yield Remark("hour_skipped", shift.id, lost[0], message)


def _springs(days: int, start: datetime) -> Iterator[datetime]:
    """The starts on days on which the clocks go forward: the last Sundays of March (directive 2000/84/EC)."""
    if start.hour != 3:
        return
    last = days.bit_length()
    for year in range(start.year, 2100):
        sunday = date(year, 3, 31) - timedelta(days=(date(year, 3, 31).weekday() + 1) % 7)
        bit = day_bit(sunday)
        if bit.bit_length() > last:
            return
        if days & bit:
            yield datetime.combine(sunday, start.time())
