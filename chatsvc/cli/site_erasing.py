"""The steps by which a site is erased. Each may be done again, so whoever was cut short begins anew."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from chatsvc.cli.apply import write_pool_queues
from chatsvc.cli.trouble import Refused
from chatsvc.domain.records import Conversation
from chatsvc.domain.sites import Site, Staff
from chatsvc.store.audit import AuditStore
from chatsvc.store.chats import PoolChats
from chatsvc.store.checkpoints import CheckpointFiles
from chatsvc.store.clock import StoreClock
from chatsvc.store.directory import Directory
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.link import Link
from chatsvc.store.site_traces import LeavingSites, PoolTraces
from chatsvc.store.vault_keys import Vault

OPEN: Final = frozenset({"waiting", "offered", "active", "wrap_up"})
SETTLED_S: Final = 2.0
"""Nodes hear of a change at once, and follow the list of destroyed keys each second; then what they wrote goes too."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What went with a site."""

    conversations: int
    accounts: int


class SiteErasure:
    """Erases one site: keys first, then the store, the plan, people, the audit log, and last its declaration."""

    def __init__(self, link: Link, vault: Vault, checkpoints: CheckpointFiles, site: Site) -> None:
        """`site` is as it was declared when it began to be erased."""
        self._link = link
        self._vault = vault
        self._checkpoints = checkpoints
        self._site = site
        self._directory = Directory(link)
        self._leaving = LeavingSites(link)
        self._pools = {str(pool): PoolTraces(link, pool, site.id) for pool in site.pools}

    async def refuse_while_needed(self, *, ending: bool) -> None:
        """Nothing may be held, and unless conversations are to be ended, none may be open. Raises Refused."""
        found: dict[str, Conversation] = {}
        held = 0
        for traces in self._pools.values():
            records = await traces.conversations()
            found |= records
            held += len(await traces.holds(records))
        if held:
            raise Refused(
                f"{held} conversations of {self._site.id} are held, or somebody has asked for it (chatsvc hold list). "
                "A hold goes before everything: have it released, by two people, and then erase the site."
            )
        open_now = sum(record.state in OPEN for record in found.values())
        if open_now and not ending:
            raise Refused(
                f"{open_now} conversations of {self._site.id} are open: somebody waits, talks or writes up. Wait until "
                "they are over (open = false lets nobody new in), or end them with --end-conversations."
            )

    async def close(self) -> None:
        """Let nobody in any more."""
        site = self._site.id

        def closed(now: Site) -> Site:
            return replace(now, queues=tuple(replace(queue, open=False) for queue in now.queues))

        snapshot = await self._directory.load()
        if snapshot.site(site) is not None:
            await self._directory.change_site(site, closed)
        await write_pool_queues(self._link, self._directory, [self._site])

    async def erase(self) -> Erased:
        """Everything, from the keys on. Raises StoreUnavailable, VaultUnavailable: it may be run again."""
        await self._vault.shred_site(self._site.id)
        conversations = 0
        for pool in self._pools:
            conversations += await self._drop_conversations(pool)
        await self._leaving.forget_plan(self._site.id)
        accounts = await self._forget_people(await self._directory.load())
        await AuditStore(self._link).forget(self._site.id)
        await asyncio.to_thread(self._checkpoints.forget, self._site.id)
        await self._directory.remove_site(self._site.id)
        await asyncio.sleep(SETTLED_S)
        await self._clear()
        await self._vault.shred_site(self._site.id)  # of somebody who came while this was done
        return Erased(conversations, accounts)

    async def _drop_conversations(self, pool: str) -> int:
        traces, clock = self._pools[pool], StoreClock()
        await clock.synchronise(self._link, traces.keys.meta)
        queues = [queue.key for site in await self._sharing(pool) for queue in site.queues]
        chats = PoolChats(self._link, pool, "", clock, lambda: queues)
        records = await traces.conversations()
        for record in records.values():
            await _retire(chats, record)
        names = {*records, *await traces.tombstones()}
        for ident in names:
            await traces.drop(ident)
        return len(names)

    async def _sharing(self, pool: str) -> list[Site]:
        """All sites of a pool, this one as it was."""
        snapshot = await self._directory.load()
        others = [site for site in snapshot.sites_of_pool(pool) if site.id != self._site.id]
        return [*others, self._site]

    async def _forget_people(self, snapshot: DirectorySnapshot) -> int:
        """Accounts that worked only here go; the others lose what they were here. How many went."""
        ours = [staff for staff in snapshot.people.values() if self._site.id in staff.sites]
        gone = [staff for staff in ours if staff.sites == (self._site.id,)]
        await self._leaving.forget_ways_in([staff.id for staff in gone])
        for staff in ours:
            if staff in gone:
                await self._directory.remove_staff(staff.id)
            else:
                await self._directory.put_staff(self._without_site(staff))
        return len(gone)

    def _without_site(self, staff: Staff) -> Staff:
        return replace(
            staff,
            sites=tuple(site for site in staff.sites if site != self._site.id),
            queues=tuple(key for key in staff.queues if key.partition("/")[0] != self._site.id),
        )

    async def _clear(self) -> None:
        snapshot = await self._directory.load()
        queues = [queue.key for queue in self._site.queues]
        for pool, traces in self._pools.items():
            await self._drop_conversations(pool)
            if any(pool in site.pools for site in snapshot.all_sites() if site.id != self._site.id):
                await traces.clear(queues)
            else:
                await traces.raze(queues)


async def _retire(chats: PoolChats, record: Conversation) -> None:
    """End a conversation if it goes on, and put its record away."""
    if record.state in OPEN:
        await chats.run("finish", id=record.id, reason="erased", forget=True)
    while not (await chats.run("retire", id=record.id)).done:
        pass
