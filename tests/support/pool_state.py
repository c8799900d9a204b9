"""A pool's whole state as the store holds it, and the rules that it keeps after every step."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgpack
import redis

from chatsvc.domain.sites import LANGUAGES
from chatsvc.store.keys import PoolKeys

Record = dict[str, Any]
LIVE = ("waiting", "offered", "active")
UNSEEN = ("rev", "load")
SCORE_OF_LOAD = 4e12  # `_pool.lua`: least loaded first, then longest idle


@dataclass(slots=True)
class PoolState:
    """Every key of a pool but the logs, decoded. Scored sets map member to score."""

    conv: dict[str, Record] = field(default_factory=dict)
    past: dict[str, Record] = field(default_factory=dict)
    staff: dict[str, Record] = field(default_factory=dict)
    queues: dict[str, Record] = field(default_factory=dict)
    gate: dict[str, str] = field(default_factory=dict)
    vis: dict[str, str] = field(default_factory=dict)
    due: dict[str, int] = field(default_factory=dict)
    decl: dict[str, int] = field(default_factory=dict)
    at: dict[str, set[str]] = field(default_factory=dict)
    line: dict[str, dict[str, float]] = field(default_factory=dict)
    wait: dict[str, dict[str, float]] = field(default_factory=dict)
    free: dict[str, dict[str, float]] = field(default_factory=dict)
    on: dict[str, set[str]] = field(default_factory=dict)
    spoken: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)  # queue -> language -> wait
    now: int = 0

    def eligible(self, queue: str) -> Iterator[tuple[Record, Record]]:
        """Pairs of one who waits in `queue` and one who has a place for them and has not declined them."""
        for member in self.wait.get(queue, {}):
            conversation = self.conv[member]
            for name in self.free.get(queue, {}):
                person = self.staff[name]
                free = self.may_have(person, conversation) and self.fits(person, conversation)
                barred = not free or self.overtakes(person, conversation)
                if not barred and not (self.queues[queue]["mode"] == "offer" and person.get("offer")):
                    yield conversation, person

    def load(self, person: Record) -> int:
        """Places in use."""
        held = [*person["convs"], *person["wraps"]]
        offer = person.get("offer")
        taken = sum(units(self.conv[member]) if member in self.conv else 1 for member in held)
        return taken + (self.units_next(self.conv[offer]) if offer in self.conv else bool(offer))

    def units_next(self, conversation: Record) -> int:
        """Places that a conversation takes of whoever gets it next: in another queue, as that queue weighs."""
        transfer = (conversation.get("transfer") or {}).get("queue")
        weight = self.queues[transfer]["weight"] if transfer in self.queues else conversation["weight"]
        return int(weight) * (2 if conversation.get("heavy") else 1)

    def fits(self, person: Record, conversation: Record) -> bool:
        """Whether somebody may carry a conversation besides what they have; alone, any."""
        carried = self.load(person)
        return carried == 0 or carried + self.units_next(conversation) <= person["capacity"]

    def may_have(self, person: Record, c: Record) -> bool:
        """Whether somebody speaks a visitor's language, has not declined them and is not with them already."""
        declined = f"{c['id']}|{person['id']}" in self.decl
        return (
            not declined
            and not has_part(c, person["id"])
            and bool({*self.languages(c)} & {*person["languages"]})
        )

    def overtakes(self, person: Record, c: Record) -> bool:
        """Whether somebody before `c`, there for a step of priority, would be left behind for want of places."""
        for queue in person["queues"]:
            facts = self.queues[queue]
            for other in (self.conv[ident] for ident in self.wait[queue] if facts["mode"] != "take"):
                long = self.now >= other["joined"] + facts["priority_step_ms"]
                before = (other["score"], other["id"]) < (c["score"], c["id"])
                if long and before and self.may_have(person, other) and not self.fits(person, other):
                    return True
        return False

    def languages(self, c: Record) -> list[str]:
        """The languages in which a conversation may be served; the others only once their deadline has been met."""
        waits = c["state"] != "active" and (self.now < (c.get("also_at") or 0) or f"a:{c['id']}" in self.due)
        return [c["route"], *(() if waits else c.get("also") or ())]


