"""Who may open a socket, and what the others are told."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.contract.raw_socket import BOTH, HandshakeRefused, RawSocket, raw_socket
from tests.support.client import JSON, MSGPACK
from tests.support.service import PASSWORD, Service, make_staff, running
from tests.support.store_server import SingleStore

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATHS = ("/ws/visitor", "/ws/counsellor")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    valkey_server: SingleStore, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """One node; a person of each role."""
    valkey_server.start()
    valkey_server.flush()
    people = [
        make_staff(role, role=role) for role in ("counsellor", "supervisor", "admin", "operator", "auditor")
    ]
    async with running(
        valkey_server.url, tmp_path_factory.mktemp("node"), people=people, worker=False
    ) as made:
        yield made


async def refused(
    service: Service, path: str, subprotocol: str | None = JSON, **headers: str
) -> HandshakeRefused:
    """A handshake that is answered with an HTTP error, as a problem document."""
    written = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(HandshakeRefused) as caught:
        async with raw_socket(service.parts.port, path, subprotocol, written):
            pass
    assert "content-type: application/problem+json" in caught.value.head.lower()
    return caught.value


async def closed_with(service: Service, headers: dict[str, str], path: str = "/ws/counsellor") -> int | None:
    """The code with which a socket is closed right after the upgrade."""
    async with raw_socket(service.parts.port, path, JSON, headers) as socket:
        return (await socket.closed()).code


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("offered", [None, "chat", "chatsvc.v2.json", "CHATSVC.V1.JSON", "chatsvc.v1", ","])
async def test_without_a_known_subprotocol_both_are_named(
    service: Service, path: str, offered: str | None
) -> None:
    """HTTP 400 and a sentence that names both."""
    answer = await refused(service, path, offered)
    assert answer.status == 400
    assert JSON in answer.body
    assert MSGPACK in answer.body


@pytest.mark.parametrize(
    ("offered", "picked"),
    [
        (JSON, JSON), (MSGPACK, MSGPACK), (f"{JSON}, {MSGPACK}", JSON), (f"{MSGPACK},{JSON}", MSGPACK),
        (f"chatsvc.v9.cbor, {JSON}", JSON), (f"x,y , {MSGPACK}", MSGPACK),
    ],
)  # fmt: skip
async def test_the_first_known_subprotocol_is_picked(service: Service, offered: str, picked: str) -> None:
    """In the client's order, and the answer says which."""
    async with raw_socket(service.parts.port, "/ws/visitor", offered) as socket:
        assert f"sec-websocket-protocol: {picked}\r\n" in socket.head.lower()
        assert "sec-websocket-extensions" not in socket.head.lower()
        spoken = RawSocket(socket.reader, socket.writer, picked, socket.head)
        await spoken.alive()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example", "null", "http://kunta.localhost", "http://localhost", "https://localhost:{port}",
        "http://LOCALHOST:{port}", "http://localhost:{port}/", "http://localhost:{port}.evil.example", "file://", "x",
    ],
)  # fmt: skip
async def test_a_page_of_another_origin_is_refused(service: Service, path: str, origin: str) -> None:
    """403 before the upgrade for any Origin but the deployment's own: the embedding site's included."""
    wrong = origin.format(port=service.settings.port)
    answer = await refused(service, path, Origin=wrong)
    assert answer.status == 403
    assert wrong not in answer.body


@pytest.mark.parametrize("path", PATHS)
async def test_our_own_pages_and_programs_are_let_in(service: Service, path: str) -> None:
    """The deployment's origin, or none at all."""
    for headers in ({}, {"Origin": service.settings.origin}):
        async with raw_socket(service.parts.port, path, JSON, headers):
            pass


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer " + "x" * 4_000},
        {"Authorization": "Basic YWlubzphaW5v"},
        {"Cookie": "__Host-chatsvc-staff=nonsense"},
        {"Cookie": "__Host-chatsvc-staff="},
        {"Cookie": "__Host-chatsvc=nonsense"},
    ],
    ids=lambda headers: (next(iter(headers.items()), ("nothing", ""))[1] or "nothing")[:30],
)
async def test_without_a_session_the_socket_closes_4001(service: Service, headers: dict[str, str]) -> None:
    """The upgrade succeeds, since browsers can't read a failed one; then 4001."""
    assert await closed_with(service, headers) == 4001


