"""The API of the plan: swaps between counsellors."""

import asyncio

from aiohttp import web

from chatsvc.domain import swaps
from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.errors import NotAllowed, NotFound
from chatsvc.domain.permissions import Action
from chatsvc.domain.shifts import ShiftId
from chatsvc.domain.sites import StaffId
from chatsvc.domain.swaps import OccurrenceKey, Swap, SwapId, SwapStep
from chatsvc.services.drafts import read_wall
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.services.planning import Changed, known
from chatsvc.services.swap_changes import ask_swap, step_swap
from chatsvc.services.swap_standing import Lapse, lapse_of
from chatsvc.web import plan_bodies as bodies
from chatsvc.web.operations import Answer, Call, Operation, Parameter, json_answer, read_body

STEPS = {
    "agree": SwapStep.AGREED,
    "approve": SwapStep.APPROVED,
    "refuse": SwapStep.REFUSED,
    "withdraw": SwapStep.WITHDRAWN,
}
NEEDED = {
    SwapStep.AGREED: (Action.ASK_SWAPS,),
    SwapStep.APPROVED: (Action.DECIDE_SWAPS,),
    SwapStep.REFUSED: (Action.ASK_SWAPS, Action.DECIDE_SWAPS),
    SwapStep.WITHDRAWN: (Action.ASK_SWAPS,),
}


async def get_swaps(call: Call) -> web.Response:
    """The swaps that the person may see."""
    plan = call.planning.plan.of(call.site.id)
    everybody = call.may(Action.READ_SWAPS)
    mine = {call.staff.id}
    found = [one for one in plan.swaps.values() if everybody or {one.asker, one.colleague} & mine]
    found.sort(key=lambda one: (-one.asked_at, one.id))
    serves, now = known(call.planning.declared).serves, call.planning.now
    shown = await asyncio.to_thread(
        lambda: [shown_swap(one, lapse_of(plan, serves, one, now)) for one in found]
    )
    return json_answer(bodies.Swaps(plan.version, shown), tag=plan.version)


async def post_swap(call: Call) -> web.Response:
    """A wish to swap."""
    body = await read_body(call.request, bodies.SwapAsked)
    gives = _key(body.gives, "gives")
    takes = _key(body.takes, "takes") if body.takes else None
    changed = await ask_swap(call.planning, call.site, call.staff.id, StaffId(body.colleague), gives, takes)
    return _saved(changed, 201)


async def post_step(call: Call) -> web.Response:
    """What somebody says to a swap. What each may say is in `domain/swaps.py`."""
    step = STEPS.get(call.request.match_info["step"])
    if step is None:
        raise NotFound("A swap has the steps agree, approve, refuse and withdraw.")
    if not any(call.may(action) for action in NEEDED[step]):
        raise NotAllowed
    changed = await step_swap(
        call.planning, call.site, SwapId(call.request.match_info["swap"]), step, call.staff
    )
    return _saved(changed, 200)


def _key(name: bodies.OccurrenceName, field: str) -> OccurrenceKey:
    try:
        return ShiftId(name.shift), read_wall(name.of)
    except Refusal as refusal:
        raise PlanRefused([Problem(f"{field}.of", str(refusal))]) from None


def _saved(changed: Changed, status: int) -> web.Response:
    row = changed.edits[-1].row
    assert isinstance(row, Swap)
    return json_answer(bodies.SwapSaved(changed.version, shown_swap(row)), status, changed.version)


def shown_swap(swap: swaps.Swap, lapsed: Lapse | None = None) -> bodies.Swap:
    """A swap as the wire shows it."""
    return bodies.Swap(
        swap.id, swap.asker, swap.colleague, _named(swap.gives), _named(swap.takes) if swap.takes else None,
        swap.state.value, swap.asked_at, swap.decided_at, swap.decided_by, lapsed,
    )  # fmt: skip


def _named(key: OccurrenceKey) -> bodies.OccurrenceName:
    return bodies.OccurrenceName(key[0], f"{key[1]:%Y-%m-%dT%H:%M}")


_SWAPS = "/api/v1/sites/{site}/swaps"
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getSwaps", "GET", _SWAPS, "The swaps that one may see.", get_swaps,
        {200: Answer("The newest first.", bodies.Swaps, tagged=True)}, Action.READ_SHIFTS,
    ),
    Operation(
        "postSwap", "POST", _SWAPS, "Ask a colleague to work a time of one's own.", post_swap,
        {201: Answer("The colleague is asked.", bodies.SwapSaved, tagged=True)}, Action.ASK_SWAPS,
        body=bodies.SwapAsked, errors=frozenset({429}),
    ),
    Operation(
        "stepSwap", "POST", _SWAPS + "/{swap}/{step}", "Agree to a swap, approve, refuse or withdraw it.", post_step,
        {200: Answer("So it is.", bodies.SwapSaved, tagged=True)}, Action.READ_SHIFTS,
        parameters=(Parameter("step", "What happens to it.", {"enum": list(STEPS)}, "path", required=True),),
        errors=frozenset({409, 422, 429}),
    ),
)  # fmt: skip
