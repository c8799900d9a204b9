"""The end of a shift: nobody new, those present go on; a function of plan, duty and now, whenever one looks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.hours import instant, local_day
from chatsvc.store.clock import ManualClock
from chatsvc.worker.shift_ends import meet_shift_ends
from tests.support.api import Person, person
from tests.support.client import Client
from tests.support.service import Service, make_site, make_staff, running
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still, until

PATIENT = {"idle_warning_ms": 20 * 60 * MINUTE, "idle_end_ms": 24 * 60 * MINUTE}
SITE = make_site(paihde=PATIENT, perhe={"mode": "offer", **PATIENT})
PEOPLE = (make_staff("aino"), make_staff("eino"), make_staff("saana", role="supervisor"))


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """It is eight in the morning; Aino is planned from nine to twelve, Eino never."""
    async with still(valkey.url, tmp_path, SITE, PEOPLE) as made:
        await until(made, at(made, 24 + 8))
        await plan(made, "shifts", staff="aino", queues=["paihde", "perhe"], start=9, end=12)
        yield made


def at(service: Service, hour: float) -> int:
    """An instant of the clock's day."""
    return instant(local_day(service.backend.clock.now()), int(hour * 60))


async def plan(service: Service, kind: str, *, start: float, end: float, **fields: Any) -> None:
    """As `save`, and known to everybody."""
    await save(service, kind, start=start, end=end, **fields)
    await service.backend.planned.look()


async def save(service: Service, kind: str, *, start: float, end: float, **fields: Any) -> None:
    """A shift or an absence today, by the hours of the day."""
    saana: Person = await person(service, "saana")
    midnight = datetime.combine(local_day(service.backend.clock.now()), datetime.min.time())
    times = {
        name: f"{midnight + timedelta(hours=hour):%Y-%m-%dT%H:%M}"
        for name, hour in (("start", start), ("end", end))
    }
    said = await saana.ask("POST", f"/sites/kunta/{kind}", {**fields, **times})
    assert said.status == 201, said.body


async def duty_of(service: Service, name: str) -> tuple[str, str | None]:
    """State and reason as the store has them."""
    (pool,) = service.backend.pools.values()
    found = await pool.store.person(name)
    assert found is not None
    return found.state, found.reason


async def talk_until_noon(service: Service) -> tuple[Client, Client, str]:
    """Aino comes early and is talking when her shift ends: visitor, console, conversation."""
    visitor, aino, conversation = await service.talking("aino", "paihde")
    await until(service, at(service, 12) - 1)
    assert await duty_of(service, "aino") == ("available", None)
    await pass_time(service, 1)
    return visitor, aino, conversation


async def test_the_end_of_a_shift_drains(service: Service) -> None:
    """At the minute: `draining`, told with its reason; the talk goes on, and its record is the last thing to do."""
    visitor, aino, conversation = await talk_until_noon(service)
    told = await aino.expect("duty", state="draining")
    assert (told["reason"], told["until"]) == ("shift_ended", None)
    await visitor.ask("say", "ack", id="3", text="is somebody there?")
    await aino.ask("say", "ack", conversation=conversation, id="4", text="yes")
    await aino.ask("note", "ack", conversation=conversation, id="5", text="goes on tomorrow")
    await aino.ask("close", conversation=conversation)
    await aino.ask("wrap_up", conversation=conversation, outcome="talked")
    assert (await aino.expect("duty", state="off"))["reason"] == "shift_ended"


async def test_nobody_new_comes_after_the_end(service: Service) -> None:
    """Not taken, not offered, not handed over and not asked to join; an offer that was out goes to somebody else."""
    _, aino, conversation = await service.talking("aino", "paihde")
    eino = await service.on_duty("eino")
    await eino.ask("duty", "duty", state="paused", reason="break")
    await until(service, at(service, 12) - 10_000)
    _, offered = await service.joined("perhe")
    await aino.expect("offer", conversation=offered["conversation"])
    await pass_time(service, 10_000)
    assert (await aino.expect("offer_ended"))["reason"] == "withdrawn"
    assert (await aino.ask("take", "error"))["code"] == "off_duty"
    assert (await aino.ask("accept", "error", conversation=offered["conversation"]))["code"] == "not_found"
    await eino.ask("duty", "duty", state="available")
    assert (await eino.expect("offer"))["conversation"] == offered["conversation"]
    await eino.ask("accept", "assigned", conversation=offered["conversation"])
    for order in (
        {"type": "transfer", "to": {"counsellor": "aino"}},
        {"type": "consult", "counsellor": "aino"},
    ):
        kind = order.pop("type")
        refused = await eino.ask(str(kind), "error", conversation=offered["conversation"], **order)
        assert refused["code"] == "off_duty"
    await aino.ask("transfer", conversation=conversation, to={"counsellor": "eino"})  # at hand for her own
    await eino.expect("offer", conversation=conversation)


@pytest.mark.parametrize(
    ("state", "reason", "queue"), [("available", None, "open"), ("paused", "meeting", "no_staff")]
)
async def test_without_anything_open_one_is_off_at_once(
    service: Service, state: str, reason: str | None, queue: str
) -> None:
    """Also when paused; visitors are told that nobody is there."""
    aino = await service.on_duty("aino")
    await aino.ask("duty", "duty", state=state, reason=reason)
    watcher = await service.visitor()
    assert (await watcher.ask("watch", "status", site="kunta", queue="paihde"))["state"] == queue
    await until(service, at(service, 12))
    assert (await aino.expect("duty", state="off"))["reason"] == "shift_ended"
    assert (await watcher.expect("status", queue="paihde", state="no_staff"))["waiting"] == 0


