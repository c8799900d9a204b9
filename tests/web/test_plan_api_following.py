"""This time of a series and all that follow, over the API; and what a change of shifts does to swaps."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.hours import OpeningHours, Period, local_day
from chatsvc.domain.shifts import wall_at, wall_ms
from tests.support.api import Person, Said, person
from tests.support.service import make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still

SHIFTS, SWAPS = "/sites/kunta/shifts", "/sites/kunta/swaps"
OFFICE = OpeningHours(weekly=((Period(9 * 60, 15 * 60),),) * 7, on_holidays="as usual")


@dataclass(slots=True)
class Series:
    """Aino's Mondays from nine to three, the second left out and the fourth an hour later; Eino's Tuesdays."""

    people: dict[str, Person]
    first: datetime
    shift: str
    other: str
    body: dict[str, Any]

    def wall(self, week: int, hour: int = 9) -> str:
        """A local time of the series' weekday in a week from its first."""
        return f"{self.first + timedelta(days=7 * week, hours=hour):%Y-%m-%dT%H:%M}"

    async def ask(
        self, method: str, query: str = "", body: Any = None, who: str = "saana", tag: str = "*"
    ) -> Said:
        """Do something to Aino's shift."""
        return await self.people[who].ask(method, f"{SHIFTS}/{self.shift}{query}", body, tag=tag)

    async def planned(self, weeks: int = 6) -> list[tuple[str, int, int]]:
        """Who is planned on the series' weekday: the person, in which week, from which hour."""
        start = wall_ms(self.first)
        said = await self.people["saana"].ask(
            "GET", f"/sites/kunta/roster?from={start}&to={start + weeks * 7 * 86_400_000}"
        )
        walls = [(one["staff"], wall_at(one["start"])) for one in said.body["occurrences"]]
        return [
            (staff, (wall - self.first).days // 7, wall.hour) for staff, wall in walls if wall.weekday() == 0
        ]

    async def swap(self, week: int, *steps: tuple[str, str]) -> str:
        """Aino asks Eino for a Monday."""
        gives = {"shift": self.shift, "of": self.wall(week)}
        said = await self.people["aino"].ask("POST", SWAPS, {"colleague": "eino", "gives": gives})
        assert said.status == 201, said.text
        for who, step in steps:
            assert (
                await self.people[who].ask("POST", f"{SWAPS}/{said.body['swap']['id']}/{step}")
            ).status == 200
        return str(said.body["swap"]["id"])

    async def swaps(self) -> dict[str, dict[str, Any]]:
        """Every swap, by id."""
        return {one["id"]: one for one in (await self.people["saana"].ask("GET", SWAPS)).body["swaps"]}


@pytest.fixture
async def series(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Series]:
    """The two series, a supervisor, and a queue with hours."""
    people = make_staff("aino"), make_staff("eino"), make_staff("saana", role="supervisor")
    async with still(valkey.url, tmp_path, make_site(paihde={"hours": OFFICE}), people) as service:
        known = {str(one.id): await person(service, one.id) for one in people}
        today = local_day(service.backend.clock.now())
        monday = datetime(today.year, today.month, today.day) + timedelta(days=14 - today.weekday())  # noqa: DTZ001
        made = Series(known, monday, "", "", {})
        made.body = {
            "staff": "aino", "queues": ["paihde"], "start": made.wall(0), "end": made.wall(0, 15),
            "rule": "FREQ=WEEKLY", "exdates": [made.wall(1)],
            "overrides": [
                {"of": made.wall(3), "start": made.wall(3, 10), "end": made.wall(3, 15), "staff": None, "queues": None}
            ],
        }  # fmt: skip
        tuesday = {"staff": "eino", "start": made.wall(0, 33), "end": made.wall(0, 39)}
        for name, body in (
            ("shift", made.body),
            ("other", made.body | tuesday | {"exdates": [], "overrides": []}),
        ):
            said = await known["saana"].ask("POST", SHIFTS, body)
            assert said.status == 201, said.text
            setattr(made, name, said.body["shift"]["id"])
        yield made


def moved(series: Series, week: int, **fields: Any) -> dict[str, Any]:
    """What goes on from a week on, with its exceptions."""
    kept = {
        "exdates": [one for one in series.body["exdates"] if one >= series.wall(week)],
        "overrides": [one for one in series.body["overrides"] if one["of"] >= series.wall(week)],
    }
    return series.body | {"start": series.wall(week), "end": series.wall(week, 15)} | kept | fields


async def test_this_time_and_all_that_follow(series: Series) -> None:
    """The series ends before that day and another goes on, in one step; exceptions and a count go with their days."""
    before = await series.planned()
    assert before == [("aino", 0, 9), ("aino", 2, 9), ("aino", 3, 10), ("aino", 4, 9), ("aino", 5, 9)]
    query = f"?following={series.wall(2)}"
    rest = await series.ask("GET", query)
    assert rest.body["shift"] == moved(series, 2)
    looked = await series.ask("PUT", query + "&dry_run=true", moved(series, 2, staff="eino"))
    assert (looked.status, looked.body["saved"], await series.planned()) == (200, False, before)
    done = await series.ask("PUT", query, moved(series, 2, staff="eino"), tag='"2"')
    assert (done.status, done.body["version"], done.body["shift"]["sequence"]) == (200, 3, 0)
    assert await series.planned() == [
        ("aino", 0, 9),
        ("eino", 2, 9),
        ("eino", 3, 10),
        ("eino", 4, 9),
        ("eino", 5, 9),
    ]
    old = (await series.ask("GET")).body
    assert (old["sequence"], old["shift"]["exdates"], old["shift"]["overrides"]) == (1, [series.wall(1)], [])
    assert (await series.ask("DELETE", f"?following={series.wall(1)}")).status == 204
    assert (await series.planned())[:2] == [("aino", 0, 9), ("eino", 2, 9)]
    assert (await series.ask("DELETE", f"?following={series.wall(0)}")).status == 204
    assert (await series.ask("GET")).status == 404


async def test_from_the_first_time_on_is_the_whole_series(series: Series) -> None:
    """Where nothing comes before, the shift keeps its id; a time that the rule doesn't give is refused."""
    done = await series.ask("PUT", f"?following={series.wall(0)}", moved(series, 0, staff="eino"))
    assert (done.status, done.body["shift"]["id"], done.body["shift"]["sequence"]) == (200, series.shift, 1)
    for method, body in (("GET", None), ("PUT", moved(series, 0)), ("DELETE", None)):
        for of in (series.wall(2, 10), "2027-01-01", series.wall(-1)):
            said = await series.ask(method, f"?following={of}", body)
            assert (said.status, said.body["field"]) == (422, "following"), said.text
    assert (
        await series.ask("PUT", f"?following={series.wall(2)}", moved(series, 2), tag='"1"')
    ).status == 412


async def test_what_goes_on_must_be_possible_too(series: Series) -> None:
    """Somebody planned twice by what goes on is told of at its field, and nothing has changed."""
    tuesday = {"start": series.wall(2, 33), "end": series.wall(2, 38), "exdates": [], "overrides": []}
    said = await series.ask("PUT", f"?following={series.wall(2)}", moved(series, 2, staff="eino") | tuesday)
    assert (said.status, said.body["field"]) == (422, "start"), said.text
    assert "eino would be planned twice" in said.body["detail"]
    assert (await series.ask("GET")).body["sequence"] == 0


async def test_the_times_of_somebody_who_has_left_are_given_to_another(series: Series) -> None:
    """A series that is broken by now can be ended and go on with somebody else; it can't be made longer."""
    service = series.people["saana"].service
    await service.backend.directory.put_staff(replace(make_staff("aino"), disabled=True))
    await service.backend.planning.refresh()
    longer = await series.ask("PUT", "", series.body | {"end": series.wall(0, 16)})
    assert (longer.status, longer.body["field"]) == (422, "staff")
    done = await series.ask("PUT", f"?following={series.wall(2)}", moved(series, 2, staff="eino"))
    assert done.status == 200, done.text
    assert await series.planned() == [("eino", 2, 9), ("eino", 3, 10), ("eino", 4, 9), ("eino", 5, 9)]
    more = moved(series, 0, overrides=[], rule="FREQ=WEEKLY")
    assert (await series.ask("PUT", "", more)).status == 422
    assert (
        await series.ask("PUT", "", moved(series, 0, overrides=[], rule="FREQ=WEEKLY;COUNT=1"))
    ).status == 422


async def test_a_warning_names_its_time_and_a_changed_one_is_never_left_out(series: Series) -> None:
    """Of one time changed far ahead the warning comes first, beside those of the other days."""
    long = series.body | {"end": series.wall(0, 16)}
    far = {"of": series.wall(30), "start": series.wall(30, 7), "end": series.wall(30, 9)}
    said = await series.ask("PUT", "?dry_run=true", long | {"overrides": [far]})
    warnings = [(one["of"], one["end"] - one["start"]) for one in said.body["warnings"]]
    assert warnings[0] == (series.wall(30), 2 * 3_600_000)
    assert warnings[1:] == [(series.wall(week), 3_600_000) for week in (0, 2, 3)][: len(warnings) - 1]
    assert len(warnings) > 1


AGREED = (("eino", "agree"),)
APPROVED = (("eino", "agree"), ("saana", "approve"))


async def test_a_change_says_which_swaps_it_ends(series: Series) -> None:
    """Before saving, and after: what was wished for lapses with its reason, what was approved is void, all named."""
    agreed, approved, early = (
        await series.swap(4, *AGREED), await series.swap(5, *APPROVED), await series.swap(0, *AGREED),
    )  # fmt: skip
    later = moved(series, 2, start=series.wall(2, 10), overrides=[])
    for query in ("&dry_run=true", ""):
        said = await series.ask("PUT", f"?following={series.wall(2)}{query}", later)
        assert [(one["swap"]["id"], one["ends"]) for one in said.body["swaps"]] == [
            (agreed, True),
            (approved, True),
        ]
    assert {name: one["lapsed"] for name, one in (await series.swaps()).items()} == {
        agreed: "gone", approved: None, early: None,
    }  # fmt: skip
    refused = await series.people["saana"].ask("POST", f"{SWAPS}/{agreed}/approve")
    assert (refused.status, refused.body["field"]) == (422, "gives")
    looked = await series.ask("DELETE", "?dry_run=true")
    assert (looked.status, [one["swap"]["id"] for one in looked.body["swaps"]]) == (200, [early])
    assert (await series.ask("GET")).status == 200


async def test_swaps_go_along_with_their_times(series: Series) -> None:
    """Swaps of times that stay are neither ended nor lost, and new hours of theirs are told."""
    agreed, approved = await series.swap(4, *AGREED), await series.swap(5, *APPROVED)
    same = await series.ask(
        "PUT", f"?following={series.wall(2)}", moved(series, 2, rule="FREQ=WEEKLY;COUNT=9")
    )
    assert (same.status, same.body["swaps"]) == (200, [])
    assert (await series.planned())[-1] == ("eino", 5, 9)
    swaps = await series.swaps()
    assert {one["gives"]["shift"] for one in swaps.values()} == {same.body["shift"]["id"]}
    assert (swaps[agreed]["lapsed"], swaps[approved]["state"]) == (None, "approved")
    series.shift = same.body["shift"]["id"]
    longer = moved(series, 2, end=series.wall(2, 16), rule="FREQ=WEEKLY;COUNT=9", overrides=[])
    said = await series.ask("PUT", "?dry_run=true", longer)
    assert [(one["swap"]["id"], one["ends"]) for one in said.body["swaps"]] == [
        (agreed, False),
        (approved, False),
    ]
    assert (await series.people["saana"].ask("POST", f"{SWAPS}/{agreed}/approve")).status == 200


async def test_what_a_swap_gives_back_must_be_possible_too(series: Series) -> None:
    """Whoever would have a time again, as its swap ends, and by now works elsewhere then, is told of before saving."""
    body = {
        "colleague": "eino", "gives": {"shift": series.shift, "of": series.wall(4)},
        "takes": {"shift": series.other, "of": series.wall(4, 33)},
    }  # fmt: skip
    said = await series.people["aino"].ask("POST", SWAPS, body)
    for who, step in APPROVED:
        assert (
            await series.people[who].ask("POST", f"{SWAPS}/{said.body['swap']['id']}/{step}")
        ).status == 200
    once = {"staff": "eino", "queues": ["paihde"], "start": series.wall(4, 33), "end": series.wall(4, 34)}
    assert (await series.people["saana"].ask("POST", SHIFTS, once)).status == 201
    refused = await series.ask("DELETE")
    assert (refused.status, "eino would be planned twice" in refused.text) == (422, True)
    assert (await series.ask("GET")).status == 200
