"""Whoever changes how they sign in shows once more that it is them: the console may have been left open."""

import hashlib

import msgspec
from aiohttp import web

from chatsvc.domain.second_factor import has_app
from chatsvc.services.passkeys import again_of
from chatsvc.web.operations import BadBody, Call, read_body
from chatsvc.web.passkey_bodies import Again
from chatsvc.web.problems import problem
from chatsvc.web.routes import STAFF_COOKIE
from chatsvc.web.sign_in import password_checked
from chatsvc.web.sign_in_passkey import PASSKEYS, passkey_shown
from chatsvc.web.sign_in_second import SECOND, code_checked


async def not_again(call: Call) -> web.Response | None:
    """Why somebody who is signed in is not believed; None if they are. Raises BadBody, StoreUnavailable."""
    given = await read_body(call.request, Again)
    refusal = await _refusal(call, given)
    return refusal and not_shown(refusal)


async def _refusal(call: Call, given: Again) -> web.Response | None:
    if given.passkey is not None:  # a password and a second step in one
        purpose = again_of(call.staff.id, session_of(call.request))
        return await passkey_shown(call.request, call.staff, purpose, msgspec.to_builtins(given.passkey))
    if not given.password:
        raise BadBody("`password` or `passkey` is needed.", "password")
    refusal = await password_checked(call.request, call.staff.id, call.staff, given.password)
    if refusal is None and await _has_second_step(call):
        refusal, _ = await code_checked(call.request, call.staff, given.totp)
    return refusal


async def _has_second_step(call: Call) -> bool:
    app = call.request.app
    return has_app(await app[SECOND].of(call.staff)) or await app[PASSKEYS].of(call.staff.id) is not None


def not_shown(refusal: web.Response) -> web.Response:
    """A 401 would tell a client that the session is over, which it is not."""
    if refusal.status != 401:
        return refusal
    return problem(
        403, "not_shown", "The password, the code or the passkey is wrong, or the code was used before."
    )


def session_of(request: web.Request) -> str:
    """A word for the session (or the API token) that a request is made with; it opens nothing."""
    said = request.headers.get("Authorization") or request.cookies.get(STAFF_COOKIE, "")
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
