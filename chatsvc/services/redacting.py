"""Redacting what a rule keeps: every text anew, under new keys, in the place of what was said."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from chatsvc.domain.errors import NotFound
from chatsvc.domain.ports import Keyring, Seal
from chatsvc.domain.records import Conversation, LogEntry
from chatsvc.domain.retained import Rewritten
from chatsvc.domain.sites import Site
from chatsvc.services.pool import Pool
from chatsvc.services.redacted import redacted_keys
from chatsvc.services.redaction import redact
from chatsvc.services.redaction_lines import kept_numbers
from chatsvc.services.retention import feedback_keys

Log = Literal["talk", "staff"]
LOGS: tuple[Log, ...] = ("talk", "staff")
ASKED = "asked"  # the questions, which the site wrote: they stay as they are
PAGE = 500


class RedactingStore(Protocol):
    """Where the texts are. May raise StoreUnavailable."""

    async def put_redacted(self, conversation: str, texts: Rewritten, now: int) -> bool:
        """Put these in the place of all texts, in one step; false if something was added since they were read."""
        ...


class Redactor:
    """Redacts conversations of one pool. The keys of what was said are still there afterwards: destroy them next."""

    def __init__(self, pool: Pool, store: RedactingStore, site: Callable[[str], Site | None]) -> None:
        """`site` gives a site by its id, for the telephone numbers that it tells its visitors."""
        self._pool = pool
        self._store = store
        self._site = site

    async def redact(self, record: Conversation) -> Mapping[str, int] | None:
        """Redact everything that is left of a conversation; what was taken out. Safe to run again until it is done.

        Nothing of the text is on the way anywhere but into the store, sealed. None: something was added meanwhile, try
        again. Raises StoreUnavailable, VaultUnavailable.
        """
        texts, site = Rewritten({}, {}), self._site(record.site)
        work = _Work(record.route, kept_numbers(numbers_of(site) if site else ()))
        for log in LOGS:
            texts.logs[log] = await self._log(record, log, work)
        for name in ("answers", ASKED, "feedback"):
            sealed = await self._intake(record, name, work)
            if sealed is not None:
                texts.intake[name] = sealed
        done = await self._store.put_redacted(record.id, texts, self._pool.clock.now())
        return work.found if done else None

    async def _log(self, record: Conversation, log: Log, work: "_Work") -> list[LogEntry]:
        entries: list[LogEntry] = []
        while page := await self._pool.store.read(record.id, log, entries[-1].seq if entries else 0, PAGE):
            entries += page
        keys = await self._keys(record, record.id) if entries else None
        if keys is None:
            return []
        return [await asyncio.to_thread(_rewritten, keys, log, entry, work) for entry in entries]

    async def _intake(self, record: Conversation, name: str, work: "_Work") -> bytes | None:
        sealed = await self._pool.store.intake(record.id, name)
        owner = feedback_keys(record.id) if name == "feedback" else record.id
        keys = await self._keys(record, owner) if sealed is not None else None
        if sealed is None or keys is None:
            return None
        try:
            content = json.loads(keys.old.unseal("intake", "visitor", name, sealed))
        except NotFound:
            return None
        if name != ASKED:
            content = await asyncio.to_thread(work.content, content)
        packed = json.dumps(content, ensure_ascii=False).encode()
        return keys.new.seal("intake", "visitor", name, packed)

    async def _keys(self, record: Conversation, name: str) -> "_Keys | None":
        """The keys of what was said and new ones; None where there are none any more."""
        keyring: Keyring = self._pool.keyring
        try:
            old = await keyring.fetch(record.site, name)
        except NotFound:
            return None
        return _Keys(old, await keyring.create(record.site, redacted_keys(name)))


@dataclass(frozen=True, slots=True)
class _Keys:
    old: Seal
    new: Seal


@dataclass(frozen=True, slots=True)
class _Work:
    """In which language, what stays, and where findings are counted."""

    language: str
    keep: frozenset[str]
    found: Counter[str] = field(default_factory=Counter)

    def text(self, text: str) -> str:
        """One text, redacted."""
        made = redact(text, self.language, self.keep)
        self.found.update(made.counts)
        return made.text

    def content(self, content: Any) -> Any:
        """Every text in answers or feedback, redacted."""
        match content:
            case str():
                return self.text(content)
            case list():
                return [self.content(each) for each in content]
            case Mapping():
                return {name: self.content(each) for name, each in content.items()}
            case _:
                return content


def _rewritten(keys: _Keys, log: Log, entry: LogEntry, work: _Work) -> LogEntry:
    """An entry sealed anew; one whose key is gone stays sealed as it was, and nobody opens it."""
    body = entry.body
    try:
        plain = keys.old.unseal(log, body.author, body.id, body.sealed)
    except NotFound:
        return entry
    if body.kind == "text":
        plain = work.text(plain.decode()).encode()
    return entry._replace(body=body._replace(sealed=keys.new.seal(log, body.author, body.id, plain)))


def numbers_of(site: Site) -> Iterable[str]:
    """The telephone numbers that a site tells its visitors."""
    return [contact.phone for contact in (*site.emergency, *site.alternatives) if contact.phone]
