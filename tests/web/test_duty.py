"""Duty: available, paused, off, draining; what can be taken, and what watchers are told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chatsvc.services.teams import BLINK_MS
from tests.support.processes import until
from tests.support.service import Service, is_away, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import pass_time, still


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Two queues; Aino can carry one conversation, Eino three of `perhe` only."""
    site = make_site(paihde={}, perhe={})
    people = (make_staff("aino", 1), make_staff("eino", 3, queues=["perhe"]))
    async with still(valkey.url, tmp_path, site, people) as made:
        yield made


async def test_duty_is_answered_and_told(service: Service) -> None:
    """Each change is answered with state, load and capacity; the reason is kept."""
    console = await service.console("aino")
    await console.send("hello")
    welcome = await console.expect("welcome")
    assert (welcome["duty"]["state"], welcome["duty"]["load"], welcome["duty"]["capacity"]) == ("off", 0, 1)
    assert (await console.ask("duty", "duty", state="available"))["state"] == "available"
    paused = await console.ask("duty", "duty", state="paused", reason="meal")
    assert (paused["state"], paused["reason"]) == ("paused", "meal")
    assert (await console.ask("duty", "duty", state="off"))["state"] == "off"


async def test_a_watcher_sees_the_shift_begin_and_end(service: Service) -> None:
    """Before joining: `no_staff`, then `open` when somebody comes on duty, then `no_staff` again."""
    watcher = await service.visitor()
    await watcher.send("watch", site="kunta", queue="paihde")
    assert (await watcher.expect("status"))["state"] == "no_staff"
    aino = await service.on_duty("aino")
    assert (await watcher.expect("status"))["state"] == "open"
    await aino.ask("duty", "duty", state="off")
    assert (await watcher.expect("status"))["state"] == "no_staff"


async def test_open_means_that_somebody_answers(service: Service) -> None:
    """A pause of the only one closes at once, a lost connection ten seconds later; who waits is told too."""
    aino = await service.on_duty("aino")
    visitor, _ = await service.joined()
    await visitor.expect("waiting", position=1)
    watcher, other = await service.visitor(), await service.visitor()
    assert (await watcher.ask("watch", "status", site="kunta", queue="paihde"))["state"] == "open"
    await aino.ask("duty", "duty", state="paused", reason="meal")
    await watcher.expect("status", state="no_staff")
    await visitor.expect("waiting", staffed=False)
    await aino.ask("duty", "duty", state="available")
    await watcher.expect("status", state="open")
    await visitor.expect("waiting", position=1)
    aino.drop()
    (pool,) = service.backend.pools.values()
    await until(lambda: is_away(pool, "aino"))
    await pass_time(service, BLINK_MS - 1)
    assert (await other.ask("watch", "status", site="kunta", queue="paihde"))["state"] == "open"
    await pass_time(service, 1)
    await watcher.expect("status", state="no_staff")
    await visitor.expect("waiting", staffed=False)
    await service.on_duty("aino")
    await watcher.expect("status", state="open")


async def test_refusals_of_a_take_are_outcomes(service: Service) -> None:
    """Each has its own code, and a hundred of them close nothing: they are no mistakes of the client."""
    aino, eino = await service.on_duty("aino"), await service.on_duty("eino")
    for _ in range(30):
        assert (await aino.ask("take", "error"))["code"] == "nothing_waiting"
    _, first = await service.joined("perhe")
    _, second = await service.joined("perhe")
    await aino.ask("take", "assigned", conversation=first["conversation"])
    assert (await eino.ask("take", "error", conversation=first["conversation"]))["code"] == "already_taken"
    assert (await aino.ask("take", "error", conversation=second["conversation"]))["code"] == "at_capacity"
    assert (await eino.ask("take", "error", queue="paihde"))["code"] == "unknown_queue"
    await eino.ask("duty", "duty", state="paused")
    assert (await eino.ask("take", "error"))["code"] == "off_duty"


