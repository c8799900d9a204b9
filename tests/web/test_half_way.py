"""What fails half-way can be done again, and what ends is told to everybody."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from chatsvc.domain.sites import QueueName
from tests.support.client import Client
from tests.support.service import PASSWORD, Service, make_site


@contextmanager
def vault_locked(service: Service) -> Iterator[None]:
    """Nobody gets at the keys, and this node has forgotten those it knew."""
    service.backend.keyring._known.clear()
    other = sqlite3.connect(Path(service.settings.vault_file), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def test_a_hello_without_keys_can_be_said_again(service: Service) -> None:
    """A visitor who comes back while the vault is away is told so without its path, and gets in on the same socket."""
    visitor, counsellor, conversation = await service.talking()
    token = (visitor.of("welcome"))[0]["token"]
    visitor.drop()
    await counsellor.expect("presence", state="away")
    again = await service.visitor()
    hello = {"site": "kunta", "queue": "paihde", "lang": "fi", "token": token}
    with vault_locked(service):
        error = await again.ask("hello", "error", **hello)
        assert error["code"] == "store_away"
        assert "/" not in error["message"]
    assert (await again.ask("hello", "welcome", **hello))["conversation"] == conversation
    await counsellor.send("say", conversation=conversation, id="1", text="hei taas")
    assert (await again.expect("entry", id="1"))["text"] == "hei taas"


async def test_a_console_without_keys_can_say_hello_again(service: Service) -> None:
    """The same for a counsellor: the conversation is there at the second hello."""
    _, counsellor, conversation = await service.talking()
    await counsellor.close()
    console = await service.console("aino")
    with vault_locked(service):
        assert (await console.ask("hello", "error"))["code"] == "store_away"
    welcome = await console.ask("hello", "welcome")
    assert [found["id"] for found in welcome["conversations"]] == [conversation]


async def signed_in(service: Service, name: str) -> tuple[dict[str, str], Client]:
    """A console with a session cookie, on duty."""
    body = {"username": name, "password": PASSWORD}
    async with service.http.post(f"{service.base}/api/v1/login", json=body) as answer:
        headers = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
    console = await service.console(name, headers=headers)
    await console.send("hello")
    await console.expect("welcome")
    await console.ask("duty", "duty", state="available")
    return headers, console


async def test_signing_out_ends_the_console_at_once(service: Service) -> None:
    """Logout closes the socket of the session with 4001 and takes its owner off duty."""
    headers, console = await signed_in(service, "aino")
    async with service.http.post(f"{service.base}/api/v1/logout", headers=headers) as answer:
        assert answer.status == 204
    assert (await console.gone(2)).code == 4001
    duty = await service.backend.pools["kunta"].store.person("aino")
    assert duty is not None
    assert duty.state == "off"


async def test_a_new_queue_reaches_those_on_duty(service: Service) -> None:
    """A queue declared while counsellors are on duty is theirs without a reconnection."""
    console = await service.on_duty("aino")
    first = service.site.queues[0]
    fresh = replace(first, name=QueueName("uusi"), names={"fi": "uusi"}, mode="auto")
    await service.backend.directory.put_site(replace(make_site(), queues=(first, fresh)))
    await console.expect("queue", queue="uusi", on_duty=1)
    _, welcome = await service.joined("uusi")
    assert (await console.expect("assigned"))["conversation"]["id"] == welcome["conversation"]


async def test_a_warned_visitor_who_reloads_is_warned_again(service: Service) -> None:
    """What will happen when is told to every new socket too."""
    visitor, _, conversation = await service.talking()
    token = visitor.of("welcome")[0]["token"]
    store = service.backend.chats["kunta"]
    due = service.backend.clock.now() - 1
    await service.backend.link.call(store.keys.due, "ZADD", store.keys.due, due, f"i:{conversation}")
    quiet = make_site(paihde={"idle_warning_ms": 1, "idle_end_ms": 60_000})
    await service.backend.directory.put_site(quiet)
    warning = await visitor.expect("warning", reason="idle")
    again, _ = await service.joined(token=token)
    assert (await again.expect("warning"))["at"] == warning["at"]


async def test_feedback_ends_with_linger(service: Service) -> None:
    """Feedback is taken while the ended conversation can be read, and no longer."""
    await service.backend.directory.put_site(make_site(paihde={"linger_ms": 300}))
    store = service.backend.chats["kunta"]
    await store.set_queues(make_site(paihde={"linger_ms": 300}).queues)
    visitor, counsellor, conversation = await service.talking()
    await counsellor.ask("close", conversation=conversation)
    closed = await visitor.expect("closed")
    await asyncio.sleep((closed["linger_until"] - service.backend.clock.now()) / 1000 + 0.01)
    assert (await visitor.ask("feedback", "error", score=5))["code"] == "bad_state"
    await visitor.ask("erase")
    assert await store.read(conversation, "talk", 0) == []