async def test_who_clocks_in_after_the_end_stays(service: Service) -> None:
    """Again at noon, later, and from draining: what has ended ends nothing twice; the next planned end does."""
    _, aino, _ = await talk_until_noon(service)
    await aino.ask("duty", "duty", state="available")
    for minutes in (1, 60):
        await pass_time(service, minutes * MINUTE)
        assert (await duty_of(service, "aino"))[0] == "available"
    await aino.ask("duty", "duty", state="paused", reason="documentation")  # a pause is no end of duty
    await aino.ask("duty", "duty", state="available")
    await plan(service, "shifts", staff="aino", queues=["paihde"], start=14, end=15)
    await until(service, at(service, 15))
    assert (await duty_of(service, "aino"))[1] == "shift_ended"


async def test_the_plan_decides(service: Service) -> None:
    """A shift that follows without a break, of another queue too, goes on; an absence ends it; no plan: no end."""
    await service.on_duty("aino")
    await service.on_duty("eino")
    await plan(service, "shifts", staff="aino", queues=["perhe"], start=12, end=16)
    await until(service, at(service, 12) + MINUTE)
    assert await duty_of(service, "aino") == ("available", None)
    await plan(service, "absences", staff="aino", start=13, end=16)
    await until(service, at(service, 13))
    assert await duty_of(service, "aino") == ("off", "shift_ended")
    await until(service, at(service, 24 + 12))
    assert await duty_of(service, "eino") == ("available", None)


async def test_a_jump_of_the_clock_and_many_workers(service: Service) -> None:
    """Found a day late and by two at once: done once; who has clocked in between the look and the step stays."""
    aino = await service.on_duty("aino")
    clock, backend = service.backend.clock, service.backend
    assert isinstance(clock, ManualClock)
    clock.advance(30 * 60 * MINUTE)
    pools = tuple(backend.pools.values())
    await meet_shift_ends(pools, backend.planning)
    await meet_shift_ends(pools, backend.planning)
    assert (await aino.expect("duty", state="off"))["reason"] == "shift_ended"
    await aino.ask("duty", "duty", state="available")
    late = await pools[0].store.run(
        "duty", id="aino", state="off", reason="shift_ended", ended=at(service, 12 - 24)
    )
    assert not late.done
    assert (await duty_of(service, "aino"))[0] == "available"


async def test_an_end_that_passed_while_all_was_down(valkey: SingleStore, tmp_path: Path) -> None:
    """Three days later other processes come up on the same store: their worker finds it by itself."""
    async with still(valkey.url, tmp_path, SITE, PEOPLE) as before:
        await until(before, at(before, 24 + 8))
        await plan(before, "shifts", staff="aino", queues=["paihde"], start=9, end=12)
        await service_left_on_duty(before)
        later = ManualClock(before.backend.clock.now() + 3 * 24 * 60 * MINUTE)
    async with running(valkey.url, tmp_path, SITE, PEOPLE, clock=later) as after:
        aino = await after.console("aino")
        await aino.send("hello")
        told = (await aino.expect("welcome"))["duty"]
        if told["state"] != "off":  # the console was faster than the worker
            told = await aino.expect("duty", state="off")
        assert told["reason"] == "shift_ended"


async def service_left_on_duty(service: Service) -> None:
    """Aino is on duty and her grace time longer than the fault."""
    patient = replace(service.site, grace_staff_ms=4 * 24 * 60 * MINUTE)
    await service.backend.directory.put_site(patient)
    await service.backend._refresh()
    await service.on_duty("aino")


async def test_a_changed_plan_is_told_at_once(service: Service) -> None:
    """`until` follows a change of the plan within the moment that a hint takes, not with the next look."""
    await until(service, at(service, 10))
    aino = await service.on_duty("aino")
    async with asyncio.timeout(4):
        for end in (13, 14):
            await save(service, "shifts", staff="aino", queues=["perhe"], start=end - 1, end=end)
            assert (await aino.expect("duty", until=at(service, end)))["state"] == "available"
        await save(service, "absences", staff="aino", start=11, end=14)
        await aino.expect("duty", until=at(service, 11))


async def test_one_is_told_until_when(service: Service) -> None:
    """`until` is the end of what is planned without a break, in `welcome` and `duty`; it follows the plan."""
    aino = await service.console("aino")
    await aino.send("hello")
    assert (await aino.expect("welcome"))["duty"]["until"] is None
    assert (await aino.ask("duty", "duty", state="available"))["until"] is None  # it has not begun
    await until(service, at(service, 10))
    await service.backend.planned.look()
    assert (await aino.ask("duty", "duty", state="paused"))["until"] == at(service, 12)
    await plan(service, "shifts", staff="aino", queues=["perhe"], start=12, end=13)
    assert (await aino.expect("duty", until=at(service, 13)))["state"] == "paused"
    again = await service.console("aino")
    await again.send("hello")
    assert (await again.expect("welcome"))["duty"]["until"] == at(service, 13)
