"""A counsellor's session on a socket."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import UNSET

from chatsvc.domain.conversation import LIVE, visitor_state
from chatsvc.domain.errors import BadField, BadState, ChatError, NotFound, UnknownQueue
from chatsvc.domain.records import Conversation, Duty, EntryBody, Hint, LogEntry
from chatsvc.domain.sites import Staff
from chatsvc.domain.text import accepted_text
from chatsvc.services import desk
from chatsvc.services.pool import stored
from chatsvc.services.queues import QueueReport
from chatsvc.web import frames, views
from chatsvc.web.connection import Connection, UnknownFrame
from chatsvc.web.fanout import Hub, Whisper
from chatsvc.web.logfeed import LogFeed, LogName
from chatsvc.web.protocol import Close

if TYPE_CHECKING:
    from chatsvc.web.node import Node
    from chatsvc.web.socket import Socket


@dataclass(slots=True)
class OpenConversation:
    """A conversation that this session shows, and its two logs on their way."""

    record: Conversation
    talk: LogFeed
    staff: LogFeed


class CounsellorSession(Connection):
    """One console."""

    types = frames.COUNSELLOR_FRAMES
    who = "counsellor"

    def __init__(self, node: "Node", socket: "Socket", conn: str, staff: Staff, hub: Hub) -> None:
        super().__init__(node, socket)
        self.conn = conn
        self.staff = staff
        self.hub = hub
        self.pool = hub.pool
        self.duty: Duty | None = None
        self.open: dict[str, OpenConversation] = {}
        self.queue_keys: frozenset[str] = frozenset()
        self._offer: Conversation | None = None
        # Commands and pushed assignments one after the other: a conversation is announced once.
        self._one_by_one = asyncio.Lock()

    async def handle(self, frame: frames.Frame) -> None:
        """One frame of the counsellor."""
        if isinstance(frame, frames.Say):
            await self._say(frame)
        elif isinstance(frame, frames.Ping):
            self.socket.send(frames.Pong(ref=frame.ref))
        elif isinstance(frame, frames.CounsellorHello):
            async with self._one_by_one:
                await self._hello(frame)
        elif self.duty is None:
            raise BadState("Say `hello` first.")
        elif isinstance(frame, frames.WriteNote):
            await self._note(frame)
        elif isinstance(frame, frames.Typing):
            self._whisper(frame.conversation, "typing", int(frame.on))
        elif isinstance(frame, frames.Seen):
            self._whisper(frame.conversation, "seen", frame.seq)
        else:
            async with self._one_by_one:
                await self._command(frame)

    async def _command(self, frame: frames.Frame) -> None:
        if isinstance(frame, frames.SetDuty):
            await self._set_duty(frame)
        elif isinstance(frame, frames.Take):
            queue = self._own_queue(frame.queue, frame.site) if frame.queue else None
            taken = await desk.take_next_visitor(self.pool, self.staff.id, queue, frame.conversation)
            await self._assigned(taken, frame)
        elif isinstance(frame, frames.Accept):
            await self._assigned(await desk.accept_offer(self.pool, self.staff.id, frame.conversation), frame)
        elif isinstance(frame, frames.Decline):
            await desk.decline_offer(self.pool, self.staff.id, frame.conversation)
            self.acknowledge(frame)
        else:
            await self._change(frame)

    async def _change(self, frame: frames.Frame) -> None:
        me = self.staff.id
        if isinstance(frame, frames.Close):
            self.hub.record_changed(await desk.close(self.pool, me, frame.conversation))
        elif isinstance(frame, frames.WrapUp):
            done = await desk.wrap_up(self.pool, me, frame.conversation, frame.outcome, frame.tags)
            self._forget(done.id)
        elif isinstance(frame, frames.Transfer):
            await self._transfer(frame)
        elif isinstance(frame, frames.Consult):
            await desk.consult(self.pool, me, frame.conversation, frame.counsellor)
        elif isinstance(frame, frames.Return):
            await self._remark(frame.conversation, frame.note, "return")
            await desk.return_to_queue(self.pool, me, frame.conversation)
        else:
            raise UnknownFrame
        self.acknowledge(frame)

    # Signing on

    async def _hello(self, frame: frames.CounsellorHello) -> None:
        if self.duty is not None:
            raise BadState("This socket has said `hello` already.")
        self.greeted()
        directory = self.node.directory
        queues = [queue.key for queue in directory.queues_of(self.staff)]
        grace = max((site.grace_staff_ms for site in self.hub.sites()), default=120_000)
        outcome = await desk.sign_on(self.pool, self.staff, [*queues], grace, self.conn)
        assert outcome.s is not None
        self.duty = outcome.s
        self.queue_keys = frozenset(queues)
        if (older := self.hub.counsellors.get(self.staff.id)) is not None and older is not self:
            older.end(Close.REPLACED)
        self.hub.counsellors[self.staff.id] = self
        if outcome.previous is not None:
            self.node.metrics.reconnects["counsellor"].inc()
        conversations = [await self._open(record) for record in outcome.convs]
        pages = [await self._first_pages(found, frame) for found in conversations]
        reports = await self.hub.reports(directory.queues_of(self.staff))
        self.socket.send(self._welcome(frame, [shown for shown, _ in pages], reports))
        for _, follow in pages:
            await follow()
        await self._offer_again()

    def _welcome(
        self,
        frame: frames.CounsellorHello,
        shown: list[frames.CounsellorConversation],
        reports: list[QueueReport],
    ) -> frames.CounsellorWelcome:
        assert self.duty is not None
        now = self.pool.clock.now()
        names = [
            dict(zip(("site", "queue"), views.queue_parts(key), strict=True))
            for key in sorted(self.queue_keys)
        ]
        staff = self.staff
        return frames.CounsellorWelcome(
            ref=frame.ref,
            counsellor=frames.Self(
                staff.id,
                staff.alias,
                staff.role,
                names,
                list(staff.languages),
                staff.capacity,
                self.duty.load,
            ),
            duty=views.duty(self.duty),
            queues=[frames.QueueState(**views.queue_fields(report, now)) for report in reports],  # type: ignore[arg-type]  # the fields of QueueState
            conversations=shown,
        )

    async def _offer_again(self) -> None:
        if self.duty is not None and self.duty.offer:
            found = await self.pool.store.conversations([self.duty.offer])
            for record in found.values():
                self.record_changed(record)

    async def _open(self, record: Conversation) -> OpenConversation:
        seal = await self.pool.keyring.fetch(record.site, record.id)

        def feed(log: LogName) -> LogFeed:
            return LogFeed(self.pool, record, seal, log, self.socket.send, self.spawn, named=True)

        found = self.open[record.id] = OpenConversation(record, feed("talk"), feed("staff"))
        self.hub.attending[record.id].add(self)
        return found

    async def _first_pages(
        self, found: OpenConversation, hello: frames.CounsellorHello | None
    ) -> tuple[frames.CounsellorConversation, Callable[[], Awaitable[None]]]:
        ident, epoch = found.record.id, self.pool.store.epoch
        after = frames.After()
        if hello is not None and hello.epochs.get(ident) == epoch:
            after = hello.after.get(ident, after)
        last = (await self.pool.store.last_seq([ident]))[0]
        talk_after = after.talk if after.talk <= last[0] else 0
        staff_after = after.staff if after.staff <= last[1] else 0
        talk, more = await found.talk.first_page(talk_after)
        staff, staff_more = await found.staff.first_page(staff_after)
        answers = await desk.read_answers(self.pool, found.record)
        record = found.record
        part = record.part(self.staff.id)
        site, queue = views.queue_parts(record.queue)
        shown = frames.CounsellorConversation(
            id=ident, site=site, queue=queue, lang=record.lang, epoch=epoch,
            state=record.state if record.state in ("active", "wrap_up") else "closed",  # type: ignore[arg-type]  # the three
            role=part.role if part else "observer",  # type: ignore[arg-type]  # owner or consultant
            answers=answers, log=[views.entry(view) for view in talk], more=more,
            staff_log=[views.entry(view) for view in staff], staff_more=staff_more, joined_at=record.joined,
            assigned_at=record.first_assigned, presence=views.visitor_presence(record),
            participants=views.people_in(record), reason=record.reason, wrap_up_until=record.wrap_until,
        )  # fmt: skip

        async def follow() -> None:
            await found.talk.follow(talk[-1].seq if talk else talk_after, more)
            await found.staff.follow(staff[-1].seq if staff else staff_after, staff_more)

        return shown, follow

    # Duty and assignments

    async def _set_duty(self, frame: frames.SetDuty) -> None:
        self.duty = await desk.set_duty(self.pool, self.staff.id, frame.state, frame.reason)
        self.socket.send(views.duty(self.duty, frame.ref))
        if frame.state != "off":  # nothing was pushed while off
            self.hub.queues_changed(sorted(self.queue_keys))

    def _own_queue(self, name: str, site: str | None) -> str:
        if "/" in name and name in self.queue_keys:
            return name
        found = [
            key
            for key in self.queue_keys
            if views.queue_parts(key)[1] == name and site in (None, key.split("/")[0])
        ]
        if not found:
            raise UnknownQueue("`queue` names none of your queues.")
        if len(found) > 1:
            raise BadField("`queue` is the name of several of your queues; say which `site`.")
        return found[0]

    async def _assigned(self, record: Conversation, frame: frames.Frame | None) -> None:
        if record.id in self.open and frame is None:
            return  # announced already
        if self._offer is not None and self._offer.id == record.id:
            self._offer = None
        if frame is not None and record.first_assigned == record.assigned:
            site, queue = views.queue_parts(record.queue)
            self.node.metrics.waited(site, queue, max(0, (record.assigned or 0) - record.joined) / 1000)
        found = await self._open(record)
        shown, follow = await self._first_pages(found, None)
        self.socket.send(frames.Assigned(ref=UNSET if frame is None else frame.ref, conversation=shown))
        await follow()

    async def _push_assigned(self, conversation: str) -> None:
        async with self._one_by_one:
            records = await self.pool.store.conversations([conversation])
            record = records.get(conversation)
            if record is not None and record.part(self.staff.id) is not None:
                await self._assigned(record, None)

    async def _transfer(self, frame: frames.Transfer) -> None:
        to = frame.to
        if (to.queue is None) == (to.counsellor is None):
            raise BadField("`to` names either a `queue` or a `counsellor`.")
        await self._remark(frame.conversation, frame.note, "transfer")
        queue = None
        if to.queue is not None:
            site = to.site or views.queue_parts(self._mine(frame.conversation).record.queue)[0]
            queue = f"{site}/{to.queue}"
            if self.node.directory.queue(queue) is None:
                raise UnknownQueue("`to.queue` names no queue of this site.")
        await desk.transfer(self.pool, self.staff.id, frame.conversation, queue, to.counsellor)

    async def _remark(self, conversation: str, note: str | None, why: str) -> None:
        if not note:
            return
        found = self._mine(conversation)
        text = accepted_text(note, "note")
        ident = f"{why}-{self.pool.clock.now()}"
        body, storing = desk.post_note(self.pool, found.record, found.staff.seal, self.staff.id, ident, text)
        at = stored(await storing)
        self._spread(found, "staff", LogEntry(at.seq, at.at, body), to_self=True)

    # Writing

    def _mine(self, conversation: str | None) -> OpenConversation:
        if conversation is None:
            raise BadField("`conversation` is missing.")
        found = self.open.get(conversation)
        if found is None:
            raise NotFound("`conversation` is none of yours.")
        return found

    async def _say(self, frame: frames.Say) -> None:
        found = self._mine(frame.conversation)
        if found.record.state not in LIVE:
            raise BadState("The conversation has ended.")
        text = accepted_text(frame.text)
        await self.take_off()
        try:
            body, sending = desk.post_message(
                self.pool, found.record, found.talk.seal, self.staff.id, frame.id, frame.lang, text
            )
        except ChatError:
            self.land()
            raise
        sending.add_done_callback(lambda done: self._posted(frame, found, "talk", body, done))

    async def _note(self, frame: frames.WriteNote) -> None:
        found = self._mine(frame.conversation)
        text = accepted_text(frame.text)
        await self.take_off()
        try:
            body, sending = desk.post_note(
                self.pool, found.record, found.staff.seal, self.staff.id, frame.id, text
            )
        except ChatError:
            self.land()
            raise
        sending.add_done_callback(lambda done: self._posted(frame, found, "staff", body, done))

    def _posted(
        self, frame: frames.Say | frames.WriteNote, found: OpenConversation, log: LogName, body: EntryBody,
        done: "asyncio.Future[list[int]]",
    ) -> None:  # fmt: skip
        self.land()
        conversation = found.record.id
        try:
            at = stored(done.result())
        except ChatError as error:
            self.refuse(error, None if frame.ref is UNSET else frame.ref, frame.id, conversation)
            return
        except asyncio.CancelledError:
            return
        feed = found.talk if log == "talk" else found.staff
        ack = frames.Ack(ref=frame.ref, id=frame.id, seq=at.seq, at=at.at, conversation=conversation)
        feed.cursor.offer(at.seq, ack, own=True)
        if at.fresh:
            self.node.metrics.messages["counsellor"].inc()
            self._spread(found, log, LogEntry(at.seq, at.at, body))

    def _spread(
        self, found: OpenConversation, log: LogName, entry: LogEntry, *, to_self: bool = False
    ) -> None:
        """To those of this node: other nodes hear it from the store."""
        ident = found.record.id
        if log == "talk" and (visitor := self.hub.visitors.get(ident)) is not None:
            visitor.deliver(log, entry)
        for peer in tuple(self.hub.attending.get(ident, ())):
            if peer is not self or to_self:
                peer.deliver(ident, log, entry)

    def _whisper(self, conversation: str | None, what: str, value: int) -> None:
        found = self._mine(conversation)
        part = found.record.part(self.staff.id)
        if part is not None:
            self.hub.whisper(found.record, Whisper(found.record.id, what, part.n, value))

    # What the hub calls

    def deliver(self, conversation: str, log: str, entry: LogEntry) -> None:
        """An entry of one of this counsellor's conversations."""
        found = self.open.get(conversation)
        if found is not None:
            (found.talk if log == "talk" else found.staff).deliver(entry)

    def record_changed(self, conversation: Conversation) -> None:
        """A record, perhaps a newer one: tell the counsellor what differs."""
        self._look_for_offer(conversation)
        found = self.open.get(conversation.id)
        if found is None or conversation.rev <= found.record.rev:
            return
        before, found.record = found.record, conversation
        if conversation.part(self.staff.id) is None:
            return  # `released` says so
        ident = conversation.id
        if visitor_state(conversation.state) == "closed" and visitor_state(before.state) != "closed":
            if conversation.reason != "counsellor_closed":
                self.socket.send(frames.Presence(who="visitor", state="left", conversation=ident))
            self.socket.send(
                frames.Closed(
                    reason=conversation.reason or "expired",  # type: ignore[arg-type]  # the store's words are the wire's
                    wrap_up_until=conversation.wrap_until, conversation=ident,
                )
            )  # fmt: skip
            return
        people = views.people_in(conversation)
        if people != views.people_in(before):
            self.socket.send(frames.Participants(participants=people, conversation=ident))
        presence = views.visitor_presence(conversation)
        if presence != views.visitor_presence(before):
            self.socket.send(frames.Presence(who="visitor", state=presence, conversation=ident))
        if conversation.state == "closed":
            self._forget(ident)

    def _look_for_offer(self, record: Conversation) -> None:
        if record.offered == self.staff.id and record.offer_until:
            if (
                self._offer is None
                or self._offer.id != record.id
                or self._offer.offer_until != record.offer_until
            ):
                self._offer = record
                site, queue = views.queue_parts(record.queue)
                self.socket.send(
                    frames.Offer(
                        conversation=record.id, site=site, queue=queue, lang=record.lang,
                        waited_ms=record.offer_waited or 0, priority=record.priority,
                        expires_at=record.offer_until, transfer=record.transfer is not None,
                    )
                )  # fmt: skip

    def hinted(self, hint: Hint) -> None:
        """Something about this counsellor."""
        if hint.s is not None:
            self._duty_changed(hint.s)
        elif hint.k == "a" and hint.id is not None:
            self.spawn(self._push_assigned(hint.id))
        elif hint.k == "x" and hint.conn == self.conn:
            self.end(Close.REPLACED)
        elif hint.id is not None:
            self._conversation_hint(hint.k, hint.id, hint.reason)

    def _conversation_hint(self, kind: str, ident: str, reason: str | None) -> None:
        if kind == "oe":
            self._offer = None
            self.socket.send(frames.OfferEnded(conversation=ident, reason=reason))  # type: ignore[arg-type]  # the store's words are the wire's
        elif kind == "te":
            self.socket.send(frames.TransferEnded(conversation=ident, result=reason))  # type: ignore[arg-type]  # as above
        elif kind == "r" and ident in self.open:
            self._forget(ident)
            self.socket.send(frames.Released(conversation=ident, reason=reason))  # type: ignore[arg-type]  # as above

    def _duty_changed(self, record: Duty) -> None:
        before = self.duty
        if before is None or record.rev <= before.rev:
            return
        if record.conn not in (None, self.conn):
            self.end(Close.REPLACED)
            return
        self.duty = record
        if (record.state, record.load, record.reason) != (before.state, before.load, before.reason):
            self.socket.send(views.duty(record))
        if record.conn is None and self.socket.closed is None:
            self.spawn(self._reattach())

    async def _reattach(self) -> None:
        """The store believes that this counsellor is away (a late reaper): they are not."""
        grace = self.duty.grace_ms if self.duty else 120_000
        try:
            await desk.sign_on(self.pool, self.staff, sorted(self.queue_keys), grace, self.conn)
        except ChatError:
            return  # the next refresh tries again

    def whispered(self, whisper: Whisper) -> None:
        """Somebody else in a conversation types or has seen."""
        found = self.open.get(whisper.conversation)
        part = found.record.part(self.staff.id) if found else None
        if found is None or part is None or part.n == whisper.by:
            return
        author = "counsellor" if whisper.by else "visitor"
        frame: frames.Frame
        if whisper.what == "typing":
            frame = frames.TypingNow(
                from_=author, on=bool(whisper.value), by=whisper.by, conversation=whisper.conversation
            )
        else:
            frame = frames.SeenNow(
                from_=author, seq=whisper.value, by=whisper.by, conversation=whisper.conversation
            )
        self.socket.send(frame)

    def queue_reported(self, report: QueueReport, now: int) -> None:
        """One of the counsellor's queues has changed."""
        if self.duty is not None and self.duty.state != "off":
            self.socket.send(frames.QueueFrame(**views.queue_fields(report, now)))  # type: ignore[arg-type]  # the fields of QueueState

    async def refresh(self) -> None:
        """Compare duty and logs with the store."""
        if self.duty is None:
            return
        record = await self.pool.store.person(self.staff.id)
        if record is None:
            return
        self._duty_changed(record)
        for ident in (*record.convs, *record.consults):
            if ident not in self.open:
                self.spawn(self._push_assigned(ident))
        ids = tuple(self.open)
        for ident, last in zip(ids, await self.pool.store.last_seq(ids), strict=True):
            if (found := self.open.get(ident)) is not None:
                found.talk.check(last[0])
                found.staff.check(last[1])
        await self._offer_again()

    # The end

    def _forget(self, conversation: str) -> None:
        self.open.pop(conversation, None)
        peers = self.hub.attending.get(conversation)
        if peers is not None:
            peers.discard(self)
            if not peers:
                del self.hub.attending[conversation]

    async def depart(self) -> None:
        """The connection is gone: away at once."""
        for conversation in tuple(self.open):
            self._forget(conversation)
        if self.hub.counsellors.get(self.staff.id) is self:
            del self.hub.counsellors[self.staff.id]
        if self.duty is not None:
            pool, staff, conn = self.pool, self.staff.id, self.conn
            self.node.farewell(lambda: desk.step_away(pool, staff, conn))
