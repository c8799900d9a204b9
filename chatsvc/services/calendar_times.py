"""The times in a calendar file as local time in Finland, and what can't be told in it."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar import vDuration
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.hours import ZONE
from chatsvc.domain.shifts import wall_at, wall_ms
from chatsvc.services.calendar_lines import Property

_DATE = re.compile(r"[0-9]{8}")
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}(Z?)")
_DURATION = re.compile(
    r"\+?P(?:[0-9]{1,4}W|(?:[0-9]{1,4}D)?(?:T(?:[0-9]{1,4}H)?(?:[0-9]{1,5}M)?(?:[0-9]{1,6}S)?)?)"
)
_COMPARED = datetime(2030, 1, 1, tzinfo=UTC)  # a year by the rules that are in force from now on


def read_time(found: Property, *, recurring: bool, floating: str | None = None) -> datetime | date:
    """A property's date or time, the time as local time in Finland; one without a zone is of the zone `floating`.

    Without that either it is taken to be of Finland, as everything else that supervisors write.

    Raises Refusal for a zone that isn't known, and for what local time can't express: in a recurring event a zone whose
    clocks don't go with Finland's, and the second pass of the hour that comes twice.
    """
    zone = found.parameters.get("TZID")
    read = _one(found.value.strip(), zone, floating, recurring=recurring)
    if found.parameters.get("VALUE", "").upper() == "DATE" and isinstance(read, datetime):
        raise Refusal("says VALUE=DATE but has a time.")
    return read


def read_times(found: Property, *, floating: str | None = None) -> list[datetime | date]:
    """The times of a list of exceptions, as `read_time`."""
    zone = found.parameters.get("TZID")
    return [_one(value.strip(), zone, floating, recurring=False) for value in found.value.split(",")]


def read_duration(found: Property) -> timedelta:
    """How long an event is by the clock on the wall. Raises Refusal."""
    text = found.value.strip().upper()
    if not _DURATION.fullmatch(text) or not re.search(r"[0-9]", text) or text.endswith("T"):
        raise Refusal("is no duration, such as PT8H.")
    length: timedelta = vDuration.from_ical(text)  # type: ignore[no-untyped-call]
    return length


def _one(value: str, zone: str | None, floating: str | None, *, recurring: bool) -> datetime | date:
    try:
        if _DATE.fullmatch(value):
            return datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007 - local time
        if not (found := _TIME.fullmatch(value)):
            raise ValueError("neither a date nor a time")
        wall = datetime.strptime(value[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - local time
    except ValueError:
        raise Refusal("is no date or time, such as 20261231 or 20261231T090000.") from None
    if found[1]:
        return _elsewhere(wall, ZoneInfo("UTC"), "UTC", recurring=recurring)
    if zone is None and floating is None:
        return wall
    known = _zone(zone) if zone is not None else _calendar_zone(floating or "")
    if _clocks_as_here(known):
        return wall
    name = known.key if zone is not None else f"{known.key} (the file's X-WR-TIMEZONE)"
    return _elsewhere(wall, known, name, recurring=recurring)


def _elsewhere(wall: datetime, zone: ZoneInfo, name: str, *, recurring: bool) -> datetime:
    if recurring:
        raise Refusal(
            f"recurs in the time of {name}, whose clocks don't go with Finland's; use Europe/Helsinki."
        )
    try:
        at = int(wall.replace(tzinfo=zone).timestamp()) * 1000
        here = wall_at(at)
    except (ValueError, OverflowError):
        raise Refusal("is too far away in time.") from None
    if wall_ms(here) + here.second * 1000 != at:
        raise Refusal(
            "is in the second pass of the hour that comes twice in autumn, which local time can't name."
        )
    return here


def _zone(name: str) -> ZoneInfo:
    """The zone of a TZID: an IANA name, also behind a prefix such as /example.org/, or one of Windows."""
    candidates = [name, WINDOWS_TO_OLSON.get(name, name)]
    if name.startswith("/"):
        parts = name.split("/")[-3:]
        candidates += ["/".join(parts[start:]) for start in range(len(parts))]
    for candidate in candidates:
        if candidate in _zones():
            return ZoneInfo(candidate)
    shown = f" {name}" if name.isprintable() and len(name) <= 80 else ""
    raise Refusal(f"has the time zone{shown}, which is not known here; use Europe/Helsinki.")


def _calendar_zone(name: str) -> ZoneInfo:
    try:
        return _zone(name)
    except Refusal:
        raise Refusal(
            "has no time zone, and the file's X-WR-TIMEZONE is not known here; use Europe/Helsinki there."
        ) from None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _clocks_as_here(zone: ZoneInfo) -> bool:
    """Whether the zone's clocks show what Finland's show, in every hour of a year."""
    hours = (_COMPARED + timedelta(hours=hour) for hour in range(366 * 24))
    return all(hour.astimezone(zone).utcoffset() == hour.astimezone(ZONE).utcoffset() for hour in hours)
