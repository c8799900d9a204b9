"""Promises 2 and 3 of the design, held against a pool's records by somebody who knows none of the scripts.

Nobody waits unseen: each visitor who was let in is in exactly one place, and comes back to the place they had.
Assignment: one owner for a conversation, nobody is given more than they can carry, nobody writes who has left.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.support.pool_state import PoolState, Record, has_part, units

Seat = tuple[str, str]  # conversation, member of staff


@dataclass(slots=True)
class Ledger:
    """What people know who stand outside of the store, and what it said a step ago."""

    joined: dict[str, int] = field(default_factory=dict)  # who was let in, and when
    places: dict[str, float] = field(default_factory=dict)  # by priority and time of joining
    refused: set[str] = field(default_factory=set)
    talked: set[str] = field(default_factory=set)  # who has had a counsellor
    held: dict[str, frozenset[str]] = field(default_factory=dict)  # what each counsellor carries
    seats: frozenset[Seat] = frozenset()
    left: set[Seat] = field(default_factory=set)  # who had a seat and has it no more

    def let_in(self, ident: str, at: int, earlier_ms: int = 0) -> None:
        """A visitor was told that they wait; `earlier_ms` is what their priority counts as."""
        self.joined[ident] = at
        self.places[ident] = float(at - earlier_ms)

    def learn(self, state: PoolState) -> frozenset[Seat]:
        """See a step's outcome; gives the seats that were lost in it."""
        seats = {
            (c["id"], part["s"]) for c in state.conv.values() if c["state"] == "active" for part in c["parts"]
        }
        lost = self.seats - seats
        self.seats, self.left = frozenset(seats), (self.left | lost) - seats
        self.talked |= {ident for ident, _ in seats}
        self.held = {name: frozenset(carried(person)) for name, person in state.staff.items()}
        return lost


def carried(person: Record) -> list[str]:
    """The conversations that take up somebody's places: open ones, unfinished records, a held offer."""
    offer = person.get("offer")
    return [*person["convs"], *person["wraps"], *([offer] if offer and offer not in person["convs"] else [])]


def broken(state: PoolState, ledger: Ledger) -> list[str]:
    """Every way in which the state breaks a promise, in words; call it before the ledger learns the state."""
    return [
        *_places(state, ledger),
        *_order(state, ledger),
        *_pairs(state),
        *_owners(state),
        *_loads(state, ledger),
    ]


def overdue(state: PoolState, now: int) -> list[str]:
    """Deadlines that nobody has met; after a worker's round there are none."""
    return [f"{member} is overdue" for member, at in state.due.items() if at <= now]


def _places(state: PoolState, ledger: Ledger) -> Iterator[str]:
    for ident in ledger.joined:
        found = list(places(state, ident))
        if len(found) != 1:
            yield f"{ident} is {' and '.join(found) or 'nowhere'}"
        elif found != ["told"]:
            yield from (f"{ident}: {fault}" for fault in _unseen(state, ledger, ident, found[0]))
    known = {*state.conv, *state.past}
    yield from (f"{ident} was turned away and is there" for ident in ledger.refused & known)
    yield from (f"{ident} is there and was never let in" for ident in known - set(ledger.joined))


def places(state: PoolState, ident: str) -> Iterator[str]:
    """Where somebody is, as the others see it: lines, counsellors, their own record's end."""
    for person in state.staff.values():
        if ident in person["convs"]:
            yield "in conversation"
    offered = any(person.get("offer") == ident for person in state.staff.values())
    for line in state.line.values():
        if ident in line:
            yield "offered" if offered else "waiting"
    record = state.conv.get(ident) or state.past.get(ident)
    if record and record.get("reason") and any(event["event"] == "closed" for event in record["pend"]):
        yield "told"


NAMES = {"waiting": "waiting", "offered": "offered", "active": "in conversation"}


def _unseen(state: PoolState, ledger: Ledger, ident: str, place: str) -> Iterator[str]:
    c = state.conv[ident]
    if NAMES.get(c["state"]) != place:
        yield f"is {place} and says {c['state']}"
    takeable = [queue for queue, wait in state.wait.items() if ident in wait]
    away = bool(c.get("vaway"))
    if place == "waiting" and takeable != ([] if away else [c["queue"]]):
        yield f"can be taken in {takeable} while {'away' if away else 'there'}"
    if place == "offered" and takeable:
        yield "can be taken while offered"
    if place == "in conversation":
        yield from _unled(state, c, takeable)
    elif state.line[c["queue"]].get(ident) != float(ledger.joined[ident]):
        yield "has lost the place that it joined at"
    # Nothing may last for ever because somebody has gone: an end is set for each absence, offer and talk.
    wanted = {"v": away, "o": place == "offered", "i": place == "in conversation"}
    yield from (
        f"has no end set ({kind})"
        for kind, want in wanted.items()
        if want and f"{kind}:{ident}" not in state.due
    )


