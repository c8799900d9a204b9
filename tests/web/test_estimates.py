"""The estimated wait as visitors are told it, and the door that closes for whoever might still wait at the end."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from chatsvc.domain.hours import OpeningHours, Period, instant, local_day
from chatsvc.domain.sites import Queue
from chatsvc.services import estimates
from chatsvc.services.pool import Pool
from chatsvc.web import fanout
from tests.support.client import Client
from tests.support.service import Service, make_site
from tests.support.stores import SingleStore
from tests.support.time_travel import pass_time, still, until

OFFICE = OpeningHours(weekly=((Period(9 * 60, 15 * 60),),) * 7, on_holidays="as usual")


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Open from nine to three, without a last entry; the clock stands at nine."""
    async with still(valkey.url, tmp_path, make_site(paihde={"hours": OFFICE})) as made:
        tomorrow = local_day(made.backend.clock.now()) + timedelta(days=1)
        await until(made, instant(tomorrow, 9 * 60))
        yield made


def minutes_before_closing(service: Service, minutes: int) -> int:
    """An instant of the clock's day."""
    return instant(local_day(service.backend.clock.now()), 15 * 60 - minutes)


async def told_wait(visitor: Client, position: int) -> list[int]:
    """The estimate that somebody at a place is told; it may follow the place by a moment."""
    while True:
        frame = await visitor.expect("waiting", position=position)
        if frame["estimate_s"] is not None:
            estimate: list[int] = frame["estimate_s"]
            return estimate


async def test_a_range_is_told_while_waiting_and_before(service: Service) -> None:
    """Watching, waiting and the public list say how long it takes; with more people ahead it takes longer."""
    counsellor = await service.on_duty("aino")
    watcher = await service.visitor()
    status = await watcher.ask("watch", "status", site="kunta", queue="paihde")
    assert status["estimate_s"] == [0, 60]  # a place is free: only somebody has to take them
    for _ in range(3):
        await service.joined()
        await counsellor.ask("take", "assigned")
    first, _ = await service.joined()
    await pass_time(service, 1)  # of two who join in the same millisecond chance decides
    second, _ = await service.joined()
    soon = await told_wait(first, 1)
    later = await told_wait(second, 2)
    assert 0 <= soon[0] <= later[0] <= soon[1] <= later[1]
    assert soon != later
    async with service.http.get(f"{service.base}/api/v1/sites/kunta/queues") as found:
        told = (await found.json())["queues"][0]["estimate_s"]
    assert told[1] >= later[1]


async def test_places_are_told_at_most_every_two_seconds(service: Service) -> None:
    """The place comes at once, changes never sooner than two seconds after."""
    counsellor = await service.on_duty("aino")
    visitor, _ = await service.joined()
    loop = asyncio.get_running_loop()
    await visitor.expect("waiting")
    told = loop.time()
    await counsellor.ask("duty", "duty", state="paused")
    await visitor.expect("waiting", staffed=False)
    assert loop.time() - told > 1.9  # by this side's clock


async def test_nothing_is_told_while_nobody_is_there(service: Service) -> None:
    """Without anybody on duty there is no estimate."""
    watcher = await service.visitor()
    status = await watcher.ask("watch", "status", site="kunta", queue="paihde")
    assert (status["state"], status["estimate_s"]) == ("no_staff", None)


async def test_the_door_closes_for_whoever_might_wait_at_the_end(service: Service) -> None:
    """A quarter of an hour before closing a place that is free is taken; whoever would have to wait is turned away."""
    counsellor = await service.on_duty("aino")
    await until(service, minutes_before_closing(service, 15))
    for _ in range(3):  # her places are free: nobody waits
        await service.joined()
        await counsellor.ask("take", "assigned")
    late = await service.visitor()
    status = await late.ask("watch", "status", site="kunta", queue="paihde")
    assert (status["state"], status["closing"]) == ("open", True)  # known before anybody tries
    await late.send("hello", site="kunta", queue="paihde", lang="fi")
    assert (await late.expect("unavailable"))["reason"] == "closing"


