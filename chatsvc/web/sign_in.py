"""Signing in and out, and who is signed in."""

from contextlib import suppress

from aiohttp import web

from chatsvc.domain.errors import NotFound, TooMany
from chatsvc.domain.sites import Staff
from chatsvc.services import desk
from chatsvc.web.auth import verify_password
from chatsvc.web.json_body import read_object, uncached
from chatsvc.web.operations import AUDIT
from chatsvc.web.problems import problem
from chatsvc.web.routes import NODE, STAFF_COOKIE, origin_allowed, signed_in
from chatsvc.web.sign_in_enter import EXPIRED, described_self, entered, usable_here, wrong_login
from chatsvc.web.sign_in_gate import GATE, too_often
from chatsvc.web.sign_in_second import Shown, second_step

PASSWORDS_ALLOWED = web.AppKey("passwords_allowed", bool)


async def login(request: web.Request) -> web.Response:
    """POST /login {username, password, totp? or passkey?, enrolment?}: a session cookie."""
    if not origin_allowed(request):
        return problem(403, "origin", "Sign in on this service's own page.")
    if not request.app[PASSWORDS_ALLOWED]:
        return problem(403, "no_passwords", "Nobody signs in with a password here; use an identity provider.")
    body = await read_object(request)
    username, password = body.get("username"), body.get("password")
    if not isinstance(username, str) or not isinstance(password, str):
        return problem(400, "bad_field", "`username` and `password` are needed, both strings.")
    found = await _by_password(request, username.strip().lower(), password)
    if not isinstance(found, Staff):
        return found
    shown = await second_step(request, found, body)
    return await entered(request, found, shown) if isinstance(shown, Shown) else shown


async def _by_password(request: web.Request, name: str, password: str) -> Staff | web.Response:
    """Whose password this is, or why that is not told. Raises TooMany."""
    staff = usable_here(request, name)
    refusal = await password_checked(request, name, staff, password)
    if refusal is not None or staff is None:
        return refusal or wrong_login()
    return staff


async def password_checked(
    request: web.Request, name: str, staff: Staff | None, password: str
) -> web.Response | None:
    """Why somebody who says that they are `name` is not let on; None if the password is right. Raises TooMany."""
    gate = request.app[GATE]
    attempt = gate.attempt(request, name, staff)
    if wait_s := gate.passwords.begin(attempt, gate.now_s()):
        gate.refuse(staff, "too_many")
        return too_often(wait_s)
    try:
        stranger = not gate.passwords.acquainted(attempt)
        right = await verify_password(staff.password_hash if staff else None, password, stranger=stranger)
    except TooMany:
        gate.passwords.take_back(attempt, gate.now_s())
        raise
    if not right or staff is None:
        gate.refuse(staff, "password")
        return wrong_login()
    gate.passwords.succeed(attempt, gate.now_s())
    return None


async def logout(request: web.Request) -> web.Response:
    """POST /logout: off duty, and the session is over."""
    if not origin_allowed(request):
        return problem(403, "origin", "Sign out on this service's own page.")
    node = request.app[NODE]
    staff = await signed_in(request)
    if token := request.cookies.get(STAFF_COOKIE):
        await node.sign_in.close_session(token)
    if staff is not None:
        with suppress(NotFound):  # they never came on duty
            await desk.set_duty(node.hub(staff.pool).pool, staff.id, "off", "signed_out")
        await request.app[AUDIT].record_done(staff.sites, staff, "sign_out")
    return web.Response(status=204, headers={"Set-Cookie": EXPIRED, "Cache-Control": "no-store"})


async def me(request: web.Request) -> web.Response:
    """GET /me: who is signed in."""
    staff = await signed_in(request)
    if staff is None:
        return problem(401, "not_signed_in", "Sign in first.")
    return uncached(described_self(request, staff))


def add_sign_in(app: web.Application) -> None:
    """Mount these operations."""
    app.router.add_route("POST", "/api/v1/login", login)
    app.router.add_route("POST", "/api/v1/logout", logout)
    app.router.add_route("GET", "/api/v1/me", me)
