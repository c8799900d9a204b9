"""A passkey shows that somebody is who they have said that they are."""

from typing import Any

from aiohttp import web

from chatsvc.domain.sites import Staff
from chatsvc.services.passkeys import Passkeys, Purpose
from chatsvc.services.webauthn import PasskeyRefused
from chatsvc.web.problems import problem
from chatsvc.web.sign_in_gate import GATE, too_often

PASSKEYS = web.AppKey("passkeys", Passkeys)


def refused() -> web.Response:
    """401: whatever was wrong."""
    return problem(401, "wrong_passkey", "Signing in with this passkey did not work.")


def impossible() -> web.Response:
    """404: browsers make no passkeys for the address of this service."""
    return problem(
        404, "no_passkeys", "Passkeys need a host name, and the public_url of this service has none."
    )


async def passkey_shown(
    request: web.Request, staff: Staff, purpose: Purpose, response: dict[str, Any]
) -> web.Response | None:
    """Why a passkey does not show that it is somebody whose name is known; None if it does. Raises StoreUnavailable."""
    gate = request.app[GATE]
    attempt = gate.attempt(request, staff.id, staff)
    if wait_s := gate.codes.begin(attempt, gate.now_s()):
        gate.refuse(staff, "too_many")
        return too_often(wait_s)
    try:
        await request.app[PASSKEYS].check(purpose, staff.id, response)
    except PasskeyRefused as refusal:
        gate.refuse(staff, refusal.why)
        return refused()
    gate.codes.succeed(attempt, gate.now_s())
    return None
