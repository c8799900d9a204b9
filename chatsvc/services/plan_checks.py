"""What a change of the plan would do: refused whole, with place and reason, or made with warnings."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.hours import expand as expand_hours
from chatsvc.domain.hours import instant, local_day
from chatsvc.domain.intervals import IntervalSet
from chatsvc.domain.plan import KINDS, LARGEST_MINIMUM, MOST_MINIMA, MOST_ROWS, Edit, Plan
from chatsvc.domain.roster import Occurrence, OutsideHours, Overlap, outside_hours, overlaps
from chatsvc.domain.shifts import Absence, Shift, absence_problems, wall_at, wall_ms
from chatsvc.domain.sites import Queue, QueueKey, Site, SiteId, Staff, StaffId
from chatsvc.domain.swaps import OccurrenceKey, Swap, SwapState
from chatsvc.services.opening import Holidays
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.plan_windows import judged_windows
from chatsvc.services.recurrence import is_ended
from chatsvc.services.rosters import enabled, make_roster
from chatsvc.services.shift_rules import all_problems

MOST_TOLD = 20  # of overlaps and of warnings, each
WARNED_DAYS = 35  # how far occurrences are compared with the queues' hours
TALKING = ("counsellor", "supervisor")


@dataclass(frozen=True, slots=True)
class Known:
    """What is declared, as far as a plan depends on it. `serves` are the queues of each enabled person."""

    sites: Mapping[SiteId, Site]
    people: Collection[Staff]
    serves: Mapping[StaffId, Collection[QueueKey]]

    def queues(self) -> Iterator[Queue]:
        """The queues of every site."""
        for site in self.sites.values():
            yield from site.queues

    @property
    def queue_keys(self) -> frozenset[QueueKey]:
        return frozenset(queue.key for queue in self.queues())


def judge(
    before: Plan, after: Plan, edits: Sequence[Edit], known: Known, now: int
) -> tuple[OutsideHours, ...]:
    """What is worth a warning in a change from `before` to `after`; takes its time, so call it in a thread.

    A person whom the change plans twice at once, in `judged_windows`, is an error; what overlapped before is not.
    Raises PlanRefused with everything that is wrong.
    """
    problems = [*_row_problems(before, edits, known), *_too_many(after), *_taken_ids(after, edits)]
    if problems:
        raise PlanRefused(problems)
    people = _people(before, after, edits)
    if not people:
        return ()
    present = enabled(known.people)
    found: list[Occurrence] = []
    twice: list[Overlap] = []
    for window in judged_windows(before, after, edits, people, now):
        occurrences = make_roster(after, present, *window, people).occurrences
        found += occurrences
        if met := overlaps(occurrences):
            was = {_pair(one) for one in overlaps(make_roster(before, present, *window, people).occurrences)}
            twice += [one for one in met if _pair(one) not in was]
    if twice:
        changed = {edit.id for edit in edits}
        raise PlanRefused([_overlap_problem(one, changed) for one in twice[:MOST_TOLD]])
    return _warnings(found, edits, known, _begins(edits, now), _rewritten(before, edits))


def _row_problems(before: Plan, edits: Iterable[Edit], known: Known) -> Iterator[Problem]:
    keys = known.queue_keys
    for edit in edits:
        if isinstance(edit.row, Shift):
            old = before.of(edit.row.site).shifts.get(edit.row.id)
            # What is wrong already, as when somebody has left, doesn't keep anybody from taking times away.
            excused = all_problems(old, keys, known.serves) if old and _is_less(edit.row, old) else ()
            yield from (one for one in all_problems(edit.row, keys, known.serves) if one not in excused)
        elif isinstance(edit.row, Absence):
            yield from absence_problems(edit.row, known.serves)
        elif isinstance(edit.row, tuple):
            yield from _minimum_problems(edit, keys)


def _is_less(shift: Shift, old: Shift) -> bool:
    """Whether a series is another one with times left out, or ended sooner."""
    same = (shift.staff, shift.queues, shift.start, shift.end) == (old.staff, old.queues, old.start, old.end)
    fewer = set(shift.overrides) <= set(old.overrides)
    return same and fewer and bool(shift.rule) and (shift.rule == old.rule or is_ended(shift.rule, old.rule))


def _minimum_problems(edit: Edit, keys: Collection[QueueKey]) -> Iterator[Problem]:
    assert isinstance(edit.row, tuple)
    if edit.id not in keys:
        yield Problem(f"{edit.id}.minima", "there is no such queue.")
    if len(edit.row) > MOST_MINIMA:
        yield Problem(f"{edit.id}.minima", f"there can be at most {MOST_MINIMA} of one queue.")
    for number, required in enumerate(edit.row, 1):
        if not 1 <= required.least <= LARGEST_MINIMUM:
            yield Problem(f"{edit.id}.minima.{number}.least", f"must be from 1 to {LARGEST_MINIMUM}.")


def _too_many(plan: Plan) -> Iterator[Problem]:
    for site in plan.sites.values():
        for kind in KINDS:
            if len(getattr(site, kind)) > MOST_ROWS:
                yield Problem(kind, f"there can be at most {MOST_ROWS} at one site; remove old ones.")


def _taken_ids(after: Plan, edits: Iterable[Edit]) -> Iterator[Problem]:
    """An occurrence is named by its shift's id, which so must be the only one of all sites."""
    for edit in edits:
        if isinstance(edit.row, Shift):
            for site in after.sites.values():
                if site.site != edit.row.site and edit.id in site.shifts:
                    yield Problem(
                        f"{edit.id}.id", "is the id of a shift at another site; choose another one."
                    )


