"""The API of the plan: required minima, coverage, and who is late."""

from typing import Any

from aiohttp import web

from chatsvc.domain.coverage import missing_hours
from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.hours import OpeningHours
from chatsvc.domain.hours_document import hours_document
from chatsvc.domain.permissions import Action
from chatsvc.domain.plan import Required
from chatsvc.services.cover import cover_of, late_people
from chatsvc.services.hours import read_hours
from chatsvc.services.plan_changes import put_minima
from chatsvc.services.plan_errors import PlanRefused
from chatsvc.web import plan_bodies as bodies
from chatsvc.web.operations import Answer, Call, Operation, json_answer, queue_names, read_body
from chatsvc.web.plan_api_shifts import WINDOW, window


async def get_minima(call: Call) -> web.Response:
    """What is required of a queue."""
    plan = call.planning.plan.of(call.site.id)
    return json_answer(_minima(plan.minima.get(call.queue.key, ())), tag=plan.version)


async def put_queue_minima(call: Call) -> web.Response:
    """What is required of a queue from now on."""
    queue = call.queue
    body = await read_body(call.request, bodies.Minima)
    wanted = [Required(one.least, _hours(one.hours, number)) for number, one in enumerate(body.minima, 1)]
    changed = await put_minima(call.planning, call.site, queue.key, wanted, version=call.version)
    return json_answer(_minima(tuple(wanted)), tag=changed.version)


def _hours(document: Any, number: int) -> OpeningHours | None:
    try:
        return None if document is None else read_hours(document)
    except PlanRefused as refused:
        raise PlanRefused(
            Problem(f"minima.{number}.{one.path}", one.message) for one in refused.problems
        ) from None


def _minima(rows: tuple[Required, ...]) -> bodies.Minima:
    return bodies.Minima(
        [bodies.Minimum(one.least, None if one.hours is None else hours_document(one.hours)) for one in rows]
    )


async def get_coverage(call: Call) -> web.Response:
    """Planned beside required."""
    start, end = window(call)
    covers = await cover_of(call.planning, call.site, start, end)
    shown = [
        bodies.Cover(one.queue.partition("/")[2], one.start, one.end, one.required, one.planned, one.missing)
        for one in covers
    ]
    missing = [
        bodies.MissingHours(key.partition("/")[2], hours) for key, hours in missing_hours(covers).items()
    ]
    version = call.planning.plan.of(call.site.id).version
    return json_answer(bodies.Coverage(version, start, end, shown, missing), tag=version)


async def get_late(call: Call) -> web.Response:
    """Who is on shift and not on duty."""
    now, site = call.planning.now, call.site
    duties = {duty.id: duty for duty in await call.node.hub(site.pool_id).pool.store.people()}
    people = call.planning.declared.people
    late = [
        bodies.LatePerson(one.staff, people[one.staff].alias, queue_names(one.queues), one.since, one.until)
        for one in late_people(await call.planning.roster(), site, duties, now)
    ]
    return json_answer(bodies.LatePeople(now, site.late_ms, late))


_MINIMA = "/api/v1/sites/{site}/queues/{queue}/minima"
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getMinima", "GET", _MINIMA, "How many there must be in a queue, and when.", get_minima,
        {200: Answer("What is required.", bodies.Minima, tagged=True)}, Action.READ_COVERAGE,
    ),
    Operation(
        "putMinima", "PUT", _MINIMA, "Say how many there must be in a queue, and when.", put_queue_minima,
        {200: Answer("This is required now.", bodies.Minima, tagged=True)}, Action.CHANGE_MINIMA,
        body=bodies.Minima, versioned=True, errors=frozenset({429}),
    ),
    Operation(
        "getCoverage", "GET", "/api/v1/sites/{site}/coverage", "Planned beside required, by queue and hour.",
        get_coverage, {200: Answer("By queue, then by time.", bodies.Coverage, tagged=True)}, Action.READ_COVERAGE,
        parameters=WINDOW, errors=frozenset({422}),
    ),
    Operation(
        "getLate", "GET", "/api/v1/sites/{site}/late", "Who is on shift and not on duty.", get_late,
        {200: Answer("The longest first.", bodies.LatePeople)}, Action.READ_LATE, errors=frozenset({422}),
    ),
)  # fmt: skip
