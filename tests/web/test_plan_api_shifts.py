"""Shifts, absences and the roster over the API, on a clock that stands still."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.hours import OpeningHours, Period, instant, local_day
from chatsvc.domain.shifts import wall_ms
from tests.support.api import Person, Said, person
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still

SHIFTS, ABSENCES, ROSTER = "/sites/kunta/shifts", "/sites/kunta/absences", "/sites/kunta/roster"
HOUR = {"start": "2027-01-01T09:00", "end": "2027-01-01T10:00"}
OFFICE = OpeningHours(weekly=((Period(9 * 60, 15 * 60),),) * 7, on_holidays="as usual")


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Two queues, one of them with hours; two counsellors, one of whom serves one queue only; a supervisor."""
    site = make_site(paihde={"hours": OFFICE}, nuoret={})
    people = (
        make_staff("aino"),
        make_staff("eino", queues=("nuoret",)),
        make_staff("saana", role="supervisor"),
    )
    async with still(valkey.url, tmp_path, site, people) as made:
        yield made


@pytest.fixture
async def saana(service: Service) -> Person:
    """The supervisor."""
    return await person(service, "saana")


def monday(service: Service) -> datetime:
    """Midnight of the Monday after next, local time: nothing of it is past."""
    today = local_day(service.backend.clock.now())
    day = today + timedelta(days=14 - today.weekday())
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local time


def shift(service: Service, begin: int = 9, end: int = 15, **fields: Any) -> dict[str, Any]:
    """A body: Aino on that Monday."""
    day = monday(service)
    start, stop = (f"{day + timedelta(hours=hour):%Y-%m-%dT%H:%M}" for hour in (begin, end))
    return {"staff": "aino", "queues": ["paihde"], "start": start, "end": stop, **fields}


async def week(who: Person, service: Service) -> list[dict[str, Any]]:
    """What is planned in that Monday's week."""
    start = wall_ms(monday(service))
    end = instant(local_day(start) + timedelta(days=7), 0)
    said = await who.ask("GET", f"{ROSTER}?from={start}&to={end}")
    assert said.status == 200, said.text
    found: list[dict[str, Any]] = said.body["occurrences"]
    return found


async def planned(who: Person, body: dict[str, Any]) -> Said:
    """A shift that is accepted."""
    said = await who.ask("POST", SHIFTS, body)
    assert said.status == 201, said.text
    return said


async def test_a_shift_is_planned_changed_and_removed(service: Service, saana: Person) -> None:
    """Every step shows in the roster at once; each has a new version, which the next one is made on."""
    body = shift(service, rule="freq=weekly;byday=MO,WE")
    said = await planned(saana, body)
    assert (said.body["version"], said.tag, said.body["saved"]) == (1, '"1"', True)
    known = said.body["shift"]
    assert known["shift"]["rule"] == "FREQ=WEEKLY;BYDAY=MO,WE"
    found = await week(saana, service)
    assert [(one["staff"], one["alias"], one["queues"]) for one in found] == [
        ("aino", "Aino", ["paihde"])
    ] * 2
    assert found[0]["start"] == wall_ms(monday(service)) + 9 * 3_600_000
    wednesday = f"{monday(service) + timedelta(days=2, hours=9):%Y-%m-%dT%H:%M}"
    put = await saana.ask("PUT", f"{SHIFTS}/{known['id']}", body | {"exdates": [wednesday]}, tag=said.tag)
    assert (put.status, put.body["shift"]["sequence"]) == (200, 1)
    assert len(await week(saana, service)) == 1
    got = await saana.ask("GET", f"{SHIFTS}/{known['id']}")
    assert (got.body, got.tag) == (put.body["shift"], put.tag)
    gone = await saana.ask("DELETE", f"{SHIFTS}/{known['id']}", tag=put.tag)
    assert (gone.status, gone.tag) == (204, '"3"')
    assert await week(saana, service) == []
    assert (await saana.ask("GET", SHIFTS)).body == {"version": 3, "shifts": [], "broken": []}


