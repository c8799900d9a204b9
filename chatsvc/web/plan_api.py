"""The API of the plan: opening hours and public holidays; the rest is in the modules `plan_api_…`."""

import asyncio

from aiohttp import web

from chatsvc.domain.hours import local_day
from chatsvc.domain.hours_document import hours_document
from chatsvc.domain.permissions import Action
from chatsvc.services.hours import hours_tag, read_hours, set_hours
from chatsvc.services.opening import NAMED_IN, holidays_of, learn_holidays
from chatsvc.web import (
    audit_api,
    board_api,
    holds_api,
    openings_api,
    passkeys_api,
    plan_api_calendar,
    plan_api_cover,
    plan_api_shifts,
    plan_api_staff,
    plan_api_swaps,
    privacy_api,
    sign_in_api,
    statistics_api,
    transcripts_api,
)
from chatsvc.web import plan_bodies as bodies
from chatsvc.web.operations import Answer, BadBody, Call, Operation, Parameter, json_answer, mount, read_body

YEARS = range(2000, 2100)


async def get_hours(call: Call) -> web.Response:
    """The hours in force."""
    return json_answer(bodies.Hours(hours_document(call.queue.hours)), tag=hours_tag(call.queue.hours))


async def put_hours(call: Call) -> web.Response:
    """New hours: visitors and counsellors see the difference at once."""
    queue = call.queue
    body = await read_body(call.request, bodies.Hours)
    await asyncio.to_thread(learn_holidays, call.planning.now)  # else the first who asks would wait for them
    hours = await set_hours(call.planning.sites, queue.key, read_hours(body.hours), call.version)
    await call.planning.refresh()
    return json_answer(bodies.Hours(hours_document(hours)), tag=hours_tag(hours))


async def get_holidays(call: Call) -> web.Response:
    """The public holidays of a year."""
    given = call.request.query.get("year", str(local_day(call.planning.now).year))
    if not (given.isascii() and given.isdigit() and len(given) == 4 and int(given) in YEARS):
        raise BadBody(f"`year` is a year from {YEARS[0]} to {YEARS[-1]}.", "year")
    found = await asyncio.to_thread(holidays_of, int(given))
    days = [bodies.Holiday(day.isoformat(), dict(names)) for day, names in sorted(found.items())]
    return json_answer(bodies.Holidays(int(given), dict(NAMED_IN), days))


_HOURS = "/api/v1/sites/{site}/queues/{queue}/hours"
_OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getHours", "GET", _HOURS, "When a queue is meant to be open.", get_hours,
        {200: Answer("The hours in force.", bodies.Hours, tagged=True)}, Action.READ_HOURS,
    ),
    Operation(
        "putHours", "PUT", _HOURS, "Set when a queue is meant to be open.", put_hours,
        {200: Answer("These hours are in force now.", bodies.Hours, tagged=True)}, Action.CHANGE_HOURS,
        body=bodies.Hours, versioned=True,
    ),
    Operation(
        "getHolidays", "GET", "/api/v1/holidays", "The public holidays of Finland.", get_holidays,
        {200: Answer("By date, with their names.", bodies.Holidays)},
        parameters=(
            Parameter("year", "This year if left out.", {"type": "integer", "minimum": YEARS[0], "maximum": YEARS[-1]}),
        ),
    ),
)  # fmt: skip
OPERATIONS = (
    *_OPERATIONS,
    *plan_api_shifts.OPERATIONS,
    *plan_api_swaps.OPERATIONS,
    *plan_api_staff.OPERATIONS,
    *plan_api_cover.OPERATIONS,
    *plan_api_calendar.OPERATIONS,
    *board_api.OPERATIONS,
    *statistics_api.OPERATIONS,
    *audit_api.OPERATIONS,
    *openings_api.OPERATIONS,
    *transcripts_api.OPERATIONS,
    *holds_api.OPERATIONS,
    *privacy_api.OPERATIONS,
    *sign_in_api.OPERATIONS,
    *passkeys_api.OPERATIONS,
)


def add_plan_api(app: web.Application) -> None:
    """Mount the plan's operations."""
    for operation in OPERATIONS:
        mount(app, operation)
    app.router.add_route("GET", plan_api_calendar.FEED_PATH, plan_api_calendar.feed)
