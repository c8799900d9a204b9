"""A counsellor's session on a socket."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, cast

from msgspec import UNSET, UnsetType

from chatsvc.domain.conversation import visitor_state
from chatsvc.domain.errors import BadState, ChatError, NotFound
from chatsvc.domain.records import Conversation, Duty, Hint, LogEntry
from chatsvc.domain.sites import Staff
from chatsvc.services import desk, visits
from chatsvc.services.queues import QueueReport
from chatsvc.services.shift_end import ends_at, served_now
from chatsvc.web import frames, views
from chatsvc.web.connection import Connection, UnknownFrame, Work
from chatsvc.web.fanout import Hub, Whisper
from chatsvc.web.open_conversations import OpenConversations
from chatsvc.web.protocol import Close
from chatsvc.web.seat import Seat

if TYPE_CHECKING:
    from chatsvc.web.node import Node
    from chatsvc.web.socket import Socket

SIGNED_OUT = "signed_out"
TOLD_OF_DUTY = "state", "load", "reason", "queues"
SignedIn = Callable[[bool], Awaitable[Staff | None]]


class CounsellorSession(Connection):
    """One console."""

    types = frames.COUNSELLOR_FRAMES
    who = "counsellor"

    def __init__(
        self, node: "Node", socket: "Socket", conn: str, staff: Staff, hub: Hub, signed_in: SignedIn
    ) -> None:
        """`signed_in` tells who the session or token of this connection stands for by now; True: they are there."""
        super().__init__(node, socket)
        self._signed_in = signed_in
        self.conn = conn
        self.hub = hub
        self.seat = Seat(node, hub, conn, staff)
        self.pool = hub.pool
        self.duty: Duty | None = None
        self.open = OpenConversations(self)
        self._acted = False  # did something since the session was last looked at
        self._welcomed = False  # before `welcome` nothing is pushed: it says all there is
        self._wrapping_up = ""  # the conversation whose record this console has just finished
        self._until: int | None = None  # when the shift ends, as last told
        self._offer: tuple[str, int] | None = None  # the conversation on offer, and until when
        # Commands and pushed assignments one after the other: a conversation is announced once.
        self._one_by_one = asyncio.Lock()

    @property
    def staff(self) -> Staff:
        """Whose console it is, as they were declared when it last took its place."""
        return self.seat.staff

    @property
    def queue_keys(self) -> frozenset[str]:
        """Every queue that they may serve."""
        return self.seat.own

    def handle(self, frame: frames.Frame) -> Work | None:
        """One frame of the counsellor."""
        self._acted = self._acted or not isinstance(frame, frames.Ping | frames.CounsellorHello)
        if isinstance(frame, frames.Say) and self.duty is not None:
            self.open.say(frame)
        elif isinstance(frame, frames.Ping):
            self.socket.send(frames.Pong(ref=frame.ref))
        elif isinstance(frame, frames.CounsellorHello):
            return self._in_turn(self._hello(frame))
        elif self.duty is None:
            raise BadState("Say `hello` first.")
        elif isinstance(frame, frames.WriteNote):
            self.open.note(frame)
        elif isinstance(frame, frames.Typing):
            self._whisper(frame.conversation, "typing", int(frame.on))
            self.acknowledge(frame)
        elif isinstance(frame, frames.Seen):
            if (seen := self.open.mark_seen(frame.conversation, frame.seq)) is not None:
                self._whisper(frame.conversation, "seen", seen)
            self.acknowledge(frame)
        else:
            return self._in_turn(self._command(frame))
        return None

    async def _in_turn(self, work: Work) -> None:
        try:
            async with self._one_by_one:
                await work
        finally:
            work.close()

    async def _command(self, frame: frames.Frame) -> None:
        me = self.staff.id
        if isinstance(frame, frames.SetDuty):
            await self._set_duty(frame)
        elif isinstance(frame, frames.Take):
            queue = views.own_queue(self.queue_keys, frame.queue, frame.site) if frame.queue else None
            while not await self._assigned(
                await desk.take_next_visitor(self.pool, me, queue, frame.conversation), frame
            ):
                pass  # that one's keys are gone, and so is it now: the next
        elif isinstance(frame, frames.Accept):
            if not await self._assigned(await desk.accept_offer(self.pool, me, frame.conversation), frame):
                raise NotFound("The visitor has had the conversation erased.")
        else:
            await self._change(frame)
            self.acknowledge(frame)

    async def _change(self, frame: frames.Frame) -> None:
        me = self.staff.id
        if isinstance(frame, frames.Decline):
            await desk.decline_offer(self.pool, me, frame.conversation)
        elif isinstance(frame, frames.Close):
            self.hub.record_changed(await desk.close(self.pool, me, frame.conversation))
        elif isinstance(frame, frames.WrapUp):
            self._wrapping_up = frame.conversation
            tags = self.open.tags_of(frame.conversation, frame.tags)
            done = await desk.wrap_up(self.pool, me, frame.conversation, frame.outcome, tags)
            self.open.forget(done.id)
        elif isinstance(frame, frames.Heavy):
            self.hub.record_changed(await desk.mark_heavy(self.pool, me, frame.conversation, on=frame.on))
        elif isinstance(frame, frames.Transfer):
            await self.open.transfer(frame)
        elif isinstance(frame, frames.Consult):
            await desk.consult(self.pool, me, frame.conversation, frame.counsellor)
        elif isinstance(frame, frames.Return):
            await self.open.remark(frame.conversation, frame.note, "return")
            await desk.return_to_queue(self.pool, me, frame.conversation)
        else:
            raise UnknownFrame

    # Signing on

    async def still_welcome(self) -> bool:
        """Signed out, disabled or too long ago: no longer. A sign of life while on duty or doing something."""
        here = self._acted or (self.duty is not None and self.duty.state != "off")
        self._acted = False
        return await self._signed_in(here) is not None

    async def _hello(self, frame: frames.CounsellorHello) -> None:
        if self.duty is not None:
            raise BadState("This socket has said `hello` already.")
        self.greeted()
        try:
            await self._begin(frame)
        except ChatError:
            self.depart()  # half signed on: not here yet, and free to say it again
            raise

    async def _begin(self, frame: frames.CounsellorHello) -> None:
        outcome = await self.seat.take()
        assert outcome.s is not None
        self.duty = outcome.s
        if (older := self.hub.counsellors.get(self.staff.id)) is not None and older is not self:
            older.end(Close.REPLACED)  # once its place here is taken, no hint reaches it
        self.hub.counsellors[self.staff.id] = self
        if outcome.back or outcome.previous is not None:
            self.node.metrics.reconnects["counsellor"].inc()
        pages = []
        for record in outcome.convs:
            with suppress(NotFound):  # erased a moment ago: there is nothing to show
                pages.append(await self.open.first_pages(await self.open.open(record), frame))
        reports = await self.hub.reports(self.node.directory.queues_of(self.staff))
        shown = [shown for shown, _ in pages]
        self._until = ends_at(self.pool, self.duty)
        told = views.duty(self.duty, self._until, own=self.queue_keys)
        welcome = views.counsellor_welcome(self.staff, told, reports, shown, self.pool.clock.now())
        welcome.ref = frame.ref
        self.socket.send(welcome)
        for _, follow in pages:
            await follow()
        self._welcomed = True
        await self.refresh()  # what changed while `welcome` was made

    def rights_changed(self) -> None:
        """Whoever may not talk with this pool's visitors any more is out at once, whether the store answers or not."""
        if (code := self.seat.lost()) is not None:
            self.end(code)
            self.abandon()
            self.depart()

    async def directory_changed(self) -> None:
        """Queues, capacity or alias may be others now: sign on with them."""
        if self.duty is not None and self.socket.closed is None and not self.seat.is_as_declared:
            await self.seat.take()
            self.hub.queues_changed(sorted(self.queue_keys))

    # Duty and assignments

    def _tell_duty(self, duty: Duty, ref: frames.Ref | UnsetType = UNSET) -> None:
        self._until = ends_at(self.pool, duty)
        self.socket.send(views.duty(duty, self._until, ref, own=self.queue_keys))

    async def _set_duty(self, frame: frames.SetDuty) -> None:
        reason = frame.reason if frame.state == "paused" else None
        changed = await desk.set_duty(self.pool, self.staff.id, frame.state, reason)
        if (
            self.duty is not None and changed.rev >= self.duty.rev
        ):  # a newer hint may have overtaken the reply
            self.duty = changed
        self._tell_duty(changed, frame.ref)
        if frame.state != "off":  # nothing was pushed while off
            self.hub.queues_changed(sorted(self.queue_keys))

    async def _assigned(self, record: Conversation, frame: frames.Frame | None) -> bool:
        """Announce a conversation that is theirs now; false if it turns out that nobody can read it any more."""
        part = record.part(self.staff.id)
        if frame is None and part is not None and self.open.role(record.id) == part.role:
            return True  # announced already
        if self._offer is not None and self._offer[0] == record.id:
            self._offer = None
        if record.first_assigned == record.assigned and record.assigned is not None:
            site, queue = views.queue_parts(record.queue)
            self.node.metrics.waited(site, queue, max(0, record.assigned - record.joined) / 1000)
        try:
            opened = await self.open.open(record)
        except NotFound:  # an erasure that was cut short: it is carried out now
            await visits.end_without_keys(self.pool, record.id, record.visitor)
            return False
        shown, follow = await self.open.first_pages(opened, None)
        self.socket.send(frames.Assigned(ref=UNSET if frame is None else frame.ref, conversation=shown))
        await follow()
        return True

    async def _push_assigned(self, conversation: str) -> None:
        async with self._one_by_one:
            record = (await self.pool.store.conversations([conversation])).get(conversation)
            if record is not None and record.part(self.staff.id) is not None:
                await self._assigned(record, None)

    def _whisper(self, conversation: str | None, what: str, value: int) -> None:
        found = self.open.mine(conversation)
        part = found.record.part(self.staff.id)
        if part is not None:
            self.hub.whisper(found.record, Whisper(found.record.id, what, part.n, value))

    # What the hub calls

    def deliver(self, conversation: str, log: str, entry: LogEntry) -> None:
        """An entry of one of this counsellor's conversations."""
        found = self.open.get(conversation)
        if found is not None:
            found.feed(log).deliver(entry)

    def record_changed(self, conversation: Conversation) -> None:
        """A record, perhaps a newer one: tell the counsellor what differs."""
        self._look_for_offer(conversation)
        found = self.open.get(conversation.id)
        if found is None or conversation.rev <= found.record.rev:
            return
        before, found.record = found.record, conversation
        if not self._welcomed:
            return
        if conversation.part(self.staff.id) is None:
            return  # `released` says so
        if visitor_state(conversation.state) == "closed":
            if visitor_state(before.state) != "closed" or conversation.reason != before.reason:
                self._tell_closed(conversation)
            if conversation.state == "closed":  # by the end of the wrap-up's time, or from another console
                self.open.forget(conversation.id)
                if conversation.id != self._wrapping_up and conversation.reason != "erased":
                    self.socket.send(frames.Released(conversation=conversation.id, reason="wrapped_up"))
            return
        for told in views.news(before, conversation):
            self.socket.send(told)

    def _tell_closed(self, now: Conversation) -> None:
        if now.reason != "counsellor_closed":
            self.socket.send(frames.Presence(who="visitor", state="left", conversation=now.id))
        self.socket.send(
            frames.Closed(
                reason=cast(frames.EndReason, now.reason), wrap_up_until=now.wrap_until, conversation=now.id
            )
        )

    def _look_for_offer(self, record: Conversation) -> None:
        offer = (record.id, record.offer_until or 0)
        if record.offered != self.staff.id or self._offer == offer or not self._welcomed:
            return
        self._offer = offer
        self.socket.send(views.offer(record))

    def hinted(self, hint: Hint) -> None:
        """Something about this counsellor."""
        if not self._welcomed and hint.k != "x":
            return
        if hint.s is not None:
            self._duty_changed(hint.s)
        elif hint.k == "a" and hint.id is not None:
            self.spawn(self._push_assigned(hint.id))
        elif hint.k == "x" and hint.conn == self.conn:
            self.end(Close.REPLACED)
        elif hint.id is not None:
            self._conversation_hint(hint.k, hint.id, hint.reason or "")

    def _conversation_hint(self, kind: str, ident: str, reason: str) -> None:
        if kind == "oe":
            self._offer = None
            self.socket.send(frames.OfferEnded(conversation=ident, reason=cast(frames.OfferEnd, reason)))
        elif kind == "te":
            self.socket.send(
                frames.TransferEnded(conversation=ident, result=cast(frames.TransferResult, reason))
            )
        elif kind == "r" and ident in self.open:
            self.open.forget(ident)
            self.socket.send(frames.Released(conversation=ident, reason=cast(frames.ReleaseReason, reason)))

    def _duty_changed(self, record: Duty) -> None:
        before = self.duty
        if before is None or record.rev <= before.rev:
            return
        if record.conn not in (None, self.conn):
            self.end(Close.REPLACED)
            return
        self.duty = record
        if record.reason == SIGNED_OUT and before.reason != SIGNED_OUT:
            self.spawn(self._leave_if_signed_out())
        if any(getattr(record, name) != getattr(before, name) for name in TOLD_OF_DUTY):
            self._tell_duty(record)
        if record.conn is None and self.socket.closed is None:
            self.spawn(self._reattach())

    async def _leave_if_signed_out(self) -> None:
        """Whoever signs out elsewhere in the same browser is signed out here, at once."""
        if not await self.still_welcome():
            self.end(Close.NOT_SIGNED_IN)

    async def _reattach(self) -> None:
        """The store believes that this counsellor is away (a late reaper), or serves other queues."""
        with suppress(ChatError):  # the next refresh tries again
            await self.seat.take()

    def whispered(self, whisper: Whisper) -> None:
        """Somebody else in a conversation types or has seen."""
        found = self.open.get(whisper.conversation)
        part = found.record.part(self.staff.id) if found else None
        if part is None or part.n == whisper.by:
            return
        author: Literal["visitor", "counsellor"] = "counsellor" if whisper.by else "visitor"
        ident, by, value = whisper.conversation, whisper.by, whisper.value
        if whisper.what == "typing":
            self.socket.send(frames.TypingNow(from_=author, on=bool(value), by=by, conversation=ident))
        else:
            self.socket.send(frames.SeenNow(from_=author, seq=value, by=by, conversation=ident))

    def queue_reported(self, report: QueueReport, now: int) -> None:
        """One of the counsellor's queues has changed."""
        if self._welcomed and self.duty is not None and self.duty.state != "off":
            self.socket.send(frames.QueueFrame(**views.queue_fields(report, now)))

    def plan_changed(self) -> None:
        """The plan, or the time: another shift may have begun, for other queues, or end at another time."""
        if not self._welcomed or self.duty is None or self.socket.closed is not None:
            return
        served = served_now(self.pool, self.staff.id, self.queue_keys)
        if served != frozenset(self.duty.queues) or not self.seat.is_as_declared:
            self.spawn(self._reattach())  # the new record is told of when it comes
        elif ends_at(self.pool, self.duty) != self._until:
            self._tell_duty(self.duty)

    async def refresh(self) -> None:
        """Compare duty, conversations and logs with the store."""
        record = await self.pool.store.person(self.staff.id) if self.duty is not None else None
        if record is None:
            return
        self._duty_changed(record)
        self.plan_changed()
        for role, idents in (("owner", record.convs), ("consultant", record.consults)):
            for ident in idents:
                if self.open.role(ident) != role:
                    self.spawn(self._push_assigned(ident))
        ids = tuple(self.open)
        for ident, last in zip(ids, await self.pool.store.last_seq(ids), strict=True):
            if (found := self.open.get(ident)) is not None:
                found.talk.check(last[0])
                found.staff.check(last[1])
        for offered in (await self.pool.store.conversations([record.offer] if record.offer else [])).values():
            self.record_changed(offered)

    # The end

    def depart(self) -> None:
        """The connection is gone: away at once."""
        for conversation in tuple(self.open):
            self.open.forget(conversation)
        if self.hub.counsellors.get(self.staff.id) is self:
            del self.hub.counsellors[self.staff.id]
        self.duty = None
        self.seat.give_up()
