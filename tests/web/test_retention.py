"""What visitors and counsellors see of the retention rules."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatsvc.domain.holds import ask, confirm
from chatsvc.domain.retained import Tombstone
from chatsvc.domain.retention import DAY_MS, KINDS, NO_TIME, LegalMinimum, Period, Rule, RuleSet
from chatsvc.services.retention import Retention
from chatsvc.store.vault_keys import KeyGone
from chatsvc.worker.retention import erase_what_is_due
from tests.support.service import KEPT, Service, make_site
from tests.support.stores import AnyStore
from tests.support.time_travel import MINUTE, pass_time, still


@pytest.fixture
async def short(valkey: AnyStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A service on a clock that stands still, whose site keeps nothing but for those who talk of work."""
    keep = Rule("nothing", dict.fromkeys(KINDS, NO_TIME), then="keep_record")
    site = replace(make_site(), retention=(RuleSet(1, 0, (keep,)),))
    async with still(valkey.url, tmp_path, site) as made:
        yield made


@pytest.fixture
async def usual(valkey: AnyStore, tmp_path: Path) -> AsyncIterator[Service]:
    """A service on a clock that stands still, whose site keeps everything for a year."""
    async with still(valkey.url, tmp_path) as made:
        yield made


async def erase(service: Service) -> None:
    """What a worker does."""
    backend = service.backend
    for name, pool in backend.pools.items():
        worker = Retention(pool, backend.chats[name].retention, backend.rules)
        await erase_what_is_due(worker, Counter[str]().__setitem__)


async def stone(service: Service, conversation: str) -> Tombstone | None:
    """What stands in a conversation's place."""
    return (await service.backend.chats["kunta"].retention.tombstones([conversation]))[0]


async def test_the_visitor_hears_until_when_the_chat_can_be_read(short: Service) -> None:
    """`closed` says the end of the wrap-up; when that comes sooner, `closed` says so; then it is gone for both."""
    visitor, counsellor, ident = await short.talking()
    await visitor.ask("say", "ack", id="m1", text="nobody will know")
    await counsellor.ask("close", conversation=ident)
    now = short.backend.clock.now()
    assert (await visitor.expect("closed"))["linger_until"] == now + 5 * MINUTE
    await pass_time(short, MINUTE)
    await erase(short)
    assert await stone(short, ident) is None
    await counsellor.ask("wrap_up", "ok", conversation=ident, outcome="talked", tags=[])
    assert (await visitor.expect("closed"))["linger_until"] == now + MINUTE
    await erase(short)
    assert await stone(short, ident) is not None
    keyring = short.backend.keyring
    await short.backend._evict()
    assert keyring.known(ident) is None


@pytest.mark.parametrize("strict", ["velka", "paihde"])
async def test_every_queue_that_it_was_in_has_its_say(valkey: AnyStore, tmp_path: Path, strict: str) -> None:
    """Handed on from a queue that keeps nothing to one that keeps for two years, or back: all goes at once."""
    lenient = {"velka": "paihde", "paihde": "velka"}[strict]
    nothing = Rule("nothing", dict.fromkeys(KINDS, NO_TIME), queue=strict)
    long = Rule("long", dict.fromkeys(KINDS, Period(24)), queue=lenient)
    site = replace(make_site(velka={}, paihde={}), retention=(RuleSet(1, 0, (nothing, long)),))
    async with still(valkey.url, tmp_path, site) as service:
        aino, eino = await service.on_duty("aino"), await service.on_duty("eino")
        visitor, _ = await service.joined("velka")
        ident = (await aino.ask("take", "assigned"))["conversation"]["id"]
        await visitor.ask("say", "ack", id="m1", text="told in the first queue")
        await aino.ask("transfer", "ok", conversation=ident, to={"queue": "paihde"}, note="please")
        assert (await eino.ask("take", "assigned"))["conversation"]["queue"] == "paihde"
        await eino.ask("close", conversation=ident)
        now = service.backend.clock.now()
        assert (await visitor.expect("closed"))["linger_until"] == now + 5 * MINUTE
        await eino.ask("wrap_up", "ok", conversation=ident, outcome="talked", tags=[])
        assert (await visitor.expect("closed"))["linger_until"] == now
        await erase(service)
        found = await stone(service, ident)
        assert found is not None
        assert {went.rule for went in found.gone.values()} == {"nothing"}


