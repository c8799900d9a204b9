"""Swaps: a counsellor asks, the colleague agrees, a supervisor approves; what can't be any more is refused."""

from collections.abc import Iterator

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.errors import NotFound
from chatsvc.domain.plan import Edit, SitePlan
from chatsvc.domain.shifts import wall_ms
from chatsvc.domain.sites import Site, Staff, StaffId
from chatsvc.domain.swaps import OccurrenceKey, Swap, SwapId, SwapState, SwapStep, after, party
from chatsvc.services.drafts import new_id
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.planning import Changed, Planning, known
from chatsvc.services.swap_standing import UNDECIDED, obstacles

MOST_OPEN = 30  # swaps that one person has asked for and that are not decided
_DAY_MS = 86_400_000
KEPT_MS = 100 * _DAY_MS  # after the times that it is about: the month's figures are made by then


async def ask_swap(
    planning: Planning, site: Site, asker: StaffId, colleague: StaffId, gives: OccurrenceKey,
    takes: OccurrenceKey | None,
) -> Changed:  # fmt: skip
    """Ask a colleague to work a time of the asker's, and perhaps to give one for it. Raises as `Planning.change`."""
    swap = Swap(SwapId(new_id()), asker, colleague, gives, takes, asked_at=planning.now)

    def make(plan: SitePlan) -> list[Edit]:
        problems = [*_asking_problems(plan, swap), *_problems(planning, plan, swap)]
        if problems:
            raise PlanRefused(problems)
        old = [Edit("swaps", one.id, None) for one in plan.swaps.values() if _is_past(one, planning.now)]
        return [*old, Edit("swaps", swap.id, swap)]

    return await planning.change(site.id, make)


async def step_swap(planning: Planning, site: Site, swap: SwapId, step: SwapStep, person: Staff) -> Changed:
    """Take a step with a swap. Raises NotFound, NotAllowed, BadState, and as `Planning.change`."""

    def make(plan: SitePlan) -> list[Edit]:
        found = plan.swaps.get(swap)
        if found is None or party(found, person.id, person.role) is None:
            raise NotFound("There is no such swap, or you have no part in it.")
        following = after(found, step, person.id, person.role, planning.now)
        if following.state in (SwapState.AGREED, SwapState.APPROVED):
            problems = list(_problems(planning, plan, found))
            if problems:
                raise PlanRefused(problems)
        return [Edit("swaps", swap, following)]

    return await planning.change(site.id, make)


def _is_past(swap: Swap, now: int) -> bool:
    """Whether a swap is of no use any more: all that it is about lies far back."""
    return all(wall_ms(key[1]) < now - KEPT_MS for key in (swap.gives, swap.takes) if key)


def _asking_problems(plan: SitePlan, swap: Swap) -> Iterator[Problem]:
    if swap.asker == swap.colleague:
        yield Problem("colleague", "must be somebody else.")
    open_ones = [one for one in plan.swaps.values() if one.state in UNDECIDED]
    own = [one for one in open_ones if one.asker == swap.asker]
    if any(one.gives == swap.gives for one in own):
        yield Problem("gives", "is already in a swap that is not decided; withdraw that one first.")
    if len(own) >= MOST_OPEN:
        yield Problem(
            "gives", f"there are {MOST_OPEN} swaps of yours that are not decided; withdraw some first."
        )


def _problems(planning: Planning, plan: SitePlan, swap: Swap) -> Iterator[Problem]:
    """What keeps a swap from being made as things are now."""
    for one in obstacles(plan, known(planning.declared).serves, swap, planning.now):
        if one.lapse == "begun":
            yield Problem(one.side, "has begun already.")
        elif one.lapse == "not_served":
            field = "colleague" if one.side == "gives" else one.side
            yield Problem(field, f"{one.taker} does not serve {', '.join(one.queues)}.")
        else:
            yield Problem(one.side, f"is no time for which {one.giver} is planned.")
