"""Calendar files in and out: the plan comes back the same, others read it alike, bad files are refused whole."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events  # type: ignore[import-untyped] # published without type information
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.hours import ZONE
from chatsvc.domain.roster import Occurrence, planned
from chatsvc.domain.shifts import Absence, AbsenceId, Override, Shift, ShiftId, wall_ms
from chatsvc.domain.sites import PoolId, Queue, QueueName, Site, Staff, StaffId
from chatsvc.services.calendar_export import write_calendar, write_feed
from chatsvc.services.calendar_files import Imported, read_calendar
from chatsvc.services.calendar_lines import CalendarRefused
from chatsvc.services.recurrence import read_rule
from chatsvc.services.shift_rules import expand
from tests.support.shift_model import DAY, PEOPLE, QUEUES, SITE, Plan, at, local, model, plans, planted

NAMES = {
    "paihde": {"fi": "Päihteet, pelit", "sv": "Missbruk; spel", "en": "Addictions"},
    "talous": {"fi": "Talous"},
}
SITE_DECLARED = Site(
    SITE, {"fi": "Kunta"}, queues=tuple(Queue(SITE, QueueName(name), texts) for name, texts in NAMES.items())
)
STAFF = tuple(
    Staff(person, person.title(), "counsellor", "", PoolId("kunta"), (SITE,), QUEUES) for person in PEOPLE
)
CHANGED = 1_790_000_000_000
MONDAY = local(2026, 1, 5, 9)


def read(content: bytes | str) -> Imported:
    return read_calendar(content.encode() if isinstance(content, str) else content, SITE_DECLARED, STAFF)


def canonical(plan: Plan, number: int) -> Shift:
    shift = plan.shift
    rule = read_rule(plan.rule.text(shift.start), shift.start) if plan.rule else ""
    return replace(shift, id=ShiftId(f"{shift.id}-{number}"), rule=rule)


@st.composite
def absences(draw: st.DrawFn) -> Absence:
    start = at(draw(st.dates(local(2026, 1, 1).date(), local(2027, 1, 1).date())))
    if draw(st.booleans()):
        start += timedelta(minutes=draw(st.integers(1, 1439)))
    length = draw(st.one_of(st.integers(1, 20).map(timedelta), st.integers(1, 600).map(lambda n: n * MINUTE)))
    return Absence(AbsenceId("x"), draw(st.sampled_from(PEOPLE)), start, start + length)


MINUTE = timedelta(minutes=1)


@model
@given(st.lists(plans(), max_size=3), st.lists(absences(), max_size=3))
def test_a_plan_comes_back_the_same(several: list[Plan], away: list[Absence]) -> None:
    """What is exported is imported as the same shifts and absences, and the same plan gives the same bytes."""
    shifts = tuple(canonical(plan, number) for number, plan in enumerate(several))
    away = [replace(one, id=AbsenceId(f"away-{number}")) for number, one in enumerate(away)]
    content = write_calendar(SITE, shifts, away, changed=CHANGED)
    assert read(content) == Imported(shifts, tuple(away))
    assert write_calendar(SITE, shifts, away, changed=CHANGED) == content


def foreign_reading(content: bytes, start: int, end: int) -> set[tuple[int, int]]:
    """The times that icalendar and recurring-ical-events find by themselves, with the file's own zone."""
    first, last = (datetime.fromtimestamp(edge / 1000, UTC) for edge in (start, end))
    events = recurring_ical_events.of(icalendar.Calendar.from_ical(content)).between(first, last)
    return {
        (int(event["DTSTART"].dt.timestamp()) * 1000, int(event["DTEND"].dt.timestamp()) * 1000)
        for event in events
    }