def _unled(state: PoolState, c: Record, takeable: list[str]) -> Iterator[str]:
    """Whose owner did not come back has somebody with them, and stands where others take visitors."""
    owners = [part["s"] for part in c["parts"] if part["role"] == "owner"]
    guests = [state.staff[part["s"]] for part in c["parts"] if part["role"] != "owner"]
    if not any(state.staff[name].get("away") and f"s:{name}" not in state.due for name in owners):
        return
    if not guests:
        yield "is alone with an owner who is lost"
    if not takeable and not c.get("offered"):
        yield "has lost its owner and can be taken by nobody"
    for guest in guests if not c.get("offered") else ():
        there = guest["state"] in ("available", "paused") and not guest.get("away")
        room = not carried(guest) or _weight(state, guest) + units(c) <= guest["capacity"]
        if there and room and {c["route"], *(c.get("also") or ())} & set(guest["languages"]):
            yield f"has lost its owner although {guest['id']} is with them and has a place"


def _order(state: PoolState, ledger: Ledger) -> Iterator[str]:
    """Whoever was taken before goes first, by when they joined; the others by their place."""
    for queue, wait in state.wait.items():
        line = sorted(wait, key=lambda ident: (wait[ident], ident))
        wanted = sorted(line, key=lambda ident: (_place(state, ledger, ident), ident))
        if line != wanted:
            yield f"{queue} goes {line} and should go {wanted}"


def _place(state: PoolState, ledger: Ledger, ident: str) -> tuple[int, float]:
    front = ident in ledger.talked or state.conv[ident]["state"] == "active"
    return (0, float(ledger.joined[ident])) if front else (1, ledger.places[ident])


def _pairs(state: PoolState) -> Iterator[str]:
    """Nobody waits while somebody is free for them, where the queue gives visitors to counsellors."""
    for queue, wait in state.wait.items():
        mode = state.queues[queue]["mode"]
        for ident in wait if mode != "take" else ():
            for name, person in state.staff.items():
                if queue in person["queues"] and _could_have(state, person, state.conv[ident], mode):
                    yield f"{ident} waits in {queue} although {name} is free"


def _could_have(state: PoolState, person: Record, c: Record, mode: str) -> bool:
    pair = f"{c['id']}|{person['id']}"
    there = person["state"] == "available" and not person.get("away")
    busy = mode == "offer" and person.get("offer")
    asked = (
        pair in state.decl and f"p:{pair}" in state.due
    )  # declined; the worker says when they are asked again
    room = _weight(state, person) + state.units_next(c) <= person["capacity"] or not carried(person)
    open_to_others = c["state"] == "active" or (c.get("also") and f"a:{c['id']}" not in state.due)
    wanted = {c["route"], *(c["also"] if c.get("also") and open_to_others else ())}
    speaks = bool(wanted & set(person["languages"]))
    free = bool(there and not busy and not asked and room and speaks and not has_part(c, person["id"]))
    return free and not state.overtakes(person, c)


def _weight(state: PoolState, person: Record) -> int:
    offer = person.get("offer")
    return sum(
        state.units_next(state.conv[ident]) if ident == offer else units(state.conv[ident])
        for ident in carried(person)
        if ident in state.conv
    )


def _owners(state: PoolState) -> Iterator[str]:
    for ident, c in state.conv.items():
        owners = [part["s"] for part in c["parts"] if part["role"] == "owner"]
        holders = [
            name for name, person in state.staff.items() if ident in (*person["convs"], *person["wraps"])
        ]
        if c["state"] in ("active", "wrap_up") and (len(owners) != 1 or holders != owners):
            yield f"{ident} is owned by {owners} and held by {holders}"
        if c["state"] in ("waiting", "offered") and (c["parts"] or holders):
            yield f"{ident} waits and is held by {holders or [part['s'] for part in c['parts']]}"
        inside = {part["s"] for part in c["parts"]} if c["state"] == "active" else set()
        talk, _, staff = state.gate[ident].partition("|")
        if outside := _seats(talk) - inside:
            yield f"{ident} may be written to by {sorted(outside)}, who are not in it"
        if outside := _seats(staff) - {part["s"] for part in c["parts"]}:
            yield f"{ident} may be noted on by {sorted(outside)}, who are not in it"
    holding = [person["offer"] for person in state.staff.values() if person.get("offer")]
    yield from (f"{ident} is offered to two" for ident in set(holding) if holding.count(ident) > 1)


def _seats(gate: str) -> set[str]:
    """The staff to whom a gate is open; the visitor's seat is `v@…`."""
    return {seat.split("@")[0][2:] for seat in gate.split(";") if seat.startswith("s:")}


def _loads(state: PoolState, ledger: Ledger) -> Iterator[str]:
    """Whoever was given something can carry it; alone anything, and a mark of heaviness weighs after the fact."""
    for name, person in state.staff.items():
        given = set(carried(person)) - ledger.held.get(name, frozenset())
        weight = _weight(state, person)
        if given and len(carried(person)) > 1 and weight > person["capacity"]:
            yield f"{name} was given {sorted(given)} and carries {weight} of {person['capacity']}"