async def test_overlapping_shifts_are_refused_before_anything_is_saved(
    service: Service, saana: Person
) -> None:
    """Planning somebody twice at once is refused with place and reason, in a dry run as in earnest."""
    first = await planned(saana, shift(service, rule="FREQ=WEEKLY"))
    later = f"{monday(service) + timedelta(days=70, hours=14):%Y-%m-%dT%H:%M}"
    until = f"{monday(service) + timedelta(days=70, hours=16):%Y-%m-%dT%H:%M}"
    body = shift(service) | {"start": later, "end": until, "queues": ["nuoret"]}
    for path in (SHIFTS, f"{SHIFTS}?dry_run=true"):
        said = await saana.ask("POST", path, body)
        assert (said.status, said.body["code"], said.body["field"]) == (422, "refused", "start")
        assert (
            f"14:00 to 15:00: also in kunta/paihde (shift {first.body['shift']['id']})" in said.body["detail"]
        )
    after = await planned(saana, body | {"start": later.replace("14:00", "15:00")})
    assert after.body["version"] == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("2028-03-06", "FREQ=WEEKLY"), ("2028-03-06", "FREQ=WEEKLY")),
        (("2029-05-07", ""), ("2026-11-30", "FREQ=WEEKLY")),
        (("2026-11-30", "FREQ=YEARLY"), ("2028-11-27", "FREQ=DAILY;COUNT=9")),
        (("2026-11-30", "FREQ=YEARLY;INTERVAL=2"), ("2025-11-30", "FREQ=YEARLY;INTERVAL=3")),
    ],
)
async def test_overlaps_of_later_years_are_refused(
    service: Service, saana: Person, first: tuple[str, str], second: tuple[str, str]
) -> None:
    """However far ahead two shifts meet, the second is refused; beside it in time it is not."""

    def body(day: str, rule: str, begin: int) -> dict[str, Any]:
        times = {"start": f"{day}T{begin:02}:00", "end": f"{day}T{begin + 2:02}:00"}
        return shift(service, rule=rule) | times

    await planned(saana, body(*first, 9))
    said = await saana.ask("POST", SHIFTS, body(*second, 10))
    assert (said.status, "planned twice" in said.text) == (422, True), said.text
    await planned(saana, body(*second, 11))


async def test_times_that_the_clocks_skip(service: Service, saana: Person) -> None:
    """Where the clocks go from 3 to 4 no single or changed shift may begin or end; a rule passes such a night."""
    night = "2027-03-28T"
    for begin, end, field in (
        ("03:30", "04:15", "start"), ("03:00", "04:00", "start"), ("03:30", "03:45", "start"),
        ("02:00", "03:30", "end"),
    ):  # fmt: skip
        said = await saana.ask("POST", SHIFTS, shift(service) | {"start": night + begin, "end": night + end})
        assert (said.status, said.body["field"]) == (422, field), said.text
        assert "from 3:00 to 4:00" in said.body["detail"]
    await planned(saana, shift(service) | {"start": night + "02:00", "end": night + "04:00"})
    weekly = shift(service, rule="FREQ=WEEKLY") | {"start": "2027-03-21T03:30", "end": "2027-03-21T05:15"}
    changed = {"of": night + "03:30", "start": night + "03:15", "end": night + "05:00"}
    said = await saana.ask("POST", SHIFTS, weekly | {"overrides": [changed]})
    assert (said.status, said.body["field"]) == (422, "overrides[1].start"), said.text
    await planned(saana, weekly)


async def test_a_dry_run_saves_nothing(service: Service, saana: Person) -> None:
    """It tells what would be, warnings included, and the version stays."""
    said = await saana.ask("POST", f"{SHIFTS}?dry_run=true", shift(service, 8, 16))
    assert (said.status, said.body["saved"], said.body["version"]) == (200, False, 0)
    nine, three = (wall_ms(monday(service)) + hours * 3_600_000 for hours in (9, 15))
    assert [(one["queue"], one["start"], one["end"]) for one in said.body["warnings"]] == [
        ("paihde", nine - 3_600_000, nine), ("paihde", three, three + 3_600_000),
    ]  # fmt: skip
    assert (await saana.ask("GET", SHIFTS)).body["shifts"] == []
    assert len((await planned(saana, shift(service, 8, 16))).body["warnings"]) == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"staff": "nobody"}, "staff"),
        ({"staff": "eino"}, "queues"),
        ({"queues": ["none"]}, "queues"),
        ({"start": "2026-02-30T09:00"}, "start"),
        ({"end": "2000-01-01T09:00"}, "end"),
        ({"rule": "FREQ=HOURLY"}, "rule"),
        ({"rule": "FREQ=DAILY;COUNT=1000000"}, "rule"),
        ({"exdates": ["2027-01-01T09:00"]}, "rule"),
        ({"overrides": [{"of": "2027-99-01T09:00"} | HOUR]}, "overrides[1].of"),
    ],
)  # fmt: skip
async def test_what_can_not_be(service: Service, saana: Person, fields: dict[str, Any], field: str) -> None:
    """An impossible shift is refused with the field that is wrong, and nothing is planned."""
    said = await saana.ask("POST", SHIFTS, shift(service) | fields)
    assert (said.status, said.body["field"]) == (422, field), said.text
    assert (await saana.ask("GET", SHIFTS)).body == {"version": 0, "shifts": [], "broken": []}


