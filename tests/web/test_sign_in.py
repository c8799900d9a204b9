"""Signing in: tries are limited, nobody is locked out by others, and what failed is written down without a flood."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from chatsvc.store.audit import AuditStore
from chatsvc.web import auth
from chatsvc.web.sign_in_devices import COOKIE, DAYS, Devices
from tests.support.service import PASSWORD, Service, make_site, running
from tests.support.stores import SingleStore

OFFICE, ATTACKER = "198.51.100.7", "203.0.113.9"


@dataclass(slots=True)
class Browser:
    """A browser behind a trusted proxy, with its cookies."""

    service: Service
    place: str
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(self, path: str, **body: Any) -> tuple[int, dict[str, Any], str | None]:
        """A POST: status, body, Retry-After."""
        headers = {"X-Forwarded-For": self.place}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        url = f"{self.service.base}/api/v1{path}"
        async with self.service.http.post(url, json=body, headers=headers) as answer:
            for line in answer.headers.getall("Set-Cookie", []):
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            text = await answer.text()
            return answer.status, json.loads(text) if text else {}, answer.headers.get("Retry-After")

    async def sign_in(self, password: str = PASSWORD, name: str = "aino") -> int:
        """The status."""
        return (await self.ask("/login", username=name, password=password))[0]


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Two counsellors, behind a proxy that says where people come from."""
    proxies = (ip_network("127.0.0.0/8"),)
    async with running(valkey.url, tmp_path, make_site(), worker=False, trusted_proxies=proxies) as made:
        yield made


async def wrong_until_refused(browser: Browser, name: str = "aino") -> int:
    """How many tries were let through to the password."""
    for tries in range(100):
        if await browser.sign_in("wrong", name) == 429:
            return tries
    raise AssertionError("never refused")


async def test_guessing_is_slowed_down_and_locks_nobody_else_out(service: Service) -> None:
    """429 with a time to wait; whoever signed in before, and whoever is elsewhere, comes in all the same."""
    aino, attacker = Browser(service, OFFICE), Browser(service, ATTACKER)
    assert await aino.sign_in() == 200
    assert await wrong_until_refused(attacker) == 5
    status, body, wait = await attacker.ask("/login", username="AINO ", password=PASSWORD)
    assert (status, body["code"], body["status"]) == (429, "too_many", 429)
    assert wait is not None
    assert 1 <= int(wait) <= 60
    assert await Browser(service, OFFICE).sign_in() == 200  # the network is known today, without a cookie
    for number in range(5):  # more than all strangers together have
        await wrong_until_refused(Browser(service, f"203.0.{number}.1"))
    assert await Browser(service, "192.0.2.1").sign_in() == 429
    assert await aino.sign_in() == 200
    neighbour = Browser(service, ATTACKER, {COOKIE: aino.cookies[COOKIE]})
    assert await neighbour.sign_in() == 200  # the device counts, wherever it is
    assert await attacker.sign_in(name="eino") == 200


async def test_an_account_that_does_not_exist_is_treated_alike(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers in the same order, and a hash is computed for each try."""
    known, unknown = Browser(service, ATTACKER), Browser(service, ATTACKER)
    computed: list[int] = []
    verify = auth._verify

    def counted(password_hash: str | None, password: str) -> bool:
        computed.append(1)
        return verify(password_hash, password)

    monkeypatch.setattr(auth, "_verify", counted)
    found = []
    for browser, name in ((known, "aino"), (unknown, "nobody")):
        answers = [await browser.ask("/login", username=name, password="wrong") for _ in range(7)]
        found.append(([(status, body["detail"]) for status, body, _ in answers], len(computed)))
        computed.clear()
    assert found[0] == found[1]
    assert found[0][1] == 5


async def test_a_place_is_kept_for_those_who_were_here(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While strangers flood the hashing of passwords, a known device is still let through to it."""
    aino = Browser(service, OFFICE)
    assert await aino.sign_in() == 200
    monkeypatch.setattr(auth, "_busy", auth.STRANGERS)
    assert await Browser(service, ATTACKER).sign_in() == 429
    assert await aino.sign_in() == 200
    for _ in range(10):  # what could not be looked at costs nothing
        await Browser(service, ATTACKER).sign_in()
    monkeypatch.setattr(auth, "_busy", 0)
    assert await Browser(service, ATTACKER).sign_in() == 200


async def test_refusals_are_in_the_audit_log(service: Service) -> None:
    """Of an account that exists: why and how often, by nobody known, without the password or an address."""
    attacker = Browser(service, ATTACKER)
    for _ in range(8):
        await attacker.sign_in("a secret guess")
        await attacker.sign_in("a secret guess", "nobody")
    assert await Browser(service, OFFICE).sign_in() == 200
    await asyncio.gather(*service.parts.node._unfinished)
    entries = await AuditStore(service.backend.link).entries("kunta")
    deeds = [entry.deed for entry in entries]
    assert {(one.actor, one.action, one.record) for one in deeds[:-1]} == {
        ("not signed in", "sign_in_refused", "aino")
    }
    assert sum(int(one.details["times"]) for one in deeds[:-1]) == 5
    assert (deeds[-1].action, deeds[-1].details) == ("sign_in", {"refused_before": 3})
    everything = repr(entries)
    assert not any(word in everything for word in ("secret", ATTACKER, OFFICE, "nobody"))


def test_the_mark_of_a_device_is_for_its_account_and_its_time() -> None:
    """Other accounts, other deployments, an old or a changed mark: none of them is known. Five accounts fit."""
    devices, now = Devices(bytes(32)), 1_800_000_000.0
    cookie = line = ""
    for name in ("a", "b", "c", "d", "e", "f"):
        line = devices.set_cookie(cookie, name, now)
        cookie = line.partition("=")[2].partition(";")[0]
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} < set(line.split("; "))
    known = [bool(devices.recognise(cookie, name, now)) for name in ("a", "b", "f", "g")]
    assert known == [False, True, True, False]
    again = devices.set_cookie(cookie, "f", now + 86_400).partition("=")[2].partition(";")[0]
    assert devices.recognise(again, "f", now) == devices.recognise(cookie, "f", now)
    assert len(again) == len(cookie)
    assert not devices.recognise(cookie, "f", now + (DAYS + 1) * 86_400)
    assert devices.recognise(again, "f", now + (DAYS + 1) * 86_400)
    assert not Devices(bytes(31) + b"1").recognise(cookie, "f", now)
    for broken in (None, "", "x", "é" * 48, cookie[1:] + cookie[:1], cookie * 2, "=" * 48):
        assert not devices.recognise(broken, "f", now)
