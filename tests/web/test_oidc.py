"""Signing in with an identity provider: a real one, there and back, over HTTP."""

import asyncio
import time
from base64 import b32decode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.domain.identity import subject_digest
from chatsvc.domain.one_time import STEP_MS, hotp
from chatsvc.domain.sites import Staff, StaffId
from chatsvc.services.vouched import Admission, Vouched
from chatsvc.store.audit import AuditStore
from chatsvc.web.sign_in_devices import COOKIE
from tests.support.canary import Detector, Mark
from tests.support.ports import free_port
from tests.support.provider import IdentityProvider, Traveller, identity_provider, query_of, travelling
from tests.support.service import PASSWORD, Service, make_staff, password_hash, running
from tests.support.stores import SingleStore

__all__ = ["identity_provider"]
MAIJA = StaffId("kunta+maija.mottonen")
PEOPLE: dict[str, dict[str, Any]] = {
    "maija": {"groups": ["counsellors", "all"], "preferred_username": "Maija.Möttönen", "name": "Maija Möttönen"},
    "outsider": {"groups": ["all"], "preferred_username": "outsider"},
}  # fmt: skip


@asynccontextmanager
async def node(
    valkey: SingleStore, tmp_path: Path, provider: IdentityProvider, **changes: Any
) -> AsyncIterator[Service]:
    """A node that takes people of the provider; `changes` are settings."""
    given: dict[str, Any] = {
        "port": provider.port, "public_url": provider.origin, "oidc": (provider.settings(),), "worker": False,
    }  # fmt: skip
    await provider.put(**PEOPLE)
    async with running(
        valkey.url, tmp_path, people=[make_staff("aino"), make_staff("maija.mottonen")], **(given | changes)
    ) as made:
        yield made


@pytest.fixture
async def service(
    valkey: SingleStore, tmp_path: Path, identity_provider: IdentityProvider
) -> AsyncIterator[Service]:
    """One node, as it is set up without thinking."""
    async with node(valkey, tmp_path, identity_provider) as made:
        yield made


@pytest.fixture
async def traveller(identity_provider: IdentityProvider) -> AsyncIterator[Traveller]:
    """A browser."""
    async with travelling(identity_provider.origin) as found:
        yield found


async def deeds(service: Service) -> list[tuple[str, str, str]]:
    """Who did what to what, as the audit log of the site has it."""
    found = [entry.deed for entry in await AuditStore(service.backend.link).entries("kunta")]
    return [(one.actor, one.action, one.record) for one in found]


