"""Opening hours as plain values: the inverse of `declaration_hours.opening_hours`."""

from typing import Any, Literal

from chatsvc.domain.declaration_hours import periods_text
from chatsvc.domain.hours import ALWAYS, DAYS, DatedHours, OpeningHours, Period

HoursDocument = Literal["always"] | dict[str, Any]


def hours_document(hours: OpeningHours | None) -> HoursDocument:
    """What `opening_hours` reads as the same hours: each day by itself, closed days left out where any is open.

    A queue without hours is always open.
    """
    if hours is None or hours == ALWAYS:
        return "always"
    table: dict[str, Any] = {
        day: _periods(periods) for day, periods in zip(DAYS, hours.weekly, strict=True) if periods
    }
    if not table:
        table["mon-sun"] = []
    rule = hours.on_holidays
    table["holidays"] = rule if isinstance(rule, str) else _periods(rule)
    if hours.dated:
        table["exception"] = [_exception(found) for found in hours.dated]
    return table


def _periods(periods: tuple[Period, ...]) -> list[str]:
    return [periods_text((period,)) for period in periods]


def _exception(found: DatedHours) -> dict[str, Any]:
    if found.first == found.last:
        row: dict[str, Any] = {"on": found.first.isoformat()}
    else:
        row = {"from": found.first.isoformat(), "to": found.last.isoformat()}
    row["hours"] = _periods(found.periods)
    return row | ({"names": found.names} if found.names else {})
