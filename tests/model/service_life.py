"""Random lives of a service on a real store: visitors, counsellors, shifts, opening hours, workers, dying nodes, time.

After every step the promises are held against the store's records; after a worker's round, what a worker promises too.
"""

import asyncio
import secrets
from collections.abc import Callable, Collection, Coroutine
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import redis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chatsvc.domain.errors import ChatError, NoEntry, NotFound
from chatsvc.domain.ports import Seal
from chatsvc.domain.records import EntryBody, Stored
from chatsvc.services.opening import Openings
from chatsvc.services.planning import Planning
from chatsvc.services.pool import Pool, stored
from chatsvc.services.shift_end import end_shifts
from chatsvc.store.clock import ManualClock
from chatsvc.store.link import Link
from chatsvc.worker.closing import tell_the_closed_out
from chatsvc.worker.deadlines import meet_deadlines
from chatsvc.worker.reaper import SILENT_MS, reap_dead_nodes
from tests.model.promises import Ledger, Seat, broken, overdue
from tests.model.week import BEGINNINGS, MODES, PEOPLE, STEP_MS, entry, open_now, planned, queues, shift_over
from tests.support.pool_bench import MINUTE, Bench
from tests.support.pool_state import PoolState, Record, read_state

TEAMS = [("aino", "eino"), ("irja",), ("eino", "olli"), ("aino", "irja", "olli"), ()]  # who is there at first
ALSO_MS = 2 * MINUTE
WORKER = "worker"
ROUNDS = 20  # of meeting deadlines; each may set others, which lie ahead

LANGUAGES = ("fi", "fi", "fi", "sv", "en")
OTHERS: tuple[tuple[str, ...], ...] = ((), (), ("fi",), ("sv",), ("sv", "en"))
PAUSES = [1_000, 1_000, 29_999, *(part * MINUTE for part in (1, 1, 2, 5, 10, 21, 180))]
LIVE = ("waiting", "offered", "active")
T = TypeVar("T")