async def test_a_visitor_of_a_queue_that_is_not_mine(service: Service) -> None:
    """Named by its conversation it is as if it were gone: no oracle."""
    eino = await service.on_duty("eino")
    await service.on_duty("aino")
    _, other = await service.joined("paihde")
    assert (await eino.ask("take", "error", conversation=other["conversation"]))["code"] == "already_taken"


async def test_draining(service: Service) -> None:
    """Off with a conversation open: draining, nothing new, and off when the record is finished."""
    visitor, aino, conversation = await service.talking("aino", "paihde")
    assert (await aino.ask("duty", "duty", state="off"))["state"] == "draining"
    assert (await aino.ask("take", "error"))["code"] == "off_duty"
    await visitor.ask("say", "ack", id="1", text="still there?")
    await aino.expect("entry", id="1")
    await aino.ask("close", conversation=conversation)
    await aino.ask("wrap_up", conversation=conversation, outcome="talked")
    await aino.expect("duty", state="off")


async def test_duty_outlives_a_reconnection(service: Service) -> None:
    """A reload finds the same duty and the same conversations, with both logs."""
    visitor, aino, conversation = await service.talking("aino", "paihde")
    await aino.send("note", conversation=conversation, id="n", text="careful")
    await aino.expect("ack", id="n")
    aino.drop()
    await visitor.expect("presence", who="counsellor", state="away")
    again = await service.console("aino")
    await again.send("hello")
    welcome = await again.expect("welcome")
    assert welcome["duty"]["state"] == "available"
    (shown,) = welcome["conversations"]
    assert (shown["id"], shown["role"]) == (conversation, "owner")
    assert [note["text"] for note in shown["staff_log"]] == ["careful"]
    await visitor.expect("presence", who="counsellor", state="here")


async def test_the_queue_as_counsellors_see_it(service: Service) -> None:
    """Those on duty are told how many wait and who is first, also for a named take."""
    aino = await service.on_duty("aino")
    _, welcome = await service.joined("perhe")
    frame = await aino.expect("queue", queue="perhe", waiting=1)
    assert [head["conversation"] for head in frame["head"]] == [welcome["conversation"]]
    assert frame["on_duty"] == 1
    await aino.ask("take", "assigned", conversation=welcome["conversation"])
    assert (await aino.expect("queue", queue="perhe", waiting=0))["free"] == 0


async def test_a_newer_console_replaces_the_older(service: Service) -> None:
    """On the same node, again and again: 4009 for the older one, whichever word of it comes first."""
    older = await service.on_duty("aino")
    for _ in range(10):
        newer = await service.console("aino")
        await newer.send("hello")
        await newer.expect("welcome")
        assert (await older.gone(4)).code == 4009
        older = newer
    assert (await older.ask("duty", "duty", state="paused"))["state"] == "paused"


async def test_who_has_dropped_off_is_counted_apart(service: Service) -> None:
    """The console counts those who can be taken; whoever keeps a place without being there is `away`."""
    aino = await service.on_duty("aino")
    gone, _ = await service.joined("paihde")
    await service.joined("paihde")
    await aino.expect("queue", queue="paihde", waiting=2, away=0)
    gone.drop()
    frame = await aino.expect("queue", queue="paihde", waiting=1, away=1)
    assert len(frame["head"]) == 1


async def test_whoever_waits_learns_that_nobody_is_on_duty(service: Service) -> None:
    """When the last counsellor goes, those who wait are told, and told again when somebody comes."""
    aino = await service.on_duty("aino")
    visitor, _ = await service.joined()
    await visitor.expect("waiting", staffed=True)
    await aino.ask("duty", "duty", state="off")
    gone = await visitor.expect("waiting", staffed=False)
    assert (gone["position"], gone["estimate_s"]) == (1, None)
    await aino.ask("duty", "duty", state="available")
    await visitor.expect("waiting", staffed=True)
