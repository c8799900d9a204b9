"""Connections that end in the middle of things: nobody stays who is not there, nothing stays half done."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.services import visits
from tests.support.service import Service

HELLO = {"site": "kunta", "queue": "paihde", "lang": "fi", "want_token": True}


async def gone_from_store(service: Service, kind: str, ident: str = "") -> None:
    """Wait until the store believes nobody of this kind, or not this one, to be connected here."""
    chats = service.backend.chats["kunta"]
    async with asyncio.timeout(15):
        while any(found == kind and ident in ("", name) for found, name in await chats.attached()):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)


class Gate:
    """Holds up one kind of step of the store, so that a connection can end meanwhile."""

    def __init__(
        self, service: Service, monkeypatch: pytest.MonkeyPatch, step: str, *, lose: bool = False
    ) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()
        chats = service.backend.chats["kunta"]
        run = chats.run

        async def held(name: str, **args: Any) -> Any:
            outcome = await run(name, **args)
            if name == step and not self.open.is_set():
                self.reached.set()
                await self.open.wait()
                if lose:
                    raise StoreUnavailable
            return outcome

        monkeypatch.setattr(chats, "run", held)


@pytest.mark.parametrize("lose", [False, True], ids=["answered", "answer-lost"])
async def test_a_visitor_who_drops_while_joining_is_away(
    service: Service, monkeypatch: pytest.MonkeyPatch, lose: bool
) -> None:
    """The conversation keeps its keys, its visitor is away as after any lost connection, and can come back."""
    counsellor = await service.on_duty("aino")
    gate = Gate(service, monkeypatch, "join", lose=lose)
    visitor = await service.visitor()
    await visitor.send("hello", **HELLO)
    await gate.reached.wait()
    visitor.drop()
    gate.open.set()
    await gone_from_store(service, "v")
    report = await counsellor.expect("queue", away=1)
    assert report["waiting"] == 0


async def test_a_visitor_who_drops_while_resuming_is_away(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone that loses the network in the middle of a reconnection does not stay here for good."""
    visitor, counsellor, conversation = await service.talking()
    token = visitor.of("welcome")[0]["token"]
    visitor.drop()
    await counsellor.expect("presence", state="away")
    gate = Gate(service, monkeypatch, "join")
    again = await service.visitor()
    await again.send("hello", **HELLO, token=token)
    await gate.reached.wait()
    again.drop()
    gate.open.set()
    await gone_from_store(service, "v")
    record = (await service.backend.chats["kunta"].conversations([conversation]))[conversation]
    assert record.vaway is not None


