"""Random lives of a pool on the real store, beside a slow reference in plain Python.

CHATSVC_MODEL_LIVES sets how many lives are tried (80), CHATSVC_MODEL_STEPS how long each is (50): `make model`.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chatsvc.domain.errors import ChatError, NoEntry
from tests.model.people import ALSO, GRACE_STAFF, MINUTE, Refused, Visitor
from tests.model.reference import Reference
from tests.support.pool_bench import Bench, bench_on, queue
from tests.support.pool_state import faults
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]

EXAMPLES = int(os.environ.get("CHATSVC_MODEL_LIVES", "80"))
STEPS = int(os.environ.get("CHATSVC_MODEL_STEPS", "50"))
LIMIT = 6
PEOPLE = {
    "aino": (1, ("q", "o"), ("fi",)),
    "eino": (2, ("o", "a", "l"), ("fi", "sv")),
    "irja": (3, ("q", "o", "a", "l"), ("sv", "en", "fi")),
    "olli": (1, ("a",), ("en", "fi")),
}
QUEUES = {"q": "take", "o": "offer", "a": "auto", "l": "auto"}
WEIGHTS = {"q": 1, "o": 1, "a": 2, "l": 1}

some = st.integers(0, 11)  # one of those there are, counted from the first
person = st.sampled_from(sorted(PEOPLE))
a_queue = st.sampled_from(sorted(QUEUES))
a_language = st.sampled_from(["fi", "fi", "sv", "en"])
others = st.sets(st.sampled_from(["fi", "sv", "en"]), max_size=2)


class PoolLife(RuleBasedStateMachine):
    """Every command of visitors and counsellors, absences, and time."""

    runner: ClassVar[asyncio.Runner]
    store: ClassVar[AnyStore]
    make: ClassVar[type[Reference]] = Reference

    @initialize(on_duty=st.sets(person))
    def begin(self, on_duty: set[str]) -> None:
        self.stack = AsyncExitStack()
        made = [
            queue(name, mode=mode, waiting_limit=LIMIT, weight=WEIGHTS[name]) for name, mode in QUEUES.items()
        ]
        self.bench: Bench = self.runner.run(self.stack.enter_async_context(bench_on(self.store, *made)))
        self.bench.checking = False
        self.reference = self.make(
            {f"s/{name}": mode for name, mode in QUEUES.items()},
            {f"s/{name}": weight for name, weight in WEIGHTS.items()},
            LIMIT,
            self.bench.clock.now(),
        )
        self.born = 0
        for name in sorted(on_duty):
            self.duty(name, "available")

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.runner.run(self.stack.aclose())

    def _both(self, act: Any, expect: Callable[[], object]) -> None:
        """Do it in the store and in the reference; both must refuse for the same reason, or neither."""
        self._tick()
        refused = wanted = None
        try:
            expect()
            self.reference.pair()
        except Refused as refusal:
            wanted = str(refusal)
        try:
            self.runner.run(act)
        except NoEntry as error:
            refused = error.reason
        except ChatError as error:
            refused = error.code
        assert refused == wanted

    def _tick(self) -> None:
        """A millisecond, so that no two things happen at once and ties have no say."""
        self.bench.clock.advance(1)
        self.reference.now = self.bench.clock.now()

    def _one(self, number: int) -> str | None:
        ids = sorted(self.reference.visitors)
        return ids[number % len(ids)] if ids else None

    @rule(where=a_queue, lang=a_language, agreed=others)
    def join(self, where: str, lang: str, agreed: set[str]) -> None:
        self.born += 1
        ident, also = f"c{self.born:03}", tuple(sorted(agreed - {lang}))
        self._both(
            self.bench.join(ident, where, lang=lang, also=list(also), also_ms=ALSO),
            lambda: self.reference.join(ident, f"s/{where}", lang, also),
        )

    @rule(lighter=st.integers(1, 3))
    def crowd(self, lighter: int) -> None:
        """Somebody who needs two places comes behind lighter ones; then nobody may overtake them any more."""
        for where in [*"l" * lighter, "a", "l"]:
            self.join(where, "fi", set())
        self.time_passes(5 * MINUTE)

    @rule(number=some)
    def visitor_gone(self, number: int) -> None:
        if (ident := self._one(number)) is not None:
            self._both(self._lose(ident), lambda: self.reference.visitor_gone(ident))

    async def _lose(self, ident: str) -> None:
        await self.bench.away(ident, conn=self.bench.conv(ident).get("vconn") or "none")

    @rule(number=some)
    def visitor_back(self, number: int) -> None:
        ident = self._one(number)
        if ident is not None and self.reference.visitors[ident].state not in ("closed", "wrap_up"):
            self._both(self.bench.join(ident, conn="back"), lambda: self.reference.back(ident))

    @rule(number=some)
    def leave(self, number: int) -> None:
        if (ident := self._one(number)) is not None:
            self._both(self.bench.leave(ident), lambda: self.reference.finish(ident))

    @rule(name=person)
    def attach(self, name: str) -> None:
        capacity, queues, languages = PEOPLE[name]
        keys = tuple(f"s/{found}" for found in queues)
        self._both(
            self.bench.attach(name, capacity, queues, languages=languages),
            lambda: self.reference.attach(name, capacity, keys, languages),
        )

    @rule(name=person, state=st.sampled_from(["available", "available", "paused", "off"]))
    def duty(self, name: str, state: str) -> None:
        if name not in self.reference.people:
            self.attach(name)
        self._both(self.bench.duty(name, state), lambda: self.reference.duty(name, state))

    @rule(name=person)
    def staff_gone(self, name: str) -> None:
        if name in self.reference.people and not self.reference.people[name].away:
            self._both(self.bench.gone(name), lambda: self.reference.staff_gone(name))

    @rule(name=person, number=st.none() | some)
    def take(self, name: str, number: int | None) -> None:
        if name in self.reference.people:
            ident = None if number is None else self._one(number)
            self._both(self.bench.take(name, ident), lambda: self.reference.take(name, ident))

    @rule(name=person, accept=st.booleans(), late=st.sampled_from([False, False, False, True]))
    def answer(self, name: str, accept: bool, late: bool) -> None:
        if name in self.reference.people and (ident := self.reference.offer(name)) is not None:
            if late:
                self.bench.clock.advance(31_000)
            self._both(
                self.bench.answer(name, ident, accept), lambda: self.reference.answer(name, ident, accept)
            )

    @rule(number=some, wrong=st.none() | person)
    def close(self, number: int, wrong: str | None) -> None:
        self._as_owner(number, wrong, self.bench.close, self.reference.close)

    @rule(number=some, wrong=st.none() | person)
    def wrap_up(self, number: int, wrong: str | None) -> None:
        self._as_owner(number, wrong, self.bench.wrap_up, self.reference.wrap_up)

    @rule(number=some, wrong=st.none() | person)
    def give_back(self, number: int, wrong: str | None) -> None:
        self._as_owner(number, wrong, self.bench.give_back, self.reference.give_back)

    def _as_owner(self, number: int, wrong: str | None, act: Any, expect: Any) -> None:
        ident = self._one(number)
        name = wrong or (self.reference.visitors[ident].owner if ident else None)
        if ident is not None and name in self.reference.people:
            self._both(act(name, ident), lambda: expect(name, ident))

    @rule(number=some, wrong=st.none() | person, on=st.booleans())
    def heavy(self, number: int, wrong: str | None, on: bool) -> None:
        self._as_owner(
            number,
            wrong,
            lambda name, ident: self.bench.heavy(name, ident, on),
            lambda name, ident: self.reference.mark_heavy(name, ident, on),
        )

    @rule(number=some, to=person)
    def transfer_to_person(self, number: int, to: str) -> None:
        ident = self._one(number)
        if ident is not None and (owner := self.reference.visitors[ident].owner) is not None:
            self._both(
                self.bench.transfer(owner, ident, staff=to),
                lambda: self.reference.transfer(owner, ident, to, None),
            )

    @rule(number=some, to=a_queue)
    def transfer_to_queue(self, number: int, to: str) -> None:
        ident = self._one(number)
        if ident is not None and (owner := self.reference.visitors[ident].owner) is not None:
            self._both(
                self.bench.transfer(owner, ident, queue=to),
                lambda: self.reference.transfer(owner, ident, None, f"s/{to}"),
            )

    @rule(number=some, colleague=person)
    def consult(self, number: int, colleague: str) -> None:
        ident = self._one(number)
        if ident is not None and (owner := self.reference.visitors[ident].owner) is not None:
            self._both(
                self.bench.consult(owner, ident, colleague),
                lambda: self.reference.consult(owner, ident, colleague),
            )

    @rule(
        owner=person,
        begun=st.sampled_from(["consult", "consult", "person", "queue"]),
        to=person,
        where=a_queue,
    )
    def owner_is_lost(self, owner: str, begun: str, to: str, where: str) -> None:
        """Whoever has a visitor brings in a colleague or begins to hand on, and does not come back."""
        for name in (owner, to):
            if name not in self.reference.people or self.reference.people[name].state == "off":
                self.duty(name, "available")
        if not self.reference.convs(owner):
            self.join(PEOPLE[owner][1][0], "fi", set())
            self.take(owner, None)
        ids = sorted(self.reference.visitors)
        chosen = next(
            (index for index, ident in enumerate(ids) if ident in self.reference.convs(owner)), None
        )
        if chosen is None:
            return
        self.staff_gone(owner)
        self.time_passes(GRACE_STAFF - 10_000)
        if begun == "consult":
            self.consult(chosen, to)
        elif begun == "person":
            self.transfer_to_person(chosen, to)
        else:
            self.transfer_to_queue(chosen, where)
        self.time_passes(10_000)

    @rule(
        ms=st.sampled_from([1_000, 29_999, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 21 * MINUTE])
    )
    def time_passes(self, ms: int) -> None:
        self.bench.clock.advance(ms)
        self._both(self.bench.meet(), self.reference.meet)

    @invariant()
    def the_rules_hold(self) -> None:
        if not hasattr(self, "bench"):
            return
        self.state = self.bench.state()
        found = faults(self.state)
        assert not found, "\n".join(found)
        assert self._seen() == self._wanted()

    def _seen(self) -> dict[str, Any]:
        state = self.state
        people = {
            name: (
                s["state"],
                set(s["convs"]),
                set(s["wraps"]),
                set(s["consults"]),
                s.get("offer"),
                s["missed"],
            )
            for name, s in state.staff.items()
        }
        conversations = {
            ident: (c["state"], c["queue"], bool(c.get("vaway"))) for ident, c in state.conv.items()
        }
        return {
            "people": people,
            "conversations": conversations,
            "wait": {q: list(w) for q, w in state.wait.items()},
        }

    def _wanted(self) -> dict[str, Any]:
        model = self.reference
        people = {
            name: (
                s.state,
                model.convs(name),
                model.wraps(name),
                model.consults(name),
                model.offer(name),
                s.missed,
            )
            for name, s in model.people.items()
        }
        conversations = {v.id: (v.state, v.queue, v.away) for v in model.visitors.values()}
        wait = {found: [v.id for v in model.standing(found)] for found in model.modes}
        return {"people": people, "conversations": conversations, "wait": wait}


@pytest.fixture
def machine(valkey_server: AnyStore) -> Iterator[type[PoolLife]]:
    """The machine on a real Valkey."""
    valkey_server.start()
    PoolLife.store = valkey_server
    with asyncio.Runner() as runner:
        PoolLife.runner = runner
        yield PoolLife


def _live(machine: type[PoolLife], examples: int, *phases: Phase) -> None:
    chosen = settings(
        max_examples=examples, stateful_step_count=STEPS, deadline=None, database=None, phases=phases,
        suppress_health_check=list(HealthCheck), print_blob=False,
        report_multiple_bugs=False,
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=chosen)


def test_the_store_does_what_the_reference_says(machine: type[PoolLife]) -> None:
    """Whatever people do in whatever order: the same pairs, the same refusals, and all rules kept after each step."""
    _live(machine, EXAMPLES, Phase.generate, Phase.shrink)


class _Forgetful(Reference):
    """A planted fault: the newest waits first."""

    def standing(self, queue: str) -> list[Visitor]:
        return super().standing(queue)[::-1]


def test_a_wrong_order_is_seen(machine: type[PoolLife]) -> None:
    """The comparison is no decoration: a reference that turns the line around disagrees with the store."""

    class Wrong(machine):  # type: ignore[misc, valid-type]  # the fixture gives a class
        make = _Forgetful

    with pytest.raises(AssertionError):
        _live(Wrong, 200, Phase.generate)  # it ends with the first that differs
