"""Swaps over the API: who may ask, agree, approve, refuse; and what can't be any more."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.hours import local_day
from chatsvc.domain.shifts import wall_ms
from tests.support.api import Person, Said, person
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still, until

SWAPS = "/sites/kunta/swaps"


@dataclass(slots=True)
class Stage:
    """Three counsellors, one of whom serves another queue, a supervisor; Aino and Eino have a shift each."""

    service: Service
    people: dict[str, Person]
    day: datetime
    shifts: dict[str, str]

    def wall(self, hours: int) -> str:
        """A local time of the day."""
        return f"{self.day + timedelta(hours=hours):%Y-%m-%dT%H:%M}"

    def name(self, who: str, hours: int) -> dict[str, str]:
        """An occurrence of somebody's shift."""
        return {"shift": self.shifts[who], "of": self.wall(hours)}

    async def ask(self, who: str = "aino", **fields: Any) -> Said:
        """Ask for a swap: Aino's morning for Eino's."""
        body = {"colleague": "eino", "gives": self.name("aino", 9), "takes": self.name("eino", 33), **fields}
        return await self.people[who].ask("POST", SWAPS, body)

    async def step(self, who: str, swap: str, step: str) -> Said:
        """Say something to it."""
        return await self.people[who].ask("POST", f"{SWAPS}/{swap}/{step}")

    async def planned(self) -> list[tuple[str, int]]:
        """Who is planned, and after how many hours of the day."""
        start = wall_ms(self.day)
        said = await self.people["saana"].ask(
            "GET", f"/sites/kunta/roster?from={start}&to={start + 3 * 86_400_000}"
        )
        return [(one["staff"], (one["start"] - start) // 3_600_000) for one in said.body["occurrences"]]


@pytest.fixture
async def stage(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Stage]:
    """Aino works from nine to three, Eino the next day; both without end."""
    people = (
        make_staff("aino"), make_staff("eino"), make_staff("liisa", queues=("nuoret",)),
        make_staff("saana", role="supervisor"), make_staff("timo", role="supervisor"),
    )  # fmt: skip
    async with still(valkey.url, tmp_path, make_site(paihde={}, nuoret={}), people) as service:
        known = {str(name.id): await person(service, name.id) for name in people}
        today = local_day(service.backend.clock.now())
        monday = datetime(today.year, today.month, today.day) + timedelta(days=14 - today.weekday())  # noqa: DTZ001
        made = Stage(service, known, monday, {})
        for who, begin in (("aino", 9), ("eino", 33)):
            body = {
                "staff": who, "queues": ["paihde"], "start": made.wall(begin), "end": made.wall(begin + 6),
                "rule": "FREQ=WEEKLY",
            }  # fmt: skip
            said = await known["saana"].ask("POST", "/sites/kunta/shifts", body)
            made.shifts[who] = said.body["shift"]["id"]
        yield made


async def test_a_swap_is_made_when_approved(stage: Stage) -> None:
    """Asked, agreed, approved: only then the roster shows it, both sides changed."""
    asked = await stage.ask()
    assert (asked.status, asked.body["swap"]["state"]) == (201, "asked")
    swap = asked.body["swap"]["id"]
    assert (await stage.step("eino", swap, "agree")).body["swap"]["state"] == "agreed"
    assert await stage.planned() == [("aino", 9), ("eino", 33)]
    approved = await stage.step("saana", swap, "approve")
    assert (approved.body["swap"]["state"], approved.body["swap"]["decided_by"]) == ("approved", "saana")
    assert await stage.planned() == [("eino", 9), ("aino", 33)]
    again = await stage.step("timo", swap, "refuse")
    assert (again.status, again.body["code"]) == (409, "bad_state")


async def test_who_may_do_what(stage: Stage) -> None:
    """Nobody agrees for another, approves what they have a part in, or learns of others' swaps."""
    swap = (await stage.ask()).body["swap"]["id"]
    for who, step, status in (
        ("aino", "agree", 403), ("aino", "approve", 403), ("eino", "withdraw", 403), ("liisa", "agree", 404),
        ("saana", "agree", 403), ("saana", "approve", 409), ("saana", "shout", 404),
    ):  # fmt: skip
        assert (await stage.step(who, swap, step)).status == status, (who, step)
    counts = {who: len((await stage.people[who].ask("GET", SWAPS)).body["swaps"]) for who in stage.people}
    assert counts == {"aino": 1, "eino": 1, "liisa": 0, "saana": 1, "timo": 1}
    assert (await stage.step("aino", swap, "withdraw")).status == 200
    assert (await stage.step("eino", swap, "agree")).status == 409


async def test_a_supervisor_does_not_approve_their_own_swap(stage: Stage) -> None:
    """Who takes part is told that another supervisor must approve it; that one can."""
    body = {"staff": "saana", "queues": ["paihde"], "start": stage.wall(16), "end": stage.wall(18)}
    said = await stage.people["timo"].ask("POST", "/sites/kunta/shifts", body)
    gives = {"shift": said.body["shift"]["id"], "of": stage.wall(16)}
    swap = (await stage.ask("saana", gives=gives, takes=None)).body["swap"]["id"]
    assert (await stage.step("eino", swap, "agree")).status == 200
    refused = await stage.step("saana", swap, "approve")
    assert (refused.status, refused.body["detail"]) == (
        403, "You take part in this swap yourself, so another supervisor must approve it.",
    )  # fmt: skip
    told = (await stage.step("eino", swap, "approve")).body
    assert told["code"] == "not_allowed"
    assert (await stage.step("timo", swap, "approve")).status == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"colleague": "aino"}, "colleague"),
        ({"colleague": "liisa", "takes": None}, "colleague"),
        ({"colleague": "nobody", "takes": None}, "colleague"),
        ({"gives": {"shift": "none", "of": "2027-01-01T09:00"}}, "gives"),
        ({"gives": {"shift": "none", "of": "2027-13-01T09:00"}}, "gives.of"),
    ],
)
async def test_what_can_not_be_asked(stage: Stage, fields: dict[str, Any], field: str) -> None:
    """A swap with oneself, with somebody who doesn't serve the queue, or of nothing, is refused with its field."""
    said = await stage.ask(**fields)
    assert (said.status, said.body["field"]) == (422, field), said.text