async def test_an_erased_conversation_leaves_a_tombstone(usual: Service) -> None:
    """What the visitor erases is gone at once; a worker puts a tombstone there, though a year was promised."""
    visitor, _, ident = await usual.talking()
    await visitor.ask("say", "ack", id="m1", text="please forget me")
    await visitor.ask("erase", "ok")
    assert await stone(usual, ident) is None
    await erase(usual)
    found = await stone(usual, ident)
    assert found is not None
    assert {went.rule for went in found.gone.values()} == {""}
    chats = usual.backend.chats["kunta"]
    assert await chats.read(ident, "talk", 0) == []
    assert not (await chats.retention.look([ident]))[0].record


async def test_feedback_is_kept_apart(usual: Service) -> None:
    """Feedback has a key of its own, which is destroyed at once with everything else when the visitor erases."""
    visitor, counsellor, ident = await usual.talking()
    await counsellor.ask("close", conversation=ident)
    await visitor.expect("closed")
    await visitor.ask("feedback", "ok", score=4, text="thank you")
    await usual.backend.vault.fetch(f"{ident}.feedback")
    await visitor.ask("erase", "ok")
    for name in (ident, f"{ident}.feedback"):  # before any worker has looked
        with pytest.raises(KeyGone):
            await usual.backend.vault.fetch(name)


async def test_a_hold_is_told_to_whoever_wants_all_erased(usual: Service) -> None:
    """Under a hold `erase` ends the conversation and says that it is kept; released, everything goes at once."""
    visitor, counsellor, ident = await usual.talking()
    await visitor.ask("say", "ack", id="m1", text="please forget me")
    store, now = usual.backend.chats["kunta"].retention, usual.backend.clock.now()
    held = confirm(ask(None, "aino", "the police asked for it", now), "eino", now)
    assert await store.set_hold(ident, None, held, now)
    answer = await visitor.ask("erase", "error")
    assert answer["code"] == "held"
    assert "erased as soon as the hold is released" in answer["message"]
    await visitor.expect("closed", reason="visitor_left")
    await counsellor.expect("closed")
    await pass_time(usual, 800 * DAY_MS)
    await erase(usual)
    assert len(await usual.backend.chats["kunta"].read(ident, "talk", 0)) > 1
    await usual.backend.vault.fetch(ident)
    assert await store.set_hold(ident, held, None, usual.backend.clock.now())
    await erase(usual)
    found = await stone(usual, ident)
    assert found is not None
    assert {went.rule for went in found.gone.values()} == {""}, "by the visitor's wish, not by a rule"
    assert not await usual.backend.vault.shred(ident)


async def test_a_law_is_told_to_whoever_wants_all_erased(valkey: AnyStore, tmp_path: Path) -> None:
    """Under a legal minimum `erase` says so; what the law does not name goes at once, the rest when it may."""
    law = LegalMinimum(Period(12), "a law, 1 §")
    rule = Rule("law", {"notes": Period(12), "record": Period(12)}, then="keep_record", legal_minimum=law)
    site = replace(make_site(), retention=(RuleSet(1, 0, (rule, KEPT)),))
    async with still(valkey.url, tmp_path, site) as service:
        visitor, counsellor, ident = await service.talking()
        await visitor.ask("say", "ack", id="m1", text="please forget me")
        await counsellor.ask("note", "ack", conversation=ident, id="n1", text="asked for help")
        answer = await visitor.ask("erase", "error")
        assert answer["code"] == "held"
        assert "as soon as the law allows" in answer["message"]
        await erase(service)
        chats = service.backend.chats["kunta"]
        assert await chats.read(ident, "talk", 0) == []
        assert len(await chats.read(ident, "staff", 0)) == 1
        await pass_time(service, 366 * DAY_MS)
        await erase(service)
        assert await stone(service, ident) is not None
