"""Calendar files in and out, and the private feed, over the API."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chatsvc.domain.hours import local_day
from tests.support.api import Person, Said, person
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still

CALENDAR, SHIFTS, FEED = "/sites/kunta/calendar", "/sites/kunta/shifts", "/me/feed"


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Two counsellors and a supervisor."""
    people = (make_staff("aino"), make_staff("eino"), make_staff("saana", role="supervisor"))
    async with still(valkey.url, tmp_path, make_site(), people) as made:
        yield made


@pytest.fixture
async def saana(service: Service) -> Person:
    """The supervisor."""
    return await person(service, "saana")


def event(service: Service, who: str, uid: str, hour: int, *lines: str) -> str:
    """An event of six hours a week from now."""
    today = local_day(service.backend.clock.now()) + timedelta(days=7)
    start = datetime(today.year, today.month, today.day) + timedelta(hours=hour)  # noqa: DTZ001 - local time
    times = [
        f"DT{word};TZID=Europe/Helsinki:{start + timedelta(hours=more):%Y%m%dT%H%M%S}"
        for word, more in (("START", 0), ("END", 6))
    ]
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{who}", *times, *lines, "END:VEVENT"])


def file(*events: str) -> str:
    """A calendar file."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//"]
    return "\r\n".join([*head, *events, "END:VCALENDAR", ""])


async def send(who: Person, content: str | bytes, query: str = "", kind: str = "text/calendar") -> Said:
    """Import a file."""
    headers = {"Content-Type": kind}
    return await who.ask("POST", CALENDAR + query, data=content, headers=headers)


async def test_a_file_is_looked_at_then_imported_and_comes_out_again(service: Service, saana: Person) -> None:
    """A dry run saves nothing; imported twice it is the same plan; exported and imported it is so too."""
    content = file(
        event(service, "aino", "one@x", 9, "RRULE:FREQ=WEEKLY"), event(service, "Eino", "two@x", 10),
        event(service, "eino", "three@x", 20, "CATEGORIES:ABSENCE"),
    )  # fmt: skip
    looked = await send(saana, content, "?dry_run=true")
    assert (looked.status, looked.body["saved"], len(looked.body["shifts"])) == (200, False, 2), looked.text
    assert (await saana.ask("GET", SHIFTS)).body["shifts"] == []
    assert (await send(saana, content)).body["saved"]
    plan = (await saana.ask("GET", SHIFTS)).body
    assert {one["shift"]["staff"] for one in plan["shifts"]} == {"aino", "eino"}
    assert (await send(saana, content)).body["version"] == plan["version"]
    out = await saana.ask("GET", CALENDAR)
    assert out.text.startswith("BEGIN:VCALENDAR")
    back = await send(saana, out.text)
    assert (back.status, len(back.body["absences"])) == (200, 1), back.text
    assert (await saana.ask("GET", SHIFTS)).body["shifts"] == plan["shifts"]


async def test_a_wrong_file_is_refused_whole(service: Service, saana: Person) -> None:
    """Of a file with one wrong event nothing is taken; the answer names the line."""
    content = file(event(service, "aino", "one@x", 9), event(service, "nobody", "two@x", 9))
    said = await send(saana, content)
    assert (said.status, said.body["code"]) == (422, "refused")
    (problem,) = said.body["problems"]
    assert "SUMMARY" in problem["field"]
    assert problem["line"] == 12
    assert (await saana.ask("GET", SHIFTS)).body == {"version": 0, "shifts": [], "broken": []}


async def test_a_file_that_plans_somebody_twice_is_refused(service: Service, saana: Person) -> None:
    """Overlaps within the file, and with what is planned already, are errors too."""
    twice = file(event(service, "aino", "one@x", 9), event(service, "aino", "two@x", 14))
    assert "planned twice" in (await send(saana, twice)).body["detail"]
    assert (await send(saana, file(event(service, "aino", "one@x", 9)))).status == 200
    assert "planned twice" in (await send(saana, file(event(service, "aino", "two@x", 14)))).body["detail"]


async def test_a_file_with_far_times_that_meet_is_refused(service: Service, saana: Person) -> None:
    """Each of a file's shifts is compared where it lies, whenever the first one is."""

    def single(day: str, hour: int) -> str:
        made = event(service, "aino", f"{day}-{hour}@x", hour)
        today = local_day(service.backend.clock.now()) + timedelta(days=7)
        return made.replace(f"{today:%Y%m%d}", day)

    far = file(single("20261201", 9), single("20280201", 9), single("20280201", 10))
    assert "planned twice from 2028-02-01 10:00" in (await send(saana, far)).body["detail"]
    assert (await send(saana, file(single("20261201", 9), single("20280201", 9)))).status == 200


