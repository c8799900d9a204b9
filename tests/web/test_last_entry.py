"""The door for newcomers: shut while those who are there leave before they could take them, and said beforehand."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.hours import OpeningHours, Period, instant, local_day
from tests.support.api import Person, person
from tests.support.client import Client
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still, until

OFFICE = OpeningHours(weekly=((Period(9 * 60, 15 * 60),),) * 7, on_holidays="as usual")
PATIENT = {"idle_warning_ms": 20 * 60 * MINUTE, "idle_end_ms": 24 * 60 * MINUTE}
SITE = make_site(paihde=PATIENT, perhe={"hours": OFFICE, "last_entry_ms": 15 * MINUTE, **PATIENT})
PEOPLE = (make_staff("aino", 2), make_staff("eino", 2), make_staff("saana", role="supervisor"))


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """It is nine in the morning; Aino is planned until twelve, Eino never; one queue has no hours."""
    async with still(valkey.url, tmp_path, SITE, PEOPLE) as made:
        await until(made, at(made, 24 + 9))
        await plan(made, "aino", 9, 12)
        yield made


def at(service: Service, hour: float) -> int:
    """An instant of the clock's day."""
    return instant(local_day(service.backend.clock.now()), int(hour * 60))


async def plan(service: Service, staff: str, start: float, end: float) -> None:
    """A shift today, by the hours of the day; known to everybody."""
    saana: Person = await person(service, "saana")
    midnight = datetime.combine(local_day(service.backend.clock.now()), datetime.min.time())
    begin, over = (f"{midnight + timedelta(hours=hour):%Y-%m-%dT%H:%M}" for hour in (start, end))
    shift = {"staff": staff, "queues": ["paihde", "perhe"], "start": begin, "end": over}
    said = await saana.ask("POST", "/sites/kunta/shifts", shift)
    assert said.status == 201, said.body
    await service.backend.planned.look()


async def full(service: Service, counsellor: Client, places: int = 2) -> list[str]:
    """Somebody's places are all taken: the conversations."""
    taken = []
    for _ in range(places):
        _, welcome = await service.joined()
        await counsellor.ask("take", "assigned")
        taken.append(welcome["conversation"])
    return taken


async def refused(service: Service, queue: str = "paihde") -> dict[str, Any]:
    """What somebody hears who says hello now and is not let in."""
    visitor = await service.visitor()
    return await visitor.ask("hello", "unavailable", site="kunta", queue=queue, lang="fi")


async def looks(service: Service, queue: str = "paihde") -> dict[str, Any]:
    """How a queue stands before joining."""
    return await (await service.visitor()).ask("watch", "status", site="kunta", queue=queue)


async def test_nobody_is_let_in_whom_nobody_will_take(service: Service) -> None:
    """The only counsellor leaves in three minutes with all places taken: nobody joins, and it is said before."""
    aino = await service.on_duty("aino")
    taken = await full(service, aino)
    assert not (await looks(service))["closing"]
    await until(service, at(service, 12) - 3 * MINUTE)
    status = await looks(service)
    assert (status["state"], status["closing"], status["opens_at"]) == ("open", True, None)
    told = await refused(service)
    assert told["reason"] == "closing"
    assert "conversation" not in told
    await aino.ask("close", conversation=taken[0])
    await aino.ask("wrap_up", conversation=taken[0], outcome="helped")
    await service.joined()  # a place is free


async def test_whoever_has_no_shift_has_no_end(service: Service) -> None:
    """With a colleague who is in no plan only closing counts; so with one whose shift follows, until that ends."""
    aino = await service.on_duty("aino")
    eino = await service.on_duty("eino")
    await full(service, aino)
    await full(service, eino)
    await until(service, at(service, 12) - 3 * MINUTE)
    await service.joined()
    await eino.ask("duty", "duty", state="paused")
    await service.joined()
    await plan(service, "eino", 12, 20)  # he came early, and leaves with that shift
    await eino.ask("duty", "duty", state="available")
    await service.joined()
    await until(service, at(service, 20) - 3 * MINUTE)
    assert (await refused(service))["reason"] == "closing"


async def test_last_entry_is_told_before_joining(service: Service) -> None:
    """With places free a queue that closes in ten minutes says that its door is shut, and when it opens again."""
    await service.on_duty("eino")
    await until(service, at(service, 15) - 20 * MINUTE)
    watcher = await service.visitor()
    status = await watcher.ask("watch", "status", site="kunta", queue="perhe")
    assert (status["closing"], status["opens_at"]) == (False, None)
    await until(service, at(service, 15) - 10 * MINUTE)
    tomorrow = at(service, 24 + 9)
    status = await watcher.expect("status", closing=True)
    assert (status["state"], status["opens_at"]) == ("open", tomorrow)
    told = await refused(service, "perhe")
    assert (told["reason"], told["opens_at"]) == ("closing", tomorrow)
    await until(service, at(service, 15))
    told = await refused(service, "perhe")
    assert (told["reason"], told["opens_at"]) == ("closed", tomorrow)


async def test_whoever_reads_that_it_is_about_to_close_is_counted(service: Service) -> None:
    """As told closed, once: the page lets nobody begin then."""
    await service.on_duty("eino")
    await until(service, at(service, 15) - 10 * MINUTE)
    visitor = await service.visitor()
    status = await visitor.ask("watch", "status", site="kunta", queue="perhe", lang="fi")
    assert status["closing"]
    await visitor.ask("hello", "unavailable", site="kunta", queue="perhe", lang="fi")
    await asyncio.gather(*service.parts.node._unfinished)  # what is counted in the background
    found = await service.backend.counts.today(service.site, service.backend.clock.now())
    assert {tally.what: number for tally, number in found.items()} == {"turned_closed": 1}


async def test_a_change_of_the_plan_opens_the_door(service: Service) -> None:
    """Whoever watches hears it when somebody is planned to follow."""
    aino = await service.on_duty("aino")
    await full(service, aino)
    await until(service, at(service, 12) - 3 * MINUTE)
    watcher = await service.visitor()
    status = await watcher.ask("watch", "status", site="kunta", queue="paihde")
    assert status["closing"]
    await plan(service, "eino", 12, 15)
    assert (await watcher.expect("status", closing=False))["estimate_s"]
    await service.joined()


async def test_a_page_loaded_anew_does_not_shut_the_door(service: Service) -> None:
    """The console of the only counsellor is gone for a moment; newcomers still join."""
    aino = await service.on_duty("aino")
    await full(service, aino)
    aino.drop()
    await pass_time(service, 5_000)
    await service.joined()
