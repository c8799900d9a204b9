"""Limits by network on a real node behind a proxy that it trusts: who works, who waits, who never does."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.buckets import Rate
from chatsvc.domain.sites import Contact
from tests.support.client import Client, Frame
from tests.support.limited import FEW, NONE_FREE, PROXIES, client_from, counted, limit, prove
from tests.support.service import Service, make_site, running
from tests.support.store_server import SingleStore
from tests.web.test_puzzles import solve

HERE, NEIGHBOUR, THERE = "203.0.113.7", "203.0.113.99", "198.51.100.7"


@pytest.fixture
async def behind(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A node that believes a proxy on 127.0.0.1, with small limits, and a site with numbers that help."""
    site = make_site()
    helps = (Contact({"fi": "Hätänumero"}, "112"),), (Contact({"fi": "Puhelin"}, "09 1"),)
    site = replace(site, emergency=helps[0], alternatives=helps[1])
    async with running(valkey.url, tmp_path, site, worker=False, trusted_proxies=PROXIES) as service:
        await service.on_duty("aino")
        limit(service)
        yield service


async def hello(found: Client, *replies: str, **fields: Any) -> Frame:
    """Says hello; whichever of these comes."""
    await found.send("hello", site="kunta", queue="paihde", lang="fi", want_token=True, ref="h", **fields)
    return await first(found, *(replies or ("welcome", "puzzle", "unavailable")))


async def first(found: Client, *types: str) -> Frame:
    """The first frame of any of these types."""
    waits = [asyncio.create_task(found.expect(type_, ref="h")) for type_ in types]
    done, rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    return done.pop().result()


async def used_up(service: Service, address: str = HERE) -> list[tuple[Client, Frame]]:
    """Everybody whom the limits let in from there, with their welcomes."""
    found = []
    for _ in range(4):
        visitor = await client_from(service, address)
        answer = await hello(visitor)
        if answer["type"] == "puzzle":
            await prove(visitor, answer)
            answer = await visitor.expect("welcome", ref="h")
        found.append((visitor, answer))
    return found


async def test_free_then_for_work_then_numbers_that_help(behind: Service) -> None:
    """The third newcomer works, the fifth is told until when and whom to call; another network is not concerned."""
    visitors = [await client_from(behind, HERE if number % 2 else NEIGHBOUR) for number in range(5)]
    answers = [await hello(visitor) for visitor in visitors[:4]]
    assert [answer["type"] for answer in answers] == ["welcome", "welcome", "puzzle", "puzzle"]
    for visitor, puzzle in zip(visitors[2:4], answers[2:], strict=True):
        assert puzzle["kind"] == "join"
        await prove(visitor, puzzle)
        assert (await visitor.expect("welcome", ref="h"))["state"] == "waiting"
    refusal = await hello(visitors[4])
    assert (refusal["type"], refusal["reason"]) == ("unavailable", "too_many")
    assert [found["phone"] for found in refusal["emergency"] + refusal["alternatives"]] == ["112", "09 1"]
    now_ms = time.time() * 1_000
    assert now_ms < refusal["until"] < now_ms + 24 * 3_600_000
    assert refusal["until"] % 60_000 == 0
    assert (await hello(await client_from(behind, THERE)))["type"] == "welcome"
    assert (await hello(await behind.visitor()))[
        "type"
    ] == "welcome"  # no proxy's header: nobody that is known
    figures = {outcome: counted(behind, "join", outcome) for outcome in ("set", "solved", "wrong", "refused")}
    assert figures == {"set": 2, "solved": 2, "wrong": 0, "refused": 1}
    limit(behind)
    assert (await hello(visitors[4]))["type"] == "welcome"


async def test_who_is_in_stays_in_and_comes_back(behind: Service) -> None:
    """With nothing left, a resume, a watch of one's own conversation, and every frame in it go on as ever."""
    (visitor, welcome), *_ = await used_up(behind)
    token = welcome["token"]
    await visitor.ask("say", "ack", id="a", text="still here")
    await visitor.close()
    again = await client_from(behind, HERE)
    resumed = await hello(again, token=token)
    assert (resumed["type"], resumed["conversation"]) == ("welcome", welcome["conversation"])
    assert resumed["log"][0]["text"] == "still here"
    await again.ask("leave")
    newcomer = await hello(again, token=token, fresh=True)
    assert (newcomer["type"], newcomer["reason"]) == ("unavailable", "too_many")


