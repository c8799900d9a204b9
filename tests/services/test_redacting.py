"""Text that a rule keeps is redacted when its time has come: no copy opens what was said, the rest can be read."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.retained import Held, Kept
from chatsvc.domain.retention import DAY_MS, KINDS, Kind, LegalMinimum, Period, Rule
from chatsvc.domain.sites import Contact, Site, SiteId
from chatsvc.services.intake import read_answers
from chatsvc.services.pool import read_page
from chatsvc.services.redacted import reading
from chatsvc.services.retention import feedback_keys
from chatsvc.services.visits import erase
from chatsvc.store.retention import PoolRetention
from chatsvc.worker.retention import erase_what_is_due
from tests.services.test_retention import Killed, cut
from tests.support.copies import copied_store, keys_in, opened
from tests.support.pool_bench import MINUTE
from tests.support.retained import MASTER, TEXTS, Shelf, shelf_on
from tests.support.store_server import valkey_binary
from tests.support.stores import AnyStore

SECRETS = ("131052-308T", "050 123 4567", "matti.esimerkki@example.org", "Kirkkokatu 3 A 5")
OWN = "09 310 1000"
WEEK = Rule("week", dict.fromkeys(KINDS, Period(0, 7 * DAY_MS)), then="keep_record", redact=True)
READ = 10 * MINUTE  # the visitor's time for reading
SITE = Site(SiteId("s"), {}, alternatives=(Contact({}, phone=OWN),))


@pytest.fixture
async def shelf(valkey_server: AnyStore, tmp_path: Path) -> AsyncIterator[Shelf]:
    """An empty shelf on Valkey."""
    async with shelf_on(valkey_server, tmp_path) as made:
        made.site = SITE
        yield made


async def told(shelf: Shelf, ident: str) -> None:
    """A conversation in which much is told, in every kind of text; the service's own number is among it."""
    await shelf.asks(ident)
    seal = await shelf.pool().keyring.fetch("s", ident)
    answers = json.dumps({"who": SECRETS[0], "more": [SECRETS[2]], "age": 20}).encode()
    await shelf.bench.link.call(
        "x", "HSET", shelf.bench.node().keys.log(ident), "i:answers", seal.seal("intake", "visitor", "answers", answers)
    )  # fmt: skip
    await shelf.says(ident, "m2", f"hetuni on {SECRETS[0]}, numero {SECRETS[1]}, ja sinne {OWN} soitin")
    await shelf.talks(ident)
    await shelf.says(ident, "m3", f"asun osoitteessa {SECRETS[3]}, 00100 Helsinki")
    await shelf.bench.close("aino", ident)
    own = await shelf.pool().keyring.create("s", feedback_keys(ident))
    words = json.dumps({"score": 5, "text": f"vastatkaa {SECRETS[2]}"}).encode()
    assert await shelf.bench.node().put_intake(
        ident, "feedback", own.seal("intake", "visitor", "feedback", words)
    )
    await shelf.wraps_up(ident)
    await shelf.bench.away(ident)
    await shelf.copy(ident)


async def work(shelf: Shelf, **parts: Any) -> None:
    """A worker starts, does what is due, and ends."""
    await erase_what_is_due(shelf.worker(**parts), lambda *_: None)


async def read(shelf: Shelf, ident: str) -> str:
    """Everything that can be read of a conversation, as whoever opens it reads it."""
    look = (await shelf.bench.node().retention.look([ident]))[0]
    assert look.record is not None
    pool = reading(shelf.pool(), look.kept)
    pages = [(await read_page(pool, look.record, log, 0))[0] for log in ("talk", "staff")]
    texts = [entry.text or "" for page in pages for entry in page]
    texts.append(json.dumps(await read_answers(pool, look.record)))
    sealed = await pool.store.intake(ident, "feedback")
    assert sealed is not None
    seal = await pool.keyring.fetch("s", feedback_keys(ident))
    return "\n".join([*texts, seal.unseal("intake", "visitor", "feedback", sealed).decode()])


async def test_what_is_kept_is_redacted_when_its_time_has_come(shelf: Shelf) -> None:
    """Before, all is as it was told; a minute after reading is over, only the rest, and the service's own number."""
    shelf.rules(WEEK)
    await told(shelf, "c1")
    await shelf.bench.pass_time(READ)
    await work(shelf)
    whole = await read(shelf, "c1")
    assert all(secret in whole for secret in SECRETS)
    await shelf.bench.pass_time(MINUTE)
    await work(shelf)
    after = await read(shelf, "c1")
    assert [secret for secret in SECRETS if secret in after] == []
    assert "[henkilötunnus]" in after
    assert "text of c1" in after
    assert "note on c1" in after
    assert OWN in after
    assert '"age": 20' in after
    assert await shelf.readable("c1") == set(), "what was said opens no more"
    await work(shelf)
    assert await read(shelf, "c1") == after
    await shelf.bench.pass_time(7 * DAY_MS)
    await work(shelf)
    assert [name for name in names("c1") if await shelf.vault.shred(name)] == []
    assert shelf.left("c1") == []


