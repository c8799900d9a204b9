"""Required minima, coverage and who is late, over the API, on a clock that stands still."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatsvc.app_worker import WorkerParts
from chatsvc.domain.hours import OpeningHours, Period, instant, local_day
from chatsvc.telemetry.metrics import Metrics
from tests.support.api import Person, person
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still, until

MINIMA, COVERAGE, LATE = "/sites/kunta/queues/paihde/minima", "/sites/kunta/coverage", "/sites/kunta/late"
OFFICE = OpeningHours(weekly=((Period(9 * 60, 12 * 60),),) * 7, on_holidays="as usual")
HOUR = 3_600_000


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A queue that is open from nine to twelve; it is eight in the morning."""
    people = (make_staff("aino"), make_staff("eino"), make_staff("saana", role="supervisor"))
    async with still(valkey.url, tmp_path, make_site(paihde={"hours": OFFICE}), people) as made:
        await until(made, at(made, 24 + 8))
        yield made


@pytest.fixture
async def saana(service: Service) -> Person:
    """The supervisor."""
    return await person(service, "saana")


def at(service: Service, hour: int) -> int:
    """An instant of the clock's day."""
    return instant(local_day(service.backend.clock.now()), hour * 60)


async def plan(who: Person, service: Service, staff: str, begin: int, end: int) -> None:
    """A shift today."""
    day = local_day(service.backend.clock.now())
    start, stop = (
        f"{datetime(day.year, day.month, day.day) + timedelta(hours=hour):%Y-%m-%dT%H:%M}"  # noqa: DTZ001 - local
        for hour in (begin, end)
    )
    body = {"staff": staff, "queues": ["paihde"], "start": start, "end": stop}
    assert (await who.ask("POST", "/sites/kunta/shifts", body)).status == 201


async def test_gaps_are_shown_by_hour(service: Service, saana: Person) -> None:
    """Two are required whenever the queue is open; one is planned until eleven: every hour says what is missing."""
    put = await saana.ask("PUT", MINIMA, {"minima": [{"least": 2}]}, tag="*")
    assert (put.status, put.body) == (200, {"minima": [{"least": 2, "hours": None}]})
    assert (await saana.ask("GET", MINIMA)).body == put.body
    await plan(saana, service, "aino", 9, 11)
    await plan(saana, service, "eino", 10, 11)
    said = await saana.ask("GET", f"{COVERAGE}?from={at(service, 0)}&to={at(service, 24)}")
    assert [(one["start"] - at(service, 0), one["planned"], one["missing"]) for one in said.body["covers"]] == [
        (9 * HOUR, 1, 1), (10 * HOUR, 2, 0), (11 * HOUR, 0, 2),
    ]  # fmt: skip
    assert said.body["missing"] == [{"queue": "paihde", "hours": 3.0}]


async def test_minima_have_times_of_their_own(service: Service, saana: Person) -> None:
    """Where several hold at once the largest counts; hours that can't be are refused with their place."""
    whole: dict[str, Any] = {"minima": [{"least": 1}, {"least": 3, "hours": {"mon-sun": ["10:00-11:00"]}}]}
    assert (await saana.ask("PUT", MINIMA, whole, tag="*")).status == 200
    said = await saana.ask("GET", f"{COVERAGE}?from={at(service, 0)}&to={at(service, 24)}")
    assert [one["required"] for one in said.body["covers"]] == [1, 3, 1]
    wrong = {"minima": [{"least": 1}, {"least": 1, "hours": {"mon": ["25:00-26:00"]}}]}
    refused = await saana.ask("PUT", MINIMA, wrong, tag="*")
    assert (refused.status, refused.body["field"]) == (422, "minima[2].hours.mon")
    assert refused.body["detail"].startswith("minima[2].hours.mon: ")
    wrong = {"minima": [{"least": 1}, {"least": 0}]}
    refused = await saana.ask("PUT", MINIMA, wrong, tag="*")
    assert (refused.status, refused.body["field"]) == (400, "minima[2].least")
    assert (await saana.ask("PUT", MINIMA, {"minima": []}, tag="*")).status == 200
    assert (await saana.ask("GET", COVERAGE)).body["covers"] == []


async def test_who_is_on_shift_and_not_on_duty_is_shown(service: Service, saana: Person) -> None:
    """Five minutes after the start of a shift, or after going off duty in it, until they come or the shift ends."""
    await plan(saana, service, "aino", 9, 12)
    await plan(saana, service, "eino", 9, 12)
    console = await service.on_duty("eino")
    await console.ask("duty", "duty", state="paused", reason="break")
    await until(service, at(service, 9) + 5 * MINUTE - 1)
    assert (await saana.ask("GET", LATE)).body["late"] == []
    await pass_time(service, 1)
    (late,) = (await saana.ask("GET", LATE)).body["late"]
    assert late == {
        "staff": "aino", "alias": "Aino", "queues": ["paihde"], "since": at(service, 9), "until": at(service, 12),
    }  # fmt: skip
    await service.on_duty("aino")
    assert (await saana.ask("GET", LATE)).body["late"] == []
    await pass_time(service, MINUTE)
    left = service.backend.clock.now()
    await console.ask("duty", "duty", state="off")
    await pass_time(service, 5 * MINUTE - 1)
    assert (await saana.ask("GET", LATE)).body["late"] == []
    await pass_time(service, 1)
    (late,) = (await saana.ask("GET", LATE)).body["late"]
    assert (late["staff"], late["since"], late["until"]) == ("eino", left, at(service, 12))
    await until(service, at(service, 12))
    assert (await saana.ask("GET", LATE)).body["late"] == []


async def test_gaps_and_late_people_are_figures(service: Service, saana: Person) -> None:
    """The worker's figures are what the API tells: hours missing in the next seven days, people not clocked in."""
    await saana.ask("PUT", MINIMA, {"minima": [{"least": 1}]}, tag="*")
    await plan(saana, service, "aino", 9, 11)
    await until(service, at(service, 9) + 6 * MINUTE)
    metrics = Metrics("worker")
    await WorkerParts(service.backend, metrics)._count_plan()
    labels = {"site": "kunta", "queue": "paihde"}
    # Of seven days with three hours each, two hours are planned, six minutes of which are over.
    assert metrics.registry.get_sample_value("chatsvc_coverage_gap_hours", labels) == pytest.approx(
        19.0 + 0.1
    )
    assert metrics.registry.get_sample_value("chatsvc_late", {"site": "kunta"}) == 1
    metrics.forget_queue("kunta", "paihde")
    assert metrics.registry.get_sample_value("chatsvc_coverage_gap_hours", labels) is None


async def test_counsellors_see_neither(service: Service) -> None:
    """Coverage, minima and the board of late people are for supervisors."""
    aino = await person(service, "aino")
    for path in (MINIMA, COVERAGE, LATE):
        assert (await aino.ask("GET", path)).status == 403
    assert (await aino.ask("PUT", MINIMA, {"minima": []}, tag="*")).status == 403
