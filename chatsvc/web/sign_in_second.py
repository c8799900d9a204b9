"""The second step of signing in, over HTTP."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from chatsvc.domain.passkeys import OwnPasskeys
from chatsvc.domain.second_factor import has_app
from chatsvc.domain.sites import Staff
from chatsvc.services.passkeys import second_step_of
from chatsvc.services.second_factor import Enrolment, SecondStep
from chatsvc.web.problems import problem
from chatsvc.web.sign_in_gate import GATE, too_often
from chatsvc.web.sign_in_passkey import PASSKEYS, passkey_shown
from chatsvc.web.sign_in_picture import picture_of

SECOND = web.AppKey("second", SecondStep)


@dataclass(frozen=True, slots=True)
class Shown:
    """How somebody has shown who they are; `recovery` are the codes that they got just now."""

    how: str
    recovery: tuple[str, ...] = ()


async def second_step(request: web.Request, staff: Staff, body: dict[str, Any]) -> Shown | web.Response:
    """What the second step of an account comes to, the password being right; or why not. Raises StoreUnavailable."""
    second = request.app[SECOND]
    app, own = has_app(await second.of(staff)), await request.app[PASSKEYS].of(staff.id)
    code, token, passkey = body.get("totp"), body.get("enrolment"), body.get("passkey")
    if own is not None and isinstance(passkey, dict):
        refusal = await passkey_shown(request, staff, second_step_of(staff.id), passkey)
        return refusal or Shown("passkey")
    if app or own is not None:
        return await _by_code(request, staff, code) if _given(code) else _wanted(request, staff, own, app=app)
    if not second.required(staff):
        return Shown("")
    if not _given(code) or not _given(token):
        return _offer(second.offer(staff))
    return await _by_enrolment(request, staff, str(token), str(code))


def _given(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _wanted(request: web.Request, staff: Staff, own: OwnPasskeys | None, *, app: bool) -> web.Response:
    passkeys = request.app[PASSKEYS]
    usable = passkeys.usable(own)
    more: dict[str, Any] = {"passkey": passkeys.ask(second_step_of(staff.id), usable)} if usable else {}
    if app or not usable:
        detail = "The code from your authenticator app, or a recovery code, is needed too, as `totp`."
        return problem(401, "totp_required", detail, **more)
    detail = "One of your passkeys is needed too, as `passkey`, or a recovery code as `totp`."
    return problem(401, "passkey_required", detail, **more)


def _offer(offer: Enrolment) -> web.Response:
    detail = (
        "This account needs an authenticator app: add the secret, and send `enrolment` with a code as `totp`."
    )
    return problem(401, "enrolment_required", detail, enrolment=described(offer))


def described(offer: Enrolment) -> dict[str, str]:
    """An offer as the console shows it."""
    return {
        "token": offer.token, "secret": offer.secret, "uri": offer.uri, "picture": picture_of(offer.uri),
    }  # fmt: skip


def wrong_code() -> web.Response:
    """401: not this code."""
    return problem(401, "wrong_code", "The code is wrong, or it was used before. Wait for the next one.")


async def _by_code(request: web.Request, staff: Staff, code: object) -> Shown | web.Response:
    refusal, how = await code_checked(request, staff, str(code))
    return refusal if refusal is not None else Shown(how)


async def code_checked(request: web.Request, staff: Staff, code: str) -> tuple[web.Response | None, str]:
    """A refusal, or how the code shows who they are. Raises StoreUnavailable."""
    gate = request.app[GATE]
    attempt = gate.attempt(request, staff.id, staff)
    if wait_s := gate.codes.begin(attempt, gate.now_s()):
        gate.refuse(staff, "too_many")
        return too_often(wait_s), ""
    how = await request.app[SECOND].check(staff, code)
    if how is None:
        gate.refuse(staff, "code")
        return wrong_code(), ""
    gate.codes.succeed(attempt, gate.now_s())
    return None, how


async def _by_enrolment(request: web.Request, staff: Staff, token: str, code: str) -> Shown | web.Response:
    found = await enrolment_checked(request, staff, token, code)
    return found if isinstance(found, web.Response) else Shown("enrolled", tuple(found))


async def enrolment_checked(
    request: web.Request, staff: Staff, token: str, code: str
) -> list[str] | web.Response:
    """Keep an offer that a code comes back for: the recovery codes, or a refusal. Raises StoreUnavailable."""
    gate = request.app[GATE]
    attempt = gate.attempt(request, staff.id, staff)
    if wait_s := gate.codes.begin(attempt, gate.now_s()):
        gate.refuse(staff, "too_many")
        return too_often(wait_s)
    codes = await request.app[SECOND].confirm(staff, token, code)
    if codes is None:
        gate.refuse(staff, "code")
        return wrong_code()
    gate.codes.succeed(attempt, gate.now_s())
    return codes