def day_shift(rule: str, start: datetime = MONDAY, **changes: object) -> Shift:
    shift = Shift(
        ShiftId("day"), SITE, PEOPLE[0], QUEUES, start, start + timedelta(hours=8), read_rule(rule, start)
    )
    return replace(shift, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "shift",
    [
        day_shift("FREQ=WEEKLY;BYDAY=MO,SU"),
        day_shift("FREQ=DAILY;UNTIL=20260601"),
        day_shift("FREQ=MONTHLY;BYDAY=1MO"),
        day_shift("FREQ=WEEKLY;COUNT=20", exdates=(MONDAY + 7 * DAY, MONDAY + 84 * DAY)),
        day_shift(
            "FREQ=WEEKLY",
            overrides=(Override(MONDAY + 7 * DAY, MONDAY + 8 * DAY, MONDAY + 8 * DAY + 60 * MINUTE),),
        ),
    ],
)
def test_other_programs_read_the_same_times(shift: Shift) -> None:
    """A reader that knows nothing of ours finds the same instants in the exported file, across the change of clocks."""
    start, end = wall_ms(MONDAY), wall_ms(local(2026, 12, 1))
    ours = {(one.start, one.end) for one in expand(shift, start, end)}
    assert ours
    assert foreign_reading(write_calendar(SITE, [shift], [], changed=CHANGED), start, end) == ours


def test_the_zone_that_is_exported_is_finlands() -> None:
    """The VTIMEZONE of the file says what Finland's clocks say, at every hour of a year with both changes."""
    calendar = icalendar.Calendar.from_ical(write_calendar(SITE, [], [], changed=CHANGED))
    (zone,) = calendar.walk("VTIMEZONE")
    assert isinstance(zone, icalendar.Timezone)
    zone["TZID"] = icalendar.vText("Elsewhere")  # so that it is not looked up by name
    rules = zone.to_tz(lookup_tzid=False)
    for hour in range(365 * 24):
        at_hour = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        assert at_hour.astimezone(rules).utcoffset() == at_hour.astimezone(ZONE).utcoffset()


def event(
    *lines: str, uid: str = "u-1", start: str = "DTSTART:20260105T090000", end: str = "DTEND:20260105T170000"
) -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", start, end, *lines, "END:VEVENT"])


def calendar(*events: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *events, "END:VCALENDAR", ""])


def one_shift(content: str) -> Shift:
    (shift,) = read(content).shifts
    return shift


@pytest.mark.parametrize(
    ("lines", "person", "queues"),
    [
        (("SUMMARY:aino",), "aino", QUEUES),
        (("SUMMARY:Eino",), "eino", QUEUES),
        (("SUMMARY:AINO: talous",), "aino", QUEUES[1:]),
        (("SUMMARY:aino: talous\\, paihde",), "aino", QUEUES[::-1]),
        (("SUMMARY:irja", "CATEGORIES:paihde"), "irja", QUEUES[:1]),
        (("SUMMARY:irja", "CATEGORIES:kunta/talous", "CATEGORIES:Paihde"), "irja", QUEUES[::-1]),
        (("SUMMARY:irja: talous", "CATEGORIES:paihde"), "irja", QUEUES[:1]),
    ],
)
def test_who_and_where(lines: tuple[str, ...], person: str, queues: tuple[str, ...]) -> None:
    """SUMMARY names the counsellor by username or alias; categories, else SUMMARY, else their account, the queues."""
    shift = one_shift(calendar(event(*lines)))
    assert (shift.staff, shift.queues) == (person, queues)


@pytest.mark.parametrize(
    "start",
    [
        "DTSTART:20260105T090000",
        "DTSTART;TZID=Europe/Helsinki:20260105T090000",
        'DTSTART;TZID="Europe/Helsinki":20260105T090000',
        "DTSTART;TZID=FLE Standard Time:20260105T090000",
        "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Helsinki:20260105T090000",
        "DTSTART:20260105T070000Z",
        "DTSTART;TZID=Europe/Stockholm:20260105T080000",
        "DTSTART;TZID=America/\r\n New_York:20260105T020000",
    ],
)
def test_times_come_to_local_time(start: str) -> None:
    """Without a zone a time is Finland's; with one, of IANA or Windows, it is converted; folded lines are joined."""
    shift = one_shift(calendar(event("SUMMARY:aino", start=start)))
    assert (shift.start, shift.end) == (MONDAY, MONDAY + timedelta(hours=8))


