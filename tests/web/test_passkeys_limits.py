"""Passkeys and the rest of signing in: limits without locks, required second steps, revocation, what a copy gives."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.one_time import STEP_MS
from chatsvc.domain.sites import StaffId
from chatsvc.store.clock import ManualClock
from chatsvc.store.passkeys import PasskeyStore
from chatsvc.store.vault_keys import SIGN_IN
from tests.support.authenticator import Device
from tests.support.passkeys import Browser
from tests.support.service import PASSWORD, Service, make_site, make_staff, running
from tests.support.stores import SingleStore
from tests.web.test_passkeys import ORIGIN, deeds, registered
from tests.web.test_second_factor import code_of

OFFICE, ATTACKER = "198.51.100.7", "203.0.113.9"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Service]:
    """One node behind a proxy that says where people come from; the supervisor needs a second step."""
    people = (make_staff("saana", role="supervisor"), make_staff("aino"))
    options: dict[str, Any] = {
        "worker": False, "clock": clock, "second_factor": ("supervisor",), "public_url": ORIGIN,
        "trusted_proxies": (ip_network("127.0.0.0/8"),),
    }  # fmt: skip
    async with running(valkey.url, tmp_path, make_site(), people, **options) as made:
        yield made


async def test_wrong_passkeys_slow_their_network_down_and_nobody_else(service: Service) -> None:
    """Fifty, then a wait; known and unknown passkeys alike; whoever is elsewhere, or was here before, comes in."""
    aino, device = await registered(service)
    aino.place = OFFICE
    assert (await aino.alone(device))[0] == 200
    attacker, stranger, copy = Browser(service, place=ATTACKER), Device(ORIGIN), replace(device)
    copy.credential, copy.sign = device.credential, stranger.sign
    answers = [await attacker.alone(stranger if number % 2 else copy) for number in range(54)]
    assert [status for status, _ in answers] == [401] * 50 + [429] * 4
    assert {body["detail"] for status, body in answers if status == 401} == {
        "Signing in with this passkey did not work."
    }
    assert (await attacker.alone(device))[0] == 429
    assert (await Browser(service, place="192.0.2.1").alone(device))[0] == 200
    neighbour = Browser(service, dict(aino.cookies), ATTACKER)
    assert (await neighbour.alone(device))[0] == 200
    refusals = await deeds(service, "sign_in_refused")
    assert {deed.record for deed in refusals} == {"aino"}
    assert len(refusals) <= 5  # as many as an account has at once
    assert not any(place in repr(refusals) for place in (OFFICE, ATTACKER))


async def test_a_stranger_hears_the_same_whoever_has_passkeys(service: Service) -> None:
    """Before a password is right nothing tells whether an account, or its passkeys, are there; nor do the options."""
    _, device = await registered(service)
    asked = [await Browser(service).options() for _ in range(2)]
    assert [{**one, "challenge": ""} for one in asked] == [{**asked[0], "challenge": ""}] * 2
    answer = device.get(await Browser(service).options())
    found = set()
    for name in ("aino", "saana", "nobody"):
        body = {"username": name, "password": "wrong", "passkey": answer}
        status, told = await Browser(service).ask("POST", "/login", body)
        found.add((status, told["code"], told["detail"]))
    assert len(found) == 1
    foreign = {"Origin": "https://evil.example"}
    for path in ("options", ""):
        url = f"{service.base}/api/v1/login/passkey/{path}".rstrip("/")
        async with service.http.post(url, json={}, headers=foreign) as response:
            assert response.status == 403


async def test_who_needs_a_second_step_keeps_one(service: Service, clock: ManualClock) -> None:
    """A passkey takes the place of the app, and the codes stay; the last of both can't go."""
    saana = Browser(service)
    offer = (await saana.sign_in("saana"))[1]["enrolment"]
    _, body = await saana.sign_in("saana", enrolment=offer["token"], totp=code_of(offer["secret"], clock))
    codes, device = body["recovery"], Device(ORIGIN)
    clock.advance(STEP_MS)
    assert (await saana.ask("POST", "/me/passkeys/options", {"password": PASSWORD}))[0] == 403
    added = await saana.register(device, totp=code_of(offer["secret"], clock))
    assert added["recovery"] == []  # there are some already
    _, asked = await Browser(service).sign_in("saana")
    assert (asked["code"], len(asked["passkey"]["allowCredentials"])) == ("totp_required", 1)
    assert (await Browser(service).alone(device))[0] == 200
    assert (await saana.ask("POST", "/me/second-factor/remove", await saana.again(device)))[0] == 204
    _, state = await saana.ask("GET", "/me/second-factor")
    assert (state["enrolled"], state["passkeys"], state["recovery_left"]) == (False, 1, 10)
    path = f"/me/passkeys/{added['passkey']['id']}/remove"
    status, told = await saana.ask("POST", path, await saana.again(device))
    assert (status, told["code"]) == (409, "bad_state")
    assert (await Browser(service).alone(device))[0] == 200
    assert (await Browser(service).sign_in("saana"))[1]["code"] == "passkey_required"
    clock.advance(STEP_MS)
    assert (await Browser(service).sign_in("saana", totp=code_of(offer["secret"], clock)))[0] == 401
    assert (await Browser(service).sign_in("saana", totp=codes[0]))[0] == 200


