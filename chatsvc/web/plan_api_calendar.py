"""The API of the plan: calendar files in and out, and each person's private feed."""

import hashlib

from aiohttp import web

from chatsvc.domain.permissions import Action
from chatsvc.services.calendar_lines import LARGEST_FILE
from chatsvc.services.calendars import export_calendar, feed_of, import_calendar
from chatsvc.web import plan_bodies as bodies
from chatsvc.web.operations import PLANNING, Answer, Call, Operation, Parameter, json_answer, read_raw
from chatsvc.web.plan_api_shifts import dry_run, known_absence, known_shift, outside, remarks
from chatsvc.web.problems import problem
from chatsvc.web.routes import NODE

CALENDAR = "text/calendar"
SPLIT = (
    "Export less time, or split the calendar into several files with whole events, and import them in turn."
)
FEED_PATH = "/calendar/{token}.ics"
_FILE = {"type": "string", "description": "An iCalendar file (RFC 5545), at most 1 MiB."}


async def post_calendar(call: Call) -> web.Response:
    """A calendar file, taken whole or refused."""
    if call.request.content_type != CALENDAR:
        return problem(415, "unsupported_media_type", f"Send the file as {CALENDAR}.")
    only_looking = dry_run(call)
    content = await read_raw(call.request, LARGEST_FILE, SPLIT)
    changed, found = await import_calendar(
        call.planning, call.site, content, version=call.version, dry_run=only_looking
    )
    read = bodies.ImportedPlan(
        changed.version, not only_looking, [known_shift(one) for one in found.shifts],
        [known_absence(one) for one in found.absences], outside(changed), remarks(changed),
    )  # fmt: skip
    return json_answer(read, tag=changed.version)


async def get_calendar(call: Call) -> web.Response:
    """The plan as a file that can be imported again."""
    headers = {
        "Cache-Control": "no-store", "ETag": f'"{call.planning.plan.of(call.site.id).version}"',
        "Content-Disposition": f'attachment; filename="{call.site.id}.ics"',
    }  # fmt: skip
    content = await export_calendar(call.planning, call.site)
    return web.Response(body=content, content_type=CALENDAR, charset="utf-8", headers=headers)


async def get_feed(call: Call) -> web.Response:
    """Whether the person has an address."""
    return json_answer(bodies.FeedState(await call.planning.plans.feed_since(call.staff.id)))


async def post_feed(call: Call) -> web.Response:
    """A new address; the one before leads nowhere any more."""
    now = call.planning.now
    token = await call.planning.plans.create_feed(call.staff.id, now)
    url = call.node.public_url + FEED_PATH.replace("{token}", token)
    return json_answer(bodies.FeedAddress(url, now), 201)


async def delete_feed(call: Call) -> web.Response:
    """No address any more."""
    await call.planning.plans.revoke_feed(call.staff.id)
    return web.Response(status=204, headers={"Cache-Control": "no-store"})


async def feed(request: web.Request) -> web.Response:
    """GET /calendar/{token}.ics: what a calendar program subscribes to; it needs no other sign-in."""
    planning = request.app[PLANNING]
    ident = await planning.plans.staff_of_feed(request.match_info["token"])
    person = request.app[NODE].directory.staff(ident) if ident else None
    if person is None or person.disabled:
        return problem(404, "not_found", "There is no calendar at this address.")
    content = await feed_of(planning, person)
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag, "Referrer-Policy": "no-referrer"}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=content, content_type=CALENDAR, charset="utf-8", headers=headers)


_SITE = "/api/v1/sites/{site}/calendar"
_FEED = "/api/v1/me/feed"
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getCalendar", "GET", _SITE, "The site's plan as a calendar file.", get_calendar,
        {200: Answer("Rules and all; it can be imported again.", _FILE, CALENDAR, tagged=True)}, Action.EXPORT_PLAN,
    ),
    Operation(
        "postCalendar", "POST", _SITE, "Take over the shifts and absences of a calendar file, or see what they are.",
        post_calendar, {200: Answer("What the file was read as.", bodies.ImportedPlan, tagged=True)},
        Action.IMPORT_PLAN, body=_FILE, body_media=CALENDAR, errors=frozenset({415, 429}),
        parameters=(Parameter("dry_run", "`true`: nothing is saved.", {"enum": ["true", "false"]}),),
    ),
    Operation(
        "getFeed", "GET", _FEED, "Whether one's calendar has a private address.", get_feed,
        {200: Answer("Since when, if there is one.", bodies.FeedState)},
    ),
    Operation(
        "postFeed", "POST", _FEED, "Make a private address for one's calendar; the one before ends.", post_feed,
        {201: Answer("It is shown only now.", bodies.FeedAddress)},
    ),
    Operation(
        "deleteFeed", "DELETE", _FEED, "End the private address of one's calendar.", delete_feed,
        {204: Answer("There is none any more.")},
    ),
)  # fmt: skip
