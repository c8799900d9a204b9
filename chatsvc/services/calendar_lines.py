"""The lines of an iCalendar file (RFC 5545, 3.1), each with its number, and the events that they make.

Bounded before anything is understood: size, depth and number of events. Definitions of time zones and alarms are passed
over unread, for a file must not be able to say what a zone means, nor make us work it out.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from chatsvc.domain.declaration_text import Problem

LARGEST_FILE = 1 << 20
MOST_EVENTS = 3_000
DEEPEST = 8
_VALUE = r'(?:"[^"]*"|[^";:,]*)'
_LINE = re.compile(rf"([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+={_VALUE}(?:,{_VALUE})*)*):(.*)")
_PARAMETER = re.compile(rf";([A-Za-z0-9-]+)=({_VALUE}(?:,{_VALUE})*)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPED = re.compile(r"\\(.)")
_LIST_ITEM = re.compile(r"(?:[^\\,]|\\.)+")
_REPLIES = frozenset({"CANCEL", "REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH", "ADD"})


class CalendarRefused(Exception):
    """A calendar file that can't be taken, with everything that is wrong in it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__("\n".join(problem.render("calendar") for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Property:
    """One line of an event: its name in capitals, parameters likewise, the value as it is written."""

    name: str
    parameters: Mapping[str, str]
    value: str
    line: int

    @property
    def text(self) -> str:
        """The value as text, without escapes."""
        return _unescaped(self.value).strip()

    @property
    def texts(self) -> tuple[str, ...]:
        """The value as a list of texts, empty ones left out."""
        found = (_unescaped(item).strip() for item in _LIST_ITEM.findall(self.value))
        return tuple(text for text in found if text)


@dataclass(frozen=True, slots=True)
class EventLines:
    """One VEVENT: the how manieth of the file, its first line, its properties in order.

    `zone` is the X-WR-TIMEZONE of its calendar.
    """

    number: int
    line: int
    properties: tuple[Property, ...]
    zone: str | None = None

    def all(self, name: str) -> tuple[Property, ...]:
        """The properties of a name."""
        return tuple(one for one in self.properties if one.name == name)

    def first(self, name: str) -> Property | None:
        """The first property of a name, if there is one."""
        return next((one for one in self.properties if one.name == name), None)

    @property
    def place(self) -> str:
        """Which event it is, for people: its number, and its UID where that can be shown."""
        uid = self.first("UID")
        shown = uid is not None and uid.text.isprintable() and 0 < len(uid.text) <= 80
        return f"VEVENT {self.number} (UID {uid.text})" if uid and shown else f"VEVENT {self.number}"


def read_events(content: bytes) -> tuple[EventLines, ...]:
    """The events of a file. Raises CalendarRefused: too large, not UTF-8, no calendar, or broken in its structure."""
    if len(content) > LARGEST_FILE:
        raise _refused(
            f"has {len(content)} bytes; at most {LARGEST_FILE} are read. Export fewer events.", None
        )
    reading = _Reading()
    for number, line in _unfolded(content.removeprefix(codecs.BOM_UTF8)):
        try:
            reading.take(line.decode(), number)
        except UnicodeDecodeError:
            raise _refused("is not UTF-8.", number) from None
    return reading.finished()


class _Reading:
    """What has been opened and not yet closed, and what has been found."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._began = 0
        self._properties: list[Property] = []
        self._events: list[EventLines] = []
        self._calendars = self._first = 0
        self._zone: str | None = None

    def take(self, line: str, number: int) -> None:
        found = _LINE.fullmatch(line)
        if not found or _CONTROL.search(line):
            raise _refused(
                "is no line of a calendar, which has the form NAME:value without control characters.", number
            )
        name, value = found[1].upper(), found[3]
        if name == "BEGIN":
            self._begin(value.strip().upper(), number)
        elif name == "END":
            self._end(value.strip().upper(), number)
        elif not self._open:
            raise _refused("stands outside of a VCALENDAR.", number)
        elif self._open == ["VCALENDAR"] and name == "METHOD" and value.strip().upper() in _REPLIES:
            raise _refused(
                "makes this an answer to an invitation, not a calendar; export the calendar itself.", number
            )
        elif self._open == ["VCALENDAR"] and name == "X-WR-TIMEZONE":
            self._zone = _unescaped(value).strip() or None
        elif self._open == ["VCALENDAR", "VEVENT"]:
            self._properties.append(Property(name, _parameters(found[2]), value, number))

    def _begin(self, name: str, number: int) -> None:
        if not self._open and name != "VCALENDAR":
            raise _refused("stands outside of a VCALENDAR.", number)
        self._open.append(name)
        if len(self._open) > DEEPEST:
            raise _refused(f"opens more than {DEEPEST} components inside one another.", number)
        if self._open == ["VCALENDAR"]:
            self._calendars += 1
            self._first, self._zone = len(self._events), None
        if self._open == ["VCALENDAR", "VEVENT"]:
            self._began, self._properties = number, []

    def _end(self, name: str, number: int) -> None:
        if not self._open or self._open[-1] != name:
            raise _refused("closes a component that isn't the last one opened.", number)
        if self._open == ["VCALENDAR", "VEVENT"]:
            if len(self._events) == MOST_EVENTS:
                raise _refused(
                    f"is where event {MOST_EVENTS + 1} ends; at most {MOST_EVENTS} are read.", number
                )
            self._events.append(EventLines(len(self._events) + 1, self._began, tuple(self._properties)))
        if self._open == ["VCALENDAR"] and self._zone:  # which may stand behind the events
            self._events[self._first :] = [
                replace(one, zone=self._zone) for one in self._events[self._first :]
            ]
        self._open.pop()

    def finished(self) -> tuple[EventLines, ...]:
        if self._open:
            raise _refused("ends before its components are closed; is it cut off?", None)
        if not self._calendars:
            raise _refused("has no VCALENDAR; is it an iCalendar file (.ics)?", None)
        return tuple(self._events)


def _refused(message: str, line: int | None) -> CalendarRefused:
    return CalendarRefused([Problem("", message, line)])


def _unfolded(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Lines put together where they were folded, with the number of their first piece; empty ones left out.

    Before they are text: programs fold between the bytes of one letter too (RFC 5545, 3.1).
    """
    pieces: list[bytes] = []
    first = 0
    for number, piece in enumerate(content.replace(b"\r\n", b"\n").split(b"\n"), 1):
        if piece[:1] in (b" ", b"\t") and pieces:
            pieces.append(piece[1:])
            continue
        if line := b"".join(pieces):
            yield first, line
        pieces, first = [piece], number
    if line := b"".join(pieces):
        yield first, line


def _parameters(text: str) -> dict[str, str]:
    return {name.upper(): value.replace('"', "") for name, value in _PARAMETER.findall(text)}


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
