"""Two hundred lives under several rules, the store copied at every stage, and whether any copy still opens."""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from chatsvc.domain.retained import Held
from chatsvc.domain.retention import DAY_MS, KINDS, LegalMinimum, Period, Rule
from chatsvc.services.visits import erase
from chatsvc.store.vault_backup import copy_file, prune, write_backup
from chatsvc.store.vault_copies import VaultRows
from chatsvc.store.vault_redis import RedisVault
from chatsvc.worker.retention import erase_what_is_due
from tests.support.copies import Copier, Sealed, copied_store, keys_in, opened
from tests.support.pool_bench import MINUTE
from tests.support.retained import MASTER, Shelf, shelf_on
from tests.support.store_server import SingleStore
from tests.support.vaults import contents

HOUR = 60 * MINUTE
TOPICS = ("crisis", "debt", "work", "law", "hold", "erase", "left")
WEEK = Period(0, 7 * DAY_MS)
RULES = (
    Rule("most", {**dict.fromkeys(KINDS, Period(1)), "record": Period(2)}, then="keep_record"),
    Rule("redact", {"answers": WEEK}, tag="debt", redact=True),
    Rule("none", dict.fromkeys(KINDS, Period()), tag="crisis"),
    Rule("kinds", {"notes": Period(0, DAY_MS), "answers": Period(), "feedback": WEEK}, tag="debt"),
    Rule("day", {"transcript": Period(0, DAY_MS)}, tag="work", counted_from="last_message", then="erase"),
    Rule("no outcome", {"transcript": WEEK}, outcome="none"),
    Rule("by law", {"transcript": WEEK}, tag="law", legal_minimum=LegalMinimum(Period(0, 40 * DAY_MS), "a law")),
)  # fmt: skip
# When copies are made after the last wrap-up, and the vault's backups with them.
MOMENTS = (2 * HOUR, 26 * HOUR, 3 * DAY_MS, 8 * DAY_MS, 33 * DAY_MS, 41 * DAY_MS, 70 * DAY_MS)