async def test_a_wrong_or_foreign_proof_opens_nothing(behind: Service) -> None:
    """A wrong number, a puzzle of another connection, one that is used, or none at all; the next puzzle is another."""
    for _ in range(2):
        await hello(await client_from(behind, HERE))
    one, other = await client_from(behind, HERE), await client_from(behind, HERE)
    first_puzzle, other_puzzle = await hello(one), await hello(other)
    await one.ask("proof", puzzle=first_puzzle["puzzle"], proof="x")
    second = await one.expect("puzzle", ref="h")
    assert second["puzzle"] != first_puzzle["puzzle"]
    await prove(one, other_puzzle)
    third = await one.expect("puzzle", ref="h")
    await prove(one, third)
    await one.expect("welcome", ref="h")
    used = await one.ask(
        "proof", "error", puzzle=third["puzzle"], proof=solve(third["puzzle"], third["bits"])
    )
    assert (used["code"], used["field"]) == ("bad_field", "puzzle")
    assert counted(behind, "join", "wrong") == 1
    async with AsyncExitStack() as stack:
        stubborn = await client_from(behind, HERE, stack)
        puzzle = await hello(stubborn)
        for _ in range(10):
            await stubborn.send("proof", puzzle=puzzle["puzzle"], proof="x")
        assert (await stubborn.gone()).code == 4000


async def test_each_node_has_limits_of_its_own(behind: Service, valkey: SingleStore, tmp_path: Path) -> None:
    """What is used up on one node is not on another of the same store, and a proof counts where it was asked for."""
    await used_up(behind)
    assert (await hello(await client_from(behind, HERE)))["type"] == "unavailable"
    async with running(valkey.url, tmp_path, behind.site, worker=False, trusted_proxies=PROXIES) as other:
        assert (await hello(await client_from(other, HERE)))["type"] == "welcome"
        limit(other, NONE_FREE)
        limit(behind, NONE_FREE)
        here, there = await client_from(behind, HERE), await client_from(other, HERE)
        puzzle, _ = await hello(here), await hello(there)
        await prove(there, puzzle)
        assert (await there.expect("puzzle", ref="h"))["puzzle"] != puzzle["puzzle"]
        await prove(here, puzzle)
        await here.expect("welcome", ref="h")


async def test_messages_are_held_back_and_none_is_lost(behind: Service) -> None:
    """Beyond the rate a message is answered with when to send it again, and a proof lets some through sooner."""
    visitor = await client_from(behind, HERE)
    welcome = await hello(visitor)
    for number in range(3):
        await visitor.ask("say", "ack", id=f"a{number}", text="x")
    held = await visitor.ask("say", "error", id="b0", text="held back")
    assert (held["code"], held["id"], held["retry_after_ms"]) == ("too_many", "b0", 2_000)
    puzzle = await visitor.expect("puzzle")
    assert puzzle["kind"] == "message"
    again = await visitor.ask("say", "error", id="b0", text="held back")
    assert again["code"] == "too_many"
    assert counted(behind, "message", "set") == 1
    await prove(visitor, puzzle)
    for number in range(2):
        await visitor.ask("say", "ack", id=f"b{number}", text="held back")
    last = await visitor.ask("say", "error", id="b2", text="held back")
    assert last["retry_after_ms"] > 10_000
    assert counted(behind, "message", "refused") == 1
    await visitor.ask("typing", on=True)
    await visitor.ask("leave")
    entries = (await hello(await client_from(behind, THERE), token=welcome["token"]))["log"]
    assert [entry["id"] for entry in entries if entry["kind"] == "text"] == ["a0", "a1", "a2", "b0", "b1"]


async def test_nobody_is_turned_away_without_a_number(valkey: SingleStore, tmp_path: Path) -> None:
    """A site that has declared no number, or only an address, still gives the general emergency number."""
    site = replace(make_site(), alternatives=(Contact({"fi": "Sivu"}, url="https://kunta.example"),))
    async with running(valkey.url, tmp_path, site, worker=False, trusted_proxies=PROXIES) as service:
        limit(service, replace(FEW, watches=Rate(0, 1e-3)))
        refusal = await (await client_from(service, HERE)).ask("watch", "unavailable", site="kunta")
    assert [found["phone"] for found in refusal["emergency"]] == ["112"]
    assert set(refusal["emergency"][0]["names"]) == {"fi", "sv", "en"}


async def test_a_flood_of_looking_is_refused_with_numbers(behind: Service) -> None:
    """Also who only looks how the queues stand; but not somebody who has a conversation to go back to."""
    inside = await client_from(behind, HERE)
    await hello(inside)
    watcher = await client_from(behind, HERE)
    for _ in range(6):
        await watcher.ask("watch", "status", site="kunta")
    refusal = await watcher.ask("watch", "unavailable", site="kunta")
    assert refusal["reason"] == "too_many"
    assert refusal["emergency"]
    assert refusal["until"]
    elsewhere = await client_from(behind, THERE)
    await elsewhere.ask("watch", "status", site="kunta")
    assert counted(behind, "watch", "refused") == 1
