"""Erasing by the rules, on real stores and a real vault: what opens before does not afterwards, however cut short."""

from asyncio import gather
from collections import Counter
from collections.abc import AsyncIterator, Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.domain.retention import DAY_MS, KINDS, NO_TIME, LegalMinimum, Period, Rule
from chatsvc.domain.sites import Site, SiteId
from chatsvc.services.evictions import Evictions
from chatsvc.services.retention import NEWCOMER_MS
from chatsvc.services.visits import give_feedback
from chatsvc.store.keyring import VaultKeyring
from chatsvc.store.retention import PoolRetention
from chatsvc.worker.retention import erase_what_is_due
from tests.support.pool_bench import MINUTE, pool_store
from tests.support.retained import TEXTS, Shelf, shelf_on
from tests.support.stores import AnyStore

__all__ = ["pool_store"]

DAY = Period(0, DAY_MS)
KEEP_ALL = Rule("all", {**dict.fromkeys(KINDS, DAY), "record": Period(1)}, then="keep_record")


@pytest.fixture
async def shelf(pool_store: AnyStore, tmp_path: Path) -> AsyncIterator[Shelf]:
    """An empty shelf on a store of each shape."""
    async with shelf_on(pool_store, tmp_path) as made:
        yield made


@pytest.fixture
async def one_shelf(valkey_server: AnyStore, tmp_path: Path) -> AsyncIterator[Shelf]:
    """An empty shelf on Valkey."""
    async with shelf_on(valkey_server, tmp_path) as made:
        yield made


async def work(shelf: Shelf) -> Counter[str]:
    """A worker that starts, erases what is due and ends; what it has erased."""
    erased: Counter[str] = Counter()

    def count(kind: str, number: int) -> None:
        erased[kind] += number

    await erase_what_is_due(shelf.worker(), count)
    return erased


async def test_text_goes_when_its_time_is_over_and_the_record_later(shelf: Shelf) -> None:
    """A minute before, everything opens; then keys, logs and indexes are gone; the record stays, then a tombstone."""
    shelf.rules(KEEP_ALL)
    await shelf.talked("c1")
    await shelf.bench.pass_time(DAY_MS - MINUTE)
    assert await work(shelf) == {}
    assert await shelf.readable("c1") == TEXTS
    await shelf.bench.pass_time(MINUTE)
    assert await work(shelf) == dict.fromkeys(TEXTS, 1)
    assert await shelf.readable("c1") == set()
    assert shelf.left("c1") == ["keep", "kept", "past"]
    assert shelf.bench.state().past["c1"]["visitor"] == ""
    await shelf.bench.pass_time(30 * DAY_MS)
    assert await work(shelf) == {"record": 1}
    assert shelf.left("c1") == []
    stone = (await shelf.bench.node().retention.tombstones(["c1"]))[0]
    assert stone is not None
    assert (stone.site, stone.erased, set(stone.gone)) == ("s", shelf.bench.clock.now(), set(KINDS))
    assert all((went.rule, went.version) == ("all", 1) for went in stone.gone.values())
    await shelf.bench.pass_time(366 * DAY_MS)
    await work(shelf)
    assert await shelf.bench.node().retention.tombstones(["c1"]) == [None]


async def test_each_kind_goes_in_its_own_time(shelf: Shelf) -> None:
    """A key that goes alone leaves the others; nothing is kept for a kind that no rule names."""
    shelf.rules(
        Rule("r", {"transcript": DAY, "notes": Period(0, 2 * DAY_MS), "feedback": Period(0, 3 * DAY_MS)})
    )
    await shelf.talked("c1")
    kept = [await shelf.readable("c1")]
    for _ in range(4):
        await work(shelf)
        kept.append(await shelf.readable("c1"))
        await shelf.bench.pass_time(DAY_MS)
    assert kept == [TEXTS, TEXTS - {"answers"}, {"notes", "feedback"}, {"feedback"}, set()]
    assert shelf.left("c1") == []


