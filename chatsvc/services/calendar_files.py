"""Shifts and absences from an iCalendar file: all of it, or every reason why not.

How an event is read, whatever program wrote it:
- SUMMARY names the counsellor: the username, or the alias where only one person has it. `aino: paihde, talous` names
  queues too, for calendars that know no categories.
- CATEGORIES name the queues, as `paihde` or `kunta/paihde`. Without either, all queues of the site that the person
  serves.
- An event of whole days, or with the category ABSENCE, is an absence of that person. It can't recur.
- RRULE, EXDATE and RECURRENCE-ID are read; a cancelled occurrence is left out, a cancelled event is passed over. RDATE,
  EXRULE and RANGE are refused. Everything else, such as ATTENDEE and DESCRIPTION, is neither read nor kept.
- An exception (EXDATE, a cancelled occurrence) that meets no start of its series is told as a remark: `plan_remarks`. A
  change of such an occurrence is refused, for its time would be lost.
- A time without a zone is of the file's X-WR-TIMEZONE, as calendars that write that mean it; in a file without, of
  Finland. One that isn't known, or whose clocks don't go with Finland's in a recurring event, is refused where it is
  needed.
- A UID of our own export names the shift it came from; any other UID always gives the same shift, so a file may come
  again.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.shifts import Absence, AbsenceId, Override, Shift, ShiftId, absence_problems
from chatsvc.domain.sites import Site, SiteId, Staff
from chatsvc.services.calendar_drafts import Draft, read_draft
from chatsvc.services.calendar_lines import CalendarRefused, read_events
from chatsvc.services.calendar_names import Names
from chatsvc.services.plan_remarks import Remark
from chatsvc.services.recurrence import read_rule
from chatsvc.services.shift_rules import all_problems

MOST_PROBLEMS = 100  # of those that are told at once
_OWN_UID = re.compile(r"([a-z0-9-]{1,64})@([a-z0-9-]{1,40})\.(?:shifts|absences)\.chatsvc")
_PROPERTY_OF = {
    "start": "DTSTART",
    "end": "DTEND",
    "staff": "SUMMARY",
    "queues": "CATEGORIES",
    "rule": "RRULE",
    "exdates": "EXDATE",
    "overrides": "RECURRENCE-ID",
    "of": "RECURRENCE-ID",
    "id": "UID",
}


Place = tuple[str, int]  # the event and its property, the line


@dataclass(frozen=True, slots=True)
class Imported:
    """What a calendar file holds, in its order; `places` are where a series, and each of its exceptions, stands."""

    shifts: tuple[Shift, ...]
    absences: tuple[Absence, ...]
    places: Mapping[tuple[ShiftId, datetime | None], Place] = field(default_factory=dict, compare=False)

    def placed(self, remark: Remark) -> Remark:
        """A remark with where in the file the reason for it is."""
        found = self.places.get((remark.shift, remark.of)) or self.places.get((remark.shift, None))
        return replace(remark, place=found[0], line=found[1]) if found else remark


def own_uid(identifier: str, site: SiteId, kind: str) -> str:
    """The UID under which a shift (`shifts`) or an absence (`absences`) is exported, and known again."""
    return f"{identifier}@{site}.{kind}.chatsvc"


def read_calendar(content: bytes, site: Site, people: Iterable[Staff]) -> Imported:
    """The shifts and absences of a file, for one site and the people who may be planned there.

    What overlaps with other plans is for the roster to say. The largest files take seconds: call it in a thread.
    Raises CalendarRefused with every problem, its line, the number of its event and, if it can be shown, its UID.
    """
    names = Names(site, people)
    drafts = [read_draft(lines, names) for lines in read_events(content)]
    imported = _together(site, names, drafts)
    if problems := [problem for draft in drafts for problem in draft.problems]:
        raise CalendarRefused(problems[:MOST_PROBLEMS])
    return imported


def _together(site: Site, names: Names, drafts: Iterable[Draft]) -> Imported:
    """Everything that could be read; worth something only if no draft has a problem then."""
    series: dict[str, list[Draft]] = {}
    for draft in drafts:
        series.setdefault(draft.uid, []).append(draft)
    shifts: list[Shift] = []
    absences: list[Absence] = []
    places: dict[tuple[ShiftId, datetime | None], Place] = {}
    problems = 0
    for those in series.values():
        if problems >= MOST_PROBLEMS:  # nobody is told more, and looking for more costs time
            break
        master = _master(those)
        problems += sum(len(draft.problems) for draft in those)
        if master is None or any(draft.problems for draft in those):
            continue
        if master.absent:
            absences.append(_absence(site, names, master, those))
        else:
            changes = [draft for draft in those if draft.is_change]
            shifts.append(_shift(site, names, master, changes))
            if shifts[-1].rule and not master.problems:
                places.update(((shifts[-1].id, of), place) for of, place in _places(master, changes))
        problems += sum(len(draft.problems) for draft in those)
    return Imported(tuple(shifts), tuple(absences), places)


def _places(master: Draft, changes: Iterable[Draft]) -> Iterator[tuple[datetime | None, Place]]:
    """Where a series says that it recurs, and where each of its times is left out."""
    at = master.times[0].time()
    yield None, master.place("RRULE")
    for of, line in master.exdates(at).items():
        yield of, (master.place("EXDATE")[0], line)
    for change in changes:
        if change.cancelled:
            yield change.original_start(at), change.place("RECURRENCE-ID")


def _master(drafts: list[Draft]) -> Draft | None:
    """The event that the others of its UID change; None when there is nothing to be planned."""
    masters = [draft for draft in drafts if not draft.is_change]
    if not masters:
        reason = "changes an occurrence of an event that the file doesn't hold; export the whole series."
        drafts[0].refuse("RECURRENCE-ID", reason)
        return None
    for second in masters[1:]:
        second.refuse("UID", "is that of an earlier event; each event has its own.")
    return None if masters[0].cancelled else masters[0]


def _absence(site: Site, names: Names, master: Draft, drafts: list[Draft]) -> Absence:
    if len(drafts) > 1 or master.lines.first("RRULE"):
        master.refuse("RRULE", "makes an absence recur, which is not read; write one event for each.")
    absence = Absence(AbsenceId(_id(site, master)), master.person, *master.times)
    _note(absence_problems(absence, names.serves), master, [])
    return absence


def _shift(site: Site, names: Names, master: Draft, changes: list[Draft]) -> Shift:
    start, end = master.times
    by_start = {change: change.original_start(start.time()) for change in changes}
    kept = sorted(
        ((of, change) for change, of in by_start.items() if of and not change.cancelled),
        key=lambda pair: pair[0],
    )
    cancelled = {of: change for change, of in by_start.items() if of and change.cancelled}
    left_out = master.exdates(start.time())
    shift = Shift(
        ShiftId(_id(site, master)),
        site.id,
        master.person,
        master.queues or (),
        start,
        end,
        _rule(master, start),
        tuple(sorted({*left_out, *cancelled})),
        tuple(_override(of, change, master) for of, change in kept),
        max(draft.sequence for draft in (master, *changes)),
    )
    if not master.problems:
        known = frozenset(queue.key for queue in site.queues)
        _note(all_problems(shift, known, names.serves), master, [change for _, change in kept])
    return shift


def _rule(master: Draft, start: datetime) -> str:
    found = master.lines.first("RRULE")
    return (master.attempt("RRULE", lambda: read_rule(found.value, start)) or "") if found else ""


def _override(of: datetime, change: Draft, master: Draft) -> Override:
    staff = None if change.staff == master.staff else change.staff
    queues = None if change.queues == master.queues else change.queues
    return Override(of, *change.times, staff, queues)


def _id(site: Site, draft: Draft) -> str:
    own = _OWN_UID.fullmatch(draft.uid)
    if own and own[2] == site.id:
        return own[1]
    return "cal-" + hashlib.sha256(f"{site.id}\n{draft.uid}".encode()).hexdigest()[:32]


def _note(problems: Iterable[Problem], master: Draft, changes: list[Draft]) -> None:
    """Problems of a shift or an absence, at the place in the file that they come from."""
    for problem in problems:
        words = problem.path.split(".")[1:]
        by_number = words[0] == "overrides" and len(words) == 3
        draft = changes[int(words[1]) - 1] if by_number else master
        draft.refuse(_PROPERTY_OF.get(words[-1], words[-1]), problem.message)