async def test_somebody_of_the_provider_signs_in(
    service: Service, traveller: Traveller, valkey: SingleStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """An account of its own, as the groups say, that shows visitors no name; what came with it is kept nowhere."""
    address = await traveller.begin()
    asked = query_of(address)
    assert asked["redirect_uri"] == f"{traveller.origin}/api/v1/oidc/kunta/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    back = await traveller.vouched_for(address, "maija")
    assert query_of(back)["state"] == asked["state"]
    assert await traveller.get(back) == (303, f"{traveller.origin}/console/")
    status, me = await traveller.api("GET", "/me")
    assert (status, me["id"], me["alias"], me["role"]) == (200, MAIJA, "Neuvoja 1", "counsellor")
    assert (me["provider"], [site["site"] for site in me["sites"]]) == ("kunta", ["kunta"])
    assert await deeds(service) == [("oidc kunta", "counsellor add", MAIJA), (MAIJA, "sign_in", "")]
    secrets = {
        "code": query_of(back)["code"],
        "state": asked["state"],
        "nonce": asked["nonce"],
        "name": "Möttönen",
    }
    detector = Detector(Mark.of(name, value) for name, value in secrets.items())
    written = capsys.readouterr()
    with valkey.client() as client:
        found = detector.in_store(client) + detector.in_bytes("log", (written.out + written.err).encode())
    assert not found
    assert Detector([Mark.of("account", MAIJA)]).in_bytes("a planted one", MAIJA.encode())
    assert await traveller.api("POST", "/logout", {}) == (204, None)
    assert (await traveller.get("/api/v1/oidc/kunta/end"))[1].startswith(service.settings.oidc[0].issuer)


async def test_nobody_takes_over_another_account(
    service: Service, traveller: Traveller, identity_provider: IdentityProvider
) -> None:
    """Not by a name that is there already; a new name at the provider is still the same person."""
    assert await traveller.sign_in("maija") == "/console/"
    assert service.backend.snapshot.people[StaffId("maija.mottonen")] == make_staff("maija.mottonen")
    await identity_provider.put(
        double={"groups": ["counsellors"], "preferred_username": "maija.mottonen"},
        nameless={"groups": ["counsellors"]},
        maija={"groups": ["counsellors"], "preferred_username": "maija.virta"},
    )
    for name, account in (("double", f"{MAIJA}-2"), ("maija", MAIJA)):
        async with travelling(traveller.origin) as other:
            assert await other.sign_in(name) == "/console/"
            assert (await other.api("GET", "/me"))[1]["id"] == account
    async with travelling(traveller.origin) as other:
        assert await other.sign_in("nameless") == "/console/"
        found = (await other.api("GET", "/me"))[1]
        assert found["id"].startswith("kunta+")
        assert found["alias"] == "Neuvoja 3"


async def test_groups_change_and_the_account_with_them(
    service: Service, traveller: Traveller, identity_provider: IdentityProvider
) -> None:
    """A new role at the next sign-in, and older sessions over; without any, no way in until one is back."""
    settings = service.settings.oidc[0]
    assert (await traveller.sign_in("outsider"), settings.id) == ("/console/?sign_in=no_role", "kunta")
    assert (
        await traveller.sign_in("maija") == "/console/?sign_in=no_role"
    )  # the provider remembers the outsider
    async with travelling(traveller.origin) as one, travelling(traveller.origin) as two:
        assert await one.sign_in("maija") == "/console/"
        await identity_provider.put(maija={"groups": ["supervisors", "counsellors"]})
        assert await two.sign_in("maija", "manage") == "/manage/"
        assert (await two.api("GET", "/me"))[1]["role"] == "supervisor"
        assert (await one.api("GET", "/me"))[0] == 401
        _, token = await service.backend.directory.create_token(MAIJA, "a program")
        await identity_provider.put(maija={"groups": []})
        assert await two.sign_in("maija") == "/console/?sign_in=no_role"
        assert (await two.api("GET", "/me"))[0] == 401
        assert await service.backend.directory.staff_of_token(token) is None
        await identity_provider.put(maija={"groups": ["counsellors"]})
        assert await two.sign_in("maija") == "/console/"
        assert (await two.api("GET", "/me"))[1]["role"] == "counsellor"
    done = [action for actor, action, _ in await deeds(service) if actor == "oidc kunta"]
    assert done == [
        "counsellor add", "counsellor change", "counsellor disable", "counsellor enable", "counsellor change",
    ]  # fmt: skip


async def test_a_change_is_recorded_though_their_pool_is_away(service: Service) -> None:
    """Nobody can be taken off duty there: they are not let in, but what was written is in the log, once."""

    async def away(_: Staff) -> None:
        raise StoreUnavailable

    admission = Admission(service.backend.directory, service.backend.audit, away)
    provider = service.settings.oidc[0]
    person = Vouched(provider, subject_digest(provider.issuer, "maija"), frozenset({"counsellors"}), "maija")
    account = await admission.admit(person)
    for groups in ({"supervisors"}, set[str]()):
        with pytest.raises(StoreUnavailable):
            await admission.admit(replace(person, groups=frozenset(groups)))
    assert (await service.backend.directory.load()).people[account.id].disabled
    assert await deeds(service) == [
        ("oidc kunta", f"counsellor {action}", account.id) for action in ("add", "change", "disable")
    ]


async def test_marks_of_others_at_this_browser_stay(service: Service, traveller: Traveller) -> None:
    """A browser leaves a Strict cookie at home on the way back from the provider; it still has it after that."""
    assert (await traveller.api("POST", "/login", {"username": "aino", "password": PASSWORD}))[0] == 200
    assert traveller.cookie(COOKIE)
    assert service.settings.oidc
    back = await traveller.vouched_for(await traveller.begin(), "maija")
    journey = f"__Host-chatsvc-oidc={traveller.cookie('__Host-chatsvc-oidc')}"
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as other_site,
        other_site.get(back, headers={"Cookie": journey}, allow_redirects=False) as answer,
    ):
        assert answer.headers["Location"] == "/console/"
        begun = [line.partition("=")[0] for line in answer.headers.getall("Set-Cookie")]
    assert "__Host-chatsvc-staff" in begun
    assert COOKIE not in begun


