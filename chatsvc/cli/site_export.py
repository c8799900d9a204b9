"""Everything that is there of a site, file by file, as its owner can read it without this program."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import msgspec

from chatsvc.cli.site_withheld import Why, withheld
from chatsvc.domain.errors import NotFound
from chatsvc.domain.passkeys import OwnPasskeys
from chatsvc.domain.records import Conversation
from chatsvc.domain.retained import Kept
from chatsvc.domain.sites import Site, Staff
from chatsvc.domain.statistics import Tally
from chatsvc.services.intake import read_answers
from chatsvc.services.pool import Pool, read_page
from chatsvc.services.redacted import reading
from chatsvc.services.retention import Retention, feedback_keys
from chatsvc.store.audit import AuditStore
from chatsvc.store.chats import PoolChats
from chatsvc.store.checkpoints import CheckpointFiles
from chatsvc.store.clock import StoreClock
from chatsvc.store.directory import wall_clock_ms
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.keyring import VaultKeyring
from chatsvc.store.link import Link
from chatsvc.store.passkeys import PasskeyStore
from chatsvc.store.plans import PlanStore
from chatsvc.store.retention import PoolRetention
from chatsvc.store.site_traces import PoolTraces
from chatsvc.store.vault_keys import Vault

ABOUT: Final = """Everything that the chat service had of the site {site}.

