"""What every service needs of one pool, and the logs as people read them."""

import json
from asyncio import gather
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import structlog

from chatsvc.domain.errors import BadState, NotFound, VaultUnavailable
from chatsvc.domain.ports import ChatStore, Clock, Keyring, Seal
from chatsvc.domain.records import Conversation, EntryBody, LogEntry, PendingEvent, Stored
from chatsvc.domain.retention import RuleSet
from chatsvc.domain.sharing import Presence
from chatsvc.domain.sites import Queue
from chatsvc.services.opening import Openings
from chatsvc.services.shared import Shared

if TYPE_CHECKING:
    from chatsvc.services.estimates import Waits

_PLUS, _MINUS = b"+-"
_log = structlog.get_logger("chatsvc.services")

PAGE_BYTES = 30 * 1024  # sealed; escaped as JSON, which may double it, a page stays under 64 KiB
PAGE_ENTRIES = 64
ENTRY_BYTES = 400  # what surrounds a text, at most


@dataclass(frozen=True, slots=True)
class Pool:
    """One pool's store, keys and clock."""

    id: str
    store: ChatStore
    keyring: Keyring
    clock: Clock
    openings: Openings = field(default_factory=Openings)
    queues: Callable[[], Iterable[Queue]] = tuple  # all that are declared
    plan: Callable[[], Iterable[Presence]] = tuple  # who is planned, today and tomorrow
    rules: Callable[[str], Sequence[RuleSet]] = lambda _: ()  # all versions of a site's retention rules
    waits: "Shared[Waits]" = field(default_factory=Shared)


class EntryView(NamedTuple):
    """One line of a log, readable. `staff` is for staff only."""

    seq: int
    at: int
    id: str
    kind: str
    author: str
    by: int
    lang: str | None
    text: str | None
    event: str | None
    params: dict[str, str] | None
    staff: str

    def __repr__(self) -> str:
        return f"<EntryView {self.seq}>"


def seal_text(
    seal: Seal, log: str, author: str, client_id: str, by: int, lang: str | None, text: str, staff: str = ""
) -> EntryBody:
    """A text entry, encrypted."""
    sealed = seal.seal(log, author, client_id, text.encode())
    return EntryBody(client_id, "text", author, by, lang, sealed, staff)


def open_entry(seal: Seal, log: str, entry: LogEntry) -> EntryView:
    """An entry, decrypted. Raises Unreadable."""
    body = entry.body
    plain = seal.unseal(log, body.author, body.id, body.sealed)
    text, params = (plain.decode(), None) if body.kind == "text" else (None, json.loads(plain) or None)
    return EntryView(
        entry.seq,
        entry.at,
        body.id,
        body.kind,
        body.author,
        body.by,
        body.lang,
        text,
        body.event,
        params,
        body.staff,
    )


async def read_page(
    pool: Pool, conversation: Conversation, log: str, after: int
) -> tuple[list[EntryView], bool]:
    """Entries after `after`, a page of at most 64 KiB, and whether there are more. Raises KeyGone."""
    rows = await pool.store.read(conversation.id, log, after, PAGE_ENTRIES)
    if not rows:
        return [], False
    seal = await pool.keyring.fetch(conversation.site, conversation.id)
    page: list[EntryView] = []
    size = 0
    for row in rows:
        size += len(row.body.sealed) + ENTRY_BYTES
        if page and size > PAGE_BYTES:
            return page, True
        page.append(open_entry(seal, log, row))
    return page, len(rows) == PAGE_ENTRIES


async def record_events(pool: Pool, touched: Iterable[Conversation]) -> None:
    """Put what has happened to these conversations into their talk logs. Safe to repeat, by anybody."""
    await gather(*(_record(pool, found) for found in touched if found.pend and found.reason != "erased"))


async def _record(pool: Pool, conversation: Conversation) -> None:
    try:
        seal = await pool.keyring.fetch(conversation.site, conversation.id)
    except (NotFound, VaultUnavailable):
        return  # shredded: nothing to record; away: whoever reads the record next tries again
    for event in list(conversation.pend):
        stored_here = await pool.store.append_event(conversation.id, event, _event_body(seal, event))
        conversation.pend.remove(event)
        if stored_here is not None:  # by one process only: so each thing that happens is logged once
            why = (event.params or {}).get("reason")
            _log.info("conversation_event", conversation=conversation.id, what=event.event, reason=why)


def _event_body(seal: Seal, event: PendingEvent) -> EntryBody:
    ident = f"event-{event.n}"
    sealed = seal.seal("talk", "system", ident, json.dumps(event.params or {}).encode())
    return EntryBody(ident, "event", "system", event.by, None, sealed, "", event.event)


def stored(answer: bytes) -> Stored:
    """What `append` answered: `+seq:at`, without the plus if it was there before. Raises NotFound, BadState."""
    if answer[0] == _MINUS:
        raise NotFound if answer == b"-1" else BadState
    seq, _, at = answer.partition(b":")
    return Stored(int(seq), int(at), answer[0] == _PLUS)