async def test_whom_the_operator_has_disabled(service: Service, traveller: Traveller) -> None:
    """The provider does not undo that, nor does its no."""
    assert await traveller.sign_in("maija") == "/console/"
    account = service.backend.snapshot.people[MAIJA]
    await service.backend.directory.put_staff(replace(account, disabled=True))
    assert await traveller.sign_in("maija") == "/console/?sign_in=disabled"
    assert (await traveller.api("GET", "/me"))[0] == 401
    assert (await service.backend.directory.load()).people[MAIJA].disabled
    async with travelling(traveller.origin) as other:
        assert await other.sign_in("") == "/console/?sign_in=denied"


async def test_start_on_one_node_and_come_back_to_another(
    service: Service, valkey: SingleStore, tmp_path: Path, identity_provider: IdentityProvider
) -> None:
    """The journey is in the browser; a code that was brought to one node is not tried on the other."""
    second = free_port()
    async with (
        node(valkey, tmp_path, identity_provider, port=second),
        travelling(identity_provider.origin, f"http://localhost:{second}") as traveller,
    ):
        back = await traveller.vouched_for(await traveller.begin(), "maija")
        elsewhere = back.replace(str(identity_provider.port), str(second), 1)
        journey = traveller.cookie("__Host-chatsvc-oidc")
        assert (await traveller.get(elsewhere))[1].endswith(f":{second}/console/")
        assert (await traveller.api("GET", "/me"))[0] == 200  # on the first one
        async with travelling(traveller.origin) as thief:
            assert await thief.get(back) == (303, f"{traveller.origin}/console/?sign_in=expired")
            headers = {"Cookie": f"__Host-chatsvc-oidc={journey}"}
            async with thief.http.get(back, headers=headers, allow_redirects=False) as answer:
                assert answer.headers["Location"] == "/console/?sign_in=expired"
    assert service.settings.oidc


async def test_coming_in_for_the_first_time_twice_at_once(
    service: Service, valkey: SingleStore, tmp_path: Path, identity_provider: IdentityProvider
) -> None:
    """On two nodes at the same moment: one account, written once, and both browsers are signed in to it."""
    second = free_port()
    async with node(valkey, tmp_path, identity_provider, port=second), AsyncExitStack() as stack:
        origins = (identity_provider.origin, f"http://localhost:{second}")
        browsers = [await stack.enter_async_context(travelling(*origins)) for _ in range(6)]
        ways = [await one.vouched_for(await one.begin(), "maija") for one in browsers]
        at = [
            way.replace(str(identity_provider.port), str(second), 1) if n % 2 else way
            for n, way in enumerate(ways)
        ]
        ends = await asyncio.gather(*(one.get(way) for one, way in zip(browsers, at, strict=True)))
        assert all(end.endswith("/console/") for _, end in ends)
        assert {(await one.api("GET", "/me"))[1]["id"] for one in browsers} == {MAIJA}
        people = (await service.backend.directory.load()).people
        assert len([one for one in people.values() if one.identity is not None]) == 1
        added = [action for _, action, _ in await deeds(service) if action == "counsellor add"]
        assert len(added) == 1


async def test_a_second_step_here(
    valkey: SingleStore, tmp_path: Path, identity_provider: IdentityProvider, traveller: Traveller
) -> None:
    """Asked for where a role needs one, unless the provider says that it was made there."""
    settings = identity_provider.settings(second_factor_amr=("mfa",))
    async with node(
        valkey, tmp_path, identity_provider, oidc=(settings,), second_factor=("counsellor",)
    ) as service:
        assert await traveller.sign_in("maija") == "/console/?sign_in=second"
        assert (await traveller.api("GET", "/me"))[0] == 401
        status, told = await traveller.api("POST", "/oidc/second", {})
        assert (status, told["code"]) == (401, "enrolment_required")
        offer = told["enrolment"]
        sent = {"enrolment": offer["token"], "totp": _code(offer["secret"])}
        async with travelling(traveller.origin) as other:
            assert (await other.api("POST", "/oidc/second", sent))[1]["code"] == "not_begun"
        assert (await traveller.api("POST", "/oidc/second", sent | {"totp": "000000"}))[1][
            "code"
        ] == "wrong_code"
        status, me = await traveller.api("POST", "/oidc/second", sent)
        assert (status, me["id"], len(me["recovery"])) == (200, MAIJA, 10)
        assert (await traveller.api("GET", "/me"))[0] == 200
        assert (await traveller.api("POST", "/oidc/second", sent))[1]["code"] == "not_begun"
        await identity_provider.put(maija={"groups": ["counsellors"], "amr": ["pwd", "mfa"]})
        async with travelling(traveller.origin) as other:
            assert await other.sign_in("maija") == "/console/"
        entries = await AuditStore(service.backend.link).entries("kunta")
        signed_in = [entry.deed.details for entry in entries if entry.deed.action == "sign_in"]
        assert [(one["how"], one["factor"]) for one in signed_in] == [
            ("oidc kunta", "enrolled"), ("oidc kunta", "provider"),
        ]  # fmt: skip
        await service.backend.directory.sign_out_everywhere(MAIJA)