def _people(before: Plan, after: Plan, edits: Iterable[Edit]) -> frozenset[StaffId]:
    """Everybody whose times may be others after the change."""
    found: set[StaffId | None] = set()
    shifts = {edit.id for edit in edits if edit.kind == "shifts"}
    for swap in (one for one in before.swaps() if one.state is SwapState.APPROVED):
        if any(key and key[0] in shifts for key in (swap.gives, swap.takes)):  # it may not hold any more
            found |= {swap.asker, swap.colleague}
    for edit in edits:
        for plan in (before, after):
            for site in plan.sites.values():
                row = getattr(site, edit.kind).get(edit.id)
                if isinstance(row, Shift):
                    found |= {row.staff, *(override.staff for override in row.overrides)}
                elif isinstance(row, Absence):
                    found.add(row.staff)
                elif isinstance(row, Swap) and row.state is SwapState.APPROVED:
                    found |= {row.asker, row.colleague}
    return frozenset(person for person in found if person)


def _begins(edits: Iterable[Edit], now: int) -> int:
    """From when on times are compared with the hours: yesterday, or the first single shift that it writes."""
    starts = [instant(local_day(now) - timedelta(days=1), 0)]
    singles = [edit.row for edit in edits if isinstance(edit.row, Shift) and not edit.row.rule]
    if singles and len(singles) == len(list(edits)):  # nothing recurs: the window may lie anywhere
        starts = [wall_ms(datetime.combine(shift.start.date(), time(0))) for shift in singles]
    return min(starts)


Pair = tuple[StaffId, OccurrenceKey, OccurrenceKey]


def _pair(overlap: Overlap) -> Pair:
    return overlap.staff, overlap.first.key, overlap.second.key


def _overlap_problem(overlap: Overlap, changed: Collection[str]) -> Problem:
    first, second = overlap.first, overlap.second
    one, other = (first, second) if first.shift in changed else (second, first)
    start, end = overlap.interval
    return Problem(
        f"{one.shift}.start",
        f"{overlap.staff} would be planned twice from {wall_at(start):%Y-%m-%d %H:%M} to {wall_at(end):%H:%M}: "
        f"also in {', '.join(other.queues)} (shift {other.shift}).",
    )


def _rewritten(before: Plan, edits: Iterable[Edit]) -> frozenset[OccurrenceKey]:
    """The single times of a series that are written anew."""
    written = [edit.row for edit in edits if isinstance(edit.row, Shift)]
    kept = {one.id: one.overrides for one in before.shifts()}
    return frozenset(
        (row.id, one.of) for row in written for one in row.overrides if one not in kept.get(row.id, ())
    )


def _warnings(
    occurrences: Iterable[Occurrence], edits: Iterable[Edit], known: Known, start: int,
    rewritten: Collection[OccurrenceKey],
) -> tuple[OutsideHours, ...]:  # fmt: skip
    """Those of rewritten times come first, however far ahead they are; the rest is looked at from `start` on."""
    written = {edit.id for edit in edits if isinstance(edit.row, Shift)}
    end = start + WARNED_DAYS * 86_400_000
    mine = [one for one in occurrences if one.shift in written]
    found: list[OutsideHours] = []
    for one in mine:
        if one.key in rewritten:
            found += outside_hours([one], open_times(known.queues(), one.queues, one.start, one.end))
    near = [one for one in mine if one.end <= end and one.key not in rewritten]
    wanted = {key for one in near for key in one.queues}
    if near:
        found += outside_hours(near, open_times(known.queues(), wanted, start, end))
    return tuple(found[:MOST_TOLD])


def open_times(
    queues: Iterable[Queue], wanted: Collection[QueueKey], start: int, end: int
) -> dict[QueueKey, IntervalSet]:
    """When each wanted queue is meant to be open between two instants; those without hours are left out."""
    days = local_day(start) - timedelta(days=1), local_day(end) + timedelta(days=1)
    return {
        queue.key: expand_hours(queue.hours, Holidays(), *days).intervals
        for queue in queues
        if queue.key in wanted and queue.hours is not None
    }