async def test_what_is_kept_for_no_time_goes_with_the_wrap_up(shelf: Shelf) -> None:
    """While it is wrapped up all opens; with its end nothing does; a long wrap-up ends with the site's time."""
    shelf.rules(within_ms=3 * MINUTE)
    await shelf.talked("c1", wrap_up=False)
    await shelf.talked("c2", wrap_up=False)
    await work(shelf)
    assert await shelf.readable("c1") == TEXTS
    await shelf.bench.run("wrap_up", id="aino", conversation="c1", outcome="talked", tags=[])
    await work(shelf)
    assert await shelf.readable("c1") == set()
    assert shelf.left("c1") == []
    assert await shelf.readable("c2") == TEXTS
    await shelf.bench.pass_time(3 * MINUTE)
    await work(shelf)
    assert await shelf.readable("c2") == set()
    assert shelf.left("c2") == []
    assert shelf.bench.person("aino")["wraps"] == []


async def test_nobodys_wait_leaves_nothing(shelf: Shelf) -> None:
    """Who leaves without having been answered, and who never joined at all, leaves neither text nor key."""
    await shelf.vault.create("s", "c1")
    await shelf.bench.join("c1")
    await shelf.bench.say("c1")
    await shelf.bench.leave("c1")
    await shelf.bench.away("c1")
    await work(shelf)
    assert shelf.left("c1") == []
    await shelf.bench.node().retention.watch("c2", shelf.bench.clock.now() + NEWCOMER_MS)
    keys = await shelf.pool().keyring.create("s", "c2")
    await shelf.bench.node().put_intake("c2", "answers", keys.seal("intake", "visitor", "answers", b"{}"))
    await work(shelf)
    assert shelf.left("c2") != []
    await shelf.bench.pass_time(NEWCOMER_MS)
    await work(shelf)
    assert shelf.left("c2") == []
    assert not await shelf.vault.shred("c2")


async def test_feedback_that_comes_too_late_goes_too(one_shelf: Shelf) -> None:
    """Given while the conversation is erased, it is found a minute later, with its key."""
    shelf = one_shelf
    shelf.rules()
    await shelf.talked("c1")
    late = (await shelf.bench.node().retention.look(["c1"]))[0].record
    assert late is not None
    await work(shelf)
    late.linger_until = shelf.bench.clock.now() + MINUTE  # as a node knows it that has not been told yet
    await give_feedback(shelf.pool(), late, 5, "thank you")
    assert "log:c1" in shelf.left("c1")
    await shelf.bench.pass_time(MINUTE)
    await work(shelf)
    assert shelf.left("c1") == []
    assert not await shelf.vault.shred("c1.feedback")


async def test_the_visitor_is_told_the_truth(shelf: Shelf) -> None:
    """Linger is cut to what the rules keep, at once, and again when the wrap-up ends or the topic is known."""
    chats, start = shelf.bench.node(), shelf.bench.clock.now
    zero = Rule("zero", {"transcript": NO_TIME}, tag="crisis")
    hour = Rule("hour", {"transcript": Period(0, 60 * MINUTE)})
    shelf.rules(zero, hour)
    site = Site(SiteId("s"), {}, retention=tuple(shelf.versions))
    await chats.retention.set_rules([site])
    await shelf.talked("c1", wrap_up=False)
    assert shelf.bench.conv("c1")["linger_until"] == start() + 10 * MINUTE
    shelf.bench.clock.advance(1)
    await shelf.bench.run("wrap_up", id="aino", conversation="c1", outcome="talked", tags=["crisis"])
    assert shelf.bench.conv("c1")["linger_until"] == start()
    await shelf.talked("c2", tags=["crisis"], wrap_up=False)
    assert shelf.bench.conv("c2")["linger_until"] == start() + 5 * MINUTE
    await chats.retention.set_rules([replace(site, retention=())])
    await shelf.bench.join("c3")
    await shelf.bench.leave("c3")
    assert shelf.bench.conv("c3")["linger_until"] == start()


