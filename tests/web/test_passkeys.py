"""Passkeys over HTTP, on two nodes and a real store, with devices in software."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.attempts import Attempt
from chatsvc.domain.challenges import WITHIN_MS
from chatsvc.domain.passkeys import MOST
from chatsvc.domain.sites import Staff
from chatsvc.store.clock import ManualClock
from chatsvc.store.second_factors import SecondFactors
from tests.support.authenticator import FLAG, Algorithm, Device
from tests.support.passkeys import Browser
from tests.support.service import PASSWORD, Service, make_site, make_staff, running
from tests.support.stores import SingleStore

Nodes = tuple[Service, Service]
ORIGIN = "http://localhost:8080"
ALGORITHMS: tuple[Algorithm, ...] = ("ES256", "EdDSA", "RS256")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def nodes(valkey: SingleStore, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Nodes]:
    """Two nodes with one public address; the supervisor needs a second step, counsellors may have one."""
    people = (make_staff("saana", role="supervisor"), make_staff("aino"), make_staff("eino"))
    options: dict[str, Any] = {
        "worker": False, "clock": clock, "second_factor": ("supervisor",), "public_url": ORIGIN,
    }  # fmt: skip
    async with (
        running(valkey.url, tmp_path, make_site(), people, **options) as one,
        running(valkey.url, tmp_path, make_site(), people, **options) as two,
    ):
        yield one, two


async def registered(service: Service, name: str = "aino", **device: Any) -> tuple[Browser, Device]:
    """Somebody who has signed in with a password and made a first passkey."""
    browser, made = Browser(service), Device(ORIGIN, **device)
    status, body = await browser.sign_in(name)
    assert status == 200, body
    await browser.register(made)
    return browser, made


async def deeds(service: Service, action: str) -> list[Any]:
    """What the site's audit log has of one kind, once everything is written."""
    await asyncio.gather(*service.parts.node._unfinished)
    return [one.deed for one in await service.backend.audit.log.entries("kunta") if one.deed.action == action]


async def test_registered_on_one_node_signs_in_on_the_other(nodes: Nodes) -> None:
    """Whatever the algorithm: a passkey alone is enough, gives a session, and says in the list when it was used."""
    one, two = nodes
    browser, first = await registered(one)
    for algorithm in ALGORITHMS:
        device = Device(ORIGIN, algorithm=algorithm)
        body = await browser.register(device, algorithm, first)
        assert body["recovery"] == []
        other = Browser(two)
        status, me = await other.alone(device)
        assert (status, me["id"]) == (200, "aino")
        assert (await other.ask("GET", "/me"))[1]["id"] == "aino"
    _, listed = await browser.ask("GET", "/me/passkeys")
    assert [key["name"] for key in listed["passkeys"]] == ["Mine", *ALGORITHMS]
    assert all(key["here"] and key["used_at"] for key in listed["passkeys"])
    assert len(await deeds(one, "addPasskey")) == 4
    assert [deed.details.get("how") for deed in await deeds(one, "sign_in")] == [None, *["passkey"] * 3]


async def test_guesses_at_passwords_hold_no_passkey_up(nodes: Nodes) -> None:
    """While strangers have used up what an account bears of passwords and codes, a passkey from anywhere is enough."""
    one, two = nodes
    _, device = await registered(one)
    gate, tries = two.parts.gate, [0.0]
    for number in range(100):
        guess = Attempt("aino", exists=True, source=f"network {number}".encode())
        tries = [attempts.begin(guess, gate.now_s()) for attempts in (gate.passwords, gate.codes)]
    assert min(tries) > 0
    async with two.http.post(
        f"{two.base}/api/v1/login", json={"username": "aino", "password": PASSWORD}
    ) as answer:
        assert answer.status == 429
    assert (await Browser(two).alone(device))[0] == 200


