"""What everybody may do about their own passkeys."""

import msgspec
from aiohttp import web

from chatsvc.domain.errors import BadState
from chatsvc.domain.identity import may_use_own_ways
from chatsvc.domain.passkeys import MOST, Passkey, name_of
from chatsvc.domain.second_factor import has_app
from chatsvc.services.passkeys import Passkeys, again_of
from chatsvc.services.webauthn import PasskeyRefused
from chatsvc.web import passkey_bodies as bodies
from chatsvc.web.operations import SAID, Answer, BadBody, Call, Operation, json_answer, read_body
from chatsvc.web.problems import problem
from chatsvc.web.sign_in_again import not_again, session_of
from chatsvc.web.sign_in_enter import PROVIDERS
from chatsvc.web.sign_in_passkey import PASSKEYS, impossible
from chatsvc.web.sign_in_second import SECOND


async def get_passkeys(call: Call) -> web.Response:
    """One's own."""
    passkeys = _passkeys(call)
    own = await passkeys.of(call.staff.id)
    found = [_one(passkeys, key) for key in own.keys] if own else []
    return json_answer(bodies.OwnPasskeyList(found, MOST, passkeys.party.possible and _may_have_one(call)))


async def get_challenge(call: Call) -> web.Response:
    """What a passkey answers so that its owner may change something."""
    passkeys = _passkeys(call)
    usable = passkeys.usable(await passkeys.of(call.staff.id))
    purpose = again_of(call.staff.id, session_of(call.request))
    return json_answer(bodies.Options(passkeys.ask(purpose, usable)))


async def offer_passkey(call: Call) -> web.Response:
    """What a device needs to make one."""
    passkeys = _passkeys(call)
    if (refusal := await not_again(call)) is not None:
        return refusal
    if not passkeys.party.possible:
        return impossible()
    if not _may_have_one(call):
        raise BadState("This account signs in at its identity provider.")
    return json_answer(bodies.Options(await passkeys.offer(call.staff, session_of(call.request))))


async def add_passkey(call: Call) -> web.Response:
    """From now on this one too."""
    given = await read_body(call.request, bodies.NewPasskey)
    name, made = _name(given.name), msgspec.to_builtins(given.passkey)
    session, transports = session_of(call.request), given.passkey.response.transports
    try:
        key = await _passkeys(call).add(call.staff.id, session, made, name, transports)
    except PasskeyRefused:
        return problem(
            422, "bad_passkey", "This passkey can't be used here, or it took too long. Begin again."
        )
    call.request[SAID] = {"passkey": key.id}
    codes = await call.request.app[SECOND].first_codes(call.staff)
    return json_answer(bodies.Added(_one(_passkeys(call), key), codes), status=201)


async def rename_passkey(call: Call) -> web.Response:
    """Another name."""
    given = await read_body(call.request, bodies.PasskeyName)
    await _passkeys(call).rename(call.staff.id, _ident(call), _name(given.name))
    return _done()


async def remove_passkey(call: Call) -> web.Response:
    """It signs nobody in any more."""
    if (refusal := await not_again(call)) is not None:
        return refusal
    second = call.request.app[SECOND]
    spare = not second.required(call.staff) or has_app(await second.of(call.staff))
    left = await _passkeys(call).remove(call.staff.id, _ident(call), lambda own: spare or bool(own.keys))
    if not left.keys:
        await second.forget_codes(call.staff)
    return _done()


def _may_have_one(call: Call) -> bool:
    return may_use_own_ways(call.staff, call.request.app[PROVIDERS].values())


def _name(given: str) -> str:
    name = name_of(given)
    if name is None:
        raise BadBody("`name` has 1 to 40 characters on one line.", "name")
    return name


def _one(passkeys: Passkeys, key: Passkey) -> bodies.OnePasskey:
    here = key.host == passkeys.party.host
    return bodies.OnePasskey(key.id, key.name, key.created_at, key.used_at or None, here)


def _ident(call: Call) -> str:
    return call.request.match_info["passkey"]


def _done() -> web.Response:
    return web.Response(status=204, headers={"Cache-Control": "no-store"})


def _passkeys(call: Call) -> Passkeys:
    return call.request.app[PASSKEYS]


_PATH = "/api/v1/me/passkeys"
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getPasskeys", "GET", _PATH, "One's passkeys.", get_passkeys,
        {200: Answer("All of them, oldest first.", bodies.OwnPasskeyList)}, tag="account",
    ),
    Operation(
        "getPasskeyChallenge", "GET", f"{_PATH}/challenge", "Ask for what a passkey answers to show who it is.",
        get_challenge, {200: Answer("What the browser needs; nothing has changed.", bodies.Options)}, tag="account",
    ),
    Operation(
        "offerPasskey", "POST", f"{_PATH}/options", "Ask for what a device needs to make a passkey.", offer_passkey,
        {200: Answer("What the browser needs; nothing has changed yet.", bodies.Options)}, body=bodies.Again,
        tag="account", errors=frozenset({404, 409, 429}),
    ),
    Operation(
        "addPasskey", "POST", _PATH, "Use a new passkey from now on.", add_passkey,
        {201: Answer("It signs in from now on.", bodies.Added)}, body=bodies.NewPasskey, tag="account",
        errors=frozenset({409}),
    ),
    Operation(
        "renamePasskey", "PUT", f"{_PATH}/{{passkey}}", "Give a passkey another name.", rename_passkey,
        {204: Answer("It is called so.")}, body=bodies.PasskeyName, tag="account",
    ),
    Operation(
        "removePasskey", "POST", f"{_PATH}/{{passkey}}/remove", "Stop using a passkey.", remove_passkey,
        {204: Answer("It signs nobody in any more.")}, body=bodies.Again, tag="account",
        errors=frozenset({409, 429}),
    ),
)  # fmt: skip