async def test_a_new_version_is_for_what_exists_if_it_says_so(shelf: Shelf) -> None:
    """Whatever waits is looked at again: sooner if the version is for it, not if not, and later only by law."""
    shelf.rules(replace(KEEP_ALL, lives=dict.fromkeys(KINDS, Period(1))))
    for ident in ("c1", "c2"):
        await shelf.talked(ident)
    await work(shelf)
    shelf.bench.clock.advance(1)
    worker, short = shelf.worker(), replace(KEEP_ALL, lives=dict.fromkeys(KINDS, DAY))
    shelf.rules(short, existing=False)
    await shelf.bench.pass_time(2 * DAY_MS)
    assert await worker.replan([_site(shelf)]) == 2
    assert await worker.replan([_site(shelf)]) == 0
    assert await work(shelf) == {}
    shelf.rules(short)
    await shelf.worker().replan([_site(shelf)])
    shelf.rules(replace(KEEP_ALL, legal_minimum=LegalMinimum(Period(0, 3 * DAY_MS), "a law")))
    assert await work(shelf) == {}, "by law a day longer, though it was planned sooner"
    assert await shelf.readable("c1") == TEXTS
    await shelf.bench.pass_time(DAY_MS)
    assert (await work(shelf))["transcript"] == 2


def _site(shelf: Shelf) -> Site:
    return Site(SiteId("s"), {}, retention=tuple(shelf.versions))


async def test_what_was_put_away_before_there_were_rules_is_found(shelf: Shelf) -> None:
    """Records of an earlier version of the program are in no index; the first walk finds them."""
    shelf.rules(KEEP_ALL)
    await shelf.talked("c1")
    await shelf.bench.pass_time(DAY_MS)
    shelf.bench.client.delete(shelf.bench.node().keys.of("keep"))
    assert await work(shelf) == {}
    assert await shelf.worker().replan([_site(shelf)]) == 1
    assert (await work(shelf))["transcript"] == 1
    assert await shelf.readable("c1") == set()


class Killed(BaseException):
    """The worker's process ends here."""


def cut(target: Any, name: str, *, before: bool) -> None:
    """From now on `target` ends its process at the call of `name`: before it does anything, or just after."""
    real: Callable[..., Any] = getattr(target, name)

    async def killed(*args: Any, **more: Any) -> Any:
        if not before:
            await real(*args, **more)
        raise Killed

    setattr(target, name, killed)


STEPS = [("pool", "run"), ("keyring", "shred"), ("store", "drop"), ("store", "bury"), ("store", "settle")]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("part", "step"), STEPS)
async def test_a_worker_killed_at_any_step_leaves_no_trace(
    one_shelf: Shelf, part: str, step: str, before: bool
) -> None:
    """Whatever the first has done, a second worker ends the same: nothing opens, nothing is left but a tombstone."""
    shelf = one_shelf
    shelf.rules(Rule("r", {"transcript": DAY}, then="erase"))
    await shelf.talked("c1", wrap_up=False)
    shelf.bench.clock.advance(2 * DAY_MS)  # nobody has met any deadline: all was down
    pool = shelf.pool()
    store: Any = PoolRetention(shelf.bench.link, shelf.bench.pool)
    chats = copy(pool.store) if part == "pool" else pool.store
    pool = replace(pool, store=chats)
    cut({"pool": chats, "keyring": pool.keyring, "store": store}[part], step, before=before)
    worker = shelf.worker(pool=pool, store=store)
    if step != "settle":
        with pytest.raises(Killed):
            await worker.meet()
    else:
        await worker.meet()
    await work(shelf)
    assert await shelf.readable("c1") == set()
    assert shelf.left("c1") == []
    assert (await shelf.bench.node().retention.tombstones(["c1"]))[0] is not None


