"""The slow, obvious reading of opening hours: the periods of the last days one by one, by the clock on the wall."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from chatsvc.domain.hours import ZONE, OpeningHours, Period
from chatsvc.services.opening import holidays_of


@cache
def wall_instant(day: date, minutes: int) -> int:
    """The slow way: of the two offsets that Finland has, the one that fits; the earlier; or the one before a gap."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    for hours in (3, 2):  # the earlier of two instants is the one in summer time
        moment = (wall - timedelta(hours=hours)).replace(tzinfo=UTC)
        if moment.astimezone(ZONE).replace(tzinfo=None) == wall:
            return int(moment.timestamp()) * 1000
    return int((wall - timedelta(hours=2)).replace(tzinfo=UTC).timestamp()) * 1000


def slow_is_open(hours: OpeningHours, now: int) -> bool:
    """Look at the periods of the last days one by one."""
    today = datetime.fromtimestamp(now / 1000, ZONE).date()
    for back in range(4):
        day = today - timedelta(days=back)
        for period in periods_of(hours, day):
            if wall_instant(day, period.start) <= now < wall_instant(day, period.end):
                return True
    return False


def periods_of(hours: OpeningHours, day: date) -> tuple[Period, ...]:
    """A day's periods: the last exception that names it, else the holiday's, else the weekday's."""
    fitting = [found for found in hours.dated if found.first <= day <= found.last]
    if fitting:
        return fitting[-1].periods
    if day in holidays_of(day.year) and hours.on_holidays != "as usual":
        if hours.on_holidays == "as on sunday":
            return hours.weekly[6]
        return () if isinstance(hours.on_holidays, str) else hours.on_holidays
    return hours.weekly[day.weekday()]


def edges(hours: OpeningHours, day: date) -> Iterator[int]:
    """Instants worth a look: around each beginning and end of the day's periods."""
    for period in periods_of(hours, day):
        for minutes in (period.start, period.end):
            at = wall_instant(day, minutes)
            yield from (at - 1, at, at + 1)