async def test_what_a_browser_is_asked_for(nodes: Nodes) -> None:
    """The person is verified always, nothing attested, the host ours; a device that has a passkey makes no other."""
    browser, device = await registered(nodes[0])
    made = await browser.offer(device)
    assert made["rp"]["id"] == "localhost"
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert made["authenticatorSelection"]["residentKey"] == "preferred"
    assert (made["attestation"], made["timeout"]) == ("none", WITHIN_MS)
    assert [one["alg"] for one in made["pubKeyCredParams"]] == [-7, -8, -257]
    (known,) = made["excludeCredentials"]
    assert known["transports"] == ["hybrid", "internal"]
    asked = await Browser(nodes[1]).options()
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "required")
    assert not asked.get("allowCredentials")
    challenges = {(await browser.options())["challenge"] for _ in range(20)}
    assert len(challenges) == 20


async def test_every_wrong_answer_gets_the_same_refusal(nodes: Nodes, clock: ManualClock) -> None:
    """Origin, host, flags, kind, frame, owner, signature, age: one sentence, and the account stays unnamed."""
    one, two = nodes
    _, device = await registered(one)
    _, other = await registered(one, "eino")
    own_handle, own_sign = device.handle, device.sign
    changes: list[tuple[str, Any]] = [
        ("origin", "https://evil.example"), ("origin", "http://localhost:8081"), ("origin", "https://localhost:8080"),
        ("host", "evil.example"), ("flags", FLAG.UP), ("flags", FLAG.UV), ("flags", 0),
        ("flags", FLAG.UP | FLAG.UV | FLAG.BS), ("cross_origin", True), ("kind", "webauthn.create"),
        ("handle", other.handle), ("handle", None), ("handle", b""), ("credential", bytes(32)),
        ("credential", other.credential), ("sign", other.sign),
    ]  # fmt: skip
    answers = []
    for field, value in changes:
        kept = getattr(device, field)
        setattr(device, field, value)
        answers.append((field, await Browser(two).alone(device)))
        setattr(device, field, kept)
    late = device.get(await Browser(two).options())
    clock.advance(WITHIN_MS)
    answers.append(("late", await Browser(one).ask("POST", "/login/passkey", {"passkey": late})))
    stranger = Device(ORIGIN, handle=own_handle)
    answers.append(("stranger", await Browser(one).alone(stranger)))
    await one.backend.directory.change_staff("eino", _disabled)
    await one.backend.planning.refresh()
    answers.append(("disabled", await Browser(one).alone(other)))
    assert {(status, body["code"], body["detail"]) for _, (status, body) in answers} == {
        (401, "wrong_passkey", "Signing in with this passkey did not work.")
    }
    assert device.sign is own_sign
    assert (await Browser(two).alone(device))[0] == 200


def _disabled(staff: Staff) -> Staff:
    return replace(staff, disabled=True)


async def test_an_answer_is_good_once_on_all_nodes(nodes: Nodes) -> None:
    """The same answer from ten browsers on two nodes lets one in; the others are a replay in the log."""
    one, two = nodes
    _, device = await registered(one)
    answer = {"passkey": device.get(await Browser(one).options())}
    tries = [Browser(nodes[number % 2]).ask("POST", "/login/passkey", answer) for number in range(10)]
    statuses = sorted(status for status, _ in await asyncio.gather(*tries))
    assert statuses == [200] + [401] * 9
    refusals = await deeds(one, "sign_in_refused") + await deeds(two, "sign_in_refused")
    assert {deed.details["why"] for deed in refusals} == {"replay"}


