"""What a supervisor does to the plan: shifts, absences, required minima."""

from collections.abc import Sequence

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.errors import NotFound
from chatsvc.domain.permissions import works_for
from chatsvc.domain.plan import Edit, Kind, Required, SitePlan
from chatsvc.domain.shifts import AbsenceId, ShiftId
from chatsvc.domain.sites import QueueKey, Site, StaffId
from chatsvc.services.drafts import ShiftDraft, read_absence, read_shift
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.planning import Changed, Planning


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


async def remove(
    planning: Planning, site: Site, kind: Kind, identifier: str, *, version: str | None
) -> Changed:
    """Remove a shift or an absence. Raises NotFound, and as `Planning.change`."""

    def make(plan: SitePlan) -> list[Edit]:
        if identifier not in getattr(plan, kind):
            raise NotFound("There is nothing with this id at this site.")
        return [Edit(kind, identifier, None)]

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