async def test_that_the_door_is_shut_is_told_as_time_goes_by(service: Service) -> None:
    """Whoever watches learns that nobody joins any more once it is so, and that a free place opens the door."""
    counsellor = await service.on_duty("aino")
    await until(service, minutes_before_closing(service, 23))
    taken = []
    for _ in range(3):
        _, joined = await service.joined()
        await counsellor.ask("take", "assigned")
        taken.append(joined["conversation"])
    watcher = await service.visitor()
    status = await watcher.ask("watch", "status", site="kunta", queue="paihde")
    assert (status["state"], status["closing"]) == ("open", False)
    await until(service, minutes_before_closing(service, 5))
    assert (await watcher.expect("status", closing=True))["state"] == "open"
    await counsellor.send("close", conversation=taken[0])
    await counsellor.send("wrap_up", conversation=taken[0], outcome="helped")
    assert (await watcher.expect("status", closing=False))["state"] == "open"


async def test_the_first_frame_has_the_estimate(service: Service) -> None:
    """Nobody reads of a place without a range that is known."""
    counsellor = await service.on_duty("aino")
    visitor, _ = await service.joined()
    assert (await visitor.expect("waiting"))["estimate_s"] == [0, 60]
    await counsellor.ask("take", "assigned")
    for _ in range(2):
        await service.joined()
        await counsellor.ask("take", "assigned")
    second, _ = await service.joined()
    assert (await second.expect("waiting"))["estimate_s"][1] > 60


async def test_during_a_pause_nobody_knows(service: Service) -> None:
    """With everybody in a pause those who wait are told so, without a range; when one is back there is one again."""
    counsellor = await service.on_duty("aino")
    visitor, _ = await service.joined()
    await visitor.expect("waiting")
    await counsellor.ask("duty", "duty", state="paused")
    assert (await visitor.expect("waiting", staffed=False))["estimate_s"] is None
    async with service.http.get(f"{service.base}/api/v1/sites/kunta/queues") as found:
        assert (await found.json())["queues"][0]["estimate_s"] is None
    await counsellor.ask("duty", "duty", state="available")
    assert (await visitor.expect("waiting", staffed=True))["estimate_s"]


async def test_an_estimate_follows_the_time(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody moves while the pause of a colleague goes on: what is told of the wait changes all the same."""
    monkeypatch.setattr(fanout, "AGAIN_S", 0.5)
    counsellor = await service.on_duty("aino")
    colleague = await service.on_duty("eino")
    for each in (counsellor, colleague):
        for _ in range(3):
            await service.joined()
            await each.ask("take", "assigned")
    await colleague.ask("duty", "duty", state="paused")
    visitor, _ = await service.joined()
    before = (await visitor.expect("waiting"))["estimate_s"]
    watcher = await service.visitor()
    status = await watcher.ask("watch", "status", site="kunta", queue="paihde")
    service.backend.clock.advance(90 * 60_000)  # type: ignore[attr-defined]  # a clock that tests move
    after = (await visitor.expect("waiting"))["estimate_s"]
    assert before[1] < after[1]
    assert (await watcher.expect("status"))["estimate_s"] != status["estimate_s"]


async def test_whom_nobody_takes_is_told_so(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody has a place and does not look: the longer that goes on, the less is it told as a minute."""
    monkeypatch.setattr(fanout, "AGAIN_S", 0.5)
    await service.on_duty("aino")
    await pass_time(service, 60 * 60_000)  # she had nobody to take
    visitor, _ = await service.joined()
    assert (await visitor.expect("waiting"))["estimate_s"] == [0, 60]
    await pass_time(service, 90_000)
    assert (await visitor.expect("waiting"))["estimate_s"] == [0, 180]
    await pass_time(service, 200_000)
    assert (await visitor.expect("waiting"))["estimate_s"] == [0, 600]


async def test_many_who_join_at_once_share_a_look(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty who come together cost a few looks at all the lines, and each has an estimate in the first frame."""
    looks = []
    look = estimates._look  # the reading itself goes on as it is

    async def counted(pool: Pool, queues: Mapping[str, Queue]) -> estimates.Waits:
        looks.append(len(queues))
        return await look(pool, queues)

    monkeypatch.setattr(estimates, "_look", counted)
    await service.on_duty("aino")
    visitors = [visitor for visitor, _ in await asyncio.gather(*(service.joined() for _ in range(40)))]
    first = await asyncio.gather(*(visitor.expect("waiting") for visitor in visitors))
    assert all(frame["estimate_s"] for frame in first)
    assert len(looks) < 20  # one by one it would be 120: to resume, to join, to stand in line