@dataclass(slots=True)
class Lives:
    """Conversations from their first answers to their tombstones, and every copy made on the way."""

    shelf: Shelf
    copier: Copier
    backups: Path
    vault_files: Path
    idents: list[str] = field(default_factory=list)
    wrapped: list[bytes] = field(default_factory=list)

    def topic(self, ident: str) -> str:
        """What it is about, and with that its rules."""
        return TOPICS[int(ident[1:-1]) % len(TOPICS)]

    async def live(self, number: int) -> None:
        """All of them begin, talk, end and are written up; copies before each step."""
        self.idents = [f"c{each}x" for each in range(number)]
        self.shelf.rules(*RULES, within_ms=5 * MINUTE)
        await self._each(self.idents, lambda ident: self.shelf.asks(ident, tags=[self.topic(ident)]))
        await self.copy("waiting")
        self.shelf.bench.clock.advance(MINUTE)
        taken = [ident for ident in self.idents if self.topic(ident) != "left"]
        left = [ident for ident in self.idents if self.topic(ident) == "left"]
        await self._each(taken, self.shelf.talks)
        await self.copy("talking")
        self.shelf.bench.clock.advance(MINUTE)
        await self._each(taken, self.shelf.ends)
        await self._each(left, self.shelf.bench.leave)
        await self.copy("in wrap-up")
        self.shelf.bench.clock.advance(MINUTE)
        self.wrapped = _wrapped(await self._vault_now("first"))
        await self._each(self.idents, self._is_written_up)
        await self.copy("written up")

    async def _is_written_up(self, ident: str) -> None:
        if self.topic(ident) != "left":
            outcome = "none" if int(ident[1:-1]) % 2 else "talked"
            await self.shelf.wraps_up(ident, tags=[self.topic(ident)], outcome=outcome)
        await self.shelf.bench.away(ident)

    async def age(self, moments: Sequence[int] = MOMENTS) -> None:
        """What the rules, visitors and holders of holds do until nothing is left, copied at each moment."""
        await self._each([each for each in self.idents if self.topic(each) == "hold"], self._hold)
        await self._each([each for each in self.idents if self.topic(each) == "erase"], self._erase)
        since = self.shelf.bench.clock.now()
        for moment in moments:
            await self.shelf.bench.pass_time(since + moment - HOUR - self.shelf.bench.clock.now())
            await self.back_up()
            await self.shelf.bench.pass_time(HOUR)
            if moment == moments[-1]:
                await self._each([each for each in self.idents if self.topic(each) == "hold"], self._release)
            await self.work()
            await self.copy(f"{moment // HOUR} h")

    async def work(self) -> None:
        """A worker starts, erases what is due, and ends."""
        await erase_what_is_due(self.shelf.worker(), lambda *_: None)

    async def copy(self, moment: str) -> None:
        """Copies of the store, and a backup of the vault."""
        await asyncio.to_thread(self.copier.copy, moment)
        await self.back_up()

    async def back_up(self) -> None:
        """A backup of the vault; older ones are pruned."""
        now = self.shelf.bench.clock.now()
        write_backup(await self._filler(), self.backups / f"{now}.backup", now)
        self.prune()

    def prune(self) -> None:
        """Backups of the vault that are older than a day go."""
        prune(self.backups, self.shelf.bench.clock.now())

    async def open_now(self, *more: Path) -> dict[Sealed, bytes]:
        """What opens, out of all the copies together, with the vault and its backups as they are (and `more`)."""
        vaults = [await self._vault_now("now"), *sorted(self.backups.iterdir()), *more]
        sealed = await asyncio.to_thread(self.copier.sealed)
        return opened(sealed, keys_in(vaults, sealed, MASTER))

    def still_there(self) -> list[bytes]:
        """Keys of the beginning, wrapped as the vault had them, that lie in some file of it or of its backups."""
        files = contents(self.vault_files) + contents(self.backups)
        return [each for each in self.wrapped if each in files]

    async def keys_left(self) -> list[str]:
        """Whose keys the vault holds."""
        return [name for name, *_ in VaultRows.of_file(await self._vault_now("now")).keys]

    async def _filler(self) -> Callable[[sqlite3.Connection], None]:
        vault = self.shelf.vault
        return (await vault.rows()).fill if isinstance(vault, RedisVault) else copy_file(self.shelf.path)

    async def _vault_now(self, name: str) -> Path:
        """The vault as it is, in a file of this name outside all that is looked into."""
        path = self.backups.parent / f"{name}.vault"
        path.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(path)) as db:
            (await self._filler())(db)
        return path

    async def _hold(self, ident: str) -> None:
        held = Held(reason="a court asks", asked_by="saana", asked_at=1, confirmed_by="aino", confirmed_at=2)
        store = self.shelf.bench.node().retention
        assert await store.set_hold(ident, None, held, self.shelf.bench.clock.now())

    async def _release(self, ident: str) -> None:
        store = self.shelf.bench.node().retention
        assert await store.set_hold(ident, await store.hold(ident), None, self.shelf.bench.clock.now())

    async def _erase(self, ident: str) -> None:
        pool = self.shelf.pool()
        record = (await pool.store.conversations([ident]))[ident]
        await erase(replace(pool, rules=lambda _: self.shelf.versions), record, f"v-{ident}")

    async def _each(self, idents: Sequence[str], step: Callable[[str], Awaitable[object]]) -> None:
        for first in range(0, len(idents), 40):
            await asyncio.gather(*(step(ident) for ident in idents[first : first + 40]))


def _wrapped(vault: Path) -> list[bytes]:
    return [each for _, _, *wrapped in VaultRows.of_file(vault).keys for each in wrapped]


@contextlib.asynccontextmanager
async def lives_on(binary: Path, folder: Path, vault: SingleStore | None = None) -> AsyncIterator[Lives]:
    """Nothing yet, on a store of this kind and a vault in a file or on a server."""
    keys, backups = folder / "keys", folder / "backups"
    keys.mkdir()
    backups.mkdir()
    url, files = (vault.url, vault.directory) if vault else ("", keys)
    with copied_store(binary, folder / "copies") as (store, copier):
        async with shelf_on(store, keys, capacity=10_000, vault_url=url) as shelf:
            shelf.bench.checking = False
            yield Lives(shelf, copier, backups, files)


def number_of_lives() -> int:
    """How many: `make shredding` says another number than the gate's."""
    return int(os.environ.get("CHATSVC_SHREDDING", "200"))


def conversations(found: Iterable[Sealed]) -> set[str]:
    """Whose these are."""
    return {each.conversation for each in found}
