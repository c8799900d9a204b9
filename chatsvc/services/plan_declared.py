"""What a declared plan would change in the one that is kept."""

from collections.abc import Iterator
from dataclasses import replace

from chatsvc.domain.declaration_changes import Change
from chatsvc.domain.declaration_hours import hours_text
from chatsvc.domain.declaration_plan import DeclaredPlan, DeclaredShift
from chatsvc.domain.plan import Edit, Required, Row, SitePlan
from chatsvc.domain.shifts import Shift, ShiftId
from chatsvc.domain.sites import Site
from chatsvc.services.drafts import ShiftDraft, read_shift


def declared_edits(site: Site, declared: DeclaredPlan, plan: SitePlan) -> list[Edit]:
    """The rows that are not yet as declared. Raises PlanRefused for times and rules that are none.

    What people have changed of single occurrences stays, as long as the file leaves start and rule as they are.
    """
    edits: list[Edit] = []
    for wanted in declared.shifts:
        before = plan.shifts.get(ShiftId(wanted.id))
        after = _shift(site, wanted, before)
        if after != before:
            after = replace(after, sequence=before.sequence + 1 if before else 0)
            edits.append(Edit("shifts", wanted.id, after))
    for queue, minima in declared.minima.items():
        if plan.minima.get(queue, ()) != minima:
            edits.append(Edit("minima", queue, minima or None))
    return edits


def _shift(site: Site, wanted: DeclaredShift, before: Shift | None) -> Shift:
    draft = ShiftDraft(
        wanted.staff, wanted.queues, wanted.start, wanted.end, wanted.rule, wanted.without or ()
    )
    found = read_shift(site, wanted.id, draft)
    if before is None:
        return found
    found = replace(found, sequence=before.sequence)
    if (found.start, found.rule) == (before.start, before.rule):
        found = replace(found, overrides=before.overrides)
        if wanted.without is None:
            found = replace(found, exdates=before.exdates)
    return found


def plan_changes(before: SitePlan, edits: list[Edit]) -> Iterator[Change]:
    """The changes in words."""
    for edit in edits:
        was: Row | None = getattr(before, edit.kind).get(edit.id)
        place = f"{before.site}" if edit.kind == "shifts" else edit.id
        field = f"shift {edit.id}" if edit.kind == "shifts" else "minimum"
        yield Change("changed", place, field, _text(was), _text(edit.row))


def _text(row: Row | None) -> str:
    if isinstance(row, Shift):
        queues = ", ".join(key.partition("/")[2] for key in row.queues)
        rule = f" {row.rule}" if row.rule else ""
        left_out = f", {len(row.exdates)} left out" if row.exdates else ""
        return f"{row.staff} in {queues}, {row.start:%Y-%m-%d %H:%M}-{row.end:%H:%M}{rule}{left_out}"
    if isinstance(row, tuple) and row:
        return "; ".join(_minimum(required) for required in row)
    return "(none)"


def _minimum(required: Required) -> str:
    return f"{required.least} " + ("when open" if required.hours is None else hours_text(required.hours))
