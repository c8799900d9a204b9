"""The HTTP API under /api/v1."""

from contextlib import suppress
from typing import Any

import msgspec
from aiohttp import web

from chatsvc.domain.conversation import LIVE
from chatsvc.domain.errors import BadState, ChatError, NotAllowed, NotFound, StoreUnavailable, TooMany
from chatsvc.domain.permissions import TALKING
from chatsvc.domain.records import Duty
from chatsvc.domain.sites import Staff
from chatsvc.services import visits
from chatsvc.web import views
from chatsvc.web.json_body import read_object, uncached
from chatsvc.web.node import Node
from chatsvc.web.operations import TooLarge
from chatsvc.web.problems import problem
from chatsvc.web.routes import NODE, origin_allowed, signed_in
from chatsvc.web.sign_in import add_sign_in
from chatsvc.web.sign_in_alone import add_sign_in_alone
from chatsvc.web.tokens import COOKIE, expire_cookie


async def queues(request: web.Request) -> web.Response:
    """GET /sites/{site}/queues: public; what a page may show before anybody opens the chat."""
    node = request.app[NODE]
    site, hub = node.site(request.match_info["site"])
    reports = await hub.reports(site.queues)
    bodies = [msgspec.to_builtins(views.status(site, report, None)) for report in reports]
    for body in bodies:
        del body["type"], body["resume"]
    found = {"site": site.id, "names": site.names, "languages": list(site.languages), "queues": bodies}
    return uncached(found, headers={"Access-Control-Allow-Origin": "*"})


async def colleagues(request: web.Request) -> web.Response:
    """GET /colleagues: who else answers for one of one's sites, for transfers and consultations."""
    staff = await signed_in(request)
    if staff is None:
        return problem(401, "not_signed_in", "Sign in first.")
    if staff.role not in TALKING:
        raise NotAllowed
    pool = request.app[NODE].hub(staff.pool).pool
    rows = [
        _colleague(duty)
        for duty in sorted(await pool.store.people(), key=lambda duty: duty.alias)
        if duty.id != staff.id and duty.state != "off" and duty.away is None and _shares_a_site(duty, staff)
    ]
    return uncached({"colleagues": rows})


def _colleague(duty: Duty) -> dict[str, Any]:
    return {
        "id": duty.id, "alias": duty.alias, "state": duty.state, "reason": views.duty_reason(duty),
        "free": max(0, duty.capacity - duty.load),
    }  # fmt: skip


def _shares_a_site(duty: Duty, staff: Staff) -> bool:
    return any(queue.partition("/")[0] in staff.sites for queue in duty.queues)


async def end_visit(request: web.Request) -> web.Response:
    """POST /visitor/end {how}: ends what this token has, kills it, expires the cookie. Fit for a beacon.

    `over` does so only if nothing goes on under it on any site: one cookie may serve several.
    """
    if not origin_allowed(request):
        return problem(403, "origin", "Only this service's own pages may end a visit.")
    node = request.app[NODE]
    body = await read_object(request)
    how = body.get("how", "button")
    if how not in ("button", "quick_exit", "over"):
        return problem(400, "bad_field", "`how` is `button`, `quick_exit` or `over`.")
    token = node.tokens.recognise(request.cookies.get(COOKIE))
    if how == "over" and token is not None and await _goes_on(node, token):
        return web.Response(status=204, headers={"Cache-Control": "no-store"})
    reason = "quick_exit" if how == "quick_exit" else "visitor_left"
    status = 204
    if token is not None:
        try:
            await _end_everywhere(node, token, reason)
        except ChatError as error:
            if not error.retryable:
                raise
            # A beacon can't try again, so this node does, for as long as it lives.
            node.farewell(lambda: _end_everywhere(node, token, reason))
            status = 202
    return web.Response(status=status, headers={"Set-Cookie": expire_cookie(), "Cache-Control": "no-store"})


async def _goes_on(node: Node, token: str) -> bool:
    for site in node.directory.all_sites():
        _, hub = node.site(site.id)
        found = await hub.pool.store.conversation_of(node.tokens.visitor(site.id, token))
        if found is not None and found.state in LIVE:
            return True
    return False


async def _end_everywhere(node: Node, token: str, reason: str) -> None:
    await node.graves.bury(node.tokens.grave(token))
    for site in node.directory.all_sites():  # a dead token leads nowhere, on any site
        await _end_at(node, site.id, token, reason)


async def _end_at(node: Node, site: str, token: str, reason: str) -> None:
    _, hub = node.site(site)
    visitor = node.tokens.visitor(site, token)
    found = await hub.pool.store.conversation_of(visitor)
    if found is not None:
        with suppress(NotFound, BadState):  # it ended in this moment
            await visits.leave(hub.pool, found.id, visitor, reason, forget=True)


_STATUS = {"not_found": 404, "bad_body": 400, "bad_field": 400, "too_many": 429, "not_allowed": 403}


@web.middleware
async def answer_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turns refusals and failures into problem documents."""
    try:
        found: web.StreamResponse = await handler(request)
        return found
    except StoreUnavailable as error:
        return problem(503, error.code, error.public, retry_after_s=1)
    except TooMany as error:
        return problem(429, error.code, error.public, retry_after_s=5)
    except TooLarge as error:
        return problem(413, error.code, str(error), limit=error.limit, size=error.size)
    except ChatError as error:
        return problem(_STATUS.get(error.code, 409), error.code, str(error))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = problem(error.status, error.reason.lower().replace(" ", "_"), f"{error.reason}.")
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer


def add_api(app: web.Application) -> None:
    """Mount the API."""
    add = app.router.add_route
    add("GET", "/api/v1/sites/{site}/queues", queues)
    add_sign_in(app)
    add_sign_in_alone(app)
    add("GET", "/api/v1/colleagues", colleagues)
    add("POST", "/api/v1/visitor/end", end_visit)
