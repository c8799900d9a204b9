"""A conversation's life in one table. The store's scripts guard against a prelude generated from it."""

from enum import StrEnum


class State(StrEnum):
    """Where a conversation is. A visitor sees OFFERED as waiting and WRAP_UP as closed."""

    WAITING = "waiting"
    OFFERED = "offered"
    ACTIVE = "active"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"


class Step(StrEnum):
    """What can happen to a conversation, in the past tense."""

    OFFERED = "offered"
    OFFER_DROPPED = "offer_dropped"
    ASSIGNED = "assigned"
    HANDED_OVER = "handed_over"
    RETURNED = "returned"
    ENDED_UNOWNED = "ended_unowned"
    ENDED_OWNED = "ended_owned"
    WRAPPED_UP = "wrapped_up"


TRANSITIONS: dict[State, dict[Step, State]] = {
    State.WAITING: {
        Step.OFFERED: State.OFFERED,
        Step.ASSIGNED: State.ACTIVE,
        Step.ENDED_UNOWNED: State.CLOSED,
    },
    State.OFFERED: {
        Step.OFFER_DROPPED: State.WAITING,
        Step.ASSIGNED: State.ACTIVE,
        Step.ENDED_UNOWNED: State.CLOSED,
    },
    State.ACTIVE: {
        Step.HANDED_OVER: State.ACTIVE,
        Step.RETURNED: State.WAITING,
        Step.ENDED_OWNED: State.WRAP_UP,
    },
    State.WRAP_UP: {Step.WRAPPED_UP: State.CLOSED},
    State.CLOSED: {},
}

LIVE = frozenset({State.WAITING, State.OFFERED, State.ACTIVE})


def visitor_state(state: str) -> str:
    """What the visitor is told: `waiting`, `active` or `closed`."""
    if state == State.OFFERED:
        return State.WAITING.value
    return State.CLOSED.value if state == State.WRAP_UP else state


def lua_prelude() -> str:
    """The table as Lua: `NEXT[state][step]` is the state that follows, nil where the step is not allowed."""
    rows = []
    for state, steps in TRANSITIONS.items():
        cells = ", ".join(f'{step.value} = "{after.value}"' for step, after in steps.items())
        rows.append(f"  {state.value} = {{{cells}}},")
    return "local NEXT = {\n" + "\n".join(rows) + "\n}\n"
