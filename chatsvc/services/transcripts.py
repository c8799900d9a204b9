"""Conversations that are over: a list to choose from; what was said, opened for a reason that is recorded before."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from typing import Any, NamedTuple, Protocol

from chatsvc.domain.errors import BadState, NotFound
from chatsvc.domain.records import Conversation
from chatsvc.domain.retained import Held, Look, Tombstone
from chatsvc.domain.retention import TEXTS, Fate, TextKind
from chatsvc.domain.sites import Site, Staff
from chatsvc.domain.transcripts import PastLine, is_over, reads, sees, sees_conversation
from chatsvc.services.audit import Audit
from chatsvc.services.intake import read_answers
from chatsvc.services.pool import EntryView, Pool, read_page
from chatsvc.services.redacted import reading
from chatsvc.services.retention import Retention, RetentionStore, feedback_keys

ENTRIES_AT_ONCE = 1_000  # of a transcript; whoever wants more opens the rest, which is recorded too
OPENED = "open_transcript"


class Past(Protocol):
    """What a pool's store has of conversations. Everything may raise StoreUnavailable."""

    def conversations(self) -> AsyncIterator[list[PastLine]]:
        """All conversations, in no order, some perhaps twice."""
        ...

    def tombstones(self) -> AsyncIterator[list[Tombstone]]:
        """All tombstones, each once."""
        ...