async def test_an_answer_is_good_for_what_was_asked(nodes: Nodes) -> None:
    """A challenge to sign in neither changes anything nor serves as a second step, and the other way round."""
    one, _ = nodes
    browser, device = await registered(one)
    to_sign_in = device.get(await browser.options())
    assert (await browser.ask("POST", "/me/passkeys/options", {"passkey": to_sign_in}))[0] == 403
    assert (await browser.sign_in("aino", passkey=to_sign_in))[1]["code"] == "wrong_passkey"
    again = await browser.again(device)
    assert (await browser.ask("POST", "/login/passkey", again))[0] == 401
    _, asked = await browser.sign_in("aino")
    second = device.get(asked["passkey"])
    assert (await browser.ask("POST", "/login/passkey", {"passkey": second}))[0] == 401
    elsewhere = Browser(one)
    assert (await elsewhere.alone(device))[0] == 200
    assert (await elsewhere.ask("POST", "/me/passkeys/options", again))[0] == 403  # of another session
    assert (await browser.sign_in("aino", passkey=second))[0] == 200


async def test_a_registration_belongs_to_its_session_and_comes_once(nodes: Nodes, clock: ManualClock) -> None:
    """Another session, account or time keeps nothing; nor does a second try, or an algorithm that was not asked for."""
    one, two = nodes
    aino, eino = Browser(one), Browser(two)
    for browser, name in ((aino, "aino"), (eino, "eino")):
        await browser.sign_in(name)
    made = {"name": "Mine", "passkey": Device(ORIGIN).create(await aino.offer())}
    other_session = Browser(one)
    await other_session.sign_in("aino")
    for browser in (eino, other_session):
        assert (await browser.ask("POST", "/me/passkeys", made))[1]["code"] == "bad_passkey"
    late = {"name": "Late", "passkey": Device(ORIGIN).create(await aino.offer())}
    clock.advance(WITHIN_MS)
    assert (await aino.ask("POST", "/me/passkeys", late))[1]["code"] == "bad_passkey"
    for change in (
        {"origin": "https://evil.example"},
        {"flags": FLAG.UP},
        {"host": "evil"},
        {"cross_origin": True},
    ):
        device = Device(**({"origin": ORIGIN} | change))
        wrong = {"name": "Wrong", "passkey": device.create(await aino.offer())}
        assert (await aino.ask("POST", "/me/passkeys", wrong))[0] == 422, change
    right = {"name": "Right", "passkey": Device(ORIGIN).create(await aino.offer())}
    statuses = [(await browser.ask("POST", "/me/passkeys", right))[0] for browser in (aino, aino.at(two))]
    assert statuses == [201, 422]
    assert [key["name"] for key in (await aino.ask("GET", "/me/passkeys"))[1]["passkeys"]] == ["Right"]


async def test_a_device_is_registered_once(nodes: Nodes) -> None:
    """What somebody has registered nobody else can have, and no account has more than ten."""
    one, _ = nodes
    browser, device = await registered(one)
    eino = Browser(one)
    await eino.sign_in("eino")
    made = device.create(await eino.offer())
    status, body = await eino.ask("POST", "/me/passkeys", {"name": "Mine too", "passkey": made})
    assert (status, body["code"]) == (409, "bad_state")
    device.handle = None
    assert (await Browser(one).alone(device))[0] == 401  # it calls itself nobody's now
    stepping = Device(ORIGIN)
    await browser.register(stepping, "Stepping", device)  # after a password, the name is known
    for number in range(MOST - 2):
        await browser.register(Device(ORIGIN), f"Number {number}", stepping)
    status, body = await browser.ask("POST", "/me/passkeys/options", await browser.again(stepping))
    assert (status, body["code"]) == (409, "bad_state")


async def test_a_counter_that_goes_back_is_a_copy(nodes: Nodes) -> None:
    """Refused and in the log; a device that does not count, or begins to, is let in."""
    one, two = nodes
    _, device = await registered(one, counter=0)
    for counter, status in ((0, 200), (7, 200), (8, 200), (8, 401), (3, 401), (0, 200), (5, 401), (9, 200)):
        device.counter = counter
        assert (await Browser(two).alone(device))[0] == status, counter
    refusals = await deeds(two, "sign_in_refused")
    assert [deed.details["why"] for deed in refusals] == ["counter", "counter", "counter"]
    assert {(deed.actor, deed.record) for deed in refusals} == {("not signed in", "aino")}


