"""One event of a calendar file, as far as it can be read by itself, with what is wrong in it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.sites import QueueKey, StaffId
from chatsvc.services.calendar_lines import EventLines, Property
from chatsvc.services.calendar_names import Names
from chatsvc.services.calendar_times import read_duration, read_time, read_times

_UNREAD = {
    "RDATE": "adds single days, which is not read; write them as events of their own.",
    "EXRULE": "is a rule of exceptions, which is not read; use EXDATE.",
}
Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class Draft:
    """One event on its way to a shift or an absence. What is missing has left a problem."""

    lines: EventLines
    uid: str
    start: datetime | None = None
    end: datetime | None = None
    absent: bool = False
    staff: StaffId | None = None
    queues: tuple[QueueKey, ...] | None = None
    sequence: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def cancelled(self) -> bool:
        status = self.lines.first("STATUS")
        return status is not None and status.text.upper() == "CANCELLED"

    @property
    def is_change(self) -> bool:
        """Whether it changes an occurrence of another event."""
        return self.lines.first("RECURRENCE-ID") is not None

    @property
    def person(self) -> StaffId:
        """Whose it is, of a draft without problems."""
        assert self.staff is not None
        return self.staff

    @property
    def times(self) -> tuple[datetime, datetime]:
        """From when until when, of a draft without problems that isn't cancelled."""
        assert self.start is not None
        assert self.end is not None
        return self.start, self.end

    def refuse(self, name: str, message: str) -> None:
        """Note what is wrong with a property."""
        self.problems.append(Problem(self.place(name)[0], message, self.place(name)[1]))

    def place(self, name: str) -> tuple[str, int]:
        """Where a property is, for people, and its line; that of the event if it hasn't it."""
        found = self.lines.first(name)
        return f"{self.lines.place}, {name}", found.line if found else self.lines.line

    def attempt(self, name: str, read: Callable[[], Result]) -> Result | None:
        """What `read` gives; None, with a problem of that property, when it raises Refusal."""
        try:
            return read()
        except Refusal as refusal:
            self.refuse(name, str(refusal))
            return None

    def original_start(self, at: time) -> datetime | None:
        """The occurrence that it changes; a mere date means that day's, which starts `at`."""
        found = self.lines.first("RECURRENCE-ID")
        read = self.attempt("RECURRENCE-ID", self._reader(found)) if found else None
        return None if read is None else _as_time(read, at)

    def exdates(self, at: time) -> dict[datetime, int]:
        """The starts that are left out, each with its line; a mere date means that day's, which starts `at`."""

        def read() -> dict[datetime, int]:
            zone = self.lines.zone
            return {
                _as_time(one, at): some.line
                for some in self.lines.all("EXDATE")
                for one in read_times(some, floating=zone)
            }

        return self.attempt("EXDATE", read) or {}

    def _reader(self, found: Property) -> Callable[[], datetime | date]:
        return lambda: read_time(found, recurring=False, floating=self.lines.zone)


def read_draft(lines: EventLines, names: Names) -> Draft:
    """The event by itself; of one that is cancelled only what is needed to leave it out."""
    uid = lines.first("UID")
    draft = Draft(lines, uid.text if uid else "")
    if not draft.uid:
        draft.refuse("UID", "is missing; without it the event can't be known again.")
    if draft.cancelled and not draft.is_change:
        return draft
    _refuse_what_is_unread(draft)
    draft.sequence = draft.attempt("SEQUENCE", lambda: _sequence(lines)) or 0
    if not draft.cancelled:
        _read_times(draft)
        _read_names(draft, names)
    return draft


def _refuse_what_is_unread(draft: Draft) -> None:
    for name, reason in _UNREAD.items():
        if draft.lines.first(name):
            draft.refuse(name, reason)
    if len(draft.lines.all("RRULE")) > 1:
        draft.refuse("RRULE", "stands there twice; an event has one rule.")
    change = draft.lines.first("RECURRENCE-ID")
    if change and "RANGE" in change.parameters:
        reason = "changes all later occurrences too, which is not read; end the series and begin another."
        draft.refuse("RECURRENCE-ID", reason)


def _read_times(draft: Draft) -> None:
    recurring = draft.lines.first("RRULE") is not None
    begins = draft.lines.first("DTSTART")
    if begins is None:
        draft.refuse("DTSTART", "is missing.")
        return
    start = draft.attempt(
        "DTSTART", lambda: read_time(begins, recurring=recurring, floating=draft.lines.zone)
    )
    if start is None:
        return
    name = "DURATION" if draft.lines.first("DURATION") else "DTEND"
    end = draft.attempt(name, lambda: _end(draft.lines, start, recurring=recurring))
    if end is None:
        return
    draft.absent = not isinstance(start, datetime)
    draft.start, draft.end = _as_time(start), _as_time(end)


def _read_names(draft: Draft, names: Names) -> None:
    words = [text for one in draft.lines.all("CATEGORIES") for text in one.texts]
    draft.absent = draft.absent or names.says_absence(words)
    found = draft.lines.first("SUMMARY")
    summary = found.text if found else ""
    if summary:
        draft.staff = draft.attempt("SUMMARY", lambda: names.person(summary))
    elif not draft.is_change:
        draft.refuse("SUMMARY", "is missing; it names the counsellor.")
    # A change that names no queues leaves them as they are, whoever takes the occurrence over.
    named = bool(words) or ":" in summary
    if not draft.absent and (named or (draft.staff is not None and not draft.is_change)):
        draft.queues = draft.attempt(
            "CATEGORIES" if words else "SUMMARY", lambda: names.queues(words, summary)
        )


def _end(lines: EventLines, start: datetime | date, *, recurring: bool) -> datetime | date:
    whole_days = not isinstance(start, datetime)
    if ends := lines.first("DTEND"):
        end = read_time(ends, recurring=recurring, floating=lines.zone)
    else:
        lasts = lines.first("DURATION")
        if not lasts and not whole_days:
            raise Refusal("is missing, and so is DURATION; a shift has an end.")
        try:  # whole days without an end are one: RFC 5545, 3.6.1
            reached = _as_time(start) + (read_duration(lasts) if lasts else timedelta(days=1))
        except OverflowError:
            raise Refusal("reaches too far.") from None
        end = reached.date() if whole_days else reached
    if isinstance(end, datetime) == whole_days:
        raise Refusal("is a date where DTSTART is a time, or the other way round.")
    return end


def _as_time(read: datetime | date, at: time = time(0)) -> datetime:
    return read if isinstance(read, datetime) else datetime.combine(read, at)


def _sequence(lines: EventLines) -> int:
    found = lines.first("SEQUENCE")
    if found and not re.fullmatch(r"[0-9]{1,9}", found.value.strip()):
        raise Refusal("is no whole number.")
    return int(found.value) if found else 0