class ShelfStore(RetentionStore, Protocol):
    """What one pool's store knows for the rules and of holds."""

    async def holds(self) -> dict[str, Held]:
        """Every hold, by conversation."""
        ...

    async def set_hold(self, conversation: str, before: Held | None, hold: Held | None, now: int) -> bool:
        """Write a hold; false if another than `before` is there."""
        ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where one pool's conversations lie that are over."""

    pool: Pool
    store: ShelfStore
    past: Past

    @property
    def retention(self) -> Retention:
        """The rules, for asking what becomes of what."""
        return Retention(self.pool, self.store, self.pool.rules)


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where the conversations of each site are: `of` gives those of all its pools."""

    of: Callable[[Site], list[Shelf]]


class PastConversation(NamedTuple):
    """A conversation in the list: its record, what of it is gone, and what becomes of the rest."""

    record: Conversation
    look: Look
    fates: tuple[Fate, ...]


class PastPage(NamedTuple):
    """A page of the list, the last that ended first; `more` if there are others behind it."""

    rows: list[PastConversation]
    total: int
    more: bool


@dataclass(slots=True)
class Transcript:
    """What was opened. A part that is None is gone, or not for whoever opened it."""

    record: Conversation
    look: Look
    talk: list[EntryView] | None = None
    more: bool = False
    notes: list[EntryView] | None = None
    answers: dict[str, Any] | None = None
    questions: list[dict[str, Any]] = field(default_factory=list)
    feedback: dict[str, Any] | None = None


async def list_past(
    shelves: Iterable[Shelf], site: Site, staff: Staff, queue: str | None, before: tuple[int, str], limit: int
) -> PastPage:
    """Those that `staff` may see and that ended before a place: `limit` of them, of one queue if one is named.

    Reads every record's line for each page, and sorts no more than a page. Raises StoreUnavailable.
    """
    found: dict[str, tuple[Shelf, PastLine]] = {}
    for shelf in shelves:
        async for lines in shelf.past.conversations():
            found |= {line.id: (shelf, line) for line in lines if _listed(line, site, staff, queue)}
    behind = (row for row in found.values() if row[1].place < before)
    page = nlargest(limit + 1, behind, key=lambda row: row[1].place)
    return PastPage(await _rows(page[:limit]), len(found), len(page) > limit)


def _listed(line: PastLine, site: Site, staff: Staff, queue: str | None) -> bool:
    own = line.site == site.id and is_over(line.state) and queue in (None, line.queue)
    return own and sees(staff, line.queue, any(part.s == staff.id for part in line.parts))


async def _rows(page: Sequence[tuple[Shelf, PastLine]]) -> list[PastConversation]:
    made: dict[str, PastConversation] = {}
    for shelf in {id(shelf): shelf for shelf, _ in page}.values():
        for look in await shelf.store.look([line.id for of, line in page if of is shelf]):
            if look.record is not None:  # else it is gone in this moment
                made[look.id] = PastConversation(look.record, look, await shelf.retention.fates(look))
    return [made[line.id] for _, line in page if line.id in made]


async def open_transcript(
    shelves: Iterable[Shelf],
    audit: Audit,
    site: Site,
    staff: Staff,
    conversation: str,
    reason: str,
    after: int,
) -> Transcript:
    """What was said, from entry `after` on. It is in the audit log, with the reason, before anything is opened.

    Raises NotFound (also for what is not theirs), BadState (nothing of it is left for them), StoreUnavailable (the log
    can't be written) and VaultUnavailable.
    """
    shelf, found = await _find(shelves, site, conversation)
    if not sees_conversation(staff, found.record):
        raise NotFound("There is no such conversation, or it is not yours.")
    parts = await _left(shelf, staff, found.look)
    if not parts:
        raise BadState("Nothing is left to be read of this conversation.")
    details: dict[str, str | int] = {"reason": reason, "parts": " ".join(parts), "queue": found.record.queue}
    if after:
        details["after"] = after
    await audit.record_before(site.id, staff, OPENED, conversation, **details)
    known = shelf.pool.keyring.known(conversation) is not None
    try:
        return await _read(reading(shelf.pool, found.look.kept), found, parts, after)
    finally:
        shelf.pool.keyring.forget(feedback_keys(conversation))
        if not known:  # keys that nobody needs here any more
            shelf.pool.keyring.forget(conversation)


async def _find(shelves: Iterable[Shelf], site: Site, conversation: str) -> tuple[Shelf, "_Found"]:
    for shelf in shelves:
        look = (await shelf.store.look([conversation]))[0]
        if look.record is not None and look.record.site == site.id:
            return shelf, _Found(look.record, look)
    raise NotFound("There is no such conversation, or it is not yours.")


class _Found(NamedTuple):
    record: Conversation
    look: Look


async def _left(shelf: Shelf, staff: Staff, look: Look) -> Sequence[TextKind]:
    """What they may read and is there still: not what should have gone, though no worker has come to it yet."""
    now = shelf.pool.clock.now()
    due = {fate.kind for fate in await shelf.retention.fates(look) if fate.is_due(now)}
    mine = reads(staff, wished_erased=look.kept.wish is not None)
    return [kind for kind in mine if kind not in look.kept.gone and kind not in due]


async def _read(pool: Pool, found: _Found, parts: Sequence[TextKind], after: int) -> Transcript:
    made = Transcript(found.record, found.look)
    for kind in TEXTS:
        if kind in parts:
            try:
                await _READ[kind](pool, made, after)
            except NotFound:  # its key was destroyed in this moment
                continue
    return made


async def _read_talk(pool: Pool, made: Transcript, after: int) -> None:
    made.talk, made.more = await _log(pool, made.record, "talk", after)


async def _read_notes(pool: Pool, made: Transcript, after: int) -> None:
    if not after:
        made.notes, _ = await _log(pool, made.record, "staff", 0)


async def _read_answers(pool: Pool, made: Transcript, after: int) -> None:
    if not after:
        made.answers, made.questions = await read_answers(pool, made.record)


async def _read_feedback(pool: Pool, made: Transcript, after: int) -> None:
    sealed = None if after else await pool.store.intake(made.record.id, "feedback")
    if sealed is not None:
        seal = await pool.keyring.fetch(made.record.site, feedback_keys(made.record.id))
        made.feedback = json.loads(seal.unseal("intake", "visitor", "feedback", sealed))


_READ: Mapping[TextKind, Any] = {
    "transcript": _read_talk, "notes": _read_notes, "answers": _read_answers, "feedback": _read_feedback,
}  # fmt: skip


async def _log(pool: Pool, record: Conversation, log: str, after: int) -> tuple[list[EntryView], bool]:
    entries: list[EntryView] = []
    more = True
    while more and len(entries) < ENTRIES_AT_ONCE:
        page, more = await read_page(pool, record, log, entries[-1].seq if entries else after)
        entries += page
    return entries, more