async def test_a_vault_that_is_away_holds_up_nothing_else(one_shelf: Shelf) -> None:
    """What could not be erased is told as overdue and tried again; no text goes before its key."""
    shelf = one_shelf
    shelf.rules(KEEP_ALL)
    await shelf.talked("c1")
    await shelf.talked("c2")
    await shelf.bench.pass_time(DAY_MS)
    pool = shelf.pool()
    real = pool.keyring.shred

    async def away(conversation: str, *purposes: Any) -> None:
        if conversation.startswith("c1"):
            raise VaultUnavailable("away")
        await real(conversation, *purposes)

    pool.keyring.shred = away  # type: ignore[method-assign,assignment]  # a vault that fails for one
    worker = shelf.worker(pool=pool)
    await worker.meet()
    assert await shelf.readable("c1") == TEXTS
    assert "talk:c1" in shelf.left("c1"), "text goes after its key"
    assert await shelf.readable("c2") == set()
    shelf.bench.clock.advance(5 * MINUTE)
    assert (await worker.meet()).overdue_s >= 300
    pool.keyring.shred = real  # type: ignore[method-assign]
    shelf.bench.clock.advance(MINUTE)
    await worker.meet()
    assert await shelf.readable("c1") == set()
    assert (await worker.meet()).overdue_s == 0


async def test_two_workers_erase_once(one_shelf: Shelf) -> None:
    """At the same moment on the same conversations, they end as one would."""
    shelf = one_shelf
    shelf.rules(Rule("r", {"transcript": DAY}, then="erase"))
    for number in range(20):
        await shelf.talked(f"c{number}x")
    await shelf.bench.pass_time(2 * DAY_MS)
    first, second = await gather(shelf.worker().meet(), shelf.worker().meet())
    assert (first.erased + second.erased)["record"] == 20
    assert not [number for number in range(20) if shelf.left(f"c{number}x")]


async def test_keys_leave_every_nodes_memory(one_shelf: Shelf) -> None:
    """A node that had the keys at hand has them no more, though no hint reached it."""
    shelf = one_shelf
    shelf.rules(KEEP_ALL)
    await shelf.talked("c1")
    node = VaultKeyring(shelf.vault)
    evictions = Evictions(shelf.bench.node().retention, node)
    await evictions.look()
    await node.fetch("s", "c1")
    await shelf.bench.pass_time(DAY_MS)
    await work(shelf)
    assert node.known("c1") is not None
    await evictions.look()
    assert node.known("c1") is None


LIVES = [NO_TIME, DAY, Period(0, 7 * DAY_MS), Period(1)]


async def test_a_thousand_under_several_rules(one_shelf: Shelf) -> None:
    """Every day exactly those open whose time is not over; after all times none does and nothing is left."""
    shelf = one_shelf
    shelf.bench.checking = False
    rules = [
        Rule(
            f"t{number}",
            {**dict.fromkeys(KINDS, life), "record": Period(2)},
            tag=f"t{number}",
            then="keep_record",
        )
        for number, life in enumerate(LIVES)
    ]
    shelf.rules(Rule("most", dict.fromkeys(KINDS, Period(3)), then="keep_record"), *rules)
    ends: dict[str, int] = {}
    for first in range(0, 1_000, 40):
        idents = {f"c{number}x": number % 4 for number in range(first, first + 40)}
        await gather(*(shelf.talked(ident, tags=[f"t{topic}"]) for ident, topic in idents.items()))
        ends |= {ident: LIVES[topic].after(shelf.bench.clock.now()) for ident, topic in idents.items()}
        shelf.bench.clock.advance(30 * MINUTE)
    for _ in range(7):
        await work(shelf)
        now = shelf.bench.clock.now()
        for ident in list(ends)[::19]:
            assert await shelf.readable(ident) == (set() if ends[ident] <= now else TEXTS)
        await shelf.bench.pass_time(6 * DAY_MS)
    await shelf.bench.pass_time(60 * DAY_MS)
    await work(shelf)
    state = shelf.bench.state()
    assert (state.past, state.conv) == ({}, {})
    assert not list(shelf.bench.client.scan_iter(match=f"*{{{shelf.bench.pool}}}:log:*", count=1_000))
    stones = await shelf.bench.node().retention.tombstones(list(ends))
    assert all(
        stone is not None and stone.gone["transcript"].rule == f"t{at % 4}" for at, stone in enumerate(stones)
    )
