"""Opening hours and holidays over the API, and who may do what."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from chatsvc.domain.declaration_hours import opening_hours
from chatsvc.domain.hours_document import hours_document
from chatsvc.domain.permissions import MAY, Action, may
from chatsvc.domain.sites import Role, SiteId
from tests.support.api import Person, person
from tests.support.service import Service, make_staff, running
from tests.support.stores import SingleStore

HOURS = "/sites/kunta/queues/paihde/hours"
WEEK: dict[str, Any] = {
    "mon": ["09:00-15:00"], "fri": ["08:00-11:00", "12:00-14:00"], "sat": ["22:00-02:00"],
    "holidays": "as on sunday",
    "exception": [
        {"on": "2026-12-23", "hours": ["09:00-12:00"], "names": {"fi": "Aattona", "sv": "Dagen före"}},
        {"from": "2026-12-24", "to": "2026-12-26", "hours": []},
    ],
}  # fmt: skip
# By hand, so that a change of the table is seen: S supervisor, A admin, C counsellor, U auditor.
EXPECTED = {
    "read_hours": "SAC", "change_hours": "SA", "read_shifts": "SAC", "change_shifts": "SA",
    "read_own_absences": "SAC", "read_absences": "SA", "change_absences": "SA", "ask_swaps": "SC",
    "read_swaps": "SA", "decide_swaps": "SA", "read_coverage": "SA", "change_minima": "SA", "read_late": "SA",
    "import_plan": "SA", "export_plan": "SA", "read_board": "SA", "read_statistics": "SA",
    "read_audit": "U", "list_conversations": "SC", "open_transcripts": "SC", "read_holds": "SAU",
    "change_holds": "SA", "read_privacy_report": "AU", "read_openings": "AU",
}  # fmt: skip


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A counsellor and a supervisor of `kunta`."""
    people = (make_staff("aino"), make_staff("saana", role="supervisor"))
    async with running(valkey.url, tmp_path, None, people, worker=False) as made:
        yield made


@pytest.fixture
async def saana(service: Service) -> Person:
    """The supervisor."""
    return await person(service, "saana")


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", get_args(Role))
def test_every_cell_of_the_table(role: Role, action: Action) -> None:
    """Each role may do what is listed here, at its own sites, while the account is enabled; nothing else."""
    letter = {"supervisor": "S", "admin": "A", "counsellor": "C", "auditor": "U"}.get(role, "-")
    somebody = make_staff("somebody", role=role)
    assert may(somebody, action, SiteId("kunta")) == (letter in EXPECTED[action.value])
    assert not may(somebody, action, SiteId("other"))
    assert not may(replace(somebody, disabled=True), action, SiteId("kunta"))


def test_the_table_knows_every_role() -> None:
    """A role that somebody adds is refused nothing by accident: it must be given its line."""
    assert set(MAY) == set(get_args(Role))
    assert may(replace(make_staff("root", role="admin"), sites=()), Action.CHANGE_HOURS, SiteId("kunta"))
    assert not may(
        replace(make_staff("x", role="supervisor"), sites=()), Action.CHANGE_HOURS, SiteId("kunta")
    )


@pytest.mark.parametrize("document", ["always", WEEK, {"mon-sun": [], "holidays": ["10:00-12:00"]}])
def test_hours_are_written_as_they_are_read(document: Any) -> None:
    """A document of hours is read as the hours that it was written for."""
    hours = opening_hours(document)
    assert opening_hours(hours_document(hours)) == hours
    assert hours_document(hours) == document


async def test_hours_are_set_and_hold_at_once(service: Service, saana: Person) -> None:
    """What a supervisor puts is what everybody gets, in the public list too."""
    before = await saana.ask("GET", HOURS)
    assert (before.status, before.body) == (200, {"hours": "always"})
    assert before.tag
    await service.on_duty("aino")
    closed = {"mon-sun": [], "holidays": "closed"}
    put = await saana.ask("PUT", HOURS, {"hours": closed}, tag=before.tag)
    assert (put.status, put.body) == (200, {"hours": closed})
    again = await saana.ask("GET", HOURS)
    assert (again.body, again.tag) == (put.body, put.tag)
    assert again.tag != before.tag
    aino = await person(service, "aino")
    public = await aino.ask("GET", "/sites/kunta/queues")
    assert public.body["queues"][0]["state"] == "closed"
    assert (await saana.ask("PUT", HOURS, {"hours": WEEK}, tag="*")).body == {"hours": WEEK}


async def test_who_was_slower_is_told(saana: Person) -> None:
    """Two people who read the same hours and change them: the second is refused, and so is one who names no version."""
    tag = (await saana.ask("GET", HOURS)).tag
    assert (await saana.ask("PUT", HOURS, {"hours": WEEK}, tag=tag)).status == 200
    late = await saana.ask("PUT", HOURS, {"hours": "always"}, tag=tag)
    assert (late.status, late.body["code"]) == (412, "changed")
    missing = await saana.ask("PUT", HOURS, {"hours": "always"})
    assert (missing.status, missing.body["code"]) == (428, "version_missing")
    assert (await saana.ask("GET", HOURS)).body == {"hours": WEEK}


