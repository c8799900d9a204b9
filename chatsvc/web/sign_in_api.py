"""What everybody may do about their own sign-in."""

from aiohttp import web
from msgspec import Struct

from chatsvc.domain.errors import BadState
from chatsvc.domain.second_factor import has_app
from chatsvc.services.second_factor import SecondStep
from chatsvc.web.api_bodies import Enrolment
from chatsvc.web.operations import Answer, Call, Operation, json_answer, read_body
from chatsvc.web.passkey_bodies import Again
from chatsvc.web.sign_in_again import not_again, not_shown
from chatsvc.web.sign_in_enter import EXPIRED
from chatsvc.web.sign_in_passkey import PASSKEYS
from chatsvc.web.sign_in_second import SECOND, described, enrolment_checked


class SecondFactor(Struct, frozen=True):
    """How an account's second step stands. `enrolled`: with an app, `since` (ms); `passkeys` is how many there are.

    `recovery_left` codes are there for when the app or the passkeys are gone.
    """

    enrolled: bool
    required: bool
    since: int | None
    recovery_left: int
    passkeys: int


class Confirmation(Struct, frozen=True):
    """The token of an offer, and the first code that the app shows."""

    token: str
    totp: str


class RecoveryCodes(Struct, frozen=True):
    """Codes for when the app is gone, each good once. They are shown now and never again."""

    recovery: list[str]


async def delete_sessions(call: Call) -> web.Response:
    """Sign out everywhere."""
    await call.node.sign_in.sign_out_everywhere(call.staff.id)
    return web.Response(status=204, headers={"Set-Cookie": EXPIRED, "Cache-Control": "no-store"})


async def get_second_factor(call: Call) -> web.Response:
    """How it stands."""
    factor, own = await _second(call).of(call.staff), await call.request.app[PASSKEYS].of(call.staff.id)
    return json_answer(
        SecondFactor(
            has_app(factor),
            _second(call).required(call.staff),
            factor.since if factor and factor.app else None,
            len(factor.recovery) if factor else 0,
            len(own.keys) if own else 0,
        )
    )


async def offer_second_factor(call: Call) -> web.Response:
    """A secret for an app; it replaces the present one only once a code has come back."""
    refusal = await not_again(call)
    return refusal or json_answer(Enrolment(**described(_second(call).offer(call.staff))))


async def put_second_factor(call: Call) -> web.Response:
    """From now on this app."""
    given = await read_body(call.request, Confirmation)
    found = await enrolment_checked(call.request, call.staff, given.token, given.totp)
    return not_shown(found) if isinstance(found, web.Response) else json_answer(RecoveryCodes(found))


async def remove_second_factor(call: Call) -> web.Response:
    """Go on with the password alone, or with passkeys."""
    own = await call.request.app[PASSKEYS].of(call.staff.id)
    if _second(call).required(call.staff) and own is None:
        raise BadState("This account needs a second step; a new app can take the place of the old one.")
    if (refusal := await not_again(call)) is not None:
        return refusal
    await _second(call).remove(call.staff, keep_codes=own is not None)
    return web.Response(status=204, headers={"Cache-Control": "no-store"})


def _second(call: Call) -> SecondStep:
    return call.request.app[SECOND]


_PATH = "/api/v1/me/second-factor"
_LIMITED = frozenset({429})
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "deleteSessions", "DELETE", "/api/v1/me/sessions", "Sign out on every computer; API tokens go on.",
        delete_sessions, {204: Answer("Within 5 seconds, no session of this account is left, here or elsewhere.")},
        tag="account",
    ),
    Operation(
        "getSecondFactor", "GET", _PATH, "How one's second step of signing in stands.", get_second_factor,
        {200: Answer("How it stands.", SecondFactor)}, tag="account",
    ),
    Operation(
        "offerSecondFactor", "POST", _PATH, "Ask for a secret for an authenticator app.", offer_second_factor,
        {200: Answer("What the app needs; nothing has changed yet.", Enrolment)}, body=Again, tag="account",
        errors=_LIMITED,
    ),
    Operation(
        "putSecondFactor", "PUT", _PATH, "Use the app from now on.", put_second_factor,
        {200: Answer("It is needed at the next sign-in.", RecoveryCodes)}, body=Confirmation, tag="account",
        errors=_LIMITED,
    ),
    Operation(
        "removeSecondFactor", "POST", f"{_PATH}/remove", "Go on with the password alone.", remove_second_factor,
        {204: Answer("The app is not needed any more.")}, body=Again, tag="account", errors=_LIMITED | {409},
    ),
)  # fmt: skip
