"""How an operation of the API is declared: once, for the router, for who may, and for the OpenAPI document."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import msgspec
from aiohttp import web

from chatsvc.domain.errors import ChatError, NotAllowed, NotFound
from chatsvc.domain.permissions import Action, may
from chatsvc.domain.sites import Queue, QueueKey, Site, Staff, queue_key
from chatsvc.services.audit import Audit
from chatsvc.services.hours import ANY
from chatsvc.services.plan_errors import PlanChanged, PlanRefused, VersionMissing
from chatsvc.services.planning import Planning
from chatsvc.web.decoder_words import bracketed, explained
from chatsvc.web.node import Node
from chatsvc.web.problems import problem
from chatsvc.web.routes import NODE, origin_allowed, signed_in

LARGEST_BODY = 256 * 1024  # hours with 500 exceptions, a shift with 500 changed times
SEND_LESS = "Send less at once."
BODY_WITHIN_S = 10.0
PLANNING = web.AppKey("planning", Planning)
AUDIT = web.AppKey("audit", Audit)
SAID = web.RequestKey("said", dict[str, str])  # facts for the audit log, besides what was done to what
CHANGING = frozenset({"POST", "PUT", "DELETE"})
Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class Answer:
    """One kind of answer: what it means, and what its body is (a Struct, or None for no body)."""

    meaning: str
    body: Any = None
    media: str = "application/json"
    tagged: bool = False  # carries an ETag


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query or the path."""

    name: str
    meaning: str
    schema: Mapping[str, Any]
    place: Literal["query", "path", "header"] = "query"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody who may make it."""

    request: web.Request
    node: Node
    planning: Planning
    staff: Staff
    where: Site | None

    @property
    def site(self) -> Site:
        """The site of the path."""
        assert self.where is not None
        return self.where

    @property
    def queue(self) -> Queue:
        """The queue of the path. Raises NotFound."""
        wanted = queue_key(self.site.id, self.request.match_info["queue"])
        found = next((queue for queue in self.site.queues if queue.key == wanted), None)
        if found is None:
            raise NotFound("There is no such queue at this site.")
        return found

    def may(self, action: Action) -> bool:
        """Whether this person may do something else at the same site."""
        return may(self.staff, action, self.site.id)

    @property
    def version(self) -> str | None:
        """What If-Match says, without the quotes; None if it says nothing."""
        given = self.request.headers.get("If-Match")
        return given if given in (None, ANY) else given.removeprefix("W/").strip('"')


Handle = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `action` is what the person must be allowed at the site; None: whoever is signed in."""

    id: str
    method: str
    path: str
    summary: str
    handle: Handle
    answers: Mapping[int, Answer]
    action: Action | None = None
    body: Any = None
    body_media: str = "application/json"
    parameters: tuple[Parameter, ...] = ()
    versioned: bool = False  # takes If-Match
    tag: str = "plan"
    errors: frozenset[int] = field(default_factory=frozenset)
    recorded_before: bool = False  # writes to the audit log itself, before it does anything

    @property
    def refusals(self) -> frozenset[int]:
        """The statuses of problem documents that may come back."""
        always = {401, 403, 503} | self.errors
        named = {404} if "{" in self.path else set()
        body = {400, 408, 413, 422} if self.body is not None else set()
        query = {400} if self.parameters else set()
        version = {412, 428} if self.versioned else set()
        return frozenset(always | named | body | query | version)

    def changed(self, request: web.Request, answered: web.StreamResponse) -> bool:
        """Whether something is different now that has to be recorded."""
        looked = self.recorded_before or request.query.get("dry_run") == "true"
        return self.method in CHANGING and not looked and answered.status < 400


async def _record(request: web.Request, operation: Operation, staff: Staff, where: Site | None) -> None:
    """Write what was done to the audit log. It is done already, so a log that is away does not undo the answer."""
    place = request.path.removeprefix("/api/v1/")
    said = request.get(SAID, {})
    sites = [where.id] if where else staff.sites
    await request.app[AUDIT].record_done(sites, staff, operation.id, place, **said)


def mount(app: web.Application, operation: Operation) -> None:
    """Serve an operation."""

    async def answer(request: web.Request) -> web.StreamResponse:
        node = request.app[NODE]
        if operation.method in CHANGING and not origin_allowed(request):
            return problem(403, "origin", "Do this on this service's own page.")
        staff = await signed_in(request)
        if staff is None:
            return problem(401, "not_signed_in", "Sign in first.")
        where = None
        if operation.action is not None:
            where = node.directory.site(request.match_info["site"])
            if where is None:
                raise NotFound("There is no such site.")
            if not may(staff, operation.action, where.id):
                raise NotAllowed
        try:
            if operation.versioned and "If-Match" not in request.headers:
                raise VersionMissing
            answered = await operation.handle(Call(request, node, request.app[PLANNING], staff, where))
            if operation.changed(request, answered):
                await _record(request, operation, staff, where)
            return answered
        except (BadBody, PlanRefused, PlanChanged, VersionMissing) as error:
            return _refusal(error)

    app.router.add_route(operation.method, operation.path, answer)


def _refusal(error: "BadBody | PlanRefused | PlanChanged | VersionMissing") -> web.Response:
    status = {"changed": 412, "version_missing": 428, "refused": 422}.get(error.code, 400)
    more: dict[str, Any] = {}
    if isinstance(error, BadBody) and error.place:
        more["field"] = error.place
    if isinstance(error, PlanRefused):
        error = PlanRefused(replace(one, path=bracketed(one.path)) for one in error.problems)
        more["field"] = error.problems[0].path
        more["problems"] = [
            {"field": one.path, "message": one.message, "line": one.line} for one in error.problems
        ]
    return problem(status, error.code, str(error), **more)


async def read_raw(request: web.Request, largest: int = LARGEST_BODY, advice: str = SEND_LESS) -> bytes:
    """The body, of at most `largest` bytes. Raises TooLarge, with `advice`, and HTTPRequestTimeout."""
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.content.iter_any():
                found += chunk
                if len(found) > largest:
                    raise TooLarge(largest, request.content_length, advice)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return bytes(found)


class TooLarge(ChatError):
    """A body over its limit, in bytes; answered with 413. `size` is None where the client did not say it before."""

    code = "request_entity_too_large"

    def __init__(self, limit: int, size: int | None, advice: str) -> None:
        self.limit, self.size = limit, size
        has = f"has {size} bytes" if size is not None else "has more bytes than are accepted"
        super().__init__(f"The body {has}; the limit is {limit}. {advice}")


class BadBody(ChatError):
    """A body or a query that is not of the form that the document describes; answered with 400."""

    code = "bad_body"

    def __init__(self, detail: str, place: str = "") -> None:
        self.place = place
        super().__init__(detail)


async def read_body(request: web.Request, kind: type[Body]) -> Body:
    """The body as `kind`. Raises BadBody."""
    raw = await read_raw(request)
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise BadBody(*explained(str(error), kind)) from None
    except (msgspec.DecodeError, RecursionError):
        raise BadBody("The body must be one JSON object.") from None


def json_answer(body: Any, status: int = 200, tag: str | int | None = None) -> web.Response:
    """A body as JSON, with its ETag."""
    headers = {"Cache-Control": "no-store"}
    if tag is not None:
        headers["ETag"] = f'"{tag}"'
    return web.Response(
        status=status, body=msgspec.json.encode(body), content_type="application/json", headers=headers
    )


def queue_names(keys: tuple[QueueKey, ...]) -> list[str]:
    """Queues by their names within the site."""
    return [key.partition("/")[2] for key in keys]