async def test_what_comes_to_nothing_is_told(saana: Person) -> None:
    """Of a file, looked at or imported, and of a shift: exceptions without a start, times that the clocks skip."""
    lost = ("RRULE:FREQ=WEEKLY;COUNT=9", "EXDATE:20270309T030000")
    content = file(
        "\r\n".join(
            [
                "BEGIN:VEVENT",
                "UID:a@x",
                "SUMMARY:aino",
                "DTSTART:20270307T030000",
                "DURATION:PT1H",
                *lost,
                "END:VEVENT",
            ]
        )
    )
    for query in ("?dry_run=true", ""):
        said = await send(saana, content, query)
        assert said.status == 200, said.text
        told = [(one["code"], one["of"], one["line"]) for one in said.body["remarks"]]
        assert told == [("no_such_start", "2027-03-09T03:00", 10), ("hour_skipped", "2027-03-28T03:00", 9)]
        assert "VEVENT 1 (UID a@x), EXDATE" in said.text
    shift = {"staff": "eino", "queues": ["paihde"], "start": "2027-03-07T03:00", "end": "2027-03-07T04:00"}
    looked = await saana.ask("POST", SHIFTS + "?dry_run=true", {**shift, "rule": "FREQ=WEEKLY"})
    (remark,) = looked.body["remarks"]
    assert (remark["code"], remark["of"], remark["line"]) == ("hour_skipped", "2027-03-28T03:00", None)
    assert "does not take place" in remark["message"]


async def test_a_large_file_holds_nobody_up(saana: Person) -> None:
    """While a file of 300 monthly rules is looked at, others are answered all the time."""
    events = []
    for number in range(300):
        begins = f"{number % 28 + 1:02}T{number // 28:02}0000"
        times = [
            f"DTSTART:202801{begins}",
            "DURATION:PT30M",
            f"RRULE:FREQ=MONTHLY;BYMONTHDAY={number % 28 + 1}",
        ]
        events.append("\r\n".join(["BEGIN:VEVENT", f"UID:{number}@x", "SUMMARY:aino", *times, "END:VEVENT"]))
    importing, begun = asyncio.create_task(send(saana, file(*events))), time.monotonic()
    waits: list[float] = []
    while not importing.done():
        began = time.monotonic()
        assert (await saana.ask("GET", "/me")).status == 200
        waits.append(time.monotonic() - began)
    assert (await importing).body["saved"]
    assert len(waits) > 5
    assert max(waits) < (time.monotonic() - begun) / 2  # whoever held the loop would make one wait of it all


async def test_files_that_are_none(saana: Person, service: Service) -> None:
    """Too large, of another kind, empty, not a calendar, another version: each has its answer."""
    large = await send(saana, b"x" * (1 << 20) + b"y")
    assert (large.status, large.body["limit"], large.body["size"]) == (413, 1 << 20, (1 << 20) + 1)
    assert "has 1048577 bytes; the limit is 1048576. Export less time, or split" in large.body["detail"]
    body = await saana.ask("POST", SHIFTS, data=b" " * (256 * 1024 + 1))
    assert (body.status, "the limit is 262144. Send less" in body.body["detail"]) == (413, True)
    assert (await send(saana, file(), kind="text/plain")).status == 415
    assert (await send(saana, file())).status == 422
    assert (await send(saana, b"\xff\xfe")).status == 422
    good = file(event(service, "aino", "one@x", 9))
    headers = {"Content-Type": "text/calendar"}
    assert (await saana.ask("POST", CALENDAR, data=good, headers=headers, tag='"7"')).status == 412
    aino = await person(service, "aino")
    assert (await send(aino, good)).status == 403
    assert (await aino.ask("GET", CALENDAR)).status == 403


async def test_a_feed_shows_one_persons_times(service: Service, saana: Person) -> None:
    """Without a cookie, to whoever knows the address; a new address ends the old one, and so does revoking."""
    await send(saana, file(event(service, "aino", "one@x", 9), event(service, "eino", "two@x", 9)))
    aino = await person(service, "aino")
    assert (await aino.ask("GET", FEED)).body == {"created_at": None}
    made = await aino.ask("POST", FEED)
    assert made.status == 201
    path = made.body["url"].removeprefix(service.parts.node.public_url)
    assert len(path) > len("/calendar/.ics") + 42
    anybody = Person(service)
    shown = await anybody.ask("GET", path)
    assert (shown.status, shown.text.count("BEGIN:VEVENT")) == (200, 1)
    same = await anybody.ask("GET", path, headers={"If-None-Match": str(shown.tag)})
    assert (same.status, same.text) == (304, "")
    assert (await aino.ask("GET", FEED)).body["created_at"] == made.body["created_at"]
    second = (await aino.ask("POST", FEED)).body["url"].removeprefix(service.parts.node.public_url)
    gone, never = await anybody.ask("GET", path), await anybody.ask("GET", "/calendar/never.ics")
    assert (gone.status, gone.body) == (404, never.body)
    assert (await anybody.ask("GET", second)).status == 200
    assert (await aino.ask("DELETE", FEED)).status == 204
    assert (await anybody.ask("GET", second)).status == 404
    assert (await anybody.ask("POST", FEED)).status == 401


async def test_a_disabled_accounts_feed_is_gone(service: Service) -> None:
    """Whoever may not sign in any more has no calendar either."""
    aino = await person(service, "aino")
    path = (await aino.ask("POST", FEED)).body["url"].removeprefix(service.parts.node.public_url)
    await service.backend.directory.put_staff(replace(make_staff("aino"), disabled=True))
    await service.backend.planning.refresh()
    assert (await Person(service).ask("GET", path)).status == 404
