"""What happens in the store, brought to the sockets of this node.

Everything heard is a hint. Records carry a revision and entries a number, so that late, doubled and missing hints
are all harmless: every few seconds, and after each gap, the records and logs of active sessions are read again.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec
import structlog

from chatsvc.domain.conversation import LIVE
from chatsvc.domain.errors import ChatError, StoreUnavailable
from chatsvc.domain.records import Conversation, Hint, LogEntry
from chatsvc.domain.sites import Queue, Site
from chatsvc.services import desk, visits
from chatsvc.services.estimates import Waits, look_at_waits
from chatsvc.services.pool import Pool, record_events
from chatsvc.services.queues import Place, QueueReport, places_in_line, report_queues
from chatsvc.web.protocol import Close

REFRESH_S = 5.0  # how often records and logs of active sessions are read again
QUEUE_EVERY_S = 1.0  # `queue` and `status` at most this often
HOURS_EVERY_S = 1.0  # how often one looks at the clock for queues that open and close
POSITIONS_EVERY_S = 2.0  # `waiting` at most this often
AGAIN_S = 15.0  # where nothing happens: estimates follow the time

_log = structlog.get_logger("chatsvc.web")


class Whisper(msgspec.Struct, array_like=True):
    """Something ephemeral: who types, what has been seen. `by` is 0 for the visitor."""

    conversation: str
    what: str  # typing, seen
    by: int
    value: int


_whisper_decoder = msgspec.msgpack.Decoder(Whisper)


class VisitorPeer(Protocol):
    """A visitor's session as the fan-out knows it."""

    def deliver(self, entry: LogEntry) -> None: ...
    def record_changed(self, conversation: Conversation) -> None: ...
    def whispered(self, whisper: Whisper) -> None: ...
    def at_place(self, place: Place) -> bool: ...
    def place_is_due(self, now: int) -> bool: ...
    def queue_reported(self, report: QueueReport) -> None: ...
    def closing_soon(self, at: int) -> None: ...
    async def refresh(self, last: tuple[int, int]) -> None: ...
    def end(self, code: Close) -> None: ...


class CounsellorPeer(Protocol):
    """A counsellor's session as the fan-out knows it."""

    @property
    def queue_keys(self) -> frozenset[str]: ...
    def deliver(self, conversation: str, log: str, entry: LogEntry) -> None: ...
    def record_changed(self, conversation: Conversation) -> None: ...
    def hinted(self, hint: Hint) -> None: ...
    def whispered(self, whisper: Whisper) -> None: ...
    def queue_reported(self, report: QueueReport, now: int) -> None: ...
    def plan_changed(self) -> None: ...
    async def refresh(self) -> None: ...
    def end(self, code: Close) -> None: ...