site.json            settings, queues, questions, opening hours, every version of the retention rules
staff.json           accounts that work for the site, without passwords, and what their passkeys are called
plan.json            shifts, absences, swaps, minima
conversations/*.json one file each: the record, what visitor and counsellor wrote (talk), notes of staff (notes),
                     answers to the questions before joining, feedback; `gone` says which kinds were erased, when, by
                     which rule; `not_exported` which were still there and are left out, and why: `overdue` by the
                     rules, `wished_erased` by the visitor and kept by a legal hold alone, or `not_redacted_yet`. What
                     a law requires to be kept is here also if the visitor wished it erased (`wished_erased` says
                     when): erase it when the law's time is over, and use it for nothing else
tombstones.json      conversations that are erased: when, by which rule
holds.json           legal holds, asked for or confirmed, with their reasons
statistics.json      counts by month, as they are: also those that statistics hide because they are small
audit.json           the audit log, each entry bound to the one before by `digest`
checkpoints.json     the signed statements of how far the audit log went, as this machine has them
cuts.json            the signed statements of which of its entries a rule has removed, as this machine has them
SHA256SUMS           for: sha256sum --check SHA256SUMS

Times are milliseconds since 1970-01-01 00:00 UTC. Not in here, because nobody has it: visitors' names and addresses.
Not in here, because it opens doors: passwords, tokens, keys.
"""
# Of a record what tells how it is delivered, or whose browser it is in.
_INNER: Final = ("visitor", "vnode", "vconn", "pend", "counted", "score", "rev", "seats", "events")


class SiteExport:
    """Reads a site from one end to the other; what was opened is counted."""

    def __init__(
        self, link: Link, vault: Vault, checkpoints: CheckpointFiles, snapshot: DirectorySnapshot, site: Site
    ) -> None:
        self._link = link
        self._keyring = VaultKeyring(vault)
        self._checkpoints = checkpoints
        self._snapshot = snapshot
        self._site = site
        self._traces = [PoolTraces(link, pool, site.id) for pool in site.pools]
        self.opened = 0

    @property
    def told(self) -> str:
        """What was written, in words."""
        return f"{self.opened} conversations with settings, staff, plan, statistics, holds and audit log"

    async def files(self) -> AsyncIterator[tuple[str, bytes]]:
        """Name and content of each file. Raises StoreUnavailable, VaultUnavailable, Unreadable."""
        site = self._site
        yield "README.txt", ABOUT.format(site=site.id).encode()
        yield "site.json", _json(site)
        passkeys = await PasskeyStore(self._link).everybody()
        yield "staff.json", _json([_shown(staff, passkeys.get(staff.id)) for staff in self._staff()])
        plan = (await PlanStore(self._link).load()).sites.get(site.id)
        yield "plan.json", _json(plan)
        holds: dict[str, Any] = {}
        stones: dict[str, Any] = {}
        for traces in self._traces:
            records = await traces.conversations()
            kept = await traces.kept(records)
            holds |= await traces.holds(records)
            stones |= await traces.tombstones()
            for ident, record in sorted(records.items()):
                yield f"conversations/{ident}.json", await self._conversation(traces, record, kept.get(ident))
        yield "tombstones.json", _json(stones)
        yield "holds.json", _json(holds)
        yield "statistics.json", _json(await self._statistics())
        entries = await AuditStore(self._link).entries(site.id)
        yield "audit.json", _json([{**msgspec.to_builtins(one), "digest": one.digest} for one in entries])
        stated = self._checkpoints.read(site.id)
        yield "checkpoints.json", _json(stated.checkpoints)
        yield "cuts.json", _json(stated.cuts)

    def _staff(self) -> list[Staff]:
        return [staff for staff in self._snapshot.people.values() if self._site.id in staff.sites]

    async def _conversation(self, traces: PoolTraces, record: Conversation, kept: Kept | None) -> bytes:
        chats = PoolChats(self._link, traces.keys.pool, "", StoreClock(), list)
        pool = reading(Pool(traces.keys.pool, chats, self._keyring, StoreClock()), kept)
        shown = {name: value for name, value in msgspec.to_builtins(record).items() if name not in _INNER}
        less = await self._withheld(pool, record)
        if "record" in less:
            shown = {"id": record.id}
        found = {
            "record": shown, "gone": kept.gone if kept else {}, "last_message": kept.last if kept else None,
            "wished_erased": kept.wish if kept else None, "redacted": kept.redacted if kept else None,
            "not_exported": less,
            "talk": None if "transcript" in less else await _log(pool, record, "talk"),
            "notes": None if "notes" in less else await _log(pool, record, "staff"),
            "answers": None, "questions": None,
            "feedback": None if "feedback" in less else await _or(_feedback(pool, record), None),
        }  # fmt: skip
        if "answers" not in less:
            found["answers"], found["questions"] = await _or(read_answers(pool, record), (None, None))
        for name in (record.id, feedback_keys(record.id)):
            pool.keyring.forget(name)
        self.opened += 1
        return _json(found)

    async def _withheld(self, pool: Pool, record: Conversation) -> dict[str, Why]:
        retention = Retention(pool, PoolRetention(self._link, pool.id), lambda _: self._site.retention)
        (look,) = await retention.store.look([record.id])
        return await withheld(retention, look, wall_clock_ms())

    async def _statistics(self) -> Mapping[str, Any]:
        months: dict[str, list[dict[str, Any]]] = {}
        for traces in self._traces:
            for month, counts in (await traces.months()).items():
                rows = months.setdefault(month or "not booked yet", [])
                rows += [
                    {**Tally(*field.split("|"))._asdict(), "number": number}
                    for field, number in counts.items()
                ]
        return months


def _shown(staff: Staff, own: OwnPasskeys | None) -> dict[str, Any]:
    found = {name: value for name, value in msgspec.to_builtins(staff).items() if name != "password_hash"}
    keys = own.keys if own else ()
    named = [
        {"name": key.name, "host": key.host, "created_at": key.created_at, "used_at": key.used_at or None}
        for key in keys
    ]
    return found | {"passkeys": named}


async def _log(pool: Pool, record: Conversation, log: str) -> list[dict[str, Any]] | None:
    """All entries; None where the key is gone."""
    entries: list[dict[str, Any]] = []
    more = True
    while more:
        try:
            page, more = await read_page(pool, record, log, entries[-1]["seq"] if entries else 0)
        except NotFound:
            return None
        entries += [entry._asdict() for entry in page]
    return entries


async def _feedback(pool: Pool, record: Conversation) -> Any:
    sealed = await pool.store.intake(record.id, "feedback")
    if sealed is None:
        return None
    seal = await pool.keyring.fetch(record.site, feedback_keys(record.id))
    return json.loads(seal.unseal("intake", "visitor", "feedback", sealed))


async def _or(reading: Any, otherwise: Any) -> Any:
    """What is read, or that where the key is gone."""
    try:
        return await reading
    except NotFound:
        return otherwise


def _json(content: Any) -> bytes:
    return json.dumps(msgspec.to_builtins(content), ensure_ascii=False, indent=1).encode() + b"\n"