async def test_two_nodes_see_one_counter(nodes: Nodes) -> None:
    """Of two devices with the same passkey and counter that come at once, one is let in."""
    _, device = await registered(nodes[0], counter=5)
    device.counter = 6
    answers = [device.get(await Browser(node).options()) for node in nodes]
    tries = [
        Browser(node).ask("POST", "/login/passkey", {"passkey": answer})
        for node, answer in zip(nodes, answers, strict=True)
    ]
    assert sorted(status for status, _ in await asyncio.gather(*tries)) == [200, 401]


async def test_a_password_alone_is_not_enough_any_more(nodes: Nodes) -> None:
    """Whoever has a passkey shows it, or a recovery code, after the password; no app can be set up instead."""
    one, two = nodes
    browser, device = await registered(one)
    status, body = await Browser(two).sign_in("aino")
    assert (status, body["code"]) == (401, "passkey_required")
    assert len(body["passkey"]["allowCredentials"]) == 1
    assert (await Browser(two).sign_in("aino", passkey=device.get(body["passkey"])))[0] == 200
    assert (await Browser(two).sign_in("aino", passkey=device.get(body["passkey"])))[0] == 401
    assert (await Browser(two).ask("POST", "/login", {"username": "aino", "password": "wrong"}))[1][
        "code"
    ] == ("wrong_login")
    assert [deed.details.get("factor") for deed in await deeds(one, "sign_in")] == [None, "passkey"]
    _, state = await browser.ask("GET", "/me/second-factor")
    assert (state["enrolled"], state["passkeys"], state["recovery_left"]) == (False, 1, 10)


async def test_recovery_codes_come_with_the_first_passkey(nodes: Nodes) -> None:
    """They let in once each when the device is gone, and go with the last passkey."""
    one, two = nodes
    browser, device = Browser(one), Device(ORIGIN)
    await browser.sign_in("aino")
    codes = (await browser.register(device))["recovery"]
    assert len(set(codes)) == 10
    lost = Browser(two)
    assert (await lost.sign_in("aino", totp=codes[0]))[0] == 200
    assert (await Browser(two).sign_in("aino", totp=codes[0]))[0] == 401
    (key,) = (await lost.ask("GET", "/me/passkeys"))[1]["passkeys"]
    path = f"/me/passkeys/{key['id']}/remove"
    assert (await lost.ask("POST", path, {"password": PASSWORD}))[0] == 403
    assert (await lost.ask("POST", path, {"password": PASSWORD, "totp": codes[1]}))[0] == 204
    assert (await Browser(two).alone(device))[0] == 401
    assert (await Browser(one).sign_in("aino"))[0] == 200
    assert await SecondFactors(one.backend.link).of(make_staff("aino").id) is None
    assert [deed.record for deed in await deeds(one, "removePasskey")] == [f"me/passkeys/{key['id']}/remove"]


async def test_names_are_the_owners(nodes: Nodes) -> None:
    """Renamed without further ado; a name has 1 to 40 characters; nobody touches another's passkeys."""
    one, _ = nodes
    browser, device = await registered(one)
    (key,) = (await browser.ask("GET", "/me/passkeys"))[1]["passkeys"]
    path = f"/me/passkeys/{key['id']}"
    assert (await browser.ask("PUT", path, {"name": "  The blue one "}))[0] == 204
    for name in ("", "   ", "x" * 41, "two\nlines"):
        assert (await browser.ask("PUT", path, {"name": name}))[1]["field"] == "name"
    assert [one["name"] for one in (await browser.ask("GET", "/me/passkeys"))[1]["passkeys"]] == [
        "The blue one"
    ]
    eino = Browser(one)
    await eino.sign_in("eino")
    assert (await eino.ask("PUT", path, {"name": "Mine"}))[0] == 404
    assert (await eino.ask("POST", f"{path}/remove", {"password": PASSWORD}))[0] == 404
    assert (await Browser(one).alone(device))[0] == 200
