"""The API of the plan: who can be planned."""

from aiohttp import web

from chatsvc.domain.permissions import Action, works_for
from chatsvc.services.plan_checks import TALKING
from chatsvc.web import plan_bodies as bodies
from chatsvc.web.operations import Answer, Call, Operation, json_answer, queue_names


async def get_staff(call: Call) -> web.Response:
    """Everybody of the site whose account is in use and who answers visitors."""
    declared = call.planning.declared
    found = [
        bodies.Planned(
            person.id, person.alias, person.role,
            queue_names(tuple(queue.key for queue in declared.queues_of(person) if queue.site == call.site.id)),
            list(person.languages),
        )
        for person in declared.people.values()
        if not person.disabled and person.role in TALKING and works_for(person, call.site.id)
    ]  # fmt: skip
    return json_answer(bodies.SiteStaff(sorted(found, key=lambda one: (one.alias, one.id))))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getStaff", "GET", "/api/v1/sites/{site}/staff", "Who can be planned at a site.", get_staff,
        {200: Answer("By alias; accounts that are not in use are left out.", bodies.SiteStaff)}, Action.READ_SHIFTS,
    ),
)  # fmt: skip