async def test_sessions_of_passkeys_end_as_all_do(service: Service) -> None:
    """A new password and signing out everywhere end them; the passkey signs in again; a disabled account does not."""
    _, device = await registered(service)
    directory = service.backend.directory
    for change in (
        lambda staff: replace(staff, password_hash=staff.password_hash + "x"),
        lambda staff: replace(staff, sign_outs=staff.sign_outs + 1),
    ):
        browser = Browser(service)
        assert (await browser.alone(device))[0] == 200
        await directory.change_staff("aino", change)
        await service.backend.planning.refresh()
        assert (await browser.ask("GET", "/me"))[0] == 401
    await directory.change_staff("aino", lambda staff: replace(staff, disabled=True))
    await service.backend.planning.refresh()
    assert (await Browser(service).alone(device))[0] == 401
    await directory.remove_staff(StaffId("aino"))
    await directory.put_staff(make_staff("aino"))
    await service.backend.planning.refresh()
    assert (await Browser(service).alone(device))[0] == 401  # the same name is not the same person
    assert (await Browser(service).sign_in("aino"))[0] == 200


async def test_an_open_console_closes_with_its_passkeys_session_and_comes_back(service: Service) -> None:
    """Signed out everywhere the socket closes; with the passkey the same conversation is on the desk again."""
    browser, device = await registered(service)
    assert (await browser.alone(device))[0] == 200

    async def console() -> Any:
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        client = await service.console("aino", headers={"Cookie": cookie})
        await client.send("hello")
        return client, await client.expect("welcome")

    desk, _ = await console()
    await desk.ask("duty", "duty", state="available")
    visitor, welcome = await service.joined()
    await desk.ask("take", "assigned", queue="paihde")
    await visitor.expect("active")
    await service.backend.directory.sign_out_everywhere("aino")
    assert (await desk.closed).code == 4001
    assert (await browser.alone(device))[0] == 200
    _, again = await console()
    assert [one["id"] for one in again["conversations"]] == [welcome["conversation"]]


async def test_a_copy_of_the_store_signs_nobody_in(service: Service, valkey: SingleStore) -> None:
    """It has public keys and a handle that is not the name; not the key that challenges are made with."""
    _, device = await registered(service)
    own = await PasskeyStore(service.backend.link).of(StaffId("aino"))
    assert own is not None
    assert (len(own.handle), own.keys[0].credential) == (32, device.credential)
    assert b"aino" not in own.handle
    key = await service.backend.vault.secret(SIGN_IN)
    client: Any = valkey.client()
    rows = [
        b"".join(client.hgetall(name).values()) for name in client.scan_iter() if client.type(name) == b"hash"
    ]
    assert device.credential in b"".join(rows), "the search itself must find what is there"
    assert key not in b"".join(rows)


async def test_two_first_passkeys_at_once_are_one(service: Service) -> None:
    """Each would give the account another handle; one is kept, and the other is to be made anew."""
    one, two = Browser(service), Browser(service)
    for browser in (one, two):
        await browser.sign_in("aino")
    made = [Device(ORIGIN).create(await browser.offer()) for browser in (one, two)]
    bodies = [{"name": "Mine", "passkey": answer} for answer in made]
    answers = await asyncio.gather(
        *(browser.ask("POST", "/me/passkeys", body) for browser, body in zip((one, two), bodies, strict=True))
    )
    assert sorted(status for status, _ in answers) in ([201, 409], [201, 422])
    assert len((await one.ask("GET", "/me/passkeys"))[1]["passkeys"]) == 1


async def test_an_address_without_a_name_has_none(valkey: SingleStore, tmp_path: Path) -> None:
    """The login is told so, and the settings."""
    async with running(valkey.url, tmp_path, worker=False, public_url="http://127.0.0.1:8080") as service:
        browser = Browser(service)
        assert (await browser.ask("POST", "/login/passkey/options"))[1]["code"] == "no_passkeys"
        await browser.sign_in("aino")
        assert (await browser.ask("GET", "/me/passkeys"))[1]["possible"] is False
        status, body = await browser.ask("POST", "/me/passkeys/options", {"password": PASSWORD})
        assert (status, body["code"]) == (404, "no_passkeys")


async def test_after_another_host_name_the_old_ones_still_guard(
    service: Service, valkey: SingleStore, tmp_path: Path
) -> None:
    """They sign nobody in there and are marked; a password needs a recovery code, and an old passkey can be removed."""
    browser, device = Browser(service), Device(ORIGIN)
    await browser.sign_in("aino")
    codes = (await browser.register(device))["recovery"]
    people = (make_staff("aino"),)
    moved = "http://chat.localhost:8080"
    async with running(
        valkey.url, tmp_path, make_site(), people, worker=False, public_url=moved
    ) as elsewhere:
        there = Browser(elsewhere)
        assert (await there.alone(device))[0] == 401
        device.origin, device.host = moved, "chat.localhost"  # what no real device does
        _, asked = await there.sign_in("aino")
        assert (asked["code"], "passkey" in asked) == ("totp_required", False)
        assert (await there.sign_in("aino", totp=codes[0]))[0] == 200
        (key,) = (await there.ask("GET", "/me/passkeys"))[1]["passkeys"]
        assert key["here"] is False
        again = {"password": PASSWORD, "totp": codes[1]}
        assert (await there.ask("POST", f"/me/passkeys/{key['id']}/remove", again))[0] == 204
