"""The OpenAPI 3.1 document of the HTTP API, generated. `python -m chatsvc.web.openapi` prints it."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from chatsvc.web.api_bodies import Problem
from chatsvc.web.api_described import DESCRIBED, Described
from chatsvc.web.operations import Answer, Operation, Parameter
from chatsvc.web.plan_api import OPERATIONS
from chatsvc.web.routes import STAFF_COOKIE

SCHEMAS = "#/components/schemas/"
PROBLEM_MEDIA = "application/problem+json"
REFUSALS: Mapping[int, str] = {
    400: "The body or the query is not of the form that is described here; `field` says where.",
    401: "Not signed in, or no longer.",
    403: "The role does not allow this at this site, or the page is not this service's own.",
    404: "There is no such thing, or it is not yours.",
    408: "The body did not come within ten seconds.",
    409: "This can't be done in the present state.",
    412: "Somebody else was faster: what If-Match names is not the present version.",
    413: "The body is too large: `limit` and `size` are in bytes, `detail` says what to do.",
    415: "The body is of another kind than described.",
    422: "It can't be so: `problems` says each thing that is wrong and where. Nothing is changed.",
    428: "If-Match is missing.",
    429: "Too many requests; wait as long as Retry-After says.",
    503: "The store can't be reached just now; try again.",
}
_INTRODUCTION = """What staff and programs do over HTTP; the conversation itself is in `asyncapi.json`.

Sign in with `POST /api/v1/login` and send the cookie, or send an API token as `Authorization: Bearer …`. A browser's
page must be this service's own: another Origin is refused. Errors are problem documents (RFC 9457) with `code`, which
is stable, and `field`. Changes to what was read are made against its version: send the ETag back as If-Match.
Instants are integers, ms since the epoch. Local times, such as a shift's, are `2026-11-23T09:00`, without a zone: they
mean the clocks of Finland."""
_IF_MATCH = Parameter(
    "If-Match",
    "The ETag that this change is made on; `*` for whatever is there.",
    {"type": "string"},
    "header",
)
_MEANINGS = {
    "site": "The site's name.", "queue": "The queue's name within its site.", "shift": "The shift's id.",
    "absence": "The absence's id.", "swap": "The swap's id.", "token": "The secret part of a feed's address.",
    "step": "What happens to it.", "conversation": "The conversation's id.",
    "passkey": "The passkey's id.",
    "provider": "The name of the identity provider in the settings.",
}  # fmt: skip
_ID = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-z0-9-]+$"}
_PLACES = {"token": {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"}}
Any_ = Operation | Described


def every() -> tuple[Any_, ...]:
    """Every operation, in the order of their paths."""
    return tuple(sorted((*DESCRIBED, *OPERATIONS), key=lambda one: (one.path, one.method)))


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, Any] = {}
    for operation in every():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "chatsvc HTTP API", "version": "1.0.0", "description": _INTRODUCTION,
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "/", "description": "The deployment's `public_url`."}],
        "paths": paths,
        "components": {
            "schemas": _components(),
            "responses": {str(status): _refusal(status) for status in sorted(REFUSALS)},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": STAFF_COOKIE},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }  # fmt: skip


def text() -> str:
    """The document as it is kept in `deploy/openapi.json`."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


async def openapi(_: web.Request) -> web.Response:
    """GET /api/v1/openapi.json."""
    headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    return web.Response(text=_text(), content_type="application/json", headers=headers)


_text = cache(text)


def _bodies() -> Iterator[Any]:
    yield Problem
    for operation in every():
        if operation.body is not None:
            yield operation.body
        yield from (answer.body for answer in operation.answers.values() if _is_struct(answer.body))


def _is_struct(body: Any) -> bool:
    return isinstance(body, type) and issubclass(body, msgspec.Struct)


@cache
def _components() -> dict[str, Any]:
    found = dict.fromkeys(body for body in _bodies() if _is_struct(body))
    _, components = msgspec.json.schema_components(list(found), ref_template=SCHEMAS + "{name}")
    return dict(sorted(components.items()))


def _schema(body: Any) -> dict[str, Any]:
    return {"$ref": SCHEMAS + body.__name__} if _is_struct(body) else dict(body)


def _operation(operation: Any_) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.id, "summary": operation.summary, "tags": [operation.tag],
    }  # fmt: skip
    if parameters := [_parameter(one) for one in _parameters(operation)]:
        found["parameters"] = parameters
    if operation.body is not None:
        content = {operation.body_media: {"schema": _schema(operation.body)}}
        found["requestBody"] = {"required": True, "content": content}
    answers = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in operation.refusals}
    found["responses"] = dict(sorted((answers | refusals).items()))
    found["security"] = [] if isinstance(operation, Described) and operation.public else _SIGNED_IN
    if isinstance(operation, Operation):
        found["x-action"] = operation.action.value if operation.action else "signed in"
    return found


_SIGNED_IN: list[dict[str, list[str]]] = [{"session": []}, {"token": []}]


def _parameters(operation: Any_) -> Iterable[Parameter]:
    for name in re.findall(r"\{(\w+)\}", operation.path):
        known = next((one for one in operation.parameters if one.name == name), None)
        yield known or Parameter(name, _MEANINGS[name], _PLACES.get(name, _ID), "path", required=True)
    yield from (one for one in operation.parameters if one.place != "path")
    if isinstance(operation, Operation) and operation.versioned:
        yield _IF_MATCH


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name, "in": parameter.place, "description": parameter.meaning,
        "required": parameter.required or parameter.place == "path", "schema": dict(parameter.schema),
    }  # fmt: skip


def _answer(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.meaning}
    if answer.body is not None:
        found["content"] = {answer.media: {"schema": _schema(answer.body)}}
    if answer.tagged:
        header = {"description": "The version, for If-Match.", "required": True, "schema": {"type": "string"}}
        found["headers"] = {"ETag": header}
    return found


def _refusal(status: int) -> dict[str, Any]:
    meaning = f"{HTTPStatus(status).phrase}. {REFUSALS[status]}"
    return {"description": meaning, "content": {PROBLEM_MEDIA: {"schema": {"$ref": SCHEMAS + "Problem"}}}}


if __name__ == "__main__":
    sys.stdout.write(text())