def test_letters_may_be_folded() -> None:
    """A line that is folded within a letter, as some programs do, and a mark of byte order at the front, are read."""
    person = replace(STAFF[0], alias="Äijä")
    content = calendar(event("SUMMARY:Äijä")).encode().replace("Äijä".encode(), b"\xc3\r\n \x84ij\xc3\xa4")
    (shift,) = read_calendar(b"\xef\xbb\xbf" + content, SITE_DECLARED, [person]).shifts
    assert shift.staff == person.id


def test_rules_exceptions_and_changes() -> None:
    """RRULE, EXDATE by time and date, an occurrence moved to somebody else, and a cancelled one make one shift."""
    zone = ";TZID=Europe/Helsinki"
    content = calendar(
        event(
            "SUMMARY:aino",
            "RRULE:FREQ=WEEKLY;UNTIL=20260630T205959Z",
            f"EXDATE{zone}:20260112T090000,20260119T090000",
            "EXDATE;VALUE=DATE:20260202",
            "SEQUENCE:2",
            start=f"DTSTART{zone}:20260105T090000",
            end="DURATION:PT8H",
        ),
        event(
            "SUMMARY:Eino",
            "RECURRENCE-ID:20260209T070000Z",
            "SEQUENCE:3",
            start=f"DTSTART{zone}:20260210T100000",
            end=f"DTEND{zone}:20260210T120000",
        ),
        event("RECURRENCE-ID:20260216T090000", "STATUS:CANCELLED"),
    )
    shift = one_shift(content)
    assert shift.rule == "FREQ=WEEKLY;UNTIL=20260630T205959Z"
    assert shift.exdates == tuple(MONDAY + days * DAY for days in (7, 14, 28, 42))
    moved = local(2026, 2, 10, 10)
    assert shift.overrides == (
        Override(MONDAY + 35 * DAY, moved, moved + timedelta(hours=2), StaffId("eino"), None),
    )
    assert shift.sequence == 3


def test_absences() -> None:
    """Whole days, and times with the category ABSENCE, are absences; a missing end of whole days means one day."""
    imported = read(
        calendar(
            event(
                "SUMMARY:Aino", uid="a", start="DTSTART;VALUE=DATE:20260706", end="DTEND;VALUE=DATE:20260711"
            ),
            event("SUMMARY:eino", uid="b", start="DTSTART;VALUE=DATE:20260706", end="TRANSP:OPAQUE"),
            event("SUMMARY:irja", "CATEGORIES:Absence", uid="c"),
        )
    )
    assert imported.shifts == ()
    assert [(one.staff, one.start, one.end) for one in imported.absences] == [
        ("aino", local(2026, 7, 6), local(2026, 7, 11)),
        ("eino", local(2026, 7, 6), local(2026, 7, 7)),
        ("irja", MONDAY, MONDAY + timedelta(hours=8)),
    ]


def test_what_is_passed_over() -> None:
    """Cancelled events, alarms, other components, zones' definitions and what people wrote leave nothing behind."""
    inside = event(
        "SUMMARY:aino",
        "DESCRIPTION:Ring\\nme",
        "ATTENDEE;CN=X:mailto:x@example.org",
        "BEGIN:VALARM",
        "UID:z",
        "END:VALARM",
    )
    content = calendar(
        "BEGIN:VTIMEZONE\r\nTZID:Europe/Helsinki\r\nBEGIN:STANDARD\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE",
        "BEGIN:VTODO\r\nUID:t\r\nEND:VTODO",
        event("STATUS:CANCELLED", uid="gone", start="DTSTART;TZID=Nowhere:20260105T090000"),
        event("RECURRENCE-ID:20260112T090000", "STATUS:CANCELLED", uid="gone"),
        inside,
    )
    assert len(read(content).shifts) == 1
    assert "Ring" not in repr(read(content))