def _code(secret: str) -> str:
    return hotp(b32decode(secret), int(time.time() * 1_000) // STEP_MS)


@pytest.mark.parametrize("allowed", [False, True])
async def test_passwords_of_those_who_have_a_provider(
    valkey: SingleStore, tmp_path: Path, identity_provider: IdentityProvider, traveller: Traveller, allowed: bool
) -> None:  # fmt: skip
    """Only where the provider's table says so; without the provider in the settings, nobody of it comes in."""
    settings = identity_provider.settings(passwords=allowed)
    async with node(valkey, tmp_path, identity_provider, oidc=(settings,)) as service:
        assert await traveller.sign_in("maija") == "/console/"
        account = service.backend.snapshot.people[MAIJA]
        await service.backend.directory.put_staff(replace(account, password_hash=password_hash()))
        await service.backend.planning.refresh()
        sent = {"username": MAIJA, "password": PASSWORD}
        assert (await traveller.api("POST", "/login", sent))[0] == (200 if allowed else 401)
    async with node(valkey, tmp_path, identity_provider, oidc=()):
        assert (await traveller.api("POST", "/login", sent))[0] == 401


async def test_where_nobody_has_a_password(
    valkey: SingleStore, tmp_path: Path, identity_provider: IdentityProvider, traveller: Traveller
) -> None:
    """The sign-in page is told so, and a right password is of no use."""
    async with node(valkey, tmp_path, identity_provider, password_sign_in=False):
        status, ways = await traveller.api("GET", "/sign-in")
        assert (status, ways["passwords"]) == (200, False)
        assert [(one["id"], one["names"]["fi"]) for one in ways["providers"]] == [("kunta", "Kunnan tunnus")]
        status, told = await traveller.api("POST", "/login", {"username": "aino", "password": PASSWORD})
        assert (status, told["code"]) == (403, "no_passwords")


async def test_tries_are_limited_for_each_network(
    valkey: SingleStore, tmp_path: Path, identity_provider: IdentityProvider, traveller: Traveller
) -> None:
    """A journey brought back again and again: that network has to wait, another one does not; without any, nobody.

    Junk for the address of logouts, which any page can have sent, is counted apart.
    """
    proxies = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    async with node(valkey, tmp_path, identity_provider, trusted_proxies=proxies):
        state = query_of(await traveller.begin())["state"]
        journey = f"__Host-chatsvc-oidc={traveller.cookie('__Host-chatsvc-oidc')}"

        async def told(times: int, said: str, cookie: str) -> list[str]:
            headers, words = {"X-Forwarded-For": "203.0.113.9", "Cookie": cookie}, []
            at = f"{traveller.origin}/api/v1/oidc/kunta/callback?code=y&state={said}"
            async with aiohttp.ClientSession(headers=headers, cookie_jar=aiohttp.DummyCookieJar()) as http:
                for _ in range(times):
                    async with http.get(at, allow_redirects=False) as answer:
                        words.append(query_of(answer.headers["Location"])["sign_in"])
            return words

        junk = f"{traveller.origin}/api/v1/oidc/kunta/logout"
        async with aiohttp.ClientSession(headers={"X-Forwarded-For": "203.0.113.9"}) as http:
            answers = [(await http.post(junk, data={"logout_token": "x"})).status for _ in range(52)]
        assert answers == [400] * 50 + [429] * 2
        assert await told(52, state, "") == ["expired"] * 52
        assert await told(52, "x", journey) == ["expired"] * 52
        assert (await told(1, state, journey))[0] not in ("expired", "limited")
        assert await told(51, state, journey) == ["expired"] * 49 + ["limited"] * 2
        traveller.http.headers["X-Forwarded-For"] = "198.51.100.7"
        assert await traveller.sign_in("maija") == "/console/"
