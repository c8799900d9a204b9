"""Erasing by the retention rules: keys first, then text and indexes, then the record; a tombstone stays.

Level-triggered: what is due is found again until it is done, by any worker, wherever it was cut short before.
"""

import asyncio
from asyncio import gather
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from chatsvc.domain.conversation import LIVE
from chatsvc.domain.errors import ChatError, StoreUnavailable, Undecodable
from chatsvc.domain.records import Conversation
from chatsvc.domain.retained import TOMBSTONE_MONTHS, Gone, Look, Tombstone, Went
from chatsvc.domain.retention import TEXTS, Ended, Fate, Kind, Period, Redaction, RuleSet, fates, redaction
from chatsvc.domain.sites import Site
from chatsvc.services.pool import Pool
from chatsvc.services.redacted import redacted_keys

# Destroying keys may mean to write all of a vault anew, however many they are: a backlog is met in large parts.
BATCH = 5_000
LOOKED_AT_ONCE = (
    50  # conversations: what becomes of them takes some 20 ms, between which others get their turn
)
AGAIN_MS = 30_000  # what could not be erased is tried again then, and others come before it
HELD_MS = 3_600_000  # what is held is looked at again then, if its release has not been told
NEWCOMER_MS = 3_600_000  # whose keys were made and who is not in a queue by then never joined
LATE_MS = 60_000  # feedback that comes while the conversation is erased has arrived by then
ALL_KEYS = ("talk", "staff", "intake")
KEY_OF: Mapping[Kind, str] = {"transcript": "talk", "notes": "staff", "answers": "intake"}

Rules = Callable[[str], Sequence[RuleSet]]
_log = structlog.get_logger("chatsvc.services")


class RetentionStore(Protocol):
    """What one pool's store knows for the rules. Everything may raise StoreUnavailable."""

    async def due(self, now: int, limit: int) -> list[tuple[str, int]]:
        """Conversations to look at now, with the time that was set."""
        ...

    async def watch(self, conversation: str, at: int) -> None:
        """Have a conversation looked at, whatever becomes of it until then."""
        ...

    async def wish(self, conversation: str, now: int) -> int:
        """Note that the visitor wants all erased."""
        ...

    async def look(self, conversations: Sequence[str]) -> list[Look]:
        """All that is known of these."""
        ...

    async def last_message(self, conversation: str) -> int | None:
        """When somebody last wrote to the other side."""
        ...

    async def settle(self, looked: Iterable[tuple[str, int | None, int | None]]) -> None:
        """When to look next, unless it was set anew meanwhile."""
        ...

    async def drop(self, conversation: str, gone: Sequence[Gone], last_message: int, now: int) -> int:
        """Remove kinds whose keys are destroyed; how many were not noted before."""
        ...

    async def bury(self, conversation: str, tombstone: Tombstone, until: int) -> bool:
        """Leave a tombstone; false if there is one."""
        ...

    async def discard(self, conversation: str) -> None:
        """Remove what is left of somebody who never joined."""
        ...

    async def tidy(self, now: int) -> int:
        """Remove tombstones whose time is over."""
        ...

    async def walk(self, cursor: str, *, of_past: bool) -> tuple[str, list[str]]:
        """Some of all conversations, and the next cursor."""
        ...

    async def walked(self, site: str) -> int:
        """By which version all of a site's have been looked at."""
        ...

    async def set_walked(self, site: str, version: int) -> None:
        """All have been looked at by this version."""
        ...


class Redacting(Protocol):
    """Who redacts what is kept."""

    async def redact(self, record: Conversation) -> Mapping[str, int] | None:
        """Put redacted texts, under new keys, in the place of all that is left; None if it must be tried again."""
        ...


def feedback_keys(conversation: str) -> str:
    """Under this name the vault has the key of a conversation's feedback, made when there is some."""
    return f"{conversation}.feedback"


@dataclass(slots=True)
class Met:
    """What one round did: how many of each kind went, and how long (s) the longest overdue had been."""

    erased: Counter[Kind] = field(default_factory=Counter)
    overdue_s: float = 0.0
    more: bool = False