def test_a_foreign_event_is_known_again() -> None:
    """A foreign UID gives the same shift each time, another UID another one, and survives our own export."""
    first = one_shift(calendar(event("SUMMARY:aino")))
    assert one_shift(calendar(event("SUMMARY:eino"))).id == first.id
    assert one_shift(calendar(event("SUMMARY:aino", uid="u-2"))).id != first.id
    assert read(write_calendar(SITE, [first], [], changed=CHANGED)).shifts == (first,)


ALL_GOOD = event("SUMMARY:aino", uid="good")


@pytest.mark.parametrize(
    ("lines", "keywords", "where", "reason"),
    [
        ((), {}, "SUMMARY", "missing"),
        (("SUMMARY:Nobody",), {}, "SUMMARY", "names no counsellor"),
        (("SUMMARY:aino", "CATEGORIES:gone"), {}, "CATEGORIES", "not there, or no more"),
        (("SUMMARY:aino: gone",), {}, "SUMMARY", "not there, or no more"),
        (("SUMMARY:aino",), {"uid": ""}, "UID", "missing"),
        (("SUMMARY:aino",), {"uid": "good"}, "UID", "earlier event"),
        (
            ("SUMMARY:aino",),
            {"start": "DTSTART;TZID=Mars/Olympus:20260105T090000"},
            "DTSTART",
            "Mars/Olympus",
        ),
        (
            ("SUMMARY:aino",),
            {"start": "DTSTART;TZID=../../etc/passwd:20260105T090000"},
            "DTSTART",
            "not known",
        ),
        (("SUMMARY:aino",), {"start": "DTSTART:20260230T090000"}, "DTSTART", "no date or time"),
        (("SUMMARY:aino",), {"start": "DTSTART:00000101T090000"}, "DTSTART", "no date or time"),
        (("SUMMARY:aino",), {"start": "DTSTART:99991231T235959Z"}, "DTSTART", "too far"),
        (("SUMMARY:aino",), {"start": "X-NO:1"}, "DTSTART", "missing"),
        (("SUMMARY:aino",), {"end": "X-NO:1"}, "DTEND", "missing"),
        (("SUMMARY:aino",), {"end": "DTEND:20260105T080000"}, "DTEND", "later than the start"),
        (("SUMMARY:aino",), {"end": "DTEND:20260107T080000"}, "DTEND", "24 hours"),
        (("SUMMARY:aino",), {"end": "DTEND:20260105T165959"}, "DTEND", "whole minute"),
        (("SUMMARY:aino",), {"end": "DTEND;VALUE=DATE:20260106"}, "DTEND", "date where"),
        (("SUMMARY:aino",), {"end": "DURATION:8 hours"}, "DURATION", "no duration"),
        (
            ("SUMMARY:aino",),
            {"start": "DTSTART:20261025T013000Z", "end": "DURATION:PT2H"},
            "DTSTART",
            "second pass",
        ),
        (("SUMMARY:aino", "RRULE:FREQ=MINUTELY"), {}, "RRULE", "at most once a day"),
        (("SUMMARY:aino", "RRULE:FREQ=DAILY;COUNT=1000000"), {}, "RRULE", "COUNT"),
        (("SUMMARY:aino", "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"), {}, "RRULE", "twice"),
        (
            ("SUMMARY:aino", "RRULE:FREQ=DAILY"),
            {"start": "DTSTART:20260105T070000Z"},
            "DTSTART",
            "recurs in the time of UTC",
        ),
        (
            ("SUMMARY:aino", "RRULE:FREQ=DAILY"),
            {"start": "DTSTART;TZID=Europe/Stockholm:20260105T080000"},
            "DTSTART",
            "recurs in the time of Europe/Stockholm",
        ),
        (("SUMMARY:aino", "RDATE:20260107T090000"), {}, "RDATE", "not read"),
        (("SUMMARY:aino", "EXRULE:FREQ=DAILY"), {}, "EXRULE", "not read"),
        (("SUMMARY:aino", "EXDATE:20260106T090000"), {}, "RRULE", "no exceptions"),
        (("SUMMARY:aino", "RRULE:FREQ=DAILY", "EXDATE:tomorrow"), {}, "EXDATE", "no date or time"),
        (("SUMMARY:aino", "SEQUENCE:-1"), {}, "SEQUENCE", "whole number"),
        (("SUMMARY:aino", "RECURRENCE-ID:20260105T090000"), {}, "RECURRENCE-ID", "doesn't hold"),
        (
            ("SUMMARY:aino", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260105T090000"),
            {},
            "RECURRENCE-ID",
            "all later",
        ),
        (("SUMMARY:aino", "CATEGORIES:ABSENCE", "RRULE:FREQ=DAILY"), {}, "RRULE", "absence recur"),
        (
            ("SUMMARY:aino",),
            {"start": "DTSTART;VALUE=DATE:99991231", "end": "X-NO:1"},
            "DTEND",
            "too far",
        ),
    ],
)
def test_a_wrong_event_refuses_the_file(
    lines: tuple[str, ...], keywords: dict[str, str], where: str, reason: str
) -> None:
    """One wrong event among good ones: nothing is taken, and line, event, property and reason are told."""
    content = calendar(ALL_GOOD, event(*lines, **keywords))
    with pytest.raises(CalendarRefused, match=reason) as refused:
        read(content)
    problem = refused.value.problems[0]
    assert (
        f"VEVENT 2 (UID {keywords.get('uid', 'u-1')})".replace(" (UID )", "") + f", {where}" == problem.path
    )
    assert problem.line is not None
    named = content.split("\r\n")[problem.line - 1]
    assert named.startswith((where, "BEGIN:VEVENT"))


def test_a_change_of_what_the_rule_does_not_give_is_refused() -> None:
    """A RECURRENCE-ID that is no start of the series is told at its own event."""
    content = calendar(
        event("SUMMARY:aino", "RRULE:FREQ=WEEKLY"), event("SUMMARY:eino", "RECURRENCE-ID:20260106T090000")
    )
    with pytest.raises(CalendarRefused) as refused:
        read(content)
    (problem,) = refused.value.problems
    assert problem.path == "VEVENT 2 (UID u-1), RECURRENCE-ID"


def test_every_problem_is_told_at_once() -> None:
    """Two wrong events with two faults each make four problems in order of lines; never more than a hundred."""
    bad = ("SUMMARY:Nobody", "RDATE:20260101")
    content = calendar(event(*bad, uid="1"), ALL_GOOD, event(*bad, uid="2"))
    with pytest.raises(CalendarRefused) as refused:
        read(content)
    lines = [problem.line or 0 for problem in refused.value.problems]
    assert len(lines) == 4
    assert lines == sorted(lines)
    content = calendar(*(event(*bad, uid=str(number)) for number in range(200)))
    with pytest.raises(CalendarRefused) as refused:
        read(content)
    assert len(refused.value.problems) == 100


def test_a_uid_that_cannot_be_shown_is_not() -> None:
    """A UID with control-like or very many characters is left out of the message."""
    for uid in ("a\\nb", "x" * 500):
        content = calendar(event("SUMMARY:Nobody", uid=uid))
        with pytest.raises(CalendarRefused) as refused:
            read(content)
        assert refused.value.problems[0].path == "VEVENT 1, SUMMARY"


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        (b"x" * 5_000_000, "5000000 bytes", None),
        (b"", "no VCALENDAR", None),
        (b"hello", "no line of a calendar", 1),
        (b"BEGIN:VCALENDAR\r\nSUMMARY:\xff\r\nEND:VCALENDAR", "UTF-8", 2),
        (b"BEGIN:VCALENDAR\r\nX:a\x00b\r\nEND:VCALENDAR", "control characters", 2),
        (b"BEGIN:VEVENT\r\nEND:VEVENT", "outside of a VCALENDAR", 1),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT", "isn't the last", 2),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1", "cut off", None),
        (b"BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR", "invitation", 2),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 60_000, "inside one another", 9),
        (
            b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 3_001 + b"END:VCALENDAR",
            "event 3001",
            6_003,
        ),
    ],
)
def test_a_broken_file_is_refused(content: bytes, reason: str, line: int | None) -> None:
    """Too large, not text, no calendar, or broken in its structure: refused with the line where there is one."""
    with pytest.raises(CalendarRefused, match=reason) as refused:
        read(content)
    assert refused.value.problems[0].line == line