@pytest.mark.parametrize("role", ["admin", "operator", "auditor"])
async def test_other_roles_are_closed_4003(service: Service, role: str) -> None:
    """Signed in, and not for talking with visitors."""
    _, secret = await service.backend.directory.create_token(make_staff(role).id, "test")
    assert await closed_with(service, {"Authorization": f"Bearer {secret}"}) == 4003


@pytest.mark.parametrize("role", ["counsellor", "supervisor"])
@pytest.mark.parametrize("subprotocol", BOTH)
async def test_those_who_talk_are_let_in(service: Service, role: str, subprotocol: str) -> None:
    """With an API token, or with the session cookie that a login gave."""
    _, secret = await service.backend.directory.create_token(make_staff(role).id, "test")
    login = {"username": role, "password": PASSWORD}
    async with service.http.post(f"{service.base}/api/v1/login", json=login) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    signed: list[dict[str, str]] = [{"Authorization": f"Bearer {secret}"}, {"Cookie": cookie}]
    for headers in signed:
        async with raw_socket(service.parts.port, "/ws/counsellor", subprotocol, headers) as socket:
            await socket.send({"type": "hello"})
            welcome: dict[str, Any] = await socket.next("welcome")
            assert welcome["counsellor"]["role"] == role


async def test_a_session_that_is_over_closes_4001(service: Service) -> None:
    """After logout the cookie opens nothing."""
    login = {"username": "counsellor", "password": PASSWORD}
    async with service.http.post(f"{service.base}/api/v1/login", json=login) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    async with service.http.post(f"{service.base}/api/v1/logout", headers={"Cookie": cookie}) as answer:
        assert answer.status == 204
    assert await closed_with(service, {"Cookie": cookie}) == 4001


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upgrade": ""}, 426),
        ({"Upgrade": "h2c"}, 426),
        ({"Connection": "close"}, 400),
        ({"Sec-WebSocket-Key": ""}, 400),
        ({"Sec-WebSocket-Key": "short"}, 400),
        ({"Sec-WebSocket-Version": ""}, 400),
        ({"Sec-WebSocket-Version": "14"}, 400),
    ],
    ids=str,
)
async def test_what_is_no_handshake_gets_an_http_error(
    service: Service, path: str, headers: dict[str, str], status: int
) -> None:
    """A problem document, and the node goes on."""
    assert (
        await refused(service, path, **{key.replace("-", "_"): value for key, value in headers.items()})
    ).status == status
    async with raw_socket(service.parts.port, "/ws/visitor") as socket:
        await socket.alive()


async def test_compression_is_declined(service: Service) -> None:
    """An offer of permessage-deflate is not taken up: it costs each idle socket six times the memory."""
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    async with raw_socket(service.parts.port, "/ws/visitor", JSON, offer) as socket:
        assert "extensions" not in socket.head.lower()
        await socket.alive()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("fault", "code"), [("full", 4029), ("draining", 1012)])
async def test_a_node_without_room_says_when_to_come_back(
    service: Service, path: str, fault: str, code: int
) -> None:
    """After the upgrade, since browsers can't read a failed one; the reason says how long to wait."""
    _, secret = await service.backend.directory.create_token(make_staff("counsellor").id, "test")
    node = service.parts.node
    room = node.max_connections
    node.max_connections, node.draining = (0, False) if fault == "full" else (room, True)
    try:
        async with raw_socket(
            service.parts.port, path, JSON, {"Authorization": f"Bearer {secret}"}
        ) as socket:
            ended = await socket.closed()
            assert ended.code == code
            assert 0 < json.loads(ended.reason)["retry_after_ms"] <= 15_000
    finally:
        node.max_connections, node.draining = room, False
