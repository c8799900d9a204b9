"""The second step: who needs it, how it is set up; a code is good once on all nodes, and the store makes none."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from chatsvc.domain.one_time import STEP_MS, hotp
from chatsvc.store.clock import ManualClock
from chatsvc.store.second_factors import SecondFactors
from chatsvc.store.vault_keys import SIGN_IN
from tests.support.service import PASSWORD, Service, make_site, make_staff, running
from tests.support.stores import SingleStore

Nodes = tuple[Service, Service]
RULES = ("supervisor", "counsellor@toinen")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def nodes(valkey: SingleStore, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Nodes]:
    """Two nodes; the supervisor needs an app, the counsellor may have one."""
    people = (make_staff("saana", role="supervisor"), make_staff("aino"))
    options: dict[str, Any] = {"worker": False, "clock": clock, "second_factor": RULES}
    async with (
        running(valkey.url, tmp_path, make_site(), people, **options) as one,
        running(valkey.url, tmp_path, make_site(), people, **options) as two,
    ):
        yield one, two


async def ask(
    service: Service, path: str, body: dict[str, Any] | None, session: str = "", method: str = "POST"
) -> tuple[int, dict[str, Any], str]:
    """Status, body, and the session that was opened."""
    headers = {"Cookie": session} if session else {}
    url = f"{service.base}/api/v1{path}"
    async with service.http.request(method, url, json=body, headers=headers) as answer:
        cookie = answer.headers.get("Set-Cookie", "").partition(";")[0]
        parsed: dict[str, Any] = {}
        with contextlib.suppress(aiohttp.ContentTypeError, ValueError):
            parsed = await answer.json(content_type=None) or {}
        return answer.status, parsed, cookie


async def login(service: Service, name: str = "saana", **more: str) -> tuple[int, dict[str, Any], str]:
    """A sign-in with the right password."""
    return await ask(service, "/login", {"username": name, "password": PASSWORD, **more})


def code_of(secret: str, clock: ManualClock, step: int = 0) -> str:
    """What an app shows that was given this secret in base32."""
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    return hotp(raw, clock.now() // STEP_MS + step)


async def enrolled(service: Service, clock: ManualClock, name: str = "saana") -> tuple[str, list[str], str]:
    """Somebody who has set up an app while signing in: its secret, their recovery codes, their session."""
    _, body, _ = await login(service, name)
    offer = body["enrolment"]
    code = code_of(offer["secret"], clock)
    status, body, session = await login(service, name, enrolment=offer["token"], totp=code)
    assert status == 200
    clock.advance(STEP_MS)
    return offer["secret"], body["recovery"], session


async def test_who_needs_an_app_gets_one_at_the_first_sign_in(nodes: Nodes, clock: ManualClock) -> None:
    """No session before an app has shown a right code; with it a session, and ten recovery codes, once."""
    one, two = nodes
    status, body, session = await login(one)
    assert (status, body["code"], session) == (401, "enrolment_required", "")
    offer = body["enrolment"]
    assert offer["uri"].startswith(f"otpauth://totp/localhost%3A0:saana?secret={offer['secret']}&issuer=")
    wrong = await login(one, enrolment=offer["token"], totp="000000")
    assert (wrong[0], wrong[1]["code"], wrong[2]) == (401, "wrong_code", "")
    code = code_of(offer["secret"], clock)
    status, body, session = await login(two, enrolment=offer["token"], totp=code)
    assert (status, body["id"], len(set(body["recovery"]))) == (200, "saana", 10)
    assert session
    assert (await login(one))[1]["code"] == "totp_required"
    assert (await login(one, enrolment=offer["token"], totp=code))[1]["code"] == "wrong_code"
    clock.advance(STEP_MS)
    status, body, _ = await login(
        one, totp=f" {code_of(offer['secret'], clock)[:3]} {code_of(offer['secret'], clock)[3:]} "
    )
    assert status == 200
    assert "recovery" not in body
    deeds = [entry.deed for entry in await one.backend.audit.log.entries("kunta")]
    assert [one.details.get("factor") for one in deeds if one.action == "sign_in"] == ["enrolled", "totp"]


async def test_a_wrong_password_tells_nothing_of_the_second_step(nodes: Nodes, clock: ManualClock) -> None:
    """Whoever lacks the password hears the same for every account, also with a right code."""
    secret, _, _ = await enrolled(nodes[0], clock)
    for name in ("saana", "aino", "nobody"):
        body = {"username": name, "password": "wrong", "totp": code_of(secret, clock)}
        status, told, _ = await ask(nodes[0], "/login", body)
        assert (status, told["code"]) == (401, "wrong_login")


async def test_an_offer_is_for_one_account_and_a_quarter_of_an_hour(nodes: Nodes, clock: ManualClock) -> None:
    """Another account's offer, and one that is too old, set up nothing."""
    one, _ = nodes
    offer = (await login(one))[1]["enrolment"]
    status, body, _ = await login(one, enrolment=f"00{offer['token']}", totp=code_of(offer["secret"], clock))
    assert (status, body["code"]) == (401, "wrong_code")
    clock.advance(15 * 60_000)
    status, body, _ = await login(one, enrolment=offer["token"], totp=code_of(offer["secret"], clock))
    assert (status, body["code"]) == (401, "wrong_code")
    assert await SecondFactors(one.backend.link).of(make_staff("saana").id) is None