def many(count: int, *lines: str, start: str = "20280229T090000") -> bytes:
    """A calendar of many alike events, each with a UID of its own unless a line gives one."""
    events = (
        event("SUMMARY:aino", *lines, uid=str(number), start=f"DTSTART:{start}", end="DURATION:PT1H")
        for number in range(count)
    )
    return calendar(*events).encode()


EXDATES = ",".join(f"{MONDAY + number * DAY:%Y%m%dT%H%M%S}" for number in range(20_000))
CHANGES = [
    event("SUMMARY:eino", f"RECURRENCE-ID:{MONDAY + (9_000 + n) * DAY:%Y%m%dT%H%M%S}") for n in range(500)
]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\n" * (1 << 20), "no VCALENDAR"),
        (b"BEGIN:VCALENDAR\n" + b" \n" * 500_000, "cut off"),
        (b"BEGIN:VCALENDAR\nX" + b";A=" * 340_000, "no line"),
        (b"BEGIN:VCALENDAR\nX;A=" + b'"",' * 340_000, "no line"),
        (calendar(event("SUMMARY:aino", "CATEGORIES:" + "a\\," * 340_000)).encode(), "not there"),
        (calendar(event("SUMMARY:aino", "RRULE:FREQ=DAILY", f"EXDATE:{EXDATES}")).encode(), "500 exceptions"),
        (
            calendar(event("SUMMARY:aino", "RRULE:FREQ=DAILY"), *CHANGES, "END:VEVENT").encode(),
            "isn't the last",
        ),
        (calendar(event("SUMMARY:aino", "RRULE:FREQ=DAILY"), *CHANGES, event(uid="")).encode(), "SUMMARY"),
        (many(2_999, "RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300"), "own first day"),
        (many(2_999, "RRULE:FREQ=MONTHLY;BYMONTH=2;BYDAY=5TU", start="20280229T090099"), "no date"),
        (many(2_999, "RRULE:FREQ=DAILY;INTERVAL=366", "EXDATE;TZID=Mars:20280229T090000"), "Mars"),
    ],
)
def test_a_hostile_file_takes_little_time(content: bytes, reason: str) -> None:
    """The largest file that is read, full of what costs parsers and expanders most, is refused within seconds."""
    began = time.process_time()
    with pytest.raises(CalendarRefused, match=reason):
        read(content)
    assert time.process_time() - began < 5