def names(ident: str) -> list[str]:
    """Every name under which the vault may have had keys of it."""
    return [f"{ident}{more}" for more in ("", ".feedback", ".redacted", ".feedback.redacted")]


@pytest.mark.process
async def test_no_copy_opens_what_was_told(tmp_path: Path) -> None:
    """Log, snapshot and replica, of before and after: before, all opens; after, with the vault as it is, no secret."""
    with copied_store(valkey_binary(), tmp_path / "copies") as (store, copier):
        async with shelf_on(store, tmp_path) as shelf:
            shelf.rules(WEEK)
            await told(shelf, "c1")
            copier.copy("told")

            def all_open() -> str:
                sealed = copier.sealed()
                found = opened(sealed, keys_in([shelf.path], sealed, MASTER))
                return repr(list(found.values()))

            before = all_open()
            assert all(repr(secret.encode())[2:-1] in before for secret in SECRETS)
            await shelf.bench.pass_time(READ + MINUTE)
            await work(shelf)
            copier.copy("redacted")
            assert "text of c1" in all_open(), "what is kept"
            assert not [secret for secret in SECRETS if repr(secret.encode())[2:-1] in all_open()]


STEPS = [("store", "put_redacted"), ("keyring", "create"), ("keyring", "shred"), ("pool", "run")]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("part", "step"), STEPS)
async def test_a_worker_killed_at_any_step_leaves_nothing_unredacted(
    shelf: Shelf, part: str, step: str, before: bool
) -> None:
    """Whatever the first has done, a second worker ends the same: the old keys are gone, the rest can be read."""
    shelf.rules(WEEK)
    await told(shelf, "c1")
    shelf.bench.clock.advance(READ + MINUTE)  # nobody has met any deadline: all was down
    pool = shelf.pool()
    store: Any = PoolRetention(shelf.bench.link, shelf.bench.pool)
    chats = copy(pool.store) if part == "pool" else pool.store
    pool = replace(pool, store=chats)
    cut({"pool": chats, "keyring": pool.keyring, "store": store}[part], step, before=before)
    with pytest.raises(Killed):
        await shelf.worker(pool=pool, store=store).meet()
    await work(shelf)
    assert await shelf.readable("c1") == set()
    assert not [secret for secret in SECRETS if secret in await read(shelf, "c1")]
    assert "text of c1" in await read(shelf, "c1")


async def test_a_hold_and_a_law_leave_it_as_it_was(shelf: Shelf) -> None:
    """Under a hold nothing is redacted until its release; what a law requires stays whole until its time is over."""
    shelf.rules(WEEK)
    await told(shelf, "c1")
    store = shelf.bench.node().retention
    held = Held(reason="a court asks", asked_by="saana", asked_at=1, confirmed_by="aino", confirmed_at=2)
    assert await store.set_hold("c1", None, held, shelf.bench.clock.now())
    await shelf.bench.pass_time(DAY_MS)
    await work(shelf)
    assert await shelf.readable("c1") == TEXTS
    assert await store.set_hold("c1", held, None, shelf.bench.clock.now())
    await work(shelf)
    assert await shelf.readable("c1") == set()
    law = LegalMinimum(Period(0, 2 * DAY_MS), "a law")
    shelf.rules(WEEK, Rule("law", {"transcript": Period(0, 7 * DAY_MS)}, legal_minimum=law))
    await told(shelf, "c2")
    await shelf.bench.pass_time(DAY_MS)
    await work(shelf)
    assert await shelf.readable("c2") == TEXTS
    await shelf.bench.pass_time(DAY_MS)
    await work(shelf)
    assert await shelf.readable("c2") == set()


async def test_whoever_still_reads_erases_what_was_redacted(shelf: Shelf) -> None:
    """The visitor's wish, from a page that was kept open, reaches the new keys too."""
    shelf.rules(WEEK)
    await told(shelf, "c1")
    record = (await shelf.bench.node().conversations(["c1"]))["c1"]
    await shelf.bench.pass_time(READ + MINUTE)
    await work(shelf)
    await erase(replace(shelf.pool(), rules=lambda _: shelf.versions), record, "v-c1")
    assert [name for name in names("c1") if await shelf.vault.shred(name)] == []


async def test_only_what_is_left_is_redacted(shelf: Shelf) -> None:
    """Notes that live for no time are gone; the transcript is redacted, answers and feedback too."""
    lives: dict[Kind, Period] = {kind: life for kind, life in WEEK.lives.items() if kind != "notes"}
    shelf.rules(replace(WEEK, lives=lives))
    await told(shelf, "c1")
    await shelf.bench.pass_time(READ + MINUTE)
    await work(shelf)
    after = await read(shelf, "c1")
    assert "text of c1" in after
    assert "note on c1" not in after
    assert not [secret for secret in SECRETS if secret in after]
    kept: Kept = (await shelf.bench.node().retention.look(["c1"]))[0].kept
    assert (set(kept.gone), kept.redacted) == ({"notes"}, shelf.bench.clock.now())
    assert Counter(shelf.left("c1"))["note:c1"] == 0
