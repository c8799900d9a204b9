"""Signing in with a passkey and nothing else."""

from typing import Any

from aiohttp import web

from chatsvc.domain.sites import Staff
from chatsvc.services.passkeys import SIGN_IN
from chatsvc.services.webauthn import PasskeyRefused
from chatsvc.web.json_body import read_object, uncached
from chatsvc.web.problems import problem
from chatsvc.web.routes import origin_allowed
from chatsvc.web.sign_in_enter import entered, usable_here
from chatsvc.web.sign_in_gate import GATE, too_often
from chatsvc.web.sign_in_passkey import PASSKEYS, impossible, refused
from chatsvc.web.sign_in_second import Shown


async def ask(request: web.Request) -> web.Response:
    """POST /login/passkey/options: a challenge for whoever has a passkey here; the same for everybody."""
    if not origin_allowed(request):
        return problem(403, "origin", "Sign in on this service's own page.")
    passkeys = request.app[PASSKEYS]
    return uncached({"publicKey": passkeys.ask(SIGN_IN)}) if passkeys.party.possible else impossible()


async def login(request: web.Request) -> web.Response:
    """POST /login/passkey {passkey}: a session cookie."""
    if not origin_allowed(request):
        return problem(403, "origin", "Sign in on this service's own page.")
    given = (await read_object(request)).get("passkey")
    if not isinstance(given, dict):
        return problem(400, "bad_field", "`passkey` is needed: what the browser's passkey has answered.")
    found = await _whose(request, given)
    return await entered(request, found, Shown(""), how="passkey") if isinstance(found, Staff) else found


async def _whose(request: web.Request, response: dict[str, Any]) -> Staff | web.Response:
    """Who signs in with a passkey alone, or a refusal that tells nothing. Raises StoreUnavailable."""
    gate, passkeys = request.app[GATE], request.app[PASSKEYS]
    try:
        staff = usable_here(request, await passkeys.owner(response) or "")
    except PasskeyRefused:
        staff = None
    attempt = gate.attempt(request, staff.id if staff else "", staff)
    if wait_s := gate.passkeys.begin(attempt, gate.now_s()):
        gate.refuse(staff, "too_many")
        return too_often(wait_s)
    if staff is None:
        gate.refuse(None, "passkey")
        return refused()
    try:
        await passkeys.check(SIGN_IN, staff.id, response, named=True)
    except PasskeyRefused as refusal:
        gate.refuse(staff, refusal.why)
        return refused()
    gate.passkeys.succeed(attempt, gate.now_s())
    return staff


def add_sign_in_alone(app: web.Application) -> None:
    """Mount these operations."""
    app.router.add_route("POST", "/api/v1/login/passkey/options", ask)
    app.router.add_route("POST", "/api/v1/login/passkey", login)
