"""The plan as operators write it: `[[site.NAME.shift]]` and `[[site.NAME.queue.NAME.minimum]]`.

What a file leaves out stays as it is: a site without any `shift` keeps its shifts, a queue without any `minimum` its
minima. Shifts are known by the `id` that the file gives them; those with other ids stay.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatsvc.domain.declaration import DeclarationRefused
from chatsvc.domain.declaration_hours import opening_hours
from chatsvc.domain.declaration_text import Path, Problem, did_you_mean, line_numbers
from chatsvc.domain.declaration_values import Refusal, identifier, integer
from chatsvc.domain.plan import LARGEST_MINIMUM, Required
from chatsvc.domain.sites import QueueKey, SiteId, queue_key

SHIFT_KEYS = ("id", "staff", "queues", "start", "end", "rule", "without")
_NEEDED = ("id", "staff", "queues", "start", "end")
_MINIMUM_KEYS = ("least", "hours")


@dataclass(frozen=True, slots=True)
class DeclaredShift:
    """One shift as a file has it; `start`, `end` and `without` are local times, or what stands for them."""

    id: str
    staff: str
    queues: tuple[str, ...]
    start: Any
    end: Any
    rule: str = ""
    without: tuple[Any, ...] | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class DeclaredPlan:
    """What a file says of one site's plan."""

    site: SiteId
    shifts: tuple[DeclaredShift, ...] = ()
    minima: Mapping[QueueKey, tuple[Required, ...]] = field(default_factory=dict)


def parse_plans(text: str, file: str = "site.toml") -> tuple[DeclaredPlan, ...]:
    """The plans in a text that `parse_declaration` accepts. Raises `DeclarationRefused` with every problem found."""
    reading = _Reading(line_numbers(text))
    sites = tomllib.loads(text).get("site", {})
    plans = tuple(reading.plan(name, table) for name, table in sites.items())
    if reading.problems:
        raise DeclarationRefused(file, reading.problems)
    return plans


class _Reading:
    """One pass over the tables, which goes on after a problem to find the next."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self._lines = lines
        self.problems: list[Problem] = []

    def plan(self, name: str, table: dict[str, Any]) -> DeclaredPlan:
        path: Path = ("site", name)
        shifts = [
            self._shift(where, row) for where, row in self._rows((*path, "shift"), table.get("shift", []))
        ]
        known = [shift for shift in shifts if shift]
        for number, shift in enumerate(known):
            if any(shift.id == earlier.id for earlier in known[:number]):
                self._problem((*path, "shift", str(number + 1), "id"), "is that of an earlier shift.")
        minima = {
            queue_key(name, queue): self._minima((*path, "queue", queue, "minimum"), rows["minimum"])
            for queue, rows in table.get("queue", {}).items()
            if "minimum" in rows
        }
        return DeclaredPlan(SiteId(name), tuple(known), minima)

    def _shift(self, path: Path, row: dict[str, Any]) -> DeclaredShift | None:
        self._refuse_unknown(path, row, SHIFT_KEYS)
        missing = [key for key in _NEEDED if key not in row]
        for key in missing:
            self._problem((*path, key), "is missing.")
        values = {
            key: self._read((*path, key), _READERS.get(key, _as_it_is), row[key])
            for key in SHIFT_KEYS
            if key in row
        }
        if missing or any(value is None for value in values.values()):
            return None
        return DeclaredShift(**values, line=self._line(path))

    def _minima(self, path: Path, value: Any) -> tuple[Required, ...]:
        found = []
        for where, row in self._rows(path, value):
            self._refuse_unknown(where, row, _MINIMUM_KEYS)
            least = self._read((*where, "least"), integer(1, LARGEST_MINIMUM), row.get("least"))
            hours = self._read((*where, "hours"), opening_hours, row["hours"]) if "hours" in row else None
            if least is not None:
                found.append(Required(least, hours))
        return tuple(found)

    def _rows(self, path: Path, value: Any) -> list[tuple[Path, dict[str, Any]]]:
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            self._problem(path, f"must be a list of tables, each headed [[{'.'.join(path)}]].")
            return []
        return [((*path, str(number)), row) for number, row in enumerate(value, 1)]

    def _read(self, path: Path, read: Callable[[Any], Any], value: Any) -> Any:
        try:
            return read(value)
        except Refusal as refusal:
            for each in refusal.each:
                self._problem((*path, *each.path), str(each))
            return None

    def _refuse_unknown(self, path: Path, row: dict[str, Any], known: tuple[str, ...]) -> None:
        for name in row:
            if name not in known:
                near = did_you_mean(name, known)
                self._problem((*path, name), f"there is no such key.{near} Accepted: {', '.join(known)}.")

    def _line(self, path: Path) -> int | None:
        return next((self._lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._lines), None)

    def _problem(self, path: Path, message: str) -> None:
        self.problems.append(Problem(".".join(path), message, self._line(path)))


def _as_it_is(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refusal("must be a text.")
    return value


def _list(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise Refusal("must be a list of local times, such as [2026-12-24T09:00].")
    return tuple(value)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise Refusal('must be a list of queues of the site, such as ["paihde"].')
    return tuple(value)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "id": identifier,
    "staff": _text,
    "queues": _names,
    "rule": _text,
    "without": _list,
}
