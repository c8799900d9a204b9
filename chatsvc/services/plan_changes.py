"""What a supervisor does to the plan: shifts, absences, required minima."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.errors import NotFound
from chatsvc.domain.permissions import works_for
from chatsvc.domain.plan import Edit, Required, SitePlan
from chatsvc.domain.shifts import AbsenceId, Shift, ShiftId
from chatsvc.domain.sites import QueueKey, Site, StaffId
from chatsvc.domain.swaps import OccurrenceKey
from chatsvc.services.drafts import ShiftDraft, new_id, read_absence, read_shift, read_wall
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.planning import Changed, Planning
from chatsvc.services.shift_rules import gives, split


async def put_shift(
    planning: Planning, site: Site, identifier: str, draft: ShiftDraft, *, new: bool, version: str | None, dry_run: bool
) -> Changed:  # fmt: skip
    """Write a shift; with `dry_run` only say what would be. Raises NotFound unless `new`, and as `Planning.change`."""

    def make(plan: SitePlan) -> list[Edit]:
        before = plan.shifts.get(ShiftId(identifier))
        if before is None and not new:
            raise NotFound("There is no such shift at this site.")
        return [
            Edit(
                "shifts",
                identifier,
                read_shift(site, identifier, draft, before.sequence + 1 if before else 0),
            )
        ]

    try:
        return await planning.change(site.id, make, version=version, dry_run=dry_run)
    except PlanRefused as refused:
        raise refused.about(identifier) from None


async def put_following(
    planning: Planning, site: Site, identifier: str, of: str, draft: ShiftDraft, *, version: str | None, dry_run: bool
) -> Changed:  # fmt: skip
    """Write a shift in place of another one from its start `of` on: the other ends before, in the same step.

    The first edit is what was written, under an id of its own unless nothing of the other comes before. Swaps of times
    that both have stay with them. Raises as `put_shift`.
    """
    new = new_id()

    def make(plan: SitePlan) -> list[Edit]:
        old = _shift(plan, identifier)
        before, _ = parted(old, of)
        if before is None:
            return [Edit("shifts", identifier, read_shift(site, identifier, draft, old.sequence + 1))]
        made = read_shift(site, new, draft)
        ended = replace(before, sequence=old.sequence + 1)
        return [Edit("shifts", new, made), Edit("shifts", old.id, ended), *_swaps_along(plan, old, made)]

    try:
        return await planning.change(site.id, make, version=version, dry_run=dry_run)
    except PlanRefused as refused:
        raise refused.about(new).about(identifier) from None


async def remove_shift(
    planning: Planning, site: Site, identifier: str, of: str | None, *, version: str | None, dry_run: bool
) -> Changed:
    """Remove a shift, or its times from the start `of` on. Raises NotFound, and as `Planning.change`."""

    def make(plan: SitePlan) -> list[Edit]:
        old = _shift(plan, identifier)
        before = parted(old, of)[0] if of is not None else None
        return [Edit("shifts", old.id, before and replace(before, sequence=old.sequence + 1))]

    return await planning.change(site.id, make, version=version, dry_run=dry_run)


def parted(shift: Shift, of: str) -> tuple[Shift | None, Shift]:
    """As `split`, of a start as it is written. Raises PlanRefused."""
    try:
        return split(shift, read_wall(of))
    except Refusal as refusal:
        raise PlanRefused([Problem("following", str(refusal))]) from None


def _shift(plan: SitePlan, identifier: str) -> Shift:
    found = plan.shifts.get(ShiftId(identifier))
    if found is None:
        raise NotFound("There is no such shift at this site.")
    return found


def _swaps_along(plan: SitePlan, old: Shift, made: Shift) -> Iterator[Edit]:
    """The swaps of times that another shift has now, under its id; those of times that are no more stay as they are."""

    def along(key: OccurrenceKey | None) -> OccurrenceKey | None:
        moves = key and key[0] == old.id and key[1] >= made.start and gives(made, key[1])
        return (made.id, key[1]) if key and moves else key

    for swap in plan.swaps.values():
        moved = replace(swap, gives=along(swap.gives) or swap.gives, takes=along(swap.takes))
        if moved != swap:
            yield Edit("swaps", swap.id, moved)


async def put_absence(
    planning: Planning, site: Site, identifier: str, times: tuple[str, str, str], *, new: bool, version: str | None
) -> Changed:  # fmt: skip
    """Write an absence: whose it is, from when to when. Raises as `put_shift`."""

    def make(plan: SitePlan) -> list[Edit]:
        if AbsenceId(identifier) not in plan.absences and not new:
            raise NotFound("There is no such absence at this site.")
        absence = read_absence(identifier, *times)
        if not _works_here(planning, site, absence.staff):
            raise PlanRefused([Problem("staff", f"no counsellor of {site.id} has this name.")])
        return [Edit("absences", identifier, absence)]

    try:
        return await planning.change(site.id, make, version=version)
    except PlanRefused as refused:
        raise refused.about(identifier) from None


async def remove_absence(planning: Planning, site: Site, identifier: str, *, version: str | None) -> Changed:
    """Remove an absence. Raises NotFound, and as `Planning.change`."""

    def make(plan: SitePlan) -> list[Edit]:
        if AbsenceId(identifier) not in plan.absences:
            raise NotFound("There is no such absence at this site.")
        return [Edit("absences", identifier, None)]

    return await planning.change(site.id, make, version=version)


async def put_minima(
    planning: Planning, site: Site, queue: QueueKey, minima: Sequence[Required], *, version: str | None
) -> Changed:
    """Say how many there must be in a queue, and when; none: no minimum. Raises as `Planning.change`."""
    row = tuple(minima) or None
    try:
        return await planning.change(site.id, lambda _: [Edit("minima", queue, row)], version=version)
    except PlanRefused as refused:
        raise refused.about(queue) from None


def _works_here(planning: Planning, site: Site, person: StaffId) -> bool:
    found = planning.declared.people.get(person)
    return found is not None and not found.disabled and works_for(found, site.id)
