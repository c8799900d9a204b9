"""The visitor's token: who gets one, in which cookie, what it opens, and how it dies."""

import base64
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from chatsvc.domain.sites import PoolId, Queue, QueueName, Site, SiteId
from tests.contract.raw_socket import RawSocket, raw_socket
from tests.support.client import JSON
from tests.support.service import Service, make_site, make_staff, running
from tests.support.store_server import SingleStore

pytestmark = pytest.mark.asyncio(loop_scope="module")
COOKIE = "__Host-chatsvc"
ATTRIBUTES = {"Path=/", "Secure", "HttpOnly", "SameSite=None", "Partitioned"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    valkey_server: SingleStore, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """One node with two sites and a counsellor who is available on both."""
    valkey_server.start()
    valkey_server.flush()
    site = make_site(paihde={"waiting_limit": 500}, perhe={"waiting_limit": 500})
    async with running(
        valkey_server.url, tmp_path_factory.mktemp("node"), site, (make_staff("aino"),)
    ) as made:
        counsellor = await made.on_duty("aino")
        yield made
        await counsellor.close()


@asynccontextmanager
async def browser(service: Service, cookie: str | None = None, **headers: str) -> AsyncIterator[RawSocket]:
    """A browser's socket: our own page's Origin, and the cookie jar's content."""
    sent = {"Origin": service.settings.origin, **headers}
    if cookie is not None:
        sent["Cookie"] = f"{COOKIE}={cookie}"
    async with raw_socket(service.parts.port, "/ws/visitor", JSON, sent) as socket:
        yield socket


def given(socket: RawSocket) -> str | None:
    """The token that the handshake has set; its attributes are as they must be."""
    lines = [line for line in socket.head.split("\r\n") if line.lower().startswith("set-cookie:")]
    if not lines:
        return None
    (line,) = lines
    pair, *attributes = line.partition(":")[2].strip().split("; ")
    assert set(attributes) == ATTRIBUTES
    name, _, value = pair.partition("=")
    assert name == COOKIE
    return value


async def hello(socket: RawSocket, **fields: Any) -> dict[str, Any]:
    """Say hello; the welcome."""
    await socket.send({"type": "hello", "site": "kunta", "queue": "paihde", **fields})
    return await socket.next("welcome")


async def end(service: Service, cookie: str | None, **request: Any) -> tuple[int, str]:
    """POST /api/v1/visitor/end: status, and the Set-Cookie line."""
    headers = {"Origin": service.settings.origin, **request.pop("headers", {})}
    if cookie is not None:
        headers["Cookie"] = f"{COOKIE}={cookie}"
    request = request or {"json": {"how": "button"}}
    async with service.http.post(f"{service.base}/api/v1/visitor/end", headers=headers, **request) as found:
        return found.status, found.headers.get("Set-Cookie", "")


async def issued(service: Service) -> str:
    """A token that the handshake of a new browser has set."""
    async with browser(service) as socket:
        token = given(socket)
        assert token is not None
        return token


async def test_the_handshake_gives_a_browser_its_token(service: Service) -> None:
    """Random, host-only, out of reach of scripts, in the embedding page's own jar, and never in a frame."""
    first, second = await issued(service), await issued(service)
    assert first != second
    assert len(base64.urlsafe_b64decode(first)) >= 32
    async with browser(service, first) as socket:
        assert given(socket) is None
        assert "token" not in await hello(socket)


async def test_a_reload_resumes(service: Service) -> None:
    """The same cookie, the same conversation, and the older connection is told that it was replaced."""
    token = await issued(service)
    async with browser(service, token) as older:
        before = await hello(older)
        async with browser(service, token) as newer:
            after = await hello(newer, queue="perhe")
            assert after["conversation"] == before["conversation"]
            assert after["queue"] == "paihde"
            assert (await older.closed()).code == 4009


async def test_a_program_asks_for_its_token(service: Service) -> None:
    """`want_token` brings it in `welcome.token`, and `hello.token` takes it back."""
    async with raw_socket(service.parts.port, "/ws/visitor") as socket:
        first = await hello(socket, want_token=True)
    async with raw_socket(service.parts.port, "/ws/visitor") as socket:
        second = await hello(socket, token=first["token"])
        assert second["conversation"] == first["conversation"]
        assert "token" not in second
    async with raw_socket(service.parts.port, "/ws/visitor") as socket:
        assert "token" not in await hello(socket)


def forged(token: str) -> dict[str, str]:
    """Strings that look like tokens, and none that was issued."""
    raw = base64.urlsafe_b64decode(token)
    return {
        "random": base64.urlsafe_b64encode(secrets.token_bytes(len(raw))).decode(),
        "another proof": base64.urlsafe_b64encode(raw[:32] + bytes(16)).decode(),
        "no proof": base64.urlsafe_b64encode(raw[:32]).decode(),
        "another secret": base64.urlsafe_b64encode(bytes(32) + raw[32:]).decode(),
        "longer": base64.urlsafe_b64encode(raw + b"x").decode(),
        "in the other alphabet": base64.b64encode(raw).decode() if set("-_") & set(token) else token + "+",
        "with a space": " " + token,
        "with a line end": token + "\n",
        "without its end": token[:-1],
        "nothing": "",
        "a word": "admin",
        "very long": "A" * 256,
        "not ASCII": "é" * 64,
    }


async def test_a_token_that_was_not_issued_is_never_adopted(service: Service) -> None:
    """Neither from `hello.token`, where a new one is answered, nor from the cookie, where a new one is set."""
    token = await issued(service)
    while not set("-_") & set(token):
        token = await issued(service)
    for fault, wrong in forged(token).items():
        async with raw_socket(service.parts.port, "/ws/visitor") as socket:
            welcome = await hello(socket, token=wrong, want_token=True)
            assert welcome["token"] not in (wrong, token), fault
        async with raw_socket(service.parts.port, "/ws/visitor") as socket:
            assert (await hello(socket, token=welcome["token"]))["conversation"] == welcome["conversation"]
        if wrong.isascii() and "\n" not in wrong and fault != "with a space":
            async with browser(service, wrong) as socket:
                assert given(socket) not in (None, wrong, token), fault


async def test_two_sites_can_not_be_linked(service: Service, valkey_server: SingleStore) -> None:
    """One token on two sites of one pool: two conversations of two visitors, as the store knows them."""
    other = SiteId("toinen")
    queue = Queue(other, QueueName("paihde"), {"fi": "paihde"})
    await service.backend.directory.put_site(
        Site(other, {"fi": "Toinen"}, pool=PoolId("kunta"), queues=(queue,))
    )
    await service.backend.directory.put_staff(
        replace(make_staff("liisa"), sites=(SiteId("kunta"), other), queues=(queue.key,))
    )
    await service.on_duty("liisa")
    token = await issued(service)
    found = []
    for site in ("kunta", "toinen"):
        async with browser(service, token) as socket:
            found.append((await hello(socket, site=site))["conversation"])
    assert len(set(found)) == 2
    visitors = [service.parts.node.tokens.visitor(site, token) for site in ("kunta", "toinen")]
    known = [
        valkey_server.ask("HGET", key, who) for who in visitors for key in valkey_server.ask("KEYS", "*:vis*")
    ]
    assert set(filter(None, known)) == {ident.encode() for ident in found}


async def test_what_is_over_at_one_site_leaves_the_other_site_s_chat(service: Service) -> None:
    """A panel gives the cookie back by itself: not while a chat goes on under it elsewhere; then it is taken."""
    other = SiteId("kolmas")
    queue = Queue(other, QueueName("paihde"), {"fi": "paihde"})
    await service.backend.directory.put_site(
        Site(other, {"fi": "Kolmas"}, pool=PoolId("kunta"), queues=(queue,))
    )
    await service.backend.directory.put_staff(
        replace(make_staff("leena"), sites=(SiteId("kunta"), other), queues=(queue.key,))
    )
    await service.on_duty("leena")
    token = await issued(service)
    async with browser(service, token) as socket:
        await hello(socket, site="kolmas")
        assert await end(service, token, json={"how": "over", "site": "kunta"}) == (204, "")
        await socket.send({"type": "leave"})
        assert (await socket.next("closed"))["reason"] == "visitor_left"
        status, line = await end(service, token, json={"how": "over"})
        assert (status, line.partition(";")[0]) == (204, f"{COOKIE}=")
    async with browser(service, token) as socket:
        assert given(socket) not in (None, token)


@pytest.mark.parametrize("how", ["button", "quick_exit"])
@pytest.mark.parametrize("beacon", [False, True])
async def test_ending_kills_the_token(service: Service, how: str, beacon: bool) -> None:
    """Fit for a beacon: the conversation ends, the cookie expires, and what is left of the token opens nothing."""
    token = await issued(service)
    async with browser(service, token) as socket:
        before = await hello(socket)
        body: dict[str, Any] = {"json": {"how": how}}
        if beacon:
            text = json.dumps({"how": how, "site": "kunta"})
            body = {"data": text, "headers": {"Content-Type": "text/plain;charset=UTF-8"}}
        status, line = await end(service, token, **body)
        assert status == 204
        pair, *attributes = line.split("; ")
        assert pair == f"{COOKIE}="
        assert set(attributes) == {*ATTRIBUTES, "Max-Age=0"}
        reason = "quick_exit" if how == "quick_exit" else "visitor_left"
        assert (await socket.next("closed"))["reason"] == reason
    async with browser(service, token) as socket:
        assert given(socket) not in (None, token)
        assert (await hello(socket))["conversation"] != before["conversation"]
    async with raw_socket(service.parts.port, "/ws/visitor") as socket:
        again = await hello(socket, token=token)
        assert again["conversation"] != before["conversation"]
        assert again["token"] != token


async def test_ending_twice_or_with_nothing_to_end(service: Service) -> None:
    """Always 204 and an expired cookie: a beacon has nobody to tell."""
    token = await issued(service)
    for cookie in (token, token, None, "nonsense"):
        status, line = await end(service, cookie)
        assert status == 204
        assert "Max-Age=0" in line


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"data": b'{"how":"shout"}'}, 400),
        ({"data": b'{"how":["button"]}'}, 400),
        ({"data": b'{"how":null}'}, 400),
        ({"data": b"["}, 400),
        ({"data": b"[]"}, 400),
        ({"data": b'{"how":"button"}' + b" " * 20_000}, 413),
    ],
    ids=str,
)
async def test_a_wrong_end_ends_nothing(service: Service, body: dict[str, Any], status: int) -> None:
    """A problem document; the token lives, and so does the conversation."""
    token = await issued(service)
    async with browser(service, token) as socket:
        await hello(socket)
        found, line = await end(service, token, **body)
        assert (found, line) == (status, "")
        await socket.alive()
    async with browser(service, token) as socket:
        assert given(socket) is None


async def test_another_page_ends_nothing(service: Service) -> None:
    """403 for a foreign Origin; the token lives."""
    token = await issued(service)
    status, line = await end(service, token, headers={"Origin": "https://evil.example"})
    assert (status, line) == (403, "")
    async with browser(service, token) as socket:
        assert given(socket) is None