class Retention:
    """The rules at work in one pool."""

    def __init__(
        self, pool: Pool, store: RetentionStore, rules: Rules, redacting: Redacting | None = None
    ) -> None:
        """`redacting` is there where anything is erased; without it nothing is redacted."""
        self.store = store
        self._redacting = redacting
        self._pool = pool
        self._rules = rules
        self._failing: dict[str, int] = {}  # since when they should have gone

    async def meet(self, limit: int = BATCH) -> Met:
        """Erase what is due, `limit` conversations at most. Raises StoreUnavailable."""
        now = self._pool.clock.now()
        due = await self.store.due(now, limit)
        met = Met(more=len(due) == limit)
        await self._try_all([ident for ident, _ in due], now, met)
        oldest = min([now, *self._failing.values(), *(at for _, at in due[:1])])
        met.overdue_s = (now - oldest) / 1000
        await self.store.tidy(now)
        return met

    async def _try_all(self, conversations: Sequence[str], now: int, met: Met) -> None:
        """All at the same time, so that one writing of the vault serves all that wait for it."""
        tried: list[asyncio.Task[None]] = []
        try:
            for start in range(0, len(conversations), LOOKED_AT_ONCE):
                looks = await self.store.look(conversations[start : start + LOOKED_AT_ONCE])
                tried += [asyncio.create_task(self._try(look, now, met)) for look in looks]
                await asyncio.sleep(0)
        finally:
            outcomes = await gather(*tried, return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _try(self, look: Look, now: int, met: Met) -> None:
        try:
            await self._meet(look, now, met)
            self._failing.pop(look.id, None)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others have to go
            self._failing.setdefault(look.id, look.due or now)
            # The kind of error alone: its words may repeat what was read.
            code = error.code if isinstance(error, ChatError) else type(error).__name__
            _log.warning("retention_failed", conversation=look.id, code=code)
            await self.store.settle([(look.id, look.due, now + AGAIN_MS)])

    async def _meet(self, look: Look, now: int, met: Met) -> None:
        record = look.record
        if look.undecodable:
            raise Undecodable
        if record is None:
            await self._forget(look)
        elif record.state in LIVE:  # its end will set a time
            await self.store.settle([(look.id, look.due, None)])
        else:
            await self._erase(look, record, now, met)

    async def _forget(self, look: Look) -> None:
        """Of somebody who never joined, or what came while the last of it was erased."""
        await self._shred(look.id, ALL_KEYS, feedback=True)
        await self.store.discard(look.id)
        await self.store.settle([(look.id, look.due, None)])

    async def _erase(self, look: Look, record: Conversation, now: int, met: Met) -> None:
        found = await self.fates(look)
        texts = [fate for fate in found if fate.kind in TEXTS and fate.kind not in look.kept.gone]
        due = [fate for fate in texts if fate.is_due(now)]
        if due:
            await self._retire(look)
            keys = [KEY_OF[fate.kind] for fate in due if fate.kind in KEY_OF]
            await self._shred(look.id, keys, feedback=any(fate.kind == "feedback" for fate in due))
            await self._drop(look, record, due, now, met)
        if len(due) == len(texts) and found[-1].is_due(now):
            await self._bury(look, record, found[-1], now, met)
            return
        left = [fate for fate in (*texts, found[-1]) if fate not in due]
        at = await self._redact_what_is_left(look, record, left, now)
        await self.store.settle([(look.id, look.due, _next(left, now, at))])

    async def _redact_what_is_left(
        self, look: Look, record: Conversation, left: Sequence[Fate], now: int
    ) -> int | None:
        """Redact texts whose time for it has come; when it will come (ms), None for never or done."""
        wanted = await self.redaction(look, left)
        if wanted is None or wanted.at > now or self._redacting is None:
            return wanted.at if wanted else None
        await self._retire(look)
        if look.kept.redacted is None:
            found = await self._redacting.redact(record)
            if found is None:
                return now + AGAIN_MS
            look.kept.redacted = now
            _log.info("text_redacted", conversation=look.id, found=dict(found))
        await gather(*(self._pool.keyring.shred(name) for name in (look.id, feedback_keys(look.id))))
        return None

    async def redaction(self, look: Look, left: Sequence[Fate]) -> Redaction | None:
        """When, and by which rule, texts among the kinds that are left are redacted; also if they have been."""
        assert look.record is not None
        if all(fate.kind == "record" for fate in left):
            return None
        return redaction(self._rules(look.record.site), await self._ended(look))

    async def _retire(self, look: Look) -> None:
        """Nothing more comes to it: wrap-up and reading are over, the record is put away."""
        if look.retired:
            return
        while not (await self._pool.store.run("retire", id=look.id)).done:
            pass
        look.retired = True

    async def _shred(self, conversation: str, keys: Sequence[str], *, feedback: bool) -> None:
        shreds = [(conversation, keys)] if keys else []
        if feedback:
            shreds.append((feedback_keys(conversation), ALL_KEYS))
        shreds += [
            (redacted_keys(name), of) for name, of in shreds
        ]  # also those of a redaction that was cut short
        await gather(*(self._pool.keyring.shred(name, of) for name, of in shreds))

    async def _drop(self, look: Look, record: Conversation, due: Sequence[Fate], now: int, met: Met) -> None:
        last = look.kept.last or await self.store.last_message(look.id) or _ended(record)
        gone = [Gone(fate.kind, fate.rule, fate.version) for fate in due]
        if await self.store.drop(look.id, gone, last, now):
            met.erased.update(fate.kind for fate in due)
        look.kept.gone |= {fate.kind: Went(now, fate.rule, fate.version) for fate in due}
        self._pool.keyring.forget(look.id)
        _log.info("text_erased", conversation=look.id, kinds=[fate.kind for fate in due])

    async def _bury(self, look: Look, record: Conversation, fate: Fate, now: int, met: Met) -> None:
        await self._retire(look)
        if look.kept.redacted is not None:  # also those that nothing was sealed with
            await self._shred(look.id, ALL_KEYS, feedback=True)
        gone = {**look.kept.gone, "record": Went(now, fate.rule, fate.version)}
        stone = Tombstone(site=record.site, ended=_ended(record), erased=now, gone=gone)
        if await self.store.bury(look.id, stone, Period(TOMBSTONE_MONTHS).after(now)):
            met.erased["record"] += 1
            _log.info("conversation_erased", conversation=look.id, rule=fate.rule, version=fate.version)

    async def fates(self, look: Look) -> tuple[Fate, ...]:
        """What becomes of each kind of a conversation that is over."""
        assert look.record is not None
        return fates(self._rules(look.record.site), await self._ended(look))

    async def _ended(self, look: Look) -> Ended:
        record = look.record
        assert record is not None
        versions = self._rules(record.site)
        last = look.kept.last
        if last is None and any(
            rule.counted_from == "last_message" for version in versions for rule in version.rules
        ):
            last = await self.store.last_message(look.id)
        held = look.hold is not None and look.hold.holds
        return ended_of(record, last, wish=look.kept.wish, held=held)

    async def replan(self, sites: Iterable[Site]) -> int:
        """Look at all conversations of those sites whose rules are others than at the last time; how many.

        Cut short, it begins anew. Raises StoreUnavailable.
        """
        numbers = {site.id: 1 + (site.retention[-1].number if site.retention else 0) for site in sites}
        stale = {site for site, number in numbers.items() if await self.store.walked(site) != number}
        looked = 0
        if stale:
            for of_past in (False, True):  # what is put away meanwhile is met in the second pass
                cursor = ""
                while cursor != "0":
                    cursor, found = await self.store.walk(cursor or "0", of_past=of_past)
                    looked += await self._plan(found, stale)
        for site in stale:
            await self.store.set_walked(site, numbers[site])
        return looked

    async def _plan(self, conversations: Sequence[str], sites: Iterable[str]) -> int:
        now, planned = self._pool.clock.now(), []
        for look in await self.store.look(conversations):
            if look.record is None or look.record.site not in sites or look.record.state in LIVE:
                continue
            left = [fate for fate in await self.fates(look) if fate.kind not in look.kept.gone]
            wanted = await self.redaction(look, left) if look.kept.redacted is None else None
            planned.append((look.id, look.due, _next(left, now, wanted.at if wanted else None)))
        await self.store.settle(planned)
        return len(planned)


def ended_of(
    record: Conversation, last_message: int | None, *, wish: int | None = None, held: bool = False
) -> Ended:
    """What the rules ask of a conversation. Times are ms; `wish` is when its visitor wanted it erased."""
    ended = _ended(record)
    return Ended(
        queue=record.queue.partition("/")[2],
        ended=ended,
        last_message=ended if last_message is None else last_message,
        assigned=record.first_assigned is not None,
        wrapped=ended if record.wrapped is None and record.state == "closed" else record.wrapped,
        wrap_until=record.wrap_until,
        tags=tuple(record.tags or ()),
        outcome=record.outcome,
        wish=ended if record.reason == "erased" else wish,
        held=held,
        linger=record.linger_until,
        passed=tuple(queue.partition("/")[2] for queue in record.passed or () if queue != record.queue),
    )


def _ended(record: Conversation) -> int:
    return record.ended or record.joined


def _next(left: Sequence[Fate], now: int, redacted: int | None) -> int:
    """When to look again at a conversation that has these kinds left, and is redacted then, if at all."""
    free = [fate.at for fate in left if not fate.held] + ([] if redacted is None else [redacted])
    return min(free) if free else now + HELD_MS
