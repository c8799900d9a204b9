"""Sessions that somebody ends: sockets close within 5 s on every node, and open chats wait for their counsellor."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chatsvc.domain.identity import with_disabled
from chatsvc.store import directory_keys
from chatsvc.store.directory import Directory
from tests.support.service import PASSWORD, Service, make_staff, running
from tests.support.stores import SingleStore

Nodes = tuple[Service, Service]
AINO = make_staff("aino")


@pytest.fixture
async def nodes(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Nodes]:
    """Two nodes on one store, the first with a worker."""
    async with (
        running(valkey.url, tmp_path) as one,
        running(valkey.url, tmp_path, worker=False) as two,
    ):
        yield one, two


async def cookie(service: Service, name: str = "aino") -> dict[str, str]:
    """Signs in: the header that says so from now on."""
    body = {"username": name, "password": PASSWORD}
    async with service.http.post(f"{service.base}/api/v1/login", json=body) as answer:
        assert answer.status == 200
        return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


async def status(service: Service, headers: dict[str, str], method: str = "GET", path: str = "/me") -> int:
    """What a request is answered with."""
    async with service.http.request(method, f"{service.base}/api/v1{path}", headers=headers) as answer:
        return answer.status


async def signed_out(directory: Directory) -> None:
    """As `chatsvc counsellor sign-out` does."""
    await directory.sign_out_everywhere("aino")


async def disabled(directory: Directory) -> None:
    """As `chatsvc counsellor disable` does."""
    await directory.put_staff(with_disabled(AINO, disabled=True))


async def new_password(directory: Directory) -> None:
    """As `chatsvc counsellor set-password` does."""
    await directory.put_staff(replace(AINO, password_hash="$argon2id$another"))


@pytest.mark.parametrize("hinted", [True, False])
@pytest.mark.parametrize("revoke", [signed_out, disabled, new_password])
async def test_every_node_closes_within_five_seconds(
    nodes: Nodes,
    revoke: Callable[[Directory], Awaitable[None]],
    hinted: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The socket on the other node, and the sessions on both; also when the hint between nodes is lost."""
    one, two = nodes
    sessions = [await cookie(one), await cookie(two), await cookie(two, "eino")]
    aino = await two.console("aino", headers=sessions[1])
    eino = await two.console("eino", headers=sessions[2])
    for console in (aino, eino):
        await console.send("hello")
        await console.expect("welcome")
    if not hinted:
        monkeypatch.setattr(directory_keys, "CHANGED", "chatsvc:{dir}:elsewhere")
    await revoke(Directory(one.backend.link))
    assert (await aino.gone(within_s=5)).code == 4001
    assert [await status(two, session) for session in sessions] == [401, 401, 200]
    await eino.ask("ping", "pong")


async def test_signing_out_everywhere_by_oneself(nodes: Nodes) -> None:
    """One request ends the own sessions on all nodes and is in the audit log; somebody else's go on."""
    one, two = nodes
    sessions = [await cookie(one), await cookie(two), await cookie(two, "eino")]
    console = await two.console("aino", headers=sessions[1])
    assert (
        await status(one, sessions[0] | {"Origin": "https://evil.example"}, "DELETE", "/me/sessions") == 403
    )
    assert await status(one, {}, "DELETE", "/me/sessions") == 401
    assert await status(one, sessions[0], "DELETE", "/me/sessions") == 204
    assert (await console.gone(within_s=5)).code == 4001
    assert [await status(one, session) for session in sessions] == [401, 401, 200]
    deeds = [entry.deed.action for entry in await one.backend.audit.log.entries("kunta")]
    assert deeds == ["sign_in"] * 3 + ["deleteSessions"]


async def test_signing_in_again_keeps_the_open_chats(nodes: Nodes) -> None:
    """The visitor sees that the counsellor is away and back; the conversation and all that was said are still there."""
    one, two = nodes
    aino = await two.console("aino", headers=await cookie(two))
    await aino.send("hello")
    await aino.expect("welcome")
    await aino.ask("duty", "duty", state="available")
    visitor, welcome = await one.joined()
    conversation = welcome["conversation"]
    await aino.ask("take", "assigned")
    await aino.send("say", conversation=conversation, id="a1", text="hei")
    await visitor.expect("entry", id="a1")
    await one.backend.directory.sign_out_everywhere("aino")
    assert (await aino.gone(within_s=5)).code == 4001
    await visitor.expect("presence", who="counsellor", state="away")
    await visitor.send("say", id="v1", text="vielä täällä")
    again = await one.console("aino", headers=await cookie(one))
    await again.send("hello")
    (shown,) = (await again.expect("welcome"))["conversations"]
    assert (shown["id"], shown["role"], shown["state"]) == (conversation, "owner", "active")
    assert {"a1", "v1"} <= {entry.get("id") for entry in shown["log"]}
    await visitor.expect("presence", who="counsellor", state="here")
    await again.send("say", conversation=conversation, id="a2", text="takaisin")
    await visitor.expect("entry", id="a2")


async def test_only_somebody_who_is_there_keeps_a_session_alive(nodes: Nodes) -> None:
    """On duty a connection is enough; off duty only what the person does counts."""
    one, _ = nodes
    console = await one.console("aino", headers=await cookie(one))
    await console.send("hello")
    await console.expect("welcome")
    (session,) = (found for found in one.parts.node.connections if found.who == "counsellor")
    seen: list[bool] = []

    async def signed_in(alive: bool) -> object:
        seen.append(alive)
        return AINO

    session._signed_in = signed_in  # type: ignore[attr-defined]
    await session.still_welcome()
    await console.ask("ping", "pong")
    await session.still_welcome()
    await console.ask("duty", "duty", state="available")
    for _ in range(2):
        await session.still_welcome()
    await console.ask("duty", "duty", state="off")
    for _ in range(2):
        await session.still_welcome()
    assert seen == [False, False, True, True, True, False]
