"""Calendars that go out: a site's plan as it is written, and one counsellor's feed as it comes to be.

No visitor is in either, nor what anybody wrote. The plan holds rules and can be read in again, the same. The feed holds
each time by itself, in UTC, after swaps and absences: nothing in it could be expanded in two ways.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from chatsvc.domain.hours import ZONE, Texts
from chatsvc.domain.roster import Occurrence
from chatsvc.domain.shifts import Absence, Override, Shift
from chatsvc.domain.sites import QueueKey, SiteId, StaffId
from chatsvc.services.calendar_files import own_uid
from chatsvc.services.calendar_names import ABSENCE

PRODUCT = "-//chatsvc//shifts//EN"
REFRESH = timedelta(hours=1)  # how often a program that subscribes should ask again
WORDS: Mapping[str, Mapping[str, str]] = {
    "fi": {"shift": "Työvuoro", "calendar": "Työvuorot"},
    "sv": {"shift": "Arbetspass", "calendar": "Arbetspass"},
    "en": {"shift": "Shift", "calendar": "Shifts"},
}


def write_calendar(
    site: SiteId, shifts: Iterable[Shift], absences: Iterable[Absence], *, changed: int
) -> bytes:
    """A site's plan as a calendar that `read_calendar` reads as the same plan.

    `changed` is when the plan last changed, ms: the same plan gives the same bytes.
    """
    calendar = _calendar()
    calendar.add_component(_helsinki())
    stamp = _utc(changed)
    for shift in shifts:
        calendar.add_component(_series(shift, stamp))
        for override in shift.overrides:
            calendar.add_component(_changed(shift, override, stamp))
    for absence in absences:
        calendar.add_component(_absence(site, absence, stamp))
    return bytes(calendar.to_ical())


def write_feed(
    staff: StaffId,
    occurrences: Iterable[Occurrence],
    names: Mapping[QueueKey, Texts],
    language: str,
    *,
    changed: int,
) -> bytes:
    """What one counsellor's own calendar subscribes to: their times out of a roster's `occurrences`, and nobody else's.

    `names` are the queues' names for people, `language` is fi, sv or en. `changed` is as in `write_calendar`.
    """
    words = WORDS.get(language, WORDS["en"])
    calendar = _calendar()
    for name in ("NAME", "X-WR-CALNAME"):  # RFC 7986; and what most programs read
        calendar.add(name, words["calendar"])
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT1H")
    parts: dict[str, int] = {}
    for occurrence in occurrences:
        if occurrence.staff != staff:
            continue
        identifier = f"{occurrence.shift}-{occurrence.of:%Y%m%dt%H%M}"
        parts[identifier] = part = parts.get(identifier, 0) + 1  # an absence in the middle leaves two
        uid = own_uid(identifier if part == 1 else f"{identifier}-{part}", occurrence.site, "feed")
        title = f"{words['shift']}: {', '.join(_name(names.get(key, {}), key, language) for key in occurrence.queues)}"
        calendar.add_component(_time(uid, occurrence, title, changed))
    return bytes(calendar.to_ical())


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODUCT)
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", "PUBLISH")
    return calendar


def _event(uid: str, stamp: datetime, sequence: int, title: str, start: date, end: date) -> Event:
    event = Event()
    event.add("UID", uid)
    event.add("DTSTAMP", stamp)
    event.add("SEQUENCE", sequence)
    event.add("SUMMARY", title)
    event.add("DTSTART", start)
    event.add("DTEND", end)
    return event


def _time(uid: str, occurrence: Occurrence, title: str, changed: int) -> Event:
    # Minutes since the epoch rise with every change, which is all that SEQUENCE promises, and stay within 32 bits.
    return _event(uid, _utc(changed), changed // 60_000, title, _utc(occurrence.start), _utc(occurrence.end))


def _series(shift: Shift, stamp: datetime) -> Event:
    uid = own_uid(shift.id, shift.site, "shifts")
    event = _event(uid, stamp, shift.sequence, shift.staff, _local(shift.start), _local(shift.end))
    event.add("CATEGORIES", list(shift.queues))
    if shift.rule:
        event["RRULE"] = vRecur.from_ical(shift.rule)
    for left_out in shift.exdates:
        event.add("EXDATE", _local(left_out))
    return event


def _changed(shift: Shift, override: Override, stamp: datetime) -> Event:
    uid, staff = own_uid(shift.id, shift.site, "shifts"), override.staff or shift.staff
    event = _event(uid, stamp, shift.sequence, staff, _local(override.start), _local(override.end))
    event.add("RECURRENCE-ID", _local(override.of))
    event.add("CATEGORIES", list(shift.queues if override.queues is None else override.queues))
    return event


def _absence(site: SiteId, absence: Absence, stamp: datetime) -> Event:
    start: date = _local(absence.start)
    end: date = _local(absence.end)
    if absence.start.time() == absence.end.time() == time(0):
        start, end = absence.start.date(), absence.end.date()
    event = _event(own_uid(absence.id, site, "absences"), stamp, 0, absence.staff, start, end)
    event.add("CATEGORIES", [ABSENCE])
    return event


def _helsinki() -> Timezone:
    """The zone's rules as they have been since 1997, for programs that don't know it by name."""
    zone = Timezone()
    zone.add("TZID", ZONE.key)
    summer, winter = timedelta(hours=3), timedelta(hours=2)
    seasons: tuple[tuple[Any, str, int, int, timedelta, timedelta], ...] = (
        (TimezoneDaylight(), "EEST", 3, 3, winter, summer),
        (TimezoneStandard(), "EET", 10, 4, summer, winter),
    )
    for season, name, month, hour, before, following in seasons:
        last_sunday = max(day for day in range(25, 32) if date(1997, month, day).weekday() == 6)
        season.add("DTSTART", datetime(1997, month, last_sunday, hour))  # noqa: DTZ001 - local time, as it must be here
        season.add("TZNAME", name)
        season.add("TZOFFSETFROM", before)
        season.add("TZOFFSETTO", following)
        season.add("RRULE", {"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": "-1SU"})
        zone.add_component(season)
    return zone


def _local(wall: datetime) -> datetime:
    return wall.replace(tzinfo=ZONE)


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)


def _name(names: Texts, key: QueueKey, language: str) -> str:
    return names.get(language) or next(iter(names.values()), key)
