"""How a session begins, in whichever way somebody has shown who they are: one place makes it."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from chatsvc.domain.identity import Provider, may_use_own_ways
from chatsvc.domain.permissions import Action, may, works_for
from chatsvc.domain.sites import Site, Staff
from chatsvc.web.json_body import uncached
from chatsvc.web.problems import problem
from chatsvc.web.routes import NODE, STAFF_COOKIE
from chatsvc.web.sign_in_devices import COOKIE
from chatsvc.web.sign_in_gate import GATE
from chatsvc.web.sign_in_second import Shown

PROVIDERS = web.AppKey("providers", Mapping[str, Provider])
STAFF_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"
EXPIRED = f"{STAFF_COOKIE}=; {STAFF_ATTRIBUTES}; Max-Age=0"


class Gone(Exception):
    """The account was removed or disabled in this moment."""


def wrong_login() -> web.Response:
    """401: nobody signs in like this."""
    return problem(401, "wrong_login", "The username or the password is wrong.")


def usable_here(request: web.Request, name: str) -> Staff | None:
    """The account, if it may sign in by itself: not disabled, and not one that only its identity provider lets in."""
    staff = request.app[NODE].directory.staff(name)
    if staff is None or staff.disabled:
        return None
    return staff if may_use_own_ways(staff, request.app[PROVIDERS].values()) else None


async def session_cookie(
    request: web.Request, staff: Staff, factor: str = "", *, how: str = "", sid: str = ""
) -> str:
    """Sign somebody in and write it down: the Set-Cookie line. Raises Gone, StoreUnavailable.

    `how` is the way in where it is not a password, `factor` the second step; `sid` stands for their session at an
    identity provider.
    """
    try:
        token = await request.app[NODE].sign_in.open_session(staff.id, sid)
    except KeyError:
        raise Gone from None
    await request.app[GATE].let_in(staff, factor, how)
    return f"{STAFF_COOKIE}={token}; {STAFF_ATTRIBUTES}"


async def entered(
    request: web.Request, staff: Staff, shown: Shown, *, how: str = "", sid: str = ""
) -> web.Response:
    """200 with who it is, and the cookies of session and device; 401 if the account is not there any more."""
    try:
        session = await session_cookie(request, staff, shown.how, how=how, sid=sid)
    except Gone:
        return wrong_login()
    gate = request.app[GATE]
    device = gate.devices.set_cookie(request.cookies.get(COOKIE), staff.id, gate.now_s())
    recovery = {"recovery": list(shown.recovery)} if shown.recovery else {}
    answer = uncached(described_self(request, staff) | recovery)
    for line in (session, device):
        answer.headers.add("Set-Cookie", line)
    return answer


def described_self(request: web.Request, staff: Staff) -> dict[str, Any]:
    """Who is signed in, as `GET /me` says it."""
    directory = request.app[NODE].directory
    queues = directory.queues_of(staff)
    provider = _provider_of(request, staff)
    return {
        "id": staff.id, "alias": staff.alias, "role": staff.role, "capacity": staff.capacity,
        "languages": list(staff.languages),
        "queues": [{"site": queue.site, "queue": queue.name, "names": queue.names} for queue in queues],
        "sites": [_own_site(staff, site) for site in directory.all_sites() if works_for(staff, site.id)],
    } | ({"provider": provider} if provider else {})  # fmt: skip


def _provider_of(request: web.Request, staff: Staff) -> str:
    issuer = staff.identity.issuer if staff.identity else None
    return next((one.id for one in request.app[PROVIDERS].values() if one.issuer == issuer), "")


def _own_site(staff: Staff, site: Site) -> dict[str, Any]:
    return {
        "site": site.id, "names": site.names, "languages": list(site.languages),
        "queues": [{"queue": queue.name, "names": queue.names} for queue in site.queues],
        "may": [action for action in Action if may(staff, action, site.id)],
    }  # fmt: skip
