"""The service statistics count each thing once: random lives of a pool, counted again from its records.

CHATSVC_COUNT_EXAMPLES sets how many lives are tried (25).
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from chatsvc.domain.statistics import Tally, local_hour
from tests.model.test_pairing import PoolLife, person, some
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]

EXAMPLES = int(os.environ.get("CHATSVC_COUNT_EXAMPLES", "25"))
STEPS = 40
OUTCOMES = {"visitor_timeout": "dropped", "queue_closed": "closed"}
COUNTED = ("admitted", "answered", "abandoned", "dropped", "closed")


class CountedLife(PoolLife):
    """The same lives, with the hour of joining; the counts are compared instead of the pairs."""

    said: Counter[str]

    @initialize(on_duty=st.sets(person))
    def begin(self, on_duty: set[str]) -> None:
        super().begin(on_duty)
        plain = self.bench.join

        async def join(ident: str, *args: Any, **more: Any) -> Any:
            return await plain(ident, *args, hour=local_hour(self.bench.clock.now()), **more)

        self.bench.join = join  # type: ignore[method-assign]

    @rule(number=some, reason=st.sampled_from(["queue_closed", "erased", "quick_exit"]))
    def end_wait(self, number: int, reason: str) -> None:
        """The queue closes, or the visitor goes in another way."""
        ident = self._one(number)
        if ident is not None and self.reference.visitors[ident].state == "waiting":
            ended = self.bench.run("finish", id=ident, reason=reason, forget=False, waiting=True)
            self._both(ended, lambda: self._ended(ident, reason))

    def _ended(self, ident: str, reason: str) -> None:
        v = self.reference.visitors[ident]
        if reason == "queue_closed" and v.from_queue:
            self.reference.fall_back(v)
        else:
            self.reference.finish(ident)

    @rule(name=person)
    def a_place_and_a_visitor(self, name: str) -> None:
        """Without this, few are ever answered in so short a life."""
        self.duty(name, "available")
        self.take(name, None)

    @invariant()
    def the_rules_hold(self) -> None:
        if not hasattr(self, "bench"):
            return
        state = self.bench.state()
        records = [*state.conv.values(), *state.past.values()]
        wanted: Counter[Tally] = Counter()
        for record in records:
            queue, language, hour = record["counted"].split("|")
            for what in ways(record):
                wanted[Tally(queue, language, hour, what)] += 1
        counts = self.runner.run(self.bench.node().tallies.present())
        found = Counter({tally: number for tally, number in counts.items() if tally.what in COUNTED})
        assert found == wanted
        histogram = sum(
            n for tally, n in counts.items() if tally.what[-1].isdigit() and tally.what[:8] == "answered"
        )
        assert histogram == sum(n for tally, n in wanted.items() if tally.what == "answered")
        over = [one for one in records if one["state"] == "closed" and one.get("first_assigned")]
        assert sum(n for tally, n in counts.items() if tally.what == "handled") == len(over)


def ways(record: dict[str, Any]) -> list[str]:
    """What one conversation counts as, by its record."""
    if record.get("first_assigned"):
        return ["admitted", "answered"]
    if record["state"] != "closed":
        return ["admitted"]
    return ["admitted", OUTCOMES.get(record["reason"], "abandoned")]


@pytest.fixture
def machine(valkey_server: AnyStore) -> Iterator[type[CountedLife]]:
    """The machine on a real Valkey."""
    valkey_server.start()
    CountedLife.store = valkey_server
    with asyncio.Runner() as runner:
        CountedLife.runner = runner
        yield CountedLife


def _live(machine: type[CountedLife], examples: int) -> None:
    chosen = settings(
        max_examples=examples, stateful_step_count=STEPS, deadline=None, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck), print_blob=False,
        report_multiple_bugs=False,
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=chosen)


def test_every_attempt_ends_in_exactly_one_way(machine: type[CountedLife]) -> None:
    """Answered, abandoned, dropped or told closed, each once, by queue, language and hour; or it still waits."""
    _live(machine, EXAMPLES)


def test_what_is_counted_twice_is_seen(machine: type[CountedLife]) -> None:
    """The comparison is no decoration: a node that counts an end again, as after a lost answer, is found out."""

    class Wrong(machine):  # type: ignore[misc, valid-type]  # the fixture gives a class
        @rule(number=some)
        def leave(self, number: int) -> None:
            super().leave(number)
            again = self.bench.node().tallies.turned_away("s/q", "fi", "2026-11-22T14", "abandoned")
            self.runner.run(again)

    with pytest.raises(AssertionError):
        _live(Wrong, EXAMPLES)