async def test_a_code_is_good_once_on_all_nodes(nodes: Nodes, clock: ManualClock) -> None:
    """Ten browsers on two nodes send the same code at once: one is let in. Neighbouring steps do as well, once."""
    secret, _, _ = await enrolled(nodes[0], clock)
    clock.advance(3 * STEP_MS)
    factors = [node.parts.second for node in nodes]
    staff = make_staff("saana", role="supervisor")
    for step in (0, -1, 1):
        code = code_of(secret, clock, step)
        found = await asyncio.gather(*(factors[number % 2].check(staff, code) for number in range(10)))
        assert sorted(found, key=str) == [None] * 9 + ["totp"]
    for step in (-2, 2):
        assert await factors[0].check(staff, code_of(secret, clock, step)) is None


async def test_recovery_codes_are_good_once(nodes: Nodes, clock: ManualClock) -> None:
    """Each of the ten lets in once, on whichever node and however it is typed; together they do too."""
    secret, codes, session = await enrolled(nodes[0], clock)
    assert (await login(nodes[1], totp=codes[0].lower()))[0] == 200
    assert (await login(nodes[0], totp=codes[0]))[1]["code"] == "wrong_code"
    staff = make_staff("saana", role="supervisor")
    tries = [*codes[1:], *codes[1:]]
    found = await asyncio.gather(
        *(nodes[number % 2].parts.second.check(staff, code) for number, code in enumerate(tries))
    )
    assert found.count("recovery") == 9
    status, body, _ = await ask(nodes[0], "/me/second-factor", None, session, "GET")
    assert (status, body["enrolled"], body["required"], body["recovery_left"]) == (200, True, True, 0)
    assert (await login(nodes[0], totp=code_of(secret, clock)))[0] == 200


async def test_guessing_codes_is_slowed_down(nodes: Nodes, clock: ManualClock) -> None:
    """Whoever has the password has five tries; who was here before with this browser is not held up by that."""
    secret, _, _ = await enrolled(nodes[0], clock)
    answers = [(await login(nodes[0], totp="000000"))[0] for _ in range(7)]
    assert answers == [401] * 5 + [429] * 2
    gate, staff = nodes[0].parts.gate, make_staff("saana", role="supervisor")
    line = gate.devices.set_cookie(None, staff.id, gate.now_s()).partition(";")[0]
    body = {"username": "saana", "password": PASSWORD, "totp": code_of(secret, clock)}
    assert (await ask(nodes[0], "/login", body, line))[0] == 200