async def test_only_ones_own_time_can_be_given(stage: Stage) -> None:
    """Neither another's time nor one that has begun can be given, nor the same one twice."""
    assert (await stage.ask("liisa")).body["field"] == "gives"
    assert (await stage.ask(takes=stage.name("aino", 9))).body["field"] == "takes"
    assert (await stage.ask(takes=None)).status == 201
    assert (await stage.ask()).body["field"] == "gives"
    await until(stage.service, wall_ms(stage.day) + 10 * 3_600_000)
    said = await stage.ask(
        "eino", colleague="aino", gives=stage.name("eino", 33), takes=stage.name("aino", 9)
    )
    assert (said.status, said.body["field"]) == (422, "takes")


async def test_a_swap_that_would_plan_somebody_twice_is_refused(stage: Stage) -> None:
    """What has been planned since it was asked counts when it is approved."""
    swap = (await stage.ask(takes=None)).body["swap"]["id"]
    assert (await stage.step("eino", swap, "agree")).status == 200
    body = {"staff": "eino", "queues": ["nuoret"], "start": stage.wall(14), "end": stage.wall(16)}
    made = await stage.people["saana"].ask("POST", "/sites/kunta/shifts", body)
    refused = await stage.step("saana", swap, "approve")
    assert (refused.status, "planned twice" in refused.body["detail"]) == (422, True)
    path = f"/sites/kunta/shifts/{made.body['shift']['id']}"
    assert (await stage.people["saana"].ask("DELETE", path, tag="*")).status == 204
    assert (await stage.step("saana", swap, "approve")).status == 200
    assert await stage.planned() == [("eino", 9), ("eino", 33)]


async def test_a_swap_whose_time_is_gone_is_not_approved(stage: Stage) -> None:
    """A shift that was removed meanwhile can't be swapped any more; the swap can still be refused."""
    swap = (await stage.ask(takes=None)).body["swap"]["id"]
    await stage.step("eino", swap, "agree")
    await stage.people["saana"].ask("DELETE", f"/sites/kunta/shifts/{stage.shifts['aino']}", tag="*")
    refused = await stage.step("saana", swap, "approve")
    assert (refused.status, refused.body["field"]) == (422, "gives")
    assert (await stage.step("saana", swap, "refuse")).status == 200