def units(conversation: Record) -> int:
    """Places that a conversation takes."""
    return int(conversation["weight"]) * (2 if conversation.get("heavy") else 1)


def has_part(conversation: Record, name: str) -> bool:
    """Whether a member of staff takes part."""
    return any(part["s"] == name for part in conversation["parts"])


_READ = """
local prefix, langs, nodes = ARGV[1], cmsgpack.unpack(ARGV[2]), cmsgpack.unpack(ARGV[3])
local function range(name) return redis.call("ZRANGE", prefix .. name, 0, -1, "WITHSCORES") end
local found = { redis.call("HGET", KEYS[1], "now") or "0", range("due"), range("decl") }
for _, name in ipairs({ "conv", "past", "staff", "queues", "gate", "vis" }) do
  table.insert(found, redis.call("HGETALL", prefix .. name))
end
local queues, at = {}, {}
for _, queue in ipairs(redis.call("HKEYS", prefix .. "queues")) do
  local rows = { queue, redis.call("SMEMBERS", prefix .. "on:" .. queue) }
  for _, name in ipairs({ "line", "wait", "free" }) do table.insert(rows, range(name .. ":" .. queue)) end
  for _, lang in ipairs(langs) do table.insert(rows, range("wait-" .. lang .. ":" .. queue)) end
  table.insert(queues, rows)
end
for _, node in ipairs(nodes) do table.insert(at, { node, redis.call("SMEMBERS", prefix .. "at:" .. node) }) end
table.insert(found, queues)
table.insert(found, at)
return found
"""


def read_state(
    client: redis.Redis, pool: str, nodes: Iterable[str], languages: Sequence[str] = LANGUAGES
) -> PoolState:
    """The pool at one instant, with who is connected to each of `nodes`, and the lines of these languages."""
    keys = PoolKeys(pool)
    names = msgpack.packb(languages), msgpack.packb(sorted(nodes))
    found: Any = client.eval(_READ, 1, keys.meta, keys.of(""), *names)
    now, due, decl, conv, past, staff, settings, gate, vis, queues, at = found
    state = PoolState(now=int(now))
    state.due, state.decl = (
        {key: int(score) for key, score in _scored(rows).items()} for rows in (due, decl)
    )
    state.conv, state.past, state.staff, state.queues = (
        {key.decode(): msgpack.unpackb(row) for key, row in _pairs(rows)}
        for rows in (conv, past, staff, settings)
    )
    state.gate, state.vis = (
        {key.decode(): row.decode() for key, row in _pairs(rows)} for rows in (gate, vis)
    )
    for name, on, line, wait, free, *spoken in queues:
        queue = name.decode()
        state.line[queue], state.wait[queue], state.free[queue] = _scored(line), _scored(wait), _scored(free)
        state.on[queue] = {member.decode() for member in on}
        state.spoken[queue] = {lang: _scored(rows) for lang, rows in zip(languages, spoken, strict=True)}
    state.at = {node.decode(): {member.decode() for member in members} for node, members in at if members}
    return state