async def test_wrong_hours_are_refused_with_every_place(saana: Person) -> None:
    """Each thing that is wrong is named with its field, and nothing is changed."""
    wrong = {"mon": ["9:00-25:00"], "tue": ["9:00-12:00", "11:00-13:00"], "someday": []}
    said = await saana.ask("PUT", HOURS, {"hours": wrong}, tag="*")
    assert (said.status, said.body["code"], said.body["field"]) == (422, "refused", "hours.mon")
    assert [one["field"] for one in said.body["problems"]] == ["hours.mon", "hours.tue", "hours.someday"]
    assert (await saana.ask("GET", HOURS)).body == {"hours": "always"}


@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        ({}, "hours", "`hours` is missing."),
        (
            {"hours": "always", "hour": 1},
            "hour",
            "There is no field `hour`. Did you mean hours? Accepted: hours.",
        ),
        ([], None, "Expected `object`, got `array`."),
        ("x", None, "Expected `object`, got `str`."),
    ],
)
async def test_a_body_of_another_form_is_refused(
    saana: Person, body: Any, field: str | None, detail: str
) -> None:
    """What is no such object is answered with 400, and what is missing or unknown in it is named."""
    said = await saana.ask("PUT", HOURS, body, tag="*")
    assert (said.status, said.body.get("field"), said.body["detail"]) == (400, field, detail)


NIGHT_AND_MORNING = ["07:00-09:00", "22:00-08:00"]


@pytest.mark.parametrize(
    ("hours", "field", "said"),
    [
        ({"mon": [f"{hour}-{hour}:30" for hour in range(13)]}, "hours.mon", "has 13 periods; a day has at most 12."),
        ({"tue": ["07-09"], "mon": ["22-08"]}, "hours.tue", "22:00-08:00 of mon and 07:00-09:00 of tue overlap."),
        ({"mon": ["07-09"], "sun": ["22-08"]}, "hours.mon", "22:00-08:00 of sun and 07:00-09:00 of mon overlap."),
        ({"mon-sun": NIGHT_AND_MORNING}, "hours.mon-sun", "22:00-08:00 of sun and 07:00-09:00 of mon overlap."),
        ({"mon": [], "holidays": NIGHT_AND_MORNING}, "hours.holidays", "22:00-08:00 and 07:00-09:00 of the day after"),
        (
            {"mon": [], "exception": [{"from": "2026-12-24", "to": "2026-12-25", "hours": NIGHT_AND_MORNING}]},
            "hours.exception[1].hours", "22:00-08:00 and 07:00-09:00 of the day after overlap.",
        ),
    ],
)  # fmt: skip
async def test_too_many_periods_and_nights_that_run_into_the_morning(
    saana: Person, hours: Any, field: str, said: str
) -> None:
    """The limit is said, and which periods of which days overlap over midnight."""
    refused = await saana.ask("PUT", HOURS, {"hours": hours}, tag="*")
    assert (refused.status, len(refused.body["problems"]), refused.body["field"]) == (422, 1, field)
    assert refused.body["problems"][0]["message"].startswith(said)


async def test_who_is_refused(service: Service, saana: Person) -> None:
    """Nobody, a counsellor, another site's supervisor, another page, and whoever names what is not there."""
    body = {"hours": "always"}
    assert (await Person(service).ask("PUT", HOURS, body, tag="*")).status == 401
    aino = await person(service, "aino")
    assert (await aino.ask("GET", HOURS)).status == 200
    assert (await aino.ask("PUT", HOURS, body, tag="*")).status == 403
    foreign = {"Origin": "https://evil.example"}
    assert (await saana.ask("PUT", HOURS, body, tag="*", headers=foreign)).status == 403
    assert (await saana.ask("GET", "/sites/kunta/queues/none/hours")).status == 404
    assert (await saana.ask("GET", "/sites/none/queues/paihde/hours")).status == 404


async def test_holidays(saana: Person) -> None:
    """The holidays of a year by date, with names in three languages; a year that is none is refused."""
    said = await saana.ask("GET", "/holidays?year=2026")
    assert said.body["year"] == 2026
    days = {day["date"]: day["names"] for day in said.body["holidays"]}
    assert days["2026-12-06"]["fi"] == "Itsenäisyyspäivä"
    assert set(days["2026-12-06"]) == {"fi", "sv", "en"}
    sami = dict.fromkeys(("se", "smn", "sms"), "fi")
    assert said.body["named_in"] == {"fi": "fi", "sv": "sv", "en": "en", **sami}
    assert (await saana.ask("GET", "/holidays")).status == 200
    assert (await saana.ask("GET", "/holidays?year=soon")).body["field"] == "year"