async def test_two_who_change_at_once(service: Service, saana: Person) -> None:
    """Of two changes made on the same version the second is refused; without a version a change is not taken."""
    said = await planned(saana, shift(service))
    path = f"{SHIFTS}/{said.body['shift']['id']}"
    assert (await saana.ask("PUT", path, shift(service, 10, 12), tag=said.tag)).status == 200
    late = await saana.ask("PUT", path, shift(service, 11, 12), tag=said.tag)
    assert (late.status, late.body["code"]) == (412, "changed")
    assert (await saana.ask("DELETE", path, tag=said.tag)).status == 412
    assert (await saana.ask("DELETE", path)).status == 428
    assert (await saana.ask("DELETE", f"{SHIFTS}/none", tag="*")).status == 404
    assert (await week(saana, service))[0]["start"] == wall_ms(monday(service)) + 10 * 3_600_000


async def test_what_is_not_there_is_not_found_at_any_version(service: Service, saana: Person) -> None:
    """A shift or an absence that never was, or is removed, is answered with 404, whatever version is named."""
    made = await planned(saana, shift(service))
    path, stale = f"{SHIFTS}/{made.body['shift']['id']}", "1"
    assert (await saana.ask("DELETE", path, tag="*")).status == 204
    places = (
        (path, shift(service)),
        (f"{SHIFTS}/none", shift(service)),
        (f"{ABSENCES}/none", {"staff": "aino", **HOUR}),
    )
    for place, body in places:
        assert (await saana.ask("DELETE", place, tag=stale)).status == 404, place
        assert (await saana.ask("PUT", place, body, tag=stale)).status == 404, place


async def test_absence_makes_a_hole_and_is_nobody_elses_business(service: Service, saana: Person) -> None:
    """Whoever is away is not planned; colleagues see the hole, only the person and supervisors the absence."""
    await planned(saana, shift(service))
    noon = shift(service, 11, 12)
    body = {"staff": "aino", "start": noon["start"], "end": noon["end"]}
    made = await saana.ask("POST", ABSENCES, body)
    assert (made.status, made.body["absence"]["absence"]) == (201, body)
    aino, eino = await person(service, "aino"), await person(service, "eino")
    hours = [(one["end"] - one["start"]) // 3_600_000 for one in await week(eino, service)]
    assert hours == [2, 3]
    for who, count in ((saana, 1), (aino, 1), (eino, 0)):
        assert len((await who.ask("GET", ABSENCES)).body["absences"]) == count
    path = f"{ABSENCES}/{made.body['absence']['id']}"
    longer = body | {"end": shift(service)["end"]}
    assert (await saana.ask("PUT", path, longer, tag=made.tag)).status == 200
    assert len(await week(saana, service)) == 1
    assert (await saana.ask("DELETE", path, tag="*")).status == 204
    assert [one["end"] - one["start"] for one in await week(saana, service)] == [6 * 3_600_000]
    wrong = await saana.ask("POST", ABSENCES, body | {"staff": "nobody", "end": body["start"]})
    assert (wrong.status, wrong.body["field"]) == (422, "staff")


async def test_counsellors_read_and_do_not_plan(service: Service, saana: Person) -> None:
    """A counsellor sees everybody's shifts, changes none, and is told nothing of another site."""
    said = await planned(saana, shift(service))
    aino = await person(service, "aino")
    assert (await aino.ask("GET", SHIFTS)).body["shifts"] == [said.body["shift"]]
    path = f"{SHIFTS}/{said.body['shift']['id']}"
    for method, where, body in (
        ("POST", SHIFTS, shift(service)), ("PUT", path, shift(service)), ("DELETE", path, None), ("POST", ABSENCES, {}),
    ):  # fmt: skip
        assert (await aino.ask(method, where, body, tag="*")).status == 403
    assert (await aino.ask("GET", "/sites/other/shifts")).status == 404


async def test_what_is_gone_is_shown_as_broken(service: Service, saana: Person) -> None:
    """A shift whose counsellor is disabled is planned for nobody, and shown with the reason."""
    await planned(saana, shift(service))
    await service.backend.directory.put_staff(replace(make_staff("aino"), disabled=True))
    await service.backend.planning.refresh()
    assert await week(saana, service) == []
    broken = (await saana.ask("GET", SHIFTS)).body["broken"]
    assert [one["field"] for one in broken] == ["staff"]


@pytest.mark.parametrize("query", ["from=x", "from=5&to=4", "from=0&to=99999999999", "to=-1", "from=0&to=²"])
async def test_a_window_that_is_none(saana: Person, query: str) -> None:
    """What is no window of at most 62 days is refused with its field."""
    said = await saana.ask("GET", f"{ROSTER}?{query}")
    assert (said.status, said.body["field"] in ("from", "to")) == (400, True)