def test_the_largest_plan_takes_seconds() -> None:
    """Three thousand series that hardly ever match are read in a few seconds."""
    began = time.process_time()
    assert len(read(many(3_000, "RRULE:FREQ=MONTHLY;BYMONTH=2;BYDAY=5TU")).shifts) == 3_000
    assert time.process_time() - began < 10


GOOD_FILE = write_calendar(
    SITE,
    [day_shift("FREQ=WEEKLY;BYDAY=MO", exdates=(MONDAY + 7 * DAY,))],
    [Absence(AbsenceId("a"), PEOPLE[0], MONDAY, MONDAY + DAY)],
    changed=CHANGED,
)


@model
@given(
    st.integers(0, len(GOOD_FILE)),
    st.integers(0, 40),
    st.binary(max_size=12) | st.text(max_size=8).map(str.encode),
)
def test_whatever_comes_is_read_or_refused(place: int, removed: int, added: bytes) -> None:
    """A calendar with bytes taken out and others put in is read and can be written, or is refused with problems."""
    content = GOOD_FILE[:place] + added + GOOD_FILE[place + removed :]
    try:
        plan = read(content)
    except CalendarRefused as refused:
        found = bool(refused.problems)
    else:
        found = read(write_calendar(SITE, plan.shifts, plan.absences, changed=CHANGED)) == plan
    assert found


