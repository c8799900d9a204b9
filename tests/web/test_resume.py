"""Coming back: exactly what is missing, everything after a change of epoch, and never a second person."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.service import Service
from tests.support.stores import SingleStore
from tests.support.time_travel import still


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """One queue, on a clock that stands still."""
    async with still(valkey.url, tmp_path) as made:
        yield made


async def _said(client: Client, count: int, text: str = "hei", **more: Any) -> None:
    for begin in range(0, count, 8):  # so few that nobody's outbox overflows while this loop is busy
        some = range(begin, min(begin + 8, count))
        for number in some:
            await client.send("say", id=f"m{number}", text=text, **more)
        for number in some:
            await client.expect("ack", id=f"m{number}")


def _seqs(entries: list[dict[str, Any]]) -> list[int]:
    return [entry["seq"] for entry in entries]


async def test_exactly_what_is_missing(service: Service) -> None:
    """With the present epoch a visitor gets the entries after `after`, and no others."""
    visitor, _, _ = await service.talking()
    await _said(visitor, 5)
    first = visitor.of("welcome")[0]
    _, welcome = await service.joined(token=first["token"], after=4, epoch=first["epoch"])
    assert _seqs(welcome["log"]) == [5, 6]
    assert (welcome["conversation"], welcome["state"]) == (first["conversation"], "active")
    assert "lost" not in welcome or not welcome["lost"]


async def test_another_epoch_brings_everything(service: Service) -> None:
    """An `after` of an older epoch means nothing: the whole log comes."""
    visitor, _, _ = await service.talking()
    await _said(visitor, 3)
    token = visitor.of("welcome")[0]["token"]
    _, welcome = await service.joined(token=token, after=3, epoch="older")
    assert _seqs(welcome["log"]) == [1, 2, 3, 4]


async def test_more_than_the_store_has_is_told(service: Service) -> None:
    """A client that holds entries which the store has not: everything, and `lost`."""
    visitor, _, _ = await service.talking()
    first = visitor.of("welcome")[0]
    _, welcome = await service.joined(token=first["token"], after=99, epoch=first["epoch"])
    assert welcome["lost"] is True
    assert _seqs(welcome["log"]) == [1]


async def test_a_counsellor_resumes_each_conversation(service: Service) -> None:
    """By conversation and log: exactly what is missing of each."""
    visitor, aino, conversation = await service.talking()
    await _said(visitor, 3)
    await aino.send("note", conversation=conversation, id="n", text="note")
    await aino.expect("ack", id="n")
    epoch = aino.of("assigned")[0]["conversation"]["epoch"]
    again = await service.console("aino")
    await again.send("hello", after={conversation: {"talk": 2, "staff": 1}}, epochs={conversation: epoch})
    (shown,) = (await again.expect("welcome"))["conversations"]
    assert _seqs(shown["log"]) == [3, 4]
    assert shown["staff_log"] == []


async def test_a_long_log_comes_in_pages(service: Service) -> None:
    """More than 64 KiB: `more`, then `log` frames, in order, each small enough; then live ones without a gap."""
    visitor, aino, conversation = await service.talking()
    await _said(visitor, 40, "å" * 4_000)
    back, welcome = await service.joined(token=visitor.of("welcome")[0]["token"])
    assert welcome["more"] is True
    await back.send("ping")
    await back.expect("pong")  # answered when the pages have gone out
    await aino.send("say", conversation=conversation, id="live", text="hei")
    live = await back.expect("entry", id="live")
    pages = [welcome["log"], *(frame["log"] for frame in back.of("log"))]
    seqs = [seq for page in pages for seq in _seqs(page)]
    assert [*seqs, *(_seqs(back.of("entry")))] == list(range(1, live["seq"] + 1))
    assert all(len(str(page).encode()) < 2 * 64 * 1024 for page in pages)


async def test_the_same_message_again(service: Service) -> None:
    """Sent again on a new connection: the same place is acknowledged, and the peer gets it once."""
    visitor, aino, _ = await service.talking()
    await visitor.send("say", id="once", text="hei")
    first = await visitor.expect("ack", id="once")
    back, _ = await service.joined(token=visitor.of("welcome")[0]["token"])
    await back.send("say", id="once", text="hei")
    again = await back.expect("ack", id="once")
    assert (again["seq"], again["at"]) == (first["seq"], first["at"])
    await back.send("say", id="next", text="hei")
    await aino.expect("entry", id="next")
    assert len([entry for entry in aino.of("entry") if entry["id"] == "once"]) == 1


async def test_a_token_of_nobodys_is_never_adopted(service: Service) -> None:
    """A made-up token gets a new one and a conversation of its own."""
    await service.on_duty("aino")
    _, welcome = await service.joined(token="A" * 43)
    assert welcome["token"] != "A" * 43
    assert welcome["state"] == "waiting"


async def test_another_queue_resumes_the_live_one(service: Service) -> None:
    """One live conversation a visitor and site, whatever queue is asked for, `fresh` or not."""
    await service.on_duty("aino")
    _, first = await service.joined()
    _, welcome = await service.joined(token=first["token"], fresh=True)
    assert welcome["conversation"] == first["conversation"]


async def test_the_older_socket_is_replaced(service: Service) -> None:
    """4009 for the older, on the same node: it does not live on beside the newer."""
    await service.on_duty("aino")
    older, first = await service.joined()
    for _ in range(3):
        newer, _ = await service.joined(token=first["token"])
        assert (await older.gone()).code == 4009
        older = newer


async def test_a_change_of_epoch_calls_everybody_back(service: Service) -> None:
    """When the store may have lost something everybody is closed with 1012 and compares."""
    visitor, aino, _ = await service.talking()
    (chats,) = service.backend.chats.values()
    assert await chats.settle_epoch("another run")
    service.backend.on_epoch(chats.keys.pool)
    assert (await visitor.gone()).code == 1012
    assert (await aino.gone()).code == 1012


async def test_what_was_seen_is_known_after_a_return(service: Service) -> None:
    """Each side hears at its return how far the other had seen: `seen` does not fall back to `sent`."""
    visitor, aino, conversation = await service.talking()
    await visitor.ask("say", "ack", id="1", text="hei")
    await aino.expect("entry", id="1")
    await aino.send("seen", conversation=conversation, seq=2)
    await visitor.expect("seen", seq=2)
    await visitor.send("seen", seq=1)
    await aino.expect("seen", seq=1)
    again, _ = await service.joined(token=visitor.of("welcome")[0]["token"])
    assert (await again.expect("seen"))["seq"] == 2
    console = await service.console("aino")
    await console.send("hello")
    assert (await console.expect("seen"))["conversation"] == conversation
