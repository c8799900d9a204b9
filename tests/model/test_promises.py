"""Promises 2 and 3 of the design after every step of random lives over the real store.

CHATSVC_MODEL_LIVES sets how many lives are tried (500), CHATSVC_MODEL_STEPS how long each is (50): `make model`.
"""

import asyncio
import os
from collections.abc import Iterator

import pytest
import uvloop
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from chatsvc.store import scripts
from chatsvc.store.link import Link
from tests.model.service_life import ServiceLife
from tests.model.week import planning
from tests.support.stores import SingleStore

NORMAL = 500, 50
LIVES = int(os.environ.get("CHATSVC_MODEL_LIVES", NORMAL[0]))
STEPS = int(os.environ.get("CHATSVC_MODEL_STEPS", NORMAL[1]))


@pytest.fixture
def machine(valkey_server: SingleStore) -> Iterator[type[ServiceLife]]:
    """The machine on a real Valkey; each life has a pool of its own there."""
    valkey_server.start()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ServiceLife.loop = runner.get_loop()
        ServiceLife.link = runner.run(Link.open(valkey_server.url, client_name="test"))
        ServiceLife.client = valkey_server.client()
        ServiceLife.of_all = planning(lambda: ServiceLife.clock)
        try:
            yield ServiceLife
        finally:
            ServiceLife.client.close()
            runner.run(ServiceLife.link.close())


def live(machine: type[ServiceLife], lives: int, steps: int, *phases: Phase) -> None:
    """Raises AssertionError when a promise is broken in some life; the shortest such life is told."""
    chosen = settings(
        max_examples=lives, stateful_step_count=steps, deadline=None, database=None, phases=phases,
        suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False,
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.timeout(0)
def test_the_promises_hold_whatever_happens(machine: type[ServiceLife]) -> None:
    """Whatever people, shifts, clocks and processes do: each visitor in one place, each counsellor within capacity."""
    live(machine, LIVES, STEPS, Phase.generate, Phase.shrink)


PLANTED = {
    "capacity is not looked at": (
        "local function fits(s, c)",
        "local function fits(s, c)\n  if true then return true end",
    ),
    "whoever returns goes to the end": (
        "c.score = math.min(c.score, c.joined - FRONT)\n  c.warned",
        "c.score = now\n  c.warned",
    ),
    "whoever was offered is forgotten": (
        "NEXT[c.state].offer_dropped\n    stand_in_line(c)",
        "NEXT[c.state].offer_dropped",
    ),
    "whoever left may still write": (
        'redis.call("HSET", GATE, id, gate_of(c))',
        'redis.call("HSET", GATE, id, gate_of(c) .. (redis.call("HGET", GATE, id) or ""))',
    ),
    "whoever has lost their owner is forgotten": ("  c.adrift = true\n", ""),
    "nobody is looked for while a guest is there": (
        "c.score = math.min(c.score, c.joined - FRONT)\n    stand_for_transfer(c)",
        "",
    ),
    "a guest gets more than they can carry": (
        "local room = load == 0 or load + units(c) <= s.capacity",
        "local room = true",
    ),
    "nobody is told of the end": ('pend(c, "closed", { reason = reason }, 0)', ""),
}
SCRIPTS = scripts.script


@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_in_the_scripts_is_found(
    machine: type[ServiceLife], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Scripts that break a promise are found in the lives of the normal run."""
    right, wrong = PLANTED[fault]
    common = SCRIPTS("pair").source
    assert common.count(right) == 1, "the scripts have changed: plant the fault anew"

    def faulty(name: str) -> scripts.Script:
        return scripts.Script(name, SCRIPTS(name).source.replace(right, wrong))

    monkeypatch.setattr("chatsvc.store.chats.script", faulty)
    with pytest.raises(AssertionError):
        live(machine, *NORMAL, Phase.generate)


async def _nothing(*_: object) -> None:
    """A loop that does nothing."""


@pytest.mark.parametrize("loop", ["end_shifts", "tell_the_closed_out", "meet_deadlines", "reap_dead_nodes"])
def test_a_worker_that_leaves_something_out_is_found(
    machine: type[ServiceLife], monkeypatch: pytest.MonkeyPatch, loop: str
) -> None:
    """A worker without one of its loops is found in the lives of the normal run."""
    monkeypatch.setattr(f"tests.model.service_life.{loop}", _nothing)
    with pytest.raises(AssertionError):
        live(machine, *NORMAL, Phase.generate)
