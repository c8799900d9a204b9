"""On a shift one serves the queues that it names; before, after and without one, all of the account's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still, until
from tests.web.test_shift_end import PATIENT, at, plan

SITE = make_site(paihde=PATIENT, perhe={"mode": "auto", **PATIENT})
PEOPLE = (make_staff("aino"), make_staff("eino"), make_staff("saana", role="supervisor"))
PAIHDE = [{"site": "kunta", "queue": "paihde"}]


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """It is eight; Aino is planned for substance use from nine to twelve, and for families from twelve to two."""
    async with still(valkey.url, tmp_path, SITE, PEOPLE) as made:
        await until(made, at(made, 24 + 8))
        await plan(made, "shifts", staff="aino", queues=["paihde"], start=9, end=12)
        await plan(made, "shifts", staff="aino", queues=["perhe"], start=12, end=14)
        yield made


async def test_a_shift_begins_for_its_queues_only(service: Service) -> None:
    """Told at the minute; the other queue has nobody any more: it takes in nobody and can't be taken from."""
    aino = await service.on_duty("aino")
    assert aino.of("duty")[-1]["queues"] is None
    _, before = await service.joined("perhe")
    await aino.expect("assigned")
    await until(service, at(service, 9))
    told = await aino.expect("duty", queues=PAIHDE)
    assert told["until"] == at(service, 14)
    await aino.ask("say", "ack", conversation=before["conversation"], id="1", text="we go on")
    visitor = await service.visitor()
    await visitor.send("hello", site="kunta", queue="perhe", lang="fi")
    assert (await visitor.expect("unavailable"))["reason"] == "no_staff"
    assert (await aino.ask("take", "error", queue="perhe"))["code"] == "not_found"


async def test_the_next_shift_serves_who_waits_there(service: Service) -> None:
    """At noon who waits for the second shift's queue is given to her at once; the first queue has nobody."""
    eino = await service.on_duty("eino")
    aino = await service.on_duty("aino")
    await until(service, at(service, 9))
    await aino.expect("duty", queues=PAIHDE)
    visitors = [await service.joined("perhe") for _ in range(4)]  # three are Eino's, who is full with them
    for _ in range(3):
        await eino.expect("assigned")
    await until(service, at(service, 12))
    await aino.expect("duty", queues=[{"site": "kunta", "queue": "perhe"}])
    assert (await aino.expect("assigned"))["conversation"]["id"] == visitors[3][1]["conversation"]


async def test_a_console_that_comes_during_a_shift_serves_its_queues(service: Service) -> None:
    """`welcome` says so; after the last shift all queues are served again by whoever comes on duty."""
    await until(service, at(service, 10))
    aino = await service.on_duty("aino")
    assert aino.of("duty")[-1]["queues"] == PAIHDE
    await aino.close()
    back = await service.console("aino")
    welcome = await back.ask("hello", "welcome")
    assert welcome["duty"]["queues"] == PAIHDE
    assert len(welcome["queues"]) == 2
    await until(service, at(service, 14))
    await back.ask("duty", "duty", state="available")
    await back.expect("duty", state="available", queues=None)


async def test_a_changed_plan_changes_the_queues_of_a_shift(service: Service) -> None:
    """An absence that begins now ends the shift's choice."""
    await until(service, at(service, 10))
    aino = await service.on_duty("aino")
    assert aino.of("duty")[-1]["queues"] == PAIHDE
    await plan(service, "absences", staff="aino", start=9, end=12)
    assert (await aino.expect("duty", queues=None))["state"] == "available"