async def test_a_console_that_drops_while_signing_on_is_away(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A counsellor whose reconnection is cut short is not available without a connection."""
    console = await service.on_duty("aino")
    console.drop()
    await gone_from_store(service, "s")
    gate = Gate(service, monkeypatch, "staff_attach")
    again = await service.console("aino")
    await again.send("hello")
    await gate.reached.wait()
    again.drop()
    gate.open.set()
    await gone_from_store(service, "s")
    duty = await service.backend.chats["kunta"].person("aino")
    assert duty is not None
    assert duty.away is not None


async def test_an_erasure_is_carried_out_although_the_visitor_is_gone(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erase and close the tab: the counsellor is told at once that it was erased."""
    visitor, counsellor, _ = await service.talking()
    shred = service.backend.keyring.shred
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def held(conversation: str) -> None:
        await shred(conversation)
        reached.set()
        await go_on.wait()

    monkeypatch.setattr(service.backend.keyring, "shred", held)
    await visitor.send("erase")
    await reached.wait()
    visitor.drop()
    go_on.set()
    assert (await counsellor.expect("closed"))["reason"] == "erased"


async def test_taking_passes_over_one_without_keys(service: Service) -> None:
    """A conversation that nobody can read any more is ended, and the counsellor gets the next visitor."""
    counsellor = await service.on_duty("aino")
    _, first = await service.joined()
    _, second = await service.joined()
    await service.backend.keyring.shred(first["conversation"])
    taken = await counsellor.ask("take", "assigned")
    assert taken["conversation"]["id"] == second["conversation"]
    found = await service.backend.chats["kunta"].conversations([first["conversation"]])
    assert found[first["conversation"]].reason == "erased"


async def test_ghosts_are_laid(service: Service) -> None:
    """Whom the store takes for connected here without any connection is away after two looks, whatever the cause."""
    await service.on_duty("aino")
    chats = service.backend.chats["kunta"]
    await chats.run(
        "join", id="ghost", visitor="nobody", site="kunta", queue="kunta/paihde", lang="fi", node=chats.node,
        conn="gone", fresh=False, create=True,
    )  # fmt: skip
    await chats.run(
        "staff_attach", id="eino", alias="Eino", capacity=1, queues=["kunta/paihde"], grace_ms=60_000,
        node=chats.node, conn="gone",
    )  # fmt: skip
    assert ("v", "ghost") in await chats.attached()
    await gone_from_store(service, "v")
    await gone_from_store(service, "s", "eino")
    assert ("s", "aino") in await chats.attached()


@pytest.mark.parametrize("wrapped_up", [False, True])
async def test_fresh_begins_anew_after_the_end(service: Service, wrapped_up: bool) -> None:
    """While an ended conversation can still be read, `fresh` begins another, on the same socket and on a new one."""
    visitor, counsellor, conversation = await service.talking()
    token = visitor.of("welcome")[0]["token"]
    await visitor.ask("leave")
    await counsellor.expect("closed")
    if wrapped_up:
        await counsellor.ask("wrap_up", conversation=conversation, outcome="talked")
    welcome = await visitor.ask("hello", "welcome", **HELLO, fresh=True)
    assert (welcome["state"], welcome["conversation"] != conversation) == ("waiting", True)
    await visitor.ask("leave")
    _, again = await service.joined(token=token, fresh=True)
    assert again["state"] == "waiting"
    assert again["conversation"] not in (conversation, welcome["conversation"])


async def test_a_queue_closed_by_declaration_is_pushed(service: Service) -> None:
    """Whoever watches, and whoever is on duty, hears at once that a queue was closed, and opened again."""
    counsellor = await service.on_duty("aino")
    watcher = await service.visitor()
    await watcher.ask("watch", "status", site="kunta", queue="paihde")
    for is_open, state in ((False, "closed"), (True, "open")):
        queue = replace(service.site.queues[0], open=is_open)
        await service.backend.directory.put_site(replace(service.site, queues=(queue,)))
        await watcher.expect("status", state=state)
        await counsellor.expect("queue", state=state)


async def test_what_was_seen_is_no_more_than_what_was_sent(service: Service) -> None:
    """A mark beyond the log's end counts as its end, and none goes back; both hold over a reconnection."""
    visitor, counsellor, conversation = await service.talking()
    token = visitor.of("welcome")[0]["token"]
    ack = await counsellor.ask("say", "ack", conversation=conversation, id="1", text="hello")
    await visitor.expect("entry", id="1")
    await visitor.send("seen", seq=99_999)
    seen = await counsellor.expect("seen")
    assert seen["seq"] == ack["seq"]
    await visitor.ask("seen", "ok", seq=1)
    assert not [frame for frame in counsellor.of("seen") if frame["seq"] < ack["seq"]]
    visitor.drop()
    _, welcome = await service.joined(token=token)
    assert welcome["seen"] == ack["seq"]
    assert await service.backend.chats["kunta"].mark_seen(conversation, 0, 1) == ack["seq"]


async def test_a_console_learns_what_it_had_seen(service: Service) -> None:
    """After a reload the console knows which entries were shown before, so it counts none of them as unread."""
    visitor, counsellor, conversation = await service.talking()
    ack = await visitor.ask("say", "ack", id="1", text="hello")
    await counsellor.expect("entry", id="1")
    await counsellor.ask("seen", "ok", conversation=conversation, seq=ack["seq"])
    await visitor.expect("seen")
    again = await service.console("aino")
    welcome = await again.ask("hello", "welcome")
    assert welcome["conversations"][0]["seen"] == ack["seq"]


async def test_a_visit_that_was_never_made_is_no_trouble(service: Service) -> None:
    """Stepping away without knowing from what finds nothing, and says nothing."""
    pool = service.backend.pools["kunta"]
    await visits.step_away_unsure(pool, "nobody", "none")
    assert await pool.store.attached() == set()