class Choice:
    """One number of Hypothesis as many small decisions: it costs a tenth of drawing each, and still gets shorter."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, options: Collection[T]) -> T:
        """One of the options, which are not none."""
        self._number, place = divmod(self._number, len(options))
        return list(options)[place]


class NoKeys:
    """A keyring of conversations whose keys are gone: what happens to them stays in their records."""

    def known(self, conversation: str) -> Seal | None:  # noqa: ARG002 - as the port has it
        return None

    async def create(self, site: str, conversation: str) -> Seal:  # noqa: ARG002 - as the port has it
        raise NotFound

    async def fetch(self, site: str, conversation: str) -> Seal:  # noqa: ARG002 - as the port has it
        raise NotFound

    async def shred(self, conversation: str, purposes: Collection[str] = ()) -> None:
        """They are gone."""

    def forget(self, conversation: str) -> None:
        """Nothing is remembered."""


class ServiceLife(RuleBasedStateMachine):
    """What people and processes do, in any order, at any time."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    link: ClassVar[Link]
    client: ClassVar[redis.Redis]
    plan: ClassVar[Callable[[Callable[[], ManualClock]], Planning]]
    of_all: ClassVar[Planning]
    clock: ClassVar[ManualClock]
    known_openings: ClassVar[dict[int, Openings]] = {}

    @initialize(start=st.sampled_from(BEGINNINGS), present=st.sampled_from(TEAMS))
    def begin(self, start: int, present: tuple[str, ...]) -> None:
        self.bench = Bench(self.link, secrets.token_hex(4), self.client, queues())
        self.bench.checking = False
        type(self).clock = self.bench.clock = ManualClock(start)
        self.openings = self.known_openings.setdefault(start, Openings())
        self.nodes, self.dead = ["n1", "n2"], dict[str, int]()
        self.ledger, self.born, self.story = Ledger(), 0, [""]
        self.clocked: dict[str, int] = {}
        self.acted = self.refused = self.worked = False
        self.loop.run_until_complete(self._open())
        self.state = self._read()
        for index, name in enumerate(present):
            self._clock_in(name, self.nodes[index % 2])
        self.state = self._read()

    async def _open(self) -> None:
        await self.bench.declare(*self.bench.queues.values())
        await self._beat()

    async def _beat(self) -> None:
        for name in self.nodes:
            await self.bench.node(name).beat()

    def _do(self, act: Coroutine[Any, Any, Any]) -> Any:
        """Do it a millisecond later than what was before; gives None when it is refused."""
        self.clock.advance(1)
        self.acted = True
        try:
            return self.loop.run_until_complete(act)
        except ChatError as refusal:
            self.refused = True
            return refusal

    def _read(self) -> PoolState:
        return read_state(self.client, self.bench.pool, self.bench.nodes, languages=())

    def _one(self, draw: Choice, *states: str) -> str:
        """A conversation; in one of these states, if any are named."""
        return draw(sorted(i for i, c in self.state.conv.items() if not states or c["state"] in states))

    def _someone(self, draw: Choice) -> str:
        """A counsellor who has been here."""
        return draw(sorted(self.state.staff))

    def _seat(self, draw: Choice) -> Seat:
        """A conversation that somebody has, with them; or, now and then, with somebody else."""
        held = sorted((c["id"], part["s"]) for c in self.state.conv.values() for part in c["parts"])
        ident, name = draw(held)
        return ident, self._someone(draw) if draw([False] * 7 + [True]) else name

    @rule(number=st.integers(0, 2**24 - 1))
    def step(self, number: int) -> None:
        """One thing of those that can happen now, to one of those whom it can happen to."""
        draw = Choice(number)
        act = draw([name for name, times in self._possible().items() for _ in range(times)])
        self.story.append(f"{self.clock.now()} {act}")
        getattr(self, act)(draw)

    def _possible(self) -> dict[str, int]:
        """What can happen now, and how often it does."""
        staff, conv = self.state.staff, self.state.conv.values()
        acts = {"join": 6, "clock_in": 1 if len(staff) == len(PEOPLE) else 3}
        acts |= {"time_passes": 3, "time_comes": 2, "worker_round": 3, "node_dies": 1}
        if staff:
            acts |= {"duty": 1, "console_gone": 1, "console_back": 1}
        if any(c["state"] in LIVE for c in conv):
            acts |= {"visitor_gone": 1, "visitor_back": 2, "visitor_leaves": 1, "take": 3 if staff else 0}
        if any(person.get("offer") for person in staff.values()):
            acts["answer"] = 4
        if self._with_others():
            acts["owner_is_lost"] = 2
        if self._pairs():
            acts["guest_is_left"] = 2
        if any(c["parts"] for c in conv):
            acts |= {"with_conversation": 5, "to_colleague": 3, "to_queue": 2, "write": 1}
        return acts

    # Visitors

    def join(self, draw: Choice) -> None:
        now = self.clock.now()
        is_open = [name for name in MODES if self.openings.at(self.bench.queues[f"s/{name}"], now).is_open]
        where = draw([*MODES, *is_open * 3])
        lang, also = draw(LANGUAGES), draw(OTHERS)
        priority, index = draw([0, 0, 0, 2]), draw((0, 1))
        self.born += 1
        ident, at, queue = f"c{self.born:03}", now + 1, self.bench.queues[f"s/{where}"]
        found = self._do(
            self.bench.join(
                ident, where, on=self.nodes[index], lang=lang, also=[one for one in also if one != lang],
                also_ms=ALSO_MS, entry=self.openings.at(queue, at).entry(queue.last_entry_ms, at),
                priority=priority, tags=[],
            )
        )  # fmt: skip
        wanted = entry(where, at)
        if isinstance(found, NoEntry):
            self.ledger.refused.add(ident)
            assert found.reason == wanted or (wanted is None and found.reason in ("full", "no_staff"))
        else:
            assert wanted is None
            self.ledger.let_in(ident, at, priority * STEP_MS)

    def visitor_gone(self, draw: Choice) -> None:
        """The connection is lost, or one that was replaced long ago."""
        record, stale = self.state.conv[self._one(draw, *LIVE)], draw((False, True))
        conn = "older" if stale else record.get("vconn") or "none"
        self._do(self.bench.away(record["id"], on=record.get("vnode") or self.nodes[0], conn=conn))

    def visitor_back(self, draw: Choice) -> None:
        ident = self._one(draw, *LIVE)
        where = self.state.conv[ident]["queue"].partition("/")[2]
        on = draw(self.nodes)
        self._do(self.bench.join(ident, where, on=on, conn=f"{ident}-{self.clock.now()}"))

    def visitor_leaves(self, draw: Choice) -> None:
        self._do(self.bench.leave(self._one(draw)))

    # Counsellors

    def clock_in(self, draw: Choice) -> None:
        self._clock_in(draw(sorted(PEOPLE)), draw(self.nodes))

    def _clock_in(self, name: str, on: str) -> None:
        self._attach(name, on)
        self._duty(name, "available")

    def _attach(self, name: str, on: str) -> None:
        capacity, own, languages = PEOPLE[name]
        conn = f"{name}-{self.clock.now()}"
        self._do(self.bench.attach(name, capacity, own, on=on, conn=conn, languages=languages))

    def duty(self, draw: Choice) -> None:
        self._duty(self._someone(draw), draw(["available", "paused", "paused", "off"]))

    def _duty(self, name: str, state: str) -> None:
        on = name in self.state.staff and self.state.staff[name]["state"] in ("available", "paused")
        self._do(self.bench.duty(name, state))
        if state != "off" and not on:
            self.clocked[name] = self.clock.now()

    def console_gone(self, draw: Choice) -> None:
        """The connection is lost, or one that was replaced long ago."""
        record, stale = self.state.staff[self._someone(draw)], draw((False, True))
        conn = "older" if stale else record.get("conn") or "none"
        self._do(self.bench.gone(record["id"], on=record.get("node") or self.nodes[0], conn=conn))

    def console_back(self, draw: Choice) -> None:
        self._attach(self._someone(draw), draw(self.nodes))

    def take(self, draw: Choice) -> None:
        """The next one, or one who was chosen."""
        name, chosen = self._someone(draw), draw((False, True))
        self._do(self.bench.take(name, self._one(draw) if chosen else None))

    def answer(self, draw: Choice) -> None:
        offers = sorted((name, s["offer"]) for name, s in self.state.staff.items() if s.get("offer"))
        self._do(self.bench.answer(*draw(offers), accept=draw([True, True, False])))

    def with_conversation(self, draw: Choice) -> None:
        """Its owner, a guest or a stranger ends it, ends the record, gives it back or says how heavy it is."""
        ident, name = self._seat(draw)
        act = draw(["close", "wrap_up", "wrap_up", "give_back", "heavy"])
        if act == "heavy":
            self._do(self.bench.heavy(name, ident, on=draw((False, True))))
        else:
            self._do(getattr(self.bench, act)(name, ident))

    def to_colleague(self, draw: Choice) -> None:
        ident, name = self._seat(draw)
        colleague = self._someone(draw)
        if draw((False, True)):
            self._do(self.bench.consult(name, ident, colleague))
        else:
            self._do(self.bench.transfer(name, ident, staff=colleague))

    def to_queue(self, draw: Choice) -> None:
        ident, name = self._seat(draw)
        self._do(self.bench.transfer(name, ident, queue=draw(sorted(MODES))))

    def _with_others(self) -> list[str]:
        """What goes on with a guest in it, or is being handed over."""
        going_on = (c for c in self.state.conv.values() if c["state"] == "active")
        return sorted(c["id"] for c in going_on if len(c["parts"]) > 1 or c.get("transfer"))

    def owner_is_lost(self, draw: Choice) -> None:
        """A conversation's owner does not come back; what others do in that time is left to chance elsewhere."""
        parts = self.state.conv[draw(self._with_others())]["parts"]
        owner = self.state.staff[next(part["s"] for part in parts if part["role"] == "owner")]
        self._lose(owner, draw)

    def _lose(self, owner: Record, draw: Choice) -> None:
        if not owner.get("away"):
            self._do(self.bench.gone(owner["id"], on=owner["node"], conn=owner["conn"]))
        self.clock.advance(owner["grace_ms"])
        self.worker_round(draw)

    def _pairs(self) -> list[Seat]:
        """Conversations with their owner only, and colleagues who are here: those with least room twice."""
        here = [s for s in self.state.staff.values() if s["state"] == "available" and not s.get("away")]
        full = [s for s in here if s.get("load", 0) >= s["capacity"]]
        alone = [c for c in self.state.conv.values() if c["state"] == "active" and len(c["parts"]) == 1]
        return sorted(
            (c["id"], s["id"]) for c in alone for s in [*here, *full] if s["id"] != c["parts"][0]["s"]
        )

    def guest_is_left(self, draw: Choice) -> None:
        """A colleague is asked to join; then the conversation's owner does not come back."""
        ident, guest = draw(self._pairs())
        owner = self.state.conv[ident]["parts"][0]["s"]
        if not isinstance(self._do(self.bench.consult(owner, ident, guest)), ChatError):
            self._lose(self.state.staff[owner], draw)

    def write(self, draw: Choice) -> None:
        self.clock.advance(1)
        self._try_to_write(self._one(draw), self._someone(draw))

    def _try_to_write(self, ident: str, name: str) -> None:
        """Whoever has a seat in an open conversation may write there; nobody else."""
        there = self.state.staff[name]
        seat = (ident, name) in self.ledger.seats
        body = EntryBody(secrets.token_hex(4), "text", "counsellor", 1, None, b"x")
        try:
            answer = self.loop.run_until_complete(self._append(ident, name, there.get("node") or "n1", body))
        except ChatError:
            assert not seat, f"{name} has a seat in {ident} and could not write"
        else:
            assert seat, f"{name} wrote to {ident} without a seat"
            assert answer.fresh

    async def _append(self, ident: str, name: str, node: str, body: EntryBody) -> Stored:
        return stored(await self.bench.node(node).append(ident, f"s:{name}", "talk", body.id, body))

    # Time and processes

    def time_passes(self, draw: Choice) -> None:
        self.clock.advance(draw(PAUSES))

    def time_comes(self, draw: Choice) -> None:
        """Just before, at, or just after something that is due, opens, closes, begins or ends."""
        now = self.clock.now()
        ahead = set(self.state.due.values())
        for queue in self.bench.queues.values():
            opening = self.openings.at(queue, now)
            ahead |= {at for at in (opening.opens_at, opening.closes_at) if at is not None}
        for name in PEOPLE:
            ahead |= {at for interval in planned(name, now) for at in interval}
        coming = sorted(at for at in ahead if now + 1 < at)[:8]
        self.clock.advance(draw(coming) + draw((0, -1, 1)) - now)

    def node_dies(self, draw: Choice) -> None:
        """Everybody who was connected there hears nothing any more; another node is started."""
        name = draw(self.nodes)
        self.nodes.remove(name)
        self.dead[name] = self.clock.now()
        self.nodes.append(f"n{len(self.dead) + 2}")
        self.loop.run_until_complete(self._beat())

    def worker_round(self, _: Choice) -> None:
        self.clock.advance(1)
        self.loop.run_until_complete(self._round())
        self.acted = self.worked = True

    async def _round(self) -> None:
        store = self.bench.node(WORKER)
        pool = Pool(self.bench.pool, store, NoKeys(), self.clock, self.openings, self.bench.queues.values)
        await self._beat()
        await reap_dead_nodes(store)
        await end_shifts(
            pool, self.of_all
        )  # what it takes back is offered anew, or told by those that follow
        for _ in range(ROUNDS):
            if not await store.due(1):
                break
            await meet_deadlines(pool, store)
        await tell_the_closed_out(pool, self.bench.queues.values())

    # What holds

    @invariant()
    def the_promises_hold(self) -> None:
        if not hasattr(self, "state"):
            return
        if not self.acted:  # nothing has touched the store since it was looked at
            return
        before, self.state = self.state, self._read()
        found = broken(self.state, self.ledger)
        if self.refused and replace(self.state, now=0) != replace(before, now=0):
            found.append("something was refused and half done")
        if self.worked:
            found += self._undone()
        assert not found, "\n".join([*self.story, *found])
        self.acted = self.refused = self.worked = False
        for ident, name in sorted(self.ledger.learn(self.state)):
            self._try_to_write(ident, name)

    def _undone(self) -> list[str]:
        """What a worker's round has left undone."""
        now, state = self.clock.now(), self.state
        found = overdue(state, now)
        for ident, record in state.conv.items():
            if record["state"] == "waiting" and not open_now(record["queue"].partition("/")[2], now):
                found.append(f"{ident} waits in a closed queue and has not been told")
        for name, record in state.staff.items():
            if record["state"] in ("available", "paused") and shift_over(name, self.clocked[name], now):
                found.append(f"{name} is {record['state']} after the end of the shift")
        silent = {name for name, died in self.dead.items() if now - died > SILENT_MS}
        found += [f"{name} is dead and holds {sorted(state.at[name])}" for name in silent & set(state.at)]
        return found
