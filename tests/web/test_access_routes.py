"""Every route of a node is decided: an operation with a row in test_access_matrix.py, or in one of the lists here."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import get_args

import pytest
from aiohttp import web

from chatsvc.domain.sites import Role
from chatsvc.web.plan_api import OPERATIONS
from tests.support.api import Person, person
from tests.support.service import Service, make_site, make_staff, running
from tests.support.stores import SingleStore
from tests.web.test_access_matrix import LETTER

# For whoever is signed in, by role: what the answer is about is theirs alone.
SIGNED_IN = {"GET /api/v1/me": "CSAOU", "GET /api/v1/colleagues": "CS"}
# For anybody, and why that is right.
OPEN = {
    "GET /ws/visitor": "what a socket may do is decided frame by frame, in test_access_frames.py",
    "GET /ws/counsellor": "the same; whoever is not signed in is turned away before anything is said",
    "POST /api/v1/login": "asks for name and password; tries are slowed",
    "POST /api/v1/login/passkey/options": "a challenge, which says nothing about anybody",
    "POST /api/v1/login/passkey": "asks for the challenge, signed by a passkey; tries are slowed",
    "GET /api/v1/sign-in": "with what anybody can sign in; the page shows it before",
    "GET /api/v1/oidc/{provider}/start": "leads to the identity provider, which asks who it is",
    "GET /api/v1/oidc/{provider}/callback": "believes only what the provider has signed for this browser",
    "POST /api/v1/oidc/second": "asks for a cookie that is sealed here, and for the second step; tries are slowed",
    "GET /api/v1/oidc/{provider}/end": "leads to the identity provider, and ends nothing here",
    "POST /api/v1/oidc/{provider}/logout": "believes only what the provider has signed, once",
    "POST /api/v1/logout": "ends what the cookie stands for, and nothing else",
    "POST /api/v1/visitor/end": "ends what the visitor's own cookie stands for",
    "GET /api/v1/sites/{site}/queues": "what the embedding page may show to everybody",
    "GET /calendar/{token}.ics": "the token in the path is the right to read it",
    "GET /api/v1/openapi.json": "a published document",
    "GET /api/v1/asyncapi.json": "a published document",
    "GET /healthz": "says that the process answers",
    "GET /readyz": "says whether it is draining",
    **dict.fromkeys(
        (
            "GET /", "GET /w.js", "GET /panel", "GET /assets/{name}", "GET /chat", "GET /chat/{site}",
            "GET /chat/{deeper}", "GET /chat/{site}/{queue}", "GET /console", "GET /console/", "GET /console/{deeper}",
            "GET /manage", "GET /manage/", "GET /manage/{deeper}",
        ),
        "a page or a part of one, the same for everybody: what it shows it has to ask for",
    ),
}  # fmt: skip


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """One of each role."""
    people = [make_staff(role, role=role) for role in get_args(Role)]
    async with running(valkey.url, tmp_path, make_site(), people, worker=False) as made:
        yield made


def served(app: web.Application) -> set[str]:
    """Method and path of every route; HEAD goes with GET."""
    routes = ((route.method, route.resource) for route in app.router.routes())
    return {f"{method} {resource.canonical}" for method, resource in routes if resource and method != "HEAD"}


def undecided(routes: Iterable[str]) -> list[str]:
    """Routes about which nobody has said who may use them, and decisions about what is not there."""
    decided = {f"{one.method} {one.path}" for one in OPERATIONS} | set(SIGNED_IN) | set(OPEN)
    return [
        *(
            f"{route}: say here or in test_access_matrix.py who may"
            for route in sorted(set(routes) - decided)
        ),
        *(f"{route} is not served any more" for route in sorted(decided - set(routes))),
    ]


async def test_every_route_is_decided(service: Service) -> None:
    """Whoever adds a route says who may use it; a planted one is found, and so is one that is gone."""
    app = service.parts.web()
    assert undecided(served(app)) == []

    async def everything(_: web.Request) -> web.Response:
        return web.Response()

    app.router.add_get("/api/v1/sites/{site}/everything", everything)
    (fault,) = undecided(served(app))
    assert fault.startswith("GET /api/v1/sites/{site}/everything: say here")
    assert undecided(served(app) - {"GET /healthz"})[1:] == ["GET /healthz is not served any more"]


@pytest.mark.parametrize("path", [path.partition(" /api/v1")[2] for path in SIGNED_IN])
async def test_who_is_signed_in(service: Service, path: str) -> None:
    """Answered to the roles of the list, to others not, and to nobody who is not signed in."""
    for role, letter in LETTER.items():
        status = (await (await person(service, role)).ask("GET", path)).status
        assert (status == 200) == (letter in SIGNED_IN[f"GET /api/v1{path}"]), (role, status)
    for nobody in (Person(service), Person(service, {"Authorization": "Bearer none"})):
        assert (await nobody.ask("GET", path)).status == 401
