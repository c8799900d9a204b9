"""Shifts and absences as people write them: local times as text, queues by their names within the site."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.shifts import Absence, AbsenceId, Override, Shift, ShiftId
from chatsvc.domain.sites import QueueKey, Site, StaffId, queue_key
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.recurrence import read_rule

WALL = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$"
_WALL = re.compile(WALL)
_NEVER = datetime.min  # noqa: DTZ901 - stands for what could not be read
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class OverrideDraft:
    """One occurrence that is unlike the others."""

    of: Any
    start: Any
    end: Any
    staff: str | None = None
    queues: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class ShiftDraft:
    """A shift as it is wished for."""

    staff: str
    queues: Sequence[str]
    start: Any
    end: Any
    rule: str = ""
    exdates: Sequence[Any] = ()
    overrides: Sequence[OverrideDraft] = ()


def new_id() -> str:
    """An id that nobody has yet."""
    return secrets.token_hex(8)


def read_wall(value: Any) -> datetime:
    """A local time, without a zone. Raises Refusal."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value
    if isinstance(value, str) and _WALL.fullmatch(value):
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - local time
        except ValueError:
            pass
    raise Refusal("must be a local time such as 2026-11-23T09:00.")


class _Reading:
    """One pass over a draft, which goes on after a problem to find the next."""

    def __init__(self, identifier: str) -> None:
        self._identifier = identifier
        self.problems: list[Problem] = []

    def take(self, path: str, read: Callable[[Any], Read], value: Any, otherwise: Read) -> Read:
        try:
            return read(value)
        except Refusal as refusal:
            self.problems.append(Problem(f"{self._identifier}.{path}", str(refusal)))
            return otherwise


def read_shift(site: Site, identifier: str, draft: ShiftDraft, sequence: int = 0) -> Shift:
    """A shift from a draft; whether it is possible is for `plan_checks` to say. Raises PlanRefused."""
    reading = _Reading(identifier)
    start = reading.take("start", read_wall, draft.start, _NEVER)
    end = reading.take("end", read_wall, draft.end, _NEVER)
    rule = ""
    if draft.rule and start is not _NEVER:
        rule = reading.take("rule", lambda text: read_rule(text, start), draft.rule, "")
    exdates = {
        reading.take(f"exdates.{number}", read_wall, value, _NEVER)
        for number, value in enumerate(draft.exdates, 1)
    }
    overrides = [_override(site, reading, number, one) for number, one in enumerate(draft.overrides, 1)]
    if reading.problems:
        raise PlanRefused(reading.problems)
    return Shift(
        ShiftId(identifier), site.id, StaffId(draft.staff), _keys(site, draft.queues), start, end, rule,
        tuple(sorted(exdates)), tuple(sorted(overrides, key=lambda one: one.of)), sequence,
    )  # fmt: skip


def read_absence(identifier: str, staff: str, start: Any, end: Any) -> Absence:
    """An absence from local times as text. Raises PlanRefused."""
    reading = _Reading(identifier)
    begins = reading.take("start", read_wall, start, _NEVER)
    ends = reading.take("end", read_wall, end, _NEVER)
    if reading.problems:
        raise PlanRefused(reading.problems)
    return Absence(AbsenceId(identifier), StaffId(staff), begins, ends)


def _override(site: Site, reading: _Reading, number: int, draft: OverrideDraft) -> Override:
    of, start, end = (
        reading.take(f"overrides.{number}.{name}", read_wall, getattr(draft, name), _NEVER)
        for name in ("of", "start", "end")
    )
    staff = StaffId(draft.staff) if draft.staff else None
    return Override(of, start, end, staff, None if draft.queues is None else _keys(site, draft.queues))


def _keys(site: Site, names: Sequence[str]) -> tuple[QueueKey, ...]:
    return tuple(queue_key(site.id, name) for name in names)
