"""Swaps: a counsellor gives an occurrence of their shift to a colleague, perhaps for one of the colleague's.

Both agree and a supervisor approves; only then does the plan change.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from chatsvc.domain.errors import BadState, NotAllowed
from chatsvc.domain.shifts import ShiftId
from chatsvc.domain.sites import Role, StaffId

SwapId = NewType("SwapId", str)
OccurrenceKey = tuple[ShiftId, datetime]  # the shift, and the local start that its rule gives


SUPERVISING: frozenset[Role] = frozenset({"supervisor", "admin"})


class SwapState(StrEnum):
    """Where a swap is. The last three are final."""

    ASKED = "asked"
    AGREED = "agreed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class SwapStep(StrEnum):
    """What can happen to a swap, in the past tense."""

    AGREED = "agreed"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Party(StrEnum):
    """What somebody is to a swap."""

    ASKER = "asker"
    COLLEAGUE = "colleague"
    SUPERVISOR = "supervisor"


TRANSITIONS: dict[SwapState, dict[SwapStep, SwapState]] = {
    SwapState.ASKED: {
        SwapStep.AGREED: SwapState.AGREED,
        SwapStep.REFUSED: SwapState.REFUSED,
        SwapStep.WITHDRAWN: SwapState.WITHDRAWN,
    },
    SwapState.AGREED: {
        SwapStep.APPROVED: SwapState.APPROVED,
        SwapStep.REFUSED: SwapState.REFUSED,
        SwapStep.WITHDRAWN: SwapState.WITHDRAWN,
    },
    SwapState.APPROVED: {},
    SwapState.REFUSED: {},
    SwapState.WITHDRAWN: {},
}

MAY: dict[SwapStep, frozenset[Party]] = {
    SwapStep.AGREED: frozenset({Party.COLLEAGUE}),
    SwapStep.APPROVED: frozenset({Party.SUPERVISOR}),
    SwapStep.REFUSED: frozenset({Party.COLLEAGUE, Party.SUPERVISOR}),
    SwapStep.WITHDRAWN: frozenset({Party.ASKER}),
}


_ONLY: dict[SwapStep, str] = {
    SwapStep.AGREED: "Only the colleague who is asked can agree to a swap.",
    SwapStep.APPROVED: "Only a supervisor who takes no part in a swap can approve it.",
    SwapStep.REFUSED: (
        "Only the colleague who is asked or a supervisor who takes no part in a swap can refuse it; whoever asked "
        "for it can withdraw it."
    ),
    SwapStep.WITHDRAWN: "Only whoever asked for a swap can withdraw it.",
}
_OWN = "You take part in this swap yourself, so another supervisor must approve it."


@dataclass(frozen=True, slots=True)
class Swap:
    """One wish to swap. Times are ms since the epoch; `decided_at` is that of the last step, 0 before the first."""

    id: SwapId
    asker: StaffId
    colleague: StaffId
    gives: OccurrenceKey
    takes: OccurrenceKey | None = None  # what the asker works instead; None: nothing
    state: SwapState = SwapState.ASKED
    asked_at: int = 0
    decided_at: int = 0
    decided_by: StaffId | None = None


def party(swap: Swap, person: StaffId, role: Role) -> Party | None:
    """What a person is to a swap; who has a part in it doesn't supervise it, whatever their role."""
    if person == swap.asker:
        return Party.ASKER
    if person == swap.colleague:
        return Party.COLLEAGUE
    return Party.SUPERVISOR if role in SUPERVISING else None


def after(swap: Swap, step: SwapStep, person: StaffId, role: Role, now: int) -> Swap:
    """The swap after a person's step. Raises NotAllowed (not theirs to take), BadState (not possible any more)."""
    found = party(swap, person, role)
    if found not in MAY[step]:
        own = step is SwapStep.APPROVED and found is not None and role in SUPERVISING
        raise NotAllowed(_OWN if own else _ONLY[step])
    following = TRANSITIONS[swap.state].get(step)
    if following is None:
        raise BadState(f"This swap is {swap.state.value}; it can't be {step.value}.")
    return replace(swap, state=following, decided_at=now, decided_by=person)


def in_force(swaps: Iterable[Swap]) -> list[Swap]:
    """The approved swaps in the order in which they were approved."""
    approved = (swap for swap in swaps if swap.state is SwapState.APPROVED)
    return sorted(approved, key=lambda swap: (swap.decided_at, swap.id))
