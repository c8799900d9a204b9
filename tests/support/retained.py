"""Conversations with every kind of text, under real keys, and what can still be read of them."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatsvc.domain.records import EntryBody
from chatsvc.domain.retention import Rule, RuleSet
from chatsvc.domain.sites import Site
from chatsvc.services.pool import Pool, seal_text, stored
from chatsvc.services.redacting import Redactor
from chatsvc.services.retention import Retention, feedback_keys
from chatsvc.store.keyring import VaultKeyring
from chatsvc.store.retention import PoolRetention
from chatsvc.store.vault_keys import Vault
from chatsvc.store.vault_open import open_vault
from tests.support.pool_bench import Bench, bench_on
from tests.support.pool_bench import queue as make_queue
from tests.support.stores import AnyStore

MASTER = bytes(range(32))
TEXTS = {"transcript", "notes", "answers", "feedback"}


@dataclass(slots=True)
class Shelf:
    """A pool with a vault and rules of its one site, `s`, and workers that erase."""

    bench: Bench
    vault: Vault
    path: Path
    versions: list[RuleSet] = field(default_factory=list)
    site: Site | None = None
    sealed: dict[str, dict[str, list[tuple[str, str, bytes]]]] = field(
        default_factory=dict
    )  # as any copy has it

    def pool(self) -> Pool:
        """The pool as a process sees that has nothing in memory yet."""
        return Pool(self.bench.pool, self.bench.node(), VaultKeyring(self.vault), self.bench.clock)

    def worker(self, **parts: Any) -> Retention:
        """A worker that has just started; `parts` replace its pool or its store."""
        pool = parts.get("pool", self.pool())
        store = parts.get("store", PoolRetention(self.bench.link, self.bench.pool))
        redactor = Redactor(pool, store, lambda _: self.site)
        return Retention(pool, store, lambda site: self.versions if site == "s" else (), redactor)

    def rules(self, *rules: Rule, existing: bool = True, within_ms: int = 1_800_000) -> None:
        """A further version of the rules, from now on."""
        number = len(self.versions) + 1
        self.versions.append(RuleSet(number, self.bench.clock.now(), rules, existing, within_ms))

    async def talked(
        self,
        ident: str,
        *,
        tags: Sequence[str] = (),
        queue: str = "q",
        outcome: str = "talked",
        wrap_up: bool = True,
    ) -> str:
        """A conversation that has ended, with text of every kind."""
        await self.asks(ident, tags=tags, queue=queue)
        await self.talks(ident)
        await self.ends(ident)
        if wrap_up:
            await self.wraps_up(ident, tags=tags, outcome=outcome)
        await self.bench.away(ident)
        await self.copy(ident)
        return ident

    async def asks(self, ident: str, *, tags: Sequence[str] = (), queue: str = "q") -> None:
        """A visitor answers the questions, waits, and writes."""
        bench, seal = self.bench, await self.pool().keyring.create("s", ident)
        await self._intake(ident, "answers", seal.seal("intake", "visitor", "answers", b'{"a": "text"}'))
        await bench.join(ident, queue, tags=list(tags))
        await self.says(ident, "m1", f"text of {ident}")

    async def says(self, ident: str, client_id: str, text: str) -> None:
        """The visitor writes."""
        seal = await self.pool().keyring.fetch("s", ident)
        body = seal_text(seal, "talk", "visitor", client_id, 0, "fi", text)
        assert stored(await self.bench.node().append(ident, "v", "talk", client_id, body)).fresh

    async def talks(self, ident: str) -> None:
        """Aino takes it, and notes something."""
        seal = await self.pool().keyring.fetch("s", ident)
        await self.bench.take("aino", ident)
        note = seal_text(seal, "staff", "counsellor", "n1", 1, None, f"note on {ident}", "aino")
        assert stored(await self.bench.node().append(ident, "s:aino", "staff", "n1", note)).fresh

    async def ends(self, ident: str) -> None:
        """Aino ends it, the visitor gives feedback."""
        await self.bench.close("aino", ident)
        own = await self.pool().keyring.create("s", feedback_keys(ident))
        packed = json.dumps({"score": 5, "text": f"feedback on {ident}"}).encode()
        await self._intake(ident, "feedback", own.seal("intake", "visitor", "feedback", packed))

    async def wraps_up(self, ident: str, *, tags: Sequence[str] = (), outcome: str = "talked") -> None:
        """The wrap-up is finished."""
        await self.bench.run("wrap_up", id="aino", conversation=ident, outcome=outcome, tags=list(tags))

    async def _intake(self, ident: str, name: str, sealed: bytes) -> None:
        assert await self.bench.node().put_intake(ident, name, sealed)

    async def copy(self, ident: str) -> None:
        """Keep what is sealed, as a replica, a log of commands or a backup of the store would."""
        found = self.sealed[ident] = {kind: [] for kind in TEXTS}
        for kind, log in (("transcript", "talk"), ("notes", "staff")):
            for entry in await self.bench.node().read(ident, log, 0):
                body: EntryBody = entry.body
                found[kind].append((body.author, body.id, body.sealed))
        for name in ("answers", "feedback"):
            sealed = await self.bench.node().intake(ident, name)
            if sealed:
                found[name].append(("visitor", name, sealed))

    async def readable(self, ident: str) -> set[str]:
        """The kinds that open with what the vault has now, out of the copies made before."""
        keyring = VaultKeyring(self.vault)
        logs = {"transcript": "talk", "notes": "staff", "answers": "intake", "feedback": "intake"}
        found = set()
        for kind, entries in self.sealed[ident].items():
            try:
                seal = await keyring.fetch("s", feedback_keys(ident) if kind == "feedback" else ident)
                if [seal.unseal(logs[kind], *entry) for entry in entries]:
                    found.add(kind)
            except Exception:  # noqa: BLE001 - whatever it says, it does not open
                continue
        return found

    def left(self, ident: str) -> list[str]:
        """Every place in the store that names a conversation, but for its tombstone."""
        client = self.bench.client
        places = []
        for key in client.scan_iter(match=f"*{{{self.bench.pool}}}*", count=1_000):
            name, kind = key.decode().rpartition("}:")[2], client.type(key)
            held: Any = ()
            if kind == b"hash":
                held = client.hkeys(key)
            elif kind == b"zset":
                held = client.zrange(key, 0, -1)
            elif kind == b"set":
                held = client.smembers(key)
            if ident in name or any(ident.encode() in member for member in held):
                places.append(name)
        return sorted(set(places) - {"tomb", "tombs"})


@asynccontextmanager
async def shelf_on(
    store: AnyStore, tmp_path: Path, *queues: str, capacity: int = 50, vault_url: str = ""
) -> AsyncIterator[Shelf]:
    """An empty shelf, with Aino on duty; the vault is a file unless a server is named."""
    path = tmp_path / "vault.sqlite"
    vault = await open_vault(path, vault_url, MASTER)
    names = queues or ("q",)
    async with bench_on(store, *(make_queue(name, waiting_limit=capacity) for name in names)) as bench:
        await bench.on_duty("aino", capacity, names)
        yield Shelf(bench, vault, path)
    await vault.close()
