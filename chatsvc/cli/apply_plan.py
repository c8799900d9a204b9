"""The part of `chatsvc apply` that is about the plan: looked at whole before anything is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from chatsvc.cli.trouble import Refused
from chatsvc.domain.declaration_changes import Change
from chatsvc.domain.declaration_plan import DeclaredPlan
from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.plan import Edit, Plan, SitePlan
from chatsvc.domain.shifts import Shift, wall_ms
from chatsvc.domain.sites import Site, SiteId
from chatsvc.services.plan_checks import judge
from chatsvc.services.plan_declared import declared_edits, plan_changes
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.plan_remarks import remarks_on
from chatsvc.services.planning import known
from chatsvc.store.directory import wall_clock_ms
from chatsvc.store.directory_snapshot import DirectorySnapshot


@dataclass(frozen=True, slots=True)
class PlanStep:
    """What would be written to one site's plan."""

    site: SiteId
    edits: list[Edit]
    changes: list[Change]


def plan_steps(
    file: str, before: DirectorySnapshot, plan: Plan, sites: Sequence[Site], declared: Sequence[DeclaredPlan]
) -> list[PlanStep]:
    """What the file changes of the plan, judged with its own sites and queues. Raises `Refused` with every reason.

    What a site requires of queues that it hasn't any more goes with them.
    """
    after = DirectorySnapshot(
        sites={**before.sites, **{site.id: site for site in sites}}, people=before.people
    )
    steps: list[PlanStep] = []
    for wanted in declared:
        site, mine = after.sites[wanted.site], plan.of(wanted.site)
        try:
            edits = [*declared_edits(site, wanted, mine), *_without_queue(site, mine)]
            if edits:
                following = plan.edited(site.id, edits)
                judge(plan, following, edits, known(after), wall_clock_ms())
                steps.append(PlanStep(site.id, edits, [*plan_changes(mine, edits), *_notes(site, edits)]))
                plan = following
        except PlanRefused as refused:
            raise Refused("\n".join(_placed(file, wanted, one) for one in refused.problems)) from None
    return steps


def _without_queue(site: Site, plan: SitePlan) -> Iterator[Edit]:
    """The removal of minima whose queue the site hasn't."""
    kept = {queue.key for queue in site.queues}
    yield from (Edit("minima", key, None) for key in plan.minima if key not in kept)


def _notes(site: Site, edits: Sequence[Edit]) -> Iterator[Change]:
    """What of the written shifts comes to nothing."""
    written = [edit.row for edit in edits if isinstance(edit.row, Shift)]
    for remark in remarks_on(written, wall_clock_ms()):
        yield Change("note", site.id, f"shift {remark.shift}", after=remark.message)


def _placed(file: str, plan: DeclaredPlan, problem: Problem) -> str:
    lines = {shift.id: shift.line for shift in plan.shifts}
    identifier, _, field = problem.path.partition(".")
    path = f"site.{plan.site}.shift {identifier}.{field}" if identifier in lines else problem.path
    return Problem(path, problem.message, lines.get(identifier)).render(file)


def refuse_to_strand_shifts(before: DirectorySnapshot, plan: Plan, sites: Sequence[Site], now: int) -> None:
    """No shift may name a queue that goes, but a single one that is over. Raises `Refused` with every place."""
    reasons = []
    for site in sites:
        known_site = before.site(site.id)
        gone = {queue.key for queue in known_site.queues} if known_site else set()
        gone -= {queue.key for queue in site.queues}
        for shift in plan.of(site.id).shifts.values():
            changed = [override.queues or () for override in shift.overrides]
            named = gone & {*shift.queues, *chain(*changed)}
            if named and (shift.rule or wall_ms(shift.end) > now):
                reasons.append(
                    f"The shift {shift.id} of {site.id} names {', '.join(sorted(named))}, which would be removed. "
                    "Remove this shift or give it other queues first."
                )
    if reasons:
        raise Refused("\n".join(reasons))