async def test_a_copy_of_the_store_makes_no_codes(
    nodes: Nodes, clock: ManualClock, valkey: SingleStore
) -> None:
    """Neither the secret nor a recovery code is in it, nor the key that they are made with, in any spelling."""
    secret, codes, _ = await enrolled(nodes[0], clock)
    key = await nodes[0].backend.vault.secret(SIGN_IN)
    raw = base64.b32decode(secret + "=" * (-len(secret) % 8))
    looked_for = [key, raw, secret.encode(), *(code.encode() for code in codes)]
    looked_for += [one.hex().encode() for one in (key, raw)] + [base64.b64encode(one) for one in (key, raw)]
    looked_for += [code.replace("-", "").encode() for code in codes]
    factor = await SecondFactors(nodes[0].backend.link).of(make_staff("saana").id)
    assert factor is not None
    everything = b""
    client: Any = valkey.client()
    with contextlib.closing(client):
        for name in client.scan_iter():
            rows = client.hgetall(name).values() if client.type(name) == b"hash" else [client.dump(name)]
            everything += name + b"".join(rows)
    assert factor.generation.encode() in everything, "the search itself must find what is there"
    assert not [one for one in looked_for if one in everything]


async def test_setting_up_and_taking_away_by_oneself(nodes: Nodes, clock: ManualClock) -> None:
    """A counsellor may have an app: to get, to change and to lose one the password is asked for again, and a code."""
    one, two = nodes
    status, _, session = await login(one, "aino")
    assert status == 200
    path = "/me/second-factor"
    assert (await ask(one, path, {"password": "wrong"}, session))[:2][0] == 403
    status, offer, _ = await ask(one, path, {"password": PASSWORD}, session)
    assert status == 200
    ET.fromstring(svg_of(offer["picture"]))
    wrong = {"token": offer["token"], "totp": "000000"}
    assert (await ask(one, path, wrong, session, "PUT"))[1]["code"] == "not_shown"
    right = {"token": offer["token"], "totp": code_of(offer["secret"], clock)}
    status, body, _ = await ask(two, path, right, session, "PUT")
    assert (status, len(body["recovery"])) == (200, 10)
    assert (await login(one, "aino"))[1]["code"] == "totp_required"
    assert (await ask(one, path, {"password": PASSWORD}, session))[0] == 403
    assert (await ask(one, f"{path}/remove", {"password": PASSWORD}, session))[0] == 403
    clock.advance(STEP_MS)
    again = {"password": PASSWORD, "totp": code_of(offer["secret"], clock)}
    assert (await ask(two, f"{path}/remove", again, session))[0] == 204
    assert (await login(one, "aino"))[0] == 200


async def test_who_needs_an_app_can_not_go_without(nodes: Nodes, clock: ManualClock) -> None:
    """A supervisor may change the app and not take it away."""
    secret, _, session = await enrolled(nodes[0], clock)
    body = {"password": PASSWORD, "totp": code_of(secret, clock)}
    status, told, _ = await ask(nodes[0], "/me/second-factor/remove", body, session)
    assert (status, told["code"]) == (409, "bad_state")
    status, offer, _ = await ask(nodes[0], "/me/second-factor", body, session)
    assert status == 200
    confirmation = {"token": offer["token"], "totp": code_of(offer["secret"], clock)}
    assert (await ask(nodes[0], "/me/second-factor", confirmation, session, "PUT"))[0] == 200
    clock.advance(STEP_MS)
    assert (await login(nodes[0], totp=code_of(secret, clock)))[1]["code"] == "wrong_code"
    assert (await login(nodes[0], totp=code_of(offer["secret"], clock)))[0] == 200


def svg_of(picture: str) -> bytes:
    """The SVG of a `data:` address."""
    assert picture.startswith("data:image/svg+xml")
    return unquote_to_bytes(picture.partition(",")[2])