def _pairs(flat: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _scored(flat: list[bytes]) -> dict[str, float]:
    return {member.decode(): float(score) for member, score in _pairs(flat)}


def faults(state: PoolState) -> list[str]:
    """Every rule that the state breaks, in words; empty when all is well."""
    found: list[str] = []
    for conversation in state.conv.values():
        found += [f"{conversation['id']}: {fault}" for fault in _conversation_faults(state, conversation)]
    for person in state.staff.values():
        found += [f"{person['id']}: {fault}" for fault in _person_faults(state, person)]
    found += _stray_faults(state)
    for queue, settings in state.queues.items():
        if settings["mode"] != "take":
            found += [
                f"{queue}: {conversation['id']} waits although {person['id']} is free"
                for conversation, person in state.eligible(queue)
            ]
    return found


def _conversation_faults(state: PoolState, c: Record) -> Iterator[str]:
    yield from _line_faults(state, c)
    yield from _offer_faults(state, c)
    yield from _owner_faults(state, c)
    if state.gate.get(c["id"]) != gate_of(c):
        yield f"gate {state.gate.get(c['id'])} instead of {gate_of(c)}"
    if c["state"] in LIVE and state.vis.get(c["visitor"]) != c["id"]:
        yield "its visitor's token does not lead to it"
    if c.get("vnode") and f"v:{c['id']}" not in state.at.get(c["vnode"], ()):
        yield "its visitor is connected to a node that does not know"
    wanted = {
        "v": c["state"] in LIVE and bool(c.get("vaway")),
        "o": bool(c.get("offered")),
        "i": c["state"] == "active",
        "w": c["state"] == "wrap_up",
        "l": c["state"] in ("wrap_up", "closed"),
    }
    for kind, want in wanted.items():
        if (f"{kind}:{c['id']}" in state.due) is not want:
            yield f"deadline {kind} {'is missing' if want else 'should not be there'}"


def _line_faults(state: PoolState, c: Record) -> Iterator[str]:
    in_line = {queue: line[c["id"]] for queue, line in state.line.items() if c["id"] in line}
    wanted = {c["queue"]: float(c["joined"])} if c["state"] in ("waiting", "offered") else {}
    if in_line != wanted:
        yield f"stands in line {in_line} instead of {wanted}"
    in_wait = {queue: wait[c["id"]] for queue, wait in state.wait.items() if c["id"] in wait}
    transfer = (c.get("transfer") or {}).get("queue")
    wanted = {}
    if c["state"] == "waiting" and not c.get("vaway"):
        wanted = {c["queue"]: float(c["score"])}
    elif c["state"] == "active" and transfer and not c.get("offered"):
        wanted = {transfer: float(c["score"])}
    if in_wait != wanted:
        yield f"can be taken in {in_wait} instead of {wanted}"
    spoken = {
        (queue, language): members[c["id"]]
        for queue, languages in state.spoken.items()
        for language, members in languages.items()
        if c["id"] in members
    }
    wanted_in = {(queue, language): at for queue, at in wanted.items() for language in state.languages(c)}
    if spoken != wanted_in:
        yield f"can be taken by speakers of {spoken} instead of {wanted_in}"


def _offer_faults(state: PoolState, c: Record) -> Iterator[str]:
    holder = c.get("offered")
    if c["state"] == "offered" and not holder:
        yield "is offered to nobody"
    if holder and c["state"] not in ("offered", "active"):
        yield f"is offered while {c['state']}"
    if holder and state.staff[holder].get("offer") != c["id"]:
        yield f"is offered to {holder}, who does not know"
    if c["state"] == "active" and bool(c.get("transfer")) < bool(holder):
        yield "is offered without a transfer"


def _owner_faults(state: PoolState, c: Record) -> Iterator[str]:
    owners = [part["s"] for part in c["parts"] if part["role"] == "owner"]
    if c["state"] in ("waiting", "offered"):
        if c["parts"]:
            yield "has staff in it while waiting"
    elif c["state"] in ("active", "wrap_up") and len(owners) != 1:
        yield f"has {len(owners)} owners"
    for list_, states in (("convs", ("active",)), ("wraps", ("wrap_up",))):
        for name, person in state.staff.items():
            if (c["id"] in person[list_]) is not (c["state"] in states and owners == [name]):
                yield f"disagrees with the {list_} of {name}"
    for name, person in state.staff.items():
        guest = any(part["s"] == name and part["role"] == "consultant" for part in c["parts"])
        if (c["id"] in person["consults"]) is not (guest and c["state"] == "active"):
            yield f"disagrees with the consultations of {name}"


def _person_faults(state: PoolState, s: Record) -> Iterator[str]:
    held = [state.conv[member] for member in (*s["convs"], *s["wraps"]) if member in state.conv]
    # Alone, any conversation fits; and a mark of heaviness adds to what somebody carries already.
    if state.load(s) > s["capacity"] and len(held) > 1 and not any(c.get("heavy") for c in held):
        yield f"carries {state.load(s)} of {s['capacity']}"
    if s["load"] != state.load(s):
        yield f"says that it carries {s['load']} instead of {state.load(s)}"
    if s["state"] == "draining" and not (s["convs"] or s["wraps"] or s["consults"]):
        yield "is draining with nothing left"
    if s.get("offer") and state.conv.get(s["offer"], {}).get("offered") != s["id"]:
        yield "holds an offer that is not theirs"
    if s.get("offer") and s["state"] != "available":
        yield f"holds an offer while {s['state']}"
    for name in ("convs", "wraps", "consults"):
        yield from (
            f"has {member} in {name}, which is gone" for member in s[name] if member not in state.conv
        )
    if s.get("node") and f"s:{s['id']}" not in state.at.get(s["node"], ()):
        yield "is connected to a node that does not know"
    if f"s:{s['id']}" in state.due and not s.get("away"):
        yield "has a grace time while present"
    yield from _place_faults(state, s)


def _place_faults(state: PoolState, s: Record) -> Iterator[str]:
    ready = s["state"] == "available" and not s.get("away") and state.load(s) < s["capacity"]
    for queue in state.queues:
        mine = queue in s["queues"]
        score = state.free[queue].get(s["id"])
        wanted = state.load(s) * SCORE_OF_LOAD + s["idle"] if ready and mine else None
        if score != wanted:
            yield f"is free in {queue} with {score} instead of {wanted}"
        if (s["id"] in state.on[queue]) is not (mine and s["state"] == "available"):
            yield f"on duty in {queue}: the set disagrees"


def _stray_faults(state: PoolState) -> Iterator[str]:
    for name in ("line", "wait"):
        for queue, members in getattr(state, name).items():
            yield from (
                f"{name}:{queue} holds {member}, which is gone" for member in set(members) - set(state.conv)
            )
    for queue, members in state.free.items():
        yield from (
            f"free:{queue} holds {member}, who is unknown" for member in set(members) - set(state.staff)
        )
    yield from (f"gate of {member}, which is gone" for member in set(state.gate) - set(state.conv))
    for member in state.due:
        kind, _, ident = member.partition(":")
        if kind not in ("s", "p") and ident not in state.conv:
            yield f"deadline {member} of something gone"


def gate_of(c: Record) -> str:
    """Who may write to which log, as `append` reads it."""
    talk, staff = ";", ";"
    if c["state"] in LIVE:
        talk += f"v@{c.get('vnode') or ''};"
    for part in c["parts"]:
        seat = f"s:{part['s']}@{part.get('node') or ''};"
        talk += seat if c["state"] == "active" else ""
        staff += seat if c["state"] in ("active", "wrap_up") else ""
    return f"{talk}|{staff}"


def difference(before: PoolState, after: PoolState) -> dict[str, dict[str, Any]]:
    """What changed, part by part: member -> new value, None where it is gone.

    `rev` is left out, for it always grows, and what follows from the rest and `faults` looks at: loads and languages.
    """
    changed: dict[str, dict[str, Any]] = {}
    for name in PoolState.__slots__:
        old, new = getattr(before, name), getattr(after, name)
        if name == "spoken" or isinstance(old, int) or old == new:
            continue
        for member in old.keys() | new.keys():
            if old.get(member) != new.get(member):
                changed.setdefault(name, {})[member] = _change(old.get(member), new.get(member))
    return changed


def _change(old: Any, new: Any) -> Any:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return (
            {key: value for key, value in new.items() if key not in UNSEEN} if isinstance(new, dict) else new
        )
    return {
        key: new.get(key)
        for key in old.keys() | new.keys()
        if key not in UNSEEN and old.get(key) != new.get(key)
    }
