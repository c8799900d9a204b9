"""What time does: idleness, absence, wrap-up and linger, as both sides are told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.service import Service
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """One queue with the usual times, on a clock that stands still."""
    async with still(valkey.url, tmp_path) as made:
        yield made


async def test_quiet_is_warned_about_and_ended(service: Service) -> None:
    """The visitor is told when it will end; both are told that it has, and why."""
    visitor, counsellor, _ = await service.talking()
    await pass_time(service, 20 * MINUTE)
    warning = await visitor.expect("warning")
    assert (warning["reason"], warning["at"]) == ("idle", service.backend.clock.now() + 10 * MINUTE)
    await pass_time(service, 10 * MINUTE)
    assert (await visitor.expect("closed"))["reason"] == "idle"
    assert (await counsellor.expect("closed"))["wrap_up_until"] == service.backend.clock.now() + 5 * MINUTE


async def test_a_word_keeps_the_conversation(service: Service) -> None:
    """Whoever writes after the warning keeps it open."""
    visitor, counsellor, conversation = await service.talking()
    await pass_time(service, 20 * MINUTE)
    await visitor.expect("warning")
    await counsellor.ask("say", "ack", conversation=conversation, id="1", text="are you there?")
    await pass_time(service, 10 * MINUTE)
    await visitor.ask("say", "ack", id="2", text="yes")
    assert not visitor.of("closed")


async def test_a_wrap_up_frees_the_place_by_itself(service: Service) -> None:
    """The counsellor is told by `duty` that the place is free."""
    _, counsellor, conversation = await service.talking()
    await counsellor.ask("close", conversation=conversation)
    await counsellor.expect("duty", load=1)
    await pass_time(service, 5 * MINUTE)
    await counsellor.expect("duty", load=0)


async def test_a_visitor_who_does_not_come_back(service: Service) -> None:
    """Away is told at once, the end after the grace time, as `visitor_timeout`."""
    visitor, counsellor, conversation = await service.talking()
    visitor.drop()
    await counsellor.expect("presence", who="visitor", state="away", conversation=conversation)
    await pass_time(service, 5 * MINUTE)
    assert (await counsellor.expect("closed"))["reason"] == "visitor_timeout"
    assert (await counsellor.expect("presence", state="left"))["who"] == "visitor"


async def test_an_ended_conversation_lingers(service: Service) -> None:
    """For ten minutes it can be read, closed as it is; then a hello begins anew, with the same token."""
    visitor, counsellor, conversation = await service.talking()
    await counsellor.ask("say", "ack", conversation=conversation, id="1", text="goodbye")
    await counsellor.ask("close", conversation=conversation)
    await visitor.expect("closed")
    token = visitor.of("welcome")[0]["token"]
    _, welcome = await service.joined(token=token)
    assert (welcome["conversation"], welcome["state"], welcome["reason"]) == (
        conversation, "closed", "counsellor_closed",
    )  # fmt: skip
    assert "goodbye" in [entry.get("text") for entry in welcome["log"]]
    await counsellor.ask("wrap_up", conversation=conversation, outcome="talked")
    await pass_time(service, 10 * MINUTE)
    _, welcome = await service.joined(token=token)
    assert welcome["conversation"] != conversation
    assert welcome["state"] == "waiting"


async def test_the_place_of_an_absent_visitor(service: Service) -> None:
    """Skipped while away, first again on return: the positions of both say so."""
    await service.on_duty("aino")
    first, welcome = await service.joined()
    await pass_time(service, 1)
    second, _ = await service.joined()
    assert (await second.expect("waiting"))["position"] == 2
    first.drop()
    assert (await second.expect("waiting"))["position"] == 1
    back, _ = await service.joined(token=welcome["token"])
    assert (await back.expect("waiting"))["position"] == 1
    assert (await second.expect("waiting"))["position"] == 2


async def test_one_that_cannot_be_met_holds_up_nothing(service: Service, valkey: SingleStore) -> None:
    """A record that nobody can read: its deadline is put off and logged, and the others are met."""
    visitor, _, _ = await service.talking()
    (chats,) = service.backend.chats.values()
    now = service.backend.clock.now()
    valkey.ask("HSET", chats.keys.conv, "broken", b"\xc1")
    valkey.ask("ZADD", chats.keys.due, now, "v:broken")
    await pass_time(service, 20 * MINUTE)
    await visitor.expect("warning")
    assert await chats.oldest_due() == service.backend.clock.now() + 30_000


async def test_events_are_recorded_although_everybody_has_left(service: Service) -> None:
    """Both sides gone at the end: the transcript has the end in it when the record is put away."""
    visitor, counsellor, conversation = await service.talking()
    (chats,) = service.backend.chats.values()
    await chats.run("finish", id=conversation, staff="aino", reason="counsellor_closed", forget=False)
    await chats.run("wrap_up", id="aino", conversation=conversation, outcome="talked", tags=[])
    visitor.drop()
    counsellor.drop()
    await pass_time(service, 10 * MINUTE)
    entries = await chats.read(conversation, "talk", 0)
    assert [entry.body.event for entry in entries] == ["joined", "closed"]