class Hub:
    """The sessions of one pool on this node."""

    def __init__(self, pool: Pool, sites: Callable[[], Iterable[Site]]) -> None:
        """`sites` gives the pool's sites as they are declared now."""
        self.pool = pool
        self.sites = sites
        self.visitors: dict[str, VisitorPeer] = {}
        self.counsellors: dict[str, CounsellorPeer] = {}
        self.attending: defaultdict[str, set[CounsellorPeer]] = defaultdict(set)
        self.watchers: defaultdict[str, set[VisitorPeer]] = defaultdict(set)
        self.waiting: defaultdict[str, dict[str, VisitorPeer]] = defaultdict(dict)
        self.on_delivery: Callable[[float], None] = lambda _: None
        self._dirty: set[str] = set()
        self._changed = asyncio.Event()
        self._moved: set[str] = set()
        self._aged: set[str] = set()
        self._told: dict[str, QueueReport] = {}
        self._told_places: dict[str, float] = {}
        self._again = 0.0
        self._was_open: dict[str, bool] = {}
        self._until: dict[str, int] = {}
        self._ghosts: set[tuple[str, str]] = set()
        self._missed = asyncio.Event()

    # What the subscriber calls

    def entry_stored(self, conversation: str, log: str, entry: LogEntry) -> None:
        """Another node has stored an entry."""
        self.spread(conversation, log, entry)

    def hinted(self, hint: Hint) -> None:
        """Bring a changed record to those it concerns."""
        if hint.c is not None:
            self.record_changed(hint.c)
        elif (hint.s is not None and (peer := self.counsellors.get(hint.s.id)) is not None) or (
            hint.staff is not None and (peer := self.counsellors.get(hint.staff)) is not None
        ):
            peer.hinted(hint)

    def record_changed(self, record: Conversation) -> None:
        """A conversation's record, newer or not: the sessions decide."""
        if record.reason == "erased":
            self.pool.keyring.forget(record.id)
        if (visitor := self.visitors.get(record.id)) is not None:
            visitor.record_changed(record)
        involved = {part.s for part in record.parts}
        if record.offered:
            involved.add(record.offered)
        peers = set(self.attending.get(record.id, ()))
        peers.update(self.counsellors[staff] for staff in involved if staff in self.counsellors)
        for peer in peers:
            peer.record_changed(record)

    def queues_changed(self, queues: list[str]) -> None:
        """These queues are to be looked at again."""
        self._dirty.update(queues)
        self._moved.update(queues)
        self._changed.set()

    def plan_changed(self) -> None:
        """Who is planned may be others, or until another time; so may waits."""
        self._look_again()
        self._moved.update(self.waiting)
        for peer in tuple(self.counsellors.values()):
            peer.plan_changed()

    def whispered(self, payload: bytes) -> None:
        """Somebody types or has seen."""
        self.whisper_here(_whisper_decoder.decode(payload))

    def missed(self) -> None:
        """Hints may have been lost: read everything again."""
        self._missed.set()
        self.queues_changed([queue.key for queue in self.queues()])

    # What sessions call

    def queues(self) -> list[Queue]:
        """The pool's queues."""
        return [queue for site in self.sites() for queue in site.queues]

    def others(self, conversation: str, sender: object) -> bool:
        """Whether anybody of this node but `sender` takes part."""
        visitor = self.visitors.get(conversation)
        if visitor is not None and visitor is not sender:
            return True
        peers = self.attending.get(conversation)
        return peers is not None and (len(peers) > 1 or sender not in peers)

    def spread(self, conversation: str, log: str, entry: LogEntry, sender: object = None) -> None:
        """Bring an entry to everybody of this node who may see it, but not to its sender, who has the ack."""
        visitor = self.visitors.get(conversation) if log == "talk" else None
        told = visitor is not None and visitor is not sender
        if told and visitor is not None:
            visitor.deliver(entry)
        for peer in tuple(self.attending.get(conversation, ())):
            if peer is not sender:
                told = True
                peer.deliver(conversation, log, entry)
        if told:
            self.on_delivery(max(0.0, (self.pool.clock.now() - entry.at) / 1000))

    def whisper(self, record: Conversation, whisper: Whisper) -> None:
        """Tell the other participants of a conversation, wherever they are; what was seen is kept for their return."""
        self.whisper_here(whisper)
        if whisper.what == "seen" and record.state in LIVE:
            marked = asyncio.ensure_future(self.pool.store.mark_seen(record.id, whisper.by, whisper.value))
            marked.add_done_callback(_ignore)
        own = self.pool.store.node
        nodes = {part.node for part in record.parts} | {record.vnode}
        payload = b"w" + msgspec.msgpack.encode(whisper)
        for node in nodes - {None, own}:
            assert node is not None
            sent = asyncio.ensure_future(self.pool.store.whisper(node, payload))
            sent.add_done_callback(_ignore)

    def whisper_here(self, whisper: Whisper) -> None:
        """Tell those of this node."""
        if whisper.by != 0 and (visitor := self.visitors.get(whisper.conversation)) is not None:
            visitor.whispered(whisper)
        for peer in tuple(self.attending.get(whisper.conversation, ())):
            peer.whispered(whisper)

    async def reports(self, queues: Iterable[Queue]) -> list[QueueReport]:
        """How these queues stand."""
        return await report_queues(self.pool, queues)

    def unwatch(self, queue: str, peer: VisitorPeer) -> None:
        """A session no longer watches a queue."""
        self.watchers[queue].discard(peer)
        if not self.watchers[queue]:
            del self.watchers[queue]

    def drop_visitor(self, record: Conversation, peer: VisitorPeer) -> None:
        """A visitor's session has ended; a newer one of the same conversation stays."""
        if self.visitors.get(record.id) is peer:
            del self.visitors[record.id]
        if self.waiting[record.queue].get(record.id) is peer:
            del self.waiting[record.queue][record.id]

    # Loops

    async def run(self) -> None:
        """Push changes until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_forever(self._push_queues))
            group.create_task(_forever(self._push_positions))
            group.create_task(_forever(self._watch_hours))
            group.create_task(_forever(self._refresh))

    async def _push_queues(self) -> None:
        await self._changed.wait()
        self._changed.clear()
        dirty, self._dirty = self._dirty, set()
        aged, self._aged = self._aged - dirty, set()
        wanted = [queue for queue in self.queues() if queue.key in dirty | aged]
        wanted = [queue for queue in wanted if self._somebody_wants(queue.key)]
        if wanted:
            try:
                self._report(await self.reports(wanted), aged)
            except StoreUnavailable:
                self._dirty |= dirty
                self._aged |= aged
                self._changed.set()
        await asyncio.sleep(QUEUE_EVERY_S)

    def _somebody_wants(self, queue: str) -> bool:
        if queue in self.watchers or self.waiting.get(queue):
            return True
        return any(queue in peer.queue_keys for peer in self.counsellors.values())

    def _look_again(self) -> None:
        """Time or the plan may have changed how queues stand; who watches hears what is new."""
        self._aged.update(queue.key for queue in self.queues())
        self._changed.set()

    def _report(self, reports: list[QueueReport], aged: set[str]) -> None:
        now = self.pool.clock.now()
        for report in reports:
            key = report.queue.key
            self._until.pop(key, None)
            if report.until is not None:
                self._until[key] = report.until
            if key in aged and self._told.get(key) == report:
                continue
            self._told[key] = report
            for visitor in tuple(self.watchers.get(key, ())):
                visitor.queue_reported(report)
            for peer in tuple(self.counsellors.values()):
                if key in peer.queue_keys:
                    peer.queue_reported(report, now)

    async def _push_positions(self) -> None:
        moved, self._moved = self._moved, set()
        due = {
            queue: dict(waiting)
            for queue, waiting in self.waiting.items()
            if waiting and (queue in moved or self._places_are_due(queue, waiting.values()))
        }
        if due:
            try:
                waits = await look_at_waits(self.pool)  # one look for all
                for queue, here in due.items():
                    await self._push_places(queue, here, waits)
            except StoreUnavailable:
                self._moved.update(due)
        await asyncio.sleep(POSITIONS_EVERY_S)

    def _places_are_due(self, queue: str, waiting: Iterable[VisitorPeer]) -> bool:
        if time.monotonic() - self._told_places.get(queue, -AGAIN_S) >= AGAIN_S:
            return True
        now = self.pool.clock.now()
        return any(peer.place_is_due(now) for peer in waiting)

    async def _push_places(self, queue: str, here: dict[str, VisitorPeer], waits: Waits) -> None:
        places = await places_in_line(self.pool, queue, tuple(here), waits)
        self._told_places[queue] = time.monotonic()
        for conversation, peer in here.items():
            if conversation in places and not peer.at_place(places[conversation]):
                self._moved.add(queue)  # told a moment ago: the next time

    async def _watch_hours(self) -> None:
        """What time alone changes: shifts, queues that open or close; warn who waits in one that closes soon."""
        now = self.pool.clock.now()
        if time.monotonic() - self._again >= AGAIN_S:
            self._again = time.monotonic()
            self._look_again()
        for counsellor in tuple(self.counsellors.values()):
            counsellor.plan_changed()  # a shift may just have begun or ended
        for queue in self.queues():
            opening = self.pool.openings.at(queue, now)
            turned = self._was_open.get(queue.key, opening.is_open) != opening.is_open
            if turned or self._until.get(queue.key, now + 1) <= now:
                self._until.pop(queue.key, None)
                self.queues_changed([queue.key])
            self._was_open[queue.key] = opening.is_open
            if opening.closes_at is not None and opening.closes_at - now <= queue.closing_warning_ms:
                for peer in tuple(self.waiting.get(queue.key, {}).values()):
                    peer.closing_soon(opening.closes_at)
        await asyncio.sleep(HOURS_EVERY_S)

    async def _refresh(self) -> None:
        """Level-triggered: compare what sessions believe with what the store has."""
        try:
            async with asyncio.timeout(REFRESH_S):
                await self._missed.wait()
        except TimeoutError:
            pass
        self._missed.clear()
        ids = tuple(set(self.visitors) | set(self.attending))
        for start in range(0, len(ids), 200):
            await self._refresh_some(ids[start : start + 200])
        for peer in tuple(self.counsellors.values()):
            await peer.refresh()
        await self._lay_ghosts()

    async def _lay_ghosts(self) -> None:
        """Whom the store believes to be here, but are not, are away: they have no connection that could end.

        Only those missing at two looks in a row: whoever is just saying hello is known to the store first.
        """
        here = {("v", ident) for ident in self.visitors} | {("s", ident) for ident in self.counsellors}
        ghosts, self._ghosts = self._ghosts, await self.pool.store.attached() - here
        for kind, ident in ghosts & self._ghosts:
            _log.warning("ghost", kind=kind)
            await (visits if kind == "v" else desk).lay_ghost(self.pool, ident)

    async def _refresh_some(self, ids: tuple[str, ...]) -> None:
        records = await self.pool.store.conversations(ids)
        await record_events(self.pool, records.values())
        for record in records.values():
            self.record_changed(record)
        active = [found for found in ids if found in records and records[found].state == "active"]
        for conversation, last in zip(active, await self.pool.store.last_seq(active), strict=True):
            if (visitor := self.visitors.get(conversation)) is not None:
                await visitor.refresh(last)


async def _forever(step: Callable[[], object]) -> None:
    while True:
        started = time.monotonic()
        try:
            await step()  # type: ignore[misc]  # the loops are coroutines of this class
        except ChatError:
            await asyncio.sleep(0.5)
        except Exception:  # noqa: BLE001 - pushing goes on whatever one push met
            _log.exception("fanout_failed")
            await asyncio.sleep(max(0.0, 1.0 - (time.monotonic() - started)))


def _ignore(done: "asyncio.Future[object]") -> None:
    if not done.cancelled():
        done.exception()
