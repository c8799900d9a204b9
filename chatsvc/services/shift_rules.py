"""What shifts come to: each expanded to its occurrences, within bounds.

Rules are expanded in local time and only then turned into instants, so 09:00 stays 09:00 when the clocks change.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.roster import Occurrence
from chatsvc.domain.shifts import LONGEST_SHIFT, Shift, shift_problems, wall_at, wall_ms
from chatsvc.domain.sites import QueueKey, StaffId
from chatsvc.services.recurrence import DAY, Series, read_rule, rule_before, rule_from

LONGEST_WINDOW_MS = 400 * 24 * 3_600_000
MOST_OCCURRENCES = 100_000  # of one expansion


def expand(shift: Shift, start: int, end: int) -> tuple[Occurrence, ...]:
    """The occurrences of a shift that reach into the window (ms), whole, by start.

    An occurrence ends when the clock on the wall says so. On a start or end that the change of clocks skips or doubles,
    RFC 5545, 3.3.5, decides; an occurrence that the gap swallows whole does not take place. The rule must be one that
    `read_rule` gave. Raises Refusal for a window longer than 400 days.
    """
    if end - start > LONGEST_WINDOW_MS:
        raise Refusal("can be expanded for at most 400 days at once.")
    found = [
        occurrence
        for occurrence in _occurrences(shift, start, end)
        if occurrence.start < occurrence.end and occurrence.start < end and start < occurrence.end
    ]
    return tuple(sorted(found, key=lambda occurrence: (occurrence.start, occurrence.of)))


def expand_all(shifts: Iterable[Shift], start: int, end: int) -> tuple[Occurrence, ...]:
    """The occurrences of all shifts in the window. Raises Refusal for more than 100,000, and as `expand`."""
    found: list[Occurrence] = []
    for shift in shifts:
        found += expand(shift, start, end)
        if len(found) > MOST_OCCURRENCES:
            raise Refusal(
                f"come to more than {MOST_OCCURRENCES} times; end some shifts or look at less time."
            )
    return tuple(found)


def gives(shift: Shift, of: datetime) -> bool:
    """Whether a start is one that the shift's rule gives, be it left out or changed."""
    return Series(shift.rule, shift.start).has(of) if shift.rule else of == shift.start


def split(shift: Shift, of: datetime) -> tuple[Shift | None, Shift]:
    """A shift before one of its starts, None if nothing comes before, and from it on; exceptions go with their day.

    What goes on has the same id and, of a COUNT, what is left. Raises Refusal unless the rule gives the start.
    """
    if not gives(shift, of):
        raise Refusal("is no start that the rule gives.")
    if of == shift.start:
        return None, shift
    rest = replace(
        shift, start=of, end=of + (shift.end - shift.start), rule=rule_from(shift.rule, shift.start, of),
        exdates=tuple(one for one in shift.exdates if one >= of),
        overrides=tuple(one for one in shift.overrides if one.of >= of),
    )  # fmt: skip
    before = replace(
        shift, rule=rule_before(shift.rule, shift.start, of), exdates=tuple(one for one in shift.exdates if one < of),
        overrides=tuple(one for one in shift.overrides if one.of < of),
    )  # fmt: skip
    takes_place = (
        one not in shift.exdates for one in Series(before.rule, before.start).starts(before.start, of)
    )
    return (before if any(takes_place) else None), rest


def all_problems(
    shift: Shift, queues: Collection[QueueKey], staff: Mapping[StaffId, Collection[QueueKey]]
) -> tuple[Problem, ...]:
    """Everything that makes a shift impossible, its rule included; the path begins with the shift's id."""
    problems = [*shift_problems(shift, queues, staff)]
    if not problems:
        problems += _skipped_times(shift)
    if problems or not shift.rule:
        return tuple(problems)
    try:
        canonical = read_rule(shift.rule, shift.start)
    except Refusal as refusal:
        return (Problem(f"{shift.id}.rule", str(refusal)),)
    if canonical != shift.rule:
        return (Problem(f"{shift.id}.rule", f"must be written as {canonical}."),)
    starts = Series(shift.rule, shift.start)
    reason = (
        "is no start that the rule gives; change one that it gives, or plan this time as a shift of its own."
    )
    return tuple(
        Problem(f"{shift.id}.overrides.{number}.of", reason)
        for number, override in enumerate(shift.overrides, 1)
        if not starts.has(override.of)
    )


def _skipped_times(shift: Shift) -> Iterator[Problem]:
    """Times that somebody wrote for a day on which they don't exist; a rule may pass such a day, see `expand`."""
    written: list[tuple[str, datetime]] = []
    if not shift.rule:
        written += [("start", shift.start), ("end", shift.end)]
    for number, override in enumerate(shift.overrides, 1):
        written += [
            (f"overrides.{number}.start", override.start),
            (f"overrides.{number}.end", override.end),
        ]
    for field, wall in written:
        if wall_at(wall_ms(wall)) != wall:
            reason = (
                "does not exist on this day: the clocks go from 3:00 to 4:00; choose a time before or after."
            )
            yield Problem(f"{shift.id}.{field}", reason)


def _occurrences(shift: Shift, start: int, end: int) -> Iterator[Occurrence]:
    """Those that may reach into the window, and a few around it."""

    def occurrence(of: datetime, begins: datetime, ends: datetime) -> Occurrence:
        return Occurrence(shift.id, of, shift.site, shift.staff, shift.queues, wall_ms(begins), wall_ms(ends))

    if not shift.rule:
        yield occurrence(shift.start, shift.start, shift.end)
        return
    # The clocks may go back within it, so the local window is wider than the one of instants.
    first, last = wall_at(start) - LONGEST_SHIFT - DAY, wall_at(end) + DAY
    gone = {*shift.exdates, *(override.of for override in shift.overrides)}
    for begins in Series(shift.rule, shift.start).starts(first, last):
        if begins not in gone:
            yield occurrence(begins, begins, begins + (shift.end - shift.start))
    for override in shift.overrides:
        if first <= override.start <= last:
            changed = occurrence(override.of, override.start, override.end)
            yield _reassigned(changed, override.staff, override.queues)


def _reassigned(
    occurrence: Occurrence, staff: StaffId | None, queues: tuple[QueueKey, ...] | None
) -> Occurrence:
    return Occurrence(
        occurrence.shift,
        occurrence.of,
        occurrence.site,
        staff or occurrence.staff,
        occurrence.queues if queues is None else queues,
        occurrence.start,
        occurrence.end,
    )