def test_a_round_trip_that_loses_something_is_caught() -> None:
    """The comparison sees an export without the exceptions of a rule."""

    @planted
    @given(plans())
    def same(plan: Plan) -> None:
        shift = canonical(plan, 1)
        careless = write_calendar(SITE, [replace(shift, exdates=())], [], changed=CHANGED)
        assert read(careless).shifts == (shift,)

    with pytest.raises(AssertionError):
        same()


def feed(language: str = "fi") -> tuple[bytes, tuple[Occurrence, ...]]:
    shift = day_shift("FREQ=WEEKLY")
    start, end = wall_ms(MONDAY), wall_ms(MONDAY + 28 * DAY)
    lunch = Absence(AbsenceId("a"), PEOPLE[0], MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=4))
    other = replace(shift, id=ShiftId("other"), staff=PEOPLE[1])
    occurrences = [*expand(shift, start, end), *expand(other, start, end)]
    roster = planned(occurrences, [lunch], start=start, end=end)
    names = {key: NAMES[key.split("/")[1]] for key in QUEUES}
    return write_feed(PEOPLE[0], roster.occurrences, names, language, changed=CHANGED), roster.occurrences


def test_a_feed_holds_what_one_person_works() -> None:
    """The feed's times are the roster's, absences taken out, with a UID each, and nothing of anybody else."""
    content, occurrences = feed()
    mine = {(one.start, one.end) for one in occurrences if one.staff == PEOPLE[0]}
    assert len(mine) == 5
    assert foreign_reading(content, wall_ms(MONDAY), wall_ms(MONDAY + 28 * DAY)) == mine
    events = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert len({str(one["UID"]) for one in events}) == len(mine)
    assert b"eino" not in content
    assert feed()[0] == content


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("fi", "Työvuoro: Päihteet, pelit, Talous"),
        ("sv", "Arbetspass: Missbruk; spel, Talous"),
        ("en", "Shift: Addictions, Talous"),
        ("sms", "Shift: Päihteet, pelit, Talous"),
    ],
)
def test_a_feed_speaks_the_language(language: str, title: str) -> None:
    """Titles are in the counsellor's language, the queues' names in it where there is one; text is escaped."""
    parsed = icalendar.Calendar.from_ical(feed(language)[0])
    assert {str(one["SUMMARY"]) for one in parsed.walk("VEVENT")} == {title}


def test_a_feed_says_how_often_to_ask() -> None:
    """The feed has what subscribing programs look for: a name, how often to come back, stamp and sequence."""
    content = feed("en")[0].decode()
    for line in (
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        "X-WR-CALNAME:Shifts",
        "METHOD:PUBLISH",
        "VERSION:2.0",
        "DTSTAMP:20260921T141320Z",
        "SEQUENCE:29833333",
        "UID:day-20260105t0900@kunta.feed.chatsvc",
        "UID:day-20260105t0900-2@kunta.feed.chatsvc",
        "DTSTART:20260105T070000Z",
    ):
        assert f"{line}\r\n" in content
    assert all(len(line.encode()) <= 75 for line in content.split("\r\n"))
