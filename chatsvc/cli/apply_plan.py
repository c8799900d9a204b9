"""The part of `chatsvc apply` that is about the plan: looked at whole before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatsvc.cli.trouble import Failed, Refused
from chatsvc.domain.declaration_changes import Change
from chatsvc.domain.declaration_plan import DeclaredPlan
from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.plan import Edit, Plan
from chatsvc.domain.sites import Site, SiteId
from chatsvc.services.plan_checks import judge
from chatsvc.services.plan_declared import declared_edits, plan_changes
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.planning import known
from chatsvc.store.directory import wall_clock_ms
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.plans import PlanStore


@dataclass(frozen=True, slots=True)
class PlanStep:
    """What would be written to one site's plan."""

    site: SiteId
    edits: list[Edit]
    changes: list[Change]


def plan_steps(
    file: str, before: DirectorySnapshot, plan: Plan, sites: Sequence[Site], declared: Sequence[DeclaredPlan]
) -> list[PlanStep]:
    """What the file changes of the plan, judged with its own sites and queues. Raises `Refused` with every reason."""
    after = DirectorySnapshot(
        sites={**before.sites, **{site.id: site for site in sites}}, people=before.people
    )
    steps: list[PlanStep] = []
    for wanted in declared:
        mine = plan.of(wanted.site)
        lines = {shift.id: shift.line for shift in wanted.shifts}
        try:
            edits = declared_edits(after.sites[wanted.site], wanted, mine)
            if edits:
                following = plan.edited(wanted.site, edits)
                judge(plan, following, edits, known(after), wall_clock_ms())
                steps.append(PlanStep(wanted.site, edits, list(plan_changes(mine, edits))))
                plan = following
        except PlanRefused as refused:
            raise Refused("\n".join(_placed(file, wanted, lines, one) for one in refused.problems)) from None
    return steps


def _placed(file: str, plan: DeclaredPlan, lines: dict[str, int | None], problem: Problem) -> str:
    identifier, _, field = problem.path.partition(".")
    path = f"site.{plan.site}.shift {identifier}.{field}" if identifier in lines else problem.path
    return Problem(path, problem.message, lines.get(identifier)).render(file)


async def write_steps(store: PlanStore, steps: Sequence[PlanStep], version: int) -> None:
    """Write each site's part on the plan of `version`, which it was judged by. Raises `Failed` if it has changed."""
    for step in steps:
        if await store.write(step.site, step.edits, version=version, now=wall_clock_ms()) is None:
            raise Failed(
                f"Somebody has changed the plan in this moment, so {step.site}'s is not written; apply again."
            )
        version += 1
